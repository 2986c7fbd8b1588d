#include "search/stopper_regression.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

/*
 * The covariance of n points is K = c E + X X' + s I: E is the squared exponential of one length
 * scale, X has a column of ones and one for each input, c and s go through the grids. What costs a
 * cube of n is done once for a length scale: E = Q T Q' with T tridiagonal. The rest costs squares:
 * with A = E + (s / c) I = Q B B' Q', B bidiagonal, and M = c I + X' A^-1 X = F F' (4 x 4), by
 * Woodbury's identity and the matrix determinant lemma
 *
 *     K^-1 = (A^-1 - A^-1 X M^-1 X' A^-1) / c        |K| = c^(n - 4) |A| |M|
 *
 * Without a squared exponential E is 0 and c is 1. A Cholesky factor and an inverse for each prior,
 * as text books do it, take many times as long.
 */

/* LAPACK's reduction of a symmetric matrix to tridiagonal form, and the rotation that does it; the
 * strings' lengths come last. */
extern void dsytrd_(const char *uplo, const int *n, double *a, const int *lda, double *d, double *e,
                    double *tau, double *work, const int *lwork, int *info, size_t uplo_length);
extern void dorgtr_(const char *uplo, const int *n, double *a, const int *lda, const double *tau,
                    double *work, const int *lwork, int *info, size_t uplo_length);

/* Of the prior, relative to the variance of the constant. Noise is never less than 1e-6, which
 * keeps the covariance of 50 points positive definite whatever the points are. */
static const double curved_grid[] = { 0.1, 1 };
static const double length_grid[] = { 1, 3 };
static const double noise_grid[] = { 1e-6, 1e-4, 1e-2, 1e-1, 1 };

#define GRID_SIZE(grid) (sizeof(grid) / sizeof((grid)[0]))

/* A prior that is so much less likely than the best one has no say. */
static const double NEGLIGIBLE = 1e-6;

enum {
    POINTS = REGRESSION_POINTS_MAX,
    FEATURES = 1 + REGRESSION_DIMENSIONS, /* columns of X */
    BASES = 1 + GRID_SIZE(length_grid),
    PRIORS = (1 + GRID_SIZE(length_grid) * GRID_SIZE(curved_grid)) * GRID_SIZE(noise_grid),
    WORK_PER_POINT = 34,

    /* What stands beside the covariance: X, then the targets, then the squared exponential between
     * the points and the one in question. */
    TARGET = FEATURES,
    CROSS,
    COLUMNS,
};

/* Inputs and targets in units in which they have mean 0 and mean square 1. */
struct problem {
    size_t count;
    /* In row count stands the point in question, whose spread counts too: so nothing lies further
     * out than sqrt(count). */
    double inputs[POINTS + 1][REGRESSION_DIMENSIONS];
    double targets[POINTS];
    double center, scale; /* of the targets */
};

/* E = Q T Q' of one length scale. */
struct basis {
    bool is_curved;                  /* else E is 0 */
    double rotation[POINTS][POINTS]; /* a column of Q in each row */
    double diagonal[POINTS];         /* of T */
    double beside[POINTS];           /* it, in T */
    double columns[POINTS][COLUMNS]; /* turned by Q' */
};

struct prior {
    const struct basis *basis;
    double curved; /* c */
    double noise;  /* s */
};

/* Of count numbers, each stride from the last; all become 0 where they are equal. */
static void standardize(double *numbers, size_t stride, size_t count, double *center, double *scale)
{
    gsl_vector_view all = gsl_vector_view_array_with_stride(numbers, stride, count);

    *center = gsl_stats_mean(numbers, stride, count);
    gsl_vector_add_constant(&all.vector, -*center);
    *scale = gsl_blas_dnrm2(&all.vector) / sqrt((double)count);
    if (*scale > 0)
        for (size_t i = 0; i < count; i++)
            numbers[i * stride] /= *scale;
}

