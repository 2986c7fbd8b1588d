#include "launcher/dispatcher/dispatcher_private.h"

#include "launcher/backend_container.h"
#include "launcher/dispatcher/launch_copy.h"
#include "launcher/dispatcher/placed_replica.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct entry **place_in_table(struct dispatcher *d, struct attempt_key key)
{
    struct entry **at =
        &d->buckets[((uint64_t)key.trial + (uint64_t)key.attempt * 31) % ENTRY_BUCKETS];

    while (*at && ((*at)->key.trial != key.trial || (*at)->key.attempt != key.attempt))
        at = &(*at)->next_in_bucket;
    return at;
}

static struct launcher *backend_of(const struct dispatcher *d, const struct entry *entry, size_t i)
{
    if (entry->is_on_slurm)
        return d->slurm; /* NULL: it is out of reach */
    return entry->is_contained[i] ? d->container : d->host;
}

static void leave_table(struct dispatcher *d, const struct entry *entry)
{
    struct entry **at = place_in_table(d, entry->key);

    assert(*at == entry);
    *at = entry->next_in_bucket;
}

/* Its ending is told by another thread: whoever asks must not be called back. */
static void end_entry(struct dispatcher *d, struct entry *entry)
{
    leave_table(d, entry);
    if (entry->grant)
        grant_return(entry->grant);
    preparing_tell(d, entry);
}

static void end_unstarted(struct dispatcher *d, struct entry *entry, enum ending_kind kind,
                          const char *why)
{
    entry->ending =
        (struct ending){ .key = entry->key, .kind = kind, .end_us = assay_wall_us(d->options.env) };
    (void)snprintf(entry->ending.detail, sizeof entry->ending.detail, "%.*s",
                   (int)sizeof entry->ending.detail - 1, why);
    end_entry(d, entry);
}

static void stop_replicas(struct dispatcher *d, const struct entry *entry, enum stop_manner manner)
{
    for (size_t i = 0; i < entry->gang.count; i++) {
        struct attempt_key key = entry->key;

        key.replica = (int32_t)i;
        if (!entry->gang.members[i].has_ended && backend_of(d, entry, i))
            launcher_stop(backend_of(d, entry, i), key, manner);
    }
}

static bool start_replica(struct dispatcher *d, struct entry *entry, const struct launch *launch,
                          size_t i, struct assay_error *err)
{
    struct placing placing = {
        .addresses = entry->addresses,
        .address_count = entry->gang.count,
        .gpus = entry->grant ? grant_gpus(entry->grant, i) : NULL,
        .interpreter = entry->interpreters ? entry->interpreters[i] : NULL,
    };
    struct replica_launch replica = launch->replicas[i];
    struct placed_replica placed = { 0 };
    struct launch one = *launch;
    bool is_started = false;

    one.key.replica = (int32_t)i;
    one.replicas = &replica;
    one.replica_count = 1;
    if (entry->granted)
        replica.resources = entry->granted[i];
    if (!placing.addresses && !placing.gpus && !placing.interpreter)
        return launcher_start(backend_of(d, entry, i), &one, err);
    if (!placed_replica_make(&placed, &replica, &placing))
        (void)assay_fail_memory(err);
    else {
        one.replicas = &placed.replica;
        is_started = launcher_start(backend_of(d, entry, i), &one, err);
    }
    placed_replica_clear(&placed);
    return is_started;
}

static bool take_end(struct dispatcher *d, struct entry *entry, const struct ending *ending);

/* A replica that its backend would not take ends like one that the machine could not start. */
static void end_replica(struct dispatcher *d, struct entry *entry, size_t i,
                        const struct assay_error *why)
{
    struct ending ending = { .key = entry->key,
                             .kind =
                                 why->code == ASSAY_INVALID ? ENDING_NOT_FOUND : ENDING_NOT_STARTED,
                             .end_us = assay_wall_us(d->options.env) };

    ending.key.replica = (int32_t)i;
    (void)snprintf(ending.detail, sizeof ending.detail, "%.*s", (int)sizeof ending.detail - 1,
                   why->message);
    if (take_end(d, entry, &ending))
        end_entry(d, entry);
}

/* What comes back in the replica's folder would be taken for the new one's. */
static bool put_aside(const struct replica_launch *replica, int restart, struct assay_error *err)
{
    char aside[PATH_MAX];

    if ((size_t)snprintf(aside, sizeof aside, "%s.lost%d", replica->dir, restart) >= sizeof aside)
        return assay_fail(err, ASSAY_INVALID, NULL, "%s: the path is too long", replica->dir);
    if (rename(replica->dir, aside) < 0 && errno != ENOENT)
        return assay_fail_errno(err, errno, "rename %s", replica->dir);
    return true;
}

