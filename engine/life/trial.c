#include "engine/life/trial.h"

#include "metrics/objective.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add_reason(struct trial_verdict *verdict, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void add_reason(struct trial_verdict *verdict, const char *fmt, ...)
{
    size_t used = strlen(verdict->reason);
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(verdict->reason + used, sizeof verdict->reason - used, fmt, args);
    va_end(args);
}

bool stop_cause_is_final(enum stop_cause cause)
{
    return cause == STOP_CAUSE_EARLY || cause == STOP_CAUSE_ASKED;
}

static enum failure_class class_of_ending(const struct trial_facts *facts)
{
    switch (facts->ending->kind) {
    case ENDING_EXITED:
        return facts->ending->status == 0 ? FAILURE_NONE : FAILURE_USER_ERROR;
    case ENDING_SIGNALED:
        return FAILURE_USER_ERROR;
    case ENDING_TIMEOUT:
        return FAILURE_TIMEOUT;
    case ENDING_OUT_OF_MEMORY:
        return FAILURE_OUT_OF_MEMORY;
    case ENDING_STOPPED:
        if (facts->stop_cause == STOP_CAUSE_NONE)
            break; /* its shim was told to stop, but not by us: the machine goes down */
        return facts->stop_cause == STOP_CAUSE_CANCELLED ? FAILURE_CANCELLED : FAILURE_STOPPED;
    case ENDING_NOT_FOUND:
        return FAILURE_NOT_FOUND;
    case ENDING_NOT_STARTED:
    case ENDING_LOST:
        break;
    }
    /* What was not to be finished is not lost either. */
    return stop_cause_is_final(facts->stop_cause) ? FAILURE_STOPPED : FAILURE_LOST;
}

static bool is_again(const struct trial_facts *facts)
{
    const struct ending *ending = facts->ending;

    bool is_lost = ending->kind == ENDING_STOPPED || ending->kind == ENDING_LOST;

    if (facts->stop_cause == STOP_CAUSE_PAUSED)
        return is_lost || ending->kind == ENDING_NOT_STARTED;
    if (facts->stop_cause != STOP_CAUSE_NONE)
        return false;
    /* What never ran is not a retry, so disableRetries does not forbid it; the controller pauses a
     * job of which nothing starts any more. */
    if (ending->kind == ENDING_NOT_STARTED)
        return true;
    return is_lost && !facts->spec->run.disable_retries && facts->losses < TRIAL_LOSSES_MAX;
}

/* What other replicas came to, or what the machine said of it. */
static void add_detail(const struct ending *ending, struct trial_verdict *verdict)
{
    if (ending->detail[0])
        add_reason(verdict, " (%s)", ending->detail);
}

/* As documents have it: "64M" for 64 MiB. */
static const char *memory_text(int64_t bytes, char *text, size_t size)
{
    static const char units[] = "KMGT";
    size_t unit = 0;

    while (unit < sizeof units - 1 && bytes % 1024 == 0 && bytes > 0) {
        bytes /= 1024;
        unit++;
    }
    (void)snprintf(text, size, "%lld%.*s", (long long)bytes, unit > 0,
                   unit > 0 ? units + unit - 1 : "");
    return text;
}

/* In the service's own words where they are known. */
static void explain_ending(const struct trial_facts *facts, struct trial_verdict *verdict)
{
    const struct ending *ending = facts->ending;
    char name[REPLICA_NAME_TEXT];
    char text[320];

    (void)replica_name(ending->role, ending->index, name);
    switch (ending->kind) {
    case ENDING_EXITED:
        add_reason(verdict, "The replica %s exited with a non-zero status of %d.", name,
                   ending->status);
        add_detail(ending, verdict);
        break;
    case ENDING_SIGNALED:
        ending_describe(ending, text, sizeof text);
        add_reason(verdict, "The replica %s was %s.", name, text);
        if (ending->status == SIGKILL)
            add_reason(verdict, " Nobody here sent that signal; most often the kernel does when "
                                "memory runs out.");
        break;
    case ENDING_TIMEOUT:
        if (ending->detail[0]) { /* another's limit than the document's */
            add_reason(verdict, "The trial was stopped: %s.", ending->detail);
            break;
        }
        add_reason(verdict, "The trial ran longer than scheduling.timeout (%g s) and was stopped.",
                   (double)facts->spec->run.timeout_us / 1e6);
        break;
    case ENDING_OUT_OF_MEMORY:
        add_reason(verdict,
                   "Replicas low on memory: workerpool%d. The replica %s needed more than ",
                   (int)ending->role, name);
        if (facts->spec->assay.memory_bytes > 0)
            add_reason(verdict, "the %s that assay.memory allows.",
                       memory_text(facts->spec->assay.memory_bytes, text, sizeof text));
        else
            add_reason(verdict, "its machine gives it.");
        add_detail(ending, verdict);
        break;
    case ENDING_STOPPED:
        if (facts->stop_cause == STOP_CAUSE_NONE) {
            add_reason(verdict, "The machine stopped the trial (attempt %d).",
                       (int)ending->key.attempt);
            break;
        }
        add_reason(verdict, facts->stop_cause == STOP_CAUSE_CANCELLED
                                ? "The job was cancelled or failed while the trial ran."
                                : "The trial was stopped before it reported its metric.");
        break;
    case ENDING_NOT_FOUND:
        add_reason(verdict, "The replica %s could not be started: %s.", name, ending->detail);
        break;
    case ENDING_NOT_STARTED:
    case ENDING_LOST:
        add_reason(verdict, "The machine lost the trial (attempt %d): %s.",
                   (int)ending->key.attempt, ending->detail[0] ? ending->detail : "no exit record");
        break;
    }
    if (facts->stderr_tail && facts->stderr_tail[0])
        add_reason(verdict, " Last lines of stderr:\n%s", facts->stderr_tail);
}

void trial_judge(const struct trial_facts *facts, double *values, struct trial_verdict *verdict)
{
    const struct study_spec *study = &facts->spec->study;
    bool has_all = series_select(facts->series, study->selection, &verdict->step,
                                 &verdict->elapsed_us, values);

    verdict->reason[0] = '\0';
    verdict->is_again = is_again(facts);
    verdict->is_stopped_early =
        facts->stop_cause == STOP_CAUSE_EARLY && class_of_ending(facts) == FAILURE_STOPPED;
    verdict->has_final = false;
    verdict->failure = class_of_ending(facts);
    verdict->state = TRIAL_INFEASIBLE;
    if (verdict->is_again)
        return;
    if (verdict->failure == FAILURE_STOPPED && has_all && study->metric_count)
        verdict->failure = FAILURE_NONE; /* stopped early, with what it has */
    if (verdict->failure == FAILURE_NONE && !has_all) {
        verdict->failure = FAILURE_NO_METRIC;
        objective_explain_missing(study->metrics, study->metric_count, values, facts->seen,
                                  facts->seen_count, verdict->reason, sizeof verdict->reason);
        if (facts->stderr_tail && facts->stderr_tail[0])
            add_reason(verdict, " Last lines of stderr:\n%s", facts->stderr_tail);
        return;
    }
    if (verdict->failure != FAILURE_NONE) {
        explain_ending(facts, verdict);
        return;
    }
    verdict->state = TRIAL_SUCCEEDED;
    verdict->has_final = true;
}
