#include "engine/pipelines/pipeline_life.h"

const char *pipeline_state_name(int state)
{
    static const char *const names[] = {
        [JOB_STATE_UNSPECIFIED] = "PIPELINE_STATE_UNSPECIFIED",
        [JOB_STATE_QUEUED] = "PIPELINE_STATE_QUEUED",
        [JOB_STATE_PENDING] = "PIPELINE_STATE_PENDING",
        [JOB_STATE_RUNNING] = "PIPELINE_STATE_RUNNING",
        [JOB_STATE_SUCCEEDED] = "PIPELINE_STATE_SUCCEEDED",
        [JOB_STATE_FAILED] = "PIPELINE_STATE_FAILED",
        [JOB_STATE_CANCELLING] = "PIPELINE_STATE_CANCELLING",
        [JOB_STATE_CANCELLED] = "PIPELINE_STATE_CANCELLED",
        [JOB_STATE_PAUSED] = "PIPELINE_STATE_PAUSED",
    };
    bool is_known = state >= 0 && state < (int)(sizeof names / sizeof names[0]);

    return names[is_known ? state : JOB_STATE_UNSPECIFIED];
}

static struct pipeline_decision end_as(enum job_state state)
{
    return (struct pipeline_decision){ .step = PIPELINE_END, .end = state };
}

static struct pipeline_decision do_next(enum pipeline_step step)
{
    return (struct pipeline_decision){ .step = step };
}

static struct pipeline_decision next_of_cancelled(const struct pipeline_facts *facts)
{
    bool is_job_over =
        !facts->has_job || facts->is_job_gone || job_state_is_terminal(facts->job_state);

    if (is_job_over)
        return end_as(JOB_STATE_CANCELLED);
    return do_next(facts->job_state == JOB_STATE_CANCELLING ? PIPELINE_WAIT : PIPELINE_CANCEL_JOB);
}

struct pipeline_decision pipeline_next(const struct pipeline_facts *facts)
{
    if (job_state_is_terminal(facts->state))
        return do_next(PIPELINE_NOTHING);
    if (facts->state == JOB_STATE_CANCELLING)
        return next_of_cancelled(facts);
    if (!facts->has_job)
        return do_next(facts->has_data && !facts->is_exported ? PIPELINE_EXPORT : PIPELINE_SUBMIT);
    if (facts->is_job_gone)
        return end_as(JOB_STATE_FAILED);
    if (!job_state_is_terminal(facts->job_state))
        return do_next(PIPELINE_WAIT);
    if (facts->job_state != JOB_STATE_SUCCEEDED)
        return end_as((enum job_state)facts->job_state);
    return facts->has_model ? do_next(PIPELINE_UPLOAD) : end_as(JOB_STATE_SUCCEEDED);
}
