#include "engine/datasets/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void line_reader_clear(struct line_reader *reader)
{
    free(reader->text);
    free(reader->part);
    *reader = (struct line_reader){ 0 };
}

/*
 * The next line of the file into reader->part, -1 at the end. At most IMPORT_LINE_MAX bytes are
 * kept of it, since nobody knows what is behind a file's next newline.
 */
static ssize_t read_part(struct line_reader *reader, struct assay_error *err)
{
    size_t size = 0;
    int c = 0;

    flockfile(reader->in);
    while (err->code == ASSAY_OK && (c = getc_unlocked(reader->in)) != EOF) {
        if (size + 2 > reader->part_capacity) {
            size_t capacity = reader->part_capacity ? 2 * reader->part_capacity : 4096;
            char *more =
                capacity <= 2 * (size_t)IMPORT_LINE_MAX ? realloc(reader->part, capacity) : NULL;

            if (!more) {
                (void)assay_fail(err, ASSAY_INVALID, NULL, "a line of more than %d bytes",
                                 IMPORT_LINE_MAX);
                break;
            }
            reader->part = more;
            reader->part_capacity = capacity;
        }
        reader->part[size++] = (char)c;
        if (c == '\n')
            break;
    }
    funlockfile(reader->in);
    if (ferror(reader->in))
        (void)assay_fail_errno(err, errno, "read");
    return size > 0 && err->code == ASSAY_OK ? (ssize_t)size : -1;
}

/* Appends the part to the line. */
static bool append(struct line_reader *reader, size_t part, struct assay_error *err)
{
    if (reader->size + part > IMPORT_LINE_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL, "a line of more than %d bytes",
                          IMPORT_LINE_MAX);
    if (reader->size + part + 1 > reader->capacity) {
        char *more = realloc(reader->text, 2 * (reader->size + part + 1));

        if (!more)
            return assay_fail_memory(err);
        reader->text = more;
        reader->capacity = 2 * (reader->size + part + 1);
    }
    memcpy(reader->text + reader->size, reader->part, part);
    reader->size += part;
    return true;
}

static size_t count_quotes(const char *text, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += text[i] == '"';
    return count;
}

/* One line, however many of the file it takes. */
static bool read_line(struct line_reader *reader, struct assay_error *err)
{
    size_t quotes = 0;
    ssize_t part = 0;

    reader->size = 0;
    reader->number = reader->read + 1;
    do {
        part = read_part(reader, err);
        if (part < 0)
            return reader->size > 0 && err->code == ASSAY_OK; /* a quote that is never closed */
        reader->read++;
        if (!append(reader, (size_t)part, err))
            return false;
        quotes += reader->is_csv ? count_quotes(reader->part, (size_t)part) : 0;
    } while (quotes % 2 != 0);
    return true;
}

static void trim(struct line_reader *reader)
{
    static const char bom[] = "\xef\xbb\xbf";
    size_t size = sizeof bom - 1;

    if (reader->number == 1 && reader->size >= size && memcmp(reader->text, bom, size) == 0) {
        reader->size -= size;
        memmove(reader->text, reader->text + size, reader->size);
    }
    while (reader->size > 0 &&
           (reader->text[reader->size - 1] == '\n' || reader->text[reader->size - 1] == '\r'))
        reader->size--;
    reader->text[reader->size] = '\0';
}

bool line_reader_next(struct line_reader *reader, struct assay_error *err)
{
    err->code = ASSAY_OK;
    while (read_line(reader, err)) {
        trim(reader);
        if (strspn(reader->text, " \t") < reader->size)
            return true;
    }
    return false;
}
