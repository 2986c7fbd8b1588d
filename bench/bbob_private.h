/*
 * bench/bbob_private.h - what the files of bench/bbob.h share.
 */
#ifndef BENCH_BBOB_PRIVATE_H
#define BENCH_BBOB_PRIVATE_H

#include "bench/bbob.h"

#include <stdbool.h>
#include <stdint.h>

struct bbob_kind;

/* All arrays lie in numbers. Matrices are n x n, row after row. */
struct bbob {
    const struct bbob_kind *kind;
    unsigned function;
    size_t n;
    int64_t seed;
    double optimum;
    double penalty; /* for the squared distance from [-5, 5] */
    double *numbers;
    double *best;     /* n: the optimal point */
    double *shift;    /* n: what is taken off x first; differs from best in a few functions */
    double *powers;   /* n: condition^(i / (n - 1)), where a function has such factors */
    double *rotation; /* R of the definitions */
    double *mix;      /* a product of rotations and factors */
    size_t peaks;     /* functions 21 and 22 */
    double *heights;  /* peaks */
    double *places;   /* peaks x n, rotated */
    double *scales;   /* peaks x n */
};

/* How a function is made and computed. */
struct bbob_kind {
    double (*value)(const struct bbob *bbob, const double *x); /* above the optimum, unpenalized */
    bool (*prepare)(struct bbob *bbob); /* false for lack of memory; seed, shift and best are set to
                                           what is usual */
    double penalty;                     /* as in struct bbob */
    size_t peaks;
};

extern const struct bbob_kind bbob_kinds[BBOB_FUNCTIONS + 1]; /* by function, 0 unused */

/* powers[i] = condition^(i / (n - 1)). */
void bbob_set_powers(struct bbob *bbob, double condition);

/* rotation from seed + 1,000,000, as in most functions. */
bool bbob_set_rotation(struct bbob *bbob);

/* rotation R as above and mix = R diag(condition^(i / (n - 1))) Q, Q a rotation from seed. */
bool bbob_set_mix(struct bbob *bbob, double condition);

/* rotation as above and mix = diag(condition^(i / (n - 1))) Q. */
bool bbob_set_half_mix(struct bbob *bbob, double condition);

bool bbob_prepare_peaks(struct bbob *bbob); /* functions 21 and 22 */
double bbob_peaks_value(const struct bbob *bbob, const double *x);

/* T_osz of the definitions: leaves 0 and the sign alone. */
double bbob_oscillate(double x);

/* out = matrix x. */
void bbob_multiply(const double *matrix, const double *x, double *out, size_t n);

#endif
