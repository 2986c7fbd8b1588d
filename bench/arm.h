/*
 * bench/arm.h - one search algorithm at work on one problem: ours in this process, a rival in a
 * child process that is asked over a pipe.
 *
 * One thread per arm. Trials are numbered from 1 in the order in which they are asked for.
 */
#ifndef BENCH_ARM_H
#define BENCH_ARM_H

#include "bench/problem.h"

struct arm_ops;

enum { ARM_NAME_MAX = 96, ARM_VERSION_MAX = 64 };

/* What can be compared. */
struct arm_kind {
    char name[ARM_NAME_MAX];
    const struct arm_ops *ops;
    bool is_cheap; /* a run of 50 trials takes a second or two: of use in a quick comparison */
    const char *settings; /* ours: constants that differ, \"name=value+…\"; NULL: none */
};

struct arm_study {
    const struct search_space *space; /* borrowed, as long as the arm lives */
    bool is_noisy;
    uint32_t seed; /* below 2^31, which all rivals can take */
    size_t budget;
    size_t parallel; /* how many trials run at once */
    int timeout_s;   /* for each answer of a rival */
};

enum arm_start {
    ARM_STARTED,
    ARM_CANNOT, /* it does not search such a space: *err says why */
    ARM_FAILED, /* it should have; *err */
};

/* What one way of running an algorithm is made of. The functions are those of arm_…() below. */
struct arm_ops {
    bool (*is_available)(const struct arm_kind *kind, struct assay_error *err);
    enum arm_start (*start)(const struct arm_kind *kind, const struct arm_study *study,
                            void **state, struct assay_error *err);
    bool (*ask)(void *state, size_t count, double *points, size_t *got, struct assay_error *err);
    bool (*tell)(void *state, size_t number, const struct problem_outcome *outcome,
                 struct assay_error *err);
    double (*cpu_s)(void *state);
    double (*startup_cpu_s)(void *state);
    const char *(*version)(void *state);
    void (*finish)(void *state);
};

extern const struct arm_ops arm_own_ops;
extern const struct arm_ops arm_pipe_ops;

/* All arms there are, ours first. */
extern const struct arm_kind arm_kinds[];
extern const size_t arm_kind_count;

/* The index of the kind among arm_kinds; one with settings has that of the kind it varies. */
size_t arm_index(const struct arm_kind *kind);

/* NULL when there is none of that name. */
const struct arm_kind *arm_find(const char *name);

/* False and *err: it cannot be started on this machine, and what would help. */
bool arm_is_available(const struct arm_kind *kind, struct assay_error *err);

struct arm;

/* On ARM_STARTED *arm is the caller's: arm_finish(). */
enum arm_start arm_start(const struct arm_kind *kind, const struct arm_study *study,
                         struct arm **arm, struct assay_error *err);

/*
 * The next count points (count x param_count), which are legal; *got is less than count when the
 * arm has no more.
 */
bool arm_ask(struct arm *arm, size_t count, double *points, size_t *got, struct assay_error *err);

/* How the trial ended; of *outcome the arm learns value and is_infeasible only. */
bool arm_tell(struct arm *arm, size_t number, const struct problem_outcome *outcome,
              struct assay_error *err);

/* CPU seconds for asks and tells so far, and apart from them those before the first ask. */
double arm_cpu_s(struct arm *arm);
double arm_startup_cpu_s(struct arm *arm);

const char *arm_version(struct arm *arm); /* "optuna 5.0.0"; the arm's */

void arm_finish(struct arm *arm); /* NULL is fine */

#endif
