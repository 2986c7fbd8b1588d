/*
 * engine/store/ended_rows.h - the trials that have ended, with what plots show of them: for walks
 * over millions, by whoever reads nothing else meanwhile.
 */
#ifndef ENGINE_STORE_ENDED_ROWS_H
#define ENGINE_STORE_ENDED_ROWS_H

#include "engine/store/store.h"

struct ended_row {
    int64_t number, end_order;
    int64_t start_us, end_us;
    int state; /* enum trial_state */
    bool is_stopped_early;
    const double *point; /* valid during the call, as values */
    size_t point_count;
    const double *values; /* NULL: it has no final measurement */
    size_t value_count;
};

struct ended_query {
    int64_t job;
    int64_t after, until; /* end orders, until inclusive */
    /* By number, several times as fast where most of the job's trials are wanted. Else by end. */
    bool is_by_number;
    bool has_stops; /* false: is_stopped_early is not looked up, which costs as much as the rest */
};

/* False from fn ends the walk. What the walk tells is of one moment. */
typedef bool (*ended_row_fn)(void *context, const struct ended_row *row);
bool store_ended_each(struct store *store, const struct ended_query *query, ended_row_fn fn,
                      void *context, struct assay_error *err);

#endif
