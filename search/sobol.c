#include "search/sobol.h"

#include "search/random.h"

#include <assert.h>
#include <stdlib.h>

enum { NESTED_DIGITS = 32 };

struct sobol {
    size_t dimension;
    uint64_t *keys;        /* dimension: the scrambling's */
    uint64_t directions[]; /* dimension x SOBOL_BITS, row-major, then the keys */
};

static int degree_of(unsigned polynomial)
{
    int degree = 0;

    while (polynomial >> (degree + 1))
        degree++;
    return degree;
}

/*
 * Direction numbers as binary fractions: v_k = m_k / 2^k. Beyond the initial ones, with the
 * polynomial x^s + a_1 x^(s-1) + ... + a_(s-1) x + 1 (Joe and Kuo 2003, equations 2 and 3):
 * v_k = a_1 v_(k-1) ^ ... ^ a_(s-1) v_(k-s+1) ^ v_(k-s) ^ v_(k-s) / 2^s.
 */
static void fill_directions(unsigned polynomial, const uint16_t *initials, uint64_t *v)
{
    int degree = degree_of(polynomial);

    for (int k = 0; k < SOBOL_BITS; k++) {
        if (degree == 0) {
            v[k] = UINT64_C(1) << (SOBOL_BITS - 1 - k);
        } else if (k < degree) {
            v[k] = (uint64_t)initials[k] << (SOBOL_BITS - 1 - k);
        } else {
            v[k] = v[k - degree] ^ v[k - degree] >> degree;
            for (int j = 1; j < degree; j++)
                if (polynomial >> (degree - j) & 1)
                    v[k] ^= v[k - j];
        }
    }
}

struct sobol *sobol_new(size_t dimension, uint64_t seed)
{
    struct random_stream keys = { .seed = seed, .purpose = RANDOM_SOBOL_SCRAMBLE };
    const uint16_t *initials = sobol_initials;
    struct sobol *sobol = NULL;

    assert(dimension <= SOBOL_DIMENSIONS);
    sobol = malloc(sizeof *sobol + dimension * (SOBOL_BITS + 1) * sizeof sobol->directions[0]);
    if (!sobol)
        return NULL;
    sobol->dimension = dimension;
    sobol->keys = sobol->directions + dimension * SOBOL_BITS;
    for (size_t i = 0; i < dimension; i++) {
        fill_directions(sobol_polynomials[i], initials, sobol->directions + i * SOBOL_BITS);
        initials += degree_of(sobol_polynomials[i]);
        sobol->keys[i] = random_bits(&keys, (uint32_t)i);
    }
    return sobol;
}

void sobol_free(struct sobol *sobol)
{
    free(sobol);
}

size_t sobol_dimension(const struct sobol *sobol)
{
    return sobol->dimension;
}

uint64_t sobol_plain(const struct sobol *sobol, uint64_t index, size_t dimension)
{
    const uint64_t *directions = sobol->directions + dimension * SOBOL_BITS;
    uint64_t fraction = 0;

    for (uint64_t gray = index ^ index >> 1; gray; gray &= gray - 1)
        fraction ^= directions[__builtin_ctzll(gray)];
    return fraction;
}

/*
 * The output function of SplitMix64 (Steele, Lea and Flood 2014, with the constants of Stafford's
 * mix 13): every bit of the result depends on every bit of x.
 */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

uint64_t sobol_scramble(uint64_t fraction, uint64_t key)
{
    /* 2^64 over the golden ratio, SplitMix64's own step: neighbouring nodes start far apart. */
    static const uint64_t step = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t flips = 0;

    for (int digit = 0; digit < NESTED_DIGITS; digit++) {
        /* The node of the binary tree, numbered as in a heap, that the digits before lead to. */
        uint64_t before = digit ? fraction >> (SOBOL_BITS - digit) : 0;
        uint64_t node = UINT64_C(1) << digit | before;

        flips |= mix(key + node * step) >> (SOBOL_BITS - 1) << (SOBOL_BITS - 1 - digit);
    }
    flips |= mix(key + (UINT64_C(1) << NESTED_DIGITS | fraction >> NESTED_DIGITS) * step) >>
             NESTED_DIGITS;
    return fraction ^ flips;
}

double sobol_unit(const struct sobol *sobol, uint64_t index, size_t dimension)
{
    uint64_t fraction = sobol_plain(sobol, index, dimension);

    return (double)(sobol_scramble(fraction, sobol->keys[dimension]) >> 11) * 0x1p-53;
}
