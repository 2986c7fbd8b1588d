/* Each row draws its lot. */
#include "engine/data/split_rule.h"

#include <stdlib.h>

struct fraction_rule {
    struct split_rule rule;
    const struct split *split;
    struct split_lots lots;
    int64_t count;
};

static bool look(struct split_rule *rule, const struct csv_rows *rows, struct assay_error *err)
{
    (void)err;
    ((struct fraction_rule *)rule)->count += (int64_t)rows->count;
    return true;
}

static bool settle(struct split_rule *rule, struct assay_error *err)
{
    struct fraction_rule *fraction = (struct fraction_rule *)rule;

    (void)err;
    split_lots_begin(&fraction->lots, fraction->split->fractions, fraction->split->seed,
                     fraction->count);
    return true;
}

static bool choose(struct split_rule *rule, const struct csv_rows *rows, signed char *sets,
                   struct assay_error *err)
{
    struct fraction_rule *fraction = (struct fraction_rule *)rule;

    (void)err;
    for (size_t i = 0; i < rows->count; i++)
        sets[i] = (signed char)split_lots_next(&fraction->lots);
    return true;
}

static void fraction_free(struct split_rule *rule)
{
    free(rule);
}

static const struct split_rule_ops fraction_ops = { look, settle, choose, fraction_free };

struct split_rule *fraction_rule_new(const struct split *split, bool is_counting,
                                     struct assay_error *err)
{
    struct fraction_rule *fraction = calloc(1, sizeof *fraction);

    if (!fraction) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    fraction->rule = (struct split_rule){ &fraction_ops, is_counting };
    fraction->split = split;
    split_lots_begin(&fraction->lots, split->fractions, split->seed, -1);
    return &fraction->rule;
}
