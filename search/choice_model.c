#include "search/choice_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct coordinate {
    size_t begin, count; /* of its choices, in shares and path */
    double least;        /* the margin */
};

struct choice_model {
    size_t coordinate_count;
    size_t total;      /* choices of all coordinates */
    size_t freedom;    /* less one for each coordinate */
    double steadiness; /* ASNG's Delta: large where gradients are noise */
    double gain;       /* ASNG's gamma */
    struct coordinate *coordinates;
    double *shares; /* total */
    double *path;   /* total: ASNG's s, in coordinates in which the Fisher metric is plain */
};

/* With this chance a point leaves the likeliest choice somewhere (Hamano et al. 2025). */
static const double leave_share = 0.27;
static const double alpha = 1.5;

static struct choice_model *allot(size_t coordinate_count, size_t total)
{
    struct choice_model *model = calloc(1, sizeof *model);

    if (!model)
        return NULL;
    model->coordinate_count = coordinate_count;
    model->total = total;
    model->coordinates = calloc(coordinate_count + 1, sizeof *model->coordinates);
    model->shares = calloc(2 * total + 1, sizeof *model->shares);
    model->path = model->shares + total;
    if (model->coordinates && model->shares)
        return model;
    choice_model_free(model);
    return NULL;
}

struct choice_model *choice_model_new(const size_t *counts, size_t coordinate_count,
                                      size_t margin_axes)
{
    struct choice_model *model = NULL;
    size_t total = 0;

    for (size_t k = 0; k < coordinate_count; k++)
        total += counts[k];
    model = allot(coordinate_count, total);
    if (!model)
        return NULL;
    model->freedom = total - coordinate_count;
    model->steadiness = 1;
    total = 0;
    for (size_t k = 0; k < coordinate_count; k++) {
        double count = (double)counts[k];

        model->coordinates[k] =
            (struct coordinate){ .begin = total,
                                 .count = counts[k],
                                 .least = (1 - pow(1 - leave_share, 1 / (double)margin_axes)) /
                                          (count - 1) };
        model->coordinates[k].least = fmin(model->coordinates[k].least, 1 / count);
        for (size_t i = 0; i < counts[k]; i++)
            model->shares[total++] = 1 / count;
    }
    return model;
}

struct choice_model *choice_model_copy(const struct choice_model *model)
{
    struct choice_model *copy = allot(model->coordinate_count, model->total);

    if (!copy)
        return NULL;
    copy->freedom = model->freedom;
    copy->steadiness = model->steadiness;
    copy->gain = model->gain;
    memcpy(copy->coordinates, model->coordinates,
           model->coordinate_count * sizeof *copy->coordinates);
    memcpy(copy->shares, model->shares, 2 * model->total * sizeof *copy->shares);
    return copy;
}

void choice_model_free(struct choice_model *model)
{
    if (!model)
        return;
    free(model->coordinates);
    free(model->shares);
    free(model);
}

size_t choice_model_draw(const struct choice_model *model, size_t coordinate, double unit)
{
    const struct coordinate *own = &model->coordinates[coordinate];
    size_t choice = 0;

    while (choice + 1 < own->count && unit >= model->shares[own->begin + choice]) {
        unit -= model->shares[own->begin + choice];
        choice++;
    }
    return choice;
}

double choice_model_share(const struct choice_model *model, size_t coordinate, size_t choice)
{
    return model->shares[model->coordinates[coordinate].begin + choice];
}

/* CMA-ES' positive weights, their sum 1; equal rows share theirs. */
static void fill_weights(const size_t *ranks, size_t population, double *weights)
{
    double total = 0;

    for (size_t i = 0; i < population; i++)
        weights[i] = fmax(0, log(((double)population + 1) / 2) - log((double)i + 1));
    for (size_t i = 0; i < population; i++)
        total += weights[i];
    for (size_t begin = 0; begin < population;) {
        size_t end = begin;
        double sum = 0;

        for (; end < population && ranks[end] == ranks[begin]; end++)
            sum += weights[end];
        for (size_t i = begin; i < end; i++)
            weights[i] = sum / total / (double)(end - begin);
        begin = end;
    }
}

/* The natural gradient: weighted mean of (choice's indicator - shares). */
static void fill_gradient(const struct choice_model *model, const double *choices,
                          const double *weights, size_t population, double *gradient)
{
    memset(gradient, 0, model->total * sizeof *gradient);
    for (size_t i = 0; i < population; i++)
        for (size_t k = 0; k < model->coordinate_count; k++) {
            const struct coordinate *own = &model->coordinates[k];
            double choice = choices[i * model->coordinate_count + k];

            if (isnan(choice))
                continue;
            gradient[own->begin + (size_t)choice] += weights[i];
            for (size_t c = own->begin; c < own->begin + own->count; c++)
                gradient[c] -= weights[i] * model->shares[c];
        }
}

/* Raises what is below the margin, at the cost of all that is above it. */
static void keep_margin(struct choice_model *model, const struct coordinate *own)
{
    double *shares = model->shares + own->begin;
    double sum = 0;
    double spare = 0;

    for (size_t i = 0; i < own->count; i++) {
        shares[i] = fmax(shares[i], own->least);
        sum += shares[i];
        spare += shares[i] - own->least;
    }
    for (size_t i = 0; spare > 0 && i < own->count; i++)
        shares[i] += (1 - sum) * (shares[i] - own->least) / spare;
}

/* Akimoto et al. 2019, algorithm 1. */
static void move(struct choice_model *model, const double *gradient)
{
    double length = 0;
    double path_square = 0;
    double step = 1 / model->steadiness;
    double rate = fmin(step / sqrt((double)model->freedom), 1);

    for (size_t i = 0; i < model->total; i++)
        length += gradient[i] * gradient[i] / model->shares[i];
    length = sqrt(length);
    if (!(length > 1e-12))
        return;
    for (size_t i = 0; i < model->total; i++) {
        model->path[i] = (1 - rate) * model->path[i] +
                         sqrt(rate * (2 - rate)) * gradient[i] / sqrt(model->shares[i]) / length;
        path_square += model->path[i] * model->path[i];
    }
    /* A step of one gradient leads to the weighted shares of this generation: never beyond. */
    step = fmin(step / length, 1);
    for (size_t i = 0; i < model->total; i++)
        model->shares[i] += step * gradient[i];
    model->gain = (1 - rate) * (1 - rate) * model->gain + rate * (2 - rate);
    model->steadiness *= exp(rate * (model->gain - path_square / alpha));
    for (size_t k = 0; k < model->coordinate_count; k++)
        keep_margin(model, &model->coordinates[k]);
}

bool choice_model_update(struct choice_model *model, const double *choices, const size_t *ranks,
                         size_t population)
{
    double *weights = malloc((population + model->total + 1) * sizeof *weights);
    double *gradient = NULL;

    if (!weights)
        return false;
    gradient = weights + population;
    fill_weights(ranks, population, weights);
    fill_gradient(model, choices, weights, population, gradient);
    move(model, gradient);
    free(weights);
    return true;
}
