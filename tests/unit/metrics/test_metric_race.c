/* A real writer and the reader at the same time, both as fast as they can. */
#include "metric_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { QUEUE = 100, WRITE_SIZE = 8192, LINE_TEXT_MAX = 192 };

struct writer {
    const char *path;
    size_t reports;
    bool is_appending;
    atomic_bool is_done;
    bool is_good;
};

/* All parts of a line are made from its number, so that a line spliced of two shows. */
static size_t print_report(char *to, size_t number)
{
    return (size_t)snprintf(to, LINE_TEXT_MAX,
                            "{\"acc\": \"%zu.0\", \"checkpoint_path\": \"%0*zu\", "
                            "\"global_step\": \"%zu\", \"timestamp\": %zu.%06zu, "
                            "\"trial\": \"7\"}\n",
                            number, (int)(number % 13), number, number, 1100 + number / 1000000,
                            number % 1000000);
}

/* In pieces of the size that Python's buffered files write. */
static bool write_all(int fd, const char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t want = size - at < WRITE_SIZE ? size - at : WRITE_SIZE;
        ssize_t done = write(fd, bytes + at, want);

        if (done <= 0)
            return false;
        at += (size_t)done;
    }
    return true;
}

static void *write_reports(void *arg)
{
    static char text[QUEUE * LINE_TEXT_MAX];
    struct writer *writer = arg;

    writer->is_good = true;
    for (size_t number = 0; writer->is_good && number < writer->reports; number++) {
        size_t first = writer->is_appending || number < QUEUE ? 0 : number + 1 - QUEUE;
        int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (writer->is_appending ? O_APPEND : O_TRUNC);
        int fd = open(writer->path, flags, 0600);
        size_t size = 0;

        for (size_t i = writer->is_appending ? number : first; i <= number; i++)
            size += print_report(text + size, i);
        writer->is_good = fd >= 0 && write_all(fd, text, size) && close(fd) == 0;
    }
    atomic_store(&writer->is_done, true);
    return NULL;
}

/* Reads while the writer writes; now and then goes on as after a crash. */
static void race(struct fixture *fixture, struct writer *writer, unsigned restart_every)
{
    pthread_t thread;
    unsigned reads = 0;

    writer->path = fixture->metric_path;
    atomic_init(&writer->is_done, false);
    cr_assert(eq(int, pthread_create(&thread, NULL, write_reports, writer), 0));
    while (!atomic_load(&writer->is_done)) {
        if (++reads % restart_every == 0)
            fixture_restart(fixture);
        fixture_read(fixture);
    }
    (void)pthread_join(thread, NULL);
    cr_assert(writer->is_good);
    fixture_read_final(fixture);
    for (size_t i = 0; i < fixture->count; i++) {
        const struct metric_report *report = &fixture->reports[i];
        size_t number = (size_t)report->value;

        cr_assert(eq(i64, report->step, (int64_t)number), "a line of two halves");
        cr_assert(eq(i64, report->elapsed_us, INT64_C(100000000) + (int64_t)number));
        cr_assert(i == 0 || report->value > fixture->reports[i - 1].value, "%zu after %g", number,
                  fixture->reports[i ? i - 1 : 0].value);
    }
}

Test(metric_race, a_hypertune_writer_at_full_speed_is_never_misread)
{
    struct fixture fixture;
    struct writer writer = { .reports = 8000 };

    fixture_init(&fixture);
    race(&fixture, &writer, 7);
    cr_assert(ge(sz, fixture.count, QUEUE));
    for (size_t i = 0; i < QUEUE; i++)
        cr_assert(eq(dbl, fixture.reports[fixture.count - QUEUE + i].value,
                     (double)(writer.reports - QUEUE + i)));
    fixture_clear(&fixture);
}

Test(metric_race, an_appending_writer_at_full_speed_loses_no_line)
{
    struct fixture fixture;
    struct writer writer = { .reports = 20000, .is_appending = true };

    fixture_init(&fixture);
    race(&fixture, &writer, 7);
    cr_assert(eq(sz, fixture.count, writer.reports));
    fixture_clear(&fixture);
}
