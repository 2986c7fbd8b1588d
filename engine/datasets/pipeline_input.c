#include "engine/datasets/pipeline_input.h"

#include "assay/value.h"
#include "engine/datasets/data_export.h"
#include "engine/datasets/export_folder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "input_data_config"

void pipeline_data_clear(struct pipeline_data *data)
{
    if (!data)
        return;
    free(data->dir_uri);
    *data = (struct pipeline_data){ 0 };
}

/* One look at an input. */
struct looking {
    struct engine *engine;
    const struct pipeline_input *input;
    struct data_place place;
    struct input_config config;
    struct dataset_row row;
    const struct dataset_kind *kind; /* NULL: the dataset is not known */
};

static void looking_clear(struct looking *l)
{
    input_config_clear(&l->config);
    dataset_row_clear(&l->row);
}

static bool fail_bigquery(struct assay_error *err)
{
    return assay_fail(err, ASSAY_UNIMPLEMENTED, PREFIX ".bigquery_destination",
                      "assay does not write to BigQuery; give gcs_destination, and the training "
                      "gets CSV or JSON Lines");
}

/* What is wrong with the document is a fault, what is wrong with the machine is not. */
static bool note_fault(struct assay_faults *faults, const char *field, struct assay_error *err)
{
    if (err->code == ASSAY_EXHAUSTED || err->code == ASSAY_INTERNAL ||
        err->code == ASSAY_UNAVAILABLE || err->code == ASSAY_UNIMPLEMENTED)
        return false;
    assay_faults_add(faults, 0, field, "%s", err->message);
    return true;
}

static bool has_column(char **columns, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i], key) == 0)
            return true;
    return false;
}

/* The header is read; the rows are not. */
static bool check_table(struct looking *l, struct assay_faults *faults, struct assay_error *err)
{
    static const char *const fields[] = {
        [INPUT_PREDEFINED] = PREFIX ".predefined_split.key",
        [INPUT_TIMESTAMP] = PREFIX ".timestamp_split.key",
        [INPUT_STRATIFIED] = PREFIX ".stratified_split.key",
    };
    const char *key = l->config.key;
    struct data_files files = { 0 };
    char **columns = NULL;
    size_t count = 0;
    bool is_ok = dataset_open_table(&l->row, &l->place, &files, err);

    if (is_ok)
        columns = table_columns(files.items, files.count, &count, err);
    if (!columns)
        is_ok = note_fault(faults, PREFIX ".dataset_id", err);
    else if (key && l->config.split >= INPUT_PREDEFINED && !has_column(columns, count, key))
        assay_faults_add(faults, 0, fields[l->config.split],
                         "the dataset has no column \"%.100s\" among its %zu (the first is "
                         "\"%.100s\")",
                         key, count, columns[0]);
    free(columns);
    data_files_clear(&files);
    return is_ok;
}

static bool check_items(struct looking *l, struct assay_faults *faults, struct assay_error *err)
{
    const char *query = l->config.saved_query_id;
    struct saved_query_row row = { 0 };
    int64_t id = 0;
    bool is_found = false;

    if (l->row.item_count == 0)
        assay_faults_add(faults, 0, PREFIX ".dataset_id",
                         "the Dataset %" PRId64 " has no data items: import some first", l->row.id);
    if (!query)
        return true;
    if (assay_integer_parse(query, &id)) {
        is_found = store_saved_query_get(engine_read_begin(l->engine), l->row.id, id, &row, err);
        engine_read_end(l->engine);
        saved_query_row_clear(&row);
        if (!is_found && err->code != ASSAY_NOT_FOUND)
            return false;
    }
    if (!is_found)
        assay_faults_add(faults, 0, PREFIX ".saved_query_id", "the dataset has no SavedQuery %.60s",
                         query);
    return true;
}

/* Whether the destination can be one at all. */
static bool check_destination(struct looking *l, struct assay_faults *faults,
                              struct assay_error *err)
{
    return !l->config.gcs_prefix || data_place_check(&l->place, l->config.gcs_prefix, err) ||
           note_fault(faults, PREFIX ".gcs_destination.output_uri_prefix", err);
}

