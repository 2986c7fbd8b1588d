#include "test_stopper_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

double dice_normal(struct dice *dice)
{
    return sqrt(-2 * log(1 - dice_unit(dice))) * cos(6.283185307179586 * dice_unit(dice));
}

/* Rises from 0; by steps of any size, or by ever smaller ones. */
static void fill_growth(struct dice *dice, const struct study *study, bool is_concave,
                        double *growth)
{
    double rate = dice_double(dice, 0.5, 8);
    double sum = 0;

    for (size_t i = 0; i < study->length; i++) {
        double progress = study->positions[i] / study->positions[study->length - 1];

        sum += dice_below(dice, 3) ? dice_unit(dice) : 0;
        growth[i] = is_concave ? 1 - exp(-rate * progress) : sum;
    }
}

struct study monotone_study(struct dice *dice, bool is_concave)
{
    struct study study = { .trial_count = 6 + dice_below(dice, 15),
                           .length = 5 + dice_below(dice, 25) };
    double base[STUDY_LENGTH_MAX];
    double growth[STUDY_LENGTH_MAX];
    double position = 0;

    for (size_t i = 0; i < study.length; i++) {
        position += 1 + (double)dice_below(dice, 5);
        study.positions[i] = position;
    }
    fill_growth(dice, &study, is_concave, base);
    fill_growth(dice, &study, is_concave, growth);
    for (size_t t = 0; t < study.trial_count; t++) {
        study.levels[t] = dice_unit(dice);
        for (size_t i = 0; i < study.length; i++)
            study.values[t][i] = base[i] + study.levels[t] * growth[i];
    }
    return study;
}

struct study exponential_study(struct dice *dice, size_t trial_count, size_t length, double noise)
{
    struct study study = { .trial_count = trial_count, .length = length };

    for (size_t i = 0; i < length; i++)
        study.positions[i] = (double)(i + 1);
    for (size_t t = 0; t < trial_count; t++) {
        double level = 0.5 + 0.5 * sqrt(dice_unit(dice));
        double depth = level * (0.3 + 0.7 * dice_unit(dice));
        double rate = exp(log(2) + log(10) * dice_unit(dice));

        study.levels[t] = level - depth * exp(-rate);
        for (size_t i = 0; i < length; i++)
            study.values[t][i] = level - depth * exp(-rate * (double)(i + 1) / (double)length) +
                                 noise * dice_normal(dice);
    }
    return study;
}

struct study affine_study(const struct study *study, double shift, double scale)
{
    struct study result = *study;

    for (size_t t = 0; t < study->trial_count; t++) {
        result.levels[t] = shift + scale * study->levels[t];
        for (size_t i = 0; i < study->length; i++)
            result.values[t][i] = shift + scale * study->values[t][i];
    }
    return result;
}

size_t best_of_study(const struct study *study)
{
    size_t best = 0;

    for (size_t t = 1; t < study->trial_count; t++)
        if (study->levels[t] > study->levels[best])
            best = t;
    return best;
}

struct stopper *stopper_of(const struct stopper_options *options)
{
    struct assay_error err = { 0 };
    struct stopper *stopper = stopper_new(options, &err);

    cr_assert(stopper != NULL, "%s", err.message);
    return stopper;
}

void append_full(struct stopper *stopper, const double *positions, const double *values,
                 size_t count)
{
    struct stopper_trial trial = { .curve = { count, positions, values },
                                   .final_value = values[count - 1],
                                   .learning_rate = (double)NAN };

    cr_assert(stopper_append(stopper, &trial));
}

/* The verdict on a trial that has so many measurements by now. */
static bool should_stop(struct stopper *stopper, const struct study *study, size_t trial,
                        size_t count, double *final_value)
{
    struct curve curve = { count, study->positions, study->values[trial] };
    struct stopper_verdict verdict;

    if (stopper_observes(stopper))
        cr_assert(stopper_observe(stopper, trial + 1, study->positions[count - 1],
                                  study->values[trial][count - 1], &verdict));
    else
        cr_assert(stopper_decide(stopper, &curve, (double)NAN, &verdict));
    *final_value = isfinite(verdict.final_value) ? verdict.final_value : curve.values[count - 1];
    return verdict.should_stop;
}

struct outcome run_study(const struct stopper_options *options, const struct study *study,
                         size_t workers, uint64_t seed)
{
    struct stopper *stopper = stopper_of(options);
    struct dice dice = { seed };
    struct outcome outcome = { 0 };
    size_t counts[STUDY_TRIALS_MAX] = { 0 };
    size_t running[STUDY_TRIALS_MAX];
    size_t running_count = 0;
    size_t next = 0;

    while (next < study->trial_count || running_count > 0) {
        struct stopper_trial done = { .learning_rate = (double)NAN };
        size_t place = 0;
        size_t trial = 0;

        while (next < study->trial_count && running_count < workers)
            running[running_count++] = next++;
        place = dice_below(&dice, running_count);
        trial = running[place];
        counts[trial]++;
        outcome.measured++;
        done.is_stopped = should_stop(stopper, study, trial, counts[trial], &done.final_value);
        if (!done.is_stopped && counts[trial] < study->length)
            continue;
        if (done.is_stopped)
            outcome.stops[trial] = counts[trial];
        outcome.stopped_count += done.is_stopped;
        done.curve = (struct curve){ counts[trial], study->positions, study->values[trial] };
        cr_assert(stopper_append(stopper, &done));
        running[place] = running[--running_count];
    }
    stopper_free(stopper);
    return outcome;
}
