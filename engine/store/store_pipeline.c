#include "engine/store/pipeline_rows.h"

#include "engine/store/store_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS                                                                                    \
    "id, state, seed, create_us, start_us, end_us, update_us, error_code, job, best_trial,"        \
    " training_count, validation_count, test_count, parent, display_name, definition, document,"   \
    " source_dir, error_message, data_format, data_uri, model, version"

enum { PIPELINE_VERSION = 4 }; /* of the store: older ones have none */

void pipeline_row_clear(struct pipeline_row *row)
{
    if (!row)
        return;
    free(row->parent);
    free(row->display_name);
    free(row->definition);
    free(row->document);
    free(row->source_dir);
    free(row->error_message);
    free(row->data_format);
    free(row->data_uri);
    free(row->model);
    free(row->version);
    *row = (struct pipeline_row){ 0 };
}

/* What insert and update have in common: parameters 2 to 16, but for the seed and the creation. */
static void bind_progress(sqlite3_stmt *s, const struct pipeline_row *row)
{
    (void)sqlite3_bind_int64(s, 1, row->id);
    (void)sqlite3_bind_int(s, 2, row->state);
    (void)sqlite3_bind_int64(s, 3, row->start_us);
    (void)sqlite3_bind_int64(s, 4, row->end_us);
    (void)sqlite3_bind_int64(s, 5, row->update_us);
    (void)sqlite3_bind_int(s, 6, row->error_code);
    (void)sqlite3_bind_int64(s, 7, row->job);
    (void)sqlite3_bind_int64(s, 8, row->best_trial);
    for (int i = 0; i < 3; i++)
        (void)sqlite3_bind_int64(s, 9 + i, row->counts[i]);
    store_bind_text(s, 12, row->error_message);
    store_bind_text(s, 13, row->data_format);
    store_bind_text(s, 14, row->data_uri);
    store_bind_text(s, 15, row->model);
    store_bind_text(s, 16, row->version);
}

/* Ids are unique among jobs and pipelines, so that one word on a command line names one thing. */
static bool check_id(struct store *store, int64_t id, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "SELECT EXISTS (SELECT 1 FROM job WHERE id = ?1)"
                                " OR EXISTS (SELECT 1 FROM pipeline WHERE id = ?1)",
                                err);
    bool is_free = false;

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, id);
    if (sqlite3_step(s) != SQLITE_ROW)
        (void)store_fail(store, "look for an id", err);
    else if (sqlite3_column_int(s, 0) != 0)
        (void)assay_fail(err, ASSAY_EXISTS, NULL, "the id %" PRId64 " is taken", id);
    else
        is_free = true;
    (void)sqlite3_reset(s);
    return is_free;
}

bool store_pipeline_free_time(struct store *store, int64_t *time_us, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "SELECT 1 FROM pipeline WHERE create_us >= ?1"
                                " AND create_us < ?1 + 1000 LIMIT 1",
                                err);
    int64_t ms = *time_us / 1000;
    int code = SQLITE_ROW;

    if (!s)
        return false;
    for (; code == SQLITE_ROW; ms++) {
        (void)sqlite3_bind_int64(s, 1, ms * 1000);
        code = sqlite3_step(s);
        (void)sqlite3_reset(s);
    }
    if (code != SQLITE_DONE)
        return store_fail(store, "look for a time", err);
    if (ms - 1 > *time_us / 1000)
        *time_us = (ms - 1) * 1000;
    return true;
}

int64_t pipeline_row_moment(const struct pipeline_row *row, int64_t now_us)
{
    return now_us > row->create_us ? now_us : row->create_us;
}

bool store_pipeline_insert(struct store *store, const struct pipeline_row *row,
                           struct assay_error *err)
{
    sqlite3_stmt *s = NULL;

    if (!check_id(store, row->id, err))
        return false;
    s = store_sql(store,
                  "INSERT INTO pipeline (id, state, start_us, end_us, update_us, error_code, job,"
                  " best_trial, training_count, validation_count, test_count, error_message,"
                  " data_format, data_uri, model, version, seed, create_us, parent, display_name,"
                  " definition, document, source_dir) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,"
                  "?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23)",
                  err);
    if (!s)
        return false;
    bind_progress(s, row);
    (void)sqlite3_bind_int64(s, 17, (int64_t)row->seed);
    (void)sqlite3_bind_int64(s, 18, row->create_us);
    store_bind_text(s, 19, row->parent);
    store_bind_text(s, 20, row->display_name);
    store_bind_text(s, 21, row->definition);
    store_bind_text(s, 22, row->document);
    store_bind_text(s, 23, row->source_dir);
    return store_run(store, s, "store the pipeline", err);
}

bool store_pipeline_update(struct store *store, const struct pipeline_row *row,
                           struct assay_error *err)
{
    sqlite3_stmt *s =
        store_sql(store,
                  "UPDATE pipeline SET state=?2, start_us=?3, end_us=?4, update_us=?5,"
                  " error_code=?6, job=?7, best_trial=?8, training_count=?9, validation_count=?10,"
                  " test_count=?11, error_message=?12, data_format=?13, data_uri=?14, model=?15,"
                  " version=?16 WHERE id=?1",
                  err);

