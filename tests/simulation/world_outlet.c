/* What the controller wants done, done to the simulated machine; checks that it was stored first.
 */

#include "tests/simulation/world.h"

#include <stdio.h>
#include <stdlib.h>

/* The guard is for the engine's own code. */
static void leave_engine(struct world *world)
{
    if (world->guard.leave)
        world->guard.leave(world->guard.context);
}

static void enter_engine(struct world *world)
{
    if (world->guard.enter)
        world->guard.enter(world->guard.context);
}

/* False once the engine has died amid its deeds: nothing reaches the machine any more. */
static bool is_alive(struct world *world)
{
    if (world->deeds_left > 0)
        world->deeds_left--;
    return world->deeds_left != 0;
}

static bool note_attempt(void *context, const struct trial_row *row)
{
    int *attempt = context;

    if (!trial_state_is_terminal(row->state) && row->state != TRIAL_REQUESTED)
        *attempt = row->attempt;
    return false;
}

/* Stored before done: the row is committed when the outlet hears of it. */
static void check_stored(struct world *world, const struct live_job *job,
                         const struct live_trial *trial)
{
    struct trial_query query = { .job = job->row.id, .after = trial->number - 1, .limit = 1 };
    struct assay_error err = { 0 };
    int attempt = 0;

    if (store_is_in_transaction(world->store))
        world_fail(world, "trial %lld is launched before the commit", (long long)trial->number);
    if (!store_trial_each(world->store, &query, note_attempt, &attempt, &err))
        world_fail(world, "%s", err.message);
    else if (attempt != trial->attempt)
        world_fail(world, "attempt %d of trial %lld is launched, attempt %d is stored",
                   trial->attempt, (long long)trial->number, attempt);
}

static bool refuse(struct attempt_record *record, struct assay_error *err)
{
    record->is_refused = true;
    return assay_fail(err, record->script.is_hopeless ? ASSAY_INVALID : ASSAY_UNAVAILABLE, NULL,
                      "refused by the script");
}

static bool start_in_sim(struct world *world, const struct live_job *job,
                         const struct live_trial *trial, struct assay_error *err)
{
    struct attempt_record *record = world_attempt(world, trial->number, trial->attempt);
    int *last = &world->model.last_attempt[trial->number - 1];
    char word[] = "true";
    char *const words[] = { word, NULL };
    struct replica_launch replica = { .argv = words, .envp = words + 1, .dir = "/nowhere" };
    struct launch launch = { .key = live_trial_key(job, trial),
                             .replicas = &replica,
                             .replica_count = 1,
                             .timeout_us = job->spec->run.timeout_us };

    if (!record) {
        world_fail(world, "attempt %d of trial %lld", trial->attempt, (long long)trial->number);
        return true;
    }
    check_stored(world, job, trial);
    if (record->launches++ > 0)
        world_fail(world, "attempt %d of trial %lld is launched twice", trial->attempt,
                   (long long)trial->number);
    if (trial->attempt <= *last)
        world_fail(world, "attempt %d of trial %lld comes after attempt %d", trial->attempt,
                   (long long)trial->number, *last);
    *last = trial->attempt;
    scenario_script(&world->scenario, trial->number, trial->attempt, live_job_metric_count(job),
                    &record->script);
    if (record->script.is_refused)
        return refuse(record, err);
    record->is_running = true;
    if (!launcher_start(world->sim, &launch, err))
        world_fail(world, "the simulator refuses trial %lld: %s", (long long)trial->number,
                   err->message);
    return true;
}

static bool outlet_launch(void *context, const struct live_job *job, const struct live_trial *trial,
                          struct assay_error *err)
{
    struct world *world = context;
    bool is_done = true;

    leave_engine(world);
    if (is_alive(world))
        is_done = start_in_sim(world, job, trial, err);
    enter_engine(world);
    return is_done;
}

/* The new engine reads on from its mark; what ended meanwhile has left its record. */
static void adopt_from_machine(struct world *world, const struct live_job *job,
                               const struct live_trial *trial)
{
    struct attempt_record *record = world_attempt(world, trial->number, trial->attempt);
    struct replica_launch replica = { .dir = "/nowhere" };
    struct launch launch = { .key = live_trial_key(job, trial),
                             .replicas = &replica,
                             .replica_count = 1 };
    struct assay_error err = { 0 };

    if (!record) {
        world_fail(world, "attempt %d of trial %lld is adopted", trial->attempt,
                   (long long)trial->number);
        return;
    }
    record->given = trial->has_mark ? (size_t)trial->mark.file_offset : 0;
    if (record->given < record->committed || record->given > record->written)
        world_fail(world, "trial %lld goes on at report %zu; %zu were acknowledged, %zu written",
                   (long long)trial->number, record->given, record->committed, record->written);
    record->committed = record->given;
    if (record->has_ended)
        world_add_ending(world, live_trial_key(job, trial));
    else if (!launcher_adopt(world->sim, &launch, &err))
        world_fail(world, "the simulator cannot adopt: %s", err.message);
    else
        record->is_running = true;
}

static bool outlet_adopt(void *context, const struct live_job *job, const struct live_trial *trial,
                         struct assay_error *err)
{
    struct world *world = context;

    (void)err;
    leave_engine(world);
    if (is_alive(world))
        adopt_from_machine(world, job, trial);
    enter_engine(world);
    return true;
}

static void outlet_stop(void *context, struct attempt_key key, enum stop_manner manner)
{
    struct world *world = context;

    leave_engine(world);
    if (is_alive(world))
        launcher_stop(world->sim, key, manner);
    enter_engine(world);
}

static bool outlet_publish(void *context, const struct live_job *job, int64_t trial)
{
    struct world *world = context;
    bool is_owed = true;

    leave_engine(world);
    if (trial != job->row.best_trial && job->spec->kind == JOB_TUNING)
        world_fail(world, "trial %lld is published, trial %lld is the best", (long long)trial,
                   (long long)job->row.best_trial);
    if (is_alive(world)) {
        if (world->is_publish_owed)
            world_fail(world, "the model is published twice");
        is_owed = !dice_chance(&world->dice, 5); /* else: no memory for it */
        world->is_publish_owed = is_owed;
    }
    enter_engine(world);
    return is_owed;
}

static bool outlet_search(void *context, struct search_task *task)
{
    struct world *world = context;

    if (!is_alive(world)) {
        search_task_free(task);
        return true;
    }
    if (world->task_count == WORLD_TASKS_MAX)
        abort(); /* of one job there are two at a time, and of a life before it two more */
    world->tasks[world->task_count++] = task;
    return true;
}

static void outlet_forget(void *context, int64_t job)
{
    struct world *world = context;

    if (job == world->job)
        world->forgotten++;
}

struct controller_outlet world_outlet(struct world *world)
{
    return (struct controller_outlet){
        .context = world,
        .launch = outlet_launch,
        .adopt = outlet_adopt,
        .stop = outlet_stop,
        .publish = outlet_publish,
        .search = world->does_search_apart ? outlet_search : NULL,
        .forget = outlet_forget,
    };
}
