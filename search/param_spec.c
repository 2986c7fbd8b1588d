#include "search/param_spec.h"

#include "assay/value.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/*
 * The scales are computed in long double (64 bits of mantissa and a wide exponent on x86-64, more
 * elsewhere): the result, rounded once to double, does not depend on which exp() a machine has, no
 * range of doubles overflows, and half steps beside 2^53 are exact.
 */
_Static_assert(LDBL_MANT_DIG >= 64, "scales need a long double that is wider than double");

static const int64_t place_max = INT64_C(1) << 53;

/*
 * How the coordinate runs over a DISCRETE spec's values, with half a step on either side. Half a
 * step of a logarithm is a square root of a ratio: on the log scales all is squared instead, which
 * leaves one logarithm to take.
 */
struct discrete_range {
    long double start;  /* at 0: a value, or the square of one */
    long double extent; /* to 1: a difference, or the logarithm of a ratio of squares */
};

void param_spec_clear(struct param_spec *spec)
{
    if (!spec)
        return;
    for (size_t i = 0; spec->categories && i < spec->value_count; i++)
        free(spec->categories[i]);
    free(spec->categories);
    free(spec->numbers);
    free(spec->conditions);
    free(spec->field);
    free(spec->id);
    *spec = (struct param_spec){ .parent = PARAM_NO_PARENT };
}

uint64_t param_spec_value_total(const struct param_spec *spec)
{
    switch (spec->type) {
    case PARAM_INTEGER:
        return (uint64_t)((int64_t)spec->max - (int64_t)spec->min) + 1;
    case PARAM_CATEGORICAL:
    case PARAM_DISCRETE:
        return spec->value_count;
    case PARAM_DOUBLE:
        break;
    }
    return 0;
}

static bool has_one_value(const struct param_spec *spec)
{
    if (spec->type == PARAM_DOUBLE)
        return spec->min == spec->max;
    return param_spec_value_total(spec) == 1;
}

/* A log scale over low .. high, at a coordinate in [0, 1]; expm1l() keeps the low end exact. */
static long double scale_value(enum param_scale scale, long double low, long double high,
                               long double unit)
{
    switch (scale) {
    case SCALE_LOG:
        return low + low * expm1l(unit * logl(high / low));
    case SCALE_REVERSE_LOG:
        return low - high * expm1l(-unit * logl(high / low));
    case SCALE_NONE:
    case SCALE_LINEAR:
        break;
    }
    return low + unit * (high - low);
}

/* The inverse. The mirrored value is summed so that no digits cancel at the top of the range. */
static long double scale_unit(enum param_scale scale, long double low, long double high,
                              long double value)
{
    switch (scale) {
    case SCALE_LOG:
        return logl(value / low) / logl(high / low);
    case SCALE_REVERSE_LOG:
        return -logl(((high - value) + low) / high) / logl(high / low);
    case SCALE_NONE:
    case SCALE_LINEAR:
        break;
    }
    return (value - low) / (high - low);
}

static double clamp(double value, double min, double max)
{
    if (value < min)
        return min;
    return value > max ? max : value;
}

static double decode_double(const struct param_spec *spec, double place)
{
    long double value = 0;

    if (place <= 0)
        return spec->min;
    if (place >= 1)
        return spec->max;
    value = scale_value(spec->scale, (long double)spec->min, (long double)spec->max,
                        (long double)place);
    return clamp((double)value, spec->min, spec->max);
}

static double decode_integer(const struct param_spec *spec, double place)
{
    long double value = scale_value(spec->scale, (long double)spec->min - 0.5L,
                                    (long double)spec->max + 0.5L, (long double)place);

    return clamp((double)floorl(value + 0.5L), spec->min, spec->max);
}

static double decode_category(const struct param_spec *spec, double place)
{
    size_t index = (size_t)((long double)place * (long double)spec->value_count);

    return (double)(index < spec->value_count ? index : spec->value_count - 1);
}

static bool is_log(enum param_scale scale)
{
    return scale == SCALE_LOG || scale == SCALE_REVERSE_LOG;
}

/* A DISCRETE value, on the reverse scale its mirror image, of which that scale is the logarithm. */
static long double mirrored(const struct param_spec *spec, double value)
{
    double first = spec->numbers[0];
    double last = spec->numbers[spec->value_count - 1];

    if (spec->scale != SCALE_REVERSE_LOG)
        return (long double)value;
    return ((long double)last - (long double)value) + (long double)first;
}

/* Of at least two values. On the reverse scale it is that of the mirror images, from the least. */
static struct discrete_range discrete_range_of(const struct param_spec *spec)
{
    bool is_reverse = spec->scale == SCALE_REVERSE_LOG;
    size_t end = spec->value_count - 1;
    long double first = mirrored(spec, spec->numbers[is_reverse ? end : 0]);
    long double second = mirrored(spec, spec->numbers[is_reverse ? end - 1 : 1]);
    long double before = mirrored(spec, spec->numbers[is_reverse ? 1 : end - 1]);
    long double last = mirrored(spec, spec->numbers[is_reverse ? 0 : end]);
    long double start = first - (second - first) / 2;

    if (!is_log(spec->scale))
        return (struct discrete_range){ start, last + (last - before) / 2 - start };
    /* start = (first / sqrt(second / first))^2, end = (last x sqrt(last / before))^2 */
    return (struct discrete_range){ first * first * first / second,
                                    logl(second * last * last * last /
                                         (first * first * first * before)) };
}