static void restart_replica(struct dispatcher *d, struct entry *entry, size_t i)
{
    int restart = entry->gang.members[i].restarts;
    struct assay_error err = { 0 };

    assay_log(d->options.env, ASSAY_LOG_WARNING,
              "a replica was lost and is started anew trial=%lld attempt=%d replica=%zu restart=%d",
              (long long)entry->key.trial, entry->key.attempt, i, restart);
    if (!put_aside(&entry->launch->replicas[i], restart, &err) ||
        !start_replica(d, entry, entry->launch, i, &err))
        end_replica(d, entry, i, &err);
}

/* True: it is over, with entry->ending. */
static bool take_end(struct dispatcher *d, struct entry *entry, const struct ending *ending)
{
    /* Nothing can be started anew without the launch's texts, of an adopted attempt, and nothing
     * alone in a cluster, where the gang is one job. */
    bool is_stopping = entry->is_stopping || !entry->launch || entry->is_on_slurm;

    switch (gang_note_end(&entry->gang, ending, is_stopping)) {
    case GANG_WAIT:
        break;
    case GANG_STOP_REST:
        stop_replicas(d, entry, STOP_GENTLY);
        break;
    case GANG_RESTART:
        restart_replica(d, entry, (size_t)ending->key.replica);
        break;
    case GANG_OVER:
        gang_ending(&entry->gang, &entry->ending);
        return true;
    }
    return false;
}

static void start_replicas(struct dispatcher *d, struct entry *entry, const struct launch *launch)
{
    size_t count = launch->replica_count;
    struct assay_error err = { 0 };
    bool is_given_up = false;

    for (size_t i = 0; entry->leases && i < count * 2; i++)
        port_lease_open(&entry->leases[i]);
    for (size_t i = 0; i < count; i++) {
        is_given_up = is_given_up || !start_replica(d, entry, launch, i, &err);
        if (is_given_up) /* all together or not at all */
            end_replica(d, entry, i, &err);
    }
}

/* A cluster gets the whole gang at once. Hosts and ports are filled in on its nodes. */
static bool start_on_slurm(struct dispatcher *d, struct entry *entry, const struct launch *launch,
                           struct assay_error *err)
{
    size_t count = launch->replica_count;
    struct placed_replica *placed = calloc(count, sizeof *placed);
    struct replica_launch *replicas = calloc(count, sizeof *replicas);
    struct launch whole = *launch;
    bool is_made = placed && replicas;

    for (size_t i = 0; is_made && i < count; i++) {
        struct placing placing = { .interpreter =
                                       entry->interpreters ? entry->interpreters[i] : NULL };

        is_made = placed_replica_make(&placed[i], &launch->replicas[i], &placing);
        replicas[i] = placed[i].replica;
    }
    whole.replicas = replicas;
    if (!is_made)
        (void)assay_fail_memory(err);
    else
        is_made = launcher_start(d->slurm, &whole, err);
    for (size_t i = 0; placed && i < count; i++)
        placed_replica_clear(&placed[i]);
    free(placed);
    free(replicas);
    return is_made;
}

/* Only what may have to be started again stays. */
static void forget_launch(struct entry *entry)
{
    if (entry->launch && !(entry->launch->restarts_alone && entry->gang.count > 1)) {
        launch_copy_free(entry->launch);
        entry->launch = NULL;
    }
}

/* It has its place. launch is what it was made of, or its own copy. */
static void run(struct dispatcher *d, struct entry *entry, const struct launch *launch)
{
    struct assay_error err = { 0 };
    bool is_ready = false;

    entry->stage = LAUNCH_RUNNING;
    if (!entry->is_on_slurm) {
        is_ready = (launch->replica_count == 1 || entry_take_ports(d, entry, &err)) &&
                   entry_write_place(entry, launch, &err);
        if (is_ready)
            start_replicas(d, entry, launch);
    } else {
        is_ready = start_on_slurm(d, entry, launch, &err);
    }
    if (!is_ready)
        end_unstarted(d, entry, err.code == ASSAY_INVALID ? ENDING_NOT_FOUND : ENDING_NOT_STARTED,
                      err.message);
    forget_launch(entry);
}

void dispatcher_serve(struct dispatcher *d)
{
    struct grant *grant = NULL;

    if (d->is_closing)
        return;
    if (place_queue_count(d->queue) > 0)
        leftovers_check(&d->leftovers);
    while ((grant = place_queue_next(d->queue, assay_mono_us(d->options.env)))) {
        struct entry *entry = *place_in_table(d, grant_key(grant));

        run(d, entry, entry->launch);
    }
}

