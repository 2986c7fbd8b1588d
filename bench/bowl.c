#include "bench/bowl.h"

#include "bench/suite_make.h"

#include <math.h>
#include <stdlib.h>

static const double tau = 6.28318530717958647692; /* 2 pi */

/* What one number adds: weight (slope d)^2 with another slope on each side, ripples, and
 * coupling (d + share d_before)^2. */
struct groove {
    double star; /* the best value */
    double unit; /* its unit coordinate */
    double weight, above, ripple, waves;
    double coupling, share;
    int before; /* the number that it is coupled with, or -1 */
};

struct bowl {
    const struct search_space *space;
    uint64_t seed;
    struct groove *grooves;
    double *best;
};

/* Draws of one parameter, by what they are for. */
enum { DRAW_STAR, DRAW_WEIGHT, DRAW_ABOVE, DRAW_RIPPLE, DRAW_WAVES, DRAW_COUPLING, DRAW_SHARE };

static double draw(const struct bowl *bowl, size_t index, uint32_t what, double min, double max)
{
    enum chance_stream stream = what == DRAW_STAR ? CHANCE_PLACE : CHANCE_SHAPE;

    return min + (max - min) * chance_unit(bowl->seed, stream, index, what);
}

static bool is_number(const struct param_spec *spec)
{
    return spec->type != PARAM_CATEGORICAL;
}

/* The nearest number before it that is active wherever this one is. */
static int find_before(const struct search_space *space, size_t index)
{
    int parent = space->params[index].parent;

    for (int i = (int)index - 1; i >= 0; i--)
        if (is_number(&space->params[i]) &&
            (space->params[i].parent == PARAM_NO_PARENT || i == parent))
            return i;
    return -1;
}

/* Stars keep off the borders. With these weights a random point of six numbers lies at about 0.8:
 * high, but not yet where all is flat. */
static void set_groove(struct bowl *bowl, size_t index)
{
    struct groove *groove = &bowl->grooves[index];
    const struct param_spec *spec = &bowl->space->params[index];

    *groove =
        (struct groove){ .star = param_spec_decode(spec, draw(bowl, index, DRAW_STAR, 0.12, 0.88)),
                         .weight = draw(bowl, index, DRAW_WEIGHT, 0.4, 3),
                         .above = draw(bowl, index, DRAW_ABOVE, 0.6, 2),
                         .ripple = draw(bowl, index, DRAW_RIPPLE, -0.05, 0.05),
                         .waves = draw(bowl, index, DRAW_WAVES, 1.5, 5),
                         .coupling = draw(bowl, index, DRAW_COUPLING, 0, 1.5),
                         .share = draw(bowl, index, DRAW_SHARE, -1.2, 1.2),
                         .before = find_before(bowl->space, index) };
    groove->ripple = fmax(groove->ripple, 0); /* every other number has none */
    groove->unit = param_spec_encode(spec, groove->star);
}

struct bowl *bowl_new(const struct search_space *space, uint64_t seed)
{
    struct bowl *bowl = space ? calloc(1, sizeof *bowl) : NULL;

    if (!bowl)
        return NULL;
    *bowl = (struct bowl){ .space = space,
                           .seed = seed,
                           .grooves = calloc(space->param_count, sizeof *bowl->grooves),
                           .best = calloc(space->param_count, sizeof *bowl->best) };
    if (!bowl->grooves || !bowl->best) {
        bowl_free(bowl);
        return NULL;
    }
    for (size_t i = 0; i < space->param_count; i++) {
        set_groove(bowl, i);
        bowl->best[i] =
            search_space_is_active(space, bowl->best, i) ? bowl->grooves[i].star : (double)NAN;
    }
    return bowl;
}

void bowl_free(struct bowl *bowl)
{
    if (!bowl)
        return;
    free(bowl->grooves);
    free(bowl->best);
    free(bowl);
}

const double *bowl_best(const struct bowl *bowl)
{
    return bowl->best;
}

double bowl_offset(const struct bowl *bowl, const double *point, size_t index)
{
    return param_spec_encode(&bowl->space->params[index], point[index]) - bowl->grooves[index].unit;
}

static double number_cost(const struct bowl *bowl, const double *point, size_t index)
{
    const struct groove *groove = &bowl->grooves[index];
    double offset = bowl_offset(bowl, point, index);
    double slope = offset > 0 ? groove->above : 1;
    double cost = groove->weight * slope * slope * offset * offset +
                  groove->ripple * (1 - cos(tau * groove->waves * offset));

    if (groove->before >= 0) {
        double other = bowl_offset(bowl, point, (size_t)groove->before);
        double sum = offset + groove->share * other;

        cost += groove->coupling * sum * sum;
    }
    return cost;
}

/* Not less than 0.05, so that another category is never as good. */
static double category_cost(const struct bowl *bowl, const double *point, size_t index)
{
    if (point[index] == bowl->grooves[index].star)
        return 0;
    return 0.05 + 0.35 * chance_unit(bowl->seed, CHANCE_SHAPE, index, 16 + (uint32_t)point[index]);
}

double bowl_height(const struct bowl *bowl, const double *point)
{
    double sum = 0;

    for (size_t i = 0; i < bowl->space->param_count; i++) {
        if (isnan(point[i]))
            continue;
        sum += is_number(&bowl->space->params[i]) ? number_cost(bowl, point, i)
                                                  : category_cost(bowl, point, i);
    }
    return -expm1(-sum);
}
