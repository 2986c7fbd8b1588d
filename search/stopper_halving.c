#include "search/stopper_ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RUNGS_MAX = 1100 }; /* eta is at least 2, and doubles end at 2^1024 */

/*
 * What is kept are arrivals, not verdicts. Each follows from its own trial's measurements alone, so
 * that the same measurements in another order leave the same memory behind: whoever tells them anew
 * after a restart seldom knows in which order those of different trials had come.
 */

/*
 * The values of one rung, as sorted runs one after the other, whose lengths are the powers of two
 * that add up to the count, the longest first. A new value is a run of its own, which is merged
 * with the one before it as long as the two are of one length: J. L. Bentley and J. B. Saxe,
 * "Decomposable searching problems", 1980. A rank takes a binary search in each run.
 */
struct rung {
    double *values;
    double *scratch; /* as large */
    size_t count, capacity;
};

struct stopper_rungs {
    struct rung rungs[RUNGS_MAX];
    uint16_t *reached; /* by trial number: the highest rung's index and 1; 0: none */
    size_t trial_capacity;
};

void stopper_rungs_free(struct stopper_rungs *rungs)
{
    if (!rungs)
        return;
    for (size_t i = 0; i < RUNGS_MAX; i++) {
        free(rungs->rungs[i].values);
        free(rungs->rungs[i].scratch);
    }
    free(rungs->reached);
    free(rungs);
}

static bool rung_make_room(struct rung *rung)
{
    size_t capacity = rung->capacity > 0 ? 2 * rung->capacity : 16;
    double *values = NULL;
    double *scratch = NULL;

    if (rung->count < rung->capacity)
        return true;
    values = realloc(rung->values, capacity * sizeof *values);
    if (values)
        rung->values = values;
    scratch = realloc(rung->scratch, capacity * sizeof *scratch);
    if (scratch)
        rung->scratch = scratch;
    if (!values || !scratch)
        return false;
    rung->capacity = capacity;
    return true;
}

/* Two sorted runs of length each, the second behind the first, become one. */
static void merge(double *values, size_t length, double *scratch)
{
    size_t left = 0;
    size_t right = length;

    memcpy(scratch, values, 2 * length * sizeof *values);
    for (size_t i = 0; i < 2 * length; i++)
        if (right == 2 * length || (left < length && scratch[left] <= scratch[right]))
            values[i] = scratch[left++];
        else
            values[i] = scratch[right++];
}

/* There is room. */
static void rung_add(struct rung *rung, double value)
{
    rung->values[rung->count] = value;
    for (size_t length = 1; rung->count & length; length *= 2)
        merge(&rung->values[rung->count + 1 - 2 * length], length, rung->scratch);
    rung->count++;
}

static size_t run_count_above(const double *run, size_t length, double value)
{
    size_t low = 0;
    size_t high = length;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (run[middle] <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return length - low;
}

/* How many values of the rung are strictly above value. */
static size_t rung_count_above(const struct rung *rung, double value)
{
    size_t count = 0;
    size_t start = 0;

    for (size_t length = (size_t)1 << 62; length > 0; length /= 2)
        if (rung->count & length) {
            count += run_count_above(&rung->values[start], length, value);
            start += length;
        }
    return count;
}

static bool make_rungs(struct stopper *stopper, uint64_t trial)
{
    struct stopper_rungs *rungs = stopper->rungs;
    size_t capacity = 0;
    uint16_t *reached = NULL;

    if (!rungs)
        rungs = stopper->rungs = calloc(1, sizeof *rungs);
    if (!rungs)
        return false;
    if (trial < rungs->trial_capacity)
        return true;
    capacity = rungs->trial_capacity > 0 ? rungs->trial_capacity : 64;
    while (capacity <= trial)
        capacity *= 2;
    reached = realloc(rungs->reached, capacity * sizeof *reached);
    if (!reached)
        return false;
    memset(reached + rungs->trial_capacity, 0,
           (capacity - rungs->trial_capacity) * sizeof *reached);
    rungs->reached = reached;
    rungs->trial_capacity = capacity;
    return true;
}

/* The highest rung at or before position, from 1, and its position; 0: none. */
static size_t find_rung(const struct stopper_options *options, double position, double *level)
{
    size_t index = 0;

    *level = (double)NAN;
    for (double next = options->grace; next <= position && index < RUNGS_MAX;
         next *= options->eta) {
        *level = next;
        index++;
    }
    return index;
}

/* From there on stopping saves nothing. */
static bool is_late(const struct stopper *stopper, double position)
{
    double end = stopper->options.max_position;

    if (!(end > 0))
        end = stopper->past.furthest;
    return end > 0 && position >= end;
}

/* Records the arrival and judges it. */
static void arrive(const struct stopper *stopper, struct rung *rung, double value,
                   struct stopper_verdict *verdict)
{
    double share = 0;

    rung_add(rung, value);
    share = floor((double)rung->count / stopper->options.eta);
    verdict->trial_count = rung->count;
    verdict->kept_count = share < 1 ? 1 : (uint64_t)share;
    verdict->rank = 1 + rung_count_above(rung, value);
    if (is_late(stopper, verdict->position))
        verdict->why = STOPPER_WHY_LATE;
    else if (verdict->rank <= verdict->kept_count)
        verdict->why = STOPPER_WHY_GOOD;
    else
        verdict->why = STOPPER_WHY_HOPELESS;
    verdict->should_stop = verdict->why == STOPPER_WHY_HOPELESS;
}

static bool halving_observe(struct stopper *stopper, uint64_t trial, double position, double value,
                            struct stopper_verdict *verdict)
{
    size_t index = find_rung(&stopper->options, position, &verdict->rung);
    struct rung *rung = NULL;
    uint16_t *reached = NULL;

    verdict->why = index > 0 ? STOPPER_WHY_BETWEEN_RUNGS : STOPPER_WHY_EARLY;
    if (trial > STOPPER_NUMBER_MAX || !isfinite(position) || !isfinite(value))
        return true;
    if (!make_rungs(stopper, trial))
        return false;
    reached = &stopper->rungs->reached[trial];
    if (index <= *reached)
        return true;
    rung = &stopper->rungs->rungs[index - 1];
    if (!rung_make_room(rung))
        return false;
    arrive(stopper, rung, value, verdict);
    *reached = (uint16_t)index;
    return true;
}

const struct stopper_ops stopper_halving_ops = { .kept = PAST_NO_CURVES,
                                                 .observe = halving_observe };