/* Nothing is missing but a place. */
static void place(struct dispatcher *d, struct entry *entry, const struct launch *launch)
{
    if (!entry->grant) {
        run(d, entry, launch);
        return;
    }
    entry->stage = LAUNCH_WAITING;
    place_queue_add(d->queue, entry->grant);
    dispatcher_serve(d);
    /* Nobody tells when a leftover ends. */
    if (!LIST_EMPTY(&d->leftovers))
        (void)pthread_cond_broadcast(&d->has_work);
}

void dispatcher_prepared(struct dispatcher *d, struct entry *entry, const struct assay_error *err)
{
    if (entry->is_stopping)
        end_unstarted(d, entry, ENDING_STOPPED, "stopped before it began");
    else if (d->is_closing) /* the next engine finds that it never began */
        return;
    else if (err)
        end_unstarted(d, entry,
                      err->code == ASSAY_NOT_FOUND || err->code == ASSAY_INVALID
                          ? ENDING_NOT_FOUND
                          : ENDING_NOT_STARTED,
                      err->message);
    else
        place(d, entry, entry->launch);
}

/* What a gang is started with later, or a lost replica of it is started with again. */
static bool needs_copy(const struct entry *entry, const struct launch *launch)
{
    return entry->grant || entry_needs_preparation(launch) ||
           (launch->restarts_alone && launch->replica_count > 1);
}

static struct entry *make_entry(struct dispatcher *d, const struct launch *launch,
                                struct assay_error *err)
{
    struct entry *entry = entry_new(d, launch, err);

    if (!entry)
        return NULL;
    entry->is_on_slurm = d->options.is_slurm;
    if (entry_make_grant(d, entry, launch, err)) {
        if (!needs_copy(entry, launch) || (entry->launch = launch_copy(launch)))
            return entry;
        (void)assay_fail_memory(err);
    }
    entry_free(d, entry);
    return NULL;
}

static bool log_twice(const struct dispatcher *d, struct attempt_key key)
{
    assay_log(d->options.env, ASSAY_LOG_WARNING,
              "started or adopted twice, the second is ignored trial=%lld attempt=%d",
              (long long)key.trial, key.attempt);
    return true;
}

static bool start_locked(struct dispatcher *d, const struct launch *launch, struct assay_error *err)
{
    struct entry **at = place_in_table(d, launch->key);
    struct entry *entry = NULL;

    if (*at)
        return log_twice(d, launch->key);
    entry = make_entry(d, launch, err);
    if (!entry)
        return false;
    if (entry_needs_preparation(launch)) {
        if (!preparing_add(d, entry, err)) {
            entry_free(d, entry);
            return false;
        }
        *at = entry;
        return true;
    }
    *at = entry;
    place(d, entry, entry->launch ? entry->launch : launch);
    return true;
}

static bool dispatcher_start(struct launcher *launcher, const struct launch *launch,
                             struct assay_error *err)
{
    struct dispatcher *d = (struct dispatcher *)launcher;
    bool is_started = false;

    (void)pthread_mutex_lock(&d->mutex);
    is_started = start_locked(d, launch, err);
    (void)pthread_mutex_unlock(&d->mutex);
    return is_started;
}

static void backend_ended(void *context, const struct ending *ending);

/* Also for what runs there since an engine with other options was here. Waits for nothing. */
static bool need_slurm(struct dispatcher *d, struct assay_error *err)
{
    if (!d->slurm)
        d->slurm = launcher_slurm_new(&d->slurm_options, err);
    return d->slurm != NULL;
}

static bool adopt_replicas(struct dispatcher *d, struct entry *entry, const struct launch *launch,
                           struct assay_error *err)
{
    if (entry->is_on_slurm)
        return launcher_adopt(d->slurm, launch, err);
    for (size_t i = 0; i < launch->replica_count; i++) {
        struct launch one = *launch;

        one.key.replica = (int32_t)i;
        one.replicas = &launch->replicas[i];
        one.replica_count = 1;
        if (!launcher_adopt(backend_of(d, entry, i), &one, err))
            return false;
    }
    return true;
}

