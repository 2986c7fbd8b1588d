#include "bench/workers.h"

#include <assert.h>
#include <stdlib.h>

struct busy_worker {
    size_t number;
    double end;
};

bool workers_init(struct workers *workers, size_t count)
{
    *workers = (struct workers){ .count = count };
    workers->busy = calloc(count, sizeof *workers->busy);
    return workers->busy != NULL;
}

void workers_clear(struct workers *workers)
{
    free(workers->busy);
    *workers = (struct workers){ 0 };
}

void workers_begin(struct workers *workers, size_t number, double duration)
{
    assert(workers->busy_count < workers->count);
    workers->busy[workers->busy_count++] =
        (struct busy_worker){ .number = number, .end = workers->now + duration };
}

static bool ends_before(const struct busy_worker *a, const struct busy_worker *b)
{
    return a->end < b->end || (a->end == b->end && a->number < b->number);
}

size_t workers_end_next(struct workers *workers)
{
    struct busy_worker *first = workers->busy;
    struct busy_worker ended;

    assert(workers->busy_count > 0);
    for (size_t i = 1; i < workers->busy_count; i++)
        if (ends_before(&workers->busy[i], first))
            first = &workers->busy[i];
    ended = *first;
    *first = workers->busy[--workers->busy_count];
    workers->now = ended.end;
    return ended.number;
}
