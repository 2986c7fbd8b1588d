#include "search/gp_past.h"

#include "search/pareto.h"
#include "search/standing.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRONT_ROWS = 2000 };

/* Of the rows kept past the limit. */
static const double BEST_SHARE = 0.4, NEWEST_SHARE = 0.2;

static bool allocate(struct gp_past *past, size_t rows)
{
    size_t all = rows + past->pending_count;

    past->numbers = calloc(rows + 1, sizeof *past->numbers);
    past->states = calloc(rows + 1, sizeof *past->states);
    past->progress =
        calloc(rows * (1 + past->metric_count) + all * (past->param_count + past->dimension) + 1,
               sizeof *past->progress);
    if (!past->numbers || !past->states || !past->progress)
        return false;
    past->values = past->progress + rows;
    past->points = past->values + rows * past->metric_count;
    past->coordinates = past->points + all * past->param_count;
    return true;
}

void gp_past_free(struct gp_past *past)
{
    if (!past)
        return;
    free(past->numbers);
    free(past->states);
    free(past->progress);
    free(past);
}

/* Values so large that differences overflow teach no more than a large one, nor those so small that
 * their halves vanish more than 0. */
static double turned(const struct sampler_metric *metric, double value)
{
    const double largest = 1e300, least = 1e-300;

    if (isnan(value))
        return value;
    value = metric->is_maximized ? value : -value;
    return fabs(value) < least ? 0 : fmin(fmax(value, -largest), largest);
}

static void add_row(struct gp_past *past, const struct sampler *sampler,
                    const struct gp_space *gp_space, const struct past_trial *trial)
{
    size_t row = past->count++;
    double *values = past->values + row * past->metric_count;
    bool has_all = trial->state != PAST_INFEASIBLE;

    past->numbers[row] = trial->number;
    past->states[row] = trial->state;
    past->progress[row] = trial->progress;
    for (size_t m = 0; m < past->metric_count; m++) {
        values[m] = trial->state == PAST_INFEASIBLE
                        ? (double)NAN
                        : turned(&sampler->metrics[m], trial->values[m]);
        has_all = has_all && (sampler->metrics[m].is_safety || !isnan(values[m]));
    }
    past->valued_count += has_all;
    past->failed_count += trial->state == PAST_INFEASIBLE;
    if (past->param_count > 0)
        memcpy(past->points + row * past->param_count, trial->point,
               past->param_count * sizeof(double));
    gp_space_encode(gp_space, trial->point, past->coordinates + row * past->dimension);
}

static void add_pending(struct gp_past *past, const struct gp_space *gp_space,
                        const double *pending)
{
    for (size_t i = 0; i < past->pending_count; i++) {
        const double *point = pending + i * past->param_count;
        size_t row = past->count + i;

        if (past->param_count > 0)
            memcpy(past->points + row * past->param_count, point,
                   past->param_count * sizeof *point);
        gp_space_encode(gp_space, point, past->coordinates + row * past->dimension);
    }
}

/* Evenly over those of the marked that are not kept yet, by the order in which they ended. marks
 * may be NULL: all are marked. */
static void keep_evenly(const bool *marks, size_t count, size_t wanted, bool *is_kept)
{
    size_t left = 0, seen = 0, taken = 0;

    for (size_t i = 0; i < count; i++)
        left += (!marks || marks[i]) && !is_kept[i];
    for (size_t i = 0; i < count && taken < wanted; i++)
        if ((!marks || marks[i]) && !is_kept[i] && seen++ * wanted / left >= taken) {
            is_kept[i] = true;
            taken++;
        }
}

/* A trial's value of each metric as measured, all NaN where it is not among the eligible: it failed
 * or its safety metrics are not on their thresholds' sides. */
static void fill_eligible(const struct sampler *sampler, const struct past_trial *trial,
                          double *values)
{
    double losses[SAMPLER_METRICS_MAX];
    bool is_eligible =
        trial->state != PAST_INFEASIBLE &&
        standing_losses(sampler->metrics, sampler->metric_count, trial->values, losses);

    for (size_t m = 0; m < sampler->metric_count; m++)
        values[m] = is_eligible ? trial->values[m] : (double)NAN;
}

