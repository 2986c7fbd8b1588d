#include "search/random.h"

#include <gsl/gsl_cdf.h>

enum { PHILOX_ROUNDS = 10 };

/* Salmon et al. 2011, section 3.3 and table 2: multipliers by their statistical quality, Weyl
 * steps from the golden ratio and the square root of 3. */
static const uint32_t multiplier_0 = UINT32_C(0xD2511F53);
static const uint32_t multiplier_1 = UINT32_C(0xCD9E8D57);
static const uint32_t key_step_0 = UINT32_C(0x9E3779B9);
static const uint32_t key_step_1 = UINT32_C(0xBB67AE85);

void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0];
    uint32_t c1 = counter[1];
    uint32_t c2 = counter[2];
    uint32_t c3 = counter[3];
    uint32_t k0 = key[0];
    uint32_t k1 = key[1];

    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t product_0 = (uint64_t)multiplier_0 * c0;
        uint64_t product_1 = (uint64_t)multiplier_1 * c2;

        c0 = (uint32_t)(product_1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)product_1;
        c2 = (uint32_t)(product_0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)product_0;
        k0 += key_step_0;
        k1 += key_step_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/*
 * One block for each number: half of its 128 bits are thrown away, which costs about 10 ns a
 * number and makes every index reachable by itself.
 */
uint64_t random_bits(const struct random_stream *stream, uint32_t index)
{
    uint32_t counter[4] = { index, (uint32_t)stream->purpose, (uint32_t)stream->trial,
                            (uint32_t)(stream->trial >> 32) };
    uint32_t key[2] = { (uint32_t)stream->seed, (uint32_t)(stream->seed >> 32) };
    uint32_t out[4];

    random_philox(counter, key, out);
    return (uint64_t)out[1] << 32 | out[0];
}

double random_unit(const struct random_stream *stream, uint32_t index)
{
    return (double)(random_bits(stream, index) >> 11) * 0x1p-53;
}

double random_normal(const struct random_stream *stream, uint32_t index)
{
    return gsl_cdf_ugaussian_Pinv(random_unit(stream, index) + 0x1p-54);
}
