#include "bench/comparison.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Any number does; this one keeps the intervals of a report the same from one day to the next. */
static const uint64_t bootstrap_seed = 20261123;

static bool same_conditions(const struct result *result, const struct conditions *conditions)
{
    return result->workers == conditions->workers && result->is_batch == conditions->is_batch &&
           result->budget == conditions->budget;
}

static bool is_run(const struct result *result)
{
    return result->status == RESULT_OK || result->status == RESULT_FAILED;
}

bool scope_has(const struct scope *scope, const struct result *result)
{
    return same_conditions(result, &scope->conditions) &&
           (is_run(result) || (scope->has_refusals && result->status == RESULT_CANNOT)) &&
           (!scope->suite || strcmp(result->suite, scope->suite) == 0) &&
           (!scope->family || strcmp(result->family, scope->family) == 0);
}

static int compare_conditions(const void *a, const void *b)
{
    const struct conditions *left = a;
    const struct conditions *right = b;

    if (left->is_batch != right->is_batch)
        return left->is_batch ? 1 : -1;
    if (left->workers != right->workers)
        return left->workers < right->workers ? -1 : 1;
    return (left->budget > right->budget) - (left->budget < right->budget);
}

struct conditions *conditions_list(const struct results *results, size_t *count)
{
    struct conditions *list = calloc(results->count + 1, sizeof *list);

    *count = 0;
    for (size_t i = 0; list && i < results->count; i++) {
        const struct result *result = &results->items[i];
        size_t known = 0;

        if (result->status == RESULT_MISSING)
            continue;
        while (known < *count && !same_conditions(result, &list[known]))
            known++;
        if (known == *count)
            list[(*count)++] = (struct conditions){ .workers = result->workers,
                                                    .is_batch = result->is_batch,
                                                    .budget = result->budget };
    }
    if (list)
        qsort(list, *count, sizeof *list, compare_conditions);
    return list;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **distinct_texts(const struct results *results, const struct scope *scope,
                                   size_t offset, size_t *count)
{
    const char **texts = calloc(results->count + 1, sizeof *texts);

    *count = 0;
    for (size_t i = 0; texts && i < results->count; i++) {
        const char *text = (const char *)&results->items[i] + offset;
        size_t known = 0;

        if (!scope_has(scope, &results->items[i]) || !is_run(&results->items[i]))
            continue;
        while (known < *count && strcmp(texts[known], text) != 0)
            known++;
        if (known == *count)
            texts[(*count)++] = text;
    }
    if (texts)
        qsort(texts, *count, sizeof *texts, compare_texts);
    return texts;
}

const char **scope_suites(const struct results *results, const struct scope *scope, size_t *count)
{
    return distinct_texts(results, scope, offsetof(struct result, suite), count);
}

const char **scope_families(const struct results *results, const struct scope *scope, size_t *count)
{
    return distinct_texts(results, scope, offsetof(struct result, family), count);
}

size_t checkpoints_of(size_t budget, size_t checkpoints[CHECKPOINTS_MAX])
{
    static const size_t usual[] = { 25, 50, 100 };
    size_t count = 0;

    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (usual[i] < budget)
            checkpoints[count++] = usual[i];
    checkpoints[count++] = budget;
    return count;
}

/* Results of the wanted arms by problem, seed, place of the arm. */
struct candidate {
    const struct result *result;
    size_t arm;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *left = a;
    const struct candidate *right = b;
    int order = strcmp(left->result->problem, right->result->problem);

