#include "engine/cli/progress.h"

#include "tests/unit/cli/capture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct capture captured;

static void forget(void)
{
    capture_clear(&captured);
}

static char *status(struct status_facts facts)
{
    status_line_write(capture_begin(&captured), &facts);
    return capture_end(&captured);
}

static char *trial(const char *text, int width)
{
    cJSON *item = capture_json(text);

    trial_line_write(capture_begin(&captured), item, width);
    cJSON_Delete(item);
    return capture_end(&captured);
}

Test(progress, a_study_that_has_begun_tells_no_best_and_no_time, .fini = forget)
{
    cr_assert(
        eq(str, status((struct status_facts){ .max = 20, .running = 4 }), "0/20 done, 4 running"));
}

Test(progress, trials_that_wait_do_not_run_and_why_is_told_when_none_does, .fini = forget)
{
    struct status_facts facts = { .max = 20, .running = 4, .waiting = 3, .why = "waits for 1 GPU" };

    cr_assert(eq(str, status(facts), "0/20 done, 1 running, 3 waiting"));
    facts.waiting = 4;
    cr_assert(eq(str, status(facts), "0/20 done, 0 running, 4 waiting | waits for 1 GPU"));
    facts.why = "";
    cr_assert(eq(str, status(facts), "0/20 done, 0 running, 4 waiting"));
}

Test(progress, time_left_is_the_mean_pace_of_this_run_times_what_is_left, .fini = forget)
{
    struct status_facts facts = { .max = 20,
                                  .ended = 12,
                                  .running = 4,
                                  .failed = 1,
                                  .best_trial = 9,
                                  .best_value = 0.98,
                                  .metric = "accuracy",
                                  .ended_since = 2, /* ten of them before it was resumed */
                                  .elapsed_us = 20 * 1000000 };

    cr_assert(eq(str, status(facts),
                 "12/20 done, 4 running, 1 failed | best accuracy 0.98 (trial 9) | 1m20s left"));
    facts.is_stopping = true;
    cr_assert(eq(str, status(facts),
                 "12/20 done, 4 running, 1 failed | best accuracy 0.98 (trial 9) | stopping"));
}

Test(progress, a_study_that_is_done_has_no_time_left, .fini = forget)
{
    struct status_facts facts = { .max = 2, .ended = 2, .ended_since = 2, .elapsed_us = 5 };

    cr_assert(eq(str, status(facts), "2/2 done, 0 running"));
}

Test(progress, a_metric_that_is_hostile_does_no_harm, .fini = forget)
{
    struct status_facts facts = { .max = 2, .best_trial = 1, .metric = "\033[2J" };

    cr_assert(eq(str, status(facts), "0/2 done, 0 running | best \\x1b[2J 0 (trial 1)"));
}

Test(progress, a_trial_is_a_line_with_its_parameters_last, .fini = forget)
{
    cr_assert(eq(str,
                 trial("{'trial': {'id': '7', 'state': 'SUCCEEDED',"
                       "'startTime': '2026-01-31T10:00:00Z', 'endTime': '2026-01-31T10:00:03.2Z'},"
                       "'parameters': {'lr': 1e-05, 'opt': 'two words'},"
                       "'metrics': {'loss': 0.5, 'size': 3}, 'attempt': 1, 'failure': ''}",
                       3),
                 "trial   7  SUCCEEDED      loss=0.5 size=3  3.2s  lr=1e-05 opt='two words'"));
}

Test(progress, a_failed_trial_tells_its_class_and_its_attempt, .fini = forget)
{
    cr_assert(eq(str,
                 trial("{'trial': {'id': '7', 'state': 'INFEASIBLE'}, 'parameters': {},"
                       "'metrics': {}, 'attempt': 2, 'failure': 'user_error'}",
                       1),
                 "trial 7  user_error     attempt 2"));
}

Test(progress, piped_output_has_a_plain_line_per_trial_and_no_status, .fini = forget)
{
    struct progress progress = { .out = capture_begin(&captured) };
    struct status_facts facts = { .max = 2 };
    cJSON *item = capture_json("{'trial': {'id': '1', 'state': 'INFEASIBLE', 'infeasibleReason':"
                               "'It exited with 3. Last lines of stderr:\\nmuch\\nboom\\u001b\\n'},"
                               "'failure': 'user_error'}");

    progress_status(&progress, &facts);
    progress_trial(&progress, item, 1, false);
    progress_clear(&progress);
    cr_assert(eq(str, capture_end(&captured),
                 "trial 1  user_error   \n"
                 "      It exited with 3. Last lines of stderr: … boom\\x1b\n"));
    cJSON_Delete(item);
}

Test(progress, a_terminal_gets_its_status_line_removed_before_a_trial, .fini = forget)
{
    struct progress progress = { .out = capture_begin(&captured), .is_terminal = true };
    struct status_facts facts = { .max = 2 };
    cJSON *item = capture_json("{'trial': {'id': '1', 'state': 'SUCCEEDED'}}");

    progress_status(&progress, &facts);
    progress_status(&progress, &facts); /* the same again is not written again */
    progress_trial(&progress, item, 1, true);
    progress_status(&progress, &facts);
    progress_clear(&progress);
    cr_assert(eq(str, capture_end(&captured),
                 "0/2 done, 0 running\r\033[Ktrial 1  SUCCEEDED    \n"
                 "0/2 done, 0 running\r\033[K"));
    cJSON_Delete(item);
}

Test(progress, quiet_means_only_what_is_said, .fini = forget)
{
    struct progress progress = { .out = capture_begin(&captured),
                                 .is_terminal = true,
                                 .is_quiet = true };
    cJSON *item = capture_json("{'trial': {'id': '1', 'state': 'SUCCEEDED'}}");

    progress_status(&progress, &(struct status_facts){ .max = 2 });
    progress_trial(&progress, item, 1, false);
    progress_say(&progress, "interrupted");
    cr_assert(eq(str, capture_end(&captured), "interrupted\n"));
    cJSON_Delete(item);
}

Test(progress, a_trial_that_was_stopped_early_tells_at_which_step, .fini = forget)
{
    cr_expect(eq(str,
                 trial("{'trial': {'id': '3', 'state': 'SUCCEEDED', 'measurements': ["
                       "{'stepCount': '1'}, {'stepCount': '7'}]}, 'metrics': {'loss': 0.5},"
                       "'failure': '', 'earlyStop': {'progress': 0.2}}",
                       1),
                 "trial 3  stopped early at step 7  loss=0.5"));
    cr_expect(eq(str,
                 trial("{'trial': {'id': '3', 'state': 'SUCCEEDED', 'measurements': ["
                       "{'elapsedDuration': '1s'}]}, 'metrics': {'loss': 0.5},"
                       "'failure': '', 'earlyStop': {'progress': 0.2}}",
                       1),
                 "trial 3  stopped early  loss=0.5"));
    cr_expect(eq(str,
                 trial("{'trial': {'id': '3', 'state': 'INFEASIBLE'}, 'metrics': {},"
                       "'failure': 'user_error', 'earlyStop': {'progress': 0.2}}",
                       1),
                 "trial 3  user_error   "));
}
