#include "launcher/command.h"

#include "assay/json.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const python[] = { "python3", "$(ASSAY_SOURCE_DIR)/train.py" };
static const char *const words[] = { "--epochs", "5", "$(MODE)", "$$(MODE)" };
static const struct command_pair flags[] = {
    { "learning-rate", "-1e-05" },
    { "text", "a \"b\"\n=c$(MODE)" },
    { "empty", "" },
};
static const struct command_pair document_env[] = {
    { "MODE", "fast" },
    { "BOTH", "$(MODE)-$(CLOUD_ML_TRIAL_ID)-$(LATER)" },
    { "LATER", "x" },
    { "PATH", "/opt/bin:$(PATH)" },
    { "CLOUD_ML_HP_METRIC_FILE", "/tmp/shared" },
    { "CLOUD_ML_REGION", "mars-1" },
    { "ASSAY_ATTEMPT", "forged" },
};
static const struct command_pair inherited[] = {
    { "PATH", "/usr/bin" },     { "CLOUD_ML_TRIAL_ID", "99" }, { "TF_CONFIG", "{}" },
    { "MASTER_ADDR", "node7" }, { "MASTER_PORT", "29500" },    { "RANK", "3" },
    { "WORLD_SIZE", "8" },      { "LOCAL_RANK", "1" },         { "HOME", "/home/x" },
};

static struct command_input full_input(void)
{
    return (struct command_input){
        .command = python,
        .command_count = 2,
        .args = words,
        .arg_count = 4,
        .parameters = flags,
        .parameter_count = 3,
        .env = document_env,
        .env_count = sizeof document_env / sizeof document_env[0],
        .inherited = inherited,
        .inherited_count = sizeof inherited / sizeof inherited[0],
        .job_id = "123",
        .trial_id = "7",
        .project = "p",
        .region = "europe-west4",
        .metric_tag = "accuracy",
        .source_dir = "/src",
        .output_dir = "/buckets/b/out/7",
        .attempt_dir = "/state/7-1",
        .attempt_tag = "tag",
    };
}

/* The only value of a name, or NULL. */
static const char *value_of(const struct command *command, const char *name)
{
    const char *value = NULL;
    size_t size = strlen(name);

    for (char **entry = command->envp; *entry; entry++) {
        if (strncmp(*entry, name, size) == 0 && (*entry)[size] == '=') {
            cr_assert(value == NULL, "%s is there twice", name);
            value = *entry + size + 1;
        }
    }
    return value;
}

static void expect(const struct command *command, const char *name, const char *wanted)
{
    const char *value = value_of(command, name);

    cr_assert(value != NULL, "%s is missing", name);
    cr_assert(eq(str, (char *)value, (char *)wanted));
}

Test(command, flags_follow_the_arguments_untouched)
{
    struct command_input input = full_input();
    struct command command;
    struct assay_error err = { 0 };

    cr_assert(command_build(&input, &command, &err));
    cr_assert(eq(str, command.argv[0], "python3"));
    cr_assert(eq(str, command.argv[1], "/src/train.py"));
    cr_assert(eq(str, command.argv[2], "--epochs"));
    cr_assert(eq(str, command.argv[3], "5"));
    cr_assert(eq(str, command.argv[4], "fast"));
    cr_assert(eq(str, command.argv[5], "$(MODE)"));
    cr_assert(eq(str, command.argv[6], "--learning-rate=-1e-05"));
    cr_assert(eq(str, command.argv[7], "--text=a \"b\"\n=c$(MODE)"));
    cr_assert(eq(str, command.argv[8], "--empty="));
    cr_assert(command.argv[9] == NULL);
    command_clear(&command);
}

Test(command, the_service_tells_the_trial_what_it_is)
{
    struct command_input input = full_input();
    struct command command;
    struct assay_error err = { 0 };

    cr_assert(command_build(&input, &command, &err));
    expect(&command, "CLOUD_ML_JOB_ID", "123");
    expect(&command, "CLOUD_ML_TRIAL_ID", "7");
    expect(&command, "CLOUD_ML_PROJECT_ID", "p");
    expect(&command, "CLOUD_ML_HP_METRIC_TAG", "accuracy");
    expect(&command, "CLOUD_ML_HP_METRIC_FILE", "/state/7-1/metrics/output.metrics");
    expect(&command, "AIP_MODEL_DIR", "/buckets/b/out/7/model/");
    expect(&command, "AIP_CHECKPOINT_DIR", "/buckets/b/out/7/checkpoints/");
    expect(&command, "AIP_TENSORBOARD_LOG_DIR", "/buckets/b/out/7/logs/");
    expect(&command, "ASSAY_SOURCE_DIR", "/src");
    expect(&command, "ASSAY_ATTEMPT", "tag");
    expect(&command, "ASSAY_ATTEMPT_DIR", "/state/7-1");
    expect(&command, "PYTHONUNBUFFERED", "1");
    command_clear(&command);
}

