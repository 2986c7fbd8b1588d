#include "search/sampler.h"

#include "support.h"

#include "assay/value.h"
#include "search/grid.h"
#include "search/sobol.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 16 };

/* Those that need no history. */
enum { ALGORITHM_COUNT = 3 };
static const char *const algorithms[ALGORITHM_COUNT] = { "random", "grid", "sobol" };

static struct sampler *new_sampler(const char *algorithm, uint64_t seed, int64_t budget,
                                   const struct search_space *space)
{
    struct sampler_options options = { .algorithm = algorithm,
                                       .seed = seed,
                                       .max_trial_count = budget };
    struct assay_error err = { 0 };
    struct sampler *sampler = sampler_new(&options, space, &err);

    cr_assert(sampler != NULL, "%s", err.message);
    return sampler;
}

static enum sampler_answer suggest(const struct sampler *sampler, uint64_t trial, double *point)
{
    struct sampler_query query = { .trial_number = trial };
    struct assay_error err = { 0 };
    struct provenance provenance;

    return sampler_suggest(sampler, &query, point, &provenance, &err);
}

Test(sampler, all_algorithms_are_known_and_no_other)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++)
        cr_assert(sampler_is_known(algorithms[i]));
    cr_assert(not(sampler_is_known("Random")));
    cr_assert(not(sampler_is_known("")));
}

