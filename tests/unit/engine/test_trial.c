#include "engine/life/trial.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <string.h>

static char accuracy_id[] = "accuracy";
static char loss_id[] = "loss";

enum measured { NOTHING, ONE_METRIC, ALL_METRICS };

/* A judged end. */
struct judged {
    struct trial_verdict verdict;
    double values[2];
};

struct trial_case {
    struct ending ending;
    enum measured measured;
    enum stop_cause cause;
    bool disable_retries;
    bool is_custom;
    int losses;
    const char *stderr_tail;
};

static void measure(struct series *series, enum measured measured)
{
    struct metric_report reports[] = { { .metric = 0, .step = 3, .elapsed_us = 7, .value = 0.5 },
                                       { .metric = 1, .step = 3, .elapsed_us = 8, .value = 2 } };

    for (int i = 0; i < (int)measured; i++)
        cr_assert(ge(i64, series_add(series, &reports[i]), 0));
}

static struct judged judge(const struct trial_case *c)
{
    struct metric_spec metrics[] = { { .id = accuracy_id }, { .id = loss_id } };
    static const char *const seen[] = { "acuracy" };
    struct job_spec spec = {
        .kind = c->is_custom ? JOB_CUSTOM : JOB_TUNING,
        .study = { .metrics = metrics, .metric_count = c->is_custom ? 0 : 2 },
        .run = { .timeout_us = INT64_C(90000000), .disable_retries = c->disable_retries },
        .assay = { .memory_bytes = 4096 },
    };
    struct ending ending = c->ending;
    struct series *series = series_new(metrics, spec.study.metric_count);
    struct trial_facts facts = { .spec = &spec,
                                 .ending = &ending,
                                 .stop_cause = c->cause,
                                 .losses = c->losses,
                                 .series = series,
                                 .seen = seen,
                                 .seen_count = 1,
                                 .stderr_tail = c->stderr_tail };
    struct judged judged;

    cr_assert(series != NULL);
    if (!ending.key.attempt)
        ending.key.attempt = 1;
    measure(series, c->measured);
    memset(&judged, 0x5a, sizeof judged);
    trial_judge(&facts, judged.values, &judged.verdict);
    series_free(series);
    return judged;
}

static void check_class(const struct trial_case *c, enum failure_class failure)
{
    struct judged judged = judge(c);

    cr_assert(not(judged.verdict.is_again));
    cr_assert(eq(int, (int)judged.verdict.failure, (int)failure), "%s, not %s",
              failure_class_name((int)judged.verdict.failure), failure_class_name((int)failure));
    cr_assert(eq(int, (int)judged.verdict.state,
                 failure == FAILURE_NONE ? TRIAL_SUCCEEDED : TRIAL_INFEASIBLE));
    cr_assert(eq(int, judged.verdict.has_final, failure == FAILURE_NONE));
    cr_assert(eq(int, judged.verdict.reason[0] == '\0', failure == FAILURE_NONE));
}

static void check_reason(const struct trial_case *c, const char *part)
{
    struct judged judged = judge(c);

    cr_assert(strstr(judged.verdict.reason, part) != NULL, "\"%s\" is not in \"%s\"", part,
              judged.verdict.reason);
}

Test(trial, exit_status_0_with_all_metrics_succeeds_with_the_final_measurement)
{
    struct trial_case c = { .ending = { .kind = ENDING_EXITED }, .measured = ALL_METRICS };
    struct judged judged = judge(&c);

    check_class(&c, FAILURE_NONE);
    cr_assert(eq(i64, judged.verdict.step, 3));
    cr_assert(eq(i64, judged.verdict.elapsed_us, 7));
    cr_assert(eq(dbl, judged.values[0], 0.5));
    cr_assert(eq(dbl, judged.values[1], 2));
}

