#include "search/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gsl/gsl_cdf.h>
#include <string.h>

/* The published vectors of Salmon et al. for philox4x32 with 10 rounds (their kat_vectors). */
static const struct {
    uint32_t counter[4];
    uint32_t key[2];
    uint32_t out[4];
} published[] = {
    { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
      { 0xffffffff, 0xffffffff },
      { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
      { 0xa4093822, 0x299f31d0 },
      { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
};

Test(random, philox_gives_the_published_vectors)
{
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        uint32_t out[4];

        random_philox(published[i].counter, published[i].key, out);
        cr_assert(memcmp(out, published[i].out, sizeof out) == 0, "vector %zu", i);
    }
}

Test(random, every_part_of_the_name_changes_the_number)
{
    static const struct random_stream base = { .seed = 7,
                                               .trial = 9,
                                               .purpose = RANDOM_SUGGESTION };
    struct random_stream other[5] = { base, base, base, base, base };
    uint64_t bits = random_bits(&base, 3);

    other[0].seed = 8;
    other[1].seed = 7 + (UINT64_C(1) << 32);
    other[2].trial = 10;
    other[3].trial = 9 + (UINT64_C(1) << 32);
    other[4].purpose = RANDOM_SOBOL_TAIL;
    for (size_t i = 0; i < 5; i++)
        cr_assert(ne(u64, random_bits(&other[i], 3), bits));
    cr_assert(ne(u64, random_bits(&base, 4), bits));
    cr_assert(eq(u64, random_bits(&base, 3), bits));
}

/* p of the chi-square test of counts that should be equal. */
static double equal_counts_p(const int *counts, int bins, double total)
{
    double expected = total / bins;
    double chi_square = 0;

    for (int i = 0; i < bins; i++)
        chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    return gsl_cdf_chisq_Q(chi_square, bins - 1);
}

/* The seeds are fixed; for a perfect generator one pick of seeds in a million would fail. */
Test(random, units_are_uniform_along_indices_and_along_trials)
{
    enum { BINS = 100, DRAWS = 200000 };
    int by_index[BINS] = { 0 };
    int by_trial[BINS] = { 0 };
    struct random_stream stream = { .seed = 42, .trial = 1, .purpose = RANDOM_SUGGESTION };

    for (uint32_t i = 0; i < DRAWS; i++) {
        double unit = random_unit(&stream, i);

        cr_assert(unit >= 0 && unit < 1);
        by_index[(int)(unit * BINS)]++;
    }
    for (stream.trial = 1; stream.trial <= DRAWS; stream.trial++)
        by_trial[(int)(random_unit(&stream, 0) * BINS)]++;
    cr_assert(lt(dbl, 5e-7, equal_counts_p(by_index, BINS, DRAWS)));
    cr_assert(lt(dbl, 5e-7, equal_counts_p(by_trial, BINS, DRAWS)));
}

Test(random, neighbouring_trials_are_independent_in_pairs)
{
    enum { SIDE = 16, DRAWS = 200000 };
    int counts[SIDE * SIDE] = { 0 };
    struct random_stream stream = { .seed = 1, .purpose = RANDOM_SUGGESTION };

    for (stream.trial = 1; stream.trial <= DRAWS; stream.trial++) {
        struct random_stream next = stream;

        next.trial++;
        counts[(int)(random_unit(&stream, 5) * SIDE) * SIDE +
               (int)(random_unit(&next, 5) * SIDE)]++;
    }
    cr_assert(lt(dbl, 1e-6, equal_counts_p(counts, SIDE * SIDE, DRAWS)));
}
