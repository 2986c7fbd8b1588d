#include "launcher/slurm/slurm_verdict.h"

#include "launcher/shim/node_order.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/*
 * FORGOTTEN_US: a job that all looks of so many seconds did not show is not there. QUIET_US: a
 * heart that has stood still for so long has stopped, with some beats to spare for a file server's
 * caches. SETTLE_US: how long Slurm may take to tell why a job ended, or a file server to show
 * what a node wrote. GHOST_US: past what the shim itself waits before it ends its trial.
 */
enum {
    FORGOTTEN_US = 10 * 1000 * 1000,
    QUIET_US = 4 * NODE_BEAT_US,
    SETTLE_US = 4 * 1000 * 1000,
    GHOST_US = NODE_LOSS_US + 60 * 1000 * 1000,
};

/* What Slurm does to a job that it ends, as a shell would tell of it too. */
static bool is_by_signal(const struct ending *record)
{
    switch (record->kind) {
    case ENDING_STOPPED:
        return true;
    case ENDING_SIGNALED:
        return record->status == SIGTERM || record->status == SIGKILL;
    case ENDING_EXITED:
        return record->status == 128 + SIGTERM || record->status == 128 + SIGKILL;
    case ENDING_TIMEOUT:
    case ENDING_OUT_OF_MEMORY:
    case ENDING_NOT_FOUND:
    case ENDING_NOT_STARTED:
    case ENDING_LOST:
        break;
    }
    return false;
}

static bool has_job_ended(const struct slurm_facts *facts)
{
    return facts->job && facts->job->state >= SLURM_COMPLETED;
}

static bool is_forgotten(const struct slurm_facts *facts)
{
    return !facts->job && facts->unseen_us >= FORGOTTEN_US;
}

bool slurm_is_in_doubt(const struct slurm_facts *facts)
{
    if (facts->is_stop_wanted)
        return false;
    if (facts->record)
        return is_by_signal(facts->record) && !has_job_ended(facts);
    return has_job_ended(facts);
}

static void describe_job(const struct slurm_facts *facts, const char *what, struct ending *ending)
{
    const struct slurm_job *job = facts->job;
    bool has_reason = job && job->reason[0] && strcmp(job->reason, "None") != 0;

    if (job)
        (void)snprintf(ending->detail, sizeof ending->detail, "%s: Slurm's job %s is %s%s%s", what,
                       job->id, job->state_name, has_reason ? ", reason " : "",
                       has_reason ? job->reason : "");
    else
        (void)snprintf(ending->detail, sizeof ending->detail, "%s: Slurm does not know its job",
                       what);
}

/* The job has ended, and the trial not by itself. */
static void blame_job(const struct slurm_facts *facts, struct ending *ending)
{
    enum slurm_state state = facts->job ? facts->job->state : SLURM_UNKNOWN;

    if (facts->is_stop_wanted) {
        ending->kind = ENDING_STOPPED;
        return;
    }
    ending->kind = state == SLURM_TIMEOUT         ? ENDING_TIMEOUT
                   : state == SLURM_OUT_OF_MEMORY ? ENDING_OUT_OF_MEMORY
                                                  : ENDING_LOST;
    describe_job(facts, has_job_ended(facts) ? "its job was ended" : "its node ended it", ending);
}

/* COMPLETED and FAILED are what Slurm calls a script that ended by itself, whatever its trial. */
static bool has_slurm_ended_it(const struct slurm_facts *facts)
{
    return has_job_ended(facts) && facts->job->state != SLURM_COMPLETED &&
           facts->job->state != SLURM_FAILED;
}

static enum slurm_deed judge_record(const struct slurm_facts *facts, struct ending *ending)
{
    *ending = *facts->record;
    if (facts->is_stop_wanted || !is_by_signal(facts->record))
        return DEED_TELL;
    if (has_slurm_ended_it(facts)) {
        blame_job(facts, ending);
        return DEED_TELL;
    }
    if (!has_job_ended(facts) && !is_forgotten(facts) && facts->settled_us < SETTLE_US)
        return DEED_WAIT;
    if (ending->kind == ENDING_STOPPED)
        blame_job(facts, ending);
    return DEED_TELL;
}

/* It was begun, and has left no record. */
static enum slurm_deed judge_begun(const struct slurm_facts *facts, struct ending *ending)
{
    bool is_gone = has_job_ended(facts) || is_forgotten(facts);

    if (facts->job && facts->job->state == SLURM_SUSPENDED)
        return DEED_WAIT;
    if (!is_gone && facts->silent_us < GHOST_US + facts->grace_us)
        return DEED_WAIT;
    if (is_gone && facts->silent_us < QUIET_US)
        return DEED_STOP_NOW;
    if (is_gone && facts->settled_us < SETTLE_US && facts->job)
        return DEED_WAIT;
    blame_job(facts, ending);
    if (!is_gone && ending->kind == ENDING_LOST)
        (void)snprintf(ending->detail, sizeof ending->detail,
                       "its node was silent for %d s, though Slurm calls the job running",
                       (int)(facts->silent_us / 1000000));
    return DEED_TELL;
}

static enum slurm_deed judge_unbegun(const struct slurm_facts *facts, struct ending *ending)
{
    ending->kind = facts->is_stop_wanted ? ENDING_STOPPED : ENDING_NOT_STARTED;
    if (facts->is_stop_wanted)
        return DEED_FORBID;
    if (has_job_ended(facts) && facts->settled_us >= SETTLE_US) {
        describe_job(facts, "it was never begun", ending);
        return DEED_FORBID;
    }
    if (!facts->is_submitted || !is_forgotten(facts))
        return DEED_WAIT;
    if (facts->can_submit)
        return DEED_SUBMIT;
    describe_job(facts, "it was never begun", ending);
    return DEED_FORBID;
}

enum slurm_deed slurm_judge(const struct slurm_facts *facts, struct ending *ending)
{
    *ending = (struct ending){ 0 };
    if (facts->record)
        return judge_record(facts, ending);
    switch (facts->claim) {
    case CLAIM_NODE:
        return judge_begun(facts, ending);
    case CLAIM_NONE:
        return judge_unbegun(facts, ending);
    case CLAIM_FORBIDDEN:
        break;
    }
    ending->kind = facts->is_stop_wanted ? ENDING_STOPPED : ENDING_NOT_STARTED;
    return DEED_TELL;
}