Test(command, a_data_set_is_told_as_wildcards_of_its_shards_and_never_inherited)
{
    static const struct command_pair outer[] = { { "AIP_DATA_FORMAT", "tfrecord" },
                                                 { "AIP_TEST_DATA_URI", "/elsewhere/*" } };
    struct command_input input = full_input();
    struct command command;
    struct assay_error err = { 0 };

    input.data_format = "csv";
    input.data_dir = "/gcs/b/dataset-7";
    cr_assert(command_build(&input, &command, &err));
    expect(&command, "AIP_DATA_FORMAT", "csv");
    expect(&command, "AIP_TRAINING_DATA_URI", "/gcs/b/dataset-7/training-*.csv");
    expect(&command, "AIP_VALIDATION_DATA_URI", "/gcs/b/dataset-7/validation-*.csv");
    expect(&command, "AIP_TEST_DATA_URI", "/gcs/b/dataset-7/test-*.csv");
    command_clear(&command);
    input.data_format = NULL;
    input.inherited = outer;
    input.inherited_count = 2;
    cr_assert(command_build(&input, &command, &err));
    for (char **at = command.envp; *at; at++)
        cr_assert(strncmp(*at, "AIP_DATA", 8) != 0 && strncmp(*at, "AIP_TEST", 8) != 0, "%s", *at);
    command_clear(&command);
}

Test(command, the_document_comes_last_and_in_its_order)
{
    struct command_input input = full_input();
    struct command command;
    struct assay_error err = { 0 };

    cr_assert(command_build(&input, &command, &err));
    expect(&command, "MODE", "fast");
    expect(&command, "BOTH", "fast-7-$(LATER)");
    expect(&command, "PATH", "/opt/bin:/usr/bin");
    expect(&command, "CLOUD_ML_REGION", "mars-1");
    command_clear(&command);
}

Test(command, what_an_outer_job_was_told_is_not_inherited)
{
    struct command_input input = full_input();
    struct command command;
    struct assay_error err = { 0 };

    input.trial_id = NULL;
    input.output_dir = NULL;
    cr_assert(command_build(&input, &command, &err));
    expect(&command, "HOME", "/home/x");
    cr_assert(value_of(&command, "CLOUD_ML_TRIAL_ID") == NULL);
    cr_assert(value_of(&command, "TF_CONFIG") == NULL);
    cr_assert(value_of(&command, "AIP_MODEL_DIR") == NULL);
    cr_expect(value_of(&command, "MASTER_ADDR") == NULL);
    cr_expect(value_of(&command, "MASTER_PORT") == NULL);
    cr_expect(value_of(&command, "RANK") == NULL);
    cr_expect(value_of(&command, "WORLD_SIZE") == NULL);
    cr_expect(value_of(&command, "LOCAL_RANK") == NULL);
    command_clear(&command);
}

Test(command, unbuffered_python_can_be_turned_off)
{
    struct command_pair off = { "PYTHONUNBUFFERED", "" };
    struct command_input input = full_input();
    struct command command;
    struct assay_error err = { 0 };

    input.inherited = &off;
    input.inherited_count = 1;
    cr_assert(command_build(&input, &command, &err));
    expect(&command, "PYTHONUNBUFFERED", "");
    command_clear(&command);
}

static void build(const struct command_input *input, struct command *command)
{
    struct assay_error err = { 0 };

    cr_assert(command_build(input, command, &err), "%s", err.message);
}

/* One primary, two workers, one parameter server, one evaluator, as one of them sees it. */
static struct command_input gang_input(enum replica_role role, int32_t index)
{
    struct command_input input = full_input();

    input.cluster = (struct cluster){ .replicas = { 1, 2, 1, 1 }, .role = role, .index = index };
    return input;
}

#define JOB                                                                                        \
    "\"job\":\"{\\\"python_module\\\":\\\"\\\",\\\"package_uris\\\":[],\\\"job_args\\\":[]}\""