Test(trial, exit_status_0_without_a_metric_is_infeasible_and_names_it_and_its_neighbour)
{
    struct trial_case c = { .ending = { .kind = ENDING_EXITED }, .measured = NOTHING };

    check_class(&c, FAILURE_NO_METRIC);
    check_reason(&c, "\"accuracy\"");
    check_reason(&c, "if \"acuracy\" is meant to be");
    c.measured = ONE_METRIC;
    check_class(&c, FAILURE_NO_METRIC);
    check_reason(&c, "\"loss\"");
}

Test(trial, a_custom_job_needs_no_metric)
{
    struct trial_case c = { .ending = { .kind = ENDING_EXITED }, .is_custom = true };

    check_class(&c, FAILURE_NONE);
}

/* Whatever was measured: a crash is a crash. */
Test(trial, each_ending_has_its_class)
{
    static const struct {
        struct ending ending;
        enum failure_class failure;
        const char *word;
    } cases[] = {
        { { .kind = ENDING_EXITED, .status = 3 }, FAILURE_USER_ERROR, "status of 3" },
        { { .kind = ENDING_SIGNALED, .status = SIGSEGV }, FAILURE_USER_ERROR, "SIGSEGV" },
        { { .kind = ENDING_SIGNALED, .status = SIGKILL }, FAILURE_USER_ERROR, "memory" },
        { { .kind = ENDING_TIMEOUT }, FAILURE_TIMEOUT, "90 s" },
        { { .kind = ENDING_OUT_OF_MEMORY }, FAILURE_OUT_OF_MEMORY, "the 4K that assay.memory" },
        { { .kind = ENDING_NOT_FOUND, .detail = "pyton3: No such file" },
          FAILURE_NOT_FOUND,
          "pyton3: No such file" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int measured = NOTHING; measured <= ALL_METRICS; measured++) {
            struct trial_case c = { .ending = cases[i].ending,
                                    .measured = (enum measured)measured };

            check_class(&c, cases[i].failure);
            check_reason(&c, cases[i].word);
        }
    }
}

Test(trial, the_last_lines_of_stderr_are_part_of_the_reason)
{
    struct trial_case c = { .ending = { .kind = ENDING_EXITED, .status = 1 },
                            .stderr_tail = "ValueError: boom" };

    check_reason(&c, "ValueError: boom");
    c.ending.status = 0;
    check_reason(&c, "ValueError: boom");
}

Test(trial, a_long_reason_is_cut_and_terminated)
{
    char tail[4096];
    struct trial_case c = { .ending = { .kind = ENDING_EXITED, .status = 1 }, .stderr_tail = tail };
    struct judged judged;

    memset(tail, 'x', sizeof tail - 1);
    tail[sizeof tail - 1] = '\0';
    judged = judge(&c);
    cr_assert(eq(sz, strlen(judged.verdict.reason), sizeof judged.verdict.reason - 1));
}

Test(trial, what_the_study_stopped_early_succeeds_with_what_it_has)
{
    struct trial_case c = { .ending = { .kind = ENDING_STOPPED },
                            .measured = ALL_METRICS,
                            .cause = STOP_CAUSE_STOPPED };

    check_class(&c, FAILURE_NONE);
    c.measured = ONE_METRIC;
    check_class(&c, FAILURE_STOPPED);
}

Test(trial, what_ended_with_the_job_is_cancelled_whatever_it_measured)
{
    for (int measured = NOTHING; measured <= ALL_METRICS; measured++) {
        struct trial_case c = { .ending = { .kind = ENDING_STOPPED },
                                .measured = (enum measured)measured,
                                .cause = STOP_CAUSE_CANCELLED };

        check_class(&c, FAILURE_CANCELLED);
        check_reason(&c, "cancelled");
    }
}

Test(trial, what_finished_before_it_could_be_stopped_counts_as_it_finished)
{
    struct trial_case c = { .ending = { .kind = ENDING_EXITED },
                            .measured = ALL_METRICS,
                            .cause = STOP_CAUSE_CANCELLED };

    check_class(&c, FAILURE_NONE);
    c.cause = STOP_CAUSE_PAUSED;
    check_class(&c, FAILURE_NONE);
    c.ending.status = 1;
    check_class(&c, FAILURE_USER_ERROR);
}

