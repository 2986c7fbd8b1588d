#include "launcher/container/container_record.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/assay-record-XXXXXX";
static char path[sizeof dir + 16];

static void begin(void)
{
    cr_assert(mkdtemp(dir) != NULL);
    (void)snprintf(path, sizeof path, "%s/" CONTAINER_RECORD_NAME, dir);
}

static void tidy(void)
{
    (void)unlink(path);
    (void)rmdir(dir);
}

TestSuite(container_record, .init = begin, .fini = tidy);

Test(container_record, what_is_written_last_is_read)
{
    const struct container_record begun = { .stage = CONTAINER_BEGUN,
                                            .detail = "a longer text than the one that follows" };
    const struct container_record ended = { .stage = CONTAINER_SIGNALED,
                                            .status = 6,
                                            .oom_kills = 2,
                                            .cpu_us = 3,
                                            .peak_memory_bytes = 4,
                                            .detail = "why" };
    struct container_record found = { 0 };
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    cr_assert(eq(int, container_record_write(fd, &begun), 0));
    container_record_read(dir, &found);
    cr_assert(eq(int, found.stage, CONTAINER_BEGUN));
    cr_assert(eq(int, container_record_write(fd, &ended), 0));
    container_record_read(dir, &found);
    cr_assert(eq(int, found.stage, CONTAINER_SIGNALED));
    cr_assert(eq(int, found.status, 6));
    cr_assert(eq(i64, found.oom_kills, 2));
    cr_assert(eq(i64, found.cpu_us, 3));
    cr_assert(eq(i64, found.peak_memory_bytes, 4));
    cr_assert(eq(str, found.detail, "why"));
    (void)close(fd);
}

Test(container_record, a_missing_or_torn_one_says_that_nothing_began)
{
    struct container_record found = { .stage = CONTAINER_EXITED };
    FILE *out = NULL;

    container_record_read(dir, &found);
    cr_assert(eq(int, found.stage, CONTAINER_NOT_BEGUN));
    out = fopen(path, "we");
    (void)fputs("assay-container 1\nstage exited\nstat", out);
    (void)fclose(out);
    found.stage = CONTAINER_EXITED;
    container_record_read(dir, &found);
    cr_assert(eq(int, found.stage, CONTAINER_NOT_BEGUN));
}
