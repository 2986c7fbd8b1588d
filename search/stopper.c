#include "search/stopper.h"

#include "search/stopper_ops.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const struct stopper_ops *find_ops(enum stopper_kind kind)
{
    switch (kind) {
    case STOPPER_MEDIAN:
        return &stopper_median_ops;
    case STOPPER_DECAY_CURVE:
        return &stopper_decay_ops;
    case STOPPER_CONVEX:
        return &stopper_convex_ops;
    case STOPPER_HALVING:
        return &stopper_halving_ops;
    }
    return NULL;
}

/* Written so that NaN fails too. */
static bool options_check(const struct stopper_options *o, struct assay_error *err)
{
    if (!find_ops(o->kind))
        return assay_fail(err, ASSAY_INVALID, NULL, "%d is no stopping rule", (int)o->kind);
    if (!(o->eta >= 2) || !isfinite(o->eta))
        return assay_fail(err, ASSAY_INVALID, "eta", "%g is not at least 2", o->eta);
    if (!(o->grace > 0) || !isfinite(o->grace))
        return assay_fail(err, ASSAY_INVALID, "grace", "%g is not above 0", o->grace);
    if (!(o->max_position >= 0) || !(o->min_position >= 0))
        return assay_fail(err, ASSAY_INVALID, NULL, "a position is below 0");
    return true;
}

struct stopper *stopper_new(const struct stopper_options *options, struct assay_error *err)
{
    struct stopper_options filled = *options;
    struct stopper *stopper = NULL;

    if (filled.eta == 0)
        filled.eta = 3;
    if (filled.grace == 0)
        filled.grace = 1;
    if (filled.min_measurement_count == 0)
        filled.min_measurement_count = 5;
    if (!options_check(&filled, err))
        return NULL;
    stopper = calloc(1, sizeof *stopper);
    if (!stopper) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    stopper->ops = find_ops(filled.kind);
    stopper->options = filled;
    stopper->sign = filled.is_maximized ? 1 : -1;
    stopper_past_init(&stopper->past, stopper->ops->kept);
    return stopper;
}

void stopper_free(struct stopper *stopper)
{
    if (!stopper)
        return;
    stopper_past_clear(&stopper->past);
    stopper_rungs_free(stopper->rungs);
    free(stopper);
}

bool stopper_append(struct stopper *stopper, const struct stopper_trial *trial)
{
    return stopper_past_append(&stopper->past, trial, stopper->sign);
}

double stopper_best_of(const struct curve *curve, size_t count)
{
    double best = curve->values[0];

    for (size_t i = 1; i < count; i++)
        best = fmax(best, curve->values[i]);
    return best;
}

static struct stopper_verdict blank_verdict(const struct stopper *stopper)
{
    return (struct stopper_verdict){ .kind = stopper->options.kind,
                                     .is_maximized = stopper->options.is_maximized,
                                     .is_elapsed = stopper->options.is_elapsed,
                                     .position = (double)NAN,
                                     .value = (double)NAN,
                                     .bar = (double)NAN,
                                     .mean = (double)NAN,
                                     .deviation = (double)NAN,
                                     .chance = (double)NAN,
                                     .estimate = (double)NAN,
                                     .end = (double)NAN,
                                     .final_value = (double)NAN,
                                     .rung = (double)NAN };
}

/* Back into the metric's own units. */
static void turn_verdict(const struct stopper *stopper, struct stopper_verdict *verdict)
{
    verdict->value *= stopper->sign;
    verdict->bar *= stopper->sign;
    verdict->mean *= stopper->sign;
    verdict->estimate *= stopper->sign;
    verdict->final_value *= stopper->sign;
}

/* A copy of the curve in which more is better; free(*block). False for lack of memory. */
static bool turn_curve(const struct stopper *stopper, const struct curve *curve,
                       struct curve *turned, double **block)
{
    *block = malloc((curve->count + 1) * sizeof **block);
    if (!*block)
        return false;
    for (size_t i = 0; i < curve->count; i++)
        (*block)[i] = stopper->sign * curve->values[i];
    *turned = (struct curve){ curve->count, curve->positions, *block };
    return true;
}

bool stopper_decide(const struct stopper *stopper, const struct curve *running,
                    double learning_rate, struct stopper_verdict *verdict)
{
    struct curve turned = { 0 };
    double *block = NULL;
    bool is_ok = false;

    assert(!stopper_observes(stopper));
    *verdict = blank_verdict(stopper);
    if (!turn_curve(stopper, running, &turned, &block))
        return false;
    if (turned.count > 0) {
        verdict->position = turned.positions[turned.count - 1];
        verdict->value = stopper_best_of(&turned, turned.count);
    }
    is_ok = stopper->ops->decide(stopper, &turned, learning_rate, verdict);
    turn_verdict(stopper, verdict);
    free(block);
    return is_ok;
}

bool stopper_observes(const struct stopper *stopper)
{
    return stopper->ops->observe != NULL;
}

bool stopper_observe(struct stopper *stopper, uint64_t trial, double position, double value,
                     struct stopper_verdict *verdict)
{
    bool is_ok = false;

    assert(stopper_observes(stopper));
    *verdict = blank_verdict(stopper);
    verdict->position = position;
    verdict->value = stopper->sign * value;
    is_ok = stopper->ops->observe(stopper, trial, position, stopper->sign * value, verdict);
    turn_verdict(stopper, verdict);
    return is_ok;
}

bool stopper_predict(const struct stopper *stopper, const struct curve *stopped,
                     double learning_rate, double *position, double *final_value)
{
    struct curve turned = { 0 };
    double *block = NULL;
    bool is_ok = false;

    if (!stopper->ops->predict || stopped->count == 0 ||
        !turn_curve(stopper, stopped, &turned, &block))
        return false;
    is_ok = stopper->ops->predict(stopper, &turned, learning_rate, position, final_value);
    *final_value *= stopper->sign;
    free(block);
    return is_ok;
}
