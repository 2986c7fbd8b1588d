#include "engine/spec/messages.h"

#include <stdlib.h>
#include <string.h>

static const struct enum_word strategy_words[] = {
    { "STRATEGY_UNSPECIFIED", 0, 0 },
    { "ON_DEMAND", 1, 1 },
    { "LOW_COST", 2, 2 },
    { "STANDARD", 3, 3 },
    { "SPOT", 4, 4 }, /* there is no 5 */
    { "FLEX_START", 6, 6 },
};

static const struct field scheduling_fields[] = {
    { .name = "timeout", .kind = FIELD_DURATION, .at = FIELD_AT(struct job_spec, run.timeout_us) },
    { .name = "restartJobOnWorkerRestart",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct job_spec, run.restarts_on_worker_restart) },
    { .name = "disableRetries",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct job_spec, run.disable_retries) },
    { .name = "strategy", .kind = FIELD_ENUM, FIELD_WORDS(strategy_words) },
    { .name = "maxWaitDuration", .kind = FIELD_DURATION },
};

static void scheduling_check(struct fields *fields, const cJSON *node, void *record)
{
    struct job_spec *spec = record;

    (void)fields;
    (void)node;
    if (spec->run.timeout_us == 0) /* "0s" is what a client that gave none sends */
        spec->run.timeout_us = TIMEOUT_DEFAULT_US;
    if (spec->run.disable_retries)
        spec->run.restarts_on_worker_restart = false;
}

static const struct message scheduling_message = { MESSAGE_FIELDS(scheduling_fields),
                                                   .check = scheduling_check };

static const struct field output_fields[] = {
    { .name = "outputUriPrefix",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct job_spec, run.output_uri) },
};

static void output_check(struct fields *fields, const cJSON *node, void *record)
{
    struct job_spec *spec = record;

    (void)fields;
    (void)node;
    if (spec->run.output_uri && !*spec->run.output_uri) {
        free(spec->run.output_uri);
        spec->run.output_uri = NULL;
    }
}

static const struct message output_message = { MESSAGE_FIELDS(output_fields),
                                               .check = output_check };

static const struct field peering_fields[] = {
    { .name = "domain", .kind = FIELD_TEXT },
    { .name = "targetProject", .kind = FIELD_TEXT },
    { .name = "targetNetwork", .kind = FIELD_TEXT },
};

static const struct message peering_message = { MESSAGE_FIELDS(peering_fields) };

static const struct field psc_fields[] = {
    { .name = "networkAttachment", .kind = FIELD_TEXT },
    { .name = "dnsPeeringConfigs", .kind = FIELD_MESSAGES, .message = &peering_message },
};

static const struct message psc_message = { MESSAGE_FIELDS(psc_fields) };

/* All of them in the record of the whole job, because a CustomJobSpec may be the whole document. */
static const struct field run_fields[] = {
    { .name = "workerPoolSpecs",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct job_spec, run.pools),
      .count_at = FIELD_AT(struct job_spec, run.pool_count),
      .message = &pool_message },
    { .name = "scheduling",
      .kind = FIELD_MESSAGE,
      .at = FIELD_HERE,
      .message = &scheduling_message },
    { .name = "baseOutputDirectory",
      .kind = FIELD_MESSAGE,
      .at = FIELD_HERE,
      .message = &output_message },
    { .name = "serviceAccount", .kind = FIELD_TEXT },
    { .name = "network", .kind = FIELD_TEXT },
    { .name = "reservedIpRanges", .kind = FIELD_TEXTS },
    { .name = "pscInterfaceConfig", .kind = FIELD_MESSAGE, .message = &psc_message },
    { .name = "tensorboard", .kind = FIELD_TEXT },
    { .name = "enableWebAccess",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct job_spec, run.has_web_access) },
    { .name = "enableDashboardAccess", .kind = FIELD_BOOL },
    { .name = "experiment", .kind = FIELD_TEXT },
    { .name = "experimentRun", .kind = FIELD_TEXT },
    { .name = "persistentResourceId", .kind = FIELD_TEXT },
    { .name = "models", .kind = FIELD_TEXTS },
    { .name = "protectedArtifactLocationId", .kind = FIELD_TEXT },
};

/* Pool 0 is the primary, with one replica. */
static void pool_role_check(struct fields *fields, const cJSON *node, size_t index,
                            const struct worker_pool_spec *pool)
{
    size_t here = fields_enter_item(fields, index);

    if (index == 0 && pool->is_empty)
        fields_fault(fields, node, NULL, "pool 0, the primary, cannot be empty");
    else if (index == 0 && pool->replica_count > 1)
        fields_fault(fields, node, "replicaCount", "pool 0, the primary, has exactly 1 replica");
    fields_leave(fields, here);
}

static void run_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct job_spec *spec = record;
    const cJSON *list = fields_member(node, "workerPoolSpecs");
    const cJSON *item = NULL;
    size_t index = 0;
    size_t here = 0;

    if (!list || (cJSON_IsArray(list) && !list->child)) {
        fields_fault(fields, node, "workerPoolSpecs", "at least one worker pool is required");
        return;
    }
    if (cJSON_IsArray(list) && cJSON_GetArraySize(list) > POOLS_MAX) {
        fields_fault(fields, node, "workerPoolSpecs", "%d pools; %d are the most",
                     cJSON_GetArraySize(list), POOLS_MAX);
        return;
    }
    here = fields_enter(fields, "workerPoolSpecs");
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsObject(item) && index < spec->run.pool_count)
            pool_role_check(fields, item, index, &spec->run.pools[index]);
        index++;
    }
    fields_leave(fields, here);
}

const struct message run_message = { MESSAGE_FIELDS(run_fields), .check = run_check };
