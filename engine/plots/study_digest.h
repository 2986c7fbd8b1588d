/*
 * engine/plots/study_digest.h - what there is to plot of a study, in a few megabytes however many
 * trials it has, brought up to date by reading only those that have ended since.
 *
 * Every part depends on which trials have ended, not on the order in which they were read: so the
 * first look reads them as they lie on the disk, and a digest that has followed a study is the same
 * as one made at its end. One thread at a time (plot_cache.h sees to that).
 */
#ifndef ENGINE_PLOTS_STUDY_DIGEST_H
#define ENGINE_PLOTS_STUDY_DIGEST_H

#include "engine/plots/best_steps.h"
#include "engine/plots/history_buckets.h"
#include "engine/plots/trial_front.h"
#include "engine/plots/trial_heap.h"
#include "engine/plots/value_cells.h"
#include "engine/spec/job_spec.h"
#include "search/sampler.h"

/* How many of the best of each metric are kept whole, and of those that ended last. */
enum { DIGEST_BEST = 100, DIGEST_NEWEST = 100 };

/* Of one metric, of trials that succeeded: the values of others count nowhere. Only those that are
 * safe are among the best, and only they improve it. */
struct digest_metric {
    struct sampler_metric spec;
    struct best_steps steps;
    struct value_cells cells;
    struct trial_heap best;
};

struct study_digest {
    size_t param_count, metric_count, objective_count;
    int64_t trial_count;             /* that have ended, and are there */
    int64_t deleted_count;           /* of the study's, as far as anybody has told it */
    int64_t first_order, last_order; /* of them; 0: there are none */
    struct history_buckets *history;
    struct trial_heap sample;      /* by chance */
    int64_t newest_after;          /* older ones are not among the newest any more */
    struct trial_heap newest;      /* by end order */
    struct digest_metric *metrics; /* metric_count */
    struct trial_front front;      /* of two objectives or more */
    double *losses;                /* room for those of one trial */
};

/* Copies what it needs of a study's spec (zeroed: of a custom job). NULL for lack of memory. */
struct study_digest *study_digest_new(const struct study_spec *study);
void study_digest_free(struct study_digest *digest); /* NULL is fine */

/* False for lack of memory: the digest is good for nothing any more. */
bool study_digest_add(struct study_digest *digest, const struct ended_row *row);

/* Adds what has ended since, of a job with that spec. After a failure the digest is good for
 * nothing any more. */
bool study_digest_update(struct study_digest *digest, struct store *store, int64_t job,
                         const struct job_spec *spec, struct assay_error *err);

/*
 * The same of *digest, which is made where it is NULL, and made anew where trials were deleted
 * since: what has gone cannot be taken out. All that is read is of one moment. On failure *digest
 * is NULL.
 */
bool study_digest_renew(struct study_digest **digest, struct store *store, int64_t job,
                        const struct job_spec *spec, struct assay_error *err);

#endif
