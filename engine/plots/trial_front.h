/*
 * engine/plots/trial_front.h - the Pareto front of a study's objectives, kept while trials end:
 * those that no other is better than in all objectives. Equal ones are all in it, as in
 * search/pareto.h.
 *
 * Depends on which trials were added, not on when, as long as there are no more than
 * TRIAL_FRONT_MAX. Of more, those with the least chance stay, and the front is one of what stayed.
 * One thread at a time.
 */
#ifndef ENGINE_PLOTS_TRIAL_FRONT_H
#define ENGINE_PLOTS_TRIAL_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRIAL_FRONT_MAX = 2000 };

struct trial_front {
    size_t width;     /* losses of each */
    double *losses;   /* capacity x width, by slot */
    int64_t *numbers; /* by slot, as chances */
    double *chances;
    size_t *order; /* slots, by their losses: the first counts first */
    size_t count, capacity;
    bool is_cut; /* there were more */
};

void trial_front_init(struct trial_front *front, size_t width); /* at least 1 */
void trial_front_clear(struct trial_front *front);              /* zeroed is fine */

/* losses: finite, less is better. False for lack of memory: nothing has changed. */
bool trial_front_add(struct trial_front *front, int64_t number, const double *losses);

#endif
