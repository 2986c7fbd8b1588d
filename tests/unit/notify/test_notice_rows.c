#include "engine/store/notice_rows.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

enum { JOB = 1234567890 };

static struct bench_store bench;
static struct job_row row;

static void set_up(void)
{
    char *document = make_document("", "");

    bench_store_init(&bench);
    row = make_row(JOB, document);
    row.state = JOB_STATE_PENDING;
    free(document);
}

static void tear_down(void)
{
    job_row_clear(&row);
    bench_store_clear(&bench);
}

TestSuite(notice_rows, .init = set_up, .fini = tear_down);

static void watch(unsigned kinds, const char *hook)
{
    struct assay_error err = { 0 };

    cr_assert(store_notice_watch(bench.store, kinds, &err), "%s", err.message);
    cr_assert(store_notice_begin_hook(bench.store, hook, &err), "%s", err.message);
}

static void insert(void)
{
    struct assay_error err = { 0 };

    begin(bench.store);
    cr_assert(store_job_insert(bench.store, &row, &err), "%s", err.message);
    commit(bench.store);
}

static void move_to(int state)
{
    struct assay_error err = { 0 };

    row.state = state;
    begin(bench.store);
    cr_assert(store_job_update(bench.store, &row, &err), "%s", err.message);
    commit(bench.store);
}

/* The notice behind that one is of this change; returns its id, 0 where there is none. */
static int64_t next(int64_t after, int old_state, int state)
{
    struct assay_error err = { 0 };
    struct notice_row notice;
    int64_t id = 0;

    cr_assert(store_notice_next(bench.store, after, &notice, &err), "%s", err.message);
    id = notice.id;
    cr_expect(eq(int, notice.old_state, old_state));
    cr_expect(eq(int, notice.state, state));
    notice_row_clear(&notice);
    return id;
}

Test(notice_rows, each_change_of_a_state_is_noted_once_and_nothing_else)
{
    int64_t first = 0;
    int64_t second = 0;

    watch(NOTICE_JOB, "h");
    insert();
    move_to(JOB_STATE_PENDING);
    row.best_trial = 3;
    move_to(JOB_STATE_RUNNING);
    move_to(JOB_STATE_RUNNING);
    first = next(0, 0, JOB_STATE_PENDING);
    second = next(first, JOB_STATE_PENDING, JOB_STATE_RUNNING);
    cr_assert(first > 0 && second > first);
    cr_assert(eq(i64, next(second, 0, 0), 0));
}

Test(notice_rows, what_is_taken_back_is_not_told)
{
    struct assay_error err = { 0 };

    watch(NOTICE_JOB, "h");
    begin(bench.store);
    cr_assert(store_job_insert(bench.store, &row, &err));
    store_rollback(bench.store);
    cr_assert(eq(i64, next(0, 0, 0), 0));
}

Test(notice_rows, nobody_who_does_not_watch_pays)
{
    insert();
    cr_assert(eq(i64, next(0, 0, 0), 0));
    watch(NOTICE_TRIAL, "h");
    move_to(JOB_STATE_RUNNING);
    cr_assert(eq(i64, next(0, 0, 0), 0));
}

Test(notice_rows, numbers_are_never_given_twice)
{
    struct assay_error err = { 0 };
    int64_t first = 0;

    watch(NOTICE_JOB, "h");
    insert();
    first = next(0, 0, JOB_STATE_PENDING);
    cr_assert(store_notice_put_hook(bench.store, "h", first, &err), "%s", err.message);
    move_to(JOB_STATE_RUNNING);
    cr_assert(next(first, JOB_STATE_PENDING, JOB_STATE_RUNNING) > first);
}

Test(notice_rows, what_the_slowest_hook_has_not_heard_stays)
{
    const char *const only[] = { "slow" };
    struct assay_error err = { 0 };
    int64_t first = 0;
    int64_t last = 0;

    watch(NOTICE_JOB, "slow");
    cr_assert(store_notice_begin_hook(bench.store, "quick", &err));
    insert();
    move_to(JOB_STATE_RUNNING);
    first = next(0, 0, JOB_STATE_PENDING);
    cr_assert(store_notice_last(bench.store, &last, &err));
    cr_assert(store_notice_put_hook(bench.store, "quick", last, &err));
    cr_assert(eq(i64, next(0, 0, JOB_STATE_PENDING), first));
    cr_assert(store_notice_put_hook(bench.store, "slow", first, &err));
    cr_assert(eq(i64, next(0, JOB_STATE_PENDING, JOB_STATE_RUNNING), last));
    cr_assert(store_notice_keep_hooks(bench.store, only, 1, &err));
    cr_assert(store_notice_hook(bench.store, "slow", &last, &err));
    cr_assert(eq(i64, last, first));
    cr_assert(store_notice_hook(bench.store, "quick", &last, &err));
    cr_assert(eq(i64, last, 0));
}

Test(notice_rows, where_no_hook_is_left_nothing_is_kept_but_the_number)
{
    struct assay_error err = { 0 };
    int64_t last = 0;

    watch(NOTICE_JOB, "gone");
    insert();
    move_to(JOB_STATE_RUNNING);
    cr_assert(store_notice_last(bench.store, &last, &err));
    cr_assert(store_notice_keep_hooks(bench.store, NULL, 0, &err), "%s", err.message);
    cr_assert(eq(i64, next(0, JOB_STATE_PENDING, JOB_STATE_RUNNING), last));
}
