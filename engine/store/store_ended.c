#include "engine/store/ended_rows.h"
#include "engine/store/store_private.h"

#include <string.h>

#define COLUMNS "SELECT id, end_order, start_us, end_us, state, point, final"
#define STOPPED COLUMNS ", EXISTS (SELECT 1 FROM early_stop WHERE trial = trial.id)"
#define BY_NUMBER                                                                                  \
    " FROM trial WHERE id BETWEEN ?1 * 100000000 AND ?1 * 100000000 + 99999999"                    \
    " AND end_order > ?2 AND end_order <= ?3 ORDER BY id"
/* The index's condition comes last: of two lower ends the planner takes the first. */
#define BY_END                                                                                     \
    " FROM trial WHERE id / 100000000 = ?1 AND end_order > ?2 AND end_order <= ?3"                 \
    " AND end_order > 0 ORDER BY end_order"

/* One text each: a statement is known by its address. */
static const char by_number[] = COLUMNS BY_NUMBER, by_number_stopped[] = STOPPED BY_NUMBER;
static const char by_end[] = COLUMNS BY_END, by_end_stopped[] = STOPPED BY_END;

static bool read_row(struct store *store, sqlite3_stmt *s, bool has_stops, struct ended_row *row)
{
    struct store_numbers numbers;

    *row = (struct ended_row){
        .number = sqlite3_column_int64(s, 0) % STORE_TRIALS_MAX,
        .end_order = sqlite3_column_int64(s, 1),
        .start_us = sqlite3_column_int64(s, 2),
        .end_us = sqlite3_column_int64(s, 3),
        .state = sqlite3_column_int(s, 4),
        .is_stopped_early = has_stops && sqlite3_column_int(s, 7) != 0,
    };
    if (!store_read_numbers(store, s, 5, &numbers))
        return false;
    row->point = numbers.point;
    row->point_count = numbers.point_count;
    row->values = numbers.values;
    row->value_count = numbers.value_count;
    return true;
}

bool store_ended_each(struct store *store, const struct ended_query *query, ended_row_fn fn,
                      void *context, struct assay_error *err)
{
    bool has_stops = query->has_stops && store->version >= 2; /* which brought the table */
    const char *plain = query->is_by_number ? by_number : by_end;
    const char *stopped = query->is_by_number ? by_number_stopped : by_end_stopped;
    sqlite3_stmt *s = store_sql(store, has_stops ? stopped : plain, err);
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, query->job);
    (void)sqlite3_bind_int64(s, 2, query->after);
    (void)sqlite3_bind_int64(s, 3, query->until);
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct ended_row row;

        if (!read_row(store, s, has_stops, &row)) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
        goes_on = fn(context, &row);
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "read the trials", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}
