/*
 * engine/store/store_schema.h - the tables, and every statement that runs more than once.
 *
 * Private to engine/store/. Points and values are blobs of doubles in this machine's byte order
 * (a folder moves between machines of one order; all that Debian ships today are little-endian).
 */
#ifndef ENGINE_STORE_STORE_SCHEMA_H
#define ENGINE_STORE_STORE_SCHEMA_H

#include "engine/store/schema_datasets.h"
#include "engine/store/schema_models.h"
#include "engine/store/schema_notify.h"
#include "engine/store/schema_pipelines.h"
#include "engine/store/schema_steering.h"

/* "assy": tells our files from other SQLite files. */
#define STORE_APPLICATION_ID 0x61737379
#define STORE_VERSION 5

/* What version 2 added: how trials of samplers with a memory came to be, and why trials were
 * stopped early. Tables of their own, so that a trial of any other kind has no byte of them. */
#define STORE_ADDED_IN_2                                                                           \
    "CREATE TABLE suggestion (trial INTEGER PRIMARY KEY, numbers BLOB NOT NULL) STRICT;"           \
    "CREATE TABLE early_stop (trial INTEGER PRIMARY KEY, progress REAL NOT NULL,"                  \
    " why TEXT NOT NULL) STRICT;"

/* What version 3 added: what samplers have learnt and go on from, so that it is learnt once; whose
 * a job is; and what studies of VizierService need beside: which client has a trial, which trials
 * are gone, how those were suggested that were not simply the next, and what the newest operations
 * answered. */
#define STORE_JOB_PARENT "parent TEXT NOT NULL DEFAULT '" STORE_PARENT_LOCAL "'"
#define STORE_ADDED_IN_3                                                                           \
    "CREATE TABLE model (job INTEGER NOT NULL, count INTEGER NOT NULL, numbers BLOB NOT NULL,"     \
    " PRIMARY KEY (job, count)) STRICT, WITHOUT ROWID;"                                            \
    "CREATE TABLE client (trial INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;"                    \
    "CREATE TABLE made (trial INTEGER PRIMARY KEY, ordinal INTEGER NOT NULL, fixed TEXT NOT NULL)" \
    " STRICT;"                                                                                     \
    "CREATE TABLE deleted (trial INTEGER PRIMARY KEY, ordinal INTEGER NOT NULL) STRICT;"           \
    "CREATE TABLE operation ("                                                                     \
    " id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL,"                      \
    " start_us INTEGER NOT NULL, end_us INTEGER NOT NULL, client TEXT NOT NULL,"                   \
    " trials TEXT NOT NULL) STRICT;"                                                               \
    "CREATE INDEX deletion_by_age ON operation (start_us, id) WHERE kind = 2;"
#define STORE_STUDY_INDEX "CREATE INDEX study_by_name ON job (display_name) WHERE kind = 2;"
#define STORE_CHANGED_IN_3 "ALTER TABLE job ADD COLUMN " STORE_JOB_PARENT ";" STORE_STUDY_INDEX

#define STORE_LONG_OPERATION_TABLE                                                                 \
    "CREATE TABLE long_operation ("                                                                \
    " id INTEGER PRIMARY KEY, parent TEXT NOT NULL, metadata_type TEXT NOT NULL,"                  \
    " metadata TEXT NOT NULL, request TEXT NOT NULL, response_type TEXT NOT NULL,"                 \
    " response TEXT NOT NULL, create_us INTEGER NOT NULL, update_us INTEGER NOT NULL,"             \
    " is_done INTEGER NOT NULL, error_code INTEGER NOT NULL, error_message TEXT NOT NULL"          \
    ") STRICT;"

/* What version 4 added: training pipelines, models, datasets, the operations that make them, and
 * who is to be told of changes. */
static const char *const store_added_in_4[] = {
    STORE_LONG_OPERATION_TABLE, STORE_PIPELINES_TABLES, STORE_MODELS_TABLES,
    STORE_DATASETS_TABLES,      STORE_NOTIFY_TABLES,    NULL,
};

/* What version 5 added: budgets that were changed, and trials that were run again. */
static const char *const store_added_in_5[] = { STORE_STEERING_TABLES, NULL };

/* How a job of an older version reads where nothing may be changed. */
#define STORE_JOB_BEFORE_3                                                                         \
    "CREATE TEMP VIEW job AS SELECT *, '" STORE_PARENT_LOCAL "' AS parent FROM main.job;"

