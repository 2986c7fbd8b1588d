#include "launcher/places/place_queue.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#define GIB (INT64_C(1) << 30)

enum { GRANTS_MAX = 64 };

static struct assay_error err;
static struct places *places;
static struct place_queue *queue;
static struct grant *grants[GRANTS_MAX]; /* by their trial's number */
static char why[256];

static void open_with(const char *text)
{
    struct machine machine;

    cr_assert(machine_parse(text, &machine, &err), "%s", err.message);
    places = places_new(&machine, &err);
    queue = place_queue_new(places, &err);
    cr_assert(places && queue);
}

static void tidy(void)
{
    for (int i = 0; i < GRANTS_MAX; i++)
        grant_free(grants[i]);
    place_queue_free(queue);
    places_free(places);
}

TestSuite(place_queue, .fini = tidy);

static void add(int trial, int64_t job, struct resources request)
{
    grants[trial] = grant_new(places, (struct attempt_key){ trial, 1, 0 }, job, &request, 1, &err);
    cr_assert(grants[trial] != NULL, "%s", err.message);
    place_queue_add(queue, grants[trial]);
}

static void add_gpus(int trial, int64_t job, int gpus)
{
    add(trial, job, (struct resources){ .gpus = gpus });
}

/* The trial that is next, 0 for none. */
static int next_at(int64_t now_us)
{
    struct grant *grant = place_queue_next(queue, now_us);

    return grant ? (int)grant_key(grant).trial : 0;
}

static int next(void)
{
    return next_at(0);
}

static void end(int trial)
{
    grant_free(grants[trial]);
    grants[trial] = NULL;
}

static const char *why_of(int trial)
{
    return place_queue_why(queue, grants[trial], why, sizeof why);
}

Test(place_queue, an_empty_queue_has_no_next)
{
    open_with("cpus=1,memory=1G,gpus=none");
    cr_assert(eq(int, next(), 0));
}

Test(place_queue, within_a_job_the_oldest_goes_first)
{
    open_with("cpus=1,memory=1G,gpus=0,1");
    for (int trial = 1; trial <= 4; trial++)
        add_gpus(trial, 1, 1);
    cr_assert(eq(int, next(), 1));
    cr_assert(eq(int, next(), 2));
    cr_assert(eq(int, next(), 0));
    cr_assert(eq(sz, place_queue_count(queue), 2));
    end(2);
    cr_assert(eq(int, next(), 3));
    cr_assert(eq(int, next(), 0));
}

Test(place_queue, the_job_that_holds_least_goes_first)
{
    open_with("cpus=1,memory=1G,gpus=0,1,2,3");
    for (int trial = 1; trial <= 8; trial++)
        add_gpus(trial, 1, 1);
    for (int i = 0; i < 4; i++)
        cr_assert(eq(int, next(), i + 1));
    for (int trial = 11; trial <= 13; trial++)
        add_gpus(trial, 2, 1);
    /* Older ones of job 1 wait; but it holds all. */
    end(1);
    cr_assert(eq(int, next(), 11));
    end(2);
    cr_assert(eq(int, next(), 12));
    end(3);
    cr_assert(eq(int, next(), 5));
    end(11);
    cr_assert(eq(int, next(), 13));
    /* Nobody of job 2 waits any more. */
    end(12);
    cr_assert(eq(int, next(), 6));
}

Test(place_queue, shares_are_of_what_a_job_holds_most_of)
{
    open_with("cpus=10,memory=10G,gpus=0,1");
    /* Job 1 holds half the GPUs and a tenth of the CPUs, job 2 four tenths of the memory. */
    add(1, 1, (struct resources){ .cpus = 1, .gpus = 1 });
    add(2, 2, (struct resources){ .memory_bytes = 4 * GIB });
    cr_assert(eq(int, next(), 1));
    cr_assert(eq(int, next(), 2));
    add(3, 1, (struct resources){ .cpus = 9 });
    add(4, 2, (struct resources){ .cpus = 9 });
    cr_assert(eq(int, next(), 4));
    cr_assert(eq(int, next(), 0));
}

Test(place_queue, small_ones_fill_the_hole_beside_a_large_one)
{
    open_with("cpus=1,memory=1G,gpus=0,1,2,3");
    add_gpus(1, 1, 3);
    cr_assert(eq(int, next(), 1));
    add_gpus(2, 2, 4);
    add_gpus(3, 3, 1);
    cr_assert(eq(int, next(), 3));
    cr_assert(eq(int, next(), 0));
}

/* One small one after the other, each ending when the next has begun: the large one never fits. */
Test(place_queue, the_large_one_is_passed_by_so_many_and_no_more)
{
    int passed = 0;
    int trial = 3;

    open_with("cpus=1,memory=1G,gpus=0,1");
    add_gpus(2, 2, 1);
    cr_assert(eq(int, next(), 2));
    add_gpus(1, 1, 2);
    for (int last = 2; trial < GRANTS_MAX; last = trial++) {
        add_gpus(trial, 2 + trial % 3, 1);
        if (next() != trial)
            break;
        passed++;
        end(last);
    }
    cr_assert(eq(int, passed, PLACE_PASSES));
    end(trial - 1);
    cr_assert(eq(int, next(), 1));
}

