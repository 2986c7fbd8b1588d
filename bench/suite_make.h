/*
 * bench/suite_make.h - what suites are made with; for the suites themselves.
 *
 * One file per family of problems, suite_NAME.c; each has one function that appends the problems of
 * a query, listed in bench/suites.c.
 */
#ifndef BENCH_SUITE_MAKE_H
#define BENCH_SUITE_MAKE_H

#include "bench/suites.h"

/* Grows as problems are made; owns them. */
struct problem_list {
    struct problem **items;
    size_t count, capacity;
};

/* Takes problem; NULL (for want of memory) is refused like a list that cannot grow. */
bool problem_list_add(struct problem_list *list, struct problem *problem, struct assay_error *err);
void problem_list_clear(struct problem_list *list);

/* Each appends the problems that query asks for of its suite. */
typedef bool suite_append_fn(const struct suite_query *query, struct problem_list *list,
                             struct assay_error *err);
suite_append_fn suite_bbob_append, suite_mixed_append, suite_categorical_append,
    suite_conditional_append, suite_noise_append, suite_failing_append, suite_large_append,
    suite_curves_append;

/* A problem of S1. NULL for lack of memory. */
struct problem *suite_bbob_problem(unsigned function, size_t dimension, unsigned instance);

/* Functions that stand for all 24 where a suite has many versions of each: at least two of each of
 * the definitions' five groups. Ended by 0. */
extern const unsigned suite_bbob_chosen[];

/* What a problem is made from. */
struct problem_parts {
    const char *suite;
    const char *name, *family; /* copied */
    unsigned instance;
    struct search_space *space;
    double optimum;
    const double *best;    /* copied; NULL where it is not known */
    const double *typical; /* copied; NULL: it is sought */
    bool is_noisy;
    size_t curve_length;
    const struct problem_ops *ops;
    void *state;
};

/*
 * Takes space and state, also on failure. NULL for lack of memory, also
 * where space or state are NULL.
 */
struct problem *problem_new(const struct problem_parts *parts);

/* A parameter as a table of them writes it; what a type does not use stays zero. */
struct param_line {
    const char *id;
    enum param_type type;
    enum param_scale scale;
    double min, max;        /* DOUBLE, INTEGER */
    const char *categories; /* CATEGORICAL: "sgd adam" */
    const double *numbers;  /* DISCRETE: number_count, increasing */
    size_t number_count;
    const char *parent;     /* of a child: a parameter before it */
    uint32_t parent_values; /* which of the parent's values, by their bits from 0 on, select it */
};

/* False for lack of memory. */
bool space_add(struct search_space *space, const struct param_line *line);

/* NULL for lack of memory. */
struct search_space *space_new(const struct param_line *lines, size_t count);

/* DOUBLEs x1 .. xN in [-5, 5], as BBOB's functions are searched. NULL for lack of memory. */
struct search_space *space_new_box(size_t n);

void sort_numbers(double *numbers, size_t count); /* the least first */

/*
 * Uniform on [0, 1): a function of what names it. stream keeps the uses of one seed apart, draw and
 * index count within a use. Philox, as in search/random.h.
 */
enum chance_stream {
    CHANCE_TYPICAL = 0x62000000, /* apart from the purposes of search/random.h */
    CHANCE_NOISE,                /* of an evaluation */
    CHANCE_CRASH,                /* of a point */
    CHANCE_SHAPE,                /* of an instance */
    CHANCE_PLACE,                /* where an instance's optimum lies */
};
double chance_unit(uint64_t seed, enum chance_stream stream, uint64_t draw, uint32_t index);
double chance_normal(uint64_t seed, enum chance_stream stream, uint64_t draw, uint32_t index);

/* 0 .. end - 1. */
size_t chance_below(uint64_t seed, enum chance_stream stream, uint64_t draw, uint32_t index,
                    size_t end);

/* A seed from a name and an instance, so that no two problems share one. */
uint64_t chance_seed(const char *name, unsigned instance);

#endif
