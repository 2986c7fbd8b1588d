/*
 * engine/readers.h - the store's reading handles: as many as read at the same moment, up to a few,
 * so that a long answer holds up nobody.
 *
 * A thread has one at a time. Any thread may call.
 */
#ifndef ENGINE_READERS_H
#define ENGINE_READERS_H

#include "engine/store/store.h"

enum { READERS_MAX = 4 };

struct readers;

/* The first handle is opened, further ones when they are needed. Copies state_dir. NULL and *err.
 */
struct readers *readers_open(const char *state_dir, struct assay_error *err);
/* Nobody reads. NULL is fine. */
void readers_close(struct readers *readers);

/* Waits only when READERS_MAX others read. Until readers_end() of the same thread. */
struct store *readers_begin(struct readers *readers);
void readers_end(struct readers *readers);

/*
 * For the moment in which the log is moved into the file: true when nobody reads, and nobody begins
 * to until readers_resume(). When somebody does: false, or, with is_patient, waits for them.
 */
bool readers_pause(struct readers *readers, bool is_patient);
void readers_resume(struct readers *readers);

#endif
