/*
 * Operations of studies: SuggestTrials and CheckTrialEarlyStoppingState. They are done when they
 * are answered; what they answered is written again from the store, trials as they are now.
 */

#include "engine/api/vertex/vertex_jobs.h"
#include "engine/api/vizier/vizier_studies.h"

#include <inttypes.h>
#include <stdlib.h>

static void write_name(struct json_writer *w, const char *key, const char *study,
                       const char *collection, const char *id)
{
    char name[RESOURCE_NAME_SIZE + 64];

    (void)snprintf(name, sizeof name, "%s%s%s", study, collection, id);
    json_key(w, key);
    json_string(w, name);
}

static void write_times(struct json_writer *w, const struct operation_row *row)
{
    json_key(w, "genericMetadata");
    json_begin_object(w);
    resource_write_time(w, "createTime", row->start_us);
    resource_write_time(w, "updateTime", row->end_us);
    json_end_object(w);
}

/* The trials that a suggestion handed out, but for those that were deleted since. */
static bool write_trials(struct api_call *call, const struct study *study, struct store *store,
                         const char *numbers, struct assay_error *err)
{
    char *end = NULL;
    bool is_ok = true;

    if (!*numbers)
        return true;
    json_key(&call->json, "trials");
    json_begin_array(&call->json);
    for (; is_ok && *numbers; numbers = *end ? end + 1 : end) {
        bool is_found = false;

        is_ok = study_write_trial(call, study, store, strtoll(numbers, &end, 10), &is_found, err);
    }
    json_end_array(&call->json);
    return is_ok;
}

static bool write_suggestion(struct api_call *call, const struct study *study, struct store *store,
                             const struct operation_row *row, struct assay_error *err)
{
    struct json_writer *w = &call->json;
    const char *state = NULL;
    int number = resource_study_state(row->state, &state);
    bool is_ok = false;

    vertex_begin_message(call, "metadata", "SuggestTrialsMetadata");
    write_times(w, row);
    json_key(w, "clientId");
    json_string(w, row->client);
    json_end_object(w);
    json_key(w, "done");
    json_bool(w, true);
    vertex_begin_message(call, "response", "SuggestTrialsResponse");
    is_ok = write_trials(call, study, store, row->trials, err);
    json_key(w, "studyState");
    json_enum(w, number, state);
    resource_write_time(w, "startTime", row->start_us);
    resource_write_time(w, "endTime", row->end_us);
    json_end_object(w);
    return is_ok;
}

static void write_check(struct api_call *call, const char *study, const struct operation_row *row)
{
    struct json_writer *w = &call->json;

    /* The service spells it so, and clients look for it. */
    vertex_begin_message(call, "metadata", "CheckTrialEarlyStoppingStateMetatdata");
    write_times(w, row);
    write_name(w, "study", study, "", "");
    write_name(w, "trial", study, "/trials/", row->trials);
    json_end_object(w);
    json_key(w, "done");
    json_bool(w, true);
    vertex_begin_message(call, "response", "CheckTrialEarlyStoppingStateResponse");
    if (row->state) {
        json_key(w, "shouldStop");
        json_bool(w, true);
    }
    json_end_object(w);
}

/* Within engine_read_begin(). */
static bool write_row(struct api_call *call, const struct study *study, struct store *store,
                      const struct operation_row *row, struct assay_error *err)
{
    char name[RESOURCE_NAME_SIZE];
    char number[32];
    bool is_ok = true;

    resource_job_name(&study->row, name, sizeof name);
    (void)snprintf(number, sizeof number, "%" PRId64, row->number);
    json_begin_object(&call->json);
    write_name(&call->json, "name", name, "/operations/", number);
    if (row->kind == OPERATION_CHECK)
        write_check(call, name, row);
    else
        is_ok = write_suggestion(call, study, store, row, err);
    json_end_object(&call->json);
    return is_ok;
}

bool study_write_operation(struct api_call *call, const struct study *study, int64_t number,
                           struct assay_error *err)
{
    struct operation_row row = { 0 };
    struct store *store = engine_read_begin(call->engine);
    bool is_ok = false;

