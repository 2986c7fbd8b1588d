/*
 * bench/facts.h - what both reports say in words about a set of results.
 */
#ifndef BENCH_FACTS_H
#define BENCH_FACTS_H

#include "bench/comparison.h"

enum { FACTS_TEXT = 256 };

/* All three return text. */
char *conditions_text(const struct conditions *conditions, char text[FACTS_TEXT]);
char *instances_text(const struct results *results, char text[FACTS_TEXT]); /* one sentence */
/* "2 to 4 seeds.": of each arm and problem; "" where nothing ran. */
char *seeds_text(const struct results *results, char text[FACTS_TEXT]);

/* Runs of one arm in one suite that did not go well, for the same reason. */
struct trouble {
    const struct result *first;
    size_t runs;
};

/* "cannot search it", "failed", "not installed". */
const char *trouble_word(const struct trouble *trouble);

/* The caller frees. NULL for lack of memory. */
struct trouble *troubles_list(const struct results *results, size_t *count);

#endif
