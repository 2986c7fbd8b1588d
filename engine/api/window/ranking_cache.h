/*
 * engine/api/window/ranking_cache.h - orders of trials that were asked for lately, for the next
 * window of the same table.
 *
 * Few, small and young: see ranking_cache.c. Each is made by one thread, while others who want the
 * same one wait for it. Any thread may call.
 */
#ifndef ENGINE_API_WINDOW_RANKING_CACHE_H
#define ENGINE_API_WINDOW_RANKING_CACHE_H

#include "engine/api/window/trial_ranking.h"

struct ranking_cache;

struct ranking_cache *ranking_cache_new(void);        /* NULL for lack of memory */
void ranking_cache_free(struct ranking_cache *cache); /* nobody asks; NULL is fine */

/* What an order must be, to be given again. */
struct ranking_wish {
    int64_t job;
    const char *text; /* the question; borrowed */
    bool has_stamp;   /* of the job (engine/store/job_stamps.h), taken before the rows are read */
    uint64_t stamp;
    bool is_exact;  /* only what is true now; else also what was true RANKING_LATE_US ago */
    int64_t now_us; /* monotonic */
};

/* So that a table of a study at work is not ordered anew while it is scrolled. */
enum { RANKING_LATE_US = 2000000 };

/*
 * The order, or NULL: then the caller makes one, of *old if that is not NULL, and says so by
 * ranking_cache_end(). Both are the caller's to release.
 */
const struct trial_ranking *ranking_cache_begin(struct ranking_cache *cache,
                                                const struct ranking_wish *wish,
                                                const struct trial_ranking **old);

/* made, which the cache uses beside the caller, may be NULL: it failed. now_us: when it was made.
 */
void ranking_cache_end(struct ranking_cache *cache, const struct ranking_wish *wish, int64_t now_us,
                       const struct trial_ranking *made);

#endif
