/*
 * engine/plots/plot_point.h - what plots show of a trial that has ended: the records that the files
 * of this folder share.
 */
#ifndef ENGINE_PLOTS_PLOT_POINT_H
#define ENGINE_PLOTS_PLOT_POINT_H

#include "engine/store/ended_rows.h"

/* How it ended, as a plot marks it. */
enum plot_state { PLOT_SUCCEEDED, PLOT_INFEASIBLE, PLOT_STOPPED_EARLY };

static inline enum plot_state plot_state_of(const struct ended_row *row)
{
    if (row->state != TRIAL_SUCCEEDED)
        return PLOT_INFEASIBLE;
    return row->is_stopped_early ? PLOT_STOPPED_EARLY : PLOT_SUCCEEDED;
}

static inline const char *plot_state_name(enum plot_state state)
{
    static const char *const names[] = { "SUCCEEDED", "INFEASIBLE", "STOPPED_EARLY" };

    return names[state];
}

/* A trial as a number over time. */
struct plot_point {
    double value; /* NaN: it has none */
    int64_t end_order, number;
    enum plot_state state;
};

/* Spreads trials' numbers over [0, 1): which of them are shown is chance, and always the same one.
 * splitmix64's last step (Steele, Lea, Flood 2014). */
static inline double plot_chance(int64_t number)
{
    uint64_t value = (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15);

    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((value ^ (value >> 31)) >> 11) * 0x1p-53;
}

#endif
