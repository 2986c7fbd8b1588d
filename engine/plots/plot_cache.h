/*
 * engine/plots/plot_cache.h - what was made of the studies that were plotted last, and is dear to
 * make again. Any thread may call.
 *
 * An item is in one thread's hands at a time; whoever asks for the same one meanwhile waits, and
 * finds it made. A thread has at most one of each cache.
 */
#ifndef ENGINE_PLOTS_PLOT_CACHE_H
#define ENGINE_PLOTS_PLOT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where an item is kept; in its taker's hands but for the last members. */
struct plot_place {
    void *item; /* owned; NULL: nothing yet */
    void (*free)(void *item);

    int64_t job; /* 0: nobody's; these are the cache's */
    size_t part;
    bool is_taken;
    int waiting; /* threads that want this one */
    uint64_t last_use;
};

struct plot_cache;

struct plot_cache *plot_cache_new(void); /* NULL for lack of memory */
/* Nothing is in anybody's hands. NULL is fine. */
void plot_cache_free(struct plot_cache *cache);

/* The place of this part of the job (whatever the caller counts), with what its last taker left
 * there. Put it back, as soon as can be. */
struct plot_place *plot_cache_take(struct plot_cache *cache, int64_t job, size_t part);
void plot_cache_put(struct plot_cache *cache, struct plot_place *place);

/* Frees the place's item, if there is one. */
void plot_place_clear(struct plot_place *place);

/* Forgets all: ids of jobs may come again. Nothing is in anybody's hands. NULL is fine. */
void plot_cache_forget(struct plot_cache *cache);

#endif
