/*
 * bench/comparison.h - results side by side: the runs of several arms on the same problems with the
 * same seeds, and the figures that follow from them.
 *
 * Borrows the results. A run that failed counts with the best that it had found by then. Only the
 * problems and seeds are compared that all arms have; bench/coverage.h says which arms those should
 * be. An arm that refused a problem has no run there, or one that found nothing, as the scope says.
 */
#ifndef BENCH_COMPARISON_H
#define BENCH_COMPARISON_H

#include "bench/result.h"
#include "bench/statistics.h"

/* Runs are comparable under equal conditions only. */
struct conditions {
    size_t workers;
    bool is_batch;
    size_t budget;
};

/* Which results to look at. */
struct scope {
    struct conditions conditions;
    const char *suite;  /* NULL: all */
    const char *family; /* NULL: all */
    bool has_refusals;  /* they count as runs that found nothing */
};

bool scope_has(const struct scope *scope, const struct result *result);

enum { COMPARISON_ARMS_MAX = 64, CHECKPOINTS_MAX = 4 };

/* All conditions that occur, ordered; the caller frees. NULL for lack of memory, *count 0 without
 * results. */
struct conditions *conditions_list(const struct results *results, size_t *count);

/* The distinct suites, or families of a suite, in scope, in order; the texts are the results'. The
 * caller frees the array. NULL for lack of memory. */
const char **scope_suites(const struct results *results, const struct scope *scope, size_t *count);
const char **scope_families(const struct results *results, const struct scope *scope,
                            size_t *count);

/* The trials after which arms are ranked: 25, 50, 100 as far as they are within the budget, and the
 * budget. Returns how many. */
size_t checkpoints_of(size_t budget, size_t checkpoints[CHECKPOINTS_MAX]);

struct comparison {
    size_t budget;
    size_t arm_count;
    const char *arms[COMPARISON_ARMS_MAX];
    size_t problem_count;
    size_t *starts;              /* problem_count + 1: a problem's first cell */
    size_t cell_count;           /* problem and seed */
    const struct result **cells; /* cell_count x arm_count */
};

/* The cells in scope where each of the arms has a run. False for lack of memory. */
bool comparison_init(struct comparison *comparison, const struct results *results,
                     const struct scope *scope, const char *const *arms, size_t arm_count);
void comparison_clear(struct comparison *comparison);

/* One row of a table. All intervals are over problems, then seeds. */
struct arm_figures {
    struct interval rank[CHECKPOINTS_MAX];
    struct interval score;   /* 100 (1 - clipped regret at the end), as Bayesmark has it */
    struct interval regret;  /* decimal logarithm of the clipped regret at the end */
    struct interval anytime; /* anytime_regret() */
    double cpu_ms;           /* of the sampler per suggestion; NaN without one */
    double startup_s;        /* CPU seconds before the first ask, mean */
};

/* figures: arm_count. False for lack of memory. */
bool comparison_measure(const struct comparison *comparison, struct arm_figures *figures);

/* Of two arms, the first against the second. */
struct duel_figures {
    struct interval win[CHECKPOINTS_MAX];
    struct interval efficiency; /* log_efficiency() of the first, the second being the baseline */
};

/* comparison has two arms. False for lack of memory. */
bool comparison_duel(const struct comparison *comparison, struct duel_figures *figures);

#endif