/* Is value (in the units of the range) before the border of numbers[i] and numbers[i + 1]? */
static bool is_below_border(const struct param_spec *spec, size_t i, long double value)
{
    long double a = mirrored(spec, spec->numbers[i]);
    long double b = mirrored(spec, spec->numbers[i + 1]);

    if (!is_log(spec->scale))
        return value < a + (b - a) / 2;
    return spec->scale == SCALE_LOG ? value < a * b : value > a * b;
}

static double decode_discrete(const struct param_spec *spec, double place)
{
    size_t low = 0;
    size_t high = spec->value_count - 1;
    struct discrete_range range = discrete_range_of(spec);
    long double way =
        (long double)(spec->scale == SCALE_REVERSE_LOG ? 1 - place : place) * range.extent;
    long double value = range.start + (is_log(spec->scale) ? range.start * expm1l(way) : way);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (is_below_border(spec, middle, value))
            high = middle;
        else
            low = middle + 1;
    }
    return spec->numbers[low];
}

/* To the nearest multiple of 2^-53: above one half, doubles are that already; below, the sum is. */
static double nearest_place(double unit)
{
    if (unit <= 0)
        return 0;
    if (unit >= 1)
        return 1;
    return unit < 0.5 ? (unit + 0.5) - 0.5 : unit;
}

double param_spec_decode(const struct param_spec *spec, double unit)
{
    double place = nearest_place(unit);

    if (isnan(unit))
        return unit;
    switch (spec->type) {
    case PARAM_DOUBLE:
        return decode_double(spec, place);
    case PARAM_INTEGER:
        return decode_integer(spec, place);
    case PARAM_CATEGORICAL:
        return decode_category(spec, place);
    case PARAM_DISCRETE:
        break;
    }
    return has_one_value(spec) ? spec->numbers[0] : decode_discrete(spec, place);
}

static double decode_place(const struct param_spec *spec, int64_t place)
{
    return param_spec_decode(spec, (double)place * 0x1p-53);
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/*
 * The place whose value is value, or the nearest to it, near a guess that rounding has moved by a
 * few places (by many where many places share one double). Almost always the guess is right.
 */
static int64_t find_place(const struct param_spec *spec, double value, int64_t guess)
{
    int64_t low = guess;
    int64_t high = guess;

    for (int64_t step = 1; low > 0 && decode_place(spec, low) > value; step *= 2)
        low -= lesser(step, low);
    for (int64_t step = 1; high < place_max && decode_place(spec, high) < value; step *= 2)
        high += lesser(step, place_max - high);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        if (decode_place(spec, middle) <= value)
            low = middle;
        else
            high = middle;
    }
    return value - decode_place(spec, low) <= decode_place(spec, high) - value ? low : high;
}

static long double encode_guess(const struct param_spec *spec, double value)
{
    struct discrete_range range = { 0, 0 };
    long double unit = 0;

    switch (spec->type) {
    case PARAM_CATEGORICAL:
        return ((long double)value + 0.5L) / (long double)spec->value_count;
    case PARAM_INTEGER:
        return scale_unit(spec->scale, (long double)spec->min - 0.5L, (long double)spec->max + 0.5L,
                          (long double)value);
    case PARAM_DISCRETE:
        range = discrete_range_of(spec);
        if (!is_log(spec->scale))
            return ((long double)value - range.start) / range.extent;
        unit = logl(mirrored(spec, value) * mirrored(spec, value) / range.start) / range.extent;
        return spec->scale == SCALE_REVERSE_LOG ? 1 - unit : unit;
    case PARAM_DOUBLE:
        break;
    }
    if (value <= spec->min || value >= spec->max)
        return value <= spec->min ? 0 : 1;
    return scale_unit(spec->scale, (long double)spec->min, (long double)spec->max,
                      (long double)value);
}

double param_spec_encode(const struct param_spec *spec, double value)
{
    long double unit = 0;

    if (isnan(value))
        return value;
    if (has_one_value(spec))
        return 0.5;
    unit = encode_guess(spec, value);
    if (!(unit >= 0)) /* written so that NaN, which no legal value gives, stays in the interval */
        unit = 0;
    if (unit > 1)
        unit = 1;
    return (double)find_place(spec, value, llrintl(unit * 0x1p53L)) * 0x1p-53;
}

size_t param_spec_nearest(const struct param_spec *spec, double value)
{
    size_t low = 0;
    size_t high = spec->value_count - 1;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        long double a = (long double)spec->numbers[middle];
        long double b = (long double)spec->numbers[middle + 1];

        if ((long double)value - a <= b - (long double)value)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bool param_spec_is_legal(const struct param_spec *spec, double value)
{
    switch (spec->type) {
    case PARAM_DOUBLE:
        return value >= spec->min && value <= spec->max;
    case PARAM_INTEGER:
        return value >= spec->min && value <= spec->max && value == floor(value);
    case PARAM_CATEGORICAL:
        return value >= 0 && value < (double)spec->value_count && value == floor(value);
    case PARAM_DISCRETE:
        break;
    }
    return !isnan(value) && spec->numbers[param_spec_nearest(spec, value)] == value;
}

double param_spec_first_value(const struct param_spec *spec)
{
    if (!spec->has_default)
        return param_spec_decode(spec, 0.5);
    if (spec->type == PARAM_DISCRETE)
        return spec->numbers[param_spec_nearest(spec, spec->default_value)];
    return spec->default_value;
}

const char *param_spec_value_text(const struct param_spec *spec, double value, char *buffer)
{
    if (spec->type == PARAM_CATEGORICAL)
        return spec->categories[(size_t)value];
    return assay_number_text(value, buffer);
}
