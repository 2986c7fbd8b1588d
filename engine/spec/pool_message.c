#include "assay/utf8.h"
#include "engine/spec/messages.h"

#include <stdlib.h>
#include <string.h>

static const struct enum_word accelerator_words[] = {
    { "ACCELERATOR_TYPE_UNSPECIFIED", 0, ACCELERATOR_NONE },
    { "NVIDIA_TESLA_K80", 1, ACCELERATOR_GPU },
    { "NVIDIA_TESLA_P100", 2, ACCELERATOR_GPU },
    { "NVIDIA_TESLA_V100", 3, ACCELERATOR_GPU },
    { "NVIDIA_TESLA_P4", 4, ACCELERATOR_GPU },
    { "NVIDIA_TESLA_T4", 5, ACCELERATOR_GPU },
    { "TPU_V2", 6, ACCELERATOR_TPU },
    { "TPU_V3", 7, ACCELERATOR_TPU },
    { "NVIDIA_TESLA_A100", 8, ACCELERATOR_GPU },
    { "NVIDIA_A100_80GB", 9, ACCELERATOR_GPU },
    { "TPU_V4_POD", 10, ACCELERATOR_TPU },
    { "NVIDIA_L4", 11, ACCELERATOR_GPU },
    { "TPU_V5_LITEPOD", 12, ACCELERATOR_TPU },
    { "NVIDIA_H100_80GB", 13, ACCELERATOR_GPU },
    { "NVIDIA_H100_MEGA_80GB", 14, ACCELERATOR_GPU },
    { "NVIDIA_H200_141GB", 15, ACCELERATOR_GPU },
    { "NVIDIA_B200", 16, ACCELERATOR_GPU },
    { "NVIDIA_GB200", 17, ACCELERATOR_GPU },
    { "NVIDIA_RTX_PRO_6000", 18, ACCELERATOR_GPU },
};

static const struct enum_word affinity_words[] = {
    { "TYPE_UNSPECIFIED", 0, 0 },
    { "NO_RESERVATION", 1, 1 },
    { "ANY_RESERVATION", 2, 2 },
    { "SPECIFIC_RESERVATION", 3, 3 },
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

void env_name_check(struct fields *fields, const cJSON *node, const char *member, const char *name)
{
    bool is_good = is_letter(*name);

    for (const char *at = name; is_good && *at; at++)
        is_good = is_letter(*at) || (*at >= '0' && *at <= '9');
    if (!is_good)
        fields_fault(
            fields, node, member,
            "\"%.100s\" is not a variable's name: letters, digits and _, not a digit first", name);
}

static const struct field env_fields[] = {
    { .name = "name", .kind = FIELD_TEXT, .at = FIELD_AT(struct env_var, name) },
    { .name = "value", .kind = FIELD_TEXT, .at = FIELD_AT(struct env_var, value) },
};

static void env_check(struct fields *fields, const cJSON *node, void *record)
{
    struct env_var *env = record;
    const char *name = fields_member_text(node, "name");

    fields_require(fields, node, "name");
    if (name && *name)
        env_name_check(fields, node, "name", name);
    if (env && !env->value) /* an empty text does not survive proto3's JSON */
        env->value = fields_copy(fields, "");
}

const struct message env_message = { MESSAGE_FIELDS(env_fields), .size = sizeof(struct env_var),
                                     .check = env_check };

/* What a container and a Python package have in common; node is the one or the other. */
static void task_check(struct fields *fields, const cJSON *node)
{
    const cJSON *env = fields_member(node, "env");
    const cJSON *args = fields_member(node, "args");
    const cJSON *arg = NULL;
    size_t here = 0;
    size_t args_size = 0;

    if (cJSON_IsArray(env) && cJSON_GetArraySize(env) > ENV_MAX)
        fields_fault(fields, node, "env", "%d variables; %d are the most", cJSON_GetArraySize(env),
                     ENV_MAX);
    here = fields_enter(fields, "env");
    if (cJSON_IsArray(env))
        fields_check_unique(fields, env, "name");
    fields_leave(fields, here);
    cJSON_ArrayForEach(arg, args)
    {
        if (cJSON_IsString(arg))
            args_size += utf8_count(arg->valuestring, strlen(arg->valuestring));
    }
    if (args_size > ARGS_TEXT_MAX)
        fields_fault(fields, node, "args", "%zu characters in all; %d are the most", args_size,
                     ARGS_TEXT_MAX);
}

static const struct field container_fields[] = {
    { .name = "imageUri", .kind = FIELD_TEXT, .at = FIELD_AT(struct container_spec, image_uri) },
    { .name = "command",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct container_spec, command.items),
      .count_at = FIELD_AT(struct container_spec, command.count) },
    { .name = "args",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct container_spec, args.items),
      .count_at = FIELD_AT(struct container_spec, args.count) },
    { .name = "env",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct container_spec, env),
      .count_at = FIELD_AT(struct container_spec, env_count),
      .message = &env_message },
};

static void container_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "imageUri");
    task_check(fields, node);
}

static const struct message container_message = { MESSAGE_FIELDS(container_fields),
                                                  .check = container_check };

static const struct field package_fields[] = {
    { .name = "executorImageUri",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct package_spec, executor_image_uri) },
    { .name = "packageUris",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct package_spec, package_uris.items),
      .count_at = FIELD_AT(struct package_spec, package_uris.count) },
    { .name = "pythonModule",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct package_spec, python_module) },
    { .name = "args",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct package_spec, args.items),
      .count_at = FIELD_AT(struct package_spec, args.count) },
    { .name = "env",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct package_spec, env),
      .count_at = FIELD_AT(struct package_spec, env_count),
      .message = &env_message },
};

