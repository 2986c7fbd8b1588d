/*
 * bench/markdown.h - a comparison as a Markdown page: tables only.
 */
#ifndef BENCH_MARKDOWN_H
#define BENCH_MARKDOWN_H

#include "bench/comparison.h"

#include <stdio.h>

/* What both reports are made from. */
struct report_source {
    const struct results *results;
    const char *baseline; /* the arm whose win rates are told */
    const char *commands; /* those that made the results, a line each */
};

/* False and *err for lack of memory; errors of the stream stay with the stream. */
bool markdown_report(FILE *out, const struct report_source *source, struct assay_error *err);

#endif
