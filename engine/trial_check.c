/* What of a job cannot run here: the checks of trial_command.h. */

#include "engine/pool_plan.h"
#include "engine/trial_command.h"
#include "launcher/python/package_path.h"
#include "launcher/storage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIELD_TEXT_SIZE = 192 };

/* A check under way. */
struct checking {
    const struct trial_command_input *input;
    const struct launcher_facts *facts;
    struct assay_faults *faults;
    struct assay_faults *notes;
    enum assay_code code;
    struct resources *requests; /* of all replicas */
    size_t request_count;
    bool has_containers;
    struct resources most; /* that a pool asks for, by GPUs, then CPUs: if any cannot be had, it */
    size_t most_pool;
};

/* Of several, the one that no machine can mend. */
static void note(struct checking *checking, enum assay_code code)
{
    if (checking->code != ASSAY_INVALID)
        checking->code = code;
}

/* "trial_job_spec.worker_pool_specs[1].machine_spec"; returns field. */
static const char *pool_field(const struct checking *checking, size_t pool, const char *member,
                              char field[FIELD_TEXT_SIZE])
{
    bool is_tuning = checking->input->spec->kind == JOB_TUNING;

    (void)snprintf(field, FIELD_TEXT_SIZE, "%s.worker_pool_specs[%zu].%s",
                   is_tuning ? "trial_job_spec" : "job_spec", pool, member);
    return field;
}

static void check_image(struct checking *checking, size_t pool)
{
    bool is_package = checking->input->spec->run.pools[pool].has_python_package;
    struct assay_error why = { 0 };
    char field[FIELD_TEXT_SIZE];

    if (!checking->facts->has_container_engine ||
        checking->facts->has_container_engine(checking->facts->context, &why))
        return;
    note(checking, ASSAY_PRECONDITION);
    assay_faults_add(checking->faults, 0,
                     pool_field(checking, pool,
                                is_package ? "python_package_spec.executor_image_uri"
                                           : "container_spec.image_uri",
                                field),
                     "%s", why.message);
}

static void check_command(struct checking *checking, size_t pool)
{
    char field[FIELD_TEXT_SIZE];

    if (checking->input->spec->run.pools[pool].container.command.count > 0)
        return;
    note(checking, ASSAY_INVALID);
    assay_faults_add(checking->faults, 0,
                     pool_field(checking, pool, "container_spec.command", field),
                     "a run on this machine needs a command, for example [\"python3\", "
                     "\"$(ASSAY_SOURCE_DIR)/train.py\"]");
}

/* As package_path(), which follows links: where whoever runs trials may have put them, none. */
static char *find_package(const struct checking *checking, const char *uri, const char *buckets,
                          struct assay_error *why)
{
    const char *source_dir = checking->input->source_dir;
    char *path = storage_path(uri, buckets, source_dir, why);
    bool is_in_bucket = path && storage_below(path, buckets);
    int fd = -1;

    if (is_in_bucket)
        fd = storage_open(path, buckets,
                          checking->input->is_guarded ? STORAGE_NO_LINKS : STORAGE_LINKED_BUCKETS,
                          O_RDONLY | O_NONBLOCK, why);
    if (fd >= 0)
        (void)close(fd);
    free(path);
    return is_in_bucket && fd < 0 ? NULL : package_path(uri, buckets, source_dir, why);
}

static void check_packages(struct checking *checking, size_t pool)
{
    const struct trial_command_input *in = checking->input;
    const struct text_list *uris = &in->spec->run.pools[pool].package.package_uris;
    char buckets[PATH_TEXT];

    (void)snprintf(buckets, sizeof buckets, "%s/buckets", in->state_dir);
    for (size_t i = 0; i < uris->count; i++) {
        struct assay_error why = { 0 };
        char *path = find_package(checking, uris->items[i], buckets, &why);
        char member[64];
        char field[FIELD_TEXT_SIZE];

        (void)snprintf(member, sizeof member, "python_package_spec.package_uris[%zu]", i);
        (void)pool_field(checking, pool, member, field);
        if (!path) {
            note(checking, why.code == ASSAY_INVALID ? ASSAY_INVALID : ASSAY_PRECONDITION);
            assay_faults_add(checking->faults, 0, field, "%s", why.message);
        }
        free(path);
    }
}

