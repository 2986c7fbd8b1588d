#include "search/box_minimize.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Pairs kept: more gain nothing on functions of this size. */
enum { PAIRS = 8 };

/* Armijo's share of the decrease that the slope promises, and the least decrease, relative to the
 * value, that is worth another step. */
static const double SUFFICIENT = 1e-4, LEAST_GAIN = 1e-10, LEAST_CURVATURE = 1e-10;

struct descent {
    const struct box_problem *problem;
    size_t n;
    size_t evaluations;
    double *x; /* n; the caller's */
    double f;
    double *gradient;        /* n; one allocation with all below */
    double *next;            /* n: the point a step leads to */
    double *slope;           /* n: its gradient */
    double *direction;       /* n */
    double *steps;           /* PAIRS x n */
    double *changes;         /* PAIRS x n: of the gradient over the step */
    double curvature[PAIRS]; /* 1 / (step . change) */
    size_t pair_count, newest;
    bool *is_free; /* n */
};

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static bool descent_init(struct descent *descent, const struct box_problem *problem, double *x)
{
    size_t n = problem->dimension;

    *descent = (struct descent){ .problem = problem, .n = n, .x = x };
    descent->gradient = calloc((4 + 2 * PAIRS) * n + 1, sizeof *descent->gradient);
    descent->is_free = calloc(n + 1, sizeof *descent->is_free);
    if (!descent->gradient || !descent->is_free)
        return false;
    descent->next = descent->gradient + n;
    descent->slope = descent->next + n;
    descent->direction = descent->slope + n;
    descent->steps = descent->direction + n;
    descent->changes = descent->steps + PAIRS * n;
    return true;
}

static void descent_clear(struct descent *descent)
{
    free(descent->gradient);
    free(descent->is_free);
}

static double clip(const struct box_problem *problem, size_t i, double x)
{
    return fmin(fmax(x, problem->lower[i]), problem->upper[i]);
}

static double evaluate(struct descent *descent, const double *x, double *gradient)
{
    descent->evaluations++;
    return descent->problem->function(x, gradient, descent->problem->context);
}

/* Marks what may move downhill; the largest component of the projected gradient. */
static double find_free(struct descent *descent)
{
    const struct box_problem *problem = descent->problem;
    double largest = 0;

    for (size_t i = 0; i < descent->n; i++) {
        double x = descent->x[i], g = descent->gradient[i];

        descent->is_free[i] = g > 0 ? x > problem->lower[i] : x < problem->upper[i];
        if (descent->is_free[i])
            largest = fmax(largest, fabs(clip(problem, i, x - g) - x));
    }
    return largest;
}

/* Nocedal's two loops, on free variables only: direction = -H gradient. */
static void find_direction(struct descent *descent)
{
    size_t n = descent->n;
    double weights[PAIRS];
    double *d = descent->direction;

    for (size_t i = 0; i < n; i++)
        d[i] = descent->is_free[i] ? -descent->gradient[i] : 0;
    for (size_t k = 0; k < descent->pair_count; k++) {
        size_t pair = (descent->newest + PAIRS - k) % PAIRS;

        weights[pair] = descent->curvature[pair] * dot(descent->steps + pair * n, d, n);
        for (size_t i = 0; i < n; i++)
            d[i] -= weights[pair] * descent->changes[pair * n + i];
    }
    if (descent->pair_count > 0) {
        const double *change = descent->changes + descent->newest * n;
        double scale = 1 / (descent->curvature[descent->newest] * dot(change, change, n));

        for (size_t i = 0; i < n; i++)
            d[i] *= scale;
    }
    for (size_t k = descent->pair_count; k-- > 0;) {
        size_t pair = (descent->newest + PAIRS - k) % PAIRS;
        double back = descent->curvature[pair] * dot(descent->changes + pair * n, d, n);

        for (size_t i = 0; i < n; i++)
            d[i] += (weights[pair] - back) * descent->steps[pair * n + i];
    }
    for (size_t i = 0; i < n; i++)
        if (!descent->is_free[i])
            d[i] = 0;
}

