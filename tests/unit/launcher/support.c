#include "support.h"

#include "launcher/artifact.h"
#include "launcher/shim/process.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MAX = 8 << 20 };

void support_folder_make(char folder[256])
{
    const char *base = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe) */

    (void)snprintf(folder, 256, "%s/assay-launcher-XXXXXX", base && base[0] == '/' ? base : "/tmp");
    cr_assert(mkdtemp(folder) != NULL);
}

void support_folder_remove(const char *folder)
{
    struct assay_error err = { 0 };

    cr_assert(artifact_remove(folder, &err), "%s", err.message);
}

void support_write(const char *folder, const char *name, const char *text, mode_t mode)
{
    char path[1024];
    FILE *out = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    out = fopen(path, "we");
    cr_assert(out != NULL);
    cr_assert(fputs(text, out) != EOF);
    cr_assert(fclose(out) == 0);
    cr_assert(chmod(path, mode) == 0);
}

char *support_read(const char *folder, const char *name, size_t *size)
{
    char path[1024];
    char *text = NULL;
    size_t used = 0;
    FILE *in = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    in = fopen(path, "re");
    cr_assert(in != NULL, "%s", path);
    text = malloc(FILE_MAX);
    cr_assert(text != NULL);
    used = fread(text, 1, FILE_MAX - 1, in);
    text[used] = '\0';
    (void)fclose(in);
    if (size)
        *size = used;
    return text;
}

bool support_exists(const char *folder, const char *name)
{
    char path[1024];
    struct stat info;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return lstat(path, &info) == 0;
}

static void ended(void *context, const struct ending *ending)
{
    struct workshop *shop = context;

    (void)pthread_mutex_lock(&shop->mutex);
    if (shop->ended_count < SUPPORT_ENDINGS)
        shop->endings[shop->ended_count] = *ending;
    shop->ended_count++;
    (void)pthread_cond_broadcast(&shop->changed);
    (void)pthread_mutex_unlock(&shop->mutex);
}

static void make_launcher(struct workshop *shop)
{
    struct host_options options = { SHIM_PATH, assay_env_system(), ended, shop };
    struct assay_error err = { 0 };

    shop->launcher = launcher_host_new(&options, &err);
    cr_assert(shop->launcher != NULL, "%s", err.message);
}

void workshop_open(struct workshop *shop)
{
    char fifo[300];

    support_folder_make(shop->folder);
    (void)snprintf(fifo, sizeof fifo, "%s/ready", shop->folder);
    cr_assert(mkfifo(fifo, 0600) == 0);
    (void)pthread_mutex_init(&shop->mutex, NULL);
    (void)pthread_cond_init(&shop->changed, NULL);
    shop->ended_count = 0;
    make_launcher(shop);
}

void workshop_close(struct workshop *shop)
{
    launcher_free(shop->launcher);
    support_folder_remove(shop->folder);
    (void)pthread_cond_destroy(&shop->changed);
    (void)pthread_mutex_destroy(&shop->mutex);
}

void workshop_restart(struct workshop *shop)
{
    launcher_free(shop->launcher);
    make_launcher(shop);
}

char *workshop_dir(const struct workshop *shop, int64_t trial, char dir[512])
{
    (void)snprintf(dir, 512, "%s/attempts/%lld", shop->folder, (long long)trial);
    return dir;
}

void workshop_start_argv(struct workshop *shop, int64_t trial, char *const *argv, tune_fn tune)
{
    char dir[512];
    char tag[600];
    char folder[600];
    char ready[600];
    char source[300];
    char path[] = "PATH=/usr/bin:/bin";
    char *envp[] = { path, tag, folder, ready, source, NULL };
    struct replica_launch replica = { .argv = argv, .envp = envp };
    struct launch launch = { .key = { trial, 1, 0 }, .replicas = &replica, .replica_count = 1 };
    struct assay_error err = { 0 };

    replica.dir = workshop_dir(shop, trial, dir);
    launch.grace_us = (int64_t)SUPPORT_DEADLINE_S * 1000000;
    (void)snprintf(tag, sizeof tag, "ASSAY_ATTEMPT=%s#%lld", shop->folder, (long long)trial);
    (void)snprintf(folder, sizeof folder, "ASSAY_ATTEMPT_DIR=%s", dir);
    (void)snprintf(ready, sizeof ready, "READY=%s/ready", shop->folder);
    (void)snprintf(source, sizeof source, "SHOP=%s", shop->folder);
    if (tune)
        tune(&launch);
    cr_assert(launcher_start(shop->launcher, &launch, &err), "%s", err.message);
}