static void package_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "executorImageUri");
    fields_require(fields, node, "packageUris");
    fields_require(fields, node, "pythonModule");
    task_check(fields, node);
}

static const struct message package_message = { MESSAGE_FIELDS(package_fields),
                                                .check = package_check };

static const struct field affinity_fields[] = {
    { .name = "reservationAffinityType", .kind = FIELD_ENUM, FIELD_WORDS(affinity_words) },
    { .name = "key", .kind = FIELD_TEXT },
    { .name = "values", .kind = FIELD_TEXTS },
};

static const struct message affinity_message = { MESSAGE_FIELDS(affinity_fields) };

static const struct field machine_fields[] = {
    { .name = "machineType",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct machine_spec, machine_type) },
    { .name = "acceleratorType",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct machine_spec, accelerator),
      FIELD_WORDS(accelerator_words) },
    { .name = "acceleratorCount",
      .kind = FIELD_INT32,
      .at = FIELD_AT(struct machine_spec, accelerator_count) },
    { .name = "gpuPartitionSize", .kind = FIELD_TEXT },
    { .name = "tpuTopology", .kind = FIELD_TEXT },
    { .name = "reservationAffinity", .kind = FIELD_MESSAGE, .message = &affinity_message },
};

/* Is the member there, and not the value that proto3 drops? */
static bool is_given(const cJSON *node, const char *name, const char *zero)
{
    const cJSON *member = fields_member(node, name);

    if (cJSON_IsNumber(member))
        return member->valuedouble != 0;
    return cJSON_IsString(member) && strcmp(member->valuestring, zero) != 0;
}

static void machine_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct machine_spec *machine = record;

    if (is_given(node, "acceleratorType", accelerator_words[0].name) !=
        is_given(node, "acceleratorCount", "0"))
        fields_fault(fields, node, "acceleratorType",
                     "accelerator_type and accelerator_count go together: give both or neither");
    if (machine && machine->accelerator_count < 0)
        fields_fault(fields, node, "acceleratorCount", "must be at least 1");
}

static const struct message machine_message = { MESSAGE_FIELDS(machine_fields),
                                                .check = machine_check };

static const struct field nfs_fields[] = {
    { .name = "server", .kind = FIELD_TEXT },
    { .name = "path", .kind = FIELD_TEXT },
    { .name = "mountPoint", .kind = FIELD_TEXT },
};

static void nfs_check(struct fields *fields, const cJSON *node, void *record)
{
    const char *path = fields_member_text(node, "path");

    (void)record;
    fields_require(fields, node, "server");
    fields_require(fields, node, "path");
    fields_require(fields, node, "mountPoint");
    if (path && *path && *path != '/')
        fields_fault(fields, node, "path", "must begin with /");
}

static const struct message nfs_message = { MESSAGE_FIELDS(nfs_fields), .check = nfs_check };

static const struct field lustre_fields[] = {
    { .name = "instanceIp", .kind = FIELD_TEXT },
    { .name = "volumeHandle", .kind = FIELD_TEXT },
    { .name = "filesystem", .kind = FIELD_TEXT },
    { .name = "mountPoint", .kind = FIELD_TEXT },
};

static void lustre_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    for (size_t i = 0; i < sizeof lustre_fields / sizeof lustre_fields[0]; i++)
        fields_require(fields, node, lustre_fields[i].name);
}

static const struct message lustre_message = { MESSAGE_FIELDS(lustre_fields),
                                               .check = lustre_check };

static const struct field disk_fields[] = {
    { .name = "bootDiskType", .kind = FIELD_TEXT },
    { .name = "bootDiskSizeGb", .kind = FIELD_INT32 },
};

static const struct message disk_message = { MESSAGE_FIELDS(disk_fields) };

static const struct field pool_fields[] = {
    { .name = "containerSpec",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct worker_pool_spec, container),
      .has_at = FIELD_AT(struct worker_pool_spec, has_container),
      .oneof = "task",
      .message = &container_message },
    { .name = "pythonPackageSpec",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct worker_pool_spec, package),
      .has_at = FIELD_AT(struct worker_pool_spec, has_python_package),
      .oneof = "task",
      .message = &package_message },
    { .name = "machineSpec",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct worker_pool_spec, machine),
      .message = &machine_message },
    { .name = "replicaCount",
      .kind = FIELD_INT64,
      .at = FIELD_AT(struct worker_pool_spec, replica_count) },
    { .name = "nfsMounts", .kind = FIELD_MESSAGES, .message = &nfs_message },
    { .name = "lustreMounts", .kind = FIELD_MESSAGES, .message = &lustre_message },
    { .name = "diskSpec", .kind = FIELD_MESSAGE, .message = &disk_message },
};

/* No member that is not null: a pool that is skipped. */
static bool is_empty(const cJSON *node)
{
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, node)
    {
        if (!cJSON_IsNull(member))
            return false;
    }
    return true;
}

static void pool_check(struct fields *fields, const cJSON *node, void *record)
{
    struct worker_pool_spec *pool = record;

    pool->is_empty = is_empty(node);
    if (pool->is_empty)
        return;
    if (pool->replica_count < 0)
        fields_fault(fields, node, "replicaCount", "must be at least 1");
    if (pool->replica_count == 0)
        pool->replica_count = 1;
    if (!pool->has_container && !pool->has_python_package)
        fields_fault(fields, node, NULL,
                     "needs exactly one task: container_spec or python_package_spec");
}

const struct message pool_message = { MESSAGE_FIELDS(pool_fields),
                                      .size = sizeof(struct worker_pool_spec),
                                      .check = pool_check };
