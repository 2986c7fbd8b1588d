#include "launcher/command.h"

#include "launcher/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRIC_FILE "CLOUD_ML_HP_METRIC_FILE"

/*
 * What only the service says: an inherited value would be that of the job in which the engine
 * itself runs.
 */
static const char *const service_names[] = {
    "AIP_CHECKPOINT_DIR",
    "AIP_DATA_FORMAT",
    "AIP_MODEL_DIR",
    "AIP_TENSORBOARD_LOG_DIR",
    "AIP_TEST_DATA_URI",
    "AIP_TRAINING_DATA_URI",
    "AIP_VALIDATION_DATA_URI",
    "ASSAY_ATTEMPT",
    "ASSAY_ATTEMPT_DIR",
    "ASSAY_SOURCE_DIR",
    "CLOUD_ML_HP_METRIC_FILE",
    "CLOUD_ML_HP_METRIC_TAG",
    "CLOUD_ML_JOB_ID",
    "CLOUD_ML_PROJECT_ID",
    "CLOUD_ML_REGION",
    "CLOUD_ML_TRIAL_ID",
    "CLUSTER_SPEC",
    "LOCAL_RANK",
    "MASTER_ADDR",
    "MASTER_PORT",
    "RANK",
    "TF_CONFIG",
    "WORLD_SIZE",
};

/*
 * What the document cannot set: with one value for all trials their metrics would mix, and the
 * remains of a lost attempt could not be told from another's.
 */
static const char *const reserved_names[] = {
    "ASSAY_ATTEMPT",
    "ASSAY_ATTEMPT_DIR",
    METRIC_FILE,
};

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/* The text, or NULL for lack of memory. */
static __attribute__((format(printf, 1, 2))) char *text_of(const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    return text;
}

/* Sets name unless value is NULL. */
static bool set_known(struct environment *environment, const char *name, const char *value)
{
    return !value || environment_set(environment, name, value);
}

static bool set_below(struct environment *environment, const char *name, const char *dir,
                      const char *rest)
{
    char *path = dir ? text_of("%s/%s", dir, rest) : NULL;
    bool is_set = !dir || (path && environment_set(environment, name, path));

    free(path);
    return is_set;
}

static bool inherit(const struct command_input *input, struct environment *environment)
{
    for (size_t i = 0; i < input->inherited_count; i++) {
        const struct command_pair *pair = &input->inherited[i];

        if (!is_among(pair->name, service_names, sizeof service_names / sizeof *service_names) &&
            !environment_set(environment, pair->name, pair->value))
            return false;
    }
    return true;
}

/* Takes text; NULL is lack of memory. */
static bool set_made(struct environment *environment, const char *name, char *text)
{
    bool is_set = text && environment_set(environment, name, text);

    free(text);
    return is_set;
}

static bool set_number(struct environment *environment, const char *name, int32_t number)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%d", number);
    return environment_set(environment, name, text);
}

/* By which PyTorch finds its peers, which the hosted service leaves to the program. */
static bool set_rank(struct environment *environment, const struct cluster *cluster)
{
    return environment_set(environment, "MASTER_ADDR", "@ASSAY_HOST_0@") &&
           environment_set(environment, "MASTER_PORT", "@ASSAY_OPEN_PORT_0@") &&
           (cluster_rank(cluster) < 0 ||
            (set_number(environment, "RANK", cluster_rank(cluster)) &&
             set_number(environment, "WORLD_SIZE", cluster_world_size(cluster)) &&
             set_number(environment, "LOCAL_RANK", 0)));
}

static bool set_cluster(const struct command_input *input, struct environment *environment)
{
    struct cluster cluster = input->cluster;

    cluster.trial = input->trial_id;
    return set_made(environment, "CLUSTER_SPEC", cluster_spec_text(&cluster)) &&
           (cluster_size(&cluster) == 1 ||
            (set_made(environment, "TF_CONFIG", cluster_tf_config_text(&cluster)) &&
             set_rank(environment, &cluster)));
}

/* Of one of the sets: a wildcard for its shards. */
static bool set_data_uri(const struct command_input *input, struct environment *environment,
                         const char *name, const char *set)
{
    return set_made(environment, name,
                    text_of("%s/%s-*.%s", input->data_dir, set, input->data_format));
}

static bool set_data(const struct command_input *input, struct environment *environment)
{
    return !input->data_format ||
           (environment_set(environment, "AIP_DATA_FORMAT", input->data_format) &&
            set_data_uri(input, environment, "AIP_TRAINING_DATA_URI", "training") &&
            set_data_uri(input, environment, "AIP_VALIDATION_DATA_URI", "validation") &&
            set_data_uri(input, environment, "AIP_TEST_DATA_URI", "test"));
}