Test(place_queue, the_large_one_is_passed_for_so_long_and_no_longer)
{
    const int64_t begin_us = 5000000;

    open_with("cpus=1,memory=1G,gpus=0,1");
    add_gpus(2, 2, 1);
    cr_assert(eq(int, next_at(begin_us), 2));
    add_gpus(1, 1, 2);
    /* It waits long before anyone passes it: that does not count. */
    add_gpus(3, 3, 1);
    cr_assert(eq(int, next_at(begin_us + PLACE_PATIENCE_US), 3));
    end(2);
    add_gpus(4, 4, 1);
    cr_assert(eq(int, next_at(begin_us + 2 * PLACE_PATIENCE_US - 1), 4));
    end(3);
    add_gpus(5, 5, 1);
    cr_assert(eq(int, next_at(begin_us + 2 * PLACE_PATIENCE_US), 0));
    end(4);
    cr_assert(eq(int, next_at(begin_us + 2 * PLACE_PATIENCE_US), 1));
}

/* Passes until trial 1 of job 1 has the machine reserved. Trial 2 runs then. */
static void reserve_for_1(struct resources request)
{
    add_gpus(2, 2, 1);
    cr_assert(eq(int, next_at(0), 2));
    add(1, 1, request);
    add_gpus(3, 3, 1);
    cr_assert(eq(int, next_at(0), 3));
    end(3);
    cr_assert(eq(int, next_at(PLACE_PATIENCE_US), 0));
}

Test(place_queue, beside_a_reservation_goes_what_it_can_spare)
{
    open_with("cpus=8,memory=8G,gpus=0,1");
    reserve_for_1((struct resources){ .cpus = 6, .gpus = 2 });
    /* It lacks GPUs; of 8 CPUs it needs 6. */
    add(4, 4, (struct resources){ .cpus = 3 });
    cr_assert(eq(int, next(), 0));
    cr_assert(eq(str, (char *)why_of(4), "waits for its turn: the machine is reserved for job 1"));
    add(5, 5, (struct resources){ .cpus = 2, .memory_bytes = 8 * GIB });
    cr_assert(eq(int, next(), 5));
    add(6, 6, (struct resources){ 0 });
    cr_assert(eq(int, next(), 6));
    add_gpus(7, 7, 1);
    cr_assert(eq(int, next(), 0));
    end(2);
    cr_assert(eq(int, next(), 1));
    end(1);
    cr_assert(eq(int, next(), 4));
    cr_assert(eq(int, next(), 7));
}

Test(place_queue, of_two_that_were_passed_over_the_older_is_reserved_for)
{
    open_with("cpus=1,memory=1G,gpus=0,1,2");
    add_gpus(9, 1, 1);
    cr_assert(eq(int, next(), 9));
    /* Job 2 holds less, so that its turn comes first. */
    add_gpus(1, 1, 3);
    add_gpus(2, 2, 3);
    for (int i = 0; i < PLACE_PASSES; i++) {
        add_gpus(3, 3, 1);
        cr_assert(eq(int, next(), 3));
        end(3);
    }
    cr_assert(eq(int, next(), 0));
    cr_assert(eq(str, (char *)why_of(1),
                 "waits for 3 GPUs: 2 of 3 are free; this job holds 1; the machine is reserved for "
                 "it"));
    end(9);
    cr_assert(eq(int, next(), 1));
    end(1);
    cr_assert(eq(int, next(), 2));
}

Test(place_queue, a_reservation_ends_with_who_it_was_for)
{
    open_with("cpus=8,memory=8G,gpus=0,1");
    reserve_for_1((struct resources){ .gpus = 2 });
    add_gpus(4, 4, 1);
    cr_assert(eq(int, next(), 0));
    end(1);
    cr_assert(eq(int, next(), 4));
}

Test(place_queue, what_asks_for_nothing_passes_nobody)
{
    open_with("cpus=1,memory=1G,gpus=0");
    add_gpus(1, 1, 1);
    cr_assert(eq(int, next(), 1));
    add_gpus(2, 2, 1);
    for (int trial = 3; trial < 3 + 2 * PLACE_PASSES; trial++) {
        add(trial, 3, (struct resources){ 0 });
        cr_assert(eq(int, next(), trial));
    }
    add_gpus(GRANTS_MAX - 1, 4, 1);
    cr_assert(eq(str, (char *)why_of(2), "waits for 1 GPU: none of 1 is free; job 1 holds 1"));
}

