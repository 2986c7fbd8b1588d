#include "engine/study/study.h"

#include "engine/life/study_sampler.h"
#include "engine/life/study_stopping.h"
#include "engine/study/study_learner.h"
#include "search/pareto.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS_FIRST = 64, NOBODY = -1 };

/* What is kept of a trial for ever: where the rest is. */
struct record {
    size_t place; /* of its slot while it is active, then its index in the history */
    enum study_trial_state state;
    bool is_suggested;
};

/* An active trial. Slots are reused; those in use are linked in the order of their numbers. */
struct slot {
    uint64_t number;
    int64_t before, after; /* in the chain; after also in the chain of free slots */
    bool should_stop;
    struct series *series; /* NULL until it is measured */
};

struct study {
    const struct job_spec *spec;
    struct sampler *sampler;
    struct study_stopping *stopping;
    struct study_learner *learner;
    const struct history *history; /* the learner's */
    bool learns_ahead;
    size_t param_count, metric_count;
    uint64_t suggested_count;

    struct record *records;         /* by number - 1 */
    struct provenance *provenances; /* the same; NULL for samplers that only count */
    size_t record_count, record_capacity;

    struct slot *slots;
    double *points; /* slot_capacity x param_count */
    size_t slot_capacity, active_count;
    int64_t first, last; /* of the active ones */
    int64_t free_slot;
    double *pending; /* slot_capacity x param_count, gathered for each query; NULL as above */
};

struct study *study_new(const struct job_spec *spec, struct assay_error *err)
{
    struct study *study = malloc(sizeof *study);

    if (!study) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    *study = (struct study){ .spec = spec,
                             .param_count = spec->study.space->param_count,
                             .metric_count = spec->study.metric_count,
                             .first = NOBODY,
                             .last = NOBODY,
                             .free_slot = NOBODY };
    study->sampler = study_sampler_new(spec, spec->assay.seed, err);
    study->stopping = study->sampler ? study_stopping_new(&spec->study, err) : NULL;
    if (!study->stopping)
        goto fail;
    study->learner = study_learner_new(study->sampler, study->param_count, study->metric_count);
    if (study->learner) {
        study->history = study_learner_history(study->learner);
        return study;
    }
    (void)assay_fail_memory(err);
fail:
    study_free(study);
    return NULL;
}

void study_free(struct study *study)
{
    if (!study)
        return;
    for (int64_t i = study->first; i != NOBODY; i = study->slots[i].after)
        series_free(study->slots[i].series);
    free(study->slots);
    free(study->points);
    free(study->pending);
    free(study->records);
    free(study->provenances);
    study_stopping_free(study->stopping);
    study_learner_free(study->learner);
    sampler_free(study->sampler);
    free(study);
}

const char *study_algorithm(const struct study *study)
{
    const char *name = job_spec_algorithm(study->spec);

    return strcmp(name, "default") == 0 ? "gp" : name;
}

/* The points of the active trials, by number. */
static const double *gather_pending(struct study *study)
{
    size_t size = study->param_count;
    double *to = study->pending;

    for (int64_t i = study->first; i != NOBODY; i = study->slots[i].after, to += size)
        memcpy(to, study->points + (size_t)i * size, size * sizeof *to);
    return study->pending;
}

/* No suggestion will be made any more, unless the newest are dropped. */
static bool is_full(const struct study *study)
{
    int64_t budget = study->spec->max_trial_count;

    return (budget > 0 && study->suggested_count >= (uint64_t)budget) ||
           study->record_count >= JOB_TRIALS_MAX;
}

void study_learn_ahead(struct study *study)
{
    study->learns_ahead = true;
    if (!is_full(study))
        study_learner_go_ahead(study->learner);
}

struct study_learner *study_get_learner(struct study *study)
{
    return study->learner;
}

enum sampler_answer study_suggest(struct study *study, double *point, struct provenance *provenance,
                                  struct assay_error *err)
{
    struct sampler_query query = { .trial_number = study->suggested_count + 1,
                                   .history = study->history,
                                   .past_count = history_count(study->history),
                                   .pending_count = study->active_count };

