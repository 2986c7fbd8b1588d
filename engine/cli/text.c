#include "engine/cli/text.h"

#include <inttypes.h>
#include <string.h>
#include <wchar.h>

/*
 * The character that begins at text, of which left bytes may be read, *size bytes of it (RFC 3629).
 * -1 for a byte that begins none: stray, overlong, a surrogate, beyond U+10FFFF.
 */
static int32_t decode_char(const char *text, size_t left, size_t *size)
{
    static const int32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    const unsigned char *byte = (const unsigned char *)text;
    size_t length = byte[0] < 0x80 ? 1 : (byte[0] < 0xe0 ? 2 : (byte[0] < 0xf0 ? 3 : 4));
    int32_t value = byte[0] & first_bits[length];

    *size = 1;
    if (length == 1)
        return value;
    if (byte[0] < 0xc2 || byte[0] > 0xf4 || length > left)
        return -1;
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return -1;
        value = value << 6 | (byte[i] & 0x3f);
    }
    if (value < lowest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return -1;
    *size = length;
    return value;
}

static int32_t next_char(const char *text, size_t *size)
{
    return decode_char(text, strnlen(text, 4), size);
}

/* A terminal would obey it, or show it where it does not stand. */
static bool is_unsafe(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void write_escape(FILE *out, int32_t c, const char *bytes)
{
    static const char letters[] = "abtnvfr"; /* from 7 on */

    if (c >= '\a' && c <= '\r')
        (void)fprintf(out, "\\%c", letters[c - '\a']);
    else if (c >= 0 && c < 0x80)
        (void)fprintf(out, "\\x%02" PRIx32, (uint32_t)c);
    else if (c >= 0)
        (void)fprintf(out, "\\u%04" PRIx32, (uint32_t)c);
    else
        (void)fprintf(out, "\\x%02x", (unsigned int)(unsigned char)*bytes);
}

/* Up to the zero, or to the first character of stop. Returns where it ended. */
static const char *write_until(FILE *out, const char *text, char stop)
{
    while (*text && *text != stop) {
        size_t size = 0;
        int32_t c = next_char(text, &size);

        if (is_unsafe(c))
            write_escape(out, c, text);
        else
            (void)fwrite(text, 1, size, out);
        text += size;
    }
    return text;
}

void text_write_safe(FILE *out, const char *text)
{
    (void)write_until(out, text, '\0');
}

void text_write_lines(FILE *out, const char *text, const char *indent)
{
    for (;;) {
        text = write_until(out, text, '\n');
        if (*text == '\0' || text[1] == '\0')
            return;
        (void)fprintf(out, "\n%s", indent);
        text++;
    }
}

void text_write_first_line(FILE *out, const char *text)
{
    (void)write_until(out, text, '\n');
}

static bool has_unsafe(const char *text)
{
    while (*text) {
        size_t size = 0;

        if (is_unsafe(next_char(text, &size)))
            return true;
        text += size;
    }
    return false;
}

/* $'…': what is unsafe as its bytes, so that the shell makes the very same text of it. */
static void write_dollar_quotes(FILE *out, const char *text)
{
    (void)fputs("$'", out);
    while (*text) {
        size_t size = 0;
        int32_t c = next_char(text, &size);

        if (c == '\'' || c == '\\')
            (void)fputc('\\', out);
        if (!is_unsafe(c))
            (void)fwrite(text, 1, size, out);
        else if (c >= '\a' && c <= '\r')
            write_escape(out, c, text);
        else
            for (size_t i = 0; i < size; i++)
                (void)fprintf(out, "\\x%02x", (unsigned int)(unsigned char)text[i]);
        text += size;
    }
    (void)fputc('\'', out);
}

void text_write_shell(FILE *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./,:@%";

    if (*text && text[strspn(text, plain)] == '\0') {
        (void)fputs(text, out);
        return;
    }
    if (has_unsafe(text)) {
        write_dollar_quotes(out, text);
        return;
    }
    (void)fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            (void)fputs("'\\'", out);
        (void)fputc(*text, out);
    }
    (void)fputc('\'', out);
}

