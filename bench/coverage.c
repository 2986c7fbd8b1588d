#include "bench/coverage.h"

#include "bench/arm.h"

#include <stdlib.h>
#include <string.h>

/* Fewer than these say little about others of their kind. */
enum { FEW_PROBLEMS = 10 };

/* An arm that has run less than this share waits outside. */
static const double share_least = 0.9;

/* By problem, arm, seed. */
static int compare_runs(const void *a, const void *b)
{
    const struct result *left = *(const struct result *const *)a;
    const struct result *right = *(const struct result *const *)b;
    int order = strcmp(left->problem, right->problem);

    if (order == 0)
        order = strcmp(left->arm, right->arm);
    return order ? order : (left->seed > right->seed) - (left->seed < right->seed);
}

/* The place of an arm in tables and figures. */
static size_t arm_place(const char *name)
{
    const struct arm_kind *kind = arm_find(name);

    return kind ? (size_t)(kind - arm_kinds) : arm_kind_count;
}

static int compare_arms(const void *a, const void *b)
{
    const struct arm_coverage *x = a;
    const struct arm_coverage *y = b;
    size_t left = arm_place(x->arm);
    size_t right = arm_place(y->arm);

    return left == right ? strcmp(x->arm, y->arm) : (left < right ? -1 : 1);
}

/* The arms of the runs; more than fit are not looked at. */
static void list_arms(struct coverage *coverage, const struct result *const *runs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t known = 0;

        while (known < coverage->arm_count && strcmp(coverage->arms[known].arm, runs[i]->arm) != 0)
            known++;
        if (known == coverage->arm_count && known < COMPARISON_ARMS_MAX)
            coverage->arms[coverage->arm_count++] = (struct arm_coverage){ .arm = runs[i]->arm };
    }
    qsort(coverage->arms, coverage->arm_count, sizeof coverage->arms[0], compare_arms);
}

static size_t find_arm(const struct coverage *coverage, const char *name)
{
    size_t arm = 0;

    while (arm < coverage->arm_count && strcmp(coverage->arms[arm].arm, name) != 0)
        arm++;
    return arm;
}

static void add_cell(struct coverage *coverage, const struct coverage_cell *cell)
{
    struct arm_coverage *arm = &coverage->arms[cell->arm];

    arm->problems++;
    arm->refused += cell->result->status == RESULT_CANNOT;
    if (arm->seeds_least == 0 || cell->seeds < arm->seeds_least)
        arm->seeds_least = cell->seeds;
    if (cell->seeds > arm->seeds_most)
        arm->seeds_most = cell->seeds;
    coverage->cells[coverage->cell_count++] = *cell;
}

/* runs: sorted. */
static void list_cells(struct coverage *coverage, const struct result *const *runs, size_t count)
{
    for (size_t from = 0, to = 0; from < count; from = to) {
        size_t arm = find_arm(coverage, runs[from]->arm);

        coverage->problem_count +=
            from == 0 || strcmp(runs[from - 1]->problem, runs[from]->problem) != 0;
        for (to = from; to < count && strcmp(runs[to]->problem, runs[from]->problem) == 0 &&
                        strcmp(runs[to]->arm, runs[from]->arm) == 0;
             to++)
            if (arm < coverage->arm_count && runs[to]->status == RESULT_OK)
                coverage->arms[arm].is_good = true;
        if (arm < coverage->arm_count)
            add_cell(coverage, &(struct coverage_cell){
                                   .result = runs[from], .arm = arm, .seeds = to - from });
    }
    for (size_t i = 0; i < coverage->arm_count; i++) {
        struct arm_coverage *arm = &coverage->arms[i];

        arm->is_compared =
            arm->is_good && (double)arm->problems >= share_least * (double)coverage->problem_count;
    }
}