static bool adopt_locked(struct dispatcher *d, const struct launch *launch, struct assay_error *err)
{
    struct entry **at = place_in_table(d, launch->key);
    struct entry *entry = NULL;

    if (*at)
        return log_twice(d, launch->key);
    entry = entry_new(d, launch, err);
    if (!entry)
        return false;
    entry->stage = LAUNCH_RUNNING;
    entry->is_on_slurm = launcher_slurm_has(launch->replicas[0].dir);
    *at = entry;
    if (entry->is_on_slurm && !need_slurm(d, err)) {
        /* Told as lost it would be started again beside itself. */
        assay_log(d->options.env, ASSAY_LOG_ERROR,
                  "an attempt on Slurm is left to an engine that finds Slurm trial=%lld "
                  "attempt=%d reason=\"%s\"",
                  (long long)entry->key.trial, entry->key.attempt, err->message);
        *err = (struct assay_error){ 0 };
        return true;
    }
    leftovers_drop(&d->leftovers, entry->key);
    if ((entry->is_on_slurm || entry_retake(d, entry, launch, err)) &&
        adopt_replicas(d, entry, launch, err))
        return true;
    leave_table(d, entry);
    entry_free(d, entry);
    return false;
}

static bool dispatcher_adopt(struct launcher *launcher, const struct launch *launch,
                             struct assay_error *err)
{
    struct dispatcher *d = (struct dispatcher *)launcher;
    bool is_adopted = false;

    (void)pthread_mutex_lock(&d->mutex);
    is_adopted = adopt_locked(d, launch, err);
    (void)pthread_mutex_unlock(&d->mutex);
    return is_adopted;
}

static void stop_entry(struct dispatcher *d, struct entry *entry, enum stop_manner manner)
{
    entry->is_stopping = true;
    switch (entry->stage) {
    case LAUNCH_PREPARING:
        if (!preparing_cancel(d, entry))
            return;
        break;
    case LAUNCH_WAITING:
        place_queue_remove(d->queue, entry->grant);
        break;
    case LAUNCH_RUNNING:
        stop_replicas(d, entry, manner);
        return;
    }
    end_unstarted(d, entry, ENDING_STOPPED, "stopped before it began");
    dispatcher_serve(d);
}

static void dispatcher_stop(struct launcher *launcher, struct attempt_key key,
                            enum stop_manner manner)
{
    struct dispatcher *d = (struct dispatcher *)launcher;
    struct entry *entry = NULL;

    (void)pthread_mutex_lock(&d->mutex);
    entry = *place_in_table(d, key);
    if (entry)
        stop_entry(d, entry, manner);
    (void)pthread_mutex_unlock(&d->mutex);
}

/* Called by a backend's thread, which may well tell the end itself. */
static void backend_ended(void *context, const struct ending *ending)
{
    struct dispatcher *d = context;
    struct entry *entry = NULL;
    struct ending over;
    bool is_over = false;

    (void)pthread_mutex_lock(&d->mutex);
    /* What ends while the engine goes is found by the next one. */
    entry = d->is_closing ? NULL : *place_in_table(d, ending->key);
    is_over = entry && take_end(d, entry, ending);
    if (is_over) {
        over = entry->ending;
        leave_table(d, entry);
        entry_free(d, entry);
    }
    dispatcher_serve(d);
    (void)pthread_mutex_unlock(&d->mutex);
    if (is_over)
        d->options.on_ended(d->options.context, &over);
}

static void report_entry(const struct dispatcher *d, const struct entry *entry,
                         launcher_report_fn fn, void *context)
{
    char why[512] = "";
    char gpus[512] = "";
    struct launch_report report = {
        .key = entry->key,
        .job = entry->job,
        .stage = entry->stage,
        .is_elsewhere = entry->is_on_slurm,
        .gpus = gpus,
        .why = why,
    };

    if (entry->grant) {
        report.resources = grant_resources(entry->grant);
        (void)grant_all_gpus(entry->grant, gpus, sizeof gpus);
    }
    if (entry->stage == LAUNCH_PREPARING)
        report.why = entry->why;
    else if (entry->stage == LAUNCH_WAITING)
        (void)place_queue_why(d->queue, entry->grant, why, sizeof why);
    fn(context, &report);
}

static void dispatcher_report(struct launcher *launcher, launcher_report_fn fn, void *context)
{
    struct dispatcher *d = (struct dispatcher *)launcher;
    struct launcher *slurm = NULL;

    (void)pthread_mutex_lock(&d->mutex);
    for (size_t i = 0; i < ENTRY_BUCKETS; i++) {
        for (const struct entry *entry = d->buckets[i]; entry; entry = entry->next_in_bucket) {
            if (!entry->is_on_slurm || entry->stage != LAUNCH_RUNNING)
                report_entry(d, entry, fn, context);
        }
    }
    leftovers_report(&d->leftovers, fn, context);
    slurm = d->slurm; /* which stays as long as the dispatcher */
    (void)pthread_mutex_unlock(&d->mutex);
    /* It may wait for files on the cluster's disk, for which nobody else is to wait. */
    if (slurm)
        launcher_report(slurm, fn, context);
}

