#include "launcher/slurm/slurm_queue.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static struct slurm_queue parse(const char *text)
{
    struct slurm_queue queue = { 0 };
    struct assay_error err = { 0 };

    cr_assert(slurm_queue_parse(text, &queue, &err), "%s", err.message);
    return queue;
}

Test(slurm_queue, a_job_of_ours_is_found_by_its_tag)
{
    struct slurm_queue queue = parse("17|PENDING|1:00|assay-3-1-ab|3-1-ab|Resources\n"
                                     "18|RUNNING|UNLIMITED|assay-4-1-cd|4-1-cd|None\n");
    const struct slurm_job *job = slurm_queue_find(&queue, "3-1-ab", 0);

    cr_assert(job != NULL);
    cr_assert(eq(str, (char *)job->id, "17"));
    cr_assert(eq(str, (char *)job->reason, "Resources"));
    cr_assert(eq(int, job->state, SLURM_PENDING));
    cr_assert(slurm_queue_find(&queue, "3-1-a", 0) == NULL);
    cr_assert(slurm_queue_find(&queue, "3-1-abc", 0) == NULL);
    slurm_queue_clear(&queue);
}

Test(slurm_queue, jobs_of_others_and_a_stranger_with_our_name_are_passed_over)
{
    struct slurm_queue queue = parse("1|RUNNING|1:00|train|(null)|None\n"
                                     "2|RUNNING|1:00|assay-3-1-ab|(null)|None\n"
                                     "3|RUNNING|1:00|assay-3-1-ab|3-1-xx|None\n"
                                     "squeue: warning\n\n");

    cr_assert(eq(sz, queue.count, 0));
    slurm_queue_clear(&queue);
}

Test(slurm_queue, a_bar_in_a_reason_hides_no_job)
{
    struct slurm_queue queue = parse("17|PENDING|1:00|assay-3-1-ab|3-1-ab|node1|node2 are down\n");

    cr_assert(eq(sz, queue.count, 1));
    cr_assert(eq(str, (char *)queue.jobs[0].reason, "node1|node2 are down"));
    slurm_queue_clear(&queue);
}

Test(slurm_queue, components_of_a_gang_are_told_apart)
{
    struct slurm_queue queue = parse("9+1|OUT_OF_MEMORY|1:00|assay-7-2-f|7-2-f|OutOfMemory\n"
                                     "9+0|CANCELLED|1:00|assay-7-2-f|7-2-f|None\n");

    cr_assert(eq(int, slurm_queue_find(&queue, "7-2-f", 0)->state, SLURM_CANCELLED));
    cr_assert(eq(int, slurm_queue_find(&queue, "7-2-f", 1)->state, SLURM_OUT_OF_MEMORY));
    cr_assert(slurm_queue_find(&queue, "7-2-f", 2) == NULL);
    slurm_queue_clear(&queue);
}

Test(slurm_queue, of_an_attempt_that_was_submitted_twice_the_job_that_runs_counts)
{
    struct slurm_queue queue = parse("5|FAILED|1:00|assay-1-1-a|1-1-a|NonZeroExitCode\n"
                                     "7|PENDING|1:00|assay-1-1-a|1-1-a|None\n"
                                     "6|RUNNING|1:00|assay-1-1-a|1-1-a|None\n");

    cr_assert(eq(str, (char *)slurm_queue_find(&queue, "1-1-a", 0)->id, "6"));
    slurm_queue_clear(&queue);
}

Test(slurm_queue, states_of_the_machines_making_are_one)
{
    static const char *const names[] = { "NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "DEADLINE" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char line[96];
        struct slurm_queue queue;

        (void)snprintf(line, sizeof line, "5|%s|1:00|assay-1-1-a|1-1-a|None", names[i]);
        queue = parse(line);
        cr_assert(eq(int, queue.jobs[0].state, SLURM_NODE_LOST), "%s", names[i]);
        slurm_queue_clear(&queue);
    }
}

Test(slurm_queue, a_job_that_is_about_to_end_runs_and_a_suspended_one_does_not)
{
    struct slurm_queue queue = parse("5|COMPLETING|1:00|assay-1-1-a|1-1-a|None\n"
                                     "6|SUSPENDED|1:00|assay-1-1-b|1-1-b|None\n");

    cr_assert(eq(int, queue.jobs[0].state, SLURM_RUNNING));
    cr_assert(eq(int, queue.jobs[1].state, SLURM_SUSPENDED));
    slurm_queue_clear(&queue);
}

Test(slurm_queue, time_left_is_read_in_all_forms)
{
    struct slurm_queue queue = parse("1|RUNNING|2-03:04:05|assay-a|a|None\n"
                                     "2|RUNNING|3:04:05|assay-b|b|None\n"
                                     "3|RUNNING|4:05|assay-c|c|None\n"
                                     "4|RUNNING|UNLIMITED|assay-d|d|None\n"
                                     "5|RUNNING|INVALID|assay-e|e|None\n");

    cr_assert(eq(i64, queue.jobs[0].left_us, INT64_C(183845000000)));
    cr_assert(eq(i64, queue.jobs[1].left_us, INT64_C(11045000000)));
    cr_assert(eq(i64, queue.jobs[2].left_us, INT64_C(245000000)));
    cr_assert(eq(i64, queue.jobs[3].left_us, INT64_MAX));
    cr_assert(eq(i64, queue.jobs[4].left_us, INT64_MAX));
    slurm_queue_clear(&queue);
}

Test(slurm_queue, nothing_is_an_empty_table)
{
    struct slurm_queue queue = parse("");

    cr_assert(eq(sz, queue.count, 0));
    cr_assert(slurm_queue_find(&queue, "a", 0) == NULL);
    slurm_queue_clear(&queue);
}
