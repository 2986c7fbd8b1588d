/* One trial against the machine's record of it: its end, its measurements, its final one. */

#include "tests/simulation/world.h"

#include <math.h>
#include <string.h>

enum { METRICS_MAX = 2 };

struct expected_measurement {
    int64_t step, elapsed_us;
    double values[METRICS_MAX];
};

/* The measurements that the first count reports make. */
static size_t gather(const struct attempt_record *record, size_t count,
                     struct expected_measurement *list)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        const struct metric_report *report = &record->script.reports[i];
        struct expected_measurement *newest = size ? &list[size - 1] : NULL;

        if (!newest || newest->step != report->step || !isnan(newest->values[report->metric])) {
            newest = &list[size++];
            *newest = (struct expected_measurement){ report->step,
                                                     report->elapsed_us,
                                                     { (double)NAN, (double)NAN } };
        }
        newest->values[report->metric] = report->value;
    }
    return size;
}

struct comparing {
    const struct expected_measurement *list;
    size_t size, seen, metric_count;
    bool differs;
};

static bool compare_measurement(void *context, const struct measurement_row *row)
{
    struct comparing *comparing = context;
    const struct expected_measurement *expected = &comparing->list[comparing->seen];

    if (comparing->seen++ >= comparing->size || row->value_count != comparing->metric_count ||
        row->index != (int64_t)comparing->seen - 1 || row->step != expected->step ||
        row->elapsed_us != expected->elapsed_us) {
        comparing->differs = true;
        return false;
    }
    for (size_t m = 0; m < row->value_count; m++)
        if (row->values[m] != expected->values[m] &&
            !(isnan(row->values[m]) && isnan(expected->values[m])))
            comparing->differs = true;
    return true;
}

/* may_be_bare: a single measurement may stand in the trial's row alone. */
static void check_measurements(struct world *world, int64_t number,
                               const struct attempt_record *record, size_t count, bool may_be_bare)
{
    struct expected_measurement list[SCENARIO_REPORTS_MAX + 1];
    struct comparing comparing = { .list = list,
                                   .size = gather(record, count, list),
                                   .metric_count = world->model.spec->study.metric_count };
    struct assay_error err = { 0 };

    if (!store_measurement_each(world->store, store_trial_id(world->job, number),
                                compare_measurement, &comparing, &err))
        world_fail(world, "%s", err.message);
    if (comparing.seen == 0 && comparing.size == 1 && may_be_bare)
        return;
    if (comparing.differs || comparing.seen != comparing.size)
        world_fail(world, "trial %lld has other measurements (%zu) than it reported (%zu)",
                   (long long)number, comparing.seen, comparing.size);
}

/* The objective's final value: the last report of it, or the best. */
static double final_objective(const struct world *world, const struct attempt_record *record)
{
    const struct study_spec *study = &world->model.spec->study;
    double final = (double)NAN;

    for (size_t i = 0; i < record->written; i++) {
        double value = record->script.reports[i].value;

        if (record->script.reports[i].metric != 0)
            continue;
        if (study->selection == SELECT_LAST || isnan(final) ||
            (study->metrics[0].goal == GOAL_MAXIMIZE ? value > final : value < final))
            final = value;
    }
    return final;
}

static bool has_all_metrics(const struct world *world, const struct attempt_record *record)
{
    bool is_seen[METRICS_MAX] = { false };
    bool has_all = true;

    for (size_t i = 0; i < record->written; i++)
        is_seen[record->script.reports[i].metric] = true;
    for (size_t m = 0; m < world->model.spec->study.metric_count; m++)
        has_all = has_all && is_seen[m];
    return has_all;
}

/* The class of an end that nobody asked for; -1 where that depends on who asked. */
static int class_of_end(const struct world *world, const struct attempt_record *record)
{
    switch (record->ending.kind) {
    case ENDING_EXITED:
        if (record->ending.status)
            return FAILURE_USER_ERROR;
        return has_all_metrics(world, record) ? FAILURE_NONE : FAILURE_NO_METRIC;
    case ENDING_SIGNALED:
        return FAILURE_USER_ERROR;
    case ENDING_TIMEOUT:
        return FAILURE_TIMEOUT;
    case ENDING_OUT_OF_MEMORY:
        return FAILURE_OUT_OF_MEMORY;
    case ENDING_NOT_FOUND:
        return FAILURE_NOT_FOUND;
    case ENDING_LOST:
    case ENDING_NOT_STARTED:
        return FAILURE_LOST;
    case ENDING_STOPPED:
        break;
    }
    return -1;
}

static void check_ended(struct world *world, int64_t number, const struct trial_view *trial,
                        const struct attempt_record *record)
{
    int failure = -1;

    if (trial->is_given_up) {
        check_measurements(world, number, record, 0, false);
        return;
    }
    if (record->has_ended)
        failure = class_of_end(world, record);
    else if (record->is_refused)
        failure = record->script.is_hopeless ? FAILURE_NOT_FOUND : FAILURE_LOST;
    else
        world_fail(world, "trial %lld ended while it ran", (long long)number);
    /* One that was told to stop early is judged by what it has, even if the machine lost it. */
    if (trial->progress > 0 && (failure == FAILURE_LOST || failure == FAILURE_NONE))
        failure = -1;
    if (failure >= 0 ? trial->failure != failure
                     : trial->failure != FAILURE_NONE && trial->failure != FAILURE_STOPPED &&
                           trial->failure != FAILURE_CANCELLED)
        world_fail(world, "trial %lld has class %s, should be %s", (long long)number,
                   failure_class_name(trial->failure), failure_class_name(failure));
    if ((trial->state == TRIAL_SUCCEEDED) != (trial->failure == FAILURE_NONE) ||
        trial->has_final !=
            (trial->state == TRIAL_SUCCEEDED && world->model.spec->study.metric_count > 0))
        world_fail(world, "trial %lld has state %d and class %d", (long long)number, trial->state,
                   trial->failure);
    if (trial->has_final && world->model.spec->study.metric_count &&
        trial->objective != final_objective(world, record))
        world_fail(world, "trial %lld has the objective %g, should be %g", (long long)number,
                   trial->objective, final_objective(world, record));
    check_measurements(world, number, record, record->written, trial->has_final);
}

static void check_running(struct world *world, int64_t number, const struct trial_view *trial,
                          struct attempt_record *record, bool is_settled)
{
    struct metric_mark mark = { 0 };
    struct assay_error err = { 0 };
    bool has_mark = store_mark_get(world->store, store_trial_id(world->job, number), trial->attempt,
                                   &mark, sizeof mark, &err);

    if (!has_mark)
        mark.file_offset = 0;
    if (mark.file_offset < record->committed || mark.file_offset > record->written ||
        (is_settled && !record->has_ended && mark.file_offset != record->given))
        world_fail(world, "the mark of trial %lld is at %zu; committed %zu, given %zu",
                   (long long)number, (size_t)mark.file_offset, record->committed, record->given);
    else
        record->committed = (size_t)mark.file_offset;
    check_measurements(world, number, record, record->committed, false);
}

void model_check_trial(struct world *world, int64_t number, const struct trial_view *trial,
                       bool is_settled)
{
    struct attempt_record *record = world_attempt(world, number, trial->attempt);

    if (!record)
        world_fail(world, "trial %lld has attempt %d", (long long)number, trial->attempt);
    else if (trial_state_is_terminal(trial->state))
        check_ended(world, number, trial, record);
    else if (trial->state == TRIAL_REQUESTED)
        check_measurements(world, number, record, 0, false);
    else
        check_running(world, number, trial, record, is_settled);
}