/* Whoever has set it for the engine means another place. */
static bool set_storage(const struct command_input *input, struct environment *environment)
{
    static const char *const names[] = { "STORAGE_EMULATOR_HOST",
                                         "CLOUD_STORAGE_EMULATOR_ENDPOINT" };
    /* Without it gcsfs asks what kind each bucket is by gRPC, and waits a minute for it. */
    static const char only_json[] = "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT";

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!environment_get(environment, names[i]) &&
            !set_known(environment, names[i], input->storage_url))
            return false;
    return !input->storage_url || environment_get(environment, only_json) ||
           environment_set(environment, only_json, "false");
}

static bool set_service(const struct command_input *input, struct environment *environment)
{
    return set_known(environment, "CLOUD_ML_JOB_ID", input->job_id) &&
           set_known(environment, "CLOUD_ML_TRIAL_ID", input->trial_id) &&
           set_known(environment, "CLOUD_ML_PROJECT_ID", input->project) &&
           set_known(environment, "CLOUD_ML_REGION", input->region) &&
           set_known(environment, "CLOUD_ML_HP_METRIC_TAG", input->metric_tag) &&
           set_below(environment, METRIC_FILE, input->attempt_dir, COMMAND_METRIC_FILE) &&
           set_below(environment, "AIP_MODEL_DIR", input->output_dir, "model/") &&
           set_below(environment, "AIP_CHECKPOINT_DIR", input->output_dir, "checkpoints/") &&
           set_below(environment, "AIP_TENSORBOARD_LOG_DIR", input->output_dir, "logs/") &&
           set_data(input, environment) && set_storage(input, environment) &&
           set_known(environment, "ASSAY_SOURCE_DIR", input->source_dir) &&
           set_known(environment, "ASSAY_ATTEMPT", input->attempt_tag) &&
           set_known(environment, "ASSAY_ATTEMPT_DIR", input->attempt_dir) &&
           set_cluster(input, environment) &&
           /* Python holds its output back in a file, so that progress would show at the end only.
            */
           (environment_get(environment, "PYTHONUNBUFFERED") ||
            environment_set(environment, "PYTHONUNBUFFERED", "1"));
}

static bool set_document(const struct command_input *input, struct environment *environment)
{
    for (size_t i = 0; i < input->env_count; i++) {
        const struct command_pair *pair = &input->env[i];
        char *value = NULL;
        bool is_set = false;

        if (is_among(pair->name, reserved_names, sizeof reserved_names / sizeof *reserved_names))
            continue;
        value = environment_expand(environment, pair->value);
        is_set = value && environment_set(environment, pair->name, value);
        free(value);
        if (!is_set)
            return false;
    }
    return true;
}

static bool build_argv(const struct command_input *input, const struct environment *environment,
                       char **argv)
{
    for (size_t i = 0; i < input->command_count; i++) {
        *argv = environment_expand(environment, input->command[i]);
        if (!*argv++)
            return false;
    }
    for (size_t i = 0; i < input->arg_count; i++) {
        *argv = environment_expand(environment, input->args[i]);
        if (!*argv++)
            return false;
    }
    for (size_t i = 0; i < input->parameter_count; i++) {
        *argv = text_of("--%s=%s", input->parameters[i].name, input->parameters[i].value);
        if (!*argv++)
            return false;
    }
    return true;
}

bool command_build(const struct command_input *input, struct command *command,
                   struct assay_error *err)
{
    struct environment environment = { 0 };
    size_t argc = input->command_count + input->arg_count + input->parameter_count;

    *command = (struct command){ 0 };
    if (input->command_count ? input->command[0][0] == '\0' : !input->has_entry_point)
        return assay_fail(err, ASSAY_INVALID, "containerSpec.command",
                          "a command is needed to run without a container: its first word is the "
                          "program");
    command->argv = calloc(argc + 1, sizeof *command->argv);
    if (!command->argv || !inherit(input, &environment) || !set_service(input, &environment) ||
        !set_document(input, &environment) || !build_argv(input, &environment, command->argv))
        goto fail;
    command->envp = environment.entries;
    free(environment.hashes);
    return true;
fail:
    environment_clear(&environment);
    command_clear(command);
    return assay_fail_memory(err);
}

static void free_strings(char **strings)
{
    for (char **at = strings; at && *at; at++)
        free(*at);
    free(strings);
}

void command_clear(struct command *command)
{
    if (!command)
        return;
    free_strings(command->argv);
    free_strings(command->envp);
    *command = (struct command){ 0 };
}
