/* One replica in a container: from its start to its end. */

#include "launcher/container/container_end.h"
#include "launcher/container/container_owner.h"
#include "launcher/container/container_words.h"
#include "launcher/container/containers_private.h"
#include "launcher/dispatcher/launch_copy.h"
#include "launcher/shim/record_file.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct contained *contained_find(const struct containers *c, struct attempt_key key)
{
    struct contained *contained = NULL;

    TAILQ_FOREACH(contained, &c->list, in_list)
    {
        if (contained->key.trial == key.trial && contained->key.attempt == key.attempt &&
            contained->key.replica == key.replica)
            return contained;
    }
    return NULL;
}

struct contained *contained_new(const struct launch *launch, struct assay_error *err)
{
    const struct replica_launch *replica = &launch->replicas[0];
    struct contained *contained = calloc(1, sizeof *contained);

    if (contained) {
        contained->key = launch->key;
        contained->job = launch->job;
        contained->dir = strdup(replica->dir);
        contained->image = strdup(replica->container ? replica->container->image : "");
        contained->doomed.name = container_name(launch->key, replica->dir, contained->name);
    }
    if (contained && contained->dir && contained->image)
        return contained;
    contained_free(contained);
    (void)assay_fail_memory(err);
    return NULL;
}

void contained_free(struct contained *contained)
{
    if (!contained)
        return;
    container_words_free(contained->want.argv);
    container_words_free(contained->enter);
    launch_copy_free(contained->launch);
    free(contained->dir);
    free(contained->image);
    free(contained);
}

bool contained_enlist(struct containers *c, struct contained *contained)
{
    bool is_new = false;

    (void)pthread_mutex_lock(&c->mutex);
    is_new = contained_find(c, contained->key) == NULL;
    if (is_new)
        TAILQ_INSERT_TAIL(&c->list, contained, in_list);
    (void)pthread_mutex_unlock(&c->mutex);
    if (!is_new)
        contained_free(contained);
    return is_new;
}

void contained_forget(struct containers *c, struct contained *contained)
{
    (void)pthread_mutex_lock(&c->mutex);
    TAILQ_REMOVE(&c->list, contained, in_list);
    (void)pthread_mutex_unlock(&c->mutex);
    contained_free(contained);
}

static const char *client_name(struct containers *c)
{
    const struct container_engine *engine = NULL;

    (void)pthread_mutex_lock(&c->mutex);
    engine = c->engine;
    (void)pthread_mutex_unlock(&c->mutex);
    return engine ? container_engine_name(engine) : "container engine";
}

/* Forgets it, then tells its end. complaint: why it could not begin, if it could not. */
static void conclude(struct containers *c, struct contained *contained,
                     const struct container_record *record, const char *complaint)
{
    struct ending ending = contained->ending;
    struct container_evidence evidence = {
        .record = record,
        .client = client_name(c),
        .image = contained->image,
        .complaint = complaint,
        .has_oom_mark = container_take_oom_mark(contained->dir),
    };

    container_end_judge(&evidence, &ending);
    /* The next trial looks for it anew. */
    if (record->stage == CONTAINER_NOT_BEGUN && container_end_lacks_image(complaint)) {
        (void)pthread_mutex_lock(&c->mutex);
        job_images_doubt(&c->images, contained->job, contained->image);
        (void)pthread_mutex_unlock(&c->mutex);
    }
    contained_forget(c, contained);
    c->options.on_ended(c->options.context, &ending);
}

void contained_is_gone(void *context, struct container_doomed *doomed)
{
    struct containers *c = context;
    struct contained *contained =
        (struct contained *)(void *)((char *)doomed - offsetof(struct contained, doomed));
    struct container_record record = { 0 };
    char complaint[CONTAINER_COMPLAINT_TEXT];

    if (contained->place)
        container_pool_drop(c->pool, contained->place);
    container_record_read(contained->dir, &record);
    conclude(c, contained, &record,
             contained->complaint[0] ? contained->complaint
                                     : container_complaint(contained->dir, complaint));
}

