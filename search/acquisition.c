#include "search/acquisition.h"

#include "search/log_ei.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How dear it is to explore where the best cannot be: Vizier's constants (Song et al. 2024). */
static const double EXPLORE_PENALTY = 10, EXPLORE_CONFIDENCE = 0.5;

/* Below it improvements of hypervolume are as good as none; keeps the logarithm finite. */
static const double REACH_FLOOR = 1e-9;

/* What the processes expect at one point, and the value's derivatives by it: objectives, then
 * limits. */
struct outlook {
    double mean[2 * ACQUISITION_GPS_MAX], variance[2 * ACQUISITION_GPS_MAX];
    double by_mean[2 * ACQUISITION_GPS_MAX], by_variance[2 * ACQUISITION_GPS_MAX];
};

static size_t gp_count_of(const struct acquisition *acquisition)
{
    return acquisition->objective_count + acquisition->limit_count;
}

static const struct gp *gp_of(const struct acquisition *acquisition, size_t index)
{
    return index < acquisition->objective_count
               ? acquisition->objectives[index]
               : acquisition->limits[index - acquisition->objective_count].gp;
}

static double log_ei_value(const struct acquisition *acquisition, struct outlook *outlook)
{
    double deviation = sqrt(outlook->variance[0]);
    double s = (outlook->mean[0] - acquisition->best) / deviation;
    double slope = 0;
    double value = log_ei(s, &slope) + log(deviation);

    outlook->by_mean[0] = slope / deviation;
    outlook->by_variance[0] = (1 - slope * s) / (2 * outlook->variance[0]);
    return value;
}

static double explore_value(const struct acquisition *acquisition, struct outlook *outlook)
{
    double deviation = sqrt(outlook->variance[0]);
    double lead = outlook->mean[0] + EXPLORE_CONFIDENCE * deviation - acquisition->best;

    outlook->by_mean[0] = lead < 0 ? EXPLORE_PENALTY : 0;
    outlook->by_variance[0] =
        (1 + (lead < 0 ? EXPLORE_PENALTY * EXPLORE_CONFIDENCE : 0)) / (2 * deviation);
    return deviation + (lead < 0 ? EXPLORE_PENALTY * lead : 0);
}

/* The objective that holds the reach back, and the reach. */
static double reach_of(const double *values, const double *reference, const double *direction,
                       size_t count, size_t *tightest)
{
    double reach = HUGE_VAL;

    for (size_t j = 0; j < count; j++) {
        double part = fmax(values[j] - reference[j], 0) / direction[j];

        if (part < reach) {
            reach = part;
            *tightest = j;
        }
    }
    return reach;
}

double acquisition_reach(const double *values, const double *reference, const double *direction,
                         size_t count)
{
    size_t tightest = 0;

    return reach_of(values, reference, direction, count, &tightest);
}

/* ln of the mean over directions of how much further the upper bounds reach, in volume. */
static double hypervolume_value(const struct acquisition *acquisition, struct outlook *outlook)
{
    size_t count = acquisition->objective_count;
    double upper[ACQUISITION_GPS_MAX];
    double slopes[ACQUISITION_GPS_MAX] = { 0 };
    double sum = REACH_FLOOR * (double)acquisition->direction_count;
    double power = (double)count;

    for (size_t j = 0; j < count; j++)
        upper[j] = outlook->mean[j] + acquisition->confidence * sqrt(outlook->variance[j]);
    for (size_t l = 0; l < acquisition->direction_count; l++) {
        const double *direction = acquisition->directions + l * count;
        size_t tightest = 0;
        double reach = reach_of(upper, acquisition->reference, direction, count, &tightest);

        if (reach <= acquisition->reaches[l])
            continue;
        sum += pow(reach, power) - pow(acquisition->reaches[l], power);
        slopes[tightest] += power * pow(reach, power - 1) / direction[tightest];
    }
    for (size_t j = 0; j < count; j++) {
        outlook->by_mean[j] = slopes[j] / sum;
        outlook->by_variance[j] =
            slopes[j] / sum * acquisition->confidence / (2 * sqrt(outlook->variance[j]));
    }
    return log(sum / (double)acquisition->direction_count);
}