/* False where a number is not finite. */
static bool set_up(struct problem *p, const struct regression_point *points, size_t count,
                   const double *at)
{
    double unused[2] = { 0 };
    double sum = 0;

    p->count = count;
    for (size_t i = 0; i < count; i++) {
        p->targets[i] = points[i].target;
        for (size_t k = 0; k < REGRESSION_DIMENSIONS; k++)
            p->inputs[i][k] = points[i].inputs[k];
    }
    for (size_t k = 0; k < REGRESSION_DIMENSIONS; k++) {
        p->inputs[count][k] = at[k];
        standardize(&p->inputs[0][k], REGRESSION_DIMENSIONS, count + 1, &unused[0], &unused[1]);
    }
    standardize(p->targets, 1, count, &p->center, &p->scale);
    for (size_t i = 0; i <= count; i++)
        for (size_t k = 0; k < REGRESSION_DIMENSIONS; k++)
            sum += fabs(p->inputs[i][k]);
    for (size_t i = 0; i < count; i++)
        sum += fabs(p->targets[i]);
    return isfinite(sum);
}

static double likeness(const double *a, const double *b, double length)
{
    double distance = 0;

    for (size_t i = 0; i < REGRESSION_DIMENSIONS; i++)
        distance += (a[i] - b[i]) * (a[i] - b[i]);
    return exp(-0.5 * distance / (length * length));
}

/* The lower triangle of E, and what stands beside it; nothing is turned yet. */
static void fill_basis(const struct problem *p, double length, struct basis *basis,
                       double columns[POINTS][COLUMNS])
{
    const double *here = p->inputs[p->count];

    for (size_t i = 0; i < p->count; i++) {
        columns[i][0] = 1;
        for (size_t k = 0; k < REGRESSION_DIMENSIONS; k++)
            columns[i][1 + k] = p->inputs[i][k];
        columns[i][TARGET] = p->targets[i];
        columns[i][CROSS] = basis->is_curved ? likeness(p->inputs[i], here, length) : 0;
        for (size_t j = 0; j < i && basis->is_curved; j++)
            basis->rotation[j][i] = likeness(p->inputs[i], p->inputs[j], length);
        basis->rotation[i][i] = 1;
    }
}

/* length 0: without a squared exponential. False where LAPACK fails, which finite numbers do not
 * make it do. */
static bool make_basis(const struct problem *p, double length, struct basis *basis)
{
    double columns[POINTS][COLUMNS];
    double factors[POINTS];
    double work[WORK_PER_POINT * POINTS];
    int n = (int)p->count;
    int stride = POINTS;
    int work_size = WORK_PER_POINT * POINTS;
    int info = 0;

    memset(basis, 0, sizeof *basis);
    basis->is_curved = length > 0;
    fill_basis(p, length, basis, basis->is_curved ? columns : basis->columns);
    if (!basis->is_curved)
        return true;
    dsytrd_("L", &n, &basis->rotation[0][0], &stride, basis->diagonal, basis->beside, factors, work,
            &work_size, &info, 1);
    if (info == 0)
        dorgtr_("L", &n, &basis->rotation[0][0], &stride, factors, work, &work_size, &info, 1);
    if (info != 0)
        return false;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, COLUMNS, n, 1, &basis->rotation[0][0],
                POINTS, &columns[0][0], COLUMNS, 0, &basis->columns[0][0], COLUMNS);
    return true;
}

/* What a prior leads to. */
struct solution {
    double inverses[POINTS];           /* of B's diagonal */
    double below[POINTS];              /* and what stands below it, from row 1 on */
    double columns[POINTS][COLUMNS];   /* B^-1 Q' v */
    double factor[FEATURES][FEATURES]; /* F */
    double fit[FEATURES];              /* F^-1 X' A^-1 y */
};

/* A's part of the columns. False where A is not positive definite, as rounded; *half_log is half of
 * the logarithm of its determinant. */
static bool solve_curved(const struct prior *prior, size_t count, struct solution *s,
                         double *half_log)
{
    const struct basis *basis = prior->basis;
    double product = 1; /* of a few pivots: logarithms are dear */

    *half_log = 0;
    for (size_t j = 0; j < count; j++) {
        double square = basis->diagonal[j] + prior->noise / prior->curved;

        s->below[j] = j > 0 ? basis->beside[j - 1] * s->inverses[j - 1] : 0;
        square -= s->below[j] * s->below[j];
        if (!(square > 0))
            return false;
        s->inverses[j] = 1 / sqrt(square);
        product *= square;
        if (j % 8 == 7 || j + 1 == count) {
            *half_log += 0.5 * log(product);
            product = 1;
        }
        for (size_t v = 0; v < COLUMNS; v++)
            s->columns[j][v] =
                (basis->columns[j][v] - (j > 0 ? s->below[j] * s->columns[j - 1][v] : 0)) *
                s->inverses[j];
    }
    return true;
}

