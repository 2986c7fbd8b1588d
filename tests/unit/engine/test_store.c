#include "engine/store/store.h"

#include "engine/store/store_private.h"
#include "support.h"
#include "tests/simulation/dump.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOB INT64_C(1234567890)

enum { PARAMS = 3 };

static void replace(char **slot, const char *text)
{
    free(*slot);
    *slot = strdup(text);
}

static void check_job(const struct job_row *got, const struct job_row *wanted)
{
    cr_assert(eq(i64, got->id, wanted->id));
    cr_assert(eq(int, got->kind, wanted->kind));
    cr_assert(eq(int, got->state, wanted->state));
    cr_assert(eq(int, got->closing, wanted->closing));
    cr_assert(eq(u64, got->seed, wanted->seed));
    cr_assert(eq(i64, got->create_us, wanted->create_us));
    cr_assert(eq(i64, got->start_us, wanted->start_us));
    cr_assert(eq(i64, got->end_us, wanted->end_us));
    cr_assert(eq(i64, got->update_us, wanted->update_us));
    cr_assert(eq(i64, got->best_trial, wanted->best_trial));
    cr_assert(eq(int, got->error_code, wanted->error_code));
    cr_assert(eq(str, got->display_name, wanted->display_name));
    cr_assert(eq(str, got->source, wanted->source));
    cr_assert(eq(str, got->document, wanted->document));
    cr_assert(eq(str, got->source_dir, wanted->source_dir));
    cr_assert(eq(str, got->error_message, wanted->error_message));
    cr_assert(eq(str, got->model_dir, wanted->model_dir));
    cr_assert(eq(str, got->note, wanted->note));
}

Test(store, a_job_comes_back_as_it_was_stored_and_as_it_was_changed)
{
    struct bench_store bench;
    struct assay_error err = { 0 };
    struct job_row row = make_row(JOB, "{\"a\": \"\xc3\xa4\\n\"}");
    struct job_row got = { 0 };

    bench_store_init(&bench);
    row.seed = UINT64_MAX; /* all 64 bits */
    row.kind = JOB_CUSTOM;
    row.create_us = 1;
    replace(&row.source, "a: ''\n");
    begin(bench.store);
    cr_assert(store_job_insert(bench.store, &row, &err), "%s", err.message);
    commit(bench.store);
    cr_assert(store_job_get(bench.store, JOB, &got, &err), "%s", err.message);
    check_job(&got, &row);
    job_row_clear(&got);
    row.state = JOB_STATE_FAILED;
    row.closing = 2;
    row.start_us = 2;
    row.end_us = INT64_MAX;
    row.update_us = 4;
    row.best_trial = 5;
    row.error_code = 13;
    replace(&row.error_message, "why");
    replace(&row.model_dir, "models/1");
    replace(&row.note, "note");
    begin(bench.store);
    cr_assert(store_job_update(bench.store, &row, &err), "%s", err.message);
    commit(bench.store);
    cr_assert(store_job_get(bench.store, JOB, &got, &err), "%s", err.message);
    check_job(&got, &row);
    job_row_clear(&got);
    job_row_clear(&row);
    bench_store_clear(&bench);
}

