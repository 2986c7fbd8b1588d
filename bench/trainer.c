/*
 * bench-trainer: the least that a trainer does. Its objective is the sum of its numeric arguments
 * (--name=number), reported as one line that reads like cloudml-hypertune's.
 *
 * With BENCH_STARTED in the environment it first writes a byte to that FIFO, for whoever measures
 * how long it takes until a trial runs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double sum_arguments(char *const *argv)
{
    double sum = 0;

    for (; *argv; argv++) {
        const char *equals = strchr(*argv, '=');

        if (equals)
            sum += strtod(equals + 1, NULL); /* 0 for a word */
    }
    return sum;
}

static void tell_started(void)
{
    const char *path = getenv("BENCH_STARTED"); // NOLINT(concurrency-mt-unsafe): one thread
    int fd = path ? open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1;

    if (fd < 0)
        return; /* nobody listens any more */
    (void)!write(fd, "s", 1);
    (void)close(fd);
}

static int report(const char *path, double loss)
{
    struct timespec now = { 0 };
    char line[256];
    int size = 0;
    int status = 1;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

    if (fd < 0)
        return 1;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    size = snprintf(line, sizeof line,
                    "{\"timestamp\": %lld.%06ld, \"trial\": \"0\", \"loss\": \"%.17g\", "
                    "\"global_step\": \"1\"}\n",
                    (long long)now.tv_sec, now.tv_nsec / 1000, loss);
    if (size > 0 && write(fd, line, (size_t)size) == size)
        status = 0;
    (void)close(fd);
    return status;
}

int main(int argc, char **argv)
{
    const char *path = getenv("CLOUD_ML_HP_METRIC_FILE"); // NOLINT(concurrency-mt-unsafe)

    (void)argc;
    tell_started();
    return path ? report(path, sum_arguments(argv + 1)) : 2;
}
