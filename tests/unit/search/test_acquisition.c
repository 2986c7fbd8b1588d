#include "search/acquisition.h"

#include "gp_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GPS = 6, DIRECTIONS = 12, SCRATCH = (3 * CASE_ROWS + 1) * GPS + CASE_AXES + 1, ROUNDS = 40 };

/* An acquisition of a kind over processes of their own, with all that it borrows. */
struct setting {
    struct gp_case cases[GPS]; /* the objectives', then the limits' */
    struct gp *gps[GPS];
    double directions[DIRECTIONS * 3], reaches[DIRECTIONS], reference[3];
    double scratch[SCRATCH];
    struct acquisition acquisition;
};

static void fill_directions(struct setting *setting, struct dice *dice)
{
    struct acquisition *acquisition = &setting->acquisition;
    size_t count = acquisition->objective_count;

    for (size_t i = 0; i < DIRECTIONS * count; i++)
        setting->directions[i] = 0.1 + dice_unit(dice);
    for (size_t l = 0; l < DIRECTIONS; l++)
        setting->reaches[l] = l == 0 ? 100 : 2 * dice_unit(dice); /* one is out of reach */
    for (size_t j = 0; j < count; j++)
        setting->reference[j] = -2 - dice_unit(dice);
    acquisition->direction_count = DIRECTIONS;
    acquisition->directions = setting->directions;
    acquisition->reaches = setting->reaches;
    acquisition->reference = setting->reference;
}

static void setting_init(struct setting *setting, struct dice *dice, enum acquisition_kind kind,
                         size_t objective_count, size_t limit_count)
{
    size_t dimension = 1 + dice_below(dice, 5), categories = dice_below(dice, dimension);
    struct acquisition *acquisition = &setting->acquisition;

    *acquisition = (struct acquisition){ .kind = kind,
                                         .objective_count = objective_count,
                                         .limit_count = limit_count,
                                         .best = 2 * dice_unit(dice) - 0.5,
                                         .confidence = 1 + dice_unit(dice),
                                         .scratch = setting->scratch };
    for (size_t g = 0; g < objective_count + limit_count; g++) {
        gp_case_fill(&setting->cases[g], dice, 3 + dice_below(dice, 15), dice_below(dice, 4),
                     dimension, categories);
        setting->gps[g] = gp_case_process(&setting->cases[g], g % 2);
        if (g < objective_count)
            acquisition->objectives[g] = setting->gps[g];
        else
            acquisition->limits[g - objective_count] =
                (struct acquisition_limit){ .gp = setting->gps[g],
                                            .threshold = dice_unit(dice) - 0.5,
                                            .extra_variance = g % 2 ? 0.1 : 0 };
    }
    if (kind == ACQUISITION_HYPERVOLUME)
        fill_directions(setting, dice);
    cr_assert(acquisition_scratch_size(acquisition) <= SCRATCH);
}

static void setting_clear(struct setting *setting)
{
    for (size_t g = 0; g < setting->acquisition.objective_count + setting->acquisition.limit_count;
         g++)
        gp_free(setting->gps[g]);
}

static double value_near(const struct acquisition *acquisition, double *at, size_t axis,
                         double step)
{
    double middle = at[axis];
    double value = 0;

    at[axis] = middle + step;
    value = acquisition_value(acquisition, at);
    at[axis] = middle;
    return value;
}

/* Compares one component; false where the value has a kink between the two points asked. */
static bool check_component(const struct acquisition *acquisition, double *at, size_t axis,
                            double slope)
{
    const double step = 1e-5;
    double here = acquisition_value(acquisition, at);
    double up = (value_near(acquisition, at, axis, step) - here) / step;
    double down = (here - value_near(acquisition, at, axis, -step)) / step;

    if (!is_near(up, down, 1e-2, 1e-2))
        return false;
    /* A slight kink remains between the two. */
    cr_assert(is_near(slope, (up + down) / 2, 1e-5, 1e-6 + fabs(up - down) / 2),
              "kind %d: %.12g for %.12g", (int)acquisition->kind, slope, (up + down) / 2);
    return true;
}

