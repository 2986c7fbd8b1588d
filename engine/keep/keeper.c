#include "engine/keep/keeper.h"

#include "assay/value.h"
#include "engine/array.h"
#include "engine/byte_text.h"
#include "engine/keep/keep_record.h"
#include "engine/keep/kept_job.h"
#include "engine/keep/tree_use.h"
#include "engine/paths.h"
#include "engine/thread.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Between two rounds there is REST times as long as the last one took, PAUSE_US at least, so that
 * the keeper never takes much of a machine. LOOK_US: how often the folder's size is looked at; what
 * is no trial's only every OTHERS_US. When it is full a tenth more than needed is freed, so that
 * the next trial does not bring it about at once.
 */
enum {
    REST = 4,
    PAUSE_US = 300 * 1000,
    LOOK_US = 2 * 1000 * 1000,
    OTHERS_US = 60 * 1000 * 1000,
    OTHERS_REST = 50,
    SLACK_DIVISOR = 10,
    LAST_US = 5 * 1000 * 1000,
};

struct keeper {
    struct keeper_options options;
    struct kept_place place;
    pthread_t thread;
    pthread_mutex_t
        mutex; /* guards watched, watched_count, watched_capacity, is_noted, is_ending */
    pthread_cond_t is_woken;
    int64_t *watched; /* jobs whose trials are started */
    size_t watched_count, watched_capacity;
    bool is_noted;
    bool is_ending;

    /* The thread's own. */
    struct kept_job **jobs;
    size_t job_count, job_capacity;
    int64_t look_us;     /* monotonic: when to look at the folder's size next */
    int64_t others_us;   /* … and at what is no trial's */
    int64_t other_bytes; /* that it holds */
};

static int64_t now_us(const struct keeper *k)
{
    return assay_mono_us(k->options.env);
}

static void warn(const struct keeper *k, int64_t job, const struct assay_error *err)
{
    assay_log(k->options.env, ASSAY_LOG_WARNING,
              "outputs are not seen to for now job=%" PRId64 ": %s", job, err->message);
}

static struct kept_job *find_job(const struct keeper *k, int64_t id)
{
    for (size_t i = 0; i < k->job_count; i++)
        if (kept_job_id(k->jobs[i]) == id)
            return k->jobs[i];
    return NULL;
}

static void add_job(struct keeper *k, int64_t id)
{
    void *items = k->jobs;
    struct assay_error err = { 0 };
    struct kept_job *job = NULL;
    bool has_room = false;

    if (find_job(k, id))
        return;
    has_room = array_make_room(&items, k->job_count, &k->job_capacity, sizeof(struct kept_job *));
    k->jobs = items;
    if (has_room)
        job = kept_job_open(&k->place, id, &err);
    else
        (void)assay_fail_memory(&err);
    if (job)
        k->jobs[k->job_count++] = job;
    else if (err.code != ASSAY_NOT_FOUND)
        warn(k, id, &err);
}

/* Those that the last engine was not done with; with a limit all that have a folder. */
static void add_left_jobs(struct keeper *k)
{
    char path[PATH_TEXT];
    const struct dirent *entry = NULL;
    DIR *dir = NULL;

    (void)snprintf(path, sizeof path, "%s/jobs", k->options.state_dir);
    dir = opendir(path);
    if (!dir)
        return;
    while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
        struct keep_record record;
        int64_t id = 0;

        if (!assay_integer_parse(entry->d_name, &id))
            continue;
        if (keep_record_read(path_of_job(k->options.state_dir, id, path), &record)
                ? !record.is_over || k->place.is_measuring
                : k->place.is_measuring)
            add_job(k, id);
    }
    (void)closedir(dir);
}

/* Trials of the job are started. */
static void wake_job(struct keeper *k, int64_t id)
{
    struct assay_error err = { 0 };
    struct kept_job *job = NULL;

    add_job(k, id);
    job = find_job(k, id);
    if (job && !kept_job_wake(job, &err) && err.code != ASSAY_NOT_FOUND)
        warn(k, id, &err);
}

static bool take_watched(struct keeper *k, size_t i, int64_t *id)
{
    bool is_there = false;

    (void)pthread_mutex_lock(&k->mutex);
    is_there = i < k->watched_count;
    if (is_there)
        *id = k->watched[i];
    (void)pthread_mutex_unlock(&k->mutex);
    return is_there;
}

static void forget_watched(struct keeper *k, int64_t id)
{
    (void)pthread_mutex_lock(&k->mutex);
    for (size_t i = 0; i < k->watched_count; i++)
        if (k->watched[i] == id)
            k->watched[i] = k->watched[--k->watched_count];
    (void)pthread_mutex_unlock(&k->mutex);
}

