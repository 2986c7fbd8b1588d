#include "bench/arm.h"

#include "assay/json.h"
#include "bench/child.h"
#include "bench/study_text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, PROBE_TIMEOUT_S = 120 };

struct pipe_arm {
    struct child *child;
    const struct search_space *space;
    int timeout_s;
    size_t capacity;
    size_t asked;
    char **ids; /* per trial, by number - 1: the child's own; owned */
    double startup_cpu_s;
    char version[ARM_VERSION_MAX];
};

/* Ours is beside this program. */
static bool own_program(char path[PATH_SIZE])
{
    ssize_t size = readlink("/proc/self/exe", path, PATH_SIZE - sizeof "assay");
    char *slash = NULL;

    path[size > 0 ? size : 0] = '\0';
    slash = strrchr(path, '/');
    if (!slash)
        return false;
    (void)snprintf(slash + 1, sizeof "assay", "assay");
    return true;
}

static bool is_own(const struct arm_kind *kind)
{
    return strcmp(kind->name, "assay-suggest") == 0;
}

/* The rivals' scripts find their own Python, unless the environment names one. */
static struct child *start_program(const struct arm_kind *kind, struct assay_error *err)
{
    char path[PATH_SIZE];
    char suggest[] = "suggest";
    char from_input[] = "-";
    char *python = getenv("ASSAY_RIVALS_PYTHON"); /* NOLINT(concurrency-mt-unsafe): one thread */
    char *own[] = { path, suggest, from_input, NULL };
    char *with_python[] = { python, path, NULL };
    char *script[] = { path, NULL };
    bool is_known = true;

    if (is_own(kind))
        is_known = own_program(path);
    else
        (void)snprintf(path, sizeof path, "%s/rivals/%s.py", BENCH_FOLDER, kind->name);
    if (!is_known || access(path, X_OK) != 0) {
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no program for it");
        return NULL;
    }
    return child_start(is_own(kind) ? own : (python ? with_python : script), err);
}

static void pipe_finish(void *state)
{
    struct pipe_arm *arm = state;

    if (!arm)
        return;
    child_free(arm->child);
    for (size_t i = 0; arm->ids && i < arm->asked; i++)
        free(arm->ids[i]);
    free(arm->ids);
    free(arm);
}

/* Says a line (taken, NULL is lack of memory) and returns the answer. */
static cJSON *converse(struct pipe_arm *arm, char *line, size_t size, struct assay_error *err)
{
    const char *answer = NULL;

    if (!line) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    if (child_say(arm->child, line, size, err))
        answer = child_hear(arm->child, arm->timeout_s, err);
    free(line);
    return answer ? study_text_answer(answer, err) : NULL;
}

static void keep_version(struct pipe_arm *arm, const struct arm_kind *kind, const cJSON *answer)
{
    const char *name = cJSON_GetStringValue(json_get(answer, "name"));
    const char *version = cJSON_GetStringValue(json_get(answer, "version"));

    (void)snprintf(arm->version, sizeof arm->version, "%.30s %.30s", name ? name : kind->name,
                   version ? version : "");
}

/* The child's refusal of the first line is not a failure. */
static enum arm_start introduce(struct pipe_arm *arm, const struct arm_kind *kind,
                                const struct arm_study *study, struct assay_error *err)
{
    size_t size = 0;
    char *line = study_text_study(study, "gp", &size);
    cJSON *answer = converse(arm, line, size, err);

    if (!answer)
        return err->code == ASSAY_UNKNOWN ? ARM_CANNOT : ARM_FAILED;
    keep_version(arm, kind, answer);
    cJSON_Delete(answer);
    arm->startup_cpu_s = child_cpu_s(arm->child);
    return ARM_STARTED;
}

