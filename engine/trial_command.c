#include "engine/trial_command.h"

#include "assay/value.h"
#include "engine/pool_plan.h"
#include "engine/trial_replica.h"
#include "launcher/storage.h"
#include "metrics/objective.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Where an image runs a package, its own pip installs it, each file as the hosted service does:
 * first the package, whatever is there, then what it needs. Paths are absolute, so -m ends them. A
 * container may be changed as it likes, which pip of Debian's images would not believe.
 */
static const char install_script[] =
    "export PIP_BREAK_SYSTEM_PACKAGES=1 PIP_DISABLE_PIP_VERSION_CHECK=1; "
    "while [ \"$1\" != -m ]; do "
    "python3 -m pip install --user --upgrade --force-reinstall --no-deps \"$1\" && "
    "python3 -m pip install --user \"$1\" || exit; shift; done; exec python3 \"$@\"";

/* The arrays behind a command_input; text holds numbers, ASSAY_NUMBER_TEXT each. */
struct command_parts {
    struct command_pair *parameters;
    size_t parameter_count;
    char *text;
    char job_id[32];
    char trial_id[32];
    char attempt_dir[PATH_TEXT];
    char buckets_dir[PATH_TEXT];
    char *data_dir; /* on this machine; NULL: no data set */
    bool has_commands;
};

/* As a replica sees them. */
struct told_folders {
    char output[PATH_TEXT];
    char data[PATH_TEXT];
};

/* A replica being built. */
struct replica_plan {
    const struct worker_pool_spec *pool;
    struct pool_plan where;
    enum replica_role role;
    int32_t index;
};

