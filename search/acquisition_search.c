#include "search/acquisition_search.h"

#include "search/box_minimize.h"
#include "search/candidate_list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPREADS = 4,         /* scales of perturbation */
    PERTURBED_EACH = 24, /* per leader and scale */
    EXCHANGES_EACH = 32, /* per leader */
    EXHAUSTIVE_MAX = 16, /* values tried one by one; an axis of more climbs like a continuous one,
                            then by steps */
    STEP_TRIES = 24,
    SWEEPS = 3,
    CLIMB_EVALUATIONS = 50,
    PERTURBED_AXES = 20, /* about so many at once, past ten axes */
};

static const double SPREAD[SPREADS] = { 0.3, 0.1, 0.03, 0.005 };

/* Chance that a perturbation changes a category. */
static const double EXCHANGE_CHANCE = 0.1;

/* Candidates that climb are so far apart in some coordinate. */
static const double APART = 0.02;

/* The coordinate of a parameter that has one value. */
static const double MIDDLE = 0.5;

/* What lies out of reach is worth less than anything within. */
static const double OUT_OF_REACH = -1e4;

/* The state of a search under way. */
struct hunt {
    const struct acquisition_search *search;
    const struct search_space *space;
    size_t dimension, param_count;
    struct candidate_list candidates;
    struct candidate_list tries; /* of one step of a climb */
    struct random_stream stream;
    uint32_t drawn;
    size_t *order;         /* of the candidates; one allocation with starts */
    size_t *starts;        /* climb_count */
    double *unit;          /* param_count; one allocation with all below */
    double *lower, *upper; /* dimension: where the climb under way may go */
    double *at;            /* dimension */
    double *fixed;         /* dimension: coordinates of the climber; axes that do not climb stay */
    double *spare;         /* param_count: coordinates for children that become active */
    double *slope;         /* dimension */
    double *best;          /* param_count */
    size_t *climbing;      /* dimension: the axes that climb by gradient */
    size_t climbing_count;
};

static double draw(struct hunt *hunt)
{
    return random_unit(&hunt->stream, hunt->drawn++);
}

static double draw_normal(struct hunt *hunt)
{
    return random_normal(&hunt->stream, hunt->drawn++);
}

static const double *known_point(const struct hunt *hunt, size_t index)
{
    return hunt->search->known + index * hunt->param_count;
}

static const double *known_coordinates(const struct hunt *hunt, size_t index)
{
    return hunt->search->coordinates + index * hunt->dimension;
}

static bool hunt_init(struct hunt *hunt, const struct acquisition_search *search)
{
    size_t p = search->gp_space->space->param_count, d = search->gp_space->dimension;
    size_t capacity = search->global_count +
                      search->leader_count * (SPREADS * PERTURBED_EACH + EXCHANGES_EACH) +
                      search->climb_count;

    *hunt = (struct hunt){ .search = search,
                           .space = search->gp_space->space,
                           .dimension = d,
                           .param_count = p,
                           .stream = search->stream };
    if (!candidate_list_init(&hunt->candidates, search->gp_space, capacity) ||
        !candidate_list_init(&hunt->tries, search->gp_space, 2 * STEP_TRIES + EXHAUSTIVE_MAX))
        return false;
    hunt->order = calloc(capacity + search->climb_count + d + 1, sizeof *hunt->order);
    hunt->unit = calloc(3 * p + 5 * d + 1, sizeof *hunt->unit);
    if (!hunt->order || !hunt->unit)
        return false;
    hunt->starts = hunt->order + capacity;
    hunt->climbing = hunt->starts + search->climb_count;
    hunt->spare = hunt->unit + p;
    hunt->best = hunt->spare + p;
    hunt->lower = hunt->best + p;
    hunt->upper = hunt->lower + d;
    hunt->at = hunt->upper + d;
    hunt->fixed = hunt->at + d;
    hunt->slope = hunt->fixed + d;
    return true;
}

static void hunt_clear(struct hunt *hunt)
{
    candidate_list_clear(&hunt->candidates);
    candidate_list_clear(&hunt->tries);
    free(hunt->order);
    free(hunt->unit);
}

static double unit_of(const void *context, size_t index)
{
    return ((const double *)context)[index];
}

