#include "engine/store/job_stamps.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* Criterion 2.4's gt() holds for equal values, too: lt() with its sides turned is what is meant. */

enum { JOB = 7, OTHER = 8 };

static uint64_t stamp_of(const struct bench_store *bench, enum job_stamp_kind kind, int64_t job)
{
    uint64_t stamp = 0;

    cr_assert(job_stamp_read(store_job_stamps(bench->store), kind, job, &stamp));
    return stamp;
}

static void put_job(const struct bench_store *bench, int64_t id)
{
    struct assay_error err = { 0 };
    struct job_row row = make_row(id, "{}");

    cr_assert(store_job_insert(bench->store, &row, &err), "%s", err.message);
    job_row_clear(&row);
}

static void insert_trial(const struct bench_store *bench, int64_t job)
{
    const double point[] = { 1 };
    struct assay_error err = { 0 };
    struct trial_row row = {
        .job = job, .number = 1, .state = TRIAL_ACTIVE, .point = point, .point_count = 1
    };

    cr_assert(store_trial_insert(bench->store, &row, &err), "%s", err.message);
}

Test(job_stamps, a_job_s_row_changes_both_stamps_and_those_of_no_other_job)
{
    struct bench_store bench;
    uint64_t row = 0, trials = 0, other = 0;

    bench_store_init(&bench);
    row = stamp_of(&bench, JOB_STAMP_ROW, JOB);
    trials = stamp_of(&bench, JOB_STAMP_TRIALS, JOB);
    other = stamp_of(&bench, JOB_STAMP_TRIALS, OTHER);
    begin(bench.store);
    put_job(&bench, JOB);
    cr_assert(eq(u64, stamp_of(&bench, JOB_STAMP_ROW, JOB), row), "nothing is committed yet");
    commit(bench.store);
    cr_assert(lt(u64, row, stamp_of(&bench, JOB_STAMP_ROW, JOB)));
    cr_assert(lt(u64, trials, stamp_of(&bench, JOB_STAMP_TRIALS, JOB)));
    cr_assert(eq(u64, stamp_of(&bench, JOB_STAMP_TRIALS, OTHER), other));
    bench_store_clear(&bench);
}

Test(job_stamps, a_trial_leaves_the_stamp_of_its_job_s_row_as_it_is)
{
    struct bench_store bench;
    uint64_t row = 0, trials = 0;

    bench_store_init(&bench);
    begin(bench.store);
    put_job(&bench, JOB);
    commit(bench.store);
    row = stamp_of(&bench, JOB_STAMP_ROW, JOB);
    trials = stamp_of(&bench, JOB_STAMP_TRIALS, JOB);
    begin(bench.store);
    insert_trial(&bench, JOB);
    commit(bench.store);
    cr_assert(eq(u64, stamp_of(&bench, JOB_STAMP_ROW, JOB), row));
    cr_assert(lt(u64, trials, stamp_of(&bench, JOB_STAMP_TRIALS, JOB)));
    bench_store_clear(&bench);
}

/* All that writes a job's or a trial's row; whoever adds a statement, adds it here. */
Test(job_stamps, every_way_to_write_a_row_changes_the_stamp)
{
    const double values[] = { 0.5, 0.5 };
    struct trial_row trial = { .job = JOB,
                               .number = 1,
                               .state = TRIAL_SUCCEEDED,
                               .values = values,
                               .value_count = 2,
                               .end_order = 1 };
    struct bench_store bench;
    struct assay_error err = { 0 };
    struct job_row row = make_row(JOB, "{}");
    uint64_t before = 0;

    bench_store_init(&bench);
    for (int way = 0; way < 8; way++) {
        bool is_ok = true;

        before = stamp_of(&bench, JOB_STAMP_TRIALS, JOB);
        begin(bench.store);
        if (way == 0 || way == 6)
            put_job(&bench, JOB);
        else if (way == 1)
            is_ok = store_job_update(bench.store, &row, &err);
        else if (way == 2)
            insert_trial(&bench, JOB);
        else if (way == 3)
            is_ok = store_trial_update(bench.store, &trial, &err);
        else if (way == 4)
            is_ok = store_trial_end(bench.store, &trial, &err);
        else if (way == 5)
            is_ok = store_trial_delete(bench.store, JOB, 1, &err) &&
                    store_job_delete(bench.store, JOB, &err);
        else
            is_ok = store_job_delete(bench.store, JOB, &err);
        cr_assert(is_ok, "way %d: %s", way, err.message);
        commit(bench.store);
        cr_assert(lt(u64, before, stamp_of(&bench, JOB_STAMP_TRIALS, JOB)), "way %d", way);
    }
    job_row_clear(&row);
    bench_store_clear(&bench);
}

Test(job_stamps, a_roll_back_leaves_stamps_that_can_be_kept_by)
{
    struct bench_store bench;
    uint64_t before = 0;

    bench_store_init(&bench);
    before = stamp_of(&bench, JOB_STAMP_ROW, JOB);
    begin(bench.store);
    put_job(&bench, JOB);
    store_rollback(bench.store);
    cr_assert(zero(u64, stamp_of(&bench, JOB_STAMP_ROW, JOB) % 2));
    cr_assert(ge(u64, stamp_of(&bench, JOB_STAMP_ROW, JOB), before));
    bench_store_clear(&bench);
}

Test(job_stamps, nothing_can_be_kept_while_a_commit_is_under_way)
{
    static struct job_stamps stamps;
    uint64_t before = 0, after = 0;

    cr_assert(job_stamp_read(&stamps, JOB_STAMP_ROW, JOB, &before));
    job_stamps_touch(&stamps, JOB_STAMP_ROW, JOB);
    job_stamps_touch(&stamps, JOB_STAMP_ROW, JOB);
    job_stamps_begin(&stamps);
    cr_assert(not(job_stamp_read(&stamps, JOB_STAMP_ROW, JOB, &after)));
    cr_assert(not(job_stamp_read(&stamps, JOB_STAMP_TRIALS, JOB, &after)));
    job_stamps_end(&stamps);
    cr_assert(job_stamp_read(&stamps, JOB_STAMP_ROW, JOB, &after));
    cr_assert(lt(u64, before, after));
    job_stamps_begin(&stamps);
    job_stamps_end(&stamps);
    before = after;
    cr_assert(job_stamp_read(&stamps, JOB_STAMP_ROW, JOB, &after));
    cr_assert(eq(u64, after, before), "what was touched is forgotten with its commit");
}

Test(job_stamps, who_only_reads_has_none)
{
    struct bench_store bench;
    struct store *reader = NULL;

    bench_store_init(&bench);
    reader = open_store(bench.folder, STORE_READ);
    cr_assert(store_job_stamps(reader) == NULL);
    store_close(reader);
    bench_store_clear(&bench);
}
