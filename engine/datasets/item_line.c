#include "engine/datasets/item_line.h"

#include "assay/json.h"

#include <stdlib.h>
#include <string.h>

/* Members of a line that are lists by their nature, one annotation or many. */
static bool is_always_list(const char *member)
{
    return strcmp(member, "boundingBoxAnnotation") == 0 ||
           strcmp(member, "textSegmentAnnotation") == 0;
}

/* The payload as lines have it: without the spec's id, with the annotation's labels. */
static cJSON *annotation_node(const struct annotation_row *row)
{
    struct assay_error ignored = { 0 };
    cJSON *node = json_read(row->payload, strlen(row->payload), &ignored);
    cJSON *labels = json_read(row->labels, strlen(row->labels), &ignored);

    cJSON_DeleteItemFromObjectCaseSensitive(node, "annotationSpecId");
    if (!node || !cJSON_IsObject(labels) || !labels->child ||
        !cJSON_AddItemToObject(node, "annotationResourceLabels", labels))
        cJSON_Delete(labels);
    return node;
}

/* Adds the annotation to the line's member of its kind. */
static bool add_annotation(cJSON *line, const struct annotation_row *row, bool is_multiple)
{
    const char *member = annotation_member(row->schema_uri);
    bool is_list = is_multiple || is_always_list(member);
    char name[64];
    cJSON *node = annotation_node(row);
    cJSON *list = line;

    (void)snprintf(name, sizeof name, "%s%s", member, is_list ? "s" : "");
    if (is_list && node) {
        list = cJSON_GetObjectItemCaseSensitive(line, name);
        if (!list)
            list = cJSON_AddArrayToObject(line, name);
    }
    if (node && list &&
        (is_list ? cJSON_AddItemToArray(list, node) : cJSON_AddItemToObject(line, name, node)))
        return true;
    cJSON_Delete(node);
    return false;
}

/* The payload's own member: where the item's content is. */
static bool add_content(cJSON *line, const struct dataset_kind *kind, const char *payload_text)
{
    struct assay_error ignored = { 0 };
    cJSON *payload = json_read(payload_text, strlen(payload_text), &ignored);
    const cJSON *text = json_get(payload, "textContent");
    const cJSON *uri = json_get(payload, "gcsUri");
    bool is_ok = false;

    if (cJSON_IsString(text))
        is_ok = cJSON_AddStringToObject(line, "textContent", text->valuestring) != NULL;
    else if (cJSON_IsString(uri) && kind->uri_member)
        is_ok = cJSON_AddStringToObject(line, kind->uri_member, uri->valuestring) != NULL;
    cJSON_Delete(payload);
    return is_ok;
}

static bool add_labels(cJSON *line, const char *text)
{
    struct assay_error ignored = { 0 };
    cJSON *labels = json_read(text, strlen(text), &ignored);

    if (labels && cJSON_IsObject(labels) && labels->child &&
        cJSON_AddItemToObject(line, "dataItemResourceLabels", labels))
        return true;
    cJSON_Delete(labels);
    return true;
}

bool item_line_write(FILE *out, const struct dataset_kind *kind, const struct batched_item *item,
                     const bool *is_wanted, bool is_multiple, struct assay_error *err)
{
    cJSON *line = cJSON_CreateObject();
    bool is_ok = line && add_content(line, kind, item->row.payload);
    char *text = NULL;

    for (size_t i = 0; i < item->annotation_count && is_ok; i++)
        is_ok = !is_wanted[i] || add_annotation(line, &item->annotations[i], is_multiple);
    is_ok = is_ok && add_labels(line, item->row.labels);
    text = is_ok ? json_text(line, 0) : NULL;
    cJSON_Delete(line);
    if (!text)
        return assay_fail_memory(err);
    is_ok = fputs(text, out) >= 0 && fputc('\n', out) != EOF;
    free(text);
    return is_ok || assay_fail(err, ASSAY_EXHAUSTED, NULL, "a shard cannot be written");
}
