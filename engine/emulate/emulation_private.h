/*
 * engine/emulate/emulation_private.h - the emulation's inside, shared by emulation.c (time, chance,
 * what happens next) and emulation_outlet.c (what the controller does to it).
 */
#ifndef ENGINE_EMULATE_EMULATION_PRIVATE_H
#define ENGINE_EMULATE_EMULATION_PRIVATE_H

#include "engine/emulate/emulation.h"
#include "launcher/backend_sim.h"
#include "search/random.h"

/* An attempt that runs. */
struct emulated_attempt {
    struct attempt_key key;
    int64_t job;
    int64_t start_us;
    struct occasion ends;
    struct ending ending; /* when it does: kind, status and detail */
    int64_t reads;        /* of its job since it was started */
    int64_t interval_us;
    double *values; /* steps * metric_count; NaN where nothing is reported */
    size_t metric_count;
    int64_t steps;
    int64_t given; /* steps that were reported */
    char *message; /* its last words; NULL for none */
    bool is_stopping;
};

void emulated_attempt_clear(struct emulated_attempt *attempt);

/* Adds the steps up to `steps` that were not reported yet. False for lack of memory. */
bool emulated_attempt_report(struct emulated_attempt *attempt, int64_t steps, int64_t now_us,
                             struct event_reports *reports);

/* What is still in store for a job: QUEUED, then PENDING, then RUNNING, where it may fail. */
struct course {
    int64_t job;
    enum job_state stage;
    int64_t since_us;
    int64_t reads; /* since then */
    struct occasion queued, pending;
    struct script_failure fail; /* owns its message */
};

struct emulation {
    struct emulation_script *script;
    uint64_t seed;
    uint64_t entropy_count; /* numbers drawn so far */
    uint64_t entropy_bits;  /* of the last one */
    struct launcher *simulator;
    struct sim_plan plan;              /* of the launch under way */
    struct emulated_attempt *attempts; /* in the order they were started */
    size_t attempt_count, attempt_capacity;
    struct course *courses; /* in the order the jobs were made */
    size_t course_count, course_capacity;
    struct event *published; /* models that were asked for */
    size_t published_count, published_capacity;
    int64_t *job_uses, *request_uses; /* of each rule */
};

int64_t emulation_occasion_us(const struct emulation *e, const struct occasion *occasion,
                              int64_t since_us, int64_t reads);
struct emulated_attempt *emulation_find_attempt(struct emulation *e, struct attempt_key key);
void emulation_remove_attempt(struct emulation *e, struct emulated_attempt *attempt);
const char *emulation_collection(int kind); /* of jobs, as paths name it */

#endif
