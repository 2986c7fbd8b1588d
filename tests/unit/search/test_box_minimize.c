#include "search/box_minimize.h"

#include "gp_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

enum { N = 12 };

struct counted {
    size_t calls;
    double least; /* of all values given out */
    const double *lower, *upper;
    double scale[N], middle[N], tilt; /* of the quadratic */
};

static void count_call(struct counted *counted, const double *x, size_t n, double value)
{
    counted->calls++;
    if (value < counted->least)
        counted->least = value;
    for (size_t i = 0; i < n; i++)
        cr_assert(x[i] >= counted->lower[i] && x[i] <= counted->upper[i], "x[%zu] = %g", i, x[i]);
}

static double rosenbrock(const double *x, double *gradient, void *context)
{
    double a = x[1] - x[0] * x[0], b = 1 - x[0];
    double value = 100 * a * a + b * b;

    gradient[0] = -400 * a * x[0] - 2 * b;
    gradient[1] = 200 * a;
    count_call(context, x, 2, value);
    return value;
}

/* Rosenbrock, not a number where x[0] > 0.5. */
static double holed(const double *x, double *gradient, void *context)
{
    return x[0] > 0.5 ? (double)NAN : rosenbrock(x, gradient, context);
}

/* sum scale (x - middle)^2 / 2 + tilt (sum (x - middle))^2 / 2 */
static double quadratic(const double *x, double *gradient, void *context)
{
    struct counted *counted = context;
    double sum = 0, value = 0;

    for (size_t i = 0; i < N; i++)
        sum += x[i] - counted->middle[i];
    for (size_t i = 0; i < N; i++) {
        double part = x[i] - counted->middle[i];

        gradient[i] = counted->scale[i] * part + counted->tilt * sum;
        value += counted->scale[i] * part * part / 2;
    }
    value += counted->tilt * sum * sum / 2;
    count_call(counted, x, N, value);
    return value;
}

static double minimize(struct counted *counted, box_function function, size_t dimension,
                       size_t evaluations, double *x)
{
    struct box_problem problem = { .dimension = dimension,
                                   .lower = counted->lower,
                                   .upper = counted->upper,
                                   .function = function,
                                   .context = counted,
                                   .max_evaluations = evaluations,
                                   .gradient_tolerance = 1e-9 };
    double value = (double)NAN;
    bool is_done = false;

    counted->least = HUGE_VAL;
    counted->calls = 0;
    is_done = box_minimize(&problem, x, &value) == BOX_DONE;
    cr_assert(is_done);
    cr_assert(counted->calls <= evaluations);
    return value;
}

Test(box_minimize, rosenbrock_ends_in_its_valley)
{
    const double lower[] = { -5, -5 }, upper[] = { 5, 5 };
    struct counted counted = { .lower = lower, .upper = upper };
    double x[] = { -1.2, 1 };
    double value = minimize(&counted, rosenbrock, 2, 300, x);

    cr_assert(is_near(x[0], 1, 0, 1e-4));
    cr_assert(is_near(x[1], 1, 0, 2e-4));
    cr_assert(lt(dbl, value, 1e-8));
    cr_assert(lt(sz, counted.calls, 100)); /* no better than steepest descent otherwise */
}

/* On x[0] <= 0.5 the least value is at (0.5, 0.25), where both bounds may act. */
Test(box_minimize, rosenbrock_ends_on_the_bound_that_is_in_its_way)
{
    const double lower[] = { -5, -5 }, upper[] = { 0.5, 5 };
    struct counted counted = { .lower = lower, .upper = upper };
    double x[] = { -1.2, 1 };
    double value = minimize(&counted, rosenbrock, 2, 300, x);

    cr_assert(eq(dbl, x[0], 0.5));
    cr_assert(is_near(x[1], 0.25, 0, 1e-6));
    cr_assert(is_near(value, 0.25, 1e-9, 0));
}

Test(box_minimize, a_region_that_is_no_number_is_not_entered)
{
    const double lower[] = { -5, -5 }, upper[] = { 5, 5 };
    struct counted counted = { .lower = lower, .upper = upper };
    double x[] = { -1.2, 1 };
    double start_value = 24.2;
    double value = minimize(&counted, holed, 2, 300, x);

    cr_assert(x[0] <= 0.5);
    cr_assert(isfinite(value));
    cr_assert(lt(dbl, value, start_value / 4));
    cr_assert(eq(dbl, value, counted.least));
}

