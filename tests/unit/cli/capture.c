#include "tests/unit/cli/capture.h"

#include <stdlib.h>
#include <string.h>

FILE *capture_begin(struct capture *capture)
{
    free(capture->text);
    *capture = (struct capture){ 0 };
    capture->out = open_memstream(&capture->text, &capture->size);
    if (!capture->out)
        abort();
    return capture->out;
}

char *capture_end(struct capture *capture)
{
    if (fclose(capture->out) != 0)
        abort();
    return capture->text;
}

void capture_clear(struct capture *capture)
{
    free(capture->text);
    *capture = (struct capture){ 0 };
}

cJSON *capture_json(const char *text)
{
    struct assay_error err = { 0 };
    char *copy = strdup(text);
    cJSON *node = NULL;

    for (char *at = copy; at && *at; at++)
        if (*at == '\'')
            *at = '"';
    node = copy ? json_read(copy, strlen(copy), &err) : NULL;
    free(copy);
    if (!node) {
        (void)fprintf(stderr, "%s\n", err.message);
        abort();
    }
    return node;
}