/* Of products of columns: the lower triangle of X' A^-1 X and so on. */
static void multiply(const struct solution *s, size_t count, double gram[COLUMNS][COLUMNS])
{
    memset(gram, 0, COLUMNS * sizeof gram[0]);
    for (size_t i = 0; i < count; i++)
        for (size_t v = 0; v < COLUMNS; v++)
            for (size_t w = 0; w <= v; w++)
                gram[v][w] += s->columns[i][v] * s->columns[i][w];
}

/* F of M; *half_log is half of the logarithm of |M|. */
static bool factorise(double gram[COLUMNS][COLUMNS], double curved, struct solution *s,
                      double *half_log)
{
    *half_log = 0;
    for (size_t v = 0; v < FEATURES; v++) {
        for (size_t w = 0; w <= v; w++) {
            double sum = gram[v][w] + (v == w ? curved : 0);

            for (size_t k = 0; k < w; k++)
                sum -= s->factor[v][k] * s->factor[w][k];
            if (v > w)
                s->factor[v][w] = sum / s->factor[w][w];
            else if (sum > 0)
                s->factor[v][v] = sqrt(sum);
            else
                return false;
        }
        *half_log += log(s->factor[v][v]);
    }
    return true;
}

/* F^-1 of a column, in place. */
static void divide(const struct solution *s, double column[FEATURES])
{
    for (size_t v = 0; v < FEATURES; v++) {
        for (size_t w = 0; w < v; w++)
            column[v] -= s->factor[v][w] * column[w];
        column[v] /= s->factor[v][v];
    }
}

