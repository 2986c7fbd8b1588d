#include "engine/pipelines/pipeline_runner.h"

#include "engine/array.h"
#include "engine/pipelines/pipeline_work.h"
#include "engine/thread.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/*
 * So many are exported or uploaded at once; the others wait for their jobs, which takes no thread.
 * A pipeline is looked at no more often than every PAUSE_US, however much is committed, and what
 * failed for reasons of ours is tried again after RETRY_US.
 */
enum { THREADS = 4, PAUSE_US = 30 * 1000, RETRY_US = 1000 * 1000 };

struct watched {
    int64_t id;
    int64_t look_us; /* monotonic: not before */
    bool is_due;     /* something may have happened */
    bool is_busy;    /* a thread works on it */
};

struct pipeline_runner {
    struct engine *engine;
    pthread_t threads[THREADS];
    size_t thread_count;
    pthread_mutex_t mutex; /* guards the fields below */
    pthread_cond_t is_woken;
    struct watched *items;
    size_t count, capacity;
    bool is_ending;
};

static int64_t now_us(const struct pipeline_runner *r)
{
    return assay_mono_us(engine_env(r->engine));
}

/* Under the mutex, as the next three. */
static struct watched *find(struct pipeline_runner *r, int64_t id)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].id == id)
            return &r->items[i];
    return NULL;
}

/* One that may be worked on now; else NULL, and *until_us is when there may be one. */
static struct watched *find_due(struct pipeline_runner *r, int64_t *until_us)
{
    int64_t now = now_us(r);

    *until_us = INT64_MAX;
    for (size_t i = 0; i < r->count; i++) {
        struct watched *item = &r->items[i];

        if (!item->is_due || item->is_busy)
            continue;
        if (item->look_us <= now)
            return item;
        if (item->look_us < *until_us)
            *until_us = item->look_us;
    }
    return NULL;
}

static void wait_until(struct pipeline_runner *r, int64_t until_us)
{
    struct timespec until = { .tv_sec = (time_t)(until_us / 1000000),
                              .tv_nsec = (long)(until_us % 1000000) * 1000 };

    if (until_us == INT64_MAX)
        (void)pthread_cond_wait(&r->is_woken, &r->mutex);
    else
        (void)pthread_cond_timedwait(&r->is_woken, &r->mutex, &until);
}

/* What came of the work. It is due again where something was committed meanwhile. */
static void put_back(struct pipeline_runner *r, int64_t id, bool is_done, bool is_over)
{
    struct watched *item = find(r, id);

    if (!item)
        return;
    item->is_busy = false;
    if (is_over) {
        *item = r->items[--r->count];
        return;
    }
    item->is_due = item->is_due || !is_done;
    item->look_us = now_us(r) + (is_done ? PAUSE_US : RETRY_US);
}

static void work(struct pipeline_runner *r, struct watched *item)
{
    int64_t id = item->id;
    struct assay_error err = { 0 };
    bool is_over = false;
    bool is_done = false;

    item->is_busy = true;
    item->is_due = false;
    /* This may take long: somebody else is to see to the others. */
    (void)pthread_cond_signal(&r->is_woken);
    (void)pthread_mutex_unlock(&r->mutex);
    is_done = pipeline_work(r->engine, id, &is_over, &err);
    if (!is_done && !engine_is_ending(r->engine))
        assay_log(engine_env(r->engine), ASSAY_LOG_WARNING,
                  "pipeline=%" PRId64 " is to be tried again: %s", id, err.message);
    (void)pthread_mutex_lock(&r->mutex);
    put_back(r, id, is_done, is_over);
}

static void *runner_thread(void *context)
{
    struct pipeline_runner *r = context;

    (void)pthread_mutex_lock(&r->mutex);
    while (!r->is_ending) {
        int64_t until_us = 0;
        struct watched *item = find_due(r, &until_us);

        if (item)
            work(r, item);
        else
            wait_until(r, until_us);
    }
    (void)pthread_mutex_unlock(&r->mutex);
    return NULL;
}

