/*
 * metrics/report_list.h - what the lines of a trial gave: reports, and a tally of what was not one.
 *
 * Zero it to start. Owns its items. One thread at a time.
 */
#ifndef METRICS_REPORT_LIST_H
#define METRICS_REPORT_LIST_H

#include "assay/error.h"
#include "metrics/measurement.h"
#include "metrics/metric_reader.h"

enum { METRIC_NAME_MAX = 128 };

struct report_list {
    struct metric_report *items;
    size_t count;
    size_t capacity;
    uint64_t skipped; /* values that were not finite */
    size_t seen_count;
    char seen[METRIC_SEEN_MAX][METRIC_NAME_MAX];
};

void report_list_clear(struct report_list *list);

/* Room for `more` reports, so that adding as many cannot fail. */
bool report_list_reserve(struct report_list *list, size_t more, struct assay_error *err);

/* Room must have been reserved. */
void report_list_add(struct report_list *list, const struct metric_report *report);

/* Remembers a name once, while there is room; names of METRIC_NAME_MAX bytes are left out. */
void report_list_see(struct report_list *list, const char *name);

#endif
