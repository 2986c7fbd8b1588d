/*
 * metrics/metric_line.h - one line of a metric file to reports.
 *
 * A line is a JSON object: {"<metric>": number, "step": number, "timestamp": seconds}, or what
 * cloudml-hypertune writes, which has strings for numbers and the keys "global_step",
 * "checkpoint_path" and "trial". Anything else is no line of ours and gives nothing.
 *
 * Keys that have a meaning of their own keep it, as in hypertune, where the fixed key overwrites
 * the tag or the tag the fixed key: a metric called "global_step" or "checkpoint_path" is never
 * reported; one called "timestamp" only by a string; one called "trial" not by a string beside
 * another tag; one called "step" takes that key for itself.
 */
#ifndef METRICS_METRIC_LINE_H
#define METRICS_METRIC_LINE_H

#include "metrics/report_list.h"

struct metric_line_context {
    const struct metric_spec *specs; /* borrowed */
    size_t metric_count;
    int64_t start_us; /* when the attempt started */
    int64_t now_us;   /* dates lines without timestamp */
};

enum value_kind { VALUE_NONE, VALUE_NUMBER, VALUE_NOT_FINITE };

/* A number as text, blanks around it allowed, or some writing of nan or infinity. */
enum value_kind metric_value_read(const char *text, size_t size, double *value);

/* Adds the reports of one line. False only for lack of memory: then the list is as it was. */
bool metric_line_read(const struct metric_line_context *context, const char *line, size_t size,
                      struct report_list *list, struct assay_error *err);

/*
 * The line's timestamp in microseconds since 1970, 0 when it has none. It looks for the text of the
 * key, without parsing the line: cheap, and good enough to tell lines apart.
 */
int64_t metric_line_stamp(const char *line, size_t size);

#endif
