#include "engine/emulate/emulation.h"

#include "engine/emulate/emulation_private.h"

#include <stdlib.h>
#include <string.h>

/* Which plan a launch gets is decided by the outlet, just before. */
static void plan_of_launch(void *context, const struct launch *launch, struct sim_plan *plan)
{
    const struct emulation *e = context;

    (void)launch;
    *plan = e->plan;
}

static struct launcher *new_simulator(struct emulation *e, struct assay_error *err)
{
    struct sim_options options = { .script = plan_of_launch,
                                   .context = e,
                                   .start_us = e->script->start_us };

    return launcher_sim_new(&options, err);
}

/* One for each rule and one more, so that there is always a list. */
static bool new_uses(const struct emulation_script *script, int64_t **jobs, int64_t **requests,
                     struct assay_error *err)
{
    *jobs = calloc(script->job_count + 1, sizeof **jobs);
    *requests = calloc(script->request_count + 1, sizeof **requests);
    if (*jobs && *requests)
        return true;
    free(*jobs);
    free(*requests);
    *jobs = *requests = NULL;
    return assay_fail_memory(err);
}

struct emulation *emulation_new(struct emulation_script *script, const uint64_t *seed,
                                struct assay_error *err)
{
    struct emulation *e = calloc(1, sizeof *e);

    if (!e) {
        emulation_script_free(script);
        (void)assay_fail_memory(err);
        return NULL;
    }
    e->script = script;
    e->seed = seed ? *seed : script->seed;
    e->simulator = new_simulator(e, err);
    if (e->simulator && new_uses(script, &e->job_uses, &e->request_uses, err))
        return e;
    emulation_free(e);
    return NULL;
}

static void clear_world(struct emulation *e)
{
    for (size_t i = 0; i < e->attempt_count; i++)
        emulated_attempt_clear(&e->attempts[i]);
    for (size_t i = 0; i < e->course_count; i++)
        free(e->courses[i].fail.message);
    for (size_t i = 0; i < e->published_count; i++)
        event_clear(&e->published[i]);
    e->attempt_count = e->course_count = e->published_count = 0;
    launcher_free(e->simulator);
    e->simulator = NULL;
}

void emulation_free(struct emulation *e)
{
    if (!e)
        return;
    clear_world(e);
    free(e->attempts);
    free(e->courses);
    free(e->published);
    free(e->job_uses);
    free(e->request_uses);
    emulation_script_free(e->script);
    free(e);
}

static void forget_uses(struct emulation *e)
{
    memset(e->job_uses, 0, e->script->job_count * sizeof *e->job_uses);
    memset(e->request_uses, 0, e->script->request_count * sizeof *e->request_uses);
}

bool emulation_reset(struct emulation *e, const uint64_t *seed, struct assay_error *err)
{
    struct launcher *simulator = new_simulator(e, err);

    if (!simulator)
        return false;
    clear_world(e);
    e->simulator = simulator;
    e->entropy_count = 0;
    if (seed)
        e->seed = *seed;
    forget_uses(e);
    return true;
}

bool emulation_take_script(struct emulation *e, struct emulation_script *script,
                           struct assay_error *err)
{
    int64_t *job_uses = NULL;
    int64_t *request_uses = NULL;

    if (!new_uses(script, &job_uses, &request_uses, err)) {
        emulation_script_free(script);
        return false;
    }
    free(e->job_uses);
    free(e->request_uses);
    emulation_script_free(e->script);
    e->job_uses = job_uses;
    e->request_uses = request_uses;
    e->script = script;
    return true;
}

const struct emulation_script *emulation_get_script(const struct emulation *e)
{
    return e->script;
}

uint64_t emulation_seed(const struct emulation *e)
{
    return e->seed;
}

int64_t emulation_now_us(const struct emulation *e)
{
    return assay_wall_us(launcher_sim_env(e->simulator));
}

void emulation_entropy(struct emulation *e, void *buffer, size_t size)
{
    /* Another purpose than noise, so that the two share no numbers. */
    struct random_stream stream = { .seed = e->seed, .purpose = RANDOM_CHANCE };
    unsigned char *bytes = buffer;

    for (size_t i = 0; i < size; i++) {
        uint64_t bits = 0;

        if (i % 8 == 0) {
            stream.trial = e->entropy_count >> 32;
            e->entropy_bits = random_bits(&stream, (uint32_t)e->entropy_count++);
        }
        bits = e->entropy_bits >> (i % 8 * 8);
        bytes[i] = (unsigned char)bits;
    }
}

