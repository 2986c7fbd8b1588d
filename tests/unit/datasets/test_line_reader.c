#include "engine/datasets/line_reader.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static void assert_lines(const char *text, bool is_csv, const char *const *lines,
                         const int64_t *numbers, size_t count)
{
    char *copy = strdup(text);
    struct line_reader reader = { .in = fmemopen(copy, strlen(copy), "r"), .is_csv = is_csv };
    struct assay_error err = { 0 };
    FILE *in = reader.in;

    for (size_t i = 0; i < count; i++) {
        cr_assert(line_reader_next(&reader, &err), "%s: line %zu", text, i);
        cr_assert_str_eq(reader.text, lines[i]);
        cr_assert_eq(reader.number, numbers[i]);
    }
    cr_assert(not(line_reader_next(&reader, &err)));
    cr_assert_eq((int)err.code, ASSAY_OK, "%s", err.message);
    line_reader_clear(&reader);
    (void)fclose(in);
    free(copy);
}

Test(line_reader, byte_order_mark_line_ends_and_blank_lines_are_no_part_of_lines)
{
    const char *const lines[] = { "{}", "[]", "last" };
    const int64_t numbers[] = { 1, 4, 5 };

    assert_lines("\xef\xbb\xbf{}\r\n\n  \n[]\nlast", false, lines, numbers, 3);
}

Test(line_reader, a_line_of_csv_goes_on_where_a_quote_is_open)
{
    const char *const lines[] = { "\"a\nb\"\"\n\",c", "d" };
    const int64_t numbers[] = { 1, 4 };

    assert_lines("\"a\nb\"\"\n\",c\nd\n", true, lines, numbers, 2);
}

Test(line_reader, a_quote_of_json_lines_is_a_byte_like_others)
{
    const char *const lines[] = { "\"a", "b" };
    const int64_t numbers[] = { 1, 2 };

    assert_lines("\"a\nb", false, lines, numbers, 2);
}

Test(line_reader, a_line_without_end_is_refused_before_it_fills_the_memory)
{
    FILE *in = fopen("/dev/zero", "r");
    struct line_reader reader = { .in = in };
    struct assay_error err = { 0 };

    cr_assert(in != NULL);
    cr_assert(not(line_reader_next(&reader, &err)));
    cr_assert_eq((int)err.code, ASSAY_INVALID);
    line_reader_clear(&reader);
    (void)fclose(in);
}
