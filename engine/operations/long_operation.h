/*
 * engine/operations/long_operation.h - work that takes longer than a call: stored, then run on a
 * thread of its own, and run again by the next engine where this one did not get to its end.
 *
 * A kind is a file's const struct long_operation_kind, listed in long_operation.c. What is quick is
 * no work: it is done within one edit that also puts the finished row (long_operation_put_done()).
 */
#ifndef ENGINE_OPERATIONS_LONG_OPERATION_H
#define ENGINE_OPERATIONS_LONG_OPERATION_H

#include "engine/edit.h"
#include "engine/engine.h"
#include "engine/store/long_operation_rows.h"

struct api_call;

struct long_operation_kind {
    const char *metadata_type; /* by which rows find their kind */
    /*
     * Does it; may take hours; engine_is_ending() is asked now and then. It ends with an
     * engine_edit() whose function calls long_operation_done(), so that the deed and its word are
     * one; or false and *err, which becomes the operation's error. ASSAY_ABORTED: the engine ends,
     * the next one runs it again, from the beginning: so what is half done must be found or not
     * matter.
     */
    bool (*run)(struct engine *engine, const struct long_operation_row *row,
                struct assay_error *err);
};

/* Within an edit: marks it done. response may be NULL. */
bool long_operation_done(struct store *store, int64_t id, int64_t now_us, const char *response_type,
                         const char *response, struct assay_error *err);

/* Within an edit: a row that is done from the start. */
bool long_operation_put_done(struct store *store, const char *parent, const char *metadata_type,
                             const char *response_type, const char *response, int64_t now_us,
                             int64_t *id, struct assay_error *err);

/* Within an edit: a row to be run. request: JSON, what run() will read. */
bool long_operation_put(struct store *store, const char *parent, const char *metadata_type,
                        const char *metadata, const char *request, int64_t now_us, int64_t *id,
                        struct assay_error *err);

/*
 * Has a row run that long_operation_put() made, after the commit, and waits a moment for it: most
 * are done then. In emulate mode it is run here and now. False and *err: no thread could be given
 * it; the next engine will run it.
 */
bool long_operation_start(struct engine *engine, int64_t id, struct assay_error *err);

/* Until it is done, or the time is over; not at all in emulate mode. */
void long_operation_wait(struct engine *engine, int64_t id, int64_t timeout_us);

/* Of an engine that has just been opened: all that were left. */
bool long_operations_resume(struct engine *engine, struct assay_error *err);

/* The call's answer is this operation. */
bool long_operation_answer(struct api_call *call, int64_t id, struct assay_error *err);

#endif
