#include "bench/figures.h"

#include "bench/curves.h"
#include "bench/plot.h"

#include <math.h>
#include <stdlib.h>

/* The least positive and the greatest finite of all values so far. */
struct range {
    double low;
    double high;
};

static void widen(struct range *range, double value)
{
    if (value > 0 && value < range->low)
        range->low = value;
    if (isfinite(value) && value > range->high)
        range->high = value;
}

/* From a whole decade to a half one, at least one of them and down to the floor at most. Far above
 * 1 there is nothing to see: there all are worse than a random point. */
static struct axis regret_axis(const struct range *range)
{
    double low = fmax(score_floor, fmin(range->low, 1));
    double high = fmin(10, fmax(range->high, low));
    double first = floor(log10(low) + 1e-9);
    double last = ceil(2 * log10(high) - 1e-9) / 2;

    if (last < first + 1)
        last = first + 1;
    return (struct axis){
        .label = "normalised regret", .low = pow(10, first), .high = pow(10, last), .is_log = true
    };
}

static void draw_convergence(const struct plot *plot, const struct comparison *comparison,
                             const struct quartiles *quartiles)
{
    struct plot_name names[COMPARISON_ARMS_MAX];

    for (size_t arm = 0; arm < comparison->arm_count; arm++) {
        plot_arm_begin(plot, comparison->arms[arm]);
        plot_band(plot, quartiles[arm].low, quartiles[arm].high, comparison->budget);
        plot_arm_end(plot);
    }
    /* The first arm is ours: its curve goes on top. */
    for (size_t arm = comparison->arm_count; arm-- > 0;) {
        plot_arm_begin(plot, comparison->arms[arm]);
        plot_curve(plot, quartiles[arm].middle, comparison->budget);
        plot_arm_end(plot);
        names[arm] = (struct plot_name){ .arm = comparison->arms[arm],
                                         .y = quartiles[arm].middle[comparison->budget - 1] };
    }
    plot_names(plot, names, comparison->arm_count);
}

bool figure_convergence(FILE *out, const struct comparison *comparison, const char *title)
{
    struct quartiles quartiles[COMPARISON_ARMS_MAX] = { 0 };
    struct range range = { .low = (double)INFINITY };
    struct plot plot = { .out = out,
                         .width = 368,
                         .height = 262,
                         .left = 52,
                         .right = 92,
                         .top = 24,
                         .bottom = 38,
                         .x = { "trials", 1, (double)comparison->budget, false } };
    bool is_done = true;

    for (size_t arm = 0; is_done && arm < comparison->arm_count; arm++) {
        is_done = quartiles_init(&quartiles[arm], comparison, arm);
        for (size_t i = 0; is_done && i < comparison->budget; i++) {
            widen(&range, quartiles[arm].low[i]);
            widen(&range, quartiles[arm].middle[i]);
            widen(&range, quartiles[arm].high[i]);
        }
    }
    if (is_done) {
        plot.y = regret_axis(&range);
        plot_begin(&plot, title);
        draw_convergence(&plot, comparison, quartiles);
        plot_end(&plot);
    }
    for (size_t arm = 0; arm < comparison->arm_count; arm++)
        quartiles_clear(&quartiles[arm]);
    return is_done;
}

/* Rounded outwards, and never empty. */
static struct axis rank_axis(const double *ranks, size_t count)
{
    double best = ranks[0];
    double worst = ranks[0];

    for (size_t i = 0; i < count; i++) {
        best = fmin(best, ranks[i]);
        worst = fmax(worst, ranks[i]);
    }
    return (struct axis){ .label = "mean rank (best on top)",
                          .low = ceil(2 * worst + 0.2) / 2,
                          .high = fmax(0.5, floor(2 * best - 0.2) / 2) };
}

bool figure_ranks(FILE *out, const struct comparison *comparison, const char *title)
{
    size_t budget = comparison->budget;
    double *ranks = rank_curves(comparison);
    struct plot_name names[COMPARISON_ARMS_MAX];
    struct plot plot = { .out = out,
                         .width = 552,
                         .height = 330,
                         .left = 46,
                         .right = 100,
                         .top = 24,
                         .bottom = 38,
                         .x = { "trials", 1, (double)budget, false } };

    if (!ranks)
        return false;
    plot.y = rank_axis(ranks, comparison->arm_count * budget);
    plot_begin(&plot, title);
    for (size_t arm = comparison->arm_count; arm-- > 0;) {
        plot_arm_begin(&plot, comparison->arms[arm]);
        plot_curve(&plot, ranks + arm * budget, budget);
        plot_arm_end(&plot);
        names[arm] = (struct plot_name){ .arm = comparison->arms[arm],
                                         .y = ranks[arm * budget + budget - 1] };
    }
    plot_names(&plot, names, comparison->arm_count);
    plot_end(&plot);
    free(ranks);
    return true;
}

void figure_cost(FILE *out, const struct comparison *comparison, const struct arm_figures *figures,
                 const char *title)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t last = checkpoints_of(comparison->budget, checkpoints) - 1;
    double ranks[COMPARISON_ARMS_MAX] = { 0 };
    struct plot_named_dot dots[COMPARISON_ARMS_MAX];
    size_t dot_count = 0;
    struct range range = { .low = 1, .high = 1 };
    struct plot plot = {
        .out = out, .width = 552, .height = 330, .left = 46, .right = 100, .top = 24, .bottom = 38
    };

    for (size_t arm = 0; arm < comparison->arm_count; arm++) {
        widen(&range, figures[arm].cpu_ms);
        ranks[arm] = figures[arm].rank[last].mean;
        if (!isnan(figures[arm].cpu_ms)) /* where it refused all, there is no cost */
            dots[dot_count++] = (struct plot_named_dot){ .arm = comparison->arms[arm],
                                                         .x = figures[arm].cpu_ms,
                                                         .y = ranks[arm] };
    }
    plot.x = (struct axis){ .label = "CPU milliseconds per suggestion",
                            .low = pow(10, floor(log10(range.low))),
                            .high = pow(10, ceil(log10(range.high) + 1e-9)),
                            .is_log = true };
    plot.y = rank_axis(ranks, comparison->arm_count);
    plot_begin(&plot, title);
    plot_named_dots(&plot, dots, dot_count);
    plot_end(&plot);
}

void figure_duels(FILE *out, const struct duel_row *rows, size_t count, const char *title)
{
    struct plot plot = { .out = out,
                         .width = 552,
                         .height = 62 + 22 * (double)count,
                         .left = 110,
                         .right = 30,
                         .top = 24,
                         .bottom = 38,
                         .x = { "win rate, 95 % interval", 0, 1, false },
                         .y = { NULL, (double)count - 0.5, -0.5, false } };

    plot_begin(&plot, title);
    plot_mark_x(&plot, 0.5);
    for (size_t i = 0; i < count; i++) {
        plot_arm_begin(&plot, rows[i].rival);
        plot_dot(&plot, rows[i].win.mean, (double)i, rows[i].win.low, rows[i].win.high);
        plot_text_left(&plot, (double)i, rows[i].rival);
        plot_arm_end(&plot);
    }
    plot_end(&plot);
}
