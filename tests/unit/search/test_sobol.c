#include "search/sobol.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_qrng.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Another program with the same direction numbers; see golden/sobol_scipy.py. */
Test(sobol, plain_points_are_those_of_scipy_up_to_the_last_dimension)
{
    struct sobol *sobol = sobol_new(SOBOL_DIMENSIONS, 1);
    FILE *file = fopen(GOLDEN "/sobol_scipy.txt", "re");
    char line[128];
    int compared = 0;

    cr_assert(file != NULL && sobol != NULL);
    while (fgets(line, sizeof line, file)) {
        char *end = line;
        uint64_t index = strtoull(end, &end, 10);
        size_t dimension = strtoul(end, &end, 10);
        uint64_t fraction = strtoull(end, &end, 16);

        if (line[0] == '#')
            continue;
        cr_assert(eq(u64, sobol_plain(sobol, index, dimension), fraction << 32));
        compared++;
    }
    cr_assert(lt(int, 1000, compared));
    (void)fclose(file);
    sobol_free(sobol);
}

/*
 * GSL has other initial numbers (Bratley and Fox 1988), which agree with ours in the first two
 * dimensions only. It leaves out the point at the origin.
 */
Test(sobol, plain_points_are_those_of_gsl_where_the_tables_agree)
{
    enum { DIMENSIONS = 2 };
    struct sobol *sobol = sobol_new(DIMENSIONS, 1);
    gsl_qrng *twin = gsl_qrng_alloc(gsl_qrng_sobol, DIMENSIONS);

    for (uint64_t index = 1; index < 100000; index++) {
        double point[DIMENSIONS];

        (void)gsl_qrng_get(twin, point);
        for (size_t i = 0; i < DIMENSIONS; i++)
            cr_assert(eq(dbl, (double)sobol_plain(sobol, index, i) * 0x1p-64, point[i]));
    }
    gsl_qrng_free(twin);
    sobol_free(sobol);
}

/*
 * Naive twin of the order and the sum, in all 40 of GSL's dimensions: the set of GSL's first 2^m
 * points and of ours, sorted in one dimension, are the same multiples of 2^-m.
 */
Test(sobol, each_dimension_of_ours_and_of_gsl_runs_through_the_same_multiples)
{
    enum { DIMENSIONS = 40, POINTS = 1024 };
    struct sobol *sobol = sobol_new(DIMENSIONS, 1);
    gsl_qrng *twin = gsl_qrng_alloc(gsl_qrng_sobol, DIMENSIONS);
    static bool seen[2][DIMENSIONS][POINTS];

    memset(seen, 0, sizeof seen);
    for (uint64_t index = 0; index < POINTS; index++) {
        double point[DIMENSIONS] = { 0 };

        if (index)
            (void)gsl_qrng_get(twin, point);
        for (size_t i = 0; i < DIMENSIONS; i++) {
            seen[0][i][sobol_plain(sobol, index, i) >> 54] = true;
            seen[1][i][(int)(point[i] * POINTS)] = true;
        }
    }
    for (size_t i = 0; i < DIMENSIONS; i++)
        for (size_t k = 0; k < POINTS; k++)
            cr_assert(seen[0][i][k] && seen[1][i][k], "dimension %zu, multiple %zu", i, k);
    gsl_qrng_free(twin);
    sobol_free(sobol);
}

/*
 * Multiplication by x modulo the polynomial has the order 2^s - 1 exactly if it is primitive, which
 * makes each dimension a (0, 1)-sequence; no two may be the same.
 */
Test(sobol, every_polynomial_is_primitive_and_stands_once)
{
    static bool seen[1 << 15];

    memset(seen, 0, sizeof seen);
    cr_assert(eq(int, sobol_polynomials[0], 1));
    for (size_t i = 1; i < SOBOL_DIMENSIONS; i++) {
        unsigned polynomial = sobol_polynomials[i];
        unsigned top = 1;
        unsigned power = 1;
        unsigned order = 0;

        while (top << 1 <= polynomial)
            top <<= 1;
        do {
            power <<= 1;
            if (power & top)
                power ^= polynomial;
            order++;
        } while (power != 1 && order < top);
        cr_assert(top == 2 || order == top - 1, "dimension %zu", i);
        cr_assert(not(seen[polynomial]));
        seen[polynomial] = true;
    }
}

Test(sobol, every_initial_number_is_odd_and_small_enough)
{
    size_t at = 0;

    for (size_t i = 1; i < SOBOL_DIMENSIONS; i++)
        for (unsigned k = 1; sobol_polynomials[i] >> k; k++, at++)
            cr_assert(sobol_initials[at] % 2 == 1 && sobol_initials[at] >> k == 0);
    cr_assert(eq(sz, at, (size_t)SOBOL_INITIALS));
}

/*
 * Naive twin of the recurrence, as Joe and Kuo write it with integers m_k and signs as sums mod 2;
 * read off the points 2^k - 1 ^ 2^k, whose Gray codes differ in bit k alone.
 */
