#include "search/parzen.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Cells of an axis with few values: masses for each pair of kernel and value are made at once. */
enum { TABLE_VALUES_MAX = 32, CHUNK = 64 };

struct parzen_axis {
    const struct axis *axis;
    double sigma;
    double log_scale;         /* ln(sigma sqrt(2 pi)) */
    double log_hit, log_miss; /* AXIS_CHOICE */
    double *places; /* of each kernel: unit coordinate; ordinal of an AXIS_CHOICE or with a table */
    double *table;  /* value_count x value_count log masses by kernel's and point's ordinal; NULL */
};

struct parzen {
    size_t axis_count, count;
    struct parzen_axis *axes;
    double *constants;  /* count: log weight less the log of the mass inside the interval */
    double *cumulative; /* count + 1: weights summed up, the uniform kernel's last */
    double log_uniform; /* its log weight */
    double *numbers;    /* what the arrays above lie in */
};

/* The standard normal distribution, a quarter faster than by GSL. */
static double normal_below(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

/* Of two tails the smaller ones are subtracted, lest the digits cancel. */
static double normal_mass(double low, double high)
{
    return low > 0 ? normal_below(-low) - normal_below(-high)
                   : normal_below(high) - normal_below(low);
}

static double log_mass_in_interval(double place, double sigma)
{
    const double far = 6; /* beyond, the mass outside is below 1e-9 */

    if (place > far * sigma && 1 - place > far * sigma)
        return 0;
    return log(normal_mass(-place / sigma, (1 - place) / sigma));
}

/*
 * One width for all kernels of an axis: Scott's rule (1992, eq. 6.42) for the deviation of what was
 * seen, at least half of what Optuna's kernels have at least, a share of one of them and no less
 * than a hundredth. Whole shares, quarters of them, no rule but the least width, and 0.2 n^(-1/(d +
 * 4)) for any deviation all did worse in the tests that weigh_by_place() of sampler_tpe.c names.
 */
static double bandwidth(const double *places, size_t count, size_t axis_count)
{
    double least = 0.5 / fmin(100, (double)count + 1);
    double mean = 0;
    double square = 0;
    double sigma = 0;

    for (size_t i = 0; i < count; i++)
        mean += places[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        square += (places[i] - mean) * (places[i] - mean) / (double)count;
    sigma = sqrt(square) * pow((double)count, -1 / ((double)axis_count + 4));
    return fmin(fmax(sigma, least), 1);
}

static bool has_table(const struct axis *axis)
{
    return axis->kind == AXIS_CELLS && axis->value_count <= TABLE_VALUES_MAX;
}

static double ordinal_value(const struct axis *axis, uint64_t ordinal)
{
    return axis->borders ? axis->spec->numbers[ordinal] : axis->spec->min + (double)ordinal;
}

/* log of the mass in a cell of a kernel that is not truncated. */
static double log_cell_mass(const struct parzen_axis *own, double place, double low, double high)
{
    const double narrow = 0.3; /* of sigma: the density hardly bends within the cell */
    double width = fmax(high - low, 0x1p-53);

    if (width > narrow * own->sigma) {
        double mass = normal_mass((low - place) / own->sigma, (high - place) / own->sigma);

        return log(fmax(mass, 1e-300));
    }
    place = ((low + high) / 2 - place) / own->sigma;
    return log(width) - own->log_scale - place * place / 2;
}

static void fill_table(struct parzen_axis *own)
{
    const struct axis *axis = own->axis;

    for (uint64_t i = 0; i < axis->value_count; i++) {
        double place = axis_unit(axis, ordinal_value(axis, i));
        double outside = log_mass_in_interval(place, own->sigma);

        for (uint64_t j = 0; j < axis->value_count; j++) {
            double low = 0;
            double high = 0;

            axis_cell(axis, ordinal_value(axis, j), &low, &high);
            own->table[i * axis->value_count + j] = log_cell_mass(own, place, low, high) - outside;
        }
    }
}

static void fill_axis(struct parzen *parzen, struct parzen_axis *own, const double *values,
                      size_t stride)
{
    const struct axis *axis = own->axis;
    size_t count = parzen->count;

    for (size_t i = 0; i < count; i++)
        own->places[i] =
            axis->kind == AXIS_CHOICE ? values[i * stride] : axis_unit(axis, values[i * stride]);
    if (axis->kind == AXIS_CHOICE) {
        double extra = 1 / ((double)count + 1);
        double total = 1 + (double)axis->value_count * extra;

        own->log_hit = log((1 + extra) / total);
        own->log_miss = log(extra / total);
        return;
    }
    own->sigma = count > 0 ? bandwidth(own->places, count, parzen->axis_count) : 1;
    own->log_scale = log(own->sigma * sqrt(2 * M_PI));
    if (own->table) {
        fill_table(own);
        for (size_t i = 0; i < count; i++)
            own->places[i] = (double)axis_ordinal(axis, values[i * stride]);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        parzen->constants[i] -= log_mass_in_interval(own->places[i], own->sigma);
        if (axis->kind == AXIS_REAL)
            parzen->constants[i] -= own->log_scale;
    }
}

static void fill_weights(struct parzen *parzen, const double *weights)
{
    double total = 0;

    for (size_t i = 0; i <= parzen->count; i++)
        total += weights[i];
    for (size_t i = 0; i <= parzen->count; i++)
        parzen->cumulative[i] = weights[i] / total + (i > 0 ? parzen->cumulative[i - 1] : 0);
    for (size_t i = 0; i < parzen->count; i++)
        parzen->constants[i] = log(weights[i] / total);
    parzen->log_uniform = log(weights[parzen->count] / total);
}

/* One block for all numbers. */
static bool allot(struct parzen *parzen, const struct axis *const *axes)
{
    size_t total = 2 * parzen->count + 1 + parzen->axis_count * parzen->count;
    double *next = NULL;

    for (size_t k = 0; k < parzen->axis_count; k++)
        if (has_table(axes[k]))
            total += axes[k]->value_count * axes[k]->value_count;
    parzen->axes = calloc(parzen->axis_count + 1, sizeof *parzen->axes);
    parzen->numbers = malloc(total * sizeof *parzen->numbers);
    if (!parzen->axes || !parzen->numbers)
        return false;
    next = parzen->numbers;
    parzen->constants = next;
    next += parzen->count;
    parzen->cumulative = next;
    next += parzen->count + 1;
    for (size_t k = 0; k < parzen->axis_count; k++) {
        parzen->axes[k].axis = axes[k];
        parzen->axes[k].places = next;
        next += parzen->count;
        if (has_table(axes[k])) {
            parzen->axes[k].table = next;
            next += axes[k]->value_count * axes[k]->value_count;
        }
    }
    return true;
}

struct parzen *parzen_new(const struct axis *const *axes, size_t axis_count, const double *values,
                          size_t count, const double *weights)
{
    struct parzen *parzen = calloc(1, sizeof *parzen);

    if (!parzen)
        return NULL;
    parzen->axis_count = axis_count;
    parzen->count = count;
    if (!allot(parzen, axes)) {
        parzen_free(parzen);
        return NULL;
    }
    fill_weights(parzen, weights);
    for (size_t k = 0; k < axis_count; k++)
        fill_axis(parzen, &parzen->axes[k], values + k, axis_count);
    return parzen;
}

void parzen_free(struct parzen *parzen)
{
    if (!parzen)
        return;
    free(parzen->axes);
    free(parzen->numbers);
    free(parzen);
}

size_t parzen_draw_width(const struct parzen *parzen)
{
    return parzen->axis_count + 1;
}

/* By inversion: low and high are the probabilities at the ends of the interval. */
static double draw_truncated(double place, double sigma, double random)
{
    double low = normal_below(-place / sigma);
    double high = normal_below((1 - place) / sigma);
    double unit = place + sigma * gsl_cdf_ugaussian_Pinv(low + random * (high - low));

    return fmin(fmax(unit, 0), 1);
}

static double draw_choice(const struct parzen_axis *own, double seen, double random)
{
    double hit = exp(own->log_hit);
    double others = (double)own->axis->value_count - 1;
    double choice = 0;

    if (random < hit)
        return seen;
    choice = fmin(floor((random - hit) / (1 - hit) * others), others - 1);
    return choice < seen ? choice : choice + 1;
}

static double draw_value(const struct parzen_axis *own, size_t kernel, double random)
{
    double place = own->places[kernel];

    if (own->axis->kind == AXIS_CHOICE)
        return draw_choice(own, place, random);
    if (own->table)
        place = axis_unit(own->axis, ordinal_value(own->axis, (uint64_t)place));
    return param_spec_decode(own->axis->spec, draw_truncated(place, own->sigma, random));
}

void parzen_draw(const struct parzen *parzen, const struct random_stream *stream, uint32_t index,
                 double *values)
{
    double chosen = random_unit(stream, index);
    size_t low = 0;
    size_t high = parzen->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (parzen->cumulative[middle] > chosen)
            high = middle;
        else
            low = middle + 1;
    }
    for (size_t k = 0; k < parzen->axis_count; k++) {
        double random = random_unit(stream, index + 1 + (uint32_t)k);

        values[k] = low == parzen->count ? param_spec_decode(parzen->axes[k].axis->spec, random)
                                         : draw_value(&parzen->axes[k], low, random);
    }
}

void parzen_place(const struct axis *const *axes, size_t axis_count, const double *values,
                  double *scratch, struct parzen_place *place)
{
    place->values = values;
    place->unit = scratch;
    place->low = scratch + axis_count;
    place->high = place->low + axis_count;
    for (size_t k = 0; k < axis_count; k++) {
        bool is_ordinal = axes[k]->kind == AXIS_CHOICE || has_table(axes[k]);

        place->unit[k] =
            is_ordinal ? (double)axis_ordinal(axes[k], values[k]) : axis_unit(axes[k], values[k]);
        if (axes[k]->kind == AXIS_CELLS)
            axis_cell(axes[k], values[k], &place->low[k], &place->high[k]);
    }
}

/* Adds an axis' share to the log densities of some kernels. */
static void add_axis(const struct parzen_axis *own, const struct parzen_place *place, size_t k,
                     size_t first, size_t count, double *sums)
{
    const double *places = own->places + first;
    double unit = place->unit[k];

    if (own->axis->kind == AXIS_CHOICE) {
        for (size_t i = 0; i < count; i++)
            sums[i] += places[i] == unit ? own->log_hit : own->log_miss;
    } else if (own->table) {
        for (size_t i = 0; i < count; i++)
            sums[i] += own->table[(size_t)places[i] * own->axis->value_count + (size_t)unit];
    } else if (own->axis->kind == AXIS_CELLS) {
        for (size_t i = 0; i < count; i++)
            sums[i] += log_cell_mass(own, places[i], place->low[k], place->high[k]);
    } else {
        double factor = -0.5 / (own->sigma * own->sigma);

        for (size_t i = 0; i < count; i++)
            sums[i] += factor * (unit - places[i]) * (unit - places[i]);
    }
}

static double log_uniform_density(const struct parzen *parzen, const struct parzen_place *place)
{
    double sum = parzen->log_uniform;

    for (size_t k = 0; k < parzen->axis_count; k++) {
        const struct axis *axis = parzen->axes[k].axis;

        if (axis->kind == AXIS_CHOICE)
            sum -= log((double)axis->value_count);
        else if (axis->kind == AXIS_CELLS)
            sum += log(fmax(place->high[k] - place->low[k], 0x1p-53));
    }
    return sum;
}

double parzen_log_density(const struct parzen *parzen, const struct parzen_place *place)
{
    const double negligible = 40; /* e^-40 is below the last digit */
    double largest = log_uniform_density(parzen, place);
    double total = 1; /* of all kernels so far, times e^-largest */
    double sums[CHUNK];

    for (size_t first = 0; first < parzen->count; first += CHUNK) {
        size_t count = parzen->count - first < CHUNK ? parzen->count - first : CHUNK;

        memcpy(sums, parzen->constants + first, count * sizeof *sums);
        for (size_t k = 0; k < parzen->axis_count; k++)
            add_axis(&parzen->axes[k], place, k, first, count, sums);
        for (size_t i = 0; i < count; i++) {
            if (sums[i] > largest) {
                total = total * exp(largest - sums[i]) + 1;
                largest = sums[i];
            } else if (sums[i] > largest - negligible) {
                total += exp(sums[i] - largest);
            }
        }
    }
    return largest + log(total);
}
