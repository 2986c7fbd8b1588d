/*
 * Every allocation of the pool and the queue fails once: each time they report it or succeed, and
 * nothing leaks, which the sanitizer sees.
 */
#include "launcher/places/place_queue.h"
#include "tests/unit/launcher/failing_allocation.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static bool share_out(struct assay_error *err)
{
    const struct resources requests[2] = { { .cpus = 1, .gpus = 1 }, { .gpus = 1 } };
    const char *const gpus[2] = { "0", "1,2" };
    struct machine machine;
    struct places *places = NULL;
    struct place_queue *queue = NULL;
    struct grant *waiting = NULL;
    struct grant *held = NULL;
    bool is_done = false;

    if (!machine_parse("cpus=4,memory=4G,gpus=0,1,2,3,4", &machine, err))
        return false;
    places = places_new(&machine, err);
    queue = places ? place_queue_new(places, err) : NULL;
    if (queue)
        held = grant_new_held(places, (struct attempt_key){ 1, 1, 0 }, 1, requests, gpus, 2, err);
    if (held)
        waiting = grant_new(places, (struct attempt_key){ 2, 1, 0 }, 2, requests, 2, err);
    if (waiting) {
        place_queue_add(queue, waiting);
        is_done = place_queue_next(queue, 0) == waiting;
    }
    grant_free(waiting);
    grant_free(held);
    place_queue_free(queue);
    places_free(places);
    return is_done;
}

Test(places_memory, a_pool_is_shared_out_or_not)
{
    int n = 1;

    for (; n < 100; n++) {
        struct assay_error err = { 0 };
        bool is_done = false;

        allocation_fails(n);
        is_done = share_out(&err);
        if (!allocation_has_failed())
            break;
        cr_assert(not(is_done));
        cr_assert(eq(int, err.code, ASSAY_EXHAUSTED), "call %d: %s", n, err.message);
    }
    allocation_fails(0);
    cr_assert(n > 10 && n < 100);
}
