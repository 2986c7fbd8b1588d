#include "engine/api/list/masked.h"

#include <stdlib.h>

bool masked_write(struct json_writer *writer, const struct field_mask *mask, masked_write_fn write,
                  const void *item, struct assay_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = mask ? open_memstream(&text, &size) : NULL;
    struct json_writer whole;
    cJSON *tree = NULL;
    bool is_written = false;
    bool is_flushed = false;

    if (!mask)
        return write(writer, item, err);
    if (!out)
        return assay_fail_memory(err);
    json_writer_init(&whole, out, 0);
    whole.has_enum_numbers = writer->has_enum_numbers;
    is_written = write(&whole, item, err);
    is_flushed = json_writer_finish(&whole);
    is_flushed = fclose(out) == 0 && is_flushed;
    if (is_written && is_flushed)
        tree = json_read(text, size, err);
    else if (is_written)
        (void)assay_fail_memory(err);
    free(text);
    if (!tree)
        return false;
    field_mask_apply(mask, tree);
    json_node(writer, tree);
    cJSON_Delete(tree);
    return true;
}
