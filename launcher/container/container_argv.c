#include "launcher/container/container_argv.h"

#include "launcher/container/container_record.h"
#include "launcher/container/container_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* And the folder of its socket. */
#define INIT_TARGET CONTAINER_INIT_TARGET
#define SERVE_TARGET "/.assay"

/*
 * What /dev/shm may hold where no memory limit says it: the engines' own 64 MiB end the first data
 * loader with two workers. It costs only what is written, and counts as memory.
 */
enum { SHARED_GIB = 8 };

const char *container_user(const struct container_run *run)
{
    const char *asked = run->replica->container->user;

    return asked ? asked : run->image ? run->image->user : "";
}

static bool is_root(const char *user)
{
    size_t size = strcspn(user, ":");

    return size == 0 || (size == 1 && user[0] == '0') ||
           (size == 4 && strncmp(user, "root", size) == 0);
}

/*
 * podman hands a folder over to the container's user where it is told to; an ordinary user's would
 * hand it to somebody whom the shim, on this side, is not.
 */
static const char *owned_mount(const struct container_run *run)
{
    return run->traits->kind == CONTAINER_PODMAN && !run->traits->is_rootless &&
                   !is_root(container_user(run))
               ? ":U"
               : "";
}

bool container_mount_is_own(const char *mount, const char *state_dir)
{
    size_t size = strlen(mount) / 2;
    size_t state_size = state_dir ? strlen(state_dir) : 0;

    return state_size && mount[size] == ':' && strncmp(mount, mount + size + 1, size) == 0 &&
           strncmp(mount, state_dir, state_size) == 0 && mount[state_size] == '/';
}

/* "SOURCE:TARGET…" shows a folder below SOURCE at its own path. */
static bool shows(const char *mount, const char *dir)
{
    size_t size = strcspn(mount, ":");

    return mount[size] == ':' && strncmp(mount + size + 1, mount, size) == 0 &&
           strchr(":", mount[2 * size + 1]) && strncmp(mount, dir, size) == 0 && dir[size] == '/';
}

/* What the container is known by, and what it has to itself. */
static const char *folder_of(const struct container_run *run)
{
    return run->serve_dir ? run->serve_dir : run->replica->dir;
}

bool container_hides_state(const struct container_run *run)
{
    const struct container_launch *container = run->replica->container;

    for (size_t i = 0; run->state_dir && i < container->mount_count; i++) {
        if (shows(container->mounts[i], run->state_dir))
            return true;
    }
    return false;
}

/* The folder of a container that is used again covers those of its trials. */
static bool is_covered(const struct container_run *run, const char *mount)
{
    size_t size = run->serve_dir ? strlen(run->job_dir) : 0;

    return size && container_mount_is_own(mount, run->state_dir) &&
           strncmp(mount, run->job_dir, size) == 0 && mount[size] == '/';
}

/* What a mount is seen as, of `size` bytes. */
static const char *target_of(const char *mount, size_t *size)
{
    const char *target = mount + strcspn(mount, ":");

    target += *target == ':';
    *size = strcspn(target, ":");
    return target;
}

/* A later mount takes this one's target: the document's folder, say, to write to. */
static bool is_replaced(const struct container_launch *container, size_t i)
{
    size_t size = 0;
    const char *target = target_of(container->mounts[i], &size);

    for (size_t j = i + 1; j < container->mount_count; j++) {
        size_t other_size = 0;
        const char *other = target_of(container->mounts[j], &other_size);

        if (other_size == size && strncmp(other, target, size) == 0)
            return true;
    }
    return false;
}

static void add_mounts(struct container_words *words, const struct container_run *run)
{
    const struct container_launch *container = run->replica->container;
    const char *folder = run->serve_dir ? run->job_dir : run->replica->dir;

    container_words_addf(words, "--volume=%s:%s%s", folder, folder, owned_mount(run));
    if (run->serve_dir)
        container_words_addf(words, "--volume=%s:" SERVE_TARGET, run->serve_dir);
    for (size_t i = 0; i < container->mount_count; i++) {
        const char *mount = container->mounts[i];

        if (!is_covered(run, mount) && !is_replaced(container, i))
            container_words_addf(words, "--volume=%s%s", mount,
                                 container_mount_is_own(mount, run->state_dir) ? owned_mount(run)
                                                                               : "");
    }
    if (run->init_path)
        container_words_addf(words, "--volume=%s:" INIT_TARGET ":ro", run->init_path);
    if (container_hides_state(run))
        container_words_addf(words, "--volume=%s/" CONTAINER_HIDING_NAME ":%s", folder_of(run),
                             run->state_dir);
}

