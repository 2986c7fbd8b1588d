#include "bench/html.h"

#include "bench/coverage.h"
#include "bench/curves.h"
#include "bench/facts.h"
#include "bench/figures.h"
#include "bench/page.h"
#include "bench/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One part of the page: a suite, or all, under some conditions. */
struct part {
    const struct report_source *source;
    struct scope scope;
    struct coverage coverage;
    struct comparison comparison;
    struct arm_figures figures[COMPARISON_ARMS_MAX];
    size_t order[COMPARISON_ARMS_MAX]; /* arms by their rank at the end */
};

static void write_interval(FILE *out, const struct interval *interval, int digits, bool is_best)
{
    (void)fprintf(out, "<td%s>%.*f<small>[%.*f, %.*f]</small></td>", is_best ? " class=best" : "",
                  digits, interval->mean, digits, interval->low, digits, interval->high);
}

static void write_head_row(FILE *out, const struct part *part)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t count = checkpoints_of(part->comparison.budget, checkpoints);

    (void)fputs("<tr><th>arm</th>", out);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "<th>rank at %zu</th>", checkpoints[i]);
    (void)fputs("<th>score</th><th>log<sub>10</sub> regret</th><th>any-time</th>"
                "<th>CPU ms per<br>suggestion</th><th>start-up s</th></tr>\n",
                out);
}

/* The best of a column, by the means that get() finds; sign -1: the greatest. */
static double best_of(const struct part *part, double sign,
                      double (*get)(const struct arm_figures *figures, size_t index), size_t index)
{
    double best = (double)INFINITY;

    for (size_t arm = 0; arm < part->comparison.arm_count; arm++)
        best = fmin(best, sign * get(&part->figures[arm], index));
    return sign * best;
}

static double get_rank(const struct arm_figures *figures, size_t index)
{
    return figures->rank[index].mean;
}

static double get_score(const struct arm_figures *figures, size_t index)
{
    (void)index;
    return figures->score.mean;
}

static double get_regret(const struct arm_figures *figures, size_t index)
{
    (void)index;
    return figures->regret.mean;
}

static double get_anytime(const struct arm_figures *figures, size_t index)
{
    (void)index;
    return figures->anytime.mean;
}

/* Equal to the bit: both were read from the same field. */
static bool is_same(double a, double b)
{
    return !(a < b) && !(b < a);
}

static void write_cost(FILE *out, double cost, int digits)
{
    if (isnan(cost))
        (void)fputs("<td>–</td>", out);
    else
        (void)fprintf(out, "<td>%.*g</td>", digits, cost);
}

static void write_summary(FILE *out, const struct part *part)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t count = checkpoints_of(part->comparison.budget, checkpoints);

    (void)fputs("<div class=wide><table>\n", out);
    write_head_row(out, part);
    for (size_t i = 0; i < part->comparison.arm_count; i++) {
        size_t arm = part->order[i];
        const struct arm_figures *figures = &part->figures[arm];

        (void)fprintf(out, "<tr><td>%s</td>", part->comparison.arms[arm]);
        for (size_t j = 0; j < count; j++)
            write_interval(out, &figures->rank[j], 2,
                           is_same(figures->rank[j].mean, best_of(part, 1, get_rank, j)));
        write_interval(out, &figures->score, 1,
                       is_same(figures->score.mean, best_of(part, -1, get_score, 0)));
        write_interval(out, &figures->regret, 2,
                       is_same(figures->regret.mean, best_of(part, 1, get_regret, 0)));
        write_interval(out, &figures->anytime, 2,
                       is_same(figures->anytime.mean, best_of(part, 1, get_anytime, 0)));
        write_cost(out, figures->cpu_ms, 3);
        write_cost(out, figures->startup_s, 2);
        (void)fputs("</tr>\n", out);
    }
    (void)fputs("</table></div>\n", out);
}

/* The baseline against each other arm of the part, on the problems that both could search. */
static bool collect_duels(const struct part *part, struct duel_row *rows, size_t *count)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t last = checkpoints_of(part->comparison.budget, checkpoints) - 1;
    struct scope scope = part->scope;

    scope.has_refusals = false;
    *count = 0;
    for (size_t i = 0; i < part->comparison.arm_count; i++) {
        const char *rival = part->comparison.arms[part->order[i]];
        const char *arms[2] = { part->source->baseline, rival };
        struct comparison duel = { 0 };
        struct duel_figures figures = { 0 };
        bool is_done = false;

        if (strcmp(rival, part->source->baseline) == 0)
            continue;
        is_done = comparison_init(&duel, part->source->results, &scope, arms, 2) &&
                  comparison_duel(&duel, &figures);
        if (is_done && duel.cell_count > 0)
            rows[(*count)++] = (struct duel_row){ .rival = rival, .win = figures.win[last] };
        comparison_clear(&duel);
        if (!is_done)
            return false;
    }
    return true;
}

