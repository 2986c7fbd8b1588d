#include "launcher/container/container_removal.h"

#include "launcher/container/container_argv.h"
#include "launcher/container/engines_used.h"
#include "launcher/quiet_thread.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * TRIES: a container engine whose storage is locked or whose daemon restarts is given a minute in
 * all, growing from PAUSE_US; after that, that a container has ended is enough, and while it runs
 * it is tried again each minute.
 */
enum { TRIES = 6, BATCH_MAX = 64 };
static const int64_t PAUSE_US = INT64_C(1000) * 1000;
static const int64_t LIST_US = INT64_C(30) * 1000 * 1000;

/* A container that was found at the start. */
struct swept {
    struct container_doomed doomed; /* first: they are freed as one */
    char id[];
};

TAILQ_HEAD(doomed_line, container_doomed);

struct container_removal {
    struct container_removal_options options;
    struct subprocess_cancel cancel; /* set: the thread ends */
    /* The thread's own: of other programs, which may have containers of this state folder. */
    struct container_engine *others[ENGINES_USED_MAX];
    size_t other_count;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards line and is_closing */
    pthread_cond_t is_changed;
    struct doomed_line line;
    bool is_closing;
};

static void log_failure(const struct container_removal *removal, const char *what,
                        const struct assay_error *err)
{
    if (err->code != ASSAY_CANCELLED)
        assay_log(removal->options.env, ASSAY_LOG_WARNING, "%s reason=\"%s\"", what, err->message);
}

static const struct container_engine *find_engine(const struct container_removal *removal,
                                                  struct assay_error *err)
{
    return removal->options.find_engine(removal->options.context, err);
}

static bool is_past_tries(const struct container_doomed *doomed)
{
    return doomed->tries >= TRIES;
}

/* False when one may still run. */
static bool remove_by(struct container_removal *removal, const struct container_engine *engine,
                      struct container_doomed *const *batch, size_t count)
{
    const char *names[BATCH_MAX] = { NULL };
    struct assay_error err = { 0 };

    for (size_t i = 0; i < count; i++)
        names[i] = batch[i]->name;
    if (container_engine_remove(engine, names, count, &removal->cancel, &err))
        return true;
    log_failure(removal, "containers cannot be removed", &err);
    return count == 1 && is_past_tries(batch[0]) &&
           container_engine_has_ended(engine, names[0], &removal->cancel);
}

static bool remove_once(struct container_removal *removal, struct container_doomed *const *batch,
                        size_t count)
{
    struct assay_error err = { 0 };
    const struct container_engine *engine = find_engine(removal, &err);
    bool is_done = engine != NULL;

    if (!engine)
        log_failure(removal, "containers cannot be removed", &err);
    else
        is_done = remove_by(removal, engine, batch, count);
    for (size_t i = 0; i < removal->other_count; i++)
        is_done = remove_by(removal, removal->others[i], batch, count) && is_done;
    return is_done;
}

/* Later, and alone: one that cannot be removed is not in the way of others. */
static void put_off(struct container_removal *removal, struct container_doomed *doomed)
{
    int64_t pause_us = removal->options.pause_us ? removal->options.pause_us : PAUSE_US;

    pause_us <<= is_past_tries(doomed) ? TRIES : doomed->tries;
    doomed->tries++;
    doomed->due_us = assay_mono_us(removal->options.env) + pause_us;
    (void)pthread_mutex_lock(&removal->mutex);
    TAILQ_INSERT_TAIL(&removal->line, doomed, in_line);
    (void)pthread_mutex_unlock(&removal->mutex);
}

/* One line of the list: id, tab, folder. */
static void sweep_line(struct container_removal *removal, char *line)
{
    char *tab = strchr(line, '\t');
    struct swept *swept = NULL;

    if (!tab)
        return;
    *tab = '\0';
    if (removal->options.is_wanted(removal->options.context, tab + 1))
        return;
    assay_log(removal->options.env, ASSAY_LOG_INFO,
              "a container was left behind, it is removed id=%s folder=%s", line, tab + 1);
    swept = calloc(1, sizeof *swept + strlen(line) + 1);
    if (!swept)
        return;
    memcpy(swept->id, line, strlen(line) + 1);
    swept->doomed.name = swept->id;
    swept->doomed.is_swept = true;
    container_removal_add(removal, &swept->doomed);
}

