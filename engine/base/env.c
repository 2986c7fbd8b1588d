#include "assay/env.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

static int64_t clock_us(clockid_t clock)
{
    struct timespec now = { 0 };

    (void)clock_gettime(clock, &now); /* cannot fail for the two clocks below */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t system_wall_us(void *context)
{
    (void)context;
    return clock_us(CLOCK_REALTIME);
}

static int64_t system_mono_us(void *context)
{
    (void)context;
    return clock_us(CLOCK_MONOTONIC);
}

static bool system_entropy(void *context, void *buffer, size_t size)
{
    (void)context;
    return getentropy(buffer, size) == 0;
}

static void system_log(void *context, enum assay_log_level level, const char *line)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };

    (void)context;
    if (level <= ASSAY_LOG_WARNING)
        (void)fprintf(stderr, "assay: %s: %s\n", names[level], line);
}

const struct assay_env *assay_env_system(void)
{
    static const struct assay_env env = {
        .wall_us = system_wall_us,
        .mono_us = system_mono_us,
        .entropy = system_entropy,
        .log = system_log,
    };

    return &env;
}

void assay_log(const struct assay_env *env, enum assay_log_level level, const char *fmt, ...)
{
    char line[2048];
    va_list args;

    if (!env->log)
        return;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    env->log(env->context, level, line);
}
