/*
 * bench/bench_main.c - assay-bench: search strategies side by side.
 */
#include "bench/bench_options.h"
#include "bench/bench_plan.h"
#include "bench/crew.h"
#include "bench/report_files.h"
#include "bench/suites.h"

#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_INTERRUPTED = 130 };

static bool print_list(const struct bench_options *options, struct assay_error *err)
{
    (void)printf("suites\n");
    for (const struct suite_line *line = suite_lines; line->name; line++)
        (void)printf("  %-14s %s\n", line->name, line->text);
    (void)printf("\narms\n");
    for (size_t i = 0; i < arm_kind_count; i++) {
        struct assay_error why = { 0 };

        (void)printf("  %-14s %s\n", arm_kinds[i].name,
                     arm_is_available(&arm_kinds[i], &why) ? "ready" : why.message);
    }
    (void)printf("\nproblems, instances %u to %u\n", options->first_instance,
                 options->last_instance);
    for (size_t i = 0; i < options->suite_count; i++) {
        struct bench_options one = *options;
        struct bench_plan plan = { 0 };

        one.suites[0] = options->suites[i];
        one.suite_count = 1;
        if (!bench_plan_problems(&plan, &one, err))
            return false;
        for (size_t j = 0; j < plan.problem_count; j++)
            (void)printf("  %-6s %-12s %3zu parameters  %s\n", plan.problems[j]->suite,
                         plan.problems[j]->family, plan.problems[j]->space->param_count,
                         plan.problems[j]->name);
        bench_plan_clear(&plan);
    }
    return true;
}

/* The arms that can run; of the others one line goes into the results. */
static bool choose_arms(const struct bench_options *options, int file, const struct arm_kind **arms,
                        size_t *count, struct assay_error *err)
{
    *count = 0;
    for (size_t i = 0; i < options->arm_count; i++) {
        struct assay_error why = { 0 };
        struct result missing = { .status = RESULT_MISSING };

        if (arm_is_available(options->arms[i], &why)) {
            arms[(*count)++] = options->arms[i];
            continue;
        }
        (void)fprintf(stderr, "assay-bench: %s is left out: %s\n", options->arms[i]->name,
                      why.message);
        (void)snprintf(missing.arm, sizeof missing.arm, "%s", options->arms[i]->name);
        (void)snprintf(missing.note, sizeof missing.note, "%.190s", why.message);
        if (!result_append(file, &missing, err))
            return false;
    }
    return *count > 0 || assay_fail(err, ASSAY_NOT_FOUND, NULL, "no arm can run");
}

static bool make_plan(const struct bench_options *options, int file, struct bench_plan *plan,
                      struct assay_error *err)
{
    const struct arm_kind *arms[BENCH_LIST_MAX];
    struct results results = { 0 };
    size_t arm_count = 0;
    bool is_done = choose_arms(options, file, arms, &arm_count, err) &&
                   results_read(options->out, &results, err) &&
                   bench_plan_problems(plan, options, err) &&
                   bench_plan_runs(plan, options, arms, arm_count, &results, err);

    results_clear(&results);
    return is_done;
}

static bool run(const struct bench_options *options, int file, enum crew_end *end,
                struct assay_error *err)
{
    struct bench_plan plan = { 0 };
    struct crew crew = { .worker_count = options->jobs, .file = file };

    if (!make_plan(options, file, &plan, err)) {
        bench_plan_clear(&plan);
        return false;
    }
    (void)fprintf(stderr, "assay-bench: %zu problems, %zu runs of %zu trials%s", plan.problem_count,
                  plan.run_count, options->budget, plan.done_count ? "; " : "\n");
    if (plan.done_count)
        (void)fprintf(stderr, "%zu are there already\n", plan.done_count);
    crew.runs = plan.runs;
    crew.run_count = plan.run_count;
    *end = crew_run(&crew, err);
    bench_plan_clear(&plan);
    return *end != CREW_FAILED;
}

static bool compare(const char *command, const struct bench_options *options, bool *is_whole,
                    struct assay_error *err)
{
    enum crew_end end = CREW_FAILED;
    int file = results_open(options->out, err);
    bool is_done = file >= 0 && report_note_command(options->out, command, err) &&
                   run(options, file, &end, err);

    if (file >= 0)
        (void)close(file);
    *is_whole = end == CREW_DONE;
    if (is_done && end == CREW_INTERRUPTED)
        (void)fprintf(stderr, "assay-bench: interrupted; the same command goes on from here\n");
    return is_done && report_write(options->out, options->baseline, err);
}

static bool act(const char *command, const struct bench_options *options, bool *is_whole,
                struct assay_error *err)
{
    switch (options->action) {
    case BENCH_HELP:
        (void)fputs(bench_options_help, stdout);
        return true;
    case BENCH_LIST:
        return print_list(options, err);
    case BENCH_REPORT:
        break;
    case BENCH_RUN:
        if (!compare(command, options, is_whole, err))
            return false;
        break;
    }
    if (options->action == BENCH_REPORT && !report_write(options->out, options->baseline, err))
        return false;
    (void)printf("%s/report.md\n%s/report.html\n", options->out, options->out);
    return true;
}

int main(int argc, char **argv)
{
    struct bench_options options;
    struct assay_error err = { 0 };
    bool is_whole = true;
    char *command = report_command_line(argc, argv); /* before options are cut in it */
    bool is_done = false;

    /* Runs share the cores, one each; errors of GSL are returned to who called it. */
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet */
    (void)setenv("OPENBLAS_NUM_THREADS", "1", 1);
    openblas_set_num_threads(1);
    (void)gsl_set_error_handler_off();
    (void)signal(SIGPIPE, SIG_IGN); /* a rival that died shows as an error of the write */
    (void)signal(SIGXFSZ, SIG_IGN); /* and so does a file that may not grow */
    if (!command)
        (void)assay_fail_memory(&err);
    else
        is_done = bench_options_parse(argc, argv, &options, &err) &&
                  act(command, &options, &is_whole, &err);
    free(command);
    if (!is_done) {
        (void)fprintf(stderr, "assay-bench: %s\n", err.message);
        return assay_code_info(err.code)->exit_status;
    }
    return is_whole ? 0 : EXIT_INTERRUPTED;
}