    if (is_full(study))
        return SAMPLER_EXHAUSTED;
    if (study->pending)
        query.pending = gather_pending(study);
    else
        query.pending_count = 0; /* of which the sampler takes no notice */
    if (sampler_needs_model(study->sampler, query.trial_number) &&
        !study_learner_find(study->learner, &query.model, err))
        return SAMPLER_FAILED;
    return sampler_suggest(study->sampler, &query, point, provenance, err);
}

/* *array to count items of size bytes. False for lack of memory, the array as it was. */
static bool grow(void *array, size_t count, size_t size)
{
    void **pointer = array;
    void *grown = size && count > SIZE_MAX / size ? NULL : realloc(*pointer, count * size + 1);

    if (grown)
        *pointer = grown;
    return grown != NULL;
}

static bool reserve_record(struct study *study)
{
    size_t capacity = study->record_capacity ? study->record_capacity * 2 : TRIALS_FIRST;

    if (study->record_count < study->record_capacity)
        return true;
    if (!grow(&study->records, capacity, sizeof *study->records) ||
        (sampler_needs_history(study->sampler) &&
         !grow(&study->provenances, capacity, sizeof *study->provenances)))
        return false;
    study->record_capacity = capacity;
    return true;
}

static void release_slot(struct study *study, int64_t index)
{
    study->slots[index] = (struct slot){ .after = study->free_slot };
    study->free_slot = index;
}

static bool reserve_slot(struct study *study)
{
    size_t capacity = study->slot_capacity ? study->slot_capacity * 2 : TRIALS_FIRST;
    size_t size = study->param_count * sizeof(double);

    if (study->free_slot != NOBODY)
        return true;
    if (!grow(&study->slots, capacity, sizeof *study->slots) ||
        !grow(&study->points, capacity, size) ||
        (sampler_needs_history(study->sampler) && !grow(&study->pending, capacity, size)))
        return false;
    for (size_t i = capacity; i > study->slot_capacity; i--)
        release_slot(study, (int64_t)i - 1);
    study->slot_capacity = capacity;
    return true;
}

/* Numbers only grow, so the end of the chain is always the place. */
static int64_t take_slot(struct study *study, uint64_t number)
{
    int64_t index = study->free_slot;
    struct slot *slot = &study->slots[index];

    study->free_slot = slot->after;
    *slot = (struct slot){ .number = number, .before = study->last, .after = NOBODY };
    if (study->last == NOBODY)
        study->first = index;
    else
        study->slots[study->last].after = index;
    study->last = index;
    study->active_count++;
    return index;
}

static void leave_slot(struct study *study, int64_t index)
{
    struct slot *slot = &study->slots[index];

    if (slot->before == NOBODY)
        study->first = slot->after;
    else
        study->slots[slot->before].after = slot->after;
    if (slot->after == NOBODY)
        study->last = slot->before;
    else
        study->slots[slot->after].before = slot->before;
    series_free(slot->series);
    release_slot(study, index);
    study->active_count--;
}

bool study_add(struct study *study, const double *point, const struct provenance *provenance,
               struct assay_error *err)
{
    struct record *record = NULL;

    if (study->record_count >= JOB_TRIALS_MAX)
        return assay_fail(err, ASSAY_EXHAUSTED, NULL, "a study has at most %d trials",
                          JOB_TRIALS_MAX);
    if (!reserve_record(study) || !reserve_slot(study))
        return assay_fail_memory(err);
    record = &study->records[study->record_count++];
    *record = (struct record){ .state = STUDY_ACTIVE, .is_suggested = provenance != NULL };
    record->place = (size_t)take_slot(study, study->record_count);
    if (study->param_count > 0)
        memcpy(study->points + record->place * study->param_count, point,
               study->param_count * sizeof *point);
    if (study->provenances)
        study->provenances[study->record_count - 1] =
            provenance ? *provenance : (struct provenance){ 0 };
    study->suggested_count += provenance != NULL;
    return true;
}

