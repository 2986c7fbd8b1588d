/*
 * engine/life/trial.h - how a trial's attempt ended, and whose fault it was. Pure.
 */
#ifndef ENGINE_LIFE_TRIAL_H
#define ENGINE_LIFE_TRIAL_H

#include "engine/life/states.h"
#include "engine/spec/job_spec.h"
#include "launcher/launcher.h"
#include "metrics/series.h"

/* So many attempts may be lost in one engine's life; then the trial is given up. */
enum { TRIAL_LOSSES_MAX = 9, TRIAL_REASON_MAX = 1536 };

/* Why a running trial was told to stop. */
enum stop_cause {
    STOP_CAUSE_NONE,
    STOP_CAUSE_STOPPED, /* its study was, by studyStoppingConfig */
    STOP_CAUSE_EARLY,   /* it was not worth finishing */
    STOP_CAUSE_CANCELLED,
    STOP_CAUSE_PAUSED,
    STOP_CAUSE_ASKED, /* somebody wants it to end with what it has measured */
};

/* What it was told it stays told, whatever becomes of its job meanwhile. */
bool stop_cause_is_final(enum stop_cause cause);

struct trial_verdict {
    bool is_again; /* not ended: to be started once more, as another attempt */
    enum trial_state state;
    enum failure_class failure;
    int64_t step, elapsed_us; /* final measurement, when has_final */
    bool has_final;
    bool is_stopped_early;         /* by STOP_CAUSE_EARLY, and not by itself before that */
    char reason[TRIAL_REASON_MAX]; /* "" for a plain success */
};

/* What is known when an attempt has ended. All borrowed. */
struct trial_facts {
    const struct job_spec *spec;
    const struct ending *ending;
    enum stop_cause stop_cause;
    const struct series *series;
    const char *const *seen; /* names reported that are no metric of the study */
    size_t seen_count;
    int losses;              /* attempts lost before this one, as far as this engine knows */
    const char *stderr_tail; /* the last lines, "" for none */
};

/* values: one per metric, filled with the final measurement. */
void trial_judge(const struct trial_facts *facts, double *values, struct trial_verdict *verdict);

#endif
