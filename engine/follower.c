#include "engine/follower.h"

#include "engine/log_file.h"
#include "engine/paths.h"
#include "engine/thread.h"
#include "engine/trial_command.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* FIRST_READ_US: an attempt is followed before it is launched; earlier there is nothing to read. */
enum { STDERR_TAIL_LINES = 5, STDERR_TAIL_BYTES = 800, FIRST_READ_US = 20 * 1000 };

struct followed {
    struct attempt_key key;
    struct metric_reader *reader; /* NULL for a job without metrics */
    char *dir;                    /* the attempt's folder */
    int64_t next_read_us;         /* monotonic */
};

/* A note to the thread: attach (followed is set) or ended. */
struct note {
    struct followed *followed;
    struct ending ending;
};

struct follower {
    const struct assay_env *env;
    struct event_queue *queue;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards notes, note_count, note_capacity, wakes_us, is_ending */
    pthread_cond_t is_noted;
    struct note *notes;
    size_t note_count, note_capacity;
    int64_t wakes_us; /* monotonic: when the thread looks at its notes without being told to */
    bool is_ending;
    struct followed **items; /* the thread's own, as is what follows */
    size_t count, capacity;
    char remark[sizeof((struct ending *)0)->detail]; /* the last one that was logged */
};

static void followed_free(struct followed *followed)
{
    if (!followed)
        return;
    metric_reader_free(followed->reader);
    free(followed->dir);
    free(followed);
}

/* The last lines of the standard error of the replica that decided, at most STDERR_TAIL_BYTES; NULL
 * for none. */
static char *read_tail(const struct follower *f, const struct followed *followed,
                       const struct ending *ending)
{
    char dir[PATH_TEXT];
    char *text = NULL;
    int fd =
        log_file_open(trial_replica_dir(followed->dir, ending->role, ending->index, dir), "stderr");
    bool is_foreign = fd < 0 && errno == ELOOP;
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
    off_t from = size > STDERR_TAIL_BYTES ? size - STDERR_TAIL_BYTES : 0;
    ssize_t got = 0;
    char *start = NULL;
    int lines = 0;

    if (is_foreign)
        assay_log(f->env, ASSAY_LOG_WARNING,
                  "stderr.log unread, it is not a regular file trial=%lld attempt=%d",
                  (long long)followed->key.trial, (int)followed->key.attempt);
    if (size <= 0)
        goto out;
    text = calloc(1, STDERR_TAIL_BYTES + 1);
    if (!text)
        goto out;
    got = pread(fd, text, (size_t)(size - from), from);
    while (got > 0 && (text[got - 1] == '\n' || text[got - 1] == '\0'))
        text[--got] = '\0';
    for (start = text + (got > 0 ? got : 0); start > text; start--)
        if (start[-1] == '\n' && ++lines == STDERR_TAIL_LINES)
            break;
    memmove(text, start, strlen(start) + 1);
out:
    if (fd >= 0)
        (void)close(fd);
    return text;
}

static bool copy_reports(struct event_reports *reports, const struct metric_report *items,
                         size_t count)
{
    struct metric_report *grown = NULL;

    if (count == 0)
        return true;
    grown = realloc(reports->items, (reports->count + count) * sizeof *grown);
    if (!grown)
        return false;
    memcpy(grown + reports->count, items, count * sizeof *items);
    reports->items = grown;
    reports->count += count;
    return true;
}

static bool copy_seen(struct event_reports *reports, const struct metric_reader *reader)
{
    size_t count = 0;
    const char *const *seen = metric_reader_seen(reader, &count);

    if (count == 0)
        return true;
    reports->seen.items = calloc(count, sizeof *reports->seen.items);
    if (!reports->seen.items)
        return false;
    for (; reports->seen.count < count; reports->seen.count++) {
        reports->seen.items[reports->seen.count] = strdup(seen[reports->seen.count]);
        if (!reports->seen.items[reports->seen.count])
            return false;
    }
    return true;
}

/* Lack of memory ends the engine, as everywhere: the next one takes over from what is stored. */
static void tell_memory(struct follower *f)
{
    struct event event = { .kind = EVENT_OUT_OF_MEMORY };

    event_queue_put(f->queue, &event);
}

/* Reads once, or to the end when the attempt has ended; logs what cannot be read. */
static void read_reports(struct follower *f, struct followed *followed, bool is_final,
                         struct event_reports *reports)
{
    struct assay_error err = { 0 };
    const struct metric_report *items = NULL;
    size_t count = 0;
    bool has_more = true;
    bool is_ok = true;

