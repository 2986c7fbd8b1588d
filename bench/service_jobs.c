#include "bench/service_jobs.h"

#include "assay/env.h"
#include "bench/measure.h"
#include "engine/spec/job_spec.h"
#include "engine/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { AWAIT_S = 60, LOOK_MS = 50 };

static const char jobs_path[] = "/v1/projects/bench/locations/here/hyperparameterTuningJobs";

bool service_job_submit(const struct served *served, const struct service_job *job, char *path,
                        size_t path_size, struct assay_error *err)
{
    static const char text[] =
        "{\"displayName\": \"bench\", \"maxTrialCount\": %d, \"parallelTrialCount\": %d, "
        "\"studySpec\":" SERVED_STUDY_SPEC ", "
        "\"trialJobSpec\": {\"workerPoolSpecs\": [{\"replicaCount\": \"1\", "
        "\"machineSpec\": {\"machineType\": \"n1-standard-4\"}, "
        "\"containerSpec\": {\"imageUri\": \"host:\", \"command\": [\"%s\"], \"env\": ["
        "{\"name\": \"BENCH_STEPS\", \"value\": \"%d\"}, "
        "{\"name\": \"BENCH_STEP_MS\", \"value\": \"%d\"}]}}]}}";
    char body[4096];
    char *answer = NULL;
    const char *at = NULL;

    (void)snprintf(body, sizeof body, text, job->trials, job->parallel, job->trainer, job->steps,
                   job->step_ms);
    if (!served_ask(served, "POST", jobs_path, body, &answer, err))
        return false;
    at = strstr(answer, "projects/");
    if (at)
        (void)snprintf(path, path_size, "/v1/%.*s", (int)strcspn(at, "\""), at);
    free(answer);
    return at || assay_fail(err, ASSAY_INTERNAL, NULL, "the job has no name");
}

static int count_of(const char *text, const char *word)
{
    int count = 0;

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        count++;
    return count;
}

bool service_job_await(const struct served *served, const char *path, const char *state,
                       int running, struct assay_error *err)
{
    const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
    double end_s = moment_now().wall_s + AWAIT_S;
    bool is_there = false;

    while (!is_there && moment_now().wall_s < end_s) {
        char *answer = NULL;

        if (!served_ask(served, "GET", path, NULL, &answer, err))
            return false;
        is_there = strstr(answer, state) && count_of(answer, "\"ACTIVE\"") >= running;
        free(answer);
        if (!is_there)
            (void)nanosleep(&pause, NULL);
    }
    return is_there || assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s is not %s after %d s", path,
                                  state, AWAIT_S);
}

bool service_job_cancel(const struct served *served, const char *path, struct assay_error *err)
{
    char *answer = NULL;
    char verb[320];
    bool is_ok = false;

    (void)snprintf(verb, sizeof verb, "%s:cancel", path);
    is_ok = served_ask(served, "POST", verb, "{}", &answer, err);
    free(answer);
    return is_ok;
}

static bool store_paused(struct store *store, int64_t count, struct assay_error *err)
{
    char parent[] = "projects/bench/locations/here";
    char document[] = "{\"displayName\": \"bench\", \"jobSpec\": {\"workerPoolSpecs\": [{"
                      "\"replicaCount\": \"1\", \"machineSpec\": {\"machineType\": "
                      "\"n1-standard-4\"}, \"containerSpec\": {\"imageUri\": \"host:\", "
                      "\"command\": [\"true\"]}}]}}";
    char name[] = "bench";
    char nothing[] = "";
    struct job_row row = { .kind = JOB_CUSTOM,
                           .state = JOB_STATE_PAUSED,
                           .display_name = name,
                           .source = document,
                           .document = document,
                           .source_dir = nothing,
                           .error_message = nothing,
                           .model_dir = nothing,
                           .note = nothing,
                           .parent = parent };
    int64_t now_us = assay_wall_us(assay_env_system());

    for (int64_t i = 0; i < count; i++) {
        row.id = INT64_C(1000000000) + i * 7919;
        row.create_us = row.update_us = now_us + i;
        if (!store_job_insert(store, &row, err))
            return false;
    }
    return true;
}

bool service_jobs_store_paused(const char *folder, int64_t count, struct assay_error *err)
{
    struct store *store = store_open(folder, STORE_WRITE, err);
    bool is_ok = store && store_begin(store, err) && store_paused(store, count, err) &&
                 store_commit(store, err);

    store_close(store);
    return is_ok;
}