static void start_anew(struct descent *descent)
{
    double size = 0;

    descent->pair_count = 0;
    for (size_t i = 0; i < descent->n; i++) {
        descent->direction[i] = descent->is_free[i] ? -descent->gradient[i] : 0;
        size += fabs(descent->direction[i]);
    }
    /* Without curvature nothing tells how far: no further than 1 in all. */
    for (size_t i = 0; i < descent->n && size > 1; i++)
        descent->direction[i] /= size;
}

/* Remembers how the gradient changed from x to next. */
static void remember(struct descent *descent)
{
    size_t n = descent->n;
    size_t pair = descent->pair_count > 0 ? (descent->newest + 1) % PAIRS : 0;
    double *step = descent->steps + pair * n, *change = descent->changes + pair * n;
    double product = 0;

    for (size_t i = 0; i < n; i++) {
        step[i] = descent->next[i] - descent->x[i];
        change[i] = descent->slope[i] - descent->gradient[i];
    }
    product = dot(step, change, n);
    if (!(product > LEAST_CURVATURE * dot(change, change, n)))
        return;
    descent->curvature[pair] = 1 / product;
    descent->newest = pair;
    if (descent->pair_count < PAIRS)
        descent->pair_count++;
}

/* Goes along the direction, bent at the box, as far as it pays. */
static bool search_line(struct descent *descent, double *next_f)
{
    double length = 1;

    while (descent->evaluations < descent->problem->max_evaluations && length > 1e-12) {
        double promised = 0;

        for (size_t i = 0; i < descent->n; i++) {
            descent->next[i] =
                clip(descent->problem, i, descent->x[i] + length * descent->direction[i]);
            promised += descent->gradient[i] * (descent->next[i] - descent->x[i]);
        }
        if (!(promised < 0))
            return false;
        *next_f = evaluate(descent, descent->next, descent->slope);
        if (isfinite(*next_f) && *next_f <= descent->f + SUFFICIENT * promised)
            return true;
        /* The minimum of the parabola through what is known, within a tenth and a half. */
        length *= isfinite(*next_f)
                      ? fmin(fmax(-promised / (2 * (*next_f - descent->f - promised)), 0.1), 0.5)
                      : 0.1;
    }
    return false;
}

static void take_step(struct descent *descent, double next_f)
{
    remember(descent);
    memcpy(descent->x, descent->next, descent->n * sizeof *descent->x);
    memcpy(descent->gradient, descent->slope, descent->n * sizeof *descent->gradient);
    descent->f = next_f;
}

static void descend(struct descent *descent)
{
    while (descent->evaluations < descent->problem->max_evaluations &&
           find_free(descent) > descent->problem->gradient_tolerance) {
        double before = descent->f, next_f = 0;
        bool is_new = descent->pair_count == 0;

        if (is_new)
            start_anew(descent);
        else
            find_direction(descent);
        if (!search_line(descent, &next_f)) {
            if (is_new)
                return;
            descent->pair_count = 0; /* the curvature misled */
            continue;
        }
        take_step(descent, next_f);
        if (before - next_f <= LEAST_GAIN * fmax(1, fabs(next_f)))
            return;
    }
}

enum box_answer box_minimize(const struct box_problem *problem, double *x, double *value)
{
    struct descent descent;
    enum box_answer answer = BOX_NO_MEMORY;

    if (descent_init(&descent, problem, x)) {
        for (size_t i = 0; i < problem->dimension; i++)
            x[i] = clip(problem, i, x[i]);
        descent.f = evaluate(&descent, x, descent.gradient);
        answer = isfinite(descent.f) ? BOX_DONE : BOX_NO_START;
    }
    if (answer == BOX_DONE) {
        descend(&descent);
        *value = descent.f;
    }
    descent_clear(&descent);
    return answer;
}