Test(sampler, an_unknown_algorithm_is_answered_with_those_that_exist)
{
    struct search_space *space = mixed_space();
    struct sampler_options options = { .algorithm = "randon" };
    struct assay_error err = { 0 };

    cr_assert(sampler_new(&options, space, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(strcmp(err.field, "study_spec.algorithm") == 0);
    cr_assert(strstr(err.message, "did you mean \"random\"") != NULL);
    cr_assert(strstr(err.message, "default, gp, random, grid, sobol") != NULL);
    search_space_free(space);
}

Test(sampler, grid_refuses_doubles_and_says_the_way_out)
{
    struct search_space *space = mixed_space();
    struct sampler_options options = { .algorithm = "grid", .max_trial_count = 10 };
    struct assay_error err = { 0 };

    cr_assert(sampler_new(&options, space, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(strcmp(err.field, "study_spec.algorithm") == 0);
    cr_assert(strstr(err.message, "\"learning_rate\"") != NULL);
    cr_assert(strstr(err.message, "RANDOM_SEARCH") != NULL);
    cr_assert(strstr(err.message, "DISCRETE") != NULL);
    search_space_free(space);
}

Test(sampler, every_suggestion_is_legal_repeatable_and_allocates_nothing)
{
    struct search_space *space = countable_space();

    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        struct sampler *one = new_sampler(algorithms[i], 9, 100, space);
        struct sampler *other = new_sampler(algorithms[i], 9, 100, space);

        (void)allocations_counted();
        for (uint64_t trial = 100; trial > 0; trial--) {
            double point[PARAMS_MAX];
            double again[PARAMS_MAX];

            cr_assert(eq(int, suggest(one, trial, point), SAMPLER_POINT));
            cr_assert(search_space_is_legal(space, point));
            cr_assert(eq(int, suggest(other, trial, again), SAMPLER_POINT));
            cr_assert(is_same_point(point, again, space->param_count));
        }
        cr_assert(eq(int, allocations_counted(), 0));
        sampler_free(one);
        sampler_free(other);
    }
    sampler_free(NULL);
    search_space_free(space);
}

Test(sampler, points_are_legal_at_the_largest_trial_numbers)
{
    struct search_space *space = mixed_space();

    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        struct sampler *sampler = NULL;

        if (strcmp(algorithms[i], "grid") == 0)
            continue;
        sampler = new_sampler(algorithms[i], UINT64_MAX, INT64_MAX, space);
        for (uint64_t trial = UINT64_MAX; trial > UINT64_MAX - 50; trial--) {
            double point[PARAMS_MAX];

            cr_assert(eq(int, suggest(sampler, trial, point), SAMPLER_POINT));
            cr_assert(search_space_is_legal(space, point));
        }
        sampler_free(sampler);
    }
    search_space_free(space);
}

Test(sampler, seeds_make_different_studies)
{
    struct search_space *space = mixed_space();

    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        struct sampler *one = NULL;
        struct sampler *other = NULL;
        double point[PARAMS_MAX];
        double again[PARAMS_MAX];

        if (strcmp(algorithms[i], "grid") == 0)
            continue;
        one = new_sampler(algorithms[i], 1, 10, space);
        other = new_sampler(algorithms[i], 2, 10, space);
        (void)suggest(one, 2, point);
        (void)suggest(other, 2, again);
        cr_assert(ne(dbl, point[0], again[0]));
        sampler_free(one);
        sampler_free(other);
    }
    search_space_free(space);
}

/*
 * Fixed seed; a perfect sampler would be refused for one seed in a million. Kolmogorov's limit
 * distribution: P(D sqrt(n) > t) = 2 exp(-2 t^2) in the far tail, t = 2.7 for 1e-6.
 */
static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

Test(sampler, random_doubles_are_uniform_on_their_scale)
{
    enum { DRAWS = 20000 };
    static double units[DRAWS];
    struct search_space *space = mixed_space();
    struct sampler *sampler = new_sampler("random", 11, DRAWS, space);
    double worst = 0;

    for (uint64_t trial = 1; trial <= DRAWS; trial++) {
        double point[PARAMS_MAX];

        (void)suggest(sampler, trial, point);
        units[trial - 1] = log(point[0] / 1e-5) / log(1e-1 / 1e-5);
    }
    qsort(units, DRAWS, sizeof units[0], compare_doubles);
    for (int i = 0; i < DRAWS; i++)
        worst = fmax(worst, fmax((i + 1.0) / DRAWS - units[i], units[i] - i / (double)DRAWS));
    cr_assert(lt(dbl, worst * sqrt(DRAWS), 2.7));
    sampler_free(sampler);
    search_space_free(space);
}

Test(sampler, random_values_of_cells_come_as_often_as_their_cells_are_wide)
{
    enum { DRAWS = 60000, LAYERS = 1, OPTIMIZER = 4, BATCH = 7 };
    /* batch_size: logs in units of ln 2 are 4 5 6 8, so the range is 3.5 .. 9. */
    static const double shares[] = { 1 / 5.5, 1 / 5.5, 1.5 / 5.5, 2 / 5.5 };
    static const double sizes[] = { 16, 32, 64, 256 };
    struct search_space *space = mixed_space();
    struct sampler *sampler = new_sampler("random", 5, DRAWS, space);
    double counts[3][4] = { { 0 } };
    double chi_square[3] = { 0 };

    for (uint64_t trial = 1; trial <= DRAWS; trial++) {
        double point[PARAMS_MAX];

        (void)suggest(sampler, trial, point);
        counts[0][(int)point[LAYERS] - 1]++;
        counts[1][(int)point[OPTIMIZER]]++;
        for (int i = 0; i < 4; i++)
            counts[2][i] += point[BATCH] == sizes[i];
    }
    for (int i = 0; i < 4; i++) {
        double expected[] = { DRAWS / 4.0, DRAWS / 3.0, DRAWS * shares[i] };

        for (int k = 0; k < 3; k++)
            if (!(k == 1 && i == 3))
                chi_square[k] += pow(counts[k][i] - expected[k], 2) / expected[k];
    }
    cr_assert(lt(dbl, 3e-7, gsl_cdf_chisq_Q(chi_square[0], 3)));
    cr_assert(lt(dbl, 3e-7, gsl_cdf_chisq_Q(chi_square[1], 2)));
    cr_assert(lt(dbl, 3e-7, gsl_cdf_chisq_Q(chi_square[2], 3)));
    sampler_free(sampler);
    search_space_free(space);
}

Test(sampler, sobol_spreads_integers_evenly_where_random_draws_do_not)
{
    struct search_space *space = search_space_new();
    struct sampler *sampler = NULL;
    int counts[8] = { 0 };

    (void)add_integer(space, "n", 0, 7, SCALE_NONE);
    sampler = new_sampler("sobol", 77, 64, space);
    for (uint64_t trial = 1; trial <= 64; trial++) {
        double point[1];

        (void)suggest(sampler, trial, point);
        counts[(int)point[0]]++;
    }
    for (int i = 0; i < 8; i++)
        cr_assert(eq(int, counts[i], 8));
    sampler_free(sampler);
    search_space_free(space);
}

Test(sampler, sobol_goes_on_with_random_draws_past_its_last_dimension)
{
    enum { COUNT = SOBOL_DIMENSIONS + 3 };
    struct search_space *space = search_space_new();
    struct sampler *sampler = NULL;
    static double points[2][COUNT];

    for (int i = 0; i < COUNT; i++)
        (void)add_double(space, "x", 0, 1, SCALE_NONE);
    sampler = new_sampler("sobol", 1, 10, space);
    (void)suggest(sampler, 1, points[0]);
    (void)suggest(sampler, 2, points[1]);
    cr_assert(search_space_is_legal(space, points[0]));
    for (int i = SOBOL_DIMENSIONS; i < COUNT; i++)
        cr_assert(ne(dbl, points[0][i], points[1][i]));
    cr_assert(ne(dbl, points[0][COUNT - 1], points[0][COUNT - 2]));
    sampler_free(sampler);
    search_space_free(space);
}

Test(sampler, a_covered_grid_counts_with_the_first_parameter_fastest)
{
    static const char *const names[] = { "z", "a", "m" };
    struct search_space *space = search_space_new();
    struct sampler *sampler = NULL;
    double point[2];

    (void)add_integer(space, "n", 5, 6, SCALE_NONE);
    (void)add_category(space, "c", names, 3);
    sampler = new_sampler("grid", 0, 6, space);
    for (uint64_t trial = 1; trial <= 6; trial++) {
        uint64_t index = trial - 1;
        uint64_t category = index / 2;

        cr_assert(eq(int, suggest(sampler, trial, point), SAMPLER_POINT));
        cr_assert(eq(dbl, point[0], 5.0 + (double)(index % 2)));
        cr_assert(eq(dbl, point[1], (double)category));
    }
    cr_assert(eq(int, suggest(sampler, 7, point), SAMPLER_EXHAUSTED));
    cr_assert(eq(int, suggest(sampler, UINT64_MAX, point), SAMPLER_EXHAUSTED));
    sampler_free(sampler);
    search_space_free(space);
}

Test(sampler, the_grid_of_an_empty_space_is_one_empty_point)
{
    struct search_space *space = search_space_new();
    struct sampler *sampler = new_sampler("grid", 0, 10, space);
    double point[1];

    cr_assert(eq(int, suggest(sampler, 1, point), SAMPLER_POINT));
    cr_assert(eq(int, suggest(sampler, 2, point), SAMPLER_EXHAUSTED));
    sampler_free(sampler);
    search_space_free(space);
}

static int compare_points(const void *left, const void *right)
{
    return memcmp(left, right, PARAMS_MAX * sizeof(double));
}

/* With every budget: no point twice up to the grid's size, then the end. */
Test(sampler, grid_visits_every_combination_once_whatever_the_budget)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 300; round++) {
        struct search_space *space = random_tree(&dice, 1 + dice_below(&dice, 7));
        struct sampler *sampler = new_sampler("grid", 0, (int64_t)dice_below(&dice, 60) - 1, space);
        double(*points)[PARAMS_MAX] = NULL;
        double point[PARAMS_MAX] = { 0 };
        size_t count = 0;
        struct grid *grid = grid_new(space);
        grid_count size = 1;

        for (size_t i = 0; i < space->param_count; i++)
            if (space->params[i].parent == PARAM_NO_PARENT)
                size = grid_multiply(size, grid_size(grid, i));
        while (suggest(sampler, count + 1, point) == SAMPLER_POINT) {
            cr_assert(search_space_is_legal(space, point));
            points = realloc(points, (count + 1) * sizeof *points);
            memcpy(points[count++], point, sizeof point);
        }
        cr_assert(eq(u64, count, (uint64_t)size));
        qsort(points, count, sizeof *points, compare_points);
        for (size_t i = 1; i < count; i++)
            cr_assert(ne(int, compare_points(points[i - 1], points[i]), 0));
        free(points);
        grid_free(grid);
        sampler_free(sampler);
        search_space_free(space);
    }
}

