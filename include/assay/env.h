/*
 * assay/env.h - the world outside: clocks, entropy and the log.
 *
 * No room reads a clock, the environment or a random device by itself; it is handed a struct
 * assay_env. Tests and the simulator hand in their own. All functions may be called by any thread.
 */
#ifndef ASSAY_ENV_H
#define ASSAY_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum assay_log_level { ASSAY_LOG_ERROR, ASSAY_LOG_WARNING, ASSAY_LOG_INFO, ASSAY_LOG_DEBUG };

struct assay_env {
    void *context;
    int64_t (*wall_us)(void *context); /* microseconds since 1970, UTC; may jump */
    int64_t (*mono_us)(void *context); /* microseconds since some moment; never goes back */
    bool (*entropy)(void *context, void *buffer, size_t size); /* false: no entropy to be had */
    /* One line, no newline: a short message, then key=value pairs. NULL drops the log. */
    void (*log)(void *context, enum assay_log_level level, const char *line);
};

/* The system's clocks and entropy, log to standard error from ASSAY_LOG_WARNING on. Static. */
const struct assay_env *assay_env_system(void);

static inline int64_t assay_wall_us(const struct assay_env *env)
{
    return env->wall_us(env->context);
}

static inline int64_t assay_mono_us(const struct assay_env *env)
{
    return env->mono_us(env->context);
}

void assay_log(const struct assay_env *env, enum assay_log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
