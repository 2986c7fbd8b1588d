#include "engine/life/optimal.h"

#include "search/pareto.h"

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
        /* Written so that NaN is unsafe. */
        if (metric->goal == GOAL_MAXIMIZE ? !(values[i] >= metric->safety_threshold)
                                          : !(values[i] <= metric->safety_threshold))
            return false;
    }
    return true;
}

/* The succeeded trials: numbers and objectives. */
struct gathering {
    const struct study_spec *study;
    size_t width; /* objectives */
    int64_t *numbers;
    double *losses; /* less is better */
    size_t count, capacity;
    bool has_memory;
};

static bool make_room(struct gathering *g)
{
    size_t capacity = g->capacity ? g->capacity * 2 : 256;
    int64_t *numbers = NULL;
    double *losses = NULL;

    if (g->count < g->capacity)
        return true;
    numbers = realloc(g->numbers, capacity * sizeof *numbers);
    if (numbers)
        g->numbers = numbers;
    losses = realloc(g->losses, capacity * g->width * sizeof *losses);
    if (losses)
        g->losses = losses;
    if (!numbers || !losses)
        return false;
    g->capacity = capacity;
    return true;
}

static bool add_trial(void *context, const struct trial_row *row)
{
    struct gathering *g = context;
    const struct study_spec *study = g->study;
    double *loss = NULL;

    if (!row->values || row->value_count != study->metric_count ||
        !optimal_is_safe(study, row->values))
        return true;
    g->has_memory = make_room(g);
    if (!g->has_memory)
        return false;
    loss = g->losses + g->count * g->width;
    g->numbers[g->count++] = row->number;
    for (size_t i = 0; i < study->metric_count; i++)
        if (!study->metrics[i].is_safety)
            *loss++ = study->metrics[i].goal == GOAL_MAXIMIZE ? -row->values[i] : row->values[i];
    return true;
}

/* Leaves the front's numbers in g->numbers. */
static bool keep_front(struct gathering *g)
{
    bool *is_front = calloc(g->count + 1, sizeof *is_front);
    bool is_known = is_front && pareto_front(g->losses, g->count, g->width, is_front);
    size_t kept = 0;

    for (size_t i = 0; is_known && i < g->count; i++)
        if (is_front[i])
            g->numbers[kept++] = g->numbers[i];
    g->count = kept;
    free(is_front);
    return is_known;
}

bool optimal_trials(const struct study_spec *study, struct store *store, int64_t job,
                    int64_t best_trial, int64_t **numbers, size_t *count, struct assay_error *err)
{
    struct gathering g = { .study = study,
                           .width = optimal_objective_count(study),
                           .has_memory = true };
    struct trial_query query = { .job = job, .state = TRIAL_SUCCEEDED };
    bool is_ok = true;

    *numbers = NULL;
    *count = 0;
    if (g.width <= 1) {
        *numbers = malloc(sizeof **numbers);
        if (!*numbers)
            return assay_fail_memory(err);
        **numbers = best_trial;
        *count = best_trial > 0;
        return true;
    }
    is_ok = store_trial_each(store, &query, add_trial, &g, err) &&
            ((g.has_memory && keep_front(&g)) || assay_fail_memory(err));
    free(g.losses);
    if (!is_ok) {
        free(g.numbers);
        return false;
    }
    *numbers = g.numbers;
    *count = g.count;
    return true;
}
