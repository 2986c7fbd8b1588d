/*
 * NK landscapes: S. A. Kauffman and E. D. Weinberger, "The NK model of rugged fitness landscapes
 * and its application to maturation of the immune response", J. Theor. Biol. 141 (1989). A string
 * of n letters has the mean fitness of its n positions; the fitness of one depends on its letter
 * and the k that follow, around the end, and is uniform on [0, 1). Which parameter stands for which
 * position is shuffled. The value is 1 less the fitness.
 */
#include "bench/categorical.h"
#include "bench/suite_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nk {
    size_t n, k, letters;
    size_t windows;  /* letters^k: what the last k letters can be */
    double *fitness; /* n x windows x letters */
    size_t *places;  /* n: the parameter of each position */
};

static double term(const struct nk *nk, size_t position, size_t window, size_t next)
{
    return nk->fitness[(position * nk->windows + window) * nk->letters + next];
}

/* The window after one more letter: the oldest one, which counts most, drops out. */
static size_t shifted(const struct nk *nk, size_t window, size_t next)
{
    return (window * nk->letters + next) % nk->windows;
}

static void nk_evaluate(const void *state, const double *point, uint64_t draw,
                        struct problem_outcome *outcome)
{
    const struct nk *nk = state;
    size_t window = 0;
    double sum = 0;

    (void)draw;
    for (size_t i = 0; i < nk->k; i++)
        window = shifted(nk, window, (size_t)point[nk->places[i]]);
    for (size_t i = 0; i < nk->n; i++) {
        size_t next = (size_t)point[nk->places[(i + nk->k) % nk->n]];

        sum += term(nk, i, window, next);
        window = shifted(nk, window, next);
    }
    outcome->is_infeasible = false;
    outcome->value = outcome->truth = 1 - sum / (double)nk->n;
}

static void nk_release(void *state)
{
    struct nk *nk = state;

    if (!nk)
        return;
    free(nk->fitness);
    free(nk->places);
    free(nk);
}

static const struct problem_ops nk_ops = { .evaluate = nk_evaluate, .release = nk_release };

/* best[w] <- the greatest sum with window w after position; the next letter is free, or given. */
static void advance(const struct nk *nk, size_t position, size_t first, size_t end,
                    const double *best, double *after)
{
    for (size_t w = 0; w < nk->windows; w++)
        after[w] = -(double)INFINITY;
    for (size_t w = 0; w < nk->windows; w++)
        for (size_t next = first; next < end; next++) {
            double *place = &after[shifted(nk, w, next)];

            *place = fmax(*place, best[w] + term(nk, position, w, next));
        }
}

/* The greatest sum of strings that begin with the window start: best and after are scratch. */
static double greatest_from(const struct nk *nk, size_t start, double *best, double *after)
{
    size_t weight = nk->windows;
    double greatest = -(double)INFINITY;

    for (size_t w = 0; w < nk->windows; w++)
        best[w] = w == start ? 0 : -(double)INFINITY;
    for (size_t i = 0; i < nk->n; i++) {
        double *kept = best;

        if (i < nk->n - nk->k) {
            advance(nk, i, 0, nk->letters, best, after);
        } else {
            size_t given = 0;

            weight /= nk->letters;
            given = start / weight % nk->letters;
            advance(nk, i, given, given + 1, best, after);
        }
        best = after;
        after = kept;
    }
    for (size_t w = 0; w < nk->windows; w++)
        greatest = fmax(greatest, best[w]);
    return greatest;
}

/* n letters x windows^2 steps. False for lack of memory. */
static bool find_optimum(const struct nk *nk, double *optimum)
{
    double *scratch = calloc(2 * nk->windows, sizeof *scratch);
    double greatest = 0;

    if (!scratch)
        return false;
    for (size_t start = 0; start < nk->windows; start++)
        greatest = fmax(greatest, greatest_from(nk, start, scratch, scratch + nk->windows));
    *optimum = 1 - greatest / (double)nk->n;
    free(scratch);
    return true;
}

static void fill(struct nk *nk, uint64_t seed)
{
    for (size_t i = 0; i < nk->n * nk->windows * nk->letters; i++)
        nk->fitness[i] = chance_unit(seed, CHANCE_SHAPE, i, 0);
    for (size_t i = 0; i < nk->n; i++) {
        size_t j = chance_below(seed, CHANCE_PLACE, i, 0, i + 1);

        nk->places[i] = nk->places[j];
        nk->places[j] = i;
    }
}

static struct nk *nk_new(size_t n, size_t k, size_t letters, uint64_t seed)
{
    struct nk *nk = calloc(1, sizeof *nk);

    if (!nk)
        return NULL;
    *nk = (struct nk){ .n = n, .k = k, .letters = letters, .windows = 1 };
    for (size_t i = 0; i < k; i++)
        nk->windows *= letters;
    nk->fitness = calloc(n * nk->windows * letters, sizeof *nk->fitness);
    nk->places = calloc(n, sizeof *nk->places);
    if (!nk->fitness || !nk->places) {
        nk_release(nk);
        return NULL;
    }
    fill(nk, seed);
    return nk;
}

struct problem *nk_problem(size_t n, size_t k, size_t letters, unsigned instance)
{
    char name[64];
    struct nk *nk = NULL;
    struct problem_parts parts = {
        .suite = "S3", .name = name, .family = "nk", .instance = instance, .ops = &nk_ops
    };

    (void)snprintf(name, sizeof name, "nk-n%02zu-k%zu-a%zu-i%02u", n, k, letters, instance);
    nk = nk_new(n, k, letters, chance_seed(name, instance));
    if (nk && find_optimum(nk, &parts.optimum))
        parts.space = letter_space(n, letters);
    parts.state = nk;
    return problem_new(&parts);
}
