#include "bench/markdown.h"

#include "bench/coverage.h"
#include "bench/facts.h"

#include "assay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void write_interval(FILE *out, const struct interval *interval, int digits)
{
    if (isnan(interval->mean))
        (void)fprintf(out, " – |");
    else
        (void)fprintf(out, " %.*f (%.*f to %.*f) |", digits, interval->mean, digits, interval->low,
                      digits, interval->high);
}

static void write_cost(FILE *out, double cost, int digits)
{
    if (isnan(cost))
        (void)fprintf(out, " – |");
    else
        (void)fprintf(out, " %.*g |", digits, cost);
}

static void write_table_head(FILE *out, size_t budget)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t count = checkpoints_of(budget, checkpoints);

    (void)fprintf(out, "\n| arm |");
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, " rank at %zu |", checkpoints[i]);
    (void)fprintf(out,
                  " score | log10 regret | any-time | CPU ms/suggestion | start-up s |\n|---|");
    for (size_t i = 0; i < count + 5; i++)
        (void)fprintf(out, "---:|");
    (void)fprintf(out, "\n");
}

static void write_rows(FILE *out, const struct comparison *comparison,
                       const struct arm_figures *figures)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t count = checkpoints_of(comparison->budget, checkpoints);

    for (size_t arm = 0; arm < comparison->arm_count; arm++) {
        (void)fprintf(out, "| %s |", comparison->arms[arm]);
        for (size_t i = 0; i < count; i++)
            write_interval(out, &figures[arm].rank[i], 2);
        write_interval(out, &figures[arm].score, 1);
        write_interval(out, &figures[arm].regret, 2);
        write_interval(out, &figures[arm].anytime, 2);
        write_cost(out, figures[arm].cpu_ms, 3);
        write_cost(out, figures[arm].startup_s, 2);
        (void)fprintf(out, "\n");
    }
}

static void write_title(FILE *out, const struct coverage *coverage,
                        const struct comparison *comparison, const struct scope *scope)
{
    (void)fprintf(out, "\n### %s: ", scope->suite ? scope->suite : "all suites");
    coverage_write_problems(out, coverage, comparison, scope);
    (void)fprintf(out, ", %zu run%s of each arm\n\n", comparison->cell_count,
                  comparison->cell_count == 1 ? "" : "s");
    coverage_write_notes(out, coverage, comparison, "\n");
}

static bool write_scope(FILE *out, const struct report_source *source, struct scope scope)
{
    const char *arms[COMPARISON_ARMS_MAX];
    size_t arm_count = 0;
    struct coverage coverage = { 0 };
    struct comparison comparison = { 0 };
    struct arm_figures *figures = calloc(COMPARISON_ARMS_MAX, sizeof *figures);
    bool is_done = figures && coverage_init(&coverage, source->results, &scope);

    scope.has_refusals = true;
    if (is_done)
        arm_count = coverage_arms(&coverage, arms);
    is_done = is_done && comparison_init(&comparison, source->results, &scope, arms, arm_count) &&
              comparison_measure(&comparison, figures);
    if (is_done) {
        write_title(out, &coverage, &comparison, &scope);
        if (comparison.cell_count > 0) {
            write_table_head(out, comparison.budget);
            write_rows(out, &comparison, figures);
        }
    }
    comparison_clear(&comparison);
    coverage_clear(&coverage);
    free(figures);
    return is_done;
}

static bool write_family(FILE *out, const struct report_source *source, const struct scope *scope,
                         const char *const *arms, size_t arm_count)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t last = checkpoints_of(scope->conditions.budget, checkpoints) - 1;
    struct comparison comparison = { 0 };
    struct arm_figures *figures = calloc(arm_count, sizeof *figures);
    bool is_done = figures &&
                   comparison_init(&comparison, source->results, scope, arms, arm_count) &&
                   comparison_measure(&comparison, figures);

    if (is_done) {
        (void)fprintf(out, "| %s | %zu |", scope->family, comparison.problem_count);
        for (size_t arm = 0; arm < arm_count; arm++)
            (void)fprintf(out, " %.2f · %.2f |", figures[arm].rank[last].mean,
                          figures[arm].regret.mean);
        (void)fprintf(out, "\n");
    }
    comparison_clear(&comparison);
    free(figures);
    return is_done;
}

