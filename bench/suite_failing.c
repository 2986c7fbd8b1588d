/*
 * Suite S7: trials that fail. A problem fails where a score of the point is above a limit, chosen
 * so that a fifth to a half of the volume fails and the optimum of the problem below does not; or
 * it crashes at one point in ten to twenty, by a hash of the point.
 */
#include "bench/bowl.h"
#include "bench/suite_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 16, SAMPLES = 2001, ATTEMPTS_MAX = 1000 };

struct failing;

struct failing_kind {
    const char *name;
    /* NULL: there is no limit. */
    double (*score)(const struct failing *failing, const double *point);
    bool has_crashes;
};

struct failing {
    const struct failing_kind *kind;
    struct problem *inner; /* a problem of S1 without its space, or NULL */
    struct bowl *bowl;     /* where there is none */
    size_t n;
    uint64_t seed;
    double shapes[2][PARAMS_MAX]; /* normals, or a centre */
    double limit;                 /* of the score */
    double crash_rate;
};

static double product(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static double half_space_score(const struct failing *failing, const double *point)
{
    return product(failing->shapes[0], point, failing->n);
}

/* The union of two half-spaces. */
static double wedge_score(const struct failing *failing, const double *point)
{
    return fmax(product(failing->shapes[0], point, failing->n),
                product(failing->shapes[1], point, failing->n));
}

static double ball_score(const struct failing *failing, const double *point)
{
    double sum = 0;

    for (size_t i = 0; i < failing->n; i++)
        sum += (point[i] - failing->shapes[0][i]) * (point[i] - failing->shapes[0][i]);
    return -sum;
}

/* Memory grows with batch x width x layers: the first three parameters. */
static double memory_score(const struct failing *failing, const double *point)
{
    (void)failing;
    return log(point[0]) + log(point[1]) + log(point[2]);
}

enum { HALF_SPACE, WEDGE, BALL, CRASH, MEMORY, KINDS };

static const struct failing_kind kinds[KINDS] = {
    [HALF_SPACE] = { "half-space", half_space_score, false },
    [WEDGE] = { "wedge", wedge_score, true },
    [BALL] = { "ball", ball_score, false },
    [CRASH] = { "crash", NULL, true },
    [MEMORY] = { "memory", memory_score, false },
};

static bool is_crash(const struct failing *failing, const double *point)
{
    uint64_t hash = failing->seed;

    for (size_t i = 0; i < failing->n; i++) {
        double value = point[i] + 0.0; /* -0 is 0 */
        uint64_t bits = 0;

        memcpy(&bits, &value, sizeof bits);
        hash = (hash ^ bits) * UINT64_C(0xD1342543DE82EF95);
        hash ^= hash >> 32;
    }
    return chance_unit(hash, CHANCE_CRASH, 0, 0) < failing->crash_rate;
}

static void failing_evaluate(const void *state, const double *point, uint64_t draw,
                             struct problem_outcome *outcome)
{
    const struct failing *failing = state;
    const struct failing_kind *kind = failing->kind;

    if ((kind->score && kind->score(failing, point) > failing->limit) ||
        (kind->has_crashes && is_crash(failing, point))) {
        *outcome = (struct problem_outcome){ .is_infeasible = true,
                                             .value = (double)NAN,
                                             .truth = (double)NAN };
    } else if (failing->inner) {
        failing->inner->ops->evaluate(failing->inner->state, point, draw, outcome);
    } else {
        outcome->is_infeasible = false;
        outcome->value = outcome->truth = bowl_height(failing->bowl, point);
    }
}

static void failing_release(void *state)
{
    struct failing *failing = state;

    if (!failing)
        return;
    problem_free(failing->inner);
    bowl_free(failing->bowl);
    free(failing);
}

static const struct problem_ops failing_ops = { .evaluate = failing_evaluate,
                                                .release = failing_release };

/* Random points of the space; sorted scores. */
static void sample_scores(const struct failing *failing, const struct search_space *space,
                          double scores[SAMPLES])
{
    for (uint64_t draw = 0; draw < SAMPLES; draw++) {
        double point[PARAMS_MAX];

        for (size_t i = 0; i < failing->n; i++)
            point[i] = chance_unit(failing->seed, CHANCE_TYPICAL, draw, (uint32_t)i);
        search_space_decode(space, point, point);
        scores[draw] = failing->kind->score(failing, point);
    }
    sort_numbers(scores, SAMPLES);
}

/* Half-spaces look in random directions; balls have their middle anywhere. */
static void draw_shapes(struct failing *failing, uint64_t attempt)
{
    for (uint32_t shape = 0; shape < 2; shape++)
        for (uint32_t i = 0; i < failing->n; i++)
            failing->shapes[shape][i] =
                failing->kind == &kinds[BALL]
                    ? -5 + 10 * chance_unit(failing->seed, CHANCE_PLACE, attempt, i)
                    : chance_normal(failing->seed, CHANCE_PLACE, attempt, shape * PARAMS_MAX + i);
}

/* Draws shapes until best does not fail. A random one lets it live more often than not. */
static bool set_limit(struct failing *failing, const struct search_space *space, const double *best,
                      struct assay_error *err)
{
    double scores[SAMPLES];
    double share = 0.22 + 0.22 * chance_unit(failing->seed, CHANCE_SHAPE, 0, 0);

    for (uint64_t attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        draw_shapes(failing, attempt);
        sample_scores(failing, space, scores);
        failing->limit = scores[(size_t)((1 - share) * SAMPLES)];
        if (failing->kind->score(failing, best) < failing->limit)
            return true;
    }
    return assay_fail(err, ASSAY_INTERNAL, NULL, "no limit that lets the optimum live was found");
}

static void set_crashes(struct failing *failing, const double *best)
{
    failing->crash_rate = 0.055 + 0.04 * chance_unit(failing->seed, CHANCE_SHAPE, 1, 0);
    while (is_crash(failing, best))
        failing->seed++;
}

/* As problem_new(), and *err. */
static struct problem *make_problem(const struct problem_parts *parts, struct assay_error *err)
{
    struct problem *problem = problem_new(parts);

    if (!problem)
        (void)assay_fail_memory(err);
    return problem;
}

/* Takes problem; NULL: *err says why already. */
static bool append(struct problem_list *list, struct problem *problem, struct assay_error *err)
{
    return problem && problem_list_add(list, problem, err);
}

/* The inner problem gives its space away, and lends its best point. */
static bool set_bbob(struct failing *failing, unsigned function, size_t dimension,
                     unsigned instance, struct assay_error *err)
{
    const struct problem *inner = NULL;

    failing->inner = suite_bbob_problem(function, dimension, instance);
    if (!failing->inner)
        return assay_fail_memory(err);
    inner = failing->inner;
    if (failing->kind->score && !set_limit(failing, inner->space, inner->best, err))
        return false;
    if (failing->kind->has_crashes)
        set_crashes(failing, inner->best);
    return true;
}

/* NULL and *err. */
static struct problem *make_bbob(const struct failing_kind *kind, unsigned function,
                                 size_t dimension, unsigned instance, struct assay_error *err)
{
    char name[64];
    struct failing *failing = calloc(1, sizeof *failing);
    struct problem_parts parts = { .suite = "S7",
                                   .name = name,
                                   .family = kind->name,
                                   .instance = instance,
                                   .ops = &failing_ops,
                                   .state = failing };

    (void)snprintf(name, sizeof name, "%s-f%02u-d%02zu-i%02u", kind->name, function, dimension,
                   instance);
    if (!failing) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    failing->kind = kind;
    failing->n = dimension;
    failing->seed = chance_seed(name, instance);
    if (!set_bbob(failing, function, dimension, instance, err)) {
        (void)assay_error_add(err, "%s", name);
        failing_release(failing);
        return NULL;
    }
    parts.best = failing->inner->best;
    parts.optimum = failing->inner->optimum;
    parts.space = failing->inner->space;
    failing->inner->space = NULL;
    return make_problem(&parts, err);
}

/* What a network needs in memory is in the first three. */
static const struct param_line memory_lines[] = {
    { .id = "batch_size", .type = PARAM_INTEGER, .scale = SCALE_LOG, .min = 8, .max = 1024 },
    { .id = "width", .type = PARAM_INTEGER, .scale = SCALE_LOG, .min = 16, .max = 4096 },
    { .id = "layers", .type = PARAM_INTEGER, .scale = SCALE_LINEAR, .min = 1, .max = 12 },
    { .id = "learning_rate", .scale = SCALE_LOG, .min = 1e-5, .max = 1 },
    { .id = "dropout", .scale = SCALE_LINEAR, .min = 0, .max = 0.8 },
    { .id = "activation", .type = PARAM_CATEGORICAL, .categories = "relu gelu tanh" },
    { .id = "weight_decay", .scale = SCALE_LOG, .min = 1e-6, .max = 0.1 },
};

/* Draws bowls until the best point is large, as good ones tend to be, and still fits. */
static bool set_bowl(struct failing *failing, const struct search_space *space,
                     struct assay_error *err)
{
    double scores[SAMPLES];
    double share = 0.22 + 0.22 * chance_unit(failing->seed, CHANCE_SHAPE, 0, 0);
    double least = 0;

    sample_scores(failing, space, scores);
    failing->limit = scores[(size_t)((1 - share) * SAMPLES)];
    least = scores[(size_t)((1 - share) * 0.6 * SAMPLES)];
    for (uint64_t attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        double score = 0;

        failing->bowl = bowl_new(space, failing->seed + attempt);
        if (!failing->bowl)
            return assay_fail_memory(err);
        score = failing->kind->score(failing, bowl_best(failing->bowl));
        if (score > least && score < failing->limit)
            return true;
        bowl_free(failing->bowl);
        failing->bowl = NULL;
    }
    return assay_fail(err, ASSAY_INTERNAL, NULL, "no bowl whose best point just fits was found");
}

/* params: the first so many of memory_lines. NULL and *err. */
static struct problem *make_memory(size_t params, unsigned instance, struct assay_error *err)
{
    char name[64];
    const struct failing_kind *kind = &kinds[MEMORY];
    struct failing *failing = calloc(1, sizeof *failing);
    struct problem_parts parts = { .suite = "S7",
                                   .name = name,
                                   .family = kind->name,
                                   .instance = instance,
                                   .ops = &failing_ops,
                                   .state = failing };

    (void)snprintf(name, sizeof name, "%s-d%02zu-i%02u", kind->name, params, instance);
    parts.space = space_new(memory_lines, params);
    if (!failing || !parts.space) {
        (void)assay_fail_memory(err);
        goto failed;
    }
    failing->kind = kind;
    failing->n = params;
    failing->seed = chance_seed(name, instance);
    if (!set_bowl(failing, parts.space, err)) {
        (void)assay_error_add(err, "%s", name);
        goto failed;
    }
    parts.best = bowl_best(failing->bowl);
    return make_problem(&parts, err);
failed:
    search_space_free(parts.space);
    failing_release(failing);
    return NULL;
}

static bool is_quick(unsigned function, size_t dimension)
{
    return dimension == 5 && (function == 1 || function == 8);
}

bool suite_failing_append(const struct suite_query *query, struct problem_list *list,
                          struct assay_error *err)
{
    static const size_t dimensions[] = { 2, 5, 10 };

    for (unsigned i = query->first_instance; i <= query->last_instance; i++) {
        for (size_t k = 0; k < MEMORY; k++)
            for (size_t d = 0; d < sizeof dimensions / sizeof dimensions[0]; d++)
                for (const unsigned *f = suite_bbob_chosen; *f; f++)
                    if ((!query->is_quick || is_quick(*f, dimensions[d])) &&
                        !append(list, make_bbob(&kinds[k], *f, dimensions[d], i, err), err))
                        return false;
        for (size_t params = 4; params <= sizeof memory_lines / sizeof memory_lines[0]; params++)
            if ((!query->is_quick || params == 6) &&
                !append(list, make_memory(params, i, err), err))
                return false;
    }
    return true;
}