static void check_gradients(enum acquisition_kind kind, size_t objective_count, size_t limit_count)
{
    struct dice dice = dice_new();
    static struct setting setting;
    int kinks = 0, checked = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double at[CASE_AXES], slope[CASE_AXES];
        const struct acquisition *acquisition = &setting.acquisition;
        double value = 0;

        setting_init(&setting, &dice, kind, objective_count, limit_count);
        gp_case_point(&setting.cases[0], &dice, at);
        value = acquisition_gradient(acquisition, at, slope);
        cr_assert(is_near(value, acquisition_value(acquisition, at), 1e-9, 1e-9));
        for (size_t k = 0; k < setting.cases[0].dimension; k++) {
            if (setting.cases[0].is_category[k]) {
                cr_assert(zero(dbl, slope[k]));
                continue;
            }
            checked++;
            kinks += !check_component(acquisition, at, k, slope[k]);
        }
        setting_clear(&setting);
    }
    cr_assert(kinks * 20 <= checked, "%d kinks in %d", kinks, checked);
}

Test(acquisition, log_ei_climbs_by_its_own_slope)
{
    check_gradients(ACQUISITION_LOG_EI, 1, 0);
    check_gradients(ACQUISITION_LOG_EI, 1, 2);
}

Test(acquisition, the_upper_bound_climbs_by_its_own_slope)
{
    check_gradients(ACQUISITION_UCB, 1, 0);
    check_gradients(ACQUISITION_UCB, 1, 1);
}

Test(acquisition, exploration_climbs_by_its_own_slope)
{
    check_gradients(ACQUISITION_EXPLORE, 1, 0);
    check_gradients(ACQUISITION_EXPLORE, 1, 1);
}

Test(acquisition, the_mean_climbs_by_its_own_slope)
{
    check_gradients(ACQUISITION_MEAN, 1, 0);
    check_gradients(ACQUISITION_MEAN, 1, 3);
}

Test(acquisition, hypervolume_climbs_by_its_own_slope)
{
    check_gradients(ACQUISITION_HYPERVOLUME, 2, 0);
    check_gradients(ACQUISITION_HYPERVOLUME, 2, 2);
    check_gradients(ACQUISITION_HYPERVOLUME, 3, 0);
    check_gradients(ACQUISITION_HYPERVOLUME, 3, 1);
}

Test(acquisition, safety_climbs_by_its_own_slope)
{
    check_gradients(ACQUISITION_SAFETY, 0, 1);
    check_gradients(ACQUISITION_SAFETY, 0, 3);
}

static double naive_cdf(double s)
{
    return erfc(-s / sqrt(2)) / 2;
}

/* ln of the mean over directions of what the upper bounds add, in volume. */
static double naive_hypervolume(const struct acquisition *acquisition, const double *upper)
{
    size_t count = acquisition->objective_count;
    double sum = 0;

    for (size_t l = 0; l < acquisition->direction_count; l++) {
        double reach = HUGE_VAL;

        for (size_t j = 0; j < count; j++)
            reach = fmin(reach, fmax(0, upper[j] - acquisition->reference[j]) /
                                    acquisition->directions[l * count + j]);
        sum += fmax(0, pow(reach, (double)count) - pow(acquisition->reaches[l], (double)count));
    }
    return log(1e-9 + sum / (double)acquisition->direction_count);
}

/* From textbook posteriors, by the plain formulas. */
static double naive_value(const struct setting *setting, const double *at)
{
    const struct acquisition *acquisition = &setting->acquisition;
    double mean[GPS], variance[GPS], upper[GPS];
    double deviation = 0, lead = 0, value = 0;

    for (size_t g = 0; g < acquisition->objective_count + acquisition->limit_count; g++) {
        naive_posterior(&setting->cases[g], g % 2, at, &mean[g], &variance[g]);
        upper[g] = mean[g] + acquisition->confidence * sqrt(variance[g]);
    }
    deviation = sqrt(variance[0]);
    lead = (mean[0] - acquisition->best) / deviation;
    if (acquisition->kind == ACQUISITION_LOG_EI)
        value =
            log(deviation * (exp(-lead * lead / 2) / sqrt(2 * acos(-1)) + lead * naive_cdf(lead)));
    else if (acquisition->kind == ACQUISITION_UCB)
        value = upper[0];
    else if (acquisition->kind == ACQUISITION_EXPLORE)
        value = deviation + 10 * fmin(0, mean[0] + 0.5 * deviation - acquisition->best);
    else if (acquisition->kind == ACQUISITION_MEAN)
        value = mean[0];
    else if (acquisition->kind == ACQUISITION_HYPERVOLUME)
        value = naive_hypervolume(acquisition, upper);
    for (size_t i = 0; i < acquisition->limit_count; i++) {
        size_t g = acquisition->objective_count + i;
        const struct acquisition_limit *limit = &acquisition->limits[i];

        value += log(
            naive_cdf((mean[g] - limit->threshold) / sqrt(variance[g] + limit->extra_variance)));
    }
    return value;
}

