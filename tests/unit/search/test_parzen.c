#include "search/parzen.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

enum { AXES = 4, ROWS_MAX = 40, REAL = 0, LONG = 3 };

static const char *const names[] = { "a", "b", "c" };
static const double powers[] = { 1, 2, 64, 4096 };

/* A density over a double, an integer of 5 values, a category, and an integer of 1000 values on a
 * log scale, whose first cells are wide and whose last ones are narrow. */
struct bed {
    struct search_space *space;
    struct axis axes[AXES];
    const struct axis *listed[AXES];
    double values[ROWS_MAX][AXES];
    double weights[ROWS_MAX + 1];
    size_t count;
    struct parzen *parzen;
};

static void make_bed(struct bed *bed, struct dice *dice, size_t count)
{
    *bed = (struct bed){ .space = search_space_new(), .count = count };

    (void)add_double(bed->space, "x", 0, 1, SCALE_NONE);
    (void)add_integer(bed->space, "layers", 1, 5, SCALE_LINEAR);
    (void)add_category(bed->space, "c", names, 3);
    (void)add_integer(bed->space, "long", 1, 1000, SCALE_LOG);
    for (size_t k = 0; k < AXES; k++) {
        cr_assert(axis_init(&bed->axes[k], &bed->space->params[k]));
        for (size_t i = 0; i < count; i++) /* not all over the interval */
            bed->values[i][k] = param_spec_decode(&bed->space->params[k], 0.6 * dice_unit(dice));
    }
    for (size_t i = 0; i <= count; i++)
        bed->weights[i] = dice_unit(dice) + 0.1;
    for (size_t k = 0; k < AXES; k++)
        bed->listed[k] = &bed->axes[k];
}

static void clear_bed(struct bed *bed)
{
    for (size_t k = 0; k < AXES; k++)
        axis_clear(&bed->axes[k]);
    parzen_free(bed->parzen);
    search_space_free(bed->space);
}

static double density(const struct parzen *parzen, const struct axis *const *axes, size_t count,
                      const double *values)
{
    double scratch[3 * AXES];
    struct parzen_place place;

    parzen_place(axes, count, values, scratch, &place);
    return exp(parzen_log_density(parzen, &place));
}

/* Simpson's rule in the double's coordinate, sums over all values of the others. */
static double total_density(const struct bed *bed)
{
    enum { STEPS = 200 };
    double total = 0;

    for (int x = 0; x <= STEPS; x++)
        for (int layers = 1; layers <= 5; layers++)
            for (int choice = 0; choice < 3; choice++) {
                double point[] = { x / (double)STEPS, layers, choice };
                double weight = x == 0 || x == STEPS ? 1 : 2 + 2 * (x % 2);

                total += weight / 3 / STEPS * density(bed->parzen, bed->listed, 3, point);
            }
    return total;
}

Test(parzen, density_integrates_to_one_over_doubles_cells_and_choices)
{
    struct dice dice = dice_new();
    static const size_t counts[] = { 0, 1, 2, 30 };

    for (int i = 0; i < 4; i++) {
        struct bed bed;
        double rows[ROWS_MAX][3];

        make_bed(&bed, &dice, counts[i]);
        for (size_t r = 0; r < bed.count; r++)
            for (int k = 0; k < 3; k++)
                rows[r][k] = bed.values[r][k];
        bed.parzen = parzen_new(bed.listed, 3, rows[0], bed.count, bed.weights);
        cr_assert(epsilon_eq(dbl, total_density(&bed), 1, 1e-5));
        clear_bed(&bed);
    }
}

/* The narrow cells' mass is the density in their middle: right to a part in 250. */
Test(parzen, masses_of_wide_and_narrow_cells_sum_up_to_one)
{
    struct dice dice = dice_new();
    struct bed bed;
    double rows[ROWS_MAX];
    double total = 0;

    make_bed(&bed, &dice, 30);
    for (size_t r = 0; r < bed.count; r++)
        rows[r] = bed.values[r][LONG];
    bed.parzen = parzen_new(bed.listed + LONG, 1, rows, bed.count, bed.weights);
    for (double value = 1; value <= 1000; value++)
        total += density(bed.parzen, bed.listed + LONG, 1, &value);
    cr_assert(epsilon_eq(dbl, total, 1, 4e-3));
    clear_bed(&bed);
}

static double mixture(const struct bed *bed, double x, double sigma)
{
    double total = 0;
    double sum = 0;

    for (size_t i = 0; i < bed->count; i++) {
        double mean = bed->values[i][REAL];
        double inside = gsl_cdf_gaussian_P(1 - mean, sigma) - gsl_cdf_gaussian_P(-mean, sigma);

        sum += bed->weights[i] * exp(-pow((x - mean) / sigma, 2) / 2) / sigma / sqrt(2 * M_PI) /
               inside;
        total += bed->weights[i];
    }
    return (sum + bed->weights[bed->count]) / (total + bed->weights[bed->count]);
}

