/*
 * metrics/regex_cost.h - how large a regular expression becomes when the C library compiles it.
 *
 * glibc writes a repeated part out: x+ twice, x{255} 255 times, and so on for parts within parts,
 * so that ((x{255}){255}){255}, or x with forty plus signs, takes all memory there is.
 */
#ifndef METRICS_REGEX_COST_H
#define METRICS_REGEX_COST_H

#include "assay/error.h"

/* Far above what a log line needs, and compiled in milliseconds. */
enum { REGEX_COST_MAX = 10000, REGEX_DEPTH_MAX = 50 };

/* False and *err (ASSAY_INVALID) for a POSIX extended expression above the limits. Does not judge
 * whether it is well-formed. */
bool regex_cost_check(const char *regex, struct assay_error *err);

#endif
