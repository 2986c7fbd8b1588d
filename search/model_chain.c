#include "search/model_chain.h"

#include <assert.h>
#include <stdlib.h>

struct model_chain {
    const struct sampler *sampler;
    struct sampler_model *model; /* NULL at first */
    size_t count;                /* the model's; 0 at first */
};

struct model_chain *model_chain_new(const struct sampler *sampler)
{
    struct model_chain *chain = calloc(1, sizeof *chain);

    if (chain)
        chain->sampler = sampler;
    return chain;
}

void model_chain_free(struct model_chain *chain)
{
    if (!chain)
        return;
    sampler_model_free(chain->sampler, chain->model);
    free(chain);
}

static bool learn_next(struct model_chain *chain, const struct history *history,
                       struct assay_error *err)
{
    size_t count = sampler_next_model(chain->sampler, chain->count);
    struct sampler_model *model = sampler_learn(chain->sampler, history, count, chain->model, err);

    if (!model)
        return false;
    sampler_model_free(chain->sampler, chain->model);
    chain->model = model;
    chain->count = count;
    return true;
}

enum sampler_answer model_chain_suggest(struct model_chain *chain,
                                        const struct sampler_query *query, double *point,
                                        struct provenance *provenance, struct assay_error *err)
{
    struct sampler_query full = *query;
    size_t wanted = sampler_model_count(chain->sampler, query->past_count);

    assert(wanted >= chain->count);
    while (chain->count < wanted)
        if (!learn_next(chain, query->history, err))
            return SAMPLER_FAILED;
    full.model = chain->model;
    return sampler_suggest(chain->sampler, &full, point, provenance, err);
}