Test(store, an_unknown_job_is_not_found)
{
    struct bench_store bench;
    struct job_row row = { 0 };
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    cr_assert(not(store_job_get(bench.store, JOB, &row, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    bench_store_clear(&bench);
}

Test(store, the_same_job_is_not_stored_twice)
{
    struct bench_store bench;
    struct job_row row = make_row(JOB, "{}");
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    insert_job(bench.store, JOB, 1);
    begin(bench.store);
    cr_assert(not(store_job_insert(bench.store, &row, &err)));
    store_rollback(bench.store);
    job_row_clear(&row);
    bench_store_clear(&bench);
}

struct ids {
    int64_t items[8];
    size_t count, stop_after;
};

static bool note_job(void *context, const struct job_row *row)
{
    struct ids *ids = context;

    cr_assert(eq(sz, strlen(row->document), 0)); /* documents may be large */
    ids->items[ids->count++] = row->id;
    return ids->count != ids->stop_after;
}

static bool add_state(void *context, int64_t job, int kind, int state)
{
    *(int64_t *)context += job * 100 + kind * 10 + state;
    return true;
}

Test(store, jobs_are_listed_newest_first)
{
    int64_t sum = 0;
    struct bench_store bench;
    struct ids ids = { 0 };
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    insert_job(bench.store, 3, 10);
    insert_job(bench.store, 1, 30);
    insert_job(bench.store, 2, 20);
    insert_job(bench.store, 4, 20); /* as old: the higher id first */
    cr_assert(store_job_each(bench.store, INT64_MAX, INT64_MAX, note_job, &ids, &err), "%s",
              err.message);
    cr_assert(eq(sz, ids.count, 4));
    cr_assert(eq(i64, ids.items[0], 1));
    cr_assert(eq(i64, ids.items[1], 4));
    cr_assert(eq(i64, ids.items[2], 2));
    cr_assert(eq(i64, ids.items[3], 3));
    cr_assert(store_job_each_state(bench.store, add_state, &sum, &err), "%s", err.message);
    cr_assert(eq(i64, sum, (1 + 2 + 3 + 4) * 100 + 4 * (JOB_TUNING * 10 + JOB_STATE_PENDING)));
    ids = (struct ids){ .stop_after = 2 };
    cr_assert(store_job_each(bench.store, INT64_MAX, INT64_MAX, note_job, &ids, &err));
    cr_assert(eq(sz, ids.count, 2));
    bench_store_clear(&bench);
}

Test(store, a_job_is_found_by_the_beginning_of_its_id)
{
    static const struct {
        const char *prefix;
        int64_t job, count;
    } cases[] = { { "", 1300000000, 3 },           { "1", 1300000000, 3 },
                  { "12", 1200000001, 2 },         { "13", 1300000000, 1 },
                  { "1200000000", 1200000000, 1 }, { "9", 0, 0 },
                  { "12000000001", 0, 0 },         { "1%", 0, 0 } };
    struct bench_store bench;
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    insert_job(bench.store, 1200000000, 1);
    insert_job(bench.store, 1200000001, 2);
    insert_job(bench.store, 1300000000, 3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t job = -1;
        int64_t count = -1;

        cr_assert(store_job_find(bench.store, cases[i].prefix, &job, &count, &err));
        cr_assert(eq(i64, job, cases[i].job), "%s", cases[i].prefix);
        cr_assert(eq(i64, count, cases[i].count), "%s", cases[i].prefix);
    }
    bench_store_clear(&bench);
}

static void fill_job(struct store *store, int64_t job)
{
    double point[PARAMS] = { 1, 2, 3 };
    struct assay_error err = { 0 };

    insert_job(store, job, 1);
    begin(store);
    for (int64_t number = 1; number <= 3; number++) {
        struct trial_row row = { .job = job,
                                 .number = number,
                                 .state = TRIAL_ACTIVE,
                                 .attempt = 1,
                                 .point = point,
                                 .point_count = PARAMS };

        cr_assert(store_trial_insert(store, &row, &err));
        put_measurement(store, store_trial_id(job, number), 0, 1);
        cr_assert(
            store_mark_put(store, store_trial_id(job, number), 1, &number, sizeof number, &err));
        cr_assert(store_suggestion_put(store, store_trial_id(job, number), point, PARAMS, &err));
        cr_assert(store_early_stop_put(store, store_trial_id(job, number), 0.5, "because", &err));
        cr_assert(store_model_put(store, job, number, point, PARAMS, &err));
    }
    commit(store);
}

static int64_t count_rows(struct store *store)
{
    sqlite3_stmt *statement = NULL;
    int64_t count = 0;

    cr_assert(eq(int,
                 sqlite3_prepare_v2(store->db,
                                    "SELECT (SELECT count(*) FROM job) +"
                                    " (SELECT count(*) FROM trial) +"
                                    " (SELECT count(*) FROM measurement) +"
                                    " (SELECT count(*) FROM mark) +"
                                    " (SELECT count(*) FROM suggestion) +"
                                    " (SELECT count(*) FROM early_stop) +"
                                    " (SELECT count(*) FROM model)",
                                    -1, &statement, NULL),
                 SQLITE_OK));
    cr_assert(eq(int, sqlite3_step(statement), SQLITE_ROW));
    count = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return count;
}

Test(store, deleting_a_job_removes_all_of_it_and_nothing_else)
{
    struct bench_store bench;
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    fill_job(bench.store, JOB - 1);
    fill_job(bench.store, JOB);
    fill_job(bench.store, JOB + 1);
    cr_assert(eq(i64, count_rows(bench.store), 57));
    begin(bench.store);
    cr_assert(store_job_delete(bench.store, JOB, &err), "%s", err.message);
    commit(bench.store);
    cr_assert(eq(i64, count_rows(bench.store), 38));
    bench_store_clear(&bench);
}

Test(store, a_reader_sees_what_is_committed_while_the_writer_is_at_work)
{
    struct bench_store bench;
    struct store *reader = NULL;
    struct job_row row = { 0 };
    struct job_row second = make_row(JOB + 1, "{}");
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    reader = open_store(bench.folder, STORE_READ);
    insert_job(bench.store, JOB, 1);
    begin(bench.store);
    cr_assert(store_job_insert(bench.store, &second, &err));
    cr_assert(store_job_get(reader, JOB, &row, &err), "%s", err.message);
    job_row_clear(&row);
    cr_assert(not(store_job_get(reader, JOB + 1, &row, &err)));
    commit(bench.store);
    cr_assert(store_job_get(reader, JOB + 1, &row, &err), "%s", err.message);
    job_row_clear(&row);
    job_row_clear(&second);
    store_close(reader);
    bench_store_clear(&bench);
}

Test(store, a_reader_never_writes)
{
    struct bench_store bench;
    struct store *reader = NULL;
    struct job_row row = make_row(JOB, "{}");
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    reader = open_store(bench.folder, STORE_READ);
    cr_assert(not(store_job_insert(reader, &row, &err)));
    job_row_clear(&row);
    store_close(reader);
    bench_store_clear(&bench);
}

Test(store, what_was_rolled_back_or_not_committed_is_gone)
{
    struct bench_store bench;
    struct job_row row = make_row(JOB, "{}");
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    for (int i = 0; i < 2; i++) {
        begin(bench.store);
        cr_assert(store_is_in_transaction(bench.store));
        cr_assert(store_job_insert(bench.store, &row, &err));
        if (i == 0) {
            store_rollback(bench.store);
        } else {
            store_close(bench.store);
            bench.store = open_store(bench.folder, STORE_WRITE);
        }
        cr_assert(not(store_is_in_transaction(bench.store)));
        cr_assert(eq(i64, count_rows(bench.store), 0));
    }
    job_row_clear(&row);
    bench_store_clear(&bench);
}

Test(store, a_reader_of_an_empty_folder_finds_nothing_and_makes_nothing)
{
    char folder[FOLDER_PATH];
    struct assay_error err = { 0 };

    cr_assert(store_open(folder_make(folder), STORE_READ, &err) == NULL);
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    cr_assert(eq(int, rmdir(folder), 0)); /* it is still empty */
}

Test(store, a_folder_that_is_not_there_is_an_error)
{
    struct assay_error err = { 0 };

    cr_assert(store_open("/nowhere/at/all", STORE_WRITE, &err) == NULL);
    cr_assert(ne(int, (int)err.code, ASSAY_OK));
}

struct counts {
    int64_t items[4];
    size_t count;
};

static bool note_count(void *context, int64_t count, const double *numbers, size_t number_count)
{
    struct counts *counts = context;

    cr_assert(eq(sz, number_count, 1));
    cr_assert(eq(dbl, numbers[0], (double)count / 8));
    counts->items[counts->count++] = count;
    return counts->count < 3;
}

static void put_model(struct store *store, int64_t job, int64_t count, double number)
{
    struct assay_error err = { 0 };

    cr_assert(store_model_put(store, job, count, &number, 1, &err), "%s", err.message);
}

Test(store, models_come_back_by_count_and_older_ones_go)
{
    struct bench_store bench;
    struct assay_error err = { 0 };
    struct counts counts = { .count = 0 };

    bench_store_init(&bench);
    begin(bench.store);
    put_model(bench.store, JOB, 5, -1); /* to be replaced */
    for (int64_t count = 7; count >= 4; count--)
        put_model(bench.store, JOB, count, (double)count / 8);
    put_model(bench.store, JOB + 1, 1, 0.125);
    cr_assert(store_model_trim(bench.store, JOB, 5, &err));
    commit(bench.store);
    cr_assert(store_model_each(bench.store, JOB, note_count, &counts, &err));
    cr_assert(eq(sz, counts.count, 3));
    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(i64, counts.items[i], 5 + (int64_t)i));
    cr_assert(store_model_each(bench.store, JOB + 1, note_count, &counts, &err));
    cr_assert(eq(sz, counts.count, 4)); /* another job's is untouched */
    bench_store_clear(&bench);
}

Test(store, a_moved_folder_opens_with_all_that_was_in_it)
{
    struct bench_store bench;
    char moved[FOLDER_PATH + 8];
    char *before = NULL;
    char *after = NULL;

    bench_store_init(&bench);
    fill_job(bench.store, JOB);
    before = dump_job(bench.store, JOB);
    store_close(bench.store);
    (void)snprintf(moved, sizeof moved, "%s.moved", bench.folder);
    cr_assert(eq(int, rename(bench.folder, moved), 0));
    bench.store = open_store(moved, STORE_READ);
    after = dump_job(bench.store, JOB);
    cr_assert(eq(str, before, after));
    store_close(bench.store);
    free(before);
    free(after);
    folder_remove(moved);
}

/* Root may write everywhere: it becomes nobody for as long as the folder is looked at. */
static void give_up_writing(const char *folder)
{
    char path[FOLDER_PATH + 16];

    (void)snprintf(path, sizeof path, "%s/assay.db", folder);
    cr_assert(eq(int, chmod(path, 0444), 0));
    cr_assert(eq(int, chmod(folder, 0555), 0));
    if (getuid() == 0)
        cr_assert(eq(int, seteuid(65534), 0));
}

static void write_again(const char *folder)
{
    if (getuid() == 0)
        cr_assert(eq(int, seteuid(0), 0));
    cr_assert(eq(int, chmod(folder, 0700), 0));
    (void)prctl(PR_SET_DUMPABLE, 1); /* for the leak sanitizer */
}

Test(store, a_folder_that_cannot_be_written_can_be_read)
{
    struct bench_store bench;
    char odd[FOLDER_PATH + 16];
    char *before = NULL;
    char *after = NULL;

    bench_store_init(&bench);
    fill_job(bench.store, JOB);
    before = dump_job(bench.store, JOB);
    store_close(bench.store);
    (void)snprintf(odd, sizeof odd, "%s?a=%%41#b", bench.folder);
    cr_assert(eq(int, rename(bench.folder, odd), 0));
    give_up_writing(odd);
    bench.store = open_store(odd, STORE_READ);
    after = dump_job(bench.store, JOB);
    cr_assert(eq(str, before, after));
    check_refused(odd, STORE_WRITE, "readonly");
    store_close(bench.store);
    write_again(odd);
    free(before);
    free(after);
    folder_remove(odd);
}

Test(store, a_log_that_cannot_be_read_without_writing_is_not_passed_over)
{
    struct bench_store bench;
    char log[FOLDER_PATH + 16];

    bench_store_init(&bench);
    fill_job(bench.store, JOB);
    store_close(bench.store);
    bench.store = NULL;
    (void)snprintf(log, sizeof log, "%s/assay.db-wal", bench.folder);
    file_write(log, "", 0);
    give_up_writing(bench.folder);
    store_close(open_store(bench.folder, STORE_READ)); /* an empty one holds nothing */
    write_again(bench.folder);
    file_write(log, "x", 1);
    give_up_writing(bench.folder);
    check_refused(bench.folder, STORE_READ, "assay.db-wal holds");
    write_again(bench.folder);
    bench_store_clear(&bench);
}

Test(store, a_checkpoint_changes_nothing_that_is_read)
{
    struct bench_store bench;
    struct store *reader = NULL;
    char *before = NULL;
    char *after = NULL;

    bench_store_init(&bench);
    reader = open_store(bench.folder, STORE_READ);
    cr_assert(not(store_needs_checkpoint(bench.store)));
    fill_job(bench.store, JOB);
    before = dump_job(reader, JOB);
    store_checkpoint(bench.store);
    fill_job(bench.store, JOB + 1);
    after = dump_job(reader, JOB);
    cr_assert(eq(str, before, after));
    free(before);
    free(after);
    store_close(reader);
    bench_store_clear(&bench);
}

Test(store, a_log_that_has_grown_large_asks_for_a_checkpoint)
{
    struct bench_store bench;
    struct job_row row = make_row(JOB, "{}");
    struct assay_error err = { 0 };
    size_t size = (size_t)20 * 1024 * 1024;

    bench_store_init(&bench);
    free(row.source);
    row.source = malloc(size + 1);
    cr_assert(row.source != NULL);
    memset(row.source, 'x', size);
    row.source[size] = '\0';
    begin(bench.store);
    cr_assert(store_job_insert(bench.store, &row, &err));
    commit(bench.store);
    cr_assert(store_needs_checkpoint(bench.store));
    store_checkpoint(bench.store);
    cr_assert(not(store_needs_checkpoint(bench.store)));
    job_row_clear(&row);
    bench_store_clear(&bench);
}

Test(store, what_is_cleared_or_closed_may_be_nothing)
{
    struct job_row row = { 0 };

    job_row_clear(&row);
    job_row_clear(NULL);
    store_close(NULL);
}