bool dispatcher_note_leftover(struct launcher *dispatcher, struct attempt_key key, int64_t job,
                              const char *dir, struct assay_error *err)
{
    struct dispatcher *d = (struct dispatcher *)dispatcher;
    bool is_ok = false;

    (void)pthread_mutex_lock(&d->mutex);
    is_ok = leftovers_note(&d->leftovers, d->places, key, job, dir, err);
    (void)pthread_mutex_unlock(&d->mutex);
    return is_ok;
}

static void dispose(struct dispatcher *d)
{
    for (size_t i = 0; i < ENTRY_BUCKETS; i++) {
        for (struct entry *entry = d->buckets[i], *next = NULL; entry; entry = next) {
            next = entry->next_in_bucket;
            entry_free(d, entry);
        }
    }
    python_env_store_free(d->pythons);
    leftovers_clear(&d->leftovers);
    place_queue_free(d->queue);
    places_free(d->places);
    (void)pthread_cond_destroy(&d->has_work);
    (void)pthread_mutex_destroy(&d->mutex);
    free(d);
}

static void dispatcher_free(struct launcher *launcher)
{
    struct dispatcher *d = (struct dispatcher *)launcher;

    preparing_close(d);
    launcher_free(d->slurm);
    launcher_free(d->container);
    launcher_free(d->host);
    dispose(d);
}

static const struct launcher_ops dispatcher_ops = {
    .start = dispatcher_start,
    .adopt = dispatcher_adopt,
    .stop = dispatcher_stop,
    .report = dispatcher_report,
    .free = dispatcher_free,
};

static bool open_backends(struct dispatcher *d, struct assay_error *err)
{
    struct host_options host = { .shim_path = d->options.shim_path,
                                 .env = d->options.env,
                                 .on_ended = backend_ended,
                                 .context = d };
    struct container_options container = { .shim_path = d->options.shim_path,
                                           .state_dir = d->options.state_dir,
                                           .envp = d->options.envp,
                                           .engine = d->options.container_engine,
                                           .env = d->options.env,
                                           .on_ended = backend_ended,
                                           .context = d };

    d->host = launcher_host_new(&host, err);
    d->container = d->host ? launcher_container_new(&container, err) : NULL;
    return d->container && (!d->options.is_slurm ||
                            (launcher_slurm_check(&d->slurm_options, err) && need_slurm(d, err)));
}

static bool open_places(struct dispatcher *d, const struct machine *machine,
                        struct assay_error *err)
{
    char dir[PATH_MAX];
    struct python_env_options pythons = { dir, d->options.envp, d->options.env };

    if ((size_t)snprintf(dir, sizeof dir, "%s/python", d->options.state_dir) >= sizeof dir)
        return assay_fail(err, ASSAY_INVALID, NULL, "the state folder's path is too long");
    d->places = places_new(machine, err);
    d->queue = d->places ? place_queue_new(d->places, err) : NULL;
    d->pythons = d->queue ? python_env_store_new(&pythons, err) : NULL;
    return d->pythons != NULL;
}

bool dispatcher_has_containers(struct launcher *dispatcher, struct assay_error *err)
{
    return launcher_container_has_engine(((struct dispatcher *)dispatcher)->container, err);
}

struct launcher *dispatcher_new(const struct dispatcher_options *options, struct assay_error *err)
{
    struct dispatcher *d = calloc(1, sizeof *d);

    if (!d) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    d->launcher.ops = &dispatcher_ops;
    d->options = *options;
    d->options.machine = NULL; /* of which the places have a copy */
    if (options->slurm)
        d->slurm_options = *options->slurm;
    d->slurm_options.shim_path = options->shim_path;
    d->slurm_options.state_dir = options->state_dir;
    d->slurm_options.envp = options->envp;
    d->slurm_options.env = options->env;
    d->slurm_options.on_ended = backend_ended;
    d->slurm_options.context = d;
    TAILQ_INIT(&d->to_prepare);
    TAILQ_INIT(&d->to_tell);
    LIST_INIT(&d->leftovers);
    (void)pthread_mutex_init(&d->mutex, NULL);
    (void)pthread_cond_init(&d->has_work, NULL);
    if (open_places(d, options->machine, err) && open_backends(d, err) && preparing_open(d, err))
        return &d->launcher;
    dispatcher_free(&d->launcher);
    return NULL;
}
