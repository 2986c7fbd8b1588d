/*
 * engine/life/states.h - the states of jobs and trials and the classes of their ends: the API's
 * numbers and names, in one place.
 */
#ifndef ENGINE_LIFE_STATES_H
#define ENGINE_LIFE_STATES_H

#include <stdbool.h>

enum job_state {
    JOB_STATE_UNSPECIFIED = 0,
    JOB_STATE_QUEUED = 1,
    JOB_STATE_PENDING = 2,
    JOB_STATE_RUNNING = 3,
    JOB_STATE_SUCCEEDED = 4,
    JOB_STATE_FAILED = 5,
    JOB_STATE_CANCELLING = 6,
    JOB_STATE_CANCELLED = 7,
    JOB_STATE_PAUSED = 8,
};

enum trial_state {
    TRIAL_STATE_UNSPECIFIED = 0,
    TRIAL_REQUESTED = 1, /* waits to be started (again) */
    TRIAL_ACTIVE = 2,
    TRIAL_STOPPING = 3,
    TRIAL_SUCCEEDED = 4,
    TRIAL_INFEASIBLE = 5,
};

/* Whose fault an end was. FAILURE_NONE for a success. Stored by number: only append. */
enum failure_class {
    FAILURE_NONE,
    FAILURE_USER_ERROR,
    FAILURE_NO_METRIC,
    FAILURE_TIMEOUT,
    FAILURE_OUT_OF_MEMORY,
    FAILURE_NOT_FOUND,
    FAILURE_STOPPED,
    FAILURE_CANCELLED,
    FAILURE_LOST,
};

const char *job_state_name(int state);       /* "JOB_STATE_RUNNING" */
const char *trial_state_name(int state);     /* "ACTIVE" */
const char *failure_class_name(int failure); /* "user_error"; "" for none */

bool job_state_is_terminal(int state);
bool trial_state_is_terminal(int state);

/* The classes that count against maxFailedTrialCount: the user's own. */
bool failure_class_counts(int failure);

#endif