/* The best of one metric among the eligible, wanted of them. */
static void keep_largest(const struct sampler *sampler, size_t metric, const double *values,
                         size_t count, double *column, size_t wanted, size_t *largest,
                         bool *is_kept)
{
    for (size_t i = 0; i < count; i++) {
        double value =
            turned(&sampler->metrics[metric], values[i * sampler->metric_count + metric]);

        column[i] = isnan(value) ? -HUGE_VAL : value;
    }
    (void)gsl_sort_largest_index(largest, wanted, column, 1, count);
    for (size_t i = 0; i < wanted && column[largest[i]] > -HUGE_VAL; i++)
        is_kept[largest[i]] = true;
}

/* The front of several objectives, or as much of it as half of wanted; then the best of each
 * objective, in equal shares. With three objectives and more finding a front takes the square of
 * the trials: then it is that of the newest ones. False for lack of memory. */
static bool keep_best(const struct sampler *sampler, const struct history *history, size_t count,
                      size_t wanted, bool *is_kept)
{
    size_t width = sampler->metric_count;
    size_t objectives = sampler->objective_count > 0 ? sampler->objective_count : 1;
    double *values = calloc(count * (width + 1), sizeof *values);
    size_t *largest = calloc(wanted, sizeof *largest);
    size_t first = objectives > 2 && count > FRONT_ROWS ? count - FRONT_ROWS : 0;
    bool *is_front = calloc(count, sizeof *is_front);
    bool is_ok = values && largest && is_front;

    for (size_t i = 0; i < count && is_ok; i++) {
        struct past_trial trial = history_get(history, i);

        fill_eligible(sampler, &trial, values + i * width);
    }
    if (is_ok && objectives > 1)
        is_ok = pareto_optimal(sampler->metrics, width, values + first * width, count - first,
                               is_front + first);
    if (is_ok)
        keep_evenly(is_front, count, wanted / 2, is_kept);
    for (size_t m = 0; m < width && is_ok; m++)
        if (!sampler->metrics[m].is_safety)
            keep_largest(sampler, m, values, count, values + count * width, wanted / objectives,
                         largest, is_kept);
    free(values);
    free(largest);
    free(is_front);
    return is_ok;
}

/* Which of the first count trials are kept; NULL for lack of memory. */
static bool *choose_rows(const struct sampler *sampler, const struct history *history, size_t count,
                         size_t limit)
{
    bool *is_kept = calloc(count + 1, sizeof *is_kept);
    size_t newest = (size_t)(NEWEST_SHARE * (double)limit), kept = 0;

    if (!is_kept)
        return NULL;
    if (count <= limit) {
        memset(is_kept, true, count);
        return is_kept;
    }
    if (!keep_best(sampler, history, count, (size_t)ceil(BEST_SHARE * (double)limit), is_kept)) {
        free(is_kept);
        return NULL;
    }
    memset(is_kept + count - newest, true, newest);
    for (size_t i = 0; i < count; i++)
        kept += is_kept[i];
    keep_evenly(NULL, count, limit - kept, is_kept);
    return is_kept;
}

struct gp_past *gp_past_new(const struct sampler *sampler, const struct gp_space *gp_space,
                            const struct history *history, size_t past_count, const double *pending,
                            size_t pending_count, size_t limit)
{
    struct gp_past *past = calloc(1, sizeof *past);
    bool *is_kept = choose_rows(sampler, history, past_count, limit);

    if (!past || !is_kept)
        goto fail;
    past->pending_count = pending_count;
    past->param_count = gp_space->space->param_count;
    past->dimension = gp_space->dimension;
    past->metric_count = sampler->metric_count;
    if (!allocate(past, past_count < limit ? past_count : limit))
        goto fail;
    for (size_t i = 0; i < past_count; i++)
        if (is_kept[i]) {
            struct past_trial trial = history_get(history, i);

            add_row(past, sampler, gp_space, &trial);
        }
    add_pending(past, gp_space, pending);
    free(is_kept);
    return past;
fail:
    free(is_kept);
    gp_past_free(past);
    return NULL;
}