static struct search_space *cube(size_t dimension, int side)
{
    struct search_space *space = search_space_new();

    for (size_t i = 0; i < dimension; i++)
        (void)add_integer(space, "n", 0, side - 1, SCALE_NONE);
    return space;
}

Test(sampler, a_small_budget_starts_in_the_middle_of_the_grid_and_meets_every_value)
{
    struct search_space *space = cube(5, 8);
    struct sampler *sampler = new_sampler("grid", 0, 64, space);
    int counts[5][8] = { { 0 } };
    double point[PARAMS_MAX];
    double first[PARAMS_MAX];

    search_space_first_point(space, first);
    (void)suggest(sampler, 1, point);
    cr_assert(is_same_point(point, first, 5));
    for (uint64_t trial = 1; trial <= 64; trial++) {
        (void)suggest(sampler, trial, point);
        for (int i = 0; i < 5; i++)
            counts[i][(int)point[i]]++;
    }
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 8; k++) /* 8 each would be perfect */
            cr_assert(counts[i][k] >= 4 && counts[i][k] <= 12, "%d times %d on axis %d",
                      counts[i][k], k, i);
    sampler_free(sampler);
    search_space_free(space);
}

/* How many of the 16 pairs of halved quarters (4 x 4) of each pair of axes stay empty. */
static int empty_cells(double (*points)[PARAMS_MAX], int count, int dimension, int side)
{
    int empty = 0;

    for (int a = 0; a < dimension; a++)
        for (int b = 0; b < a; b++) {
            int seen[16] = { 0 };

            for (int i = 0; i < count; i++)
                seen[(int)(points[i][a] * 4 / side) * 4 + (int)(points[i][b] * 4 / side)]++;
            for (int i = 0; i < 16; i++)
                empty += seen[i] == 0;
        }
    return empty;
}

