/*
 * engine/data/row_time.h - a time in a table as a number that sorts as it does.
 */
#ifndef ENGINE_DATA_ROW_TIME_H
#define ENGINE_DATA_ROW_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * RFC 3339 with any offset, as assay_time_parse() takes it. *key is above 0 and below UINT64_MAX,
 * and tells times apart that differ by a nanosecond in the years 1900 to 2199, by 100 before and
 * after.
 */
bool row_time_key(const char *text, size_t size, uint64_t *key);

#endif
