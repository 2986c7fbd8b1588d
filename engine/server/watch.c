#include "engine/server/watch.h"

#include "assay/env.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/* Between two looks: how much later than due a connection is closed at the most. */
enum { LOOK_SECONDS = 2 };

struct watch {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards first and is_ended; fds in the list stay open under it */
    pthread_cond_t has_news;
    struct watched *first;
    bool is_ended;
};

static int64_t now_us(void)
{
    return assay_mono_us(assay_env_system());
}

static void close_late(struct watch *watch)
{
    int64_t now = now_us();

    /* Only shut down: the descriptor is its owner's, who then finds the end of the stream. */
    for (struct watched *at = watch->first; at; at = at->next)
        if (atomic_load_explicit(&at->due_us, memory_order_relaxed) < now)
            (void)shutdown(at->fd, SHUT_RDWR);
}

static void *watch_thread(void *context)
{
    struct watch *watch = context;

    (void)pthread_mutex_lock(&watch->mutex);
    while (!watch->is_ended) {
        struct timespec until = { .tv_sec = (time_t)(now_us() / 1000000) + LOOK_SECONDS };

        if (watch->first)
            (void)pthread_cond_timedwait(&watch->has_news, &watch->mutex, &until);
        else
            (void)pthread_cond_wait(&watch->has_news, &watch->mutex);
        close_late(watch);
    }
    (void)pthread_mutex_unlock(&watch->mutex);
    return NULL;
}

struct watch *watch_new(struct assay_error *err)
{
    struct watch *watch = calloc(1, sizeof *watch);
    pthread_condattr_t monotonic;
    int code = 0;

    if (!watch) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&watch->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&watch->has_news, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    code = pthread_create(&watch->thread, NULL, watch_thread, watch);
    if (code == 0)
        return watch;
    (void)assay_fail_errno(err, code, "start the thread that watches connections");
    (void)pthread_cond_destroy(&watch->has_news);
    (void)pthread_mutex_destroy(&watch->mutex);
    free(watch);
    return NULL;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    (void)pthread_mutex_lock(&watch->mutex);
    watch->is_ended = true;
    (void)pthread_cond_signal(&watch->has_news);
    (void)pthread_mutex_unlock(&watch->mutex);
    (void)pthread_join(watch->thread, NULL);
    (void)pthread_cond_destroy(&watch->has_news);
    (void)pthread_mutex_destroy(&watch->mutex);
    free(watch);
}

static void set_due(struct watched *watched, int64_t due_us)
{
    atomic_store_explicit(&watched->due_us, due_us, memory_order_relaxed);
}

static void expect_within(struct watched *watched, int64_t seconds)
{
    set_due(watched, now_us() + seconds * 1000000);
}

void watch_add(struct watch *watch, struct watched *watched, int fd)
{
    *watched = (struct watched){ .fd = fd };
    expect_within(watched, WATCH_STEP_SECONDS);
    (void)pthread_mutex_lock(&watch->mutex);
    watched->next = watch->first;
    if (watch->first)
        watch->first->previous = watched;
    else
        (void)pthread_cond_signal(&watch->has_news);
    watch->first = watched;
    (void)pthread_mutex_unlock(&watch->mutex);
}

void watch_remove(struct watch *watch, struct watched *watched)
{
    (void)pthread_mutex_lock(&watch->mutex);
    if (watched->previous)
        watched->previous->next = watched->next;
    else
        watch->first = watched->next;
    if (watched->next)
        watched->next->previous = watched->previous;
    (void)pthread_mutex_unlock(&watch->mutex);
}

void watch_expect_headers(struct watched *watched)
{
    expect_within(watched, WATCH_STEP_SECONDS);
}

void watch_expect_body(struct watched *watched)
{
    expect_within(watched, WATCH_STEP_SECONDS);
}

void watch_note_bytes(struct watched *watched, size_t size)
{
    int64_t more_us = (int64_t)((double)size / WATCH_BYTES_PER_SECOND * 1e6);

    (void)atomic_fetch_add_explicit(&watched->due_us, more_us, memory_order_relaxed);
}

void watch_expect_nothing(struct watched *watched)
{
    set_due(watched, INT64_MAX);
}

void watch_expect_reader(struct watched *watched, size_t size)
{
    expect_within(watched, WATCH_STEP_SECONDS);
    watch_note_bytes(watched, size);
}

void watch_expect_request(struct watched *watched)
{
    expect_within(watched, WATCH_IDLE_SECONDS);
}
