#include "engine/store/registry_rows.h"

#include "engine/store/store_rows.h"

#include <stdlib.h>
#include <string.h>

#define MODEL_COLUMNS                                                                              \
    "number, id, parent, display_name, description, labels, create_us, update_us, revision,"       \
    " last_version"
#define VERSION_COLUMNS                                                                            \
    "model, version, description, labels, document, artifact_uri, pipeline, source, lineage,"      \
    " artifact, file_count, size_bytes, create_us, update_us, push_state, push_tries,"             \
    " push_due_us, push_error"

void model_row_clear(struct model_row *row)
{
    if (!row)
        return;
    free(row->id);
    free(row->parent);
    free(row->display_name);
    free(row->description);
    free(row->labels);
    *row = (struct model_row){ 0 };
}

void model_version_row_clear(struct model_version_row *row)
{
    if (!row)
        return;
    free(row->description);
    free(row->labels);
    free(row->document);
    free(row->artifact_uri);
    free(row->pipeline);
    free(row->source);
    free(row->lineage);
    free(row->artifact);
    free(row->push_error);
    *row = (struct model_version_row){ 0 };
}

/* Runs a statement of two numbers at most and no rows. */
static bool run_numbers(struct store *store, const char *sql, int64_t one, int64_t two,
                        const char *what, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, sql, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, one);
    if (sqlite3_bind_parameter_count(s) > 1)
        (void)sqlite3_bind_int64(s, 2, two);
    return store_run(store, s, what, err);
}

/* The one number that a bound statement selects; 0 without a row. */
static bool read_number(struct store *store, sqlite3_stmt *s, int64_t *number,
                        struct assay_error *err)
{
    int code = sqlite3_step(s);

    *number = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)store_fail(store, "read the model registry", err);
    (void)sqlite3_reset(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool store_model_row_put(struct store *store, struct model_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "INSERT INTO registered_model"
                                " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"
                                " ON CONFLICT (number) DO UPDATE SET display_name=?4,"
                                " description=?5, labels=?6, update_us=?8, revision=?9,"
                                " last_version=?10",
                                err);

    if (!s)
        return false;
    if (row->number)
        (void)sqlite3_bind_int64(s, 1, row->number);
    else
        (void)sqlite3_bind_null(s, 1);
    store_bind_text(s, 2, row->id);
    store_bind_text(s, 3, row->parent);
    store_bind_text(s, 4, row->display_name);
    store_bind_text(s, 5, row->description);
    store_bind_text(s, 6, row->labels);
    (void)sqlite3_bind_int64(s, 7, row->create_us);
    (void)sqlite3_bind_int64(s, 8, row->update_us);
    (void)sqlite3_bind_int64(s, 9, row->revision);
    (void)sqlite3_bind_int64(s, 10, row->last_version);
    if (!store_run(store, s, "store the model", err))
        return false;
    if (!row->number)
        row->number = sqlite3_last_insert_rowid(store->db);
    return true;
}

/* False for lack of memory; *row is to be cleared all the same. */
static bool take_model(sqlite3_stmt *s, struct model_row *row)
{
    *row = (struct model_row){
        .number = sqlite3_column_int64(s, 0),
        .id = store_copy_text(s, 1),
        .parent = store_copy_text(s, 2),
        .display_name = store_copy_text(s, 3),
        .description = store_copy_text(s, 4),
        .labels = store_copy_text(s, 5),
        .create_us = sqlite3_column_int64(s, 6),
        .update_us = sqlite3_column_int64(s, 7),
        .revision = sqlite3_column_int64(s, 8),
        .last_version = sqlite3_column_int64(s, 9),
    };
    return row->id && row->parent && row->display_name && row->description && row->labels;
}

bool store_model_row_get(struct store *store, const char *id, struct model_row *row,
                         struct assay_error *err)
{
    sqlite3_stmt *s =
        store_sql(store, "SELECT " MODEL_COLUMNS " FROM registered_model WHERE id=?1", err);
    int code = SQLITE_DONE;
    bool is_ok = false;

    *row = (struct model_row){ 0 };
    if (!s)
        return false;
    store_bind_text(s, 1, id);
    code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        is_ok = take_model(s, row) || assay_fail_memory(err);
    else if (code == SQLITE_DONE)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Model %.100s does not exist", id);
    else
        (void)store_fail(store, "read the model", err);
    (void)sqlite3_reset(s);
    return is_ok;
}

