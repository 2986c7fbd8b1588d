#include "engine/api/vertex/dataset_resource.h"

#include "engine/api/resource.h"
#include "engine/datasets/dataset_kind.h"
#include "engine/datasets/item_filter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_DATASET_SCHEMA LABEL_SYSTEM "dataset_metadata_schema"

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    if (!*text)
        return;
    json_key(w, key);
    json_string(w, text);
}

static void write_name(struct json_writer *w, const char *parent, int64_t dataset,
                       const char *below)
{
    char name[RESOURCE_NAME_SIZE];

    (void)snprintf(name, sizeof name, "%s/datasets/%" PRId64 "%s", parent, dataset, below);
    json_key(w, "name");
    json_string(w, name);
}

static void write_node(struct json_writer *w, const char *key, const char *text)
{
    struct assay_error ignored = { 0 };
    cJSON *node = json_read(text, strlen(text), &ignored);

    if (node && !cJSON_IsNull(node)) {
        json_key(w, key);
        json_node(w, node);
    }
    cJSON_Delete(node);
}

/* The user's labels and the system's: one that is "" is not written. */
static void write_labels(struct json_writer *w, const char *text, const char *system_key,
                         const char *system_value)
{
    struct assay_error ignored = { 0 };
    cJSON *labels = json_read(text, strlen(text), &ignored);
    const cJSON *label = NULL;

    if ((labels && labels->child) || *system_value) {
        json_key(w, "labels");
        json_begin_object(w);
        cJSON_ArrayForEach(label, labels)
        {
            json_key(w, label->string);
            json_node(w, label);
        }
        if (*system_value && !json_get(labels, system_key)) {
            json_key(w, system_key);
            json_string(w, system_value);
        }
        json_end_object(w);
    }
    cJSON_Delete(labels);
}

static void write_etag(struct json_writer *w, int64_t revision)
{
    char etag[32];

    (void)snprintf(etag, sizeof etag, "%" PRId64, revision);
    json_key(w, "etag");
    json_string(w, etag);
}

static void write_times(struct json_writer *w, int64_t create_us, int64_t update_us)
{
    resource_write_time(w, "createTime", create_us);
    resource_write_time(w, "updateTime", update_us);
}

/* Where a client gave no metadata, what the service would know of it. */
static void write_metadata(struct json_writer *w, const struct dataset_row *row,
                           const struct dataset_kind *kind)
{
    char uri[SCHEMA_URI_SIZE];

    if (strcmp(row->metadata, "null") != 0 || !kind) {
        write_node(w, "metadata", row->metadata);
        return;
    }
    (void)snprintf(uri, sizeof uri, DATASET_SCHEMA_ROOT "dataset/dataitem/%s_1.0.0.yaml",
                   kind->name);
    json_key(w, "metadata");
    json_begin_object(w);
    json_key(w, "dataItemSchemaUri");
    json_string(w, uri);
    json_end_object(w);
}

void dataset_resource_write(struct json_writer *w, const struct dataset_row *row)
{
    const struct dataset_kind *kind = dataset_kind_of(row->schema_uri);

    json_begin_object(w);
    write_name(w, row->parent, row->id, "");
    write_text(w, "displayName", row->display_name);
    write_text(w, "description", row->description);
    write_text(w, "metadataSchemaUri", row->schema_uri);
    write_metadata(w, row, kind);
    if (row->item_count > 0) {
        json_key(w, "dataItemCount");
        json_int64(w, row->item_count);
    }
    write_times(w, row->create_us, row->update_us);
    write_etag(w, row->revision);
    write_labels(w, row->labels, LABEL_DATASET_SCHEMA, kind ? kind->title : "");
    if (*row->encryption)
        write_node(w, "encryptionSpec", row->encryption);
    json_end_object(w);
}

void data_item_resource_write(struct json_writer *w, const char *parent,
                              const struct data_item_row *row)
{
    char below[64];

    (void)snprintf(below, sizeof below, "/dataItems/%" PRId64, row->id);
    json_begin_object(w);
    write_name(w, parent, row->dataset, below);
    write_times(w, row->create_us, row->update_us);
    write_labels(w, row->labels, "", "");
    write_node(w, "payload", row->payload);
    write_etag(w, row->update_us);
    json_end_object(w);
}

void annotation_resource_write(struct json_writer *w, const char *parent,
                               const struct annotation_row *row)
{
    const char *type = annotation_type_of(row->schema_uri);
    char below[96];

    (void)snprintf(below, sizeof below, "/dataItems/%" PRId64 "/annotations/%" PRId64, row->item,
                   row->id);
    json_begin_object(w);
    write_name(w, parent, row->dataset, below);
    write_text(w, "payloadSchemaUri", row->schema_uri);
    write_node(w, "payload", row->payload);
    write_times(w, row->create_us, row->update_us);
    write_etag(w, row->update_us);
    write_labels(w, row->labels, LABEL_PAYLOAD_SCHEMA, type ? type : "");
    json_end_object(w);
}

void annotation_spec_resource_write(struct json_writer *w, const char *parent,
                                    const struct annotation_spec_row *row)
{
    char below[64];

    (void)snprintf(below, sizeof below, "/annotationSpecs/%" PRId64, row->id);
    json_begin_object(w);
    write_name(w, parent, row->dataset, below);
    write_text(w, "displayName", row->display_name);
    write_times(w, row->create_us, row->create_us);
    write_etag(w, row->create_us);
    json_end_object(w);
}

void saved_query_resource_write(struct json_writer *w, const char *parent, int64_t spec_count,
                                const struct saved_query_row *row)
{
    char below[64];

    (void)snprintf(below, sizeof below, "/savedQueries/%" PRId64, row->id);
    json_begin_object(w);
    write_name(w, parent, row->dataset, below);
    write_text(w, "displayName", row->display_name);
    write_times(w, row->create_us, row->create_us);
    write_text(w, "annotationFilter", row->annotation_filter);
    write_text(w, "problemType", row->problem_type);
    if (spec_count > 0) {
        json_key(w, "annotationSpecCount");
        json_int(w, spec_count);
    }
    write_etag(w, row->create_us);
    json_end_object(w);
}

char *dataset_resource_text(const struct dataset_row *row)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct json_writer w;
    bool is_ok = out != NULL;

    if (!is_ok)
        return NULL;
    json_writer_init(&w, out, 0);
    dataset_resource_write(&w, row);
    is_ok = json_writer_finish(&w);
    is_ok = fclose(out) == 0 && is_ok;
    if (is_ok)
        return text;
    free(text);
    return NULL;
}

cJSON *dataset_resource_tree(const struct dataset_row *row)
{
    struct assay_error ignored = { 0 };
    char *text = dataset_resource_text(row);
    cJSON *tree = text ? json_read(text, strlen(text), &ignored) : NULL;

    free(text);
    return tree;
}
