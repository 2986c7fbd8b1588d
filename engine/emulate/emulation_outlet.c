/* What the controller does to an emulated world: attempts are begun and told to stop, jobs wait. */

#include "engine/array.h"
#include "engine/emulate/emulated_curve.h"
#include "engine/emulate/emulation_private.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between two measurements of a trial that is never to end. */
#define ENDLESS_INTERVAL_US INT64_C(1000000)

void emulated_attempt_clear(struct emulated_attempt *attempt)
{
    free(attempt->values);
    free(attempt->message);
    attempt->values = NULL;
    attempt->message = NULL;
}

static int64_t elapsed_us(const struct emulated_attempt *attempt, int64_t step, int64_t now_us)
{
    int64_t lasted_us = now_us > attempt->start_us ? now_us - attempt->start_us : 0;
    int64_t wanted_us = 0;

    if (__builtin_mul_overflow(attempt->interval_us, step, &wanted_us) || wanted_us > lasted_us)
        return lasted_us;
    return wanted_us;
}

bool emulated_attempt_report(struct emulated_attempt *attempt, int64_t steps, int64_t now_us,
                             struct event_reports *reports)
{
    size_t count = attempt->metric_count * (size_t)(steps - attempt->given);

    reports->items = calloc(count + 1, sizeof *reports->items);
    if (!reports->items)
        return false;
    for (; attempt->given < steps; attempt->given++) {
        const double *values = attempt->values + (size_t)attempt->given * attempt->metric_count;

        for (size_t i = 0; i < attempt->metric_count; i++) {
            if (isnan(values[i]))
                continue;
            reports->items[reports->count++] = (struct metric_report){
                .metric = i,
                .step = attempt->given + 1,
                .elapsed_us = elapsed_us(attempt, attempt->given + 1, now_us),
                .value = values[i],
            };
        }
    }
    reports->mark.file_offset = (uint64_t)attempt->given;
    return true;
}

struct emulated_attempt *emulation_find_attempt(struct emulation *e, struct attempt_key key)
{
    for (size_t i = 0; i < e->attempt_count; i++)
        if (e->attempts[i].key.trial == key.trial && e->attempts[i].key.attempt == key.attempt)
            return &e->attempts[i];
    return NULL;
}

void emulation_remove_attempt(struct emulation *e, struct emulated_attempt *attempt)
{
    size_t after = (size_t)(e->attempts + e->attempt_count - attempt) - 1;

    emulated_attempt_clear(attempt);
    memmove(attempt, attempt + 1, after * sizeof *attempt);
    e->attempt_count--;
}

static struct ending ending_of(const struct trial_rule *rule)
{
    struct ending ending = { .kind = ENDING_EXITED, .status = rule->exit_status };

    switch (rule->outcome) {
    case OUTCOME_EXITED:
        break;
    case OUTCOME_KILLED:
        ending.kind = ENDING_SIGNALED;
        ending.status = SIGKILL;
        break;
    case OUTCOME_LOST:
        ending.kind = ENDING_LOST;
        (void)snprintf(ending.detail, sizeof ending.detail, "replica lost");
        break;
    case OUTCOME_TIMED_OUT:
        ending.kind = ENDING_TIMEOUT;
        break;
    case OUTCOME_OUT_OF_MEMORY:
        ending.kind = ENDING_OUT_OF_MEMORY;
        break;
    case OUTCOME_NOT_FOUND:
        ending.kind = ENDING_NOT_FOUND;
        ending.status = ENOENT;
        (void)snprintf(ending.detail, sizeof ending.detail, "no such program");
        break;
    }
    return ending;
}

static int64_t duration_of(const struct occasion *ends)
{
    switch (ends->kind) {
    case OCCASION_NOW:
        return 0;
    case OCCASION_AFTER_TIME:
        return ends->after_us;
    case OCCASION_AFTER_READS:
    case OCCASION_NEVER:
        break;
    }
    return INT64_MAX;
}

static const struct trial_rule *rule_of(const struct emulation *e, const struct live_job *job,
                                        const struct live_trial *trial)
{
    static const struct trial_rule plain = { .steps = 1 };
    size_t index = emulation_script_trial_rule(e->script, job->row.display_name,
                                               emulation_collection(job->spec->kind), trial->number,
                                               trial->attempt);

    return index < e->script->trial_count ? &e->script->trials[index] : &plain;
}

/* False for lack of memory. */
static bool fill_attempt(const struct emulation *e, const struct live_job *job,
                         const struct live_trial *trial, const struct trial_rule *rule,
                         struct emulated_attempt *attempt)
{
    struct emulated_trial curve = { .rule = rule,
                                    .study = &job->spec->study,
                                    .point = trial->point,
                                    .seed = e->seed,
                                    .trial = store_trial_id(job->row.id, trial->number),
                                    .attempt = trial->attempt };

    *attempt = (struct emulated_attempt){ .key = live_trial_key(job, trial),
                                          .job = job->row.id,
                                          .start_us = emulation_now_us(e),
                                          .ends = rule->ends,
                                          .ending = ending_of(rule),
                                          .interval_us = rule->interval_us,
                                          .metric_count = live_job_metric_count(job) };
    attempt->values = emulated_curve(&curve, &attempt->steps);
    attempt->message = rule->message ? strdup(rule->message) : NULL;
    if (attempt->interval_us == 0)
        attempt->interval_us = rule->ends.kind == OCCASION_AFTER_TIME
                                   ? rule->ends.after_us / attempt->steps
                                   : ENDLESS_INTERVAL_US;
    return attempt->values && (attempt->message || !rule->message);
}

