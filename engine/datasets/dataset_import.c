#include "engine/datasets/dataset_import.h"

#include "assay/value.h"
#include "engine/datasets/import_batch.h"
#include "engine/datasets/item_identity.h"
#include "engine/datasets/line_reader.h"
#include "engine/spec/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    IMAGE_BYTES_MAX = 30 * 1024 * 1024,
    CONFIGS_MAX = 100,
};

/* One ImportDataConfig as it is checked. */
struct import_config {
    char **uris;
    size_t uri_count;
    char *schema_uri;
};

static const struct field source_fields[] = {
    { .name = "uris",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct import_config, uris),
      .count_at = FIELD_AT(struct import_config, uri_count) },
};

static const struct message source_message = { MESSAGE_FIELDS(source_fields) };

static void read_label_map(struct fields *fields, const cJSON *node, void *record)
{
    const cJSON *label = NULL;

    (void)record;
    if (!fields_expect_object(fields, node))
        return;
    cJSON_ArrayForEach(label, node)
    {
        size_t here = fields_enter_key(fields, label->string);

        (void)fields_text(fields, label);
        fields_leave(fields, here);
    }
}

static const struct field config_fields[] = {
    { .name = "gcsSource", .kind = FIELD_MESSAGE, .at = FIELD_HERE, .message = &source_message },
    { .name = "importSchemaUri",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct import_config, schema_uri) },
    { .name = "dataItemLabels", .kind = FIELD_CUSTOM, .read = read_label_map },
    { .name = "annotationLabels", .kind = FIELD_CUSTOM, .read = read_label_map },
};

static void config_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct import_config *config = record;

    fields_require(fields, node, "importSchemaUri");
    if (config->uri_count == 0)
        fields_fault(fields, node, "gcsSource", "is required: {\"uris\": [\"gs://…\"]}");
    if (config->schema_uri && *config->schema_uri && !import_schema_of(config->schema_uri))
        fields_fault(fields, node, "importSchemaUri",
                     "is no schema that is known: " DATASET_SCHEMA_ROOT
                     "dataset/ioformat/NAME_io_format_1.0.0.yaml, NAME such as "
                     "image_classification_single_label");
}

static const struct message config_message = { MESSAGE_FIELDS(config_fields),
                                               .size = sizeof(struct import_config),
                                               .check = config_check };

struct import_body {
    struct import_config *configs;
    size_t config_count;
};

static const struct field body_fields[] = {
    { .name = "importConfigs",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct import_body, configs),
      .count_at = FIELD_AT(struct import_body, config_count),
      .message = &config_message },
    { .name = "name", .kind = FIELD_IGNORED },
};

static void body_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct import_body *body = record;

    if (body->config_count == 0 || body->config_count > CONFIGS_MAX)
        fields_fault(fields, node, "importConfigs", "from 1 to %d of them", CONFIGS_MAX);
}

static const struct message body_message = { MESSAGE_FIELDS(body_fields), .check = body_check };

static void body_clear(struct import_body *body)
{
    for (size_t i = 0; i < body->config_count; i++) {
        for (size_t j = 0; j < body->configs[i].uri_count; j++)
            free(body->configs[i].uris[j]);
        free(body->configs[i].uris);
        free(body->configs[i].schema_uri);
    }
    free(body->configs);
    *body = (struct import_body){ 0 };
}

/* What the schema and the URIs mean here. */
static bool check_config(const struct import_config *config, size_t index,
                         const struct dataset_kind *kind, const struct data_place *place,
                         struct assay_faults *faults, struct assay_error *err)
{
    const struct import_schema *schema =
        config->schema_uri ? import_schema_of(config->schema_uri) : NULL;
    char field[96];

    (void)snprintf(field, sizeof field, "import_configs[%zu].import_schema_uri", index);
    if (schema && strcmp(schema->kind, kind->name) != 0)
        assay_faults_add(faults, 0, field, "%s is for %s datasets; this one has %s", schema->name,
                         schema->kind, kind->name);
    else if (schema && !schema->annotation)
        return assay_fail(err, ASSAY_UNIMPLEMENTED, field, "assay does not import %s",
                          schema->name);
    for (size_t i = 0; i < config->uri_count; i++) {
        struct assay_error why = { 0 };

        (void)snprintf(field, sizeof field, "import_configs[%zu].gcs_source.uris[%zu]", index, i);
        if (!data_place_check(place, config->uris[i], &why))
            assay_faults_add(faults, 0, field, "%s", why.message);
    }
    return true;
}

bool dataset_import_check(const cJSON *body, const struct dataset_row *dataset,
                          const struct data_place *place, struct assay_faults *faults,
                          struct assay_error *err)
{
    const struct dataset_kind *kind = dataset_kind_of(dataset->schema_uri);
    struct fields *fields = calloc(1, sizeof *fields);
    struct import_body read = { 0 };
    bool is_ok = fields != NULL;

