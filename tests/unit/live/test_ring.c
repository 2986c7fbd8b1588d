#include "engine/live/ring.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { CAPACITY = 7, STEPS = 3000, JOBS = 3 };

/* Numbers that look random, the same each time. */
static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

/* Everything that was ever added, and how much of it is published. */
struct twin {
    struct change items[STEPS + 1];
    uint64_t added, published;
};

static void check_find(const struct ring *ring, const struct twin *twin, uint64_t from)
{
    for (int64_t job = 0; job < JOBS; job++) {
        uint64_t at = from;
        uint64_t wanted = from + 1;
        struct change change;
        bool is_found = ring_find(ring, job, &at, twin->published, &change);

        while (wanted <= twin->published && twin->items[wanted].job != job)
            wanted++;
        cr_assert(eq(int, is_found, wanted <= twin->published));
        if (!is_found)
            continue;
        cr_assert(eq(u64, at, wanted));
        cr_assert(eq(i64, change.value, twin->items[wanted].value));
    }
}

Test(ring, finds_what_a_list_of_everything_finds_as_far_as_it_reaches_back)
{
    static struct twin twin;
    struct ring *ring = ring_new(CAPACITY);
    uint64_t state = 1;

    for (int step = 0; step < STEPS; step++) {
        struct change change = { .job = (int64_t)draw(&state, JOBS), .value = step };

        twin.items[++twin.added] = change;
        cr_assert(eq(u64, ring_add(ring, &change), twin.added));
        if (draw(&state, 3) == 0) {
            ring_publish(ring);
            twin.published = twin.added;
        }
        cr_assert(eq(u64, ring_newest(ring), twin.published));
        for (uint64_t from = 0; from <= twin.added; from += 1 + (from < twin.added / 2) * 7) {
            bool is_kept = from <= twin.published && twin.added - from <= CAPACITY;

            cr_assert(eq(int, ring_reaches_back(ring, from), is_kept));
            if (is_kept)
                check_find(ring, &twin, from);
        }
    }
    ring_free(ring);
}

Test(ring, what_was_not_published_is_not_found)
{
    struct ring *ring = ring_new(CAPACITY);
    struct change change = { .job = 1 };
    uint64_t number = 0;

    (void)ring_add(ring, &change);
    cr_assert(not(ring_find(ring, 1, &number, 1, &change)));
    cr_assert(not(ring_reaches_back(ring, 1)));
    ring_publish(ring);
    cr_assert(ring_find(ring, 1, &number, 1, &change));
    cr_assert(eq(u64, number, 1));
    ring_free(ring);
}
