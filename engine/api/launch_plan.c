#include "engine/api/launch_plan.h"

static void write_strings(struct json_writer *w, const char *key, char *const *items)
{
    json_key(w, key);
    json_begin_array(w);
    for (; *items; items++)
        json_string(w, *items);
    json_end_array(w);
}

static void write_list(struct json_writer *w, const char *key, const char *const *items,
                       size_t count)
{
    json_key(w, key);
    json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        json_string(w, items[i]);
    json_end_array(w);
}

static void write_resources(struct json_writer *w, const struct resources *resources)
{
    json_key(w, "resources");
    json_begin_object(w);
    if (resources->cpus > 0) {
        json_key(w, "cpus");
        json_number(w, resources->cpus);
    }
    if (resources->memory_bytes > 0) {
        json_key(w, "memoryBytes");
        json_int(w, resources->memory_bytes);
    }
    if (resources->gpus > 0) {
        json_key(w, "gpus");
        json_int(w, resources->gpus);
    }
    if (resources->gpu_share > 0) {
        json_key(w, "gpuShare");
        json_number(w, resources->gpu_share);
    }
    json_end_object(w);
}

static void write_replica(struct json_writer *w, const struct replica_launch *replica)
{
    write_strings(w, "argv", replica->argv);
    write_strings(w, "environment", replica->envp);
    json_key(w, "workDir");
    json_string(w, replica->dir);
    write_resources(w, &replica->resources);
    if (replica->container) {
        json_key(w, "image");
        json_string(w, replica->container->image);
        write_list(w, "mounts", replica->container->mounts, replica->container->mount_count);
    }
    if (replica->python) {
        json_key(w, "interpreter");
        json_string(w, replica->python->interpreter);
        write_list(w, "packages", replica->python->packages, replica->python->package_count);
    }
}

void launch_plan_write_replicas(struct json_writer *w, const struct trial_launch *trial)
{
    char name[REPLICA_NAME_TEXT];

    json_key(w, "replicas");
    json_begin_array(w);
    for (size_t i = 0; i < trial->count; i++) {
        const struct replica_launch *replica = &trial->replicas[i];

        json_begin_object(w);
        json_key(w, "name");
        json_string(w, replica_name(replica->role, replica->index, name));
        write_replica(w, replica);
        json_end_object(w);
    }
    json_end_array(w);
}

void launch_plan_write(struct json_writer *w, const struct trial_launch *trial,
                       const struct launcher_config *config)
{
    json_key(w, "launcher");
    json_string(w, config && config->launcher == LAUNCHER_SLURM ? "slurm" : "host");
    json_key(w, "outputDir");
    json_string(w, trial->output_dir);
    write_replica(w, &trial->replicas[0]);
    if (trial->count > 1)
        launch_plan_write_replicas(w, trial);
}
