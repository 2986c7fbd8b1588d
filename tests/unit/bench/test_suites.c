#include "bench/suites.h"

#include "bench/categorical.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 128 };

/* The suites whose problems are computed; those of tables have a test of their own. */
static const char *const computed[] = { "S1", "S2", "S3", "S5", "S6", "S7", "S8", "curves", NULL };

/* splitmix64 (Steele, Lea, Flood 2014), a generator of the test's own. */
static double unit(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return (double)((x ^ x >> 31) >> 11) * 0x1p-53;
}

static void draw_units(uint64_t *state, const struct problem *problem, double *units)
{
    for (size_t i = 0; i < problem->space->param_count; i++)
        units[i] = unit(state);
}

static void draw_point(uint64_t *state, const struct problem *problem, double *point)
{
    draw_units(state, problem, point);
    search_space_decode(problem->space, point, point);
}

static struct problem_outcome evaluate(const struct problem *problem, const double *point,
                                       uint64_t draw)
{
    struct problem_outcome outcome = { 0 };

    problem->ops->evaluate(problem->state, point, draw, &outcome);
    return outcome;
}

static struct problem **make_suite(const char *suite, unsigned instance, bool is_quick,
                                   size_t *count)
{
    struct suite_query query = {
        .suite = suite, .first_instance = instance, .last_instance = instance, .is_quick = is_quick
    };
    struct assay_error err = { 0 };
    struct problem **problems = suite_problems(&query, count, &err);

    cr_assert(problems != NULL, "%s: %s", suite, err.message);
    cr_assert(lt(sz, 0, *count));
    return problems;
}

static void free_suite(struct problem **problems, size_t count)
{
    for (size_t i = 0; i < count; i++)
        problem_free(problems[i]);
    free(problems);
}

