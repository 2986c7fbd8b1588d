#include "launcher/slurm/slurm_step.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP_NAME "step"
#define STEP_FORMAT "assay-step 1"

enum { USE_FD = 3 };

static int write_note(const struct slurm_gang *gang, const char *allocation)
{
    char text[RECORD_TEXT_MAX];
    int size = snprintf(text, sizeof text, STEP_FORMAT "\nallocation %s\nend\n", allocation);

    if (size < 0 || (size_t)size >= sizeof text)
        return EMSGSIZE;
    return record_file_write(gang->launch.replicas[0].dir, STEP_NAME, text, (size_t)size, false);
}

/* A session of its own: neither our end nor a terminal's signals reach it. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t signals;
    int error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                         POSIX_SPAWN_SETSIGDEF);

    (void)sigemptyset(&signals);
    if (!error)
        error = posix_spawnattr_setsigmask(attributes, &signals);
    (void)sigfillset(&signals);
    return error ? error : posix_spawnattr_setsigdefault(attributes, &signals);
}

static int set_files(posix_spawn_file_actions_t *actions, const char *dir, int use)
{
    char log[PATH_MAX];
    int error = record_path(log, sizeof log, dir, SLURM_LOG_NAME);

    if (!error)
        error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!error)
        error =
            posix_spawn_file_actions_addopen(actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, 1, 2);
    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, use, USE_FD);
    return error ? error : posix_spawn_file_actions_addclosefrom_np(actions, USE_FD + 1);
}

static int spawn(struct slurm_gang *gang, int use, char *const *environment)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        error = set_attributes(&attributes);
        if (!error)
            error = set_files(&actions, gang->launch.replicas[0].dir, use);
        if (!error)
            error = posix_spawnp(&gang->step, gang->step_words.words[0], &actions, &attributes,
                                 gang->step_words.words, environment);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    gang->is_step_alive = error == 0;
    if (!error) /* without it the folder tells, a little later */
        gang->step_fd = (int)syscall(SYS_pidfd_open, gang->step, 0);
    return error;
}

bool slurm_step_start(struct slurm_gang *gang, const struct slurm_job *allocation, int use,
                      char *const *environment, struct assay_error *err)
{
    int error = 0;

    if (!slurm_command_set_allocation(&gang->step_words, allocation->id))
        return assay_fail_memory(err);
    (void)snprintf(gang->allocation, sizeof gang->allocation, "%s", allocation->tag);
    error = write_note(gang, allocation->tag);
    if (!error)
        error = spawn(gang, use, environment);
    return error ? assay_fail_errno(err, error, "srun") : true;
}

bool slurm_step_read(const struct slurm_gang *gang, char allocation[SLURM_TAG_TEXT])
{
    char text[RECORD_TEXT_MAX];

    return record_file_read(gang->launch.replicas[0].dir, STEP_NAME, STEP_FORMAT, text) == 0 &&
           record_file_text(text, "allocation", allocation, SLURM_TAG_TEXT);
}

bool slurm_step_is_alive(struct slurm_gang *gang)
{
    if (gang->is_step_alive && waitpid(gang->step, NULL, WNOHANG) != 0)
        gang->is_step_alive = false;
    if (!gang->is_step_alive)
        slurm_gang_close_step(gang);
    return gang->is_step_alive;
}
