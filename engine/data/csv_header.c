#include "engine/data/csv_header.h"

#include "engine/data/csv_field.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void csv_header_clear(struct csv_header *header)
{
    free(header->names);
    free(header->sorted);
    *header = (struct csv_header){ 0 };
}

/* Walks a row's fields: *at is where the next begins, and NULL behind the last. */
static struct csv_field next_field(const char **at, const char *end)
{
    struct csv_field field = csv_field_at(*at, end);

    *at = field.text + field.size < end ? field.text + field.size + 1 : NULL;
    return field;
}

static size_t count_fields(const char *begin, const char *end)
{
    size_t count = 0;

    for (const char *at = begin; at; count++)
        (void)next_field(&at, end);
    return count;
}

static int compare_names(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Sorts a copy, where equal names meet. */
static bool check_repeats(struct csv_header *header, const char *file, struct assay_error *err)
{
    assert(header->count > 0); /* a row has a field */
    header->sorted = malloc(header->count * sizeof *header->sorted);
    if (!header->sorted)
        return assay_fail_memory(err);
    memcpy(header->sorted, header->names, header->count * sizeof *header->sorted);
    qsort(header->sorted, header->count, sizeof *header->sorted, compare_names);
    for (size_t i = 1; i < header->count; i++)
        if (strcmp(header->sorted[i - 1], header->sorted[i]) == 0)
            return assay_fail(err, ASSAY_INVALID, NULL,
                              "%s: the header names two columns \"%.100s\"", file,
                              header->sorted[i]);
    return true;
}

/* Pointers, then the names' text, which is no longer than the row with a NUL for each comma. */
static bool take_names(struct csv_header *header, const char *begin, const char *end,
                       const char *file, struct assay_error *err)
{
    char *text = NULL;
    const char *at = begin;

    header->names = malloc(header->count * sizeof *header->names + (size_t)(end - begin) + 1);
    if (!header->names)
        return assay_fail_memory(err);
    text = (char *)(header->names + header->count);
    for (size_t i = 0; i < header->count; i++) {
        struct csv_field field = next_field(&at, end);
        size_t size = csv_field_value(&field, text);

        if (size == 0 || memchr(text, '\0', size))
            return assay_fail(err, ASSAY_INVALID, NULL, "%s: the header's column %zu has %s", file,
                              i + 1, size == 0 ? "no name" : "a NUL in its name");
        header->names[i] = text;
        text[size] = '\0';
        text += size + 1;
    }
    return true;
}

bool csv_header_read(struct csv_header *header, struct csv_reader *reader, const char *file,
                     struct assay_error *err)
{
    struct csv_rows first;
    const char *begin = NULL;
    const char *end = NULL;

    if (!csv_reader_first(reader, &first, &header->offset, err))
        return false;
    if (first.count == 0)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s is empty; its first line should name the columns", file);
    begin = first.text + first.rows->begin;
    end = first.text + first.rows->end;
    header->size = (size_t)(end - begin);
    header->count = count_fields(begin, end);
    if (header->count > CSV_COLUMNS_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL, "%s: %zu columns; at most %d are possible",
                          file, header->count, CSV_COLUMNS_MAX);
    return take_names(header, begin, end, file, err) && check_repeats(header, file, err);
}

bool csv_header_find(const struct csv_header *header, const char *name, uint32_t *column)
{
    for (size_t i = 0; i < header->count; i++) {
        if (strcmp(header->names[i], name) == 0) {
            *column = (uint32_t)i;
            return true;
        }
    }
    return false;
}

/* The value's size is known; it may have NULs, which a name has not. */
static int compare_value(const void *value, const void *name)
{
    const struct csv_field *one = value;
    const char *other = *(char *const *)name;
    size_t size = strlen(other);
    int order = memcmp(one->text, other, one->size < size ? one->size : size);

    return order != 0 ? order : (one->size > size) - (one->size < size);
}

bool csv_header_compare(const struct csv_header *header, const char *text,
                        const struct csv_row *row, enum csv_first_row *first_is,
                        struct assay_error *err)
{
    size_t size = row->end - row->begin;
    char *value = malloc(size + header->count); /* of a field, and for each name whether it came */
    char *is_seen = value + size;
    const char *at = text + row->begin;
    size_t in_place = 0;
    size_t seen = 0;
    size_t count = 0;

    if (!value)
        return assay_fail_memory(err);
    memset(is_seen, 0, header->count);
    for (; at && count < header->count; count++) {
        struct csv_field field = next_field(&at, text + row->end);
        struct csv_field name = { value, csv_field_value(&field, value) };
        char **found =
            bsearch(&name, header->sorted, header->count, sizeof *header->sorted, compare_value);

        in_place += found && *found == header->names[count];
        if (found && !is_seen[found - header->sorted]) {
            is_seen[found - header->sorted] = true;
            seen++;
        }
    }
    *first_is = CSV_FIRST_IS_ROW;
    if (!at && seen == header->count)
        *first_is = in_place == header->count ? CSV_FIRST_IS_HEADER : CSV_FIRST_IS_OTHER;
    free(value);
    return true;
}
