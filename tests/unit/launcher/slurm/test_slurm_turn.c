#include "launcher/slurm/slurm_turn.h"

#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

enum { GANGS = 8 };

static struct slurm_gang_list gangs;
static struct slurm_gang items[GANGS];
static struct slurm_replica replicas[GANGS];
static size_t count;

/* No turn is looked for without a queue that was looked at. */
static const struct slurm_queue seen;

static void set_up(void)
{
    TAILQ_INIT(&gangs);
    count = 0;
}

TestSuite(slurm_turn, .init = set_up);

/* A further attempt of the job, to be submitted. */
static struct slurm_gang *add(int64_t job, int64_t max_running, int64_t ahead)
{
    struct slurm_gang *gang = &items[count];

    replicas[count] = (struct slurm_replica){ 0 };
    *gang = (struct slurm_gang){
        .launch = { .job = job, .max_running = max_running, .ahead = ahead, .replica_count = 1 },
        .replicas = &replicas[count],
        .stage = GANG_WANTED,
    };
    (void)snprintf(gang->tag, sizeof gang->tag, "tag-%zu", count++);
    TAILQ_INSERT_TAIL(&gangs, gang, in_list);
    return gang;
}

static bool take(struct slurm_gang *gang)
{
    return slurm_turn_take(&gangs, &seen, gang);
}

/* As sbatch does, where it has a turn or a forerunner. */
static struct slurm_gang *submit(int64_t max_running, int64_t ahead)
{
    struct slurm_gang *gang = add(1, max_running, ahead);

    cr_assert(take(gang));
    gang->stage = GANG_SUBMITTED;
    (void)snprintf(gang->id, sizeof gang->id, "%zu", count);
    return gang;
}

static void end(struct slurm_gang *gang)
{
    TAILQ_REMOVE(&gangs, gang, in_list);
}

Test(slurm_turn, without_a_bound_nobody_waits)
{
    for (int i = 0; i < 3; i++)
        cr_assert(eq(str, submit(0, 0)->after, ""));
}

Test(slurm_turn, as_many_have_turns_as_may_run_and_the_next_takes_that_of_the_first_to_end)
{
    cr_assert(eq(str, submit(2, 1)->after, ""));
    cr_assert(eq(str, submit(2, 1)->after, ""));
    cr_assert(eq(str, submit(2, 1)->after, " 1 2"));
}

Test(slurm_turn, those_who_wait_share_the_forerunners_and_have_none_in_common)
{
    for (int i = 0; i < 4; i++)
        (void)submit(4, 3);
    cr_assert(eq(str, submit(4, 3)->after, " 1 2"));
    cr_assert(eq(str, submit(4, 3)->after, " 3"));
    cr_assert(eq(str, submit(4, 3)->after, " 4"));
    cr_assert(not(take(add(1, 4, 3))));
}

Test(slurm_turn, who_has_waited_has_the_turn_that_its_forerunner_left)
{
    struct slurm_gang *first = submit(2, 1);

    (void)submit(2, 1);
    (void)submit(2, 1);
    end(first);
    /* 3 has the turn of 1, and 2 is the forerunner of nobody any more. */
    cr_assert(eq(str, submit(2, 1)->after, " 2 3"));
}

Test(slurm_turn, a_turn_is_left_once_also_where_its_holders_end_is_told_late)
{
    struct slurm_gang *late = submit(2, 2);
    struct slurm_gang *told = submit(2, 2);
    struct slurm_gang *after_late = submit(2, 2);
    struct slurm_gang *after_told = submit(2, 2);

    cr_assert(eq(str, after_late->after, " 1"));
    cr_assert(eq(str, after_told->after, " 2"));
    end(told);
    after_late->replicas[0].claim = CLAIM_NODE;
    after_told->replicas[0].claim = CLAIM_NODE;
    /* 1 is over, or 3 had not begun: who waited for it now would run beside 3 and 4. */
    cr_assert(eq(str, submit(2, 2)->after, " 3"));
    end(late);
    cr_assert(eq(str, submit(2, 2)->after, " 4"));
}

Test(slurm_turn, a_turn_that_nobody_waits_for_is_free)
{
    struct slurm_gang *first = submit(2, 1);
    struct slurm_gang *second = submit(2, 1);

    (void)submit(2, 1);
    end(first);
    end(second);
    cr_assert(eq(str, submit(2, 1)->after, ""));
}

Test(slurm_turn, one_that_is_cancelled_while_it_waits_leaves_no_turn)
{
    struct slurm_gang *waiting = NULL;

    (void)submit(1, 1);
    waiting = submit(1, 1);
    end(waiting);
    cr_assert(eq(str, submit(1, 1)->after, " 1"));
}

Test(slurm_turn, one_that_was_submitted_anew_is_no_forerunner_of_those_who_waited_for_its_first_job)
{
    struct slurm_gang *first = submit(1, 1);

    (void)submit(1, 1);
    (void)snprintf(first->id, sizeof first->id, "17");
    /* Slurm has forgotten job 1, so that 2 may run: 17 has to wait for it. */
    first->stage = GANG_WANTED;
    cr_assert(take(first));
    cr_assert(eq(str, first->after, " 2"));
}

Test(slurm_turn, other_jobs_have_turns_of_their_own)
{
    struct slurm_gang *other = NULL;

    (void)submit(1, 1);
    other = add(2, 1, 1);
    cr_assert(take(other));
    cr_assert(eq(str, other->after, ""));
}

Test(slurm_turn, after_an_adoption_the_first_look_is_waited_for_and_tells_the_ids)
{
    struct slurm_job job = { .id = "40+0", .state = SLURM_RUNNING, .tag = "tag-0" };
    const struct slurm_queue queue = { .jobs = &job, .count = 1 };
    struct slurm_gang *adopted = submit(1, 1);
    struct slurm_gang *next = add(1, 1, 1);

    adopted->id[0] = '\0';
    cr_assert(not(slurm_turn_take(&gangs, NULL, next)));
    cr_assert(slurm_turn_take(&gangs, &queue, next));
    cr_assert(eq(str, next->after, " 40"));
}

Test(slurm_turn, whom_one_waits_for_is_kept_for_who_adopts_it)
{
    struct replica_launch launched = { 0 };
    struct slurm_gang *gang = add(1, 1, 1);
    char folder[256];

    support_folder_make(folder);
    launched.dir = folder;
    gang->launch.replicas = &launched;
    (void)snprintf(gang->after, sizeof gang->after, " 17 18");
    cr_assert(eq(int, slurm_turn_write(gang), 0));
    gang->after[0] = '\0';
    slurm_turn_read(gang);
    cr_assert(eq(str, gang->after, " 17 18"));
    gang->after[0] = '\0';
    cr_assert(eq(int, slurm_turn_write(gang), 0));
    slurm_turn_read(gang);
    cr_assert(eq(str, gang->after, ""));
    support_folder_remove(folder);
}
