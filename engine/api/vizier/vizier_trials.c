/* The trials of studies as the API has them. What changes one is asked of the controller, and
 * answered from the store. */

#include "engine/api/vertex/vertex_jobs.h"
#include "engine/api/vizier/vizier_studies.h"

#include "engine/api/vizier/vizier_body.h"
#include "engine/life/optimal.h"

#include <inttypes.h>
#include <stdlib.h>

struct trial_writing {
    struct api_call *call;
    const struct study *study;
    struct store *store;
    int64_t number; /* 0: all that are walked over */
    int left;       /* so many more are written */
    int64_t last;
    bool has_more;
};

static bool write_trial(void *context, const struct trial_row *row)
{
    struct trial_writing *writing = context;

    if (writing->number && row->number != writing->number)
        return false;
    writing->has_more = writing->left == 0;
    if (writing->has_more)
        return false;
    if (!writing->number && writing->last == 0) {
        json_key(&writing->call->json, "trials");
        json_begin_array(&writing->call->json);
    }
    writing->left--;
    writing->last = row->number;
    resource_write_trial(&writing->call->json, &writing->study->row, writing->study->spec, row,
                         writing->store);
    return true;
}

bool study_write_trial(struct api_call *call, const struct study *study, struct store *store,
                       int64_t number, bool *is_found, struct assay_error *err)
{
    struct trial_writing writing = {
        .call = call, .study = study, .store = store, .number = number, .left = 1
    };
    struct trial_query query = { .job = study->row.id, .after = number - 1, .limit = 1 };

    if (!store_trial_each(store, &query, write_trial, &writing, err))
        return false;
    *is_found = writing.last == number;
    return true;
}

static bool fail_absent(const struct api_call *call, struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Trial %s of the Study %s does not exist",
                      call->match->words[ROUTE_TRIAL], call->match->words[ROUTE_STUDY]);
}

/* The trial as the answer. */
static bool answer_trial(struct api_call *call, const struct study *study, int64_t number,
                         struct assay_error *err)
{
    struct store *store = NULL;
    bool is_found = false;
    bool is_ok = false;

    if (number == 0)
        return fail_absent(call, err);
    store = engine_read_begin(call->engine);
    store_snapshot_begin(store);
    is_ok = study_write_trial(call, study, store, number, &is_found, err);
    store_snapshot_end(store);
    engine_read_end(call->engine);
    return is_ok && (is_found || fail_absent(call, err));
}

/* A request about the study, with what its body says. The call's. */
struct asking {
    struct study study;
    struct vizier_body body;
    struct study_measurement *measurements; /* CREATE */
    struct study_request ask;
    struct request request;
};

static void asking_free(void *state)
{
    struct asking *asking = state;

    free(asking->measurements);
    free(asking->ask.trials);
    vizier_body_clear(&asking->body);
    study_clear(&asking->study);
    free(asking);
}

/* NULL and *err: there is no such study or trial. */
static struct asking *begin_asking(struct api_call *call, enum request_kind kind,
                                   struct assay_error *err)
{
    struct asking *asking = calloc(1, sizeof *asking);

    if (!asking) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    call->question.state = asking;
    call->question.free = asking_free;
    asking->request.kind = kind;
    if (!study_read(call, &asking->study, err))
        return NULL;
    asking->request.job = asking->study.row.id;
    asking->request.study = &asking->ask;
    asking->ask.trial = study_path_number(call, ROUTE_TRIAL);
    if (!call->match->words[ROUTE_TRIAL][0] || asking->ask.trial != 0)
        return asking;
    (void)fail_absent(call, err);
    return NULL;
}

static bool read_body(struct api_call *call, struct asking *asking, enum vizier_method method,
                      struct assay_error *err)
{
    cJSON *root = study_read_body(call, err);
    bool is_read = root || err->code == ASSAY_OK;

    is_read = is_read && vizier_body_read(method, root, &asking->study.spec->study, &asking->body,
                                          &call->faults, err);
    cJSON_Delete(root);
    return is_read;
}

static struct study_measurement measurement_of(const struct vizier_measurement *m)
{
    return (struct study_measurement){ .step = m->step,
                                       .elapsed_us = m->elapsed_us,
                                       .values = m->values };
}

/* With the trial that was asked about. */
static bool answer_with_trial(struct api_call *call, void *state, struct assay_error *err)
{
    const struct asking *asking = state;

    return answer_trial(call, &asking->study, asking->ask.trial, err);
}

static bool answer_with_operation(struct api_call *call, void *state, struct assay_error *err)
{
    const struct asking *asking = state;

    return study_write_operation(call, &asking->study, asking->ask.operation, err);
}

static bool answer_with_nothing(struct api_call *call, void *state, struct assay_error *err)
{
    (void)state;
    (void)err;
    return api_write_empty(call);
}

/* The last that a handler does. */
static bool ask(struct api_call *call, struct asking *asking,
                bool (*answer)(struct api_call *, void *, struct assay_error *))
{
    call->question.request = &asking->request;
    call->question.answer = answer;
    return true;
}

static bool suggest(struct api_call *call, struct asking *asking)
{
    const struct vizier_body *body = &asking->body;

    asking->ask.contexts = body->contexts;
    asking->ask.client = body->client_id;
    asking->ask.count = (size_t)body->suggestion_count;
    return ask(call, asking, answer_with_operation);
}

bool vizier_suggest_trials(struct api_call *call, struct assay_error *err)
{
    struct asking *asking = begin_asking(call, REQUEST_SUGGEST, err);

    return asking && read_body(call, asking, VIZIER_SUGGEST, err) && suggest(call, asking);
}

