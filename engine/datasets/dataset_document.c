#include "engine/datasets/dataset_document.h"

#include "assay/utf8.h"
#include "engine/datasets/item_filter.h"
#include "engine/spec/messages.h"

#include <stdlib.h>
#include <string.h>

static cJSON *copy_node(struct fields *fields, const cJSON *node)
{
    cJSON *copy = cJSON_Duplicate(node, true);

    fields->is_short_of_memory = fields->is_short_of_memory || !copy;
    return copy;
}

/* Clients send back what they have read, with the system's labels in it. */
static void read_labels(struct fields *fields, const cJSON *node, void *record)
{
    struct dataset_document *document = record;
    cJSON *labels = copy_node(fields, node);
    cJSON *label = labels ? labels->child : NULL;

    while (label) {
        cJSON *next = label->next;

        if (strncmp(label->string ? label->string : "", LABEL_SYSTEM, strlen(LABEL_SYSTEM)) == 0)
            cJSON_Delete(cJSON_DetachItemViaPointer(labels, label));
        label = next;
    }
    if (labels)
        labels_read(fields, labels, NULL);
    document->labels = labels;
}

static void read_metadata(struct fields *fields, const cJSON *node, void *record)
{
    struct dataset_document *document = record;

    document->metadata = copy_node(fields, node);
}

static void read_encryption(struct fields *fields, const cJSON *node, void *record)
{
    struct dataset_document *document = record;

    fields_read(fields, node, &encryption_message, NULL);
    document->encryption = copy_node(fields, node);
}

static const struct field query_fields[] = {
    { .name = "displayName",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct dataset_document, query_name) },
    { .name = "problemType",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct dataset_document, query_problem) },
    { .name = "metadata", .kind = FIELD_ANY },
    { .name = "name", .kind = FIELD_IGNORED },
    { .name = "etag", .kind = FIELD_IGNORED },
    { .name = "createTime", .kind = FIELD_IGNORED },
    { .name = "updateTime", .kind = FIELD_IGNORED },
    { .name = "annotationFilter", .kind = FIELD_IGNORED },
    { .name = "annotationSpecCount", .kind = FIELD_IGNORED },
    { .name = "supportAutomlTraining", .kind = FIELD_IGNORED },
};

static void query_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "displayName");
    fields_require(fields, node, "problemType");
}

static const struct message query_message = { MESSAGE_FIELDS(query_fields), .check = query_check };

static void read_queries(struct fields *fields, const cJSON *node, void *record)
{
    struct dataset_document *document = record;
    size_t here = 0;

    if (!fields_expect_list(fields, node) || !node->child)
        return;
    if (node->child->next) {
        fields_fault(fields, node, NULL, "one saved query at most");
        return;
    }
    here = fields_enter_item(fields, 0);
    fields_read(fields, node->child, &query_message, document);
    fields_leave(fields, here);
    document->has_query = true;
}

static const struct field dataset_fields[] = {
    { .name = "displayName",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct dataset_document, display_name) },
    { .name = "description",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct dataset_document, description) },
    { .name = "metadataSchemaUri",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct dataset_document, schema_uri) },
    { .name = "metadata", .kind = FIELD_CUSTOM, .read = read_metadata },
    { .name = "labels", .kind = FIELD_CUSTOM, .read = read_labels },
    { .name = "encryptionSpec", .kind = FIELD_CUSTOM, .read = read_encryption },
    { .name = "savedQueries", .kind = FIELD_CUSTOM, .read = read_queries },
    { .name = "etag", .kind = FIELD_TEXT, .at = FIELD_AT(struct dataset_document, etag) },
    { .name = "modelReference", .kind = FIELD_TEXT },
    { .name = "name", .kind = FIELD_IGNORED },
    { .name = "dataItemCount", .kind = FIELD_IGNORED },
    { .name = "createTime", .kind = FIELD_IGNORED },
    { .name = "updateTime", .kind = FIELD_IGNORED },
    { .name = "metadataArtifact", .kind = FIELD_IGNORED },
    { .name = "satisfiesPzs", .kind = FIELD_IGNORED },
    { .name = "satisfiesPzi", .kind = FIELD_IGNORED },
};

