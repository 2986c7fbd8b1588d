/*
 * engine/api/window/windows.h - parts of long tables, sorted and filtered here: what a page shows
 * while it is scrolled.
 */
#ifndef ENGINE_API_WINDOW_WINDOWS_H
#define ENGINE_API_WINDOW_WINDOWS_H

#include "engine/api/api_private.h"
#include "engine/api/window/order_by.h"

enum { WINDOW_LIMIT_DEFAULT = 100, WINDOW_LIMIT_MAX = 500 };

/* ?orderBy=…&filter=…&offset=…&limit=…, understood. Owns what it points to: window_query_clear().
 */
struct window_query {
    char *order_text;
    char *filter_text;
    struct order_by order;
    struct filter *filter;
    int64_t offset;
    int64_t limit;
};

/*
 * Reads all four, over a table of fields that must outlive the query. False and *err: each fault is
 * among the call's. Clear it in either case.
 */
bool window_query_read(struct api_call *call, const struct filter_field *fields, size_t count,
                       struct window_query *query, struct assay_error *err);
void window_query_clear(struct window_query *query);

/* GET …/jobs/{job}/trials:window */
bool api_window_trials(struct api_call *call, struct assay_error *err);
/* GET …/jobs:window */
bool api_window_jobs(struct api_call *call, struct assay_error *err);

#endif
