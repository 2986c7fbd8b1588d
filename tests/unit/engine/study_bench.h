/*
 * tests/unit/engine/study_bench.h - a study of VizierService on a controller's bench: each verb in
 * a batch of its own.
 */
#ifndef TESTS_UNIT_ENGINE_STUDY_BENCH_H
#define TESTS_UNIT_ENGINE_STUDY_BENCH_H

#include "controller_bench.h"

enum { STUDY_TRIALS = 16 };

/* What a request was answered. */
struct answer {
    enum assay_code code; /* ASSAY_OK: it was done */
    bool is_answered;
    int64_t trial, operation;
    int64_t trials[STUDY_TRIALS];
    size_t count;
    int state;
    bool should_stop;
    char message[256];
};

/*
 * A Study that minimizes "m0" over the INTEGER "a" in 1 .. 9 and the CATEGORICAL "c" of x and y,
 * seed 7. study: further members of the studySpec ("" or ",\"algorithm\":…"); algorithm: of the
 * assay: block.
 */
int64_t study_submit(struct bench *bench, const char *algorithm, const char *study);
struct answer study_try_submit(struct bench *bench, const char *name, const char *parent);

struct answer study_suggest(struct bench *bench, int64_t study, const char *client, size_t count);
/* contexts: "a" and "c" for each, NaN where it is free. */
struct answer study_suggest_in(struct bench *bench, int64_t study, const char *client, size_t count,
                               const double *contexts);
struct answer study_measure(struct bench *bench, int64_t study, int64_t trial, int64_t step,
                            double value);
/* NaN: without a final measurement. */
struct answer study_complete(struct bench *bench, int64_t study, int64_t trial, double value);
struct answer study_fail(struct bench *bench, int64_t study, int64_t trial, const char *reason);
/* NaN: to be run yet. */
struct answer study_create(struct bench *bench, int64_t study, double a, double c, double value);
/* STOP, CHECK, DELETE. */
struct answer study_ask(struct bench *bench, int64_t study, enum request_kind kind, int64_t trial);

/* A request that may wait: handed in with the open batch; read it once it is answered. */
struct suggest_call {
    struct request request;
    struct study_request study;
};
void study_put_suggest(struct bench *bench, struct suggest_call *call, int64_t study,
                       const char *client, size_t count);
void study_put_suggest_in(struct bench *bench, struct suggest_call *call, int64_t study,
                          const char *client, size_t count, const double *contexts);
struct answer study_take(struct suggest_call *call);

#endif
