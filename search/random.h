/*
 * search/random.h - random numbers without a state: each is a function of where it is used.
 *
 * A number is named by the study's seed, the trial's number, a purpose and an index, and is the
 * same whenever, wherever and in whatever order it is asked for. Nothing here can fail; any thread
 * may call.
 */
#ifndef SEARCH_RANDOM_H
#define SEARCH_RANDOM_H

#include <stdint.h>

/* Streams that must not share numbers. Part of what a seed means: never renumber, only add. */
enum random_purpose {
    RANDOM_SUGGESTION = 1,     /* the coordinates of a random point, by parameter */
    RANDOM_SOBOL_SCRAMBLE = 2, /* the scrambling key of a Sobol dimension; trial 0 */
    RANDOM_SOBOL_TAIL = 3,     /* coordinates past the last Sobol dimension, by parameter */
    RANDOM_GRID_LATTICE = 4,   /* multipliers to choose a grid's order from; seed 0, trial 0 */
    RANDOM_TPE = 20,           /* the candidates of one suggestion, one after the other */
    RANDOM_CMAES = 21,         /* a point's normals and choices, one attempt after the other */
    RANDOM_CMAES_FILL = 22,    /* what a finished trial's point does not say, by coordinate */
    RANDOM_CMAES_RESTART = 23, /* where a restart begins, by coordinate; trial: which restart */
    RANDOM_NSGA2 = 24,         /* a child's parents, crossover and mutations, by parameter */
    RANDOM_GP_SEARCH = 10,     /* candidates of an acquisition's search, in the order of use */
    RANDOM_GP_CHOICE = 11,     /* which acquisition, which directions, which samples */
    RANDOM_EMULATION = 30,     /* the noise of an emulated trial, by measurement */
    RANDOM_CHANCE = 31,        /* what an emulation draws in place of the system's, in order */
    RANDOM_FOREST = 40,        /* rows and dimensions of a tree of a forest; trial: which tree */
};

struct random_stream {
    uint64_t seed;
    uint64_t trial;
    enum random_purpose purpose;
};

/* Philox4x32-10, the bijection itself: J. K. Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC'11. */
void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* 64 random bits. */
uint64_t random_bits(const struct random_stream *stream, uint32_t index);

/* Uniform on the multiples of 2^-53 in [0, 1). */
double random_unit(const struct random_stream *stream, uint32_t index);

/* Standard normal. */
double random_normal(const struct random_stream *stream, uint32_t index);

#endif
