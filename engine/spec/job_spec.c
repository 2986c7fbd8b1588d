#include "engine/spec/job_spec.h"

#include "engine/spec/messages.h"

#include <stdlib.h>

void env_clear(struct env_var *env, size_t count)
{
    for (size_t i = 0; env && i < count; i++) {
        free(env[i].name);
        free(env[i].value);
    }
    free(env);
}

static void study_clear(struct study_spec *study)
{
    for (size_t i = 0; study->metrics && i < study->metric_count; i++)
        free(study->metrics[i].id);
    free(study->metrics);
    free(study->stopping_rule_spec.learning_rate_parameter_name);
    search_space_free(study->space);
}

static void container_clear(struct container_spec *container)
{
    free(container->image_uri);
    text_list_clear(&container->command);
    text_list_clear(&container->args);
    env_clear(container->env, container->env_count);
}

static void package_clear(struct package_spec *package)
{
    free(package->executor_image_uri);
    text_list_clear(&package->package_uris);
    free(package->python_module);
    text_list_clear(&package->args);
    env_clear(package->env, package->env_count);
}

static void run_clear(struct run_spec *run)
{
    for (size_t i = 0; run->pools && i < run->pool_count; i++) {
        container_clear(&run->pools[i].container);
        package_clear(&run->pools[i].package);
        free(run->pools[i].machine.machine_type);
    }
    free(run->pools);
    free(run->output_uri);
}

void job_spec_free(struct job_spec *spec)
{
    if (!spec)
        return;
    for (size_t i = 0; spec->assay.metric_regex && i < spec->study.metric_count; i++)
        free(spec->assay.metric_regex[i]);
    free(spec->assay.metric_regex);
    free(spec->assay.algorithm);
    free(spec->assay.data_format);
    free(spec->assay.data_uri);
    launch_settings_clear(&spec->assay.launch);
    env_clear(spec->assay.env, spec->assay.env_count);
    study_clear(&spec->study);
    run_clear(&spec->run);
    free(spec->display_name);
    free(spec);
}

const char *job_spec_algorithm(const struct job_spec *spec)
{
    if (spec->assay.algorithm)
        return spec->assay.algorithm;
    switch (spec->study.algorithm) {
    case ALGORITHM_GRID:
        return "grid";
    case ALGORITHM_RANDOM:
        return "random";
    case ALGORITHM_DEFAULT:
        break;
    }
    return "default";
}