/* Moves a point to where candidates are to be. */
static void fix(const struct hunt *hunt, const double *unit, double *point)
{
    if (hunt->search->fixed)
        search_space_fix(hunt->space, hunt->search->fixed, unit_of, unit, point);
}

static bool is_fixed(const struct hunt *hunt, size_t axis)
{
    const double *fixed = hunt->search->fixed;

    return fixed && !isnan(fixed[hunt->search->gp_space->axes[axis].param]);
}

/* Adds the point that hunt->unit decodes to. */
static void add_unit(struct hunt *hunt)
{
    double *point = candidate_list_next(&hunt->candidates);

    if (!point)
        return;
    gp_space_decode(hunt->search->gp_space, hunt->unit, point);
    fix(hunt, hunt->unit, point);
    candidate_list_add(&hunt->candidates);
}

/* The box about the first leader, on one axis, in the unit interval. */
static void box_side(const struct hunt *hunt, size_t axis, double *lower, double *upper)
{
    const struct acquisition_search *search = hunt->search;

    *lower = 0;
    *upper = 1;
    if (search->box && search->leader_count > 0 && !search->gp_space->is_category[axis]) {
        double middle = known_coordinates(hunt, search->leaders[0])[axis];

        *lower = fmax(middle - search->box[axis], 0);
        *upper = fmin(middle + search->box[axis], 1);
    }
}

/* Fills hunt->spare with a draw per axis; a parameter of one value needs none. */
static void draw_spare(struct hunt *hunt)
{
    for (size_t i = 0; i < hunt->param_count; i++)
        hunt->spare[i] = hunt->search->gp_space->param_axis[i] != SIZE_MAX ? draw(hunt) : MIDDLE;
}

/* One coordinate of Sobol point n, shifted; past the sequence's dimensions a draw. */
static double global_coordinate(struct hunt *hunt, uint64_t n, size_t axis, size_t param)
{
    const struct sobol *sobol = hunt->search->sobol;
    double lower = 0, upper = 1, u = 0;

    if (axis < sobol_dimension(sobol))
        u = (double)(sobol_plain(sobol, n, axis) >> 11) * 0x1p-53 + hunt->spare[param];
    else
        u = draw(hunt);
    u -= floor(u);
    box_side(hunt, axis, &lower, &upper);
    return lower + u * (upper - lower);
}

static void add_global(struct hunt *hunt)
{
    draw_spare(hunt); /* the sequence's shift */
    for (size_t n = 1; n <= hunt->search->global_count; n++) {
        for (size_t i = 0; i < hunt->param_count; i++) {
            size_t axis = hunt->search->gp_space->param_axis[i];

            hunt->unit[i] = axis == SIZE_MAX ? MIDDLE : global_coordinate(hunt, n, axis, i);
        }
        add_unit(hunt);
    }
}

/* A point's unit coordinates, those of inactive parameters drawn. */
static void place_unit(struct hunt *hunt, const double *point)
{
    search_space_encode(hunt->space, point, hunt->unit);
    for (size_t i = 0; i < hunt->param_count; i++)
        if (isnan(hunt->unit[i]))
            hunt->unit[i] = hunt->search->gp_space->param_axis[i] != SIZE_MAX ? draw(hunt) : MIDDLE;
}

static void perturb(struct hunt *hunt, double spread)
{
    const struct acquisition_search *search = hunt->search;
    double share =
        hunt->dimension > 10 ? fmax((double)PERTURBED_AXES / 2 / (double)hunt->dimension, 0.15) : 1;

    for (size_t k = 0; k < hunt->dimension; k++) {
        double *u = &hunt->unit[search->gp_space->axes[k].param];
        double lower = 0, upper = 1;

        if (search->gp_space->is_category[k]) {
            if (draw(hunt) < EXCHANGE_CHANCE)
                *u = draw(hunt);
            continue;
        }
        if (share < 1 && draw(hunt) >= share)
            continue;
        box_side(hunt, k, &lower, &upper);
        *u += spread * fmin(1, search->lengths[k]) * draw_normal(hunt);
        *u = fmin(fmax(*u, lower), upper);
    }
}

static void add_perturbed(struct hunt *hunt)
{
    for (size_t l = 0; l < hunt->search->leader_count; l++)
        for (size_t s = 0; s < SPREADS; s++)
            for (size_t i = 0; i < PERTURBED_EACH; i++) {
                place_unit(hunt, known_point(hunt, hunt->search->leaders[l]));
                perturb(hunt, SPREAD[s]);
                add_unit(hunt);
            }
}

