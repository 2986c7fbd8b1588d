#include "engine/plots/plot_cache.h"

#include <pthread.h>
#include <stdlib.h>

/* A person looks at one study, and compares a few; an item takes a few megabytes. */
enum { PLACES = 8 };

struct plot_cache {
    pthread_mutex_t mutex; /* guards uses, and of places all that is not their taker's */
    pthread_cond_t is_put;
    struct plot_place places[PLACES];
    uint64_t uses;
};

struct plot_cache *plot_cache_new(void)
{
    struct plot_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    (void)pthread_mutex_init(&cache->mutex, NULL);
    (void)pthread_cond_init(&cache->is_put, NULL);
    return cache;
}

void plot_place_clear(struct plot_place *place)
{
    if (place->item)
        place->free(place->item);
    place->item = NULL;
}

void plot_cache_forget(struct plot_cache *cache)
{
    for (size_t i = 0; cache && i < PLACES; i++) {
        plot_place_clear(&cache->places[i]);
        cache->places[i] = (struct plot_place){ 0 };
    }
}

void plot_cache_free(struct plot_cache *cache)
{
    if (!cache)
        return;
    plot_cache_forget(cache);
    (void)pthread_cond_destroy(&cache->is_put);
    (void)pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

/* The one of that name, else the one that was used least lately; NULL: all are in use. */
static struct plot_place *find_place(struct plot_cache *cache, int64_t job, size_t part)
{
    struct plot_place *oldest = NULL;

    for (size_t i = 0; i < PLACES; i++) {
        struct plot_place *place = &cache->places[i];

        if (place->job == job && place->part == part)
            return place;
        if (!place->is_taken && place->waiting == 0 &&
            (!oldest || place->last_use < oldest->last_use))
            oldest = place;
    }
    return oldest;
}

struct plot_place *plot_cache_take(struct plot_cache *cache, int64_t job, size_t part)
{
    struct plot_place *place = NULL;
    struct plot_place dropped = { 0 };

    (void)pthread_mutex_lock(&cache->mutex);
    while (!(place = find_place(cache, job, part)))
        (void)pthread_cond_wait(&cache->is_put, &cache->mutex);
    if (place->job != job || place->part != part) {
        dropped = *place;
        *place = (struct plot_place){ .job = job, .part = part };
    }
    place->waiting++;
    while (place->is_taken)
        (void)pthread_cond_wait(&cache->is_put, &cache->mutex);
    place->waiting--;
    place->is_taken = true;
    place->last_use = ++cache->uses;
    (void)pthread_mutex_unlock(&cache->mutex);
    plot_place_clear(&dropped);
    return place;
}

void plot_cache_put(struct plot_cache *cache, struct plot_place *place)
{
    (void)pthread_mutex_lock(&cache->mutex);
    place->is_taken = false;
    (void)pthread_cond_broadcast(&cache->is_put);
    (void)pthread_mutex_unlock(&cache->mutex);
}
