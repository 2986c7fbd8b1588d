#include "engine/cli/text.h"

#include "tests/unit/cli/capture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static struct capture captured;

static char *safe(const char *text)
{
    text_write_safe(capture_begin(&captured), text);
    return capture_end(&captured);
}

static char *shell(const char *text)
{
    text_write_shell(capture_begin(&captured), text);
    return capture_end(&captured);
}

static char *csv(const char *text, bool is_safe)
{
    text_write_csv(capture_begin(&captured), text, is_safe);
    return capture_end(&captured);
}

static char *fitted(const char *text, size_t columns)
{
    text_write_fitted(capture_begin(&captured), text, columns);
    return capture_end(&captured);
}

static char *duration(int64_t us)
{
    text_write_duration(capture_begin(&captured), us);
    return capture_end(&captured);
}

static void forget(void)
{
    capture_clear(&captured);
}

Test(text, ordinary_text_of_any_language_stays_as_it_is, .fini = forget)
{
    cr_assert(eq(str, safe("plain, \\ and \"quoted\""), "plain, \\ and \"quoted\""));
    cr_assert(eq(str, safe("Grüße 数字 🙂"), "Grüße 数字 🙂"));
    cr_assert(eq(str, safe(""), ""));
}

Test(text, control_characters_are_shown_and_not_sent, .fini = forget)
{
    cr_assert(eq(str, safe("a\033[31mb"), "a\\x1b[31mb"));
    cr_assert(eq(str, safe("a\tb\r\n\a\x7f"), "a\\tb\\r\\n\\a\\x7f"));
    cr_assert(eq(str, safe("\xc2\x9b"), "\\u009b")); /* CSI as one character */
    cr_assert(eq(str,
                 safe("\xe2\x80\xae"
                      "x"),
                 "\\u202ex")); /* right to left from here on */
}

