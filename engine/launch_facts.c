#include "engine/launch_facts.h"

#include "launcher/container/container_engine.h"
#include "launcher/places/places.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct launch_facts {
    struct launch_facts_options options;
    pthread_mutex_t mutex; /* guards all below */
    bool has_machine;
    struct machine machine;
    bool has_looked; /* for a container engine */
    bool has_engine;
    struct assay_error why_not;
};

struct launch_facts *launch_facts_new(const struct launch_facts_options *options,
                                      struct assay_error *err)
{
    struct launch_facts *facts = calloc(1, sizeof *facts);

    if (!facts) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    facts->options = *options;
    (void)pthread_mutex_init(&facts->mutex, NULL);
    return facts;
}

void launch_facts_free(struct launch_facts *facts)
{
    if (!facts)
        return;
    (void)pthread_mutex_destroy(&facts->mutex);
    free(facts);
}

/* The value of the name, or NULL. */
static const char *environment_value(char *const *environment, const char *name)
{
    size_t size = strlen(name);

    for (; environment && *environment; environment++) {
        if (strncmp(*environment, name, size) == 0 && (*environment)[size] == '=')
            return *environment + size + 1;
    }
    return NULL;
}

void launch_facts_look(const struct launcher_config *config, char *const *environment,
                       const struct assay_env *env, struct machine *machine)
{
    struct machine_source source = {
        .env = env,
        .visible_devices = environment_value(environment, "CUDA_VISIBLE_DEVICES"),
    };

    *machine = config ? config->places : (struct machine){ 0 };
    machine_detect(&source, machine);
}

/* With the mutex held. */
static const struct machine *machine_of(struct launch_facts *facts)
{
    const struct launch_facts_options *options = &facts->options;

    if (options->machine)
        return options->machine;
    if (!facts->has_machine)
        launch_facts_look(options->config, options->environment, options->env, &facts->machine);
    facts->has_machine = true;
    return &facts->machine;
}

static bool asks_for_anything(const struct resources *requests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (requests[i].gpus > 0 || requests[i].cpus > 0 || requests[i].memory_bytes > 0)
            return true;
    }
    return false;
}

/* What is too large is made smaller, unless places are strict; GPUs never are. */
static bool fits_ever(void *context, const struct resources *requests, size_t count,
                      char warning[LAUNCHER_WARNING_TEXT], struct assay_error *err)
{
    struct launch_facts *facts = context;
    bool is_strict = facts->options.config && facts->options.config->is_strict;
    struct resources *wanted = NULL;
    const struct machine *machine = NULL;
    bool fits = false;

    if (!asks_for_anything(requests, count))
        return true;
    wanted = calloc(count, sizeof *wanted);
    if (!wanted)
        return assay_fail_memory(err);
    memcpy(wanted, requests, count * sizeof *wanted);
    (void)pthread_mutex_lock(&facts->mutex);
    machine = machine_of(facts);
    (void)pthread_mutex_unlock(&facts->mutex);
    if (!is_strict)
        (void)places_clamp(machine, wanted, count, warning, LAUNCHER_WARNING_TEXT);
    fits = places_fits_ever(machine, wanted, count, NULL, err);
    free(wanted);
    return fits;
}

static bool has_container_engine(void *context, struct assay_error *err)
{
    struct launch_facts *facts = context;
    const struct launch_facts_options *options = &facts->options;
    bool has_engine = false;

    (void)pthread_mutex_lock(&facts->mutex);
    if (!facts->has_looked) {
        struct container_engine *engine = container_engine_new(
            options->config ? options->config->container_engine : NULL, options->env,
            (const char *const *)options->environment, &facts->why_not);

        facts->has_engine = engine != NULL;
        facts->has_looked = facts->has_engine; /* one may be installed by the next time */
        container_engine_free(engine);
    }
    has_engine = facts->has_engine;
    *err = facts->why_not;
    (void)pthread_mutex_unlock(&facts->mutex);
    return has_engine;
}

static bool refuse_containers(void *context, struct assay_error *err)
{
    (void)context;
    return assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "trials on Slurm run in no containers; --on-host (onHost: true in the assay "
                      "block) runs the command straight on the node");
}

struct launcher_facts launch_facts_view(struct launch_facts *facts)
{
    bool is_here = !facts->options.config || facts->options.config->launcher == LAUNCHER_HOST;

    /* What a cluster's machines have is its own to know. */
    return (struct launcher_facts){
        .has_container_engine = is_here ? has_container_engine : refuse_containers,
        .fits_ever = is_here ? fits_ever : NULL,
        .context = facts,
    };
}
