/*
 * engine/data/csv_field.h - one field of a row that csv_scan has found valid. Pure functions.
 */
#ifndef ENGINE_DATA_CSV_FIELD_H
#define ENGINE_DATA_CSV_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/* A field as it stands in the text, with its quotes. Borrowed. */
struct csv_field {
    const char *text;
    size_t size;
};

/* The field that begins at begin, in a row that ends at end. */
struct csv_field csv_field_at(const char *begin, const char *end);

/* Its value without quotes, at most its size; returns the value's size. */
size_t csv_field_value(const struct csv_field *field, char *value);

/* Takes off the quotes in place; false where some are doubled, and nothing has changed. */
bool csv_field_unquote(struct csv_field *field);

#endif
