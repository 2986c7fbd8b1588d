#include "bench_support.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void evaluate_plain(const void *state, const double *point, uint64_t draw,
                           struct problem_outcome *outcome)
{
    (void)state;
    (void)draw;
    *outcome = (struct problem_outcome){ .value = point[0], .truth = point[0] };
}

static void evaluate_lying(const void *state, const double *point, uint64_t draw,
                           struct problem_outcome *outcome)
{
    evaluate_plain(state, point, draw, outcome);
    outcome->value = 1 - point[0];
}

static void evaluate_failing(const void *state, const double *point, uint64_t draw,
                             struct problem_outcome *outcome)
{
    evaluate_plain(state, point, draw, outcome);
    if (point[0] > 0.5)
        *outcome = (struct problem_outcome){ .is_infeasible = true,
                                             .value = (double)NAN,
                                             .truth = (double)NAN };
}

static void evaluate_hopeless(const void *state, const double *point, uint64_t draw,
                              struct problem_outcome *outcome)
{
    (void)state;
    (void)point;
    (void)draw;
    *outcome = (struct problem_outcome){ .is_infeasible = true,
                                         .value = (double)NAN,
                                         .truth = (double)NAN };
}

const struct problem_ops plain_line = { .evaluate = evaluate_plain };
const struct problem_ops lying_line = { .evaluate = evaluate_lying };
const struct problem_ops failing_line = { .evaluate = evaluate_failing };
const struct problem_ops hopeless_line = { .evaluate = evaluate_hopeless };

static int add(struct search_space *space, const char *id, struct param_spec spec)
{
    int index = -1;

    spec.id = strdup(id);
    spec.field = strdup("");
    index = search_space_add(space, &spec);
    cr_assert(index >= 0);
    return index;
}

static double *numbers(size_t count, const double *from)
{
    double *copy = malloc(count * sizeof *copy);

    cr_assert(copy != NULL);
    memcpy(copy, from, count * sizeof *copy);
    return copy;
}

struct problem *line_problem(const struct problem_ops *ops)
{
    struct problem *problem = calloc(1, sizeof *problem);

    cr_assert(problem != NULL);
    *problem = (struct problem){ .suite = "T", .instance = 6, .typical = 0.5, .ops = ops };
    (void)snprintf(problem->name, sizeof problem->name, "line-i06");
    (void)snprintf(problem->family, sizeof problem->family, "line");
    problem->space = search_space_new();
    cr_assert(problem->space != NULL);
    (void)add(problem->space, "x",
              (struct param_spec){ .type = PARAM_DOUBLE, .max = 1, .parent = PARAM_NO_PARENT });
    return problem;
}

static char **words(const char *a, const char *b)
{
    char **list = calloc(2, sizeof *list);

    cr_assert(list != NULL);
    list[0] = strdup(a);
    list[1] = strdup(b);
    return list;
}

struct search_space *branched_space(void)
{
    struct search_space *space = search_space_new();
    int kind = add(space, "kind",
                   (struct param_spec){ .type = PARAM_CATEGORICAL,
                                        .value_count = 2,
                                        .categories = words("sgd", "adam"),
                                        .parent = PARAM_NO_PARENT });
    int depth = add(space, "depth",
                    (struct param_spec){ .type = PARAM_INTEGER,
                                         .scale = SCALE_LINEAR,
                                         .min = 1,
                                         .max = 3,
                                         .parent = kind,
                                         .condition_count = 1,
                                         .conditions = numbers(1, (double[]){ 0 }) });
    int rate = -1;

    (void)add(space, "drop",
              (struct param_spec){ .type = PARAM_DOUBLE,
                                   .scale = SCALE_REVERSE_LOG,
                                   .min = 0.25,
                                   .max = 0.5,
                                   .parent = depth,
                                   .condition_count = 2,
                                   .conditions = numbers(2, (double[]){ 2, 3 }) });
    rate = add(space, "rate",
               (struct param_spec){ .type = PARAM_DISCRETE,
                                    .value_count = 2,
                                    .numbers = numbers(2, (double[]){ 0.1, 10 }),
                                    .parent = PARAM_NO_PARENT });
    (void)add(space, "drop",
              (struct param_spec){ .type = PARAM_DOUBLE,
                                   .scale = SCALE_LOG,
                                   .min = 1,
                                   .max = 2,
                                   .parent = kind,
                                   .condition_count = 1,
                                   .conditions = numbers(1, (double[]){ 1 }) });
    (void)add(space, "decay",
              (struct param_spec){ .type = PARAM_DOUBLE,
                                   .max = 1,
                                   .parent = rate,
                                   .condition_count = 1,
                                   .conditions = numbers(1, (double[]){ 0.1 }) });
    return space;
}

struct result made_result(const char *arm, const char *problem, uint32_t seed, const double *curve,
                          size_t count)
{
    struct result result = {
        .seed = seed, .workers = 1, .budget = 4, .instance = 6, .cpu_s = 0.004, .curve_count = count
    };

    (void)snprintf(result.arm, sizeof result.arm, "%s", arm);
    (void)snprintf(result.problem, sizeof result.problem, "%s", problem);
    (void)snprintf(result.suite, sizeof result.suite, "T");
    (void)snprintf(result.family, sizeof result.family, "line");
    (void)snprintf(result.version, sizeof result.version, "assay 0.1.0");
    result.curve = numbers(count ? count : 1, count ? curve : (double[]){ 0 });
    return result;
}

const char *make_folder(char path[64])
{
    (void)snprintf(path, 64, "/tmp/test_bench.XXXXXX");
    cr_assert(mkdtemp(path) != NULL);
    return path;
}

void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry = NULL;

    cr_assert(folder != NULL);
    while ((entry = readdir(folder)))
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    (void)closedir(folder);
    cr_assert(rmdir(path) == 0);
}
