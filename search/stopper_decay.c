/*
 * The performance curve rule of D. Golovin et al., "Google Vizier: a service for black-box
 * optimization", KDD 2017, as far as it is public: a Gaussian process over curves, in which curves
 * that began alike go on alike. What it predicts is the gain from the running trial's position to
 * the end, from the curve's shape up to there; the completed trials that ran further are its data,
 * the REGRESSION_POINTS_MAX most similar ones where there are more. A parametric family
 * (exponential or power decay) would learn from fewer points, but where curves jump late, as under
 * a learning rate schedule, it is sure of what is wrong; what the completed trials did from the
 * same position on includes their jumps.
 */
#include "search/stopper_ops.h"
#include "search/stopper_regression.h"

#include <math.h>
#include <stdlib.h>

enum { OWN_MIN = 3 };

/*
 * How a curve looks from its beginning to position: where it is, and how it came there. Halves, so
 * that differences of huge values stay finite.
 */
static void describe(const struct curve *curve, double position,
                     double shape[REGRESSION_DIMENSIONS])
{
    double here = 0.5 * curve_at(curve, position);
    double late = 0.5 * curve_mean(curve, position / 2, position);
    double early = 0.5 * curve_mean(curve, 0, position / 2);

    shape[0] = here;
    shape[1] = here - late;
    shape[2] = late - early;
}

/* A completed trial that went further than the running one. */
struct peer {
    struct regression_point point; /* its shape, and half of what it gained from there */
    double distance;               /* of its shape from the running trial's */
    size_t order;
};

static int compare_peers(const void *a, const void *b)
{
    const struct peer *x = a;
    const struct peer *y = b;

    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return x->order < y->order ? 1 : -1; /* the newer of equals first */
}

static size_t gather_peers(const struct stopper_past *past, double position, struct peer *peers)
{
    size_t count = 0;

    for (size_t i = 0; i < past->count; i++) {
        const struct past_curve *item = &past->items[i];
        const struct curve *curve = &item->curve;
        struct peer *peer = &peers[count];

        if (item->is_stopped || !isfinite(item->final_value) || curve->count == 0 ||
            curve->positions[0] > position || curve->positions[curve->count - 1] <= position)
            continue;
        describe(curve, position, peer->point.inputs);
        peer->point.target = 0.5 * item->final_value - peer->point.inputs[0];
        peer->order = i;
        count++;
    }
    return count;
}

/* Distances in units of the peers' spread, each part of the shape by itself. */
static void measure_distances(struct peer *peers, size_t count, const double *shape)
{
    for (size_t i = 0; i < count; i++)
        peers[i].distance = 0;
    for (size_t k = 0; k < REGRESSION_DIMENSIONS; k++) {
        double low = shape[k];
        double high = shape[k];

        for (size_t i = 0; i < count; i++) {
            low = fmin(low, peers[i].point.inputs[k]);
            high = fmax(high, peers[i].point.inputs[k]);
        }
        for (size_t i = 0; i < count && high > low; i++) {
            double part = (peers[i].point.inputs[k] - shape[k]) / (high - low);

            peers[i].distance += part * part;
        }
    }
}

/* The regression's answer about the final value of a trial that looks like shape. */
static bool predict(struct peer *peers, size_t count, const double *shape, double bar,
                    struct regression_answer *answer)
{
    struct regression_point points[REGRESSION_POINTS_MAX];
    size_t used = count < REGRESSION_POINTS_MAX ? count : REGRESSION_POINTS_MAX;

    if (count > REGRESSION_POINTS_MAX) {
        measure_distances(peers, count, shape);
        qsort(peers, count, sizeof *peers, compare_peers);
    }
    for (size_t i = 0; i < used; i++)
        points[i] = peers[i].point;
    if (!regression_predict(points, used, shape, 0.5 * bar - shape[0], answer))
        return false;
    answer->mean = 2 * (shape[0] + answer->mean);
    answer->deviation *= 2;
    return isfinite(answer->mean) && isfinite(answer->deviation);
}

/* As good by now as the best trial was at the same position. */
static bool is_leading(const struct stopper_past *past, const struct curve *running,
                       double position)
{
    const struct curve *leader = &past->leader.curve;
    size_t count = curve_count_until(leader, position);

    return count == 0 || stopper_best_of(running, running->count) >= stopper_best_of(leader, count);
}

/* Whether that much of a curve is hopeless by itself. */
static enum stopper_why judge(const struct stopper_past *past, const struct curve *running,
                              struct peer *peers, struct stopper_verdict *verdict)
{
    double position = running->positions[running->count - 1];
    struct regression_answer answer = { 0 };
    double shape[REGRESSION_DIMENSIONS];
    size_t count = gather_peers(past, position, peers);

    verdict->trial_count = count < REGRESSION_POINTS_MAX ? count : REGRESSION_POINTS_MAX;
    if (count < STOPPER_TRIALS_MIN)
        return position >= past->furthest ? STOPPER_WHY_LATE : STOPPER_WHY_FEW;
    verdict->bar = past->leader.final_value;
    if (is_leading(past, running, position))
        return STOPPER_WHY_LEADING;
    describe(running, position, shape);
    if (!predict(peers, count, shape, verdict->bar, &answer))
        return STOPPER_WHY_FEW;
    verdict->mean = answer.mean;
    verdict->deviation = answer.deviation;
    verdict->chance = answer.chance;
    return verdict->chance < STOPPER_CHANCE ? STOPPER_WHY_HOPELESS : STOPPER_WHY_GOOD;
}

static bool decay_decide(const struct stopper *stopper, const struct curve *running,
                         double learning_rate, struct stopper_verdict *verdict)
{
    const struct stopper_past *past = &stopper->past;
    struct curve before = *running;
    struct stopper_verdict unused = { 0 };
    struct peer *peers = NULL;
    double *room = NULL;
    bool is_ok = false;

    (void)learning_rate;
    verdict->why = STOPPER_WHY_EARLY;
    if (running->count < OWN_MIN || verdict->position <= 0)
        return true;
    peers = malloc((past->count + 1) * sizeof *peers);
    room = malloc((past->count + 1) * sizeof *room);
    if (!peers || !room)
        goto out;
    is_ok = true;
    if (verdict->position < 0.1 * stopper_past_usual(past, room))
        goto out;
    verdict->why = judge(past, running, peers, verdict);
    if (verdict->why != STOPPER_WHY_HOPELESS)
        goto out;
    before.count--;
    verdict->should_stop = judge(past, &before, peers, &unused) == STOPPER_WHY_HOPELESS;
    if (!verdict->should_stop)
        verdict->why = STOPPER_WHY_UNCONFIRMED;
out:
    free(room);
    free(peers);
    return is_ok;
}

const struct stopper_ops stopper_decay_ops = { .kept = PAST_VALUES, .decide = decay_decide };