static bool write_overview(FILE *out, const struct part *part)
{
    struct duel_row rows[COMPARISON_ARMS_MAX];
    size_t count = 0;
    char title[FACTS_TEXT];

    if (!collect_duels(part, rows, &count))
        return false;
    (void)fputs("<div class=panels>\n<figure>", out);
    if (!figure_ranks(out, &part->comparison, "Mean rank over trials"))
        return false;
    (void)fputs("</figure>\n<figure>", out);
    figure_cost(out, &part->comparison, part->figures,
                "Rank at the end against the sampler's cost");
    (void)fputs("</figure>\n", out);
    if (count > 0) {
        (void)snprintf(title, sizeof title, "Win rate of %s after %zu trials",
                       part->source->baseline, part->comparison.budget);
        (void)fputs("<figure>", out);
        figure_duels(out, rows, count, title);
        (void)fputs("</figure>\n", out);
    }
    (void)fputs("</div>\n", out);
    return true;
}

/* The arms of the part on one family. */
static bool write_family(FILE *out, const struct part *part, const char *family)
{
    struct scope scope = part->scope;
    struct comparison comparison = { 0 };
    char title[FACTS_TEXT];
    bool is_done = true;

    scope.family = family;
    if (!comparison_init(&comparison, part->source->results, &scope, part->comparison.arms,
                         part->comparison.arm_count))
        return false;
    if (comparison.cell_count > 0) {
        (void)snprintf(title, sizeof title, "%s · %zu problem%s", family, comparison.problem_count,
                       comparison.problem_count == 1 ? "" : "s");
        (void)fputs("<figure>", out);
        is_done = figure_convergence(out, &comparison, title);
        (void)fputs("</figure>\n", out);
    }
    comparison_clear(&comparison);
    return is_done;
}

static bool write_families(FILE *out, const struct part *part)
{
    size_t count = 0;
    const char **families = scope_families(part->source->results, &part->scope, &count);
    bool is_done = families != NULL;

    (void)fprintf(
        out,
        "<h3>Convergence</h3>\n<figcaption>Median over problems and seeds of the regret of "
        "the best measured trial, as a share of a typical random point's; shaded: the "
        "quartiles%s.</figcaption>\n<div class='panels%s'>\n",
        part->comparison.arm_count > 4 ? " (of an arm that is pointed at in the legend)" : "",
        part->comparison.arm_count > 4 ? " many" : "");
    for (size_t i = 0; is_done && i < count; i++)
        is_done = write_family(out, part, families[i]);
    (void)fputs("</div>\n", out);
    free(families);
    return is_done;
}

/* Instances of a problem share a row: how much of its name stands before "-i06". */
static size_t stem_size(const char *problem)
{
    const char *instance = NULL;

    for (const char *at = problem; (at = strstr(at, "-i")); at++)
        instance = at;
    return instance ? (size_t)(instance - problem) : strlen(problem);
}

static const char *cell_problem(const struct comparison *comparison, size_t cell)
{
    return comparison->cells[cell * comparison->arm_count]->problem;
}

static size_t end_of_stem(const struct comparison *comparison, size_t first)
{
    const char *problem = cell_problem(comparison, first);
    size_t size = stem_size(problem);
    size_t cell = first + 1;

    while (cell < comparison->cell_count) {
        const char *other = cell_problem(comparison, cell);

        if (stem_size(other) != size || strncmp(problem, other, size) != 0)
            break;
        cell++;
    }
    return cell;
}

static void write_problem_row(FILE *out, const struct part *part, size_t first, size_t last,
                              double *scratch)
{
    const struct comparison *comparison = &part->comparison;
    const char *problem = cell_problem(comparison, first);
    double scores[COMPARISON_ARMS_MAX];
    double best = (double)INFINITY;

    for (size_t arm = 0; arm < comparison->arm_count; arm++) {
        scores[arm] = median_score(comparison, arm, first, last, scratch);
        best = fmin(best, fmax(scores[arm], score_floor));
    }
    (void)fprintf(out, "<tr><td>%.*s</td>", (int)stem_size(problem), problem);
    for (size_t i = 0; i < comparison->arm_count; i++) {
        double score = scores[part->order[i]];

        (void)fputs(isfinite(score) && score <= best ? "<td class=best>" : "<td>", out);
        if (isinf(score))
            (void)fputs("–</td>", out);
        else
            (void)fprintf(out, score > score_floor ? "%.2g</td>" : "0</td>", score);
    }
    (void)fputs("</tr>\n", out);
}

