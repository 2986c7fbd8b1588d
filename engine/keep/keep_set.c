#include "engine/keep/keep_set.h"

#include "engine/array.h"
#include "engine/life/optimal.h"
#include "search/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct keep_set {
    const struct study_spec *study;
    int64_t limit;
    size_t width; /* objectives */
    struct keep_trial *trials;
    double *losses; /* width for each trial; less is better */
    size_t count;
    size_t trial_capacity, loss_capacity;
    double *news; /* width: the losses of the one that is added */
};

struct keep_set *keep_set_new(const struct study_spec *study, int64_t limit)
{
    struct keep_set *set = calloc(1, sizeof *set);

    if (!set)
        return NULL;
    set->study = study;
    set->limit = limit;
    set->width = optimal_objective_count(study);
    set->news = calloc(set->width + 1, sizeof *set->news);
    if (set->news)
        return set;
    free(set);
    return NULL;
}

void keep_set_free(struct keep_set *set)
{
    if (!set)
        return;
    free(set->trials);
    free(set->losses);
    free(set->news);
    free(set);
}

/* False: nobody can say how good it is, or it is not safe. */
static bool fill_news(struct keep_set *set, const double *values)
{
    size_t width = 0;

    if (!values || set->width == 0 || !optimal_is_safe(set->study, values))
        return false;
    for (size_t i = 0; i < set->study->metric_count; i++) {
        const struct metric_spec *metric = &set->study->metrics[i];

        if (metric->is_safety)
            continue;
        if (isnan(values[i]))
            return false;
        set->news[width++] = metric->goal == GOAL_MAXIMIZE ? -values[i] : values[i];
    }
    return true;
}

static const double *losses_of(const struct keep_set *set, size_t i)
{
    return set->losses + i * set->width;
}

static bool make_room(struct keep_set *set)
{
    void *trials = set->trials;
    void *losses = set->losses;
    bool has_room = array_make_room(&trials, set->count, &set->trial_capacity, sizeof *set->trials);

    has_room = array_make_room(&losses, set->count, &set->loss_capacity,
                               set->width * sizeof *set->losses) &&
               has_room;
    set->trials = trials;
    set->losses = losses;
    return has_room;
}

static void remove_at(struct keep_set *set, size_t i)
{
    size_t behind = set->count - i - 1;

    memmove(set->trials + i, set->trials + i + 1, behind * sizeof *set->trials);
    memmove(set->losses + i * set->width, set->losses + (i + 1) * set->width,
            behind * set->width * sizeof *set->losses);
    set->count--;
}

static void put_at(struct keep_set *set, size_t i, const struct keep_trial *trial)
{
    size_t behind = set->count - i;

    memmove(set->trials + i + 1, set->trials + i, behind * sizeof *set->trials);
    memmove(set->losses + (i + 1) * set->width, set->losses + i * set->width,
            behind * set->width * sizeof *set->losses);
    set->trials[i] = *trial;
    memcpy(set->losses + i * set->width, set->news, set->width * sizeof *set->news);
    set->count++;
}

/* By loss, of equal ones the one that ended first: as the job's best trial is chosen. */
static void add_ranked(struct keep_set *set, const struct keep_trial *trial, keep_drop_fn drop,
                       void *context)
{
    size_t i = set->count;

    while (i > 0 && set->news[0] < *losses_of(set, i - 1))
        i--;
    if (i == set->count && (int64_t)set->count == set->limit) {
        drop(context, trial);
        return;
    }
    if ((int64_t)set->count == set->limit) {
        struct keep_trial last = set->trials[set->count - 1];

        set->count--;
        drop(context, &last);
    }
    put_at(set, i, trial);
}

static void add_to_front(struct keep_set *set, const struct keep_trial *trial, keep_drop_fn drop,
                         void *context)
{
    for (size_t i = 0; i < set->count; i++) {
        if (pareto_dominates(losses_of(set, i), set->news, set->width)) {
            drop(context, trial);
            return;
        }
    }
    for (size_t i = set->count; i > 0; i--) {
        struct keep_trial beaten = set->trials[i - 1];

        if (!pareto_dominates(set->news, losses_of(set, i - 1), set->width))
            continue;
        remove_at(set, i - 1);
        drop(context, &beaten);
    }
    put_at(set, set->count, trial);
}

bool keep_set_add(struct keep_set *set, const struct keep_trial *trial, const double *values,
                  keep_drop_fn drop, void *context)
{
    if (!fill_news(set, values)) {
        drop(context, trial);
        return true;
    }
    if (!make_room(set))
        return false;
    if (set->width == 1)
        add_ranked(set, trial, drop, context);
    else
        add_to_front(set, trial, drop, context);
    return true;
}