bool coverage_init(struct coverage *coverage, const struct results *results,
                   const struct scope *scope)
{
    const struct result **runs = calloc(results->count + 1, sizeof *runs);
    struct scope wide = *scope;
    size_t count = 0;

    *coverage = (struct coverage){ .cells = calloc(results->count + 1, sizeof *coverage->cells) };
    if (!runs || !coverage->cells) {
        free(runs);
        coverage_clear(coverage);
        return false;
    }
    wide.has_refusals = true;
    for (size_t i = 0; i < results->count; i++)
        if (scope_has(&wide, &results->items[i]))
            runs[count++] = &results->items[i];
    qsort(runs, count, sizeof *runs, compare_runs);
    list_arms(coverage, runs, count);
    list_cells(coverage, runs, count);
    free(runs);
    return true;
}

void coverage_clear(struct coverage *coverage)
{
    free(coverage->cells);
    *coverage = (struct coverage){ 0 };
}

size_t coverage_arms(const struct coverage *coverage, const char *arms[COMPARISON_ARMS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < coverage->arm_count; i++)
        if (coverage->arms[i].is_compared)
            arms[count++] = coverage->arms[i].arm;
    return count;
}

const struct arm_coverage *coverage_find(const struct coverage *coverage, const char *arm)
{
    size_t index = find_arm(coverage, arm);

    return index < coverage->arm_count ? &coverage->arms[index] : NULL;
}

/* The end of the cells of the problem that begins at first. */
static size_t problem_end(const struct coverage *coverage, size_t first)
{
    size_t end = first;

    while (end < coverage->cell_count && strcmp(coverage->cells[end].result->problem,
                                                coverage->cells[first].result->problem) == 0)
        end++;
    return end;
}

static bool has_run(const struct coverage *coverage, size_t first, size_t end, size_t arm)
{
    for (size_t i = first; i < end; i++)
        if (coverage->cells[i].arm == arm)
            return true;
    return false;
}

static const char *group_of(const struct result *result, const struct scope *scope)
{
    return scope->suite ? result->family : result->suite;
}

/* How many problems of a group the arm lacks. */
static size_t count_lacking(const struct coverage *coverage, const struct scope *scope,
                            const char *group, size_t arm)
{
    size_t count = 0;

    for (size_t from = 0, to = 0; from < coverage->cell_count; from = to) {
        to = problem_end(coverage, from);
        if (strcmp(group_of(coverage->cells[from].result, scope), group) == 0)
            count += !has_run(coverage, from, to, arm);
    }
    return count;
}

/* The group of the problem that begins at first has been met before? */
static bool is_group_known(const struct coverage *coverage, const struct scope *scope, size_t first)
{
    const char *group = group_of(coverage->cells[first].result, scope);

    for (size_t i = 0; i < first; i++)
        if (strcmp(group_of(coverage->cells[i].result, scope), group) == 0)
            return true;
    return false;
}

/* Problems that some arm of the table has not run at all. */
static size_t count_dropped(const struct coverage *coverage)
{
    size_t count = 0;

    for (size_t from = 0, to = 0; from < coverage->cell_count; from = to) {
        bool is_whole = true;

        to = problem_end(coverage, from);
        for (size_t arm = 0; arm < coverage->arm_count; arm++)
            is_whole =
                is_whole && (!coverage->arms[arm].is_compared || has_run(coverage, from, to, arm));
        count += !is_whole;
    }
    return count;
}

/* Whose runs are lacking in a group; *before stands before the first, and becomes a comma. */
static void write_lacking(FILE *out, const struct coverage *coverage, const struct scope *scope,
                          const char *group, const char **before)
{
    for (size_t arm = 0; arm < coverage->arm_count; arm++) {
        size_t count =
            coverage->arms[arm].is_compared ? count_lacking(coverage, scope, group, arm) : 0;

        if (count == 0)
            continue;
        (void)fprintf(out, "%s%s (%zu) for %s", *before, group, count, coverage->arms[arm].arm);
        *before = ", ";
    }
}