Test(place_queue, what_was_removed_or_freed_does_not_come)
{
    open_with("cpus=1,memory=1G,gpus=0");
    add_gpus(1, 1, 1);
    add_gpus(2, 1, 1);
    add_gpus(3, 2, 1);
    place_queue_remove(queue, grants[1]);
    place_queue_remove(queue, grants[1]);
    end(2);
    cr_assert(eq(sz, place_queue_count(queue), 1));
    cr_assert(eq(int, next(), 3));
    cr_assert(eq(str, (char *)why_of(1), ""));
    /* It may come again, as the youngest. */
    place_queue_add(queue, grants[1]);
    end(3);
    cr_assert(eq(int, next(), 1));
}

Test(place_queue, why_names_what_is_lacking_and_who_holds_it)
{
    open_with("cpus=16,memory=64G,gpus=0,1,2,3");
    add(1, 12, (struct resources){ .cpus = 14, .memory_bytes = 60 * GIB, .gpus = 3 });
    cr_assert(eq(int, next(), 1));
    add_gpus(2, 13, 2);
    add(3, 14, (struct resources){ .cpus = 8 });
    add(4, 15, (struct resources){ .memory_bytes = 12 * GIB });
    add(5, 12, (struct resources){ .gpus = 4 });
    cr_assert(eq(int, next(), 0));
    cr_assert(eq(str, (char *)why_of(2), "waits for 2 GPUs: 1 of 4 is free; job 12 holds 3"));
    cr_assert(eq(str, (char *)why_of(3), "waits for 8 CPUs: 2 of 16 are free; job 12 holds 14"));
    cr_assert(eq(str, (char *)why_of(4),
                 "waits for 12 GiB of memory: 4 GiB of 64 GiB is free; job 12 holds 60 GiB"));
    cr_assert(eq(str, (char *)why_of(5), "waits for 4 GPUs: 1 of 4 is free; this job holds 3"));
    cr_assert(eq(str, (char *)why_of(1), ""));
}

Test(place_queue, why_names_at_most_three_holders)
{
    open_with("cpus=1,memory=1G,gpus=0,1,2,3,4,5,6");
    for (int trial = 1; trial <= 4; trial++) {
        add_gpus(trial, trial, trial == 3 ? 2 : 1);
        cr_assert(eq(int, next(), trial));
    }
    add_gpus(5, 5, 3);
    cr_assert(eq(str, (char *)why_of(5),
                 "waits for 3 GPUs: 2 of 7 are free; job 3 holds 2, job 1 1, job 2 1, others the "
                 "rest"));
}

Test(place_queue, why_of_a_share_tells_what_is_left_of_one)
{
    open_with("cpus=1,memory=1G,gpus=0");
    add(1, 1, (struct resources){ .gpus = 1, .gpu_share = 0.75 });
    cr_assert(eq(int, next(), 1));
    add(2, 2, (struct resources){ .gpus = 1, .gpu_share = 0.5 });
    cr_assert(eq(str, (char *)why_of(2),
                 "waits for 0.5 of a GPU: at most 0.25 of one is free; job 1 holds 0.75"));
}

Test(place_queue, why_tells_whose_turn_it_is)
{
    open_with("cpus=1,memory=1G,gpus=0,1,2");
    add_gpus(1, 1, 1);
    cr_assert(eq(int, next(), 1));
    add_gpus(2, 1, 1);
    add_gpus(3, 1, 1);
    add_gpus(4, 2, 2);
    cr_assert(eq(str, (char *)why_of(2), "waits for its turn: it is job 2's"));
    cr_assert(eq(str, (char *)why_of(3), "waits for its turn: others of its job are older"));
    cr_assert(eq(str, (char *)why_of(4), "is next"));
}

Test(place_queue, a_short_room_cuts_the_sentence)
{
    char tiny[12];

    open_with("cpus=1,memory=1G,gpus=0");
    add_gpus(1, 1, 1);
    cr_assert(eq(int, next(), 1));
    add_gpus(2, 2, 1);
    cr_assert(eq(str, (char *)place_queue_why(queue, grants[2], tiny, sizeof tiny), "waits for 1"));
}

/* While adopted ones overbook the machine, nobody new gets in, and afterwards they do. */
Test(place_queue, adopted_ones_are_waited_for)
{
    const char *gpus = "0";
    struct resources request = { .cpus = 3, .gpus = 1 };

    open_with("cpus=2,memory=1G,gpus=0");
    grants[1] =
        grant_new_held(places, (struct attempt_key){ 1, 1, 0 }, 1, &request, &gpus, 1, &err);
    cr_assert(grants[1] != NULL);
    add(2, 2, (struct resources){ .cpus = 1 });
    add(3, 3, (struct resources){ 0 });
    cr_assert(eq(int, next(), 3));
    cr_assert(eq(int, next(), 0));
    cr_assert(eq(str, (char *)why_of(2), "waits for 1 CPU: 0 of 2 are free; job 1 holds 3"));
    end(1);
    cr_assert(eq(int, next(), 2));
}