static bool write_problems(FILE *out, const struct part *part)
{
    const struct comparison *comparison = &part->comparison;
    double *scratch = calloc(comparison->cell_count + 1, sizeof *scratch);

    if (!scratch)
        return false;
    (void)fprintf(out,
                  "<details><summary>Each problem</summary>\n<figcaption>Median regret after %zu "
                  "trials over instances and seeds.</figcaption>\n<div class=wide><table>\n"
                  "<tr><th>problem</th>",
                  comparison->budget);
    for (size_t i = 0; i < comparison->arm_count; i++)
        (void)fprintf(out, "<th>%s</th>", comparison->arms[part->order[i]]);
    (void)fputs("</tr>\n", out);
    for (size_t first = 0, last = 0; first < comparison->cell_count; first = last) {
        last = end_of_stem(comparison, first);
        write_problem_row(out, part, first, last, scratch);
    }
    (void)fputs("</table></div></details>\n", out);
    free(scratch);
    return true;
}

static void sort_arms(struct part *part)
{
    size_t checkpoints[CHECKPOINTS_MAX];
    size_t last = checkpoints_of(part->comparison.budget, checkpoints) - 1;

    for (size_t i = 0; i < part->comparison.arm_count; i++) {
        size_t place = i;

        while (place > 0 && part->figures[part->order[place - 1]].rank[last].mean >
                                part->figures[i].rank[last].mean) {
            part->order[place] = part->order[place - 1];
            place--;
        }
        part->order[place] = i;
    }
}

static void write_part_head(FILE *out, const struct part *part)
{
    (void)fputs("<p class=mute>", out);
    coverage_write_problems(out, &part->coverage, &part->comparison, &part->scope);
    (void)fprintf(out, ", %zu run%s of each arm. ", part->comparison.cell_count,
                  part->comparison.cell_count == 1 ? "" : "s");
    coverage_write_notes(out, &part->coverage, &part->comparison, " ");
    (void)fputs("</p>\n", out);
}

static bool write_part_body(FILE *out, const struct part *part)
{
    write_summary(out, part);
    page_legend(out, part->comparison.arms, part->comparison.arm_count);
    return write_overview(out, part) &&
           (!part->scope.suite || (write_families(out, part) && write_problems(out, part)));
}

/* part is zeroed. */
static bool measure_part(struct part *part, const struct report_source *source,
                         const struct scope *scope)
{
    const char *arms[COMPARISON_ARMS_MAX];

    part->source = source;
    part->scope = *scope;
    part->scope.has_refusals = true;
    return coverage_init(&part->coverage, source->results, scope) &&
           comparison_init(&part->comparison, source->results, &part->scope, arms,
                           coverage_arms(&part->coverage, arms)) &&
           comparison_measure(&part->comparison, part->figures);
}

/* number makes the part's id. */
static bool write_part(FILE *out, const struct report_source *source, const struct scope *scope,
                       size_t number)
{
    char title[FACTS_TEXT];
    struct part *part = calloc(1, sizeof *part);
    bool is_done = part && measure_part(part, source, scope);

    (void)fprintf(out, "<section class=part id=part%zu><h2>%s · %s</h2>\n", number,
                  scope->suite ? scope->suite : "All suites",
                  conditions_text(&scope->conditions, title));
    if (is_done)
        write_part_head(out, part);
    if (is_done && part->comparison.cell_count > 0) {
        sort_arms(part);
        is_done = write_part_body(out, part);
    }
    (void)fputs("</section>\n", out);
    if (part) {
        comparison_clear(&part->comparison);
        coverage_clear(&part->coverage);
    }
    free(part);
    return is_done;
}

typedef bool (*part_fn)(FILE *out, const struct report_source *source, const struct scope *scope,
                        size_t number);

/* For each conditions all suites together, then each. */
static bool each_part(FILE *out, const struct report_source *source, part_fn write)
{
    size_t count = 0;
    size_t number = 0;
    struct conditions *conditions = conditions_list(source->results, &count);
    bool is_done = conditions != NULL;

    for (size_t i = 0; is_done && i < count; i++) {
        struct scope scope = { .conditions = conditions[i] };
        size_t suite_count = 0;
        const char **suites = scope_suites(source->results, &scope, &suite_count);

        is_done = suites != NULL;
        if (is_done && suite_count > 1)
            is_done = write(out, source, &scope, number++);
        for (size_t j = 0; is_done && j < suite_count; j++) {
            scope.suite = suites[j];
            is_done = write(out, source, &scope, number++);
        }
        free(suites);
    }
    free(conditions);
    return is_done;
}

