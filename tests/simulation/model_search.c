/* A trial's point against what its sampler gives, from the rows alone. */

#include "engine/life/suggestion.h"
#include "search/model_chain.h"
#include "tests/simulation/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a suggestion was made from, gathered naively. */
struct query_parts {
    struct history *history;
    double pending[SCENARIO_TRIALS_MAX * MODEL_PARAMS_MAX];
    struct sampler_query query;
};

static bool is_past(const struct trial_view *trial)
{
    return trial->state == TRIAL_SUCCEEDED ||
           (trial->failure >= FAILURE_USER_ERROR && trial->failure <= FAILURE_NOT_FOUND);
}

/* Of trial number, when the first ended trials had ended. The caller frees it. */
static struct query_parts *gather(const struct world *world, int64_t number,
                                  const struct trial_view *trials, const int64_t *by_end,
                                  int64_t ended)
{
    const struct model *model = &world->model;
    size_t width = model->spec->study.space->param_count;
    struct query_parts *parts = calloc(1, sizeof *parts);

    if (parts)
        parts->history = history_new(width, model->spec->study.metric_count);
    if (!parts || !parts->history)
        abort();
    for (int64_t i = 0; i < ended; i++) {
        const struct trial_view *trial = &trials[by_end[i] - 1];
        struct past_trial past = { .number = (uint64_t)by_end[i],
                                   .state = !trial->has_final     ? PAST_INFEASIBLE
                                            : trial->progress > 0 ? PAST_STOPPED
                                                                  : PAST_COMPLETED,
                                   .progress = trial->has_final && trial->progress > 0
                                                   ? trial->progress
                                                   : 1,
                                   .point = model->points[by_end[i] - 1],
                                   .values = model->values[by_end[i] - 1] };

        if (is_past(trial) && !history_append(parts->history, &past))
            abort();
    }
    for (int64_t i = 0; i + 1 < number; i++)
        if (trials[i].end_order == 0 || trials[i].end_order > ended)
            memcpy(parts->pending + width * parts->query.pending_count++, model->points[i],
                   width * sizeof(double));
    parts->query.trial_number = (uint64_t)number;
    parts->query.history = parts->history;
    parts->query.past_count = history_count(parts->history);
    parts->query.pending = parts->pending;
    return parts;
}

static enum sampler_answer ask(const struct world *world, struct query_parts *parts, double *point,
                               struct provenance *provenance)
{
    struct model_chain *chain = model_chain_new(world->model.sampler);
    struct assay_error err = { 0 };
    enum sampler_answer answer = SAMPLER_FAILED;

    if (!chain)
        abort();
    answer = model_chain_suggest(chain, &parts->query, point, provenance, &err);
    model_chain_free(chain);
    history_free(parts->history);
    free(parts);
    return answer;
}

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

struct stored {
    struct suggestion suggestion;
    bool is_found;
};

static bool note_suggestion(void *context, int64_t number, const double *numbers, size_t count)
{
    struct stored *stored = context;

    (void)number;
    stored->is_found = suggestion_decode(numbers, count, &stored->suggestion);
    return true;
}

static void compare_provenance(struct world *world, int64_t number, const struct provenance *made,
                               const struct suggestion *stored)
{
    double numbers[SUGGESTION_NUMBERS_MAX];
    double expected[SUGGESTION_NUMBERS_MAX];
    struct suggestion other = { .last_end_order = stored->last_end_order, .provenance = *made };

    (void)suggestion_encode(stored, numbers);
    (void)suggestion_encode(&other, expected);
    for (size_t i = 0; i < SUGGESTION_NUMBERS; i++)
        if (!is_same(numbers[i], expected[i]))
            world_fail(world, "number %zu of the suggestion of trial %lld is %g, should be %g", i,
                       (long long)number, numbers[i], expected[i]);
}

static void check_numbers(struct world *world, int64_t number, const double *expected)
{
    const struct model *model = &world->model;
    const double *point = model->points[number - 1];

    if (!search_space_is_legal(model->spec->study.space, point))
        world_fail(world, "the point of trial %lld is not legal", (long long)number);
    for (size_t i = 0; i < model->spec->study.space->param_count; i++)
        if (!is_same(point[i], expected[i]))
            world_fail(world, "parameter %zu of trial %lld is %g, should be %g", i,
                       (long long)number, point[i], expected[i]);
}

void model_check_point(struct world *world, int64_t number, const struct trial_view *trials,
                       const int64_t *by_end)
{
    struct model *model = &world->model;
    double expected[MODEL_PARAMS_MAX];
    struct provenance provenance;
    struct stored stored = { 0 };
    struct assay_error err = { 0 };
    bool has_memory = model->sampler && sampler_needs_history(model->sampler);
    int64_t ended = 0;

    if (!store_suggestion_each(world->store, world->job, number, number, note_suggestion, &stored,
                               &err))
        world_fail(world, "%s", err.message);
    if (stored.is_found != has_memory)
        world_fail(world, "trial %lld has %s suggestion", (long long)number,
                   has_memory ? "no" : "a");
    if (!model->sampler || world->fault[0])
        return;
    ended = stored.suggestion.last_end_order;
    if (has_memory && (ended < model->last_end_order || (ended > 0 && by_end[ended - 1] == 0))) {
        world_fail(world, "trial %lld was suggested after %lld ends, the one before after %lld",
                   (long long)number, (long long)ended, (long long)model->last_end_order);
        return;
    }
    model->last_end_order = ended;
    if (ask(world, gather(world, number, trials, by_end, ended), expected, &provenance) !=
        SAMPLER_POINT) {
        world_fail(world, "trial %lld should not be", (long long)number);
        return;
    }
    check_numbers(world, number, expected);
    if (has_memory)
        compare_provenance(world, number, &provenance, &stored.suggestion);
}

bool model_is_exhausted(struct world *world, const struct trial_view *trials, int64_t created,
                        const int64_t *by_end, int64_t ended)
{
    double point[MODEL_PARAMS_MAX];
    struct provenance provenance;

    if (!world->model.sampler || !sampler_needs_history(world->model.sampler))
        return false;
    return ask(world, gather(world, created + 1, trials, by_end, ended), point, &provenance) ==
           SAMPLER_EXHAUSTED;
}
