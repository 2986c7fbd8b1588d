#include "launcher/container/engines_used.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/assay-engines-XXXXXX";

static void begin(void)
{
    cr_assert(mkdtemp(dir) != NULL);
}

static void end(void)
{
    char path[100];

    (void)snprintf(path, sizeof path, "%s/.engines", dir);
    (void)unlink(path);
    (void)rmdir(dir);
}

TestSuite(engines_used, .init = begin, .fini = end);

Test(engines_used, where_nothing_is_noted_there_are_none)
{
    struct engines_used used;

    engines_used_read(dir, &used);
    cr_assert(eq(sz, used.count, 0));
}

Test(engines_used, what_is_written_is_read_each_program_once_and_no_more_than_there_is_room)
{
    static const char *const programs[] = { "podman",     "/opt/docker", "podman",      "a b",
                                            "two\nlines", "/x",          "one too many" };
    struct engines_used used = { .count = 0 };

    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        engines_used_add(&used, programs[i]);
    cr_assert(eq(int, engines_used_write(dir, &used), 0));
    engines_used_read(dir, &used);
    cr_assert(eq(sz, used.count, ENGINES_USED_MAX));
    cr_assert(eq(str, used.programs[0], "podman"));
    cr_assert(eq(str, used.programs[1], "/opt/docker"));
    cr_assert(eq(str, used.programs[2], "a b"));
    cr_assert(eq(str, used.programs[3], "/x"));
}
