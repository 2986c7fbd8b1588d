#include "search/log_ei.h"

#include <math.h>
#include <stddef.h>

static const double LN_SQRT_2PI = 0.91893853320467274178;
static const double SQRT_HALF = 0.70710678118654752440;

/* Enough for 1e-15 at x = 5, where the fraction converges slowest. */
enum { FRACTION_TERMS = 40 };

/*
 * Mills' ratio Phi(-x) / phi(x) for x >= 5, by Laplace's continued fraction
 * 1/(x + 1/(x + 2/(x + 3/(x + ...)))) (Abramowitz and Stegun 26.2.14), from the inside out.
 */
static double mills(double x)
{
    double tail = x;

    for (int k = FRACTION_TERMS; k >= 1; k--)
        tail = x + k / tail;
    return 1 / tail;
}

/*
 * 1 - x mills(x) for x >= 5, without cancellation: with the fraction's tail t_1 = x + 2/(x + ...),
 * mills = 1 / (x + 1/t_1), so that it is (1/t_1) / (x + 1/t_1).
 */
static double mills_rest(double x)
{
    double tail = x;

    for (int k = FRACTION_TERMS; k >= 2; k--)
        tail = x + k / tail;
    return 1 / (x * tail + 1);
}

double log_ei(double s, double *slope)
{
    double log_h = 0;

    if (s > -5) {
        double phi = exp(-0.5 * s * s - LN_SQRT_2PI);
        double cdf = 0.5 * erfc(-s * SQRT_HALF);
        double h = phi + s * cdf;

        log_h = log(h);
        if (slope)
            *slope = cdf / h;
        return log_h;
    }
    log_h = -0.5 * s * s - LN_SQRT_2PI + log(mills_rest(-s));
    if (slope)
        *slope = mills(-s) / mills_rest(-s);
    return log_h;
}

double log_normal_cdf(double s, double *slope)
{
    if (s > -5) {
        double cdf = 0.5 * erfc(-s * SQRT_HALF);

        if (slope)
            *slope = exp(-0.5 * s * s - LN_SQRT_2PI) / cdf;
        return s > 1 ? log1p(-0.5 * erfc(s * SQRT_HALF)) : log(cdf);
    }
    if (slope)
        *slope = 1 / mills(-s);
    return -0.5 * s * s - LN_SQRT_2PI + log(mills(-s));
}
