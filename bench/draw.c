#include "bench/draw.h"

#include "search/random.h"

#include <math.h>

/* Half the trials last between 0.7 and 1.4 medians, one in a hundred more than three. */
static const double duration_sigma = 0.5;

uint64_t draw_key(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return hash;
}

static void draw_block(const struct draw_place *place, enum draw_purpose purpose, uint32_t out[4])
{
    uint32_t counter[4] = { place->trial, place->seed, (uint32_t)purpose, 0 };
    uint32_t key[2] = { (uint32_t)place->problem, (uint32_t)(place->problem >> 32) };

    random_philox(counter, key, out);
}

uint64_t draw_bits(const struct draw_place *place, enum draw_purpose purpose)
{
    uint32_t out[4];

    draw_block(place, purpose, out);
    return (uint64_t)out[1] << 32 | out[0];
}

/* Box and Muller 1958; the radius' uniform lies in (0, 1]. */
double draw_duration(const struct draw_place *place)
{
    uint32_t out[4];
    double radius = 0;
    double angle = 0;

    draw_block(place, DRAW_DURATION, out);
    radius = sqrt(-2 * log(((double)out[0] + 1) * 0x1p-32));
    angle = 2 * acos(-1.0) * (double)out[1] * 0x1p-32;
    return exp(duration_sigma * radius * cos(angle));
}
