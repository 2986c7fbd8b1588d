#include "search/stopper_ops.h"

#include <stdlib.h>

/* Fills averages with the running averages that the trials kept had at position. */
static size_t gather_averages(const struct stopper_past *past, double position, double *averages)
{
    size_t count = 0;

    for (size_t i = 0; i < past->count; i++) {
        const struct curve *curve = &past->items[i].curve;
        size_t end = curve_count_until(curve, position);

        if (end > 0)
            averages[count++] = curve->values[end - 1];
    }
    return count;
}

static bool median_decide(const struct stopper *stopper, const struct curve *running,
                          double learning_rate, struct stopper_verdict *verdict)
{
    const struct stopper_past *past = &stopper->past;
    double *room = malloc((past->count + 1) * sizeof *room);
    size_t count = 0;

    (void)learning_rate;
    if (!room)
        return false;
    if (running->count == 0 || verdict->position < 0.1 * stopper_past_usual(past, room)) {
        verdict->why = STOPPER_WHY_EARLY;
    } else {
        count = gather_averages(past, verdict->position, room);
        verdict->trial_count = count;
        verdict->why = STOPPER_WHY_FEW;
    }
    if (count >= STOPPER_TRIALS_MIN) {
        verdict->bar = stopper_median_of(room, count);
        verdict->should_stop = verdict->value < verdict->bar;
        verdict->why = verdict->should_stop ? STOPPER_WHY_HOPELESS : STOPPER_WHY_GOOD;
    }
    free(room);
    return true;
}

const struct stopper_ops stopper_median_ops = { .kept = PAST_AVERAGES, .decide = median_decide };
