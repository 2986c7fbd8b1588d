#include "search/gp_suggestion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PENDING_MAX = 128 }; /* pending trials that a model takes in, the newest */

/* Label noise of the model of where trials fail. */
static const double FAILURE_NOISE = 0.01;

static bool is_same_point(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

bool gp_is_known(const struct sampler_query *query, const double *point, size_t param_count)
{
    for (size_t i = 0; i < query->past_count; i++)
        if (is_same_point(history_get(query->history, i).point, point, param_count))
            return true;
    for (size_t i = 0; i < query->pending_count; i++)
        if (is_same_point(query->pending + i * param_count, point, param_count))
            return true;
    return false;
}

bool gp_may_repeat(const struct sampler *sampler)
{
    return sampler->noise == NOISE_HIGH;
}

static void suggestion_clear(struct gp_suggestion *suggestion)
{
    for (size_t m = 0; m < suggestion->sampler->metric_count; m++) {
        gp_free(suggestion->gps[m]);
        gp_targets_clear(&suggestion->targets[m]);
    }
    gp_free(suggestion->failures);
    gp_past_free(suggestion->past);
    free(suggestion->labels);
    free(suggestion->directions);
    free(suggestion->scratch);
    free(suggestion->box);
}

/* The process of the data; where the learnt hyperparameters give none, of the prior's. */
static struct gp *make_process(struct gp_suggestion *suggestion, const struct gp_data *data,
                               const double *hypers, const double *pending, size_t pending_count)
{
    struct gp_prior prior =
        gp_prior_of(suggestion->sampler, &suggestion->state->settings, data->dimension);
    size_t size = data->dimension + GP_EXTRA_HYPERS;
    enum gp_outcome outcome = GP_NO_MEMORY;
    struct gp *gp = gp_new(data, hypers, pending, pending_count, &outcome);
    double *start = NULL;

    if (outcome == GP_SINGULAR) {
        suggestion->provenance->fallback = FALLBACK_PRIOR;
        start = calloc(size, sizeof *start);
        if (start) {
            gp_prior_start(&prior, data->dimension, start);
            gp = gp_new(data, start, pending, pending_count, &outcome);
        }
        free(start);
    }
    if (outcome == GP_JITTERED)
        suggestion->provenance->fallback = FALLBACK_JITTER;
    suggestion->is_singular = suggestion->is_singular || (outcome == GP_SINGULAR && start);
    return gp;
}

static bool make_gp(struct gp_suggestion *suggestion, size_t metric)
{
    const struct gp_state *state = suggestion->state;
    const struct gp_past *past = suggestion->past;
    size_t size = state->gp_space->dimension + GP_EXTRA_HYPERS;
    const struct sampler_model *model = suggestion->query->model;
    struct gp_prior prior =
        gp_prior_of(suggestion->sampler, &state->settings, state->gp_space->dimension);
    struct gp_data data;
    double *hypers = calloc(size, sizeof *hypers);

    if (!hypers || !gp_targets_init(&suggestion->targets[metric], suggestion->sampler,
                                    &state->settings, past, metric)) {
        free(hypers);
        return false;
    }
    data = gp_targets_data(&suggestion->targets[metric], state->gp_space);
    if (model)
        memcpy(hypers, model->hypers + metric * size, size * sizeof *hypers);
    else
        gp_prior_start(&prior, state->gp_space->dimension, hypers);
    if (model && model->has_failed[metric])
        suggestion->provenance->fallback = FALLBACK_PRIOR;
    suggestion->gps[metric] =
        make_process(suggestion, &data, hypers, past->coordinates + past->count * past->dimension,
                     past->pending_count);
    free(hypers);
    return suggestion->gps[metric] != NULL;
}

/* Labels under the length scales of the first objective. */
static bool make_failures(struct gp_suggestion *suggestion)
{
    const struct gp_past *past = suggestion->past;
    const struct gp *like = suggestion->gps[sampler_first_objective(suggestion->sampler)];
    size_t d = past->dimension;
    struct gp_data data = { .count = past->count,
                            .dimension = d,
                            .is_category = suggestion->state->gp_space->is_category,
                            .coordinates = past->coordinates };
    double *hypers = NULL;

    if (!gp_past_shows_failures(&suggestion->state->settings, past))
        return true;
    suggestion->labels = calloc(past->count, sizeof *suggestion->labels);
    hypers = calloc(d + GP_EXTRA_HYPERS, sizeof *hypers);
    if (!suggestion->labels || !hypers) {
        free(hypers);
        return false;
    }
    for (size_t i = 0; i < past->count; i++)
        suggestion->labels[i] = past->states[i] == PAST_INFEASIBLE ? -1 : 1;
    memcpy(hypers, gp_hypers(like), d * sizeof *hypers);
    hypers[d] = 0;
    hypers[d + 1] = log(FAILURE_NOISE);
    data.targets = suggestion->labels;
    suggestion->failures = make_process(suggestion, &data, hypers, NULL, 0);
    free(hypers);
    return suggestion->failures != NULL;
}

/* A posterior mean and its row. */
struct lead {
    double mean;
    size_t row;
};

static int compare_leads(const void *a, const void *b)
{
    const struct lead *x = a, *y = b;

    if (x->mean != y->mean)
        return x->mean > y->mean ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Whether a row has all safety metrics, and on their thresholds' sides. */
static bool is_safe(const struct gp_suggestion *suggestion, size_t row)
{
    const struct gp_past *past = suggestion->past;

    for (size_t m = 0; m < past->metric_count; m++) {
        const struct sampler_metric *metric = &suggestion->sampler->metrics[m];
        double value = past->values[row * past->metric_count + m];

        if (metric->is_safety && !(value >= (metric->is_maximized ? metric->safety_threshold
                                                                  : -metric->safety_threshold)))
            return false;
    }
    return true;
}

bool gp_may_be_best(const struct gp_suggestion *suggestion, size_t row)
{
    const struct gp_past *past = suggestion->past;

    if (past->states[row] != PAST_COMPLETED || !is_safe(suggestion, row))
        return false;
    for (size_t m = 0; m < past->metric_count; m++)
        if (!suggestion->sampler->metrics[m].is_safety &&
            isnan(past->values[row * past->metric_count + m]))
            return false;
    return true;
}

/* The best of the posterior means; the measured rows among leads, the best first. */
static size_t rank_rows(struct gp_suggestion *suggestion, const double *means, bool counts_unsafe,
                        struct lead *leads)
{
    const struct gp_past *past = suggestion->past;
    size_t metric = sampler_first_objective(suggestion->sampler), count = 0;

    suggestion->acquisition.best = -HUGE_VAL;
    for (size_t i = 0; i < past->count + past->pending_count; i++) {
        bool is_measured = i < past->count;

        if (is_measured && (isnan(past->values[i * past->metric_count + metric]) ||
                            !(counts_unsafe || is_safe(suggestion, i))))
            continue;
        if (!is_measured || past->states[i] != PAST_STOPPED)
            suggestion->acquisition.best = fmax(suggestion->acquisition.best, means[i]);
        if (is_measured)
            leads[count++] = (struct lead){ means[i], i };
    }
    qsort(leads, count, sizeof *leads, compare_leads);
    return count;
}

static double middle(const void *context, size_t index)
{
    (void)context;
    (void)index;
    return 0.5;
}

/* The coordinates of all rows, moved into the part of the space that is asked for. NULL for lack of
 * memory. */
static double *fix_rows(const struct gp_suggestion *suggestion, size_t rows)
{
    const struct gp_past *past = suggestion->past;
    const struct search_space *space = suggestion->sampler->space;
    double *coordinates = calloc(rows * past->dimension + space->param_count + 1, sizeof(double));
    double *point = coordinates ? coordinates + rows * past->dimension : NULL;

    for (size_t i = 0; coordinates && i < rows; i++) {
        memcpy(point, past->points + i * space->param_count, space->param_count * sizeof *point);
        search_space_fix(space, suggestion->query->fixed, middle, NULL, point);
        gp_space_encode(suggestion->state->gp_space, point, coordinates + i * past->dimension);
    }
    return coordinates;
}

/*
 * The points known to be best, by posterior mean of the first objective, and that mean: over safe
 * trials that ran to their end, and trials under way as expected. Where none is safe, over all.
 * Where values are fixed, as if all these had them: the best of the whole space is no measure for a
 * part that it is not in.
 */
static bool find_leaders(struct gp_suggestion *suggestion)
{
    const struct gp_past *past = suggestion->past;
    size_t metric = sampler_first_objective(suggestion->sampler);
    size_t rows = past->count + past->pending_count, count = 0;
    size_t wanted = (size_t)suggestion->state->settings.leaders;
    double *means = calloc(rows + 1, sizeof *means);
    struct lead *leads = calloc(rows + 1, sizeof *leads);
    double *fixed = suggestion->query->fixed ? fix_rows(suggestion, rows) : NULL;
    bool is_ok = means && leads && (fixed || !suggestion->query->fixed) &&
                 gp_predict_all(suggestion->gps[metric], fixed ? fixed : past->coordinates, rows,
                                means, NULL);

    if (is_ok) {
        count = rank_rows(suggestion, means, false, leads);
        if (count == 0)
            count = rank_rows(suggestion, means, true, leads);
    }
    for (size_t i = 0; i < count && i < wanted && i < GP_LEADERS_MAX; i++)
        suggestion->leaders[suggestion->leader_count++] = leads[i].row;
    if (!isfinite(suggestion->acquisition.best))
        suggestion->acquisition.best = 0;
    free(means);
    free(leads);
    free(fixed);
    return is_ok;
}

static double reach_of(const struct gp_suggestion *suggestion)
{
    double n = (double)(suggestion->past->count + suggestion->past->pending_count);
    double reach = 0.2 + 0.3 * n / (5 * ((double)suggestion->state->gp_space->dimension + 1));

    return suggestion->state->settings.reach && reach <= 0.5 ? reach : HUGE_VAL;
}

/* The most similar measured trials. */
static void note_nearest(struct gp_suggestion *suggestion, const struct gp *gp,
                         const double *coordinates)
{
    const struct gp_past *past = suggestion->past;
    struct provenance *provenance = suggestion->provenance;

    for (size_t i = 0; i < past->count; i++) {
        double here = gp_correlation(gp, coordinates, past->coordinates + i * past->dimension);
        size_t place = PROVENANCE_NEAREST;

        while (place > 0 &&
               (provenance->nearest[place - 1] == 0 || here > provenance->similarity[place - 1]))
            place--;
        if (place == PROVENANCE_NEAREST)
            continue;
        for (size_t j = PROVENANCE_NEAREST - 1; j > place; j--) {
            provenance->nearest[j] = provenance->nearest[j - 1];
            provenance->similarity[j] = provenance->similarity[j - 1];
        }
        provenance->nearest[place] = past->numbers[i];
        provenance->similarity[place] = here;
    }
}

static bool note_why(struct gp_suggestion *suggestion, const double *point, double value)
{
    struct provenance *provenance = suggestion->provenance;
    size_t metric = sampler_first_objective(suggestion->sampler);
    const struct gp *gp = suggestion->gps[metric];
    const struct target_warp *warp = &suggestion->targets[metric].warp;
    double turn = suggestion->sampler->metrics[metric].is_maximized ? 1 : -1;
    double mean = 0, variance = 0, deviation = 0;
    double *numbers =
        calloc(gp_scratch_size(gp) + suggestion->past->dimension + 1, sizeof *numbers);
    double *coordinates = NULL;

    if (!numbers)
        return false;
    coordinates = numbers + gp_scratch_size(gp);
    gp_space_encode(suggestion->state->gp_space, point, coordinates);
    gp_predict(gp, coordinates, &mean, &variance, numbers);
    deviation = sqrt(variance + exp(gp_hypers(gp)[gp_dimension(gp) + 1])); /* as measured */
    provenance->acquisition_value = value;
    provenance->mean = turn * target_warp_value(warp, mean);
    provenance->deviation =
        (target_warp_value(warp, mean + deviation) - target_warp_value(warp, mean - deviation)) / 2;
    note_nearest(suggestion, gp, coordinates);
    free(numbers);
    return true;
}

static bool is_taken(const double *point, const void *context)
{
    const struct gp_suggestion *suggestion = context;

    return gp_is_known(suggestion->query, point, suggestion->sampler->space->param_count);
}

static enum search_answer search_point(struct gp_suggestion *suggestion, double *point,
                                       double *value)
{
    const struct gp_settings *settings = &suggestion->state->settings;
    const struct gp *gp = suggestion->gps[sampler_first_objective(suggestion->sampler)];
    const struct gp_past *past = suggestion->past;
    double *lengths = calloc(past->dimension + 1, sizeof *lengths);
    struct acquisition_search search = {
        .gp_space = suggestion->state->gp_space,
        .acquisition = &suggestion->acquisition,
        .sobol = suggestion->state->sobol,
        .stream = { suggestion->sampler->seed, suggestion->query->trial_number, RANDOM_GP_SEARCH },
        .known = past->points,
        .coordinates = past->coordinates,
        .known_count = past->count + past->pending_count,
        .leaders = suggestion->leaders,
        .leader_count = suggestion->leader_count,
        .lengths = lengths,
        .global_count = (size_t)settings->candidates,
        .climb_count = (size_t)settings->climbs,
        .fixed = suggestion->query->fixed,
        .reach = suggestion->query->fixed ? HUGE_VAL : reach_of(suggestion),
        .box = suggestion->box,
        .is_taken = gp_may_repeat(suggestion->sampler) ? NULL : is_taken,
        .context = suggestion,
    };
    enum search_answer answer = SEARCH_NO_MEMORY;

    for (size_t k = 0; lengths && k < past->dimension; k++)
        lengths[k] = exp(gp_hypers(gp)[k]);
    if (lengths)
        answer = acquisition_search_run(&search, point, value);
    free(lengths);
    return answer;
}

static bool make_model(struct gp_suggestion *suggestion)
{
    const struct sampler_query *query = suggestion->query;
    size_t pending_count = query->pending_count < PENDING_MAX ? query->pending_count : PENDING_MAX;

    suggestion->past = gp_past_new(suggestion->sampler, suggestion->state->gp_space, query->history,
                                   query->past_count,
                                   query->pending + (query->pending_count - pending_count) *
                                                        suggestion->sampler->space->param_count,
                                   pending_count, (size_t)suggestion->state->settings.rows_max);
    if (!suggestion->past)
        return false;
    for (size_t m = 0; m < suggestion->sampler->metric_count; m++)
        if (!make_gp(suggestion, m))
            return false;
    return make_failures(suggestion) && find_leaders(suggestion) && gp_goal_choose(suggestion);
}

enum gp_suggested gp_suggestion_make(const struct sampler *sampler,
                                     const struct sampler_query *query, double *point,
                                     struct provenance *provenance)
{
    struct gp_suggestion suggestion = {
        .sampler = sampler, .state = sampler->state, .query = query, .provenance = provenance
    };
    enum search_answer found = SEARCH_NO_MEMORY;
    bool is_singular = false;
    double value = 0;

    if (make_model(&suggestion))
        found = search_point(&suggestion, point, &value);
    if (found == SEARCH_FOUND && !note_why(&suggestion, point, value))
        found = SEARCH_NO_MEMORY;
    is_singular = suggestion.is_singular;
    suggestion_clear(&suggestion);
    if (is_singular)
        return GP_NO_NUMBERS;
    if (found == SEARCH_NO_MEMORY)
        return GP_OUT_OF_MEMORY;
    return found == SEARCH_FOUND ? GP_SUGGESTED : GP_NOTHING_NEW;
}
