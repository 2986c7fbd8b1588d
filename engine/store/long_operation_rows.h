/*
 * engine/store/long_operation_rows.h - google.longrunning.Operation of models, datasets and
 * pipelines: what was asked, how far it is, what came of it.
 *
 * They are kept when they are done, since clients come back for the answer.
 */
#ifndef ENGINE_STORE_LONG_OPERATION_ROWS_H
#define ENGINE_STORE_LONG_OPERATION_ROWS_H

#include "engine/store/store.h"

/* Their ids count up from here: no job's, which have ten digits. */
#define LONG_OPERATION_FIRST INT64_C(1000000000000)

/* So many that are done are kept, the newest. */
enum { LONG_OPERATIONS_KEPT = 10000 };

/* Strings are never NULL in what is read; owned there, borrowed in what is put. */
struct long_operation_row {
    int64_t id;   /* 0: put chooses one */
    char *parent; /* "projects/…/locations/…/models/7": what stands before /operations/ID */
    char *metadata_type; /* "UploadModelOperationMetadata": message of google.cloud.aiplatform.v1 */
    char *metadata;      /* JSON object: members beside genericMetadata; "" for none */
    char *request; /* JSON: what it takes to run it again after a crash; "" where it is done */
    char *response_type; /* "UploadModelResponse", "" for google.protobuf.Empty */
    char *response;      /* JSON object without @type; "" for no members */
    int64_t create_us, update_us;
    bool is_done;
    int error_code; /* enum assay_code; ASSAY_OK: none */
    char *error_message;
};

void long_operation_row_clear(struct long_operation_row *row);

/* Within an edit: *time_us becomes the first moment from then on in whose millisecond no operation
 * of this kind was made, for what one writes may be named by it. */
bool store_long_operation_free_time(struct store *store, const char *metadata_type,
                                    int64_t *time_us, struct assay_error *err);

/* Within an edit. A new row (id 0, then set) or all of an old one. */
bool store_long_operation_put(struct store *store, struct long_operation_row *row,
                              struct assay_error *err);
/* Fills *row (clear it); ASSAY_NOT_FOUND. */
bool store_long_operation_get(struct store *store, int64_t id, struct long_operation_row *row,
                              struct assay_error *err);
bool store_long_operation_delete(struct store *store, int64_t id, struct assay_error *err);

/* Newest first, with ids below before (INT64_MAX: all). row is valid during the call; false ends
 * the walk. */
typedef bool (*long_operation_row_fn)(void *context, const struct long_operation_row *row);
bool store_long_operation_each(struct store *store, int64_t before, long_operation_row_fn fn,
                               void *context, struct assay_error *err);

#endif
