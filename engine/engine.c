#include "engine/engine.h"

#include "assay/value.h"
#include "engine/emulate/emulation.h"
#include "engine/engine_private.h"
#include "engine/live/live.h"
#include "engine/numerics.h"
#include "engine/operations/long_operation.h"
#include "engine/shim_path.h"
#include "engine/state_folder.h"
#include "engine/thread.h"
#include "engine/trial_command.h"
#include "launcher/dispatcher/dispatcher.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE_EVENTS = 4096, BATCH_EVENTS = 1024 };

/* Some hundred jobs of some hundred trials each. */
enum { CACHE_BYTES = 32 * 1024 * 1024 };

static void log_line(void *context, enum assay_log_level level, const char *line)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    struct engine *engine = context;
    char when[ASSAY_TIME_TEXT];

    (void)assay_time_text(assay_env_system()->wall_us(NULL), when);
    if (engine->log)
        (void)fprintf(engine->log, "%s %s %s\n", when, names[level], line);
    if (engine->is_verbose)
        (void)fprintf(stderr, "assay: %s: %s\n", names[level], line);
}

static bool copy_environment(struct engine *engine, char *const *environment,
                             struct assay_error *err)
{
    size_t count = 0;
    size_t size = 0;
    char *at = NULL;

    for (; environment && environment[count]; count++)
        size += strlen(environment[count]) + 1;
    engine->inherited = calloc(count + 1, sizeof *engine->inherited);
    engine->inherited_text = malloc(size + 1);
    if (!engine->inherited || !engine->inherited_text)
        return assay_fail_memory(err);
    at = engine->inherited_text;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(environment[i]) + 1;
        char *equals = NULL;

        memcpy(at, environment[i], length);
        equals = strchr(at, '=');
        if (equals) {
            *equals = '\0';
            engine->inherited[engine->inherited_count++] =
                (struct command_pair){ .name = at, .value = equals + 1 };
        }
        at += length;
    }
    return true;
}

static void on_ended(void *context, const struct ending *ending)
{
    struct engine *engine = context;

    follower_ended(engine->follower, ending);
}

/* Copies where the live jobs stand, for those who ask while the controller works on. */
void engine_note_changes(struct engine *engine)
{
    (void)pthread_mutex_lock(&engine->progress_mutex);
    engine->progress_count =
        controller_progress(engine->controller, engine->progress, ENGINE_LIVE_JOBS_MAX);
    engine->version++;
    (void)pthread_cond_broadcast(&engine->is_changed);
    (void)pthread_mutex_unlock(&engine->progress_mutex);
    live_publish(engine->live);
    keeper_note(engine->keeper);
    notifier_note(engine->notifier);
    pipeline_runner_note(engine->pipelines);
}

static void outlet_changed(void *context)
{
    engine_note_changes(context);
}

/* From a moment on the wall clock to the same on the monotonic one, for waiting. */
static int64_t to_mono_us(const struct engine *engine, int64_t wall_us)
{
    if (wall_us == INT64_MAX)
        return INT64_MAX;
    return assay_mono_us(&engine->env) + (wall_us - assay_wall_us(&engine->env));
}

void engine_checkpoint(struct engine *engine)
{
    /* When somebody reads, the next commit tries again; but the log must not grow for ever. */
    if (!store_needs_checkpoint(engine->writer) ||
        !readers_pause(engine->readers, store_log_is_long(engine->writer)))
        return;
    store_checkpoint(engine->writer);
    readers_resume(engine->readers);
}

void engine_note_broken(struct engine *engine, const struct assay_error *why)
{
    (void)pthread_mutex_lock(&engine->progress_mutex);
    engine->is_broken = true;
    engine->why_broken = *why;
    engine->version++;
    (void)pthread_cond_broadcast(&engine->is_changed);
    (void)pthread_mutex_unlock(&engine->progress_mutex);
    assay_log(&engine->env, ASSAY_LOG_ERROR, "the engine ends: %s", why->message);
}

/* The only place that waits. All that decides is in controller_handle(). */
static void *controller_thread(void *context)
{
    struct engine *engine = context;
    struct controller *c = engine->controller;
    struct event *events = calloc(BATCH_EVENTS, sizeof *events);
    struct assay_error why = { 0 };
    bool is_working = events != NULL;

    if (!events) {
        (void)assay_fail_memory(&why);
        engine_note_broken(engine, &why);
    }
    while (is_working && !controller_is_stopped(c)) {
        size_t count = event_queue_take(engine->queue, to_mono_us(engine, controller_deadline(c)),
                                        events, BATCH_EVENTS);

        (void)controller_begin(c);
        for (size_t i = 0; i < count; i++)
            controller_handle(c, &events[i]);
        is_working = controller_commit(c, engine->queue, &why);
        if (!is_working)
            engine_note_broken(engine, &why);
        else
            engine_checkpoint(engine);
    }
    free(events);
    event_queue_close(engine->queue);
    return NULL;
}

