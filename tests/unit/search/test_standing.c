#include "search/standing.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static const struct sampler_metric metrics[] = {
    { .is_maximized = true },
    { .is_safety = true, .safety_threshold = 1 },
    { 0 },
};

static struct sampler sampler_of(size_t metric_count)
{
    struct sampler sampler = { .metric_count = metric_count,
                               .objective_count = metric_count == 3 ? 2 : 1 };

    for (size_t i = 0; i < metric_count; i++)
        sampler.metrics[i] = metrics[i];
    return sampler;
}

static void append(struct history *history, enum past_state state, double progress, double first,
                   double safety, double last)
{
    double values[] = { first, safety, last };
    struct past_trial trial = {
        .number = history_count(history) + 1, .state = state, .progress = progress, .values = values
    };

    cr_assert(history_append(history, &trial));
}

static void rank(const struct sampler *sampler, const struct history *history,
                 struct standing *list)
{
    for (size_t i = 0; i < history_count(history); i++)
        list[i].index = i;
    cr_assert(standing_rank(sampler, history, list, history_count(history)));
}

Test(standing, completed_before_stopped_before_unsafe_before_failed)
{
    static const size_t wanted[] = { 5, 0, 8, 3, 7, 2, 1, 4, 6, 9 };
    static const size_t ranks[] = { 0, 1, 1, 2, 3, 4, 5, 6, 6, 6 };
    struct sampler sampler = sampler_of(2);
    struct history *history = history_new(0, 2);
    struct standing list[10];

    append(history, PAST_COMPLETED, 1, 5, 0, 0);
    append(history, PAST_COMPLETED, 1, 9, 3, 0); /* unsafe by 2 */
    append(history, PAST_COMPLETED, 1, 1, 2, 0); /* unsafe by 1 */
    append(history, PAST_STOPPED, 0.5, 7, 0, 0);
    append(history, PAST_INFEASIBLE, 1, 9, 0, 0);
    append(history, PAST_COMPLETED, 1, 6, 1, 0);
    append(history, PAST_COMPLETED, 1, (double)NAN, 0, 0);
    append(history, PAST_STOPPED, 0.25, 8, 0, 0);
    append(history, PAST_COMPLETED, 1, 5, 0.5, 0);
    append(history, PAST_COMPLETED, 1, 5, (double)NAN, 0);
    rank(&sampler, history, list);
    for (int i = 0; i < 10; i++) {
        cr_assert(eq(sz, list[i].index, wanted[i]), "place %d", i);
        cr_assert(eq(sz, list[i].rank, ranks[i]), "place %d", i);
    }
    cr_assert(eq(dbl, list[0].losses[0], -6));
    history_free(history);
}

Test(standing, several_objectives_rank_by_front_and_then_by_room)
{
    /* As losses: a front of (-4, 1) (-3, 0.5) (-2.9, 0.4) (-1, 0), then one row behind it. */
    static const size_t wanted[] = { 0, 3, 2, 1, 4, 5 };
    struct sampler sampler = sampler_of(3);
    struct history *history = history_new(0, 3);
    struct standing list[6];

    append(history, PAST_COMPLETED, 1, 4, 0, 1);
    append(history, PAST_COMPLETED, 1, 3, 0, 0.5);
    append(history, PAST_COMPLETED, 1, 2.9, 0, 0.4);
    append(history, PAST_COMPLETED, 1, 1, 0, 0);
    append(history, PAST_COMPLETED, 1, 2, 0, 2);
    append(history, PAST_COMPLETED, 1, 100, 7, -100); /* unsafe */
    rank(&sampler, history, list);
    for (int i = 0; i < 6; i++)
        cr_assert(eq(sz, list[i].index, wanted[i]), "place %d", i);
    cr_assert(isinf(list[0].crowding) && isinf(list[1].crowding));
    cr_assert(epsilon_eq(dbl, list[2].crowding, 2.0 / 3 + 0.5, 1e-12));
    cr_assert(eq(sz, list[3].rank, 0));
    cr_assert(eq(sz, list[4].rank, 1));
    cr_assert(eq(sz, list[5].rank, 2));
    history_free(history);
}

Test(standing, a_failed_allocation_is_told_and_leaks_nothing)
{
    struct sampler sampler = sampler_of(3);
    struct history *history = history_new(0, 3);
    struct standing list[2] = { { .index = 0 }, { .index = 1 } };
    bool is_done = false;

    append(history, PAST_COMPLETED, 1, 4, 0, 1);
    append(history, PAST_COMPLETED, 1, 3, 0, 2);
    for (int successes = 0; !is_done; successes++) {
        allocations_fail_after(successes);
        is_done = standing_rank(&sampler, history, list, 2);
        cr_assert(eq(int, is_done, !allocations_have_failed()));
        allocations_fail_after(-1);
    }
    cr_assert(eq(sz, list[1].rank, 1));
    history_free(history);
}
