#include "launcher/container/containers_private.h"

#include "launcher/container/init_enter.h"
#include "launcher/shim/claim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Our own may just be starting, so that nobody answers yet. */
static bool serves(struct containers *c, const char *dir)
{
    const struct container_pool *pool = NULL;
    int socket = -1;

    (void)pthread_mutex_lock(&c->mutex);
    pool = c->pool;
    (void)pthread_mutex_unlock(&c->mutex);
    if (pool && container_pool_owns(pool, dir))
        return true;
    socket = init_connect(dir);
    if (socket >= 0)
        (void)close(socket);
    return socket >= 0;
}

/* Of a container found at the start, with a replica's folder or, if it serves, its own. */
static bool is_wanted(void *context, const char *dir)
{
    struct containers *c = context;
    const struct contained *contained = NULL;
    struct claim claim = { 0 };
    size_t size = strlen(c->pool_dir);
    bool is_known = false;

    if (strncmp(dir, c->pool_dir, size) == 0 && dir[size] == '/')
        return serves(c, dir);
    (void)pthread_mutex_lock(&c->mutex);
    TAILQ_FOREACH(contained, &c->list, in_list)
    is_known = is_known || strcmp(contained->dir, dir) == 0;
    (void)pthread_mutex_unlock(&c->mutex);
    return is_known || (claim_read(dir, &claim) == 0 && claim_is_alive(&claim));
}

const struct container_engine *containers_find_engine(void *context, struct assay_error *err)
{
    struct containers *c = context;
    struct container_engine *engine = NULL;

    (void)pthread_mutex_lock(&c->mutex);
    while (c->is_probing)
        (void)pthread_cond_wait(&c->is_made, &c->mutex);
    engine = c->engine;
    c->is_probing = engine == NULL;
    (void)pthread_mutex_unlock(&c->mutex);
    if (engine)
        return engine;
    engine = container_engine_new(c->options.engine, c->options.env,
                                  (const char *const *)c->options.envp, err);
    (void)pthread_mutex_lock(&c->mutex);
    c->engine = engine;
    c->is_probing = false;
    (void)pthread_cond_broadcast(&c->is_made);
    (void)pthread_mutex_unlock(&c->mutex);
    return engine;
}

bool launcher_container_has_engine(struct launcher *launcher, struct assay_error *err)
{
    return containers_find_engine(launcher, err) != NULL;
}

bool launcher_container_prepare(struct launcher *launcher, int64_t job,
                                const struct container_launch *container,
                                subprocess_line_fn progress, void *context,
                                struct subprocess_cancel *cancel, struct assay_error *err)
{
    struct containers *c = (struct containers *)launcher;
    const struct container_engine *engine = containers_find_engine(c, err);
    struct container_image *image = NULL;
    bool is_known = false;

    if (!engine)
        return false;
    (void)pthread_mutex_lock(&c->mutex);
    is_known = job_images_is_sure(&c->images, job, container->image);
    (void)pthread_mutex_unlock(&c->mutex);
    if (is_known)
        return true;
    image = container_image_get(engine, container->image, progress, context, cancel, err);
    if (!image)
        return false;
    container_image_find_user(engine, c->init_path, image, cancel);
    (void)pthread_mutex_lock(&c->mutex);
    is_known = job_images_keep(&c->images, job, image, err);
    (void)pthread_mutex_unlock(&c->mutex);
    return is_known;
}

/* What the first container needs. */
struct opened {
    struct container_removal *removal;
    struct container_pool *pool;
    struct launcher *host;
};

static bool open_all(struct containers *c, struct opened *opened, struct assay_error *err)
{
    const struct container_removal_options removal = { .find_engine = containers_find_engine,
                                                       .env = c->options.env,
                                                       .envp = (const char *const *)c->options.envp,
                                                       .dir = c->pool_dir,
                                                       .state = c->state,
                                                       .on_gone = contained_is_gone,
                                                       .is_wanted = is_wanted,
                                                       .context = c };
    const struct container_pool_options pool = { .find_engine = containers_find_engine,
                                                 .env = c->options.env,
                                                 .dir = c->pool_dir,
                                                 .on_ready = contained_is_ready,
                                                 .context = c };
    const struct host_options host = { .shim_path = c->options.shim_path,
                                       .env = c->options.env,
                                       .on_ended = contained_ended,
                                       .context = c };

    opened->removal = container_removal_new(&removal, err);
    opened->pool = opened->removal ? container_pool_new(&pool, err) : NULL;
    opened->host = opened->pool ? launcher_host_new(&host, err) : NULL;
    if (opened->host)
        return true;
    container_pool_free(opened->pool);
    container_removal_free(opened->removal);
    return false;
}