static struct launcher *open_launcher(struct engine *engine, char *const *environment,
                                      struct assay_error *err)
{
    const struct launcher_config *config = engine->config;
    struct slurm_options slurm = { .defaults = &engine->slurm_defaults,
                                   .allocation_nodes = config ? config->slurm_nodes : 0,
                                   .lease_us = config ? config->slurm_lease_us : 0 };
    struct dispatcher_options options = {
        .shim_path = engine->shim_path,
        .state_dir = engine->state_dir,
        .envp = environment,
        .is_strict = config && config->is_strict,
        .machine = &engine->machine,
        .container_engine = config ? config->container_engine : NULL,
        .is_slurm = config && config->launcher == LAUNCHER_SLURM,
        .slurm = &slurm,
        .env = &engine->env,
        .on_ended = on_ended,
        .context = engine,
    };

    if (config)
        engine->slurm_defaults = trial_slurm_launch(&config->settings.slurm);
    launch_facts_look(config, environment, &engine->env, &engine->machine);
    return dispatcher_new(&options, err);
}

static void on_disk_full(void *context, const char *why)
{
    struct engine *engine = context;
    struct event event = { .kind = EVENT_DISK_FULL, .text = strdup(why) };

    if (event.text)
        event_queue_put(engine->queue, &event);
}

static struct keeper *open_keeper(struct engine *engine, struct assay_error *err)
{
    struct keeper_options options = {
        .env = &engine->env,
        .state_dir = engine->state_dir,
        .readers = engine->readers,
        .settings = engine->config ? &engine->config->settings : NULL,
        .max_disk_bytes = engine->config ? engine->config->max_disk_bytes : 0,
        .on_full = on_disk_full,
        .context = engine,
    };

    return keeper_new(&options, err);
}

/* Before there are threads. */
static bool prepare_notifier(struct engine *engine, struct assay_error *err)
{
    const struct launcher_config *config = engine->config;

    return !config || config->hook_count == 0 ||
           notifier_prepare(engine->writer, config->hooks, config->hook_count, err);
}

static bool start_notifier(struct engine *engine, struct assay_error *err)
{
    const struct launcher_config *config = engine->config;

    if (!config || config->hook_count == 0)
        return true;
    engine->notifier = notifier_new(engine, config->hooks, config->hook_count, err);
    return engine->notifier != NULL;
}

static bool start_threads(struct engine *engine, char *const *environment, struct assay_error *err)
{
    struct controller_outlet outlet = engine_outlet(engine);
    int code = 0;

    engine->queue = event_queue_new(QUEUE_EVENTS);
    if (!engine->queue)
        return assay_fail_memory(err);
    outlet.changed = outlet_changed;
    engine->controller = controller_new(engine->writer, &engine->env, &outlet);
    if (!engine->controller)
        return assay_fail_memory(err);
    engine->follower = follower_new(&engine->env, engine->queue, err);
    engine->offload = engine->follower ? offload_new(err) : NULL;
    engine->suggester = engine->offload ? offload_new(err) : NULL;
    engine->learner = engine->suggester ? offload_new(err) : NULL;
    engine->answerer = engine->learner ? offload_new(err) : NULL;
    engine->worker = engine->answerer ? offload_new(err) : NULL;
    engine->launcher = engine->worker ? open_launcher(engine, environment, err) : NULL;
    engine->keeper = engine->launcher ? open_keeper(engine, err) : NULL;
    engine->models = engine->keeper ? model_registry_new(engine, err) : NULL;
    engine->pipelines = engine->models ? pipeline_runner_new(engine, err) : NULL;
    if (!engine->pipelines || !engine_note_leftovers(engine, err) || !start_notifier(engine, err))
        return false;
    code = thread_start(&engine->thread, controller_thread, engine);
    engine->has_thread = code == 0;
    if (code != 0)
        return assay_fail_errno(err, code, "start the controller's thread");
    return model_registry_start(engine->models, err) && long_operations_resume(engine, err);
}

/* The stream stays the one that other threads hold; only what it writes to is another file. */
void engine_announce_storage(struct engine *engine, const char *url)
{
    (void)snprintf(engine->storage_url, sizeof engine->storage_url, "%s", url);
}

