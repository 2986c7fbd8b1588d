#include "bench/comparison.h"

#include "bench/html.h"
#include "bench_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 64 };

static const struct scope one_worker = { .conditions = { .workers = 1, .budget = 4 } };

/* Sorted as results_read() leaves them is not needed: a comparison sorts by itself. */
static void add(struct results *results, const char *arm, const char *problem, uint32_t seed,
                double last)
{
    double curve[] = { 1, 0.5, last };

    if (!results->items)
        results->items = calloc(ITEMS_MAX, sizeof *results->items);
    cr_assert(results->items && results->count < ITEMS_MAX);
    results->items[results->count++] = made_result(arm, problem, seed, curve, 3);
}

/* gp wins two of three problems; hebo lacks one run. */
static struct results small_results(void)
{
    struct results results = { 0 };

    add(&results, "gp", "a-i06", 1, 0.1);
    add(&results, "gp", "a-i06", 2, 0.1);
    add(&results, "gp", "b-i06", 1, 0.2);
    add(&results, "gp", "c-i06", 1, 0.3);
    add(&results, "random", "a-i06", 1, 0.4);
    add(&results, "random", "a-i06", 2, 0.1);
    add(&results, "random", "b-i06", 1, 0.1);
    add(&results, "random", "c-i06", 1, 0.4);
    add(&results, "hebo", "a-i06", 1, 0.3);
    add(&results, "hebo", "b-i06", 1, 0.3);
    add(&results, "hebo", "c-i06", 1, 0.01);
    return results;
}

Test(comparison, only_cells_in_which_all_arms_ran_are_compared)
{
    struct results results = small_results();
    const char *arms[] = { "gp", "random", "hebo" };
    struct comparison comparison;

    cr_assert(comparison_init(&comparison, &results, &one_worker, arms, 3));
    cr_assert(eq(sz, comparison.problem_count, 3));
    cr_assert(eq(sz, comparison.cell_count, 3));
    comparison_clear(&comparison);
    cr_assert(comparison_init(&comparison, &results, &one_worker, arms, 2));
    cr_assert(eq(sz, comparison.problem_count, 3));
    cr_assert(eq(sz, comparison.cell_count, 4));
    cr_assert(eq(sz, comparison.starts[1], 2));
    comparison_clear(&comparison);
    results_clear(&results);
}

Test(comparison, figures_are_means_over_problems)
{
    struct results results = small_results();
    const char *arms[] = { "gp", "random", "hebo" };
    struct comparison comparison;
    struct arm_figures figures[3];

    cr_assert(comparison_init(&comparison, &results, &one_worker, arms, 3));
    cr_assert(comparison_measure(&comparison, figures));
    /* Ranks of gp 1, 2, 2; random 3, 1, 3; hebo 2, 3, 1. */
    cr_assert(fabs(figures[0].rank[0].mean - 5.0 / 3) < 1e-12);
    cr_assert(fabs(figures[1].rank[0].mean - 7.0 / 3) < 1e-12);
    cr_assert(fabs(figures[2].rank[0].mean - 2) < 1e-12);
    cr_assert(fabs(figures[0].score.mean - 80) < 1e-9);
    cr_assert(fabs(figures[0].regret.mean - (log10(0.1) + log10(0.2) + log10(0.3)) / 3) < 1e-12);
    /* 0.004 s for three trials each. */
    cr_assert(fabs(figures[0].cpu_ms - 4.0 / 3) < 1e-9);
    cr_assert(figures[0].rank[0].low <= figures[0].rank[0].mean);
    cr_assert(figures[0].rank[0].high >= figures[0].rank[0].mean);
    comparison_clear(&comparison);
    results_clear(&results);
}

Test(comparison, a_tie_is_half_a_win_and_seeds_share_their_problems_weight)
{
    struct results results = small_results();
    const char *arms[] = { "gp", "random" };
    struct comparison comparison;
    struct duel_figures figures;

    cr_assert(comparison_init(&comparison, &results, &one_worker, arms, 2));
    cr_assert(comparison_duel(&comparison, &figures));
    /* Problem a: (1 + 0.5) / 2, b: 0, c: 1. */
    cr_assert(fabs(figures.win[0].mean - 1.75 / 3) < 1e-12);
    comparison_clear(&comparison);
    results_clear(&results);
}

