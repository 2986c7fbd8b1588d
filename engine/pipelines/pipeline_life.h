/*
 * engine/pipelines/pipeline_life.h - what a training pipeline needs next: a pure function of where
 * it and its backing job stand.
 *
 *   export ──▶ submit ──▶ wait ──▶ upload ──▶ end
 *
 * Each step writes to the pipeline's row what it has done, together with the deed itself: so
 * whoever looks next, were it the engine after a crash, goes on behind it.
 */
#ifndef ENGINE_PIPELINES_PIPELINE_LIFE_H
#define ENGINE_PIPELINES_PIPELINE_LIFE_H

#include "engine/life/states.h"

#include <stdbool.h>

/* PipelineState has the numbers of JobState, and names of its own. */
const char *pipeline_state_name(int state); /* "PIPELINE_STATE_RUNNING" */

struct pipeline_facts {
    int state;                  /* enum job_state, of the pipeline */
    bool has_data, is_exported; /* it has a data set, and that was written out */
    bool has_job;               /* a backing job was made … */
    bool is_job_gone;           /* … and deleted since */
    int job_state;              /* enum job_state */
    bool has_model;             /* a model is to be made */
};

enum pipeline_step {
    PIPELINE_NOTHING, /* it has ended */
    PIPELINE_EXPORT,
    PIPELINE_SUBMIT,
    PIPELINE_WAIT,       /* for its job */
    PIPELINE_CANCEL_JOB, /* then to wait for it */
    PIPELINE_UPLOAD,     /* which is its end, too */
    PIPELINE_END,
};

struct pipeline_decision {
    enum pipeline_step step;
    enum job_state end; /* END: as what. FAILED: for the job's reason, or since that is gone */
};

struct pipeline_decision pipeline_next(const struct pipeline_facts *facts);

#endif