/* What is over stays only where it counts for the folder's size. */
static void drop_job(struct keeper *k, size_t i)
{
    kept_job_free(k->jobs[i]);
    k->jobs[i] = k->jobs[--k->job_count];
}

/* The next trials of each job; true when none are left. */
static bool sweep(struct keeper *k)
{
    int64_t id = 0;
    bool is_done = true;

    for (size_t i = 0; take_watched(k, i, &id); i++)
        wake_job(k, id);
    for (size_t i = k->job_count; i > 0; i--) {
        struct kept_job *job = k->jobs[i - 1];
        struct assay_error err = { 0 };
        bool is_all = true;
        bool is_swept = kept_job_sweep(job, &is_all, &err);

        is_done = is_done && is_all;
        if (is_swept ? !kept_job_is_over(job) : err.code != ASSAY_NOT_FOUND) {
            if (!is_swept)
                warn(k, kept_job_id(job), &err);
            continue;
        }
        forget_watched(k, kept_job_id(job));
        if (!is_swept || !k->place.is_measuring)
            drop_job(k, i - 1);
    }
    return is_done;
}

/* The store, models, environments, buckets: all in the folder but jobs/. */
static void measure_others(struct keeper *k)
{
    int64_t began_us = now_us(k);
    struct tree_use use = { 0 };
    char path[PATH_TEXT + 256];
    const struct dirent *entry = NULL;
    DIR *dir = opendir(k->options.state_dir);

    if (!dir)
        return;
    while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            strcmp(entry->d_name, "jobs") == 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", k->options.state_dir, entry->d_name);
        tree_use_add(&use, path);
    }
    (void)closedir(dir);
    k->other_bytes = use.bytes;
    k->others_us = now_us(k) + OTHERS_REST * (now_us(k) - began_us);
    if (k->others_us < began_us + OTHERS_US)
        k->others_us = began_us + OTHERS_US;
}

static int64_t measure(struct keeper *k)
{
    int64_t total = 0;

    if (now_us(k) >= k->others_us)
        measure_others(k);
    total = k->other_bytes;
    for (size_t i = 0; i < k->job_count; i++) {
        struct assay_error err = { 0 };
        int64_t bytes = 0;

        if (!kept_job_use(k->jobs[i], &bytes, &err))
            warn(k, kept_job_id(k->jobs[i]), &err);
        total += bytes;
    }
    return total;
}

static int compare_age(const void *a, const void *b)
{
    const struct kept_job *const *one = a;
    const struct kept_job *const *other = b;
    int64_t difference = kept_job_created_us(*one) - kept_job_created_us(*other);

    if (difference == 0)
        difference = kept_job_id(*one) - kept_job_id(*other);
    return (difference > 0) - (difference < 0);
}

/* Returns what was freed. */
static int64_t evict(struct keeper *k, int64_t wanted)
{
    int64_t total = 0;

    qsort(k->jobs, k->job_count, sizeof(struct kept_job *), compare_age);
    for (size_t i = 0; i < k->job_count && total < wanted; i++) {
        struct assay_error err = { 0 };
        int64_t freed = 0;

        if (!kept_job_evict(k->jobs[i], wanted - total, &freed, &err))
            warn(k, kept_job_id(k->jobs[i]), &err);
        if (freed > 0)
            assay_log(k->options.env, ASSAY_LOG_INFO,
                      "outputs removed for lack of room job=%" PRId64 " bytes=%" PRId64,
                      kept_job_id(k->jobs[i]), freed);
        total += freed;
    }
    k->others_us = 0; /* some of it may have been in a bucket */
    return total;
}

static void check_room(struct keeper *k)
{
    int64_t max = k->options.max_disk_bytes;
    int64_t began_us = now_us(k);
    int64_t held = measure(k);
    char why[200];
    char held_text[BYTE_TEXT];
    char max_text[BYTE_TEXT];

    if (held > max)
        held -= evict(k, held - max + max / SLACK_DIVISOR);
    if (held > max) {
        (void)snprintf(
            why, sizeof why,
            "paused: the state folder holds %s, its limit is %s (--max-disk), and no ended "
            "trial but the best has outputs left to be removed",
            byte_text(held, held_text), byte_text(max, max_text));
        k->options.on_full(k->options.context, why);
    }
    k->look_us = now_us(k) + REST * (now_us(k) - began_us);
    if (k->look_us < began_us + LOOK_US)
        k->look_us = began_us + LOOK_US;
}