static void check_pool(struct checking *checking, size_t pool)
{
    const struct worker_pool_spec *spec = &checking->input->spec->run.pools[pool];
    struct pool_plan plan;

    if (spec->is_empty)
        return;
    pool_plan_make(checking->input->spec, checking->input->config, pool, &plan);
    if (*plan.warning)
        assay_faults_add(checking->notes, 0, NULL, "%s", plan.warning);
    checking->has_containers = checking->has_containers || plan.image;
    if (plan.image)
        check_image(checking, pool);
    else if (spec->has_container)
        check_command(checking, pool);
    if (spec->has_python_package)
        check_packages(checking, pool);
    if (plan.resources.gpus > checking->most.gpus ||
        (plan.resources.gpus == checking->most.gpus && plan.resources.cpus > checking->most.cpus)) {
        checking->most = plan.resources;
        checking->most_pool = pool;
    }
    for (int64_t i = 0; i < spec->replica_count; i++)
        checking->requests[checking->request_count++] = plan.resources;
}

/* False, with a fault: nothing can be asked of a machine for so many. */
static bool check_count(struct checking *checking)
{
    const struct run_spec *run = &checking->input->spec->run;
    int64_t count = 0;
    char field[FIELD_TEXT_SIZE];

    for (size_t i = 0; i < run->pool_count; i++) {
        if (run->pools[i].replica_count <= TRIAL_REPLICAS_MAX - count) {
            count += run->pools[i].replica_count;
            continue;
        }
        note(checking, ASSAY_PRECONDITION);
        assay_faults_add(checking->faults, 0, pool_field(checking, i, "replica_count", field),
                         "more than %d replicas in all; %d are the most that run here",
                         TRIAL_REPLICAS_MAX, TRIAL_REPLICAS_MAX);
        return false;
    }
    return true;
}

static void check_fit(struct checking *checking)
{
    const struct launcher_facts *facts = checking->facts;
    struct assay_error why = { 0 };
    char warning[LAUNCHER_WARNING_TEXT] = "";
    char field[FIELD_TEXT_SIZE];

    if (!facts->fits_ever || facts->fits_ever(facts->context, checking->requests,
                                              checking->request_count, warning, &why)) {
        if (*warning)
            assay_faults_add(checking->notes, 0, NULL, "%s", warning);
        return;
    }
    note(checking, ASSAY_PRECONDITION);
    assay_faults_add(checking->faults, 0,
                     pool_field(checking, checking->most_pool, "machine_spec", field), "%s",
                     why.message);
}

/* Slurm gives GPUs away as wholes. */
static void check_share(struct checking *checking)
{
    const struct trial_command_input *in = checking->input;
    double share = in->spec->assay.gpu_share;

    if (share > 0 && share < 1 && in->config && in->config->launcher == LAUNCHER_SLURM)
        assay_faults_add(checking->notes, 0, "assay.gpu_share",
                         "Slurm is asked for whole GPUs: nothing else runs on what a trial leaves "
                         "of its own");
}

/* The same document runs everywhere; who names a partition may have forgotten the launcher. */
static void check_slurm(struct checking *checking)
{
    const struct trial_command_input *in = checking->input;
    const struct slurm_settings *slurm = &in->spec->assay.launch.slurm;

    if ((in->config && in->config->launcher == LAUNCHER_SLURM) ||
        (!slurm->partition && !slurm->account && !slurm->qos && !slurm->time &&
         slurm->options.count == 0 && slurm->ahead == 0))
        return;
    assay_faults_add(checking->notes, 0, "assay.slurm",
                     "trials run on this machine: only with --launcher slurm is Slurm told so");
}

/* Replicas are told that all of them are at 127.0.0.1. */
static void check_network(struct checking *checking)
{
    static const char shared[] = "container:";
    const struct trial_command_input *in = checking->input;
    const char *asked = in->spec->assay.launch.container.network;
    const char *network = asked || !in->config ? asked : in->config->settings.container.network;

    if (in->is_guarded || !checking->has_containers || checking->request_count < 2 || !network ||
        strcmp(network, "host") == 0 || strncmp(network, shared, sizeof shared - 1) == 0)
        return;
    assay_faults_add(checking->notes, 0, "assay.container.network",
                     "the replicas of a trial look for each other at 127.0.0.1, which they share "
                     "in the network \"host\" only, and not in \"%s\"",
                     network);
}

static void add_guarded(struct checking *checking, const char *field)
{
    note(checking, ASSAY_PRECONDITION);
    assay_faults_add(checking->faults, 0, field,
                     "this server shows no folders of its machine to others, but what is in gs://; "
                     "it would when started with --allow-host");
}

static bool is_bucket_uri(const char *uri)
{
    return strncmp(uri, "gs://", 5) == 0;
}