static bool create(struct api_call *call, struct asking *asking, struct assay_error *err)
{
    const struct vizier_body *body = &asking->body;

    asking->measurements = calloc(body->measurement_count + 1, sizeof *asking->measurements);
    if (!asking->measurements)
        return assay_fail_memory(err);
    asking->ask.point = body->point;
    if (body->state == TRIAL_SUCCEEDED) {
        asking->ask.final = measurement_of(&body->final);
        asking->ask.measurements = asking->measurements;
        asking->ask.measurement_count = body->measurement_count;
        for (size_t i = 0; i < body->measurement_count; i++)
            asking->measurements[i] = measurement_of(&body->measurements[i]);
    }
    return ask(call, asking, answer_with_trial);
}

bool vizier_create_trial(struct api_call *call, struct assay_error *err)
{
    struct asking *asking = begin_asking(call, REQUEST_TRIAL_CREATE, err);

    return asking && read_body(call, asking, VIZIER_CREATE, err) && create(call, asking, err);
}

bool vizier_add_measurement(struct api_call *call, struct assay_error *err)
{
    struct asking *asking = begin_asking(call, REQUEST_TRIAL_MEASURE, err);

    if (!asking || !read_body(call, asking, VIZIER_MEASURE, err))
        return false;
    asking->ask.final = measurement_of(&asking->body.final);
    return ask(call, asking, answer_with_trial);
}

bool vizier_complete_trial(struct api_call *call, struct assay_error *err)
{
    struct asking *asking = begin_asking(call, REQUEST_TRIAL_COMPLETE, err);

    if (!asking || !read_body(call, asking, VIZIER_COMPLETE, err))
        return false;
    asking->ask.is_infeasible = asking->body.is_infeasible;
    asking->ask.reason = asking->body.reason;
    if (!asking->body.is_infeasible)
        asking->ask.final = measurement_of(&asking->body.final);
    return ask(call, asking, answer_with_trial);
}

bool vizier_stop_trial(struct api_call *call, struct assay_error *err)
{
    struct asking *asking = NULL;

    if (!vertex_check_arguments(call, "", err))
        return false;
    asking = begin_asking(call, REQUEST_TRIAL_STOP, err);
    return asking && ask(call, asking, answer_with_trial);
}

bool vizier_check_trial(struct api_call *call, struct assay_error *err)
{
    struct asking *asking = NULL;

    if (!vertex_check_arguments(call, "trialName", err))
        return false;
    asking = begin_asking(call, REQUEST_TRIAL_CHECK, err);
    return asking && ask(call, asking, answer_with_operation);
}

bool vizier_delete_trial(struct api_call *call, struct assay_error *err)
{
    struct asking *asking = begin_asking(call, REQUEST_TRIAL_DELETE, err);

    return asking && ask(call, asking, answer_with_nothing);
}

bool vizier_get_trial(struct api_call *call, struct assay_error *err)
{
    struct study study = { 0 };
    bool is_ok = study_read(call, &study, err) &&
                 answer_trial(call, &study, study_path_number(call, ROUTE_TRIAL), err);

    study_clear(&study);
    return is_ok;
}

static bool write_list(struct api_call *call, const struct study *study,
                       const struct api_page *page, struct assay_error *err)
{
    struct trial_writing writing = { .call = call, .study = study, .left = page->size };
    struct trial_query query = { .job = study->row.id,
                                 .after = page->position.key,
                                 .limit = page->size + 1 };
    bool is_ok = false;

    json_begin_object(&call->json);
    writing.store = engine_read_begin(call->engine);
    is_ok = store_trial_each(writing.store, &query, write_trial, &writing, err);
    engine_read_end(call->engine);
    if (writing.last)
        json_end_array(&call->json);
    if (writing.has_more)
        api_page_write_next(call, page, &(struct page_position){ .key = writing.last });
    json_end_object(&call->json);
    return is_ok;
}

/* By number. */
bool vizier_list_trials(struct api_call *call, struct assay_error *err)
{
    struct study study = { 0 };
    struct api_page page = { .request = { .collection = "trials",
                                          .parent = call->match->words[ROUTE_STUDY] } };
    bool is_ok = study_read(call, &study, err) &&
                 api_page_read(call, PAGE_SIZE_TRIALS, &page, err) &&
                 write_list(call, &study, &page, err);

    study_clear(&study);
    return is_ok;
}

static bool write_optimal(struct api_call *call, const struct study *study, struct store *store,
                          struct assay_error *err)
{
    int64_t *numbers = NULL;
    size_t count = 0;
    bool is_ok = optimal_trials(&study->spec->study, store, study->row.id, study->row.best_trial,
                                &numbers, &count, err);

    json_begin_object(&call->json);
    if (is_ok && count > 0) {
        json_key(&call->json, "optimalTrials");
        json_begin_array(&call->json);
        for (size_t i = 0; i < count && is_ok; i++) {
            bool is_found = false;

            is_ok = study_write_trial(call, study, store, numbers[i], &is_found, err);
        }
        json_end_array(&call->json);
    }
    json_end_object(&call->json);
    free(numbers);
    return is_ok;
}

bool vizier_list_optimal_trials(struct api_call *call, struct assay_error *err)
{
    struct study study = { 0 };
    bool is_ok = vertex_check_arguments(call, "parent", err) && study_read(call, &study, err);

    if (is_ok) {
        is_ok = write_optimal(call, &study, engine_read_begin(call->engine), err);
        engine_read_end(call->engine);
    }
    study_clear(&study);
    return is_ok;
}
