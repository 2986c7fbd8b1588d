#include "search/sampler_ops.h"

#include "assay/value.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sampler_ops *const registry[] = {
    &sampler_default_ops,
    &sampler_random_ops,
    &sampler_grid_ops,
    &sampler_sobol_ops,
};

enum { SAMPLER_COUNT = sizeof registry / sizeof registry[0] };

static const struct sampler_ops *find_ops(const char *algorithm)
{
    for (size_t i = 0; i < SAMPLER_COUNT; i++)
        if (strcmp(registry[i]->name, algorithm) == 0)
            return registry[i];
    return NULL;
}

bool sampler_is_known(const char *algorithm)
{
    return find_ops(algorithm) != NULL;
}

static bool fail_unknown(const char *algorithm, struct assay_error *err)
{
    const char *names[SAMPLER_COUNT];
    const char *nearest = NULL;
    char list[256] = "";

    for (size_t i = 0; i < SAMPLER_COUNT; i++) {
        size_t used = strlen(list);

        names[i] = registry[i]->name;
        (void)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    nearest = assay_nearest_word(algorithm, names, SAMPLER_COUNT);
    return assay_fail(err, ASSAY_INVALID, "study_spec.algorithm",
                      "there is no algorithm \"%.100s\"%s%s%s; there are %s", algorithm,
                      nearest ? " (did you mean \"" : "", nearest ? nearest : "",
                      nearest ? "\"?)" : "", list);
}

struct sampler *sampler_new(const struct sampler_options *options, const struct search_space *space,
                            struct assay_error *err)
{
    const struct sampler_ops *ops = find_ops(options->algorithm);
    struct sampler *sampler = NULL;

    if (!ops) {
        (void)fail_unknown(options->algorithm, err);
        return NULL;
    }
    sampler = malloc(sizeof *sampler);
    if (!sampler) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    *sampler = (struct sampler){ .ops = ops,
                                 .space = space,
                                 .seed = options->seed,
                                 .max_trial_count = options->max_trial_count };
    if (ops->prepare && !ops->prepare(sampler, err)) {
        sampler_free(sampler);
        return NULL;
    }
    return sampler;
}

void sampler_free(struct sampler *sampler)
{
    if (!sampler)
        return;
    if (sampler->ops->release)
        sampler->ops->release(sampler->state);
    free(sampler);
}

enum sampler_answer sampler_suggest(const struct sampler *sampler,
                                    const struct sampler_query *query, double *point,
                                    struct assay_error *err)
{
    assert(query->trial_number >= 1);
    return sampler->ops->suggest(sampler, query, point, err);
}
