/* Trials that are not worth finishing: told to stop, ended, remembered. */

#include "controller_bench.h"

#include "engine/controller/controller_private.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 10, GOOD_TRIALS = 6 };

static int64_t submit(struct bench *bench, const char *study)
{
    char *document = make_document(study, "\"maxTrialCount\":20,\"parallelTrialCount\":2,"
                                          "\"maxFailedTrialCount\":20,");
    int64_t job = bench_submit(bench, document);

    free(document);
    return job;
}

static const char median[] = ",\"medianAutomatedStoppingSpec\":{}";

/* Trials 1 .. GOOD_TRIALS rise from 1 to STEPS. Then 7 and 8 run. */
static void run_good_trials(struct bench *bench, int64_t job)
{
    for (int64_t trial = 1; trial <= GOOD_TRIALS; trial++) {
        double values[STEPS];

        for (int i = 0; i < STEPS; i++)
            values[i] = i + 1;
        bench_put_ending(bench, job, trial, 1, ENDING_EXITED, 0, values, STEPS);
        bench_commit(bench);
    }
}

/* Reports 0 until it is told to stop; returns at which step. */
static int64_t run_bad_trial(struct bench *bench, int64_t job, int64_t trial)
{
    for (int64_t step = 1; step <= STEPS; step++) {
        bench_put_step(bench, job, trial, step, 0.001 * (double)step);
        bench_commit(bench);
        if (bench_count(bench, DONE_STOP, trial, 1) > 0)
            return step;
    }
    return 0;
}

struct found {
    double progress;
    char why[512];
};

static bool note_stop(void *context, int64_t number, double progress, const char *why)
{
    struct found *found = context;

    (void)number;
    found->progress = progress;
    (void)snprintf(found->why, sizeof found->why, "%s", why);
    return true;
}

static struct found find_stop(const struct bench *bench, int64_t job, int64_t trial)
{
    struct found found = { 0 };
    struct assay_error err = { 0 };

    cr_assert(store_early_stop_each(bench->reader, job, trial, trial, note_stop, &found, &err));
    return found;
}

Test(controller_stopping, a_bad_trial_is_stopped_gently_and_ends_with_what_it_has)
{
    struct bench bench;
    int64_t job = 0;
    int64_t step = 0;
    struct found found;

    bench_init(&bench);
    job = submit(&bench, median);
    run_good_trials(&bench, job);
    step = run_bad_trial(&bench, job, 7);
    cr_assert(lt(i64, 0, step), "it was never stopped");
    cr_assert(lt(i64, step, STEPS));
    cr_assert(eq(int, (int)bench.deeds[bench.deed_count - 1].manner, STOP_GENTLY));
    cr_assert(eq(int, bench_trial(&bench, job, 7).state, TRIAL_STOPPING));
    found = find_stop(&bench, job, 7);
    cr_assert(lt(dbl, 0, found.progress));
    cr_assert(ne(chr, found.why[0], '\0'));
    bench_put_ending(&bench, job, 7, 1, ENDING_STOPPED, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 7).state, TRIAL_SUCCEEDED));
    cr_assert(eq(dbl, bench_trial(&bench, job, 7).value, 0.001 * (double)step));
    found = find_stop(&bench, job, 7);
    cr_assert(epsilon_eq(dbl, found.progress, (double)step / STEPS, 1e-12));
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 0, 0), 1));
    bench_clear(&bench);
}

Test(controller_stopping, a_good_trial_and_a_study_without_a_rule_are_left_alone)
{
    for (int has_rule = 0; has_rule < 2; has_rule++) {
        struct bench bench;
        int64_t job = 0;

        bench_init(&bench);
        job = submit(&bench, has_rule ? median : "");
        run_good_trials(&bench, job);
        for (int64_t step = 1; step <= STEPS; step++) {
            bench_put_step(&bench, job, 7, step, has_rule ? (double)step + 1 : 0);
            bench_commit(&bench);
        }
        cr_assert(eq(int, bench_count(&bench, DONE_STOP, 0, 0), 0));
        bench_clear(&bench);
    }
}

Test(controller_stopping, a_trial_that_finished_meanwhile_was_not_stopped)
{
    struct bench bench;
    double value = 0.5;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, median);
    run_good_trials(&bench, job);
    cr_assert(lt(i64, 0, run_bad_trial(&bench, job, 7)));
    cr_assert(ne(chr, find_stop(&bench, job, 7).why[0], '\0'));
    bench_put_ending(&bench, job, 7, 1, ENDING_EXITED, 0, &value, 1);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 7).state, TRIAL_SUCCEEDED));
    cr_assert(eq(chr, find_stop(&bench, job, 7).why[0], '\0'));
    bench_clear(&bench);
}

