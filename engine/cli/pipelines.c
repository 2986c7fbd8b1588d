#include "engine/cli/pipelines.h"

#include "assay/value.h"
#include "engine/cli/view.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* How often a pipeline is looked at while no job of it is; and how long nobody may work on it
 * before we say so. */
enum { LOOK_MS = 100, ORPHAN_LOOKS = 20 };

bool pipeline_is(const cJSON *answer)
{
    return strcmp(view_text(answer, "kind"), "TrainingPipeline") == 0;
}

static int64_t age_of(const cJSON *answer)
{
    int64_t time_us = 0;

    return assay_time_parse(view_text(answer, "createTime"), &time_us) ? time_us : INT64_MIN;
}

cJSON *pipeline_or_job(struct client *client, const char *word, struct assay_error *err)
{
    struct assay_error none = { 0 };
    cJSON *job = client_get(client, err, "/assay/v1/jobs/%s", word);
    cJSON *pipeline = NULL;

    if (job ? strcmp(word, "last") != 0 : err->code != ASSAY_NOT_FOUND)
        return job;
    /* What is neither is told as a job that is not there. */
    pipeline = client_get(client, &none, "/assay/v1/pipelines/%s", word);
    if (pipeline && (!job || age_of(pipeline) > age_of(job))) {
        cJSON_Delete(job);
        *err = (struct assay_error){ 0 };
        return pipeline;
    }
    cJSON_Delete(pipeline);
    return job;
}

/* The one that is deleted is not the last. */
static cJSON *get_job_of(struct client *client, const char *word, const cJSON *pipeline,
                         struct assay_error *err)
{
    cJSON *job = client_get(client, err, "/assay/v1/jobs/%s", view_text(pipeline, "job"));

    if (job || err->code != ASSAY_NOT_FOUND)
        return job;
    if (strcmp(word, "last") == 0)
        return client_get(client, err, "/assay/v1/jobs/last");
    (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "the job of pipeline %s was deleted",
                     view_text(pipeline, "id"));
    return NULL;
}

cJSON *pipeline_backing_job(struct client *client, const char *word, cJSON *either,
                            struct assay_error *err)
{
    cJSON *job = NULL;

    if (!either || !pipeline_is(either))
        return either;
    if (*view_text(either, "job"))
        job = get_job_of(client, word, either, err);
    else
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "pipeline %s has no job yet",
                         view_text(either, "id"));
    cJSON_Delete(either);
    return job;
}

/* What is remembered between two looks. */
struct staying {
    const struct follow *follow;
    bool has_told_data, has_told_job, has_told_upload;
    bool is_lost; /* the backing job left nothing to make a model of */
    bool is_left; /* by the person */
    int orphan_looks;
    uint64_t seen; /* of assay_wait() */
};

static void tell_data(struct staying *s, const cJSON *pipeline)
{
    const cJSON *data = json_get(pipeline, "data");

    if (s->has_told_data || !data)
        return;
    s->has_told_data = true;
    if (s->follow->shows_trials)
        progress_say(s->follow->progress,
                     "data: %" PRId64 " training, %" PRId64 " validation, %" PRId64
                     " test items (%s) in %s",
                     view_integer(data, "training"), view_integer(data, "validation"),
                     view_integer(data, "test"), view_text(data, "format"), view_text(data, "dir"));
}

/* Stays with the backing job. False and *err when it cannot be asked for any more. */
static bool follow_backing_job(struct staying *s, const cJSON *pipeline, struct assay_error *err)
{
    struct follow follow = *s->follow;
    cJSON *job = NULL;

    follow.job = view_text(pipeline, "job");
    follow.since = NULL;
    if (!s->has_told_job && follow.shows_trials)
        progress_say(follow.progress, "training: job %s", follow.job);
    s->has_told_job = true;
    job = follow_job(&follow, err);
    s->is_left = job && !view_job_has_ended(job);
    s->is_lost = job && !s->is_left && view_job_exit_status(job) != 0;
    cJSON_Delete(job);
    /* Deleted by somebody: the pipeline's end tells. */
    return job || err->code == ASSAY_NOT_FOUND;
}

static void sleep_ms(int ms)
{
    struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

    (void)nanosleep(&time, NULL);
}

static void nap(struct staying *s)
{
    const struct follow *follow = s->follow;

    if (follow->interrupts)
        s->is_left = interrupts_wait(follow->interrupts, LOOK_MS) != 0;
    else if (follow->assay)
        (void)assay_wait(follow->assay, &s->seen, LOOK_MS);
    else
        sleep_ms(LOOK_MS);
}

static bool is_training(const cJSON *pipeline)
{
    return strcmp(view_text(pipeline, "step"), "train") == 0;
}

/* Nobody has worked on it for a while; a new engine may be starting. */
static bool is_orphan(struct staying *s, const cJSON *pipeline)
{
    s->orphan_looks =
        view_job_is_interrupted(pipeline) && !s->follow->assay ? s->orphan_looks + 1 : 0;
    return s->orphan_looks > ORPHAN_LOOKS;
}

/* One look at what is not ended. False and *err. */
static bool stay(struct staying *s, const cJSON *pipeline, struct assay_error *err)
{
    tell_data(s, pipeline);
    if (is_training(pipeline))
        return follow_backing_job(s, pipeline, err);
    if (strcmp(view_text(pipeline, "step"), "upload") == 0 && !s->has_told_upload) {
        s->has_told_upload = true;
        if (s->follow->shows_trials && !s->is_lost)
            progress_say(s->follow->progress, "making the model");
    }
    if (s->follow->assay && !assay_is_working(s->follow->assay, err))
        return false;
    nap(s);
    return true;
}

cJSON *pipeline_follow(const struct follow *follow, struct assay_error *err)
{
    struct staying s = { .follow = follow };
    cJSON *pipeline = NULL;
    bool is_over = false;
    bool is_ok = true;

    while (is_ok && !is_over) {
        cJSON_Delete(pipeline);
        pipeline = client_get(follow->client, err, "/assay/v1/pipelines/%s", follow->job);
        is_over = !pipeline || view_job_has_ended(pipeline) || s.is_left || is_orphan(&s, pipeline);
        if (!is_over)
            is_ok = stay(&s, pipeline, err);
    }
    if (pipeline)
        tell_data(&s, pipeline);
    if (is_ok)
        return pipeline;
    cJSON_Delete(pipeline);
    return NULL;
}
