/*
 * engine/job_cache.h - what was made from a job's rows and is dear to make again. Keeps what was
 * used last, within a number of bytes. Any thread may call.
 *
 * An item is true for as long as the job's stamp (engine/store/job_stamps.h) is the one that was
 * read before the rows were.
 */
#ifndef ENGINE_JOB_CACHE_H
#define ENGINE_JOB_CACHE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Several things may be kept of one job. */
enum job_cache_kind {
    JOB_CACHE_VIEW,   /* row and spec: api/job_view.h */
    JOB_CACHE_ANSWER, /* the whole job as an answer (api/kept_answer.h), from here on in each of */
    JOB_CACHE_ANSWER_LAST = JOB_CACHE_ANSWER + 3, /* four forms */
    JOB_CACHE_TALLY, /* what its trials add up to: api/window/job_tally.h */
};

/* The beginning of what is kept. The maker fills the first members; immutable once it is kept. */
struct job_cached {
    int64_t job;
    enum job_cache_kind kind;
    uint64_t stamp;
    size_t size; /* bytes, about */
    void (*free)(struct job_cached *item);

    atomic_int uses; /* the maker's own is 1; the rest is the cache's */
    struct job_cached *next_of_slot;
    struct job_cached *newer, *older;
};

struct job_cache;

struct job_cache *job_cache_new(size_t bytes_max); /* NULL for lack of memory */
/* Everything was released but what the cache has itself. */
void job_cache_free(struct job_cache *cache);

/* The caller releases it. NULL: there is none that is true. */
struct job_cached *job_cache_find(struct job_cache *cache, enum job_cache_kind kind, int64_t job,
                                  uint64_t stamp);

/* Keeps the item in place of an older one, unless it is too large; the caller's use of it goes on.
 */
void job_cache_keep(struct job_cache *cache, struct job_cached *item);

void job_cached_release(struct job_cached *item); /* NULL is fine */

#endif
