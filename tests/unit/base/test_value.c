#include "assay/value.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_number_text(double number, const char *expected)
{
    char text[ASSAY_NUMBER_TEXT];

    cr_assert(eq(str, assay_number_text(number, text), (char *)expected));
}

Test(value, numbers_have_their_shortest_text)
{
    assert_number_text(0, "0");
    assert_number_text(-0.0, "0");
    assert_number_text(128, "128");
    assert_number_text(-3, "-3");
    assert_number_text(0.1, "0.1");
    assert_number_text(1e-5, "1e-05");
    assert_number_text(0.1 + 0.2, "0.30000000000000004");
    assert_number_text(9007199254740992.0, "9007199254740992");
    assert_number_text(1e22, "1e+22");
    assert_number_text((double)NAN, "NaN");
    assert_number_text((double)INFINITY, "Infinity");
    assert_number_text((double)-INFINITY, "-Infinity");
}

Test(value, number_text_comes_back_as_the_same_double)
{
    const char *seed = getenv("ASSAY_TEST_SEED");
    uint64_t state = seed ? strtoull(seed, NULL, 10) : 0x9e3779b97f4a7c15U;

    (void)fprintf(stderr, "ASSAY_TEST_SEED=%llu\n", (unsigned long long)state);
    for (int i = 0; i < 100000; i++) {
        char text[ASSAY_NUMBER_TEXT];
        double number = 0;
        double back = 1;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        memcpy(&number, &state, sizeof number);
        if (!isfinite(number))
            continue;
        cr_assert(assay_number_parse(assay_number_text(number, text), &back), "%s", text);
        cr_assert(back == number, "%s", text);
    }
}

Test(value, only_a_whole_decimal_number_is_one)
{
    static const char *const wrong[] = { "",      " 1", "1 ", "0x10", "nan", "inf",   "1e",
                                         "1e999", ".",  "e5", "--1",  "1,5", "1.2.3", "+" };
    double number = 7;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_assert(not(assay_number_parse(wrong[i], &number)), "\"%s\"", wrong[i]);
    cr_assert(eq(dbl, number, 7));
    cr_assert(assay_number_parse("+.5e1", &number));
    cr_assert(eq(dbl, number, 5));
    cr_assert(assay_number_parse("1e-400", &number));
    cr_assert(eq(dbl, number, 0));
}

Test(value, a_comma_in_the_locale_changes_nothing)
{
    char text[ASSAY_NUMBER_TEXT];
    double number = 0;

    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        (void)setlocale(LC_ALL, "C.UTF-8"); /* the test is weaker where German is not installed */
    cr_assert(assay_number_parse("1.5", &number));
    cr_assert(eq(dbl, number, 1.5));
    cr_assert(eq(str, assay_number_text(1.5, text), "1.5"));
    (void)setlocale(LC_ALL, "C");
}

Test(value, integers_are_read_to_their_ends)
{
    int64_t integer = 0;

    cr_assert(assay_integer_parse("9223372036854775807", &integer));
    cr_assert(eq(i64, integer, INT64_MAX));
    cr_assert(assay_integer_parse("-9223372036854775808", &integer));
    cr_assert(eq(i64, integer, INT64_MIN));
    cr_assert(not(assay_integer_parse("9223372036854775808", &integer)));
    cr_assert(not(assay_integer_parse("1.0", &integer)));
    cr_assert(not(assay_integer_parse("", &integer)));
    cr_assert(not(assay_integer_parse(" 1", &integer)));
    cr_assert(not(assay_integer_parse("1 ", &integer)));
}

Test(value, integers_are_written_to_their_ends)
{
    char text[ASSAY_NUMBER_TEXT];

    cr_assert(eq(str, assay_integer_text(0, text), "0"));
    cr_assert(eq(str, assay_integer_text(-7, text), "-7"));
    cr_assert(eq(str, assay_integer_text(INT64_MAX, text), "9223372036854775807"));
    cr_assert(eq(str, assay_integer_text(INT64_MIN, text), "-9223372036854775808"));
}

