/*
 * engine/api/window/trial_fields.h - what trials of a job can be filtered and ordered by: number,
 * state, startTime, endTime, duration, endOrder, attempt, failure, metrics.M, parameters.P.
 *
 * Immutable once made; any thread may read it.
 */
#ifndef ENGINE_API_WINDOW_TRIAL_FIELDS_H
#define ENGINE_API_WINDOW_TRIAL_FIELDS_H

#include "engine/api/list/filter.h"
#include "engine/spec/job_spec.h"
#include "engine/store/store.h"

struct trial_fields {
    const struct filter_field *items;
    size_t count;
    const struct job_spec *spec; /* borrowed */
};

/* Borrows spec. NULL for lack of memory. */
struct trial_fields *trial_fields_new(const struct job_spec *spec);
void trial_fields_free(struct trial_fields *fields); /* NULL is fine */

/* Of the field with that id. */
bool trial_field_is_number(int id);

/*
 * The row's place in the order of the field with that id: numbers and times as they are, durations
 * in seconds, states and failures as the API numbers them, categories in the order of the document.
 * NaN where the row has nothing there.
 */
double trial_field_key(const struct trial_fields *fields, const struct trial_row *row, int id);

/* What filter_matches() asks; its row. */
struct trial_asked {
    const struct trial_fields *fields;
    const struct trial_row *row;
};
bool trial_field_get(const void *asked, int id, const char *key, struct filter_value *value);

#endif
