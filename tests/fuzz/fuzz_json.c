/*
 * Whatever json_read() accepts must come out of the writer as text that reads as the same tree and
 * is written as the same text again.
 */
#include "assay/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assay_error err = { 0 };
    cJSON *root = json_read((const char *)data, size, &err);
    cJSON *back = NULL;
    char *text = NULL;
    char *again = NULL;

    if (!root) {
        if (err.code != ASSAY_INVALID || !err.message[0])
            abort();
        return 0;
    }
    text = json_text(root, (int)(size % 3));
    back = text ? json_read(text, strlen(text), &err) : NULL;
    again = back ? json_text(back, (int)(size % 3)) : NULL;
    if (!again || strcmp(text, again) != 0)
        abort();
    free(text);
    free(again);
    cJSON_Delete(root);
    cJSON_Delete(back);
    return 0;
}