void coverage_write_problems(FILE *out, const struct coverage *coverage,
                             const struct comparison *comparison, const struct scope *scope)
{
    size_t lost = coverage->problem_count - comparison->problem_count;
    size_t unpaired = lost > 0 ? lost - count_dropped(coverage) : 0;
    const char *before = " (dropped: ";

    if (lost > 0)
        (void)fprintf(out, "%zu of ", comparison->problem_count);
    (void)fprintf(out, "%zu problem%s", coverage->problem_count,
                  coverage->problem_count == 1 ? "" : "s");
    if (lost == 0 || comparison->arm_count == 0)
        return;
    for (size_t i = 0; i < coverage->cell_count; i = problem_end(coverage, i))
        if (!is_group_known(coverage, scope, i))
            write_lacking(out, coverage, scope, group_of(coverage->cells[i].result, scope),
                          &before);
    if (unpaired > 0)
        (void)fprintf(out, "%s%zu for want of a seed that all have", before, unpaired);
    (void)fputc(')', out);
}

static void write_left_out(FILE *out, const struct coverage *coverage, const char *after)
{
    const char *before = "Not finished, and left out until 9 in 10 problems are done: ";
    bool has_any = false;

    for (size_t i = 0; i < coverage->arm_count; i++) {
        const struct arm_coverage *arm = &coverage->arms[i];

        if (!arm->is_good || arm->is_compared)
            continue;
        (void)fprintf(out, "%s%s (%zu of %zu)", before, arm->arm, arm->problems,
                      coverage->problem_count);
        before = ", ";
        has_any = true;
    }
    if (has_any)
        (void)fprintf(out, ".%s", after);
}

static void write_refused(FILE *out, const struct coverage *coverage, const char *after)
{
    const char *before = "Problems that an arm cannot search count as its worst rank and as a "
                         "regret of 1: ";
    bool has_any = false;

    for (size_t i = 0; i < coverage->arm_count; i++) {
        const struct arm_coverage *arm = &coverage->arms[i];

        if (!arm->is_compared || arm->refused == 0)
            continue;
        (void)fprintf(out, "%s%zu of %s", before, arm->refused, arm->arm);
        before = ", ";
        has_any = true;
    }
    if (has_any)
        (void)fprintf(out, ".%s", after);
}

static bool have_equal_seeds(const struct coverage *coverage)
{
    for (size_t i = 0; i < coverage->arm_count; i++)
        if (coverage->arms[i].seeds_least != coverage->arms[0].seeds_most ||
            coverage->arms[i].seeds_most != coverage->arms[0].seeds_most)
            return false;
    return true;
}

void coverage_write_seeds(FILE *out, const struct coverage *coverage, const char *after)
{
    const char *before = "Seeds of each problem: ";

    if (have_equal_seeds(coverage))
        return;
    for (size_t i = 0; i < coverage->arm_count; i++) {
        const struct arm_coverage *arm = &coverage->arms[i];

        if (arm->seeds_least < arm->seeds_most)
            (void)fprintf(out, "%s%s %zu to %zu", before, arm->arm, arm->seeds_least,
                          arm->seeds_most);
        else
            (void)fprintf(out, "%s%s %zu", before, arm->arm, arm->seeds_most);
        before = ", ";
    }
    (void)fprintf(out, "; those are compared that all have.%s", after);
}

static void write_certainty(FILE *out, const struct comparison *comparison, const char *after)
{
    bool is_few = comparison->problem_count < FEW_PROBLEMS;
    bool is_single = comparison->cell_count == comparison->problem_count;

    if (comparison->cell_count > 0 && (is_few || is_single))
        (void)fprintf(out, "%s%s%s: the intervals carry little certainty.%s",
                      is_few ? "Few problems" : "", is_few && is_single ? " and one" : "",
                      is_single ? (is_few ? " seed of each" : "One seed of each problem") : "",
                      after);
}

void coverage_write_notes(FILE *out, const struct coverage *coverage,
                          const struct comparison *comparison, const char *after)
{
    write_left_out(out, coverage, after);
    write_refused(out, coverage, after);
    coverage_write_seeds(out, coverage, after);
    write_certainty(out, comparison, after);
}
