#include "launcher/container/container_pool.h"

#include "launcher/artifact.h"
#include "launcher/container/init_enter.h"
#include "launcher/quiet_thread.h"
#include "launcher/shim/record_file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * IDLE_MAX: an idle container is a process of a megabyte; those of jobs that are over go when there
 * are more. ANSWER_TRIES of ANSWER_MS: its first process listens within milliseconds of its start.
 */
enum { IDLE_MAX = 64, ANSWER_TRIES = 2000, ANSWER_MS = 5 };
static const int64_t START_US = INT64_C(120) * 1000 * 1000;

TAILQ_HEAD(place_list, container_place);
TAILQ_HEAD(want_line, container_want);

struct container_pool {
    struct container_pool_options options;
    char *dir;                       /* options.dir */
    char *prefix;                    /* of the folders of its own places */
    struct subprocess_cancel cancel; /* set: a start is broken off, or the thread ends */
    pthread_t thread;
    bool is_closed;        /* thread has ended; for whoever closes */
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t is_changed;
    bool is_closing;
    uint64_t made_count;
    struct place_list idle; /* longest idle first */
    size_t idle_count;
    struct want_line line;
    const char *name_in_hand; /* of the place that is being started; NULL: none */
};

void container_place_abandon(struct container_place *place)
{
    if (!place)
        return;
    if (place->lease >= 0)
        (void)close(place->lease);
    free(place->key);
    free(place->dir);
    free(place);
}

struct container_place *container_place_new(const char *key, const char *dir)
{
    struct container_place *place = calloc(1, sizeof *place);

    if (!place)
        return NULL;
    place->lease = -1;
    place->key = strdup(key);
    place->dir = strdup(dir);
    (void)container_serve_name(dir, place->name);
    if (place->key && place->dir)
        return place;
    container_place_abandon(place);
    return NULL;
}

char *container_pool_folder(struct container_pool *pool)
{
    char *path = NULL;
    uint64_t number = 0;

    (void)pthread_mutex_lock(&pool->mutex);
    number = pool->made_count++;
    (void)pthread_mutex_unlock(&pool->mutex);
    return asprintf(&path, "%s%" PRIu64, pool->prefix, number) < 0 ? NULL : path;
}

bool container_pool_owns(const struct container_pool *pool, const char *dir)
{
    return strncmp(dir, pool->prefix, strlen(pool->prefix)) == 0;
}

/* The container lets go of its lease when it ends, and says nothing before. */
static bool is_alive(const struct container_place *place)
{
    struct pollfd source = { .fd = place->lease, .events = POLLIN };

    return poll(&source, 1, 0) == 0;
}

static void remove_folder(const struct container_pool *pool, const char *dir)
{
    struct assay_error err = { 0 };

    if (!artifact_remove(dir, &err))
        assay_log(pool->options.env, ASSAY_LOG_WARNING,
                  "a container's folder is left behind reason=\"%s\"", err.message);
}

void container_pool_drop(struct container_pool *pool, struct container_place *place)
{
    if (!place)
        return;
    remove_folder(pool, place->dir);
    container_place_abandon(place);
}

/* With the mutex held. */
static void leave_idle(struct container_pool *pool, struct container_place *place)
{
    TAILQ_REMOVE(&pool->idle, place, in_idle);
    pool->idle_count--;
}

/* The most lately used one: those that are not needed age. NULL: none. */
static struct container_place *take_any(struct container_pool *pool, const char *key)
{
    struct container_place *place = NULL;

    (void)pthread_mutex_lock(&pool->mutex);
    TAILQ_FOREACH_REVERSE(place, &pool->idle, place_list, in_idle)
    {
        if (strcmp(place->key, key) == 0) {
            leave_idle(pool, place);
            break;
        }
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return place;
}

struct container_place *container_pool_take(struct container_pool *pool, const char *key)
{
    struct container_place *place = NULL;

