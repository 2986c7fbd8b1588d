#include "bench/arm.h"

#include <stdlib.h>
#include <string.h>

struct arm {
    const struct arm_ops *ops;
    void *state;
};

const struct arm_kind arm_kinds[] = {
    { .name = "gp", .ops = &arm_own_ops, .is_cheap = true },
    { .name = "tpe", .ops = &arm_own_ops, .is_cheap = true },
    { .name = "cmaes", .ops = &arm_own_ops, .is_cheap = true },
    { .name = "nsga2", .ops = &arm_own_ops, .is_cheap = true },
    { .name = "random", .ops = &arm_own_ops, .is_cheap = true },
    { .name = "sobol", .ops = &arm_own_ops, .is_cheap = true },
    { .name = "grid", .ops = &arm_own_ops, .is_cheap = true },
    { .name = "assay-suggest", .ops = &arm_pipe_ops, .is_cheap = true },
    { .name = "optuna-tpe", .ops = &arm_pipe_ops, .is_cheap = true },
    { .name = "optuna-gp", .ops = &arm_pipe_ops, .is_cheap = false },
    { .name = "optuna-cmaes", .ops = &arm_pipe_ops, .is_cheap = false },
    { .name = "optuna-auto", .ops = &arm_pipe_ops, .is_cheap = false },
    { .name = "hebo", .ops = &arm_pipe_ops, .is_cheap = false },
    { .name = "smac", .ops = &arm_pipe_ops, .is_cheap = false },
    { .name = "smac-bb", .ops = &arm_pipe_ops, .is_cheap = false },
    { .name = "ax", .ops = &arm_pipe_ops, .is_cheap = false },
    { .name = "vizier", .ops = &arm_pipe_ops, .is_cheap = false },
    { .name = "hyperopt", .ops = &arm_pipe_ops, .is_cheap = true },
    { .name = "nevergrad", .ops = &arm_pipe_ops, .is_cheap = false },
    { .name = "pycma", .ops = &arm_pipe_ops, .is_cheap = false },
};

const size_t arm_kind_count = sizeof arm_kinds / sizeof arm_kinds[0];

size_t arm_index(const struct arm_kind *kind)
{
    size_t length = strcspn(kind->name, ":");
    size_t index = 0;

    while (strncmp(arm_kinds[index].name, kind->name, length) != 0 ||
           arm_kinds[index].name[length] != '\0')
        index++;
    return index;
}

const struct arm_kind *arm_find(const char *name)
{
    for (size_t i = 0; i < arm_kind_count; i++)
        if (strcmp(arm_kinds[i].name, name) == 0)
            return &arm_kinds[i];
    return NULL;
}

bool arm_is_available(const struct arm_kind *kind, struct assay_error *err)
{
    return kind->ops->is_available(kind, err);
}

enum arm_start arm_start(const struct arm_kind *kind, const struct arm_study *study,
                         struct arm **arm, struct assay_error *err)
{
    enum arm_start answer = ARM_FAILED;
    struct arm *started = calloc(1, sizeof *started);

    if (!started) {
        (void)assay_fail_memory(err);
        return ARM_FAILED;
    }
    started->ops = kind->ops;
    answer = kind->ops->start(kind, study, &started->state, err);
    if (answer != ARM_STARTED) {
        free(started);
        return answer;
    }
    *arm = started;
    return ARM_STARTED;
}

bool arm_ask(struct arm *arm, size_t count, double *points, size_t *got, struct assay_error *err)
{
    return arm->ops->ask(arm->state, count, points, got, err);
}

bool arm_tell(struct arm *arm, size_t number, const struct problem_outcome *outcome,
              struct assay_error *err)
{
    return arm->ops->tell(arm->state, number, outcome, err);
}

double arm_cpu_s(struct arm *arm)
{
    return arm->ops->cpu_s(arm->state);
}

double arm_startup_cpu_s(struct arm *arm)
{
    return arm->ops->startup_cpu_s(arm->state);
}

const char *arm_version(struct arm *arm)
{
    return arm->ops->version(arm->state);
}

void arm_finish(struct arm *arm)
{
    if (!arm)
        return;
    arm->ops->finish(arm->state);
    free(arm);
}
