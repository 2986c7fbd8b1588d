/*
 * Rows of the column's most frequent values draw lots among those of their value, whose shares are
 * exact; all others draw lots among each other, as for a fraction split.
 */
#include "engine/data/csv_field.h"
#include "engine/data/split_rule.h"
#include "engine/data/value_top.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = 2048 }; /* of the table that finds a stratum: a power of 2, mostly free */

/* The rows of one value. */
struct stratum {
    uint64_t hash;
    struct split_lots lots;
};

struct stratified_rule {
    struct split_rule rule;
    const struct split *split;
    struct key_file *keys; /* of each row the value's hash */
    int64_t rows;
    struct stratum strata[VALUE_TOP];
    struct split_lots others;
    short places[PLACES]; /* index in strata, from 1; 0: free. By the hash's last bits */
};

/* FNV-1a (Fowler, Noll, Vo 1991) and the finalizer of MurmurHash3 (Appleby 2011), for its last and
 * first bits are looked at. */
static uint64_t hash_field(struct csv_field field)
{
    bool has_doubled = !csv_field_unquote(&field);
    size_t end = field.size - has_doubled;
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = has_doubled; i < end; i++) {
        hash = (hash ^ (unsigned char)field.text[i]) * 0x100000001b3u;
        i += has_doubled && field.text[i] == '"';
    }
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
    return hash ^ (hash >> 33);
}

static bool look(struct split_rule *rule, const struct csv_rows *rows, struct assay_error *err)
{
    struct stratified_rule *strata = (struct stratified_rule *)rule;

    for (size_t i = 0; i < rows->count; i++) {
        struct csv_field field =
            csv_field_at(rows->text + rows->rows[i].key, rows->text + rows->rows[i].end);

        if (!key_file_add(strata->keys, hash_field(field), err))
            return false;
    }
    strata->rows += (int64_t)rows->count;
    return true;
}

/* The place where the hash is, or would be. */
static size_t place_of(const struct stratified_rule *rule, uint64_t hash)
{
    size_t at = hash & (PLACES - 1);

    while (rule->places[at] && rule->strata[rule->places[at] - 1].hash != hash)
        at = (at + 1) & (PLACES - 1);
    return at;
}

/* owed goes from value to value, and in the end to the others: the sets' sizes are right, too. */
static void lay_lots(struct stratified_rule *rule, const struct value_count *top, size_t count)
{
    const struct split *split = rule->split;
    double owed[SPLIT_SETS + 1] = { 0 };
    int64_t others = rule->rows;

    for (size_t i = 0; i < count; i++) {
        struct stratum *stratum = &rule->strata[i];
        int64_t shares[SPLIT_SETS + 1];

        stratum->hash = top[i].hash;
        split_share(split->fractions, top[i].count, owed, shares);
        split_lots_exact(&stratum->lots, shares, top[i].count, split->seed ^ top[i].hash);
        rule->places[place_of(rule, top[i].hash)] = (short)(i + 1);
        others -= top[i].count;
    }
    split_lots_begin(&rule->others, split->fractions, split->seed, others);
    memcpy(rule->others.owed, owed, sizeof owed);
}

static bool settle(struct split_rule *rule, struct assay_error *err)
{
    struct stratified_rule *strata = (struct stratified_rule *)rule;
    struct value_count *top = malloc(VALUE_TOP * sizeof *top);
    size_t count = 0;
    bool is_fine = true;

    if (!top)
        return assay_fail_memory(err);
    is_fine = key_file_rewind(strata->keys, err) &&
              value_top_find(strata->keys, VALUE_SLOTS, top, &count, err) &&
              key_file_rewind(strata->keys, err);
    if (is_fine)
        lay_lots(strata, top, count);
    free(top);
    return is_fine;
}

static bool choose(struct split_rule *rule, const struct csv_rows *rows, signed char *sets,
                   struct assay_error *err)
{
    struct stratified_rule *strata = (struct stratified_rule *)rule;

    for (size_t i = 0; i < rows->count; i++) {
        uint64_t hash = 0;
        short index = 0;

        if (!key_file_next(strata->keys, &hash, err))
            return false;
        index = strata->places[place_of(strata, hash)];
        sets[i] =
            (signed char)split_lots_next(index ? &strata->strata[index - 1].lots : &strata->others);
    }
    return true;
}

static void stratified_free(struct split_rule *rule)
{
    key_file_free(((struct stratified_rule *)rule)->keys);
    free(rule);
}

static const struct split_rule_ops stratified_ops = { look, settle, choose, stratified_free };

struct split_rule *stratified_rule_new(const struct table_split *table, struct assay_error *err)
{
    struct stratified_rule *strata = calloc(1, sizeof *strata);

    if (!strata) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    strata->rule = (struct split_rule){ &stratified_ops, true };
    strata->split = &table->split;
    strata->keys = key_file_new(table->target_fd, err);
    if (!strata->keys) {
        stratified_free(&strata->rule);
        return NULL;
    }
    key_file_watch(strata->keys, table->is_ending, table->context);
    return &strata->rule;
}
