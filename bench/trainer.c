/*
 * bench-trainer: the least that a trainer does. Its objective is the sum of its numeric arguments
 * (--name=number), reported as one line that reads like cloudml-hypertune's.
 *
 * With BENCH_STEPS in the environment it reports so often, BENCH_STEP_MS milliseconds apart.
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

static int report(const char *path, double loss, long step)
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
                    "\"global_step\": \"%ld\"}\n",
                    (long long)now.tv_sec, now.tv_nsec / 1000, loss, step);
    if (size > 0 && write(fd, line, (size_t)size) == size)
        status = 0;
    (void)close(fd);
    return status;
}

/* The variable's number; fallback where there is none. */
static long number_of(const char *name, long fallback)
{
    const char *text = getenv(name); // NOLINT(concurrency-mt-unsafe): one thread

    return text ? strtol(text, NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
    const char *path = getenv("CLOUD_ML_HP_METRIC_FILE"); // NOLINT(concurrency-mt-unsafe)
    long steps = number_of("BENCH_STEPS", 1);
    long step_ms = number_of("BENCH_STEP_MS", 0);
    const struct timespec pause = { .tv_sec = step_ms / 1000, .tv_nsec = step_ms % 1000 * 1000000 };
    int status = path ? 0 : 2;

    (void)argc;
    tell_started();
    for (long step = 1; status == 0 && step <= steps; step++) {
        status = report(path, sum_arguments(argv + 1), step);
        if (step < steps)
            (void)nanosleep(&pause, NULL);
    }
    return status;
}
