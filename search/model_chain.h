/*
 * search/model_chain.h - a study's models one after the other, for callers that learn where they
 * ask: each is learnt when the first suggestion needs it. One thread.
 */
#ifndef SEARCH_MODEL_CHAIN_H
#define SEARCH_MODEL_CHAIN_H

#include "search/sampler.h"

struct model_chain;

/* Borrows sampler, which must outlive the chain. NULL for lack of memory. */
struct model_chain *model_chain_new(const struct sampler *sampler);
void model_chain_free(struct model_chain *chain); /* NULL is fine */

/*
 * sampler_suggest() with the model that query->past_count asks for, whatever query->model was.
 * past_count may not be less than in an earlier call.
 */
enum sampler_answer model_chain_suggest(struct model_chain *chain,
                                        const struct sampler_query *query, double *point,
                                        struct provenance *provenance, struct assay_error *err);

#endif
