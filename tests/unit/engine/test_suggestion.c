#include "engine/life/suggestion.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static const struct suggestion sample = {
    .last_end_order = 12345678901,
    .provenance = { .stage = STAGE_TRUST,
                    .acquisition = ACQUISITION_LOG_EI,
                    .fallback = FALLBACK_JITTER,
                    .past_count = 99999999,
                    .pending_count = 7,
                    .acquisition_value = -3.25,
                    .mean = 0.1,
                    .deviation = 1e-300,
                    .nearest = { 99999998, 2, 0 },
                    .similarity = { 0.9, 0.1, 0 } },
};

Test(suggestion, comes_back_as_it_was_stored)
{
    double numbers[SUGGESTION_NUMBERS_MAX + 1] = {
        0
    }; /* a later version's numbers are passed over */
    struct suggestion got = { 0 };
    const struct provenance *p = &got.provenance;

    (void)suggestion_encode(&sample, numbers);
    for (size_t more = 0; more < 2; more++) {
        cr_assert(suggestion_decode(numbers, SUGGESTION_NUMBERS + more, &got));
        cr_assert(eq(i64, got.last_end_order, sample.last_end_order));
        cr_assert(eq(int, (int)p->stage, STAGE_TRUST));
        cr_assert(eq(int, (int)p->acquisition, ACQUISITION_LOG_EI));
        cr_assert(eq(int, (int)p->fallback, FALLBACK_JITTER));
        cr_assert(eq(u64, p->past_count, 99999999));
        cr_assert(eq(u64, p->pending_count, 7));
        cr_assert(eq(dbl, p->acquisition_value, -3.25));
        cr_assert(eq(dbl, p->mean, 0.1));
        cr_assert(eq(dbl, p->deviation, 1e-300));
        for (size_t i = 0; i < PROVENANCE_NEAREST; i++) {
            cr_assert(eq(u64, p->nearest[i], sample.provenance.nearest[i]));
            cr_assert(eq(dbl, p->similarity[i], sample.provenance.similarity[i]));
        }
    }
}

Test(suggestion, numbers_that_are_not_there_stay_so)
{
    double numbers[SUGGESTION_NUMBERS_MAX];
    struct suggestion plain = { .provenance = { .mean = (double)NAN } };
    struct suggestion got = { 0 };

    (void)suggestion_encode(&plain, numbers);
    cr_assert(suggestion_decode(numbers, SUGGESTION_NUMBERS, &got));
    cr_assert(isnan(got.provenance.mean));
}

Test(suggestion, the_budget_is_stored_where_it_was_changed)
{
    double numbers[SUGGESTION_NUMBERS_MAX];
    struct suggestion changed = sample;
    struct suggestion got = { 0 };

    cr_assert(eq(sz, suggestion_encode(&sample, numbers), SUGGESTION_NUMBERS));
    changed.max_trial_count = 40;
    cr_assert(eq(sz, suggestion_encode(&changed, numbers), SUGGESTION_NUMBERS_MAX));
    cr_assert(suggestion_decode(numbers, SUGGESTION_NUMBERS_MAX, &got));
    cr_assert(eq(i64, got.max_trial_count, 40));
    cr_assert(suggestion_decode(numbers, SUGGESTION_NUMBERS, &got)); /* as an older version did */
    cr_assert(eq(i64, got.max_trial_count, 0));
    numbers[SUGGESTION_NUMBERS] = -1;
    cr_assert(not(suggestion_decode(numbers, SUGGESTION_NUMBERS_MAX, &got)));
}

Test(suggestion, numbers_that_are_none_are_refused)
{
    static const double wrong[] = { -1, 0.5, 1e300, (double)NAN, (double)INFINITY };
    double numbers[SUGGESTION_NUMBERS_MAX];
    struct suggestion got = { 0 };

    (void)suggestion_encode(&sample, numbers);
    cr_assert(not(suggestion_decode(numbers, SUGGESTION_NUMBERS - 1, &got)));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        numbers[0] = wrong[i];
        cr_assert(not(suggestion_decode(numbers, SUGGESTION_NUMBERS, &got)), "%g", wrong[i]);
    }
    /* Stage, acquisition and fallback are words, and have their range. */
    for (size_t at = 1; at <= 3; at++) {
        (void)suggestion_encode(&sample, numbers);
        numbers[at] = 2147483647;
        cr_assert(suggestion_decode(numbers, SUGGESTION_NUMBERS, &got));
        numbers[at] = 2147483648;
        cr_assert(not(suggestion_decode(numbers, SUGGESTION_NUMBERS, &got)), "%zu", at);
    }
}

Test(suggestion, a_trial_that_was_stopped_is_so_also_where_nobody_knows_how_far_it_came)
{
    static const double value = 3;
    const struct trial_row row = {
        .state = TRIAL_SUCCEEDED, .number = 2, .values = &value, .value_count = 1
    };
    struct past_trial past;

    cr_assert(suggestion_past(&row, (double)NAN, &past));
    cr_assert(eq(int, (int)past.state, PAST_STOPPED));
    cr_assert(eq(dbl, past.progress, 1));
    cr_assert(suggestion_past(&row, 0, &past));
    cr_assert(eq(int, (int)past.state, PAST_COMPLETED));
}

Test(suggestion, only_trials_that_ended_by_themselves_are_past)
{
    static const struct {
        int state, failure;
        bool is_past;
    } cases[] = {
        { TRIAL_SUCCEEDED, FAILURE_NONE, true },
        { TRIAL_INFEASIBLE, FAILURE_USER_ERROR, true },
        { TRIAL_INFEASIBLE, FAILURE_NO_METRIC, true },
        { TRIAL_INFEASIBLE, FAILURE_TIMEOUT, true },
        { TRIAL_INFEASIBLE, FAILURE_OUT_OF_MEMORY, true },
        { TRIAL_INFEASIBLE, FAILURE_NOT_FOUND, true },
        { TRIAL_INFEASIBLE, FAILURE_STOPPED, false },
        { TRIAL_INFEASIBLE, FAILURE_CANCELLED, false },
        { TRIAL_INFEASIBLE, FAILURE_LOST, false },
        { TRIAL_ACTIVE, FAILURE_NONE, false },
    };
    double value = 0.5;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_good = cases[i].state == TRIAL_SUCCEEDED;
        struct trial_row row = { .number = 4,
                                 .state = cases[i].state,
                                 .failure = cases[i].failure,
                                 .point = &value,
                                 .values = is_good ? &value : NULL };
        struct past_trial past;

        cr_assert(eq(int, suggestion_past(&row, 0, &past), cases[i].is_past), "case %zu", i);
        if (!cases[i].is_past)
            continue;
        cr_assert(eq(u64, past.number, 4));
        cr_assert(eq(int, (int)past.state, is_good ? PAST_COMPLETED : PAST_INFEASIBLE));
        cr_assert(eq(dbl, past.progress, 1));
        cr_assert(suggestion_past(&row, 0.25, &past));
        cr_assert(eq(int, (int)past.state, is_good ? PAST_STOPPED : PAST_INFEASIBLE));
        cr_assert(eq(dbl, past.progress, is_good ? 0.25 : 1));
        cr_assert(suggestion_past(&row, 0, &past));
        cr_assert(past.point == &value);
        cr_assert(eq(int, past.values != NULL, is_good));
    }
}