/* The command's output; NULL when it failed or said nothing. The result is the caller's. */
static char *list(struct container_removal *removal, const struct container_engine *engine,
                  const char *const *words, struct subprocess_result *result)
{
    const struct container_call call = { .words = words,
                                         .timeout_us = LIST_US,
                                         .cancel = &removal->cancel };
    struct assay_error err = { 0 };

    if (!container_engine_call(engine, &call, result, &err)) {
        log_failure(removal, "containers left behind cannot be listed", &err);
        return NULL;
    }
    /* Of those that go away meanwhile inspect complains, and tells of the others. */
    return result->output[0] ? result->output : NULL;
}

/* Up to BATCH_MAX of them; what is left. */
static char *sweep_ids(struct container_removal *removal, const struct container_engine *engine,
                       char *ids)
{
    /* ps alone cannot show one label in a way that podman and docker agree on. */
    const char *words[BATCH_MAX + 5] = { "container", "inspect", "--format",
                                         "{{.Id}}\t{{index .Config.Labels \"" CONTAINER_LABEL_DIR
                                         "\"}}" };
    struct subprocess_result result = { 0 };
    char *rest = NULL;

    for (size_t count = 4; count < BATCH_MAX + 4 && ids && *ids; count++)
        words[count] = strsep(&ids, "\n");
    rest = list(removal, engine, words, &result);
    while (rest && *rest)
        sweep_line(removal, strsep(&rest, "\n"));
    subprocess_result_clear(&result);
    return ids;
}

/*
 * What a machine that went down, or a shim that was killed with nobody to see it, left behind. True
 * when the engine has any of this state folder.
 */
static bool sweep(struct container_removal *removal, const struct container_engine *engine)
{
    char filter[128];
    const char *const words[] = {
        "ps", "--all", "--quiet", "--no-trunc", "--filter", filter, NULL
    };
    struct subprocess_result result = { 0 };
    char *ids = NULL;
    bool has_any = false;

    (void)snprintf(filter, sizeof filter, "label=" CONTAINER_LABEL_STATE "=%s",
                   removal->options.state);
    ids = list(removal, engine, words, &result);
    has_any = ids != NULL;
    while (ids && *ids)
        ids = sweep_ids(removal, engine, ids);
    subprocess_result_clear(&result);
    return has_any;
}

/* Those that have nothing of this state folder any more are forgotten. */
static void sweep_others(struct container_removal *removal, const char *program,
                         const struct engines_used *before, struct engines_used *after)
{
    for (size_t i = 0; i < before->count; i++) {
        struct assay_error err = { 0 };
        struct container_engine *other = NULL;

        if (strcmp(before->programs[i], program) == 0)
            continue;
        other = container_engine_new(before->programs[i], removal->options.env,
                                     removal->options.envp, &err);
        if (!other)
            log_failure(removal, "containers of another engine than this one's cannot be seen",
                        &err);
        else if (sweep(removal, other))
            removal->others[removal->other_count++] = other;
        else {
            container_engine_free(other);
            continue;
        }
        engines_used_add(after, before->programs[i]);
    }
}

static void sweep_all(struct container_removal *removal)
{
    struct assay_error err = { 0 };
    const struct container_engine *engine = find_engine(removal, &err);
    struct engines_used before;
    struct engines_used after = { .count = 0 };
    int error = 0;

    if (!engine) {
        log_failure(removal, "containers left behind cannot be listed", &err);
        return;
    }
    engines_used_read(removal->options.dir, &before);
    engines_used_add(&before, container_engine_traits(engine)->program);
    error = engines_used_write(removal->options.dir, &before);
    if (error && !assay_fail_errno(&err, error, "%s", removal->options.dir))
        log_failure(removal, "which container engine is used cannot be noted", &err);
    (void)sweep(removal, engine);
    if (before.count < 2)
        return;
    engines_used_add(&after, container_engine_traits(engine)->program);
    sweep_others(removal, container_engine_traits(engine)->program, &before, &after);
    (void)engines_used_write(removal->options.dir, &after);
}

/* With the mutex held: the first that is due; else NULL, and when one will be (0: none). */
static struct container_doomed *find_due(const struct container_removal *removal, int64_t *due_us)
{
    int64_t now_us = assay_mono_us(removal->options.env);
    struct container_doomed *doomed = NULL;

    *due_us = 0;
    TAILQ_FOREACH(doomed, &removal->line, in_line)
    {
        if (doomed->due_us <= now_us)
            return doomed;
        if (*due_us == 0 || doomed->due_us < *due_us)
            *due_us = doomed->due_us;
    }
    return NULL;
}