static enum arm_start pipe_start(const struct arm_kind *kind, const struct arm_study *study,
                                 void **state, struct assay_error *err)
{
    enum arm_start answer = ARM_FAILED;
    struct pipe_arm *arm = calloc(1, sizeof *arm);

    if (arm)
        arm->ids = calloc(study->budget, sizeof *arm->ids);
    if (!arm || !arm->ids) {
        pipe_finish(arm);
        (void)assay_fail_memory(err);
        return ARM_FAILED;
    }
    arm->space = study->space;
    arm->timeout_s = study->timeout_s;
    arm->capacity = study->budget;
    arm->child = start_program(kind, err);
    if (arm->child)
        answer = introduce(arm, kind, study, err);
    if (answer == ARM_STARTED)
        *state = arm;
    else
        pipe_finish(arm);
    return answer;
}

/* One DOUBLE parameter: what any search algorithm can do. */
static struct search_space *probe_space(void)
{
    struct search_space *space = search_space_new();
    struct param_spec spec = { .type = PARAM_DOUBLE,
                               .max = 1,
                               .parent = PARAM_NO_PARENT,
                               .id = strdup("x"),
                               .field = strdup("") };

    if (space && search_space_add(space, &spec) == 0)
        return space;
    search_space_free(space);
    return NULL;
}

/* Starts it: whether a Python package works is only known then. */
static bool pipe_is_available(const struct arm_kind *kind, struct assay_error *err)
{
    struct search_space *space = probe_space();
    struct arm_study study = {
        .space = space, .seed = 1, .budget = 10, .parallel = 1, .timeout_s = PROBE_TIMEOUT_S
    };
    void *state = NULL;
    bool is_available = false;

    if (!space)
        return assay_fail_memory(err);
    is_available = pipe_start(kind, &study, &state, err) == ARM_STARTED;
    if (is_available)
        pipe_finish(state);
    search_space_free(space);
    return is_available;
}

static bool take_trial(struct pipe_arm *arm, const cJSON *trial, double *point,
                       struct assay_error *err)
{
    const char *id = study_text_trial(trial, arm->space, point, err);

    if (!id)
        return false;
    arm->ids[arm->asked] = strdup(id);
    if (!arm->ids[arm->asked])
        return assay_fail_memory(err);
    arm->asked++;
    return true;
}

static bool pipe_ask(void *state, size_t count, double *points, size_t *got,
                     struct assay_error *err)
{
    struct pipe_arm *arm = state;
    size_t size = 0;
    char *line = study_text_ask(count, &size);
    cJSON *answer = converse(arm, line, size, err);
    const cJSON *trial = NULL;
    bool is_good = answer != NULL;

    *got = 0;
    if (!answer)
        return false;
    cJSON_ArrayForEach(trial, json_get(answer, "trials"))
    {
        if (!is_good || *got == count || arm->asked == arm->capacity)
            break;
        is_good = take_trial(arm, trial, points + arm->space->param_count * *got, err);
        *got += is_good;
    }
    cJSON_Delete(answer);
    return is_good;
}

static bool pipe_tell(void *state, size_t number, const struct problem_outcome *outcome,
                      struct assay_error *err)
{
    struct pipe_arm *arm = state;
    size_t size = 0;
    char *line = NULL;
    cJSON *answer = NULL;

    assert(number >= 1 && number <= arm->asked);
    line = study_text_tell(arm->ids[number - 1], outcome, &size);
    answer = converse(arm, line, size, err);
    cJSON_Delete(answer);
    return answer != NULL;
}

static double pipe_cpu_s(void *state)
{
    struct pipe_arm *arm = state;

    return child_cpu_s(arm->child) - arm->startup_cpu_s;
}

static double pipe_startup_cpu_s(void *state)
{
    return ((struct pipe_arm *)state)->startup_cpu_s;
}

static const char *pipe_version(void *state)
{
    return ((struct pipe_arm *)state)->version;
}

const struct arm_ops arm_pipe_ops = {
    .is_available = pipe_is_available,
    .start = pipe_start,
    .ask = pipe_ask,
    .tell = pipe_tell,
    .cpu_s = pipe_cpu_s,
    .startup_cpu_s = pipe_startup_cpu_s,
    .version = pipe_version,
    .finish = pipe_finish,
};