    while (is_ok && has_more) {
        is_ok = metric_reader_read(followed->reader, assay_wall_us(f->env), is_final, &items,
                                   &count, &has_more, &err) &&
                (copy_reports(reports, items, count) || assay_fail_memory(&err));
        has_more = has_more && is_final;
    }
    reports->mark = metric_reader_mark(followed->reader);
    if (is_final && !copy_seen(reports, followed->reader))
        is_ok = assay_fail_memory(&err);
    if (!is_ok && err.code == ASSAY_EXHAUSTED)
        tell_memory(f); /* the reader has moved on: what it read must not be lost silently */
    else if (!is_ok)
        assay_log(f->env, ASSAY_LOG_WARNING, "metrics unread trial=%lld attempt=%d: %s",
                  (long long)followed->key.trial, (int)followed->key.attempt, err.message);
}

static void poll_one(struct follower *f, struct followed *followed)
{
    struct event event = { .kind = EVENT_MEASURED, .key = followed->key };

    read_reports(f, followed, false, &event.reports);
    if (event.reports.count > 0)
        event_queue_put(f->queue, &event);
    event_clear(&event);
    followed->next_read_us =
        assay_mono_us(f->env) + (int64_t)metric_reader_wait_ms(followed->reader) * 1000;
}

/* Of an attempt that ended well its shim tells what was wrong beside it, which is most often so of
 * all of them. */
static void log_remark(struct follower *f, const struct ending *ending)
{
    if (ending->kind != ENDING_EXITED || ending->status != 0 || ending->detail[0] == '\0' ||
        strcmp(ending->detail, f->remark) == 0)
        return;
    (void)snprintf(f->remark, sizeof f->remark, "%s", ending->detail);
    assay_log(f->env, ASSAY_LOG_WARNING, "%s trial=%lld attempt=%d", ending->detail,
              (long long)ending->key.trial, (int)ending->key.attempt);
}

static void end_one(struct follower *f, const struct ending *ending)
{
    struct event event = { .kind = EVENT_ENDED, .ending = *ending };
    size_t i = 0;

    log_remark(f, ending);
    while (i < f->count && (f->items[i]->key.trial != ending->key.trial ||
                            f->items[i]->key.attempt != ending->key.attempt))
        i++;
    if (i < f->count) {
        struct followed *followed = f->items[i];

        if (followed->reader)
            read_reports(f, followed, true, &event.reports);
        if (followed->reader && metric_reader_skipped(followed->reader) > 0)
            assay_log(f->env, ASSAY_LOG_WARNING,
                      "values that are nan or inf skipped trial=%lld attempt=%d count=%llu",
                      (long long)followed->key.trial, (int)followed->key.attempt,
                      (unsigned long long)metric_reader_skipped(followed->reader));
        event.stderr_tail = read_tail(f, followed, ending);
        followed_free(followed);
        f->items[i] = f->items[--f->count];
    }
    event_queue_put(f->queue, &event);
}

static bool add_one(struct follower *f, struct followed *followed)
{
    if (f->count == f->capacity) {
        size_t capacity = f->capacity ? f->capacity * 2 : 16;
        struct followed **grown = realloc(f->items, capacity * sizeof *grown);

        if (!grown) {
            followed_free(followed);
            return false;
        }
        f->items = grown;
        f->capacity = capacity;
    }
    followed->next_read_us = followed->reader ? assay_mono_us(f->env) + FIRST_READ_US : INT64_MAX;
    f->items[f->count++] = followed;
    return true;
}

/* Waits for notes until the next read is due, and takes them. */
static size_t take_notes(struct follower *f, struct note **notes, bool *is_ending)
{
    int64_t due = INT64_MAX;
    size_t count = 0;

    for (size_t i = 0; i < f->count; i++)
        if (f->items[i]->next_read_us < due)
            due = f->items[i]->next_read_us;
    (void)pthread_mutex_lock(&f->mutex);
    f->wakes_us = due;
    while (f->note_count == 0 && !f->is_ending && due > assay_mono_us(f->env)) {
        struct timespec until = { .tv_sec = (time_t)(due / 1000000),
                                  .tv_nsec = (long)(due % 1000000) * 1000 };

        if (due == INT64_MAX)
            (void)pthread_cond_wait(&f->is_noted, &f->mutex);
        else if (pthread_cond_timedwait(&f->is_noted, &f->mutex, &until) == ETIMEDOUT)
            break;
    }
    *notes = f->notes;
    count = f->note_count;
    *is_ending = f->is_ending;
    f->notes = NULL;
    f->note_count = 0;
    f->note_capacity = 0;
    (void)pthread_mutex_unlock(&f->mutex);
    return count;
}

