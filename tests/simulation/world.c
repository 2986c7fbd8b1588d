#include "tests/simulation/world.h"

#include "tests/simulation/folder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2025-01-01: so that "since creation" and "at a time" are of different size. */
#define START_US INT64_C(1735689600000000)

/* After so many batches a study that has not ended never will. */
enum { BATCHES_MAX = 20000 };

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

void world_fail(struct world *world, const char *fmt, ...)
{
    va_list args;

    if (world->fault[0])
        return;
    va_start(args, fmt);
    (void)vsnprintf(world->fault, sizeof world->fault, fmt, args);
    va_end(args);
}

struct attempt_record *world_attempt(struct world *world, int64_t trial, int attempt)
{
    if (trial < 1 || trial > SCENARIO_TRIALS_MAX || attempt < 1 || attempt > SCENARIO_ATTEMPTS_MAX)
        return NULL;
    return &world->attempts[trial - 1][attempt - 1];
}

/* The scripts are asked for by the outlet, which knows more than a launch tells. */
static void plan_of_launch(void *context, const struct launch *launch, struct sim_plan *plan)
{
    struct world *world = context;
    const struct attempt_record *record =
        world_attempt(world, launch->key.trial % STORE_TRIALS_MAX, (int)launch->key.attempt);

    plan->duration_us = record->script.duration_us;
    plan->ending = record->script.ending;
    plan->stop_us = record->script.stop_us;
}

struct world *world_new(const struct scenario *scenario, const char *folder,
                        const struct world_guard *guard)
{
    struct world *world = must(calloc(1, sizeof *world));
    struct sim_options options = { .script = plan_of_launch,
                                   .context = world,
                                   .start_us = START_US };
    struct assay_error err = { 0 };

    world->scenario = *scenario;
    if (guard)
        world->guard = *guard;
    (void)snprintf(world->folder, sizeof world->folder, "%s", folder);
    world->dice = dice_for(scenario->seed, 2, 0);
    world->cancels_left = dice_chance(&world->dice, scenario->faults.cancel);
    world->does_search_apart = dice_chance(&world->dice, 50);
    world->pauses_left = 3;
    world->crashes_left = 5;
    world->deeds_left = -1;
    world->attempts = must(calloc(SCENARIO_TRIALS_MAX, sizeof *world->attempts));
    world->sim = must(launcher_sim_new(&options, &err));
    world->env = launcher_sim_env(world->sim);
    if (!model_init(&world->model, scenario->document, &world->seed)) {
        (void)fprintf(stderr, "not a document: %s\n", scenario->document);
        abort();
    }
    return world;
}

/* They borrow from the controller's jobs. */
static void clear_tasks(struct world *world)
{
    for (size_t i = 0; i < world->task_count; i++)
        search_task_free(world->tasks[i]);
    world->task_count = 0;
}

static void clear_events(struct world *world)
{
    for (size_t i = 0; i < world->event_count; i++)
        event_clear(&world->events[i]);
    world->event_count = 0;
}

/* What a request still owns once it was answered, or never will be. */
static void clear_requests(struct world *world)
{
    for (size_t i = 0; i < world->request_count; i++)
        request_drop_spec(&world->requests[i]);
    job_row_clear(&world->submitted);
    world->request_count = 0;
}

void world_free(struct world *world)
{
    if (!world)
        return;
    clear_events(world);
    clear_tasks(world);
    clear_requests(world);
    controller_free(world->controller);
    store_close(world->store);
    launcher_free(world->sim);
    model_clear(&world->model);
    free(world->attempts);
    free(world);
}

/* The files as they are now, kept over what closing does to them. */
static void keep_files(const struct world *world, const char *from, const char *to)
{
    static const char *const names[] = { "assay.db", "assay.db-wal" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char source[WORLD_PATH + 32];
        char target[WORLD_PATH + 32];

        (void)snprintf(source, sizeof source, "%s/%s%s", world->folder, names[i], from);
        (void)snprintf(target, sizeof target, "%s/%s%s", world->folder, names[i], to);
        file_copy(source, target);
    }
}

void world_kill(struct world *world)
{
    /* kill -9 leaves the log as it is; a handle of ours that is closed would tidy up. */
    bool is_rude = world->kills_rudely && dice_chance(&world->dice, 50);

    clear_events(world);
    clear_tasks(world);
    clear_requests(world);
    if (is_rude)
        keep_files(world, "", ".kept");
    controller_free(world->controller);
    store_close(world->store);
    if (is_rude)
        keep_files(world, ".kept", "");
    world->controller = NULL;
    world->store = NULL;
    world->is_publish_owed = false;
    world->is_pausing = false;
    world->deeds_left = -1;
    world->crash_count++;
}

static void enter_engine(struct world *world)
{
    if (world->guard.enter)
        world->guard.enter(world->guard.context);
}

static void leave_engine(struct world *world)
{
    if (world->guard.leave)
        world->guard.leave(world->guard.context);
}

