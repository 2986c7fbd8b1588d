#include "engine/trial_command.h"

#include "assay/value.h"
#include "metrics/objective.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The arrays behind a command_input; text holds numbers, ASSAY_NUMBER_TEXT each. */
struct command_parts {
    struct command_pair *parameters;
    size_t parameter_count;
    struct command_pair *env;
    size_t env_count;
    char *text;
    char job_id[32];
    char trial_id[32];
    char attempt_dir[PATH_TEXT];
    char output_dir[PATH_TEXT];
};

static void command_parts_clear(struct command_parts *parts)
{
    free(parts->parameters);
    free(parts->env);
    free(parts->text);
}

static bool collect_parameters(const struct trial_command_input *in, struct command_parts *parts)
{
    const struct search_space *space = in->spec->study.space;
    size_t count = space ? space->param_count : 0;

    parts->parameters = calloc(count + 1, sizeof *parts->parameters);
    parts->text = calloc(count + 1, ASSAY_NUMBER_TEXT);
    if (!parts->parameters || !parts->text)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct command_pair *pair = &parts->parameters[parts->parameter_count];

        if (!search_space_is_active(space, in->point, i))
            continue;
        pair->name = space->params[i].id;
        pair->value = param_spec_value_text(&space->params[i], in->point[i],
                                            parts->text + i * ASSAY_NUMBER_TEXT);
        parts->parameter_count++;
    }
    return true;
}

static void add_env(struct command_parts *parts, const struct env_var *vars, size_t count)
{
    for (size_t i = 0; i < count; i++)
        parts->env[parts->env_count++] =
            (struct command_pair){ .name = vars[i].name, .value = vars[i].value };
}

static bool collect_env(const struct job_spec *spec, struct command_parts *parts)
{
    const struct container_spec *container = &spec->run.pools[0].container;

    parts->env = calloc(container->env_count + spec->assay.env_count + 1, sizeof *parts->env);
    if (!parts->env)
        return false;
    add_env(parts, container->env, container->env_count);
    add_env(parts, spec->assay.env, spec->assay.env_count);
    return true;
}

static bool collect_parts(const struct trial_command_input *in, struct command_parts *parts,
                          struct assay_error *err)
{
    bool is_custom = in->spec->kind == JOB_CUSTOM;

    if (!collect_parameters(in, parts) || !collect_env(in->spec, parts))
        return assay_fail_memory(err);
    /* The id of a trial's custom job is the trial's own, in the folder. */
    (void)snprintf(parts->job_id, sizeof parts->job_id, "%" PRId64,
                   is_custom ? in->job : store_trial_id(in->job, in->number));
    (void)snprintf(parts->trial_id, sizeof parts->trial_id, "%" PRId64, in->number);
    (void)path_of_attempt(in->state_dir, in->job, in->number, in->attempt, parts->attempt_dir);
    return path_of_output(in->state_dir, in->spec, in->source_dir, in->job,
                          is_custom ? 0 : in->number, parts->output_dir, err);
}

bool trial_command_build(const struct trial_command_input *in, struct command *command,
                         struct assay_error *err)
{
    const struct container_spec *container = &in->spec->run.pools[0].container;
    const struct study_spec *study = &in->spec->study;
    struct command_parts parts = { 0 };
    bool is_built = collect_parts(in, &parts, err);
    struct command_input input = {
        .command = (const char *const *)container->command.items,
        .command_count = container->command.count,
        .args = (const char *const *)container->args.items,
        .arg_count = container->args.count,
        .parameters = parts.parameters,
        .parameter_count = parts.parameter_count,
        .env = parts.env,
        .env_count = parts.env_count,
        .inherited = in->inherited,
        .inherited_count = in->inherited_count,
        .job_id = parts.job_id,
        .trial_id = in->spec->kind == JOB_CUSTOM ? NULL : parts.trial_id,
        .project = "0",
        .region = "local",
        .source_dir = in->source_dir,
        .output_dir = parts.output_dir,
        .attempt_dir = parts.attempt_dir,
        .attempt_tag = in->tag,
    };

    if (study->metric_count)
        input.metric_tag = study->metrics[objective_metric(study->metrics, study->metric_count)].id;
    is_built = is_built && command_build(&input, command, err);
    command_parts_clear(&parts);
    return is_built;
}

/* Each pool but the first one, and a package, are valid words of the API that nobody here can run.
 */
static void check_pools(const struct job_spec *spec, const char *root, struct assay_faults *faults)
{
    char field[128];

    for (size_t i = 0; i < spec->run.pool_count; i++) {
        const struct worker_pool_spec *pool = &spec->run.pools[i];

        (void)snprintf(field, sizeof field, "%s.worker_pool_specs[%zu]%s", root, i,
                       i == 0 ? ".python_package_spec" : "");
        if (i == 0 && pool->has_python_package)
            assay_faults_add(faults, 0, field,
                             "not supported in this version: put the package into an image, or run "
                             "its module on the host, and give the command in container_spec");
        else if (i > 0 && !pool->is_empty)
            assay_faults_add(faults, 0, field,
                             "this version runs one replica in pool 0 only: remove this pool");
    }
}

void trial_command_check(const struct job_spec *spec, struct assay_faults *faults)
{
    const struct container_spec *container = &spec->run.pools[0].container;
    const char *root = spec->kind == JOB_TUNING ? "trial_job_spec" : "job_spec";
    bool is_host = container->image_uri && strncmp(container->image_uri, "host:", 5) == 0;
    char field[128];

    check_pools(spec, root, faults);
    if (!spec->run.pools[0].has_container)
        return;
    (void)snprintf(field, sizeof field, "%s.worker_pool_specs[0].container_spec.%s", root,
                   is_host || spec->assay.on_host ? "command" : "image_uri");
    if (!is_host && !spec->assay.on_host)
        assay_faults_add(faults, 0, field,
                         "this version runs no containers; say --on-host (or onHost: true in the "
                         "assay block) to run the command straight on this machine, or write "
                         "imageUri: \"host:\"");
    else if (container->command.count == 0)
        assay_faults_add(faults, 0, field,
                         "a run on this machine needs a command, for example [\"python3\", "
                         "\"$(ASSAY_SOURCE_DIR)/train.py\"]");
}