/* Of all versions up to 3. */
#define STORE_SCHEMA                                                                               \
    "CREATE TABLE job ("                                                                           \
    " id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL,"                      \
    " seed INTEGER NOT NULL, create_us INTEGER NOT NULL, start_us INTEGER NOT NULL,"               \
    " end_us INTEGER NOT NULL, update_us INTEGER NOT NULL, best_trial INTEGER NOT NULL,"           \
    " error_code INTEGER NOT NULL, error_message TEXT NOT NULL, display_name TEXT NOT NULL,"       \
    " source TEXT NOT NULL, document TEXT NOT NULL, source_dir TEXT NOT NULL,"                     \
    " model_dir TEXT NOT NULL, note TEXT NOT NULL, closing INTEGER NOT NULL," STORE_JOB_PARENT     \
    ") STRICT;"                                                                                    \
    "CREATE INDEX job_by_age ON job (create_us, id);"                                              \
    "CREATE TABLE trial ("                                                                         \
    " id INTEGER PRIMARY KEY, state INTEGER NOT NULL, attempt INTEGER NOT NULL,"                   \
    " failure INTEGER NOT NULL DEFAULT 0, start_us INTEGER NOT NULL,"                              \
    " end_us INTEGER NOT NULL DEFAULT 0, end_order INTEGER NOT NULL DEFAULT 0,"                    \
    " step INTEGER NOT NULL DEFAULT 0, elapsed_us INTEGER NOT NULL DEFAULT 0,"                     \
    " point BLOB NOT NULL, final BLOB, reason TEXT) STRICT;"                                       \
    "CREATE INDEX trial_by_end ON trial (id / 100000000, end_order) WHERE end_order > 0;"          \
    "CREATE TABLE measurement ("                                                                   \
    " trial INTEGER NOT NULL, ordinal INTEGER NOT NULL, step INTEGER NOT NULL,"                    \
    " elapsed_us INTEGER NOT NULL, reported BLOB NOT NULL,"                                        \
    " PRIMARY KEY (trial, ordinal)) STRICT, WITHOUT ROWID;"                                        \
    "CREATE TABLE mark ("                                                                          \
    " trial INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, position BLOB NOT NULL) "               \
    "STRICT;" STORE_ADDED_IN_2 STORE_ADDED_IN_3 STORE_STUDY_INDEX

enum store_statement {
    SQL_BEGIN,
    SQL_BEGIN_READ,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_JOB_INSERT,
    SQL_JOB_UPDATE,
    SQL_JOB_DELETE,
    SQL_JOB_GET,
    SQL_JOB_EACH,
    SQL_JOB_FIND,
    SQL_JOB_STATES,
    SQL_TRIAL_INSERT,
    SQL_TRIAL_UPDATE,
    SQL_TRIAL_END,
    SQL_TRIAL_DELETE,
    SQL_TRIAL_BY_NUMBER,
    SQL_TRIAL_BY_END,
    SQL_TRIAL_TOTALS,
    SQL_TRIAL_LAST_END,
    SQL_TRIAL_LAST,
    SQL_MEASUREMENT_PUT,
    SQL_MEASUREMENT_EACH,
    SQL_MEASUREMENT_CLEAR,
    SQL_MEASUREMENT_DELETE,
    SQL_MARK_PUT,
    SQL_MARK_GET,
    SQL_MARK_DELETE,
    SQL_MARK_DELETE_JOB,
    SQL_SUGGESTION_PUT,
    SQL_SUGGESTION_EACH,
    SQL_SUGGESTION_DELETE_JOB,
    SQL_EARLY_STOP_PUT,
    SQL_EARLY_STOP_MOVE,
    SQL_EARLY_STOP_EACH,
    SQL_EARLY_STOP_DELETE,
    SQL_EARLY_STOP_DELETE_JOB,
    SQL_EARLY_STOP_COUNT,
    SQL_MODEL_PUT,
    SQL_MODEL_EACH,
    SQL_MODEL_TRIM,
    SQL_STUDY_BY_NAME,
    SQL_CLIENT_PUT,
    SQL_CLIENT_GET,
    SQL_CLIENT_DELETE_JOB,
    SQL_MADE_PUT,
    SQL_MADE_EACH,
    SQL_MADE_LAST,
    SQL_MADE_DELETE_JOB,
    SQL_RETRY_DELETE_JOB,
    SQL_DELETED_PUT,
    SQL_DELETED_LAST,
    SQL_DELETED_COUNT,
    SQL_DELETED_LAST_ORDINAL,
    SQL_DELETED_DELETE_JOB,
    SQL_OPERATION_PUT,
    SQL_OPERATION_GET,
    SQL_OPERATION_LAST,
    SQL_DELETION_EACH,
    SQL_DELETION_TRIM,
    SQL_OPERATION_DELETE,
    SQL_COUNT
};

#define JOB_COLUMNS                                                                                \
    "id, kind, state, seed, create_us, start_us, end_us, update_us, best_trial, error_code,"       \
    " error_message, display_name, source_dir, model_dir, note, closing, parent"