void study_drop_last(struct study *study)
{
    struct record *record = &study->records[--study->record_count];

    assert(record->state == STUDY_ACTIVE);
    study->suggested_count -= record->is_suggested;
    leave_slot(study, (int64_t)record->place);
}

uint64_t study_trial_count(const struct study *study)
{
    return study->record_count;
}

static struct slot *slot_of(const struct study *study, uint64_t number)
{
    const struct record *record = &study->records[number - 1];

    assert(number >= 1 && number <= study->record_count && record->state == STUDY_ACTIVE);
    return &study->slots[record->place];
}

bool study_get(const struct study *study, uint64_t number, struct study_trial *trial)
{
    const struct record *record = NULL;

    if (number < 1 || number > study->record_count)
        return false;
    record = &study->records[number - 1];
    *trial = (struct study_trial){ .number = number,
                                   .state = record->state,
                                   .is_suggested = record->is_suggested };
    if (record->state == STUDY_ACTIVE) {
        trial->point = study->points + record->place * study->param_count;
        trial->should_stop = study->slots[record->place].should_stop;
    } else {
        struct past_trial past = history_get(study->history, record->place);

        trial->point = past.point;
        trial->values = record->state == STUDY_INFEASIBLE ? NULL : past.values;
    }
    return true;
}

bool study_get_provenance(const struct study *study, uint64_t number, struct provenance *provenance)
{
    if (number < 1 || number > study->record_count || !study->records[number - 1].is_suggested)
        return false;
    if (study->provenances)
        *provenance = study->provenances[number - 1];
    else /* of samplers that only count, all are like this */
        *provenance = (struct provenance){ .stage = STAGE_PLAIN,
                                           .acquisition_value = (double)NAN,
                                           .mean = (double)NAN,
                                           .deviation = (double)NAN };
    return true;
}

size_t study_active_count(const struct study *study)
{
    return study->active_count;
}

uint64_t study_next_active(const struct study *study, uint64_t number)
{
    int64_t index = study->first;

    if (number >= 1 && number <= study->record_count &&
        study->records[number - 1].state == STUDY_ACTIVE)
        index = slot_of(study, number)->after;
    while (index != NOBODY && study->slots[index].number <= number)
        index = study->slots[index].after;
    return index == NOBODY ? 0 : study->slots[index].number;
}

bool study_end(struct study *study, uint64_t number, const struct study_end *end,
               struct assay_error *err)
{
    static const enum past_state states[] = { [STUDY_COMPLETED] = PAST_COMPLETED,
                                              [STUDY_STOPPED] = PAST_STOPPED,
                                              [STUDY_INFEASIBLE] = PAST_INFEASIBLE };
    struct record *record = &study->records[number - 1];
    size_t index = history_count(study->history);
    struct past_trial past = { .number = number,
                               .state = states[end->state],
                               .progress = end->state == STUDY_STOPPED ? end->progress : 1,
                               .point = study->points + record->place * study->param_count,
                               .values = end->values };
    const struct series *series = slot_of(study, number)->series;

    if (end->state != STUDY_INFEASIBLE &&
        !study_stopping_ended(study->stopping, past.point, series, end->values,
                              end->state == STUDY_STOPPED))
        return assay_fail_memory(err);
    if (!study_learner_append(study->learner, &past))
        return assay_fail_memory(err);
    leave_slot(study, (int64_t)record->place);
    record->place = index;
    record->state = end->state;
    if (study->learns_ahead && !is_full(study))
        study_learner_go_ahead(study->learner);
    return true;
}

/* Puts the values into the trial's series; *at is where. */
static bool add_reports(const struct study *study, struct slot *slot,
                        const struct measurement *measurement, size_t *at)
{
    if (!slot->series)
        slot->series = series_new(study->spec->study.metrics, study->metric_count);
    if (!slot->series)
        return false;
    for (size_t i = 0; i < study->metric_count; i++) {
        struct metric_report report = { .metric = i,
                                        .step = measurement->step,
                                        .elapsed_us = measurement->elapsed_us,
                                        .value = measurement->values[i] };
        int64_t index = isnan(report.value) ? (int64_t)*at : series_add(slot->series, &report);

        if (index < 0)
            return false;
        *at = (size_t)index;
    }
    return true;
}