void pipeline_runner_step(struct pipeline_runner *r)
{
    int64_t until_us = 0;

    if (!r)
        return;
    (void)pthread_mutex_lock(&r->mutex);
    for (size_t i = 0; i < r->count; i++)
        r->items[i].look_us = 0;
    for (struct watched *item = find_due(r, &until_us); item; item = find_due(r, &until_us))
        work(r, item);
    (void)pthread_mutex_unlock(&r->mutex);
}

static bool start(struct pipeline_runner *r, struct assay_error *err)
{
    int code = 0;

    while (r->thread_count < THREADS && code == 0) {
        code = thread_start(&r->threads[r->thread_count], runner_thread, r);
        r->thread_count += code == 0;
    }
    return code == 0 || assay_fail_errno(err, code, "start a thread for pipelines");
}

struct pipeline_runner *pipeline_runner_new(struct engine *engine, struct assay_error *err)
{
    struct pipeline_runner *r = calloc(1, sizeof *r);
    pthread_condattr_t monotonic;

    if (!r) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    r->engine = engine;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&r->mutex, NULL);
    (void)pthread_cond_init(&r->is_woken, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (engine_is_emulated(engine) || start(r, err))
        return r;
    pipeline_runner_stop(r);
    pipeline_runner_free(r);
    return NULL;
}

void pipeline_runner_stop(struct pipeline_runner *r)
{
    if (!r)
        return;
    (void)pthread_mutex_lock(&r->mutex);
    r->is_ending = true;
    (void)pthread_cond_broadcast(&r->is_woken);
    (void)pthread_mutex_unlock(&r->mutex);
    while (r->thread_count > 0)
        (void)pthread_join(r->threads[--r->thread_count], NULL);
}

void pipeline_runner_free(struct pipeline_runner *r)
{
    if (!r)
        return;
    (void)pthread_cond_destroy(&r->is_woken);
    (void)pthread_mutex_destroy(&r->mutex);
    free(r->items);
    free(r);
}

void pipeline_runner_watch(struct pipeline_runner *r, int64_t id)
{
    void *items = NULL;
    struct watched *item = NULL;

    if (!r)
        return;
    (void)pthread_mutex_lock(&r->mutex);
    items = r->items;
    item = find(r, id);
    if (item) {
        item->is_due = true;
    } else if (array_make_room(&items, r->count, &r->capacity, sizeof *r->items)) {
        r->items = items;
        r->items[r->count++] = (struct watched){ .id = id, .is_due = true };
    } else {
        assay_log(engine_env(r->engine), ASSAY_LOG_ERROR,
                  "no memory to work on pipeline=%" PRId64 ": it is to be resumed", id);
    }
    (void)pthread_cond_signal(&r->is_woken);
    (void)pthread_mutex_unlock(&r->mutex);
}

bool pipeline_runner_has(struct pipeline_runner *r, int64_t id)
{
    bool has = false;

    if (!r)
        return false;
    (void)pthread_mutex_lock(&r->mutex);
    has = find(r, id) != NULL;
    (void)pthread_mutex_unlock(&r->mutex);
    return has;
}

void pipeline_runner_forget(struct pipeline_runner *r)
{
    if (!r)
        return;
    (void)pthread_mutex_lock(&r->mutex);
    r->count = 0;
    (void)pthread_mutex_unlock(&r->mutex);
}

void pipeline_runner_note(struct pipeline_runner *r)
{
    bool is_news = false;

    if (!r)
        return;
    (void)pthread_mutex_lock(&r->mutex);
    for (size_t i = 0; i < r->count; i++) {
        is_news = is_news || !r->items[i].is_due;
        r->items[i].is_due = true;
    }
    if (is_news)
        (void)pthread_cond_signal(&r->is_woken);
    (void)pthread_mutex_unlock(&r->mutex);
}