/* Waits until the moment, or longer when nothing was noted; false at the end. */
static bool wait_until(struct keeper *k, int64_t due_us, bool is_for_news)
{
    struct timespec until = { .tv_sec = (time_t)(due_us / 1000000),
                              .tv_nsec = (long)(due_us % 1000000) * 1000 };
    bool is_ending = false;
    int code = 0;

    (void)pthread_mutex_lock(&k->mutex);
    while (!k->is_ending && !(is_for_news && k->is_noted) && code == 0)
        code = due_us == INT64_MAX ? pthread_cond_wait(&k->is_woken, &k->mutex)
                                   : pthread_cond_timedwait(&k->is_woken, &k->mutex, &until);
    if (is_for_news)
        k->is_noted = false;
    is_ending = k->is_ending;
    (void)pthread_mutex_unlock(&k->mutex);
    return !is_ending;
}

/* One round of what there is to do, and the rest after it; false at the end. */
static bool work(struct keeper *k)
{
    int64_t began_us = now_us(k);
    int64_t pause_us = 0;
    bool is_done = sweep(k);

    if (k->options.max_disk_bytes > 0 && is_done && now_us(k) >= k->look_us)
        check_room(k);
    pause_us = REST * (now_us(k) - began_us);
    if (!wait_until(k, now_us(k) + (pause_us > PAUSE_US ? pause_us : PAUSE_US), false))
        return false;
    return !is_done || wait_until(k, k->options.max_disk_bytes > 0 ? k->look_us : INT64_MAX, true);
}

static void *keeper_thread(void *context)
{
    struct keeper *k = context;
    int64_t end_us = 0;

    add_left_jobs(k);
    while (work(k))
        continue;
    /* Who runs one job and goes finds its folder as it is to be, unless that would take long. */
    end_us = now_us(k) + LAST_US;
    while (!sweep(k) && now_us(k) < end_us)
        continue;
    return NULL;
}

static bool start(struct keeper *k, struct assay_error *err)
{
    pthread_condattr_t monotonic;
    int code = 0;

    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&k->mutex, NULL);
    (void)pthread_cond_init(&k->is_woken, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    code = thread_start(&k->thread, keeper_thread, k);
    if (code == 0)
        return true;
    (void)pthread_cond_destroy(&k->is_woken);
    (void)pthread_mutex_destroy(&k->mutex);
    return assay_fail_errno(err, code, "start the keeper's thread");
}

struct keeper *keeper_new(const struct keeper_options *options, struct assay_error *err)
{
    struct keeper *k = calloc(1, sizeof *k);

    if (!k) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    k->options = *options;
    k->place = (struct kept_place){ .env = options->env,
                                    .state_dir = options->state_dir,
                                    .readers = options->readers,
                                    .settings = options->settings,
                                    .is_measuring = options->max_disk_bytes > 0 };
    if (start(k, err))
        return k;
    free(k);
    return NULL;
}

void keeper_free(struct keeper *k)
{
    if (!k)
        return;
    (void)pthread_mutex_lock(&k->mutex);
    k->is_ending = true;
    (void)pthread_cond_signal(&k->is_woken);
    (void)pthread_mutex_unlock(&k->mutex);
    (void)pthread_join(k->thread, NULL);
    for (size_t i = 0; i < k->job_count; i++)
        kept_job_free(k->jobs[i]);
    free(k->jobs);
    free(k->watched);
    (void)pthread_cond_destroy(&k->is_woken);
    (void)pthread_mutex_destroy(&k->mutex);
    free(k);
}

/* Under the mutex. */
static bool is_watched(const struct keeper *k, int64_t job)
{
    for (size_t i = 0; i < k->watched_count; i++)
        if (k->watched[i] == job)
            return true;
    return false;
}

void keeper_watch(struct keeper *k, int64_t job, const struct launch_settings *settings)
{
    void *items = NULL;
    bool is_wanted = false;

    if (!k)
        return;
    is_wanted = k->options.max_disk_bytes > 0 ||
                launch_settings_choose(settings, k->options.settings).keep == KEEP_BEST;
    if (!is_wanted)
        return;
    (void)pthread_mutex_lock(&k->mutex);
    items = k->watched;
    if (!is_watched(k, job) &&
        array_make_room(&items, k->watched_count, &k->watched_capacity, sizeof *k->watched)) {
        k->watched = items;
        k->watched[k->watched_count++] = job;
    }
    (void)pthread_mutex_unlock(&k->mutex);
}

void keeper_note(struct keeper *k)
{
    bool is_news = false;

    if (!k)
        return;
    (void)pthread_mutex_lock(&k->mutex);
    is_news = k->watched_count > 0 && !k->is_noted;
    k->is_noted = k->is_noted || is_news;
    (void)pthread_mutex_unlock(&k->mutex);
    if (is_news)
        (void)pthread_cond_signal(&k->is_woken);
}