void contained_ended(void *context, const struct ending *ending)
{
    struct containers *c = context;
    struct contained *contained = NULL;
    struct container_record record = { 0 };
    /* Where no client ran, nothing ran in a container either. */
    bool is_clean = ending->kind == ENDING_NOT_FOUND || ending->kind == ENDING_NOT_STARTED;

    (void)pthread_mutex_lock(&c->mutex);
    contained = contained_find(c, ending->key);
    (void)pthread_mutex_unlock(&c->mutex);
    if (!contained)
        return;
    contained->ending = *ending;
    container_record_read(contained->dir, &record);
    is_clean = is_clean || container_end_is_clean(ending, &record) ||
               (contained->place && container_record_is_final(&record));
    if (!is_clean) {
        container_removal_add(c->removal, &contained->doomed);
        return;
    }
    if (contained->place)
        container_pool_give(c->pool, contained->place);
    conclude(c, contained, &record, "");
}

/* Hands the client to the host; what limits the replica does not count for it. */
static bool start_client(struct containers *c, const struct launch *launch, char *const *argv,
                         char *const *envp, struct assay_error *err)
{
    struct replica_launch replica = launch->replicas[0];
    struct launch client = *launch;

    replica.argv = argv;
    replica.envp = envp;
    replica.container = NULL;
    client.replicas = &replica;
    client.memory_bytes = 0;
    return launcher_start(c->host, &client, err);
}

/* For everybody: the container's user may be anyone. */
static bool make_hiding(const char *dir, struct assay_error *err)
{
    char path[PATH_MAX];
    int error = record_path(path, sizeof path, dir, CONTAINER_HIDING_NAME);

    if (!error)
        error = record_make_dirs(path);
    if (!error && chmod(path, 0755) < 0)
        error = errno;
    return error == 0 || assay_fail_errno(err, error, "%s", dir);
}

typedef char **(*build_fn)(const struct container_run *run, struct assay_error *err);

/* With the job's image, under the mutex, which build does not hold for long. NULL and *err. */
static char **build_with_image(struct containers *c, const struct launch *launch,
                               struct container_run *run, build_fn build, struct assay_error *err)
{
    const char *name = launch->replicas[0].container->image;
    char **argv = NULL;

    (void)pthread_mutex_lock(&c->mutex);
    run->image = c->engine ? job_images_find(&c->images, launch->job, name) : NULL;
    if (run->image) {
        run->traits = container_engine_traits(c->engine);
        argv = build(run, err);
    } else {
        (void)assay_fail(err, ASSAY_INTERNAL, NULL, "image %s was not prepared", name);
    }
    (void)pthread_mutex_unlock(&c->mutex);
    return argv;
}

/* The client's environment, with the marks by which its processes are known. The list is the
 * caller's, its words are not. */
static char **client_environment(const struct containers *c, const struct replica_launch *replica)
{
    static const char *const marks[] = { "ASSAY_ATTEMPT=", "ASSAY_ATTEMPT_DIR=" };
    size_t count = 0;
    char **envp = NULL;

    while (c->options.envp[count])
        count++;
    envp = calloc(count + sizeof marks / sizeof marks[0] + 1, sizeof *envp);
    if (!envp)
        return NULL;
    memcpy(envp, c->options.envp, count * sizeof *envp);
    for (char *const *entry = replica->envp; entry && *entry; entry++) {
        for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
            if (strncmp(*entry, marks[i], strlen(marks[i])) == 0)
                envp[count++] = *entry;
        }
    }
    return envp;
}

static char **build_own(const struct container_run *run, struct assay_error *err)
{
    return container_hand_over(run, err) ? container_argv_build(run, err) : NULL;
}

/* Takes contained. */
static bool start_own(struct containers *c, struct contained *contained,
                      const struct launch *launch, struct container_run *run,
                      struct assay_error *err)
{
    char **argv = build_with_image(c, launch, run, build_own, err);
    char **envp = argv ? client_environment(c, &launch->replicas[0]) : NULL;
    bool is_ready = envp && (!container_hides_state(run) || make_hiding(contained->dir, err));
    bool is_started = false;

    if (argv && !envp)
        (void)assay_fail_memory(err);
    if (!is_ready)
        contained_free(contained);
    else if (!contained_enlist(c, contained))
        is_started = true;
    else {
        is_started = start_client(c, launch, argv, envp, err);
        if (!is_started)
            contained_forget(c, contained);
    }
    free(envp);
    container_words_free(argv);
    return is_started;
}

/* state_dir/jobs/ID of a folder in it; false when it is elsewhere. */
static bool find_job_dir(const struct containers *c, const char *dir, char job_dir[PATH_MAX])
{
    static const char jobs[] = "/jobs/";
    size_t size = strlen(c->options.state_dir);

    if (strncmp(dir, c->options.state_dir, size) != 0 ||
        strncmp(dir + size, jobs, sizeof jobs - 1) != 0)
        return false;
    size += sizeof jobs - 1;
    size += strcspn(dir + size, "/");
    return (size_t)snprintf(job_dir, PATH_MAX, "%.*s", (int)size, dir) < PATH_MAX;
}

