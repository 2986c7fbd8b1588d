#include "engine/cli/follow.h"

#include "assay/env.h"
#include "engine/cli/view.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/*
 * Looking costs the engine's time, too: between two looks we wait four times as long as the last
 * one took, so that following takes at most a fifth of a core however fast the trials are.
 */
enum { NAP_MIN_MS = 40, NAP_MAX_MS = 1000, COST_FACTOR = 4 };
/* Without anything new: how long our own engine may be silent, and how often another's is asked. */
enum { SILENCE_MS = 250, POLL_MS = 200 };
enum { PAGE = 1000 };
/* How long a job may be without an engine before we say so: a new one may be starting. */
enum { ORPHAN_US = 1000 * 1000 };

/* What is remembered between two looks. */
struct watching {
    const struct follow *follow;
    uint64_t seen;        /* of assay_wait() */
    int64_t after;        /* end order of the last trial that was printed */
    int64_t ended_before; /* trials that had ended when we came */
    int64_t start_us;
    int64_t orphan_us; /* since when nobody works on the job; 0 while somebody does */
    int interruptions;
    bool has_best;
    double best; /* of the trials printed so far */
};

static int64_t now_us(void)
{
    return assay_mono_us(assay_env_system());
}

static bool is_minimized(const cJSON *job)
{
    return strcmp(view_text(json_get(job, "objective"), "goal"), "MINIMIZE") == 0;
}

/* Remembers the value when it is better than all before. */
static bool note_best(struct watching *w, const cJSON *metrics, const cJSON *job)
{
    const cJSON *value = view_objective(metrics, job);
    bool is_best = false;

    if (!cJSON_IsNumber(value))
        return false;
    is_best = !w->has_best ||
              (is_minimized(job) ? value->valuedouble < w->best : value->valuedouble > w->best);
    if (is_best) {
        w->best = value->valuedouble;
        w->has_best = true;
    }
    return is_best;
}

