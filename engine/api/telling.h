/*
 * engine/api/telling.h - what a watcher is told, as JSON on one line each.
 *
 * Everything is read from the store when it is told. One thread at a time.
 */
#ifndef ENGINE_API_TELLING_H
#define ENGINE_API_TELLING_H

#include "engine/api/job_view.h"
#include "engine/engine.h"
#include "engine/live/cursor.h"
#include "engine/live/log_tail.h"

/* Zeroed but for engine and job. */
struct teller {
    struct engine *engine;
    int64_t job;
    char *text; /* what was told last; owned */
    size_t size;
    const struct job_view *view; /* while there is something to tell */
};

/* NOTHING_TO_TELL: it is gone by now. CANNOT_TELL: *err says why. */
enum telling { TOLD, NOTHING_TO_TELL, CANNOT_TELL };

enum telling teller_job(struct teller *teller, struct assay_error *err);
enum telling teller_trial(struct teller *teller, const struct news *news, struct assay_error *err);
enum telling teller_measurement(struct teller *teller, const struct news *news,
                                struct assay_error *err);
/* trial 0: the job is. */
enum telling teller_gone(struct teller *teller, int64_t trial, struct assay_error *err);
/* Changes the piece's bytes. */
enum telling teller_log(struct teller *teller, const struct log_tail *tail, struct log_piece *piece,
                        struct assay_error *err);

/* It is quiet: gives back all memory. */
void teller_rest(struct teller *teller);

#endif
