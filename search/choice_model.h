/*
 * search/choice_model.h - how probable each choice of each categorical coordinate is: what CMA-ES
 * has beside its normal distribution.
 *
 * Independent categorical distributions, moved along the natural gradient with a step length that
 * adapts to how steady the gradient is (ASNG, Akimoto et al. 2019), each probability kept above a
 * margin: CatCMA with margin, Hamano et al. 2025. One thread at a time may change a model.
 */
#ifndef SEARCH_CHOICE_MODEL_H
#define SEARCH_CHOICE_MODEL_H

#include <stdbool.h>
#include <stddef.h>

struct choice_model; /* opaque: choice_model.c */

/*
 * All choices equal. counts[k] >= 2 is how many coordinate k has; margin_axes, at least
 * coordinate_count, how many coordinates (integers too) share the chance of leaving what is best.
 * NULL: no memory.
 */
struct choice_model *choice_model_new(const size_t *counts, size_t coordinate_count,
                                      size_t margin_axes);
struct choice_model *choice_model_copy(const struct choice_model *model);
void choice_model_free(struct choice_model *model); /* NULL is fine */

/* The choice that a uniform number in [0, 1) stands for. */
size_t choice_model_draw(const struct choice_model *model, size_t coordinate, double unit);

double choice_model_share(const struct choice_model *model, size_t coordinate, size_t choice);

/*
 * One generation: population rows of a choice for each coordinate, best first; NaN where it was not
 * active. Rows with equal ranks (which never fall) share their weights. False: no memory; nothing
 * has changed then.
 */
bool choice_model_update(struct choice_model *model, const double *choices, const size_t *ranks,
                         size_t population);

#endif
