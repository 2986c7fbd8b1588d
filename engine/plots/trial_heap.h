/*
 * engine/plots/trial_heap.h - the trials with the least keys of all that were offered, whole: with
 * parameters, values and times. Ties go to the least number.
 *
 * Depends on which trials were offered, not on when. One thread at a time.
 */
#ifndef ENGINE_PLOTS_TRIAL_HEAP_H
#define ENGINE_PLOTS_TRIAL_HEAP_H

#include "engine/plots/plot_point.h"

struct kept_trial {
    double key;
    int64_t number, end_order;
    int64_t start_us, end_us;
    enum plot_state state;
    size_t slot; /* of its numbers */
};

struct trial_heap {
    size_t param_count, metric_count, max;
    struct kept_trial *items; /* a binary heap: the greatest first */
    size_t count, capacity;
    double *numbers; /* capacity x (param_count + metric_count), by slot */
};

void trial_heap_init(struct trial_heap *heap, size_t param_count, size_t metric_count, size_t max);
void trial_heap_clear(struct trial_heap *heap); /* zeroed is fine */

/* key is not NaN. What the row lacks is NaN. False for lack of memory: nothing has changed. */
bool trial_heap_offer(struct trial_heap *heap, double key, const struct ended_row *row);

/* A point of the search space; and one value per metric, NaN where there is none. */
const double *trial_heap_point(const struct trial_heap *heap, const struct kept_trial *trial);
const double *trial_heap_values(const struct trial_heap *heap, const struct kept_trial *trial);

#endif