    if (!s)
        return false;
    bind_progress(s, row);
    return store_run(store, s, "store the pipeline", err);
}

bool store_pipeline_delete(struct store *store, int64_t id, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "DELETE FROM pipeline WHERE id=?1", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, id);
    return store_run(store, s, "delete the pipeline", err);
}

static bool take_row(sqlite3_stmt *s, void *context)
{
    struct pipeline_row *row = context;

    *row = (struct pipeline_row){
        .id = sqlite3_column_int64(s, 0),
        .state = sqlite3_column_int(s, 1),
        .seed = (uint64_t)sqlite3_column_int64(s, 2),
        .create_us = sqlite3_column_int64(s, 3),
        .start_us = sqlite3_column_int64(s, 4),
        .end_us = sqlite3_column_int64(s, 5),
        .update_us = sqlite3_column_int64(s, 6),
        .error_code = sqlite3_column_int(s, 7),
        .job = sqlite3_column_int64(s, 8),
        .best_trial = sqlite3_column_int64(s, 9),
        .counts = { sqlite3_column_int64(s, 10), sqlite3_column_int64(s, 11),
                    sqlite3_column_int64(s, 12) },
        .parent = store_copy_text(s, 13),
        .display_name = store_copy_text(s, 14),
        .definition = store_copy_text(s, 15),
        .document = store_copy_text(s, 16),
        .source_dir = store_copy_text(s, 17),
        .error_message = store_copy_text(s, 18),
        .data_format = store_copy_text(s, 19),
        .data_uri = store_copy_text(s, 20),
        .model = store_copy_text(s, 21),
        .version = store_copy_text(s, 22),
    };
    if (row->parent && row->display_name && row->definition && row->document && row->source_dir &&
        row->error_message && row->data_format && row->data_uri && row->model && row->version)
        return true;
    pipeline_row_clear(row);
    return false;
}

static void clear_row(void *row)
{
    pipeline_row_clear(row);
}

static const struct row_kind pipeline_kind = { "TrainingPipeline", take_row, clear_row };

static bool fail_absent(int64_t id, struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the TrainingPipeline %" PRId64 " does not exist",
                      id);
}

bool store_pipeline_get(struct store *store, int64_t id, struct pipeline_row *row,
                        struct assay_error *err)
{
    sqlite3_stmt *s = NULL;

    *row = (struct pipeline_row){ 0 };
    if (store->version < PIPELINE_VERSION)
        return fail_absent(id, err);
    s = store_sql(store, "SELECT " COLUMNS " FROM pipeline WHERE id=?1", err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, id);
    return store_read_one(store, s, &pipeline_kind, id, row, err);
}

bool store_pipeline_has(struct store *store, int64_t id, bool *has, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "SELECT 1 FROM pipeline WHERE id=?1", err);
    int code = 0;

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, id);
    code = sqlite3_step(s);
    *has = code == SQLITE_ROW;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)store_fail(store, "look for a pipeline", err);
    (void)sqlite3_reset(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool store_pipeline_of_job(struct store *store, int64_t job, int64_t *id, struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    int code = 0;

    *id = 0;
    if (store->version < PIPELINE_VERSION || job == 0)
        return true;
    s = store_sql(store, "SELECT id FROM pipeline WHERE job = ?1 AND job <> 0", err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, job);
    code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        *id = sqlite3_column_int64(s, 0);
    else if (code != SQLITE_DONE)
        (void)store_fail(store, "look for the job's pipeline", err);
    (void)sqlite3_reset(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

struct walking {
    pipeline_row_fn fn;
    void *context;
};

static bool show_row(void *context, const void *row)
{
    const struct walking *walking = context;

    return walking->fn(walking->context, row);
}

static bool walk(struct store *store, sqlite3_stmt *s, pipeline_row_fn fn, void *context,
                 struct assay_error *err)
{
    struct walking walking = { .fn = fn, .context = context };
    struct pipeline_row row = { 0 };

    return store_walk(store, s, &pipeline_kind, &row, show_row, &walking, err);
}

bool store_pipeline_each(struct store *store, int64_t before_us, int64_t before_id,
                         pipeline_row_fn fn, void *context, struct assay_error *err)
{
    sqlite3_stmt *s = NULL;

    if (store->version < PIPELINE_VERSION)
        return true;
    s = store_sql(store,
                  "SELECT " COLUMNS " FROM pipeline WHERE (create_us, id) < (?1, ?2)"
                  " ORDER BY create_us DESC, id DESC",
                  err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, before_us);
    (void)sqlite3_bind_int64(s, 2, before_id);
    return walk(store, s, fn, context, err);
}

bool store_pipeline_each_unended(struct store *store, pipeline_row_fn fn, void *context,
                                 struct assay_error *err)
{
    sqlite3_stmt *s = NULL;

    if (store->version < PIPELINE_VERSION)
        return true;
    s = store_sql(store, "SELECT " COLUMNS " FROM pipeline WHERE end_us = 0 ORDER BY id", err);
    return s && walk(store, s, fn, context, err);
}
