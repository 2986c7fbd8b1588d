/*
 * engine/server/shells.h - shells beside trials that run, for a page: what `assay exec` is in a
 * terminal.
 *
 *   POST   /assay/v1/shells            {"job","trial","replica"?,"rows"?,"columns"?}   {"id"}
 *   GET    /assay/v1/shells/ID?after=N waits for output from byte N on  {"offset","data","isOver"}
 *   POST   /assay/v1/shells/ID:write   {"data","offset"?}
 *   POST   /assay/v1/shells/ID:resize  {"rows","columns"}
 *   DELETE /assay/v1/shells/ID
 *
 * data is base64; offset, how many bytes were typed before these, makes it safe to send them again.
 * Only jobs that say enableWebAccess have any (docs/monitoring.md). An id cannot be guessed. Any
 * thread may call.
 */
#ifndef ENGINE_SERVER_SHELLS_H
#define ENGINE_SERVER_SHELLS_H

#include "assay.h"

struct shells;

/* Borrows assay. NULL for lack of memory. */
struct shells *shells_new(struct assay *assay);

/* Ends all of them: who waits for output is answered. No further ones are begun. NULL is fine. */
void shells_stop(struct shells *shells);

/* Stopped before; nobody may be in a call. NULL is fine. */
void shells_free(struct shells *shells);

bool shells_is_path(const char *path);

/* What a request says; query, body may be NULL. */
struct shells_question {
    const char *method;
    const char *path;
    const char *query;
    const char *body;
    size_t body_size;
};

/* Waits up to some 15 s for output. False and *err for what is to be answered with an error. */
bool shells_answer(struct shells *shells, const struct shells_question *question,
                   struct assay_response *response, struct assay_error *err);

#endif
