/* The workers: threads that may wait for an image or for pip, and on which ends are told that no
 * backend tells. */

#include "assay/plain_file.h"
#include "launcher/backend_container.h"
#include "launcher/dispatcher/dispatcher_private.h"
#include "launcher/quiet_thread.h"
#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LEFTOVER_LOOK_US = 500000 };

struct progress {
    struct dispatcher *d;
    struct entry *entry;
};

static void note_progress(void *context, const char *text)
{
    struct progress *progress = context;
    struct entry *entry = progress->entry;

    (void)pthread_mutex_lock(&progress->d->mutex);
    (void)snprintf(entry->why, sizeof entry->why, "%s", text);
    (void)pthread_mutex_unlock(&progress->d->mutex);
    assay_log(progress->d->options.env, ASSAY_LOG_INFO, "preparing trial=%lld job=%lld: %s",
              (long long)entry->key.trial, (long long)entry->job, text);
}

/* Where the user looks for what went wrong: in the attempt's own log. */
static void copy_log(const struct replica_launch *replica, const char *log)
{
    char path[PATH_MAX];
    char piece[4096];
    FILE *in = log[0] ? fopen(log, "re") : NULL;
    FILE *out = NULL;
    int fd = -1;
    size_t size = 0;

    if (!in)
        return;
    if ((size_t)snprintf(path, sizeof path, "%s/stderr.log", replica->dir) < sizeof path &&
        record_make_dirs(replica->dir) == 0)
        fd = plain_file_open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (fd >= 0)
        out = fdopen(fd, "a");
    if (fd >= 0 && !out)
        (void)close(fd);
    while (out && (size = fread(piece, 1, sizeof piece, in)) > 0)
        (void)fwrite(piece, 1, size, out);
    if (out)
        (void)fclose(out);
    (void)fclose(in);
}

static bool prepare_python(struct progress *progress, size_t i, struct assay_error *err)
{
    struct entry *entry = progress->entry;
    const struct replica_launch *replica = &entry->launch->replicas[i];
    struct python_env python;
    struct python_env_request request = { .python = replica->python,
                                          .progress = note_progress,
                                          .context = progress,
                                          .cancel = &entry->cancel };

    if (!python_env_ensure(progress->d->pythons, &request, &python, err)) {
        copy_log(replica, python.log);
        return false;
    }
    entry->interpreters[i] = strdup(python.interpreter);
    if (entry->interpreters[i])
        return true;
    python_env_release(progress->d->pythons, python.interpreter);
    return assay_fail_memory(err);
}

static bool prepare(struct progress *progress, struct assay_error *err)
{
    struct entry *entry = progress->entry;

    entry->interpreters = calloc(entry->gang.count, sizeof *entry->interpreters);
    if (!entry->interpreters)
        return assay_fail_memory(err);
    for (size_t i = 0; i < entry->gang.count; i++) {
        const struct replica_launch *replica = &entry->launch->replicas[i];

        if (replica->container &&
            !launcher_container_prepare(progress->d->container, entry->job, replica->container,
                                        note_progress, progress, &entry->cancel, err))
            return false;
        if (replica->python && !prepare_python(progress, i, err))
            return false;
    }
    return true;
}

/* One of each job at a time: the first one does the work, to the others it is there already. */
static struct entry *next_to_prepare(const struct dispatcher *d)
{
    struct entry *entry = NULL;

    TAILQ_FOREACH(entry, &d->to_prepare, in_line)
    {
        bool is_busy = false;

        for (size_t i = 0; i < d->worker_count; i++)
            is_busy =
                is_busy || (d->workers[i].in_hand && d->workers[i].in_hand->job == entry->job);
        if (!is_busy)
            return entry;
    }
    return NULL;
}

static void do_prepare(struct worker *worker, struct entry *entry)
{
    struct dispatcher *d = worker->d;
    struct progress progress = { d, entry };
    struct assay_error err = { 0 };
    bool is_prepared = false;

    TAILQ_REMOVE(&d->to_prepare, entry, in_line);
    entry->is_in_line = false;
    worker->in_hand = entry;
    (void)pthread_mutex_unlock(&d->mutex);
    is_prepared = prepare(&progress, &err);
    (void)pthread_mutex_lock(&d->mutex);
    worker->in_hand = NULL;
    entry->why[0] = '\0';
    dispatcher_prepared(d, entry, is_prepared ? NULL : &err);
    (void)pthread_cond_broadcast(&d->has_work); /* the next one of its job */
}

