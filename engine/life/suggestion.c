#include "engine/life/suggestion.h"

#include <limits.h>
#include <math.h>

/* Where each number stands. Stored: only append. */
enum {
    AT_LAST_END_ORDER,
    AT_STAGE,
    AT_ACQUISITION,
    AT_FALLBACK,
    AT_PAST_COUNT,
    AT_PENDING_COUNT,
    AT_ACQUISITION_VALUE,
    AT_MEAN,
    AT_DEVIATION,
    AT_NEAREST,
    AT_SIMILARITY = AT_NEAREST + PROVENANCE_NEAREST,
    AT_MAX_TRIAL_COUNT = AT_SIMILARITY + PROVENANCE_NEAREST, /* only where it is not 0 */
};

size_t suggestion_encode(const struct suggestion *suggestion,
                         double numbers[SUGGESTION_NUMBERS_MAX])
{
    const struct provenance *p = &suggestion->provenance;

    numbers[AT_LAST_END_ORDER] = (double)suggestion->last_end_order;
    numbers[AT_STAGE] = (double)p->stage;
    numbers[AT_ACQUISITION] = (double)p->acquisition;
    numbers[AT_FALLBACK] = (double)p->fallback;
    numbers[AT_PAST_COUNT] = (double)p->past_count;
    numbers[AT_PENDING_COUNT] = (double)p->pending_count;
    numbers[AT_ACQUISITION_VALUE] = p->acquisition_value;
    numbers[AT_MEAN] = p->mean;
    numbers[AT_DEVIATION] = p->deviation;
    for (size_t i = 0; i < PROVENANCE_NEAREST; i++) {
        numbers[AT_NEAREST + i] = (double)p->nearest[i];
        numbers[AT_SIMILARITY + i] = p->similarity[i];
    }
    numbers[AT_MAX_TRIAL_COUNT] = (double)suggestion->max_trial_count;
    return suggestion->max_trial_count > 0 ? SUGGESTION_NUMBERS_MAX : SUGGESTION_NUMBERS;
}

/* Counts and numbers of trials are exact as doubles: there are fewer than 2^53. */
static bool is_count(double number)
{
    return number >= 0 && number < 9007199254740992.0 && number == floor(number);
}

/* One that a later version may have added is kept, whatever it says. */
static bool is_word(double number)
{
    return is_count(number) && number <= INT_MAX;
}

bool suggestion_decode(const double *numbers, size_t count, struct suggestion *suggestion)
{
    struct provenance *p = &suggestion->provenance;

    if (count < SUGGESTION_NUMBERS)
        return false;
    for (size_t i = 0; i < AT_ACQUISITION_VALUE; i++)
        if (!is_count(numbers[i]))
            return false;
    if (!is_word(numbers[AT_STAGE]) || !is_word(numbers[AT_ACQUISITION]) ||
        !is_word(numbers[AT_FALLBACK]))
        return false;
    *suggestion = (struct suggestion){
        .last_end_order = (int64_t)numbers[AT_LAST_END_ORDER],
        .provenance = { .stage = (int)numbers[AT_STAGE],
                        .acquisition = (int)numbers[AT_ACQUISITION],
                        .fallback = (int)numbers[AT_FALLBACK],
                        .past_count = (uint64_t)numbers[AT_PAST_COUNT],
                        .pending_count = (uint64_t)numbers[AT_PENDING_COUNT],
                        .acquisition_value = numbers[AT_ACQUISITION_VALUE],
                        .mean = numbers[AT_MEAN],
                        .deviation = numbers[AT_DEVIATION] },
    };
    for (size_t i = 0; i < PROVENANCE_NEAREST; i++) {
        if (!is_count(numbers[AT_NEAREST + i]))
            return false;
        p->nearest[i] = (uint64_t)numbers[AT_NEAREST + i];
        p->similarity[i] = numbers[AT_SIMILARITY + i];
    }
    if (count > AT_MAX_TRIAL_COUNT) {
        if (!is_count(numbers[AT_MAX_TRIAL_COUNT]))
            return false;
        suggestion->max_trial_count = (int64_t)numbers[AT_MAX_TRIAL_COUNT];
    }
    return true;
}

bool suggestion_past(const struct trial_row *row, double progress, struct past_trial *trial)
{
    bool has_succeeded = row->state == TRIAL_SUCCEEDED && row->values;

    *trial = (struct past_trial){ .number = (uint64_t)row->number,
                                  .state = progress != 0 ? PAST_STOPPED : PAST_COMPLETED,
                                  .progress = progress > 0 ? progress : 1,
                                  .point = row->point,
                                  .values = row->values };
    if (has_succeeded)
        return true;
    trial->state = PAST_INFEASIBLE;
    trial->progress = 1;
    trial->values = NULL;
    return row->state == TRIAL_INFEASIBLE && failure_class_counts(row->failure);
}
