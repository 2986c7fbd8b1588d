#include "engine/datasets/dataset_export.h"

#include "engine/array.h"
#include "engine/datasets/data_export.h"
#include "engine/datasets/export_folder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "export_config"

/* "export-data-<display name>-<timestamp>", with what no name of an object should have as "-"; the
 * caller frees it. */
static char *folder_name(const struct dataset_row *dataset, int64_t now_us)
{
    char stamp[EXPORT_STAMP];
    char *name = NULL;

    if (asprintf(&name, "export-data-%.60s-%s", dataset->display_name,
                 export_stamp(now_us, stamp)) < 0)
        return NULL;
    for (char *at = name; *at; at++)
        if ((unsigned char)*at >= 0x80 || !(isalnum((unsigned char)*at) || strchr("-_.:", *at)))
            *at = '-';
    return name;
}

/* Whether the request wants three sets. */
static bool is_split(const struct input_config *config)
{
    return config->split != INPUT_NO_SPLIT || config->export_use == EXPORT_USE_TRAINING;
}

/*
 * Makes the folder, empty, and so no other export's, also of datasets of one name: of the first
 * millisecond from now_us that has none yet. Returns its name, the caller's to free.
 */
static char *claim_folder(const struct dataset_row *dataset, const struct data_place *place,
                          const char *prefix, int64_t now_us, struct assay_error *err)
{
    int parent = data_folder_open(place, prefix, true, err);
    char *name = NULL;
    int error = EEXIST;

    if (parent < 0)
        return NULL;
    for (; error == EEXIST; now_us += 1000) {
        free(name);
        name = folder_name(dataset, now_us);
        if (!name)
            error = ENOMEM;
        else
            error = mkdirat(parent, name, 0777) == 0 ? 0 : errno;
    }
    (void)close(parent);
    if (!error)
        return name;
    (void)assay_fail_errno(err, error, "make the folder %s/%s", prefix, name ? name : "");
    free(name);
    return NULL;
}

static bool fill_plan(const cJSON *node, const struct input_config *config,
                      const struct dataset_row *dataset, const char *name,
                      struct dataset_export_plan *plan)
{
    char *prefix = NULL;
    char id[32];
    cJSON *request = cJSON_CreateObject();
    cJSON *metadata = cJSON_CreateObject();
    cJSON *copy = cJSON_Duplicate(node, true);
    bool is_ok =
        request && metadata && copy && asprintf(&prefix, "%s/%s", config->gcs_prefix, name) >= 0;

    (void)snprintf(id, sizeof id, "%" PRId64, dataset->id);
    if (is_ok && cJSON_AddStringToObject(request, "dataset", id) &&
        cJSON_AddStringToObject(request, "folder", prefix) &&
        cJSON_AddItemToObject(request, "exportConfig", copy)) {
        copy = NULL;
        plan->request = json_text(request, 0);
    }
    if (is_ok && cJSON_AddStringToObject(metadata, "gcsOutputDirectory", prefix))
        plan->metadata = json_text(metadata, 0);
    if (is_ok)
        free(prefix);
    cJSON_Delete(copy);
    cJSON_Delete(request);
    cJSON_Delete(metadata);
    return plan->request && plan->metadata;
}

bool dataset_export_plan(const cJSON *body, const struct dataset_row *dataset,
                         const struct data_place *place, int64_t now_us,
                         struct dataset_export_plan *plan, struct assay_faults *faults,
                         struct assay_error *err)
{
    const struct dataset_kind *kind = dataset_kind_of(dataset->schema_uri);
    const cJSON *node = fields_member(body, "exportConfig");
    struct input_config config = { 0 };
    struct assay_error why = { 0 };
    char *name = NULL;
    bool is_ok = true;

    *plan = (struct dataset_export_plan){ 0 };
    if (!node) {
        assay_faults_add(faults, 0, PREFIX, "is required");
        return true;
    }
    input_config_read(node, PREFIX, true, &config, faults);
    if (kind)
        input_config_check_kind(&config, PREFIX, kind, faults);
    if (config.gcs_prefix && !data_place_check(place, config.gcs_prefix, &why))
        assay_faults_add(faults, 0, PREFIX ".gcs_destination.output_uri_prefix", "%s", why.message);
    if (kind && kind->is_table && !is_split(&config))
        is_ok = assay_fail(err, ASSAY_UNIMPLEMENTED, PREFIX,
                           "a tabular dataset is its files, which need no export; give "
                           "fraction_split for three sets of them");
    if (is_ok && faults->count == 0) {
        name = claim_folder(dataset, place, config.gcs_prefix, now_us, err);
        is_ok = name && (fill_plan(node, &config, dataset, name, plan) || assay_fail_memory(err));
    }
    free(name);
    input_config_clear(&config);
    return is_ok;
}

void dataset_export_plan_clear(struct dataset_export_plan *plan)
{
    free(plan->request);
    free(plan->metadata);
    *plan = (struct dataset_export_plan){ 0 };
}

/* One export at work. */
struct export_work {
    struct engine *engine;
    int64_t operation;
    struct data_place place;
    struct dataset_row dataset;
    const struct dataset_kind *kind;
    struct input_config config;
    const char *prefix; /* of the request */
    const char *type;   /* the folder below it */
    struct item_counts counts;
    char *response;
};