/* The moment at which the occasion comes; by reads: now, or never yet. */
int64_t emulation_occasion_us(const struct emulation *e, const struct occasion *occasion,
                              int64_t since_us, int64_t reads)
{
    int64_t moment = INT64_MAX;

    switch (occasion->kind) {
    case OCCASION_NOW:
        return since_us;
    case OCCASION_AFTER_TIME:
        return __builtin_add_overflow(since_us, occasion->after_us, &moment) ? INT64_MAX : moment;
    case OCCASION_AFTER_READS:
        return reads >= occasion->reads ? emulation_now_us(e) : INT64_MAX;
    case OCCASION_NEVER:
        break;
    }
    return INT64_MAX;
}

static int64_t course_us(const struct emulation *e, const struct course *course)
{
    const struct occasion *occasion = &course->fail.when;

    if (course->stage == JOB_STATE_QUEUED)
        occasion = &course->queued;
    else if (course->stage == JOB_STATE_PENDING)
        occasion = &course->pending;
    return emulation_occasion_us(e, occasion, course->since_us, course->reads);
}

/* The moment of an attempt's next measurement but the last, which comes with its end. */
static int64_t measurement_us(const struct emulation *e, const struct emulated_attempt *attempt)
{
    int64_t moment = 0;

    if (attempt->is_stopping || attempt->given >= attempt->steps)
        return INT64_MAX;
    if (attempt->ends.kind == OCCASION_AFTER_READS)
        return attempt->given + 1 < attempt->steps &&
                       attempt->reads * attempt->steps / attempt->ends.reads > attempt->given
                   ? emulation_now_us(e)
                   : INT64_MAX;
    if (__builtin_mul_overflow(attempt->interval_us, attempt->given + 1, &moment) ||
        __builtin_add_overflow(moment, attempt->start_us, &moment))
        return INT64_MAX;
    return moment < emulation_occasion_us(e, &attempt->ends, attempt->start_us, 0) ? moment
                                                                                   : INT64_MAX;
}

/* The first of those that come first, in the order they were begun. */
struct earliest {
    int64_t us;
    struct emulated_attempt *attempt;
    struct course *course;
};

static struct earliest find_earliest(const struct emulation *e)
{
    struct earliest earliest = { .us = INT64_MAX };

    for (size_t i = 0; i < e->course_count; i++) {
        int64_t us = course_us(e, &e->courses[i]);

        if (us < earliest.us)
            earliest = (struct earliest){ .us = us, .course = &e->courses[i] };
    }
    for (size_t i = 0; i < e->attempt_count; i++) {
        int64_t us = measurement_us(e, &e->attempts[i]);

        if (us < earliest.us)
            earliest = (struct earliest){ .us = us, .attempt = &e->attempts[i] };
    }
    return earliest;
}

static void take_published(struct emulation *e, struct event *event)
{
    *event = e->published[0];
    e->published_count--;
    memmove(e->published, e->published + 1, e->published_count * sizeof *e->published);
}

static void remove_course(struct emulation *e, struct course *course)
{
    size_t after = (size_t)(e->courses + e->course_count - course) - 1;

    free(course->fail.message);
    memmove(course, course + 1, after * sizeof *course);
    e->course_count--;
}

/* To the next stage; one that has none left is forgotten. */
static void take_course(struct emulation *e, struct course *course, struct event *event)
{
    *event = (struct event){ .kind = EVENT_MOVED, .job = course->job };
    course->since_us = emulation_now_us(e);
    course->reads = 0;
    if (course->stage == JOB_STATE_RUNNING) {
        event->state = JOB_STATE_FAILED;
        event->code = (enum assay_code)course->fail.code;
        event->text = course->fail.message;
        course->fail.message = NULL;
    } else {
        event->state = course->stage == JOB_STATE_QUEUED && course->pending.kind != OCCASION_NOW
                           ? JOB_STATE_PENDING
                           : JOB_STATE_RUNNING;
        course->stage = event->state;
    }
    if (event->state == JOB_STATE_FAILED ||
        (event->state == JOB_STATE_RUNNING && !course->fail.is_set))
        remove_course(e, course);
}

static void take_measurement(struct emulation *e, struct emulated_attempt *attempt,
                             struct event *event)
{
    *event = (struct event){ .kind = EVENT_MEASURED, .key = attempt->key };
    if (!emulated_attempt_report(attempt, attempt->given + 1, emulation_now_us(e), &event->reports))
        event->kind = EVENT_OUT_OF_MEMORY;
}

