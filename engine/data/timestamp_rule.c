/*
 * Rows sorted by time: the youngest are for training, the next for validation, the oldest for test,
 * as the service's documents have it; what the fractions leave is older still. Of rows of the same
 * time the later in the table counts as younger.
 */
#include "engine/data/csv_field.h"
#include "engine/data/key_cut.h"
#include "engine/data/row_time.h"
#include "engine/data/split_rule.h"

#include <stdlib.h>

/* From the oldest on. */
enum { ABOVE_REST, ABOVE_TEST, ABOVE_VALIDATION };

struct timestamp_rule {
    struct split_rule rule;
    const struct split *split;
    struct key_file *keys; /* of each row; 0: no time */
    int64_t count;         /* of rows that have one */
    struct key_cut cuts[KEY_CUTS];
    int64_t equal[KEY_CUTS]; /* rows seen that have the cut's key */
};

static bool look(struct split_rule *rule, const struct csv_rows *rows, struct assay_error *err)
{
    struct timestamp_rule *stamp = (struct timestamp_rule *)rule;

    for (size_t i = 0; i < rows->count; i++) {
        struct csv_field field =
            csv_field_at(rows->text + rows->rows[i].key, rows->text + rows->rows[i].end);
        uint64_t key = 0;

        if (csv_field_unquote(&field) && row_time_key(field.text, field.size, &key))
            stamp->count++;
        if (!key_file_add(stamp->keys, key, err))
            return false;
    }
    return true;
}

static bool settle(struct split_rule *rule, struct assay_error *err)
{
    struct timestamp_rule *stamp = (struct timestamp_rule *)rule;
    int64_t shares[SPLIT_SETS + 1];

    split_share(stamp->split->fractions, stamp->count, NULL, shares);
    stamp->cuts[ABOVE_REST].rank = shares[SPLIT_SETS];
    stamp->cuts[ABOVE_TEST].rank = stamp->cuts[ABOVE_REST].rank + shares[SPLIT_TEST];
    stamp->cuts[ABOVE_VALIDATION].rank = stamp->cuts[ABOVE_TEST].rank + shares[SPLIT_VALIDATION];
    return key_file_rewind(stamp->keys, err) && key_cuts_find(stamp->keys, stamp->cuts, err) &&
           key_file_rewind(stamp->keys, err);
}

static signed char set_of(struct timestamp_rule *stamp, uint64_t key)
{
    static const signed char sets[KEY_CUTS + 1] = { SPLIT_IGNORED, SPLIT_TEST, SPLIT_VALIDATION,
                                                    SPLIT_TRAINING };
    int below = 0;

    if (key == 0)
        return SPLIT_IGNORED;
    for (int i = 0; i < KEY_CUTS; i++) {
        const struct key_cut *cut = &stamp->cuts[i];

        below += key > cut->key || (key == cut->key && stamp->equal[i]++ >= cut->equal_below);
    }
    return sets[below];
}

static bool choose(struct split_rule *rule, const struct csv_rows *rows, signed char *sets,
                   struct assay_error *err)
{
    struct timestamp_rule *stamp = (struct timestamp_rule *)rule;

    for (size_t i = 0; i < rows->count; i++) {
        uint64_t key = 0;

        if (!key_file_next(stamp->keys, &key, err))
            return false;
        sets[i] = set_of(stamp, key);
    }
    return true;
}

static void timestamp_free(struct split_rule *rule)
{
    key_file_free(((struct timestamp_rule *)rule)->keys);
    free(rule);
}

static const struct split_rule_ops timestamp_ops = { look, settle, choose, timestamp_free };

struct split_rule *timestamp_rule_new(const struct table_split *table, struct assay_error *err)
{
    struct timestamp_rule *stamp = calloc(1, sizeof *stamp);

    if (!stamp) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    stamp->rule = (struct split_rule){ &timestamp_ops, true };
    stamp->split = &table->split;
    stamp->keys = key_file_new(table->target_fd, err);
    if (!stamp->keys) {
        timestamp_free(&stamp->rule);
        return NULL;
    }
    key_file_watch(stamp->keys, table->is_ending, table->context);
    return &stamp->rule;
}
