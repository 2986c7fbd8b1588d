#include "engine/data/csv_field.h"

#include <string.h>

static const char *quoted_end(const char *begin, const char *end)
{
    const char *at = begin + 1;

    for (;;) {
        at = memchr(at, '"', (size_t)(end - at));
        if (!at)
            return end; /* not in a valid row */
        if (at + 1 == end || at[1] != '"')
            return at + 1;
        at += 2;
    }
}

struct csv_field csv_field_at(const char *begin, const char *end)
{
    const char *stop = NULL;

    if (begin < end && *begin == '"')
        stop = quoted_end(begin, end);
    else
        stop = memchr(begin, ',', (size_t)(end - begin));
    return (struct csv_field){ begin, (size_t)((stop ? stop : end) - begin) };
}

size_t csv_field_value(const struct csv_field *field, char *value)
{
    size_t size = 0;

    if (field->size < 2 || field->text[0] != '"') {
        memcpy(value, field->text, field->size);
        return field->size;
    }
    for (size_t i = 1; i + 1 < field->size; i++) {
        value[size++] = field->text[i];
        i += field->text[i] == '"'; /* the second of two */
    }
    return size;
}

bool csv_field_unquote(struct csv_field *field)
{
    if (field->size < 2 || field->text[0] != '"')
        return true;
    if (memchr(field->text + 1, '"', field->size - 2))
        return false;
    field->text++;
    field->size -= 2;
    return true;
}