static double kind_value(const struct acquisition *acquisition, struct outlook *outlook)
{
    switch (acquisition->kind) {
    case ACQUISITION_LOG_EI:
        return log_ei_value(acquisition, outlook);
    case ACQUISITION_UCB:
        outlook->by_mean[0] = 1;
        outlook->by_variance[0] = acquisition->confidence / (2 * sqrt(outlook->variance[0]));
        return outlook->mean[0] + acquisition->confidence * sqrt(outlook->variance[0]);
    case ACQUISITION_EXPLORE:
        return explore_value(acquisition, outlook);
    case ACQUISITION_MEAN:
        outlook->by_mean[0] = 1;
        outlook->by_variance[0] = 0;
        return outlook->mean[0];
    case ACQUISITION_HYPERVOLUME:
        return hypervolume_value(acquisition, outlook);
    case ACQUISITION_NONE:
    case ACQUISITION_SAFETY:
    case ACQUISITION_DENSITY:
        break;
    }
    return 0;
}

static double limit_value(const struct acquisition_limit *limit, double mean, double variance,
                          double *by_mean, double *by_variance)
{
    double spread = variance + limit->extra_variance;
    double s = (mean - limit->threshold) / sqrt(spread);
    double slope = 0;
    double value = log_normal_cdf(s, &slope);

    *by_mean = slope / sqrt(spread);
    *by_variance = -slope * s / (2 * spread);
    return value;
}

/* From means and variances to the value and its derivatives by them. */
static double appraise(const struct acquisition *acquisition, struct outlook *outlook)
{
    double value = kind_value(acquisition, outlook);

    for (size_t i = 0; i < acquisition->limit_count; i++) {
        size_t g = acquisition->objective_count + i;

        value += limit_value(&acquisition->limits[i], outlook->mean[g], outlook->variance[g],
                             &outlook->by_mean[g], &outlook->by_variance[g]);
    }
    return value;
}

/* Each process has a scratch of its own; a slope follows. */
size_t acquisition_scratch_size(const struct acquisition *acquisition)
{
    size_t size = 1, dimension = 0;

    for (size_t g = 0; g < gp_count_of(acquisition); g++) {
        const struct gp *gp = gp_of(acquisition, g);

        size += gp_scratch_size(gp);
        dimension = gp_dimension(gp);
    }
    return size + dimension;
}

/* What all processes expect. Returns what is left of the scratch. */
static double *predict(const struct acquisition *acquisition, const double *coordinates,
                       struct outlook *outlook)
{
    double *scratch = acquisition->scratch;

    for (size_t g = 0; g < gp_count_of(acquisition); g++) {
        const struct gp *gp = gp_of(acquisition, g);

        gp_predict(gp, coordinates, &outlook->mean[g], &outlook->variance[g], scratch);
        scratch += gp_scratch_size(gp);
    }
    return scratch;
}

double acquisition_value(const struct acquisition *acquisition, const double *coordinates)
{
    struct outlook outlook;

    (void)predict(acquisition, coordinates, &outlook);
    return appraise(acquisition, &outlook);
}

double acquisition_gradient(const struct acquisition *acquisition, const double *coordinates,
                            double *slope)
{
    struct outlook outlook;
    size_t count = gp_count_of(acquisition);
    size_t d = count > 0 ? gp_dimension(gp_of(acquisition, 0)) : 0;
    double *rest = predict(acquisition, coordinates, &outlook), *scratch = acquisition->scratch;
    double value = 0;

    value = appraise(acquisition, &outlook);
    memset(slope, 0, d * sizeof *slope);
    for (size_t g = 0; g < count; g++) {
        const struct gp *gp = gp_of(acquisition, g);

        gp_slope(gp, coordinates, outlook.by_mean[g], outlook.by_variance[g], scratch, rest);
        for (size_t k = 0; k < d; k++)
            slope[k] += rest[k];
        scratch += gp_scratch_size(gp);
    }
    return value;
}

bool acquisition_values(const struct acquisition *acquisition, const double *coordinates,
                        size_t count, double *values)
{
    size_t gps = gp_count_of(acquisition);
    double *numbers = calloc(2 * gps * count + 1, sizeof *numbers); /* means, variances */
    bool is_ok = numbers != NULL;

    for (size_t g = 0; g < gps && is_ok; g++)
        is_ok = gp_predict_all(gp_of(acquisition, g), coordinates, count, numbers + 2 * g * count,
                               numbers + (2 * g + 1) * count);
    for (size_t i = 0; i < count && is_ok; i++) {
        struct outlook outlook;

        for (size_t g = 0; g < gps; g++) {
            outlook.mean[g] = numbers[2 * g * count + i];
            outlook.variance[g] = numbers[(2 * g + 1) * count + i];
        }
        values[i] = appraise(acquisition, &outlook);
    }
    free(numbers);
    return is_ok;
}
