#include "bench/coverage.h"

#include "bench/facts.h"
#include "bench_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 256 };

static const struct scope one_worker = { .conditions = { .workers = 1, .budget = 4 } };

static struct result *add(struct results *results, const char *arm, const char *suite, int problem,
                          uint32_t seed)
{
    char name[32];
    struct result *item = NULL;

    if (!results->items)
        results->items = calloc(ITEMS_MAX, sizeof *results->items);
    cr_assert(results->items && results->count < ITEMS_MAX);
    item = &results->items[results->count++];
    (void)snprintf(name, sizeof name, "%s-p%02d-i06", suite, problem);
    *item = made_result(arm, name, seed, (double[]){ 0.5 }, 1);
    (void)snprintf(item->suite, sizeof item->suite, "%s", suite);
    return item;
}

static void add_problems(struct results *results, const char *arm, const char *suite, int count)
{
    for (int i = 0; i < count; i++)
        (void)add(results, arm, suite, i, 1);
}

typedef void (*write_fn)(FILE *out, const struct coverage *coverage,
                         const struct comparison *comparison, const struct scope *scope);

static void write_notes(FILE *out, const struct coverage *coverage,
                        const struct comparison *comparison, const struct scope *scope)
{
    (void)scope;
    coverage_write_notes(out, coverage, comparison, "\n");
}

/* What write says of the results when all are compared that should be. The caller frees. */
static char *text_of(const struct results *results, struct scope scope, write_fn write)
{
    const char *arms[COMPARISON_ARMS_MAX];
    struct coverage coverage;
    struct comparison comparison;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    cr_assert(out && coverage_init(&coverage, results, &scope));
    scope.has_refusals = true;
    cr_assert(comparison_init(&comparison, results, &scope, arms, coverage_arms(&coverage, arms)));
    write(out, &coverage, &comparison, &scope);
    comparison_clear(&comparison);
    coverage_clear(&coverage);
    cr_assert(fclose(out) == 0);
    return text;
}

static void cr_expect_text(const struct results *results, struct scope scope, write_fn write,
                           const char *expected)
{
    char *text = text_of(results, scope, write);

    cr_assert(strcmp(text, expected) == 0, "\"%s\" is not \"%s\"", text, expected);
    free(text);
}

Test(coverage, arms_come_in_the_order_of_the_list_with_unknown_ones_last)
{
    struct results results = { 0 };
    const char *arms[COMPARISON_ARMS_MAX];
    struct coverage coverage;

    add_problems(&results, "zzz", "S1", 1);
    add_problems(&results, "hebo", "S1", 1);
    add_problems(&results, "random", "S1", 1);
    add_problems(&results, "gp", "S1", 1);
    cr_assert(coverage_init(&coverage, &results, &one_worker));
    cr_assert(eq(sz, coverage_arms(&coverage, arms), 4));
    cr_assert(strcmp(arms[0], "gp") == 0 && strcmp(arms[1], "random") == 0 &&
              strcmp(arms[2], "hebo") == 0 && strcmp(arms[3], "zzz") == 0);
    coverage_clear(&coverage);
    results_clear(&results);
}

Test(coverage, an_arm_below_nine_in_ten_problems_is_left_out_and_named)
{
    struct results results = { 0 };

    add_problems(&results, "gp", "S1", 20);
    add_problems(&results, "random", "S1", 18);
    add_problems(&results, "hebo", "S1", 17);
    cr_expect_text(&results, one_worker, coverage_write_problems,
                   "18 of 20 problems (dropped: S1 (2) for random)");
    cr_expect_text(&results, one_worker, write_notes,
                   "Not finished, and left out until 9 in 10 problems are done: hebo (17 of 20).\n"
                   "One seed of each problem: the intervals carry little certainty.\n");
    results_clear(&results);
}

Test(coverage, what_is_dropped_is_named_by_suite_and_within_a_suite_by_family)
{
    struct results results = { 0 };
    struct scope suite = one_worker;

    add_problems(&results, "gp", "S1", 20);
    add_problems(&results, "gp", "S5", 20);
    add_problems(&results, "random", "S1", 19);
    add_problems(&results, "random", "S5", 20);
    add_problems(&results, "pycma", "S1", 20);
    add_problems(&results, "pycma", "S5", 18);
    cr_expect_text(&results, one_worker, coverage_write_problems,
                   "37 of 40 problems (dropped: S1 (1) for random, S5 (2) for pycma)");
    suite.suite = "S5";
    cr_expect_text(&results, suite, coverage_write_problems,
                   "18 of 20 problems (dropped: line (2) for pycma)");
    results_clear(&results);
}