Test(trial, what_was_stopped_for_a_pause_starts_again_however_often)
{
    static const enum ending_kind kinds[] = { ENDING_STOPPED, ENDING_LOST, ENDING_NOT_STARTED };

    for (size_t i = 0; i < 3; i++) {
        struct trial_case c = { .ending = { .kind = kinds[i], .key.attempt = 40 },
                                .losses = TRIAL_LOSSES_MAX,
                                .measured = ALL_METRICS,
                                .cause = STOP_CAUSE_PAUSED,
                                .disable_retries = true };

        cr_assert(judge(&c).verdict.is_again);
    }
}

Test(trial, what_the_machine_lost_starts_again_up_to_the_limit)
{
    struct trial_case c = {
        .ending = { .kind = ENDING_LOST, .key.attempt = 10, .detail = "reboot" },
        .losses = TRIAL_LOSSES_MAX - 1
    };

    cr_assert(judge(&c).verdict.is_again);
    c.losses++;
    check_class(&c, FAILURE_LOST);
    check_reason(&c, "attempt 10");
    check_reason(&c, "reboot");
    c.ending.kind = ENDING_NOT_STARTED;
    cr_assert(judge(&c).verdict.is_again);
}

Test(trial, what_was_stopped_but_not_by_us_is_lost_also_with_its_metrics)
{
    struct trial_case c = { .ending = { .kind = ENDING_STOPPED, .key.attempt = 1 },
                            .measured = ALL_METRICS };

    cr_assert(judge(&c).verdict.is_again);
    c.disable_retries = true;
    check_class(&c, FAILURE_LOST);
    check_reason(&c, "machine stopped");
}

Test(trial, disabled_retries_are_about_what_ran)
{
    struct trial_case c = { .ending = { .kind = ENDING_LOST }, .disable_retries = true };

    check_class(&c, FAILURE_LOST);
    c.ending.kind = ENDING_NOT_STARTED;
    cr_assert(judge(&c).verdict.is_again);
}

Test(trial, what_was_lost_while_it_was_stopped_does_not_start_again)
{
    static const enum stop_cause causes[] = { STOP_CAUSE_STOPPED, STOP_CAUSE_CANCELLED };

    for (size_t i = 0; i < 2; i++) {
        struct trial_case c = { .ending = { .kind = ENDING_LOST }, .cause = causes[i] };

        check_class(&c, FAILURE_LOST);
    }
}

Test(trial, what_was_not_worth_finishing_succeeds_with_what_it_has_also_when_it_was_lost)
{
    static const enum ending_kind kinds[] = { ENDING_STOPPED, ENDING_LOST, ENDING_NOT_STARTED };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct trial_case stopped = { .ending = { .kind = kinds[i] },
                                      .measured = ALL_METRICS,
                                      .cause = STOP_CAUSE_EARLY };
        struct judged judged = judge(&stopped);

        cr_assert(not(judged.verdict.is_again));
        cr_assert(judged.verdict.is_stopped_early);
        cr_assert(eq(int, (int)judged.verdict.state, TRIAL_SUCCEEDED));
        cr_assert(eq(dbl, judged.values[0], 0.5));
        stopped.measured = ONE_METRIC;
        judged = judge(&stopped);
        cr_assert(eq(int, (int)judged.verdict.state, TRIAL_INFEASIBLE));
        cr_assert(eq(int, (int)judged.verdict.failure, FAILURE_STOPPED));
    }
}

Test(trial, what_finished_before_it_heard_of_its_stop_was_not_stopped_early)
{
    static const struct ending endings[] = { { .kind = ENDING_EXITED },
                                             { .kind = ENDING_EXITED, .status = 1 },
                                             { .kind = ENDING_OUT_OF_MEMORY },
                                             { .kind = ENDING_TIMEOUT } };

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        struct trial_case own = { .ending = endings[i],
                                  .measured = ALL_METRICS,
                                  .cause = STOP_CAUSE_EARLY };

        cr_assert(not(judge(&own).verdict.is_stopped_early), "case %zu", i);
    }
}
