#include "engine/pool_plan.h"

#include "launcher/places/machine_type.h"
#include "launcher/python/executors.h"

#include <fnmatch.h>
#include <string.h>

/* On the host, where the executor would be an image. */
static const char default_interpreter[] = "python3";

static bool is_host_image(const char *image)
{
    static const char prefix[] = "host:";

    return strncmp(image, prefix, sizeof prefix - 1) == 0;
}

/* The interpreter that stands in for an executorImageUri, or NULL and *image. */
static const char *find_executor(const struct launcher_config *config, const char *uri,
                                 const char **image)
{
    static const char prefix[] = "image:";

    *image = uri;
    for (size_t i = 0; config && i < config->executor_count; i++) {
        const char *target = config->executors[i].target;

        if (fnmatch(config->executors[i].image, uri, 0) != 0)
            continue;
        if (strncmp(target, prefix, sizeof prefix - 1) != 0)
            return target;
        *image = target + sizeof prefix - 1;
        return NULL;
    }
    return executor_interpreter(uri);
}

static void plan_package(const struct job_spec *spec, const struct launcher_config *config,
                         const struct package_spec *package, struct pool_plan *plan)
{
    const char *image = NULL;

    plan->interpreter = find_executor(config, package->executor_image_uri, &image);
    if (plan->interpreter)
        return;
    if (spec->assay.on_host)
        plan->interpreter = default_interpreter;
    else
        plan->image = image;
}

static bool asks_for_gpus(const struct worker_pool_spec *pool)
{
    const struct machine_type *type =
        pool->machine.machine_type ? machine_type_find(pool->machine.machine_type) : NULL;

    return pool->machine.accelerator == ACCELERATOR_GPU || (type && type->gpus > 0);
}

static bool any_asks_for_gpus(const struct run_spec *run)
{
    for (size_t i = 0; i < run->pool_count; i++) {
        if (asks_for_gpus(&run->pools[i]))
            return true;
    }
    return false;
}

/* A share without a machineSpec that has GPUs is one of a single GPU, for those who train. */
static void plan_gpu_share(const struct job_spec *spec, size_t pool, struct resources *resources)
{
    if (spec->assay.gpu_share == 0)
        return;
    if (pool_role(pool) <= ROLE_WORKER && !any_asks_for_gpus(&spec->run))
        resources->gpus = 1;
    if (resources->gpus > 0)
        resources->gpu_share = spec->assay.gpu_share;
}

void pool_plan_make(const struct job_spec *spec, const struct launcher_config *config, size_t pool,
                    struct pool_plan *plan)
{
    const struct worker_pool_spec *from = &spec->run.pools[pool];
    const struct machine_spec *machine = &from->machine;
    int gpus = machine->accelerator == ACCELERATOR_GPU ? machine->accelerator_count : 0;

    *plan = (struct pool_plan){ 0 };
    if (from->has_python_package)
        plan_package(spec, config, &from->package, plan);
    else if (!spec->assay.on_host && !is_host_image(from->container.image_uri))
        plan->image = from->container.image_uri;
    (void)machine_type_resources(machine->machine_type, gpus, &plan->resources, plan->warning,
                                 sizeof plan->warning);
    plan_gpu_share(spec, pool, &plan->resources);
}