    if (order != 0)
        return order;
    if (left->result->seed != right->result->seed)
        return left->result->seed < right->result->seed ? -1 : 1;
    return (left->arm > right->arm) - (left->arm < right->arm);
}

static size_t collect(const struct results *results, const struct scope *scope,
                      const char *const *arms, size_t arm_count, struct candidate *candidates)
{
    size_t count = 0;

    for (size_t i = 0; i < results->count; i++) {
        const struct result *result = &results->items[i];
        size_t arm = 0;

        if (!scope_has(scope, result))
            continue;
        while (arm < arm_count && strcmp(arms[arm], result->arm) != 0)
            arm++;
        if (arm < arm_count)
            candidates[count++] = (struct candidate){ .result = result, .arm = arm };
    }
    qsort(candidates, count, sizeof *candidates, compare_candidates);
    return count;
}

static bool same_cell(const struct result *a, const struct result *b)
{
    return a->seed == b->seed && strcmp(a->problem, b->problem) == 0;
}

static void add_cell(struct comparison *comparison, const struct candidate *candidates)
{
    size_t cell = comparison->cell_count++;
    const struct result **cells = comparison->cells + cell * comparison->arm_count;

    for (size_t i = 0; i < comparison->arm_count; i++)
        cells[i] = candidates[i].result;
    if (cell == 0 || strcmp(cells[0]->problem, (cells - comparison->arm_count)[0]->problem) != 0)
        comparison->starts[comparison->problem_count++] = cell;
}

bool comparison_init(struct comparison *comparison, const struct results *results,
                     const struct scope *scope, const char *const *arms, size_t arm_count)
{
    struct candidate *candidates = calloc(results->count + 1, sizeof *candidates);
    size_t count = 0;

    *comparison = (struct comparison){ .budget = scope->conditions.budget, .arm_count = arm_count };
    if (candidates)
        count = collect(results, scope, arms, arm_count, candidates);
    memcpy(comparison->arms, arms, arm_count * sizeof *arms);
    comparison->starts = calloc(count + 1, sizeof *comparison->starts);
    comparison->cells = calloc(count + 1, sizeof *comparison->cells);
    if (!candidates || !comparison->starts || !comparison->cells) {
        comparison_clear(comparison);
        free(candidates);
        return false;
    }
    for (size_t from = 0, to = 0; from < count; from = to) {
        while (to < count && same_cell(candidates[from].result, candidates[to].result))
            to++;
        if (to - from == arm_count)
            add_cell(comparison, candidates + from);
    }
    comparison->starts[comparison->problem_count] = comparison->cell_count;
    free(candidates);
    return true;
}

void comparison_clear(struct comparison *comparison)
{
    free(comparison->starts);
    free(comparison->cells);
    comparison->starts = NULL;
    comparison->cells = NULL;
    comparison->problem_count = 0;
    comparison->cell_count = 0;
}

static double score_at(const struct result *result, size_t trial)
{
    return regret_at(result->curve, result->curve_count, trial);
}

/* What the figures are computed in. */
struct work {
    double *ranks;  /* cell_count x arm_count */
    double *values; /* cell_count, of one arm */
    double *rounds; /* BOOTSTRAP_ROUNDS */
    double *curves; /* 4 x budget */
};

static void work_clear(struct work *work)
{
    free(work->ranks);
    free(work->values);
    free(work->rounds);
    free(work->curves);
}

static bool work_init(struct work *work, const struct comparison *comparison)
{
    work->ranks = calloc(comparison->cell_count * comparison->arm_count + 1, sizeof *work->ranks);
    work->values = calloc(comparison->cell_count * comparison->arm_count + 1, sizeof *work->values);
    work->rounds = calloc(BOOTSTRAP_ROUNDS, sizeof *work->rounds);
    work->curves = calloc(4 * comparison->budget, sizeof *work->curves);
    if (work->ranks && work->values && work->rounds && work->curves)
        return true;
    work_clear(work);
    return false;
}

static struct interval interval_of(const struct comparison *comparison, const struct work *work)
{
    struct grouped grouped = { .values = work->values,
                               .starts = comparison->starts,
                               .group_count = comparison->problem_count };

    return bootstrap_mean(&grouped, bootstrap_seed, work->rounds);
}

static void rank_all(const struct comparison *comparison, size_t trial, struct work *work)
{
    double scores[COMPARISON_ARMS_MAX];

    for (size_t cell = 0; cell < comparison->cell_count; cell++) {
        const struct result **runs = comparison->cells + cell * comparison->arm_count;

        for (size_t arm = 0; arm < comparison->arm_count; arm++)
            scores[arm] = score_at(runs[arm], trial);
        ranks_of(scores, comparison->arm_count, work->ranks + cell * comparison->arm_count);
    }
}

static double score_value(const struct result *result)
{
    return 100 * (1 - score_clip(score_at(result, result->budget)));
}

static double regret_value(const struct result *result)
{
    return log10(score_clip(score_at(result, result->budget)));
}

static double anytime_value(const struct result *result)
{
    return anytime_regret(result->curve, result->curve_count, result->budget);
}

static struct interval interval_over(const struct comparison *comparison, size_t arm,
                                     double (*value)(const struct result *), struct work *work)
{
    for (size_t cell = 0; cell < comparison->cell_count; cell++)
        work->values[cell] = value(comparison->cells[cell * comparison->arm_count + arm]);
    return interval_of(comparison, work);
}

static void measure_cpu(const struct comparison *comparison, size_t arm,
                        struct arm_figures *figures)
{
    double cpu_s = 0;
    double startup_s = 0;
    size_t trials = 0;
    size_t runs = 0;

