#include "bench/study_run.h"

#include "bench/draw.h"
#include "bench/workers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A run under way. */
struct course {
    const struct study_run *run;
    uint64_t problem_key;
    struct arm *arm;
    struct workers workers;
    double *points; /* budget x param_count, by number - 1 */
    size_t asked;
    bool is_exhausted;
    double best_value; /* the best measured value so far, and its truth */
    double best_truth;
};

void study_run_describe(const struct study_run *run, struct result *result)
{
    const struct problem *problem = run->problem;

    *result = (struct result){ .seed = run->seed,
                               .workers = run->workers,
                               .is_batch = run->is_batch,
                               .budget = run->budget,
                               .instance = problem->instance };
    (void)snprintf(result->arm, sizeof result->arm, "%s", run->kind->name);
    (void)snprintf(result->problem, sizeof result->problem, "%s", problem->name);
    (void)snprintf(result->suite, sizeof result->suite, "%s", problem->suite);
    (void)snprintf(result->family, sizeof result->family, "%s", problem->family);
}

static struct draw_place place_of(const struct course *course, size_t trial)
{
    return (struct draw_place){ .problem = course->problem_key,
                                .seed = course->run->seed,
                                .trial = (uint32_t)trial };
}

/* As many new trials as there are free workers. */
static bool begin_trials(struct course *course, struct assay_error *err)
{
    const struct study_run *run = course->run;
    size_t wanted = run->workers - course->workers.busy_count;
    size_t left = run->budget - course->asked;
    size_t got = 0;

    if (wanted > left)
        wanted = left;
    if (wanted == 0 || course->is_exhausted || (run->is_batch && course->workers.busy_count > 0))
        return true;
    if (!arm_ask(course->arm, wanted,
                 course->points + run->problem->space->param_count * course->asked, &got, err))
        return false;
    course->is_exhausted = got < wanted;
    for (size_t i = 0; i < got; i++) {
        struct draw_place place = place_of(course, ++course->asked);

        workers_begin(&course->workers, course->asked, draw_duration(&place));
    }
    return true;
}

static double score_of(const struct problem *problem, double truth)
{
    double score = (truth - problem->optimum) / (problem->typical - problem->optimum);

    /* The optimum is known to rounding only. */
    return score < 0 ? 0 : score;
}

static bool end_trial(struct course *course, struct result *result, struct assay_error *err)
{
    const struct problem *problem = course->run->problem;
    struct problem_outcome outcome = { 0 };
    size_t number = workers_end_next(&course->workers);
    struct draw_place place = place_of(course, number);

    problem->ops->evaluate(problem->state,
                           course->points + problem->space->param_count * (number - 1),
                           draw_bits(&place, DRAW_NOISE), &outcome);
    if (!outcome.is_infeasible && outcome.value < course->best_value) {
        course->best_value = outcome.value;
        course->best_truth = outcome.truth;
    }
    result->curve[result->curve_count++] = score_of(problem, course->best_truth);
    return arm_tell(course->arm, number, &outcome, err);
}

static bool go(struct course *course, struct result *result, struct assay_error *err)
{
    while (result->curve_count < course->run->budget) {
        if (!begin_trials(course, err))
            return false;
        if (course->workers.busy_count == 0)
            break;
        if (!end_trial(course, result, err))
            return false;
    }
    return true;
}

static enum arm_start start_arm(struct course *course, struct assay_error *err)
{
    const struct study_run *run = course->run;
    struct draw_place place = place_of(course, 0);
    struct arm_study study = { .space = run->problem->space,
                               .is_noisy = run->problem->is_noisy,
                               .seed = (uint32_t)(draw_bits(&place, DRAW_ARM_SEED) >> 33),
                               .budget = run->budget,
                               .parallel = run->workers,
                               .timeout_s = run->timeout_s };

    return arm_start(run->kind, &study, &course->arm, err);
}

static void run_arm(struct course *course, struct result *result)
{
    struct assay_error err = { 0 };

    switch (start_arm(course, &err)) {
    case ARM_STARTED:
        result->status = go(course, result, &err) ? RESULT_OK : RESULT_FAILED;
        result->cpu_s = arm_cpu_s(course->arm);
        result->startup_cpu_s = arm_startup_cpu_s(course->arm);
        (void)snprintf(result->version, sizeof result->version, "%s", arm_version(course->arm));
        break;
    case ARM_CANNOT:
        result->status = RESULT_CANNOT;
        break;
    case ARM_FAILED:
        result->status = RESULT_FAILED;
        break;
    }
    (void)snprintf(result->note, sizeof result->note, "%.190s", err.message);
}

bool study_run(const struct study_run *run, struct result *result, struct assay_error *err)
{
    struct course course = { .run = run,
                             .problem_key = draw_key(run->problem->name),
                             .best_value = (double)INFINITY,
                             .best_truth = (double)INFINITY };
    bool is_done = false;

    study_run_describe(run, result);
    course.points =
        calloc(run->budget * run->problem->space->param_count + 1, sizeof *course.points);
    result->curve = calloc(run->budget, sizeof *result->curve);
    is_done = workers_init(&course.workers, run->workers) && course.points && result->curve;
    if (is_done)
        run_arm(&course, result);
    else
        (void)assay_fail_memory(err);
    arm_finish(course.arm);
    workers_clear(&course.workers);
    free(course.points);
    return is_done;
}
