/*
 * search/log_ei.h - logarithms of what underflows: expected improvement and normal tails.
 *
 * S. Ament et al., "Unexpected improvements to expected improvement for Bayesian optimization",
 * 2023. Pure functions.
 */
#ifndef SEARCH_LOG_EI_H
#define SEARCH_LOG_EI_H

/*
 * ln h(s) where h(s) = phi(s) + s Phi(s): with s = (mean - best) / deviation, the logarithm of the
 * expected improvement is log_ei(s) + ln(deviation). Exact to 1e-10 relative for s in -1e6 .. 1e3.
 * *slope (NULL: not wanted) is the derivative by s, Phi(s) / h(s).
 */
double log_ei(double s, double *slope);

/* ln Phi(s), and by *slope (may be NULL) its derivative phi(s) / Phi(s). */
double log_normal_cdf(double s, double *slope);

#endif
