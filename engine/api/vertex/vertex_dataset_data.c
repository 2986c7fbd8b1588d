/* ImportData and ExportData: operations that may take long. */

#include "engine/api/vertex/vertex_datasets.h"
#include "engine/datasets/dataset_export.h"
#include "engine/datasets/dataset_import.h"

#include <inttypes.h>
#include <stdlib.h>

/* An operation on a dataset that is to be run. */
struct dataset_work {
    const struct dataset_row *row;
    const char *metadata_type;
    const char *metadata;
    const char *request;
    int64_t operation;
};

static bool apply_work(void *context, struct store *store, int64_t now_us, int64_t job,
                       struct assay_error *err)
{
    struct dataset_work *work = context;
    struct dataset_row row = { 0 };
    char parent[RESOURCE_NAME_SIZE];
    bool is_ok = store_dataset_get(store, work->row->id, &row, err);

    (void)job;
    (void)snprintf(parent, sizeof parent, "%s/datasets/%" PRId64, work->row->parent, work->row->id);
    dataset_row_clear(&row);
    return is_ok && long_operation_put(store, parent, work->metadata_type, work->metadata,
                                       work->request, now_us, &work->operation, err);
}

static bool begin(struct api_call *call, struct dataset_work *work, struct assay_error *err)
{
    const struct edit edit = { .apply = apply_work, .context = work };

    return engine_edit(call->engine, &edit, err) &&
           long_operation_start(call->engine, work->operation, err) &&
           long_operation_answer(call, work->operation, err);
}

static bool import_data(struct api_call *call, const cJSON *body, const struct dataset_row *row,
                        const struct data_place *place, struct assay_error *err)
{
    struct dataset_work work = { .row = row,
                                 .metadata_type = dataset_import_kind.metadata_type,
                                 .metadata = "" };
    char *request = NULL;
    bool is_ok = dataset_import_check(body, row, place, &call->faults, err) &&
                 assay_faults_check(&call->faults, err);

    if (!is_ok)
        return false;
    request = dataset_import_request(body, row->id);
    work.request = request;
    is_ok = request ? begin(call, &work, err) : assay_fail_memory(err);
    free(request);
    return is_ok;
}

static bool export_data(struct api_call *call, const cJSON *body, const struct dataset_row *row,
                        const struct data_place *place, struct assay_error *err)
{
    struct dataset_export_plan plan = { 0 };
    struct dataset_work work = { .row = row, .metadata_type = dataset_export_kind.metadata_type };
    bool is_ok = dataset_export_plan(body, row, place, assay_wall_us(engine_env(call->engine)),
                                     &plan, &call->faults, err) &&
                 assay_faults_check(&call->faults, err);

    work.metadata = plan.metadata;
    work.request = plan.request;
    is_ok = is_ok && begin(call, &work, err);
    dataset_export_plan_clear(&plan);
    return is_ok;
}

typedef bool (*dataset_deed)(struct api_call *call, const cJSON *body,
                             const struct dataset_row *row, const struct data_place *place,
                             struct assay_error *err);

static bool do_with_dataset(struct api_call *call, dataset_deed deed, struct assay_error *err)
{
    struct data_place *place = malloc(sizeof *place);
    struct dataset_row row = { 0 };
    cJSON *body = vertex_dataset_body(call, err);
    bool is_ok = body && place;

    if (body && !place)
        (void)assay_fail_memory(err);
    if (is_ok) {
        data_place_init(place, call->engine, NULL);
        is_ok = vertex_find_dataset(call, &row, err) && deed(call, body, &row, place, err);
    }
    dataset_row_clear(&row);
    cJSON_Delete(body);
    free(place);
    return is_ok;
}

bool vertex_import_data(struct api_call *call, struct assay_error *err)
{
    return do_with_dataset(call, import_data, err);
}

bool vertex_export_data(struct api_call *call, struct assay_error *err)
{
    return do_with_dataset(call, export_data, err);
}