bool study_measure(struct study *study, uint64_t number, const struct measurement *measurement,
                   bool *should_stop, struct assay_error *err)
{
    struct slot *slot = slot_of(study, number);
    const double *point = study->points + study->records[number - 1].place * study->param_count;
    struct stopper_verdict verdict;
    size_t at = 0;

    if (!add_reports(study, slot, measurement, &at) ||
        !study_stopping_measured(study->stopping, number, point, slot->series, at, &verdict))
        return assay_fail_memory(err);
    slot->should_stop = slot->should_stop || verdict.should_stop;
    *should_stop = slot->should_stop;
    return true;
}

void study_set_stop(struct study *study, uint64_t number, bool should_stop)
{
    slot_of(study, number)->should_stop = should_stop;
}

struct study_end study_end_with(const struct study *study, uint64_t number, const double *values)
{
    const struct slot *slot = slot_of(study, number);
    struct study_end end = { .state = STUDY_COMPLETED, .progress = 1, .values = values };
    double progress = study_stopping_progress(study->stopping, slot->series);

    if (!slot->should_stop)
        return end;
    end.state = STUDY_STOPPED;
    if (progress > 0) /* else nobody knows how long a trial is */
        end.progress = progress;
    return end;
}

bool study_final(const struct study *study, uint64_t number, double *values, struct study_end *end)
{
    const struct slot *slot = slot_of(study, number);
    int64_t step = 0;
    int64_t elapsed_us = 0;

    if (!slot->series ||
        !series_select(slot->series, study->spec->study.selection, &step, &elapsed_us, values))
        return false;
    *end = study_end_with(study, number, values);
    return true;
}

/* The rows that pareto_optimal() looks at: one per trial of the past, NaN where it failed. */
static double *copy_values(const struct study *study, size_t past_count)
{
    double *values = malloc((past_count * study->metric_count + 1) * sizeof *values);

    for (size_t i = 0; values && i < past_count; i++)
        memcpy(values + i * study->metric_count, history_get(study->history, i).values,
               study->metric_count * sizeof *values);
    return values;
}

static bool mark_best(const struct study *study, size_t past_count, bool *is_best)
{
    struct sampler_metric *metrics = calloc(study->metric_count, sizeof *metrics);
    double *values = copy_values(study, past_count);
    bool is_marked = false;

    if (metrics)
        study_sampler_metrics(&study->spec->study, study->metric_count, metrics);
    if (metrics && values)
        is_marked = pareto_optimal(metrics, study->metric_count, values, past_count, is_best);
    free(metrics);
    free(values);
    return is_marked;
}

static int number_order(const void *left, const void *right)
{
    const uint64_t *a = left;
    const uint64_t *b = right;

    return (*a > *b) - (*a < *b);
}

bool study_best(const struct study *study, uint64_t **numbers, size_t *count,
                struct assay_error *err)
{
    size_t past_count = history_count(study->history);
    size_t objective_count = 0;
    uint64_t *best = malloc((past_count + 1) * sizeof *best);
    bool *is_best = calloc(past_count + 1, sizeof *is_best);
    bool is_marked = best && is_best && mark_best(study, past_count, is_best);

    *numbers = best;
    *count = 0;
    for (size_t i = 0; i < study->metric_count; i++)
        objective_count += !study->spec->study.metrics[i].is_safety;
    for (size_t i = 0; is_marked && i < past_count; i++)
        if (is_best[i] && (objective_count > 1 || *count == 0))
            best[(*count)++] = history_get(study->history, i).number;
    free(is_best);
    if (!is_marked) {
        free(best);
        *numbers = NULL;
        return assay_fail_memory(err);
    }
    qsort(best, *count, sizeof *best, number_order);
    return true;
}
