/*
 * What one suggestion costs: CPU time on one core, by algorithm, number of parameters and number of
 * ended trials, and apart from it what the model behind costs to learn. Half of the parameters are
 * DOUBLEs, a quarter INTEGERs on a log scale, a quarter categories.
 *
 *   assay-sampler-speed [--smoke]
 */
#include "bench/measure.h"
#include "bench/report.h"
#include "engine/numerics.h"
#include "search/random.h"
#include "search/sampler.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIMENSION_MAX = 20, CATEGORIES = 4, ROUNDS = 21 };

struct cost {
    double suggest_ms[ROUNDS];
    double learn_ms;
};

static bool add_param(struct search_space *space, size_t index)
{
    static const char *const categories[CATEGORIES] = { "a", "b", "c", "d" };
    struct param_spec spec = { .type = PARAM_DOUBLE, .max = 1, .parent = PARAM_NO_PARENT };
    char id[32];

    (void)snprintf(id, sizeof id, "x%zu", index);
    if (index % 4 == 2) {
        spec.type = PARAM_INTEGER;
        spec.scale = SCALE_LOG;
        spec.min = 1;
        spec.max = 1024;
    } else if (index % 4 == 3) {
        spec.type = PARAM_CATEGORICAL;
        spec.value_count = CATEGORIES;
        spec.categories = calloc(CATEGORIES, sizeof *spec.categories);
        for (size_t i = 0; spec.categories && i < CATEGORIES; i++)
            spec.categories[i] = strdup(categories[i]);
    }
    spec.id = strdup(id);
    spec.field = strdup(id);
    return search_space_add(space, &spec) >= 0;
}

/* A bowl with a step for each category: a model learns it well. */
static double objective(const struct search_space *space, const double *point)
{
    double sum = 0;

    for (size_t i = 0; i < space->param_count; i++) {
        double u = param_spec_encode(&space->params[i], point[i]) - 0.3;

        sum += u * u * (1 + (double)i);
    }
    return sum;
}

static bool fill_history(const struct search_space *space, struct history *history, size_t count)
{
    double unit[DIMENSION_MAX], point[DIMENSION_MAX];

    for (size_t n = history_count(history); n < count; n++) {
        struct random_stream stream = { .seed = 7, .trial = n, .purpose = RANDOM_SUGGESTION };
        struct past_trial trial = { .number = n + 1, .progress = 1, .point = point };
        double value = 0;

        for (size_t i = 0; i < space->param_count; i++)
            unit[i] = random_unit(&stream, (uint32_t)i);
        search_space_decode(space, unit, point);
        value = objective(space, point);
        trial.values = &value;
        if (!history_append(history, &trial))
            return false;
    }
    return true;
}

/* The model that a suggestion after count trials wants, learnt from one before it; NULL: none. */
static struct sampler_model *learn(const struct sampler *sampler, const struct history *history,
                                   size_t count, struct cost *cost, struct assay_error *err)
{
    size_t wanted = sampler_model_count(sampler, count);
    struct sampler_model *before = NULL, *model = NULL;
    double start = 0;

    if (wanted == 0)
        return NULL;
    before = sampler_learn(sampler, history, wanted, NULL, err);
    start = moment_now().cpu_s;
    model = before ? sampler_learn(sampler, history, wanted, before, err) : NULL;
    cost->learn_ms = 1e3 * (moment_now().cpu_s - start);
    sampler_model_free(sampler, before);
    return model;
}

static bool measure(const char *algorithm, const struct search_space *space,
                    const struct history *history, size_t count, struct cost *cost,
                    struct assay_error *err)
{
    struct sampler_options options = { .algorithm = algorithm, .seed = 3 };
    struct sampler *sampler = sampler_new(&options, space, err);
    struct sampler_model *model = sampler ? learn(sampler, history, count, cost, err) : NULL;
    double point[DIMENSION_MAX];
    bool is_ok = sampler != NULL;

    for (size_t i = 0; i < ROUNDS && is_ok; i++) {
        struct sampler_query query = {
            .trial_number = count + 1 + i, .history = history, .past_count = count, .model = model
        };
        struct provenance provenance;
        double start = moment_now().cpu_s;

        is_ok = sampler_suggest(sampler, &query, point, &provenance, err) == SAMPLER_POINT;
        cost->suggest_ms[i] = 1e3 * (moment_now().cpu_s - start);
    }
    if (sampler)
        sampler_model_free(sampler, model);
    sampler_free(sampler);
    return is_ok;
}

static bool report_algorithm(struct report *report, const char *algorithm, bool is_smoke,
                             struct assay_error *err)
{
    static const size_t dimensions[] = { 5, 10, 20 };
    static const struct {
        size_t count;
        double limit_ms;
    } sizes[] = { { 100, 10 }, { 500, 50 }, { 5000, 100 }, { 100000, 100 } };
    bool is_ok = true;

    for (size_t d = 0; d < 3 && is_ok; d++) {
        struct search_space *space = search_space_new();
        struct history *history = history_new(dimensions[d], 1);

        is_ok = space && history;
        for (size_t i = 0; i < dimensions[d] && is_ok; i++)
            is_ok = add_param(space, i);
        for (size_t n = 0; n < (is_smoke ? 1U : 4U) && is_ok; n++) {
            struct cost cost = { 0 };
            struct spread spread;
            char name[96];

            is_ok = fill_history(space, history, sizes[n].count) &&
                    measure(algorithm, space, history, sizes[n].count, &cost, err);
            if (!is_ok)
                break;
            spread = spread_of(cost.suggest_ms, ROUNDS);
            (void)snprintf(name, sizeof name, "%s, d = %zu, n = %zu, median", algorithm,
                           dimensions[d], sizes[n].count);
            report_at_most(report, name, spread.median, sizes[n].limit_ms, "ms");
            (void)snprintf(name, sizeof name, "  worst");
            report_at_most(report, name, spread.max, 100, "ms");
            report_figure("  its model, on another thread", cost.learn_ms, "ms");
        }
        history_free(history);
        search_space_free(space);
    }
    return is_ok;
}

int main(int argc, char **argv)
{
    static const char *const algorithms[] = { "gp", "tpe", "cmaes", "nsga2", "random" };
    bool is_smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    struct report report = { .is_judging = !is_smoke };
    struct assay_error err = { 0 };

    numerics_set_up();
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        report_part(algorithms[i]);
        if (!report_algorithm(&report, algorithms[i], is_smoke, &err)) {
            (void)fprintf(stderr, "assay-sampler-speed: %s\n", err.message);
            return 2;
        }
    }
    report_end(&report);
    return report.missed > 0;
}
