#include "engine/data/value_top.h"

#include <stdlib.h>
#include <string.h>

/* The values whose hashes are in a range, by open addressing; a count of 0 is a free slot. */
struct value_table {
    struct value_count *slots;
    size_t capacity; /* a power of 2 */
    size_t used;
    uint64_t low;
    uint64_t high; /* the last of the range */
};

/* False: the table is too full. */
static bool count_value(struct value_table *table, uint64_t hash, int64_t row)
{
    size_t at = hash & (table->capacity - 1);

    while (table->slots[at].count > 0 && table->slots[at].hash != hash)
        at = (at + 1) & (table->capacity - 1);
    if (table->slots[at].count++ > 0)
        return true;
    table->slots[at].hash = hash;
    table->slots[at].first = row;
    return ++table->used <= table->capacity / 4 * 3;
}

/* One pass. *is_full: there are more values than fit, and the counts are worth nothing. */
static bool count_range(struct value_table *table, struct key_file *keys, bool *is_full,
                        struct assay_error *err)
{
    const uint64_t *hashes = NULL;
    size_t count = 0;
    int64_t row = 0;

    if (table->used > 0)
        memset(table->slots, 0, table->capacity * sizeof *table->slots);
    table->used = 0;
    *is_full = false;
    if (!key_file_rewind(keys, err))
        return false;
    do {
        if (!key_file_read(keys, &hashes, &count, err))
            return false;
        for (size_t i = 0; i < count && !*is_full; i++)
            if (hashes[i] >= table->low && hashes[i] <= table->high)
                *is_full = !count_value(table, hashes[i], row + (int64_t)i);
        row += (int64_t)count;
    } while (count > 0 && !*is_full);
    return true;
}

static bool is_before(const struct value_count *one, const struct value_count *other)
{
    return one->count != other->count ? one->count > other->count : one->first < other->first;
}

static void insert(struct value_count top[VALUE_TOP], size_t *count,
                   const struct value_count *value)
{
    size_t at = *count;

    if (*count == VALUE_TOP && !is_before(value, &top[VALUE_TOP - 1]))
        return;
    if (*count == VALUE_TOP)
        at--;
    else
        ++*count;
    for (; at > 0 && is_before(value, &top[at - 1]); at--)
        top[at] = top[at - 1];
    top[at] = *value;
}

static void take_top(const struct value_table *table, struct value_count top[VALUE_TOP],
                     size_t *count)
{
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].count >= VALUE_ROWS_MIN)
            insert(top, count, &table->slots[i]);
}

/* Ranges of one width, one after the other; narrower ones from where one is too full. */
bool value_top_find(struct key_file *keys, size_t slots, struct value_count top[VALUE_TOP],
                    size_t *count, struct assay_error *err)
{
    struct value_table table = { .capacity = slots };
    uint64_t width = UINT64_MAX; /* of a range, less 1 */
    bool is_full = false;
    bool is_fine = true;

    *count = 0;
    table.slots = calloc(slots, sizeof *table.slots);
    if (!table.slots)
        return assay_fail_memory(err);
    for (;;) {
        table.high = width < UINT64_MAX - table.low ? table.low + width : UINT64_MAX;
        is_fine = count_range(&table, keys, &is_full, err);
        if (!is_fine)
            break;
        if (is_full) {
            width /= 2;
            continue;
        }
        take_top(&table, top, count);
        if (table.high == UINT64_MAX)
            break;
        table.low = table.high + 1;
    }
    free(table.slots);
    return is_fine;
}