/* Calls look() with each problem of all computed suites. */
static void look_at_all(unsigned instance, bool is_quick, void (*look)(const struct problem *))
{
    for (size_t s = 0; computed[s]; s++) {
        size_t count = 0;
        struct problem **problems = make_suite(computed[s], instance, is_quick, &count);

        for (size_t i = 0; i < count; i++)
            look(problems[i]);
        free_suite(problems, count);
    }
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

static void expect_sound(const struct problem *problem)
{
    struct assay_faults faults = { 0 };

    search_space_check(problem->space, &faults);
    cr_assert(eq(sz, faults.count, 0), "%s", problem->name);
    assay_faults_clear(&faults);
    cr_assert(strlen(problem->name) + 1 < sizeof problem->name);
    cr_assert(strlen(problem->family) > 0 && strlen(problem->family) + 1 < sizeof problem->family);
    cr_assert(problem->typical > problem->optimum, "%s", problem->name);
    cr_assert(isfinite(problem->typical) && isfinite(problem->optimum));
}

Test(suites, spaces_have_no_faults_and_what_is_typical_is_worse_than_the_optimum)
{
    look_at_all(1, false, expect_sound);
}

static void expect_best(const struct problem *problem)
{
    struct problem_outcome outcome = { 0 };

    if (!problem->best) {
        cr_assert(eq(str, (char *)problem->suite, "S3")); /* enumerated below */
        return;
    }
    cr_assert(search_space_is_legal(problem->space, problem->best), "%s", problem->name);
    outcome = evaluate(problem, problem->best, 1);
    cr_assert(not(outcome.is_infeasible), "%s", problem->name);
    cr_assert(is_near(outcome.truth, problem->optimum), "%s: %.17g at its best, not %.17g",
              problem->name, outcome.truth, problem->optimum);
}

Test(suites, the_best_point_is_legal_and_feasible_and_has_the_optimal_truth)
{
    look_at_all(1, false, expect_best);
    look_at_all(6, false, expect_best);
}

static void expect_not_below(const struct problem *problem, const double *units, double *least)
{
    double point[PARAMS_MAX];
    struct problem_outcome outcome = { 0 };

    search_space_decode(problem->space, units, point);
    outcome = evaluate(problem, point, 1);
    *least = outcome.is_infeasible ? (double)INFINITY : outcome.truth;
    cr_assert(outcome.is_infeasible ||
                  *least >= problem->optimum - 1e-9 * fmax(1, fabs(problem->optimum)),
              "%s: %.17g is below %.17g", problem->name, *least, problem->optimum);
}

/* From the best of some random points on, changes of one coordinate by steps of all sizes. */
static void search_below(const struct problem *problem, int random_points, int steps)
{
    uint64_t state = 3;
    double best[PARAMS_MAX];
    double least = (double)INFINITY;

    for (int i = 0; i < random_points + steps; i++) {
        double units[PARAMS_MAX];
        double value = 0;
        size_t moved = (size_t)(unit(&state) * (double)problem->space->param_count);

        draw_units(&state, problem, units);
        if (i >= random_points && isfinite(least)) {
            double step = pow(10, -6 * unit(&state)) * (2 * unit(&state) - 1);

            memcpy(units, best, sizeof units);
            units[moved] = fmin(fmax(units[moved] + step, 0), 1);
        }
        expect_not_below(problem, units, &value);
        if (value < least) {
            least = value;
            memcpy(best, units, sizeof best);
        }
    }
}

static void search_thoroughly(const struct problem *problem)
{
    search_below(problem, 2000, 1000);
}

static void search_briefly(const struct problem *problem)
{
    search_below(problem, 50, 150);
}

Test(suites, neither_random_points_nor_a_local_search_get_below_the_optimum)
{
    look_at_all(3, true, search_thoroughly);
    look_at_all(2, false, search_briefly);
}

static void expect_least(struct problem *problem)
{
    size_t n = problem->space->param_count;
    size_t letters = problem->space->params[0].value_count;
    double point[PARAMS_MAX] = { 0 };
    double least = (double)INFINITY;
    size_t i = 0;

    while (i < n) { /* counts up; the last carry ends it */
        least = fmin(least, evaluate(problem, point, 1).truth);
        for (i = 0; i < n && point[i] + 1 == (double)letters; i++)
            point[i] = 0;
        if (i < n)
            point[i]++;
    }
    cr_assert(is_near(problem->optimum, least), "%s: %.17g instead of %.17g", problem->name,
              problem->optimum, least);
    problem_free(problem);
}

Test(suites, optima_of_combinatorial_problems_are_those_of_trying_all_points)
{
    for (unsigned instance = 1; instance <= 3; instance++) {
        expect_least(contamination_problem(10, instance));
        expect_least(pest_problem(6, instance));
        expect_least(sat_problem(12, instance));
        expect_least(nk_problem(12, 3, 2, instance));
        expect_least(nk_problem(7, 2, 3, instance));
    }
    expect_least(ising_problem(1));
    expect_least(centroid_problem(1));
}

static double spread_over_points(const struct problem *one, const struct problem *two)
{
    uint64_t state = 5;
    double sum = 0;

    for (int i = 0; i < 20; i++) {
        double point[PARAMS_MAX];
        double other[PARAMS_MAX];

        draw_units(&state, one, other);
        search_space_decode(one->space, other, point);
        search_space_decode(two->space, other, other);
        sum += fabs(evaluate(one, point, 1).truth - one->optimum - evaluate(two, other, 1).truth +
                    two->optimum);
    }
    return sum;
}

/* Infeasible points make the sum NaN, which is no equality either. */
Test(suites, instances_of_a_problem_differ_by_more_than_a_constant)
{
    for (size_t s = 0; computed[s]; s++) {
        size_t count = 0;
        size_t other_count = 0;
        struct problem **problems = make_suite(computed[s], 4, true, &count);
        struct problem **others = make_suite(computed[s], 5, true, &other_count);

        cr_assert(eq(sz, count, other_count));
        for (size_t i = 0; i < count; i++) {
            cr_assert(strcmp(problems[i]->name, others[i]->name) != 0);
            cr_assert(eq(str, problems[i]->family, others[i]->family));
            cr_assert(not(le(dbl, spread_over_points(problems[i], others[i]), 1e-6)), "%s",
                      problems[i]->name);
        }
        free_suite(problems, count);
        free_suite(others, other_count);
    }
}

static bool is_same(const struct problem_outcome *a, const struct problem_outcome *b)
{
    return a->is_infeasible == b->is_infeasible &&
           (a->is_infeasible || (a->value == b->value && a->truth == b->truth));
}

Test(suites, a_problem_made_again_is_the_same)
{
    for (size_t s = 0; computed[s]; s++) {
        size_t count = 0;
        struct problem **problems = make_suite(computed[s], 1, true, &count);
        struct problem **again = make_suite(computed[s], 1, true, &count);
        uint64_t state = 11;

        for (size_t i = 0; i < count; i++)
            for (uint64_t draw = 0; draw < 20; draw++) {
                double point[PARAMS_MAX];
                struct problem_outcome one = { 0 };
                struct problem_outcome two = { 0 };

                draw_point(&state, problems[i], point);
                one = evaluate(problems[i], point, draw);
                two = evaluate(again[i], point, draw);
                cr_assert(is_same(&one, &two), "%s", problems[i]->name);
                cr_assert(problems[i]->typical == again[i]->typical);
            }
        free_suite(problems, count);
        free_suite(again, count);
    }
}

enum { THREADS = 4, SHARED_POINTS = 100 };

struct shared {
    struct problem *const *problems;
    size_t count;
    double sum; /* of the values that are finite */
};

static void *sum_values(void *argument)
{
    struct shared *shared = argument;

    for (size_t i = 0; i < shared->count; i++) {
        uint64_t state = 13;

        for (uint64_t draw = 0; draw < SHARED_POINTS; draw++) {
            double point[PARAMS_MAX];
            struct problem_outcome outcome = { 0 };

            draw_point(&state, shared->problems[i], point);
            outcome = evaluate(shared->problems[i], point, draw);
            shared->sum += outcome.is_infeasible ? 1 : outcome.value;
        }
    }
    return NULL;
}

Test(suites, threads_that_share_problems_get_the_values_of_one_alone)
{
    for (size_t s = 0; computed[s]; s++) {
        size_t count = 0;
        struct problem **problems = make_suite(computed[s], 1, true, &count);
        struct shared alone = { problems, count, 0 };
        struct shared shared[THREADS];
        pthread_t threads[THREADS];

        (void)sum_values(&alone);
        for (int i = 0; i < THREADS; i++) {
            shared[i] = (struct shared){ problems, count, 0 };
            cr_assert(eq(int, pthread_create(&threads[i], NULL, sum_values, &shared[i]), 0));
        }
        for (int i = 0; i < THREADS; i++) {
            cr_assert(eq(int, pthread_join(threads[i], NULL), 0));
            cr_assert(shared[i].sum == alone.sum, "%s", computed[s]);
        }
        free_suite(problems, count);
    }
}

static double infeasible_share(const struct problem *problem)
{
    enum { POINTS = 5000 };
    uint64_t state = 17;
    int infeasible = 0;

    for (int i = 0; i < POINTS; i++) {
        double point[PARAMS_MAX];
        struct problem_outcome outcome = { 0 };

        draw_point(&state, problem, point);
        outcome = evaluate(problem, point, 1);
        infeasible += outcome.is_infeasible;
        cr_assert(outcome.is_infeasible == isnan(outcome.value));
    }
    return (double)infeasible / POINTS;
}

Test(suites, a_fifth_to_a_half_of_a_space_with_regions_fails_and_a_twentieth_to_a_tenth_crashes)
{
    size_t count = 0;
    struct problem **problems = make_suite("S7", 1, false, &count);

    for (size_t i = 0; i < count; i++) {
        bool is_crashing = strcmp(problems[i]->family, "crash") == 0;
        double share = infeasible_share(problems[i]);

        cr_assert(share >= (is_crashing ? 0.045 : 0.19) && share <= (is_crashing ? 0.105 : 0.51),
                  "%s: %g", problems[i]->name, share);
    }
    free_suite(problems, count);
}

static void expect_feasible(const struct problem *problem)
{
    uint64_t state = 19;

    for (int i = 0; i < 50 && strcmp(problem->suite, "S7") != 0; i++) {
        double point[PARAMS_MAX];

        draw_point(&state, problem, point);
        cr_assert(not(evaluate(problem, point, 1).is_infeasible), "%s", problem->name);
    }
}

Test(suites, nothing_fails_elsewhere)
{
    look_at_all(1, true, expect_feasible);
}

/* The share of evaluations further than 0.04 of the range from the truth, and the deviation. */
static void measure_noise(const struct problem *problem, double *far, double *deviation)
{
    enum { DRAWS = 4000 };
    double range = problem->typical - problem->optimum;
    double squares = 0;
    int count = 0;

    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        struct problem_outcome outcome = evaluate(problem, problem->best, draw);
        double noise = (outcome.value - outcome.truth) / range;

        squares += noise * noise;
        count += fabs(noise) > 0.04;
    }
    *far = (double)count / DRAWS;
    *deviation = sqrt(squares / DRAWS);
}