static bool write_button(FILE *out, const struct report_source *source, const struct scope *scope,
                         size_t number)
{
    const struct conditions *conditions = &scope->conditions;

    (void)source;
    (void)fprintf(out, "<button data-part=part%zu>%s", number,
                  scope->suite ? scope->suite : "All suites");
    if (conditions->workers > 1)
        (void)fprintf(out, " · %zu %s", conditions->workers,
                      conditions->is_batch ? "in batches" : "workers");
    (void)fputs("</button>\n", out);
    return true;
}

static void write_text_cell(FILE *out, const char *text)
{
    (void)fputs("<td class=text>", out);
    plot_escape(out, text);
    (void)fputs("</td>", out);
}

static bool write_troubles(FILE *out, const struct results *results)
{
    size_t count = 0;
    struct trouble *troubles = troubles_list(results, &count);

    if (!troubles)
        return false;
    (void)fprintf(out, "<h2>What did not run</h2>\n%s",
                  count == 0 ? "<p>Everything ran.</p>\n"
                             : "<div class=wide><table><tr><th>arm</th><th>suite</th><th>runs</th>"
                               "<th class=text>what</th><th class=text>reason</th></tr>\n");
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "<tr><td>%s</td><td>%s</td><td>%zu</td>", troubles[i].first->arm,
                      troubles[i].first->suite, troubles[i].runs);
        write_text_cell(out, trouble_word(&troubles[i]));
        write_text_cell(out, troubles[i].first->note);
        (void)fputs("</tr>\n", out);
    }
    (void)fputs(count == 0 ? "" : "</table></div>\n", out);
    free(troubles);
    return true;
}

static void write_versions(FILE *out, const struct results *results)
{
    const char *last = "";

    (void)fputs("<p class=mute>", out);
    for (size_t i = 0; i < results->count; i++) {
        const struct result *result = &results->items[i];

        if (result->status != RESULT_OK || strcmp(result->arm, last) == 0)
            continue;
        (void)fprintf(out, "%s%s: ", *last ? " · " : "", result->arm);
        plot_escape(out, result->version);
        last = result->arm;
    }
    (void)fputs("</p>\n", out);
}

static void write_intro(FILE *out, const struct report_source *source)
{
    char instances[FACTS_TEXT];
    char seeds[FACTS_TEXT];
    char unread[RESULTS_UNREAD_TEXT];

    (void)fprintf(out, "<p>%s %s</p>\n", instances_text(source->results, instances),
                  seeds_text(source->results, seeds));
    if (source->results->unread_count > 0)
        (void)fprintf(out, "<p>%s.</p>\n", results_unread_text(source->results, unread));
    (void)fputs("<pre>", out);
    plot_escape(out, source->commands);
    (void)fputs("</pre>\n", out);
    write_versions(out, source->results);
    (void)fprintf(
        out,
        "<details><summary>How to read it</summary>\n<p>Regret is (truth of the best measured "
        "trial − optimum) / (median random point − optimum): 1 at a typical random point, 0 at the "
        "optimum, clipped to %g … 1 in means. <b>Rank</b>: among the arms of the table on the same "
        "problem with the same seed, ties share theirs. <b>Score</b>: 100 (1 − regret) after the "
        "last trial. <b>Any-time</b>: mean over all trials of log<sub>10</sub> regret. In small "
        "type the central 95 %% of %d bootstrap samples of problems, then seeds; in bold the best "
        "mean. CPU time is the sampler’s alone: asks and tells, without start-up, while as many "
        "runs as "
        "--jobs says (one per core unless said) went on side by side.</p></details>\n",
        score_floor, BOOTSTRAP_ROUNDS);
}

bool html_report(FILE *out, const struct report_source *source, struct assay_error *err)
{
    bool is_done = false;

    page_begin(out, "Search strategies compared");
    write_intro(out, source);
    (void)fputs("<nav>\n", out);
    is_done = each_part(out, source, write_button);
    (void)fputs("</nav>\n", out);
    is_done = is_done && each_part(out, source, write_part) && write_troubles(out, source->results);
    page_end(out);
    return is_done || assay_fail_memory(err);
}
