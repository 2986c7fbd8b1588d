#include "engine/emulate/emulation_script.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct emulation_script *script_of(const char *text)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };
    struct emulation_script *script =
        emulation_script_read(text, text ? strlen(text) : 0, &faults, &err);

    cr_assert(script != NULL, "%s", err.message);
    cr_assert(eq(sz, faults.count, 0));
    return script;
}

/* The one fault of the text. */
static void assert_fault(const char *text, int line, const char *field, const char *words)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };
    struct emulation_script *script = emulation_script_read(text, strlen(text), &faults, &err);

    cr_assert(script == NULL, "%s", text);
    cr_assert(eq(sz, faults.count, 1), "%s", err.message);
    cr_expect(eq(int, faults.items[0].line, line), "%s", err.message);
    cr_expect(eq(str, faults.items[0].field, (char *)field), "%s", text);
    cr_expect(strstr(faults.items[0].message, words) != NULL, "%s", faults.items[0].message);
    cr_expect(eq(int, (int)err.code, ASSAY_INVALID));
    assay_faults_clear(&faults);
}

Test(emulation_script, what_it_does_not_say_is_the_plain_case)
{
    static const char *const texts[] = { NULL, "", "{}", "# nothing\n", "trials: []" };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct emulation_script *script = script_of(texts[i]);

        cr_assert(eq(sz, script->job_count + script->trial_count + script->request_count, 0));
        cr_assert(eq(i64, script->start_us, 1767225600000000));
        cr_assert(eq(i64, script->per_request_us, 0));
        cr_assert(not(script->has_seed));
        emulation_script_free(script);
    }
}

Test(emulation_script, every_field_is_read_in_either_spelling)
{
    struct emulation_script *script = script_of(
        "seed: 7\n"
        "clock: {start: '2030-01-01T00:00:00Z', per_request: 1.5s}\n"
        "jobs:\n"
        "  - match: {display_name: 'a*', collection: customJobs}\n"
        "    refuse: {code: 429, message: m, first: 2}\n"
        "    queued: 5s\n"
        "    pending: NEVER\n"
        "    fail: {code: 13, message: f, when: {reads: 3}}\n"
        "trials:\n"
        "  - match: {trial: 3, attempt: 2}\n"
        "    ends: NOW\n"
        "    outcome: EXITED\n"
        "    exitStatus: 4\n"
        "    steps: 5\n"
        "    interval: 2s\n"
        "    stopAfter: 3s\n"
        "    objectives: [{metric: l*, function: constant, value: 1, noise: 0.5, start: 0}]\n"
        "    table: {lookup: NEAREST, rows: [{parameters: {x: 1, c: a}, metrics: {l: [1, 2]}}]}\n"
        "requests:\n"
        "  - {match: {method: GET, path: /v1/*}, code: UNAVAILABLE, every: 3, delay: 0.5s, "
        "pageSize: 9}\n");
    const struct job_rule *job = &script->jobs[0];
    const struct trial_rule *trial = &script->trials[0];
    const struct request_rule *request = &script->requests[0];

    cr_assert(script->has_seed && script->seed == 7);
    cr_assert(eq(i64, script->per_request_us, 1500000));
    cr_assert(eq(str, job->match.display_name, "a*"));
    cr_assert(eq(int, job->refuse.code, ASSAY_EXHAUSTED));
    cr_assert(eq(i64, job->refuse.turns.first, 2));
    cr_assert(job->queued.kind == OCCASION_AFTER_TIME && job->queued.after_us == 5000000);
    cr_assert(eq(int, (int)job->pending.kind, OCCASION_NEVER));
    cr_assert(eq(int, job->fail.code, ASSAY_INTERNAL));
    cr_assert(job->fail.when.kind == OCCASION_AFTER_READS && job->fail.when.reads == 3);
    cr_assert(trial->match.trial == 3 && trial->match.attempt == 2);
    cr_assert(eq(int, (int)trial->ends.kind, OCCASION_NOW));
    cr_assert(trial->exit_status == 4 && trial->steps == 5);
    cr_assert(trial->interval_us == 2000000 && trial->stop_after_us == 3000000);
    cr_assert(trial->objectives[0].has_start && trial->objectives[0].noise == 0.5);
    cr_assert(trial->has_table && trial->table.lookup == LOOKUP_NEAREST);
    cr_assert(eq(sz, trial->table.row_count, 1));
    cr_assert(request->code == ASSAY_UNAVAILABLE && request->turns.every == 3);
    cr_assert(request->delay_us == 500000 && request->page_size == 9);
    emulation_script_free(script);
}