    if (!is_ok)
        return assay_fail_memory(err);
    if (!kind || kind->is_table) {
        free(fields);
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "nothing is imported into a tabular dataset: it is its files");
    }
    fields->faults = faults;
    fields_read(fields, body, &body_message, &read);
    faults->is_short_of_memory = faults->is_short_of_memory || fields->is_short_of_memory;
    for (size_t i = 0; i < read.config_count && is_ok; i++)
        is_ok = check_config(&read.configs[i], i, kind, place, faults, err);
    body_clear(&read);
    free(fields);
    return is_ok;
}

char *dataset_import_request(const cJSON *body, int64_t dataset)
{
    cJSON *request = cJSON_CreateObject();
    cJSON *configs = cJSON_Duplicate(fields_member(body, "importConfigs"), true);
    char id[32];
    char *text = NULL;

    (void)snprintf(id, sizeof id, "%" PRId64, dataset);
    if (request && cJSON_AddStringToObject(request, "dataset", id) && configs &&
        cJSON_AddItemToObject(request, "importConfigs", configs)) {
        configs = NULL;
        text = json_text(request, 0);
    }
    cJSON_Delete(configs);
    cJSON_Delete(request);
    return text;
}

/* One import at work. */
struct importing {
    struct engine *engine;
    int64_t operation;
    struct data_place place;
    const struct dataset_kind *kind;
    struct import_batch batch;
    struct import_form form;
    const char *file;  /* being read */
    int64_t good, bad; /* lines */
    cJSON *failures;   /* of lines: google.rpc.Status each */
};

static bool note_failure(struct importing *import, int64_t line, const struct assay_error *why,
                         struct assay_error *err)
{
    cJSON *status = NULL;
    char *message = NULL;
    bool is_ok = true;

    import->bad++;
    if (cJSON_GetArraySize(import->failures) >= IMPORT_FAILURES_MAX)
        return true;
    status = cJSON_CreateObject();
    is_ok =
        status && asprintf(&message, "%s:%" PRId64 ": %s", import->file, line, why->message) >= 0;
    is_ok = is_ok && cJSON_AddNumberToObject(status, "code", why->code) &&
            cJSON_AddStringToObject(status, "message", message) &&
            cJSON_AddItemToArray(import->failures, status);
    if (message)
        free(message);
    if (is_ok)
        return true;
    cJSON_Delete(status);
    return assay_fail_memory(err);
}

/* What the item is known by: what its file holds, or its text. */
static bool identify(const struct importing *import, const struct import_item *item, int64_t *id,
                     struct assay_error *err)
{
    const char *texts[] = { item->text };
    bool is_text = strcmp(import->kind->name, "text") == 0;
    bool is_ok = false;
    int fd = -1;

    if (item->text) {
        *id = identity_of_texts(texts, 1);
        return true;
    }
    fd = data_source_open(&import->place, item->uri, err);
    if (fd < 0)
        return false;
    is_ok = identity_of_file(fd, is_text ? IMPORT_TEXT_MAX : IMAGE_BYTES_MAX, id, err) ||
            assay_error_add(err, "%.300s", item->uri);
    (void)close(fd);
    return is_ok;
}

/* A line that cannot be imported is no failure of the import. */
static bool take_line(struct importing *import, const struct line_reader *reader,
                      struct assay_error *err)
{
    struct import_item item = { 0 };
    struct assay_error why = { 0 };
    int64_t id = 0;

    if (!import_line_read(&import->form, reader->text, reader->size, &item, &why) ||
        !identify(import, &item, &id, &why)) {
        import_item_clear(&item);
        if (why.code == ASSAY_EXHAUSTED) {
            *err = why;
            return false;
        }
        return note_failure(import, reader->number, &why, err);
    }
    import->good++;
    import_batch_add(&import->batch, id, &item, reader->size);
    return !import_batch_is_full(&import->batch) ||
           import_batch_store(&import->batch, import->engine, err);
}

static bool is_csv(const char *name)
{
    size_t size = strlen(name);

    return size >= 4 && strcmp(name + size - 4, ".csv") == 0;
}

static bool read_lines(struct importing *import, FILE *in, struct assay_error *err)
{
    struct line_reader reader = { .in = in, .is_csv = import->form.is_csv };
    bool is_ok = true;

    while (is_ok && line_reader_next(&reader, err)) {
        is_ok = take_line(import, &reader, err);
        if (is_ok && engine_is_ending(import->engine))
            is_ok = assay_fail(err, ASSAY_ABORTED, NULL, "the engine ends; the next one goes on");
    }
    is_ok = is_ok && err->code == ASSAY_OK;
    if (!is_ok && err->code == ASSAY_INVALID)
        (void)assay_error_add(err, "%s:%" PRId64, import->file, reader.number);
    line_reader_clear(&reader);
    return is_ok;
}