static bool need_host(struct containers *c, struct assay_error *err)
{
    struct opened opened = { 0 };
    bool is_there = false;

    (void)pthread_mutex_lock(&c->mutex);
    while (c->is_opening)
        (void)pthread_cond_wait(&c->is_made, &c->mutex);
    is_there = c->host != NULL;
    c->is_opening = !is_there;
    (void)pthread_mutex_unlock(&c->mutex);
    if (is_there)
        return true;
    is_there = open_all(c, &opened, err);
    (void)pthread_mutex_lock(&c->mutex);
    if (is_there) {
        c->removal = opened.removal;
        c->pool = opened.pool;
        c->host = opened.host;
    }
    c->is_opening = false;
    (void)pthread_cond_broadcast(&c->is_made);
    (void)pthread_mutex_unlock(&c->mutex);
    return is_there;
}

static bool containers_start(struct launcher *launcher, const struct launch *launch,
                             struct assay_error *err)
{
    struct containers *c = (struct containers *)launcher;
    struct contained *contained = need_host(c, err) ? contained_new(launch, err) : NULL;

    return contained && contained_start(c, contained, launch, err);
}

static bool containers_adopt(struct launcher *launcher, const struct launch *launch,
                             struct assay_error *err)
{
    struct containers *c = (struct containers *)launcher;
    struct contained *contained = need_host(c, err) ? contained_new(launch, err) : NULL;

    if (!contained)
        return false;
    if (!contained_enlist(c, contained) || launcher_adopt(c->host, launch, err))
        return true;
    contained_forget(c, contained);
    return false;
}

static void containers_stop(struct launcher *launcher, struct attempt_key key,
                            enum stop_manner manner)
{
    struct containers *c = (struct containers *)launcher;
    struct contained *contained = NULL;
    struct launcher *host = NULL;
    char place[CONTAINER_NAME_TEXT] = "";

    (void)pthread_mutex_lock(&c->mutex);
    contained = contained_find(c, key);
    if (contained && contained->is_waiting) {
        contained->is_stop_wanted = true;
        contained->stop_manner = manner;
        if (contained->want.place)
            memcpy(place, contained->want.place->name, sizeof place);
    } else if (contained) {
        host = c->host;
    }
    (void)pthread_mutex_unlock(&c->mutex);
    if (host)
        launcher_stop(host, key, manner);
    else if (place[0] && container_pool_withdraw(c->pool, place))
        contained_withdraw(c, contained);
}

/* The places of what runs on are let go of: each container ends after its trial. */
static void abandon(struct containers *c)
{
    struct contained *contained = NULL;

    while ((contained = TAILQ_FIRST(&c->list))) {
        TAILQ_REMOVE(&c->list, contained, in_list);
        container_place_abandon(contained->place);
        contained_free(contained);
    }
}

static void containers_free(struct launcher *launcher)
{
    struct containers *c = (struct containers *)launcher;

    /* Each may still call the ones after it. */
    container_pool_close(c->pool);
    launcher_free(c->host);
    container_removal_free(c->removal);
    abandon(c);
    container_pool_free(c->pool);
    job_images_clear(&c->images);
    container_engine_free(c->engine);
    (void)pthread_cond_destroy(&c->is_made);
    (void)pthread_mutex_destroy(&c->mutex);
    free(c->init_path);
    free(c->pool_dir);
    free(c);
}

static const struct launcher_ops containers_ops = {
    .start = containers_start,
    .adopt = containers_adopt,
    .stop = containers_stop,
    .free = containers_free,
};

/* assay-init lies beside the shim. */
static bool name_paths(struct containers *c)
{
    const char *shim = c->options.shim_path;
    const char *slash = strrchr(shim, '/');

    if (asprintf(&c->init_path, "%.*sassay-init", slash ? (int)(slash - shim + 1) : 0, shim) < 0)
        c->init_path = NULL;
    if (asprintf(&c->pool_dir, "%s/containers", c->options.state_dir) < 0)
        c->pool_dir = NULL;
    return c->init_path && c->pool_dir;
}

struct launcher *launcher_container_new(const struct container_options *options,
                                        struct assay_error *err)
{
    struct containers *c = calloc(1, sizeof *c);

    if (!c) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    c->launcher.ops = &containers_ops;
    c->options = *options;
    TAILQ_INIT(&c->list);
    job_images_init(&c->images);
    (void)pthread_mutex_init(&c->mutex, NULL);
    (void)pthread_cond_init(&c->is_made, NULL);
    (void)container_state_label(options->state_dir, c->state);
    if (name_paths(c))
        return &c->launcher;
    (void)assay_fail_memory(err);
    containers_free(&c->launcher);
    return NULL;
}