static double dot(const double *a, const double *b, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* What one prior makes of the problem, in the problem's units. */
struct opinion {
    double score; /* logarithm of the marginal likelihood but for a constant, with the best overall
                     variance; -INFINITY where it fails */
    double variance;
    double mean, scale;
};

static struct opinion ask(const struct problem *p, const struct prior *prior, struct solution *s)
{
    struct opinion opinion = { .score = -(double)INFINITY };
    double gram[COLUMNS][COLUMNS];
    double column[FEATURES] = { 1 };
    double n = (double)p->count;
    double half_log[2] = { 0 };
    double spread = 0;

    if (!solve_curved(prior, p->count, s, &half_log[0]))
        return opinion;
    multiply(s, p->count, gram);
    if (!factorise(gram, prior->curved, s, &half_log[1]))
        return opinion;
    memcpy(s->fit, gram[TARGET], sizeof s->fit);
    divide(s, s->fit);
    opinion.variance = (gram[TARGET][TARGET] - dot(s->fit, s->fit, FEATURES)) / (prior->curved * n);
    opinion.variance = fmax(opinion.variance, 0);
    opinion.score = -0.5 * n * log(fmax(opinion.variance, 1e-300)) - half_log[0] - half_log[1] -
                    0.5 * (n - FEATURES) * log(prior->curved);
    /* From the features of the point in question to those that the squared exponential explains. */
    for (size_t v = 0; v < FEATURES; v++)
        column[v] = (v > 0 ? p->inputs[p->count][v - 1] : 1) - gram[CROSS][v];
    divide(s, column);
    opinion.mean = gram[CROSS][TARGET] + dot(column, s->fit, FEATURES);
    spread = prior->noise + prior->curved * ((prior->basis->is_curved ? 1 : 0) -
                                             gram[CROSS][CROSS] + dot(column, column, FEATURES));
    opinion.scale = sqrt(fmax(opinion.variance * spread, 0));
    return opinion;
}

/*
 * The mean square of what each point misses its prediction from the others by, in units of what
 * the model expects: C. E. Rasmussen and C. Williams, "Gaussian Processes for Machine Learning",
 * 2006, equations 5.10 to 5.12.
 */
static double left_out(const struct problem *p, const struct prior *prior, const struct solution *s,
                       double variance)
{
    double row[POINTS] = { 0 };             /* of Q B'^-1, a column after the other */
    double weights[POINTS] = { 0 };         /* c K^-1 y */
    double diagonal[POINTS] = { 0 };        /* of A^-1 */
    double loads[FEATURES][POINTS] = { 0 }; /* (A^-1 X F'^-1)' */
    double sum = 0;

    for (size_t j = 0; j < p->count; j++) {
        const double *rotation = prior->basis->rotation[j];
        double column[FEATURES];
        double target = 0;

        memcpy(column, s->columns[j], sizeof column);
        divide(s, column);
        target = s->columns[j][TARGET] - dot(column, s->fit, FEATURES);
        for (size_t i = 0; i < POINTS; i++) {
            row[i] = (rotation[i] - s->below[j] * row[i]) * s->inverses[j];
            weights[i] += row[i] * target;
            diagonal[i] += row[i] * row[i];
            for (size_t v = 0; v < FEATURES; v++)
                loads[v][i] += row[i] * column[v];
        }
    }
    for (size_t i = 0; i < p->count; i++) {
        for (size_t v = 0; v < FEATURES; v++)
            diagonal[i] -= loads[v][i] * loads[v][i];
        sum += weights[i] * weights[i] / (diagonal[i] * prior->curved * variance);
    }
    return sum / (double)p->count;
}

/* All of them. */
static void list_priors(const struct basis bases[BASES], struct prior priors[PRIORS])
{
    size_t count = 0;

    for (size_t i = 0; i < BASES; i++)
        for (size_t j = 0; j < (bases[i].is_curved ? GRID_SIZE(curved_grid) : 1); j++)
            for (size_t k = 0; k < GRID_SIZE(noise_grid); k++)
                priors[count++] =
                    (struct prior){ &bases[i], bases[i].is_curved ? curved_grid[j] : 1,
                                    noise_grid[k] };
}

/* The tails of few points are wide: as many degrees of freedom as points beyond a constant and a
 * slope for each input. */
static double chance_above(const struct problem *p, const struct opinion *opinion, double bar)
{
    double degrees = fmax(1, (double)p->count - 1 - REGRESSION_DIMENSIONS);

    if (opinion->scale > 0)
        return gsl_cdf_tdist_Q((bar - opinion->mean) / opinion->scale, degrees);
    return opinion->mean < bar ? 0 : 1;
}

/* What counts of all opinions, summed by weight; then what the sums must be divided by. */
struct mixture {
    double mean, square, chance;
    double total;
};

static void add_opinion(const struct problem *p, const struct prior *prior, double best, double bar,
                        struct mixture *mixture)
{
    struct solution s;
    struct opinion o = ask(p, prior, &s);
    double weight = exp(o.score - best);

    if (o.variance > 0)
        o.scale *= sqrt(fmax(1, left_out(p, prior, &s, o.variance)));
    mixture->total += weight;
    mixture->mean += weight * o.mean;
    mixture->square += weight * (o.scale * o.scale + o.mean * o.mean);
    mixture->chance += weight * chance_above(p, &o, bar);
}

static struct mixture ask_all(const struct problem *p, const struct basis bases[BASES], double bar)
{
    struct prior priors[PRIORS];
    double scores[PRIORS];
    struct solution s;
    struct mixture mixture = { 0 };
    double best = -(double)INFINITY;

    list_priors(bases, priors);
    for (size_t i = 0; i < PRIORS; i++) {
        scores[i] = ask(p, &priors[i], &s).score;
        best = fmax(best, scores[i]);
    }
    for (size_t i = 0; i < PRIORS; i++)
        if (exp(scores[i] - best) > NEGLIGIBLE)
            add_opinion(p, &priors[i], best, bar, &mixture);
    return mixture;
}

bool regression_predict(const struct regression_point *points, size_t count,
                        const double at[REGRESSION_DIMENSIONS], double bar,
                        struct regression_answer *answer)
{
    struct problem p;
    struct basis bases[BASES];
    struct mixture mixture = { 0 };

    *answer = (struct regression_answer){ 0 };
    if (!set_up(&p, points, count, at))
        return false;
    for (size_t i = 0; i < BASES; i++)
        if (!make_basis(&p, i > 0 ? length_grid[i - 1] : 0, &bases[i]))
            return false;
    bar = p.scale > 0 ? (bar - p.center) / p.scale : bar - p.center;
    mixture = ask_all(&p, bases, bar);
    answer->mean = mixture.mean / mixture.total;
    answer->chance = mixture.chance / mixture.total;
    answer->deviation =
        p.scale * sqrt(fmax(0, mixture.square / mixture.total - answer->mean * answer->mean));
    answer->mean = p.center + p.scale * answer->mean;
    return isfinite(answer->mean) && isfinite(answer->deviation) && isfinite(answer->chance);
}
