/*
 * engine/api/window/trial_ranking.h - the numbers of a job's trials in the order of some of their
 * fields, those that a filter lets through.
 *
 * Made by one walk over the job's rows. What trials did since is read alone to make the next one of
 * it: a trial that has ended never changes. Four bytes a trial and eight a key; immutable once
 * made, any thread may read it.
 */
#ifndef ENGINE_API_WINDOW_TRIAL_RANKING_H
#define ENGINE_API_WINDOW_TRIAL_RANKING_H

#include "engine/api/window/order_by.h"
#include "engine/api/window/trial_fields.h"

/* What is asked for; all borrowed. */
struct trial_question {
    int64_t job;
    const struct trial_fields *fields;
    const struct filter *filter;
    struct order_by order; /* none: by number */
};

/* How far the job had come; read from the rows. */
struct trial_moment {
    int64_t last_number;
    int64_t last_end_order;
    int64_t deleted_count;
};

struct trial_ranking; /* opaque: trial_ranking.c */

bool trial_moment_read(struct store *store, int64_t job, struct trial_moment *moment,
                       struct assay_error *err);

/*
 * By number when told nothing else; where rows have the same in each key, by number; what a row
 * does not have comes last, in either direction. old (NULL is fine) is an earlier order to the same
 * question. A snapshot of the store is held for the time of the walk. NULL and *err.
 */
struct trial_ranking *trial_ranking_make(const struct trial_question *question,
                                         const struct trial_ranking *old, struct store *store,
                                         struct assay_error *err);

const struct trial_ranking *trial_ranking_retain(const struct trial_ranking *order);
void trial_ranking_release(const struct trial_ranking *order); /* NULL is fine */

size_t trial_ranking_count(const struct trial_ranking *order);
size_t trial_ranking_bytes(const struct trial_ranking *order);
struct trial_moment trial_ranking_moment(const struct trial_ranking *order);
/* Copies those from offset on, at most limit; returns how many. */
size_t trial_ranking_copy(const struct trial_ranking *order, size_t offset, size_t limit,
                          int64_t *numbers);

#endif
