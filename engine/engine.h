/*
 * engine/engine.h - a state folder at work: lock, store, threads, wired together.
 *
 *   caller ──request──▶ queue ──▶ controller ──deeds──▶ launcher (supervisor thread, shims)
 *                         ▲            │                    │ ended
 *                         └──events── follower ◀────────────┘
 *                         ├──events── offload (publishing)
 *                         └──events── suggester, learner (samplers that learn)
 *
 * A reader engine has a read-only store and nothing else.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/controller.h"

struct engine;

struct engine_options {
    const char *state_dir;
    const char *shim_path;    /* NULL: looked for */
    char *const *environment; /* what trials inherit; borrowed until engine_close() */
    bool is_reader;
    bool is_verbose;
    bool forbids_host; /* a job that runs commands straight on this machine is refused */
};

struct engine *engine_open(const struct engine_options *options, struct assay_error *err);
void engine_close(struct engine *engine);

const char *engine_state_dir(const struct engine *engine); /* absolute */

/* Hands the request to the controller and waits; ASSAY_UNAVAILABLE from a reader. */
bool engine_ask(struct engine *engine, struct request *request, struct assay_error *err);

/* The read-only store, held until engine_read_end(): for short reads, never around engine_ask(). */
struct store *engine_read_begin(struct engine *engine);
void engine_read_end(struct engine *engine);

/* More live jobs than this are worked on all the same, but read as if they were not. */
enum { ENGINE_LIVE_JOBS_MAX = 256 };

/* Copies where all live jobs stand; at most max, returns how many. */
size_t engine_progress_all(struct engine *engine, struct job_progress *items, size_t max);

/* False: nobody works on the job; then its rows tell all. */
bool engine_progress(struct engine *engine, int64_t job, struct job_progress *progress);

/* See assay_wait(), assay_reopen_log() and assay_is_working() in assay.h. */
bool engine_wait(struct engine *engine, uint64_t *seen, int timeout_ms);
void engine_reopen_log(struct engine *engine);
bool engine_is_working(struct engine *engine, struct assay_error *err);

#endif
