/*
 * Every read, write, sync, truncation, deletion and opening of the store's files fails in turn
 * while somebody steers a tuning job: the 1st, the 2nd, … until the whole story needs no more of
 * them. What was answered is there for the next engine, what was not is there whole or not at all,
 * and the job goes on to its end.
 *
 *   ASSAY_FAULT_STEP=N   only every n-th (default 1)
 */

#include "engine/life/job_budget.h"
#include "engine/store/steering_rows.h"
#include "tests/faults/test_vfs.h"
#include "tests/unit/engine/controller_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS_MAX = 5 };

struct faulty_disk {
    uint64_t calls, failing;
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

    return disk->is_armed && ++disk->calls == disk->failing ? codes[call->kind] : SQLITE_OK;
}

struct story {
    struct bench bench;
    struct faulty_disk disk;
    int64_t job;
    bool is_extended, is_retried; /* it was answered so */
    bool was_broken;
};

/* One batch in which the disk may fail; false once it has. */
static bool put(struct story *story, struct event *event, struct request *request)
{
    struct assay_error why = { 0 };
    bool is_working = false;

    story->disk.is_armed = story->bench.looks_away = true;
    (void)controller_begin(story->bench.controller);
    controller_handle(story->bench.controller, event);
    is_working = controller_commit(story->bench.controller, NULL, &why);
    story->disk.is_armed = story->bench.looks_away = false;
    cr_assert(is_working || why.code != ASSAY_OK, "a failure without a word");
    if (request)
        cr_assert(ne(int, request->is_ok, request->err.code != ASSAY_OK));
    story->was_broken = !is_working;
    return is_working;
}

static bool steer(struct story *story, enum request_kind kind, const struct steering *steering)
{
    struct request request = { .kind = kind, .job = story->job, .steering = steering };
    struct event event = { .kind = EVENT_REQUEST, .request = &request };

    (void)put(story, &event, &request);
    return request.is_ok;
}

static int64_t max_trials(struct story *story)
{
    struct job_row row = bench_job(&story->bench, story->job);
    struct assay_error err = { 0 };
    struct job_spec *spec = job_row_spec(&row, &err);
    int64_t count = spec->max_trial_count;

    job_spec_free(spec);
    job_row_clear(&row);
    return count;
}

static bool count_retry(void *context, int64_t number, int64_t original)
{
    (void)number;
    (void)original;
    ++*(int *)context;
    return true;
}

/* The budget, the trials and whose retries they are were stored together, or none of them. */
static void judge(struct story *story)
{
    struct assay_error err = { 0 };
    int retries = 0;
    int64_t max = 0;

    cr_assert(
        store_retry_each(story->bench.reader, story->job, 1, 99, count_retry, &retries, &err));
    max = max_trials(story);
    cr_assert(le(int, retries, 1));
    cr_assert(max == 2 + retries || max == 4 + retries, "%d trials", (int)max);
    if (story->is_retried)
        cr_assert(eq(int, retries, 1));
    if (story->is_extended)
        cr_assert(ge(i64, max, 4));
    cr_assert(eq(int, bench_trial(&story->bench, story->job, 3).state != 0,
                 retries == 1 || bench_trial(&story->bench, story->job, 3).attempt > 0));
}

/* To the end, whatever was lost. */
static void finish(struct story *story)
{
    struct assay_error err = { 0 };

    if (!job_state_is_terminal(bench_job_state(&story->bench, story->job)))
        cr_assert(bench_request(&story->bench, REQUEST_RESUME, story->job, &err), "%s",
                  err.message);
    for (int round = 0; round < 3 * TRIALS_MAX; round++) {
        for (int64_t trial = 1; trial <= TRIALS_MAX; trial++)
            if (bench_trial(&story->bench, story->job, trial).state == TRIAL_ACTIVE)
                bench_end(&story->bench, story->job, trial, 0.5);
        bench_put_published(&story->bench, story->job, PUBLISHED_MODEL, "models/1");
        bench_commit(&story->bench);
    }
    cr_assert(eq(int, bench_job_state(&story->bench, story->job), JOB_STATE_SUCCEEDED));
    cr_assert(controller_is_idle(story->bench.controller));
}

/* A trial fails, the other succeeds; the first is run again, and the budget raised after the end.
 */
static void work(struct story *story, char *document)
{
    static const int64_t first[] = { 1 };
    struct steering larger = { .has_count[STEERING_MAX_TRIALS] = true,
                               .counts[STEERING_MAX_TRIALS] = 5 };

    story->job = bench_submit(&story->bench, document);
    bench_put_ending(&story->bench, story->job, 1, 1, ENDING_EXITED, 1, NULL, 0);
    bench_commit(&story->bench);
    bench_end(&story->bench, story->job, 2, 0.5);
    bench_put_published(&story->bench, story->job, PUBLISHED_MODEL, "models/1");
    bench_commit(&story->bench);
    bench_restart(&story->bench, false); /* so that the job is read, too */
    story->is_retried =
        steer(story, REQUEST_RETRY, &(struct steering){ .trials = first, .trial_count = 1 });
    if (!story->was_broken)
        story->is_extended = steer(story, REQUEST_BUDGET, &larger);
}

/* False when no call was left to fail. */
static bool run_with_fault(char *document, uint64_t failing, int *refusals)
{
    struct story story = { .disk = { .failing = failing } };

    test_vfs_watch(fail_nth, &story.disk);
    bench_init(&story.bench);
    work(&story, document);
    test_vfs_watch(NULL, NULL);
    *refusals += story.was_broken;
    bench_restart(&story.bench, false);
    judge(&story);
    finish(&story);
    bench_clear(&story.bench);
    return story.disk.calls >= failing;
}

Test(steering_faults, an_error_at_any_call_leaves_a_change_whole_or_undone)
{
    const char *text = getenv("ASSAY_FAULT_STEP");
    uint64_t step = text ? strtoull(text, NULL, 10) : 1;
    uint64_t failing = 1;
    int refusals = 0;
    char *document = make_document("", "\"maxTrialCount\":2,\"maxFailedTrialCount\":2,");

    while (run_with_fault(document, failing, &refusals))
        failing += step > 0 ? step : 1;
    free(document);
    (void)fprintf(stderr, "%" PRIu64 " calls, %d refusals\n", failing, refusals);
    cr_assert(lt(int, 5, refusals), "hardly anything failed");
}
