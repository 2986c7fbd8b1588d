/*
 * bench/html.h - a comparison as one self-contained page: tables and figures.
 */
#ifndef BENCH_HTML_H
#define BENCH_HTML_H

#include "bench/markdown.h"

/* False and *err for lack of memory; errors of the stream stay with the stream. */
bool html_report(FILE *out, const struct report_source *source, struct assay_error *err);

#endif
