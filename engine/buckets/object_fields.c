#include "engine/buckets/buckets_private.h"

#include "assay/json.h"

#include <stdlib.h>
#include <string.h>

/* A member of patch takes the place of base's; null removes it. */
static bool put(cJSON *base, const cJSON *member)
{
    cJSON *copy = NULL;

    cJSON_DeleteItemFromObjectCaseSensitive(base, member->string);
    if (cJSON_IsNull(member))
        return true;
    copy = cJSON_Duplicate(member, true);
    return copy && cJSON_AddItemToObject(base, member->string, copy);
}

/* Custom metadata is patched key by key, and so is a bucket's "labels". */
static bool merge(cJSON *base, const cJSON *patch)
{
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, patch)
    {
        cJSON *inner = cJSON_GetObjectItemCaseSensitive(base, member->string);
        bool is_map =
            strcmp(member->string, "metadata") == 0 || strcmp(member->string, "labels") == 0;

        if (is_map && cJSON_IsObject(member) && !inner)
            inner = cJSON_AddObjectToObject(base, member->string);
        if (is_map && cJSON_IsObject(member) && cJSON_IsObject(inner)) {
            const cJSON *pair = NULL;

            cJSON_ArrayForEach(pair, member) if (!put(inner, pair)) return false;
        } else if (!put(base, member)) {
            return false;
        }
    }
    return true;
}

static cJSON *read_object(const char *text, struct assay_error *err)
{
    cJSON *object = json_read(text ? text : "{}", text ? strlen(text) : 2, err);

    if (object && !cJSON_IsObject(object)) {
        cJSON_Delete(object);
        object = NULL;
        (void)assay_fail(err, ASSAY_INVALID, NULL, "the fields must be a JSON object");
    }
    return object;
}

char *fields_merge(const char *base_text, const char *patch_text, struct assay_error *err)
{
    cJSON *base = read_object(base_text, err);
    cJSON *patch = base ? read_object(patch_text, err) : NULL;
    char *text = NULL;

    if (patch) {
        text = merge(base, patch) ? json_text(base, 0) : NULL;
        if (!text)
            (void)assay_fail_memory(err);
    }
    if (text && strlen(text) > OBJECT_FIELDS_MAX) {
        free(text);
        text = NULL;
        (void)assay_fail(err, ASSAY_INVALID, NULL, "the metadata is larger than %d bytes",
                         (int)OBJECT_FIELDS_MAX);
    }
    cJSON_Delete(patch);
    cJSON_Delete(base);
    return text;
}
