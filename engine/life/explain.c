#include "engine/life/explain.h"

#include "metrics/objective.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_MAX = 2048 };

struct speaker {
    const struct explain_facts *facts;
    explain_fn fn;
    void *context;
};

static void say(const struct speaker *speaker, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void say(const struct speaker *speaker, const char *fmt, ...)
{
    char text[SENTENCE_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    speaker->fn(speaker->context, text);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* What samplers without a memory do. */
static void say_plain(const struct speaker *speaker)
{
    const char *algorithm = job_spec_algorithm(speaker->facts->spec);
    int64_t number = speaker->facts->ordinal;

    if (strcmp(algorithm, "grid") == 0)
        say(speaker,
            "Its parameters are combination %" PRId64 " of the grid, in the order of the visit.",
            number);
    else if (strcmp(algorithm, "sobol") == 0)
        say(speaker,
            "Its parameters are point %" PRId64 " of the seed's scrambled Sobol sequence, which "
            "fills the space evenly.",
            number);
    else
        say(speaker, "Its parameters are independent draws, number %" PRId64 " of the seed.",
            number);
    say(speaker, "Other trials had no part in it.");
}

/* "…, the point with …" */
static const char *aim_of(enum acquisition_kind acquisition)
{
    switch (acquisition) {
    case ACQUISITION_LOG_EI:
        return "the highest expected improvement on the best value so far";
    case ACQUISITION_UCB:
        return "the best value that is still plausible";
    case ACQUISITION_EXPLORE:
        return "the most left to learn, among those where the best may be";
    case ACQUISITION_MEAN:
        return "the best predicted value";
    case ACQUISITION_HYPERVOLUME:
        return "the most to add to the Pareto front, as expected";
    case ACQUISITION_SAFETY:
        return "the best chance to be feasible and safe";
    case ACQUISITION_DENSITY:
        return "the most good trials nearby for each of the others";
    case ACQUISITION_NONE:
        break;
    }
    return "the best prospects";
}

static void say_stage(const struct speaker *speaker, const struct provenance *p)
{
    const char *aim = aim_of(p->acquisition);
    unsigned long long past = (unsigned long long)p->past_count;
    const char *s = plural(p->past_count);

    switch (p->stage) {
    case STAGE_FIRST:
        say(speaker, "It is the study's first point: the defaults, else the middle of each range.");
        return;
    case STAGE_START:
        say(speaker,
            "It was chosen to fill the space evenly: with %llu trial%s ended there was too little "
            "to learn from.",
            past, s);
        return;
    case STAGE_MODEL:
        say(speaker,
            "A model of the %llu trial%s that had ended was searched for the point with %s.", past,
            s, aim);
        return;
    case STAGE_TRUST:
        say(speaker,
            "A model of the %llu trial%s that had ended was searched near the best of them for the "
            "point with %s.",
            past, s, aim);
        return;
    case STAGE_ENDGAME:
        say(speaker,
            "The budget was nearly spent, so the best of the %llu trial%s that had ended was "
            "refined: the point with %s.",
            past, s, aim);
        return;
    case STAGE_ENUMERATE:
        say(speaker,
            "Every point that the model would have tried had been tried: it is another one "
            "that was new.");
        return;
    case STAGE_POPULATION:
        say(speaker,
            "It was drawn from what the best of the %llu trial%s that had ended have in "
            "common.",
            past, s);
        return;
    case STAGE_FALLBACK:
        say(speaker, "The numbers failed, so a point that fills the space evenly took its place.");
        return;
    case STAGE_PLAIN:
        say(speaker, "Its parameters were drawn without regard to other trials.");
        return;
    }
    say(speaker, "It was made in a way that this version of assay does not know.");
}

static const struct metric_spec *objective_of(const struct explain_facts *facts, size_t *metric)
{
    const struct study_spec *study = &facts->spec->study;

    *metric = objective_metric(study->metrics, study->metric_count);
    return study->metric_count ? &study->metrics[*metric] : NULL;
}

/* "…; it measured 0.5, which is 2.1 deviations worse." */
static void say_prediction(const struct speaker *speaker, const struct provenance *p)
{
    const struct trial_row *row = speaker->facts->row;
    size_t metric = 0;
    const struct metric_spec *spec = objective_of(speaker->facts, &metric);
    double value = (double)NAN;
    double miss = 0;

    if (!spec || !isfinite(p->mean))
        return;
    if (row->values && metric < row->value_count)
        value = row->values[metric];
    if (isnan(value)) {
        say(speaker, "It expected %s = %.4g ± %.2g%s.", spec->id, p->mean, p->deviation,
            row->state == TRIAL_INFEASIBLE ? "; the trial has measured none" : "");
        return;
    }
    if (speaker->facts->why_stopped) { /* what it would have come to is not known */
        say(speaker,
            "It expected %s = %.4g ± %.2g at the end; the trial had %.4g when it was stopped.",
            spec->id, p->mean, p->deviation, value);
        return;
    }
    miss = p->deviation > 0 ? (value - p->mean) / p->deviation : 0;
    say(speaker, "It expected %s = %.4g ± %.2g; the trial measured %.4g, %.1f deviations %s.",
        spec->id, p->mean, p->deviation, value, fabs(miss),
        miss == 0                                     ? "off"
        : (miss > 0) == (spec->goal == GOAL_MAXIMIZE) ? "better"
                                                      : "worse");
}

static void say_nearest(const struct speaker *speaker, const struct provenance *p)
{
    const struct explain_neighbour *nearest = speaker->facts->nearest;
    size_t metric = 0;
    const struct metric_spec *spec = objective_of(speaker->facts, &metric);
    char text[SENTENCE_MAX] = "";
    size_t used = 0;

    for (size_t i = 0; i < PROVENANCE_NEAREST && p->nearest[i]; i++) {
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%strial %llu (similarity %.2f",
                             i ? ", " : "", (unsigned long long)p->nearest[i], p->similarity[i]);
        if (spec && !isnan(nearest[i].value) && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, ", %.100s %.4g", spec->id,
                                     nearest[i].value);
        if (used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, ")");
        if (used >= sizeof text)
            return;
    }
    if (used)
        say(speaker, "Most like it of those that had ended: %s.", text);
}

static void say_fallback(const struct speaker *speaker, enum fallback fallback)
{
    switch (fallback) {
    case FALLBACK_PRIOR:
        say(speaker, "The model could not be fitted, and took what is usual in its place.");
        break;
    case FALLBACK_JITTER:
        say(speaker, "The model was too regular for its numbers, and was loosened a little.");
        break;
    case FALLBACK_SOBOL:
        say(speaker, "No way to compute it held, so it is a point that fills the space evenly.");
        break;
    case FALLBACK_NONE:
        break;
    }
}

static void say_pending(const struct speaker *speaker, const struct provenance *p)
{
    if (p->pending_count == 0)
        say(speaker, "No other trial was under way then.");
    else
        say(speaker, "%llu other trial%s under way then, and taken into account.",
            (unsigned long long)p->pending_count, p->pending_count == 1 ? " was" : "s were");
}

static void say_end(const struct speaker *speaker)
{
    const struct explain_facts *facts = speaker->facts;

    if (facts->why_stopped && isnan(facts->progress))
        say(speaker, "It was stopped early: %s.", facts->why_stopped);
    else if (facts->why_stopped)
        say(speaker, "It was stopped early, at %.0f %% of the way: %s.", facts->progress * 100,
            facts->why_stopped);
    if (facts->row->state == TRIAL_INFEASIBLE)
        say(speaker, "It failed (%s): %s", failure_class_name(facts->row->failure),
            facts->row->reason ? facts->row->reason : "");
    else if (!trial_state_is_terminal(facts->row->state))
        say(speaker, "It has not ended yet.");
}

void explain_trial(const struct explain_facts *facts, explain_fn fn, void *context)
{
    struct speaker speaker = { .facts = facts, .fn = fn, .context = context };
    const struct suggestion *suggestion = facts->suggestion;

    if (facts->spec->kind == JOB_CUSTOM) {
        say(&speaker, "A custom job runs once, as its document says: nothing was suggested.");
    } else if (facts->retry_of) {
        say(&speaker,
            "It is trial %" PRId64 " run again, with the same parameters: nothing was suggested.",
            facts->retry_of);
    } else if (!suggestion) {
        say_plain(&speaker);
    } else {
        say_stage(&speaker, &suggestion->provenance);
        say_prediction(&speaker, &suggestion->provenance);
        say_nearest(&speaker, &suggestion->provenance);
        say_pending(&speaker, &suggestion->provenance);
        say_fallback(&speaker, suggestion->provenance.fallback);
    }
    say_end(&speaker);
}
