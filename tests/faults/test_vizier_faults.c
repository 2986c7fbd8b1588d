/*
 * Every read, write, sync, truncation, deletion and opening of the store's files fails in turn
 * while clients work on a study of VizierService: the 1st, the 2nd, … until the whole story needs
 * no more of them. What was acknowledged before is there for the next engine, and a client that is
 * answered nothing finds its trials as they were, or as it has asked for.
 *
 *   ASSAY_FAULT_STEP=N   only every n-th (default 1)
 */

#include "tests/faults/test_vfs.h"
#include "tests/unit/engine/study_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 5 };

struct faulty_disk {
    uint64_t calls, failing;
    bool stays_broken;
    bool is_armed;
};

static int fail_nth(void *context, const struct vfs_call *call)
{
    static const int codes[] = {
        [VFS_OPEN] = SQLITE_CANTOPEN,     [VFS_READ] = SQLITE_IOERR_READ,
        [VFS_WRITE] = SQLITE_IOERR_WRITE, [VFS_TRUNCATE] = SQLITE_IOERR_TRUNCATE,
        [VFS_SYNC] = SQLITE_IOERR_FSYNC,  [VFS_DELETE] = SQLITE_IOERR_DELETE,
    };
    struct faulty_disk *disk = context;

    if (!disk->is_armed)
        return SQLITE_OK;
    disk->calls++;
    if (disk->stays_broken ? disk->calls < disk->failing : disk->calls != disk->failing)
        return SQLITE_OK;
    return codes[call->kind];
}

/* What the clients know: of each trial what is acknowledged, and what was asked last. */
struct known {
    bool is_held, is_measured, is_completed, is_deleted;
    bool asked_to_measure, asked_to_complete, asked_to_delete;
};

struct story {
    struct bench bench;
    struct faulty_disk disk;
    int64_t study;
    struct known trials[TRIALS + 1]; /* by number */
    int refusals;
};

/* True when it is acknowledged; *is_working: the engine goes on. */
static bool ask(struct story *story, enum request_kind kind, struct study_request *study,
                bool *is_working)
{
    struct request request = { .kind = kind, .job = story->study, .study = study };
    struct event event = { .kind = EVENT_REQUEST, .request = &request };
    struct assay_error why = { 0 };

    story->disk.is_armed = true;
    (void)controller_begin(story->bench.controller);
    controller_handle(story->bench.controller, &event);
    *is_working = controller_commit(story->bench.controller, NULL, &why);
    story->disk.is_armed = false;
    cr_assert(request.is_answered);
    cr_assert(request.is_ok || request.err.code != ASSAY_OK, "a failure without a word");
    if (!*is_working)
        cr_assert(request.is_ok == false && why.code != ASSAY_OK);
    story->refusals += !request.is_ok;
    return request.is_ok;
}

/* One more than the client has. */
static bool suggest(struct story *story, bool *is_working)
{
    struct study_request study = { .client = "w", .count = 1 };
    bool is_ok = false;

    for (int64_t number = 1; number <= TRIALS; number++)
        study.count += story->trials[number].is_held && !story->trials[number].is_completed &&
                       !story->trials[number].is_deleted;
    is_ok = ask(story, REQUEST_SUGGEST, &study, is_working);
    for (size_t i = 0; is_ok && i < study.trial_count; i++) {
        cr_assert(le(i64, study.trials[i], TRIALS));
        story->trials[study.trials[i]].is_held = true;
    }
    free(study.trials);
    return is_ok;
}

/* What becomes of one trial after the other; ends where something is refused. */
static void work(struct story *story)
{
    double value = 0.5;
    struct study_measurement measurement = { .step = 1, .values = &value };
    bool is_working = true;

    for (int64_t trial = 1; trial <= TRIALS; trial++) {
        struct known *known = &story->trials[trial];
        struct study_request about = { .trial = trial, .final = measurement };

        if (!suggest(story, &is_working) || !is_working)
            return;
        known->asked_to_measure = true;
        known->is_measured = ask(story, REQUEST_TRIAL_MEASURE, &about, &is_working);
        if (!is_working || !known->is_measured)
            return;
        if (trial % 2) /* these stay with their client */
            continue;
        known->asked_to_delete = trial == 4;
        known->asked_to_complete = trial != 4;
        if (known->asked_to_delete)
            known->is_deleted = ask(story, REQUEST_TRIAL_DELETE, &about, &is_working);
        else
            known->is_completed = ask(story, REQUEST_TRIAL_COMPLETE, &about, &is_working);
        if (!is_working)
            return;
    }
}

