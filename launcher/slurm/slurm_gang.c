#include "launcher/slurm/slurm_gang.h"

#include "launcher/backend_slurm.h"
#include "launcher/shim/claim.h"
#include "launcher/shim/exit_record.h"
#include "launcher/shim/node_order.h"
#include "launcher/shim/record_file.h"
#include "launcher/shim/shim_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

/* Judged by the second, it need not be looked at as often as the record. */
enum { HEARTBEAT_LOOK_US = NODE_BEAT_US / 2 };

/* The value of ASSAY_ATTEMPT, "" without one. */
static const char *find_tag(char *const *envp)
{
    static const char name[] = "ASSAY_ATTEMPT=";

    for (; *envp; envp++) {
        if (strncmp(*envp, name, sizeof name - 1) == 0)
            return *envp + sizeof name - 1;
    }
    return "";
}

/* It stands in a job's name, in a shell's script and between the bars of squeue. */
static bool is_plain(const char *tag)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    return tag[0] && strlen(tag) < SLURM_TAG_TEXT && tag[strspn(tag, plain)] == '\0';
}

/* A close alone would not do: a child that is being started may have a copy for a moment. */
void slurm_gang_close_step(struct slurm_gang *gang)
{
    if (gang->step_fd < 0)
        return;
    (void)epoll_ctl(gang->step_ends, EPOLL_CTL_DEL, gang->step_fd, NULL);
    (void)close(gang->step_fd);
    gang->step_fd = -1;
}

void slurm_gang_free(struct slurm_gang *gang)
{
    struct replica_launch *launches = NULL;

    if (!gang)
        return;
    launches = (struct replica_launch *)(uintptr_t)gang->launch.replicas;
    for (size_t i = 0; launches && i < gang->launch.replica_count; i++)
        free((char *)(uintptr_t)launches[i].dir);
    for (size_t i = 0; gang->replicas && i < gang->launch.replica_count; i++)
        free(gang->replicas[i].request);
    slurm_gang_close_step(gang);
    word_list_clear(&gang->words);
    word_list_clear(&gang->step_words);
    word_list_clear(&gang->wishes);
    free(gang->script);
    free(launches);
    free(gang->replicas);
    free(gang);
}

/* All of the launch that is needed later, without requests. */
static struct slurm_gang *copy_launch(const struct launch *launch, struct assay_error *err)
{
    size_t count = launch->replica_count;
    struct slurm_gang *gang = calloc(1, sizeof *gang);
    struct replica_launch *launches = calloc(count, sizeof *launches);
    bool is_whole = gang && launches;

    if (!gang) {
        free(launches);
        (void)assay_fail_memory(err);
        return NULL;
    }
    gang->step_fd = -1;
    gang->launch = *launch;
    gang->launch.replicas = launches;
    gang->untold_count = count;
    gang->is_heterogeneous = !slurm_command_is_uniform(launch);
    gang->replicas = calloc(count, sizeof *gang->replicas);
    is_whole = is_whole && gang->replicas;
    for (size_t i = 0; is_whole && i < count; i++) {
        const struct replica_launch *from = &launch->replicas[i];

        launches[i] = (struct replica_launch){ .role = from->role,
                                               .index = from->index,
                                               .dir = strdup(from->dir),
                                               .resources = from->resources };
        is_whole = launches[i].dir;
    }
    if (is_whole)
        return gang;
    slurm_gang_free(gang);
    (void)assay_fail_memory(err);
    return NULL;
}

static bool encode(struct slurm_gang *gang, const struct launch *launch, struct assay_error *err)
{
    for (size_t i = 0; i < launch->replica_count; i++) {
        struct launch alone = *launch;
        struct slurm_replica *replica = &gang->replicas[i];

        alone.key.replica = (int32_t)i;
        alone.replicas = &launch->replicas[i];
        alone.replica_count = 1;
        replica->request = shim_request_encode(&alone, gang->tag, &replica->request_size, err);
        if (!replica->request)
            return false;
    }
    return true;
}

