/*
 * measure_launches SHIM FOLDER [COUNT] [PARALLEL]: what an attempt costs through the launcher,
 * against posix_spawn() and waitpid() of the same program with as many at a time. Not a test: it
 * prints figures.
 */
#include "launcher/launcher.h"

#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char program[] = "/bin/true";
static char path_entry[] = "PATH=/bin:/usr/bin";

struct runs {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    long ended;
    long failed;
};

static void give_up(const char *reason)
{
    (void)fprintf(stderr, "measure_launches: %s\n", reason);
    exit(1); /* NOLINT(concurrency-mt-unsafe): nothing is registered to run at exit */
}

static double seconds(void)
{
    struct timespec now = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/*
 * CPU time of this process and of all that it has waited for, and they in turn: the nursery, its
 * shims and their programs too, once the launcher is freed.
 */
static double cpu_seconds(void)
{
    struct rusage own = { 0 };
    struct rusage children = { 0 };

    (void)getrusage(RUSAGE_SELF, &own);
    (void)getrusage(RUSAGE_CHILDREN, &children);
    return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec + children.ru_utime.tv_sec +
                    children.ru_stime.tv_sec) +
           (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec + children.ru_utime.tv_usec +
                    children.ru_stime.tv_usec) /
               1e6;
}

static void ended(void *context, const struct ending *ending)
{
    struct runs *runs = context;

    (void)pthread_mutex_lock(&runs->mutex);
    runs->ended++;
    runs->failed += ending->kind != ENDING_EXITED || ending->status != 0;
    (void)pthread_cond_signal(&runs->changed);
    (void)pthread_mutex_unlock(&runs->mutex);
}

static void run_bare(long count, long parallel)
{
    char *argv[] = { program, NULL };
    char *envp[] = { path_entry, NULL };
    long running = 0;

    for (long started = 0; started < count || running;) {
        pid_t pid = 0;

        if (started < count && running < parallel) {
            if (posix_spawn(&pid, program, NULL, NULL, argv, envp) != 0)
                give_up(program);
            started++;
            running++;
        } else if (waitpid(-1, NULL, 0) > 0) {
            running--;
        }
    }
}

static void run_launcher(const char *shim, const char *folder, long count, long parallel)
{
    struct runs runs = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    struct host_options options = { shim, assay_env_system(), ended, &runs };
    struct assay_error err = { 0 };
    struct launcher *launcher = launcher_host_new(&options, &err);
    char *argv[] = { program, NULL };
    char *envp[] = { path_entry, NULL };
    char dir[4096];

    if (!launcher) {
        give_up(err.message);
    }
    for (long i = 0; i < count; i++) {
        struct replica_launch replica = { .argv = argv, .envp = envp, .dir = dir };
        struct launch launch = { .key = { i + 1, 1, 0 }, .replicas = &replica, .replica_count = 1 };

        (void)snprintf(dir, sizeof dir, "%s/%ld", folder, i + 1);
        (void)pthread_mutex_lock(&runs.mutex);
        while (i - runs.ended >= parallel)
            (void)pthread_cond_wait(&runs.changed, &runs.mutex);
        (void)pthread_mutex_unlock(&runs.mutex);
        if (!launcher_start(launcher, &launch, &err))
            give_up(err.message);
    }
    (void)pthread_mutex_lock(&runs.mutex);
    while (runs.ended < count)
        (void)pthread_cond_wait(&runs.changed, &runs.mutex);
    (void)pthread_mutex_unlock(&runs.mutex);
    launcher_free(launcher);
    if (runs.failed)
        (void)fprintf(stderr, "%ld attempts failed\n", runs.failed);
}

int main(int argc, char **argv)
{
    long count = argc > 3 ? strtol(argv[3], NULL, 10) : 1000;
    long parallel = argc > 4 ? strtol(argv[4], NULL, 10) : 4;
    double start = 0;
    double cpu = 0;
    double bare = 0;
    double bare_cpu = 0;
    double launched = 0;
    double launched_cpu = 0;

    if (argc < 3 || count < 1 || parallel < 1) {
        (void)fprintf(stderr, "usage: %s SHIM FOLDER [COUNT] [PARALLEL]\n", argv[0]);
        return 2;
    }
    start = seconds();
    cpu = cpu_seconds();
    run_bare(count, parallel);
    bare = seconds() - start;
    bare_cpu = cpu_seconds() - cpu;
    start = seconds();
    cpu = cpu_seconds();
    run_launcher(argv[1], argv[2], count, parallel);
    launched = seconds() - start;
    launched_cpu = cpu_seconds() - cpu;
    (void)printf("bare posix_spawn  %8.0f/s  CPU %.3f ms each\n", (double)count / bare,
                 bare_cpu / (double)count * 1e3);
    (void)printf("launcher_start    %8.0f/s  CPU %.3f ms each\n", (double)count / launched,
                 launched_cpu / (double)count * 1e3);
    (void)printf("ratio             %8.3f    overhead      %.3f ms each\n", bare / launched,
                 (launched_cpu - bare_cpu) / (double)count * 1e3);
    return 0;
}