Test(sampler, a_small_budget_covers_pairs_of_axes_better_than_chance)
{
    enum { DIMENSION = 4, SIDE = 12, BUDGET = 32 };
    static double points[BUDGET][PARAMS_MAX];
    struct search_space *space = cube(DIMENSION, SIDE);
    struct sampler *sampler = new_sampler("grid", 0, BUDGET, space);
    int by_grid = 0;
    int by_chance = 0;

    for (uint64_t trial = 1; trial <= BUDGET; trial++)
        (void)suggest(sampler, trial, points[trial - 1]);
    by_grid = empty_cells(points, BUDGET, DIMENSION, SIDE);
    sampler_free(sampler);
    for (uint64_t seed = 0; seed < 100; seed++) {
        sampler = new_sampler("random", seed, BUDGET, space);
        for (uint64_t trial = 1; trial <= BUDGET; trial++)
            (void)suggest(sampler, trial, points[trial - 1]);
        by_chance += empty_cells(points, BUDGET, DIMENSION, SIDE);
        sampler_free(sampler);
    }
    cr_assert(by_grid * 100 < by_chance / 2, "%d empty, %d by chance", by_grid, by_chance / 100);
    search_space_free(space);
}

/* 60 parameters of 10 values, 10^60 points, are more than one count holds. */
Test(sampler, a_grid_beyond_counting_is_spread_over_all_its_parameters)
{
    enum { DIMENSION = 60, BUDGET = 100 };
    static double points[BUDGET][DIMENSION];
    struct search_space *space = cube(DIMENSION, 10);
    struct sampler *sampler = new_sampler("grid", 0, BUDGET, space);

    for (uint64_t trial = 1; trial <= BUDGET; trial++) {
        cr_assert(eq(int, suggest(sampler, trial, points[trial - 1]), SAMPLER_POINT));
        cr_assert(search_space_is_legal(space, points[trial - 1]));
    }
    for (int i = 0; i < DIMENSION; i++) {
        bool seen[10] = { false };
        int values = 0;

        for (int t = 0; t < BUDGET; t++)
            seen[(int)points[t][i]] = true;
        for (int k = 0; k < 10; k++)
            values += seen[k];
        cr_assert(values >= 8, "axis %d has %d of 10 values", i, values);
        for (int k = 0; k < i; k++) { /* no two axes go in step */
            bool differ = false;

            for (int t = 0; t < BUDGET; t++)
                differ = differ || points[t][i] != points[t][k];
            cr_assert(differ, "axes %d and %d", i, k);
        }
    }
    sampler_free(sampler);
    sampler = new_sampler("grid", 0, 0, space); /* no limit known: counting order */
    (void)suggest(sampler, 1234, points[0]);
    cr_assert(points[0][0] == 3 && points[0][1] == 3 && points[0][2] == 2 && points[0][3] == 1);
    sampler_free(sampler);
    search_space_free(space);
}

