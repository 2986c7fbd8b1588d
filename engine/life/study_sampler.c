#include "engine/life/study_sampler.h"

void study_sampler_metrics(const struct study_spec *study, size_t count,
                           struct sampler_metric *metrics)
{
    for (size_t i = 0; i < count; i++)
        metrics[i] = (struct sampler_metric){
            .is_maximized = study->metrics[i].goal == GOAL_MAXIMIZE,
            .is_safety = study->metrics[i].is_safety,
            .safety_threshold = study->metrics[i].safety_threshold,
            .min_safe_fraction = study->metrics[i].min_safe_fraction,
        };
}

/* As it was at first; 0: no limit is known. A study has one in its studyStoppingConfig, or none. */
static int64_t budget_of(const struct job_spec *spec)
{
    const struct stopping_config *stopping = &spec->study.stopping;

    if (spec->kind == JOB_STUDY && stopping->has_max_num_trials)
        return stopping->max_num_trials;
    return spec->first_trial_count ? spec->first_trial_count : spec->max_trial_count;
}

struct sampler *study_sampler_new(const struct job_spec *spec, uint64_t seed,
                                  struct assay_error *err)
{
    struct sampler_metric metrics[SAMPLER_METRICS_MAX];
    /* What the history holds beyond these, no sampler looks at. */
    size_t metric_count = spec->study.metric_count < SAMPLER_METRICS_MAX ? spec->study.metric_count
                                                                         : SAMPLER_METRICS_MAX;
    struct sampler_options options = {
        .algorithm = job_spec_algorithm(spec),
        .seed = seed,
        .max_trial_count = budget_of(spec),
        .parallel_count =
            spec->first_parallel_count ? spec->first_parallel_count : spec->parallel_trial_count,
        .noise = (enum observation_noise)spec->study.observation_noise,
        .metrics = metrics,
        .metric_count = metric_count,
    };

    study_sampler_metrics(&spec->study, metric_count, metrics);
    return sampler_new(&options, spec->study.space, err);
}
