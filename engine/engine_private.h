/*
 * engine/engine_private.h - the engine's inside, shared by engine.c (opening, threads), outlet.c
 * (deeds), publish.c (the winner's model), sweep.c (folders of jobs that are gone), replay.c (how a
 * suggestion was made) and emulate/emulated_engine.c (an engine without threads and processes).
 */
#ifndef ENGINE_ENGINE_PRIVATE_H
#define ENGINE_ENGINE_PRIVATE_H

#include "engine/api/window/ranking_cache.h"
#include "engine/controller/controller.h"
#include "engine/engine.h"
#include "engine/follower.h"
#include "engine/keep/keeper.h"
#include "engine/models/registry.h"
#include "engine/notify/notifier.h"
#include "engine/offload.h"
#include "engine/paths.h"
#include "engine/pipelines/pipeline_runner.h"
#include "engine/plots/plot_cache.h"
#include "engine/readers.h"
#include "engine/replay.h"
#include "launcher/command.h"
#include "launcher/places/machine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

struct emulation;

struct engine {
    char *state_dir;
    char storage_url[128]; /* of the storage API; "": there is none */
    bool is_reader;
    int lock_fd;
    FILE *log; /* state folder's assay.log; its own lock guards it */
    bool is_verbose;
    bool forbids_host;
    const struct launcher_config *config; /* NULL: the defaults */
    struct assay_env env;
    char *shim_path;
    struct machine machine;     /* what is shared out */
    struct launch_facts *facts; /* NULL where nothing is run */
    struct slurm_launch slurm_defaults;
    struct command_pair *inherited; /* name and value of what trials inherit */
    char *inherited_text;
    size_t inherited_count;

    struct store *writer; /* the controller thread's */
    struct live *live;    /* of the writer's changes; NULL of a reader */
    struct readers *readers;
    struct plot_cache *digests;     /* of studies that are plotted */
    struct plot_cache *forests;     /* likewise */
    struct job_cache *cache;        /* what was made from rows */
    struct ranking_cache *rankings; /* of trials in tables that are scrolled */

    struct event_queue *queue;
    struct controller *controller;
    struct follower *follower;
    struct offload *offload;   /* publishing, removing of files */
    struct offload *suggester; /* a suggestion must not wait for a model of another job */
    struct offload *learner;
    struct offload *worker;   /* operations that take long */
    struct offload *answerer; /* writes the answers of those who do not wait */
    struct launcher *launcher;
    struct keeper *keeper;     /* of what trials leave on the disk */
    struct notifier *notifier; /* of who is to be told; NULL: nobody */
    struct model_registry *models;
    struct pipeline_runner *pipelines;
    pthread_mutex_t replay_mutex; /* guards replay, and is held while it works */
    struct replay *replay;        /* where the last one was left; or NULL */
    atomic_bool is_ending;
    pthread_t thread;
    bool has_thread;

    struct emulation *emulation;     /* NULL: jobs are run */
    pthread_mutex_t emulation_mutex; /* guards it, and all that a thread would own else */
    bool is_temporary;               /* the state folder goes when the engine is closed */

    pthread_mutex_t progress_mutex; /* guards the fields below */
    pthread_cond_t is_changed;
    uint64_t version;
    struct job_progress progress[ENGINE_LIVE_JOBS_MAX];
    size_t progress_count;
    bool is_broken;
    struct assay_error why_broken;
};

/* engine.c: after a commit. */
void engine_note_changes(struct engine *engine);
void engine_checkpoint(struct engine *engine);
void engine_note_broken(struct engine *engine, const struct assay_error *why);

/* emulate/emulated_engine.c */
bool engine_begin_emulation(struct engine *engine, const struct engine_emulation *options,
                            struct assay_error *err);
bool engine_ask_emulated(struct engine *engine, struct request *request, struct assay_error *err);
/* A new folder, whose path the caller frees; NULL and *err. */
char *engine_make_temporary(char *const *environment, struct assay_error *err);
void engine_remove_temporary(const char *path);
/* From now on the folder is an emulator's; ASSAY_PRECONDITION where it has jobs of another kind. */
bool engine_mark_emulated(const char *state_dir, struct assay_error *err);
/* ASSAY_PRECONDITION where it is an emulator's. */
bool engine_check_real(const char *state_dir, struct assay_error *err);

/* outlet.c */
struct controller_outlet engine_outlet(struct engine *engine);

/* sweep.c: removes the folders of a job; and of every job that the store does not know (before
 * threads start). */
void engine_forget(struct engine *engine, int64_t job);
void engine_sweep(struct engine *engine);

/* leftovers.c: trials of an earlier engine keep what they hold of the machine (before threads
 * start, but for the launcher's). */
bool engine_note_leftovers(struct engine *engine, struct assay_error *err);

/* publish.c: checks and copies the model of a trial (0: of a custom job), answers by event. False
 * for lack of memory. */
bool engine_publish(struct engine *engine, int64_t job, int64_t trial);

#endif
