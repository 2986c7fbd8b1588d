#include "bench/suites.h"

#include "bench/suite_make.h"
#include "bench/suite_tables.h"

#include <stdlib.h>
#include <string.h>

struct suite {
    const char *name;
    suite_append_fn *append;
};

static const struct suite suites[] = {
    { "S1", suite_bbob_append },        { "S2", suite_mixed_append },
    { "S3", suite_categorical_append }, { "S4", suite_tables_append },
    { "S5", suite_conditional_append }, { "S6", suite_noise_append },
    { "S7", suite_failing_append },     { "S8", suite_large_append },
    { "curves", suite_curves_append },
};

const struct suite_line suite_lines[] = {
    { "S1", "the 24 noiseless BBOB functions in 2, 5, 10, 20 and 40 dimensions" },
    { "S2", "BBOB with four fifths of the parameters integers of 2 to 16 values" },
    { "S3", "categorical and ordinal: contamination, pest, Ising, SAT, NK, grids" },
    { "S4", "real model tuning: cross-validated losses of whole grids, as tables" },
    { "S5", "conditional spaces: one of several functions, optimizers, layers, boosters, kernels" },
    { "S6", "BBOB with Gaussian noise of 1, 10 and 30 %, or outliers; judged without" },
    { "S7", "failing regions, points that crash, too large a network for the memory" },
    { "S8", "BBOB in 50 and 100 dimensions, with all or eight of them effective" },
    { "curves", "losses over the steps of a training, for early stopping" },
    { NULL, NULL },
};

struct problem **suite_problems(const struct suite_query *query, size_t *count,
                                struct assay_error *err)
{
    struct problem_list list = { 0 };

    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (strcmp(suites[i].name, query->suite) != 0)
            continue;
        if (!suites[i].append(query, &list, err)) {
            problem_list_clear(&list);
            return NULL;
        }
        *count = list.count;
        if (!list.items) /* nothing was asked for: an array still, NULL means failure */
            list.items = calloc(1, sizeof(struct problem *));
        if (!list.items)
            (void)assay_fail_memory(err);
        return list.items;
    }
    (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no suite \"%s\"", query->suite);
    return NULL;
}
