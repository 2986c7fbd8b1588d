#include "search/param_spec.h"

#include "support.h"

#include "assay/value.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

static struct param_spec double_spec(double min, double max, enum param_scale scale)
{
    return (struct param_spec){ .type = PARAM_DOUBLE, .scale = scale, .min = min, .max = max };
}

static struct param_spec integer_spec(double min, double max, enum param_scale scale)
{
    return (struct param_spec){ .type = PARAM_INTEGER, .scale = scale, .min = min, .max = max };
}

static struct param_spec discrete_spec(double *numbers, size_t count, enum param_scale scale)
{
    return (struct param_spec){
        .type = PARAM_DISCRETE, .scale = scale, .value_count = count, .numbers = numbers
    };
}

static double back(const struct param_spec *spec, double value)
{
    return param_spec_decode(spec, param_spec_encode(spec, value));
}

/* The published formulas at a = 1e-4, b = 1. */
Test(param_spec, scales_follow_the_published_formulas)
{
    struct param_spec spec = double_spec(1e-4, 1, SCALE_LOG);

    cr_assert(epsilon_eq(dbl, param_spec_decode(&spec, 0.5), 1e-2, 1e-16));
    cr_assert(epsilon_eq(dbl, param_spec_encode(&spec, 1e-3), 0.25, 1e-15));
    spec.scale = SCALE_REVERSE_LOG;
    cr_assert(epsilon_eq(dbl, param_spec_decode(&spec, 0.5), 0.9901, 1e-15));
    cr_assert(epsilon_eq(dbl, param_spec_encode(&spec, 1.0001 - 1e-3), 0.75, 1e-12));
    spec.scale = SCALE_NONE;
    cr_assert(epsilon_eq(dbl, param_spec_decode(&spec, 0.5), 0.50005, 1e-16));
    cr_assert(epsilon_eq(dbl, param_spec_encode(&spec, 0.50005), 0.5, 1e-15));
}

/* Naive twin: the published back maps, word for word, in double. */
static double naive_value(enum param_scale scale, double a, double b, double u)
{
    if (scale == SCALE_LOG)
        return exp(log(a) + u * (log(b) - log(a)));
    if (scale == SCALE_REVERSE_LOG)
        return a + b - exp(log(b) - u * (log(b) - log(a)));
    return a + u * (b - a);
}

static double naive_unit(enum param_scale scale, double a, double b, double x)
{
    if (scale == SCALE_LOG)
        return (log(x) - log(a)) / (log(b) - log(a));
    if (scale == SCALE_REVERSE_LOG)
        return 1 - (log(a + b - x) - log(a)) / (log(b) - log(a));
    return (x - a) / (b - a);
}

Test(param_spec, doubles_are_those_of_the_naive_formulas_but_for_rounding)
{
    struct dice dice = dice_new();

    for (int i = 0; i < 20000; i++) {
        double a = exp(10 * dice_unit(&dice) - 10);
        struct param_spec spec = double_spec(a, a * (2 + 1e4 * dice_unit(&dice)),
                                             (enum param_scale)dice_below(&dice, 4));
        double unit = dice_unit(&dice);
        double value = naive_value(spec.scale, spec.min, spec.max, unit);

        cr_assert(epsilon_eq(dbl, param_spec_decode(&spec, unit), value, 1e-12 * spec.max));
        value = spec.min + unit * (spec.max - spec.min);
        cr_assert(epsilon_eq(dbl, param_spec_encode(&spec, value),
                             naive_unit(spec.scale, spec.min, spec.max, value), 1e-9));
    }
}

