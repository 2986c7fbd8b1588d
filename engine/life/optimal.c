#include "engine/life/optimal.h"

#include "engine/life/study_sampler.h"
#include "search/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t optimal_objective_count(const struct study_spec *study)
{
    size_t count = 0;

    for (size_t i = 0; i < study->metric_count; i++)
        count += !study->metrics[i].is_safety;
    return count;
}

bool optimal_is_safe(const struct study_spec *study, const double *values)
{
    for (size_t i = 0; i < study->metric_count; i++) {
        const struct metric_spec *metric = &study->metrics[i];

        if (!metric->is_safety)
            continue;
        if (!isfinite(values[i]) ||
            (metric->goal == GOAL_MAXIMIZE ? values[i] < metric->safety_threshold
                                           : values[i] > metric->safety_threshold))
            return false;
    }
    return true;
}

/* The trials that were measured: their numbers and values. */
struct gathering {
    const struct study_spec *study;
    int64_t *numbers;
    double *values; /* metric_count each */
    size_t count, capacity;
    bool has_memory;
};

static bool make_room(struct gathering *g)
{
    size_t capacity = g->capacity ? g->capacity * 2 : 256;
    int64_t *numbers = NULL;
    double *values = NULL;

    if (g->count < g->capacity)
        return true;
    numbers = realloc(g->numbers, capacity * sizeof *numbers);
    if (numbers)
        g->numbers = numbers;
    values = realloc(g->values, capacity * g->study->metric_count * sizeof *values);
    if (values)
        g->values = values;
    if (!numbers || !values)
        return false;
    g->capacity = capacity;
    return true;
}

static bool add_trial(void *context, const struct trial_row *row)
{
    struct gathering *g = context;
    size_t width = g->study->metric_count;

    if (!row->values || row->value_count != width)
        return true;
    g->has_memory = make_room(g);
    if (!g->has_memory)
        return false;
    memcpy(g->values + g->count * width, row->values, width * sizeof *row->values);
    g->numbers[g->count++] = row->number;
    return true;
}

/* Leaves the front's numbers in g->numbers. */
static bool keep_front(struct gathering *g)
{
    size_t width = g->study->metric_count;
    struct sampler_metric *metrics = calloc(width, sizeof *metrics);
    bool *is_front = calloc(g->count + 1, sizeof *is_front);
    bool is_known = false;
    size_t kept = 0;

    if (metrics && is_front) {
        study_sampler_metrics(g->study, width, metrics);
        is_known = pareto_optimal(metrics, width, g->values, g->count, is_front);
    }
    for (size_t i = 0; is_known && i < g->count; i++)
        if (is_front[i])
            g->numbers[kept++] = g->numbers[i];
    g->count = kept;
    free(metrics);
    free(is_front);
    return is_known;
}

bool optimal_trials(const struct study_spec *study, struct store *store, int64_t job,
                    int64_t best_trial, int64_t **numbers, size_t *count, struct assay_error *err)
{
    struct gathering g = { .study = study, .has_memory = true };
    struct trial_query query = { .job = job, .state = TRIAL_SUCCEEDED };
    bool is_ok = true;

    *numbers = NULL;
    *count = 0;
    if (optimal_objective_count(study) <= 1) {
        *numbers = malloc(sizeof **numbers);
        if (!*numbers)
            return assay_fail_memory(err);
        **numbers = best_trial;
        *count = best_trial > 0;
        return true;
    }
    is_ok = store_trial_each(store, &query, add_trial, &g, err) &&
            ((g.has_memory && keep_front(&g)) || assay_fail_memory(err));
    free(g.values);
    if (!is_ok) {
        free(g.numbers);
        return false;
    }
    *numbers = g.numbers;
    *count = g.count;
    return true;
}