bool store_model_row_delete(struct store *store, int64_t number, struct assay_error *err)
{
    return run_numbers(store, "DELETE FROM model_alias WHERE model=?1", number, 0,
                       "delete the model's aliases", err) &&
           run_numbers(store, "DELETE FROM model_version WHERE model=?1", number, 0,
                       "delete the model's versions", err) &&
           run_numbers(store, "DELETE FROM registered_model WHERE number=?1", number, 0,
                       "delete the model", err);
}

bool store_model_row_each(struct store *store, model_row_fn fn, void *context,
                          struct assay_error *err)
{
    sqlite3_stmt *s =
        store_sql(store, "SELECT " MODEL_COLUMNS " FROM registered_model ORDER BY number", err);
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (!s)
        return false;
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct model_row row;
        bool is_taken = take_model(s, &row);

        goes_on = is_taken && fn(context, &row);
        model_row_clear(&row);
        if (!is_taken) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "read the models", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}

bool store_model_version_put(struct store *store, const struct model_version_row *row,
                             struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "INSERT OR REPLACE INTO model_version VALUES (?1,?2,?3,?4,?5,?6,"
                                "?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)",
                                err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->model);
    (void)sqlite3_bind_int64(s, 2, row->version);
    store_bind_text(s, 3, row->description);
    store_bind_text(s, 4, row->labels);
    store_bind_text(s, 5, row->document);
    store_bind_text(s, 6, row->artifact_uri);
    store_bind_text(s, 7, row->pipeline);
    store_bind_text(s, 8, row->source);
    store_bind_text(s, 9, row->lineage);
    store_bind_text(s, 10, row->artifact);
    (void)sqlite3_bind_int64(s, 11, row->file_count);
    (void)sqlite3_bind_int64(s, 12, row->size_bytes);
    (void)sqlite3_bind_int64(s, 13, row->create_us);
    (void)sqlite3_bind_int64(s, 14, row->update_us);
    (void)sqlite3_bind_int(s, 15, row->push_state);
    (void)sqlite3_bind_int(s, 16, row->push_tries);
    (void)sqlite3_bind_int64(s, 17, row->push_due_us);
    store_bind_text(s, 18, row->push_error);
    return store_run(store, s, "store the model's version", err);
}

/* False for lack of memory; *row is to be cleared all the same. */
static bool take_version(sqlite3_stmt *s, struct model_version_row *row)
{
    *row = (struct model_version_row){
        .model = sqlite3_column_int64(s, 0),
        .version = sqlite3_column_int64(s, 1),
        .description = store_copy_text(s, 2),
        .labels = store_copy_text(s, 3),
        .document = store_copy_text(s, 4),
        .artifact_uri = store_copy_text(s, 5),
        .pipeline = store_copy_text(s, 6),
        .source = store_copy_text(s, 7),
        .lineage = store_copy_text(s, 8),
        .artifact = store_copy_text(s, 9),
        .file_count = sqlite3_column_int64(s, 10),
        .size_bytes = sqlite3_column_int64(s, 11),
        .create_us = sqlite3_column_int64(s, 12),
        .update_us = sqlite3_column_int64(s, 13),
        .push_state = sqlite3_column_int(s, 14),
        .push_tries = sqlite3_column_int(s, 15),
        .push_due_us = sqlite3_column_int64(s, 16),
        .push_error = store_copy_text(s, 17),
    };
    return row->description && row->labels && row->document && row->artifact_uri && row->pipeline &&
           row->source && row->lineage && row->artifact && row->push_error;
}

bool store_model_version_get(struct store *store, int64_t model, int64_t version,
                             struct model_version_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(
        store, "SELECT " VERSION_COLUMNS " FROM model_version WHERE model=?1 AND version=?2", err);
    int code = SQLITE_DONE;
    bool is_ok = false;

    *row = (struct model_version_row){ 0 };
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, model);
    (void)sqlite3_bind_int64(s, 2, version);
    code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        is_ok = take_version(s, row) || assay_fail_memory(err);
    else if (code == SQLITE_DONE)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Model has no version %lld",
                         (long long)version);
    else
        (void)store_fail(store, "read the model's version", err);
    (void)sqlite3_reset(s);
    return is_ok;
}

