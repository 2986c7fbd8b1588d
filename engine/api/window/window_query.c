#include "engine/api/window/windows.h"

#include <stdlib.h>
#include <string.h>

/* A fault of the request beside others. */
static void note(struct api_call *call, const struct assay_error *why)
{
    assay_faults_add(&call->faults, 0, why->field, "%s", why->message);
}

/* A number from 0 to max. */
static void read_number(struct api_call *call, const char *name, int64_t fallback, int64_t max,
                        int64_t *number)
{
    struct assay_error why = { 0 };

    if (!api_query_integer(call, name, fallback, number, &why))
        note(call, &why);
    else if (*number < 0 || *number > max)
        assay_faults_add(&call->faults, 0, name, "expected a number from 0 to %lld",
                         (long long)max);
}

bool window_query_read(struct api_call *call, const struct filter_field *fields, size_t count,
                       struct window_query *query, struct assay_error *err)
{
    size_t size = (call->request->query ? strlen(call->request->query) : 0) + 1;
    struct assay_error why = { 0 };

    *query = (struct window_query){ .order_text = calloc(1, size), .filter_text = calloc(1, size) };
    if (!query->order_text || !query->filter_text)
        return assay_fail_memory(err);
    (void)api_query(call, "orderBy", query->order_text, size);
    (void)api_query(call, "filter", query->filter_text, size);
    if (!order_by_parse(query->order_text, fields, count, &query->order, &why))
        note(call, &why);
    query->filter = filter_parse(query->filter_text, fields, count, &why);
    if (!query->filter && why.code != ASSAY_INVALID) {
        *err = why;
        return false;
    }
    if (!query->filter)
        note(call, &why);
    read_number(call, "offset", 0, INT64_MAX, &query->offset);
    read_number(call, "limit", WINDOW_LIMIT_DEFAULT, WINDOW_LIMIT_MAX, &query->limit);
    return assay_faults_check(&call->faults, err);
}

void window_query_clear(struct window_query *query)
{
    filter_free(query->filter);
    free(query->order_text);
    free(query->filter_text);
    *query = (struct window_query){ 0 };
}
