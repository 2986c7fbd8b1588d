#include "engine/job_cache.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

/* What the tests keep; counts the living. */
struct thing {
    struct job_cached cached;
    int *living;
};

static void thing_free(struct job_cached *cached)
{
    struct thing *thing = (struct thing *)cached;

    (*thing->living)--;
    free(thing);
}

/* Kept, and let go of by its maker. */
static void keep(struct job_cache *cache, int64_t job, uint64_t stamp, size_t size, int *living)
{
    struct thing *thing = calloc(1, sizeof *thing);

    cr_assert(thing != NULL);
    thing->cached = (struct job_cached){ .job = job,
                                         .kind = JOB_CACHE_VIEW,
                                         .stamp = stamp,
                                         .size = size,
                                         .free = thing_free,
                                         .uses = 1 };
    thing->living = living;
    (*living)++;
    job_cache_keep(cache, &thing->cached);
    job_cached_release(&thing->cached);
}

static bool has(struct job_cache *cache, int64_t job, uint64_t stamp)
{
    struct job_cached *found = job_cache_find(cache, JOB_CACHE_VIEW, job, stamp);

    job_cached_release(found);
    return found != NULL;
}

Test(job_cache, what_was_kept_is_found_while_the_stamp_is_the_same)
{
    struct job_cache *cache = job_cache_new(1000);
    int living = 0;

    keep(cache, 7, 2, 10, &living);
    cr_assert(has(cache, 7, 2));
    cr_assert(not(has(cache, 7, 4)));
    cr_assert(not(has(cache, 8, 2)));
    cr_assert(job_cache_find(cache, JOB_CACHE_ANSWER, 7, 2) == NULL);
    job_cache_free(cache);
    cr_assert(zero(int, living));
}

Test(job_cache, a_newer_item_takes_the_place_of_an_older_and_never_the_other_way)
{
    struct job_cache *cache = job_cache_new(1000);
    int living = 0;

    keep(cache, 7, 2, 10, &living);
    keep(cache, 7, 6, 10, &living);
    cr_assert(eq(int, living, 1));
    keep(cache, 7, 4, 10, &living); /* whose maker was slow */
    cr_assert(eq(int, living, 1));
    cr_assert(has(cache, 7, 6));
    job_cache_free(cache);
}

Test(job_cache, what_was_used_last_stays_when_there_is_no_more_room)
{
    struct job_cache *cache = job_cache_new(400);
    int living = 0;

    for (int64_t job = 1; job <= 4; job++)
        keep(cache, job, 2, 100, &living);
    cr_assert(has(cache, 1, 2));
    keep(cache, 5, 2, 100, &living);
    cr_assert(eq(int, living, 4));
    cr_assert(has(cache, 1, 2));
    cr_assert(not(has(cache, 2, 2)));
    job_cache_free(cache);
}

Test(job_cache, one_large_item_does_not_drive_out_the_others)
{
    struct job_cache *cache = job_cache_new(400);
    int living = 0;

    keep(cache, 1, 2, 100, &living);
    keep(cache, 2, 2, 101, &living);
    cr_assert(eq(int, living, 1));
    cr_assert(has(cache, 1, 2));
    job_cache_free(cache);
}

Test(job_cache, who_uses_an_item_keeps_it_after_the_cache_has_dropped_it)
{
    struct job_cache *cache = job_cache_new(1000);
    int living = 0;
    struct job_cached *used = NULL;

    keep(cache, 7, 2, 10, &living);
    used = job_cache_find(cache, JOB_CACHE_VIEW, 7, 2);
    cr_assert(used != NULL);
    job_cache_free(cache);
    cr_assert(eq(int, living, 1));
    cr_assert(eq(i64, used->job, 7));
    job_cached_release(used);
    cr_assert(zero(int, living));
}

/* The naive twin: a list in the order of use. */
enum { TWIN_ROOM = 16, TWIN_ITEM = 25, TWIN_JOBS = 40, TWIN_STEPS = 20000 };

struct twin {
    int64_t jobs[TWIN_ROOM];
    uint64_t stamps[TWIN_ROOM];
    int count;
};

/* Moves the job to the front; true where it was there with that stamp. */
static int twin_at(const struct twin *twin, int64_t job)
{
    int at = 0;

    while (at < twin->count && twin->jobs[at] != job)
        at++;
    return at;
}

static void twin_front(struct twin *twin, int at, int64_t job, uint64_t stamp)
{
    for (; at > 0; at--) {
        twin->jobs[at] = twin->jobs[at - 1];
        twin->stamps[at] = twin->stamps[at - 1];
    }
    twin->jobs[0] = job;
    twin->stamps[0] = stamp;
}

static bool twin_has(struct twin *twin, int64_t job, uint64_t stamp)
{
    int at = twin_at(twin, job);

    if (at == twin->count || twin->stamps[at] != stamp)
        return false;
    twin_front(twin, at, job, stamp);
    return true;
}

static void twin_keep(struct twin *twin, int64_t job, uint64_t stamp)
{
    int at = twin_at(twin, job);

    if (at < twin->count && twin->stamps[at] > stamp)
        return;
    if (at == twin->count && twin->count < TWIN_ROOM)
        twin->count++;
    twin_front(twin, at < TWIN_ROOM ? at : TWIN_ROOM - 1, job, stamp);
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

Test(job_cache, it_remembers_what_a_list_in_order_of_use_remembers)
{
    struct job_cache *cache = job_cache_new((size_t)TWIN_ROOM * TWIN_ITEM);
    struct twin twin = { 0 };
    uint64_t state = 5;
    int living = 0;

    for (int i = 0; i < TWIN_STEPS; i++) {
        int64_t job = (int64_t)(draw(&state) % TWIN_JOBS);
        uint64_t stamp = 2 * (draw(&state) % 3);

        if (draw(&state) % 2) {
            keep(cache, job, stamp, TWIN_ITEM, &living);
            twin_keep(&twin, job, stamp);
            cr_assert(eq(int, living, twin.count));
        } else {
            cr_assert(eq(int, has(cache, job, stamp), twin_has(&twin, job, stamp)), "step %d", i);
        }
    }
    job_cache_free(cache);
    cr_assert(zero(int, living));
}
