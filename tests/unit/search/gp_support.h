/*
 * tests/unit/search/gp_support.h - random data for Gaussian processes, slopes by differences, and
 * the posterior as a textbook writes it.
 */
#ifndef TESTS_UNIT_SEARCH_GP_SUPPORT_H
#define TESTS_UNIT_SEARCH_GP_SUPPORT_H

#include "support.h"

#include "search/gp.h"

enum { CASE_ROWS = 40, CASE_AXES = 8 };

/* Measured rows, the first of all, then pending ones. */
struct gp_case {
    size_t count, pending_count, dimension;
    bool is_category[CASE_AXES];
    double coordinates[CASE_ROWS * CASE_AXES];
    double targets[CASE_ROWS];
    double extra_noise[CASE_ROWS];
    double hypers[CASE_AXES + GP_EXTRA_HYPERS];
};

/*
 * Numbers in [0, 1], categories 0 .. 2 (the last category_count axes), targets of deviation about
 * 1, extra noise on every third row, length scales 0.3 .. 3, noise variance about 0.01.
 */
void gp_case_fill(struct gp_case *gp_case, struct dice *dice, size_t count, size_t pending_count,
                  size_t dimension, size_t category_count);

/* Borrows the case. */
struct gp_data gp_case_data(const struct gp_case *gp_case, bool has_extra_noise);
const double *gp_case_pending(const struct gp_case *gp_case);

/* A point to ask about: numbers and categories as in the data. */
void gp_case_point(const struct gp_case *gp_case, struct dice *dice, double *coordinates);

/* The process of a case; ends the test where there is none. */
struct gp *gp_case_process(const struct gp_case *gp_case, bool has_extra_noise);

/* The kernel by its formula. */
double naive_kernel(const struct gp_case *gp_case, const double *a, const double *b);

/* Mean and variance by Gauss elimination of the plain formulas. */
void naive_posterior(const struct gp_case *gp_case, bool has_extra_noise, const double *coordinates,
                     double *mean, double *variance);

/* Solves a x = b (n x n, row-major; both are spoilt, b becomes x), and returns ln |det a|. */
double naive_solve(double *a, double *b, size_t n);

/* The derivative of function along axis, by Richardson's extrapolation of central differences. */
double numeric_slope(double (*function)(const double *x, void *context), void *context,
                     const double *x, size_t dimension, size_t axis);

/* A random legal point. */
void roll_point(const struct search_space *space, struct dice *dice, double *point);

/* DOUBLEs from 0 to 1. */
struct search_space *cube(size_t dimension);

/* Least where every active parameter is at 0.3 of its scale; categories count by their index. */
double bowl(const struct search_space *space, const double *point);

/* Within absolute plus a share of the larger one. NaN is near nothing. */
bool is_near(double a, double b, double relative, double absolute);

#endif