/* Naive twin: all positions on the scale, ends pushed out by half a step, the nearest position. */
Test(param_spec, discrete_draws_go_to_the_nearest_position_on_the_scale)
{
    struct dice dice = dice_new();

    for (int i = 0; i < 20000; i++) {
        double numbers[6];
        double positions[6];
        size_t count = 2 + dice_below(&dice, 5);
        struct param_spec spec =
            discrete_spec(numbers, count, (enum param_scale)dice_below(&dice, 4));
        double unit = dice_unit(&dice);
        double at = 0;
        double low = 0;
        double high = 0;
        double gap = 1;
        size_t best = 0;

        for (size_t k = 0; k < count; k++)
            numbers[k] = at += exp(6 * dice_unit(&dice) - 3);
        for (size_t k = 0; k < count; k++)
            positions[k] = naive_unit(spec.scale, numbers[0], numbers[count - 1], numbers[k]);
        low = positions[0] - (positions[1] - positions[0]) / 2;
        high = positions[count - 1] + (positions[count - 1] - positions[count - 2]) / 2;
        at = low + unit * (high - low);
        for (size_t k = 0; k < count; k++) {
            if (fabs(positions[k] - at) < fabs(positions[best] - at))
                best = k;
            if (k && fabs((positions[k] + positions[k - 1]) / 2 - at) < gap)
                gap = fabs((positions[k] + positions[k - 1]) / 2 - at);
        }
        if (gap > 1e-10) /* on a border both neighbours are right */
            cr_assert(eq(dbl, param_spec_decode(&spec, unit), numbers[best]));
    }
}

Test(param_spec, both_ends_of_every_scale_are_exact)
{
    static const double ranges[][2] = {
        { 1e-5, 1 },        { 0.1, 0.7 },      { 4.9e-324, 1.7e308 },
        { 1e-300, 3e-300 }, { 0.1, 0.3 },      { 1, 1.0000000000001 },
        { 3, 3 },           { 2.2e-16, 1e22 },
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        for (int scale = SCALE_NONE; scale <= SCALE_REVERSE_LOG; scale++) {
            struct param_spec spec =
                double_spec(ranges[i][0], ranges[i][1], (enum param_scale)scale);

            cr_assert(param_spec_decode(&spec, 0) == spec.min);
            cr_assert(param_spec_decode(&spec, 1) == spec.max);
            cr_assert(back(&spec, spec.min) == spec.min);
            cr_assert(back(&spec, spec.max) == spec.max);
        }
}

Test(param_spec, a_single_value_lies_in_the_middle)
{
    double five = 5;
    struct param_spec specs[] = { double_spec(5, 5, SCALE_LOG), integer_spec(5, 5, SCALE_LINEAR),
                                  discrete_spec(&five, 1, SCALE_REVERSE_LOG) };

    for (size_t i = 0; i < 3; i++) {
        cr_assert(eq(dbl, param_spec_encode(&specs[i], 5), 0.5));
        for (int k = 0; k <= 8; k++)
            cr_assert(eq(dbl, param_spec_decode(&specs[i], k / 8.0), 5.0));
    }
}

Test(param_spec, nan_stays_nan_and_coordinates_outside_are_clamped)
{
    struct param_spec spec = double_spec(1, 2, SCALE_LINEAR);

    cr_assert(isnan(param_spec_decode(&spec, (double)NAN)));
    cr_assert(isnan(param_spec_encode(&spec, (double)NAN)));
    cr_assert(eq(dbl, param_spec_decode(&spec, -3), 1.0));
    cr_assert(eq(dbl, param_spec_decode(&spec, 7), 2.0));
}

/* A random range of doubles: of any size, one in four only a few doubles wide. */
static struct param_spec random_double_spec(struct dice *dice)
{
    struct param_spec spec = double_spec(0, 0, (enum param_scale)dice_below(dice, 4));
    double a = dice_double(dice, 4.9e-324, 1.7e308);
    double b = dice_double(dice, 4.9e-324, 1.7e308);

    if (dice_below(dice, 2)) {
        a = exp(20 * dice_unit(dice) - 10); /* everyday sizes */
        b = a * (1 + pow(dice_unit(dice), 8) * 100);
    } else if (dice_below(dice, 2)) {
        b = a * (1 + (double)dice_below(dice, 1000) * 0x1p-52);
    }
    spec.min = fmin(a, b);
    spec.max = fmin(fmax(a, b), 1.7e308);
    if (spec.scale <= SCALE_LINEAR && dice_below(dice, 2))
        spec.min = -spec.min;
    return spec;
}

/* How far a legal value may move: one place, as param_spec.h has it. */
static long double place_at(const struct param_spec *spec, double value)
{
    long double min = (long double)spec->min;
    long double max = (long double)spec->max;

    if (spec->scale == SCALE_LOG)
        return (long double)value * expm1l(logl(max / min) * 0x1p-53L);
    if (spec->scale == SCALE_REVERSE_LOG)
        return ((max - (long double)value) + min) * expm1l(logl(max / min) * 0x1p-53L);
    return (max - min) * 0x1p-53L;
}

Test(param_spec, every_double_that_can_be_drawn_comes_back_bit_for_bit)
{
    struct dice dice = dice_new();

    for (int i = 0; i < 4000; i++) {
        struct param_spec spec = random_double_spec(&dice);

        for (int j = 0; j < 100; j++) {
            /* Also coordinates between places, and near the ends. */
            double unit = j % 4 ? dice_unit(&dice) : pow(dice_unit(&dice), 30);
            double value = param_spec_decode(&spec, j % 8 == 1 ? 1 - unit * 0x1p-40 : unit);

            cr_assert(value >= spec.min && value <= spec.max);
            cr_assert(back(&spec, value) == value, "%a of %a .. %a, scale %d", value, spec.min,
                      spec.max, (int)spec.scale);
        }
    }
}

Test(param_spec, any_legal_double_comes_back_within_one_place)
{
    struct dice dice = dice_new();

    for (int i = 0; i < 4000; i++) {
        struct param_spec spec = random_double_spec(&dice);

        for (int j = 0; j < 50; j++) {
            double value = spec.min + dice_unit(&dice) * (spec.max / 2 - spec.min / 2);

            if (spec.min > 0 && j % 2)
                value = dice_double(&dice, spec.min, spec.max);
            cr_assert(fabsl((long double)back(&spec, value) - (long double)value) <=
                          place_at(&spec, value),
                      "%a of %a .. %a, scale %d", value, spec.min, spec.max, (int)spec.scale);
        }
    }
}

Test(param_spec, a_linear_range_without_room_between_doubles_loses_none)
{
    static const double ranges[][2] = { { 0.5, 1 }, { 1, 2 }, { 5, 7 }, { 1e16, 1e16 + 64 } };
    struct dice dice = dice_new();

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct param_spec spec = double_spec(ranges[i][0], ranges[i][1], SCALE_LINEAR);

        for (int j = 0; j < 20000; j++) {
            double value = dice_double(&dice, spec.min, spec.max);

            cr_assert(back(&spec, value) == value, "%a", value);
        }
    }
}