/* What containers that are as good as each other have in common: how they are started. NULL and
 * *err. */
static char *find_key(struct containers *c, const struct launch *launch, struct container_run run,
                      struct assay_error *err)
{
    char **argv = NULL;
    char *key = NULL;
    size_t size = 0;
    FILE *out = NULL;

    run.name = "";
    run.serve_dir = "";
    argv = build_with_image(c, launch, &run, container_argv_build, err);
    if (!argv)
        return NULL;
    out = open_memstream(&key, &size);
    for (char **word = argv; out && *word; word++)
        (void)fprintf(out, "%s\n", *word);
    container_words_free(argv);
    if (out && fclose(out) == 0)
        return key;
    free(key);
    (void)assay_fail_memory(err);
    return NULL;
}

/* What it takes to start the container, and the replica in it. */
static bool plan_place(struct containers *c, struct contained *contained,
                       const struct launch *launch, struct container_run *run,
                       struct assay_error *err)
{
    char *key = find_key(c, launch, *run, err);
    char *dir = NULL;
    bool is_planned = false;

    if (!key)
        return false;
    contained->place = container_pool_take(c->pool, key);
    dir = contained->place ? strdup(contained->place->dir) : container_pool_folder(c->pool);
    contained->want.place = dir && !contained->place ? container_place_new(key, dir) : NULL;
    if (!contained->place && !contained->want.place) {
        (void)assay_fail_memory(err);
        goto out;
    }
    run->serve_dir = dir;
    contained->enter = build_with_image(c, launch, run, container_argv_enter, err);
    is_planned = contained->enter != NULL;
    if (is_planned && contained->want.place) {
        run->name = contained->want.place->name;
        contained->want.argv = build_with_image(c, launch, run, container_argv_build, err);
        is_planned = contained->want.argv && (!container_hides_state(run) || make_hiding(dir, err));
    }
out:
    free(dir);
    free(key);
    return is_planned;
}

static void give_up_place(struct containers *c, struct contained *contained)
{
    if (contained->place)
        container_pool_give(c->pool, contained->place);
    container_pool_drop(c->pool, contained->want.place);
    contained->place = NULL;
    contained->want.place = NULL;
}

/* What waits for its container goes on in contained_is_ready(). */
static bool wait_for_place(struct containers *c, struct contained *contained,
                           const struct launch *launch, struct assay_error *err)
{
    struct container_place *place = contained->want.place;

    contained->launch = launch_copy(launch);
    if (!contained->launch) {
        give_up_place(c, contained);
        contained_free(contained);
        return assay_fail_memory(err);
    }
    contained->is_waiting = true;
    if (contained_enlist(c, contained))
        container_pool_make(c->pool, &contained->want);
    else
        container_pool_drop(c->pool, place);
    return true;
}

/* Takes contained. */
static bool start_reused(struct containers *c, struct contained *contained,
                         const struct launch *launch, struct container_run *run,
                         struct assay_error *err)
{
    char **enter = NULL;
    struct container_place *place = NULL;
    bool is_started = false;

    if (!plan_place(c, contained, launch, run, err)) {
        give_up_place(c, contained);
        contained_free(contained);
        return false;
    }
    if (!contained->place)
        return wait_for_place(c, contained, launch, err);
    place = contained->place;
    contained->doomed.name = place->name;
    enter = contained->enter;
    contained->enter = NULL;
    if (!contained_enlist(c, contained)) {
        container_pool_give(c->pool, place);
        is_started = true;
    } else {
        is_started = start_client(c, launch, enter, launch->replicas[0].envp, err);
        if (!is_started) {
            container_pool_give(c->pool, place);
            contained_forget(c, contained);
        }
    }
    container_words_free(enter);
    return is_started;
}

