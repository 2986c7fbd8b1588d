#include "engine/life/states.h"

#include <stddef.h>

#define NAME_OF(table, index)                                                                      \
    ((index) >= 0 && (size_t)(index) < sizeof(table) / sizeof(table)[0] ? (table)[index]           \
                                                                        : (table)[0])

const char *job_state_name(int state)
{
    static const char *const names[] = {
        "JOB_STATE_UNSPECIFIED", "JOB_STATE_QUEUED",    "JOB_STATE_PENDING",
        "JOB_STATE_RUNNING",     "JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED",
        "JOB_STATE_CANCELLING",  "JOB_STATE_CANCELLED", "JOB_STATE_PAUSED",
    };

    return NAME_OF(names, state);
}

const char *trial_state_name(int state)
{
    static const char *const names[] = {
        "STATE_UNSPECIFIED", "REQUESTED", "ACTIVE", "STOPPING", "SUCCEEDED", "INFEASIBLE",
    };

    return NAME_OF(names, state);
}

const char *failure_class_name(int failure)
{
    static const char *const names[] = {
        "",          "user_error", "no_metric", "timeout", "out_of_memory",
        "not_found", "stopped",    "cancelled", "lost",
    };

    return NAME_OF(names, failure);
}

bool job_state_is_terminal(int state)
{
    return state == JOB_STATE_SUCCEEDED || state == JOB_STATE_FAILED ||
           state == JOB_STATE_CANCELLED;
}

bool trial_state_is_terminal(int state)
{
    return state == TRIAL_SUCCEEDED || state == TRIAL_INFEASIBLE;
}

bool failure_class_counts(int failure)
{
    return failure >= FAILURE_USER_ERROR && failure <= FAILURE_NOT_FOUND;
}
