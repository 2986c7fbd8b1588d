#include "engine/data/split.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

static const double usual[SPLIT_SETS] = { 0.8, 0.1, 0.1 };

Test(split, absent_fractions_share_the_rest_as_8_to_1_to_1)
{
    double none[SPLIT_SETS] = { NAN, NAN, NAN };
    double one[SPLIT_SETS] = { NAN, 0.5, NAN };
    double two[SPLIT_SETS] = { 0.6, NAN, 0.3 };
    double full[SPLIT_SETS] = { 1, NAN, NAN };
    double given[SPLIT_SETS] = { 0.5, 0.1, 0.1 };

    split_fill_fractions(none);
    split_fill_fractions(one);
    split_fill_fractions(two);
    split_fill_fractions(full);
    split_fill_fractions(given);
    for (int i = 0; i < SPLIT_SETS; i++)
        cr_assert(epsilon_eq(dbl, none[i], usual[i], 1e-12));
    cr_assert(epsilon_eq(dbl, one[SPLIT_TRAINING], 0.5 * 8 / 9, 1e-12));
    cr_assert(epsilon_eq(dbl, one[SPLIT_TEST], 0.5 / 9, 1e-12));
    cr_assert(epsilon_eq(dbl, two[SPLIT_VALIDATION], 0.1, 1e-12));
    cr_assert(eq(dbl, full[SPLIT_VALIDATION], 0));
    cr_assert(eq(dbl, full[SPLIT_TEST], 0));
    cr_assert(eq(dbl, given[SPLIT_TRAINING], 0.5));
}

static void draw(const double fractions[SPLIT_SETS], uint64_t seed, int64_t known, int64_t rows,
                 int64_t counts[SPLIT_SETS + 1])
{
    struct split_lots lots;

    for (int i = 0; i <= SPLIT_SETS; i++)
        counts[i] = 0;
    split_lots_begin(&lots, fractions, seed, known);
    for (int64_t i = 0; i < rows; i++) {
        enum split_set set = split_lots_next(&lots);

        counts[set == SPLIT_IGNORED ? SPLIT_SETS : set]++;
    }
}

Test(split, a_known_number_of_rows_is_shared_to_the_row)
{
    static const double table[][SPLIT_SETS] = { { 0.8, 0.1, 0.1 },       { 0.7, 0.15, 0.15 },
                                                { 0.5, 0.1, 0.1 },       { 1, 0, 0 },
                                                { 0.333, 0.333, 0.333 }, { 0, 0, 0.001 } };
    int64_t counts[SPLIT_SETS + 1];

    for (size_t f = 0; f < sizeof table / sizeof *table; f++) {
        for (int64_t rows = 0; rows < 3300; rows += rows < 40 ? 1 : 271) {
            draw(table[f], 3, rows, rows, counts);
            for (int i = 0; i < SPLIT_SETS; i++)
                cr_assert(lt(dbl, fabs((double)counts[i] - table[f][i] * (double)rows), 1.5),
                          "%zu: set %d of %ld rows", f, i, (long)rows);
        }
    }
}

Test(split, round_shares_are_exact_and_small_tables_begin_with_training)
{
    int64_t counts[SPLIT_SETS + 1];

    draw(usual, 11, 10, 10, counts);
    cr_assert(eq(i64, counts[SPLIT_TRAINING], 8));
    cr_assert(eq(i64, counts[SPLIT_VALIDATION], 1));
    draw(usual, 11, 150, 150, counts);
    cr_assert(eq(i64, counts[SPLIT_TRAINING], 120));
    cr_assert(eq(i64, counts[SPLIT_VALIDATION], 15));
    cr_assert(eq(i64, counts[SPLIT_TEST], 15));
    draw(usual, 11, 1, 1, counts);
    cr_assert(eq(i64, counts[SPLIT_TRAINING], 1));
    draw(usual, 11, 4, 4, counts);
    cr_assert(eq(i64, counts[SPLIT_TRAINING], 3));
}