    for (size_t cell = 0; cell < comparison->cell_count; cell++) {
        const struct result *run = comparison->cells[cell * comparison->arm_count + arm];

        cpu_s += run->cpu_s;
        startup_s += run->startup_cpu_s;
        trials += run->curve_count;
        runs += is_run(run);
    }
    figures->cpu_ms = trials > 0 ? 1000 * cpu_s / (double)trials : (double)NAN;
    figures->startup_s = runs > 0 ? startup_s / (double)runs : (double)NAN;
}

bool comparison_measure(const struct comparison *comparison, struct arm_figures *figures)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t checkpoint_count = checkpoints_of(comparison->budget, checkpoints);
    struct work work = { 0 };

    if (!work_init(&work, comparison))
        return false;
    for (size_t i = 0; i < checkpoint_count; i++) {
        rank_all(comparison, checkpoints[i], &work);
        for (size_t arm = 0; arm < comparison->arm_count; arm++) {
            for (size_t cell = 0; cell < comparison->cell_count; cell++)
                work.values[cell] = work.ranks[cell * comparison->arm_count + arm];
            figures[arm].rank[i] = interval_of(comparison, &work);
        }
    }
    for (size_t arm = 0; arm < comparison->arm_count; arm++) {
        figures[arm].score = interval_over(comparison, arm, score_value, &work);
        figures[arm].regret = interval_over(comparison, arm, regret_value, &work);
        figures[arm].anytime = interval_over(comparison, arm, anytime_value, &work);
        measure_cpu(comparison, arm, &figures[arm]);
    }
    work_clear(&work);
    return true;
}

/* The median over the runs of a problem, of one arm or (arm_count) of all, after each trial. */
static void median_curve(const struct comparison *comparison, size_t problem, size_t arm,
                         double *values, double *curve)
{
    size_t width = comparison->arm_count;

    for (size_t trial = 1; trial <= comparison->budget; trial++) {
        size_t count = 0;

        for (size_t cell = comparison->starts[problem]; cell < comparison->starts[problem + 1];
             cell++)
            for (size_t i = 0; i < width; i++)
                if (arm == width || arm == i)
                    values[count++] = score_at(comparison->cells[cell * width + i], trial);
        curve[trial - 1] = quantile_of(values, count, 0.5);
    }
}

/* Per problem one number; a problem is a group of its own then. */
static struct interval measure_efficiency(const struct comparison *comparison, struct work *work,
                                          size_t *starts)
{
    size_t budget = comparison->budget;
    struct grouped grouped = { .values = work->ranks,
                               .starts = starts,
                               .group_count = comparison->problem_count };

    for (size_t i = 0; i < comparison->problem_count; i++) {
        double *ours = work->curves;
        double *theirs = work->curves + budget;
        double *pooled = work->curves + 2 * budget;

        median_curve(comparison, i, 0, work->values, ours);
        median_curve(comparison, i, 1, work->values, theirs);
        median_curve(comparison, i, 2, work->values, pooled);
        work->ranks[i] = log_efficiency(theirs, ours, pooled, budget, work->curves + 3 * budget);
        starts[i + 1] = i + 1;
    }
    return bootstrap_mean(&grouped, bootstrap_seed, work->rounds);
}

bool comparison_duel(const struct comparison *comparison, struct duel_figures *figures)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t checkpoint_count = checkpoints_of(comparison->budget, checkpoints);
    size_t *starts = calloc(comparison->problem_count + 1, sizeof *starts);
    struct work work = { 0 };

    assert(comparison->arm_count == 2);
    if (!starts || !work_init(&work, comparison)) {
        free(starts);
        return false;
    }
    for (size_t i = 0; i < checkpoint_count; i++) {
        for (size_t cell = 0; cell < comparison->cell_count; cell++)
            work.values[cell] = win_of(score_at(comparison->cells[2 * cell], checkpoints[i]),
                                       score_at(comparison->cells[2 * cell + 1], checkpoints[i]));
        figures->win[i] = interval_of(comparison, &work);
    }
    figures->efficiency = measure_efficiency(comparison, &work, starts);
    work_clear(&work);
    free(starts);
    return true;
}