static void command_parts_clear(struct command_parts *parts)
{
    free(parts->parameters);
    free(parts->text);
    free(parts->data_dir);
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

static bool collect_parts(const struct trial_command_input *in, struct command_parts *parts,
                          struct assay_error *err)
{
    if (parts->has_commands && !collect_parameters(in, parts))
        return assay_fail_memory(err);
    /* The id of a trial's custom job is the trial's own, in the folder. */
    (void)snprintf(parts->job_id, sizeof parts->job_id, "%" PRId64,
                   in->spec->kind == JOB_CUSTOM ? in->job : store_trial_id(in->job, in->number));
    (void)snprintf(parts->trial_id, sizeof parts->trial_id, "%" PRId64, in->number);
    (void)path_of_attempt(in->state_dir, in->job, in->number, in->attempt, parts->attempt_dir);
    (void)snprintf(parts->buckets_dir, sizeof parts->buckets_dir, "%s/buckets", in->state_dir);
    if (in->spec->assay.data_uri)
        parts->data_dir =
            storage_path(in->spec->assay.data_uri, parts->buckets_dir, in->source_dir, err);
    return parts->data_dir || !in->spec->assay.data_uri;
}

static bool add_text(struct text_list *list, char *text)
{
    if (text)
        list->items[list->count++] = text;
    return text != NULL;
}

static __attribute__((format(printf, 2, 3))) bool add_format(struct text_list *list,
                                                             const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int size = 0;

    va_start(args, format);
    size = vasprintf(&text, format, args);
    va_end(args);
    return add_text(list, size < 0 ? NULL : text);
}

static bool reserve_texts(struct text_list *list, size_t count)
{
    list->items = calloc(count + 1, sizeof *list->items);
    return list->items != NULL;
}

/*
 * A package's file on this machine. For a document from elsewhere, which always runs in containers,
 * that of a bucket is what a container sees at this place: whatever a link there leads to on this
 * machine is not shown to it.
 */
static char *find_package(const struct trial_command_input *in, const struct command_parts *parts,
                          const char *uri, struct assay_error *err)
{
    char *path = storage_path(uri, parts->buckets_dir, in->source_dir, err);
    const char *part = path && in->is_guarded ? storage_below(path, parts->buckets_dir) : NULL;
    char *seen = NULL;

    if (!part)
        return path;
    if (asprintf(&seen, GCS_DIR "/%s", part) < 0) {
        seen = NULL;
        (void)assay_fail_memory(err);
    }
    free(path);
    return seen;
}

static bool find_packages(const struct trial_command_input *in, const struct command_parts *parts,
                          const struct package_spec *package, struct trial_replica *replica,
                          struct assay_error *err)
{
    if (!reserve_texts(&replica->packages, package->package_uris.count))
        return assay_fail_memory(err);
    for (size_t i = 0; i < package->package_uris.count; i++) {
        if (!add_text(&replica->packages,
                      find_package(in, parts, package->package_uris.items[i], err)))
            return false;
    }
    return true;
}

/* The document's folder, for containers to read; NULL: they do not see it. The state folder, which
 * is that of documents from elsewhere, is not for trials to read. */
static const char *shown_source(const struct trial_command_input *in)
{
    bool is_shown = in->source_dir && !in->is_guarded && strcmp(in->source_dir, "/") != 0 &&
                    strcmp(in->source_dir, in->state_dir) != 0;

    return is_shown ? in->source_dir : NULL;
}

/* The part of the output's path below the buckets, with its slash; NULL: it is no bucket's. */
static const char *bucket_part(const struct trial_launch *out, const struct command_parts *parts)
{
    size_t size = strlen(parts->buckets_dir);

    if (strncmp(out->output_dir, parts->buckets_dir, size) != 0 || out->output_dir[size] != '/')
        return NULL;
    return out->output_dir + size;
}

/*
 * The folders of its other replicas are below the primary's: it sees them, but must not be able to
 * put links in their places, since they are mounted into containers, too.
 */
static bool add_replicas_mount(const struct trial_command_input *in, const struct trial_launch *out,
                               const struct replica_plan *plan, struct trial_replica *replica)
{
    bool is_gang = false;

    for (size_t i = 1; i < in->spec->run.pool_count; i++)
        is_gang = is_gang || !in->spec->run.pools[i].is_empty;
    if (!is_gang || plan->role != ROLE_PRIMARY || out->settings.container.is_reused)
        return true;
    return add_format(&replica->mounts, "%s/" REPLICAS_NAME ":%s/" REPLICAS_NAME ":ro",
                      replica->dir, replica->dir);
}

/* Data that is in no bucket; but a document from elsewhere may name any folder. */
static bool add_data_mount(const struct trial_command_input *in, const struct command_parts *parts,
                           struct trial_replica *replica)
{
    return !parts->data_dir || in->is_guarded ||
           storage_below(parts->data_dir, parts->buckets_dir) ||
           add_format(&replica->mounts, "%s:%s:ro", parts->data_dir, parts->data_dir);
}

/* How much of the output's path is shown: where all trials have one container, that of them all. */
static int shown_output(const struct trial_command_input *in, const struct trial_launch *out)
{
    const char *slash = strrchr(out->output_dir, '/');
    bool is_shared = out->settings.container.is_reused && in->spec->kind == JOB_TUNING;

    return is_shared && slash && slash != out->output_dir ? (int)(slash - out->output_dir)
                                                          : (int)strlen(out->output_dir);
}

static bool add_mounts(const struct trial_command_input *in, const struct command_parts *parts,
                       const struct replica_plan *plan, const struct trial_launch *out,
                       struct trial_replica *replica)
{
    const struct text_list *own = &out->settings.container.mounts;
    const char *source = shown_source(in);
    struct text_list *mounts = &replica->mounts;
    int size = shown_output(in, out);

    if (!reserve_texts(mounts, own->count + replica->packages.count + 5) ||
        !add_format(mounts, "%s:" GCS_DIR, parts->buckets_dir) ||
        !add_data_mount(in, parts, replica) ||
        (!bucket_part(out, parts) &&
         !add_format(mounts, "%.*s:%.*s", size, out->output_dir, size, out->output_dir)) ||
        (source && !add_format(mounts, "%s:%s:ro", source, source)) ||
        !add_replicas_mount(in, out, plan, replica))
        return false;
    for (size_t i = 0; i < own->count; i++) {
        if (!add_format(mounts, "%s", own->items[i]))
            return false;
    }
    for (size_t i = 0; i < replica->packages.count; i++) {
        const char *path = replica->packages.items[i];

        if (!in->is_guarded && !add_format(mounts, "%s:%s:ro", path, path))
            return false;
    }
    return true;
}

/* All of a replica but its command. */
static bool place_replica(const struct trial_command_input *in, const struct command_parts *parts,
                          const struct replica_plan *plan, struct trial_launch *out,
                          struct trial_replica *replica, struct assay_error *err)
{
    const struct container_settings *settings = &out->settings.container;
    char dir[PATH_TEXT];

    replica->dir = strdup(trial_replica_dir(parts->attempt_dir, plan->role, plan->index, dir));
    if (!replica->dir)
        return assay_fail_memory(err);
    if (plan->pool->has_python_package &&
        !find_packages(in, parts, &plan->pool->package, replica, err))
        return false;
    replica->python = (struct python_launch){
        .interpreter = plan->where.interpreter,
        .packages = (const char *const *)replica->packages.items,
        .package_count = replica->packages.count,
    };
    if (!plan->where.image)
        return true;
    if (!add_mounts(in, parts, plan, out, replica))
        return assay_fail_memory(err);
    replica->container = (struct container_launch){
        .image = plan->where.image,
        .user = settings->user,
        /* On the machine's own they would pass for the machine itself. */
        .network = settings->network || !in->is_guarded ? settings->network : "private",
        .is_read_only = settings->is_read_only,
        .is_reused = settings->is_reused,
        .has_command = plan->pool->has_python_package || plan->pool->container.command.count > 0,
        .mounts = (const char *const *)replica->mounts.items,
        .mount_count = replica->mounts.count,
    };
    return true;
}

static void add_env(struct command_pair *pairs, size_t *pair_count, const struct env_var *vars,
                    size_t count)
{
    for (size_t i = 0; i < count; i++)
        pairs[(*pair_count)++] =
            (struct command_pair){ .name = vars[i].name, .value = vars[i].value };
}

/* The pool's variables, then those of the assay: block. The caller frees it. */
static struct command_pair *collect_env(const struct job_spec *spec,
                                        const struct worker_pool_spec *pool, size_t *count)
{
    const struct env_var *env = pool->has_python_package ? pool->package.env : pool->container.env;
    size_t env_count =
        pool->has_python_package ? pool->package.env_count : pool->container.env_count;
    struct command_pair *pairs = calloc(env_count + spec->assay.env_count + 1, sizeof *pairs);

    *count = 0;
    if (!pairs)
        return NULL;
    add_env(pairs, count, env, env_count);
    add_env(pairs, count, spec->assay.env, spec->assay.env_count);
    return pairs;
}

/* What comes before a package's args. The caller frees the list, and not its items. */
static const char **package_words(const struct replica_plan *plan,
                                  const struct trial_replica *replica, size_t *count)
{
    size_t package_count = plan->where.image ? replica->packages.count : 0;
    const char **words = calloc(package_count + 7, sizeof *words);

    *count = 0;
    if (!words)
        return NULL;
    if (plan->where.image) {
        words[(*count)++] = "/bin/sh";
        words[(*count)++] = "-c";
        words[(*count)++] = install_script;
        words[(*count)++] = "sh";
        for (size_t i = 0; i < package_count; i++)
            words[(*count)++] = replica->packages.items[i];
    } else {
        words[(*count)++] = "python";
    }
    words[(*count)++] = "-m";
    words[(*count)++] = plan->pool->package.python_module;
    return words;
}

static struct cluster cluster_of(const struct run_spec *run, const struct replica_plan *plan)
{
    const struct package_spec *package = &plan->pool->package;
    struct cluster cluster = { .role = plan->role, .index = plan->index };

    for (size_t i = 0; i < run->pool_count && i < CLUSTER_ROLES; i++)
        cluster.replicas[i] = (int32_t)run->pools[i].replica_count;
    if (plan->pool->has_python_package) {
        cluster.python_module = package->python_module;
        cluster.package_uris = (const char *const *)package->package_uris.items;
        cluster.package_uri_count = package->package_uris.count;
        cluster.job_args = (const char *const *)package->args.items;
        cluster.job_arg_count = package->args.count;
    }
    return cluster;
}

/* What the replica is told of the folders: those of its container, where it has one. */
static void tell_folders(const struct trial_command_input *in, const struct command_parts *parts,
                         const struct replica_plan *plan, const struct trial_launch *out,
                         struct told_folders *told, struct command_input *input)
{
    const char *part = plan->where.image ? bucket_part(out, parts) : NULL;
    const char *data = parts->data_dir && plan->where.image
                           ? storage_below(parts->data_dir, parts->buckets_dir)
                           : NULL;

    (void)snprintf(told->output, PATH_TEXT, "%s%.*s", part ? GCS_DIR : "",
                   PATH_TEXT - (int)sizeof GCS_DIR, part ? part : out->output_dir);
    input->output_dir = told->output;
    input->source_dir = plan->where.image ? shown_source(in) : in->source_dir;
    if (!parts->data_dir)
        return;
    (void)snprintf(told->data, PATH_TEXT, "%s%.*s", data ? GCS_DIR "/" : "",
                   PATH_TEXT - (int)sizeof GCS_DIR - 1, data ? data : parts->data_dir);
    input->data_dir = told->data;
    input->data_format = in->spec->assay.data_format;
}

static bool build_command(const struct trial_command_input *in, const struct command_parts *parts,
                          const struct replica_plan *plan, const struct trial_launch *out,
                          struct trial_replica *replica, struct assay_error *err)
{
    const struct study_spec *study = &in->spec->study;
    const struct container_spec *container = &plan->pool->container;
    bool is_package = plan->pool->has_python_package;
    const struct text_list *args = is_package ? &plan->pool->package.args : &container->args;
    size_t word_count = 0;
    size_t env_count = 0;
    const char **words = is_package ? package_words(plan, replica, &word_count) : NULL;
    struct command_pair *env = collect_env(in->spec, plan->pool, &env_count);
    struct told_folders told;
    struct command_input input = {
        .command = is_package ? words : (const char *const *)container->command.items,
        .command_count = is_package ? word_count : container->command.count,
        .has_entry_point = plan->where.image != NULL,
        .args = (const char *const *)args->items,
        .arg_count = args->count,
        .parameters = parts->parameters,
        .parameter_count = parts->parameter_count,
        .env = env,
        .env_count = env_count,
        .inherited = in->inherited,
        .inherited_count = plan->where.image ? 0 : in->inherited_count,
        .cluster = cluster_of(&in->spec->run, plan),
        .job_id = parts->job_id,
        .trial_id = in->spec->kind == JOB_CUSTOM ? NULL : parts->trial_id,
        .project = "0",
        .region = "local",
        .attempt_dir = replica->dir,
        .attempt_tag = replica->tag,
        /* The loopback of another machine, or of a network of its own, is another one. */
        .storage_url = (plan->where.image && (out->settings.container.network || in->is_guarded)) ||
                               (in->config && in->config->launcher == LAUNCHER_SLURM)
                           ? NULL
                           : in->storage_url,
    };
    bool is_built = false;

    if (study->metric_count)
        input.metric_tag = study->metrics[objective_metric(study->metrics, study->metric_count)].id;
    tell_folders(in, parts, plan, out, &told, &input);
    if (env && (words || !is_package))
        is_built = command_build(&input, &replica->command, err);
    else
        (void)assay_fail_memory(err);
    free(words);
    free(env);
    return is_built;
}

/* Replica 0 has the attempt's own tag; what is left of any of them is found by its own. */
static bool make_tag(const struct trial_command_input *in, int32_t place,
                     struct trial_replica *replica, struct assay_error *err)
{
    int size = place == 0 ? asprintf(&replica->tag, "%s", in->tag)
                          : asprintf(&replica->tag, "%s-%d", in->tag, place);

    if (size >= 0)
        return true;
    replica->tag = NULL;
    return assay_fail_memory(err);
}

static bool add_replica(const struct trial_command_input *in, const struct command_parts *parts,
                        const struct replica_plan *plan, struct trial_launch *out,
                        struct assay_error *err)
{
    size_t place = out->count++;
    struct trial_replica *replica = &out->items[place];

    if (!place_replica(in, parts, plan, out, replica, err))
        return false;
    if (parts->has_commands && (!make_tag(in, (int32_t)place, replica, err) ||
                                !build_command(in, parts, plan, out, replica, err)))
        return false;
    out->replicas[place] = (struct replica_launch){
        .role = plan->role,
        .index = plan->index,
        .argv = replica->command.argv,
        .envp = replica->command.envp,
        .dir = replica->dir,
        .resources = plan->where.resources,
        .container = replica->container.image ? &replica->container : NULL,
        .python = replica->python.interpreter ? &replica->python : NULL,
    };
    return true;
}

static bool add_replicas(const struct trial_command_input *in, const struct command_parts *parts,
                         struct trial_launch *out, struct assay_error *err)
{
    const struct run_spec *run = &in->spec->run;

    for (size_t i = 0; i < run->pool_count; i++) {
        struct replica_plan plan = { .pool = &run->pools[i], .role = pool_role(i) };

        if (plan.pool->is_empty)
            continue;
        pool_plan_make(in->spec, in->config, i, &plan.where);
        for (; plan.index < plan.pool->replica_count; plan.index++) {
            if (!add_replica(in, parts, &plan, out, err))
                return false;
        }
    }
    return true;
}

static bool reserve_replicas(const struct run_spec *run, struct trial_launch *out,
                             struct assay_error *err)
{
    int64_t count = 0;

    for (size_t i = 0; i < run->pool_count && count <= TRIAL_REPLICAS_MAX; i++)
        count += run->pools[i].replica_count <= TRIAL_REPLICAS_MAX ? run->pools[i].replica_count
                                                                   : TRIAL_REPLICAS_MAX + 1;
    if (count > TRIAL_REPLICAS_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL, "more than %d replicas", TRIAL_REPLICAS_MAX);
    out->items = calloc((size_t)count, sizeof *out->items);
    out->replicas = calloc((size_t)count, sizeof *out->replicas);
    return (out->items && out->replicas) || assay_fail_memory(err);
}

/* As ioprio_set(2) has it. */
static int io_priority(const struct launch_settings *settings)
{
    enum { CLASS_SHIFT = 13, CLASS_BEST_EFFORT = 2, CLASS_IDLE = 3 };

    switch (settings->io_class) {
    case IO_CLASS_BEST_EFFORT:
        return CLASS_BEST_EFFORT << CLASS_SHIFT | settings->io_level;
    case IO_CLASS_IDLE:
        return CLASS_IDLE << CLASS_SHIFT;
    case IO_CLASS_UNSAID:
        break;
    }
    return 0;
}

struct slurm_launch trial_slurm_launch(const struct slurm_settings *settings)
{
    return (struct slurm_launch){
        .partition = settings->partition,
        .account = settings->account,
        .qos = settings->qos,
        .time = settings->time,
        .words = (const char *const *)settings->options.items,
        .word_count = settings->options.count,
    };
}

/* In an allocation nothing waits for a queue. */
int64_t trial_ahead(const struct job_spec *spec, const struct launcher_config *config)
{
    int64_t ahead = 0;

    if (!config || config->launcher != LAUNCHER_SLURM || config->slurm_nodes > 0)
        return 0;
    ahead = launch_settings_choose(&spec->assay.launch, &config->settings).slurm.ahead;
    return ahead < spec->parallel_trial_count ? ahead : spec->parallel_trial_count;
}

static void fill_launch(const struct trial_command_input *in, struct trial_launch *out)
{
    const struct job_spec *spec = in->spec;
    int64_t ahead = trial_ahead(spec, in->config);

    out->slurm = trial_slurm_launch(&out->settings.slurm);
    out->launch = (struct launch){
        .key = { .trial = store_trial_id(in->job, in->number), .attempt = in->attempt },
        .job = in->job,
        .replicas = out->replicas,
        .replica_count = out->count,
        .memory_bytes = spec->assay.memory_bytes,
        .timeout_us = spec->run.timeout_us,
        .grace_us = spec->assay.grace_us,
        .log_max_bytes = out->settings.log_max_bytes,
        .nice = out->settings.nice,
        .io_class = io_priority(&out->settings),
        .slurm = &out->slurm,
        .max_running = ahead > 0 ? spec->parallel_trial_count : 0,
        .ahead = ahead,
        .restarts_alone = !spec->run.disable_retries && !spec->run.restarts_on_worker_restart,
    };
}

static bool build(const struct trial_command_input *in, bool has_commands, struct trial_launch *out,
                  struct assay_error *err)
{
    struct command_parts parts = { .has_commands = has_commands };
    bool is_custom = in->spec->kind == JOB_CUSTOM;
    bool is_built = false;

    *out = (struct trial_launch){ 0 };
    out->settings =
        launch_settings_choose(&in->spec->assay.launch, in->config ? &in->config->settings : NULL);
    out->is_guarded = in->is_guarded;
    /* A container of others that is used again could write where this machine writes for them. */
    out->settings.container.is_reused = out->settings.container.is_reused && !in->is_guarded;
    is_built = path_of_output(in->state_dir, in->spec, in->source_dir, in->job,
                              is_custom ? 0 : in->number, out->output_dir, err) &&
               collect_parts(in, &parts, err) && reserve_replicas(&in->spec->run, out, err) &&
               add_replicas(in, &parts, out, err);
    command_parts_clear(&parts);
    fill_launch(in, out);
    return is_built;
}

bool trial_launch_build(const struct trial_command_input *input, struct trial_launch *out,
                        struct assay_error *err)
{
    return build(input, true, out, err);
}

bool trial_launch_outline(const struct trial_command_input *input, struct trial_launch *out,
                          struct assay_error *err)
{
    return build(input, false, out, err);
}

void trial_launch_clear(struct trial_launch *trial)
{
    if (!trial)
        return;
    for (size_t i = 0; i < trial->count; i++) {
        struct trial_replica *replica = &trial->items[i];

        free(replica->dir);
        free(replica->tag);
        command_clear(&replica->command);
        text_list_clear(&replica->mounts);
        text_list_clear(&replica->packages);
    }
    free(trial->items);
    free(trial->replicas);
    *trial = (struct trial_launch){ 0 };
}