static bool prepare(struct slurm_gang *gang, const struct launch *launch, const char *shim,
                    struct assay_error *err)
{
    const struct slurm_submission submission = {
        .wishes = launch->slurm, .shim = shim, .tag = gang->tag, .launch = launch
    };

    gang->launch.slurm = NULL;
    slurm_command_wish(launch->slurm, &gang->wishes);
    slurm_command_submit(&submission, &gang->words);
    if (launch->replica_count == 1)
        slurm_command_step(&submission, &gang->step_words);
    gang->script = slurm_command_script(&submission);
    if (gang->script && !gang->words.is_short_of_memory && !gang->step_words.is_short_of_memory &&
        !gang->wishes.is_short_of_memory)
        return true;
    return assay_fail_memory(err);
}

struct slurm_gang *slurm_gang_new(const struct launch *launch, const char *shim,
                                  struct assay_error *err)
{
    const char *tag = find_tag(launch->replicas[0].envp);
    struct slurm_gang *gang = NULL;

    if (!is_plain(tag)) {
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "ASSAY_ATTEMPT must be a word of letters, digits, - _ and . of less than "
                         "%d bytes",
                         SLURM_TAG_TEXT);
        return NULL;
    }
    for (size_t i = 0; i < launch->replica_count; i++) {
        if (launch->replicas[i].container) {
            (void)assay_fail(err, ASSAY_INVALID, NULL,
                             "trials on Slurm run in no containers: run them on the host "
                             "(--on-host, onHost: true in the assay block)");
            return NULL;
        }
    }
    gang = copy_launch(launch, err);
    if (!gang)
        return NULL;
    (void)snprintf(gang->tag, sizeof gang->tag, "%s", tag);
    if (encode(gang, launch, err) && prepare(gang, launch, shim, err))
        return gang;
    slurm_gang_free(gang);
    return NULL;
}

bool launcher_slurm_has(const char *attempt_dir)
{
    struct node_order order;

    return node_order_read(attempt_dir, &order) == 0;
}

struct slurm_gang *slurm_gang_adopt(const struct launch *launch, const char *shim,
                                    struct assay_error *err)
{
    struct slurm_gang *gang = copy_launch(launch, err);
    struct node_order order;

    if (!gang)
        return NULL;
    gang->stage = GANG_SUBMITTED; /* or about to be: Slurm's queue tells */
    if (node_order_read(launch->replicas[0].dir, &order) == 0 && is_plain(order.tag))
        (void)snprintf(gang->tag, sizeof gang->tag, "%.*s", SLURM_TAG_TEXT - 1, order.tag);
    gang->is_sent = gang->tag[0] != '\0';
    if (prepare(gang, launch, shim, err))
        return gang;
    slurm_gang_free(gang);
    return NULL;
}

static bool write_replica(struct slurm_gang *gang, size_t index, struct node_order *order,
                          struct assay_error *err)
{
    const char *dir = gang->launch.replicas[index].dir;
    struct slurm_replica *replica = &gang->replicas[index];
    int error = record_make_dirs(dir);

    order->index = (int64_t)index;
    if (!error && replica->request)
        error = record_file_write(dir, NODE_REQUEST_NAME, replica->request, replica->request_size,
                                  false);
    if (!error)
        error = node_order_write(dir, order);
    if (error)
        return assay_fail_errno(err, error, "%s", dir);
    free(replica->request);
    replica->request = NULL;
    return true;
}

/* The order of replica 0 comes last: where it is, all is. */
bool slurm_gang_write(struct slurm_gang *gang, const char *lease_path, int64_t lease_us,
                      struct assay_error *err)
{
    const char *dir = gang->launch.replicas[0].dir;
    struct node_order order = { .count = (int64_t)gang->launch.replica_count,
                                .lease_us = lease_us };
    int error = 0;

