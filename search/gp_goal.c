/* Which acquisition a suggestion maximises, and where. */
#include "search/gp_suggestion.h"

#include <math.h>
#include <stdlib.h>

enum {
    DIRECTIONS = 64, /* of a hypervolume */
    TRUST_SUCCESSES = 3,
};

/* Spread of the model of where trials fail, beside its own. */
static const double FAILURE_VARIANCE = 0.1;

static const double REFERENCE_MARGIN = 0.1;

/* TuRBO's, and the longest logarithm of a length scale that makes a box longer. */
static const double TRUST_SIDE = 0.8, TRUST_SIDE_LEAST = 0x1p-7, TRUST_SIDE_MOST = 1.6;
static const double TRUST_LENGTH_MOST = 0.7;

static void add_limits(struct gp_suggestion *suggestion)
{
    struct acquisition *acquisition = &suggestion->acquisition;

    for (size_t m = 0; m < suggestion->sampler->metric_count; m++)
        if (suggestion->sampler->metrics[m].is_safety)
            acquisition->limits[acquisition->limit_count++] =
                (struct acquisition_limit){ .gp = suggestion->gps[m],
                                            .threshold = suggestion->targets[m].threshold };
    if (suggestion->failures)
        acquisition->limits[acquisition->limit_count++] =
            (struct acquisition_limit){ .gp = suggestion->failures,
                                        .extra_variance = FAILURE_VARIANCE };
}

/* Fewer safe trials than wanted, or none at all: safety comes first. */
static bool is_unsafe(const struct gp_suggestion *suggestion)
{
    const struct gp_past *past = suggestion->past;

    for (size_t m = 0; m < past->metric_count; m++) {
        const struct sampler_metric *metric = &suggestion->sampler->metrics[m];
        size_t safe = 0, seen = 0;
        double wanted = isnan(metric->min_safe_fraction) ? 0 : metric->min_safe_fraction;

        if (!metric->is_safety)
            continue;
        for (size_t i = 0; i < past->count; i++) {
            double value = past->values[i * past->metric_count + m];
            double threshold =
                metric->is_maximized ? metric->safety_threshold : -metric->safety_threshold;

            seen += !isnan(value);
            safe += value >= threshold;
        }
        if (seen > 0 && (safe == 0 || (double)safe < wanted * (double)seen))
            return true;
    }
    return false;
}

/* The lowest targets worth wanting: a margin below the worst measured, per objective. */
static void fill_reference(const struct gp_suggestion *suggestion, double *reference)
{
    size_t j = 0;

    for (size_t m = 0; m < suggestion->sampler->metric_count; m++) {
        const struct gp_targets *targets = &suggestion->targets[m];
        double least = HUGE_VAL, most = -HUGE_VAL;

        if (suggestion->sampler->metrics[m].is_safety)
            continue;
        for (size_t i = 0; i < targets->count; i++) {
            least = fmin(least, targets->targets[i]);
            most = fmax(most, targets->targets[i]);
        }
        reference[j++] = targets->count > 0 ? least - REFERENCE_MARGIN * (most - least) : 0;
    }
}

/* How far the measured and the expected reach along each direction. */
static bool fill_reaches(const struct gp_suggestion *suggestion, const double *directions,
                         const double *reference, double *reaches)
{
    const struct gp_past *past = suggestion->past;
    size_t count = suggestion->acquisition.objective_count;
    size_t rows = past->count + past->pending_count;
    double *means = calloc(count * rows + 1, sizeof *means);
    double values[SAMPLER_METRICS_MAX];
    bool is_ok = means != NULL;

    for (size_t j = 0; j < count && is_ok; j++)
        is_ok = gp_predict_all(suggestion->acquisition.objectives[j], past->coordinates, rows,
                               means + j * rows, NULL);
    for (size_t i = 0; i < rows && is_ok; i++) {
        if (i < past->count && !gp_may_be_best(suggestion, i))
            continue;
        for (size_t j = 0; j < count; j++)
            values[j] = means[j * rows + i];
        for (size_t l = 0; l < DIRECTIONS; l++)
            reaches[l] = fmax(reaches[l],
                              acquisition_reach(values, reference, directions + l * count, count));
    }
    free(means);
    return is_ok;
}

