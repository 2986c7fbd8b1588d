/*
 * engine/pool_plan.h - where the replicas of a worker pool run, and what they ask of a machine:
 * read from job spec and configuration. Pure.
 */
#ifndef ENGINE_POOL_PLAN_H
#define ENGINE_POOL_PLAN_H

#include "engine/config/launcher_config.h"
#include "engine/spec/job_spec.h"
#include "launcher/launcher.h"

enum { POOL_WARNING_TEXT = 512 };

struct pool_plan {
    const char *image;       /* of the container; NULL: straight on the machine */
    const char *interpreter; /* that runs the pool's package; NULL: there is none, or the image's */
    struct resources resources;      /* of each replica */
    char warning[POOL_WARNING_TEXT]; /* what a person should know of the machineSpec; or "" */
};

/* plan borrows from spec and config, which may be NULL: the defaults. */
void pool_plan_make(const struct job_spec *spec, const struct launcher_config *config, size_t pool,
                    struct pool_plan *plan);

/* A pool's index is its role. */
static inline enum replica_role pool_role(size_t pool)
{
    return (enum replica_role)pool;
}

#endif