void text_write_url(FILE *out, const char *text)
{
    for (; *text; text++)
        if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
            (*text >= '0' && *text <= '9') || strchr("-._~", *text))
            (void)fputc(*text, out);
        else
            (void)fprintf(out, "%%%02X", (unsigned char)*text);
}

void text_write_csv(FILE *out, const char *text, bool is_safe)
{
    const char *quote = text[strcspn(text, ",\"\r\n")] ? "\"" : "";

    (void)fputs(quote, out);
    while (*text) {
        size_t size = 0;
        int32_t c = next_char(text, &size);

        if (c == '"')
            (void)fputc('"', out);
        if (is_safe && is_unsafe(c))
            write_escape(out, c, text);
        else
            (void)fwrite(text, 1, size, out);
        text += size;
    }
    (void)fputs(quote, out);
}

/* One column where the locale knows no better: most characters are that wide. */
static size_t char_columns(int32_t c)
{
    int columns = c < 0x80 ? 1 : wcwidth((wchar_t)c);

    return columns < 0 ? 1 : (size_t)columns;
}

/* Up to the zero, or to one of the characters of stops; *end is where. */
static size_t columns_until(const char *text, const char *stops, const char **end)
{
    size_t columns = 0;

    while (*text && !strchr(stops, *text)) {
        size_t size = 0;

        columns += char_columns(next_char(text, &size));
        text += size;
    }
    *end = text;
    return columns;
}

size_t text_columns(const char *text)
{
    return columns_until(text, "", &text);
}

void text_write_wrapped(FILE *out, const char *text, size_t columns, size_t used,
                        const char *indent)
{
    bool is_first = true; /* word of its line */

    for (;;) {
        const char *end = NULL;
        size_t width = columns_until(text, " \n", &end);

        if (!is_first && used + 1 + width > columns) {
            (void)fprintf(out, "\n%s", indent);
            used = text_columns(indent);
        } else if (!is_first) {
            (void)fputc(' ', out);
            used++;
        }
        (void)fwrite(text, 1, (size_t)(end - text), out);
        used += width;
        if (*end == '\0')
            return;
        is_first = *end == '\n';
        if (is_first) {
            (void)fprintf(out, "\n%s", indent);
            used = text_columns(indent);
        }
        text = end + 1;
    }
}

void text_write_fitted(FILE *out, const char *text, size_t columns)
{
    size_t used = 0;

    if (text_columns(text) <= columns) {
        (void)fputs(text, out);
        return;
    }
    while (*text) {
        size_t size = 0;

        used += char_columns(next_char(text, &size));
        if (used + 1 > columns)
            break;
        (void)fwrite(text, 1, size, out);
        text += size;
    }
    if (columns > 0)
        (void)fputs("…", out);
}

void text_write_duration(FILE *out, int64_t duration_us)
{
    int64_t seconds = duration_us / 1000000;
    int64_t hours = seconds / 3600;

    if (duration_us < 1000000)
        (void)fprintf(out, "%.2fs", (double)duration_us / 1e6);
    else if (seconds < 60)
        (void)fprintf(out, "%" PRId64 ".%" PRId64 "s", seconds, duration_us / 100000 % 10);
    else if (seconds < 3600)
        (void)fprintf(out, "%" PRId64 "m%02" PRId64 "s", seconds / 60, seconds % 60);
    else if (hours < 24)
        (void)fprintf(out, "%" PRId64 "h%02" PRId64 "m", hours, seconds / 60 % 60);
    else
        (void)fprintf(out, "%" PRId64 "d%02" PRId64 "h", hours / 24, hours % 24);
}

bool text_is_utf8(const char *text, size_t size, int *line)
{
    size_t at = 0;

    *line = 1;
    while (at < size) {
        size_t step = 0;

        if (decode_char(text + at, size - at, &step) <= 0)
            return false;
        *line += text[at] == '\n';
        at += step;
    }
    return true;
}
