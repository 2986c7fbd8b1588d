/* What happens on the machine, as events for the next batch. */

#include "tests/simulation/world.h"

#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void add_event(struct world *world, struct event event)
{
    if (world->event_count == WORLD_EVENTS_MAX)
        abort(); /* a batch has room for all that world_step() puts in */
    world->events[world->event_count++] = event;
}

static int64_t trial_id(const struct world *world, int64_t number)
{
    return store_trial_id(world->job, number);
}

static struct event_reports copy_reports(const struct attempt_record *record, size_t from,
                                         size_t to)
{
    struct event_reports reports = { .count = to - from, .mark = { .file_offset = to } };

    if (reports.count) {
        reports.items = must(malloc(reports.count * sizeof *reports.items));
        memcpy(reports.items, record->script.reports + from, reports.count * sizeof *reports.items);
    }
    return reports;
}

void world_add_ending(struct world *world, struct attempt_key key)
{
    struct attempt_record *record =
        world_attempt(world, key.trial % STORE_TRIALS_MAX, (int)key.attempt);
    struct event event = { .kind = EVENT_ENDED, .ending = record->ending };

    event.reports = copy_reports(record, record->given, record->written);
    record->given = record->written;
    if (dice_chance(&world->dice, 20)) {
        event.stderr_tail = must(strdup("Traceback: boom\n"));
        event.reports.seen.items = must(calloc(1, sizeof(char *)));
        event.reports.seen.items[0] = must(strdup("accurracy"));
        event.reports.seen.count = 1;
    }
    add_event(world, event);
}

/* The exit record. What was stopped or lost had written what it had. */
static void note_end(struct world *world, const struct ending *ending)
{
    struct attempt_record *record =
        world_attempt(world, ending->key.trial % STORE_TRIALS_MAX, (int)ending->key.attempt);
    size_t rest = record->script.report_count - record->written;

    record->is_running = false;
    record->has_ended = true;
    record->ending = *ending;
    if (ending->kind == ENDING_STOPPED || ending->kind == ENDING_LOST ||
        ending->kind == ENDING_TIMEOUT)
        record->written += (size_t)dice_below(&world->dice, (int)rest + 1);
    else if (ending->kind != ENDING_NOT_STARTED)
        record->written += rest;
}

bool world_add_next_ending(struct world *world)
{
    int64_t deadline = world->controller ? controller_deadline(world->controller) : INT64_MAX;
    int64_t now_us = assay_wall_us(world->env);
    struct ending ending;

    /* While the engine is down time goes on too, but not for long. */
    if (!world->controller)
        deadline = now_us + dice_below(&world->dice, 20 * 1000 * 1000);
    if (!launcher_sim_next(world->sim, deadline, &ending))
        return deadline != INT64_MAX; /* time itself has come */
    note_end(world, &ending);
    if (world->controller)
        world_add_ending(world, ending.key);
    return true;
}

bool world_add_measured(struct world *world)
{
    int64_t count = world->model.created;
    int64_t first = count ? dice_below(&world->dice, (int)count) : 0;

    for (int64_t i = 0; i < count; i++) {
        int64_t number = (first + i) % count + 1;
        const struct trial_view *view = &world->model.trials[number - 1];
        struct attempt_record *record = world_attempt(world, number, view->attempt);
        struct event event = { .kind = EVENT_MEASURED };
        size_t left = 0;

        if (!record || !record->is_running)
            continue;
        left = record->script.report_count - record->written;
        if (left > 0)
            record->written += (size_t)dice_below(&world->dice, (int)left + 1);
        if (record->written == record->given)
            continue;
        event.key = (struct attempt_key){ trial_id(world, number), view->attempt, 0 };
        event.reports = copy_reports(record, record->given, record->written);
        record->given = record->written;
        add_event(world, event);
        return true;
    }
    return false;
}

/* News of an attempt that is not running any more, or of a trial that never was. */
static struct attempt_key stale_key(struct world *world)
{
    int64_t number = 1 + dice_below(&world->dice, (int)world->model.created + 2);
    struct attempt_key key = { .trial = trial_id(world, number), .attempt = 1 };
    const struct trial_view *view = NULL;

    if (number > world->model.created)
        return (struct attempt_key){ trial_id(world, number + SCENARIO_TRIALS_MAX), 1, 0 };
    view = &world->model.trials[number - 1];
    key.attempt = view->attempt;
    if (!trial_state_is_terminal(view->state) && view->state != TRIAL_REQUESTED)
        key.attempt += dice_chance(&world->dice, 50) ? -1 : 7;
    return key;
}

void world_add_stale(struct world *world)
{
    static const struct metric_report lie = { .value = 1000, .step = 1 };
    struct event event = { .kind = dice_chance(&world->dice, 50) ? EVENT_ENDED : EVENT_MEASURED };
    struct attempt_key key = stale_key(world);

    event.key = key;
    event.ending = (struct ending){ .key = key, .kind = ENDING_EXITED };
    if (world->model.spec->study.metric_count) {
        event.reports.items = must(malloc(sizeof lie));
        event.reports.items[0] = lie;
        event.reports.count = 1;
    }
    add_event(world, event);
}

void world_add_published(struct world *world)
{
    struct event event = { .kind = EVENT_PUBLISHED,
                           .job = world->job,
                           .published = dice_chance(&world->dice, 70) ? PUBLISHED_MODEL
                                                                      : PUBLISHED_NOTHING };

    event.text =
        must(strdup(event.published == PUBLISHED_MODEL ? "models/1" : "no model was kept"));
    world->is_publish_owed = false;
    add_event(world, event);
}

/* Two threads run them: each kind in order, either kind first. */
bool world_add_searched(struct world *world)
{
    enum search_kind kind = dice_chance(&world->dice, 50) ? SEARCH_SUGGEST : SEARCH_LEARN;
    struct search_task *task = NULL;
    size_t at = 0;

    if (world->task_count == 0)
        return false;
    while (at < world->task_count && world->tasks[at]->kind != kind)
        at++;
    if (at == world->task_count)
        at = 0;
    task = world->tasks[at];
    world->task_count--;
    memmove(world->tasks + at, world->tasks + at + 1,
            (world->task_count - at) * sizeof(struct search_task *));
    search_task_run(task);
    add_event(world, (struct event){ .kind = EVENT_SEARCHED, .task = task });
    return true;
}

struct request *world_add_request(struct world *world, enum request_kind kind)
{
    struct request *request = &world->requests[world->request_count++];

    if (world->request_count > WORLD_REQUESTS_MAX)
        abort();
    *request = (struct request){ .kind = kind, .job = world->job };
    add_event(world, (struct event){ .kind = EVENT_REQUEST, .request = request });
    return request;
}