#define TRIAL_COLUMNS                                                                              \
    "id, state, attempt, failure, start_us, end_us, end_order, step, elapsed_us, point, final,"    \
    " reason"

static const char *const statement_texts[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_BEGIN_READ] = "BEGIN",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_JOB_INSERT] = "INSERT INTO job VALUES "
                       "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19)",
    [SQL_JOB_UPDATE] = "UPDATE job SET state=?2, start_us=?3, end_us=?4, update_us=?5,"
                       " best_trial=?6, error_code=?7, error_message=?8, model_dir=?9, note=?10,"
                       " closing=?11"
                       " WHERE id=?1",
    [SQL_JOB_DELETE] = "DELETE FROM job WHERE id=?1",
    [SQL_JOB_GET] = "SELECT " JOB_COLUMNS ", source, document FROM job WHERE id=?1",
    [SQL_JOB_EACH] = "SELECT " JOB_COLUMNS " FROM job WHERE (create_us, id) < (?1, ?2)"
                     " ORDER BY create_us DESC, id DESC",
    [SQL_JOB_FIND] = "SELECT id, count(*) OVER () FROM job"
                     " WHERE substr(CAST(id AS TEXT), 1, length(?1)) = ?1"
                     " ORDER BY create_us DESC, id DESC LIMIT 1",
    [SQL_JOB_STATES] = "SELECT id, kind, state FROM job",
    [SQL_TRIAL_INSERT] = "INSERT INTO trial (id, state, attempt, start_us, point)"
                         " VALUES (?1,?2,?3,?4,?5)",
    [SQL_TRIAL_UPDATE] = "UPDATE trial SET state=?2, attempt=?3, start_us=?4 WHERE id=?1",
    [SQL_TRIAL_END] = "UPDATE trial SET state=?2, attempt=?3, start_us=?4, failure=?5, end_us=?6,"
                      " end_order=?7, step=?8, elapsed_us=?9, final=?10, reason=?11 WHERE id=?1",
    [SQL_TRIAL_DELETE] = "DELETE FROM trial WHERE id BETWEEN ?1 AND ?2",
    [SQL_TRIAL_BY_NUMBER] = "SELECT " TRIAL_COLUMNS " FROM trial WHERE id > ?1 AND id <= ?2"
                            " AND (?3 = 0 OR state = ?3) AND (?4 = 0 OR state < 4)"
                            " ORDER BY id LIMIT ?5",
    [SQL_TRIAL_BY_END] = "SELECT " TRIAL_COLUMNS " FROM trial WHERE id / 100000000 = ?1"
                         " AND end_order > ?2 AND end_order > 0 ORDER BY end_order LIMIT ?3",
    [SQL_TRIAL_TOTALS] = "SELECT id, state, failure, end_order FROM trial"
                         " WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    [SQL_TRIAL_LAST_END] = "SELECT end_order FROM trial WHERE id / 100000000 = ?1"
                           " AND end_order > 0 ORDER BY end_order DESC LIMIT 1",
    [SQL_TRIAL_LAST] = "SELECT max(id) FROM trial WHERE id BETWEEN ?1 AND ?2",
    [SQL_MEASUREMENT_PUT] = "INSERT INTO measurement VALUES (?1,?2,?3,?4,?5)"
                            " ON CONFLICT DO UPDATE SET step=?3, elapsed_us=?4, reported=?5",
    [SQL_MEASUREMENT_EACH] = "SELECT ordinal, step, elapsed_us, reported FROM measurement"
                             " WHERE trial=?1 AND ordinal >= ?2 ORDER BY ordinal",
    [SQL_MEASUREMENT_CLEAR] = "DELETE FROM measurement WHERE trial=?1",
    [SQL_MEASUREMENT_DELETE] = "DELETE FROM measurement WHERE trial BETWEEN ?1 AND ?2",
    [SQL_MARK_PUT] = "INSERT OR REPLACE INTO mark VALUES (?1,?2,?3)",
    [SQL_MARK_GET] = "SELECT position FROM mark WHERE trial=?1 AND attempt=?2",
    [SQL_MARK_DELETE] = "DELETE FROM mark WHERE trial=?1",
    [SQL_MARK_DELETE_JOB] = "DELETE FROM mark WHERE trial BETWEEN ?1 AND ?2",
    [SQL_SUGGESTION_PUT] = "INSERT INTO suggestion VALUES (?1,?2)",
    [SQL_SUGGESTION_EACH] = "SELECT trial, numbers FROM suggestion WHERE trial BETWEEN ?1 AND ?2"
                            " ORDER BY trial",
    [SQL_SUGGESTION_DELETE_JOB] = "DELETE FROM suggestion WHERE trial BETWEEN ?1 AND ?2",
    [SQL_EARLY_STOP_PUT] = "INSERT OR REPLACE INTO early_stop VALUES (?1,?2,?3)",
    [SQL_EARLY_STOP_MOVE] = "UPDATE early_stop SET progress=?2 WHERE trial=?1",
    [SQL_EARLY_STOP_EACH] = "SELECT trial, progress, why FROM early_stop"
                            " WHERE trial BETWEEN ?1 AND ?2 ORDER BY trial",
    [SQL_EARLY_STOP_DELETE] = "DELETE FROM early_stop WHERE trial=?1",
    [SQL_EARLY_STOP_DELETE_JOB] = "DELETE FROM early_stop WHERE trial BETWEEN ?1 AND ?2",
    [SQL_EARLY_STOP_COUNT] = "SELECT count(*) FROM early_stop WHERE trial BETWEEN ?1 AND ?2",
    [SQL_MODEL_PUT] = "INSERT OR REPLACE INTO model VALUES (?1,?2,?3)",
    [SQL_MODEL_EACH] = "SELECT count, numbers FROM model WHERE job=?1 ORDER BY count",
    [SQL_MODEL_TRIM] = "DELETE FROM model WHERE job=?1 AND count < ?2",
    [SQL_STUDY_BY_NAME] = "SELECT " JOB_COLUMNS " FROM job WHERE kind = 2 AND display_name = ?1"
                          " ORDER BY create_us DESC, id DESC",
    [SQL_CLIENT_PUT] = "INSERT OR REPLACE INTO client VALUES (?1,?2)",
    [SQL_CLIENT_GET] = "SELECT id FROM client WHERE trial=?1",
    [SQL_CLIENT_DELETE_JOB] = "DELETE FROM client WHERE trial BETWEEN ?1 AND ?2",
    [SQL_MADE_PUT] = "INSERT INTO made VALUES (?1,?2,?3)",
    [SQL_MADE_EACH] = "SELECT trial, ordinal, fixed FROM made WHERE trial BETWEEN ?1 AND ?2"
                      " ORDER BY trial",
    [SQL_MADE_LAST] = "SELECT coalesce(made.ordinal, trial.id % 100000000) FROM trial"
                      " LEFT JOIN made ON made.trial = trial.id"
                      " WHERE trial.id BETWEEN ?1 AND ?2 AND trial.attempt > 0"
                      " AND NOT EXISTS (SELECT 1 FROM retry WHERE retry.trial = trial.id)"
                      " ORDER BY trial.id DESC LIMIT 1",
    [SQL_MADE_DELETE_JOB] = "DELETE FROM made WHERE trial BETWEEN ?1 AND ?2",
    [SQL_RETRY_DELETE_JOB] = "DELETE FROM retry WHERE trial BETWEEN ?1 AND ?2",
    [SQL_DELETED_PUT] = "INSERT INTO deleted SELECT trial.id, CASE WHEN attempt = 0 THEN 0"
                        " ELSE coalesce(made.ordinal, trial.id % 100000000) END FROM trial"
                        " LEFT JOIN made ON made.trial = trial.id WHERE trial.id = ?1",
    [SQL_DELETED_LAST] = "SELECT max(trial) FROM deleted WHERE trial BETWEEN ?1 AND ?2",
    [SQL_DELETED_COUNT] = "SELECT count(*) FROM deleted WHERE trial BETWEEN ?1 AND ?2",
    [SQL_DELETED_LAST_ORDINAL] = "SELECT max(ordinal) FROM deleted WHERE trial BETWEEN ?1 AND ?2",
    [SQL_DELETED_DELETE_JOB] = "DELETE FROM deleted WHERE trial BETWEEN ?1 AND ?2",
    [SQL_OPERATION_PUT] = "INSERT INTO operation VALUES (?1,?2,?3,?4,?5,?6,?7)",
    [SQL_OPERATION_GET] = "SELECT kind, state, start_us, end_us, client, trials FROM operation"
                          " WHERE id=?1",
    [SQL_DELETION_EACH] = "SELECT id / 100000000, start_us, end_us, client FROM operation"
                          " WHERE kind = 2 AND (start_us, id) < (?1, ?2)"
                          " ORDER BY start_us DESC, id DESC",
    [SQL_DELETION_TRIM] = "DELETE FROM operation WHERE id IN (SELECT id FROM operation"
                          " WHERE kind = 2 ORDER BY start_us DESC, id DESC LIMIT -1 OFFSET ?1)",
    [SQL_OPERATION_LAST] = "SELECT max(id) FROM operation WHERE id BETWEEN ?1 AND ?2",
    [SQL_OPERATION_DELETE] = "DELETE FROM operation WHERE id BETWEEN ?1 AND ?2",
};

#endif
