#include "engine/server/guard.h"

#include "assay/env.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

/* Between two looks: how much later than due a connection is closed at the most. */
enum { LOOK_SECONDS = 2 };

struct guard {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards first and is_ended; fds in the list stay open under it */
    pthread_cond_t has_news;
    struct guarded *first;
    bool is_ended;
};

static int64_t now_us(void)
{
    return assay_mono_us(assay_env_system());
}

static void set_due(struct guarded *guarded, int64_t due_us)
{
    atomic_store_explicit(&guarded->due_us, due_us, memory_order_relaxed);
}

/* Nothing comes any more, and nothing is left of what came. */
static bool has_ended(int fd)
{
    struct pollfd polled = { .fd = fd, .events = POLLRDHUP };
    int unread = 0;

    return poll(&polled, 1, 0) > 0 && ioctl(fd, FIONREAD, &unread) == 0 && unread == 0;
}

/* Two looks in a row, with nothing read between them: what was read last may be the body's end. */
static bool is_cut_off(struct guarded *guarded, long long due)
{
    bool was_ended = guarded->hung_due_us == due;

    if (!atomic_load(&guarded->is_reading) || !has_ended(guarded->fd)) {
        guarded->hung_due_us = 0;
        return false;
    }
    guarded->hung_due_us = due;
    return was_ended;
}

static void look_at(struct guarded *guarded, int64_t now)
{
    long long due = atomic_load_explicit(&guarded->due_us, memory_order_relaxed);

    if (due >= 0) {
        /* Only shut down: the descriptor is its owner's, who then finds the end of the stream. */
        if (due < now || is_cut_off(guarded, due))
            (void)shutdown(guarded->fd, SHUT_RDWR);
    } else if (-due < now && guarded->pulse) {
        /* The stream may begin to write at this moment: then its own time counts. */
        (void)atomic_compare_exchange_strong(&guarded->due_us, &due,
                                             -(now + GUARD_PULSE_SECONDS * INT64_C(1000000)));
        guarded->pulse(guarded);
    }
}

static void look(struct guard *guard)
{
    int64_t now = now_us();

    for (struct guarded *at = guard->first; at; at = at->next)
        look_at(at, now);
}

static void *guard_thread(void *context)
{
    struct guard *guard = context;

    (void)pthread_mutex_lock(&guard->mutex);
    while (!guard->is_ended) {
        struct timespec until = { .tv_sec = (time_t)(now_us() / 1000000) + LOOK_SECONDS };

        if (guard->first)
            (void)pthread_cond_timedwait(&guard->has_news, &guard->mutex, &until);
        else
            (void)pthread_cond_wait(&guard->has_news, &guard->mutex);
        look(guard);
    }
    (void)pthread_mutex_unlock(&guard->mutex);
    return NULL;
}

struct guard *guard_new(struct assay_error *err)
{
    struct guard *guard = calloc(1, sizeof *guard);
    pthread_condattr_t monotonic;
    int code = 0;

    if (!guard) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&guard->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&guard->has_news, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    code = pthread_create(&guard->thread, NULL, guard_thread, guard);
    if (code == 0)
        return guard;
    (void)assay_fail_errno(err, code, "start the thread that watches connections");
    (void)pthread_cond_destroy(&guard->has_news);
    (void)pthread_mutex_destroy(&guard->mutex);
    free(guard);
    return NULL;
}

void guard_free(struct guard *guard)
{
    if (!guard)
        return;
    (void)pthread_mutex_lock(&guard->mutex);
    guard->is_ended = true;
    (void)pthread_cond_signal(&guard->has_news);
    (void)pthread_mutex_unlock(&guard->mutex);
    (void)pthread_join(guard->thread, NULL);
    (void)pthread_cond_destroy(&guard->has_news);
    (void)pthread_mutex_destroy(&guard->mutex);
    free(guard);
}

static void expect_within(struct guarded *guarded, int64_t seconds)
{
    atomic_store(&guarded->is_reading, false);
    set_due(guarded, now_us() + seconds * 1000000);
}

void guard_add(struct guard *guard, struct guarded *guarded, int fd)
{
    *guarded = (struct guarded){ .fd = fd };
    expect_within(guarded, GUARD_STEP_SECONDS);
    (void)pthread_mutex_lock(&guard->mutex);
    guarded->next = guard->first;
    if (guard->first)
        guard->first->previous = guarded;
    else
        (void)pthread_cond_signal(&guard->has_news);
    guard->first = guarded;
    (void)pthread_mutex_unlock(&guard->mutex);
}

void guard_remove(struct guard *guard, struct guarded *guarded)
{
    (void)pthread_mutex_lock(&guard->mutex);
    if (guarded->previous)
        guarded->previous->next = guarded->next;
    else
        guard->first = guarded->next;
    if (guarded->next)
        guarded->next->previous = guarded->previous;
    (void)pthread_mutex_unlock(&guard->mutex);
}

void guard_set_pulse(struct guard *guard, struct guarded *guarded, guard_pulse_fn pulse)
{
    (void)pthread_mutex_lock(&guard->mutex);
    guarded->pulse = pulse;
    (void)pthread_mutex_unlock(&guard->mutex);
}

void guard_end_streams(struct guard *guard)
{
    (void)pthread_mutex_lock(&guard->mutex);
    for (struct guarded *at = guard->first; at; at = at->next) {
        if (!at->pulse)
            continue;
        expect_within(at, GUARD_END_SECONDS);
        at->pulse(at);
    }
    (void)pthread_mutex_unlock(&guard->mutex);
}

void guard_expect_headers(struct guarded *guarded)
{
    expect_within(guarded, GUARD_STEP_SECONDS);
}

void guard_expect_body(struct guarded *guarded)
{
    expect_within(guarded, GUARD_STEP_SECONDS);
    atomic_store(&guarded->is_reading, true);
}

void guard_note_bytes(struct guarded *guarded, size_t size)
{
    int64_t more_us = (int64_t)((double)size / GUARD_BYTES_PER_SECOND * 1e6);

    (void)atomic_fetch_add_explicit(&guarded->due_us, more_us, memory_order_relaxed);
}

void guard_expect_nothing(struct guarded *guarded)
{
    atomic_store(&guarded->is_reading, false);
    set_due(guarded, INT64_MAX);
}

void guard_expect_silence(struct guarded *guarded)
{
    /* One that was woken for nothing has been silent all along. */
    if (atomic_load_explicit(&guarded->due_us, memory_order_relaxed) >= 0)
        set_due(guarded, -(now_us() + GUARD_PULSE_SECONDS * INT64_C(1000000)));
}

void guard_expect_reader(struct guarded *guarded, size_t size)
{
    expect_within(guarded, GUARD_STEP_SECONDS);
    guard_note_bytes(guarded, size);
}

void guard_expect_request(struct guarded *guarded)
{
    expect_within(guarded, GUARD_IDLE_SECONDS);
}
