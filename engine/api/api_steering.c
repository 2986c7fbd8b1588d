#include "engine/api/api_steering.h"

#include "assay/value.h"
#include "engine/api/vertex/vertex_models.h"
#include "engine/spec/fields.h"
#include "engine/trial_command.h"

#include <inttypes.h>
#include <stdlib.h>

/* Each is compared with all before it. */
enum { NAMED_MAX = 10000 };

static bool ask(struct api_call *call, enum request_kind kind, int64_t job,
                const struct steering *steering, struct assay_error *err)
{
    struct request request = { .kind = kind, .job = job, .steering = steering };

    return engine_ask(call->engine, &request, err);
}

bool api_stop_trial(struct api_call *call, struct assay_error *err)
{
    const char *word = call->match->words[ROUTE_TRIAL];
    struct steering steering = { 0 };
    int64_t job = 0;

    if (!api_find_job(call, &job, err))
        return false;
    if (!assay_integer_parse(word, &steering.trial) || steering.trial < 1 ||
        steering.trial >= STORE_TRIALS_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "\"%s\" is no trial's number; trials count from 1", word);
    return ask(call, REQUEST_END_TRIAL, job, &steering, err) && api_write_empty(call);
}

/* A job goes on where it ran, and as it may run here. */
static bool check_place(struct api_call *call, struct assay_error *err)
{
    const struct launch_place place = engine_place(call->engine);
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    bool is_ok = api_read_job(call, &row, &spec, err) && api_check_launcher(call, row.id, err);

    if (is_ok && place.is_guarded && trial_command_is_on_host(spec, place.config))
        is_ok = assay_fail(err, ASSAY_PRECONDITION, NULL,
                           "this server runs no commands straight on its machine for others; it "
                           "would when started with --allow-host");
    job_spec_free(spec);
    job_row_clear(&row);
    return is_ok;
}

/* Answers with the job as it is then. */
static bool steer(struct api_call *call, enum request_kind kind, const struct steering *steering,
                  struct assay_error *err)
{
    int64_t job = 0;

    return api_find_job(call, &job, err) && check_place(call, err) &&
           ask(call, kind, job, steering, err) && api_get_job(call, err);
}

struct retry_body {
    bool has_trials;
    double *trials; /* whole numbers */
    size_t count;
};

static const struct field retry_fields[] = {
    { .name = "trialIds",
      .kind = FIELD_INT64S,
      .at = FIELD_AT(struct retry_body, trials),
      .has_at = FIELD_AT(struct retry_body, has_trials),
      .count_at = FIELD_AT(struct retry_body, count) },
};
static const struct message retry_message = { MESSAGE_FIELDS(retry_fields) };

/* NULL and *err where one is no trial's number; the caller frees it. */
static int64_t *read_numbers(const struct retry_body *body, struct assay_error *err)
{
    int64_t *numbers = calloc(body->count + 1, sizeof *numbers);
    bool is_ok = numbers || assay_fail_memory(err);

    for (size_t i = 0; i < body->count && is_ok; i++) {
        numbers[i] = (int64_t)body->trials[i];
        if (numbers[i] < 1 || numbers[i] >= STORE_TRIALS_MAX)
            is_ok = assay_fail(err, ASSAY_INVALID, "trial_ids",
                               "%" PRId64 " is no trial's number; trials count from 1", numbers[i]);
    }
    if (is_ok)
        return numbers;
    free(numbers);
    return NULL;
}

bool api_retry_job(struct api_call *call, struct assay_error *err)
{
    struct retry_body body = { 0 };
    struct steering steering = { 0 };
    int64_t *numbers = NULL;
    bool is_ok = vertex_read_body(call, &retry_message, &body, err);

    if (is_ok && body.has_trials && body.count == 0)
        is_ok = assay_fail(err, ASSAY_INVALID, "trial_ids",
                           "names no trial; leave it out for all that failed");
    if (is_ok && body.count > NAMED_MAX)
        is_ok = assay_fail(err, ASSAY_INVALID, "trial_ids", "names more than %d trials", NAMED_MAX);
    if (is_ok && body.has_trials) {
        numbers = read_numbers(&body, err);
        is_ok = numbers != NULL;
    }
    steering.trials = numbers;
    steering.trial_count = body.count;
    is_ok = is_ok && steer(call, REQUEST_RETRY, &steering, err);
    free(numbers);
    free(body.trials);
    return is_ok;
}

#define COUNT_FIELD(text, index)                                                                   \
    {                                                                                              \
        .name = (text), .kind = FIELD_COUNT, .at = FIELD_AT(struct steering, counts[index]),       \
        .has_at = FIELD_AT(struct steering, has_count[index])                                      \
    }
static const struct field budget_fields[] = {
    COUNT_FIELD("maxTrialCount", STEERING_MAX_TRIALS),
    COUNT_FIELD("parallelTrialCount", STEERING_PARALLEL),
    COUNT_FIELD("maxFailedTrialCount", STEERING_MAX_FAILED),
};
static const struct message budget_message = { MESSAGE_FIELDS(budget_fields) };

bool api_change_job(struct api_call *call, struct assay_error *err)
{
    struct steering steering = { 0 };
    bool has_any = false;

    if (!vertex_read_body(call, &budget_message, &steering, err))
        return false;
    for (int i = 0; i < STEERING_COUNTS; i++)
        has_any = has_any || steering.has_count[i];
    if (!has_any)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "the request's body needs maxTrialCount, parallelTrialCount or "
                          "maxFailedTrialCount: nothing else of a job can be changed");
    return steer(call, REQUEST_BUDGET, &steering, err);
}