static bool add_file(cJSON *files, const struct export_work *work, const char *name)
{
    char *uri = NULL;
    cJSON *node = NULL;

    if (asprintf(&uri, "%s/%s/%s", work->prefix, work->type, name) < 0)
        return false;
    node = cJSON_CreateString(uri);
    free(uri);
    return node && cJSON_AddItemToArray(files, node);
}

/* For trainings the sets as patterns; else each file. */
static bool list_files(cJSON *files, const struct export_work *work, int folder_fd)
{
    static const char *const patterns[] = { "training-*", "validation-*", "test-*" };
    struct dirent **entries = NULL;
    bool is_ok = true;
    int count = 0;

    if (work->config.export_use == EXPORT_USE_TRAINING) {
        for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
            is_ok = is_ok && add_file(files, work, patterns[i]);
        return is_ok;
    }
    count = scandirat(folder_fd, ".", &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.')
            is_ok = is_ok && add_file(files, work, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return is_ok && count >= 0;
}

static bool add_stats(cJSON *response, const struct item_counts *counts)
{
    static const char *const names[SPLIT_SETS] = { "training", "validation", "test" };
    cJSON *stats = cJSON_AddObjectToObject(response, "dataStats");
    bool is_ok = stats != NULL;

    for (int i = 0; i < SPLIT_SETS && is_ok; i++) {
        char key[64];
        char number[32];

        (void)snprintf(key, sizeof key, "%sDataItemsCount", names[i]);
        (void)snprintf(number, sizeof number, "%" PRId64, counts->items[i]);
        is_ok = counts->items[i] == 0 || cJSON_AddStringToObject(stats, key, number);
        (void)snprintf(key, sizeof key, "%sAnnotationsCount", names[i]);
        (void)snprintf(number, sizeof number, "%" PRId64, counts->annotations[i]);
        is_ok =
            is_ok && (counts->annotations[i] == 0 || cJSON_AddStringToObject(stats, key, number));
    }
    return is_ok;
}

static bool make_response(struct export_work *work, const struct export_folder *folder,
                          struct assay_error *err)
{
    cJSON *response = cJSON_CreateObject();
    cJSON *files = response ? cJSON_AddArrayToObject(response, "exportedFiles") : NULL;
    bool is_ok = files && list_files(files, work, folder->fd) &&
                 (!is_split(&work->config) || add_stats(response, &work->counts));

    work->response = is_ok ? json_text(response, 0) : NULL;
    cJSON_Delete(response);
    return work->response || assay_fail_memory(err);
}

static bool apply_end(void *context, struct store *store, int64_t now_us, int64_t job,
                      struct assay_error *err)
{
    const struct export_work *work = context;

    (void)job;
    return long_operation_done(store, work->operation, now_us, "ExportDataResponse", work->response,
                               err);
}

static bool is_ending(void *context)
{
    return engine_is_ending(context);
}

static bool export_all(struct export_work *work, struct assay_error *err)
{
    const struct edit edit = { .apply = apply_end, .context = work };
    struct export_folder folder = { .parent_fd = -1, .fd = -1 };
    struct data_export export = { .engine = work->engine,
                                  .place = &work->place,
                                  .dataset = &work->dataset,
                                  .kind = work->kind,
                                  .config = &work->config,
                                  .seed = (uint64_t)work->dataset.id,
                                  .is_whole = !is_split(&work->config),
                                  .is_ending = is_ending,
                                  .context = work->engine };
    bool is_ok = export_folder_begin(&folder, &work->place, work->prefix, work->type, err);

    export.folder_fd = folder.fd;
    is_ok = is_ok && data_export_fill(&export, &work->counts, err) &&
            export_folder_finish(&folder, err);
    is_ok = is_ok && make_response(work, &folder, err) && engine_edit(work->engine, &edit, err);
    export_folder_clear(&folder);
    return is_ok;
}

static bool run(struct engine *engine, const struct long_operation_row *row,
                struct assay_error *err)
{
    struct export_work *work = calloc(1, sizeof *work);
    cJSON *request = json_read(row->request, strlen(row->request), err);
    const char *id = fields_member_text(request, "dataset");
    struct assay_faults faults = { 0 };
    bool is_ok = work && request && id;

    if (!is_ok) {
        (void)assay_fail_memory(err);
        goto out;
    }
    *work = (struct export_work){ .engine = engine, .operation = row->id };
    data_place_init(&work->place, engine, NULL);
    work->prefix = fields_member_text(request, "folder");
    input_config_read(json_get(request, "exportConfig"), PREFIX, true, &work->config, &faults);
    is_ok =
        store_dataset_get(engine_read_begin(engine), strtoll(id, NULL, 10), &work->dataset, err);
    engine_read_end(engine);
    is_ok = is_ok && assay_faults_check(&faults, err) && work->prefix;
    work->kind = is_ok ? dataset_kind_of(work->dataset.schema_uri) : NULL;
    if (work->kind)
        work->type = data_export_type(work->kind, &work->config);
    is_ok = is_ok && work->kind && export_all(work, err);
out:
    assay_faults_clear(&faults);
    if (work) {
        free(work->response);
        input_config_clear(&work->config);
        dataset_row_clear(&work->dataset);
    }
    free(work);
    cJSON_Delete(request);
    return is_ok;
}

const struct long_operation_kind dataset_export_kind = {
    .metadata_type = "ExportDataOperationMetadata",
    .run = run,
};