static void check_name(struct fields *fields, const cJSON *node, void *record)
{
    const struct dataset_document *document = record;
    const char *name = document->display_name;

    if (name && utf8_count(name, strlen(name)) > DISPLAY_NAME_MAX)
        fields_fault(fields, node, "displayName", "has more than %d characters", DISPLAY_NAME_MAX);
}

static const struct message change_message = { MESSAGE_FIELDS(dataset_fields),
                                               .check = check_name };

/* Of a table: where it is. */
static void check_table(struct fields *fields, const cJSON *node,
                        const struct dataset_document *document)
{
    const cJSON *input = fields_member(document->metadata, "inputConfig");
    const cJSON *uris = fields_member(fields_member(input, "gcsSource"), "uri");

    if (fields_member(input, "bigquerySource"))
        return; /* dataset_document_check_source() has a word on it */
    if (!cJSON_IsArray(uris) || !uris->child)
        fields_fault(fields, node, "metadata",
                     "a tabular dataset needs {\"inputConfig\": {\"gcsSource\": {\"uri\": "
                     "[\"gs://BUCKET/FILE.csv\"]}}}");
}

static void check_new(struct fields *fields, const cJSON *node, void *record)
{
    const struct dataset_document *document = record;
    const struct dataset_kind *kind =
        document->schema_uri ? dataset_kind_of(document->schema_uri) : NULL;

    check_name(fields, node, record);
    fields_require(fields, node, "displayName");
    fields_require(fields, node, "metadataSchemaUri");
    if (document->schema_uri && *document->schema_uri && !kind)
        fields_fault(fields, node, "metadataSchemaUri",
                     "is no schema that is known: " DATASET_SCHEMA_ROOT
                     "dataset/metadata/NAME_1.0.0.yaml, NAME being %s",
                     dataset_kind_names);
    if (kind && kind->is_table)
        check_table(fields, node, document);
}

static const struct message new_message = { MESSAGE_FIELDS(dataset_fields), .check = check_new };

void dataset_document_read(const cJSON *node, bool is_new, struct dataset_document *document,
                           struct assay_faults *faults)
{
    struct fields *fields = calloc(1, sizeof *fields);

    *document = (struct dataset_document){ 0 };
    if (!fields) {
        faults->is_short_of_memory = true;
        return;
    }
    fields->faults = faults;
    (void)fields_enter_key(fields, "dataset");
    fields_read(fields, node, is_new ? &new_message : &change_message, document);
    faults->is_short_of_memory = faults->is_short_of_memory || fields->is_short_of_memory;
    free(fields);
}

void dataset_document_clear(struct dataset_document *document)
{
    free(document->display_name);
    free(document->description);
    free(document->schema_uri);
    free(document->etag);
    cJSON_Delete(document->metadata);
    cJSON_Delete(document->labels);
    cJSON_Delete(document->encryption);
    free(document->query_name);
    free(document->query_problem);
    *document = (struct dataset_document){ 0 };
}

bool dataset_document_check_source(const struct dataset_document *document,
                                   const struct data_place *place, struct assay_faults *faults,
                                   struct assay_error *err)
{
    const struct dataset_kind *kind =
        document->schema_uri ? dataset_kind_of(document->schema_uri) : NULL;
    const cJSON *input = fields_member(document->metadata, "inputConfig");
    const cJSON *uri = NULL;
    size_t index = 0;

    if (!kind || !kind->is_table)
        return true;
    if (fields_member(input, "bigquerySource"))
        return assay_fail(err, ASSAY_UNIMPLEMENTED, "dataset.metadata.input_config.bigquery_source",
                          "assay does not read BigQuery; export the table to CSV files and give "
                          "those as gcsSource");
    cJSON_ArrayForEach(uri, fields_member(fields_member(input, "gcsSource"), "uri"))
    {
        struct assay_error why = { 0 };
        char field[96];

        (void)snprintf(field, sizeof field, "dataset.metadata.input_config.gcs_source.uri[%zu]",
                       index++);
        if (!cJSON_IsString(uri))
            assay_faults_add(faults, 0, field, "expected text");
        else if (!data_place_check(place, uri->valuestring, &why))
            assay_faults_add(faults, 0, field, "%s", why.message);
    }
    return true;
}
