/* Jobs: list, count, show, cancel, resume, delete. */

#include "assay/value.h"
#include "engine/api/api_private.h"
#include "engine/api/pipelines.h"
#include "engine/api/window/job_tally.h"
#include "engine/life/optimal.h"
#include "engine/paths.h"
#include "engine/store/pipeline_rows.h"
#include "engine/store/steering_rows.h"
#include "launcher/backend_slurm.h"
#include "metrics/objective.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_int(struct json_writer *w, const char *key, int64_t value)
{
    json_key(w, key);
    json_int(w, value);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    if (!text || !text[0])
        return;
    json_key(w, key);
    json_string(w, text);
}

void api_write_job_summary(struct api_call *call, const struct job_row *row,
                           const struct job_progress *live)
{
    static const char *const kinds[] = {
        [JOB_TUNING] = "HyperparameterTuningJob", [JOB_CUSTOM] = "CustomJob", [JOB_STUDY] = "Study"
    };
    struct json_writer *w = &call->json;
    char text[RESOURCE_NAME_SIZE];

    json_begin_object(w);
    (void)snprintf(text, sizeof text, "%" PRId64, row->id);
    write_text(w, "id", text);
    resource_job_name(row, text, sizeof text);
    write_text(w, "name", text);
    write_text(w, "kind", kinds[row->kind]);
    write_text(w, "displayName", row->display_name);
    write_text(w, "state", job_state_name(live ? (int)live->state : row->state));
    json_key(w, "isWorkedOn");
    /* A study's trials run elsewhere: nobody is missing. */
    json_bool(w, live || (row->kind == JOB_STUDY && !job_state_is_terminal(row->state)));
    resource_write_time(w, "createTime", row->create_us);
    resource_write_time(w, "startTime", row->start_us);
    resource_write_time(w, "endTime", row->end_us);
    write_int(w, "errorCode", row->error_code);
    write_text(w, "errorMessage", row->error_message);
    write_text(w, "note", row->note);
}

/* Where the live jobs stand is copied first: no lock is taken while the store's is held. */
struct job_listing {
    struct api_call *call;
    struct job_progress live[ENGINE_LIVE_JOBS_MAX];
    size_t live_count;
};

static bool list_one(void *context, const struct job_row *row)
{
    struct job_listing *listing = context;
    const struct job_progress *live = NULL;

    for (size_t i = 0; i < listing->live_count && !live; i++)
        if (listing->live[i].job == row->id)
            live = &listing->live[i];
    api_write_job_summary(listing->call, row, live);
    json_end_object(&listing->call->json);
    return true;
}

bool api_list_jobs(struct api_call *call, struct assay_error *err)
{
    struct job_listing *listing = calloc(1, sizeof *listing);
    bool is_ok = false;

    if (!listing)
        return assay_fail_memory(err);
    listing->call = call;
    listing->live_count = engine_progress_all(call->engine, listing->live, ENGINE_LIVE_JOBS_MAX);
    json_begin_object(&call->json);
    json_key(&call->json, "jobs");
    json_begin_array(&call->json);
    is_ok = store_job_each(engine_read_begin(call->engine), INT64_MAX, INT64_MAX, list_one, listing,
                           err);
    engine_read_end(call->engine);
    json_end_array(&call->json);
    json_end_object(&call->json);
    free(listing);
    return is_ok;
}

/* Of all jobs, and of the trials of those that are worked on. */
struct job_census {
    struct store *store;
    struct job_progress live[ENGINE_LIVE_JOBS_MAX];
    size_t live_count;
    int64_t jobs[JOB_STATE_PAUSED + 1]; /* by state */
    int64_t running, succeeded, failed;
    struct assay_error err; /* its code tells whether there is one */
};

static bool is_live_in(const struct job_census *census, int64_t job)
{
    for (size_t i = 0; i < census->live_count; i++)
        if (census->live[i].job == job)
            return true;
    return false;
}

static bool count_one(void *context, int64_t job, int kind, int state)
{
    struct job_census *census = context;
    struct trial_totals totals;

    if (state >= 0 && state <= JOB_STATE_PAUSED)
        census->jobs[state]++;
    if (kind != JOB_STUDY || job_state_is_terminal(state) || is_live_in(census, job))
        return true;
    if (!store_trial_totals(census->store, job, &totals, &census->err))
        return false;
    census->running += totals.created - totals.ended;
    census->succeeded += totals.succeeded;
    census->failed += totals.failed;
    return true;
}

