#include "engine/data/key_cut.h"

#include <stdlib.h>
#include <string.h>

enum { BITS = 16, BINS = 1 << BITS };

/* Of one cut: how many keys that begin like the cut's have these bits next. */
struct bins {
    int64_t counts[BINS];
};

static bool count_bits(struct key_file *file, const struct key_cut cuts[KEY_CUTS], int shift,
                       struct bins bins[KEY_CUTS], struct assay_error *err)
{
    const uint64_t *keys = NULL;
    size_t count = 0;
    /* In two steps: a shift by 64 is not defined. */
    int high = shift + BITS - 1;

    memset(bins, 0, KEY_CUTS * sizeof *bins);
    do {
        if (!key_file_read(file, &keys, &count, err))
            return false;
        for (size_t i = 0; i < count; i++)
            for (int cut = 0; keys[i] && cut < KEY_CUTS; cut++)
                if (keys[i] >> high >> 1 == cuts[cut].key >> high >> 1)
                    bins[cut].counts[(keys[i] >> shift) & (BINS - 1)]++;
    } while (count > 0);
    return true;
}

/* The bin that holds the cut; equal_below: rows below it within the bins seen up to now. */
static void choose_bits(struct key_cut *cut, const struct bins *bins, int shift)
{
    uint64_t bin = 0;

    while (bin < BINS && bins->counts[bin] <= cut->equal_below)
        cut->equal_below -= bins->counts[bin++];
    if (bin == BINS) /* above all rows */
        cut->key = UINT64_MAX;
    else
        cut->key |= bin << shift;
}

bool key_cuts_find(struct key_file *file, struct key_cut *cuts, struct assay_error *err)
{
    struct bins *bins = malloc(KEY_CUTS * sizeof *bins);
    bool is_found = true;

    if (!bins)
        return assay_fail_memory(err);
    for (int i = 0; i < KEY_CUTS; i++) {
        cuts[i].key = 0;
        cuts[i].equal_below = cuts[i].rank;
    }
    for (int shift = 64 - BITS; is_found && shift >= 0; shift -= BITS) {
        is_found = key_file_rewind(file, err) && count_bits(file, cuts, shift, bins, err);
        for (int i = 0; is_found && i < KEY_CUTS; i++)
            if (cuts[i].key != UINT64_MAX)
                choose_bits(&cuts[i], &bins[i], shift);
    }
    free(bins);
    return is_found;
}
