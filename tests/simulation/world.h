/*
 * tests/simulation/world.h - a whole engine without threads, processes or waiting: controller, real
 * store, simulated launcher on a virtual clock, and around them a world that breaks.
 *
 * world_step() lets something happen (trials report and end, old news comes late, people pause,
 * resume and cancel, the engine is killed), gives it to the controller as one batch, commits, and
 * compares all that is stored with what a naive model says (model.h). The first contradiction is
 * kept in world->fault, and nothing moves any more.
 */
#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

#include "engine/controller/controller.h"
#include "launcher/backend_sim.h"
#include "tests/simulation/model.h"
#include "tests/simulation/scenario.h"

enum { WORLD_EVENTS_MAX = 64, WORLD_REQUESTS_MAX = 8, WORLD_TASKS_MAX = 16, WORLD_PATH = 512 };

/* All that the machine knows of an attempt, whatever the engine remembers. */
struct attempt_record {
    struct attempt_script script;
    int launches;
    bool is_running;  /* in the simulator */
    bool has_ended;   /* its exit record lies in its folder */
    bool is_refused;  /* the engine was told that it cannot start */
    size_t written;   /* reports in its metric file */
    size_t given;     /* of them, those that events have carried to this engine */
    size_t committed; /* of them, those that a commit has acknowledged */
    struct ending ending;
};

/* Called around every call into the engine, so that faults strike there only. NULL: nothing. */
struct world_guard {
    void (*enter)(void *context);
    void (*leave)(void *context);
    void *context;
};

enum world_phase { WORLD_UNSUBMITTED, WORLD_WORKING, WORLD_ENDED };

struct world {
    struct scenario scenario;
    struct world_guard guard;
    char folder[WORLD_PATH];
    struct dice dice;

    struct launcher *sim; /* outlives the engine: the machine */
    const struct assay_env *env;
    struct store *store; /* NULL while the engine is down */
    struct controller *controller;
    struct assay_error why; /* of the engine's refusal or break */

    enum world_phase phase;
    int64_t job; /* 0 before it was submitted */
    uint64_t seed;
    bool was_cancel_asked;
    bool is_pausing; /* a pause was acknowledged, its end not seen yet */
    int cancels_left, pauses_left, crashes_left;
    bool kills_rudely; /* half of all kills leave the files as they lie, the log not tidied up */
    bool does_checkpoints;
    int64_t crash_count, commit_count, stopped_early;

    struct event events[WORLD_EVENTS_MAX]; /* of the next batch */
    size_t event_count;
    struct request requests[WORLD_REQUESTS_MAX];
    size_t request_count;
    struct job_row submitted; /* what a REQUEST_SUBMIT points to */
    int deeds_left;           /* the engine dies when it comes to 0; negative: it lives */
    bool is_publish_owed;
    bool does_search_apart; /* tasks are run between batches, not by the controller */
    struct search_task *tasks[WORLD_TASKS_MAX]; /* not run yet, in the order they came */
    size_t task_count;
    int forgotten;    /* how often the outlet was told to forget the job */
    int64_t batch_us; /* the clock of the last batch */

    struct attempt_record (*attempts)[SCENARIO_ATTEMPTS_MAX]; /* by trial number - 1, attempt - 1 */
    struct model model;
    char fault[512]; /* what contradicts the model; "" for nothing */
};

/* folder must exist; other jobs may be in it. Copies scenario. Aborts for lack of memory. */
struct world *world_new(const struct scenario *scenario, const char *folder,
                        const struct world_guard *guard);
/* Takes the engine down in order, if it is up. */
void world_free(struct world *world);

/* An engine starts on the folder and goes on with the job. False and world->why: it could not. */
bool world_start(struct world *world);

/* The engine is gone: memory lost, an open transaction rolled back. */
void world_kill(struct world *world);

/* One batch. False: the controller broke (world->why), a fault was found, or the job has ended. */
bool world_step(struct world *world);

/* Steps until the job has ended; false when the engine broke or a fault was found. */
bool world_run(struct world *world);

/* Asks for the job's removal; all of it must go. */
void world_delete(struct world *world);

/* Notes a contradiction; the first one counts. */
void world_fail(struct world *world, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The record of an attempt, or NULL past the arrays. */
struct attempt_record *world_attempt(struct world *world, int64_t trial, int attempt);

/* world_outlet.c */
struct controller_outlet world_outlet(struct world *world);

/* world_events.c: each adds one event to the next batch, where there is something to tell. */
void world_add_ending(struct world *world, struct attempt_key key); /* its record is read */
bool world_add_next_ending(struct world *world);                    /* moves the clock */
bool world_add_measured(struct world *world);
void world_add_stale(struct world *world);
void world_add_published(struct world *world);
bool world_add_searched(struct world *world); /* runs the oldest task of a kind */
struct request *world_add_request(struct world *world, enum request_kind kind);

#endif