static void add_identity(struct container_words *words, const struct container_run *run)
{
    bool is_podman = run->traits->kind == CONTAINER_PODMAN;

    container_words_add(words, "--rm");
    container_words_add(words, "--pull=never");
    /* Its output goes to the client, and from there to the attempt's logs. */
    container_words_add(words, "--log-driver=none");
    container_words_addf(words, "--name=%s", run->name);
    /* What a dead machine left behind under this name is not in the way. */
    if (is_podman)
        container_words_add(words, "--replace");
    container_words_addf(words, "--label=" CONTAINER_LABEL_STATE "=%s", run->state);
    container_words_addf(words, "--label=" CONTAINER_LABEL_DIR "=%s", folder_of(run));
    /* Mounted folders keep their labels for SELinux; the machine's proxies are not inherited. */
    container_words_add(words, "--security-opt=label=disable");
    if (is_podman)
        container_words_add(words, "--http-proxy=false");
    if (!run->init_path)
        container_words_add(words, "--init");
}

/* An ordinary user's containers: whom they run as, by numbers, is that very user on this side. */
static void add_user_map(struct container_words *words, const struct container_run *run)
{
    const char *user = container_user(run);
    int size = (int)strcspn(user, ":");

    if (!run->traits->is_rootless || is_root(user) || strspn(user, "0123456789:") < strlen(user))
        return;
    container_words_addf(words, "--userns=keep-id:uid=%.*s,gid=%s", size, user,
                         user[size] ? user + size + 1 : "0");
}

static void add_user(struct container_words *words, const struct container_run *run)
{
    const struct container_launch *container = run->replica->container;

    if (container->user)
        container_words_addf(words, "--user=%s", container->user);
    else if (run->traits->owner_uid >= 0)
        container_words_addf(words, "--user=%" PRId64 ":%" PRId64, run->traits->owner_uid,
                             run->traits->owner_gid);
    add_user_map(words, run);
    if (!container->is_read_only)
        return;
    container_words_add(words, "--read-only");
    /* podman does so by itself. */
    if (run->traits->kind == CONTAINER_DOCKER) {
        container_words_add(words, "--tmpfs=/tmp");
        container_words_add(words, "--tmpfs=/run");
        container_words_add(words, "--tmpfs=/var/tmp");
    }
}

/* What is asked for and what it is told not to exceed, the lesser of the two. */
static int64_t memory_limit(const struct container_run *run)
{
    int64_t asked = run->replica->resources.memory_bytes;

    if (run->memory_bytes == 0 || asked == 0)
        return run->memory_bytes + asked;
    return asked < run->memory_bytes ? asked : run->memory_bytes;
}

static void add_limits(struct container_words *words, const struct container_run *run)
{
    const struct container_traits *traits = run->traits;
    int64_t memory = memory_limit(run);

    if (memory > 0) {
        if (!traits->lacks_memory_limit) {
            container_words_addf(words, "--memory=%" PRId64, memory);
            container_words_addf(words, "--memory-swap=%" PRId64, memory);
        }
        container_words_addf(words, "--shm-size=%" PRId64, memory);
    } else {
        container_words_addf(words, "--shm-size=%dg", SHARED_GIB);
    }
    if (run->replica->resources.cpus > 0 && !traits->lacks_cpu_limit)
        container_words_addf(words, "--cpus=%.9g", run->replica->resources.cpus);
    if (traits->has_limits) {
        container_words_addf(words, "--ulimit=nofile=%" PRId64 ":%" PRId64, traits->files_soft,
                             traits->files_hard);
        container_words_addf(words, "--ulimit=nproc=%" PRId64 ":%" PRId64, traits->processes,
                             traits->processes);
    }
}

static void add_gpus(struct container_words *words, const struct container_run *run)
{
    const char *at = run->replica->gpus;

    if (!at || !*at)
        return;
    if (run->traits->kind == CONTAINER_DOCKER) {
        /* The quotes are docker's: its option is a list of comma-separated pairs. */
        container_words_addf(words, "--gpus=\"device=%s\"", at);
        return;
    }
    while (*at) {
        int size = (int)strcspn(at, ",");

        container_words_addf(words, "--device=nvidia.com/gpu=%.*s", size, at);
        at += size + (at[size] == ',');
    }
}

static bool has_work_dir(const struct container_image *image)
{
    return image->work_dir[0] && strcmp(image->work_dir, "/") != 0;
}

/* "private" is podman's word for whatever network of its own a container can have here. */
static const char *network_of(const struct container_run *run)
{
    const char *network = run->replica->container->network;

    if (!network)
        return "host";
    return run->traits->kind == CONTAINER_DOCKER && strcmp(network, "private") == 0 ? "bridge"
                                                                                    : network;
}

/* The variables of a container that is used again are its trials'. */
static void add_surroundings(struct container_words *words, const struct container_run *run)
{
    container_words_addf(words, "--network=%s", network_of(run));
    if (run->serve_dir)
        return;
    if (run->image && !has_work_dir(run->image))
        container_words_addf(words, "--workdir=%s/work", run->replica->dir);
    for (char *const *entry = run->replica->envp; entry && *entry; entry++)
        container_words_addf(words, "--env=%s", *entry);
}

/*
 * What runs in the container: the document's command, or its arguments for the image's entry point,
 * in place of the image's own. A flag is no program: in an image that has only a CMD, which is
 * where a tuner's --name=value would otherwise be executed, it is an argument of that.
 */
