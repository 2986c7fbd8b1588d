/*
 * engine/engine.h - a state folder at work: lock, store, threads, wired together.
 *
 *   caller ──request──▶ queue ──▶ controller ──deeds──▶ launcher (supervisor thread, shims)
 *                         ▲            │                    │ ended
 *                         └──events── follower ◀────────────┘
 *                         ├──events── offload (publishing)
 *                         ├──events── suggester, learner (samplers that learn)
 *                         └──edits─── worker (operations), pipelines
 *
 * A reader engine has a read-only store and nothing else.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/config/launcher_config.h"
#include "engine/controller/controller.h"
#include "engine/job_cache.h"
#include "engine/launch_facts.h"
#include "engine/offload.h"
#include "engine/store/job_stamps.h"

struct engine;
struct live; /* live/live.h */
struct model_registry;
struct ranking_cache;
struct pipeline_runner;
struct plot_cache;

/* docs/emulator.md */
struct engine_emulation {
    const char *script; /* NULL: the empty one */
    size_t script_size;
    bool has_seed; /* else the script's, or 0 */
    uint64_t seed;
};

struct engine_options {
    const char *state_dir;
    const char *shim_path;    /* NULL: looked for */
    char *const *environment; /* what trials inherit; borrowed until engine_close() */
    bool is_reader;
    bool is_verbose;
    bool forbids_host; /* a job that runs commands straight on this machine is refused */
    /* How trials are run; borrowed until engine_close(). NULL: the defaults. */
    const struct launcher_config *config;
    /* NULL: jobs are run. Else the folder must have none but an emulation's, which go; NULL for
     * one that is removed at the end. engine/emulate/emulated_engine.h says more. */
    const struct engine_emulation *emulation;
};

struct engine *engine_open(const struct engine_options *options, struct assay_error *err);
void engine_close(struct engine *engine);

const char *engine_state_dir(const struct engine *engine); /* absolute */
/* The same, as answers show it: not that of an emulation, which would differ from run to run. */
const char *engine_shown_dir(const struct engine *engine);
const struct assay_env *engine_env(const struct engine *engine);
bool engine_is_emulated(const struct engine *engine);
/* Where it runs jobs. */
struct launch_place engine_place(const struct engine *engine);

/* What this machine shares out among trials; NULL where none are run (a reader, an emulation). */
const struct machine *engine_machine(const struct engine *engine);
/* Attempts that have not ended, as launcher_report(); none where none are run. */
void engine_report(struct engine *engine, launcher_report_fn fn, void *context);

/* Hands the request to the controller and waits; ASSAY_UNAVAILABLE from a reader. */
bool engine_ask(struct engine *engine, struct request *request, struct assay_error *err);

/* Has edit->apply called (engine/edit.h) and waits for the commit; false and *err: refused. */
bool engine_edit(struct engine *engine, const struct edit *edit, struct assay_error *err);

/* Who works on training pipelines (engine/pipelines/pipeline_runner.h); NULL of a reader. */
struct pipeline_runner *engine_pipelines(const struct engine *engine);
/* The files of models (engine/models/registry.h); NULL of a reader. */
struct model_registry *engine_models(const struct engine *engine);
/* Where versions are taken to, as in "remote:path"; NULL: nowhere. */
const char *engine_models_remote(const struct engine *engine);

/* It is being closed: who is at long work should come to an end. */
bool engine_is_ending(const struct engine *engine);
/* Has fn called on a thread for long work, in the order of the calls; see engine/offload.h. False
 * for lack of memory, and where nothing works (a reader, an emulation). */
bool engine_work(struct engine *engine, offload_fn fn, void *context);

/*
 * The same without waiting: the answer comes by request->on_answered, which hands what is to be
 * done then to engine_follow_up(). False: none will come. Only where engine_answers_later().
 */
bool engine_ask_later(struct engine *engine, struct request *request, struct assay_error *err);
bool engine_answers_later(const struct engine *engine);
/* Has fn called on a thread for that, in the order of the calls; see engine/offload.h. False for
 * lack of memory. */
bool engine_follow_up(struct engine *engine, offload_fn fn, void *context);

/* A reading handle of the store, the thread's own until engine_read_end(). Never two, and never
 * around engine_ask(): engine/readers.h. */
struct store *engine_read_begin(struct engine *engine);
void engine_read_end(struct engine *engine);

/*
 * Whether what is made of the job's rows from now on can be kept, and until when: as long as the
 * stamp is the same. False: another process may change them, or they are being changed.
 */
bool engine_job_stamp(const struct engine *engine, enum job_stamp_kind kind, int64_t job,
                      uint64_t *stamp);
struct job_cache *engine_job_cache(struct engine *engine);
/* Digests of studies, and forests of them, for plots (engine/plots/plot_cache.h). */
struct plot_cache *engine_digests(struct engine *engine);
struct plot_cache *engine_forests(struct engine *engine);
/* Orders of trials in tables (engine/api/window/ranking_cache.h). */
struct ranking_cache *engine_ranking_cache(struct engine *engine);

/* See assay_commit_count() in assay.h. */
uint64_t engine_commit_count(const struct engine *engine);

/* More live jobs than this are worked on all the same, but read as if they were not. */
enum { ENGINE_LIVE_JOBS_MAX = 256 };

/* Copies where all live jobs stand; at most max, returns how many. */
size_t engine_progress_all(struct engine *engine, struct job_progress *items, size_t max);

/* False: nobody works on the job; then its rows tell all. */
bool engine_progress(struct engine *engine, int64_t job, struct job_progress *progress);

/* Who is to hear of what was committed; NULL of a reader. */
struct live *engine_live(const struct engine *engine);

/* See assay_wait(), assay_reopen_log() and assay_is_working() in assay.h. */
bool engine_wait(struct engine *engine, uint64_t *seen, int timeout_ms);
void engine_reopen_log(struct engine *engine);

/* See assay_announce_storage(). Before jobs are run: nothing guards it. */
void engine_announce_storage(struct engine *engine, const char *url);
bool engine_is_working(struct engine *engine, struct assay_error *err);

#endif