static void *follower_thread(void *context)
{
    struct follower *f = context;
    bool is_ending = false;

    while (!is_ending) {
        struct note *notes = NULL;
        size_t count = take_notes(f, &notes, &is_ending);
        int64_t now = 0;

        for (size_t i = 0; i < count; i++) {
            if (!notes[i].followed)
                end_one(f, &notes[i].ending);
            else if (!add_one(f, notes[i].followed))
                tell_memory(f);
        }
        free(notes);
        now = assay_mono_us(f->env);
        for (size_t i = 0; i < f->count && !is_ending; i++)
            if (f->items[i]->next_read_us <= now)
                poll_one(f, f->items[i]);
    }
    return NULL;
}

struct follower *follower_new(const struct assay_env *env, struct event_queue *queue,
                              struct assay_error *err)
{
    struct follower *f = calloc(1, sizeof *f);
    pthread_condattr_t monotonic;
    int code = 0;

    if (!f) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    f->env = env;
    f->queue = queue;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&f->mutex, NULL);
    (void)pthread_cond_init(&f->is_noted, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    code = thread_start(&f->thread, follower_thread, f);
    if (code == 0)
        return f;
    (void)assay_fail_errno(err, code, "start the follower's thread");
    (void)pthread_cond_destroy(&f->is_noted);
    (void)pthread_mutex_destroy(&f->mutex);
    free(f);
    return NULL;
}

void follower_free(struct follower *f)
{
    if (!f)
        return;
    (void)pthread_mutex_lock(&f->mutex);
    f->is_ending = true;
    (void)pthread_cond_signal(&f->is_noted);
    (void)pthread_mutex_unlock(&f->mutex);
    (void)pthread_join(f->thread, NULL);
    for (size_t i = 0; i < f->note_count; i++)
        followed_free(f->notes[i].followed);
    for (size_t i = 0; i < f->count; i++)
        followed_free(f->items[i]);
    free(f->notes);
    free(f->items);
    (void)pthread_cond_destroy(&f->is_noted);
    (void)pthread_mutex_destroy(&f->mutex);
    free(f);
}

/* The thread is woken only when it would not look in time by itself. */
static bool add_note(struct follower *f, struct note note, int64_t in_time_us)
{
    bool is_added = true;
    bool is_late = false;

    (void)pthread_mutex_lock(&f->mutex);
    if (f->note_count == f->note_capacity) {
        size_t capacity = f->note_capacity ? f->note_capacity * 2 : 16;
        struct note *grown = realloc(f->notes, capacity * sizeof *grown);

        is_added = grown != NULL;
        if (grown) {
            f->notes = grown;
            f->note_capacity = capacity;
        }
    }
    if (is_added)
        f->notes[f->note_count++] = note;
    is_late = f->wakes_us > in_time_us;
    (void)pthread_mutex_unlock(&f->mutex);
    if (is_late)
        (void)pthread_cond_signal(&f->is_noted);
    return is_added;
}

static struct followed *followed_new(const struct follow *follow, struct assay_error *err)
{
    struct followed *followed = calloc(1, sizeof *followed);
    char *stdout_path = NULL;
    char *stderr_path = NULL;
    struct metric_source source = { .metric_path = follow->metric_path,
                                    .specs = follow->specs,
                                    .regexes = follow->regexes,
                                    .metric_count = follow->metric_count,
                                    .start_us = follow->start_us };
    bool is_made = false;

    if (followed)
        followed->dir = strdup(follow->attempt_dir);
    if (!followed || !followed->dir ||
        asprintf(&stdout_path, "%s/stdout.log", follow->attempt_dir) < 0 ||
        asprintf(&stderr_path, "%s/stderr.log", follow->attempt_dir) < 0) {
        (void)assay_fail_memory(err);
        goto out;
    }
    followed->key = follow->key;
    source.stdout_path = stdout_path;
    source.stderr_path = stderr_path;
    if (follow->metric_count > 0) {
        followed->reader = metric_reader_new(&source, follow->mark, err);
        if (!followed->reader)
            goto out;
    }
    is_made = true;
out:
    free(stdout_path);
    free(stderr_path);
    if (is_made)
        return followed;
    followed_free(followed);
    return NULL;
}

bool follower_attach(struct follower *f, const struct follow *follow, struct assay_error *err)
{
    struct followed *followed = followed_new(follow, err);

    if (!followed)
        return false;
    if (add_note(f, (struct note){ .followed = followed }, assay_mono_us(f->env) + FIRST_READ_US))
        return true;
    followed_free(followed);
    return assay_fail_memory(err);
}

void follower_ended(struct follower *f, const struct ending *ending)
{
    if (!add_note(f, (struct note){ .ending = *ending }, 0))
        assay_log(f->env, ASSAY_LOG_ERROR, "out of memory: the end of trial=%lld is not told",
                  (long long)ending->key.trial);
}