Test(command, alone_the_texts_are_those_of_real_jobs)
{
    struct command_input input = full_input();
    struct command command;

    build(&input, &command);
    expect(&command, "CLUSTER_SPEC",
           "{\"cluster\":{\"workerpool0\":[\"localhost:2222\"]},\"environment\":\"cloud\",\"task\":"
           "{\"type\":\"workerpool0\",\"index\":0,\"trial\":\"7\"}," JOB ",\"open_ports\":[3333]}");
    cr_expect(value_of(&command, "TF_CONFIG") == NULL);
    cr_expect(value_of(&command, "RANK") == NULL);
    cr_expect(value_of(&command, "MASTER_ADDR") == NULL);
    command_clear(&command);
}

Test(command, a_worker_of_a_gang_is_told_of_all_and_of_its_rank)
{
    struct command_input input = gang_input(ROLE_WORKER, 1);
    struct command command;

    build(&input, &command);
    expect(&command, "CLUSTER_SPEC",
           "{\"cluster\":{\"workerpool0\":[\"@ASSAY_HOST_0@:@ASSAY_PORT_0@\"],"
           "\"workerpool1\":[\"@ASSAY_HOST_1@:@ASSAY_PORT_1@\",\"@ASSAY_HOST_2@:@ASSAY_PORT_2@\"],"
           "\"workerpool2\":[\"@ASSAY_HOST_3@:@ASSAY_PORT_3@\"],"
           "\"workerpool3\":[\"@ASSAY_HOST_4@:@ASSAY_PORT_4@\"]},\"environment\":\"cloud\","
           "\"task\":{\"type\":\"workerpool1\",\"index\":1,\"trial\":\"7\"}," JOB
           ",\"open_ports\":[@ASSAY_OPEN_PORT_0@,@ASSAY_OPEN_PORT_2@]}");
    expect(&command, "TF_CONFIG",
           "{\"cluster\":{\"chief\":[\"@ASSAY_HOST_0@:@ASSAY_PORT_0@\"],"
           "\"worker\":[\"@ASSAY_HOST_1@:@ASSAY_PORT_1@\",\"@ASSAY_HOST_2@:@ASSAY_PORT_2@\"],"
           "\"ps\":[\"@ASSAY_HOST_3@:@ASSAY_PORT_3@\"]},\"environment\":\"cloud\","
           "\"task\":{\"type\":\"worker\",\"index\":1,\"trial\":\"7\"}," JOB "}");
    expect(&command, "MASTER_ADDR", "@ASSAY_HOST_0@");
    expect(&command, "MASTER_PORT", "@ASSAY_OPEN_PORT_0@");
    expect(&command, "RANK", "2");
    expect(&command, "WORLD_SIZE", "3");
    expect(&command, "LOCAL_RANK", "0");
    command_clear(&command);
}

Test(command, an_evaluator_is_in_no_tensorflow_cluster_and_has_no_rank)
{
    struct command_input input = gang_input(ROLE_EVALUATOR, 0);
    struct command command;

    input.trial_id = NULL;
    input.cluster.replicas[ROLE_SERVER] = 0;
    build(&input, &command);
    expect(&command, "TF_CONFIG",
           "{\"cluster\":{\"chief\":[\"@ASSAY_HOST_0@:@ASSAY_PORT_0@\"],"
           "\"worker\":[\"@ASSAY_HOST_1@:@ASSAY_PORT_1@\",\"@ASSAY_HOST_2@:@ASSAY_PORT_2@\"]},"
           "\"environment\":\"cloud\",\"task\":{\"type\":\"evaluator\",\"index\":0}," JOB "}");
    cr_expect(strstr(value_of(&command, "CLUSTER_SPEC"),
                     "\"workerpool3\":[\"@ASSAY_HOST_3@:@ASSAY_PORT_3@\"]") != NULL);
    expect(&command, "MASTER_ADDR", "@ASSAY_HOST_0@");
    cr_expect(value_of(&command, "RANK") == NULL);
    cr_expect(value_of(&command, "WORLD_SIZE") == NULL);
    command_clear(&command);
}

Test(command, the_document_has_the_last_word_on_the_rank)
{
    static const struct command_pair env[] = { { "RANK", "9" },
                                               { "MASTER_PORT", "$(MASTER_PORT)0" } };
    struct command_input input = gang_input(ROLE_PRIMARY, 0);
    struct command command;

    input.env = env;
    input.env_count = 2;
    build(&input, &command);
    expect(&command, "RANK", "9");
    expect(&command, "MASTER_PORT", "@ASSAY_OPEN_PORT_0@0");
    command_clear(&command);
}

