/*
 * assay/value.h - numbers and times as text, the same everywhere: on a trial's command line, in
 * JSON, in tables. Pure functions, C locale whatever setlocale() says.
 */
#ifndef ASSAY_VALUE_H
#define ASSAY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ASSAY_NUMBER_TEXT = 32, ASSAY_TIME_TEXT = 88 };

/* Largest n for which every integer in -n .. n is a double of its own: 2^53. */
#define ASSAY_INTEGER_MAX 9007199254740992.0

/*
 * The shortest text that strtod() reads back as the same double; whole numbers up to 2^53 without
 * point or exponent ("128", "0.1", "1e-05", "-0" as "0"). Not finite: "NaN", "Infinity",
 * "-Infinity". Returns text.
 */
char *assay_number_text(double number, char text[ASSAY_NUMBER_TEXT]);

/* Its digits, after a - where it is below 0. Returns text. */
char *assay_integer_text(int64_t number, char text[ASSAY_NUMBER_TEXT]);

/* The whole text is one decimal number: sign, digits, point, exponent; no hex, blanks, nan, inf.
 * False also when it overflows to infinity. */
bool assay_number_parse(const char *text, double *number);

/* The whole text is one decimal integer that fits. */
bool assay_integer_parse(const char *text, int64_t *integer);

/* The whole text is an amount of bytes: "512", "1.5G", "64MiB"; K, M, G, T are powers of 1024. */
bool assay_size_parse(const char *text, int64_t *bytes);

/* RFC 3339 with Z and 0, 3 or 6 digits of fraction: "2026-01-31T10:00:00.250Z". Returns text. */
char *assay_time_text(int64_t wall_us, char text[ASSAY_TIME_TEXT]);

/* RFC 3339 with any offset, years 1 to 9999, up to 9 digits of fraction (cut to microseconds). */
bool assay_time_parse(const char *text, int64_t *wall_us);

/* proto3 JSON Duration: "3600s", "1.5s", "-0.25s". Returns text. */
char *assay_duration_text(int64_t duration_us, char text[ASSAY_TIME_TEXT]);
bool assay_duration_parse(const char *text, int64_t *duration_us);

/*
 * Of the count words, the one nearest to word by edit distance (case does not count), or NULL when
 * none is near enough to be what was meant (a third of its length, at least 1).
 */
const char *assay_nearest_word(const char *word, const char *const *words, size_t count);

#endif