void engine_reopen_log(struct engine *engine)
{
    char path[PATH_TEXT];
    int fd = -1;

    if (!engine->log)
        return;
    (void)snprintf(path, sizeof path, "%s/assay.log", engine->state_dir);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || dup3(fd, fileno(engine->log), O_CLOEXEC) < 0)
        assay_log(&engine->env, ASSAY_LOG_WARNING, "the log cannot be opened anew errno=%d", errno);
    if (fd >= 0)
        (void)close(fd);
}

static void open_log(struct engine *engine)
{
    char path[PATH_TEXT];

    (void)snprintf(path, sizeof path, "%s/assay.log", engine->state_dir);
    engine->log = fopen(path, "ae");
    if (engine->log)
        (void)setvbuf(engine->log, NULL, _IOLBF, 0);
}

static void note_change(void *context, const struct change *change)
{
    live_note(context, change);
}

/* Opens the writer, whose changes can be followed. */
static bool open_writer(struct engine *engine, struct assay_error *err)
{
    engine->live = live_new(&engine->env, LIVE_CHANGES_KEPT, err);
    if (engine->live)
        engine->writer = store_open(engine->state_dir, STORE_WRITE, err);
    if (!engine->writer)
        return false;
    store_on_change(engine->writer, note_change, engine->live);
    return true;
}

static bool open_emulator(struct engine *engine, const struct engine_options *options,
                          struct assay_error *err)
{
    engine->lock_fd = state_folder_lock(engine->state_dir, err);
    if (engine->lock_fd < 0 || !engine_mark_emulated(engine->state_dir, err))
        return false;
    if (open_writer(engine, err))
        engine->readers = readers_open(engine->state_dir, err);
    open_log(engine);
    return engine->readers && engine_begin_emulation(engine, options->emulation, err);
}

static bool open_worker(struct engine *engine, const struct engine_options *options,
                        struct assay_error *err)
{
    struct launch_facts_options facts = { .config = engine->config,
                                          .machine = &engine->machine,
                                          .environment = options->environment,
                                          .env = &engine->env };
    char path[PATH_TEXT];

    if (!shim_path_find(options->shim_path, path, sizeof path, err))
        return false;
    engine->shim_path = strdup(path);
    if (!engine->shim_path)
        return assay_fail_memory(err);
    engine->lock_fd = state_folder_lock(engine->state_dir, err);
    if (engine->lock_fd < 0 || !engine_check_real(engine->state_dir, err) ||
        !copy_environment(engine, options->environment, err))
        return false;
    if (!open_writer(engine, err) || !prepare_notifier(engine, err))
        return false;
    store_stretch_log(engine->writer);
    engine->readers = readers_open(engine->state_dir, err);
    if (!engine->readers)
        return false;
    open_log(engine); /* before there are threads that write to it */
    engine_sweep(engine);
    engine->facts = launch_facts_new(&facts, err);
    return engine->facts && start_threads(engine, options->environment, err);
}

static struct engine *engine_alloc(const struct engine_options *options)
{
    struct engine *engine = calloc(1, sizeof *engine);

    if (!engine)
        return NULL;
    engine->is_reader = options->is_reader;
    engine->is_verbose = options->is_verbose;
    engine->forbids_host = options->forbids_host;
    engine->config = options->config;
    engine->lock_fd = -1;
    engine->env = *assay_env_system();
    engine->env.context = engine;
    engine->env.log = log_line;
    (void)pthread_mutex_init(&engine->progress_mutex, NULL);
    (void)pthread_mutex_init(&engine->replay_mutex, NULL);
    (void)pthread_mutex_init(&engine->emulation_mutex, NULL);
    return engine;
}

struct engine *engine_open(const struct engine_options *options, struct assay_error *err)
{
    struct engine *engine = engine_alloc(options);
    struct engine_options placed = *options;
    pthread_condattr_t monotonic;
    char *temporary = NULL;
    bool is_open = false;

