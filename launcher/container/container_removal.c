#include "launcher/container/container_removal.h"

#include "launcher/container/container_argv.h"
#include "launcher/quiet_thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * TRIES: a container engine whose storage is locked or whose daemon restarts is given a minute in
 * all, growing from PAUSE_MS.
 */
enum { TRIES = 6, PAUSE_MS = 1000, BATCH_MAX = 64 };
static const int64_t LIST_US = INT64_C(30) * 1000 * 1000;

TAILQ_HEAD(doomed_line, container_doomed);

struct container_removal {
    struct container_removal_options options;
    struct subprocess_cancel cancel; /* set: the thread ends */
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

/* False when it is time to go. */
static bool pause_for(const struct container_removal *removal, int wait_ms)
{
    struct pollfd source = { .fd = removal->cancel.event, .events = POLLIN };
    int ready = -1;

    do
        ready = poll(&source, 1, wait_ms);
    while (ready < 0 && errno == EINTR);
    return ready <= 0;
}

static const struct container_engine *find_engine(const struct container_removal *removal,
                                                  struct assay_error *err)
{
    return removal->options.find_engine(removal->options.context, err);
}

/* False when it is time to go. */
static bool remove_now(struct container_removal *removal, const char *const *names, size_t count)
{
    for (int i = 0; i < TRIES; i++) {
        struct assay_error err = { 0 };
        const struct container_engine *engine = find_engine(removal, &err);

        if (engine && container_engine_remove(engine, names, count, &removal->cancel, &err))
            return true;
        log_failure(removal, "containers cannot be removed", &err);
        if (!pause_for(removal, PAUSE_MS << i))
            return false;
    }
    return true;
}

/* One line of the list: id, tab, folder. */
static void sweep_line(struct container_removal *removal, char *line)
{
    char *tab = strchr(line, '\t');
    const char *id = line;

    if (!tab)
        return;
    *tab = '\0';
    if (removal->options.is_wanted(removal->options.context, tab + 1))
        return;
    assay_log(removal->options.env, ASSAY_LOG_INFO,
              "a container was left behind, it is removed id=%s folder=%s", id, tab + 1);
    (void)remove_now(removal, &id, 1);
}

/* The command's output; NULL when it failed or said nothing. The result is the caller's. */
static char *list(struct container_removal *removal, const char *const *words,
                  struct subprocess_result *result)
{
    const struct container_call call = { .words = words,
                                         .timeout_us = LIST_US,
                                         .cancel = &removal->cancel };
    struct assay_error err = { 0 };
    const struct container_engine *engine = find_engine(removal, &err);

    if (!engine || !container_engine_call(engine, &call, result, &err)) {
        log_failure(removal, "containers left behind cannot be listed", &err);
        return NULL;
    }
    /* Of those that go away meanwhile inspect complains, and tells of the others. */
    return result->output[0] ? result->output : NULL;
}

/* ps alone cannot show one label in a way that podman and docker agree on. */
static void sweep_ids(struct container_removal *removal, char *ids)
{
    const char *words[BATCH_MAX + 5] = { "container", "inspect", "--format",
                                         "{{.Id}}\t{{index .Config.Labels \"" CONTAINER_LABEL_DIR
                                         "\"}}" };
    struct subprocess_result result = { 0 };
    char *rest = NULL;

    for (size_t count = 4; count < BATCH_MAX + 4 && ids && *ids; count++)
        words[count] = strsep(&ids, "\n");
    rest = list(removal, words, &result);
    while (rest && *rest)
        sweep_line(removal, strsep(&rest, "\n"));
    subprocess_result_clear(&result);
}

/* What a machine that went down, or a shim that was killed with nobody to see it, left behind. */
static void sweep(struct container_removal *removal)
{
    char filter[128];
    const char *const words[] = {
        "ps", "--all", "--quiet", "--no-trunc", "--filter", filter, NULL
    };
    struct subprocess_result result = { 0 };
    char *ids = NULL;

    (void)snprintf(filter, sizeof filter, "label=" CONTAINER_LABEL_STATE "=%s",
                   removal->options.state);
    ids = list(removal, words, &result);
    if (ids)
        sweep_ids(removal, ids);
    subprocess_result_clear(&result);
}

/* Takes up to BATCH_MAX; 0 when it is time to go. */
static size_t take(struct container_removal *removal, struct container_doomed **batch)
{
    size_t count = 0;

    (void)pthread_mutex_lock(&removal->mutex);
    while (TAILQ_EMPTY(&removal->line) && !removal->is_closing)
        (void)pthread_cond_wait(&removal->is_changed, &removal->mutex);
    while (!removal->is_closing && count < BATCH_MAX && !TAILQ_EMPTY(&removal->line)) {
        batch[count] = TAILQ_FIRST(&removal->line);
        TAILQ_REMOVE(&removal->line, batch[count], in_line);
        count++;
    }
    (void)pthread_mutex_unlock(&removal->mutex);
    return count;
}

static void *remove_all(void *context)
{
    struct container_removal *removal = context;
    struct container_doomed *batch[BATCH_MAX];
    const char *names[BATCH_MAX];
    size_t count = 0;

    sweep(removal);
    while ((count = take(removal, batch)) > 0) {
        for (size_t i = 0; i < count; i++)
            names[i] = batch[i]->name;
        if (!remove_now(removal, names, count))
            break;
        for (size_t i = 0; i < count; i++)
            removal->options.on_gone(removal->options.context, batch[i]);
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
    (void)pthread_cond_destroy(&removal->is_changed);
    (void)pthread_mutex_destroy(&removal->mutex);
    subprocess_cancel_clear(&removal->cancel);
    free(removal);
}
