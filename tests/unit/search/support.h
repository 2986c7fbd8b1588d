/*
 * tests/unit/search/support.h - spaces, seeds and failing allocations for the tests of this room.
 */
#ifndef TESTS_UNIT_SEARCH_SUPPORT_H
#define TESTS_UNIT_SEARCH_SUPPORT_H

#include "search/search_space.h"

#include <stdint.h>

/* A small generator of its own, so that no test trusts the code that it tests. */
struct dice {
    uint64_t state;
};

/* Seeded from ASSAY_TEST_SEED, else from the system; prints the seed to standard error. */
struct dice dice_new(void);
uint64_t dice_bits(struct dice *dice);
uint64_t dice_below(struct dice *dice, uint64_t end);
double dice_unit(struct dice *dice);                           /* [0, 1) */
double dice_double(struct dice *dice, double min, double max); /* any double of min .. max > 0 */

/*
 * Each appends a spec to the space with a field path as a document would give it, and returns its
 * index. parent is PARAM_NO_PARENT or an index; conditions then follow by add_condition().
 */
int add_double(struct search_space *space, const char *id, double min, double max,
               enum param_scale scale);
int add_integer(struct search_space *space, const char *id, double min, double max,
                enum param_scale scale);
int add_discrete(struct search_space *space, const char *id, const double *numbers, size_t count,
                 enum param_scale scale);
int add_category(struct search_space *space, const char *id, const char *const *names,
                 size_t count);

/* Makes the last spec a child of parent, for one value of it (call again for further ones). */
void make_child(struct search_space *space, int parent, double value);

void set_default(struct search_space *space, double value); /* of the last spec */

/* Learning rate, layers with units below, optimizer with momentum or beta below, batch size. */
struct search_space *mixed_space(void);

/* The same without DOUBLEs: 4 layers, optimizer and batch size, with children. */
struct search_space *countable_space(void);

/* The value with this number, from 0, of a parameter that is no DOUBLE. */
double value_at(const struct param_spec *spec, uint64_t ordinal);

/* Equal, NaN to NaN? */
bool is_same_point(const double *a, const double *b, size_t count);

/* A random tree of countable parameters with few values each, depth up to 3. */
struct search_space *random_tree(struct dice *dice, size_t param_count);

/*
 * The allocation after `successes` further ones fails, and all that follow it; negative: none.
 * Works in programs linked with the --wrap options of this folder's CMakeLists.txt.
 */
void allocations_fail_after(int successes);
bool allocations_have_failed(void);

/* Allocations made since the last call of this. */
int allocations_counted(void);

#endif
