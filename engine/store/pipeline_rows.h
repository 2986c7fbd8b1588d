/*
 * engine/store/pipeline_rows.h - training pipelines: what was asked, how far each one is, what came
 * of it.
 *
 * How far it is follows from the row alone: data_uri is set once the data is exported, job once
 * there is a backing job, model once there is one. So whoever reads the row knows what is next.
 */
#ifndef ENGINE_STORE_PIPELINE_ROWS_H
#define ENGINE_STORE_PIPELINE_ROWS_H

#include "engine/store/store.h"

/* Strings are never NULL in what is read; owned there, borrowed in what is put. */
struct pipeline_row {
    int64_t id;
    int state;     /* enum job_state: PipelineState has the same numbers */
    uint64_t seed; /* of the split and of the backing job */
    int64_t create_us, start_us, end_us, update_us; /* 0 until set */
    int error_code;
    int64_t job;        /* the backing job; 0: none yet */
    int64_t best_trial; /* of that, noted at the end; 0: none */
    int64_t counts[3];  /* items exported: training, validation, test */
    char *parent;       /* "projects/…/locations/…" */
    char *display_name;
    char *definition; /* trainingTaskDefinition */
    char *document;   /* as received, as JSON, overrides applied */
    char *source_dir; /* where relative paths in it begin */
    char *error_message;
    char *data_format; /* "csv", "jsonl"; "" until the data is exported */
    char *data_uri;    /* the folder of the shards */
    char *model;       /* "projects/…/models/7"; "" until there is one */
    char *version;     /* "1" */
};

void pipeline_row_clear(struct pipeline_row *row); /* NULL or a zeroed one is fine */

/* Within an edit: *time_us becomes the first moment from then on whose millisecond has no
 * pipeline's create_us, for the folder of its data is named by it. */
bool store_pipeline_free_time(struct store *store, int64_t *time_us, struct assay_error *err);
/* now_us as a moment of its life: never before its create_us, which may be some milliseconds ahead
 * of the clock for that. */
int64_t pipeline_row_moment(const struct pipeline_row *row, int64_t now_us);
/* Within an edit: a new row. ASSAY_EXISTS: a pipeline or a job has that id. */
bool store_pipeline_insert(struct store *store, const struct pipeline_row *row,
                           struct assay_error *err);
/* Within an edit: everything but id, seed, create_us, parent, display_name, definition, document,
 * source_dir. */
bool store_pipeline_update(struct store *store, const struct pipeline_row *row,
                           struct assay_error *err);
bool store_pipeline_delete(struct store *store, int64_t id, struct assay_error *err);

/* Fills *row (clear it, also after false); ASSAY_NOT_FOUND. */
bool store_pipeline_get(struct store *store, int64_t id, struct pipeline_row *row,
                        struct assay_error *err);
/* Whether there is one of that id. */
bool store_pipeline_has(struct store *store, int64_t id, bool *has, struct assay_error *err);
/* The pipeline whose backing job this is; *id is 0 where there is none. */
bool store_pipeline_of_job(struct store *store, int64_t job, int64_t *id, struct assay_error *err);

/* row is valid during the call, and the store is not to be used in it; false ends the walk. */
typedef bool (*pipeline_row_fn)(void *context, const struct pipeline_row *row);
/* Newest first, with those that were created before before_us, or then with an id below before_id
 * (INT64_MAX: all). */
bool store_pipeline_each(struct store *store, int64_t before_us, int64_t before_id,
                         pipeline_row_fn fn, void *context, struct assay_error *err);
/* Those that have not ended, by their ids. */
bool store_pipeline_each_unended(struct store *store, pipeline_row_fn fn, void *context,
                                 struct assay_error *err);

#endif
