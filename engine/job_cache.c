#include "engine/job_cache.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* SLOTS: some hundred jobs are looked at in turn, hardly thousands. No item is larger than a part
 * of the whole, lest one large job drive out all others. */
enum { SLOTS = 1024, LARGEST_PART = 4 };

struct job_cache {
    pthread_mutex_t mutex; /* guards all below */
    size_t bytes, bytes_max;
    struct job_cached *newest, *oldest;
    struct job_cached *slots[SLOTS];
};

struct job_cache *job_cache_new(size_t bytes_max)
{
    struct job_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    cache->bytes_max = bytes_max;
    (void)pthread_mutex_init(&cache->mutex, NULL);
    return cache;
}

void job_cached_release(struct job_cached *item)
{
    if (item && atomic_fetch_sub(&item->uses, 1) == 1)
        item->free(item);
}

static struct job_cached **slot_of(struct job_cache *cache, enum job_cache_kind kind, int64_t job)
{
    return &cache->slots[((uint64_t)job * 8 + (uint64_t)kind) % SLOTS];
}

static void unlink_use(struct job_cache *cache, struct job_cached *item)
{
    *(item->newer ? &item->newer->older : &cache->newest) = item->older;
    *(item->older ? &item->older->newer : &cache->oldest) = item->newer;
}

static void link_newest(struct job_cache *cache, struct job_cached *item)
{
    item->newer = NULL;
    item->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = item;
    cache->newest = item;
}

/* Where the item is linked from, or where its slot's list ends. */
static struct job_cached **find_link(struct job_cache *cache, enum job_cache_kind kind, int64_t job)
{
    struct job_cached **link = slot_of(cache, kind, job);

    while (*link && ((*link)->job != job || (*link)->kind != kind))
        link = &(*link)->next_of_slot;
    return link;
}

/* Out of the cache, onto the list of what is to be released once the mutex is free. */
static void drop(struct job_cache *cache, struct job_cached *item, struct job_cached **dropped)
{
    *find_link(cache, item->kind, item->job) = item->next_of_slot;
    unlink_use(cache, item);
    cache->bytes -= item->size;
    item->next_of_slot = *dropped;
    *dropped = item;
}

static void release_all(struct job_cached *dropped)
{
    while (dropped) {
        struct job_cached *item = dropped;

        dropped = item->next_of_slot;
        job_cached_release(item);
    }
}

void job_cache_free(struct job_cache *cache)
{
    struct job_cached *dropped = NULL;

    if (!cache)
        return;
    while (cache->newest)
        drop(cache, cache->newest, &dropped);
    release_all(dropped);
    (void)pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

struct job_cached *job_cache_find(struct job_cache *cache, enum job_cache_kind kind, int64_t job,
                                  uint64_t stamp)
{
    struct job_cached *item = NULL;

    (void)pthread_mutex_lock(&cache->mutex);
    item = *find_link(cache, kind, job);
    if (item && item->stamp != stamp)
        item = NULL; /* what is made instead will take its place */
    if (item) {
        unlink_use(cache, item);
        link_newest(cache, item);
        (void)atomic_fetch_add(&item->uses, 1);
    }
    (void)pthread_mutex_unlock(&cache->mutex);
    return item;
}

/* False: what is there was made later. */
static bool make_room(struct job_cache *cache, const struct job_cached *item,
                      struct job_cached **dropped)
{
    struct job_cached *old = *find_link(cache, item->kind, item->job);

    if (old && old->stamp > item->stamp)
        return false;
    if (old)
        drop(cache, old, dropped);
    while (cache->bytes + item->size > cache->bytes_max)
        drop(cache, cache->oldest, dropped);
    return true;
}

void job_cache_keep(struct job_cache *cache, struct job_cached *item)
{
    struct job_cached **slot = slot_of(cache, item->kind, item->job);
    struct job_cached *dropped = NULL;

    if (item->size > cache->bytes_max / LARGEST_PART)
        return;
    (void)pthread_mutex_lock(&cache->mutex);
    if (make_room(cache, item, &dropped)) {
        (void)atomic_fetch_add(&item->uses, 1);
        item->next_of_slot = *slot;
        *slot = item;
        link_newest(cache, item);
        cache->bytes += item->size;
    }
    (void)pthread_mutex_unlock(&cache->mutex);
    release_all(dropped);
}
