/*
 * launcher/backend_sim.h - attempts that take no time: a script decides how long each "runs", what
 * it reports and how it ends, on a virtual clock. No threads: the caller takes the next happening
 * and feeds it to the engine. The same calls give the same happenings.
 */
#ifndef LAUNCHER_BACKEND_SIM_H
#define LAUNCHER_BACKEND_SIM_H

#include "launcher/launcher.h"

/* What the script says of one attempt. */
struct sim_plan {
    int64_t duration_us;  /* until it ends, at least 0; INT64_MAX: never by itself */
    struct ending ending; /* kind, status and detail count; times and key are filled in */
    int64_t stop_us;      /* how long it takes to end once stopped gently (STOP_NOW: none), if
                             its time is not up before; it then ends STOPPED */
};

/* A launch whose timeout_us is shorter than that ends then, as ENDING_TIMEOUT. */
typedef void (*sim_script_fn)(void *context, const struct launch *launch, struct sim_plan *plan);

struct sim_options {
    sim_script_fn script;
    void *context;
    int64_t start_us; /* wall clock at the beginning */
};

/*
 * start refuses a key that runs (ASSAY_EXISTS); adopt keeps it, and tells any other as
 * ENDING_NOT_STARTED, as nothing outlives its simulator.
 */
struct launcher *launcher_sim_new(const struct sim_options *options, struct assay_error *err);

/* A clock that launcher_sim_next() moves; entropy is a fixed sequence. Valid as long as sim. */
const struct assay_env *launcher_sim_env(struct launcher *sim);

/*
 * Moves the clock to the next ending and fills *ending; ties by key. False: nothing runs.
 * until_us: not past that moment (clock moves there, false); INT64_MAX for no bound.
 */
bool launcher_sim_next(struct launcher *launcher, int64_t until_us, struct ending *ending);

/* Moves the clock on, but not past the next ending. */
void launcher_sim_wait(struct launcher *launcher, int64_t until_us);

/* The moment of the next ending, also of one that is overdue; INT64_MAX for none. */
int64_t launcher_sim_next_us(const struct launcher *launcher);

/* The attempt's time is up now: it ends like this (kind, status and detail). Unknown keys are
 * ignored. */
void launcher_sim_finish(struct launcher *launcher, struct attempt_key key,
                         const struct ending *how);

size_t launcher_sim_running(const struct launcher *sim);

#endif