/* Rank and regret at the end, arms side by side; nothing where the suite is all of one family. */
static bool write_families(FILE *out, const struct report_source *source, struct scope scope)
{
    const char *arms[COMPARISON_ARMS_MAX];
    size_t arm_count = 0;
    size_t count = 0;
    const char **families = scope_families(source->results, &scope, &count);
    struct coverage coverage = { 0 };
    bool is_done = families && coverage_init(&coverage, source->results, &scope);

    scope.has_refusals = true;
    if (is_done)
        arm_count = coverage_arms(&coverage, arms);
    if (count > 1 && arm_count > 0) {
        (void)fprintf(out, "\n| rank · log10 regret at %zu | problems |", scope.conditions.budget);
        for (size_t arm = 0; arm < arm_count; arm++)
            (void)fprintf(out, " %s |", arms[arm]);
        (void)fprintf(out, "\n|---|---:|");
        for (size_t arm = 0; arm < arm_count; arm++)
            (void)fprintf(out, "---:|");
        (void)fprintf(out, "\n");
        for (size_t i = 0; is_done && i < count; i++) {
            scope.family = families[i];
            is_done = write_family(out, source, &scope, arms, arm_count);
        }
    }
    coverage_clear(&coverage);
    free(families);
    return is_done;
}

static bool write_duel(FILE *out, const struct report_source *source, const struct scope *scope,
                       const char *rival)
{
    const char *arms[2] = { source->baseline, rival };
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t count = checkpoints_of(scope->conditions.budget, checkpoints);
    struct comparison comparison = { 0 };
    struct duel_figures figures = { 0 };

    if (!comparison_init(&comparison, source->results, scope, arms, 2) ||
        !comparison_duel(&comparison, &figures)) {
        comparison_clear(&comparison);
        return false;
    }
    (void)fprintf(out, "| %s | %s |", rival, scope->suite ? scope->suite : "**all**");
    for (size_t i = 0; i < count; i++)
        write_interval(out, &figures.win[i], 2);
    write_interval(out, &figures.efficiency, 2);
    (void)fprintf(out, " %zu | %zu |\n", comparison.problem_count, comparison.cell_count);
    comparison_clear(&comparison);
    return true;
}

static void write_duels_head(FILE *out, const struct report_source *source,
                             const struct coverage *coverage, size_t budget)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t count = checkpoints_of(budget, checkpoints);

    (void)fprintf(out,
                  "\n### %s against each\n\nOver the problems that both could search and the "
                  "seeds that both have.\n",
                  source->baseline);
    coverage_write_seeds(out, coverage, "\n");
    (void)fprintf(out, "\n| rival | suite |");
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, " win rate at %zu |", checkpoints[i]);
    (void)fprintf(out, " log-efficiency | problems | pairs |\n|---|---|");
    for (size_t i = 0; i < count + 3; i++)
        (void)fprintf(out, "---:|");
    (void)fprintf(out, "\n");
}

static bool write_duels_with(FILE *out, const struct report_source *source, const struct scope *all,
                             const char *const *suites, size_t suite_count, const char *rival)
{
    bool is_done = write_duel(out, source, all, rival);

    for (size_t i = 0; is_done && suite_count > 1 && i < suite_count; i++) {
        struct scope scope = *all;

        scope.suite = suites[i];
        is_done = write_duel(out, source, &scope, rival);
    }
    return is_done;
}

/* Also those that have no place in the tables yet: a pair needs nobody else. */
static bool write_duels(FILE *out, const struct report_source *source, const struct scope *all,
                        const char *const *suites, size_t suite_count)
{
    struct coverage coverage = { 0 };
    bool is_done = coverage_init(&coverage, source->results, all);

    if (!is_done || !coverage_find(&coverage, source->baseline)) {
        coverage_clear(&coverage);
        return is_done;
    }
    write_duels_head(out, source, &coverage, all->conditions.budget);
    for (size_t arm = 0; is_done && arm < coverage.arm_count; arm++)
        if (coverage.arms[arm].is_good && strcmp(coverage.arms[arm].arm, source->baseline) != 0)
            is_done =
                write_duels_with(out, source, all, suites, suite_count, coverage.arms[arm].arm);
    coverage_clear(&coverage);
    return is_done;
}