Test(sobol, direction_numbers_obey_the_recurrence_up_to_bit_60)
{
    struct sobol *sobol = sobol_new(SOBOL_DIMENSIONS, 1);
    const uint16_t *initial = sobol_initials;

    for (size_t i = 1; i < SOBOL_DIMENSIONS; i++) {
        uint64_t m[61] = { 0 };
        int s = 0;

        while (sobol_polynomials[i] >> (s + 1))
            s++;
        for (int k = 1; k <= 60; k++) {
            uint64_t index = UINT64_C(1) << (k - 1);
            uint64_t direction = sobol_plain(sobol, index, i) ^ sobol_plain(sobol, index - 1, i);

            if (k <= s) {
                m[k] = *initial++;
            } else {
                m[k] = m[k - s];
                for (int j = 1; j <= s; j++)
                    if (sobol_polynomials[i] >> (s - j) & 1)
                        m[k] ^= m[k - j] << j;
            }
            cr_assert(eq(u64, direction, m[k] << (64 - k)));
        }
    }
    sobol_free(sobol);
}

/* How many digits two fractions share before the first that differs. */
static int common_digits(uint64_t a, uint64_t b)
{
    return a == b ? 64 : __builtin_clzll(a ^ b);
}

Test(sobol, scrambling_keeps_the_length_of_common_prefixes)
{
    struct dice dice = dice_new();

    for (int i = 0; i < 100000; i++) {
        uint64_t key = dice_bits(&dice);
        uint64_t a = dice_bits(&dice);
        uint64_t b = a ^ dice_bits(&dice) >> dice_below(&dice, 64);

        cr_assert(eq(int, common_digits(sobol_scramble(a, key), sobol_scramble(b, key)),
                     common_digits(a, b)));
    }
}

/* Fixed keys, 5300 bins; perfect bits would be refused for one choice of keys in a million. */
Test(sobol, scrambling_flips_each_digit_by_a_fair_coin_of_its_prefix)
{
    enum { KEYS = 1000 };
    double chi_square = 0;
    int bins = 0;

    for (int digit = 0; digit < 53; digit++)
        for (uint64_t prefix = 0; prefix < 100; prefix++, bins++) {
            uint64_t fraction = digit ? prefix * UINT64_C(0x9E3779B97F4A7C15) : 0;
            int ones = 0;

            for (uint64_t key = 0; key < KEYS; key++)
                ones +=
                    (sobol_scramble(fraction, key * key + prefix) ^ fraction) >> (63 - digit) & 1;
            chi_square += (ones - KEYS / 2.0) * (ones - KEYS / 2.0) / (KEYS / 4.0);
        }
    cr_assert(lt(dbl, 5e-7, gsl_cdf_chisq_Q(chi_square, bins)));
    cr_assert(lt(dbl, 5e-7, gsl_cdf_chisq_P(chi_square, bins)));
}

Test(sobol, scrambled_points_keep_one_point_in_every_cell)
{
    enum { DIMENSIONS = 50, LOG = 9, POINTS = 1 << LOG };

    for (uint64_t seed = 0; seed < 5; seed++) {
        struct sobol *sobol = sobol_new(DIMENSIONS, seed);

        /* Any aligned block of 2^m points, in each dimension. */
        for (size_t i = 0; i < DIMENSIONS; i++) {
            bool seen[POINTS] = { false };

            for (uint64_t index = UINT64_C(3) * POINTS; index < UINT64_C(4) * POINTS; index++) {
                size_t cell = (size_t)(sobol_unit(sobol, index, i) * POINTS);

                cr_assert(not(seen[cell]));
                seen[cell] = true;
            }
        }
        /* The first two dimensions together, in boxes of every shape (t = 0). */
        for (int wide = 0; wide <= LOG; wide++) {
            bool seen[POINTS] = { false };

            for (uint64_t index = 0; index < POINTS; index++) {
                size_t x = (size_t)(sobol_unit(sobol, index, 0) * (1 << wide));
                size_t y = (size_t)(sobol_unit(sobol, index, 1) * (1 << (LOG - wide)));

                cr_assert(not(seen[x << (LOG - wide) | y]));
                seen[x << (LOG - wide) | y] = true;
            }
        }
        sobol_free(sobol);
    }
}

/* Over seeds each point is uniform: a fixed set of 20000 seeds, false alarm 1e-6. */
Test(sobol, each_scrambled_point_is_uniform_over_the_seeds)
{
    enum { SEEDS = 20000, SIDE = 8 };
    int counts[SIDE * SIDE] = { 0 };
    double expected = SEEDS / (double)(SIDE * SIDE);
    double chi_square = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sobol *sobol = sobol_new(2, seed);

        counts[(int)(sobol_unit(sobol, 5, 0) * SIDE) * SIDE +
               (int)(sobol_unit(sobol, 5, 1) * SIDE)]++;
        sobol_free(sobol);
    }
    for (int i = 0; i < SIDE * SIDE; i++)
        chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    cr_assert(lt(dbl, 1e-6, gsl_cdf_chisq_Q(chi_square, SIDE * SIDE - 1)));
}

Test(sobol, a_space_without_dimensions_and_no_memory_are_borne)
{
    struct sobol *sobol = sobol_new(0, 1);

    cr_assert(sobol != NULL);
    cr_assert(eq(sz, sobol_dimension(sobol), (size_t)0));
    sobol_free(sobol);
    sobol_free(NULL);
    allocations_fail_after(0);
    sobol = sobol_new(3, 1);
    allocations_fail_after(-1);
    cr_assert(sobol == NULL);
}
