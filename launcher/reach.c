#include "launcher/reach.h"

#include "launcher/container/container_record.h"
#include "launcher/container/engines_used.h"
#include "launcher/shim/claim.h"
#include "launcher/shim/enter.h"
#include "launcher/shim/exit_record.h"
#include "launcher/shim/record_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMMAND_TEXT = 2 * PATH_MAX };

/* The first words of a process's command line, each with its zero byte; how many bytes there are.
 */
static size_t read_command(pid_t pid, char text[COMMAND_TEXT])
{
    char path[64];
    ssize_t size = -1;
    int fd = -1;

    (void)snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        size = read(fd, text, COMMAND_TEXT - 1);
        (void)close(fd);
    }
    text[size > 0 ? size : 0] = '\0';
    return size > 0 ? (size_t)size : 0;
}

static const char *word_at(const char *text, size_t size, int index)
{
    size_t at = 0;

    for (; index > 0 && at < size; index--)
        at += strlen(text + at) + 1;
    return at < size ? text + at : "";
}

/* Of a replica in a container that serves several, its client is assay-init: `enter FOLDER …`. */
static bool find_container(const char *state_dir, const char *dir, struct attempt_key key,
                           struct reach *reach)
{
    char text[COMMAND_TEXT];
    char pool[PATH_MAX];
    size_t size = read_command(reach->pid, text);
    struct engines_used used = { .count = 0 };

    if (strcmp(word_at(text, size, 1), "enter") != 0) {
        (void)container_name(key, dir, reach->container);
        (void)snprintf(reach->program, sizeof reach->program, "%s", word_at(text, size, 0));
        return reach->program[0] != '\0';
    }
    (void)container_serve_name(word_at(text, size, 2), reach->container);
    if (record_path(pool, sizeof pool, state_dir, "containers") == 0)
        engines_used_read(pool, &used);
    if (used.count > 0)
        memcpy(reach->program, used.programs[used.count - 1], sizeof reach->program);
    return used.count > 0;
}

/* When the claim was made. */
static bool find_start(const char *dir, int64_t *start_us)
{
    char path[PATH_MAX];
    struct stat info;

    if (record_path(path, sizeof path, dir, CLAIM_NAME) != 0 || lstat(path, &info) < 0)
        return false;
    *start_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    return true;
}

static bool is_in(const char *dir, const char *name)
{
    char path[PATH_MAX];

    return record_path(path, sizeof path, dir, name) == 0 && access(path, F_OK) == 0;
}

bool reach_find(const char *state_dir, const char *replica_dir, struct attempt_key key,
                struct reach *reach)
{
    struct claim claim = { 0 };

    *reach = (struct reach){ .place = REACH_HOST };
    if (claim_read(replica_dir, &claim) != 0 || claim.pid == 0 ||
        is_in(replica_dir, EXIT_RECORD_NAME) || !find_start(replica_dir, &reach->start_us))
        return false;
    if (node_where_read(replica_dir, &reach->where) == 0) {
        reach->place = REACH_SLURM;
        return true;
    }
    reach->pid = claim_is_alive(&claim) ? enter_find_child(claim.pid) : 0;
    if (reach->pid == 0)
        return false;
    if (!is_in(replica_dir, CONTAINER_RECORD_NAME))
        return true;
    reach->place = REACH_CONTAINER;
    return find_container(state_dir, replica_dir, key, reach);
}

char **reach_words(const struct reach *reach, const char *shim_path, const char *replica_dir,
                   bool has_terminal)
{
    struct container_words words = { 0 };

    switch (reach->place) {
    case REACH_CONTAINER:
        container_words_add(&words, reach->program);
        container_words_add(&words, "exec");
        container_words_add(&words, "--interactive");
        if (has_terminal)
            container_words_add(&words, "--tty");
        container_words_add(&words, reach->container);
        container_words_add(&words, CONTAINER_INIT_TARGET);
        container_words_add(&words, "beside");
        break;
    case REACH_SLURM:
        container_words_add(&words, "srun");
        container_words_add(&words, "--overlap");
        container_words_add(&words, "--quiet");
        container_words_addf(&words, "--jobid=%s", reach->where.job);
        container_words_addf(&words, "--nodelist=%s", reach->where.node);
        container_words_add(&words, "--nodes=1");
        container_words_add(&words, "--ntasks=1");
        if (has_terminal)
            container_words_add(&words, "--pty");
        /* fall through */
    case REACH_HOST:
        container_words_add(&words, shim_path);
        container_words_add(&words, "--beside");
        container_words_add(&words, replica_dir);
        break;
    }
    if (!words.is_failed)
        return words.items;
    container_words_free(words.items);
    return NULL;
}

const char *reach_place_name(enum reach_place place)
{
    static const char *const names[] = {
        [REACH_HOST] = "host",
        [REACH_CONTAINER] = "container",
        [REACH_SLURM] = "slurm",
    };

    return names[place];
}
