/*
 * search/cma.h - the normal distribution of CMA-ES: drawn from, and moved to where the good are.
 *
 * Constants and update: N. Hansen, "The CMA evolution strategy: a tutorial" (2016), with negative
 * weights; points of other origin by Hansen 2011, "Injecting external solutions into CMA-ES", for
 * which no point may be further from the mean than one of its own distribution usually is; margins
 * for integers by Hamano et al. 2022, "CMA-ES with margin". Coordinates are thought to run from 0
 * to 1. One thread at a time may change a distribution.
 */
#ifndef SEARCH_CMA_H
#define SEARCH_CMA_H

#include <stdbool.h>
#include <stddef.h>

struct cma; /* opaque: cma.c */

/* How many points a generation has by default: 4 + 3 ln(dimension). */
size_t cma_usual_population(size_t dimension);

/* A sphere around mean with deviation sigma. dimension may be 0; population is at least 4. NULL: no
 * memory, as for all that return one. */
struct cma *cma_new(const double *mean, size_t dimension, double sigma, size_t population);

/*
 * Around the best tenth of count points (count x dimension, best first, count at least 1), with
 * their shape: WS-CMA-ES, Nomura et al. 2021, alpha = 0.1, gamma = 0.1.
 */
struct cma *cma_warm_start(const double *points, size_t count, size_t dimension, size_t population);

struct cma *cma_copy(const struct cma *cma);
void cma_free(struct cma *cma); /* NULL is fine */

size_t cma_dimension(const struct cma *cma);
size_t cma_population(const struct cma *cma);
const double *cma_mean(const struct cma *cma);                  /* lives as long as cma */
double cma_deviation(const struct cma *cma, size_t coordinate); /* of what is drawn */

/* The point that normals, dimension independent standard normal numbers, stand for. It may lie
 * outside of the unit cube. */
void cma_draw(const struct cma *cma, const double *normals, double *point);

/*
 * One generation: population x dimension points, best first. Points with equal ranks (which never
 * fall) share their weights. False: no memory; nothing has changed then.
 */
bool cma_update(struct cma *cma, const double *points, const size_t *ranks);

/*
 * Sees to it that a coordinate which stands for integers leaves the cell around its mean with
 * probability share at least. low and high are the cell's borders, the one at an end of the
 * interval infinite.
 */
void cma_keep_margin(struct cma *cma, size_t coordinate, double low, double high, double share);

/* Too narrow, too long or too large to go on with? */
bool cma_is_exhausted(const struct cma *cma);

#endif