Test(controller_stopping, a_verdict_survives_a_crash_a_pause_and_a_lost_machine)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, median);
    run_good_trials(&bench, job);
    cr_assert(lt(i64, 0, run_bad_trial(&bench, job, 7)));
    bench_restart(&bench, true);
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err), "%s", err.message);
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 7, 1), 2)); /* told again */
    cr_assert(bench_request(&bench, REQUEST_PAUSE, job, &err));
    bench_put_ending(&bench, job, 7, 1, ENDING_LOST, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 7).state, TRIAL_SUCCEEDED));
    bench_clear(&bench);
}

/* What a rule has learnt from trials is in their measurements, so that an engine that begins anew
 * stops the same trials at the same step. */
Test(controller_stopping, a_restarted_engine_judges_as_the_old_one_would_have)
{
    static const char *const rules[] = {
        median,
        ",\"decayCurveStoppingSpec\":{}",
        ",\"convexAutomatedStoppingSpec\":{}",
    };

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        int64_t steps[2];

        for (int is_restarted = 0; is_restarted < 2; is_restarted++) {
            struct bench bench;
            struct assay_error err = { 0 };
            int64_t job = 0;

            bench_init(&bench);
            job = submit(&bench, rules[i]);
            run_good_trials(&bench, job);
            bench_put_step(&bench, job, 8, 1, 0.5);
            bench_commit(&bench);
            if (is_restarted) {
                bench_restart(&bench, true);
                cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err), "%s", err.message);
            }
            steps[is_restarted] = run_bad_trial(&bench, job, 7);
            bench_clear(&bench);
        }
        cr_assert(eq(i64, steps[0], steps[1]), "rule %zu", i);
    }
}

/* Successive halving with rungs at steps 1, 3, 9; each rung keeps its best, and a third. */
static int64_t submit_rule(struct bench *bench, const char *rule)
{
    char *document = make_document("", "\"maxTrialCount\":20,\"parallelTrialCount\":9,"
                                       "\"maxFailedTrialCount\":20,");
    char *end = strrchr(document, '}'); /* of the document; that of assay is before it */
    char *own = NULL;
    int64_t job = 0;

    cr_assert(eq(int, end[-1], '}'));
    end[-1] = '\0';
    cr_assert(lt(int, 0, asprintf(&own, "%s,\"stopping\":%s}}", document, rule)));
    job = bench_submit(bench, own);
    free(own);
    free(document);
    return job;
}

static int64_t submit_halving(struct bench *bench)
{
    return submit_rule(bench, "\"asha\"");
}

static void restart(struct bench *bench, int64_t job)
{
    struct assay_error err = { 0 };

    bench_restart(bench, true);
    cr_assert(bench_request(bench, REQUEST_RESUME, job, &err), "%s", err.message);
}

/* Reports; returns whether the trial's newest attempt has been told to stop. */
static bool is_stopped_at(struct bench *bench, int64_t job, int64_t trial, int64_t step,
                          double value)
{
    bench_put_step(bench, job, trial, step, value);
    bench_commit(bench);
    return bench_count(bench, DONE_STOP, trial, bench_trial(bench, job, trial).attempt) > 0;
}

Test(controller_stopping, halving_learns_from_all_that_came_to_a_rung_also_before_a_crash)
{
    int64_t stopped[2] = { 0, 0 };

    for (int is_restarted = 0; is_restarted < 2; is_restarted++) {
        struct bench bench;
        int64_t job = 0;

        bench_init(&bench);
        job = submit_halving(&bench);
        for (int64_t trial = 1; trial <= 9; trial++) {
            if (is_restarted && trial == 5)
                restart(&bench, job);
            stopped[is_restarted] =
                stopped[is_restarted] * 10 +
                is_stopped_at(&bench, job, trial, 1, (double)(10 - trial)); /* ever worse */
        }
        bench_clear(&bench);
    }
    cr_assert(lt(i64, 0, stopped[0]));
    cr_assert(eq(i64, stopped[0], stopped[1]));
}

Test(controller_stopping, how_far_a_trial_came_is_not_known_before_one_has_run_to_its_end)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit_halving(&bench);
    cr_assert(not(is_stopped_at(&bench, job, 1, 1, 5)));
    cr_assert(is_stopped_at(&bench, job, 2, 1, 4));
    cr_assert(is_stopped_at(&bench, job, 3, 1, 3));
    cr_assert(ne(chr, find_stop(&bench, job, 2).why[0], '\0'));
    cr_assert(isnan(find_stop(&bench, job, 2).progress));
    bench_put_ending(&bench, job, 2, 1, ENDING_STOPPED, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 2).state, TRIAL_SUCCEEDED));
    cr_assert(isnan(find_stop(&bench, job, 2).progress));
    cr_assert(not(is_stopped_at(&bench, job, 1, 4, 5)));
    bench_put_ending(&bench, job, 1, 1, ENDING_EXITED, 0, NULL, 0);
    bench_put_ending(&bench, job, 3, 1, ENDING_STOPPED, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(dbl, find_stop(&bench, job, 3).progress, 0.25));
    bench_clear(&bench);
}

