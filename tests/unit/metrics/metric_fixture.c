#include "metric_fixture.h"

#include "assay/value.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void need(bool is_good, const char *what)
{
    if (is_good)
        return;
    perror(what);
    abort();
}

void fixture_init(struct fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    /* In memory where that is possible: ext4 flushes a file that was truncated when it is closed.
     */
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/dev/shm/assay-metrics-XXXXXX");
    if (!mkdtemp(fixture->folder)) {
        (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/assay-metrics-XXXXXX");
        need(mkdtemp(fixture->folder) != NULL, "mkdtemp");
    }
    (void)snprintf(fixture->metric_path, sizeof fixture->metric_path, "%s/metrics",
                   fixture->folder);
    (void)snprintf(fixture->stdout_path, sizeof fixture->stdout_path, "%s/stdout", fixture->folder);
    (void)snprintf(fixture->stderr_path, sizeof fixture->stderr_path, "%s/stderr", fixture->folder);
    (void)snprintf(fixture->ids[0], sizeof fixture->ids[0], "acc");
    (void)snprintf(fixture->ids[1], sizeof fixture->ids[1], "loss");
    fixture->specs[0] = (struct metric_spec){ .id = fixture->ids[0], .goal = GOAL_MAXIMIZE };
    fixture->specs[1] = (struct metric_spec){ .id = fixture->ids[1], .goal = GOAL_MINIMIZE };
    fixture->source = (struct metric_source){ .metric_path = fixture->metric_path,
                                              .stdout_path = fixture->stdout_path,
                                              .stderr_path = fixture->stderr_path,
                                              .specs = fixture->specs,
                                              .regexes = fixture->regexes,
                                              .metric_count = FIXTURE_METRICS,
                                              .start_us = FIXTURE_START_US };
}

void fixture_clear(struct fixture *fixture)
{
    metric_reader_free(fixture->reader);
    free(fixture->reports);
    (void)unlink(fixture->metric_path);
    (void)unlink(fixture->stdout_path);
    (void)unlink(fixture->stderr_path);
    (void)rmdir(fixture->folder);
    memset(fixture, 0, sizeof *fixture);
}

static void put(const char *path, int flags, const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

    need(fd >= 0, path);
    while (size > 0) {
        ssize_t done = write(fd, text, size);

        need(done > 0, path);
        text += done;
        size -= (size_t)done;
    }
    need(close(fd) == 0, path);
}

void file_write(const char *path, const char *text, size_t size)
{
    put(path, O_TRUNC, text, size);
}

void file_append(const char *path, const char *text, size_t size)
{
    put(path, O_APPEND, text, size);
}

void file_put(const char *path, const char *text)
{
    file_write(path, text, strlen(text));
}

void file_add(const char *path, const char *text)
{
    file_append(path, text, strlen(text));
}

static void keep(struct fixture *fixture, const struct metric_report *reports, size_t count)
{
    if (fixture->count + count > fixture->capacity) {
        fixture->capacity = (fixture->count + count) * 2;
        fixture->reports = realloc(fixture->reports, fixture->capacity * sizeof *fixture->reports);
        need(fixture->reports != NULL, "realloc");
    }
    if (count)
        memcpy(fixture->reports + fixture->count, reports, count * sizeof *reports);
    fixture->count += count;
}

static void read_all(struct fixture *fixture, bool is_final)
{
    const struct metric_report *reports = NULL;
    size_t count = 0;
    bool has_more = true;
    struct assay_error err = { 0 };

    if (!fixture->reader)
        fixture->reader = metric_reader_new(&fixture->source, NULL, &err);
    need(fixture->reader != NULL, err.message);
    while (has_more) {
        need(metric_reader_read(fixture->reader, FIXTURE_NOW_US, is_final, &reports, &count,
                                &has_more, &err),
             err.message);
        need(count <= METRIC_REPORTS_MAX, "too many reports at once");
        keep(fixture, reports, count);
    }
}

void fixture_read(struct fixture *fixture)
{
    read_all(fixture, false);
}

void fixture_read_final(struct fixture *fixture)
{
    read_all(fixture, true);
}

void fixture_restart(struct fixture *fixture)
{
    struct metric_mark mark = { 0 };
    struct assay_error err = { 0 };

    if (fixture->reader)
        mark = metric_reader_mark(fixture->reader);
    metric_reader_free(fixture->reader);
    fixture->reader = metric_reader_new(&fixture->source, &mark, &err);
    need(fixture->reader != NULL, err.message);
}

char *fixture_values(const struct fixture *fixture)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    need(out != NULL, "open_memstream");
    for (size_t i = 0; i < fixture->count; i++) {
        char number[ASSAY_NUMBER_TEXT];

        (void)fprintf(out, "%s%s", i ? " " : "",
                      assay_number_text(fixture->reports[i].value, number));
    }
    need(fclose(out) == 0, "fclose");
    return text;
}

bool is_text(const char *got, const char *wanted)
{
    if (strcmp(got, wanted) == 0)
        return true;
    (void)fprintf(stderr, "got:    %s\nwanted: %s\n", got, wanted);
    return false;
}

uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t random_below(uint64_t *state, uint64_t limit)
{
    return random_next(state) % limit;
}

uint64_t random_seed(uint64_t fallback)
{
    const char *given = getenv("TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : fallback;

    (void)fprintf(stderr, "TEST_SEED=%" PRIu64 "\n", seed);
    return seed;
}
