/*
 * tests/unit/engine/controller_bench.h - a controller with a hand-moved clock and an
 * outlet that only writes down what it was told.
 */
#ifndef TESTS_UNIT_ENGINE_CONTROLLER_BENCH_H
#define TESTS_UNIT_ENGINE_CONTROLLER_BENCH_H

#include "engine/controller/controller.h"
#include "support.h"

enum { DEEDS_MAX = 256, BENCH_TRIALS_MAX = 64, BENCH_TASKS_MAX = 8 };

enum done_kind { DONE_LAUNCH, DONE_ADOPT, DONE_STOP, DONE_PUBLISH, DONE_FORGET };

struct done {
    enum done_kind kind;
    int64_t job, trial; /* trial: its number */
    int attempt;
    enum stop_manner manner;
};

struct bench {
    struct bench_store base;
    struct store *reader; /* a second connection: it sees what is committed */
    struct assay_env env;
    int64_t now_us;
    uint64_t entropy; /* the next draw; then one more */
    struct controller *controller;
    struct done deeds[DEEDS_MAX];
    size_t deed_count;
    enum assay_code refusal; /* the next launch is refused so; OK: it is not */
    bool has_no_memory;      /* publish and search fail */
    bool searches_apart;     /* tasks wait here until they are handed back */
    struct search_task *tasks[BENCH_TASKS_MAX];
    size_t task_count;
    bool looks_away; /* for tests whose disk fails: deeds are noted without reading */
    int unstored;    /* deeds whose trial the reader did not find as it must be */
    bool is_open;    /* a batch has begun */
};

void bench_init(struct bench *bench);
void bench_clear(struct bench *bench);

/* The engine is gone and a new one begins, its batch too. */
void bench_restart(struct bench *bench, bool is_committed);

/* A batch begins by itself with its first event. */
void bench_begin(struct bench *bench);
void bench_commit(struct bench *bench); /* which must work */
bool bench_try_commit(struct bench *bench, struct assay_error *why);

/* Hands in the request with the batch that is open. */
void bench_put_request(struct bench *bench, struct request *request);
/* In a batch of its own, which must work; returns is_ok. */
bool bench_request(struct bench *bench, enum request_kind kind, int64_t job,
                   struct assay_error *err);
int64_t bench_submit(struct bench *bench, const char *document); /* the job's id */
/* With what is to be written beside it; returns is_ok. */
bool bench_submit_with(struct bench *bench, const char *document, const struct edit *edit,
                       int64_t *job);

/* The newest attempt of the trial ended; values are its reports of metric 0, count of them. */
void bench_put_ending(struct bench *bench, int64_t job, int64_t trial, int attempt,
                      enum ending_kind kind, int status, const double *values, size_t count);
void bench_end(struct bench *bench, int64_t job, int64_t trial, double value); /* well, committed */
void bench_put_measured(struct bench *bench, int64_t job, int64_t trial, int attempt, double value);
/* The same of a later step. */
void bench_put_step(struct bench *bench, int64_t job, int64_t trial, int64_t step, double value);
void bench_put_published(struct bench *bench, int64_t job, enum published published,
                         const char *text);
void bench_put_disk_full(struct bench *bench, const char *why);

/* From now on the controller's search tasks come to bench->tasks. Before anything is submitted. */
void bench_search_apart(struct bench *bench);
/* Hands back tasks[at], which was run. */
void bench_put_searched(struct bench *bench, size_t at);

/* How many deeds of that kind there were, for the trial (0: any) and attempt (0: any). */
int bench_count(const struct bench *bench, enum done_kind kind, int64_t trial, int attempt);

/* As committed, seen by the reader. */
struct trial_view {
    int state, attempt, failure, measurements;
    int64_t start_us, end_us, end_order;
    double value;
    char reason[256];
};
struct trial_view bench_trial(struct bench *bench, int64_t job, int64_t trial);
struct job_row bench_job(struct bench *bench, int64_t job); /* clear it; id 0: not there */
int bench_job_state(struct bench *bench, int64_t job);      /* 0: not there */

#endif