Test(param_spec, decoding_never_falls)
{
    struct dice dice = dice_new();

    for (int i = 0; i < 4000; i++) {
        struct param_spec spec = random_double_spec(&dice);

        for (int j = 0; j < 50; j++) {
            double unit = dice_unit(&dice);
            double step = dice_below(&dice, 2) ? 0x1p-53 : dice_unit(&dice) * (1 - unit);

            cr_assert(param_spec_decode(&spec, unit) <= param_spec_decode(&spec, unit + step));
        }
    }
}

Test(param_spec, every_integer_of_a_range_below_2_to_47_comes_back)
{
    struct dice dice = dice_new();

    for (int i = 0; i < 4000; i++) {
        struct param_spec spec = integer_spec(0, 0, (enum param_scale)dice_below(&dice, 4));
        uint64_t size = dice_below(&dice, UINT64_C(1) << dice_below(&dice, 48));
        double offset = spec.scale <= SCALE_LINEAR ? -(double)dice_below(&dice, size + 1) : 1;

        spec.min = offset;
        spec.max = offset + (double)size;
        for (int j = 0; j < 100; j++) {
            double value = offset + (double)dice_below(&dice, size + 1);

            if (j < 4) /* the ends, where cells are cut most easily */
                value = fmin(spec.min + j, spec.max);
            else if (j < 8)
                value = fmax(spec.max - (j - 4), spec.min);
            cr_assert(back(&spec, value) == value, "%.17g of %.17g .. %.17g, scale %d", value,
                      spec.min, spec.max, (int)spec.scale);
        }
    }
}

Test(param_spec, integers_up_to_2_to_53_come_back_as_a_neighbour_at_most)
{
    struct param_spec spec = integer_spec(-0x1p53, 0x1p53, SCALE_LINEAR);
    struct dice dice = dice_new();

    cr_assert(param_spec_decode(&spec, 0) == -0x1p53);
    cr_assert(param_spec_decode(&spec, 1) == 0x1p53);
    for (int i = 0; i < 100000; i++) {
        double value = (double)((int64_t)(dice_bits(&dice) >> 10) - (INT64_C(1) << 53));

        cr_assert(fabs(back(&spec, value) - value) <= 1, "%.17g", value);
    }
    spec = integer_spec(1, 0x1p52, SCALE_LINEAR);
    for (int i = 0; i < 100000; i++) {
        double value = 1 + (double)(dice_bits(&dice) >> 12);

        cr_assert(back(&spec, value) == value, "%.17g", value);
    }
}

