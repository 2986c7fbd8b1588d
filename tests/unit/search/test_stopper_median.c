#include "test_stopper_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 12, REPORTS = 10 };

/* What a trial reported, in its order; eighths, whose sums are exact in any order. */
struct reports {
    size_t count;
    double positions[REPORTS], values[REPORTS];
    bool is_stopped;
};

static struct reports random_reports(struct dice *dice)
{
    struct reports r = { .count = dice_below(dice, REPORTS + 1),
                         .is_stopped = dice_below(dice, 4) == 0 };
    bool has_steps = dice_below(dice, 8) > 0;
    bool is_ordered = dice_below(dice, 2) == 0;

    for (size_t i = 0; i < r.count; i++) {
        r.positions[i] = (double)(is_ordered ? i + 1 : dice_below(dice, 12));
        if (!has_steps)
            r.positions[i] = 0;
        r.values[i] = (double)dice_below(dice, 40) / 8 - 2;
        if (dice_below(dice, 10) == 0)
            r.values[i] = (double)NAN;
    }
    return r;
}

static bool is_usable(const struct reports *r, size_t i)
{
    return !isnan(r->values[i]);
}

/* Without steps the position is the number of the usable report. */
static double position_of(const struct reports *r, size_t i)
{
    bool has_steps = false;
    size_t number = 0;

    for (size_t k = 0; k < r->count; k++)
        has_steps |= is_usable(r, k) && r->positions[k] != 0;
    for (size_t k = 0; k <= i; k++)
        number += is_usable(r, k);
    return has_steps ? r->positions[i] : (double)number;
}

/* The last report of its position? */
static bool is_counted(const struct reports *r, size_t i)
{
    for (size_t k = i + 1; k < r->count; k++)
        if (is_usable(r, k) && position_of(r, k) == position_of(r, i))
            return false;
    return is_usable(r, i);
}

static double end_of(const struct reports *r)
{
    double end = -(double)INFINITY;

    for (size_t i = 0; i < r->count; i++)
        if (is_usable(r, i))
            end = fmax(end, position_of(r, i));
    return end;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double naive_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* A tenth of the median of where full trials ended; of all where none is full. */
static double naive_grace(const struct reports *past, size_t past_count)
{
    double ends[2][TRIALS];
    size_t counts[2] = { 0 };

    for (size_t i = 0; i < past_count; i++)
        if (isfinite(end_of(&past[i]))) {
            ends[1][counts[1]++] = end_of(&past[i]);
            if (!past[i].is_stopped)
                ends[0][counts[0]++] = end_of(&past[i]);
        }
    if (counts[0] > 0)
        return 0.1 * naive_median(ends[0], counts[0]);
    return counts[1] > 0 ? 0.1 * naive_median(ends[1], counts[1]) : 0;
}

/* The rule's words, maximized. Returns whether to stop; *bar is NaN where too few can be compared.
 */
static bool naive_rule(const struct reports *past, size_t past_count, const struct reports *trial,
                       double *bar)
{
    double position = end_of(trial);
    double best = -(double)INFINITY;
    double averages[TRIALS];
    size_t count = 0;

    *bar = (double)NAN;
    for (size_t i = 0; i < trial->count; i++)
        if (is_counted(trial, i))
            best = fmax(best, trial->values[i]);
    for (size_t t = 0; t < past_count; t++) {
        double sum = 0;
        size_t terms = 0;

        for (size_t i = 0; i < past[t].count; i++)
            if (is_counted(&past[t], i) && position_of(&past[t], i) <= position) {
                sum += past[t].values[i];
                terms++;
            }
        if (terms > 0)
            averages[count++] = sum / (double)terms;
    }
    if (!isfinite(position) || position < naive_grace(past, past_count) || count < 5)
        return false;
    *bar = naive_median(averages, count);
    return best < *bar;
}

static struct curve curve_of(struct reports *r, double sign)
{
    for (size_t i = 0; i < r->count; i++)
        r->values[i] *= sign;
    cr_assert(curve_clean(r->positions, r->values, &r->count));
    return (struct curve){ r->count, r->positions, r->values };
}

static void check_history(struct dice *dice, double sign, size_t *stopped)
{
    struct stopper_options options = { .kind = STOPPER_MEDIAN, .is_maximized = sign > 0 };
    struct stopper *stopper = stopper_of(&options);
    struct reports past[TRIALS];
    struct reports trial = random_reports(dice);
    struct stopper_verdict verdict;
    size_t count = dice_below(dice, TRIALS + 1);
    double bar = 0;
    bool wanted = false;
    struct curve curve;

    for (size_t i = 0; i < count; i++)
        past[i] = random_reports(dice);
    wanted = naive_rule(past, count, &trial, &bar);
    for (size_t i = 0; i < count; i++) {
        struct stopper_trial done = { .curve = curve_of(&past[i], sign),
                                      .is_stopped = past[i].is_stopped };

        done.final_value = done.curve.count > 0 ? 1 : (double)NAN;
        cr_assert(stopper_append(stopper, &done));
    }
    curve = curve_of(&trial, sign);
    cr_assert(stopper_decide(stopper, &curve, (double)NAN, &verdict));
    cr_assert(eq(int, verdict.should_stop, wanted));
    cr_assert(isnan(bar) ? isnan(verdict.bar) : verdict.bar == sign * bar);
    *stopped += wanted;
    stopper_free(stopper);
}

Test(stopper_median, equals_its_naive_twin_on_ten_thousand_histories)
{
    struct dice dice = dice_new();
    size_t stopped = 0;

    for (int round = 0; round < 10000; round++)
        check_history(&dice, round % 2 ? 1 : -1, &stopped);
    cr_assert(lt(sz, 500, stopped)); /* else the histories would test nothing */
    cr_assert(lt(sz, stopped, 9500));
}

/* Averages 1.5, 2.5, …, 6.5 at position 2, whose median is 4. */
static struct stopper *six_trials(void)
{
    struct stopper_options options = { .kind = STOPPER_MEDIAN, .is_maximized = true };
    struct stopper *stopper = stopper_of(&options);
    const double positions[] = { 1, 2, 10 };

    for (int i = 1; i <= 6; i++) {
        double values[] = { i, i + 1, 100 };

        append_full(stopper, positions, values, 3);
    }
    return stopper;
}

Test(stopper_median, only_strictly_below_is_worse)
{
    struct stopper *stopper = six_trials();
    const double positions[] = { 1, 2 };
    double values[] = { 4, -50 };
    struct curve curve = { 2, positions, values };
    struct stopper_verdict verdict;

    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(eq(dbl, verdict.bar, 4));
    cr_assert(eq(u64, verdict.trial_count, 6));
    cr_assert(not(verdict.should_stop));
    cr_assert(eq(int, verdict.why, STOPPER_WHY_GOOD));
    values[0] = 3.99;
    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(verdict.should_stop);
    cr_assert(eq(dbl, verdict.value, 3.99));
    stopper_free(stopper);
}

Test(stopper_median, the_first_tenth_is_grace)
{
    struct stopper *stopper = six_trials();
    const double positions[] = { 0.99, 1 };
    const double values[] = { -9, -9 };
    struct curve curve = { 1, positions, values };
    struct stopper_verdict verdict;

    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(eq(int, verdict.why, STOPPER_WHY_EARLY));
    curve.count = 2;
    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(verdict.should_stop);
    stopper_free(stopper);
}
