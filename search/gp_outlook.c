#include "search/gp_outlook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An infeasible trial is so much worse than the worst, in ranges of what was seen. */
static const double FAILURE_DISTANCE = 0.5;

bool gp_past_shows_failures(const struct gp_settings *settings, const struct gp_past *past)
{
    return past->failed_count > 0 && past->valued_count >= (size_t)settings->feasible_min;
}

static bool allocate(struct gp_targets *targets, const struct gp_past *past)
{
    *targets = (struct gp_targets){ 0 };
    targets->rows = calloc(past->count + 1, sizeof *targets->rows);
    targets->coordinates =
        calloc(past->count * (past->dimension + 2) + 1, sizeof *targets->coordinates);
    if (!targets->rows || !targets->coordinates) {
        gp_targets_clear(targets);
        return false;
    }
    targets->targets = targets->coordinates + past->count * past->dimension;
    targets->extra_noise = targets->targets + past->count;
    return true;
}

void gp_targets_clear(struct gp_targets *targets)
{
    target_warp_clear(&targets->warp);
    free(targets->rows);
    free(targets->coordinates);
    *targets = (struct gp_targets){ 0 };
}

static void add_row(struct gp_targets *targets, const struct gp_past *past, size_t row,
                    double value, double extra_noise)
{
    size_t i = targets->count++;

    targets->rows[i] = row;
    targets->targets[i] = value;
    targets->extra_noise[i] = extra_noise;
    memcpy(targets->coordinates + i * past->dimension, past->coordinates + row * past->dimension,
           past->dimension * sizeof(double));
}

/* What an infeasible trial counts as: worse than all; 0 where nothing was measured. */
static double failure_value(const struct gp_past *past, size_t metric)
{
    double least = HUGE_VAL, most = -HUGE_VAL;

    for (size_t i = 0; i < past->count; i++) {
        double value = past->values[i * past->metric_count + metric];

        if (!isnan(value)) {
            least = fmin(least, value);
            most = fmax(most, value);
        }
    }
    if (!(least <= most))
        return 0;
    return least - (most > least ? FAILURE_DISTANCE * (most - least) : 1);
}

bool gp_targets_init(struct gp_targets *targets, const struct sampler *sampler,
                     const struct gp_settings *settings, const struct gp_past *past, size_t metric)
{
    const struct sampler_metric *about = &sampler->metrics[metric];
    bool counts_failures =
        !about->is_safety && past->failed_count > 0 && !gp_past_shows_failures(settings, past);
    double failure = counts_failures ? failure_value(past, metric) : 0;
    enum target_warp_kind kind =
        about->is_safety ? WARP_STANDARDIZE : (enum target_warp_kind)settings->warp;

    if (!allocate(targets, past))
        return false;
    for (size_t i = 0; i < past->count; i++) {
        double value = past->values[i * past->metric_count + metric];
        double missing = past->states[i] == PAST_STOPPED ? 1 - past->progress[i] : 0;

        if (isnan(value) && counts_failures && past->states[i] == PAST_INFEASIBLE)
            value = failure;
        if (!isnan(value))
            add_row(targets, past, i, value, settings->stop_noise * missing);
    }
    if (!target_warp_init(&targets->warp, kind, targets->targets, targets->count,
                          targets->targets)) {
        gp_targets_clear(targets);
        return false;
    }
    if (about->is_safety)
        targets->threshold =
            target_warp_target(&targets->warp, about->is_maximized ? about->safety_threshold
                                                                   : -about->safety_threshold);
    return true;
}

struct gp_data gp_targets_data(const struct gp_targets *targets, const struct gp_space *gp_space)
{
    return (struct gp_data){ .count = targets->count,
                             .dimension = gp_space->dimension,
                             .is_category = gp_space->is_category,
                             .coordinates = targets->coordinates,
                             .targets = targets->targets,
                             .extra_noise = targets->extra_noise };
}

struct gp_prior gp_prior_of(const struct sampler *sampler, const struct gp_settings *settings,
                            size_t dimension)
{
    struct gp_prior prior = { .kind = (enum gp_prior_kind)settings->prior,
                              .noise = (enum gp_noise)settings->noise,
                              .length_stretch =
                                  fmax(1, settings->length_stretch * (double)dimension / 20) };

    if (sampler->noise == NOISE_HIGH)
        prior.noise = GP_NOISE_HIGH;
    else if (sampler->noise == NOISE_LOW)
        prior.noise = GP_NOISE_FIXED_LOW;
    return prior;
}

/* Improves hypers from a start, if that leads below *loss. False for lack of memory. */
static bool try_start(struct gp_fit *fit, const double *start, size_t size, size_t evaluations,
                      double *hypers, double *loss)
{
    double *end = malloc(size * sizeof *end);
    double reached = 0;
    enum box_answer answer = BOX_NO_MEMORY;

    if (end) {
        memcpy(end, start, size * sizeof *end);
        answer = gp_fit_improve(fit, end, evaluations, &reached);
    }
    if (answer == BOX_DONE && reached < *loss) {
        memcpy(hypers, end, size * sizeof *hypers);
        *loss = reached;
    }
    free(end);
    return answer != BOX_NO_MEMORY;
}

/* From what was learnt before and from the prior's middle, which hypers holds; the better end
 * counts. */
static bool fit_metric(struct gp_fit *fit, const struct gp_settings *settings,
                       const double *previous, const double *start, size_t size, double *hypers,
                       bool *has_failed)
{
    size_t cold = (size_t)settings->evaluations;
    double loss = HUGE_VAL;
    bool is_ok = (!previous || try_start(fit, previous, size, cold / 3 + 1, hypers, &loss)) &&
                 try_start(fit, start, size, previous ? cold / 2 : cold, hypers, &loss);

    *has_failed = isinf(loss);
    return is_ok;
}

static bool learn_metric(const struct sampler *sampler, const struct gp_settings *settings,
                         const struct gp_space *gp_space, const struct gp_past *past, size_t metric,
                         const double *previous, double *hypers, bool *has_failed)
{
    struct gp_prior prior = gp_prior_of(sampler, settings, gp_space->dimension);
    size_t size = gp_space->dimension + GP_EXTRA_HYPERS;
    struct gp_targets targets;
    struct gp_data data;
    struct gp_fit *fit = NULL;
    double *start = calloc(size, sizeof *start);
    bool is_ok = false;

    *has_failed = false;
    if (!start)
        return false;
    gp_prior_start(&prior, gp_space->dimension, start);
    memcpy(hypers, start, size * sizeof *hypers);
    if (!gp_targets_init(&targets, sampler, settings, past, metric))
        goto out;
    data = gp_targets_data(&targets, gp_space);
    is_ok = targets.warp.count < 2; /* nothing to learn from */
    if (is_ok)
        goto out;
    fit = gp_fit_new(&data, &prior);
    is_ok = fit && fit_metric(fit, settings, previous, start, size, hypers, has_failed);
out:
    gp_fit_free(fit);
    gp_targets_clear(&targets);
    free(start);
    return is_ok;
}

bool gp_learn(const struct sampler *sampler, const struct gp_settings *settings,
              const struct gp_space *gp_space, const struct gp_past *past, const double *previous,
              double *hypers, bool *has_failed)
{
    size_t size = gp_space->dimension + GP_EXTRA_HYPERS;

    for (size_t m = 0; m < sampler->metric_count; m++)
        if (!learn_metric(sampler, settings, gp_space, past, m,
                          previous ? previous + m * size : NULL, hypers + m * size, &has_failed[m]))
            return false;
    return true;
}
