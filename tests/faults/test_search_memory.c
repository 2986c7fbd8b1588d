/*
 * Every allocation of the default sampler fails in turn, once and for good, from its making over
 * learning to the suggestion. Each time there is an error, or a legal point whose provenance says
 * what gave way; nothing leaks, and with memory again the answer is what it always was.
 */

#include "tests/faults/failing_memory.h"

#include "search/model_chain.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS = 4, TRIALS = 9, METRICS_MAX = 3 };

/* Small: the loop runs the whole for each of its allocations. */
static const char *const quick = "start_count=3,candidates=16,climbs=1,leaders=1,evaluations=6";

struct sample {
    struct search_space *space;
    struct history *history;
    struct sampler_metric metrics[METRICS_MAX];
    size_t metric_count;
    double pending[2 * PARAMS];
};

static void add_param(struct search_space *space, struct param_spec spec)
{
    spec.id = strdup("p");
    spec.field = strdup("study_spec.parameters[0]");
    (void)search_space_add(space, &spec);
}

/* A number, an integer of many values, two categories of which the second opens a number. */
static struct search_space *make_space(void)
{
    struct search_space *space = search_space_new();
    double *condition = calloc(1, sizeof *condition);

    add_param(space, (struct param_spec){ .type = PARAM_DOUBLE, .max = 1, .parent = -1 });
    add_param(space, (struct param_spec){ .type = PARAM_INTEGER, .max = 99, .parent = -1 });
    add_param(space, (struct param_spec){ .type = PARAM_INTEGER, .max = 1, .parent = -1 });
    condition[0] = 1;
    add_param(space, (struct param_spec){ .type = PARAM_DOUBLE,
                                          .max = 1,
                                          .parent = 2,
                                          .condition_count = 1,
                                          .conditions = condition });
    return space;
}

/* The point of a small number, by golden steps. */
static void fill_point(const struct search_space *space, size_t number, double *point)
{
    for (size_t k = 0; k < PARAMS; k++) {
        double x = (double)number * (0.618 + 0.1 * (double)k) + 0.2;

        point[k] = x - floor(x);
    }
    search_space_decode(space, point, point);
}

static void sample_init(struct sample *sample, size_t metric_count)
{
    *sample = (struct sample){ .space = make_space(), .metric_count = metric_count };
    sample->metrics[2] = (struct sampler_metric){ .is_safety = true,
                                                  .safety_threshold = 0.8,
                                                  .min_safe_fraction = (double)NAN };
    sample->history = history_new(PARAMS, metric_count);
    for (size_t n = 0; n < TRIALS; n++) {
        double point[PARAMS], values[METRICS_MAX];
        struct past_trial trial = { .number = n + 1,
                                    .state = n == 4 ? PAST_INFEASIBLE : PAST_COMPLETED,
                                    .progress = 1,
                                    .point = point,
                                    .values = values };

        fill_point(sample->space, n, point);
        values[0] = (point[0] - 0.3) * (point[0] - 0.3) + point[1] / 99;
        values[1] = -point[1];
        values[2] = point[0];
        (void)history_append(sample->history, &trial);
    }
    fill_point(sample->space, 100, sample->pending);
    fill_point(sample->space, 101, sample->pending + PARAMS);
}

static void sample_clear(struct sample *sample)
{
    history_free(sample->history);
    search_space_free(sample->space);
}

static struct sampler *make_sampler(const struct sample *sample, struct assay_error *err)
{
    struct sampler_options options = { .algorithm = "gp",
                                       .seed = 4,
                                       .metrics = sample->metrics,
                                       .metric_count = sample->metric_count,
                                       .settings = quick };

    return sampler_new(&options, sample->space, err);
}

/* What one run came to. */
struct outcome {
    enum sampler_answer answer;
    double point[PARAMS];
    struct provenance provenance;
};

/* All from the beginning; SAMPLER_FAILED also where there was no sampler. */
static void run_all(const struct sample *sample, struct outcome *outcome, struct assay_error *err)
{
    struct sampler_query query = { .trial_number = TRIALS + 3,
                                   .history = sample->history,
                                   .past_count = TRIALS,
                                   .pending = sample->pending,
                                   .pending_count = 2 };
    struct sampler *sampler = make_sampler(sample, err);
    struct model_chain *chain = sampler ? model_chain_new(sampler) : NULL;

    *outcome = (struct outcome){ .answer = SAMPLER_FAILED };
    if (chain)
        outcome->answer =
            model_chain_suggest(chain, &query, outcome->point, &outcome->provenance, err);
    else if (sampler)
        (void)assay_fail_memory(err);
    model_chain_free(chain);
    sampler_free(sampler);
}

static bool is_same_point(const double *a, const double *b)
{
    for (size_t k = 0; k < PARAMS; k++)
        if (a[k] != b[k] && !(isnan(a[k]) && isnan(b[k])))
            return false;
    return true;
}

/* What must hold where one allocation failed, or all from it on. */
static void check_outcome(const struct sample *sample, const struct outcome *outcome,
                          const struct outcome *wanted, const struct assay_error *err,
                          const struct failing_memory *memory)
{
    if (outcome->answer == SAMPLER_FAILED) {
        cr_assert(eq(int, (int)err->code, ASSAY_EXHAUSTED), "allocation %zu",
                  (size_t)memory->failing);
        return;
    }
    cr_assert(eq(int, (int)outcome->answer, SAMPLER_POINT));
    cr_assert(search_space_is_legal(sample->space, outcome->point));
    cr_expect(is_same_point(outcome->point, wanted->point), "allocation %zu changed the point",
              (size_t)memory->failing);
}

static void fail_each_allocation(size_t metric_count, bool stays_broken)
{
    struct sample sample;
    struct outcome wanted, outcome;
    struct assay_error err = { 0 };
    struct failing_memory memory = { 0 };
    uint64_t n = 1;

    (void)gsl_set_error_handler_off();
    sample_init(&sample, metric_count);
    run_all(&sample, &wanted, &err);
    cr_assert(eq(int, (int)wanted.answer, SAMPLER_POINT));
    cr_assert(eq(int, (int)wanted.provenance.fallback, FALLBACK_NONE));
    do {
        memory =
            (struct failing_memory){ .failing = n++, .stays_broken = stays_broken, .armed = 1 };
        err = (struct assay_error){ 0 };
        failing_memory_use(&memory);
        run_all(&sample, &outcome, &err);
        failing_memory_use(NULL);
        check_outcome(&sample, &outcome, &wanted, &err, &memory);
    } while (memory.calls >= memory.failing);
    cr_assert(is_same_point(outcome.point, wanted.point));
    cr_assert(lt(u64, 50, n)); /* else nothing was tried */
    sample_clear(&sample);
}

Test(search_memory, one_failed_allocation_is_an_error_and_changes_nothing)
{
    fail_each_allocation(1, false);
}

Test(search_memory, memory_that_runs_out_is_an_error_and_changes_nothing)
{
    fail_each_allocation(1, true);
}

Test(search_memory, one_failed_allocation_among_several_objectives_is_an_error_and_changes_nothing)
{
    fail_each_allocation(3, false);
}

Test(search_memory, memory_that_runs_out_among_several_objectives_is_an_error_and_changes_nothing)
{
    fail_each_allocation(3, true);
}
