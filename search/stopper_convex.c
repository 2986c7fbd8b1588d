#include "search/stopper_ops.h"

#include <float.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

/*
 * A window is flat whose values differ by no more than this part of the study's range: it has no
 * slope to go on with. The autoregression works on curves cut into SEGMENTS steps, and has at most
 * TERMS coefficients: a constant, the last value, the one before it, the logarithm of the learning
 * rate. RIDGE keeps it solvable where they depend on each other.
 */
#define FLAT 1e-12
#define RIDGE 1e-6
enum { SEGMENTS = 20, TERMS = 4 };

/* The study's values in units of its range, around 0: nothing overflows. */
struct units {
    double middle, half; /* half of the range; 0: all values are equal */
};

static struct units find_units(const struct stopper_past *past, const struct curve *curve)
{
    double low = past->lowest;
    double high = past->highest;

    for (size_t i = 0; i < curve->count; i++) {
        low = fmin(low, curve->values[i]);
        high = fmax(high, curve->values[i]);
    }
    return (struct units){ 0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low };
}

static double in_units(const struct units *units, double value)
{
    return units->half > 0 ? (value - units->middle) / units->half : 0;
}

static double from_units(const struct units *units, double value)
{
    return fmin(fmax(units->middle + value * units->half, -DBL_MAX), DBL_MAX);
}

/* The newest third of a curve, at least three measurements where it has them. */
static struct curve newest_part(const struct curve *curve)
{
    size_t count = (curve->count + 2) / 3;

    if (count < 3)
        count = 3;
    if (count > curve->count)
        count = curve->count;
    return (struct curve){ count, curve->positions + (curve->count - count),
                           curve->values + (curve->count - count) };
}

static bool is_flat(const struct curve *part, const struct units *units)
{
    double low = part->values[0];
    double high = part->values[0];

    for (size_t i = 1; i < part->count; i++) {
        low = fmin(low, part->values[i]);
        high = fmax(high, part->values[i]);
    }
    return 0.5 * high - 0.5 * low <= FLAT * units->half;
}

/*
 * Where the line through the newest part, fitted by least squares, is at end; where it is now if it
 * falls. On a concave curve it lies above the curve at both places.
 */
static double over_estimate(const struct curve *part, const struct units *units, double end)
{
    double last = part->positions[part->count - 1];
    double mean_x = 0;
    double mean_y = 0;
    double xx = 0;
    double xy = 0;
    double slope = 0;

    for (size_t i = 0; i < part->count; i++) { /* positions from the last one back, in ends */
        mean_x += (part->positions[i] / end - last / end) / (double)part->count;
        mean_y += in_units(units, part->values[i]) / (double)part->count;
    }
    for (size_t i = 0; i < part->count; i++) {
        double x = part->positions[i] / end - last / end - mean_x;

        xx += x * x;
        xy += x * (in_units(units, part->values[i]) - mean_y);
    }
    slope = xx > 0 ? xy / xx : 0;
    return mean_y - slope * mean_x + fmax(slope, 0) * (1 - last / end);
}

static double log_rate(double learning_rate)
{
    return learning_rate > 0 && isfinite(learning_rate) ? log(learning_rate) : 0;
}

struct regression { /* normal equations */
    double products[TERMS * TERMS];
    double sums[TERMS];
    double coefficients[TERMS];
    size_t count;
};

static void add_step(struct regression *r, const double terms[TERMS], double next)
{
    for (size_t i = 0; i < TERMS; i++) {
        for (size_t j = 0; j < TERMS; j++)
            r->products[i * TERMS + j] += terms[i] * terms[j];
        r->sums[i] += terms[i] * next;
    }
    r->count++;
}

/* Every three neighbours of the curve's values at multiples of a segment are one equation. */
static void add_curve(struct regression *r, const struct past_curve *item,
                      const struct units *units, double end)
{
    const struct curve *curve = &item->curve;
    double step = end / SEGMENTS;

    if (curve->count == 0)
        return;
    for (int i = 1; i < SEGMENTS; i++) {
        double before = (i - 1) * step;
        double next = (i + 1) * step;
        double terms[TERMS] = { 1, 0, 0, log_rate(item->learning_rate) };

        if (curve->positions[0] > before || curve->positions[curve->count - 1] < next)
            continue;
        terms[1] = in_units(units, curve_at(curve, i * step));
        terms[2] = in_units(units, curve_at(curve, before));
        add_step(r, terms, in_units(units, curve_at(curve, next)));
    }
}

