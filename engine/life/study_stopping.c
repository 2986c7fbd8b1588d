#include "engine/life/study_stopping.h"

#include "metrics/objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct study_stopping {
    const struct study_spec *study;
    struct stopper *stopper; /* NULL: no rule */
    size_t objective;
    double
        furthest; /* position of the trials that ran to their end with measurements; 0 at first */
};

static const double us_per_s = 1e6;

static bool make_stopper(struct study_stopping *stopping, struct assay_error *err)
{
    static const enum stopper_kind kinds[] = { [STOPPING_DECAY_CURVE] = STOPPER_DECAY_CURVE,
                                               [STOPPING_MEDIAN] = STOPPER_MEDIAN,
                                               [STOPPING_CONVEX] = STOPPER_CONVEX,
                                               [STOPPING_HALVING] = STOPPER_HALVING };
    const struct study_spec *study = stopping->study;
    const struct stopping_rule_spec *rule = &study->stopping_rule_spec;
    struct stopper_options options = {
        .kind = kinds[study->stopping_rule],
        .is_maximized = study->metrics[stopping->objective].goal == GOAL_MAXIMIZE,
        .is_elapsed = rule->use_elapsed_duration,
        .max_position = (double)rule->max_step_count,
        .min_position = (double)rule->min_step_count,
        .min_measurement_count = (size_t)rule->min_measurement_count,
        .eta = rule->eta,
        .grace = (double)rule->min_step_count,
    };

    if (study->stopping_rule != STOPPING_NONE)
        stopping->stopper = stopper_new(&options, err);
    return stopping->stopper || study->stopping_rule == STOPPING_NONE;
}

struct study_stopping *study_stopping_new(const struct study_spec *study, struct assay_error *err)
{
    struct study_stopping *stopping = malloc(sizeof *stopping);

    if (!stopping) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    *stopping = (struct study_stopping){
        .study = study, .objective = objective_metric(study->metrics, study->metric_count)
    };
    if (make_stopper(stopping, err))
        return stopping;
    study_stopping_free(stopping);
    return NULL;
}

void study_stopping_free(struct study_stopping *stopping)
{
    if (!stopping)
        return;
    stopper_free(stopping->stopper);
    free(stopping);
}

static double position_of(const struct study_stopping *stopping, const struct measurement *m)
{
    return stopping->study->stopping_rule_spec.use_elapsed_duration
               ? (double)m->elapsed_us / us_per_s
               : (double)m->step;
}

/* The trial's learning rate, where the rule's spec names the parameter. */
static double learning_rate_of(const struct study_stopping *stopping, const double *point)
{
    const char *name = stopping->study->stopping_rule_spec.learning_rate_parameter_name;
    const struct search_space *space = stopping->study->space;

    for (size_t i = 0; name && i < space->param_count; i++)
        if (space->params[i].type != PARAM_CATEGORICAL && !isnan(point[i]) &&
            strcmp(space->params[i].id, name) == 0)
            return point[i];
    return (double)NAN;
}

/* The objective's curve in one block, which the caller frees; NULL for lack of memory. */
static double *make_curve(const struct study_stopping *stopping, const struct series *series,
                          struct curve *curve)
{
    size_t count = series ? series_count(series) : 0;
    double *block = malloc((2 * count + 1) * sizeof *block);
    size_t kept = 0;

    if (!block)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct measurement m = series_get(series, i);

        if (isnan(m.values[stopping->objective]))
            continue;
        block[kept] = position_of(stopping, &m);
        block[count + kept++] = m.values[stopping->objective];
    }
    if (!curve_clean(block, block + count, &kept)) {
        free(block);
        return NULL;
    }
    *curve = (struct curve){ .count = kept, .positions = block, .values = block + count };
    return block;
}

static bool decide(struct study_stopping *stopping, const double *point,
                   const struct series *series, struct stopper_verdict *verdict)
{
    struct curve curve;
    double *block = make_curve(stopping, series, &curve);
    bool is_decided = block && stopper_decide(stopping->stopper, &curve,
                                              learning_rate_of(stopping, point), verdict);

    free(block);
    return is_decided;
}

bool study_stopping_measured(struct study_stopping *stopping, uint64_t number, const double *point,
                             const struct series *series, size_t at,
                             struct stopper_verdict *verdict)
{
    struct measurement m = series_get(series, at);

    *verdict = (struct stopper_verdict){ 0 };
    if (!stopping->stopper || isnan(m.values[stopping->objective]))
        return true;
    if (!stopper_observes(stopping->stopper))
        return decide(stopping, point, series, verdict);
    return stopper_observe(stopping->stopper, number, position_of(stopping, &m),
                           m.values[stopping->objective], verdict);
}

/* 0: it was not measured. */
static double last_position(const struct study_stopping *stopping, const struct series *series)
{
    size_t count = series ? series_count(series) : 0;
    double furthest = 0;

    for (size_t i = 0; i < count; i++) {
        struct measurement m = series_get(series, i);

        furthest = fmax(furthest, position_of(stopping, &m));
    }
    return furthest;
}

bool study_stopping_ended(struct study_stopping *stopping, const double *point,
                          const struct series *series, const double *values, bool is_stopped)
{
    struct stopper_trial trial = { .final_value = values[stopping->objective],
                                   .is_stopped = is_stopped };
    double *block = NULL;
    bool is_appended = true;

    if (!stopping->stopper)
        return true;
    if (!is_stopped)
        stopping->furthest = fmax(stopping->furthest, last_position(stopping, series));
    trial.learning_rate = learning_rate_of(stopping, point);
    block = make_curve(stopping, series, &trial.curve);
    is_appended = block && stopper_append(stopping->stopper, &trial);
    free(block);
    return is_appended;
}

double study_stopping_progress(const struct study_stopping *stopping, const struct series *series)
{
    double position = last_position(stopping, series);
    double length = stopping->furthest > 0
                        ? stopping->furthest
                        : (double)stopping->study->stopping_rule_spec.max_step_count;

    if (!(position > 0) || !(length > 0))
        return (double)NAN;
    return fmin(position / length, 1);
}
