#include "engine/server/errands.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

enum { ERRANDS = 1000, THREADS = 4 };

static atomic_int done;

static void count(struct errand *errand)
{
    (void)errand;
    (void)atomic_fetch_add(&done, 1);
}

Test(errands, all_that_were_added_are_done_by_the_end)
{
    struct errands *errands = errands_new(THREADS);
    static struct errand items[ERRANDS];

    for (int i = 0; i < ERRANDS; i++) {
        items[i].run = count;
        errands_add(errands, &items[i]);
    }
    errands_free(errands);
    cr_assert(eq(int, atomic_load(&done), ERRANDS));
}

static pthread_barrier_t barrier;

static void meet(struct errand *errand)
{
    (void)errand;
    (void)pthread_barrier_wait(&barrier);
}

Test(errands, as_many_as_there_are_threads_wait_at_the_same_time)
{
    struct errands *errands = errands_new(THREADS);
    struct errand items[THREADS];

    /* Nobody passes the barrier before all are there. */
    cr_assert(zero(int, pthread_barrier_init(&barrier, NULL, THREADS)));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < THREADS; i++)
            items[i] = (struct errand){ .run = i < THREADS - 1 ? meet : NULL };
        for (int i = 0; i < THREADS - 1; i++)
            errands_add(errands, &items[i]);
        (void)pthread_barrier_wait(&barrier); /* this thread is the fourth */
    }
    errands_free(errands);
    (void)pthread_barrier_destroy(&barrier);
}

Test(errands, without_threads_it_is_done_here)
{
    struct errands *errands = errands_new(0);
    struct errand item = { .run = count };

    errands_add(errands, &item);
    cr_assert(eq(int, atomic_load(&done), 1));
    errands_free(errands);
}