    if (!engine) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    numerics_set_up();
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&engine->is_changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    engine->cache = job_cache_new(CACHE_BYTES);
    engine->digests = plot_cache_new();
    engine->forests = plot_cache_new();
    engine->rankings = ranking_cache_new();
    if (!engine->cache || !engine->digests || !engine->forests || !engine->rankings) {
        (void)assay_fail_memory(err);
        goto out;
    }
    if (options->emulation && !options->state_dir) {
        temporary = engine_make_temporary(options->environment, err);
        placed.state_dir = temporary;
        engine->is_temporary = temporary != NULL;
        if (!temporary)
            goto out;
    }
    engine->state_dir = state_folder_open(placed.state_dir, placed.is_reader, err);
    if (!engine->state_dir)
        goto out;
    if (options->emulation) {
        is_open = open_emulator(engine, options, err);
    } else if (options->is_reader) {
        engine->readers = readers_open(engine->state_dir, err);
        is_open = engine->readers != NULL;
    } else {
        is_open = open_worker(engine, options, err);
    }
out:
    free(temporary);
    if (is_open)
        return engine;
    engine_close(engine);
    return NULL;
}

static void stop_thread(struct engine *engine)
{
    struct request request = { .kind = REQUEST_STOP };
    struct assay_error err = { 0 };

    if (!engine->has_thread)
        return;
    (void)event_queue_ask(engine->queue, &request, &err);
    (void)pthread_join(engine->thread, NULL);
}

void engine_close(struct engine *engine)
{
    if (!engine)
        return;
    atomic_store(&engine->is_ending, true);
    pipeline_runner_stop(engine->pipelines);
    model_registry_stop(engine->models);
    offload_free(engine->worker); /* while there is a controller to edit rows */
    if (engine->queue && !engine->has_thread)
        event_queue_close(engine->queue); /* nobody would answer */
    notifier_stop(engine->notifier);
    stop_thread(engine);
    if (engine->queue)
        event_queue_close(engine->queue);
    pipeline_runner_free(engine->pipelines);
    model_registry_free(engine->models);
    notifier_free(engine->notifier);
    keeper_free(engine->keeper);
    launcher_free(engine->launcher);
    offload_free(engine->offload);
    offload_free(engine->suggester);
    offload_free(engine->learner);  /* before the controller, whose jobs the tasks borrow from */
    offload_free(engine->answerer); /* while there is a store to read */
    follower_free(engine->follower);
    controller_free(engine->controller);
    replay_free(engine->replay);
    emulation_free(engine->emulation);
    event_queue_free(engine->queue);
    readers_close(engine->readers);
    store_close(engine->writer);
    live_free(engine->live);
    job_cache_free(engine->cache);
    plot_cache_free(engine->digests);
    plot_cache_free(engine->forests);
    ranking_cache_free(engine->rankings);
    launch_facts_free(engine->facts);
    free(engine->shim_path);
    free(engine->inherited);
    free(engine->inherited_text);
    if (engine->log)
        (void)fclose(engine->log);
    if (engine->lock_fd >= 0)
        (void)close(engine->lock_fd);
    (void)pthread_cond_destroy(&engine->is_changed);
    if (engine->is_temporary && engine->state_dir)
        engine_remove_temporary(engine->state_dir);
    (void)pthread_mutex_destroy(&engine->emulation_mutex);
    (void)pthread_mutex_destroy(&engine->replay_mutex);
    (void)pthread_mutex_destroy(&engine->progress_mutex);
    free(engine->state_dir);
    free(engine);
}

const char *engine_state_dir(const struct engine *engine)
{
    return engine->state_dir;
}

const char *engine_shown_dir(const struct engine *engine)
{
    return engine->emulation ? "/emulation" : engine->state_dir;
}

const struct assay_env *engine_env(const struct engine *engine)
{
    return &engine->env;
}

bool engine_is_emulated(const struct engine *engine)
{
    return engine->emulation != NULL;
}

struct launch_place engine_place(const struct engine *engine)
{
    return (struct launch_place){ .state_dir = engine->state_dir,
                                  .config = engine->config,
                                  .facts = engine->facts,
                                  .is_guarded = engine->forbids_host };
}

struct live *engine_live(const struct engine *engine)
{
    return engine->live;
}

const struct machine *engine_machine(const struct engine *engine)
{
    return engine->launcher ? &engine->machine : NULL;
}

void engine_report(struct engine *engine, launcher_report_fn fn, void *context)
{
    if (engine->launcher)
        launcher_report(engine->launcher, fn, context);
}

/* False: the request is not one for this engine. */
static bool check_request(const struct engine *engine, struct request *request,
                          struct assay_error *err)
{
    if (engine->is_reader)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "the folder was opened for reading only");
    /* A study runs nothing. */
    if (request->kind == REQUEST_SUBMIT && request->spec->kind != JOB_STUDY &&
        engine->forbids_host && trial_command_is_on_host(request->spec, engine->config)) {
        request_drop_spec(request);
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "this server runs no commands straight on its machine for others; it "
                          "would when started with --allow-host");
    }
    return true;
}