Test(split, an_unknown_number_of_rows_is_exact_after_each_run)
{
    const double odd[SPLIT_SETS] = { 0.7777, 0.1111, 0.1112 };
    int64_t counts[SPLIT_SETS + 1];

    for (int64_t rows = SPLIT_RUN; rows <= 20 * SPLIT_RUN; rows += SPLIT_RUN) {
        draw(odd, 5, -1, rows, counts);
        for (int i = 0; i < SPLIT_SETS; i++)
            cr_assert(lt(dbl, fabs((double)counts[i] - odd[i] * (double)rows), 1.5));
    }
}

Test(split, what_the_fractions_leave_is_no_sets)
{
    const double part[SPLIT_SETS] = { 0.3, 0.1, 0.1 };
    int64_t counts[SPLIT_SETS + 1];

    draw(part, 1, 1000, 1000, counts);
    cr_assert(eq(i64, counts[SPLIT_SETS], 500));
    cr_assert(eq(i64, counts[SPLIT_TRAINING], 300));
}

Test(split, past_the_count_nothing_is_drawn)
{
    int64_t counts[SPLIT_SETS + 1];

    draw(usual, 1, 5, 8, counts);
    cr_assert(eq(i64, counts[SPLIT_SETS], 3));
}

/* 4,000 seeds: a row's chance of training is 0.8, with a standard error of 0.0063. Six of these for
 * 100 rows: a false alarm once in five million runs. */
Test(split, each_place_of_the_table_has_the_same_chances)
{
    enum { SEEDS = 4000, ROWS = 100 };
    int training[ROWS] = { 0 };

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct split_lots lots;

        split_lots_begin(&lots, usual, seed, -1);
        for (int row = 0; row < ROWS; row++)
            training[row] += split_lots_next(&lots) == SPLIT_TRAINING;
    }
    for (int row = 0; row < ROWS; row++)
        cr_assert(lt(dbl, fabs(training[row] / (double)SEEDS - 0.8), 6 * 0.0063), "row %d", row);
}

/* Part of what a seed means: these never change. */
Test(split, golden_lots)
{
    static const char golden[] = "vttttetetvtvvvvttvte-tvvttee-veevettttvttttevtttv-ttttteevet";
    struct split_lots lots;

    split_lots_begin(&lots, (const double[]){ 0.5, 0.25, 0.2 }, 42, 60);
    for (const char *set = golden; *set; set++)
        cr_assert(eq(chr, "-tve"[split_lots_next(&lots) + 1], *set), "row %td", set - golden);
}

/* Largest remainders, for a count whose shares are shared out once. */
Test(split, shares_round_up_those_with_the_largest_remainders)
{
    int64_t shares[SPLIT_SETS + 1];

    split_share((const double[]){ 0.55, 0.27, 0.18 }, 10, NULL, shares);
    cr_assert(eq(i64, shares[0], 5));
    cr_assert(eq(i64, shares[1], 3));
    cr_assert(eq(i64, shares[2], 2));
    cr_assert(eq(i64, shares[3], 0));
}

Test(split, many_small_counts_add_up_and_each_is_rounded_down_or_up)
{
    double owed[SPLIT_SETS + 1] = { 0 };
    double wanted[SPLIT_SETS] = { 0 };
    int64_t sums[SPLIT_SETS] = { 0 };

    srandom(9);
    for (int step = 0; step < 500; step++) {
        int64_t count = 3 + random() % 20;
        int64_t shares[SPLIT_SETS + 1];

        split_share(usual, count, owed, shares);
        cr_assert(eq(i64, shares[0] + shares[1] + shares[2] + shares[3], count));
        for (int i = 0; i < SPLIT_SETS; i++) {
            double share = usual[i] * (double)count;

            cr_assert(ge(dbl, (double)shares[i], floor(share + 1e-9)));
            cr_assert(le(dbl, (double)shares[i], ceil(share - 1e-9)));
            wanted[i] += share;
            sums[i] += shares[i];
            cr_assert(lt(dbl, fabs(wanted[i] - (double)sums[i]), 2), "step %d set %d", step, i);
        }
    }
}