static bool is_stepwise(const struct hunt *hunt, size_t axis)
{
    return hunt->search->gp_space->axes[axis].kind != GP_AXIS_CONTINUOUS;
}

/* The parameter's values that a point's neighbours have: all but its own where they are few, else
 * steps of growing width. Returns how many. */
static size_t neighbour_values(const struct hunt *hunt, size_t axis, double value, double *values)
{
    const struct gp_space *gp_space = hunt->search->gp_space;
    uint64_t total = gp_space->axes[axis].value_total;
    uint64_t own = gp_axis_index(gp_space, axis, value);
    size_t count = 0;

    if (total <= EXHAUSTIVE_MAX || gp_space->is_category[axis]) {
        uint64_t most = total < 2 * STEP_TRIES ? total : 2 * STEP_TRIES;
        uint64_t stride = total / most;

        for (uint64_t i = 0; i < most; i++)
            if (i * stride != own)
                values[count++] = gp_axis_value(gp_space, axis, i * stride);
        return count;
    }
    for (uint64_t step = 1; step < total && count + 2 <= 2 * STEP_TRIES; step *= 2) {
        if (own >= step)
            values[count++] = gp_axis_value(gp_space, axis, own - step);
        if (total - 1 - own >= step)
            values[count++] = gp_axis_value(gp_space, axis, own + step);
    }
    return count;
}

static void add_exchanges(struct hunt *hunt)
{
    double values[2 * STEP_TRIES + EXHAUSTIVE_MAX];

    for (size_t l = 0; l < hunt->search->leader_count; l++) {
        const double *leader = known_point(hunt, hunt->search->leaders[l]);
        size_t added = 0;

        draw_spare(hunt);
        for (size_t k = 0; k < hunt->dimension && added < EXCHANGES_EACH; k++) {
            size_t param = hunt->search->gp_space->axes[k].param, count = 0;

            if (!is_stepwise(hunt, k) || is_fixed(hunt, k) || isnan(leader[param]))
                continue;
            count = neighbour_values(hunt, k, leader[param], values);
            for (size_t i = 0; i < count && added < EXCHANGES_EACH; i++, added++) {
                double *point = candidate_list_next(&hunt->candidates);

                if (!point)
                    return;
                memcpy(point, leader, hunt->param_count * sizeof *point);
                gp_space_set(hunt->search->gp_space, point, param, values[i], leader, hunt->spare);
                fix(hunt, hunt->spare, point);
                candidate_list_add(&hunt->candidates);
            }
        }
    }
}

/* The largest difference in a numeric coordinate. */
static double distance(const struct hunt *hunt, const double *a, const double *b)
{
    double largest = 0;

    for (size_t k = 0; k < hunt->dimension; k++)
        if (!hunt->search->gp_space->is_category[k])
            largest = fmax(largest, fabs(a[k] - b[k]));
    return largest;
}

static double nearest_known(const struct hunt *hunt, const double *coordinates, size_t *nearest)
{
    double least = HUGE_VAL;

    for (size_t i = 0; i < hunt->search->known_count; i++) {
        double here = distance(hunt, coordinates, known_coordinates(hunt, i));

        if (here < least) {
            least = here;
            *nearest = i;
        }
    }
    return least;
}

static bool appraise(struct hunt *hunt, struct candidate_list *list, size_t first)
{
    if (!candidate_list_appraise(list, hunt->search->acquisition, first))
        return false;
    if (isinf(hunt->search->reach) || hunt->search->known_count == 0)
        return true;
    for (size_t i = first; i < list->count; i++) {
        size_t nearest = 0;
        double away = nearest_known(hunt, candidate_coordinates(list, i), &nearest);

        if (away > hunt->search->reach)
            list->values[i] = OUT_OF_REACH - away;
    }
    return true;
}

static bool differs(const struct hunt *hunt, size_t a, size_t b)
{
    const double *x = candidate_coordinates(&hunt->candidates, a);
    const double *y = candidate_coordinates(&hunt->candidates, b);

    for (size_t k = 0; k < hunt->dimension; k++)
        if (fabs(x[k] - y[k]) > APART)
            return true;
    return false;
}