/* Deviations of 4000 draws lie within 5 % of the true one but for one case in a million. */
Test(suites, noise_has_the_size_its_family_says_and_outliers_are_one_in_twenty)
{
    static const struct {
        const char *family;
        double deviation;
        bool is_declared;
    } wanted[] = { { "gauss01", 0.01, false }, { "gauss10", 0.1, true }, { "gauss30", 0.3, true } };
    size_t count = 0;
    struct problem **problems = make_suite("S6", 1, true, &count);

    for (size_t i = 0; i < count; i++) {
        double far = 0;
        double deviation = 0;

        measure_noise(problems[i], &far, &deviation);
        if (strcmp(problems[i]->family, "heavy") == 0) {
            cr_assert(problems[i]->is_noisy);
            cr_assert(far > 0.03 && far < 0.06, "%s: %g", problems[i]->name, far);
        }
        for (size_t k = 0; k < 3; k++)
            if (strcmp(problems[i]->family, wanted[k].family) == 0) {
                cr_assert(fabs(deviation / wanted[k].deviation - 1) < 0.06, "%s: %g",
                          problems[i]->name, deviation);
                cr_assert(problems[i]->is_noisy == wanted[k].is_declared);
            }
    }
    free_suite(problems, count);
}

Test(suites, a_curve_ends_at_the_value_that_is_told_and_not_above_where_it_began)
{
    size_t count = 0;
    struct problem **problems = make_suite("curves", 1, false, &count);
    uint64_t state = 23;

    for (size_t i = 0; i < count; i++) {
        const struct problem *problem = problems[i];

        cr_assert(problem->curve_length >= 27 && problem->curve_length <= 81);
        for (uint64_t draw = 0; draw < 50; draw++) {
            double noise = 0.05 * (problem->typical - problem->optimum);
            double point[PARAMS_MAX];
            struct problem_outcome outcome = { 0 };
            double first = 0;

            draw_point(&state, problem, point);
            outcome = evaluate(problem, point, draw);
            first = problem->ops->curve(problem->state, point, draw, 1);
            cr_assert(problem->ops->curve(problem->state, point, draw, problem->curve_length) ==
                      outcome.value);
            cr_assert(isfinite(first) &&
                      (first > outcome.value - noise || strcmp(problem->family, "diverging") == 0));
        }
    }
    free_suite(problems, count);
}