/* Also one that ends at once does so only when the next happening is taken. */
static bool launch(void *context, const struct live_job *job, const struct live_trial *trial,
                   struct assay_error *err)
{
    struct emulation *e = context;
    const struct trial_rule *rule = rule_of(e, job, trial);
    struct emulated_attempt attempt = { 0 };
    void *attempts = e->attempts;
    char word[] = "emulated"; /* nobody looks at it */
    char *const words[] = { word, NULL };
    struct replica_launch replica = { .argv = words, .envp = words + 1, .dir = "/" };
    struct launch launched = { .key = live_trial_key(job, trial),
                               .replicas = &replica,
                               .replica_count = 1,
                               .timeout_us = job->spec->run.timeout_us };
    bool is_filled = fill_attempt(e, job, trial, rule, &attempt);
    bool has_room = is_filled && array_make_room(&attempts, e->attempt_count, &e->attempt_capacity,
                                                 sizeof *e->attempts);

    e->attempts = attempts;
    e->plan = (struct sim_plan){ .duration_us = duration_of(&rule->ends),
                                 .ending = attempt.ending,
                                 .stop_us = rule->stop_after_us };
    if (!has_room)
        (void)assay_fail_memory(err);
    else if (launcher_start(e->simulator, &launched, err)) {
        e->attempts[e->attempt_count++] = attempt;
        return true;
    }
    emulated_attempt_clear(&attempt);
    return false;
}

static bool adopt(void *context, const struct live_job *job, const struct live_trial *trial,
                  struct assay_error *err)
{
    struct emulation *e = context;
    struct replica_launch replica = { .dir = "/" };
    struct launch adopted = { .key = live_trial_key(job, trial),
                              .replicas = &replica,
                              .replica_count = 1 };

    return launcher_adopt(e->simulator, &adopted, err);
}

static void stop(void *context, struct attempt_key key, enum stop_manner manner)
{
    struct emulation *e = context;
    struct emulated_attempt *attempt = emulation_find_attempt(e, key);

    if (attempt)
        attempt->is_stopping = true;
    launcher_stop(e->simulator, key, manner);
}

/* There are no files that a trial could have left. */
static bool publish(void *context, const struct live_job *job, int64_t trial)
{
    struct emulation *e = context;
    void *published = e->published;
    struct event event = { .kind = EVENT_PUBLISHED,
                           .job = job->row.id,
                           .published = PUBLISHED_NOTHING,
                           .text = strdup("no model was kept: an emulated trial leaves no files") };
    bool has_room = event.text && array_make_room(&published, e->published_count,
                                                  &e->published_capacity, sizeof *e->published);

    (void)trial;
    e->published = published;
    if (has_room)
        e->published[e->published_count++] = event;
    else
        event_clear(&event);
    return has_room;
}

static void forget(void *context, int64_t job)
{
    struct emulation *e = context;
    size_t kept = 0;

    for (size_t i = 0; i < e->course_count; i++) {
        if (e->courses[i].job == job)
            free(e->courses[i].fail.message);
        else
            e->courses[kept++] = e->courses[i];
    }
    e->course_count = kept;
}

static enum job_state first_stage(const struct job_rule *rule)
{
    if (rule->queued.kind != OCCASION_NOW)
        return JOB_STATE_QUEUED;
    return rule->pending.kind != OCCASION_NOW ? JOB_STATE_PENDING : JOB_STATE_RUNNING;
}

static bool hold(void *context, const struct live_job *job, enum job_state *state)
{
    struct emulation *e = context;
    size_t index = emulation_script_job_rule(e->script, job->row.display_name,
                                             emulation_collection(job->spec->kind));
    const struct job_rule *rule = index < e->script->job_count ? &e->script->jobs[index] : NULL;
    void *courses = e->courses;
    struct course course = { .job = job->row.id, .since_us = emulation_now_us(e) };
    bool has_room = false;

    *state = rule ? first_stage(rule) : JOB_STATE_RUNNING;
    if (!rule || (*state == JOB_STATE_RUNNING && !rule->fail.is_set))
        return true;
    course.stage = *state;
    course.queued = rule->queued;
    course.pending = rule->pending;
    course.fail = rule->fail;
    if (rule->fail.is_set)
        course.fail.message =
            strdup(rule->fail.message ? rule->fail.message : "failed, as the script wants it");
    has_room = (course.fail.message || !rule->fail.is_set) &&
               array_make_room(&courses, e->course_count, &e->course_capacity, sizeof *e->courses);
    e->courses = courses;
    if (has_room)
        e->courses[e->course_count++] = course;
    else
        free(course.fail.message);
    return has_room;
}

struct controller_outlet emulation_outlet(struct emulation *e)
{
    return (struct controller_outlet){
        .context = e,
        .hold = hold,
        .launch = launch,
        .adopt = adopt,
        .stop = stop,
        .publish = publish,
        .forget = forget,
    };
}