/* The ridge draws towards "as before": value + 0 · the one before it. */
static bool solve(struct regression *r)
{
    gsl_matrix_view products = gsl_matrix_view_array(r->products, TERMS, TERMS);
    gsl_vector_view sums = gsl_vector_view_array(r->sums, TERMS);
    gsl_vector_view coefficients = gsl_vector_view_array(r->coefficients, TERMS);
    double sum = 0;

    for (size_t i = 0; i < TERMS; i++)
        r->products[i * TERMS + i] += RIDGE;
    r->sums[1] += RIDGE;
    for (size_t i = 0; i < sizeof r->products / sizeof r->products[0]; i++)
        sum += fabs(r->products[i]);
    return r->count > 0 && isfinite(sum) &&
           !gsl_linalg_HH_solve(&products.matrix, &sums.vector, &coefficients.vector);
}

/* Goes on from the curve's end in whole segments and a part of one. In units. */
static double autoregress(const struct regression *r, const struct curve *curve,
                          double learning_rate, const struct units *units, double end)
{
    double last = curve->positions[curve->count - 1];
    double steps = (end - last) / (end / SEGMENTS);
    double value = in_units(units, curve->values[curve->count - 1]);
    double before = in_units(units, curve_at(curve, last - end / SEGMENTS));

    while (steps > 0) {
        double next = r->coefficients[0] + r->coefficients[1] * value +
                      r->coefficients[2] * before + r->coefficients[3] * log_rate(learning_rate);

        before = value;
        value += fmin(steps, 1) * (next - value);
        steps -= 1;
    }
    return value;
}

/* Between the last value and the over-estimate; the last value where nothing was learnt. */
static double predict_final(const struct stopper_past *past, const struct curve *curve,
                            double learning_rate, const struct units *units, double end,
                            double over)
{
    struct regression r = { 0 };
    double last = in_units(units, curve->values[curve->count - 1]);
    double value = last;

    for (size_t i = 0; i < past->count; i++)
        add_curve(&r, &past->items[i], units, end);
    if (solve(&r))
        value = autoregress(&r, curve, learning_rate, units, end);
    return value > last ? fmin(value, fmax(last, over)) : last;
}

/* The position that values are predicted for; 0 where it is not known yet. */
static double end_of(const struct stopper *stopper)
{
    double end = stopper->options.max_position;

    if (!(end > 0))
        end = stopper->past.furthest;
    return end > 0 && isfinite(end) ? end : 0;
}

/* What is in the way of a judgement; STOPPER_WHY_GOOD: nothing. */
static enum stopper_why find_obstacle(const struct stopper *stopper, const struct curve *running,
                                      double position)
{
    const struct stopper_options *options = &stopper->options;
    double end = end_of(stopper);
    double start = options->min_position > 0 ? options->min_position : 0.1 * end;

    if (stopper->past.total <= options->min_measurement_count || stopper->past.full_count == 0 ||
        end == 0)
        return STOPPER_WHY_FEW;
    if (running->count < options->min_measurement_count || position <= start)
        return STOPPER_WHY_EARLY;
    return position < end ? STOPPER_WHY_GOOD : STOPPER_WHY_LATE;
}

static bool convex_decide(const struct stopper *stopper, const struct curve *running,
                          double learning_rate, struct stopper_verdict *verdict)
{
    const struct stopper_past *past = &stopper->past;
    struct curve part = { 0 };
    struct units units = { 0 };
    double end = end_of(stopper);
    double over = 0;

    verdict->trial_count = past->total;
    verdict->why = find_obstacle(stopper, running, verdict->position);
    if (verdict->why != STOPPER_WHY_GOOD)
        return true;
    part = newest_part(running);
    units = find_units(past, running);
    verdict->why = STOPPER_WHY_FLAT;
    if (is_flat(&part, &units))
        return true;
    over = over_estimate(&part, &units, end);
    verdict->bar = past->leader.final_value;
    verdict->estimate = from_units(&units, over);
    verdict->end = end;
    verdict->should_stop = verdict->estimate < verdict->bar;
    verdict->why = verdict->should_stop ? STOPPER_WHY_HOPELESS : STOPPER_WHY_GOOD;
    if (verdict->should_stop)
        verdict->final_value =
            from_units(&units, predict_final(past, running, learning_rate, &units, end, over));
    return true;
}

static bool convex_predict(const struct stopper *stopper, const struct curve *stopped,
                           double learning_rate, double *position, double *final_value)
{
    const struct stopper_past *past = &stopper->past;
    struct curve part = newest_part(stopped);
    struct units units = find_units(past, stopped);
    double end = end_of(stopper);

    if (end == 0 || past->count == 0 || stopped->positions[stopped->count - 1] >= end)
        return false;
    *position = end;
    *final_value = from_units(&units, predict_final(past, stopped, learning_rate, &units, end,
                                                    over_estimate(&part, &units, end)));
    return true;
}

const struct stopper_ops stopper_convex_ops = { .kept = PAST_VALUES,
                                                .decide = convex_decide,
                                                .predict = convex_predict };
