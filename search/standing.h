/*
 * search/standing.h - what past trials are worth to an algorithm that only ranks them.
 *
 * Best first: completed trials by loss, or by non-domination where there are several objectives;
 * trials that were stopped early, those that came further before the others; unsafe ones, the least
 * violation first; failed ones, all alike. Whatever has no finite value for one of the metrics
 * counts as failed. Equal trials share a rank, and older ones stand first.
 */
#ifndef SEARCH_STANDING_H
#define SEARCH_STANDING_H

#include "search/sampler_ops.h"

enum standing_class { STANDING_COMPLETED, STANDING_STOPPED, STANDING_UNSAFE, STANDING_FAILED };

struct standing {
    size_t index; /* in the history: the caller's to fill */
    enum standing_class class;
    size_t rank;      /* from 0; classes do not share one */
    double crowding;  /* room around it among its equals (Deb et al. 2002), infinite at the ends;
                         0 with one objective and for all but completed trials */
    double progress;  /* as in past_trial */
    double violation; /* by how much it is unsafe, summed over the metrics */
    double losses[SAMPLER_METRICS_MAX]; /* objective_count, less is better */
};

/* Values as measured to objectives that are minimized. False: one value of all metrics is not
 * finite, or one is unsafe. */
bool standing_losses(const struct sampler_metric *metrics, size_t metric_count,
                     const double *values, double *losses);

/* Fills the list from the trials that its indexes name, and sorts it best first: by rank, then by
 * crowding, then by index. False: no memory. */
bool standing_rank(const struct sampler *sampler, const struct history *history,
                   struct standing *list, size_t count);

#endif