    store_snapshot_begin(store);
    is_ok = store_operation_get(store, study->row.id, number, &row, err) &&
            write_row(call, study, store, &row, err);
    store_snapshot_end(store);
    engine_read_end(call->engine);
    operation_row_clear(&row);
    return is_ok;
}

bool vizier_get_study_operation(struct api_call *call, struct assay_error *err)
{
    struct study study = { 0 };
    bool is_ok = study_read(call, &study, err) &&
                 study_write_operation(call, &study, study_path_number(call, ROUTE_OPERATION), err);

    study_clear(&study);
    return is_ok;
}

/* It is done, so nobody waits. */
bool vizier_wait_for_study_operation(struct api_call *call, struct assay_error *err)
{
    return vertex_check_arguments(call, "timeout", err) && vizier_get_study_operation(call, err);
}

/* Finds it; true where it exists. */
static bool find_operation(struct api_call *call, struct study *study, int64_t *number,
                           struct assay_error *err)
{
    struct operation_row row = { 0 };
    bool is_found = study_read(call, study, err);

    *number = study_path_number(call, ROUTE_OPERATION);
    if (!is_found)
        return false;
    is_found =
        store_operation_get(engine_read_begin(call->engine), study->row.id, *number, &row, err);
    engine_read_end(call->engine);
    operation_row_clear(&row);
    return is_found;
}

bool vizier_delete_study_operation(struct api_call *call, struct assay_error *err)
{
    struct study study = { 0 };
    struct study_request ask = { 0 };
    struct request request = { .kind = REQUEST_OPERATION_DELETE, .study = &ask };
    bool is_ok = find_operation(call, &study, &ask.operation, err);

    request.job = study.row.id;
    is_ok = is_ok && engine_ask(call->engine, &request, err);
    study_clear(&study);
    return is_ok && api_write_empty(call);
}

bool vizier_cancel_study_operation(struct api_call *call, struct assay_error *err)
{
    struct study study = { 0 };
    int64_t number = 0;
    bool is_ok =
        vertex_check_arguments(call, "", err) && find_operation(call, &study, &number, err);

    if (is_ok)
        is_ok =
            assay_fail(err, ASSAY_PRECONDITION, NULL,
                       "Operation %s/operations/%" PRId64 " is not cancellable: it is done already",
                       call->match->words[ROUTE_STUDY], number);
    study_clear(&study);
    return is_ok;
}

/* Newest first. */
static bool write_list(struct api_call *call, const struct study *study,
                       const struct api_page *page, struct store *store, struct assay_error *err)
{
    struct page_position last = { 0 };
    int count = 0;
    int64_t number = page->position.key - 1;
    int64_t oldest = 0;
    bool is_ok = store_operation_last(store, study->row.id, &oldest, err);

    if (number > oldest)
        number = oldest;
    oldest = oldest > OPERATIONS_KEPT ? oldest - OPERATIONS_KEPT : 0;
    for (; is_ok && number > oldest && count < page->size; number--) {
        struct operation_row row = { 0 };

        if (store_operation_get(store, study->row.id, number, &row, err)) {
            if (count == 0) {
                json_key(&call->json, "operations");
                json_begin_array(&call->json);
            }
            is_ok = write_row(call, study, store, &row, err);
            last.key = number;
            count++;
        } else {
            is_ok = err->code == ASSAY_NOT_FOUND; /* deleted */
        }
        operation_row_clear(&row);
    }
    if (count > 0)
        json_end_array(&call->json);
    if (is_ok && number > oldest && count == page->size)
        api_page_write_next(call, page, &last);
    return is_ok;
}

bool vizier_list_study_operations(struct api_call *call, struct assay_error *err)
{
    struct study study = { 0 };
    struct api_page page = { .request = { .collection = "operations",
                                          .parent = call->match->words[ROUTE_STUDY] },
                             .position = { .key = INT64_MAX } };
    bool is_ok =
        study_read(call, &study, err) && api_page_read(call, PAGE_SIZE_DEFAULT, &page, err);

    if (is_ok) {
        json_begin_object(&call->json);
        is_ok = write_list(call, &study, &page, engine_read_begin(call->engine), err);
        engine_read_end(call->engine);
        json_end_object(&call->json);
    }
    study_clear(&study);
    return is_ok;
}