Test(sampler, a_failed_allocation_is_an_error_and_leaks_nothing)
{
    struct search_space *space = countable_space();

    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        struct sampler_options options = { .algorithm = algorithms[i], .max_trial_count = 5 };
        struct sampler *sampler = NULL;

        for (int successes = 0; !sampler; successes++) {
            struct assay_error err = { 0 };
            bool has_failed = false;

            allocations_fail_after(successes);
            sampler = sampler_new(&options, space, &err);
            has_failed = allocations_have_failed();
            allocations_fail_after(-1);
            cr_assert(eq(int, sampler != NULL, !has_failed));
            cr_assert(eq(int, err.code, has_failed ? ASSAY_EXHAUSTED : ASSAY_OK));
        }
        sampler_free(sampler);
    }
    search_space_free(space);
}

/* One line a trial: its number, then the values, "-" for an inactive one. */
static void print_points(FILE *out, const struct sampler *sampler, const struct search_space *space)
{
    for (uint64_t trial = 1; trial <= 16; trial++) {
        double point[PARAMS_MAX];

        cr_assert(eq(int, suggest(sampler, trial, point), SAMPLER_POINT));
        (void)fprintf(out, "%d", (int)trial);
        for (size_t i = 0; i < space->param_count; i++) {
            char text[ASSAY_NUMBER_TEXT];

            (void)fprintf(
                out, " %s",
                isnan(point[i]) ? "-" : param_spec_value_text(&space->params[i], point[i], text));
        }
        (void)fputc('\n', out);
    }
}

/* Compares with golden/<name>.txt; with ASSAY_GOLDEN=write in the environment, writes it. */
static void expect_golden(const char *name, const char *algorithm, int64_t budget,
                          struct search_space *space)
{
    struct sampler *sampler = new_sampler(algorithm, 42, budget, space);
    const char *mode = getenv("ASSAY_GOLDEN");
    bool is_written = mode && strcmp(mode, "write") == 0;
    char path[512];
    char *text = NULL;
    char *golden = NULL;
    size_t size = 0;
    size_t golden_size = 0;
    FILE *out = open_memstream(&text, &size);
    FILE *file = NULL;

    print_points(out, sampler, space);
    (void)fclose(out);
    (void)snprintf(path, sizeof path, "%s/%s.txt", GOLDEN, name);
    file = fopen(path, is_written ? "we" : "re");
    cr_assert(file != NULL, "%s", path);
    if (is_written) {
        cr_assert(eq(sz, fwrite(text, 1, size, file), size));
    } else {
        golden = calloc(1, size + 2);
        golden_size = fread(golden, 1, size + 1, file);
        cr_assert(golden_size == size && memcmp(golden, text, size) == 0,
                  "%s has\n%sinstead of\n%s", path, golden, text);
    }
    (void)fclose(file);
    free(golden);
    free(text);
    sampler_free(sampler);
    search_space_free(space);
}

Test(sampler, random_gives_its_golden_points)
{
    expect_golden("random", "random", 100, mixed_space());
}

Test(sampler, sobol_gives_its_golden_points)
{
    expect_golden("sobol", "sobol", 100, mixed_space());
}

Test(sampler, grid_gives_its_golden_points_in_counting_order)
{
    expect_golden("grid_counting", "grid", 1000, countable_space());
}

Test(sampler, grid_gives_its_golden_points_under_a_small_budget)
{
    expect_golden("grid_lattice", "grid", 20, countable_space());
}