/* It ends as it would have if its own container had not started, or as one that was stopped. */
static void end_unbegun(struct containers *c, struct contained *contained, const char *why)
{
    const struct replica_launch *replica = &contained->launch->replicas[0];

    contained->ending = (struct ending){ .key = contained->key,
                                         .role = replica->role,
                                         .index = replica->index,
                                         .kind = ENDING_EXITED,
                                         .status = 125,
                                         .end_us = assay_wall_us(c->options.env) };
    (void)snprintf(contained->complaint, sizeof contained->complaint, "%.*s",
                   (int)sizeof contained->complaint - 1, why);
    (void)pthread_mutex_lock(&c->mutex);
    contained->is_waiting = false;
    if (contained->is_stop_wanted) {
        contained->ending.kind = ENDING_STOPPED;
        contained->ending.status = 0;
        (void)snprintf(contained->ending.detail, sizeof contained->ending.detail,
                       "stopped before it began");
    }
    (void)pthread_mutex_unlock(&c->mutex);
}

/* With its container there: nothing ran in it, and the next one may have it. */
static void tell_unbegun(struct containers *c, struct contained *contained, const char *why)
{
    static const struct container_record nothing = { .stage = CONTAINER_NOT_BEGUN };

    container_pool_give(c->pool, contained->place);
    contained->place = NULL;
    end_unbegun(c, contained, why);
    conclude(c, contained, &nothing, contained->complaint);
}

void contained_withdraw(struct containers *c, struct contained *contained)
{
    container_place_abandon(contained->want.place);
    contained->want.place = NULL;
    end_unbegun(c, contained, "");
    container_removal_add(c->removal, &contained->doomed);
}

/* From its want; true when it is to be stopped. */
static bool take_place(struct containers *c, struct contained *contained)
{
    bool is_told = false;

    (void)pthread_mutex_lock(&c->mutex);
    contained->place = contained->want.place;
    contained->want.place = NULL;
    contained->doomed.name = contained->place->name;
    is_told = contained->is_stop_wanted;
    (void)pthread_mutex_unlock(&c->mutex);
    return is_told;
}

/* A stop that was asked for while it waited. */
static void catch_up(struct containers *c, struct attempt_key key)
{
    struct contained *contained = NULL;
    bool is_stop_wanted = false;
    enum stop_manner manner = STOP_GENTLY;

    (void)pthread_mutex_lock(&c->mutex);
    contained = contained_find(c, key);
    if (contained) {
        contained->is_waiting = false;
        is_stop_wanted = contained->is_stop_wanted;
        manner = contained->stop_manner;
    }
    (void)pthread_mutex_unlock(&c->mutex);
    if (is_stop_wanted)
        launcher_stop(c->host, key, manner);
}

void contained_is_ready(void *context, struct container_want *want, const struct assay_error *err)
{
    struct containers *c = context;
    struct contained *contained =
        (struct contained *)(void *)((char *)want - offsetof(struct contained, want));
    struct attempt_key key = contained->key;
    struct launch *launch = contained->launch;
    char **enter = contained->enter;
    struct assay_error start_err = { 0 };
    bool is_told_to_stop = take_place(c, contained);

    if (err) { /* which may have left a container all the same */
        end_unbegun(c, contained, err->message);
        container_removal_add(c->removal, &contained->doomed);
        return;
    }
    if (is_told_to_stop) {
        tell_unbegun(c, contained, "");
        return;
    }
    /* Once started it may be gone at any moment. */
    contained->launch = NULL;
    contained->enter = NULL;
    if (start_client(c, launch, enter, launch->replicas[0].envp, &start_err)) {
        catch_up(c, key);
        launch_copy_free(launch);
    } else {
        contained->launch = launch;
        tell_unbegun(c, contained, start_err.message);
    }
    container_words_free(enter);
}

bool contained_start(struct containers *c, struct contained *contained, const struct launch *launch,
                     struct assay_error *err)
{
    const struct replica_launch *replica = &launch->replicas[0];
    char job_dir[PATH_MAX];
    struct container_run run = { .replica = replica,
                                 .memory_bytes = launch->memory_bytes,
                                 .name = contained->name,
                                 .state = c->state,
                                 .state_dir = c->options.state_dir,
                                 .init_path = c->init_path,
                                 .job_dir = job_dir };
    bool is_reused = replica->container->is_reused && find_job_dir(c, replica->dir, job_dir);

    if (is_reused) {
        (void)pthread_mutex_lock(&c->mutex);
        run.image = job_images_find(&c->images, launch->job, replica->container->image);
        is_reused = container_can_be_reused(&run);
        (void)pthread_mutex_unlock(&c->mutex);
    }
    return is_reused ? start_reused(c, contained, launch, &run, err)
                     : start_own(c, contained, launch, &run, err);
}