Test(controller_stopping, before_one_has_run_to_its_end_the_rules_own_length_counts)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit_rule(&bench, "{\"rule\":\"asha\",\"maxStepCount\":20}");
    cr_assert(not(is_stopped_at(&bench, job, 1, 1, 5)));
    cr_assert(is_stopped_at(&bench, job, 2, 1, 4));
    cr_assert(eq(dbl, find_stop(&bench, job, 2).progress, 0.05));
    bench_clear(&bench);
}

/* At step 3 it was as far as any had come, so that there was nothing to save. */
Test(controller_stopping, halving_lets_a_late_trial_go_on_after_a_crash)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit_halving(&bench);
    cr_assert(not(is_stopped_at(&bench, job, 1, 1, 5)));
    cr_assert(not(is_stopped_at(&bench, job, 1, 3, 5)));
    bench_put_ending(&bench, job, 1, 1, ENDING_EXITED, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_SUCCEEDED));
    cr_assert(not(is_stopped_at(&bench, job, 2, 1, 6)));
    cr_assert(not(is_stopped_at(&bench, job, 2, 3, 1)));
    restart(&bench, job);
    cr_assert(not(is_stopped_at(&bench, job, 2, 4, 1)));
    bench_clear(&bench);
}

/* By the clocks of the trials, which all start at once, trial 1 came to the rung first. */
Test(controller_stopping, halving_lets_the_first_at_a_rung_go_on_after_a_crash)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit_halving(&bench);
    cr_assert(not(is_stopped_at(&bench, job, 2, 1, 1)));
    cr_assert(not(is_stopped_at(&bench, job, 1, 1, 5)));
    restart(&bench, job);
    cr_assert(not(is_stopped_at(&bench, job, 2, 2, 1)));
    cr_assert(not(is_stopped_at(&bench, job, 2, 3, 1))); /* the first there too */
    cr_assert(is_stopped_at(&bench, job, 3, 1, 0));
    bench_clear(&bench);
}

/* The machine broke while trial 1 led at the first rung: its second attempt is judged there anew,
 * and what the first had measured holds nobody back; whether the engine began anew or not. */
Test(controller_stopping, halving_forgets_what_a_lost_attempt_measured)
{
    for (int is_restarted = 0; is_restarted < 2; is_restarted++) {
        struct bench bench;
        int64_t job = 0;

        bench_init(&bench);
        job = submit_halving(&bench);
        cr_assert(not(is_stopped_at(&bench, job, 1, 1, 9)));
        bench_put_ending(&bench, job, 1, 1, ENDING_LOST, 0, NULL, 0);
        bench_commit(&bench);
        cr_assert(eq(int, bench_trial(&bench, job, 1).attempt, 2));
        if (is_restarted)
            restart(&bench, job);
        cr_assert(not(is_stopped_at(&bench, job, 2, 1, 5))); /* the first there */
        cr_assert(is_stopped_at(&bench, job, 3, 1, 4));
        cr_assert(is_stopped_at(&bench, job, 1, 1, 3));
        cr_assert(not(is_stopped_at(&bench, job, 4, 1, 6)));
        bench_clear(&bench);
    }
}

/* The job as it lives, and as a new engine would load it. */
static void check_past(const struct live_job *job, int64_t step)
{
    const struct history *history = study_memory_history(job->memory);
    struct past_trial past = history_get(history, GOOD_TRIALS);

    cr_assert(eq(sz, study_memory_count(job->memory), GOOD_TRIALS + 1));
    for (size_t i = 0; i < GOOD_TRIALS; i++)
        cr_assert(eq(int, (int)history_get(history, i).state, PAST_COMPLETED));
    cr_assert(eq(u64, past.number, 7));
    cr_assert(eq(int, (int)past.state, PAST_STOPPED));
    cr_assert(epsilon_eq(dbl, past.progress, (double)step / STEPS, 1e-12));
    cr_assert(eq(dbl, past.values[0], 0.001 * (double)step));
}

Test(controller_stopping, a_sampler_learns_that_a_trial_was_stopped)
{
    struct bench bench;
    char *document = make_document(median, "\"maxTrialCount\":20,\"parallelTrialCount\":2,"
                                           "\"maxFailedTrialCount\":20,");
    char *algorithm = strstr(document, "\"algorithm\":\"RANDOM_SEARCH\",");
    struct assay_error err = { 0 };
    struct live_job *loaded = NULL;
    int64_t job = 0;
    int64_t step = 0;

    cr_assert(algorithm != NULL);
    memset(algorithm, ' ', strlen("\"algorithm\":\"RANDOM_SEARCH\",")); /* the default */
    bench_init(&bench);
    job = bench_submit(&bench, document);
    run_good_trials(&bench, job);
    step = run_bad_trial(&bench, job, 7);
    bench_put_ending(&bench, job, 7, 1, ENDING_STOPPED, 0, NULL, 0);
    bench_commit(&bench);
    check_past(controller_find_job(bench.controller, job), step);
    loaded = live_job_load(bench.base.store, job, &err);
    cr_assert(loaded != NULL, "%s", err.message);
    check_past(loaded, step);
    live_job_free(loaded);
    bench_clear(&bench);
    free(document);
}
