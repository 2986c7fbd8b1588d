/*
 * engine/data/split_rule.h - how rows of a table find their set; one shape for all kinds of splits.
 *
 * Rows come in batches. Where a rule needs to look at all of them before, they come twice, in the
 * same order:
 *
 *     if (rule->is_looking)
 *         look(batch) …, settle()
 *     choose(batch) …
 *
 * A rule's files are made in the target folder and have no name there. One thread.
 */
#ifndef ENGINE_DATA_SPLIT_RULE_H
#define ENGINE_DATA_SPLIT_RULE_H

#include "assay/error.h"
#include "engine/data/csv_reader.h"
#include "engine/data/split.h"
#include "engine/data/table_split.h"

#include <stdbool.h>

struct split_rule {
    const struct split_rule_ops *ops;
    bool is_looking;
};

struct split_rule_ops {
    bool (*look)(struct split_rule *rule, const struct csv_rows *rows, struct assay_error *err);
    bool (*settle)(struct split_rule *rule, struct assay_error *err);
    /* Of each row its set: an enum split_set. */
    bool (*choose)(struct split_rule *rule, const struct csv_rows *rows, signed char *sets,
                   struct assay_error *err);
    void (*free)(struct split_rule *rule);
};

/* is_counting: the rows are looked at, to be counted; shares are exact then. */
struct split_rule *fraction_rule_new(const struct split *split, bool is_counting,
                                     struct assay_error *err);
struct split_rule *predefined_rule_new(struct assay_error *err);
/* The table is borrowed; whoever ends its split ends settle(), too. */
struct split_rule *timestamp_rule_new(const struct table_split *table, struct assay_error *err);
struct split_rule *stratified_rule_new(const struct table_split *table, struct assay_error *err);

#endif