static bool take_census(struct api_call *call, struct job_census *census, struct assay_error *err)
{
    bool is_ok = false;

    census->live_count = engine_progress_all(call->engine, census->live, ENGINE_LIVE_JOBS_MAX);
    for (size_t i = 0; i < census->live_count; i++) {
        census->running += census->live[i].running;
        census->succeeded += census->live[i].succeeded;
        census->failed += census->live[i].failed;
    }
    census->store = engine_read_begin(call->engine);
    is_ok = store_job_each_state(census->store, count_one, census, err);
    engine_read_end(call->engine);
    if (is_ok && census->err.code != ASSAY_OK) {
        *err = census->err;
        is_ok = false;
    }
    return is_ok;
}

bool api_count_jobs(struct api_call *call, struct assay_error *err)
{
    struct job_census *census = calloc(1, sizeof *census);
    struct json_writer *w = &call->json;
    bool is_ok = false;

    if (!census)
        return assay_fail_memory(err);
    is_ok = take_census(call, census, err);
    json_begin_object(w);
    json_key(w, "jobs");
    json_begin_object(w);
    for (int state = JOB_STATE_QUEUED; state <= JOB_STATE_PAUSED; state++)
        write_int(w, job_state_name(state), census->jobs[state]);
    json_end_object(w);
    json_key(w, "trials");
    json_begin_object(w);
    write_int(w, "running", census->running);
    write_int(w, "succeeded", census->succeeded);
    write_int(w, "failed", census->failed);
    json_end_object(w);
    json_end_object(w);
    free(census);
    return is_ok;
}

void api_write_trial_counts(struct json_writer *w, const struct trial_totals *totals,
                            const struct job_progress *live, int64_t stopped)
{
    json_key(w, "trialCounts");
    json_begin_object(w);
    write_int(w, "created", live ? live->created : totals->created);
    write_int(w, "running", live ? live->running : totals->created - totals->ended);
    write_int(w, "ended", live ? live->ended : totals->ended);
    write_int(w, "succeeded", live ? live->succeeded : totals->succeeded);
    write_int(w, "failed", live ? live->failed : totals->failed);
    if (stopped >= 0)
        write_int(w, "stoppedEarly", stopped);
    write_int(w, "lastEndOrder", live ? live->last_end_order : totals->last_end_order);
    json_end_object(w);
}

struct best {
    struct api_call *call;
    const struct job_spec *spec;
    const struct job_row *job;
};

static bool write_best(void *context, const struct trial_row *row)
{
    struct best *best = context;
    struct json_writer *w = &best->call->json;
    char path[PATH_TEXT];
    struct assay_error err = { 0 };

    json_key(w, "bestTrial");
    json_begin_object(w);
    json_key(w, "id");
    json_int(w, row->number);
    json_key(w, "parameters");
    resource_write_assignment(w, best->spec, row);
    json_key(w, "metrics");
    resource_write_values(w, best->spec, row);
    if (best->spec->kind != JOB_STUDY && /* whose trials run elsewhere */
        path_of_output(engine_shown_dir(best->call->engine), best->spec, best->job->source_dir,
                       row->job, best->spec->kind == JOB_CUSTOM ? 0 : row->number, path, &err))
        write_text(w, "outputDir", path);
    json_end_object(w);
    return false;
}

static void write_goal(struct json_writer *w, const struct metric_spec *metric)
{
    json_begin_object(w);
    write_text(w, "metricId", metric->id);
    write_text(w, "goal", metric->goal == GOAL_MINIMIZE ? "MINIMIZE" : "MAXIMIZE");
    json_end_object(w);
}

/* The first one; and all, where there are several. */
static void write_objectives(struct json_writer *w, const struct job_spec *spec)
{
    const struct study_spec *study = &spec->study;
    size_t metric = objective_metric(study->metrics, study->metric_count);

    if (study->metric_count == 0)
        return;
    json_key(w, "objective");
    write_goal(w, &study->metrics[metric]);
    if (optimal_objective_count(study) < 2)
        return;
    json_key(w, "objectives");
    json_begin_array(w);
    for (size_t i = 0; i < study->metric_count; i++)
        if (!study->metrics[i].is_safety)
            write_goal(w, &study->metrics[i]);
    json_end_array(w);
}