Test(param_spec, integers_own_equal_cells_on_a_linear_scale_also_at_the_ends)
{
    struct param_spec spec = integer_spec(-2, 5, SCALE_NONE);

    for (int k = 0; k < 8; k++) {
        cr_assert(eq(dbl, param_spec_decode(&spec, k / 8.0), k - 2.0));
        cr_assert(eq(dbl, param_spec_decode(&spec, (k + 1) / 8.0 - 0x1p-53), k - 2.0));
        cr_assert(eq(dbl, param_spec_encode(&spec, k - 2.0), (k + 0.5) / 8));
    }
}

/* Widened to 0.5 .. 3.5 before the logarithm: borders at ln(1.5 / 0.5) and ln(2.5 / 0.5). */
Test(param_spec, integers_on_a_log_scale_are_widened_before_the_logarithm)
{
    struct param_spec spec = integer_spec(1, 3, SCALE_LOG);
    double first = log(3) / log(7);
    double second = log(5) / log(7);

    cr_assert(eq(dbl, param_spec_decode(&spec, first - 1e-12), 1.0));
    cr_assert(eq(dbl, param_spec_decode(&spec, first + 1e-12), 2.0));
    cr_assert(eq(dbl, param_spec_decode(&spec, second - 1e-12), 2.0));
    cr_assert(eq(dbl, param_spec_decode(&spec, second + 1e-12), 3.0));
}

Test(param_spec, discrete_powers_own_equal_cells_on_a_log_scale)
{
    double numbers[] = { 1e-4, 1e-3, 1e-2, 1e-1 };
    struct param_spec spec = discrete_spec(numbers, 4, SCALE_LOG);

    for (int k = 0; k < 4; k++) {
        cr_assert(eq(dbl, param_spec_decode(&spec, k / 4.0 + 1e-12), numbers[k]));
        cr_assert(eq(dbl, param_spec_decode(&spec, (k + 1) / 4.0 - 1e-12), numbers[k]));
        cr_assert(epsilon_eq(dbl, param_spec_encode(&spec, numbers[k]), (k + 0.5) / 4, 1e-12));
    }
}

/* Range 0.5 .. 95: half of each outer gap beside the ends; borders at 1.5 and 33. */
Test(param_spec, discrete_values_lie_where_their_numbers_are)
{
    double numbers[] = { 1, 2, 64 };
    struct param_spec spec = discrete_spec(numbers, 3, SCALE_LINEAR);

    cr_assert(eq(dbl, param_spec_decode(&spec, 0.999 / 94.5), 1.0));
    cr_assert(eq(dbl, param_spec_decode(&spec, 1.001 / 94.5), 2.0));
    cr_assert(eq(dbl, param_spec_decode(&spec, 32.499 / 94.5), 2.0));
    cr_assert(eq(dbl, param_spec_decode(&spec, 32.501 / 94.5), 64.0));
    cr_assert(epsilon_eq(dbl, param_spec_encode(&spec, 2), 1.5 / 94.5, 1e-15));
}

Test(param_spec, every_discrete_value_comes_back_on_every_scale)
{
    struct dice dice = dice_new();

    for (int i = 0; i < 2000; i++) {
        double numbers[50];
        size_t count = 1 + dice_below(&dice, 50);
        struct param_spec spec =
            discrete_spec(numbers, count, (enum param_scale)dice_below(&dice, 4));
        double at = spec.scale <= SCALE_LINEAR ? -1000 * dice_unit(&dice) : 1e-3 * dice_unit(&dice);

        for (size_t k = 0; k < count; k++)
            numbers[k] = at += 1e-10 + pow(dice_unit(&dice), 20) * 1000;
        for (size_t k = 0; k < count; k++)
            cr_assert(back(&spec, numbers[k]) == numbers[k], "%.17g, scale %d", numbers[k],
                      (int)spec.scale);
        cr_assert(param_spec_decode(&spec, 0) == numbers[0]);
        cr_assert(param_spec_decode(&spec, 1) == numbers[count - 1]);
    }
}