Test(box_minimize, a_start_that_is_no_number_is_refused)
{
    const double lower[] = { -5, -5 }, upper[] = { 5, 5 };
    struct counted counted = { .lower = lower, .upper = upper };
    struct box_problem problem = { .dimension = 2,
                                   .lower = lower,
                                   .upper = upper,
                                   .function = holed,
                                   .context = &counted,
                                   .max_evaluations = 10 };
    double x[] = { 2, 2 };
    double value = 0;

    cr_assert(eq(int, (int)box_minimize(&problem, x, &value), BOX_NO_START));
}

/*
 * A separable quadratic: each coordinate ends at its middle, clipped. A tilted one is checked by
 * the conditions of Karush, Kuhn and Tucker, which are enough where the function is convex.
 */
Test(box_minimize, quadratics_end_where_the_slope_is_zero_or_points_out_of_the_box)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 200; round++) {
        double lower[N], upper[N], x[N], gradient[N];
        struct counted counted = { .lower = lower, .upper = upper, .tilt = round % 2 };

        for (size_t i = 0; i < N; i++) {
            lower[i] = -dice_unit(&dice);
            upper[i] = i == 3 ? lower[i] : dice_unit(&dice);
            counted.scale[i] = exp(4 * dice_unit(&dice) - 2);
            counted.middle[i] = 4 * dice_unit(&dice) - 2;
            x[i] = 6 * dice_unit(&dice) - 3; /* often outside */
        }
        (void)minimize(&counted, quadratic, N, 500, x);
        (void)quadratic(x, gradient, &counted);
        for (size_t i = 0; i < N; i++) {
            double wanted = fmin(fmax(counted.middle[i], lower[i]), upper[i]);
            bool is_still = fabs(gradient[i]) < 2e-3;

            if (round % 2 == 0)
                cr_assert(is_near(x[i], wanted, 0, 1e-3), "x[%zu] = %g, not %g", i, x[i], wanted);
            cr_assert(is_still || (x[i] == lower[i] && gradient[i] > 0) ||
                          (x[i] == upper[i] && gradient[i] < 0),
                      "slope %g at x[%zu] = %g", gradient[i], i, x[i]);
        }
    }
}

Test(box_minimize, the_best_point_seen_is_left_whenever_it_ends)
{
    struct dice dice = dice_new();

    for (size_t evaluations = 1; evaluations < 40; evaluations++) {
        const double lower[] = { -5, -5 }, upper[] = { 5, 5 };
        struct counted counted = { .lower = lower, .upper = upper };
        double x[] = { 4 * dice_unit(&dice) - 2, 4 * dice_unit(&dice) - 2 };
        double gradient[2];
        double value = minimize(&counted, rosenbrock, 2, evaluations, x);

        cr_assert(eq(dbl, value, counted.least));
        cr_assert(eq(dbl, rosenbrock(x, gradient, &counted), value));
    }
}

Test(box_minimize, the_same_start_gives_the_same_end)
{
    const double lower[] = { -5, -5 }, upper[] = { 5, 5 };
    struct counted counted = { .lower = lower, .upper = upper };
    double x[] = { -1.2, 1 }, y[] = { -1.2, 1 };

    (void)minimize(&counted, rosenbrock, 2, 37, x);
    (void)minimize(&counted, rosenbrock, 2, 37, y);
    cr_assert(is_same_point(x, y, 2));
}

static double nothing(const double *x, double *gradient, void *context)
{
    (void)x;
    (void)gradient;
    (void)context;
    return 5;
}

Test(box_minimize, no_variables_have_a_value_too)
{
    struct counted counted = { 0 };
    double x[1] = { 0 };

    cr_assert(eq(dbl, minimize(&counted, nothing, 0, 10, x), 5));
}

Test(box_minimize, each_failed_allocation_is_an_answer)
{
    const double lower[] = { -5, -5 }, upper[] = { 5, 5 };
    struct counted counted = { .lower = lower, .upper = upper };
    struct box_problem problem = { .dimension = 2,
                                   .lower = lower,
                                   .upper = upper,
                                   .function = rosenbrock,
                                   .context = &counted,
                                   .max_evaluations = 10 };
    enum box_answer answer = BOX_NO_MEMORY;

    for (int successes = 0; answer != BOX_DONE; successes++) {
        double x[] = { 2, 2 };
        double value = 0;

        allocations_fail_after(successes);
        answer = box_minimize(&problem, x, &value);
        cr_assert(eq(int, (int)answer, allocations_have_failed() ? BOX_NO_MEMORY : BOX_DONE));
        allocations_fail_after(-1);
    }
}
