/*
 * engine/edit.h - what somebody wants written to the store: a function of his that the controller
 * calls, within its own transaction.
 *
 * One edit is done whole or not at all, and no other comes between what it reads and what it
 * writes: so uniqueness and the like are decided here and nowhere else. Committed with all that was
 * handled with it; who asked is answered after that (engine_edit() in engine/engine.h).
 */
#ifndef ENGINE_EDIT_H
#define ENGINE_EDIT_H

#include "assay/error.h"

#include <stdint.h>

struct store;

struct edit {
    /*
     * On the controller's thread, which it must not hold up: rows, no files, no waiting. now_us:
     * wall clock. job: of a job that is handed in with it (struct request), its id; else 0. False
     * and *err: refused, nothing is written. NULL: there is nothing to do.
     */
    bool (*apply)(void *context, struct store *store, int64_t now_us, int64_t job,
                  struct assay_error *err);
    void *context;
};

#endif
