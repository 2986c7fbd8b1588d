/* Independent draws, uniform in the unit cube. */
#include "search/random.h"
#include "search/sampler_ops.h"

#include <math.h>

static enum sampler_answer random_suggest(const struct sampler *sampler,
                                          const struct sampler_query *query, double *point,
                                          struct provenance *provenance, struct assay_error *err)
{
    const struct search_space *space = sampler->space;
    struct random_stream stream = { .seed = sampler->seed,
                                    .trial = query->trial_number,
                                    .purpose = RANDOM_SUGGESTION };

    (void)err;
    (void)provenance;
    for (size_t i = 0; i < space->param_count; i++) {
        point[i] = (double)NAN;
        if (search_space_is_active(space, point, i))
            point[i] = param_spec_decode(&space->params[i], random_unit(&stream, (uint32_t)i));
    }
    return SAMPLER_POINT;
}

const struct sampler_ops sampler_random_ops = {
    .name = "random",
    .suggest = random_suggest,
};