Test(comparison, other_conditions_are_never_mixed_in)
{
    struct results results = small_results();
    struct scope eight = { .conditions = { .workers = 8, .budget = 4 } };
    const char *arms[] = { "gp" };
    struct comparison comparison;
    struct conditions *conditions = NULL;
    size_t count = 0;

    add(&results, "gp", "a-i06", 1, 0.1);
    results.items[results.count - 1].workers = 8;
    cr_assert(comparison_init(&comparison, &results, &eight, arms, 1));
    cr_assert(eq(sz, comparison.cell_count, 1));
    comparison_clear(&comparison);
    conditions = conditions_list(&results, &count);
    cr_assert(eq(sz, count, 2));
    cr_assert(eq(sz, conditions[0].workers, 1));
    cr_assert(eq(sz, conditions[1].workers, 8));
    free(conditions);
    results_clear(&results);
}

Test(comparison, a_refusal_is_no_run_unless_the_scope_counts_it_as_the_worst)
{
    struct results results = small_results();
    struct scope scope = one_worker;
    const char *arms[] = { "gp", "random", "hebo" };
    struct comparison comparison;
    struct arm_figures figures[3];

    for (size_t i = 0; i < results.count; i++) {
        if (strcmp(results.items[i].arm, "hebo") == 0 &&
            strcmp(results.items[i].problem, "c-i06") == 0) {
            results.items[i].status = RESULT_CANNOT;
            results.items[i].curve_count = 0;
            results.items[i].cpu_s = 0;
        }
    }
    cr_assert(comparison_init(&comparison, &results, &scope, arms, 3));
    cr_assert(eq(sz, comparison.problem_count, 2));
    comparison_clear(&comparison);
    scope.has_refusals = true;
    cr_assert(comparison_init(&comparison, &results, &scope, arms, 3));
    cr_assert(eq(sz, comparison.problem_count, 3));
    cr_assert(comparison_measure(&comparison, figures));
    /* Ranks of hebo 2, 3 and, refused, 3; its regrets 0.3, 0.3 and 1. */
    cr_assert(fabs(figures[2].rank[0].mean - 8.0 / 3) < 1e-12);
    cr_assert(fabs(figures[2].regret.mean - 2 * log10(0.3) / 3) < 1e-12);
    /* What a suggestion costs is not diluted by those that it did not make. */
    cr_assert(fabs(figures[2].cpu_ms - 4.0 / 3) < 1e-9);
    comparison_clear(&comparison);
    results_clear(&results);
}

Test(comparison, checkpoints_end_with_the_budget)
{
    size_t checkpoints[CHECKPOINTS_MAX];

    cr_assert(eq(sz, checkpoints_of(10, checkpoints), 1));
    cr_assert(eq(sz, checkpoints[0], 10));
    cr_assert(eq(sz, checkpoints_of(50, checkpoints), 2));
    cr_assert(eq(sz, checkpoints[1], 50));
    cr_assert(eq(sz, checkpoints_of(300, checkpoints), 4));
    cr_assert(eq(sz, checkpoints[3], 300));
}

typedef bool (*report_fn)(FILE *out, const struct report_source *source, struct assay_error *err);

static char *report_text(report_fn report, const struct results *results)
{
    struct report_source source = { .results = results,
                                    .baseline = "gp",
                                    .commands = "assay-bench --suites <T>\n" };
    struct assay_error err = { 0 };
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    cr_assert(out != NULL);
    cr_assert(report(out, &source, &err), "%s", err.message);
    cr_assert(fclose(out) == 0);
    return text;
}

Test(report, markdown_tells_ranks_win_rates_and_what_did_not_run)
{
    struct results results = small_results();
    char *text = NULL;

    add(&results, "smac", "a-i06", 1, 0.1);
    results.items[results.count - 1].status = RESULT_CANNOT;
    (void)snprintf(results.items[results.count - 1].note, 200, "conditional spaces");
    text = report_text(markdown_report, &results);
    cr_assert(strstr(text, "| gp | 1.67 (") != NULL, "%s", text);
    cr_assert(strstr(text, "| random | **all** | 0.58 (") != NULL, "%s", text);
    cr_assert(strstr(text, "| smac | T | 1 | cannot search it | conditional spaces |") != NULL);
    cr_assert(strstr(text, "held out") != NULL);
    free(text);
    results_clear(&results);
}

Test(report, an_arm_that_is_not_done_has_its_duels_and_no_place_in_the_table)
{
    struct results results = small_results();
    char *text = NULL;

    add(&results, "ax", "a-i06", 1, 0.05);
    text = report_text(markdown_report, &results);
    cr_assert(strstr(text, "ax (1 of 3)") != NULL, "%s", text);
    cr_assert(strstr(text, "\n| ax | 1") == NULL && strstr(text, "\n| ax | 2") == NULL, "%s", text);
    cr_assert(strstr(text, "\n| ax | **all** | 0.00 (") != NULL, "%s", text);
    free(text);
    text = report_text(html_report, &results);
    cr_assert(strstr(text, "ax (1 of 3)") != NULL);
    free(text);
    results_clear(&results);
}