Test(text, bytes_that_are_no_text_are_shown_one_by_one, .fini = forget)
{
    cr_assert(eq(str, safe("\xff"), "\\xff"));
    cr_assert(eq(str, safe("a\xc3"), "a\\xc3"));
    cr_assert(eq(str, safe("\xc0\xaf"), "\\xc0\\xaf"));          /* overlong */
    cr_assert(eq(str, safe("\xed\xa0\x80"), "\\xed\\xa0\\x80")); /* a surrogate */
    cr_assert(eq(str, safe("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"));
}

static unsigned int seed_of_run(void)
{
    const char *given = getenv("TEST_SEED");
    unsigned int seed = given ? (unsigned int)strtoul(given, NULL, 10) : 20240607u;

    cr_log_info("TEST_SEED=%u", seed);
    return seed;
}

Test(text, random_bytes_never_get_a_control_character_through, .fini = forget)
{
    unsigned int seed = seed_of_run();
    unsigned int state = seed;

    for (int round = 0; round < 20000; round++) {
        char bytes[24] = "";
        int line = 0;
        bool is_clean = true;

        for (size_t i = 0; i + 1 < sizeof bytes; i++) {
            state = state * 1664525u + 1013904223u;
            bytes[i] = (char)(state >> 24);
        }
        (void)safe(bytes);
        is_clean = text_is_utf8(captured.text, captured.size, &line);
        for (size_t i = 0; i < captured.size; i++)
            is_clean =
                is_clean && (unsigned char)captured.text[i] >= 0x20 && captured.text[i] != 0x7f;
        cr_assert(is_clean, "TEST_SEED=%u round %d", seed, round);
    }
}

Test(text, lines_keep_their_breaks_but_for_the_last, .fini = forget)
{
    text_write_lines(capture_begin(&captured), "one\ntwo\033\n", "  ");
    cr_assert(eq(str, capture_end(&captured), "one\n  two\\x1b"));
    text_write_first_line(capture_begin(&captured), "one\ntwo");
    cr_assert(eq(str, capture_end(&captured), "one"));
}

Test(text, a_shell_gets_quotes_only_where_it_needs_them, .fini = forget)
{
    cr_assert(eq(str, shell("--lr=0.1"), "--lr=0.1"));
    cr_assert(eq(str, shell(""), "''"));
    cr_assert(eq(str, shell("two words"), "'two words'"));
    cr_assert(eq(str, shell("it's $HOME"), "'it'\\''s $HOME'"));
    cr_assert(eq(str, shell("a\nb'\\\033"), "$'a\\nb\\'\\\\\\x1b'"));
    cr_assert(eq(str, shell("~"), "'~'"));
    cr_assert(eq(str, shell("#x"), "'#x'"));
}

Test(text, csv_quotes_by_rfc_4180, .fini = forget)
{
    cr_assert(eq(str, csv("plain words", false), "plain words"));
    cr_assert(eq(str, csv("a,b", false), "\"a,b\""));
    cr_assert(eq(str, csv("say \"hi\"", false), "\"say \"\"hi\"\"\""));
    cr_assert(eq(str, csv("two\nlines", false), "\"two\nlines\""));
    cr_assert(eq(str, csv("", false), ""));
}

Test(text, csv_is_exact_for_files_and_safe_for_terminals, .fini = forget)
{
    cr_assert(eq(str, csv("\033\xff", false), "\033\xff"));
    cr_assert(eq(str, csv("\033,\n", true), "\"\\x1b,\\n\""));
}

Test(text, what_is_too_wide_ends_in_an_ellipsis, .fini = forget)
{
    cr_assert(eq(str, fitted("12345", 5), "12345"));
    cr_assert(eq(str, fitted("123456", 5), "1234…"));
    cr_assert(eq(str, fitted("123456", 1), "…"));
    cr_assert(eq(str, fitted("123456", 0), ""));
}

Test(text, wide_characters_count_twice_where_the_locale_knows_them, .fini = forget)
{
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        cr_skip("no UTF-8 locale here");
    cr_assert(eq(sz, text_columns("数字"), 4));
    cr_assert(eq(sz, text_columns("e\xcc\x81"), 1)); /* a combining accent */
    cr_assert(eq(str, fitted("数字数字", 5), "数字…"));
    cr_assert(eq(str, fitted("数字数字", 6), "数字…"));
}

Test(text, durations_have_two_units_at_most, .fini = forget)
{
    cr_assert(eq(str, duration(0), "0.00s"));
    cr_assert(eq(str, duration(999999), "1.00s"));
    cr_assert(eq(str, duration(3240000), "3.2s"));
    cr_assert(eq(str, duration(INT64_C(247) * 1000000), "4m07s"));
    cr_assert(eq(str, duration(INT64_C(7500) * 1000000), "2h05m"));
    cr_assert(eq(str, duration(INT64_C(273600) * 1000000), "3d04h"));
}

Test(text, the_line_of_the_first_bad_byte_is_told, .fini = forget)
{
    int line = 0;

    cr_assert(text_is_utf8("a\nü\n", 5, &line));
    cr_assert(not(text_is_utf8("a\n\n\xff", 4, &line)));
    cr_assert(eq(int, line, 3));
    cr_assert(not(text_is_utf8("a\0b", 3, &line)));
    cr_assert(not(text_is_utf8("\xc3", 1, &line)));
}

static char *wrapped(const char *text, size_t columns, size_t used)
{
    text_write_wrapped(capture_begin(&captured), text, columns, used, "  ");
    return capture_end(&captured);
}

Test(text, long_lines_are_broken_at_blanks, .fini = forget)
{
    cr_expect(eq(str, wrapped("", 20, 0), ""));
    cr_expect(eq(str, wrapped("one two three", 20, 0), "one two three"));
    cr_expect(eq(str, wrapped("one two three", 13, 0), "one two three"));
    cr_expect(eq(str, wrapped("one two three", 12, 0), "one two\n  three"));
    cr_expect(eq(str, wrapped("one two three", 13, 1), "one two\n  three"));
    cr_expect(eq(str, wrapped("one two three four", 9, 0), "one two\n  three\n  four"));
    cr_expect(eq(str, wrapped("longerthanall a", 9, 0), "longerthanall\n  a"));
    cr_expect(eq(str, wrapped("a longerthanall", 9, 0), "a\n  longerthanall"));
    cr_expect(eq(str, wrapped("ä€ é", 5, 0), "ä€ é"));
    cr_expect(eq(str, wrapped("one\ntwo three", 20, 0), "one\n  two three"));
}
