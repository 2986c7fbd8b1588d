#include "launcher/places/place_queue.h"
#include "launcher/places/places_private.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct place_queue *place_queue_new(struct places *places, struct assay_error *err)
{
    struct place_queue *queue = calloc(1, sizeof *queue);

    if (!queue) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    queue->places = places;
    TAILQ_INIT(&queue->accounts);
    return queue;
}

void place_queue_free(struct place_queue *queue)
{
    if (!queue)
        return;
    while (!TAILQ_EMPTY(&queue->accounts))
        place_queue_remove(queue, TAILQ_FIRST(&TAILQ_FIRST(&queue->accounts)->waiting));
    free(queue);
}

size_t place_queue_count(const struct place_queue *queue)
{
    return queue->count;
}

void place_queue_add(struct place_queue *queue, struct grant *grant)
{
    struct account *account = grant->account;

    assert(grant->places == queue->places && !grant->queue && !grant->is_held);
    if (TAILQ_EMPTY(&account->waiting))
        TAILQ_INSERT_TAIL(&queue->accounts, account, in_queue);
    TAILQ_INSERT_TAIL(&account->waiting, grant, in_account);
    grant->queue = queue;
    grant->number = ++queue->last_number;
    grant->pass_count = 0;
    grant->passed_at_us = -1;
    queue->count++;
}

void place_queue_remove(struct place_queue *queue, struct grant *grant)
{
    struct account *account = grant->account;

    if (grant->queue != queue)
        return;
    TAILQ_REMOVE(&account->waiting, grant, in_account);
    if (TAILQ_EMPTY(&account->waiting))
        TAILQ_REMOVE(&queue->accounts, account, in_queue);
    if (queue->reserved == grant)
        queue->reserved = NULL;
    grant->queue = NULL;
    queue->count--;
}

static double share_of(int64_t held, int64_t total)
{
    return total > 0 ? (double)held / (double)total : 0;
}

/* How much of the machine a job holds: of the kind that it holds most of. */
static double dominant_share(const struct places *places, const struct account *account)
{
    double cpus = share_of(account->held.cpus, places->total.cpus);
    double memory = share_of(account->held.memory, places->total.memory);
    double gpus = share_of(account->held.gpus, places->total.gpus);

    return fmax(cpus, fmax(memory, gpus));
}

bool account_goes_before(const struct places *places, const struct account *a,
                         const struct account *b)
{
    double share_a = dominant_share(places, a);
    double share_b = dominant_share(places, b);

    if (share_a < share_b || share_a > share_b)
        return share_a < share_b;
    return TAILQ_FIRST(&a->waiting)->number < TAILQ_FIRST(&b->waiting)->number;
}

/* By insertion: since the last time, the shares of a few jobs have changed. */
static void sort_accounts(struct place_queue *queue)
{
    struct account *account = TAILQ_FIRST(&queue->accounts);

    while (account) {
        struct account *next = TAILQ_NEXT(account, in_queue);
        struct account *before = TAILQ_PREV(account, account_list, in_queue);

        while (before && account_goes_before(queue->places, account, before))
            before = TAILQ_PREV(before, account_list, in_queue);
        TAILQ_REMOVE(&queue->accounts, account, in_queue);
        if (before)
            TAILQ_INSERT_AFTER(&queue->accounts, before, account, in_queue);
        else
            TAILQ_INSERT_HEAD(&queue->accounts, account, in_queue);
        account = next;
    }
}

static bool is_overdue(const struct grant *grant, int64_t now_us)
{
    return grant->pass_count >= PLACE_PASSES ||
           (grant->passed_at_us >= 0 && now_us - grant->passed_at_us >= PLACE_PATIENCE_US);
}

/* For the oldest of those that are overdue, and then until it has what it needs. */
static void reserve(struct place_queue *queue, int64_t now_us)
{
    struct account *account = NULL;

    if (queue->reserved)
        return;
    TAILQ_FOREACH(account, &queue->accounts, in_queue)
    {
        struct grant *first = TAILQ_FIRST(&account->waiting);

        if (is_overdue(first, now_us) &&
            (!queue->reserved || first->number < queue->reserved->number))
            queue->reserved = first;
    }
}

/* How many kinds it asks for, as LACKS_… */
static int kinds_of(const struct grant *grant)
{
    return (grant->wanted.cpus > 0 ? LACKS_CPUS : 0) |
           (grant->wanted.memory > 0 ? LACKS_MEMORY : 0) |
           (grant->wanted.gpus > 0 ? LACKS_GPUS : 0);
}

/* Takes only what the one that the machine is reserved for can spare: it lacks no more than before
 * and none of what it lacks is taken. */
static bool take_beside(struct grant *grant, const struct grant *reserved)
{
    int lacks = place_lacks(reserved);

    if ((kinds_of(grant) & lacks) != 0 || !grant_take(grant))
        return false;
    if (place_lacks(reserved) == lacks)
        return true;
    grant_return(grant);
    return false;
}

/* Notes on the first of each other job that this one goes before them. */
static void count_passes(struct place_queue *queue, const struct grant *granted, int64_t now_us)
{
    struct account *account = NULL;
    bool is_its_turn = true; /* of those that stand before the granted one's job */

    if (kinds_of(granted) == 0)
        return;
    TAILQ_FOREACH(account, &queue->accounts, in_queue)
    {
        struct grant *first = TAILQ_FIRST(&account->waiting);

        if (first == granted) {
            is_its_turn = false;
            continue;
        }
        if (!is_its_turn && first->number > granted->number)
            continue;
        first->pass_count++;
        if (is_its_turn && first->passed_at_us < 0)
            first->passed_at_us = now_us;
    }
}

/* The reserved one has been tried before. */
static struct grant *first_that_fits(struct place_queue *queue)
{
    struct account *account = NULL;

    TAILQ_FOREACH(account, &queue->accounts, in_queue)
    {
        struct grant *first = TAILQ_FIRST(&account->waiting);

        if (queue->reserved ? first != queue->reserved && take_beside(first, queue->reserved)
                            : grant_take(first))
            return first;
    }
    return NULL;
}

struct grant *place_queue_next(struct place_queue *queue, int64_t now_us)
{
    struct grant *granted = NULL;

    /* Before the granted one's share changes the order. */
    sort_accounts(queue);
    reserve(queue, now_us);
    if (queue->reserved && grant_take(queue->reserved))
        granted = queue->reserved;
    else
        granted = first_that_fits(queue);
    if (!granted)
        return NULL;
    if (granted != queue->reserved)
        count_passes(queue, granted, now_us);
    place_queue_remove(queue, granted);
    return granted;
}