/* Naive twin: all distances, the first of the least. */
Test(param_spec, nearest_is_the_nearest_and_the_smaller_of_two)
{
    double numbers[] = { -8, -1, 0, 2, 3, 10 };
    struct param_spec spec = discrete_spec(numbers, 6, SCALE_NONE);

    for (int step = -48; step < 56; step++) {
        double value = step / 4.0;
        size_t best = 0;

        for (size_t i = 1; i < 6; i++)
            if (fabs(numbers[i] - value) < fabs(numbers[best] - value))
                best = i;
        cr_assert(eq(sz, param_spec_nearest(&spec, value), best));
    }
}

Test(param_spec, categories_own_equal_cells)
{
    struct param_spec spec = { .type = PARAM_CATEGORICAL, .value_count = 3 };

    for (int i = 0; i < 3; i++) {
        cr_assert(eq(dbl, param_spec_decode(&spec, i / 3.0 + 1e-12), (double)i));
        cr_assert(eq(dbl, param_spec_decode(&spec, (i + 1) / 3.0 - 1e-12), (double)i));
        cr_assert(eq(dbl, back(&spec, i), (double)i));
    }
    for (spec.value_count = 1; spec.value_count < 2000; spec.value_count += 7)
        for (size_t i = 0; i < spec.value_count; i += 3)
            cr_assert(eq(dbl, back(&spec, (double)i), (double)i));
}

Test(param_spec, only_values_of_the_parameter_are_legal)
{
    double numbers[] = { 1, 2.5 };
    struct param_spec specs[] = { double_spec(-1, 1, SCALE_NONE),
                                  integer_spec(-2, 3, SCALE_NONE),
                                  discrete_spec(numbers, 2, SCALE_NONE),
                                  { .type = PARAM_CATEGORICAL, .value_count = 2 } };
    static const struct {
        double legal[2];
        double illegal[3];
    } values[] = {
        { { -1, 0.1 }, { 1.0000001, -2, 1e300 } },
        { { -2, 3 }, { 0.5, 4, -3 } },
        { { 1, 2.5 }, { 2, 0, 2.5000001 } },
        { { 0, 1 }, { 2, -1, 0.5 } },
    };

    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 2; j++)
            cr_assert(param_spec_is_legal(&specs[i], values[i].legal[j]));
        for (size_t j = 0; j < 3; j++)
            cr_assert(not(param_spec_is_legal(&specs[i], values[i].illegal[j])));
        cr_assert(not(param_spec_is_legal(&specs[i], (double)NAN)));
    }
}

Test(param_spec, the_first_value_is_the_default_or_the_middle)
{
    double numbers[] = { 1, 2, 64 };
    struct param_spec rate = double_spec(1e-5, 1, SCALE_NONE);
    struct param_spec size = discrete_spec(numbers, 3, SCALE_NONE);

    cr_assert(epsilon_eq(dbl, param_spec_first_value(&rate), 0.500005, 1e-16));
    rate.has_default = true;
    rate.default_value = 0.1;
    cr_assert(eq(dbl, param_spec_first_value(&rate), 0.1));
    size.has_default = true;
    size.default_value = 1.7;
    cr_assert(eq(dbl, param_spec_first_value(&size), 2.0));
}

Test(param_spec, values_read_as_a_person_writes_them)
{
    char sgd[] = "sgd";
    char *categories[] = { sgd };
    struct param_spec choice = { .type = PARAM_CATEGORICAL,
                                 .value_count = 1,
                                 .categories = categories };
    struct param_spec rate = double_spec(0, 1, SCALE_NONE);
    char text[ASSAY_NUMBER_TEXT];

    cr_assert(eq(str, (char *)(uintptr_t)param_spec_value_text(&choice, 0, text), sgd));
    cr_assert(strcmp(param_spec_value_text(&rate, 0.1, text), "0.1") == 0);
    cr_assert(strcmp(param_spec_value_text(&rate, 128, text), "128") == 0);
}

Test(param_spec, clear_takes_null_and_an_empty_spec)
{
    struct param_spec spec = { 0 };

    param_spec_clear(NULL);
    param_spec_clear(&spec);
    cr_assert(eq(int, spec.parent, PARAM_NO_PARENT));
}
