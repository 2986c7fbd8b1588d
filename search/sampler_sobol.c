/* Scrambled Sobol points: each parameter has the dimension of its index, active or not. */
#include "search/random.h"
#include "search/sampler_ops.h"
#include "search/sobol.h"

#include <math.h>

bool sampler_sobol_prepare(struct sampler *sampler, struct assay_error *err)
{
    size_t dimension = sampler->space->param_count;

    if (dimension > SOBOL_DIMENSIONS)
        dimension = SOBOL_DIMENSIONS;
    sampler->state = sobol_new(dimension, sampler->seed);
    return sampler->state ? true : assay_fail_memory(err);
}

void sampler_sobol_release(void *state)
{
    sobol_free(state);
}

void sampler_sobol_point(const struct sampler *sampler, const struct sobol *sobol, uint64_t index,
                         double *point)
{
    const struct search_space *space = sampler->space;
    struct random_stream tail = { .seed = sampler->seed,
                                  .trial = index,
                                  .purpose = RANDOM_SOBOL_TAIL };

    for (size_t i = 0; i < space->param_count; i++) {
        point[i] = (double)NAN;
        if (search_space_is_active(space, point, i))
            point[i] = param_spec_decode(&space->params[i], i < sobol_dimension(sobol)
                                                                ? sobol_unit(sobol, index, i)
                                                                : random_unit(&tail, (uint32_t)i));
    }
}

/* The first point is used too: scrambled, it is as uniform as any, and balance needs it. */
static enum sampler_answer sobol_suggest(const struct sampler *sampler,
                                         const struct sampler_query *query, double *point,
                                         struct provenance *provenance, struct assay_error *err)
{
    (void)err;
    (void)provenance;
    sampler_sobol_point(sampler, sampler->state, query->trial_number - 1, point);
    return SAMPLER_POINT;
}

const struct sampler_ops sampler_sobol_ops = {
    .name = "sobol",
    .prepare = sampler_sobol_prepare,
    .suggest = sobol_suggest,
    .release = sampler_sobol_release,
};