static void collect_program(struct container_words *program, const struct container_run *run)
{
    char *const *argv = run->replica->argv;
    bool has_args = argv && argv[0];

    if (run->replica->container->has_command) {
        container_words_add_all(program, argv);
        return;
    }
    container_words_add_all(program, run->image->entry_point);
    if (!has_args || (program->count == 0 && argv[0][0] == '-'))
        container_words_add_all(program, run->image->command);
    if (has_args && (argv[0][0] != '-' || program->count > 0))
        container_words_add_all(program, argv);
}

/* False and *err when there is none. */
static bool find_program(struct container_words *program, const struct container_run *run,
                         struct assay_error *err)
{
    collect_program(program, run);
    if (program->is_failed)
        (void)assay_fail_memory(err);
    else if (program->count == 0)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL,
                         "image %s has no entry point, and the document gives no command",
                         run->replica->container->image);
    else
        return true;
    container_words_free(program->items);
    return false;
}

/* The image and what runs in it; without an init of ours, the entry point is the program itself. */
static bool add_program(struct container_words *words, const struct container_run *run,
                        struct assay_error *err)
{
    const char *image = run->image ? run->image->id : run->replica->container->image;
    struct container_words program = { 0 };

    if (!run->image && !run->replica->container->has_command) {
        container_words_add(words, "--");
        container_words_add(words, image);
        container_words_add_all(words, run->replica->argv);
        return true;
    }
    if (!find_program(&program, run, err))
        return false;
    container_words_addf(words, "--entrypoint=%s", run->init_path ? INIT_TARGET : program.items[0]);
    container_words_add(words, "--");
    container_words_add(words, image);
    if (run->init_path) {
        container_words_add(words, "run");
        container_words_addf(words, "%s/" CONTAINER_RECORD_NAME, run->replica->dir);
    }
    container_words_add_all(words, program.items + !run->init_path);
    container_words_free(program.items);
    return true;
}

static void add_server(struct container_words *words, const struct container_run *run)
{
    container_words_add(words, "--entrypoint=" INIT_TARGET);
    container_words_add(words, "--");
    container_words_add(words, run->image->id);
    container_words_add(words, "serve");
    container_words_add(words, SERVE_TARGET);
}

/* The list, unless it could not be made. */
static char **finish(struct container_words *words, struct assay_error *err)
{
    if (!words->is_failed)
        return words->items;
    container_words_free(words->items);
    (void)assay_fail_memory(err);
    return NULL;
}

char **container_argv_enter(const struct container_run *run, struct assay_error *err)
{
    struct container_words words = { 0 };
    struct container_words program = { 0 };

    if (!find_program(&program, run, err))
        return NULL;
    container_words_add(&words, run->init_path);
    container_words_add(&words, "enter");
    container_words_add(&words, run->serve_dir);
    container_words_addf(&words, "%s/" CONTAINER_RECORD_NAME, run->replica->dir);
    if (has_work_dir(run->image))
        container_words_add(&words, "");
    else
        container_words_addf(&words, "%s/work", run->replica->dir);
    container_words_add_all(&words, program.items);
    container_words_free(program.items);
    return finish(&words, err);
}

static bool check(const struct container_run *run, struct assay_error *err)
{
    if (strpbrk(run->replica->dir, ":\n"))
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "the folder %s cannot be mounted into a container: its name has a colon",
                          run->replica->dir);
    return true;
}

char **container_argv_build(const struct container_run *run, struct assay_error *err)
{
    struct container_words words = { 0 };

    if (!check(run, err))
        return NULL;
    container_words_add(&words, run->traits->program);
    container_words_add(&words, "run");
    if (run->serve_dir)
        container_words_add(&words, "--detach");
    add_identity(&words, run);
    add_user(&words, run);
    add_limits(&words, run);
    add_gpus(&words, run);
    add_mounts(&words, run);
    add_surroundings(&words, run);
    if (run->serve_dir)
        add_server(&words, run);
    else if (!add_program(&words, run, err)) {
        container_words_free(words.items);
        return NULL;
    }
    return finish(&words, err);
}

bool container_can_be_reused(const struct container_run *run)
{
    return run->init_path && run->image && is_root(container_user(run));
}

/* FNV-1a (Fowler, Noll, Vo): the same folder gives the same number in every release. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

const char *container_name(struct attempt_key key, const char *dir, char name[CONTAINER_NAME_TEXT])
{
    (void)snprintf(name, CONTAINER_NAME_TEXT, "assay-%" PRId64 "-%d-%d-%016" PRIx64, key.trial,
                   key.attempt, key.replica, hash_text(dir));
    return name;
}

const char *container_serve_name(const char *serve_dir, char name[CONTAINER_NAME_TEXT])
{
    (void)snprintf(name, CONTAINER_NAME_TEXT, "assay-place-%016" PRIx64, hash_text(serve_dir));
    return name;
}

const char *container_state_label(const char *state_dir, char state[CONTAINER_STATE_TEXT])
{
    (void)snprintf(state, CONTAINER_STATE_TEXT, "%016" PRIx64, hash_text(state_dir));
    return state;
}