/* With the mutex held, which it waits with. */
static void wait_until(struct container_removal *removal, int64_t due_us)
{
    const struct timespec until = { .tv_sec = (time_t)(due_us / 1000000),
                                    .tv_nsec = (long)(due_us % 1000000) * 1000 };

    if (due_us == 0)
        (void)pthread_cond_wait(&removal->is_changed, &removal->mutex);
    else
        (void)pthread_cond_clockwait(&removal->is_changed, &removal->mutex, CLOCK_MONOTONIC,
                                     &until);
}

/* One that has been tried before, or up to BATCH_MAX others; 0 when it is time to go. */
static size_t take(struct container_removal *removal, struct container_doomed **batch)
{
    struct container_doomed *doomed = NULL;
    struct container_doomed *next = NULL;
    int64_t due_us = 0;
    size_t count = 0;

    (void)pthread_mutex_lock(&removal->mutex);
    while (!removal->is_closing && !(doomed = find_due(removal, &due_us)))
        wait_until(removal, due_us);
    for (; !removal->is_closing && doomed && count < BATCH_MAX; doomed = next) {
        next = TAILQ_NEXT(doomed, in_line);
        if (doomed->tries > 0 && count > 0)
            continue;
        TAILQ_REMOVE(&removal->line, doomed, in_line);
        batch[count++] = doomed;
        if (doomed->tries > 0)
            break;
    }
    (void)pthread_mutex_unlock(&removal->mutex);
    return count;
}

static void tell(struct container_removal *removal, struct container_doomed *doomed)
{
    if (doomed->is_swept)
        free(doomed); /* the first part of its struct swept */
    else
        removal->options.on_gone(removal->options.context, doomed);
}

static void *remove_all(void *context)
{
    struct container_removal *removal = context;
    struct container_doomed *batch[BATCH_MAX];
    size_t count = 0;

    sweep_all(removal);
    while ((count = take(removal, batch)) > 0) {
        bool is_done = remove_once(removal, batch, count);

        for (size_t i = 0; i < count; i++) {
            if (is_done)
                tell(removal, batch[i]);
            else
                put_off(removal, batch[i]);
        }
    }
    return NULL;
}

struct container_removal *container_removal_new(const struct container_removal_options *options,
                                                struct assay_error *err)
{
    struct container_removal *removal = calloc(1, sizeof *removal);
    int error = 0;

    if (!removal) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    removal->options = *options;
    TAILQ_INIT(&removal->line);
    if (!subprocess_cancel_init(&removal->cancel, err)) {
        free(removal);
        return NULL;
    }
    (void)pthread_mutex_init(&removal->mutex, NULL);
    (void)pthread_cond_init(&removal->is_changed, NULL);
    error = quiet_thread_start(&removal->thread, remove_all, removal);
    if (error == 0)
        return removal;
    (void)assay_fail_errno(err, error, "launcher's thread");
    (void)pthread_cond_destroy(&removal->is_changed);
    (void)pthread_mutex_destroy(&removal->mutex);
    subprocess_cancel_clear(&removal->cancel);
    free(removal);
    return NULL;
}

void container_removal_add(struct container_removal *removal, struct container_doomed *doomed)
{
    (void)pthread_mutex_lock(&removal->mutex);
    TAILQ_INSERT_TAIL(&removal->line, doomed, in_line);
    (void)pthread_cond_signal(&removal->is_changed);
    (void)pthread_mutex_unlock(&removal->mutex);
}

static void dispose(struct container_removal *removal)
{
    struct container_doomed *next = NULL;

    for (struct container_doomed *doomed = TAILQ_FIRST(&removal->line); doomed; doomed = next) {
        next = TAILQ_NEXT(doomed, in_line);
        if (doomed->is_swept)
            free(doomed);
    }
    for (size_t i = 0; i < removal->other_count; i++)
        container_engine_free(removal->others[i]);
    (void)pthread_cond_destroy(&removal->is_changed);
    (void)pthread_mutex_destroy(&removal->mutex);
    subprocess_cancel_clear(&removal->cancel);
    free(removal);
}

void container_removal_free(struct container_removal *removal)
{
    if (!removal)
        return;
    (void)pthread_mutex_lock(&removal->mutex);
    removal->is_closing = true;
    (void)pthread_cond_signal(&removal->is_changed);
    (void)pthread_mutex_unlock(&removal->mutex);
    subprocess_cancel_set(&removal->cancel);
    (void)pthread_join(removal->thread, NULL);
    dispose(removal);
}
