/*
 * search/elite.h - the best of a long past, kept by number: what a population is, and what stands
 * for trials too many to look at each time.
 *
 * A model of the samplers that need no other (sampler.h), immutable.
 */
#ifndef SEARCH_ELITE_H
#define SEARCH_ELITE_H

#include "search/sampler_ops.h"

struct elite {
    size_t count; /* made from the first so many trials */
    size_t kept;
    size_t indexes[]; /* in the history, best first as in standing.h; none failed */
};

/* The best of previous (NULL: of none) and of the trials since, up to count; at most keep. NULL: no
 * memory. Costs what ranking keep + the trials since does. */
struct elite *elite_next(const struct sampler *sampler, const struct history *history, size_t count,
                         size_t keep, const struct elite *previous);

/* The type behind a model of samplers whose model this is. */
const struct elite *elite_of(const struct sampler_model *model);
struct sampler_model *elite_as_model(struct elite *elite);
void elite_model_free(struct sampler_model *model);

/*
 * Is there no trial with these values under way, or among the past ones (the newest few thousand of
 * them are looked at)?
 */
bool elite_is_new(const struct sampler *sampler, const struct sampler_query *query,
                  const double *point);

#endif
