/*
 * tests/simulation/model.h - what a study's rows must look like, told naively: everything is looked
 * at anew after every commit, and the rules are those of the documentation, written a second time.
 */
#ifndef TESTS_SIMULATION_MODEL_H
#define TESTS_SIMULATION_MODEL_H

#include "engine/store/store.h"
#include "search/sampler.h"
#include "tests/simulation/scenario.h"

struct world;

/* A trial as last seen in the store. */
struct trial_view {
    int state, attempt, failure;
    int64_t start_us, end_us, end_order;
    bool has_final;
    double objective;
    double progress;  /* of one that was stopped early; 0: it was not */
    bool is_given_up; /* it waited for another start when its job ended */
    uint64_t hash;    /* of the whole row */
};

enum { MODEL_PARAMS_MAX = 32, MODEL_METRICS_MAX = 2 };

struct model {
    struct job_spec *spec;
    struct sampler *sampler; /* asked again for every point; NULL for a custom job */
    int64_t grid_size;       /* legal combinations; 0 where it is no grid search */
    struct trial_view trials[SCENARIO_TRIALS_MAX + 1]; /* by number - 1 */
    double points[SCENARIO_TRIALS_MAX + 1][MODEL_PARAMS_MAX];
    double values[SCENARIO_TRIALS_MAX + 1][MODEL_METRICS_MAX];
    int64_t last_end_order; /* of the newest trial's suggestion */
    int64_t created, ended, waiting;
    int job_state;
    int closing;
    bool is_exhausted;                         /* the sampler had no further point at the end */
    bool has_failed;                           /* the failure limit was hit once */
    bool has_stopped;                          /* a stopping rule held once */
    int last_attempt[SCENARIO_TRIALS_MAX + 1]; /* launched, by number - 1 */
};

/* Reads the document. seed: the job's. False for lack of memory. */
bool model_init(struct model *model, const char *document, uint64_t *seed);
void model_clear(struct model *model);

/*
 * Reads all rows of the world's job and compares; contradictions go to world_fail(). is_settled: an
 * engine is at work on the job and has just committed, so that what can be done has been done.
 */
void model_check(struct world *world, bool is_settled);

/* model_trial.c: one trial against the machine's record of it. */
void model_check_trial(struct world *world, int64_t number, const struct trial_view *trial,
                       bool is_settled);

/* model_search.c: a new trial's point is the one that its sampler gives, asked anew. by_end: trial
 * numbers by end_order - 1, as far as trials have ended. */
void model_check_point(struct world *world, int64_t number, const struct trial_view *trials,
                       const int64_t *by_end);

/* The sampler has no further point, asked with all that has ended. */
bool model_is_exhausted(struct world *world, const struct trial_view *trials, int64_t created,
                        const int64_t *by_end, int64_t ended);

/* The job has a terminal state: is it the one that the rules give? */
void model_check_end(struct world *world);

#endif