static bool import_file(struct importing *import, const struct table_file *file,
                        struct assay_error *err)
{
    int fd = dup(file->fd);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
    bool is_ok = false;

    if (!in) {
        if (fd >= 0)
            (void)close(fd);
        return assay_fail_memory(err);
    }
    import->file = file->name;
    import->form.is_csv = is_csv(file->name);
    is_ok = read_lines(import, in, err);
    (void)fclose(in);
    return is_ok && import_batch_store(&import->batch, import->engine, err);
}

static bool import_config(struct importing *import, const cJSON *config, struct assay_error *err)
{
    const char *schema_uri = fields_member_text(config, "importSchemaUri");
    const cJSON *uri = NULL;
    struct data_files files = { 0 };
    bool is_ok = true;

    import->form.schema = schema_uri ? import_schema_of(schema_uri) : NULL;
    if (!import->form.schema)
        return assay_fail(err, ASSAY_INVALID, NULL, "the import's schema is not known");
    import->batch.schema = import->form.schema;
    import->batch.item_labels = fields_member(config, "dataItemLabels");
    import->batch.annotation_labels = fields_member(config, "annotationLabels");
    cJSON_ArrayForEach(uri, fields_member(fields_member(config, "gcsSource"), "uris"))
    {
        is_ok = is_ok && cJSON_IsString(uri) &&
                data_files_add(&files, &import->place, uri->valuestring, err);
    }
    for (size_t i = 0; i < files.count && is_ok; i++)
        is_ok = import_file(import, &files.items[i], err);
    data_files_clear(&files);
    return is_ok;
}

/* The operation's last word, with the lines that were left out. */
static bool apply_end(void *context, struct store *store, int64_t now_us, int64_t job,
                      struct assay_error *err)
{
    const struct importing *import = context;
    struct long_operation_row row = { 0 };
    cJSON *metadata = cJSON_CreateObject();
    bool is_ok = store_long_operation_get(store, import->operation, &row, err);

    (void)job;
    if (is_ok && import->bad > 0) {
        cJSON *failures = cJSON_Duplicate(import->failures, true);
        char *text = NULL;

        if (failures && cJSON_AddItemToObject(metadata, "partialFailures", failures))
            text = json_text(metadata, 0);
        free(row.metadata);
        row.metadata = text;
        is_ok = text ? store_long_operation_put(store, &row, err) : assay_fail_memory(err);
    }
    is_ok = is_ok &&
            long_operation_done(store, import->operation, now_us, "ImportDataResponse", "", err);
    cJSON_Delete(metadata);
    long_operation_row_clear(&row);
    return is_ok;
}

static bool import_all(struct importing *import, const cJSON *request, struct assay_error *err)
{
    const struct edit edit = { .apply = apply_end, .context = import };
    const cJSON *config = NULL;

    cJSON_ArrayForEach(config, json_get(request, "importConfigs"))
    {
        if (!import_config(import, config, err))
            return false;
    }
    if (import->good == 0 && import->bad > 0) {
        const cJSON *first = cJSON_GetArrayItem(import->failures, 0);

        return assay_fail(err, ASSAY_INVALID, NULL,
                          "none of the %" PRId64 " lines could be imported; the first: %.1000s",
                          import->bad, cJSON_GetStringValue(json_get(first, "message")));
    }
    return engine_edit(import->engine, &edit, err);
}

static bool run(struct engine *engine, const struct long_operation_row *row,
                struct assay_error *err)
{
    struct importing *import = calloc(1, sizeof *import);
    struct dataset_row dataset = { 0 };
    cJSON *request = json_read(row->request, strlen(row->request), err);
    const char *id = fields_member_text(request, "dataset");
    bool is_ok = import && request;

    if (!is_ok) {
        (void)assay_fail_memory(err);
        goto out;
    }
    *import = (struct importing){ .engine = engine, .operation = row->id };
    import->batch.dataset = id ? strtoll(id, NULL, 10) : 0;
    import->failures = cJSON_CreateArray();
    data_place_init(&import->place, engine, NULL);
    is_ok = store_dataset_get(engine_read_begin(engine), import->batch.dataset, &dataset, err);
    engine_read_end(engine);
    import->kind = is_ok ? dataset_kind_of(dataset.schema_uri) : NULL;
    import->form.kind = import->kind;
    is_ok = is_ok && import->kind && import_all(import, request, err);
    import_batch_clear(&import->batch);
    cJSON_Delete(import->failures);
out:
    dataset_row_clear(&dataset);
    cJSON_Delete(request);
    free(import);
    return is_ok;
}

const struct long_operation_kind dataset_import_kind = {
    .metadata_type = "ImportDataOperationMetadata",
    .run = run,
};