static void take_ending(struct emulation *e, const struct ending *ending, struct event *event)
{
    struct emulated_attempt *attempt = emulation_find_attempt(e, ending->key);
    bool is_whole = ending->kind == ENDING_EXITED && ending->status == 0;

    *event = (struct event){ .kind = EVENT_ENDED, .ending = *ending };
    if (!attempt) /* one that was adopted: of a life that is over */
        return;
    if (is_whole &&
        !emulated_attempt_report(attempt, attempt->steps, ending->end_us, &event->reports))
        event->kind = EVENT_OUT_OF_MEMORY;
    if (ending->kind != ENDING_STOPPED) {
        event->stderr_tail = attempt->message;
        attempt->message = NULL;
    }
    emulation_remove_attempt(e, attempt);
}

bool emulation_next(struct emulation *e, int64_t until_us, struct event *event)
{
    struct earliest earliest = find_earliest(e);
    struct ending ending;

    if (e->published_count > 0) {
        take_published(e, event);
        return true;
    }
    /* A job's own fate comes before its trials' of the same moment. */
    if (earliest.course && earliest.us <= until_us &&
        earliest.us <= launcher_sim_next_us(e->simulator)) {
        launcher_sim_wait(e->simulator, earliest.us);
        take_course(e, earliest.course, event);
        return true;
    }
    if (launcher_sim_next(e->simulator, earliest.us < until_us ? earliest.us : until_us, &ending)) {
        take_ending(e, &ending, event);
        return true;
    }
    if (earliest.us > until_us || earliest.us == INT64_MAX)
        return false;
    take_measurement(e, earliest.attempt, event);
    return true;
}

int64_t emulation_next_us(const struct emulation *e)
{
    int64_t now_us = emulation_now_us(e);
    int64_t next_us = find_earliest(e).us;
    int64_t end_us = launcher_sim_next_us(e->simulator);

    if (e->published_count > 0)
        return now_us;
    next_us = end_us < next_us ? end_us : next_us;
    return next_us > now_us ? next_us : now_us;
}

void emulation_count_read(struct emulation *e, int64_t job)
{
    for (size_t i = 0; i < e->course_count; i++)
        if (e->courses[i].job == job)
            e->courses[i].reads++;
    for (size_t i = 0; i < e->attempt_count; i++) {
        struct emulated_attempt *attempt = &e->attempts[i];

        if (attempt->job != job)
            continue;
        attempt->reads++;
        if (attempt->ends.kind == OCCASION_AFTER_READS && attempt->reads >= attempt->ends.reads &&
            !attempt->is_stopping)
            launcher_sim_finish(e->simulator, attempt->key, &attempt->ending);
    }
}

const char *emulation_collection(int kind)
{
    return kind == JOB_CUSTOM ? "customJobs" : "hyperparameterTuningJobs";
}

bool emulation_admit_job(struct emulation *e, const char *display_name, int kind,
                         struct assay_error *err)
{
    size_t index = emulation_script_job_rule(e->script, display_name, emulation_collection(kind));
    const struct script_refusal *refusal = NULL;

    if (kind == JOB_STUDY || index == e->script->job_count)
        return true;
    refusal = &e->script->jobs[index].refuse;
    if (!refusal->is_set || !turns_is_on(&refusal->turns, ++e->job_uses[index]))
        return true;
    return assay_fail(err, (enum assay_code)refusal->code, NULL, "%s",
                      refusal->message ? refusal->message : "refused, as the script wants it");
}

static bool is_for(const struct request_rule *rule, const char *method, const char *path)
{
    return emulation_script_is_match(rule->method, method) &&
           emulation_script_is_match(rule->path, path);
}

struct emulated_verdict emulation_judge_request(struct emulation *e, const char *method,
                                                const char *path, struct assay_error *err)
{
    for (size_t i = 0; i < e->script->request_count; i++) {
        const struct request_rule *rule = &e->script->requests[i];

        if (!is_for(rule, method, path) || !turns_is_on(&rule->turns, ++e->request_uses[i]))
            continue;
        if (rule->code != ASSAY_OK)
            (void)assay_fail(err, (enum assay_code)rule->code, NULL, "%s",
                             rule->message ? rule->message : "a fault, as the script wants it");
        return (struct emulated_verdict){ .is_refused = rule->code != ASSAY_OK,
                                          .delay_us = rule->delay_us,
                                          .page_size = rule->page_size };
    }
    return (struct emulated_verdict){ 0 };
}
