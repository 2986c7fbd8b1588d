/*
 * dispatcher_race SHIM FOLDER: starts, stops and reports from several threads at once, of attempts
 * that wait for GPUs, of gangs, and of plain ones; each must end once. Under ThreadSanitizer.
 */
#include "launcher/dispatcher/dispatcher.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THREADS = 4, ATTEMPTS = 60, TOTAL = THREADS * ATTEMPTS, REPLICAS = 2 };

static struct {
    struct launcher *launcher;
    const char *folder;
    atomic_int ends[TOTAL + 1];
    atomic_int ended;
    atomic_bool is_over;
} race;

static void ended(void *context, const struct ending *ending)
{
    (void)context;
    (void)atomic_fetch_add(&race.ends[ending->key.trial], 1);
    (void)atomic_fetch_add(&race.ended, 1);
}

static void start(int64_t trial)
{
    static char shell[] = "/bin/sh";
    static char flag[] = "-c";
    static char quick[] = "exit 0";
    static char slow[] = "sleep 0.05";
    char dirs[REPLICAS][512];
    char tags[REPLICAS][64];
    char *argv[] = { shell, flag, trial % 2 ? quick : slow, NULL };
    char *envp[REPLICAS][2];
    struct replica_launch replicas[REPLICAS] = { 0 };
    struct launch launch = { .key = { trial, 1, 0 },
                             .job = trial % 3,
                             .replicas = replicas,
                             .replica_count = trial % 4 == 0 ? REPLICAS : 1,
                             .grace_us = 1000000,
                             .restarts_alone = trial % 8 == 0 };
    struct assay_error err = { 0 };

    for (size_t i = 0; i < launch.replica_count; i++) {
        (void)snprintf(dirs[i], sizeof dirs[i], "%s/%lld/%zu", race.folder, (long long)trial, i);
        (void)snprintf(tags[i], sizeof tags[i], "ASSAY_ATTEMPT=race-%lld-%zu", (long long)trial, i);
        envp[i][0] = tags[i];
        envp[i][1] = NULL;
        replicas[i] = (struct replica_launch){ .role = i ? ROLE_WORKER : ROLE_PRIMARY,
                                               .argv = argv,
                                               .envp = envp[i],
                                               .dir = dirs[i],
                                               .resources = { .gpus = trial % 3 ? 1 : 0 } };
    }
    if (launcher_start(race.launcher, &launch, &err))
        return;
    (void)fprintf(stderr, "%s\n", err.message);
    exit(1); /* NOLINT(concurrency-mt-unsafe) */
}

static void *start_and_stop(void *context)
{
    int64_t first = *(int *)context * ATTEMPTS + 1;

    for (int64_t trial = first; trial < first + ATTEMPTS; trial++) {
        start(trial);
        if (trial % 5 == 0)
            launcher_stop(race.launcher, (struct attempt_key){ trial, 1, 0 }, STOP_GENTLY);
    }
    return NULL;
}

static void look(void *context, const struct launch_report *report)
{
    *(size_t *)context += strlen(report->why);
}

static void *watch(void *context)
{
    size_t seen = 0;

    while (!atomic_load(&race.is_over)) {
        launcher_report(race.launcher, look, &seen);
        (void)usleep(1000);
    }
    return context;
}

static int judge(void)
{
    for (int trial = 1; trial <= TOTAL; trial++) {
        if (atomic_load(&race.ends[trial]) != 1) {
            (void)fprintf(stderr, "trial %d ended %d times\n", trial,
                          atomic_load(&race.ends[trial]));
            return 1;
        }
    }
    (void)printf("%d attempts started, stopped and ended by %d threads\n", TOTAL, THREADS);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct machine machine = { .cpus = 2,
                                            .memory_bytes = INT64_C(1) << 30,
                                            .has_gpus = true,
                                            .gpu_count = 4,
                                            .gpus = { "0", "1", "2", "3" } };
    struct dispatcher_options options = {
        .envp = environ, .machine = &machine, .env = assay_env_system(), .on_ended = ended
    };
    struct assay_error err = { 0 };
    pthread_t threads[THREADS];
    pthread_t watcher;
    int numbers[THREADS];

    if (argc != 3 || mkdir(argv[2], 0700) < 0)
        return 2;
    options.shim_path = argv[1];
    options.state_dir = race.folder = argv[2];
    race.launcher = dispatcher_new(&options, &err);
    if (!race.launcher) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    (void)pthread_create(&watcher, NULL, watch, NULL);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        (void)pthread_create(&threads[i], NULL, start_and_stop, &numbers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    while (atomic_load(&race.ended) < TOTAL)
        (void)usleep(1000);
    atomic_store(&race.is_over, true);
    (void)pthread_join(watcher, NULL);
    launcher_free(race.launcher);
    return judge();
}
