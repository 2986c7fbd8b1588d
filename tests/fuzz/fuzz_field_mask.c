/*
 * A mask, a newline, a resource as JSON: the mask is refused with a reason, or it leaves a resource
 * with its name, from which it takes nothing when it is applied again.
 */
#include "assay/json.h"
#include "engine/api/list/field_mask.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct field_mask *read_mask(const char *text)
{
    static const char *const known[] = { "display_name", "labels" };
    struct assay_error err = { 0 };
    struct field_mask *strict = field_mask_parse(text, "read_mask", known, 2, &err);
    struct field_mask *mask = field_mask_parse(text, "read_mask", NULL, 0, &err);

    if (strict && !mask)
        abort();
    if (!mask && (err.code != ASSAY_INVALID || !err.message[0]))
        abort();
    field_mask_free(strict);
    return mask;
}

static void apply(const struct field_mask *mask, cJSON *resource)
{
    bool had_name = json_get(resource, "name") != NULL;
    char *once = NULL;
    char *twice = NULL;

    field_mask_apply(mask, resource);
    once = json_text(resource, 0);
    field_mask_apply(mask, resource);
    twice = json_text(resource, 0);
    if (!once || !twice || strcmp(once, twice) != 0)
        abort();
    if (cJSON_IsObject(resource) && had_name && !json_get(resource, "name"))
        abort();
    free(once);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assay_error err = { 0 };
    char *text = calloc(1, size + 1);
    char *newline = NULL;
    cJSON *resource = NULL;
    struct field_mask *mask = NULL;

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    newline = strchr(text, '\n');
    if (newline)
        *newline = '\0';
    mask = read_mask(text);
    if (mask)
        (void)field_mask_covers(mask, newline ? newline + 1 : "labels.team");
    if (mask && newline)
        resource = json_read(newline + 1, strlen(newline + 1), &err);
    if (resource)
        apply(mask, resource);
    cJSON_Delete(resource);
    field_mask_free(mask);
    free(text);
    return 0;
}
