#include "engine/api/window/trial_ranking.h"

#include "engine/array.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/*
 * FRESH_MAX: more rows than this are read faster by a walk over all. A number has four bytes, since
 * numbers are below STORE_TRIALS_MAX.
 */
enum { FRESH_MAX = 4096 };

static_assert(STORE_TRIALS_MAX < UINT32_MAX, "a trial's number must fit four bytes");

struct trial_ranking {
    atomic_int uses;
    struct trial_moment moment;
    size_t count;
    size_t key_count;
    uint32_t *numbers;
    uint64_t *keys; /* key_count × count: those of the first key, of the second, … */
    size_t open_count;
    uint32_t *open; /* those that had not ended, by number, whether they are among numbers or not */
};

/* Rows as they are read: they come by number. */
struct gathering {
    const struct trial_question *question;
    int64_t ends_after; /* ends later than this one are counted */
    int64_t end_count;
    size_t count, capacity;
    uint32_t *numbers;
    uint64_t *keys; /* count × key_count: all of a row stand together */
    size_t open_count, open_capacity;
    uint32_t *open;
    bool has_memory;
};

/* Numbers that rise as the doubles do, or fall; NaN is the greatest in either case. */
static uint64_t rank_of(double value, bool is_descending)
{
    uint64_t bits = 0;

    if (isnan(value))
        return UINT64_MAX;
    value += 0.0; /* -0 is 0 */
    memcpy(&bits, &value, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    return is_descending ? ~bits : bits;
}

static bool grow_rows(struct gathering *g)
{
    size_t width = g->question->order.count;
    size_t capacity = g->capacity;

    if (width > 0 &&
        !array_make_room((void **)&g->keys, g->count, &capacity, width * sizeof *g->keys))
        return false;
    return array_make_room((void **)&g->numbers, g->count, &g->capacity, sizeof *g->numbers);
}

static bool gather(void *context, const struct trial_row *row)
{
    struct gathering *g = context;
    const struct trial_question *question = g->question;
    struct trial_asked asked = { .fields = question->fields, .row = row };
    size_t width = question->order.count;

    g->end_count += row->end_order > g->ends_after;
    if (!trial_state_is_terminal(row->state)) {
        g->has_memory =
            array_make_room((void **)&g->open, g->open_count, &g->open_capacity, sizeof *g->open);
        if (!g->has_memory)
            return false;
        g->open[g->open_count++] = (uint32_t)row->number;
    }
    if (!filter_matches(question->filter, trial_field_get, &asked))
        return true;
    g->has_memory = grow_rows(g);
    if (!g->has_memory)
        return false;
    g->numbers[g->count] = (uint32_t)row->number;
    for (size_t i = 0; i < width; i++) {
        const struct order_key *key = &question->order.keys[i];

        g->keys[g->count * width + i] =
            rank_of(trial_field_key(question->fields, row, key->field->id), key->is_descending);
    }
    g->count++;
    return true;
}

static void gathering_clear(struct gathering *g)
{
    free(g->numbers);
    free(g->keys);
    free(g->open);
}

struct ranked {
    uint64_t key;
    uint32_t index;
};

/*
 * Sorts by key and leaves what is equal as it stands: a radix sort from the lowest byte up, of
 * which bytes that all have in common cost nothing. A million take a fifth of what qsort() does.
 * spare has room for count, too; returns whichever of both has the result.
 */
static struct ranked *sort_ranked(struct ranked *items, struct ranked *spare, size_t count)
{
    for (unsigned int shift = 0; shift < 64 && count > 1; shift += 8) {
        size_t starts[256] = { 0 };
        size_t sum = 0;
        struct ranked *sorted = spare;

        for (size_t i = 0; i < count; i++)
            starts[items[i].key >> shift & 0xff]++;
        if (starts[items[0].key >> shift & 0xff] == count)
            continue;
        for (size_t byte = 0; byte < 256; byte++) {
            size_t size = starts[byte];

            starts[byte] = sum;
            sum += size;
        }
        for (size_t i = 0; i < count; i++)
            sorted[starts[items[i].key >> shift & 0xff]++] = items[i];
        spare = items;
        items = sorted;
    }
    return items;
}

/* By the last key first, so that the first one has the last word. Fills permutation. */
static bool sort_rows(const struct gathering *g, uint32_t *permutation)
{
    size_t width = g->question->order.count;
    struct ranked *items = malloc((g->count + 1) * sizeof *items);
    struct ranked *spare = malloc((g->count + 1) * sizeof *spare);
    bool has_memory = items && spare;

    for (size_t i = 0; i < g->count; i++)
        permutation[i] = (uint32_t)i;
    for (size_t key = width; has_memory && key-- > 0;) {
        const struct ranked *sorted = NULL;

        for (size_t i = 0; i < g->count; i++)
            items[i] = (struct ranked){ .key = g->keys[permutation[i] * width + key],
                                        .index = permutation[i] };
        sorted = sort_ranked(items, spare, g->count);
        for (size_t i = 0; i < g->count; i++)
            permutation[i] = sorted[i].index;
    }
    free(items);
    free(spare);
    return has_memory;
}

static struct trial_ranking *order_new(size_t count, size_t key_count)
{
    struct trial_ranking *order = calloc(1, sizeof *order);

    if (!order)
        return NULL;
    atomic_init(&order->uses, 1);
    order->count = count;
    order->key_count = key_count;
    order->numbers = malloc((count + 1) * sizeof *order->numbers);
    order->keys = malloc((count * key_count + 1) * sizeof *order->keys);
    if (order->numbers && order->keys)
        return order;
    trial_ranking_release(order);
    return NULL;
}

/* Takes the open ones out of what was gathered. NULL for lack of memory. */
static struct trial_ranking *order_of(struct gathering *g, const struct trial_moment *moment)
{
    size_t width = g->question->order.count;
    uint32_t *permutation = malloc((g->count + 1) * sizeof *permutation);
    struct trial_ranking *order = NULL;

    if (permutation && sort_rows(g, permutation))
        order = order_new(g->count, width);
    for (size_t i = 0; order && i < g->count; i++) {
        order->numbers[i] = g->numbers[permutation[i]];
        for (size_t key = 0; key < width; key++)
            order->keys[key * g->count + i] = g->keys[permutation[i] * width + key];
    }
    free(permutation);
    if (!order)
        return NULL;
    order->moment = *moment;
    order->open = g->open;
    order->open_count = g->open_count;
    g->open = NULL;
    return order;
}

bool trial_moment_read(struct store *store, int64_t job, struct trial_moment *moment,
                       struct assay_error *err)
{
    return store_last_number(store, job, &moment->last_number, err) &&
           store_last_end_order(store, job, &moment->last_end_order, err) &&
           store_deleted_count(store, job, &moment->deleted_count, err);
}

/* All rows after that number. */
static bool walk(struct gathering *g, struct store *store, int64_t after, struct assay_error *err)
{
    struct trial_query query = { .job = g->question->job, .after = after };

    return store_trial_each(store, &query, gather, g, err) &&
           (g->has_memory || assay_fail_memory(err));
}

static struct trial_ranking *make_anew(const struct trial_question *question,
                                       const struct trial_moment *moment, struct store *store,
                                       struct assay_error *err)
{
    struct gathering g = { .question = question, .has_memory = true };
    struct trial_ranking *order = NULL;

    if (walk(&g, store, 0, err)) {
        order = order_of(&g, moment);
        if (!order)
            (void)assay_fail_memory(err);
    }
    gathering_clear(&g);
    return order;
}

/* Can what has changed be read alone? */
static bool can_follow(const struct trial_ranking *old, const struct trial_moment *moment)
{
    return old && old->moment.deleted_count == moment->deleted_count &&
           moment->last_end_order >= old->moment.last_end_order &&
           moment->last_number >= old->moment.last_number &&
           moment->last_number - old->moment.last_number + (int64_t)old->open_count <= FRESH_MAX;
}

/* What may be other than in the old order: the trials that had not ended, and those made since. */
static bool gather_fresh(struct gathering *g, const struct trial_ranking *old, struct store *store,
                         struct assay_error *err)
{
    struct trial_query query = { .job = g->question->job, .limit = 1 };

    for (size_t i = 0; i < old->open_count; i++) {
        query.until = old->open[i];
        query.after = query.until - 1;
        if (!store_trial_each(store, &query, gather, g, err))
            return false;
    }
    return walk(g, store, old->moment.last_number, err);
}

/* Is entry a of one order before entry b of another? */
static bool is_before(const struct trial_ranking *left, size_t a, const struct trial_ranking *right,
                      size_t b)
{
    for (size_t key = 0; key < left->key_count; key++) {
        uint64_t first = left->keys[key * left->count + a];
        uint64_t second = right->keys[key * right->count + b];

        if (first != second)
            return first < second;
    }
    return left->numbers[a] < right->numbers[b];
}

static void copy_entry(struct trial_ranking *to, size_t at, const struct trial_ranking *from,
                       size_t i)
{
    to->numbers[at] = from->numbers[i];
    for (size_t key = 0; key < to->key_count; key++)
        to->keys[key * to->count + at] = from->keys[key * from->count + i];
}

/* The numbers that the old order had open, as bits. */
static uint64_t *mark_open(const struct trial_ranking *old)
{
    uint64_t *bits = calloc((size_t)old->moment.last_number / 64 + 1, sizeof *bits);

    for (size_t i = 0; bits && i < old->open_count; i++)
        bits[old->open[i] / 64] |= UINT64_C(1) << old->open[i] % 64;
    return bits;
}

static bool is_marked(const uint64_t *bits, uint32_t number)
{
    return bits[number / 64] >> number % 64 & 1;
}

/* The old order without those that were open, and the fresh ones in their places. Takes the open
 * ones of fresh. */
static struct trial_ranking *merge(const struct trial_ranking *old, struct trial_ranking *fresh)
{
    uint64_t *bits = mark_open(old);
    struct trial_ranking *order = NULL;
    size_t kept = 0;
    size_t next = 0;
    size_t at = 0;

    for (size_t i = 0; bits && i < old->count; i++)
        kept += !is_marked(bits, old->numbers[i]);
    if (bits)
        order = order_new(kept + fresh->count, old->key_count);
    for (size_t i = 0; order && i < old->count; i++) {
        if (is_marked(bits, old->numbers[i]))
            continue;
        while (next < fresh->count && is_before(fresh, next, old, i))
            copy_entry(order, at++, fresh, next++);
        copy_entry(order, at++, old, i);
    }
    while (order && next < fresh->count)
        copy_entry(order, at++, fresh, next++);
    free(bits);
    if (!order)
        return NULL;
    order->moment = fresh->moment;
    order->open = fresh->open;
    order->open_count = fresh->open_count;
    fresh->open = NULL;
    return order;
}

/* NULL and ASSAY_OK: what has happened does not explain what is there; NULL and another code: an
 * error. */
static struct trial_ranking *follow(const struct trial_question *question,
                                    const struct trial_ranking *old,
                                    const struct trial_moment *moment, struct store *store,
                                    struct assay_error *err)
{
    struct gathering g = { .question = question,
                           .has_memory = true,
                           .ends_after = old->moment.last_end_order };
    struct trial_ranking *fresh = NULL;
    struct trial_ranking *order = NULL;
    bool is_read = gather_fresh(&g, old, store, err);

    if (is_read && g.end_count == moment->last_end_order - old->moment.last_end_order) {
        fresh = order_of(&g, moment);
        order = fresh ? merge(old, fresh) : NULL;
        if (!order)
            (void)assay_fail_memory(err);
        trial_ranking_release(fresh);
    }
    gathering_clear(&g);
    return order;
}

struct trial_ranking *trial_ranking_make(const struct trial_question *question,
                                         const struct trial_ranking *old, struct store *store,
                                         struct assay_error *err)
{
    struct trial_ranking *order = NULL;
    struct trial_moment moment;
    bool is_ok = false;

    err->code = ASSAY_OK;
    store_snapshot_begin(store);
    is_ok = trial_moment_read(store, question->job, &moment, err);
    if (is_ok && can_follow(old, &moment))
        order = follow(question, old, &moment, store, err);
    if (is_ok && !order && err->code == ASSAY_OK)
        order = make_anew(question, &moment, store, err);
    store_snapshot_end(store);
    return order;
}

/* Counting uses is all that changes in an order. */
static struct trial_ranking *changeable(const struct trial_ranking *order)
{
    return (struct trial_ranking *)(uintptr_t)order;
}

const struct trial_ranking *trial_ranking_retain(const struct trial_ranking *order)
{
    (void)atomic_fetch_add(&changeable(order)->uses, 1);
    return order;
}

void trial_ranking_release(const struct trial_ranking *order)
{
    if (!order || atomic_fetch_sub(&changeable(order)->uses, 1) != 1)
        return;
    free(order->numbers);
    free(order->keys);
    free(order->open);
    free(changeable(order));
}

size_t trial_ranking_count(const struct trial_ranking *order)
{
    return order->count;
}

size_t trial_ranking_bytes(const struct trial_ranking *order)
{
    return sizeof *order +
           order->count * (sizeof *order->numbers + order->key_count * sizeof *order->keys) +
           order->open_count * sizeof *order->open;
}

struct trial_moment trial_ranking_moment(const struct trial_ranking *order)
{
    return order->moment;
}

size_t trial_ranking_copy(const struct trial_ranking *order, size_t offset, size_t limit,
                          int64_t *numbers)
{
    size_t count = offset < order->count ? order->count - offset : 0;

    count = count < limit ? count : limit;
    for (size_t i = 0; i < count; i++)
        numbers[i] = order->numbers[offset + i];
    return count;
}
