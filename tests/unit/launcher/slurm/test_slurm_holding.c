#include "launcher/slurm/slurm_holding.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_US (INT64_C(60) * 1000 * 1000)

static struct slurm_holding holding;
static struct slurm_queue queue;

/* A queue of up to two allocations of ours: their state and time left, NULL for none. */
static const struct slurm_job *choose(const char *first, const char *second)
{
    char text[512] = "";
    struct assay_error err = { 0 };
    const char *const jobs[] = { first, second };

    for (int i = 0; i < 2; i++) {
        size_t used = strlen(text);

        if (jobs[i])
            (void)snprintf(text + used, sizeof text - used, "%d|%s|assay-%s%d|%s%d|None\n", i + 1,
                           jobs[i], holding.prefix, i + 1, holding.prefix, i + 1);
    }
    slurm_queue_clear(&queue);
    cr_assert(slurm_queue_parse(text, &queue, &err));
    return slurm_holding_choose(&holding, &queue);
}

static void set_up(void)
{
    slurm_holding_init(&holding, "/state");
}

static void tear_down(void)
{
    slurm_queue_clear(&queue);
}

TestSuite(slurm_holding, .init = set_up, .fini = tear_down);

Test(slurm_holding, without_an_allocation_one_is_wanted_until_it_waits)
{
    cr_assert(choose(NULL, NULL) == NULL);
    cr_assert(slurm_holding_wants_more(&holding, &queue, 0, false));
    cr_assert(choose("PENDING|1:00:00", NULL) == NULL);
    cr_assert(not(slurm_holding_wants_more(&holding, &queue, 0, false)));
}

Test(slurm_holding, one_that_has_ended_counts_for_nothing)
{
    cr_assert(choose("TIMEOUT|0:00", NULL) == NULL);
    cr_assert(slurm_holding_wants_more(&holding, &queue, 0, false));
}

Test(slurm_holding, a_second_one_is_asked_for_when_a_tenth_of_the_time_is_left)
{
    cr_assert(choose("RUNNING|1:00:00", NULL) != NULL);
    cr_assert(not(slurm_holding_wants_more(&holding, &queue, 0, false)));
    cr_assert(choose("RUNNING|6:01", NULL) != NULL);
    cr_assert(not(slurm_holding_wants_more(&holding, &queue, 0, false)));
    cr_assert(choose("RUNNING|5:59", NULL) != NULL);
    cr_assert(slurm_holding_wants_more(&holding, &queue, 0, false));
    cr_assert(choose("RUNNING|5:50", "PENDING|1:00:00") != NULL);
    cr_assert(not(slurm_holding_wants_more(&holding, &queue, 0, false)));
}

Test(slurm_holding, who_has_a_timeout_needs_as_much_time_as_an_allocation_can_give_it)
{
    (void)choose("RUNNING|20:00/1:00:00", NULL);
    cr_assert(eq(i64, slurm_holding_need_us(&holding, 0), 6 * MINUTE_US));
    cr_assert(eq(i64, slurm_holding_need_us(&holding, 1 * MINUTE_US), 6 * MINUTE_US));
    cr_assert(eq(i64, slurm_holding_need_us(&holding, 40 * MINUTE_US), 40 * MINUTE_US));
    cr_assert(eq(i64, slurm_holding_need_us(&holding, 58 * MINUTE_US), 54 * MINUTE_US));
    /* Longer than any: that says nothing of how long it takes. */
    cr_assert(eq(i64, slurm_holding_need_us(&holding, 90 * MINUTE_US), 6 * MINUTE_US));
}

Test(slurm_holding, a_minute_is_enough_to_start_something_in)
{
    (void)choose("RUNNING|1:00/1:00", NULL);
    cr_assert(eq(i64, slurm_holding_need_us(&holding, 0), MINUTE_US / 2));
}

Test(slurm_holding, a_second_one_is_asked_for_when_somebody_waits_for_it_or_soon_will)
{
    (void)choose("RUNNING|50:00/1:00:00", NULL);
    cr_assert(not(slurm_holding_wants_more(&holding, &queue, 54 * MINUTE_US, false)));
    cr_assert(slurm_holding_wants_more(&holding, &queue, 54 * MINUTE_US, true));
    (void)choose("RUNNING|20:00/1:00:00", NULL);
    cr_assert(not(slurm_holding_wants_more(&holding, &queue, 10 * MINUTE_US, false)));
    cr_assert(slurm_holding_wants_more(&holding, &queue, 15 * MINUTE_US, false));
    cr_assert(not(slurm_holding_is_awaited(&holding, &queue)));
    (void)choose("RUNNING|20:00/1:00:00", "PENDING|1:00:00/1:00:00");
    cr_assert(slurm_holding_is_awaited(&holding, &queue));
    cr_assert(not(slurm_holding_wants_more(&holding, &queue, 15 * MINUTE_US, true)));
}

Test(slurm_holding, the_one_with_more_time_is_used)
{
    const struct slurm_job *job = choose("RUNNING|5:50", "RUNNING|1:00:00");

    cr_assert(eq(str, (char *)job->id, "2"));
    cr_assert(not(slurm_holding_wants_more(&holding, &queue, 0, false)));
}

Test(slurm_holding, allocations_of_another_state_folder_are_not_ours)
{
    struct slurm_holding other;

    slurm_holding_init(&other, "/other");
    (void)choose("RUNNING|1:00:00", NULL);
    cr_assert(slurm_holding_has(&holding, &queue.jobs[0]));
    cr_assert(not(slurm_holding_has(&other, &queue.jobs[0])));
}