static bool make_hypervolume(struct gp_suggestion *suggestion, struct random_stream *stream)
{
    struct acquisition *acquisition = &suggestion->acquisition;
    size_t count = acquisition->objective_count;
    double *directions = calloc(DIRECTIONS * (count + 1) + count, sizeof *directions);
    double *reaches = NULL, *reference = NULL;

    suggestion->directions = directions;
    if (!directions)
        return false;
    reaches = directions + DIRECTIONS * count;
    reference = reaches + DIRECTIONS;
    for (size_t l = 0; l < DIRECTIONS; l++) {
        double square = 0;

        for (size_t j = 0; j < count; j++) {
            double x = random_normal(stream, (uint32_t)(l * count + j));

            directions[l * count + j] = fabs(x) + 1e-6;
            square += directions[l * count + j] * directions[l * count + j];
        }
        for (size_t j = 0; j < count; j++)
            directions[l * count + j] /= sqrt(square);
    }
    fill_reference(suggestion, reference);
    acquisition->kind = ACQUISITION_HYPERVOLUME;
    acquisition->direction_count = DIRECTIONS;
    acquisition->directions = directions;
    acquisition->reaches = reaches;
    acquisition->reference = reference;
    return fill_reaches(suggestion, directions, reference, reaches);
}

/* As it is now; 0 without one. */
static int64_t budget_of(const struct gp_suggestion *suggestion)
{
    int64_t changed = suggestion->query->max_trial_count;

    return changed > 0 ? changed : suggestion->sampler->max_trial_count;
}

/* Trials of the budget not suggested yet, this one among them; INT64_MAX without one. */
static int64_t trials_left(const struct gp_suggestion *suggestion)
{
    int64_t budget = budget_of(suggestion);

    return budget > 0 ? budget - (int64_t)suggestion->query->trial_number + 1 : INT64_MAX;
}

static bool is_within(const struct gp_suggestion *suggestion, double share)
{
    int64_t budget = budget_of(suggestion);

    return budget > 0 && share > 0 &&
           trials_left(suggestion) <= (int64_t)ceil(share * (double)budget);
}

/*
 * The side of a box that grows when trials improve on the best and shrinks when they do not
 * (D. Eriksson et al. 2019, TuRBO): three in a row, or as many failures as there are axes.
 */
static double trust_side(const struct gp_suggestion *suggestion)
{
    const struct gp_past *past = suggestion->past;
    size_t metric = sampler_first_objective(suggestion->sampler), successes = 0, failures = 0;
    size_t patience = past->dimension > 4 ? past->dimension : 4;
    double side = TRUST_SIDE, best = -HUGE_VAL;

    for (size_t i = 0; i < past->count; i++) {
        double value = past->values[i * past->metric_count + metric];
        bool is_better = value > best; /* false for NaN */

        successes = is_better ? successes + 1 : 0;
        failures = is_better ? 0 : failures + 1;
        best = is_better ? value : best;
        if (successes == TRUST_SUCCESSES || failures == patience) {
            side *= failures == patience ? 0.5 : 2;
            successes = failures = 0;
        }
        if (side < TRUST_SIDE_LEAST || side > TRUST_SIDE_MOST)
            side = side < TRUST_SIDE_LEAST ? TRUST_SIDE : TRUST_SIDE_MOST;
    }
    return side;
}