/* How many of 100 pairs change their order between a third of the steps and the last one, and how
 * many of as many curves are higher at the end than they were at a third. */
static void count_turns(const struct problem *problem, int *crossed, int *risen)
{
    size_t third = problem->curve_length / 3;
    uint64_t state = 29;

    for (uint64_t draw = 0; draw < 100; draw++) {
        double early[2];
        double late[2];

        for (int k = 0; k < 2; k++) {
            double point[PARAMS_MAX];

            draw_point(&state, problem, point);
            early[k] = problem->ops->curve(problem->state, point, draw, third);
            late[k] = problem->ops->curve(problem->state, point, draw, problem->curve_length);
        }
        *crossed += (early[0] < early[1]) != (late[0] < late[1]);
        *risen += late[0] > early[0] + 0.05 * (problem->typical - problem->optimum);
    }
}

Test(suites, crossing_curves_cross_and_diverging_ones_rise)
{
    size_t count = 0;
    struct problem **problems = make_suite("curves", 1, false, &count);

    for (size_t i = 0; i < count; i++) {
        int crossed = 0;
        int risen = 0;

        count_turns(problems[i], &crossed, &risen);
        if (strcmp(problems[i]->family, "crossing") == 0)
            cr_assert(crossed >= 10, "%s: %d", problems[i]->name, crossed);
        if (strcmp(problems[i]->family, "diverging") == 0)
            cr_assert(risen >= 5, "%s: %d", problems[i]->name, risen);
        else
            cr_assert(eq(int, risen, 0), "%s", problems[i]->name);
    }
    free_suite(problems, count);
}

Test(suites, four_fifths_of_a_mixed_space_are_integers)
{
    size_t count = 0;
    struct problem **problems = make_suite("S2", 1, true, &count);

    for (size_t i = 0; i < count; i++) {
        size_t integers = 0;

        for (size_t k = 0; k < problems[i]->space->param_count; k++)
            integers += problems[i]->space->params[k].type == PARAM_INTEGER;
        cr_assert(eq(sz, integers * 5, problems[i]->space->param_count * 4));
    }
    free_suite(problems, count);
}

Test(suites, names_are_unique_and_quick_is_a_small_part)
{
    for (size_t s = 0; computed[s]; s++) {
        size_t count = 0;
        size_t quick_count = 0;
        struct problem **problems = make_suite(computed[s], 1, false, &count);
        struct problem **quick = make_suite(computed[s], 1, true, &quick_count);

        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < i; k++)
                cr_assert(strcmp(problems[i]->name, problems[k]->name) != 0);
        cr_assert(le(sz, quick_count * 3, count));
        free_suite(problems, count);
        free_suite(quick, quick_count);
    }
}

Test(suites, a_suite_that_is_not_there_is_named_and_no_instances_are_no_failure)
{
    struct suite_query query = { .suite = "S99", .first_instance = 1, .last_instance = 1 };
    struct assay_error err = { 0 };
    size_t count = 1;
    struct problem **problems = suite_problems(&query, &count, &err);

    cr_assert(problems == NULL);
    cr_assert(strstr(err.message, "S99") != NULL);
    query = (struct suite_query){ .suite = "S1", .first_instance = 2, .last_instance = 1 };
    problems = suite_problems(&query, &count, &err);
    cr_assert(problems != NULL);
    cr_assert(eq(sz, count, 0));
    free(problems);
}
