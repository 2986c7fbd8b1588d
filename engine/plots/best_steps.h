/*
 * engine/plots/best_steps.h - the trials with which the best value so far improved, in the order of
 * their ends. Zeroed is empty; best_steps_clear(). One thread at a time.
 *
 * Depends on which trials were added, not on when, as long as there are BEST_STEPS_MAX at most.
 * Where there would be more, every second of those before the last is left out.
 */
#ifndef ENGINE_PLOTS_BEST_STEPS_H
#define ENGINE_PLOTS_BEST_STEPS_H

#include "engine/plots/plot_point.h"

enum { BEST_STEPS_MAX = 2000 };

struct best_steps {
    bool is_maximized;
    bool is_thinned;
    struct plot_point *items; /* by end order */
    size_t count, capacity;
};

void best_steps_clear(struct best_steps *steps);

/* Its value is finite. False for lack of memory. */
bool best_steps_add(struct best_steps *steps, const struct plot_point *point);

#endif