static void *prepare_all(void *context)
{
    struct worker *worker = context;
    struct dispatcher *d = worker->d;

    (void)pthread_mutex_lock(&d->mutex);
    while (!d->is_closing) {
        struct entry *entry = next_to_prepare(d);

        if (entry)
            do_prepare(worker, entry);
        else
            (void)pthread_cond_wait(&d->has_work, &d->mutex);
    }
    (void)pthread_mutex_unlock(&d->mutex);
    return NULL;
}

/* Until there is something to tell. While a leftover may have what somebody waits for, looks now
 * and then whether it has ended, which nobody tells. */
static void wait_to_tell(struct dispatcher *d)
{
    const int64_t until_us = assay_mono_us(d->options.env) + LEFTOVER_LOOK_US;
    const struct timespec until = { .tv_sec = (time_t)(until_us / 1000000),
                                    .tv_nsec = (long)(until_us % 1000000) * 1000 };

    if (LIST_EMPTY(&d->leftovers) || place_queue_count(d->queue) == 0)
        (void)pthread_cond_wait(&d->has_work, &d->mutex);
    else if (pthread_cond_clockwait(&d->has_work, &d->mutex, CLOCK_MONOTONIC, &until) == ETIMEDOUT)
        dispatcher_serve(d);
}

static void *tell_all(void *context)
{
    struct worker *worker = context;
    struct dispatcher *d = worker->d;

    (void)pthread_mutex_lock(&d->mutex);
    for (;;) {
        struct entry *entry = TAILQ_FIRST(&d->to_tell);

        if (entry) {
            TAILQ_REMOVE(&d->to_tell, entry, in_line);
            (void)pthread_mutex_unlock(&d->mutex);
            d->options.on_ended(d->options.context, &entry->ending);
            (void)pthread_mutex_lock(&d->mutex);
            entry_free(d, entry);
        } else if (d->is_closing) {
            break;
        } else {
            wait_to_tell(d);
        }
    }
    (void)pthread_mutex_unlock(&d->mutex);
    return NULL;
}

static int start_worker(struct dispatcher *d, void *(*work)(void *))
{
    struct worker *worker = &d->workers[d->worker_count];
    int error = 0;

    worker->d = d;
    error = quiet_thread_start(&worker->thread, work, worker);
    d->worker_count += error == 0;
    return error;
}

bool preparing_open(struct dispatcher *d, struct assay_error *err)
{
    int error = start_worker(d, tell_all);

    return error == 0 || assay_fail_errno(err, error, "launcher's thread");
}

/* A thread for each job that has something to prepare, up to a few. */
static bool need_worker(struct dispatcher *d, struct assay_error *err)
{
    size_t idle_count = 0;
    int error = 0;

    for (size_t i = 1; i < d->worker_count; i++)
        idle_count += d->workers[i].in_hand == NULL;
    if (idle_count || d->worker_count == WORKERS_MAX)
        return true;
    error = start_worker(d, prepare_all);
    if (error && d->worker_count < 2)
        return assay_fail_errno(err, error, "launcher's thread");
    return true;
}

bool preparing_add(struct dispatcher *d, struct entry *entry, struct assay_error *err)
{
    if (!subprocess_cancel_init(&entry->cancel, err))
        return false;
    entry->has_cancel = true;
    if (!need_worker(d, err))
        return false;
    entry->stage = LAUNCH_PREPARING;
    entry->is_in_line = true;
    TAILQ_INSERT_TAIL(&d->to_prepare, entry, in_line);
    (void)pthread_cond_broadcast(&d->has_work);
    return true;
}

bool preparing_cancel(struct dispatcher *d, struct entry *entry)
{
    if (!entry->is_in_line) {
        subprocess_cancel_set(&entry->cancel);
        return false;
    }
    TAILQ_REMOVE(&d->to_prepare, entry, in_line);
    entry->is_in_line = false;
    return true;
}

void preparing_tell(struct dispatcher *d, struct entry *entry)
{
    TAILQ_INSERT_TAIL(&d->to_tell, entry, in_line);
    (void)pthread_cond_broadcast(&d->has_work);
}

void preparing_close(struct dispatcher *d)
{
    (void)pthread_mutex_lock(&d->mutex);
    d->is_closing = true;
    for (size_t i = 0; i < d->worker_count; i++) {
        if (d->workers[i].in_hand)
            subprocess_cancel_set(&d->workers[i].in_hand->cancel);
    }
    (void)pthread_cond_broadcast(&d->has_work);
    (void)pthread_mutex_unlock(&d->mutex);
    for (size_t i = 0; i < d->worker_count; i++)
        (void)pthread_join(d->workers[i].thread, NULL);
}
