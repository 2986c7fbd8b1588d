#include "engine/api/query.h"

#include "engine/spec/fields.h"

#include <ctype.h>
#include <string.h>

enum { NAME_MAX_SIZE = 64 };

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Decodes up to one of the ends or the end of the text; returns where that is. */
static const char *decode(const char *from, const char *ends, char *text, size_t size)
{
    size_t used = 0;

    for (; *from && !strchr(ends, *from); from++) {
        char c = *from == '+' ? ' ' : *from;

        if (*from == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2])) {
            c = (char)(hex_digit(from[1]) * 16 + hex_digit(from[2]));
            if (c == '\0') /* would end the text: stays as it is written */
                c = '%';
            else
                from += 2;
        }
        if (used + 1 < size)
            text[used++] = c;
    }
    text[used] = '\0';
    return from;
}

bool query_find(const char *query, const char *name, char *value, size_t size)
{
    char snake[NAME_MAX_SIZE], key[NAME_MAX_SIZE];

    (void)fields_snake(name, snake, sizeof snake);
    while (query && *query) {
        const char *end = decode(query, "=&", key, sizeof key);

        if (strcmp(key, name) == 0 || strcmp(key, snake) == 0) {
            (void)decode(*end == '=' ? end + 1 : end, "&", value, size);
            return true;
        }
        query = strchr(end, '&');
        query = query ? query + 1 : NULL;
    }
    return false;
}