Test(acquisition, values_are_those_of_the_plain_formulas)
{
    static const struct {
        enum acquisition_kind kind;
        size_t objective_count;
    } kinds[] = { { ACQUISITION_LOG_EI, 1 },      { ACQUISITION_UCB, 1 },
                  { ACQUISITION_EXPLORE, 1 },     { ACQUISITION_MEAN, 1 },
                  { ACQUISITION_HYPERVOLUME, 2 }, { ACQUISITION_HYPERVOLUME, 3 },
                  { ACQUISITION_SAFETY, 0 } };
    struct dice dice = dice_new();
    static struct setting setting;

    for (size_t round = 0; round < 140; round++) {
        double at[CASE_AXES];
        double value = 0, wanted = 0;
        size_t limits = 1 + dice_below(&dice, 3);

        setting_init(&setting, &dice, kinds[round % 7].kind, kinds[round % 7].objective_count,
                     limits);
        gp_case_point(&setting.cases[0], &dice, at);
        value = acquisition_value(&setting.acquisition, at);
        wanted = naive_value(&setting, at);
        /* The plain formulas themselves lose digits where improvement is unlikely. */
        if (wanted > -12)
            cr_assert(is_near(value, wanted, 1e-5, 1e-5), "kind %d: %.12g for %.12g",
                      (int)setting.acquisition.kind, value, wanted);
        setting_clear(&setting);
    }
}

Test(acquisition, many_points_at_once_get_the_same_as_one_after_the_other)
{
    enum { MANY = 100 };
    struct dice dice = dice_new();
    static struct setting setting;

    for (size_t round = 0; round < 20; round++) {
        double at[MANY * CASE_AXES], values[MANY];
        bool is_ok = false;

        if (round % 2)
            setting_init(&setting, &dice, ACQUISITION_LOG_EI, 1, round % 3);
        else
            setting_init(&setting, &dice, ACQUISITION_HYPERVOLUME, 2, round % 3);
        for (size_t i = 0; i < MANY; i++)
            gp_case_point(&setting.cases[0], &dice, at + i * setting.cases[0].dimension);
        is_ok = acquisition_values(&setting.acquisition, at, MANY, values);
        cr_assert(is_ok);
        for (size_t i = 0; i < MANY; i++)
            cr_assert(is_near(
                values[i],
                acquisition_value(&setting.acquisition, at + i * setting.cases[0].dimension), 1e-8,
                1e-8));
        setting_clear(&setting);
    }
}

Test(acquisition, improvement_keeps_its_slope_where_it_is_hopeless)
{
    struct dice dice = dice_new();
    static struct setting setting;
    double at[CASE_AXES], slope[CASE_AXES];

    setting_init(&setting, &dice, ACQUISITION_LOG_EI, 1, 0);
    setting.acquisition.best = 1e5;
    gp_case_point(&setting.cases[0], &dice, at);
    cr_assert(isfinite(acquisition_gradient(&setting.acquisition, at, slope)));
    for (size_t k = 0; k < setting.cases[0].dimension; k++)
        cr_assert(setting.cases[0].is_category[k] || (isfinite(slope[k]) && slope[k] != 0));
    setting_clear(&setting);
}

Test(acquisition, a_direction_is_reached_as_far_as_its_weakest_objective)
{
    const double values[] = { 3, 1, 5 }, reference[] = { 1, 0, 0 }, direction[] = { 0.5, 2, 1 };

    cr_assert(eq(dbl, acquisition_reach(values, reference, direction, 3), 0.5));
    cr_assert(eq(dbl, acquisition_reach(values, reference, direction, 1), 4));
    cr_assert(eq(dbl, acquisition_reach(reference, values, direction, 3), 0));
}

Test(acquisition, a_failed_allocation_is_an_answer)
{
    struct dice dice = dice_new();
    static struct setting setting;
    double at[CASE_AXES], values[1];
    bool is_ok = false;

    setting_init(&setting, &dice, ACQUISITION_LOG_EI, 1, 1);
    gp_case_point(&setting.cases[0], &dice, at);
    for (int successes = 0; !is_ok; successes++) {
        allocations_fail_after(successes);
        is_ok = acquisition_values(&setting.acquisition, at, 1, values);
        cr_assert(allocations_have_failed() == !is_ok);
        allocations_fail_after(-1);
    }
    setting_clear(&setting);
}
