/*
 * bench/figures.h - the figures of report.html, each one <svg>.
 *
 * A comparison here has at least one cell and one arm. The functions return false for lack of
 * memory.
 */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include "bench/comparison.h"

#include <stdio.h>

/* Median regret over trials on a log axis, with the quartile band of each arm. */
bool figure_convergence(FILE *out, const struct comparison *comparison, const char *title);

/* Mean rank over trials, the best on top. */
bool figure_ranks(FILE *out, const struct comparison *comparison, const char *title);

/* Mean rank at the end against CPU time per suggestion. */
void figure_cost(FILE *out, const struct comparison *comparison, const struct arm_figures *figures,
                 const char *title);

/* How often the baseline beats each rival at the end. */
struct duel_row {
    const char *rival;
    struct interval win;
};
void figure_duels(FILE *out, const struct duel_row *rows, size_t count, const char *title);

#endif
