/*
 * engine/data/split.h - which rows, or items, are for training, validation and test.
 *
 * Pure functions: what they say depends on fractions, seed and the order of the rows, and on
 * nothing else. Facts: Vertex AI's InputDataConfig.
 */
#ifndef ENGINE_DATA_SPLIT_H
#define ENGINE_DATA_SPLIT_H

#include <stdint.h>

enum split_set { SPLIT_TRAINING, SPLIT_VALIDATION, SPLIT_TEST, SPLIT_SETS, SPLIT_IGNORED = -1 };

enum split_kind {
    SPLIT_FRACTION,
    SPLIT_PREDEFINED, /* by the column's value: training, validation, test; others ignored */
    SPLIT_TIMESTAMP,  /* the column's times sorted and cut; rows with none ignored */
    SPLIT_STRATIFIED, /* each set mirrors the column's 500 most frequent values */
};

/* Fractions that were absent are filled in: struct split has all three, sum at most 1. */
struct split {
    enum split_kind kind;
    double fractions[SPLIT_SETS]; /* not of PREDEFINED */
    const char *key;              /* name of a column; not of FRACTION; borrowed */
    uint64_t seed;
};

/* "training", "validation", "test". */
const char *split_set_name(enum split_set set);

/* Fills in what is absent (NaN): the remainder of 1 goes to them in the proportions 0.8 : 0.1 :
 * 0.1; none given: these. What three given ones leave is no set's. */
void split_fill_fractions(double fractions[SPLIT_SETS]);

/*
 * count in whole numbers: of each set count * fraction, rounded down or up, and last what is left.
 * owed, if not NULL, is what each has got too little of by earlier roundings, and what is left the
 * same; zero it before the first. It chooses who is rounded up, so that many small counts add up to
 * the right shares.
 */
void split_share(const double fractions[SPLIT_SETS], int64_t count, double owed[SPLIT_SETS + 1],
                 int64_t shares[SPLIT_SETS + 1]);

/*
 * Draws sets for rows, one after the other: at random, yet with exact shares in each run of
 * SPLIT_RUN rows, and in all where their number is known.
 *
 *     split_lots_begin(&lots, fractions, seed, count);
 *     for each row:
 *         set = split_lots_next(&lots); // may be SPLIT_IGNORED, what the fractions leave
 */
enum { SPLIT_RUN = 1000 };

struct split_lots {
    double fractions[SPLIT_SETS];
    double owed[SPLIT_SETS + 1];
    uint64_t state;           /* of the random numbers */
    int64_t coming;           /* rows after this run; -1: not known */
    int64_t left;             /* of this run */
    int64_t lots[SPLIT_SETS]; /* of each set in what is left of it */
};

/* count: how many rows there will be; -1: not known, then the last run's shares may be off by what
 * chance does to a part of it. */
void split_lots_begin(struct split_lots *lots, const double fractions[SPLIT_SETS], uint64_t seed,
                      int64_t count);

/* The same for shares that are given: lots of each set among count rows, in one run. */
void split_lots_exact(struct split_lots *lots, const int64_t shares[SPLIT_SETS], int64_t count,
                      uint64_t seed);

/* Past the count: SPLIT_IGNORED. */
enum split_set split_lots_next(struct split_lots *lots);

#endif
