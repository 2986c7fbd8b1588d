/* tests/simulation/dice.h - random numbers that a seed repeats. */
#ifndef TESTS_SIMULATION_DICE_H
#define TESTS_SIMULATION_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t dice_bits(struct dice *dice)
{
    uint64_t x = dice->state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

/* 0 .. end - 1. */
static inline int dice_below(struct dice *dice, int end)
{
    return (int)(dice_bits(dice) % (uint64_t)end);
}

static inline bool dice_chance(struct dice *dice, int percent)
{
    return dice_below(dice, 100) < percent;
}

/* Dice of their own for each of many things: the same for the same words. */
static inline struct dice dice_for(uint64_t seed, uint64_t first, uint64_t second)
{
    struct dice dice = { seed };

    dice.state = dice_bits(&dice) ^ first;
    dice.state = dice_bits(&dice) ^ second;
    return dice;
}

#endif
