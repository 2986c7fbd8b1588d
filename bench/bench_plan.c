#include "bench/bench_plan.h"

#include "bench/suites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A problem and its place in an order that is even over its suite, however early it is cut off. */
struct placed {
    struct problem *problem;
    double place;
    size_t index;
};

static int compare_places(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;

    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Puts the problems in the order of multiples of the golden ratio modulo 1, and frees all but the
 * first most. */
static bool thin_out(struct problem **problems, size_t *count, size_t most)
{
    struct placed *placed = calloc(*count + 1, sizeof *placed);

    if (!placed)
        return false;
    for (size_t i = 0; i < *count; i++) {
        double turns = (double)i * 0.61803398874989485;

        placed[i] = (struct placed){ problems[i], turns - floor(turns), i };
    }
    qsort(placed, *count, sizeof *placed, compare_places);
    for (size_t i = 0; i < *count; i++) {
        problems[i] = placed[i].problem;
        if (i >= most)
            problem_free(placed[i].problem);
    }
    *count = *count < most ? *count : most;
    free(placed);
    return true;
}

static bool append_problems(struct bench_plan *plan, struct problem **problems, size_t count)
{
    struct problem **all =
        realloc(plan->problems, (plan->problem_count + count + 1) * sizeof(struct problem *));

    if (!all)
        return false;
    memcpy(all + plan->problem_count, problems, count * sizeof(struct problem *));
    plan->problems = all;
    plan->problem_count += count;
    return true;
}

static bool add_suite(struct bench_plan *plan, const struct suite_query *query, size_t most,
                      struct assay_error *err)
{
    size_t count = 0;
    struct problem **problems = suite_problems(query, &count, err);
    bool is_done = false;

    if (!problems)
        return assay_error_add(err, "suite %s", query->suite);
    is_done = thin_out(problems, &count, most) && append_problems(plan, problems, count);
    for (size_t i = 0; !is_done && i < count; i++)
        problem_free(problems[i]);
    free(problems);
    return is_done || assay_fail_memory(err);
}

/* Round and round the suites, so that a comparison cut short is one of all of them. */
static bool interleave(struct bench_plan *plan)
{
    struct placed *placed = calloc(plan->problem_count + 1, sizeof *placed);
    size_t round = 0;

    if (!placed)
        return false;
    for (size_t i = 0; i < plan->problem_count; i++) {
        bool is_same = i > 0 && strcmp(plan->problems[i]->suite, plan->problems[i - 1]->suite) == 0;

        round = is_same ? round + 1 : 0;
        placed[i] = (struct placed){ plan->problems[i], (double)round, i };
    }
    qsort(placed, plan->problem_count, sizeof *placed, compare_places);
    for (size_t i = 0; i < plan->problem_count; i++)
        plan->problems[i] = placed[i].problem;
    free(placed);
    return true;
}

bool bench_plan_problems(struct bench_plan *plan, const struct bench_options *options,
                         struct assay_error *err)
{
    for (size_t i = 0; i < options->suite_count; i++) {
        struct suite_query query = { .suite = options->suites[i],
                                     .first_instance = options->first_instance,
                                     .last_instance = options->last_instance,
                                     .is_quick = options->is_quick,
                                     .tables = BENCH_FOLDER "/tables" };

        if (!add_suite(plan, &query, options->problem_limit, err))
            return false;
    }
    return interleave(plan) || assay_fail_memory(err);
}

static int compare(const void *a, const void *b)
{
    return result_compare(a, b);
}

static bool is_done(const struct study_run *run, const struct results *results, bool is_retrying)
{
    struct result key;
    const struct result *known = NULL;

    study_run_describe(run, &key);
    if (results->count > 0)
        known = bsearch(&key, results->items, results->count, sizeof key, compare);
    return known && !(is_retrying && known->status == RESULT_FAILED);
}

bool bench_plan_runs(struct bench_plan *plan, const struct bench_options *options,
                     const struct arm_kind *const *arms, size_t arm_count,
                     const struct results *results, struct assay_error *err)
{
    size_t seed_count = options->last_seed - options->first_seed + 1;
    size_t total = seed_count * plan->problem_count * arm_count;

    plan->runs = calloc(total + 1, sizeof *plan->runs);
    if (!plan->runs)
        return assay_fail_memory(err);
    for (size_t i = 0; i < total; i++) {
        struct study_run run = { .kind = arms[i % arm_count],
                                 .problem = plan->problems[i / arm_count % plan->problem_count],
                                 .seed = options->first_seed +
                                         (uint32_t)(i / arm_count / plan->problem_count),
                                 .workers = options->workers,
                                 .is_batch = options->is_batch && options->workers > 1,
                                 .budget = options->budget,
                                 .timeout_s = (int)options->timeout_s };

        if (is_done(&run, results, options->is_retrying))
            plan->done_count++;
        else
            plan->runs[plan->run_count++] = run;
    }
    return true;
}

void bench_plan_clear(struct bench_plan *plan)
{
    for (size_t i = 0; i < plan->problem_count; i++)
        problem_free(plan->problems[i]);
    free(plan->problems);
    free(plan->runs);
    *plan = (struct bench_plan){ 0 };
}