/* What the columns of a table of trials are: all there may be, whichever a trial has. */
static void write_ids(struct json_writer *w, const struct job_spec *spec)
{
    json_key(w, "metricIds");
    json_begin_array(w);
    for (size_t i = 0; i < spec->study.metric_count; i++)
        json_string(w, spec->study.metrics[i].id);
    json_end_array(w);
    json_key(w, "parameterIds");
    json_begin_array(w);
    for (size_t i = 0; spec->study.space && i < spec->study.space->param_count; i++)
        json_string(w, spec->study.space->params[i].id);
    json_end_array(w);
}

struct budget_listing {
    struct json_writer *writer;
    bool has_begun;
};

static bool list_budget(void *context, const struct budget_row *row)
{
    struct budget_listing *listing = context;
    struct json_writer *w = listing->writer;

    if (!listing->has_begun) {
        json_key(w, "budgets");
        json_begin_array(w);
        listing->has_begun = true;
    }
    json_begin_object(w);
    resource_write_time(w, "time", row->time_us);
    write_int(w, "trialsCreated", row->created);
    write_int(w, "maxTrialCount", row->max_trial_count);
    write_int(w, "parallelTrialCount", row->parallel_trial_count);
    write_int(w, "maxFailedTrialCount", row->max_failed_trial_count);
    json_end_object(w);
    return true;
}

/* Those of a job that was given others than at first: as submitted, then as changed. */
static bool write_budgets(struct json_writer *w, struct store *store, int64_t job,
                          struct assay_error *err)
{
    struct budget_listing listing = { .writer = w };
    bool is_ok = store_budget_each(store, job, list_budget, &listing, err);

    if (listing.has_begun)
        json_end_array(w);
    return is_ok;
}

static bool write_tally(struct api_call *call, int64_t job, const struct job_progress *live,
                        struct assay_error *err)
{
    const struct job_view *view = job_view_get(call->engine, job, err);
    const struct job_tally *tally = view ? job_tally_get(call->engine, view, live, err) : NULL;

    if (tally)
        api_write_trial_counts(&call->json, &tally->totals, live, tally->stopped);
    job_tally_release(tally);
    job_view_release(view);
    return tally != NULL;
}

static bool write_job(struct api_call *call, const struct job_row *row, const struct job_spec *spec,
                      struct assay_error *err)
{
    struct json_writer *w = &call->json;
    struct job_progress live;
    bool is_live = engine_progress(call->engine, row->id, &live);
    struct best best = { .call = call, .spec = spec, .job = row };
    int64_t best_trial = is_live ? live.best_trial : row->best_trial;
    struct trial_query query = { .job = row->id, .after = best_trial - 1, .limit = 1 };
    struct store *store = NULL;
    int64_t pipeline = 0;
    char text[32];
    bool is_ok = true;

    api_write_job_summary(call, row, is_live ? &live : NULL);
    if (spec->kind != JOB_STUDY) {
        write_int(w, "maxTrialCount", spec->max_trial_count);
        write_int(w, "parallelTrialCount", spec->parallel_trial_count);
    }
    if (spec->kind == JOB_TUNING)
        write_int(w, "maxFailedTrialCount", spec->max_failed_trial_count);
    (void)snprintf(text, sizeof text, "%" PRIu64, row->seed);
    write_text(w, "seed", text);
    write_text(w, "algorithm", spec->kind != JOB_CUSTOM ? job_spec_algorithm(spec) : "");
    write_objectives(w, spec);
    write_ids(w, spec);
    write_text(w, "stateDir", engine_shown_dir(call->engine));
    if (spec->run.has_web_access) {
        json_key(w, "enableWebAccess");
        json_bool(w, true);
    }
    if (row->model_dir[0]) {
        char path[PATH_TEXT];

        write_text(w, "modelDir", path_of_model(engine_shown_dir(call->engine), row->id, path));
    }
    store = engine_read_begin(call->engine);
    is_ok = store_pipeline_of_job(store, row->id, &pipeline, err);
    if (pipeline != 0) {
        (void)snprintf(text, sizeof text, "%" PRId64, pipeline);
        write_text(w, "pipeline", text);
    }
    is_ok = is_ok && write_budgets(w, store, row->id, err);
    engine_read_end(call->engine);
    is_ok = is_ok && write_tally(call, row->id, is_live ? &live : NULL, err);
    store = engine_read_begin(call->engine);
    if (is_ok && best_trial)
        is_ok = store_trial_each(store, &query, write_best, &best, err);
    engine_read_end(call->engine);
    json_end_object(w);
    return is_ok;
}

bool api_get_job(struct api_call *call, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    bool is_ok = api_read_job(call, &row, &spec, err);

    if (!is_ok)
        return false;
    is_ok = write_job(call, &row, spec, err);
    job_spec_free(spec);
    job_row_clear(&row);
    return is_ok;
}

