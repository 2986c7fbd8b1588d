#include "tests/faults/failing_memory.h"

#include "tests/simulation/world.h"

#include <cjson/cJSON.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the linker makes of the real functions, and of the calls to them. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_asprintf(char **text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The allocators have no context to hand it through; tests have one thread. */
static struct failing_memory *current;
static sqlite3_mem_methods plain;

static bool fails_now(void)
{
    if (!current || current->armed <= 0)
        return false;
    current->calls++;
    return current->stays_broken ? current->calls >= current->failing
                                 : current->calls == current->failing;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails_now() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return fails_now() ? NULL : __real_strdup(text);
}

int __wrap_asprintf(char **text, const char *fmt, ...)
{
    va_list args;
    int size = -1;

    if (fails_now())
        return -1;
    va_start(args, fmt);
    size = vasprintf(text, fmt, args);
    va_end(args);
    return size;
}

static void *sqlite_malloc(int size)
{
    return fails_now() ? NULL : plain.xMalloc(size);
}

static void *sqlite_realloc(void *memory, int size)
{
    return fails_now() ? NULL : plain.xRealloc(memory, size);
}

void failing_memory_install(void)
{
    cJSON_Hooks hooks = { .malloc_fn = __wrap_malloc, .free_fn = free };
    sqlite3_mem_methods methods;

    cJSON_InitHooks(&hooks);
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain) != SQLITE_OK)
        abort();
    methods = plain;
    methods.xMalloc = sqlite_malloc;
    methods.xRealloc = sqlite_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK ||
        sqlite3_initialize() != SQLITE_OK)
        abort();
}

void failing_memory_use(struct failing_memory *memory)
{
    current = memory;
}

static void arm(void *context)
{
    ((struct failing_memory *)context)->armed++;
}

static void disarm(void *context)
{
    ((struct failing_memory *)context)->armed--;
}

struct world_guard failing_memory_guard(struct failing_memory *memory)
{
    return (struct world_guard){ .enter = arm, .leave = disarm, .context = memory };
}