/* The best candidates that are apart from each other; returns how many. */
static size_t choose_starts(struct hunt *hunt)
{
    size_t count = 0;

    candidate_list_rank(&hunt->candidates, hunt->order);
    for (size_t i = 0; i < hunt->candidates.count && count < hunt->search->climb_count; i++) {
        bool is_apart = true;

        for (size_t j = 0; j < count && is_apart; j++)
            is_apart = differs(hunt, hunt->order[i], hunt->starts[j]);
        if (is_apart)
            hunt->starts[count++] = hunt->order[i];
    }
    return count;
}

static double climb_function(const double *x, double *gradient, void *context)
{
    struct hunt *hunt = context;
    double value = 0;

    for (size_t i = 0; i < hunt->climbing_count; i++)
        hunt->fixed[hunt->climbing[i]] = x[i];
    value = acquisition_gradient(hunt->search->acquisition, hunt->fixed, hunt->slope);
    for (size_t i = 0; i < hunt->climbing_count; i++)
        gradient[i] = -hunt->slope[hunt->climbing[i]];
    return -value;
}

/* Which axes climb by gradient from here, and how far. */
static void bound_climb(struct hunt *hunt, const double *point, const double *coordinates)
{
    const struct gp_space *gp_space = hunt->search->gp_space;
    size_t nearest = SIZE_MAX;

    if (!isinf(hunt->search->reach))
        (void)nearest_known(hunt, coordinates, &nearest);
    hunt->climbing_count = 0;
    for (size_t k = 0; k < hunt->dimension; k++) {
        size_t i = hunt->climbing_count;
        double lower = 0, upper = 1;

        if (gp_space->is_category[k] || is_fixed(hunt, k) ||
            isnan(point[gp_space->axes[k].param]) ||
            (is_stepwise(hunt, k) && gp_space->axes[k].value_total <= EXHAUSTIVE_MAX))
            continue;
        box_side(hunt, k, &lower, &upper);
        if (nearest != SIZE_MAX) {
            double middle = known_coordinates(hunt, nearest)[k];

            lower = fmax(lower, middle - hunt->search->reach);
            upper = fmin(upper, middle + hunt->search->reach);
        }
        hunt->climbing[i] = k;
        hunt->lower[i] = fmin(lower, coordinates[k]);
        hunt->upper[i] = fmax(upper, coordinates[k]);
        hunt->at[i] = coordinates[k];
        hunt->climbing_count++;
    }
}

/* Climbs by gradient from the candidate, and takes what it reached, made legal, if it is better. */
static bool climb_axes(struct hunt *hunt, size_t candidate, bool *has_moved)
{
    struct candidate_list *tries = &hunt->tries;
    const struct gp_space *gp_space = hunt->search->gp_space;
    double *point = candidate_point(&hunt->candidates, candidate);
    double *coordinates = candidate_coordinates(&hunt->candidates, candidate);
    struct box_problem problem = { .lower = hunt->lower,
                                   .upper = hunt->upper,
                                   .function = climb_function,
                                   .context = hunt,
                                   .max_evaluations = CLIMB_EVALUATIONS,
                                   .gradient_tolerance = 1e-3 };
    enum box_answer climbed = BOX_NO_START;
    double loss = 0;
    double *reached = NULL;

    bound_climb(hunt, point, coordinates);
    if (hunt->climbing_count == 0)
        return true;
    memcpy(hunt->fixed, coordinates, hunt->dimension * sizeof *coordinates);
    problem.dimension = hunt->climbing_count;
    climbed = box_minimize(&problem, hunt->at, &loss);
    if (climbed != BOX_DONE)
        return climbed == BOX_NO_START;
    tries->count = 0;
    reached = candidate_list_next(tries);
    memcpy(reached, point, hunt->param_count * sizeof *reached);
    for (size_t i = 0; i < hunt->climbing_count; i++) {
        size_t param = gp_space->axes[hunt->climbing[i]].param;

        /* A parent before it may have moved to where it is inactive. */
        if (search_space_is_active(hunt->space, reached, param))
            gp_space_set(gp_space, reached, param,
                         axis_value(&gp_space->places[param], hunt->at[i]), point, hunt->spare);
    }
    fix(hunt, hunt->spare, reached);
    candidate_list_add(tries);
    if (!appraise(hunt, tries, 0))
        return false;
    if (tries->values[0] > hunt->candidates.values[candidate]) {
        *has_moved = true;
        memcpy(point, reached, hunt->param_count * sizeof *point);
        memcpy(coordinates, candidate_coordinates(tries, 0), hunt->dimension * sizeof *point);
        hunt->candidates.values[candidate] = tries->values[0];
    }
    return true;
}

