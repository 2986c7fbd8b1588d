#include "search/sampler_ops.h"

#include "assay/value.h"
#include "search/random.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sampler_ops *const registry[] = {
    &sampler_gp_ops,  &sampler_random_ops, &sampler_grid_ops,  &sampler_sobol_ops,
    &sampler_tpe_ops, &sampler_cmaes_ops,  &sampler_nsga2_ops,
};

enum { SAMPLER_COUNT = sizeof registry / sizeof registry[0] };

static const struct sampler_ops *find_ops(const char *algorithm)
{
    if (strcmp(algorithm, "default") == 0)
        return &sampler_gp_ops;
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
    const char *names[SAMPLER_COUNT + 1] = { "default" };
    const char *nearest = NULL;
    char list[256] = "default";

    for (size_t i = 0; i < SAMPLER_COUNT; i++) {
        size_t used = strlen(list);

        names[i + 1] = registry[i]->name;
        (void)snprintf(list + used, sizeof list - used, ", %s", registry[i]->name);
    }
    nearest = assay_nearest_word(algorithm, names, SAMPLER_COUNT + 1);
    return assay_fail(err, ASSAY_INVALID, "study_spec.algorithm",
                      "there is no algorithm \"%.100s\"%s%s%s; there are %s", algorithm,
                      nearest ? " (did you mean \"" : "", nearest ? nearest : "",
                      nearest ? "\"?)" : "", list);
}

static void copy_metrics(struct sampler *sampler, const struct sampler_options *options)
{
    sampler->metric_count = 1; /* minimized */
    if (options->metrics && options->metric_count > 0) {
        sampler->metric_count = options->metric_count < SAMPLER_METRICS_MAX ? options->metric_count
                                                                            : SAMPLER_METRICS_MAX;
        memcpy(sampler->metrics, options->metrics,
               sampler->metric_count * sizeof *sampler->metrics);
    }
    for (size_t i = 0; i < sampler->metric_count; i++)
        sampler->objective_count += !sampler->metrics[i].is_safety;
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
    *sampler = (struct sampler){
        .ops = ops,
        .space = space,
        .seed = options->seed,
        .max_trial_count = options->max_trial_count > 0 ? options->max_trial_count : 0,
        .parallel_count = options->parallel_count > 0 ? (size_t)options->parallel_count : 1,
        .noise = options->noise,
        .settings = options->settings
    };
    copy_metrics(sampler, options);
    if (ops->prepare && !ops->prepare(sampler, err)) {
        sampler_free(sampler);
        return NULL;
    }
    sampler->settings = NULL;
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

bool sampler_needs_history(const struct sampler *sampler)
{
    return sampler->ops->needs_history;
}

bool sampler_visits_once(const struct sampler *sampler)
{
    return sampler->ops->visits_once;
}

size_t sampler_model_count(const struct sampler *sampler, size_t past_count)
{
    return sampler->ops->learn ? sampler->ops->model_count(sampler, past_count) : 0;
}

bool sampler_needs_model(const struct sampler *sampler, uint64_t trial_number)
{
    if (!sampler->ops->learn)
        return false;
    return !sampler->ops->needs_model || sampler->ops->needs_model(sampler, trial_number);
}

size_t sampler_next_model(const struct sampler *sampler, size_t count)
{
    return sampler->ops->learn ? sampler->ops->next_model(sampler, count) : SIZE_MAX;
}

struct sampler_model *sampler_learn(const struct sampler *sampler, const struct history *history,
                                    size_t count, const struct sampler_model *previous,
                                    struct assay_error *err)
{
    return sampler->ops->learn(sampler, history, count, previous, err);
}

void sampler_model_free(const struct sampler *sampler, struct sampler_model *model)
{
    if (model)
        sampler->ops->model_free(model);
}

size_t sampler_model_size(const struct sampler *sampler)
{
    return sampler->ops->model_size ? sampler->ops->model_size(sampler) : 0;
}

void sampler_model_pack(const struct sampler *sampler, const struct sampler_model *model,
                        double *numbers)
{
    sampler->ops->model_pack(model, numbers);
}

struct sampler_model *sampler_model_unpack(const struct sampler *sampler, const double *numbers,
                                           struct assay_error *err)
{
    return sampler->ops->model_unpack(sampler, numbers, err);
}

static double draw_unit(const void *context, size_t index)
{
    return random_unit(context, (uint32_t)index);
}

void sampler_fix(const struct sampler *sampler, const struct sampler_query *query, double *point)
{
    struct random_stream stream = { .seed = sampler->seed,
                                    .trial = query->trial_number,
                                    .purpose = RANDOM_SUGGESTION };

    if (query->fixed)
        search_space_fix(sampler->space, query->fixed, draw_unit, &stream, point);
}

enum sampler_answer sampler_suggest(const struct sampler *sampler,
                                    const struct sampler_query *query, double *point,
                                    struct provenance *provenance, struct assay_error *err)
{
    enum sampler_answer answer = SAMPLER_FAILED;

    assert(query->trial_number >= 1);
    assert(query->history || !sampler->ops->needs_history);
    *provenance = (struct provenance){ .past_count = query->past_count,
                                       .pending_count = query->pending_count,
                                       .acquisition_value = (double)NAN,
                                       .mean = (double)NAN,
                                       .deviation = (double)NAN };
    answer = sampler->ops->suggest(sampler, query, point, provenance, err);
    if (answer == SAMPLER_EXHAUSTED && query->fixed) { /* a random point of that part */
        for (size_t i = 0; i < sampler->space->param_count; i++)
            point[i] = (double)NAN;
        answer = SAMPLER_POINT;
    }
    if (answer == SAMPLER_POINT)
        sampler_fix(sampler, query, point);
    return answer;
}

size_t sampler_first_objective(const struct sampler *sampler)
{
    size_t metric = 0;

    while (metric + 1 < sampler->metric_count && sampler->metrics[metric].is_safety)
        metric++;
    return metric;
}