static bool check_dataset(struct looking *l, struct assay_faults *faults, struct assay_error *err)
{
    if (!l->config.dataset_id)
        return true;
    if (!dataset_find(l->engine, l->input->parent, l->config.dataset_id, &l->row, err))
        return note_fault(faults, PREFIX ".dataset_id", err);
    l->kind = dataset_kind_of(l->row.schema_uri);
    if (!l->kind)
        return true; /* cannot be: it was checked when the dataset was made */
    input_config_check_kind(&l->config, PREFIX, l->kind, faults);
    return l->kind->is_table ? check_table(l, faults, err) : check_items(l, faults, err);
}

static void looking_begin(struct looking *l, struct engine *engine,
                          const struct pipeline_input *input, struct assay_faults *faults)
{
    *l = (struct looking){ .engine = engine, .input = input };
    data_place_init(&l->place, engine, input->source_dir);
    input_config_read(input->config, PREFIX, false, &l->config, faults);
}

bool pipeline_input_check_config(const cJSON *node, struct assay_faults *faults,
                                 struct assay_error *err)
{
    struct input_config config = { 0 };
    bool is_ok = false;

    input_config_read(node, PREFIX, false, &config, faults);
    is_ok = !config.has_bigquery || fail_bigquery(err);
    input_config_clear(&config);
    return is_ok;
}

bool pipeline_input_check(struct engine *engine, const struct pipeline_input *input,
                          struct assay_faults *faults, struct assay_error *err)
{
    struct looking *l = malloc(sizeof *l);
    bool is_ok = false;

    if (!l)
        return assay_fail_memory(err);
    looking_begin(l, engine, input, faults);
    is_ok = (!l->config.has_bigquery || fail_bigquery(err)) && check_destination(l, faults, err) &&
            check_dataset(l, faults, err);
    looking_clear(l);
    free(l);
    return is_ok;
}

static bool export_into(struct looking *l, struct pipeline_data *data, struct assay_error *err)
{
    struct export_folder folder = { .parent_fd = -1, .fd = -1 };
    struct item_counts counts = { 0 };
    struct data_export export = { .engine = l->engine,
                                  .place = &l->place,
                                  .dataset = &l->row,
                                  .kind = l->kind,
                                  .config = &l->config,
                                  .seed = l->input->seed,
                                  .is_ending = l->input->is_ending,
                                  .context = l->input->context };
    char name[NAME_MAX + 1];
    char stamp[EXPORT_STAMP];
    bool is_ok = false;

    (void)snprintf(name, sizeof name, "dataset-%" PRId64 "-%s-%s", l->row.id,
                   data_export_type(l->kind, &l->config), export_stamp(l->input->create_us, stamp));
    (void)snprintf(data->format, sizeof data->format, "%s", data_export_format(l->kind));
    if (asprintf(&data->dir_uri, "%s/%s", l->config.gcs_prefix, name) < 0) {
        data->dir_uri = NULL;
        return assay_fail_memory(err);
    }
    is_ok = export_folder_begin(&folder, &l->place, l->config.gcs_prefix, name, err);
    export.folder_fd = folder.fd;
    is_ok = is_ok && data_export_fill(&export, &counts, err) && export_folder_finish(&folder, err);
    memcpy(data->counts, counts.items, sizeof data->counts);
    export_folder_clear(&folder);
    return is_ok;
}

bool pipeline_input_export(struct engine *engine, const struct pipeline_input *input,
                           struct pipeline_data *data, struct assay_error *err)
{
    struct looking *l = malloc(sizeof *l);
    struct assay_faults faults = { 0 };
    bool is_ok = false;

    *data = (struct pipeline_data){ 0 };
    if (!l)
        return assay_fail_memory(err);
    looking_begin(l, engine, input, &faults);
    is_ok = (!l->config.has_bigquery || fail_bigquery(err)) && assay_faults_check(&faults, err) &&
            check_dataset(l, &faults, err) && assay_faults_check(&faults, err) &&
            export_into(l, data, err);
    assay_faults_clear(&faults);
    looking_clear(l);
    free(l);
    return is_ok;
}