/* Tries the values of one axis and takes the best, if it is better. */
static bool exchange_axis(struct hunt *hunt, size_t candidate, size_t axis, bool *has_moved)
{
    struct candidate_list *tries = &hunt->tries;
    const struct gp_space *gp_space = hunt->search->gp_space;
    size_t param = gp_space->axes[axis].param, best = 0, count = 0;
    double values[2 * STEP_TRIES + EXHAUSTIVE_MAX];
    double *point = candidate_point(&hunt->candidates, candidate);
    const double *source =
        hunt->search->leader_count > 0 ? known_point(hunt, hunt->search->leaders[0]) : point;

    if (!is_stepwise(hunt, axis) || is_fixed(hunt, axis) || isnan(point[param]))
        return true;
    count = neighbour_values(hunt, axis, point[param], values);
    tries->count = 0;
    for (size_t i = 0; i < count; i++) {
        double *try = candidate_list_next(tries);

        memcpy(try, point, hunt->param_count * sizeof *try);
        gp_space_set(gp_space, try, param, values[i], source, hunt->spare);
        fix(hunt, hunt->spare, try);
        candidate_list_add(tries);
    }
    if (!appraise(hunt, tries, 0))
        return false;
    for (size_t i = 1; i < count; i++)
        if (tries->values[i] > tries->values[best])
            best = i;
    if (count > 0 && tries->values[best] > hunt->candidates.values[candidate]) {
        *has_moved = true;
        memcpy(point, candidate_point(tries, best), hunt->param_count * sizeof *point);
        memcpy(candidate_coordinates(&hunt->candidates, candidate),
               candidate_coordinates(tries, best), hunt->dimension * sizeof *point);
        hunt->candidates.values[candidate] = tries->values[best];
    }
    return true;
}

static bool climb(struct hunt *hunt, size_t candidate)
{
    draw_spare(hunt);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        bool has_climbed = false, has_exchanged = false;

        if (!climb_axes(hunt, candidate, &has_climbed))
            return false;
        for (size_t k = 0; k < hunt->dimension; k++)
            if (!exchange_axis(hunt, candidate, k, &has_exchanged))
                return false;
        if (!has_exchanged)
            break;
    }
    return true;
}

/* The best candidate that may be the answer. */
static enum search_answer choose(struct hunt *hunt, double *point, double *value)
{
    size_t chosen = 0;

    candidate_list_rank(&hunt->candidates, hunt->order);
    while (chosen < hunt->candidates.count && hunt->search->is_taken &&
           hunt->search->is_taken(candidate_point(&hunt->candidates, hunt->order[chosen]),
                                  hunt->search->context))
        chosen++;
    if (chosen == hunt->candidates.count && hunt->search->fixed)
        chosen = 0;
    if (chosen >= hunt->candidates.count)
        return SEARCH_NOTHING_NEW;
    memcpy(point, candidate_point(&hunt->candidates, hunt->order[chosen]),
           hunt->param_count * sizeof *point);
    *value = hunt->candidates.values[hunt->order[chosen]];
    return SEARCH_FOUND;
}

static bool hunt_run(struct hunt *hunt)
{
    size_t start_count = 0;

    add_global(hunt);
    add_perturbed(hunt);
    add_exchanges(hunt);
    if (!appraise(hunt, &hunt->candidates, 0))
        return false;
    start_count = choose_starts(hunt);
    for (size_t i = 0; i < start_count; i++)
        if (!climb(hunt, hunt->starts[i]))
            return false;
    return true;
}

enum search_answer acquisition_search_run(const struct acquisition_search *search, double *point,
                                          double *value)
{
    struct hunt hunt;
    enum search_answer answer = SEARCH_NO_MEMORY;

    if (hunt_init(&hunt, search) && hunt_run(&hunt))
        answer = choose(&hunt, point, value);
    hunt_clear(&hunt);
    return answer;
}