/* A box about the best, longer along axes that matter less. */
static bool make_box(struct gp_suggestion *suggestion, double side)
{
    const double *lengths =
        gp_hypers(suggestion->gps[sampler_first_objective(suggestion->sampler)]);
    size_t d = suggestion->state->gp_space->dimension;
    double mean = 0;

    suggestion->box = calloc(d + 1, sizeof *suggestion->box);
    if (!suggestion->box)
        return false;
    for (size_t k = 0; k < d; k++)
        mean += fmin(lengths[k], TRUST_LENGTH_MOST) / (double)d;
    for (size_t k = 0; k < d; k++)
        suggestion->box[k] = side / 2 * exp(fmin(lengths[k], TRUST_LENGTH_MOST) - mean);
    return true;
}

/* Whether the last trials, two for each axis and two more, brought nothing better. */
static bool is_stuck(const struct gp_suggestion *suggestion)
{
    const struct gp_past *past = suggestion->past;
    size_t metric = sampler_first_objective(suggestion->sampler), since = 0;
    double best = -HUGE_VAL;

    for (size_t i = 0; i < past->count; i++) {
        double value = past->values[i * past->metric_count + metric];

        since = value > best ? 0 : since + 1;
        best = value > best ? value : best;
    }
    return since > 2 * (past->dimension + 1);
}

/* Every other suggestion of a space of many axes is of a box, once there is a model. */
static bool is_trusting(const struct gp_suggestion *suggestion)
{
    const struct gp_settings *settings = &suggestion->state->settings;

    return settings->trust_from > 0 && suggestion->query->model &&
           suggestion->past->dimension >= (size_t)settings->trust_from &&
           suggestion->query->trial_number % 2 == 0;
}

bool gp_goal_choose(struct gp_suggestion *suggestion)
{
    const struct gp_settings *settings = &suggestion->state->settings;
    struct acquisition *acquisition = &suggestion->acquisition;
    struct random_stream stream = { .seed = suggestion->sampler->seed,
                                    .trial = suggestion->query->trial_number,
                                    .purpose = RANDOM_GP_CHOICE };
    bool is_ok = true;

    acquisition->confidence = settings->confidence;
    acquisition->kind = ACQUISITION_LOG_EI;
    suggestion->provenance->stage = STAGE_MODEL;
    for (size_t m = 0; m < suggestion->sampler->metric_count; m++)
        if (!suggestion->sampler->metrics[m].is_safety)
            acquisition->objectives[acquisition->objective_count++] = suggestion->gps[m];
    add_limits(suggestion);
    if (is_unsafe(suggestion)) {
        acquisition->kind = ACQUISITION_SAFETY;
        acquisition->objective_count = 0;
    } else if (acquisition->objective_count > 1) {
        is_ok = make_hypervolume(suggestion, &stream);
    } else if (is_within(suggestion, settings->mean_share)) {
        acquisition->kind = ACQUISITION_MEAN;
        suggestion->provenance->stage = STAGE_ENDGAME;
    } else if (is_within(suggestion, settings->endgame_share)) {
        suggestion->provenance->stage = STAGE_ENDGAME;
        is_ok = make_box(suggestion, settings->endgame_box);
    } else if (settings->stuck_every > 0 &&
               suggestion->query->trial_number % (uint64_t)settings->stuck_every ==
                   1 % (uint64_t)settings->stuck_every &&
               is_stuck(suggestion)) {
        acquisition->kind = ACQUISITION_EXPLORE;
    } else if (is_trusting(suggestion)) {
        suggestion->provenance->stage = STAGE_TRUST;
        is_ok = make_box(suggestion, trust_side(suggestion));
    } else if (settings->ucb_every > 0 &&
               suggestion->query->trial_number % (uint64_t)settings->ucb_every == 0) {
        acquisition->kind = ACQUISITION_UCB;
    }
    suggestion->scratch = calloc(acquisition_scratch_size(acquisition), sizeof(double));
    acquisition->scratch = suggestion->scratch;
    suggestion->provenance->acquisition = acquisition->kind;
    return is_ok && suggestion->scratch;
}
