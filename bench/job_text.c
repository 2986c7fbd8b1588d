#include "bench/job_text.h"

#include <string.h>

/* The engine kills nothing here: the seed is fixed so that every round runs the same trials. */
static const char template[] =
    "{\"displayName\": \"throughput\", \"maxFailedTrialCount\": 1, \"studySpec\": {"
    "\"algorithm\": \"RANDOM_SEARCH\","
    "\"metrics\": [{\"metricId\": \"loss\", \"goal\": \"MINIMIZE\"}],"
    "\"parameters\": ["
    "{\"parameterId\": \"rate\", \"scaleType\": \"UNIT_LOG_SCALE\","
    " \"doubleValueSpec\": {\"minValue\": 1e-5, \"maxValue\": 1}},"
    "{\"parameterId\": \"momentum\", \"doubleValueSpec\": {\"minValue\": 0, \"maxValue\": 1}},"
    "{\"parameterId\": \"layers\", \"integerValueSpec\": {\"minValue\": 1, \"maxValue\": 100}},"
    "{\"parameterId\": \"width\", \"discreteValueSpec\": {\"values\": [16, 32, 64, 128]}},"
    "{\"parameterId\": \"activation\","
    " \"categoricalValueSpec\": {\"values\": [\"relu\", \"tanh\", \"gelu\"]}}]},"
    "\"trialJobSpec\": {\"workerPoolSpecs\": [{\"replicaCount\": 1, \"containerSpec\": {"
    "\"imageUri\": \"host:\"}}]},"
    "\"assay\": {\"seed\": 1}}";

static cJSON *member(cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool add_command(cJSON *root, const char *trainer)
{
    cJSON *pools = member(member(root, "trialJobSpec"), "workerPoolSpecs");
    cJSON *container = member(cJSON_GetArrayItem(pools, 0), "containerSpec");
    cJSON *command = cJSON_CreateStringArray(&trainer, 1);

    return command && cJSON_AddItemToObject(container, "command", command);
}

static bool add_environment(cJSON *root, const char *started_path)
{
    cJSON *env = started_path ? cJSON_AddObjectToObject(member(root, "assay"), "env") : NULL;

    return !started_path || (env && cJSON_AddStringToObject(env, "BENCH_STARTED", started_path));
}

char *job_text_new(const struct job_text *text, struct assay_error *err)
{
    cJSON *root = json_read(template, sizeof template - 1, err);
    char *document = NULL;

    if (!root)
        return NULL;
    if (cJSON_AddNumberToObject(root, "maxTrialCount", (double)text->max_trials) &&
        cJSON_AddNumberToObject(root, "parallelTrialCount", text->parallel) &&
        add_command(root, text->trainer) && add_environment(root, text->started_path))
        document = json_text(root, 0);
    cJSON_Delete(root);
    if (!document)
        (void)assay_fail_memory(err);
    return document;
}