static int digits_of(int64_t number)
{
    int digits = 1;

    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

/* Of a trial that was stopped early a list does not have what it measured last. */
static void print_trial(struct watching *w, const cJSON *item, int width, bool is_best)
{
    struct assay_error err = { 0 }; /* then it is told without */
    cJSON *whole = NULL;

    if (json_get(item, "earlyStop"))
        whole = client_get(w->follow->client, &err, "/assay/v1/jobs/%s/trials/%s", w->follow->job,
                           view_text(json_get(item, "trial"), "id"));
    progress_trial(w->follow->progress, whole ? whole : item, width, is_best);
    cJSON_Delete(whole);
}

/* All trials that ended since the last look, in the order in which they did. */
static bool print_trials(struct watching *w, const cJSON *job, struct assay_error *err)
{
    int width = digits_of(view_integer(job, "maxTrialCount"));
    int64_t count = PAGE;

    while (count == PAGE) {
        const cJSON *item = NULL;
        cJSON *page = client_get(w->follow->client, err,
                                 "/assay/v1/jobs/%s/trials?order=end&after=%" PRId64 "&limit=%d",
                                 w->follow->job, w->after, PAGE);

        if (!page)
            return false;
        count = 0;
        cJSON_ArrayForEach(item, json_get(page, "trials"))
        {
            const cJSON *metrics = json_get(item, "metrics");
            bool is_success = *view_text(item, "failure") == '\0';

            w->after = view_integer(item, "endOrder");
            print_trial(w, item, width, is_success && note_best(w, metrics, job));
            count++;
        }
        cJSON_Delete(page);
    }
    return true;
}

/* For a status line that is seen, while there may be something to tell. NULL: then it is told
 * without. The caller owns it. */
static cJSON *read_places(const struct watching *w, int64_t running)
{
    const struct progress *progress = w->follow->progress;
    struct assay_error err = { 0 };

    if (!progress->is_terminal || progress->is_quiet || running == 0)
        return NULL;
    return client_get(w->follow->client, &err, "/assay/v1/places?job=%s", w->follow->job);
}

static void note_waiting(const cJSON *places, struct status_facts *facts)
{
    const cJSON *attempt = NULL;

    cJSON_ArrayForEach(attempt, json_get(places, "attempts"))
    {
        if (strcmp(view_text(attempt, "state"), "RUNNING") == 0 || facts->waiting == facts->running)
            continue;
        facts->waiting++;
        if (!facts->why)
            facts->why = view_text(attempt, "why");
    }
}

static void print_status(const struct watching *w, const cJSON *job)
{
    const cJSON *counts = json_get(job, "trialCounts");
    const cJSON *best = json_get(job, "bestTrial");
    const cJSON *value = view_objective(json_get(best, "metrics"), job);
    int64_t ended = view_integer(counts, "ended");
    cJSON *places = read_places(w, view_integer(counts, "running"));
    struct status_facts facts = {
        .max = view_integer(job, "maxTrialCount"),
        .ended = ended,
        .running = view_integer(counts, "running"),
        .failed = view_integer(counts, "failed"),
        .best_trial = cJSON_IsNumber(value) ? view_integer(best, "id") : 0,
        .best_value = cJSON_IsNumber(value) ? value->valuedouble : 0,
        .metric = view_text(json_get(job, "objective"), "metricId"),
        .ended_since = ended - w->ended_before,
        .elapsed_us = now_us() - w->start_us,
        .is_stopping = w->interruptions > 0 || strcmp(view_job_state(job), "CANCELLING") == 0,
    };

    note_waiting(places, &facts);
    progress_status(w->follow->progress, &facts);
    cJSON_Delete(places);
}

/* True when there is nothing left to wait for. */
static bool is_over(struct watching *w, const cJSON *job)
{
    if (view_job_has_ended(job) || strcmp(view_job_state(job), "PAUSED") == 0)
        return true;
    /* Our own engine works on it, even before it has said so for the first time. */
    if (w->follow->assay || !view_job_is_interrupted(job)) {
        w->orphan_us = 0;
        return false;
    }
    if (w->orphan_us == 0)
        w->orphan_us = now_us();
    return now_us() - w->orphan_us > ORPHAN_US;
}

/* One look at the job; the caller owns it. */
static cJSON *look(struct watching *w, struct assay_error *err)
{
    cJSON *job = client_get(w->follow->client, err, "/assay/v1/jobs/%s", w->follow->job);
    int64_t last = view_integer(json_get(job, "trialCounts"), "lastEndOrder");

    if (!job)
        return NULL;
    if (w->follow->shows_trials && last > w->after && !print_trials(w, job, err)) {
        cJSON_Delete(job);
        return NULL;
    }
    print_status(w, job);
    return job;
}

/* What Ctrl-C does: once, twice, three times. False: leave. */
static bool interrupt(struct watching *w, struct assay_error *err)
{
    const char *target = w->interruptions == 0 ? "/assay/v1:pause" : "/assay/v1:pause?manner=now";
    struct assay_response response;

    w->interruptions++;
    if (w->interruptions > 2)
        return false;
    if (w->interruptions == 1)
        progress_say(w->follow->progress, "interrupted: the running trials are asked to stop; "
                                          "again to stop them at once");
    else
        progress_say(w->follow->progress, "interrupted again: the running trials are killed");
    if (!client_ask(w->follow->client, "POST", target, &response, err))
        return false;
    assay_response_clear(&response);
    return true;
}

/* Returns a signal that came meanwhile, or 0. */
static int sleep_ms(const struct follow *follow, int ms)
{
    struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

    if (follow->interrupts)
        return interrupts_wait(follow->interrupts, ms);
    (void)nanosleep(&time, NULL);
    return 0;
}

/*
 * Until it is worth looking again. Returns a signal that came meanwhile, or 0. It is signals that
 * are slept for, and the engine that is asked in between: two of them soon after each other are
 * two.
 */
static int nap(struct watching *w, int64_t cost_us)
{
    const struct follow *follow = w->follow;
    int64_t least_ms = follow->assay ? NAP_MIN_MS : POLL_MS;
    int64_t ms = cost_us * COST_FACTOR / 1000;
    int64_t waited_ms = 0;
    int taken = 0;
    bool has_news = false;

    ms = ms < least_ms ? least_ms : (ms > NAP_MAX_MS ? NAP_MAX_MS : ms);
    while (taken == 0 && !has_news) {
        taken = sleep_ms(follow, (int)ms);
        waited_ms += ms;
        has_news =
            !follow->assay || waited_ms >= SILENCE_MS || assay_wait(follow->assay, &w->seen, 0);
        ms = NAP_MIN_MS;
    }
    return taken;
}

static void begin(struct watching *w)
{
    const cJSON *since = w->follow->since;
    const cJSON *counts = json_get(since, "trialCounts");

    w->start_us = now_us();
    w->ended_before = view_integer(counts, "ended");
    w->after = view_integer(counts, "lastEndOrder");
    (void)note_best(w, json_get(json_get(since, "bestTrial"), "metrics"), since);
}

/* Waits, and hands on what the person wants. False: leave; *err says why, unless that was wanted.
 */
static bool wait_for_news(struct watching *w, int64_t cost_us, struct assay_error *err)
{
    if (w->follow->assay && !assay_is_working(w->follow->assay, err))
        return false;
    return nap(w, cost_us) == 0 || interrupt(w, err);
}

cJSON *follow_job(const struct follow *follow, struct assay_error *err)
{
    struct watching w = { .follow = follow };
    cJSON *job = NULL;
    int64_t cost_us = 0;

    begin(&w);
    *err = (struct assay_error){ 0 };
    job = look(&w, err);
    while (job && !is_over(&w, job)) {
        int64_t before = 0;
        bool is_left = !wait_for_news(&w, cost_us, err);

        if (is_left && err->code == ASSAY_OK)
            break;
        cJSON_Delete(job);
        before = now_us();
        job = is_left ? NULL : look(&w, err);
        cost_us = now_us() - before;
    }
    progress_clear(follow->progress);
    return job;
}
