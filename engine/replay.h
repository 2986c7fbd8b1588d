/*
 * engine/replay.h - all suggestions of a stored study computed anew, and compared.
 *
 * Some trials at a time, so that who asks can tell how far it is. An engine keeps the place where
 * its last replay was, models and all: to go on there costs no more than the trials themselves.
 * Any thread may call; one replays at a time.
 */
#ifndef ENGINE_REPLAY_H
#define ENGINE_REPLAY_H

#include "engine/engine.h"

#include <stdint.h>

struct replay; /* where an engine is; engine/engine_private.h */
void replay_free(struct replay *replay);

enum { REPLAY_TEXT = 256 };

struct replay_difference {
    int64_t trial;
    const char *param; /* NULL: not of one parameter; else into param_text */
    char param_text[REPLAY_TEXT];
    char stored[REPLAY_TEXT], recomputed[REPLAY_TEXT];
    char message[2 * REPLAY_TEXT];
};

struct replay_progress {
    int64_t checked;     /* in this call; the one that differs is not among them */
    int64_t last;        /* the last trial's number; to go on after */
    int64_t trial_count; /* of the job, as far as it was made when the replay began */
    bool is_done;        /* nothing is left, or a difference was found */
    bool has_difference;
    struct replay_difference difference;
};

/* Trials whose number is greater than after, about half a second of them and at least one.
 * ASSAY_NOT_FOUND; ASSAY_PRECONDITION for suggestions of which it is not stored what they were made
 * from. */
bool replay_some(struct engine *engine, int64_t job, int64_t after,
                 struct replay_progress *progress, struct assay_error *err);

#endif
