/*
 * metrics/metric_regex.h - finds metric values in lines of ordinary output.
 *
 * One POSIX extended regular expression per metric, or none. A line gives at most one report per
 * metric: that of the first match. The value is the first group that reads as a number, as in
 * "(train|val)_loss=([0-9.]+)", or the whole match where no group took part. A match without a
 * number is passed over; a value that is not finite counts as skipped.
 */
#ifndef METRICS_METRIC_REGEX_H
#define METRICS_METRIC_REGEX_H

#include "metrics/report_list.h"

struct metric_regexes;

/*
 * regexes: one per metric, NULL for none; copied. NULL and *err (ASSAY_INVALID for an expression
 * that metric_regex_check() refuses) on failure.
 */
struct metric_regexes *metric_regexes_new(const char *const *regexes, size_t metric_count,
                                          struct assay_error *err);
void metric_regexes_free(struct metric_regexes *regexes);

/*
 * Adds the reports of one line, all at step 0 and elapsed_us. Any bytes may stand in the line.
 * False only for lack of memory: then the list is as it was.
 */
bool metric_regexes_read(const struct metric_regexes *regexes, const char *line, size_t size,
                         int64_t elapsed_us, const struct metric_spec *specs,
                         struct report_list *list, struct assay_error *err);

#endif