bool engine_ask(struct engine *engine, struct request *request, struct assay_error *err)
{
    if (!check_request(engine, request, err))
        return false;
    if (engine->emulation)
        return engine_ask_emulated(engine, request, err);
    return event_queue_ask(engine->queue, request, err);
}

bool engine_edit(struct engine *engine, const struct edit *edit, struct assay_error *err)
{
    struct request request = { .kind = REQUEST_EDIT, .edit = edit };

    return engine_ask(engine, &request, err);
}

struct pipeline_runner *engine_pipelines(const struct engine *engine)
{
    return engine->pipelines;
}

struct model_registry *engine_models(const struct engine *engine)
{
    return engine->models;
}

const char *engine_models_remote(const struct engine *engine)
{
    return engine->config ? engine->config->models_push : NULL;
}

bool engine_is_ending(const struct engine *engine)
{
    return atomic_load(&engine->is_ending);
}

bool engine_work(struct engine *engine, offload_fn fn, void *context)
{
    return engine->worker && offload_submit(engine->worker, fn, context);
}

bool engine_answers_later(const struct engine *engine)
{
    return engine->answerer != NULL;
}

bool engine_ask_later(struct engine *engine, struct request *request, struct assay_error *err)
{
    if (!check_request(engine, request, err))
        return false;
    event_queue_tell(engine->queue, request);
    return true;
}

bool engine_follow_up(struct engine *engine, offload_fn fn, void *context)
{
    return offload_submit(engine->answerer, fn, context);
}

struct store *engine_read_begin(struct engine *engine)
{
    return readers_begin(engine->readers);
}

void engine_read_end(struct engine *engine)
{
    readers_end(engine->readers);
}

bool engine_job_stamp(const struct engine *engine, enum job_stamp_kind kind, int64_t job,
                      uint64_t *stamp)
{
    return engine->writer && job_stamp_read(store_job_stamps(engine->writer), kind, job, stamp);
}

uint64_t engine_commit_count(const struct engine *engine)
{
    return engine->writer ? store_commit_count(engine->writer) : 0;
}

struct plot_cache *engine_digests(struct engine *engine)
{
    return engine->digests;
}

struct plot_cache *engine_forests(struct engine *engine)
{
    return engine->forests;
}

struct job_cache *engine_job_cache(struct engine *engine)
{
    return engine->cache;
}

struct ranking_cache *engine_ranking_cache(struct engine *engine)
{
    return engine->rankings;
}

bool engine_progress(struct engine *engine, int64_t job, struct job_progress *progress)
{
    bool is_live = false;

    (void)pthread_mutex_lock(&engine->progress_mutex);
    for (size_t i = 0; i < engine->progress_count && !is_live; i++) {
        is_live = engine->progress[i].job == job;
        if (is_live)
            *progress = engine->progress[i];
    }
    (void)pthread_mutex_unlock(&engine->progress_mutex);
    return is_live;
}

size_t engine_progress_all(struct engine *engine, struct job_progress *items, size_t max)
{
    size_t count = 0;

    (void)pthread_mutex_lock(&engine->progress_mutex);
    count = engine->progress_count < max ? engine->progress_count : max;
    memcpy(items, engine->progress, count * sizeof *items);
    (void)pthread_mutex_unlock(&engine->progress_mutex);
    return count;
}

bool engine_wait(struct engine *engine, uint64_t *seen, int timeout_ms)
{
    /* The system's clock, also where the engine's own stands still. */
    int64_t due = assay_mono_us(assay_env_system()) + (int64_t)timeout_ms * 1000;
    struct timespec until = { .tv_sec = (time_t)(due / 1000000),
                              .tv_nsec = (long)(due % 1000000) * 1000 };
    bool is_changed = false;
    int code = 0;

    if (engine->is_reader)
        return false;
    (void)pthread_mutex_lock(&engine->progress_mutex);
    while (engine->version == *seen && code == 0)
        code = pthread_cond_timedwait(&engine->is_changed, &engine->progress_mutex, &until);
    is_changed = engine->version != *seen;
    *seen = engine->version;
    (void)pthread_mutex_unlock(&engine->progress_mutex);
    return is_changed;
}

bool engine_is_working(struct engine *engine, struct assay_error *err)
{
    bool is_working = false;

    (void)pthread_mutex_lock(&engine->progress_mutex);
    is_working = !engine->is_broken;
    if (!is_working)
        *err = engine->why_broken;
    (void)pthread_mutex_unlock(&engine->progress_mutex);
    return is_working;
}