Test(coverage, a_refused_problem_is_covered_and_the_arm_gets_its_worst_rank)
{
    struct results results = { 0 };
    const struct arm_coverage *grid = NULL;
    struct coverage coverage;

    add_problems(&results, "gp", "S1", 4);
    for (int i = 0; i < 4; i++)
        (void)add(&results, "gp", "S1", i, 2);
    for (int i = 0; i < 4; i++) {
        struct result *item = add(&results, "grid", "S1", i, 1);

        item->status = i < 3 ? RESULT_CANNOT : RESULT_OK;
        item->curve_count = i < 3 ? 0 : 1;
    }
    cr_assert(coverage_init(&coverage, &results, &one_worker));
    grid = coverage_find(&coverage, "grid");
    cr_assert(grid && grid->is_compared);
    cr_assert(eq(sz, grid->problems, 4));
    cr_assert(eq(sz, grid->refused, 3));
    cr_assert(coverage_find(&coverage, "hebo") == NULL);
    coverage_clear(&coverage);
    cr_expect_text(&results, one_worker, coverage_write_problems, "4 problems");
    cr_expect_text(&results, one_worker, write_notes,
                   "Problems that an arm cannot search count as its worst rank and as a regret of "
                   "1: 3 of grid.\n"
                   "Seeds of each problem: gp 2, grid 1; those are compared that all have.\n"
                   "Few problems and one seed of each: the intervals carry little certainty.\n");
    results_clear(&results);
}

Test(coverage, an_arm_that_refused_or_failed_all_is_not_compared)
{
    struct results results = { 0 };
    const char *arms[COMPARISON_ARMS_MAX];
    struct coverage coverage;

    add_problems(&results, "gp", "S1", 2);
    for (int i = 0; i < 2; i++) {
        add(&results, "grid", "S1", i, 1)->status = RESULT_CANNOT;
        add(&results, "hebo", "S1", i, 1)->status = RESULT_FAILED;
    }
    cr_assert(coverage_init(&coverage, &results, &one_worker));
    cr_assert(eq(sz, coverage_arms(&coverage, arms), 1));
    cr_assert(strcmp(arms[0], "gp") == 0);
    coverage_clear(&coverage);
    results_clear(&results);
}

Test(coverage, problems_without_a_seed_that_all_have_are_dropped_and_counted)
{
    struct results results = { 0 };

    for (int i = 0; i < 3; i++) {
        (void)add(&results, "gp", "S1", i, 1);
        (void)add(&results, "random", "S1", i, i == 0 ? 7 : 1);
    }
    cr_expect_text(&results, one_worker, coverage_write_problems,
                   "2 of 3 problems (dropped: 1 for want of a seed that all have)");
    results_clear(&results);
}

Test(coverage, nothing_is_covered_by_nothing)
{
    struct results results = { 0 };
    char text[FACTS_TEXT];

    cr_expect_text(&results, one_worker, coverage_write_problems, "0 problems");
    cr_expect_text(&results, one_worker, write_notes, "");
    cr_assert(strcmp(instances_text(&results, text), "No problem was run.") == 0);
    cr_assert(strcmp(seeds_text(&results, text), "") == 0);
}

/* Seed 20 alone is one seed. */
Test(facts, seeds_are_counted_and_not_read_off_the_largest_one)
{
    struct results results = { 0 };
    char text[FACTS_TEXT];

    (void)add(&results, "gp", "S1", 1, 20);
    cr_assert(strcmp(seeds_text(&results, text), "1 seed.") == 0, "%s", text);
    (void)add(&results, "gp", "S1", 1, 5);
    (void)add(&results, "gp", "S1", 1, 11);
    cr_assert(strcmp(seeds_text(&results, text), "3 seeds.") == 0, "%s", text);
    (void)add(&results, "random", "S1", 1, 5);
    cr_assert(strcmp(seeds_text(&results, text), "1 to 3 seeds.") == 0, "%s", text);
    results_clear(&results);
}
