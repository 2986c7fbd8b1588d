/*
 * bench/bbob_random.h - the random numbers that BBOB's instances are made of.
 *
 * What was published with the definitions (bench/bbob.h): uniform numbers from Park and Miller's
 * generator behind a shuffle of 32 numbers (Bays and Durham; Knuth, volume 2, 3.2.2, algorithm B),
 * normal ones by Box and Muller, rotations by Gram and Schmidt. Seeds of neighbouring instances lie
 * 10,000 apart.
 */
#ifndef BENCH_BBOB_RANDOM_H
#define BENCH_BBOB_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In (0, 1]. */
void bbob_uniform(double *numbers, size_t count, int64_t seed);

/* False for lack of memory. */
bool bbob_normal(double *numbers, size_t count, int64_t seed);

/* n x n, row after row; its columns are orthonormal. False for lack of memory. */
bool bbob_rotation(double *rotation, size_t n, int64_t seed);

/* Where a function's optimum lies: multiples of 0.0008 in [-4, 4). */
void bbob_place(double *place, size_t n, int64_t seed);

/* Its value: in hundredths, from -1000 to 1000. */
double bbob_best_value(unsigned function, unsigned instance);

#endif
