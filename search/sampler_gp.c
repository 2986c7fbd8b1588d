/* The point a tuner tries first, then scrambled Sobol points from their first one on. */
#include "search/sampler_ops.h"

static enum sampler_answer gp_suggest(const struct sampler *sampler,
                                      const struct sampler_query *query, double *point,
                                      struct provenance *provenance, struct assay_error *err)
{
    (void)err;
    provenance->stage = query->trial_number == 1 ? STAGE_FIRST : STAGE_START;
    if (query->trial_number == 1)
        search_space_first_point(sampler->space, point);
    else
        sampler_sobol_point(sampler, sampler->state, query->trial_number - 2, point);
    return SAMPLER_POINT;
}

const struct sampler_ops sampler_gp_ops = {
    .name = "gp",
    .prepare = sampler_sobol_prepare,
    .suggest = gp_suggest,
    .release = sampler_sobol_release,
};