    while ((place = take_any(pool, key)) && !is_alive(place))
        container_pool_drop(pool, place);
    return place;
}

void container_pool_give(struct container_pool *pool, struct container_place *place)
{
    struct container_place *oldest = NULL;

    (void)pthread_mutex_lock(&pool->mutex);
    TAILQ_INSERT_TAIL(&pool->idle, place, in_idle);
    if (++pool->idle_count > IDLE_MAX) {
        oldest = TAILQ_FIRST(&pool->idle);
        leave_idle(pool, oldest);
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    container_pool_drop(pool, oldest);
}

void container_pool_make(struct container_pool *pool, struct container_want *want)
{
    (void)pthread_mutex_lock(&pool->mutex);
    TAILQ_INSERT_TAIL(&pool->line, want, in_line);
    (void)pthread_cond_signal(&pool->is_changed);
    (void)pthread_mutex_unlock(&pool->mutex);
}

bool container_pool_withdraw(struct container_pool *pool, const char *name)
{
    struct container_want *want = NULL;

    (void)pthread_mutex_lock(&pool->mutex);
    TAILQ_FOREACH(want, &pool->line, in_line)
    {
        if (strcmp(want->place->name, name) == 0) {
            TAILQ_REMOVE(&pool->line, want, in_line);
            break;
        }
    }
    if (!want && pool->name_in_hand && strcmp(pool->name_in_hand, name) == 0)
        subprocess_cancel_set(&pool->cancel);
    (void)pthread_mutex_unlock(&pool->mutex);
    return want != NULL;
}

static bool start_container(struct container_pool *pool, const struct container_want *want,
                            struct assay_error *err)
{
    const struct container_engine *engine = pool->options.find_engine(pool->options.context, err);
    const struct container_call call = { .words = (const char *const *)want->argv + 1,
                                         .timeout_us = START_US,
                                         .cwd = want->place->dir,
                                         .cancel = &pool->cancel };
    struct subprocess_result result = { 0 };
    char line[512];
    bool is_ok = engine && container_engine_call(engine, &call, &result, err);

    if (is_ok && result.status != 0)
        is_ok = assay_fail(err, ASSAY_INTERNAL, NULL, "%s",
                           subprocess_last_line(result.errors, line, sizeof line));
    subprocess_result_clear(&result);
    return is_ok;
}

/* False when the pool is closing, too. */
static bool take_lease(struct container_pool *pool, struct container_place *place,
                       struct assay_error *err)
{
    struct pollfd source = { .fd = pool->cancel.event, .events = POLLIN };

    for (int i = 0; i < ANSWER_TRIES; i++) {
        place->lease = init_connect(place->dir);
        if (place->lease >= 0)
            break;
        if (poll(&source, 1, ANSWER_MS) > 0)
            return assay_fail(err, ASSAY_CANCELLED, NULL, "its start was broken off");
    }
    if (place->lease < 0)
        return assay_fail_errno(err, errno, "container %s does not answer", place->name);
    return init_lease(place->lease) == 0 ||
           assay_fail(err, ASSAY_INTERNAL, NULL, "container %s does not listen", place->name);
}

/* Of the start that was under way; what broke it off is not for the next one. True when closing. */
static bool let_go_of_hand(struct container_pool *pool)
{
    bool is_closing = false;
    uint64_t count = 0;

    (void)pthread_mutex_lock(&pool->mutex);
    pool->name_in_hand = NULL;
    is_closing = pool->is_closing;
    if (!is_closing)
        (void)!read(pool->cancel.event, &count, sizeof count);
    (void)pthread_mutex_unlock(&pool->mutex);
    return is_closing;
}

static void make(struct container_pool *pool, struct container_want *want)
{
    struct assay_error err = { 0 };
    int error = record_make_dirs(want->place->dir);
    bool is_made = error == 0 || assay_fail_errno(&err, error, "%s", want->place->dir);
    bool is_closing = false;

    is_made = is_made && start_container(pool, want, &err) && take_lease(pool, want->place, &err);
    is_closing = let_go_of_hand(pool);
    if (is_made || !is_closing) {
        pool->options.on_ready(pool->options.context, want, is_made ? NULL : &err);
        return;
    }
    /* To whoever comes after a pool that closes it was not begun. */
    container_pool_drop(pool, want->place);
    want->place = NULL;
}

static void *make_all(void *context)
{
    struct container_pool *pool = context;

    (void)pthread_mutex_lock(&pool->mutex);
    while (!pool->is_closing) {
        struct container_want *want = TAILQ_FIRST(&pool->line);

        if (!want) {
            (void)pthread_cond_wait(&pool->is_changed, &pool->mutex);
            continue;
        }
        TAILQ_REMOVE(&pool->line, want, in_line);
        pool->name_in_hand = want->place->name;
        (void)pthread_mutex_unlock(&pool->mutex);
        make(pool, want);
        (void)pthread_mutex_lock(&pool->mutex);
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* What an engine that was killed left; where a trial still runs, somebody answers. */
static void sweep(const struct container_pool *pool)
{
    DIR *dir = opendir(pool->dir);
    const struct dirent *entry = NULL;
    char path[PATH_MAX];

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own */
    while (dir && (entry = readdir(dir))) {
        int socket = -1;

        if (entry->d_name[0] == '.' ||
            record_path(path, sizeof path, pool->dir, entry->d_name) != 0)
            continue;
        socket = init_connect(path);
        if (socket >= 0)
            (void)close(socket);
        else
            remove_folder(pool, path);
    }
    if (dir)
        (void)closedir(dir);
}

static void dispose(struct container_pool *pool)
{
    struct container_place *place = NULL;

    while ((place = TAILQ_FIRST(&pool->idle))) {
        leave_idle(pool, place);
        container_pool_drop(pool, place);
    }
    (void)pthread_cond_destroy(&pool->is_changed);
    (void)pthread_mutex_destroy(&pool->mutex);
    subprocess_cancel_clear(&pool->cancel);
    free(pool->prefix);
    free(pool->dir);
    free(pool);
}

struct container_pool *container_pool_new(const struct container_pool_options *options,
                                          struct assay_error *err)
{
    struct container_pool *pool = calloc(1, sizeof *pool);
    int error = 0;

    if (!pool) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    pool->options = *options;
    pool->dir = strdup(options->dir);
    TAILQ_INIT(&pool->idle);
    TAILQ_INIT(&pool->line);
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->is_changed, NULL);
    if (pool->dir &&
        asprintf(&pool->prefix, "%s/%" PRId64 "-", pool->dir, assay_wall_us(options->env)) < 0)
        pool->prefix = NULL;
    if (!pool->prefix)
        (void)assay_fail_memory(err);
    else if (subprocess_cancel_init(&pool->cancel, err)) {
        sweep(pool);
        error = quiet_thread_start(&pool->thread, make_all, pool);
        if (error == 0)
            return pool;
        (void)assay_fail_errno(err, error, "launcher's thread");
    }
    dispose(pool);
    return NULL;
}

void container_pool_close(struct container_pool *pool)
{
    struct container_want *want = NULL;

    if (!pool || pool->is_closed)
        return;
    (void)pthread_mutex_lock(&pool->mutex);
    pool->is_closing = true;
    (void)pthread_cond_signal(&pool->is_changed);
    (void)pthread_mutex_unlock(&pool->mutex);
    subprocess_cancel_set(&pool->cancel);
    (void)pthread_join(pool->thread, NULL);
    pool->is_closed = true;
    while ((want = TAILQ_FIRST(&pool->line))) {
        TAILQ_REMOVE(&pool->line, want, in_line);
        container_place_abandon(want->place);
        want->place = NULL;
    }
}

void container_pool_free(struct container_pool *pool)
{
    if (!pool)
        return;
    container_pool_close(pool);
    dispose(pool);
}