Test(report, a_pair_is_compared_over_the_seeds_that_both_have_and_the_head_says_who_has_how_many)
{
    struct results results = { 0 };
    char *text = NULL;

    for (uint32_t seed = 1; seed <= 20; seed++)
        add(&results, "gp", "a-i06", seed, seed <= 2 ? 0.1 : 0.9);
    add(&results, "hebo", "a-i06", 1, 0.5);
    add(&results, "hebo", "a-i06", 2, 0.5);
    text = report_text(markdown_report, &results);
    cr_assert(strstr(text, "Seeds of each problem: gp 20, hebo 2") != NULL, "%s", text);
    /* With the other eighteen it would have lost. */
    cr_assert(strstr(text, "\n| hebo | **all** | 1.00 (") != NULL, "%s", text);
    cr_assert(strstr(text, "| 1 | 2 |\n") != NULL, "%s", text);
    cr_assert(strstr(text, "1 problem, 2 runs of each arm") != NULL, "%s", text);
    cr_assert(strstr(text, "2 to 20 seeds.") != NULL, "%s", text);
    free(text);
    results_clear(&results);
}

Test(report, figures_from_few_problems_or_one_seed_come_with_a_warning)
{
    struct results results = small_results();
    char *text = report_text(markdown_report, &results);

    cr_assert(strstr(text, "Few problems and one seed of each: the intervals carry little") != NULL,
              "%s", text);
    free(text);
    results_clear(&results);
    for (int problem = 0; problem < 10; problem++) {
        char name[32];

        (void)snprintf(name, sizeof name, "p%d-i06", problem);
        for (uint32_t seed = 1; seed <= 2; seed++)
            add(&results, "gp", name, seed, 0.5);
    }
    text = report_text(markdown_report, &results);
    cr_assert(strstr(text, "little certainty") == NULL, "%s", text);
    free(text);
    results_clear(&results);
}

Test(report, arms_that_have_no_problem_in_common_yet_are_named_and_there_is_no_table)
{
    struct results results = { 0 };
    char *text = NULL;

    add(&results, "gp", "a-i06", 1, 0.1);
    add(&results, "hebo", "b-i06", 1, 0.1);
    text = report_text(markdown_report, &results);
    cr_assert(strstr(text, "### T: 0 of 2 problems, 0 runs of each arm\n\n"
                           "Not finished, and left out until 9 in 10 problems are done: gp (1 of "
                           "2), hebo (1 of 2).\n") != NULL,
              "%s", text);
    cr_assert(strstr(text, "rank at") == NULL, "%s", text);
    free(text);
    text = report_text(html_report, &results);
    cr_assert(strstr(text, "hebo (1 of 2)") != NULL && strstr(text, "</html>") != NULL);
    free(text);
    results_clear(&results);
}

Test(report, lines_that_could_not_be_read_are_told_in_both_reports)
{
    struct results results = small_results();
    char *text = NULL;

    results.unread_count = 1;
    results.unread_lines[0] = 17;
    text = report_text(markdown_report, &results);
    cr_assert(strstr(text, "line 17") != NULL);
    free(text);
    text = report_text(html_report, &results);
    cr_assert(strstr(text, "line 17") != NULL);
    free(text);
    results_clear(&results);
}

Test(report, the_page_is_self_contained_and_escapes_what_it_was_given)
{
    struct results results = small_results();
    char *text = report_text(html_report, &results);

    cr_assert(strstr(text, "--suites &lt;T&gt;") != NULL);
    cr_assert(strstr(text, "http") == NULL);
    cr_assert(strstr(text, "<svg") != NULL);
    cr_assert(strstr(text, "nan") == NULL && strstr(text, "inf'") == NULL);
    free(text);
    results_clear(&results);
}

Test(report, results_without_a_success_still_make_a_page)
{
    struct results results = small_results();
    char *text = NULL;

    for (size_t i = 0; i < results.count; i++)
        for (size_t j = 0; j < results.items[i].curve_count; j++)
            results.items[i].curve[j] = (double)INFINITY;
    text = report_text(html_report, &results);
    cr_assert(strstr(text, "</html>") != NULL);
    free(text);
    results_clear(&results);
}
