/*
 * bench/bbob.h - the 24 noiseless functions of the BBOB testbed.
 *
 * After N. Hansen, S. Finck, R. Ros and A. Auger, "Real-parameter black-box optimization
 * benchmarking 2009: noiseless functions definitions", INRIA RR-6829 (2009, revised 2010). Shifts,
 * rotations and best values come from the generators that were published with it, so that values
 * are those of COCO (tests/bbob). A struct bbob is immutable: any thread may read it.
 */
#ifndef BENCH_BBOB_H
#define BENCH_BBOB_H

#include <stddef.h>

enum { BBOB_FUNCTIONS = 24, BBOB_DIMENSION_MIN = 2, BBOB_DIMENSION_MAX = 128 };

struct bbob;

/* function and instance are counted from 1. NULL for lack of memory. Costs 2 dimension^3 additions
 * and multiplications for each of at most two rotations. */
struct bbob *bbob_new(unsigned function, size_t dimension, unsigned instance);
void bbob_free(struct bbob *bbob); /* NULL is fine */

/* x[0 .. dimension-1] is meant for [-5, 5], but may lie anywhere: nothing below bbob_optimum() is
 * found outside. */
double bbob_value(const struct bbob *bbob, const double *x);

double bbob_optimum(const struct bbob *bbob);
const double *bbob_best(const struct bbob *bbob); /* a point in [-5, 5] with that value */
size_t bbob_dimension(const struct bbob *bbob);

#endif
