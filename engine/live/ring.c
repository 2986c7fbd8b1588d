#include "engine/live/ring.h"

#include <stdlib.h>

struct ring {
    uint64_t added, published; /* numbers of the newest */
    size_t capacity;
    struct change items[]; /* change n lies at n % capacity */
};

struct ring *ring_new(size_t capacity)
{
    struct ring *ring = calloc(1, sizeof *ring + capacity * sizeof ring->items[0]);

    if (ring)
        ring->capacity = capacity;
    return ring;
}

void ring_free(struct ring *ring)
{
    free(ring);
}

uint64_t ring_add(struct ring *ring, const struct change *change)
{
    ring->items[++ring->added % ring->capacity] = *change;
    return ring->added;
}

void ring_publish(struct ring *ring)
{
    ring->published = ring->added;
}

uint64_t ring_added(const struct ring *ring)
{
    return ring->added;
}

uint64_t ring_newest(const struct ring *ring)
{
    return ring->published;
}

bool ring_reaches_back(const struct ring *ring, uint64_t number)
{
    return number <= ring->published && ring->added - number <= ring->capacity;
}

bool ring_find(const struct ring *ring, int64_t job, uint64_t *number, uint64_t last,
               struct change *change)
{
    if (last > ring->published)
        last = ring->published;
    for (uint64_t at = *number + 1; at <= last; at++) {
        const struct change *item = &ring->items[at % ring->capacity];

        if (item->job != job)
            continue;
        *number = at;
        *change = *item;
        return true;
    }
    return false;
}