/* An image is the name of one, and not of a file or a store on this machine. */
static void check_guarded_image(struct checking *checking, size_t pool)
{
    static const char *const transports[] = { "containers-storage",
                                              "dir",
                                              "docker-archive",
                                              "docker-daemon",
                                              "oci",
                                              "oci-archive",
                                              "ostree",
                                              "sif",
                                              "tarball" };
    struct pool_plan plan;
    char field[FIELD_TEXT_SIZE];
    size_t size = 0;

    pool_plan_make(checking->input->spec, checking->input->config, pool, &plan);
    size = plan.image ? strcspn(plan.image, ":") : 0;
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        if (size != strlen(transports[i]) || strncmp(plan.image, transports[i], size) != 0 ||
            plan.image[size] != ':')
            continue;
        note(checking, ASSAY_PRECONDITION);
        assay_faults_add(
            checking->faults, 0, pool_field(checking, pool, "container_spec.image_uri", field),
            "this server takes images of registries only, and none by %s:", transports[i]);
    }
}

/* On this machine's network others would pass for the machine itself, and in that of another
 * container for that. A network of its own holds one replica, which finds no other there. */
static void check_guarded_network(struct checking *checking)
{
    static const char *const own[] = { "private", "bridge", "none" };
    const struct trial_command_input *in = checking->input;
    const char *allowed = in->config ? in->config->settings.container.network : NULL;
    const char *asked = in->spec->assay.launch.container.network;
    const char *network = asked ? asked : allowed ? allowed : own[0];
    bool is_own = false;

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        is_own = is_own || strcmp(network, own[i]) == 0;
    if (!is_own && (!allowed || strcmp(network, allowed) != 0)) {
        note(checking, ASSAY_PRECONDITION);
        assay_faults_add(checking->faults, 0, "assay.container.network",
                         "this server gives containers of others a network of their own (private, "
                         "bridge) or none; it would give \"%s\" when started with --network",
                         network);
    } else if (is_own && checking->request_count > 1) {
        note(checking, ASSAY_PRECONDITION);
        assay_faults_add(checking->faults, 0, "assay.container.network",
                         "the replicas of a trial find each other on this machine's network, which "
                         "this server shows to others only when started with --network host");
    }
}

/* A server for others shows nothing of its machine to their containers. */
static void check_guard(struct checking *checking)
{
    const struct job_spec *spec = checking->input->spec;
    bool is_tuning = spec->kind == JOB_TUNING;
    char member[64];
    char field[FIELD_TEXT_SIZE];

    if (!checking->input->is_guarded)
        return;
    check_guarded_network(checking);
    if (spec->assay.launch.container.is_reused)
        assay_faults_add(checking->notes, 0, "assay.container.reuse",
                         "each trial has a container of its own: this server lets others use none "
                         "again");
    if (spec->assay.launch.container.mounts.count > 0)
        add_guarded(checking, "assay.container.mounts");
    if (spec->assay.launch.slurm.options.count > 0)
        add_guarded(checking, "assay.slurm.options");
    if (spec->run.output_uri && !is_bucket_uri(spec->run.output_uri))
        add_guarded(checking, is_tuning ? "trial_job_spec.base_output_directory.output_uri_prefix"
                                        : "job_spec.base_output_directory.output_uri_prefix");
    for (size_t i = 0; i < spec->run.pool_count; i++) {
        const struct text_list *uris = &spec->run.pools[i].package.package_uris;

        if (!spec->run.pools[i].is_empty)
            check_guarded_image(checking, i);
        for (size_t j = 0; j < uris->count; j++) {
            if (is_bucket_uri(uris->items[j]))
                continue;
            (void)snprintf(member, sizeof member, "python_package_spec.package_uris[%zu]", j);
            add_guarded(checking, pool_field(checking, i, member, field));
        }
    }
}

enum assay_code trial_command_check(const struct trial_command_input *input,
                                    const struct launcher_facts *facts, struct assay_faults *faults,
                                    struct assay_faults *notes)
{
    struct checking checking = { .input = input, .facts = facts, .faults = faults, .notes = notes };

    if (!check_count(&checking))
        return checking.code;
    checking.requests = calloc(TRIAL_REPLICAS_MAX, sizeof *checking.requests);
    if (!checking.requests) {
        faults->is_short_of_memory = true;
        return ASSAY_EXHAUSTED;
    }
    for (size_t i = 0; i < input->spec->run.pool_count; i++)
        check_pool(&checking, i);
    check_share(&checking);
    check_slurm(&checking);
    check_network(&checking);
    check_guard(&checking);
    check_fit(&checking);
    free(checking.requests);
    return checking.code;
}

bool trial_command_is_on_host(const struct job_spec *spec, const struct launcher_config *config)
{
    for (size_t i = 0; i < spec->run.pool_count; i++) {
        struct pool_plan plan;

        if (spec->run.pools[i].is_empty)
            continue;
        pool_plan_make(spec, config, i, &plan);
        if (!plan.image)
            return true;
    }
    return false;
}