void workshop_start(struct workshop *shop, int64_t trial, char *const *words, tune_fn tune)
{
    char helper[] = HELPER_PATH;
    char *argv[16] = { helper };
    size_t count = 1;

    for (; words[count - 1]; count++) {
        cr_assert(count < 15);
        argv[count] = words[count - 1];
    }
    workshop_start_argv(shop, trial, argv, tune);
}

void workshop_adopt(struct workshop *shop, int64_t trial)
{
    char dir[512];
    struct replica_launch replica = { .dir = workshop_dir(shop, trial, dir) };
    struct launch launch = { .key = { trial, 1, 0 }, .replicas = &replica, .replica_count = 1 };
    struct assay_error err = { 0 };

    cr_assert(launcher_adopt(shop->launcher, &launch, &err), "%s", err.message);
}

/* How many endings of that trial there are; *ending is the first. mutex is held. */
static size_t find_endings(const struct workshop *shop, int64_t trial, struct ending *ending)
{
    size_t found = 0;

    for (size_t i = 0; i < shop->ended_count; i++) {
        if (shop->endings[i].key.trial == trial && found++ == 0)
            *ending = shop->endings[i];
    }
    return found;
}

struct ending workshop_wait(struct workshop *shop, int64_t trial)
{
    struct ending ending = { 0 };
    struct timespec deadline = { 0 };
    size_t found = 0;
    int error = 0;

    (void)clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += SUPPORT_DEADLINE_S;
    (void)pthread_mutex_lock(&shop->mutex);
    while (!(found = find_endings(shop, trial, &ending)) && !error)
        error = pthread_cond_timedwait(&shop->changed, &shop->mutex, &deadline);
    (void)pthread_mutex_unlock(&shop->mutex);
    cr_assert(found == 1, "trial %lld was told %zu times", (long long)trial, found);
    return ending;
}

pid_t workshop_ready(const struct workshop *shop)
{
    char path[300];
    char text[32] = "";
    size_t used = 0;
    struct pollfd source = { .events = POLLIN };

    (void)snprintf(path, sizeof path, "%s/ready", shop->folder);
    source.fd = open(path, O_RDWR | O_CLOEXEC); /* open for writing too: no end of file */
    cr_assert(source.fd >= 0);
    while (used + 1 < sizeof text && !strchr(text, '\n')) {
        cr_assert(poll(&source, 1, SUPPORT_DEADLINE_S * 1000) == 1, "the helper is not ready");
        cr_assert(read(source.fd, text + used, 1) == 1);
        text[++used] = '\0';
    }
    (void)close(source.fd);
    return (pid_t)strtol(text, NULL, 10);
}

pid_t support_parent(pid_t pid)
{
    struct process_stat stat = { 0 };

    return process_stat_read(pid, &stat) ? stat.parent : 0;
}

static bool has_name(pid_t pid, const char *name)
{
    char path[64];
    char text[64] = "";
    FILE *in = NULL;

    (void)snprintf(path, sizeof path, "/proc/%ld/comm", (long)pid);
    in = fopen(path, "re");
    if (!in)
        return false;
    if (!fgets(text, sizeof text, in))
        text[0] = '\0';
    (void)fclose(in);
    text[strcspn(text, "\n")] = '\0';
    return strcmp(text, name) == 0;
}

pid_t support_child(const char *name)
{
    DIR *dir = opendir("/proc");
    pid_t found = 0;

    cr_assert(dir != NULL);
    for (pid_t pid = 0; !found && (pid = process_next(dir));) {
        if (support_parent(pid) == getpid() && has_name(pid, name))
            found = pid;
    }
    (void)closedir(dir);
    return found;
}

void support_wait_gone(pid_t pid)
{
    struct process_stat stat = { 0 };
    struct pollfd ended_fd = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

    if (ended_fd.fd < 0) {
        cr_assert(eq(int, errno, ESRCH));
        return;
    }
    cr_assert(poll(&ended_fd, 1, SUPPORT_DEADLINE_S * 1000) == 1, "%ld still runs", (long)pid);
    (void)close(ended_fd.fd);
    if (process_stat_read(pid, &stat))
        cr_assert(not(process_is_alive(pid, stat.start_ticks)));
}