static void add_submit(struct world *world)
{
    struct request *request = world_add_request(world, REQUEST_SUBMIT);
    struct model parsed;
    uint64_t seed = 0;

    if (!model_init(&parsed, world->scenario.document, &seed))
        abort();
    request->spec = parsed.spec;
    parsed.spec = NULL;
    model_clear(&parsed);
    world->submitted = (struct job_row){
        .kind = (int)request->spec->kind,
        .seed = seed,
        .display_name = must(strdup(request->spec->display_name)),
        .source = must(strdup(world->scenario.document)),
        .document = must(strdup(world->scenario.document)),
        .source_dir = must(strdup("/nowhere")),
        .error_message = must(strdup("")),
        .model_dir = must(strdup("")),
        .note = must(strdup("")),
    };
    request->row = &world->submitted;
}

/* False when the engine refused for a reason of its own, as for lack of memory (world->why). */
static bool read_answers(struct world *world, bool is_broken)
{
    bool is_willing = true;

    for (size_t i = 0; i < world->request_count; i++) {
        const struct request *request = &world->requests[i];

        if (!request->is_answered)
            world_fail(world, "a request was not answered");
        if (request->kind == REQUEST_SUBMIT)
            world->job = request->job;
        if (request->is_ok && is_broken)
            world_fail(world, "a broken engine said yes");
        if (!request->is_ok && request->err.code == ASSAY_OK)
            world_fail(world, "a request was refused without a word");
        if (request->kind == REQUEST_CANCEL)
            world->was_cancel_asked = true; /* also when only its commit was not acknowledged */
        if (!request->is_ok && !is_broken && request->err.code != ASSAY_PRECONDITION) {
            world->why = request->err;
            is_willing = false;
        }
        if (!request->is_ok)
            continue;
        if (request->kind == REQUEST_SUBMIT)
            world->phase = WORLD_WORKING;
        else if (request->kind == REQUEST_PAUSE)
            world->is_pausing = true;
        else if (request->kind == REQUEST_RESUME || request->kind == REQUEST_CANCEL)
            world->is_pausing = false;
    }
    return is_willing;
}

/* After a commit, or a restart (is_settled false: the engine has not looked at the job yet). */
static void look_around(struct world *world, bool is_settled)
{
    if (world->phase != WORLD_WORKING)
        return;
    model_check(world, is_settled && !world->fault[0]);
    if (world->model.job_state == JOB_STATE_PAUSED)
        world->is_pausing = false;
    if (!job_state_is_terminal(world->model.job_state))
        return;
    model_check_end(world);
    world->phase = WORLD_ENDED;
}

enum death { LIVES, DIES_BEFORE_COMMIT, DIES_AMID_DEEDS, DIES_AFTERWARDS };

static enum death draw_death(struct world *world)
{
    if (world->crashes_left == 0 || !dice_chance(&world->dice, world->scenario.faults.crash))
        return LIVES;
    world->crashes_left--;
    return (enum death)(1 + dice_below(&world->dice, 3));
}

/* Time goes on while nobody is there. */
static void pass_time(struct world *world)
{
    for (int i = dice_below(&world->dice, 3); i > 0; i--)
        (void)world_add_next_ending(world);
}

static void die(struct world *world)
{
    for (size_t i = 0; i < world->request_count; i++)
        if (world->requests[i].kind == REQUEST_SUBMIT)
            world->job = world->requests[i].job;
        else if (world->requests[i].kind == REQUEST_CANCEL)
            world->was_cancel_asked = true;
    world_kill(world);
    pass_time(world);
}

/* All that waits, handled and committed together. False: broken. */
static bool run_batch(struct world *world)
{
    struct event batch[WORLD_EVENTS_MAX];
    size_t count = world->event_count;
    enum death death = draw_death(world);
    bool is_committed = false;
    bool is_willing = false;

    memcpy(batch, world->events, count * sizeof *batch);
    world->event_count = 0;
    world->batch_us = assay_wall_us(world->env);
    world->why = (struct assay_error){ 0 };
    if (death == DIES_AMID_DEEDS)
        world->deeds_left = 1 + dice_below(&world->dice, 3);
    enter_engine(world);
    (void)controller_begin(world->controller);
    for (size_t i = 0; i < count; i++)
        controller_handle(world->controller, &batch[i]);
    if (death != DIES_BEFORE_COMMIT)
        is_committed = controller_commit(world->controller, NULL, &world->why);
    if (is_committed && world->does_checkpoints && dice_chance(&world->dice, 20))
        store_checkpoint(world->store);
    leave_engine(world);
    if (death == DIES_BEFORE_COMMIT || death == DIES_AMID_DEEDS) {
        die(world);
        return true;
    }
    is_willing = read_answers(world, !is_committed);
    clear_requests(world);
    if (is_committed) {
        world->commit_count++;
        look_around(world, true);
    }
    if (death == DIES_AFTERWARDS)
        die(world);
    return is_committed && is_willing;
}

