/* The store's reading handles: side by side, and held off while the log is moved. */

#include "engine/readers.h"
#include "tests/unit/engine/controller_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdatomic.h>

/* A thread that reads until it is let go. */
struct other {
    struct readers *readers;
    pthread_t thread;
    pthread_barrier_t has_begun, may_end;
    struct store *store;
};

static void *read_on(void *context)
{
    struct other *other = context;

    other->store = readers_begin(other->readers);
    (void)pthread_barrier_wait(&other->has_begun);
    (void)pthread_barrier_wait(&other->may_end);
    readers_end(other->readers);
    return NULL;
}

static void start(struct other *other, struct readers *readers)
{
    other->readers = readers;
    (void)pthread_barrier_init(&other->has_begun, NULL, 2);
    (void)pthread_barrier_init(&other->may_end, NULL, 2);
    cr_assert(eq(int, pthread_create(&other->thread, NULL, read_on, other), 0));
    (void)pthread_barrier_wait(&other->has_begun);
}

static void end(struct other *other)
{
    (void)pthread_barrier_wait(&other->may_end);
    (void)pthread_join(other->thread, NULL);
    (void)pthread_barrier_destroy(&other->has_begun);
    (void)pthread_barrier_destroy(&other->may_end);
}

static struct readers *open_readers(struct bench *bench)
{
    struct assay_error err = { 0 };
    struct readers *readers = NULL;

    bench_init(bench);
    readers = readers_open(bench->base.folder, &err);
    cr_assert(readers != NULL, "%s", err.message);
    return readers;
}

Test(readers, that_read_at_the_same_moment_have_handles_of_their_own)
{
    struct bench bench;
    struct readers *readers = open_readers(&bench);
    struct other others[READERS_MAX - 1];
    struct store *mine = NULL;

    for (int i = 0; i < READERS_MAX - 1; i++)
        start(&others[i], readers);
    mine = readers_begin(readers);
    for (int i = 0; i < READERS_MAX - 1; i++) {
        cr_assert(others[i].store != mine);
        for (int j = 0; j < i; j++)
            cr_assert(others[i].store != others[j].store);
    }
    readers_end(readers);
    for (int i = 0; i < READERS_MAX - 1; i++)
        end(&others[i]);
    readers_close(readers);
    bench_clear(&bench);
}

Test(readers, that_come_one_after_the_other_share_a_handle)
{
    struct bench bench;
    struct readers *readers = open_readers(&bench);
    struct store *first = readers_begin(readers);

    readers_end(readers);
    cr_assert(readers_begin(readers) == first);
    readers_end(readers);
    readers_close(readers);
    bench_clear(&bench);
}

Test(readers, are_not_held_off_while_one_reads)
{
    struct bench bench;
    struct readers *readers = open_readers(&bench);
    struct other other;

    start(&other, readers);
    cr_assert(not(readers_pause(readers, false)));
    (void)readers_begin(readers); /* it is not in vain */
    readers_end(readers);
    end(&other);
    cr_assert(readers_pause(readers, false));
    readers_resume(readers);
    readers_close(readers);
    bench_clear(&bench);
}

struct pausing {
    struct readers *readers;
    atomic_bool is_paused;
};

static void *pause_patiently(void *context)
{
    struct pausing *pausing = context;

    cr_assert(readers_pause(pausing->readers, true));
    atomic_store(&pausing->is_paused, true);
    readers_resume(pausing->readers);
    return NULL;
}

Test(readers, are_waited_for_by_who_is_patient)
{
    struct bench bench;
    struct readers *readers = open_readers(&bench);
    struct pausing pausing = { .readers = readers };
    struct other other;
    pthread_t thread;

    start(&other, readers);
    cr_assert(eq(int, pthread_create(&thread, NULL, pause_patiently, &pausing), 0));
    cr_assert(not(atomic_load(&pausing.is_paused)));
    end(&other);
    (void)pthread_join(thread, NULL);
    cr_assert(atomic_load(&pausing.is_paused));
    (void)readers_begin(readers);
    readers_end(readers);
    readers_close(readers);
    bench_clear(&bench);
}