static void assert_size(const char *text, int64_t bytes)
{
    int64_t found = -1;

    cr_assert(assay_size_parse(text, &found), "%s", text);
    cr_assert(eq(i64, found, bytes), "%s", text);
}

Test(value, sizes_are_read_in_powers_of_1024)
{
    assert_size("0", 0);
    assert_size("512", 512);
    assert_size("512B", 512);
    assert_size("1K", 1024);
    assert_size("1.5G", 3 * INT64_C(512) * 1024 * 1024);
    assert_size("64MiB", INT64_C(64) * 1024 * 1024);
    assert_size("2Ti", INT64_C(2) << 40);
}

Test(value, what_is_no_size_is_refused)
{
    static const char *const texts[] = { "",      "G",    "1k", "1 G", "-1",       "1e3", "0x10",
                                         "1.1.1", "1GB2", "1P", "nan", "9000000T", "1Gb" };
    int64_t found = -1;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_assert(not(assay_size_parse(texts[i], &found)), "%s", texts[i]);
}

Test(value, times_are_written_and_read)
{
    char text[ASSAY_TIME_TEXT];
    int64_t wall_us = 0;

    cr_assert(eq(str, assay_time_text(0, text), "1970-01-01T00:00:00Z"));
    cr_assert(eq(str, assay_time_text(1769853600250000, text), "2026-01-31T10:00:00.250Z"));
    cr_assert(eq(str, assay_time_text(-1, text), "1969-12-31T23:59:59.999999Z"));
    cr_assert(eq(str, assay_time_text(253402300799000000, text), "9999-12-31T23:59:59Z"));
    cr_assert(eq(str, assay_time_text(253402300800000000, text), "10000-01-01T00:00:00Z"));
    cr_assert(assay_time_parse("2026-01-31T12:00:00.25+02:00", &wall_us));
    cr_assert(eq(i64, wall_us, 1769853600250000));
    cr_assert(assay_time_parse("2024-02-29T00:00:00Z", &wall_us));
    cr_assert(not(assay_time_parse("2023-02-29T00:00:00Z", &wall_us)));
    cr_assert(not(assay_time_parse("2026-01-31T10:00:00", &wall_us)));
    cr_assert(not(assay_time_parse("2026-01-31", &wall_us)));
    cr_assert(not(assay_time_parse("2026-01-31T25:00:00Z", &wall_us)));
    cr_assert(not(assay_time_parse("2026-01-31T10:00:00Zx", &wall_us)));
}

Test(value, durations_are_written_and_read)
{
    char text[ASSAY_TIME_TEXT];
    int64_t duration_us = 0;

    cr_assert(eq(str, assay_duration_text(3600000000, text), "3600s"));
    cr_assert(eq(str, assay_duration_text(1500000, text), "1.500s"));
    cr_assert(eq(str, assay_duration_text(-250000, text), "-0.250s"));
    cr_assert(assay_duration_parse("1.5s", &duration_us));
    cr_assert(eq(i64, duration_us, 1500000));
    cr_assert(assay_duration_parse("-0.25s", &duration_us));
    cr_assert(eq(i64, duration_us, -250000));
    cr_assert(not(assay_duration_parse("3600", &duration_us)));
    cr_assert(not(assay_duration_parse("1h", &duration_us)));
    cr_assert(not(assay_duration_parse("s", &duration_us)));
    cr_assert(not(assay_duration_parse("1.s", &duration_us)));
    cr_assert(not(assay_duration_parse("999999999999s", &duration_us)));
}

Test(value, the_nearest_word_is_what_was_meant)
{
    static const char *const words[] = { "maxTrialCount", "parallelTrialCount", "displayName" };

    cr_assert(eq(str, (char *)assay_nearest_word("maxTrailsCount", words, 3), "maxTrialCount"));
    cr_assert(eq(str, (char *)assay_nearest_word("DISPLAYNAME", words, 3), "displayName"));
    cr_assert(assay_nearest_word("unrelated", words, 3) == NULL);
    cr_assert(assay_nearest_word("", words, 3) == NULL);
}