bool api_write_job(struct api_call *call, int64_t job, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    bool is_ok = store_job_get(engine_read_begin(call->engine), job, &row, err);

    engine_read_end(call->engine);
    if (is_ok)
        spec = job_row_spec(&row, err);
    is_ok = spec && write_job(call, &row, spec, err);
    job_spec_free(spec);
    job_row_clear(&row);
    return is_ok;
}

bool api_get_resource(struct api_call *call, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    bool is_ok = api_read_job(call, &row, &spec, err);

    if (!is_ok)
        return false;
    is_ok = resource_write_job(&call->json, &row, spec, engine_read_begin(call->engine), err);
    engine_read_end(call->engine);
    job_spec_free(spec);
    job_row_clear(&row);
    return is_ok;
}

/* Asks the controller, answers with the job as it is then (or {} when it is gone). */
static bool ask(struct api_call *call, enum request_kind kind, struct assay_error *err)
{
    struct request request = { .kind = kind };

    if (!api_find_job(call, &request.job, err) || !engine_ask(call->engine, &request, err))
        return false;
    if (kind != REQUEST_DELETE)
        return api_get_job(call, err);
    json_begin_object(&call->json);
    json_end_object(&call->json);
    return true;
}

bool api_delete_job(struct api_call *call, struct assay_error *err)
{
    return ask(call, REQUEST_DELETE, err);
}

bool api_cancel_job(struct api_call *call, struct assay_error *err)
{
    return ask(call, REQUEST_CANCEL, err);
}

/* The attempt of a job that began last, as far as its folder tells. */
struct last_attempt {
    const char *state_dir;
    bool is_on_slurm;
};

static bool note_attempt(void *context, const struct trial_row *row)
{
    struct last_attempt *last = context;
    char dir[PATH_TEXT];

    for (int attempt = row->attempt; attempt > 0; attempt--) {
        (void)path_of_attempt(last->state_dir, row->job, row->number, attempt, dir);
        if (access(dir, F_OK) != 0) /* it waits to be started */
            continue;
        last->is_on_slurm = launcher_slurm_has(dir);
        break;
    }
    return true;
}

/* Of the newest trials, more than run at a time: some of them have begun, where any has. */
enum { TRIALS_LOOKED_AT = 100 };

static bool read_last_attempt(struct api_call *call, int64_t job, struct last_attempt *last,
                              struct assay_error *err)
{
    struct store *store = engine_read_begin(call->engine);
    struct trial_query query = { .job = job };
    int64_t number = 0;
    bool is_read = store_last_number(store, job, &number, err);

    query.after = number > TRIALS_LOOKED_AT ? number - TRIALS_LOOKED_AT : 0;
    is_read = is_read && store_trial_each(store, &query, note_attempt, last, err);
    engine_read_end(call->engine);
    return is_read;
}

/* A job stays on its cluster, unless somebody has said that it is to move. */
bool api_check_launcher(struct api_call *call, int64_t job, struct assay_error *err)
{
    const struct launcher_config *config = engine_place(call->engine).config;
    struct last_attempt last = { .state_dir = engine_state_dir(call->engine) };

    if (engine_is_emulated(call->engine) || (config && config->has_launcher))
        return true;
    return read_last_attempt(call, job, &last, err) &&
           (!last.is_on_slurm ||
            assay_fail(err, ASSAY_PRECONDITION, NULL,
                       "job %" PRId64 " runs on Slurm, and this engine runs trials on its own "
                       "machine; add --launcher slurm to go on there, or --launcher host to go on "
                       "here",
                       job));
}

bool api_resume_job(struct api_call *call, struct assay_error *err)
{
    struct request request = { .kind = REQUEST_RESUME };

    if (!api_find_job(call, &request.job, err) || !api_check_launcher(call, request.job, err) ||
        !ask(call, REQUEST_RESUME, err))
        return false;
    api_resume_pipeline_of(call, request.job);
    return true;
}

bool api_pause(struct api_call *call, struct assay_error *err)
{
    char manner[16] = "";
    struct request request = { .kind = REQUEST_PAUSE };

    (void)api_query(call, "manner", manner, sizeof manner);
    request.manner = strcmp(manner, "now") == 0 ? STOP_NOW : STOP_GENTLY;
    if (!engine_ask(call->engine, &request, err))
        return false;
    json_begin_object(&call->json);
    json_end_object(&call->json);
    return true;
}