bool store_model_version_delete(struct store *store, int64_t model, int64_t version,
                                struct assay_error *err)
{
    return run_numbers(store, "DELETE FROM model_alias WHERE model=?1 AND version=?2", model,
                       version, "delete the version's aliases", err) &&
           run_numbers(store, "DELETE FROM model_version WHERE model=?1 AND version=?2", model,
                       version, "delete the model's version", err);
}

bool store_model_version_each(struct store *store, int64_t model, model_version_row_fn fn,
                              void *context, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "SELECT " VERSION_COLUMNS " FROM model_version"
                                " WHERE ?1 = 0 OR model = ?1 ORDER BY model, version DESC",
                                err);
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, model);
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct model_version_row row;
        bool is_taken = take_version(s, &row);

        goes_on = is_taken && fn(context, &row);
        model_version_row_clear(&row);
        if (!is_taken) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "read the model's versions", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}

static bool walk_files(struct store *store, sqlite3_stmt *s, model_files_fn fn, void *context,
                       struct assay_error *err)
{
    bool goes_on = true;
    bool is_ok = s != NULL;
    int code = SQLITE_DONE;

    while (is_ok && goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        const struct model_files_row row = {
            .id = (const char *)sqlite3_column_text(s, 0),
            .model = sqlite3_column_int64(s, 1),
            .version = sqlite3_column_int64(s, 2),
            .artifact = (const char *)sqlite3_column_text(s, 3),
            .push_due_us = sqlite3_column_int64(s, 4),
        };

        is_ok = (row.id && row.artifact) || assay_fail_memory(err);
        goes_on = is_ok && fn(context, &row);
    }
    if (is_ok && goes_on && code != SQLITE_DONE)
        is_ok = store_fail(store, "read the models' versions", err);
    if (s)
        (void)sqlite3_reset(s);
    return is_ok;
}

#define FILES_COLUMNS "m.id, v.model, v.version, v.artifact, v.push_due_us"

bool store_model_files_each(struct store *store, model_files_fn fn, void *context,
                            struct assay_error *err)
{
    /* CROSS: in the order of the index of ids, with nothing to be sorted. */
    return walk_files(store,
                      store_sql(store,
                                "SELECT " FILES_COLUMNS " FROM registered_model m"
                                " CROSS JOIN model_version v ON v.model = m.number"
                                " ORDER BY m.id, v.version",
                                err),
                      fn, context, err);
}

bool store_model_files_to_push(struct store *store, model_files_fn fn, void *context,
                               struct assay_error *err)
{
    return walk_files(store,
                      store_sql(store,
                                "SELECT " FILES_COLUMNS " FROM model_version v"
                                " JOIN registered_model m ON m.number = v.model"
                                " WHERE v.push_state = 1 ORDER BY v.push_due_us LIMIT 1",
                                err),
                      fn, context, err);
}

bool store_model_version_count(struct store *store, int64_t model, int64_t *count,
                               struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "SELECT count(*) FROM model_version WHERE model=?1", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, model);
    return read_number(store, s, count, err);
}

bool store_model_alias_put(struct store *store, int64_t model, const char *alias, int64_t version,
                           struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "INSERT OR REPLACE INTO model_alias VALUES (?1,?2,?3)", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, model);
    store_bind_text(s, 2, alias);
    (void)sqlite3_bind_int64(s, 3, version);
    return store_run(store, s, "store the version's alias", err);
}

bool store_model_alias_delete(struct store *store, int64_t model, const char *alias,
                              struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "DELETE FROM model_alias WHERE model=?1 AND alias=?2", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, model);
    store_bind_text(s, 2, alias);
    return store_run(store, s, "delete the version's alias", err);
}

bool store_model_alias_get(struct store *store, int64_t model, const char *alias, int64_t *version,
                           struct assay_error *err)
{
    sqlite3_stmt *s =
        store_sql(store, "SELECT version FROM model_alias WHERE model=?1 AND alias=?2", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, model);
    store_bind_text(s, 2, alias);
    return read_number(store, s, version, err);
}

bool store_model_alias_each(struct store *store, int64_t model, int64_t version, model_alias_fn fn,
                            void *context, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(
        store, "SELECT alias FROM model_alias WHERE model=?1 AND version=?2 ORDER BY alias", err);
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, model);
    (void)sqlite3_bind_int64(s, 2, version);
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        const char *alias = (const char *)sqlite3_column_text(s, 0);

        if (!alias) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
        goes_on = fn(context, alias);
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "read the version's aliases", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}
