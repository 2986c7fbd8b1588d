#include "engine/data/split.h"

#include <math.h>
#include <stdbool.h>

/* What fractions may lack of 1 by rounding alone. */
#define NOTHING 1e-9

const char *split_set_name(enum split_set set)
{
    static const char *const names[SPLIT_SETS] = { "training", "validation", "test" };

    return names[set];
}

void split_fill_fractions(double fractions[SPLIT_SETS])
{
    static const double usual[SPLIT_SETS] = { 0.8, 0.1, 0.1 };
    double given = 0;
    double absent = 0;

    for (int i = 0; i < SPLIT_SETS; i++) {
        given += isnan(fractions[i]) ? 0 : fractions[i];
        absent += isnan(fractions[i]) ? usual[i] : 0;
    }
    for (int i = 0; i < SPLIT_SETS; i++)
        if (isnan(fractions[i]))
            fractions[i] = given < 1 ? (1 - given) * (usual[i] / absent) : 0;
}

/* What no set gets, and no less than nothing. */
static double rest_of(const double fractions[SPLIT_SETS])
{
    double rest = 1;

    for (int i = 0; i < SPLIT_SETS; i++)
        rest -= fractions[i];
    return rest > NOTHING ? rest : 0;
}

/* Of the shares that may grow, the one that is owed most; the first of equal ones. */
static int most_owed(const double owed[], const bool may_grow[])
{
    int found = -1;

    for (int i = 0; i <= SPLIT_SETS; i++)
        if (may_grow[i] && (found < 0 || owed[i] > owed[found] + NOTHING))
            found = i;
    return found < 0 ? 0 : found;
}

/* What fractions and their products lack of whole numbers by rounding is nothing. */
void split_share(const double fractions[SPLIT_SETS], int64_t count, double owed[SPLIT_SETS + 1],
                 int64_t shares[SPLIT_SETS + 1])
{
    double nothing[SPLIT_SETS + 1] = { 0 };
    bool may_grow[SPLIT_SETS + 1];
    double *due = owed ? owed : nothing;
    int64_t left = count;

    for (int i = 0; i <= SPLIT_SETS; i++) {
        double share = (double)count * (i < SPLIT_SETS ? fractions[i] : rest_of(fractions));
        double tiny = NOTHING + share * 1e-14;
        int64_t whole = (int64_t)floor(share + tiny);

        shares[i] = whole < left ? whole : left; /* sums may pass 1 by rounding, too */
        may_grow[i] = share - (double)shares[i] > tiny;
        due[i] += share - (double)shares[i];
        left -= shares[i];
    }
    for (; left > 0; left--) {
        int grows = most_owed(due, may_grow);

        shares[grows]++;
        may_grow[grows] = false;
        due[grows]--;
    }
}

/* splitmix64 (Steele, Lea, Flood 2014): a row costs one step. */
static uint64_t next_bits(uint64_t *state)
{
    uint64_t bits = *state += 0x9e3779b97f4a7c15u;

    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    return bits ^ (bits >> 31);
}

void split_lots_begin(struct split_lots *lots, const double fractions[SPLIT_SETS], uint64_t seed,
                      int64_t count)
{
    *lots = (struct split_lots){ .state = seed, .coming = count };
    for (int i = 0; i < SPLIT_SETS; i++)
        lots->fractions[i] = fractions[i];
}

void split_lots_exact(struct split_lots *lots, const int64_t shares[SPLIT_SETS], int64_t count,
                      uint64_t seed)
{
    *lots = (struct split_lots){ .state = seed, .left = count };
    for (int i = 0; i < SPLIT_SETS; i++)
        lots->lots[i] = shares[i];
}

static void begin_run(struct split_lots *lots)
{
    int64_t shares[SPLIT_SETS + 1];

    lots->left = lots->coming < 0 || lots->coming > SPLIT_RUN ? SPLIT_RUN : lots->coming;
    if (lots->coming > 0)
        lots->coming -= lots->left;
    split_share(lots->fractions, lots->left, lots->owed, shares);
    for (int i = 0; i < SPLIT_SETS; i++)
        lots->lots[i] = shares[i];
}

/* Uniform in [0, below). Two products instead of one of 128 bits; what it is biased by is below
 * below / 2^64. */
static int64_t next_below(uint64_t *state, int64_t below)
{
    uint64_t bits = next_bits(state);
    uint64_t limit = (uint64_t)below;
    uint64_t low = (bits & UINT32_MAX) * limit;

    if (limit > UINT32_MAX)
        return (int64_t)(bits % limit);
    return (int64_t)(((bits >> 32) * limit + (low >> 32)) >> 32);
}

/* Each row takes one of the lots that are left, each with equal chance: any order of the run's
 * lots is as likely as any other. */
enum split_set split_lots_next(struct split_lots *lots)
{
    int64_t drawn = 0;

    if (lots->left == 0)
        begin_run(lots);
    if (lots->left == 0)
        return SPLIT_IGNORED;
    drawn = next_below(&lots->state, lots->left--);
    for (int i = 0; i < SPLIT_SETS; i++) {
        if (drawn < lots->lots[i]) {
            lots->lots[i]--;
            return (enum split_set)i;
        }
        drawn -= lots->lots[i];
    }
    return SPLIT_IGNORED;
}
