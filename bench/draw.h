/*
 * bench/draw.h - the luck of a benchmark: how long a trial takes, what its noise is, what seed a
 * sampler gets. Each a function of problem, seed and trial, so that all arms meet the same luck.
 * Pure functions.
 */
#ifndef BENCH_DRAW_H
#define BENCH_DRAW_H

#include <stdint.h>

/* Streams that must not share numbers. */
enum draw_purpose { DRAW_NOISE = 1, DRAW_DURATION = 2, DRAW_ARM_SEED = 3, DRAW_BOOTSTRAP = 4 };

struct draw_place {
    uint64_t problem; /* draw_key() of its name */
    uint32_t seed;
    uint32_t trial;
};

/* FNV-1a of a name. */
uint64_t draw_key(const char *name);

uint64_t draw_bits(const struct draw_place *place, enum draw_purpose purpose);

/* Log-normal with median 1 and sigma 0.5: the run time of a trial on the virtual clock. */
double draw_duration(const struct draw_place *place);

#endif