static void judge_trial(struct story *story, int64_t number)
{
    const struct known *known = &story->trials[number];
    struct trial_view view = bench_trial(&story->bench, story->study, number);

    if (view.state == 0) {
        cr_assert(known->asked_to_delete || !known->is_held, "trial %d is lost", (int)number);
        return;
    }
    cr_assert(not(known->is_deleted), "trial %d is there again", (int)number);
    if (known->is_completed)
        cr_assert(eq(int, view.state, TRIAL_SUCCEEDED), "the end of trial %d", (int)number);
    else if (!known->asked_to_complete)
        cr_assert(eq(int, view.state, TRIAL_ACTIVE), "trial %d", (int)number);
    if (known->is_measured)
        cr_assert(eq(int, view.measurements, 1), "the measurement of trial %d", (int)number);
    else if (!known->asked_to_measure)
        cr_assert(eq(int, view.measurements, 0), "trial %d", (int)number);
}

/* A client that comes back has what it had. */
static void judge_client(struct story *story)
{
    struct answer answer = study_suggest(&story->bench, story->study, "w", TRIALS + 1);

    cr_assert(eq(int, answer.code, ASSAY_OK), "%s", answer.message);
    cr_assert(eq(sz, answer.count, TRIALS + 1));
    for (int64_t number = 1; number <= TRIALS; number++) {
        const struct known *known = &story->trials[number];
        bool is_back = false;

        for (size_t i = 0; i < answer.count; i++)
            is_back = is_back || answer.trials[i] == number;
        if (known->is_held && !known->asked_to_complete && !known->asked_to_delete)
            cr_assert(is_back, "trial %d does not come back", (int)number);
        if (known->is_completed || known->is_deleted)
            cr_assert(not(is_back));
    }
}

/* False when no call was left to fail. */
static bool run_with_fault(const char *algorithm, uint64_t failing, bool stays_broken,
                           int *refusals)
{
    struct story *story = calloc(1, sizeof *story);
    bool was_left = false;

    cr_assert(story != NULL);
    story->disk = (struct faulty_disk){ .failing = failing, .stays_broken = stays_broken };
    test_vfs_watch(fail_nth, &story->disk);
    bench_init(&story->bench);
    story->study = study_submit(&story->bench, algorithm, "");
    bench_restart(&story->bench, false); /* so that the study is read, too */
    work(story);
    test_vfs_watch(NULL, NULL);
    was_left = story->disk.calls >= failing;
    *refusals += story->refusals;
    bench_restart(&story->bench, false);
    for (int64_t number = 1; number <= TRIALS; number++)
        judge_trial(story, number);
    judge_client(story);
    bench_clear(&story->bench);
    free(story);
    return was_left;
}

static uint64_t step_of(void)
{
    const char *text = getenv("ASSAY_FAULT_STEP");
    uint64_t step = text ? strtoull(text, NULL, 10) : 1;

    return step > 0 ? step : 1;
}

static void fail_each_call(const char *algorithm, bool stays_broken)
{
    uint64_t failing = 1;
    int refusals = 0;

    while (run_with_fault(algorithm, failing, stays_broken, &refusals))
        failing += step_of();
    (void)fprintf(stderr, "%s: %" PRIu64 " calls, %d refusals\n", algorithm, failing, refusals);
    cr_assert(lt(u64, 40, failing), "hardly anything was written");
    cr_assert(lt(int, 5, refusals), "hardly anything failed");
}

Test(vizier_faults, an_error_at_any_call_loses_nothing_that_a_plain_study_acknowledged)
{
    fail_each_call("random", false);
}

Test(vizier_faults, a_disk_that_dies_at_any_call_loses_nothing_that_was_acknowledged)
{
    fail_each_call("random", true);
}

Test(vizier_faults, an_error_at_any_call_loses_nothing_that_a_learning_study_acknowledged)
{
    fail_each_call("default", false);
}