    if (snprintf(order.gang_dir, sizeof order.gang_dir, "%s", dir) >= (int)sizeof order.gang_dir ||
        snprintf(order.lease_path, sizeof order.lease_path, "%s", lease_path) >=
            (int)sizeof order.lease_path)
        return assay_fail_errno(err, ENAMETOOLONG, "%s", dir);
    (void)snprintf(order.tag, sizeof order.tag, "%s", gang->tag);
    error = record_make_dirs(dir);
    if (!error && !gang->is_step)
        error =
            record_file_write(dir, SLURM_SCRIPT_NAME, gang->script, strlen(gang->script), false);
    if (error)
        return assay_fail_errno(err, error, "%s", dir);
    for (size_t i = gang->launch.replica_count; i-- > 0;) {
        if (!write_replica(gang, i, &order, err))
            return false;
    }
    return true;
}

static void look_at_claim(struct slurm_replica *replica, const char *dir)
{
    struct claim claim;
    int error = claim_read(dir, &claim);

    if (error == 0 || error == EBADMSG)
        replica->claim = error == 0 && claim.pid == 0 ? CLAIM_FORBIDDEN : CLAIM_NODE;
}

static void look_at_heartbeat(struct slurm_replica *replica, const char *dir, int64_t now_us)
{
    char path[PATH_MAX];
    struct stat info = { 0 };
    int fd = record_path(path, sizeof path, dir, NODE_HEARTBEAT_NAME) == 0
                 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                 : -1;
    bool is_there = fd >= 0 && fstat(fd, &info) == 0;
    /* Silence counts where one can listen. */
    bool is_in_sight = is_there || (fd < 0 && errno == ENOENT);

    if (fd >= 0)
        (void)close(fd);
    if (!is_in_sight) {
        replica->beat_us = now_us;
        return;
    }
    if (replica->beat_us && (!is_there || (info.st_mtim.tv_sec == replica->beat.tv_sec &&
                                           info.st_mtim.tv_nsec == replica->beat.tv_nsec)))
        return;
    replica->beat = info.st_mtim;
    replica->beat_us = now_us;
}

void slurm_gang_look(struct slurm_gang *gang, size_t index, int64_t now_us)
{
    const char *dir = gang->launch.replicas[index].dir;
    struct slurm_replica *replica = &gang->replicas[index];

    if (replica->has_record)
        return;
    node_refresh(dir);
    if (exit_record_read(dir, &replica->record) == 0) {
        replica->has_record = true;
        replica->record_us = now_us;
        return;
    }
    if (replica->claim == CLAIM_NONE)
        look_at_claim(replica, dir);
    if (replica->claim == CLAIM_NODE && now_us - replica->heartbeat_us >= HEARTBEAT_LOOK_US) {
        replica->heartbeat_us = now_us;
        look_at_heartbeat(replica, dir, now_us);
    }
}

void slurm_gang_stop(const struct slurm_gang *gang, size_t replica, enum stop_manner manner)
{
    char path[PATH_MAX];
    const char *name = manner == STOP_NOW ? NODE_STOP_NOW_NAME : NODE_STOP_GENTLY_NAME;
    int fd = -1;

    /* A folder that cannot be written has more to lose than this: the job is cancelled later. */
    if (record_path(path, sizeof path, gang->launch.replicas[replica].dir, name) == 0)
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd >= 0)
        (void)close(fd);
}

int slurm_gang_forbid(const struct slurm_gang *gang, size_t replica)
{
    const struct claim never = { .pid = 0 };
    const char *dir = gang->launch.replicas[replica].dir;
    int error = record_make_dirs(dir);

    return error ? error : claim_make(dir, &never);
}

int64_t slurm_gang_begin_us(const struct slurm_gang *gang, size_t replica)
{
    char path[PATH_MAX];
    struct stat info = { 0 };

    if (record_path(path, sizeof path, gang->launch.replicas[replica].dir, CLAIM_NAME) != 0 ||
        lstat(path, &info) < 0)
        return 0;
    return (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
}
