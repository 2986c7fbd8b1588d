/* Deeds: what the controller decided, done through launcher, follower and offload. */

#include "engine/engine_private.h"
#include "engine/trial_command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct trial_command_input command_input(const struct engine *engine,
                                                const struct live_job *job,
                                                const struct live_trial *trial)
{
    return (struct trial_command_input){
        .state_dir = engine->state_dir,
        .source_dir = job->row.source_dir,
        .spec = job->spec,
        .config = engine->config,
        .job = job->row.id,
        .number = trial->number,
        .attempt = trial->attempt,
        .point = trial->point,
        .inherited = engine->inherited,
        .inherited_count = engine->inherited_count,
        .storage_url = engine->storage_url[0] ? engine->storage_url : NULL,
        .is_guarded = engine->forbids_host,
    };
}

static bool build_launch(const struct engine *engine, const struct live_job *job,
                         const struct live_trial *trial, struct trial_launch *launch,
                         struct assay_error *err)
{
    struct trial_command_input input = command_input(engine, job, trial);
    char tag[96];
    uint64_t nonce = 0;

    if (!engine->env.entropy(engine->env.context, &nonce, sizeof nonce))
        return assay_fail(err, ASSAY_INTERNAL, NULL, "the system gives no random numbers");
    (void)snprintf(tag, sizeof tag, "%" PRId64 "-%d-%016" PRIx64, live_trial_key(job, trial).trial,
                   trial->attempt, nonce);
    input.tag = tag;
    return trial_launch_build(&input, launch, err);
}

static bool attach(struct engine *engine, const struct live_job *job,
                   const struct live_trial *trial, const char *attempt_dir, struct assay_error *err)
{
    char metric_path[PATH_TEXT];
    struct follow follow = {
        .key = live_trial_key(job, trial),
        .attempt_dir = attempt_dir,
        .metric_path = metric_path,
        .specs = job->spec->study.metrics,
        .regexes = (const char *const *)job->spec->assay.metric_regex,
        .metric_count = live_job_metric_count(job),
        .start_us = trial->start_us,
        .mark = trial->has_mark ? &trial->mark : NULL,
    };

    if (snprintf(metric_path, sizeof metric_path, "%s/%s", attempt_dir, COMMAND_METRIC_FILE) >=
        (int)sizeof metric_path)
        return assay_fail(err, ASSAY_INVALID, NULL, "the state folder's path is too long");
    return follower_attach(engine->follower, &follow, err);
}

/* Once followed, an attempt must end through the follower, which then lets go of it. */
static void end_unstarted(struct engine *engine, struct attempt_key key,
                          const struct assay_error *why)
{
    /* A command that can never be started is the document's fault, not the machine's. */
    struct ending ending = { .key = key,
                             .kind = why->code == ASSAY_INVALID ? ENDING_NOT_FOUND
                                                                : ENDING_NOT_STARTED };

    (void)snprintf(ending.detail, sizeof ending.detail, "%.*s", (int)sizeof ending.detail - 1,
                   why->message);
    follower_ended(engine->follower, &ending);
}

static int64_t outlet_ahead(void *context, const struct live_job *job)
{
    const struct engine *engine = context;

    return trial_ahead(job->spec, engine->config);
}

static bool outlet_launch(void *context, const struct live_job *job, const struct live_trial *trial,
                          struct assay_error *err)
{
    struct engine *engine = context;
    struct trial_launch launch = { 0 };
    bool is_attached = build_launch(engine, job, trial, &launch, err) &&
                       attach(engine, job, trial, launch.replicas[0].dir, err);

    if (is_attached && (!trial_launch_make_dirs(&launch, err) ||
                        !launcher_start(engine->launcher, &launch.launch, err)))
        end_unstarted(engine, live_trial_key(job, trial), err);
    trial_launch_clear(&launch);
    keeper_watch(engine->keeper, job->row.id, &job->spec->assay.launch);
    return is_attached;
}

static bool outlet_adopt(void *context, const struct live_job *job, const struct live_trial *trial,
                         struct assay_error *err)
{
    struct engine *engine = context;
    struct trial_command_input input = command_input(engine, job, trial);
    struct trial_launch launch = { 0 };
    bool is_attached = trial_launch_outline(&input, &launch, err) &&
                       attach(engine, job, trial, launch.replicas[0].dir, err);

    if (is_attached && !launcher_adopt(engine->launcher, &launch.launch, err))
        end_unstarted(engine, live_trial_key(job, trial), err);
    trial_launch_clear(&launch);
    keeper_watch(engine->keeper, job->row.id, &job->spec->assay.launch);
    return is_attached;
}

static void outlet_stop(void *context, struct attempt_key key, enum stop_manner manner)
{
    struct engine *engine = context;

    launcher_stop(engine->launcher, key, manner);
}

static bool outlet_publish(void *context, const struct live_job *job, int64_t trial)
{
    return engine_publish(context, job->row.id, trial);
}

struct searching {
    struct engine *engine;
    struct search_task *task;
};

static void search_now(void *context, bool is_dropped)
{
    struct searching *searching = context;
    struct event event = { .kind = EVENT_SEARCHED, .task = searching->task };

    if (is_dropped) {
        event_clear(&event);
    } else {
        search_task_run(searching->task);
        event_queue_put(searching->engine->queue, &event);
    }
    free(searching);
}

static bool outlet_search(void *context, struct search_task *task)
{
    struct engine *engine = context;
    struct offload *thread = task->kind == SEARCH_LEARN ? engine->learner : engine->suggester;
    struct searching *searching = calloc(1, sizeof *searching);

    if (!searching)
        return false;
    *searching = (struct searching){ .engine = engine, .task = task };
    if (offload_submit(thread, search_now, searching))
        return true;
    free(searching);
    return false;
}

struct forgetting {
    struct engine *engine;
    int64_t job;
};

/* Dropped at the engine's end: the next one sweeps. */
static void forget_task(void *context, bool is_dropped)
{
    struct forgetting *forgetting = context;

    if (!is_dropped)
        engine_forget(forgetting->engine, forgetting->job);
    free(forgetting);
}

static void outlet_forget(void *context, int64_t job)
{
    struct engine *engine = context;
    struct forgetting *forgetting = calloc(1, sizeof *forgetting);

    if (forgetting) {
        *forgetting = (struct forgetting){ .engine = engine, .job = job };
        if (offload_submit(engine->offload, forget_task, forgetting))
            return;
    }
    free(forgetting);
    assay_log(&engine->env, ASSAY_LOG_WARNING, "files left for the next sweep job=%" PRId64, job);
}

struct controller_outlet engine_outlet(struct engine *engine)
{
    return (struct controller_outlet){
        .context = engine,
        .ahead = outlet_ahead,
        .launch = outlet_launch,
        .adopt = outlet_adopt,
        .stop = outlet_stop,
        .publish = outlet_publish,
        .search = outlet_search,
        .forget = outlet_forget,
    };
}