Test(parzen, density_of_doubles_is_the_mixture_of_truncated_normals_that_it_is_said_to_be)
{
    struct dice dice = dice_new();
    struct bed bed;
    double rows[ROWS_MAX];
    double mean = 0;
    double square = 0;
    double sigma = 0;

    make_bed(&bed, &dice, 20);
    for (size_t r = 0; r < bed.count; r++) {
        rows[r] = bed.values[r][REAL];
        mean += rows[r] / 20;
        square += rows[r] * rows[r] / 20;
    }
    sigma = fmax(sqrt(square - mean * mean) * pow(20, -0.2), 0.5 / 21);
    bed.parzen = parzen_new(bed.listed, 1, rows, bed.count, bed.weights);
    for (int i = 0; i <= 100; i++) {
        double x = i / 100.0;
        double wanted = mixture(&bed, x, sigma);

        cr_assert(epsilon_eq(dbl, density(bed.parzen, bed.listed, 1, &x), wanted, 1e-9 * wanted));
    }
    clear_bed(&bed);
}

/*
 * Of each combination of a twentieth of the double's interval, layers and choice, as many draws as
 * its mass says: chi-square over 300 cells. False alarm: one in a million.
 */
Test(parzen, draws_follow_the_density)
{
    enum { DRAWS = 100000, CELLS = 300, PARTS = 20 };
    struct dice dice = { 11 };
    struct bed bed;
    struct random_stream stream = { 1, 2, RANDOM_TPE };
    double rows[ROWS_MAX][3];
    double counts[CELLS] = { 0 };
    double chi_square = 0;

    make_bed(&bed, &dice, 12);
    for (size_t r = 0; r < bed.count; r++)
        for (int k = 0; k < 3; k++)
            rows[r][k] = bed.values[r][k];
    bed.parzen = parzen_new(bed.listed, 3, rows[0], bed.count, bed.weights);
    for (uint32_t i = 0; i < DRAWS; i++) {
        double point[3];

        parzen_draw(bed.parzen, &stream, i * (uint32_t)parzen_draw_width(bed.parzen), point);
        counts[(int)fmin(point[0] * 20, 19) * 15 + (int)(point[1] - 1) * 3 + (int)point[2]]++;
    }
    for (int cell = 0; cell < CELLS; cell++) {
        double mass = 0;

        for (int i = 0; i < PARTS; i++) {
            double point[] = { (cell / 15 + (i + 0.5) / PARTS) / 20, 1 + cell % 15 / 3, cell % 3 };

            mass += density(bed.parzen, bed.listed, 3, point) / 20 / PARTS;
        }
        chi_square += pow(counts[cell] - DRAWS * mass, 2) / (DRAWS * mass);
    }
    cr_assert(lt(dbl, 1e-6, gsl_cdf_chisq_Q(chi_square, CELLS - 1)));
    clear_bed(&bed);
}

Test(parzen, axes_have_the_coordinates_and_cells_of_their_parameters)
{
    struct dice dice = dice_new();
    struct search_space *space = search_space_new();

    (void)add_double(space, "x", 1e-5, 10, SCALE_LOG);
    (void)add_double(space, "y", 0.5, 0.999, SCALE_REVERSE_LOG);
    (void)add_double(space, "z", -1.7e308, 1.7e308, SCALE_NONE);
    (void)add_integer(space, "i", -3, 12, SCALE_LINEAR);
    (void)add_integer(space, "j", 1, 4000, SCALE_LOG);
    (void)add_integer(space, "k", 1, 100, SCALE_REVERSE_LOG);
    (void)add_discrete(space, "d", powers, 4, SCALE_LOG);
    (void)add_category(space, "c", names, 3);
    for (size_t k = 0; k < space->param_count; k++) {
        struct axis axis;
        double low = 0;
        double high = 0;

        cr_assert(axis_init(&axis, &space->params[k]));
        for (int i = 0; i < 300; i++) {
            double unit = dice_unit(&dice);
            double value = param_spec_decode(axis.spec, unit);

            if (axis.kind == AXIS_CELLS) {
                axis_cell(&axis, value, &low, &high);
                cr_assert(unit >= low - 1e-9 && unit <= high + 1e-9);
                cr_assert(axis_unit(&axis, value) >= low && axis_unit(&axis, value) <= high);
            } else {
                cr_assert(epsilon_eq(dbl, axis_unit(&axis, value),
                                     param_spec_encode(axis.spec, value), 1e-9));
            }
        }
        axis_clear(&axis);
    }
    search_space_free(space);
}

Test(parzen, a_failed_allocation_is_told_and_leaks_nothing)
{
    struct dice dice = { 3 };
    struct bed bed;

    make_bed(&bed, &dice, 5);
    for (int successes = 0; !bed.parzen; successes++) {
        allocations_fail_after(successes);
        bed.parzen = parzen_new(bed.listed, AXES, bed.values[0], 5, bed.weights);
        cr_assert(eq(int, bed.parzen != NULL, !allocations_have_failed()));
        allocations_fail_after(-1);
    }
    clear_bed(&bed);
    parzen_free(NULL);
    axis_clear(NULL);
}