Test(command, an_image_s_entry_point_gets_arguments_only)
{
    struct command_input input = full_input();
    struct command command;

    input.command_count = 0;
    input.has_entry_point = true;
    input.inherited_count = 0;
    build(&input, &command);
    cr_assert(eq(str, command.argv[0], "--epochs"));
    cr_assert(eq(str, command.argv[2], "fast"));
    expect(&command, "PATH", "/opt/bin:$(PATH)"); /* the image's own is not known here */
    cr_expect(value_of(&command, "HOME") == NULL);
    command_clear(&command);
    input.arg_count = 0;
    input.parameter_count = 0;
    build(&input, &command);
    cr_assert(command.argv[0] == NULL);
    command_clear(&command);
}

Test(command, a_package_is_named_in_the_job)
{
    static const char *const uris[] = { "gs://b/p.tar.gz" };
    static const char *const args[] = { "--a=\"b\"" };
    static char huge[100000];
    const char *many[] = { huge };
    struct command_input input = full_input();
    struct command command;

    input.cluster.python_module = "trainer.task";
    input.cluster.package_uris = uris;
    input.cluster.package_uri_count = 1;
    input.cluster.job_args = args;
    input.cluster.job_arg_count = 1;
    build(&input, &command);
    cr_expect(
        strstr(value_of(&command, "CLUSTER_SPEC"),
               "\"job\":\"{\\\"python_module\\\":\\\"trainer.task\\\",\\\"package_uris\\\":["
               "\\\"gs://b/p.tar.gz\\\"],\\\"job_args\\\":[\\\"--a=\\\\\\\"b\\\\\\\"\\\"]}\"") !=
            NULL,
        "%s", value_of(&command, "CLUSTER_SPEC"));
    command_clear(&command);
    memset(huge, '"', sizeof huge - 1); /* the kernel would take no such variable */
    input.cluster.job_args = many;
    build(&input, &command);
    cr_expect(lt(sz, strlen(value_of(&command, "CLUSTER_SPEC")), 1000));
    command_clear(&command);
}

static cJSON *cluster_of(const char *trial_id)
{
    struct command_input input = full_input();
    struct command command;
    struct assay_error err = { 0 };
    const char *text = NULL;
    cJSON *cluster = NULL;

    input.trial_id = trial_id;
    cr_assert(command_build(&input, &command, &err));
    text = value_of(&command, "CLUSTER_SPEC");
    cr_assert(text != NULL);
    cluster = json_read(text, strlen(text), &err);
    cr_assert(cluster != NULL, "%s", err.message);
    command_clear(&command);
    return cluster;
}

Test(command, the_cluster_is_one_worker_pool_of_one)
{
    cJSON *cluster = cluster_of("7");
    const cJSON *task = json_get(cluster, "task");
    cJSON *job = NULL;
    struct assay_error err = { 0 };

    cr_assert(
        eq(int, cJSON_GetArraySize(json_get(json_get(cluster, "cluster"), "workerpool0")), 1));
    cr_assert(eq(str, json_get(cluster, "environment")->valuestring, "cloud"));
    cr_assert(eq(str, json_get(task, "type")->valuestring, "workerpool0"));
    cr_assert(eq(dbl, json_get(task, "index")->valuedouble, 0));
    cr_assert(eq(str, json_get(task, "trial")->valuestring, "7")); /* text, as the service has it */
    job = json_read(json_get(cluster, "job")->valuestring,
                    strlen(json_get(cluster, "job")->valuestring), &err);
    cr_assert(job != NULL);
    cJSON_Delete(job);
    cJSON_Delete(cluster);
    cluster = cluster_of(NULL);
    cr_assert(json_get(json_get(cluster, "task"), "trial") == NULL);
    cJSON_Delete(cluster);
}

Test(command, without_a_command_there_is_nothing_to_run)
{
    static const char *const blank[] = { "" };
    struct command_input input = full_input();
    struct command command;
    struct assay_error err = { 0 };

    input.command_count = 0;
    cr_assert(not(command_build(&input, &command, &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    command_clear(&command);
    input.command = blank;
    input.command_count = 1;
    cr_assert(not(command_build(&input, &command, &err)));
    command_clear(&command);
    command_clear(NULL);
}
