#include "engine/owned_text.h"

#include <stdlib.h>
#include <string.h>

bool owned_text_set(char **text, const char *value, struct assay_error *err)
{
    char *copy = strdup(value ? value : "");

    if (!copy)
        return assay_fail_memory(err);
    free(*text);
    *text = copy;
    return true;
}
