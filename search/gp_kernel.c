#include "search/gp_kernel.h"

#include <string.h>

void gp_transpose(const double *rows, size_t count, size_t dimension, double *columns)
{
    for (size_t k = 0; k < dimension; k++)
        for (size_t i = 0; i < count; i++)
            columns[k * count + i] = rows[i * dimension + k];
}

static void add_category(const double *column, size_t count, double at, double weight, double *r2)
{
    for (size_t i = 0; i < count; i++)
        r2[i] += column[i] != at ? weight : 0;
}

static void add_number(const double *column, size_t count, double at, double weight, double *r2)
{
    for (size_t i = 0; i < count; i++) {
        double difference = column[i] - at;

        r2[i] += difference * difference * weight;
    }
}

void gp_distances(const double *columns, size_t stride, size_t count, size_t dimension,
                  const bool *is_category, const double *weights, const double *point, double *r2)
{
    memset(r2, 0, count * sizeof *r2);
    for (size_t k = 0; k < dimension; k++) {
        if (is_category[k])
            add_category(columns + k * stride, count, point[k], weights[k], r2);
        else
            add_number(columns + k * stride, count, point[k], weights[k], r2);
    }
}
