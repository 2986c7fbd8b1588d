/* What is, or would be, run for a trial. */

#include "engine/api/job_view.h"
#include "engine/api/launch_plan.h"
#include "engine/api/trial_files/trial_files.h"
#include "engine/trial_command.h"

#include <inttypes.h>
#include <stdio.h>

/* A step of a walk over one trial, whose point is valid during the call. */
struct launching {
    struct api_call *call;
    const struct job_view *view;
    struct assay_error *err;
    bool is_found, is_ok;
};

static void write_launch(struct json_writer *w, const struct trial_launch *launch,
                         const struct launcher_config *config)
{
    json_begin_object(w);
    json_key(w, "launcher");
    json_string(w, config && config->launcher == LAUNCHER_SLURM ? "slurm" : "host");
    json_key(w, "outputDir");
    json_string(w, launch->output_dir);
    launch_plan_write_replicas(w, launch);
    json_end_object(w);
}

static bool launch_trial(void *context, const struct trial_row *row)
{
    struct launching *launching = context;
    const struct engine *engine = launching->call->engine;
    const struct job_view *view = launching->view;
    struct launch_place place = engine_place(engine);
    struct trial_launch launch = { 0 };
    char tag[64];
    struct trial_command_input input = { .state_dir = engine_shown_dir(engine),
                                         .source_dir = view->row.source_dir,
                                         .spec = view->spec,
                                         .config = place.config,
                                         .job = row->job,
                                         .number = row->number,
                                         .attempt = row->attempt > 0 ? row->attempt : 1,
                                         .point = row->point,
                                         .tag = tag,
                                         .is_guarded = place.is_guarded };

    (void)snprintf(tag, sizeof tag, "%" PRId64 "-%d", store_trial_id(row->job, row->number),
                   input.attempt);
    launching->is_found = true;
    launching->is_ok = trial_launch_build(&input, &launch, launching->err);
    if (launching->is_ok)
        write_launch(&launching->call->json, &launch, place.config);
    trial_launch_clear(&launch);
    return false;
}

static bool find_and_launch(struct launching *launching, int64_t number)
{
    struct engine *engine = launching->call->engine;
    int64_t job = launching->view->row.id;
    struct trial_query query = { .job = job, .after = number - 1, .until = number, .limit = 1 };
    bool is_ok = store_trial_each(engine_read_begin(engine), &query, launch_trial, launching,
                                  launching->err);

    engine_read_end(engine);
    if (is_ok && !launching->is_found) /* it was deleted in between */
        return assay_fail(launching->err, ASSAY_NOT_FOUND, NULL,
                          "job %" PRId64 " has no trial %" PRId64, job, number);
    return is_ok && launching->is_ok;
}

bool api_get_launch(struct api_call *call, struct assay_error *err)
{
    struct launching launching = { .call = call, .err = err };
    struct trial_row trial = { 0 };
    int64_t job = 0;
    int64_t number = 0;
    bool is_ok = false;

    if (!api_find_job(call, &job, err) || !api_find_trial(call, job, &number, &trial, err))
        return false;
    launching.view = job_view_get(call->engine, job, err);
    if (!launching.view)
        return false;
    if (launching.view->spec->kind == JOB_STUDY)
        is_ok = assay_fail(err, ASSAY_PRECONDITION, NULL,
                           "%" PRId64 " is a study, whose trials its clients run", job);
    else
        is_ok = find_and_launch(&launching, number);
    job_view_release(launching.view);
    return is_ok;
}