static bool write_conditions(FILE *out, const struct report_source *source,
                             const struct conditions *conditions)
{
    struct scope scope = { .conditions = *conditions };
    struct scope all = scope;
    size_t suite_count = 0;
    char title[FACTS_TEXT];
    const char **suites = scope_suites(source->results, &scope, &suite_count);
    bool is_done = suites != NULL;

    (void)fprintf(out, "\n## %s\n", conditions_text(conditions, title));
    for (size_t i = 0; is_done && i < suite_count; i++) {
        scope.suite = suites[i];
        is_done = write_scope(out, source, scope) && write_families(out, source, scope);
    }
    if (is_done && suite_count > 1)
        is_done = write_scope(out, source, all);
    if (is_done)
        is_done = write_duels(out, source, &all, suites, suite_count);
    free(suites);
    return is_done;
}

static void write_versions(FILE *out, const struct results *results)
{
    const char *last = "";

    (void)fprintf(out, "\n| arm | version |\n|---|---|\n");
    for (size_t i = 0; i < results->count; i++) {
        const struct result *result = &results->items[i];

        if (result->status != RESULT_OK || strcmp(result->arm, last) == 0)
            continue;
        last = result->arm;
        (void)fprintf(out, "| %s | %s |\n", result->arm, result->version);
    }
}

static bool write_troubles(FILE *out, const struct results *results)
{
    size_t count = 0;
    struct trouble *troubles = troubles_list(results, &count);

    if (!troubles)
        return false;
    (void)fprintf(out, "\n## What did not run\n\n");
    if (count == 0)
        (void)fprintf(out, "Everything ran.\n");
    else
        (void)fprintf(out, "| arm | suite | runs | what | reason |\n|---|---|---:|---|---|\n");
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "| %s | %s | %zu | %s | %s |\n", troubles[i].first->arm,
                      troubles[i].first->suite, troubles[i].runs, trouble_word(&troubles[i]),
                      troubles[i].first->note);
    free(troubles);
    return true;
}

static void write_head(FILE *out, const struct report_source *source)
{
    char text[FACTS_TEXT];
    char seeds[FACTS_TEXT];
    char unread[RESULTS_UNREAD_TEXT];

    (void)fprintf(
        out,
        "# Search strategies compared\n\n"
        "%s %s\n\n"
        "Means over problems, and in brackets the central 95 %% of %d bootstrap samples of "
        "problems, then seeds. Regret is (truth of the best measured trial - optimum) / "
        "(median random point - optimum), clipped to %g .. 1; *score* is 100 (1 - regret) "
        "after the last trial, *any-time* the mean over all trials of log10 regret. Ranks "
        "are among the arms of the table, ties share theirs. Log-efficiency 0.69: half "
        "the trials for the same values. CPU time is the sampler's alone, taken while as many "
        "runs as --jobs says (one per core unless said) went on side by side: alone on the machine "
        "it would be less.\n",
        instances_text(source->results, text), seeds_text(source->results, seeds), BOOTSTRAP_ROUNDS,
        score_floor);
    if (source->results->unread_count > 0)
        (void)fprintf(out, "\n%s.\n", results_unread_text(source->results, unread));
    (void)fprintf(out, "\n```\n%s```\n", source->commands);
}

bool markdown_report(FILE *out, const struct report_source *source, struct assay_error *err)
{
    size_t count = 0;
    struct conditions *conditions = conditions_list(source->results, &count);
    bool is_done = conditions != NULL;

    write_head(out, source);
    write_versions(out, source->results);
    for (size_t i = 0; is_done && i < count; i++)
        is_done = write_conditions(out, source, &conditions[i]);
    free(conditions);
    is_done = is_done && write_troubles(out, source->results);
    return is_done || assay_fail_memory(err);
}