Test(emulation_script, a_fault_names_line_and_field)
{
    assert_fault("trials:\n - {outcom: LOST}\n", 2, "trials[0].outcom", "did you mean");
    assert_fault("trials:\n - {ends: soon}\n", 2, "trials[0].ends", "NEVER");
    assert_fault("trials:\n - {ends: 5}\n", 2, "trials[0].ends", "5s");
    assert_fault("trials:\n - {ends: {reads: -1}}\n", 2, "trials[0].ends.reads", "at least 1");
    assert_fault("trials:\n - {steps: 10001}\n", 2, "trials[0].steps", "10000");
    assert_fault("trials:\n - {exitStatus: 256}\n", 2, "trials[0].exit_status", "255");
    assert_fault("trials:\n - {exitStatus: 1, outcome: LOST}\n", 2, "trials[0].exit_status",
                 "EXITED only");
    assert_fault("trials:\n - {match: {trial: -1}}\n", 2, "trials[0].match.trial", "at least 1");
    assert_fault("trials:\n - objectives:\n   - {function: parabola}\n", 3,
                 "trials[0].objectives[0].function", "sphere, branin");
    assert_fault("trials:\n - objectives: [{function: constant}]\n", 2,
                 "trials[0].objectives[0].value", "required");
    assert_fault("trials:\n - objectives: [{function: sphere, noise: -1}]\n", 2,
                 "trials[0].objectives[0].noise", "at least 0");
    assert_fault("trials:\n - table:\n    rows:\n    - {metrics: {l: [1, x]}}\n", 4,
                 "trials[0].table.rows[0].metrics.l", "step by step");
    assert_fault("trials:\n - table:\n    rows:\n    - {metrics: {l: 1}, parameters: {x: [1]}}\n",
                 4, "trials[0].table.rows[0].parameters.x", "a number or a text");
    assert_fault("trials: [{table: {rows: [{}]}}]", 1, "trials[0].table.rows[0].metrics",
                 "required");
    assert_fault("jobs: [{refuse: {}}]", 1, "jobs[0].refuse.code", "required");
    assert_fault("jobs: [{refuse: {code: 418}}]", 1, "jobs[0].refuse.code", "RESOURCE_EXHAUSTED");
    assert_fault("requests: [{code: 500, first: 1, every: 2}]", 1, "requests[0].every", "exclude");
    assert_fault("requests: [{delay: 31s}]", 1, "requests[0].delay", "at most 30s");
    assert_fault("requests: [{match: {path: x}}]", 1, "requests[0]", "does nothing");
    assert_fault("seed: -1", 1, "seed", "at least 0");
    assert_fault("[]", 1, "", "expected an object");
}

Test(emulation_script, all_faults_come_at_once)
{
    const char *text = "seed: x\nclock: {start: noon}\njobs: 5\n";
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };

    cr_assert(emulation_script_read(text, strlen(text), &faults, &err) == NULL);
    cr_assert(eq(sz, faults.count, 3));
    cr_assert(strstr(err.message, "line 1, seed: ") && strstr(err.message, "line 3, jobs: "));
    assay_faults_clear(&faults);
    cr_assert(emulation_script_read("a: [", 4, &faults, &err) == NULL);
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
}

Test(emulation_script, the_first_rule_that_matches_counts)
{
    struct emulation_script *script =
        script_of("jobs: [{match: {displayName: 'a-*'}}, {match: {collection: customJobs}}]\n"
                  "trials:\n"
                  " - {match: {trial: 2, attempt: 1}}\n"
                  " - {match: {trial: 2}}\n"
                  " - {match: {displayName: '[bc]?'}}\n");

    cr_assert(eq(sz, emulation_script_job_rule(script, "a-1", "customJobs"), 0));
    cr_assert(eq(sz, emulation_script_job_rule(script, "b", "customJobs"), 1));
    cr_assert(eq(sz, emulation_script_job_rule(script, "b", "hyperparameterTuningJobs"), 2));
    cr_assert(eq(sz, emulation_script_trial_rule(script, "b1", "customJobs", 2, 1), 0));
    cr_assert(eq(sz, emulation_script_trial_rule(script, "b1", "customJobs", 2, 2), 1));
    cr_assert(eq(sz, emulation_script_trial_rule(script, "b1", "customJobs", 1, 1), 2));
    cr_assert(eq(sz, emulation_script_trial_rule(script, "d1", "customJobs", 1, 1), 3));
    emulation_script_free(script);
}

Test(emulation_script, turns_are_the_first_or_each_so_many_th)
{
    const struct turns first = { .first = 2 };
    const struct turns every = { .every = 3 };
    const struct turns always = { 0 };
    static const bool wanted[][3] = { { true, false, true },  { true, false, true },
                                      { false, true, true },  { false, false, true },
                                      { false, false, true }, { false, true, true } };

    for (int64_t use = 1; use <= 6; use++) {
        cr_assert(turns_is_on(&first, use) == wanted[use - 1][0]);
        cr_assert(turns_is_on(&every, use) == wanted[use - 1][1]);
        cr_assert(turns_is_on(&always, use) == wanted[use - 1][2]);
    }
}
