#include "engine/api/window/ranking_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * ENTRIES: of as many tables as some people look at. BYTES_MAX: five orders of a million trials by
 * one key. Nobody scrolls in a table that was last asked for five minutes ago. MAKERS_MAX: at the
 * same moment, since each holds one of the store's four readers (engine/readers.h).
 */
enum { ENTRIES = 16, BYTES_MAX = 64 << 20, AGE_MAX_US = 300 * 1000000, MAKERS_MAX = 2 };

struct entry {
    char *text; /* NULL: the entry is free; owned */
    int64_t job;
    const struct trial_ranking *order; /* NULL until the first is made */
    bool has_stamp;
    uint64_t stamp;
    int64_t made_us, used_us;
    bool is_being_made;
};

struct ranking_cache {
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t is_made;
    int makers;
    struct entry entries[ENTRIES];
};

struct ranking_cache *ranking_cache_new(void)
{
    struct ranking_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    (void)pthread_mutex_init(&cache->mutex, NULL);
    (void)pthread_cond_init(&cache->is_made, NULL);
    return cache;
}

static void drop(struct entry *entry)
{
    free(entry->text);
    trial_ranking_release(entry->order);
    *entry = (struct entry){ 0 };
}

void ranking_cache_free(struct ranking_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < ENTRIES; i++)
        drop(&cache->entries[i]);
    (void)pthread_cond_destroy(&cache->is_made);
    (void)pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

static struct entry *find(struct ranking_cache *cache, const struct ranking_wish *wish)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        struct entry *entry = &cache->entries[i];

        if (entry->text && entry->job == wish->job && strcmp(entry->text, wish->text) == 0)
            return entry;
    }
    return NULL;
}

/* The one that was not used for longest; NULL: there is none that could go. */
static struct entry *find_oldest(struct ranking_cache *cache)
{
    struct entry *oldest = NULL;

    for (size_t i = 0; i < ENTRIES; i++) {
        struct entry *entry = &cache->entries[i];

        if (entry->text && !entry->is_being_made && (!oldest || entry->used_us < oldest->used_us))
            oldest = entry;
    }
    return oldest;
}

static void drop_old(struct ranking_cache *cache, int64_t now_us)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        struct entry *entry = &cache->entries[i];

        if (entry->text && !entry->is_being_made && now_us - entry->used_us > AGE_MAX_US)
            drop(entry);
    }
}

/* NULL: no room, or no memory. */
static struct entry *add(struct ranking_cache *cache, const struct ranking_wish *wish)
{
    struct entry *entry = NULL;

    for (size_t i = 0; i < ENTRIES && !entry; i++)
        if (!cache->entries[i].text)
            entry = &cache->entries[i];
    if (!entry)
        entry = find_oldest(cache);
    if (!entry)
        return NULL;
    drop(entry);
    entry->text = strdup(wish->text);
    entry->job = wish->job;
    return entry->text ? entry : NULL;
}

static bool is_good(const struct entry *entry, const struct ranking_wish *wish)
{
    if (entry->has_stamp && wish->has_stamp && entry->stamp == wish->stamp)
        return true;
    return !wish->is_exact && wish->now_us - entry->made_us <= RANKING_LATE_US;
}

const struct trial_ranking *ranking_cache_begin(struct ranking_cache *cache,
                                                const struct ranking_wish *wish,
                                                const struct trial_ranking **old)
{
    const struct trial_ranking *order = NULL;
    struct entry *entry = NULL;

    *old = NULL;
    (void)pthread_mutex_lock(&cache->mutex);
    drop_old(cache, wish->now_us);
    for (;;) {
        entry = find(cache, wish);
        if (entry && entry->order && is_good(entry, wish)) {
            order = trial_ranking_retain(entry->order);
            break;
        }
        if (!(entry && entry->is_being_made) && cache->makers < MAKERS_MAX)
            break;
        (void)pthread_cond_wait(&cache->is_made, &cache->mutex);
    }
    if (!order) {
        cache->makers++;
        entry = entry ? entry : add(cache, wish);
    }
    if (entry)
        entry->used_us = wish->now_us;
    if (entry && !order) {
        entry->is_being_made = true;
        *old = entry->order ? trial_ranking_retain(entry->order) : NULL;
    }
    (void)pthread_mutex_unlock(&cache->mutex);
    return order;
}

static size_t sum_bytes(const struct ranking_cache *cache)
{
    size_t sum = 0;

    for (size_t i = 0; i < ENTRIES; i++)
        sum += cache->entries[i].order ? trial_ranking_bytes(cache->entries[i].order) : 0;
    return sum;
}

void ranking_cache_end(struct ranking_cache *cache, const struct ranking_wish *wish, int64_t now_us,
                       const struct trial_ranking *made)
{
    struct entry *entry = NULL;

    (void)pthread_mutex_lock(&cache->mutex);
    cache->makers--;
    entry = find(cache, wish);
    if (entry && made) {
        trial_ranking_release(entry->order);
        entry->order = trial_ranking_retain(made);
        entry->has_stamp = wish->has_stamp;
        entry->stamp = wish->stamp;
        entry->made_us = entry->used_us = now_us;
    }
    if (entry)
        entry->is_being_made = false;
    if (entry && !entry->order)
        drop(entry);
    while (sum_bytes(cache) > BYTES_MAX) {
        entry = find_oldest(cache);
        if (!entry)
            break;
        drop(entry);
    }
    (void)pthread_cond_broadcast(&cache->is_made);
    (void)pthread_mutex_unlock(&cache->mutex);
}
