#include "engine/life/early_stops.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    struct early_stops *stops;
    bool with_why;
    bool has_memory;
};

static bool add_stop(void *context, int64_t number, double progress, const char *why)
{
    struct reading *reading = context;
    struct early_stops *stops = reading->stops;
    struct early_stop stop = { .number = number, .progress = progress };

    if (stops->count == stops->capacity) {
        size_t capacity = stops->capacity ? stops->capacity * 2 : 16;
        struct early_stop *grown = realloc(stops->items, capacity * sizeof *grown);

        reading->has_memory = grown != NULL;
        if (!grown)
            return false;
        stops->items = grown;
        stops->capacity = capacity;
    }
    if (reading->with_why) {
        stop.why = strdup(why);
        reading->has_memory = stop.why != NULL;
    }
    if (reading->has_memory)
        stops->items[stops->count++] = stop;
    return reading->has_memory;
}

bool early_stops_read(struct early_stops *stops, struct store *store, int64_t job, int64_t first,
                      int64_t last, bool with_why, struct assay_error *err)
{
    struct reading reading = { .stops = stops, .with_why = with_why, .has_memory = true };

    *stops = (struct early_stops){ 0 };
    return store_early_stop_each(store, job, first, last, add_stop, &reading, err) &&
           (reading.has_memory || assay_fail_memory(err));
}

void early_stops_clear(struct early_stops *stops)
{
    for (size_t i = 0; i < stops->count; i++)
        free(stops->items[i].why);
    free(stops->items);
    *stops = (struct early_stops){ 0 };
}

static int compare_numbers(const void *a, const void *b)
{
    const struct early_stop *first = a;
    const struct early_stop *second = b;

    return (first->number > second->number) - (first->number < second->number);
}

const struct early_stop *early_stops_find(const struct early_stops *stops, int64_t number)
{
    struct early_stop wanted = { .number = number };

    if (stops->count == 0)
        return NULL;
    return bsearch(&wanted, stops->items, stops->count, sizeof wanted, compare_numbers);
}
