/* The 1st, 2nd, … call that can fail does: each time an error and an empty folder, or success. */
#include "table_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* Counts down at each call while a split runs; the one that reaches 0 fails. INT_MAX: none does. */
static atomic_int countdown = INT_MAX;

/* What that one was. */
static enum { NOTHING, MEMORY, DISK, INPUT } failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
ssize_t __real_write(int fd, const void *text, size_t size);
ssize_t __real_pread(int fd, void *text, size_t size, off_t offset);
int __real_openat(int folder, const char *name, int flags, ...);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context);
int __real_fdatasync(int fd);
int __real_fsync(int fd);
int __real_renameat(int from, const char *old, int to, const char *name);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
ssize_t __wrap_write(int fd, const void *text, size_t size);
ssize_t __wrap_pread(int fd, void *text, size_t size, off_t offset);
int __wrap_openat(int folder, const char *name, int flags, ...);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_renameat(int from, const char *old, int to, const char *name);

static bool fails(int what, int error)
{
    if (countdown == INT_MAX || atomic_fetch_sub(&countdown, 1) != 1)
        return false;
    failed = what;
    errno = error;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails(MEMORY, ENOMEM) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(MEMORY, ENOMEM) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails(MEMORY, ENOMEM) ? NULL : __real_realloc(old, size);
}

/* Half of it at a time, as a disk may. */
static size_t half_of(size_t size)
{
    return countdown != INT_MAX && size > 1 ? size / 2 : size;
}

ssize_t __wrap_write(int fd, const void *text, size_t size)
{
    return fails(DISK, ENOSPC) ? -1 : __real_write(fd, text, half_of(size));
}

ssize_t __wrap_pread(int fd, void *text, size_t size, off_t offset)
{
    return fails(INPUT, EIO) ? -1 : __real_pread(fd, text, half_of(size), offset);
}

int __wrap_openat(int folder, const char *name, int flags, ...)
{
    va_list args;
    int mode = 0;

    va_start(args, flags);
    mode = va_arg(args, int);
    va_end(args);
    return fails(DISK, ENOSPC) ? -1 : __real_openat(folder, name, flags, mode);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context)
{
    return fails(MEMORY, ENOMEM) ? ENOMEM : __real_pthread_create(thread, attributes, run, context);
}

int __wrap_fdatasync(int fd)
{
    return fails(DISK, ENOSPC) ? -1 : __real_fdatasync(fd);
}

int __wrap_fsync(int fd)
{
    return fails(DISK, ENOSPC) ? -1 : __real_fsync(fd);
}

int __wrap_renameat(int from, const char *old, int to, const char *name)
{
    return fails(DISK, ENOSPC) ? -1 : __real_renameat(from, old, to, name);
}

/* A row for each set and kind, and one that is longer than what is read at once. */
static char *make_table(void)
{
    enum { LONG = 1200 * 1024 };
    static const char begin[] = "use,time,word\n\"training\",2026-01-01T00:00:00Z,a\n"
                                "validation,2026-01-02T00:00:00Z,a\ntest,,a\n"
                                "test,2026-01-03T00:00:00Z,b\ntraining,2026-01-04T00:00:00Z,";
    char *table = calloc(1, LONG + sizeof begin);

    if (!table)
        abort();
    memcpy(table, begin, sizeof begin - 1);
    memset(table + sizeof begin - 1, 'x', LONG);
    return table;
}

static bool run_failing(struct table_fixture *fixture, int call)
{
    bool is_done = false;

    failed = NOTHING;
    countdown = call;
    is_done = table_fixture_run(fixture);
    countdown = INT_MAX;
    return is_done;
}

static void fail_each_call(enum split_kind kind, const char *key)
{
    char *table = make_table();
    bool is_done = false;
    int call = 0;

    while (!is_done) {
        struct table_fixture fixture;

        table_fixture_init(&fixture);
        table_fixture_add_text(&fixture, table);
        table_fixture_add_text(&fixture, "use,time,word\ntest,,b\n");
        fixture.split.split.kind = kind;
        fixture.split.split.key = key;
        fixture.split.shard_bytes = 40;
        is_done = run_failing(&fixture, ++call);
        cr_assert(eq(int, is_done, failed == NOTHING), "call %d", call);
        if (!is_done) {
            cr_assert(
                eq(int, (int)fixture.err.code, failed == INPUT ? ASSAY_INTERNAL : ASSAY_EXHAUSTED),
                "call %d: %s", call, fixture.err.message);
            cr_assert(eq(int, table_fixture_entries(&fixture), 0), "call %d", call);
        }
        table_fixture_clear(&fixture);
    }
    cr_assert(lt(int, 20, call), "only %d calls", call);
    free(table);
}

Test(table_faults, of_a_fraction_split)
{
    fail_each_call(SPLIT_FRACTION, NULL);
}

Test(table_faults, of_a_predefined_split)
{
    fail_each_call(SPLIT_PREDEFINED, "use");
}

Test(table_faults, of_a_timestamp_split)
{
    fail_each_call(SPLIT_TIMESTAMP, "time");
}

Test(table_faults, of_a_stratified_split)
{
    fail_each_call(SPLIT_STRATIFIED, "word");
}

Test(table_faults, of_the_names_of_columns)
{
    char **names = NULL;

    for (int call = 1; !names; call++) {
        struct table_fixture fixture;
        size_t count = 0;

        table_fixture_init(&fixture);
        table_fixture_add_text(&fixture, "a,b\n");
        failed = NOTHING;
        countdown = call;
        names = table_columns(fixture.files, 1, &count, &fixture.err);
        countdown = INT_MAX;
        cr_assert(eq(int, names != NULL, failed == NOTHING), "call %d", call);
        cr_assert(eq(int, fixture.err.code != ASSAY_OK, failed != NOTHING), "call %d", call);
        table_fixture_clear(&fixture);
    }
    free(names);
}
