/*
 * engine/api/window/order_by.h - the `orderBy` of a window: "metrics.loss desc, number".
 *
 *     orderBy = key [ "asc" | "desc" ] { "," key [ "asc" | "desc" ] }
 *     key     = field [ "." ( id | quoted ) ]    as in a filter (engine/api/list/filter.h)
 *
 * What may be asked for is the same table of fields that filters have. Pure.
 */
#ifndef ENGINE_API_WINDOW_ORDER_BY_H
#define ENGINE_API_WINDOW_ORDER_BY_H

#include "engine/api/list/filter.h"

/* More than four tell nothing apart that the first four do not, in any table that a person reads.
 */
enum { ORDER_KEYS_MAX = 4 };

struct order_key {
    const struct filter_field *field; /* no group: its member */
    bool is_descending;
};

struct order_by {
    size_t count;
    struct order_key keys[ORDER_KEYS_MAX];
};

/* Borrows fields; text "" has no keys. False and *err: ASSAY_INVALID, its field "order_by". */
bool order_by_parse(const char *text, const struct filter_field *fields, size_t count,
                    struct order_by *order, struct assay_error *err);

#endif
