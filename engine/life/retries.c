#include "engine/life/retries.h"

#include "engine/array.h"
#include "engine/store/steering_rows.h"

#include <stdlib.h>

struct reading {
    struct retries *retries;
    bool has_memory;
};

static bool add_retry(void *context, int64_t number, int64_t original)
{
    struct reading *reading = context;
    struct retries *retries = reading->retries;
    void *items = retries->items;

    reading->has_memory =
        array_make_room(&items, retries->count, &retries->capacity, sizeof *retries->items);
    retries->items = items;
    if (reading->has_memory)
        retries->items[retries->count++] = (struct retry){ .number = number, .original = original };
    return reading->has_memory;
}

bool retries_read(struct retries *retries, struct store *store, int64_t job, int64_t first,
                  int64_t last, struct assay_error *err)
{
    struct reading reading = { .retries = retries, .has_memory = true };

    *retries = (struct retries){ 0 };
    return store_retry_each(store, job, first, last, add_retry, &reading, err) &&
           (reading.has_memory || assay_fail_memory(err));
}

void retries_clear(struct retries *retries)
{
    free(retries->items);
    *retries = (struct retries){ 0 };
}

static int compare_numbers(const void *a, const void *b)
{
    const struct retry *first = a;
    const struct retry *second = b;

    return (first->number > second->number) - (first->number < second->number);
}

int64_t retries_original(const struct retries *retries, int64_t number)
{
    struct retry wanted = { .number = number };
    const struct retry *found = NULL;

    if (retries->count > 0)
        found = bsearch(&wanted, retries->items, retries->count, sizeof wanted, compare_numbers);
    return found ? found->original : 0;
}

static int compare_originals(const void *a, const void *b)
{
    const struct retry *first = a;
    const struct retry *second = b;

    if (first->original != second->original)
        return first->original > second->original ? 1 : -1;
    return compare_numbers(a, b);
}

void retries_sort_by_original(struct retries *retries)
{
    if (retries->count > 0)
        qsort(retries->items, retries->count, sizeof *retries->items, compare_originals);
}

int64_t retries_newest(const struct retries *retries, int64_t original)
{
    size_t low = 0;
    size_t high = retries->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (retries->items[middle].original <= original)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && retries->items[low - 1].original == original ? retries->items[low - 1].number
                                                                   : 0;
}