/* What the store remembers of our job. */
static bool find_job(struct world *world)
{
    struct job_row row = { 0 };
    struct assay_error err = { 0 };
    bool is_found = world->job && store_job_get(world->store, world->job, &row, &err);

    if (world->job && !is_found && err.code != ASSAY_NOT_FOUND)
        world_fail(world, "%s", err.message);
    if (!is_found && world->phase != WORLD_UNSUBMITTED)
        world_fail(world, "an acknowledged job is lost");
    if (is_found)
        world->phase = WORLD_WORKING;
    job_row_clear(&row);
    return is_found;
}

bool world_start(struct world *world)
{
    struct controller_outlet outlet = world_outlet(world);

    enter_engine(world);
    world->store = store_open(world->folder, STORE_WRITE, &world->why);
    if (world->store) {
        world->controller = controller_new(world->store, world->env, &outlet);
        if (!world->controller)
            (void)assay_fail_memory(&world->why);
    }
    leave_engine(world);
    if (!world->controller)
        return false;
    if (!find_job(world)) {
        add_submit(world);
    } else {
        look_around(world, false);
        if (world->phase == WORLD_WORKING && world->model.job_state != JOB_STATE_PAUSED)
            (void)world_add_request(world, REQUEST_RESUME);
    }
    return !world->fault[0] && run_batch(world);
}

/* While the job lies paused only people can move it. */
static void gather_paused(struct world *world)
{
    if (dice_chance(&world->dice, world->scenario.faults.stale))
        world_add_stale(world);
    if (world->cancels_left && dice_chance(&world->dice, 20)) {
        world->cancels_left--;
        (void)world_add_request(world, REQUEST_CANCEL);
    } else {
        (void)world_add_request(world, REQUEST_RESUME);
    }
}

static void gather_requests(struct world *world)
{
    if (world->cancels_left && dice_chance(&world->dice, 10)) {
        world->cancels_left--;
        (void)world_add_request(world, REQUEST_CANCEL);
    }
    if (world->pauses_left && dice_chance(&world->dice, world->scenario.faults.pause)) {
        struct request *request = world_add_request(world, REQUEST_PAUSE);

        request->manner = dice_chance(&world->dice, 30) ? STOP_NOW : STOP_GENTLY;
        world->pauses_left--;
    }
    /* Somebody who changed their mind, perhaps within the batch that ends the pause. */
    if (world->is_pausing && dice_chance(&world->dice, 20))
        (void)world_add_request(world, REQUEST_RESUME);
}

static void gather(struct world *world)
{
    bool has_moved = world->event_count > 0; /* what adoption found */

    if (world->model.job_state == JOB_STATE_PAUSED) {
        gather_paused(world);
        return;
    }
    for (int i = dice_below(&world->dice, 4); i > 0; i--) {
        if (dice_chance(&world->dice, 30))
            has_moved = world_add_measured(world) || has_moved;
        else
            has_moved = world_add_next_ending(world) || has_moved;
        if (dice_chance(&world->dice, world->scenario.faults.stale))
            world_add_stale(world);
    }
    if (dice_chance(&world->dice, 60))
        has_moved = world_add_searched(world) || has_moved;
    if (world->is_publish_owed && (!has_moved || dice_chance(&world->dice, 50))) {
        world_add_published(world);
        has_moved = true;
    }
    if (!has_moved && !world_add_searched(world) && !world_add_next_ending(world) &&
        !world_add_measured(world))
        world_fail(world, "nothing moves any more");
    gather_requests(world);
}

bool world_step(struct world *world)
{
    if (world->fault[0] || world->phase == WORLD_ENDED)
        return false;
    if (!world->controller)
        return world_start(world) && world->phase != WORLD_ENDED && !world->fault[0];
    gather(world);
    if (world->fault[0] || !run_batch(world))
        return false;
    return world->phase != WORLD_ENDED && !world->fault[0];
}

bool world_run(struct world *world)
{
    for (int i = 0; world_step(world); i++)
        if (i == BATCHES_MAX)
            world_fail(world, "the study does not come to its end");
    return world->phase == WORLD_ENDED && !world->fault[0];
}

static bool count_trial(void *context, const struct trial_row *row)
{
    (void)row;
    ++*(int *)context;
    return true;
}

void world_delete(struct world *world)
{
    struct trial_query query = { .job = world->job };
    struct job_row row = { 0 };
    struct assay_error err = { 0 };
    int left = 0;

    if (!world->controller && !world_start(world))
        return;
    (void)world_add_request(world, REQUEST_DELETE);
    if (!run_batch(world))
        return;
    if (world->forgotten != 1)
        world_fail(world, "the job was forgotten %d times", world->forgotten);
    if (store_job_get(world->store, world->job, &row, &err))
        world_fail(world, "a deleted job is still there");
    job_row_clear(&row);
    if (!store_trial_each(world->store, &query, count_trial, &left, &err) || left)
        world_fail(world, "a deleted job has %d trials left", left);
}
