#include "bench/arm.h"

#include "assay.h"
#include "search/model_chain.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct own {
    const struct search_space *space;
    struct sampler *sampler;
    struct model_chain *chain;
    struct history *history;
    size_t capacity;  /* trials that points and is_pending have room for */
    double *points;   /* per trial, by number - 1: param_count */
    bool *is_pending; /* per trial */
    double *pending;  /* scratch: capacity x param_count */
    size_t asked;
    double cpu_s;
};

static double thread_cpu_s(void)
{
    struct timespec now = { 0 };

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The name without the settings behind it. */
static void algorithm_of(const struct arm_kind *kind, char algorithm[ARM_NAME_MAX])
{
    (void)snprintf(algorithm, ARM_NAME_MAX, "%s", kind->name);
    algorithm[strcspn(algorithm, ":")] = '\0';
}

/* With commas between them, as the sampler reads them. */
static void settings_of(const struct arm_kind *kind, char settings[ARM_NAME_MAX])
{
    (void)snprintf(settings, ARM_NAME_MAX, "%s", kind->settings ? kind->settings : "");
    for (char *plus = strchr(settings, '+'); plus; plus = strchr(plus, '+'))
        *plus = ',';
}

static bool own_is_available(const struct arm_kind *kind, struct assay_error *err)
{
    char algorithm[ARM_NAME_MAX];

    algorithm_of(kind, algorithm);
    if (sampler_is_known(algorithm))
        return true;
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "this build has no sampler \"%s\"", kind->name);
}

static void own_finish(void *state)
{
    struct own *own = state;

    if (!own)
        return;
    model_chain_free(own->chain);
    sampler_free(own->sampler);
    history_free(own->history);
    free(own->points);
    free(own->is_pending);
    free(own->pending);
    free(own);
}

static bool make_room(struct own *own, const struct arm_study *study)
{
    size_t width = study->space->param_count > 0 ? study->space->param_count : 1;

    own->space = study->space;
    own->capacity = study->budget;
    own->points = calloc(study->budget * width, sizeof *own->points);
    own->pending = calloc(study->budget * width, sizeof *own->pending);
    own->is_pending = calloc(study->budget, sizeof *own->is_pending);
    own->history = history_new(study->space->param_count, 1);
    own->chain = model_chain_new(own->sampler);
    return own->points && own->pending && own->is_pending && own->history && own->chain;
}

static enum arm_start own_start(const struct arm_kind *kind, const struct arm_study *study,
                                void **state, struct assay_error *err)
{
    char algorithm[ARM_NAME_MAX], settings[ARM_NAME_MAX];
    struct sampler_options options = { .algorithm = algorithm,
                                       .settings = settings,
                                       .seed = study->seed,
                                       .max_trial_count = (int64_t)study->budget,
                                       .parallel_count = (int64_t)study->parallel,
                                       .noise = study->is_noisy ? NOISE_HIGH : NOISE_UNSPECIFIED };
    struct own *own = calloc(1, sizeof *own);

    if (!own) {
        (void)assay_fail_memory(err);
        return ARM_FAILED;
    }
    algorithm_of(kind, algorithm);
    settings_of(kind, settings);
    own->sampler = sampler_new(&options, study->space, err);
    if (!own->sampler) {
        own_finish(own);
        return err->code == ASSAY_EXHAUSTED ? ARM_FAILED : ARM_CANNOT;
    }
    if (!make_room(own, study)) {
        (void)assay_fail_memory(err);
        own_finish(own);
        return ARM_FAILED;
    }
    *state = own;
    return ARM_STARTED;
}

/* The points under way, by number, into own->pending. */
static size_t gather_pending(struct own *own)
{
    size_t width = own->space->param_count;
    size_t count = 0;

    for (size_t i = 0; i < own->asked; i++)
        if (own->is_pending[i])
            memcpy(own->pending + width * count++, own->points + width * i,
                   width * sizeof *own->points);
    return count;
}

static enum sampler_answer suggest(struct own *own, double *point, struct assay_error *err)
{
    struct provenance provenance;
    struct sampler_query query = { .trial_number = own->asked + 1,
                                   .history = own->history,
                                   .past_count = history_count(own->history),
                                   .pending = own->pending,
                                   .pending_count = gather_pending(own) };

    return model_chain_suggest(own->chain, &query, point, &provenance, err);
}

static bool own_ask(void *state, size_t count, double *points, size_t *got, struct assay_error *err)
{
    struct own *own = state;
    double start = thread_cpu_s();
    enum sampler_answer answer = SAMPLER_POINT;

    for (*got = 0; *got < count && own->asked < own->capacity; (*got)++) {
        double *point = points + own->space->param_count * *got;

        answer = suggest(own, point, err);
        if (answer != SAMPLER_POINT)
            break;
        if (!search_space_is_legal(own->space, point))
            return assay_fail(err, ASSAY_INTERNAL, NULL, "trial %zu: an illegal point",
                              own->asked + 1);
        memcpy(own->points + own->space->param_count * own->asked, point,
               own->space->param_count * sizeof *point);
        own->is_pending[own->asked++] = true;
    }
    own->cpu_s += thread_cpu_s() - start;
    return answer != SAMPLER_FAILED;
}

static bool own_tell(void *state, size_t number, const struct problem_outcome *outcome,
                     struct assay_error *err)
{
    struct own *own = state;
    double start = thread_cpu_s();
    struct past_trial trial = {
        .number = number,
        .state = outcome->is_infeasible ? PAST_INFEASIBLE : PAST_COMPLETED,
        .progress = 1,
        .point = own->points + own->space->param_count * (number - 1),
        .values = outcome->is_infeasible ? NULL : &outcome->value,
    };
    bool is_done = false;

    assert(number >= 1 && number <= own->asked && own->is_pending[number - 1]);
    own->is_pending[number - 1] = false;
    is_done = history_append(own->history, &trial);
    own->cpu_s += thread_cpu_s() - start;
    return is_done || assay_fail_memory(err);
}

static double own_cpu_s(void *state)
{
    return ((struct own *)state)->cpu_s;
}

static double own_startup_cpu_s(void *state)
{
    (void)state;
    return 0;
}

static const char *own_version(void *state)
{
    (void)state;
    return "assay " ASSAY_VERSION;
}

const struct arm_ops arm_own_ops = {
    .is_available = own_is_available,
    .start = own_start,
    .ask = own_ask,
    .tell = own_tell,
    .cpu_s = own_cpu_s,
    .startup_cpu_s = own_startup_cpu_s,
    .version = own_version,
    .finish = own_finish,
};
