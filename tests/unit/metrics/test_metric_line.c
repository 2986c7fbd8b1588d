#include "metrics/metric_line.h"

#include "metric_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static char ids[][24] = { "acc",   "loss", "global_step", "timestamp", "trial", "checkpoint_path",
                          "größe", "step" };

static struct report_list list;

#define START_US (INT64_C(1714557000) * 1000000)

/* Reads one line as a study with the given metric (an index of ids) and "loss" would. */
static const struct report_list *read_line(size_t metric, const char *line)
{
    struct metric_spec specs[] = { { .id = ids[metric] }, { .id = ids[1] } };
    struct metric_line_context context = {
        .specs = specs, .metric_count = 2, .start_us = START_US, .now_us = START_US + 77
    };
    struct assay_error err = { 0 };

    report_list_clear(&list);
    cr_assert(metric_line_read(&context, line, strlen(line), &list, &err));
    return &list;
}

static void end_test(void)
{
    report_list_clear(&list);
}

TestSuite(metric_line, .fini = end_test);

Test(metric_line, a_line_of_hypertune_gives_its_report)
{
    const struct report_list *got =
        read_line(0, "{\"acc\": \"0.8125\", \"checkpoint_path\": \"\", \"global_step\": \"3\", "
                     "\"timestamp\": 1714557600.123456, \"trial\": \"7\"}");

    cr_assert(eq(sz, got->count, 1));
    cr_assert(eq(sz, got->items[0].metric, 0));
    cr_assert(eq(dbl, got->items[0].value, 0.8125));
    cr_assert(eq(i64, got->items[0].step, 3));
    cr_assert(eq(i64, got->items[0].elapsed_us, INT64_C(600123456)));
    cr_assert(eq(sz, got->seen_count, 0));
}

Test(metric_line, a_plain_line_gives_all_its_metrics)
{
    const struct report_list *got =
        read_line(0, " {\"step\": 12, \"loss\": 1e-05, \"acc\": 1, \"lr\": 0.1, \"tag\": \"x\"}\r");

    cr_assert(eq(sz, got->count, 2));
    cr_assert(eq(sz, got->items[0].metric, 1));
    cr_assert(eq(dbl, got->items[0].value, 1e-05));
    cr_assert(eq(dbl, got->items[1].value, 1));
    cr_assert(eq(i64, got->items[0].step, 12));
    cr_assert(eq(i64, got->items[0].elapsed_us, 77));
    cr_assert(eq(sz, got->seen_count, 1));
    cr_assert(is_text(got->seen[0], "lr"));
}

Test(metric_line, booleans_null_objects_and_words_are_no_numbers)
{
    static const char *const values[] = { "true",     "false", "null",    "{}",       "[1]",
                                          "\"high\"", "\"\"",  "\"1 2\"", "\"0x10\"", "\"93%\"" };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char line[64];

        (void)snprintf(line, sizeof line, "{\"acc\": %s, \"loss\": 2}", values[i]);
        cr_assert(eq(sz, read_line(0, line)->count, 1), "%s", line);
        cr_assert(eq(sz, list.items[0].metric, 1));
        cr_assert(eq(u64, list.skipped, 0));
    }
}

Test(metric_line, what_is_not_finite_is_skipped_and_counted_and_the_rest_kept)
{
    static const char *const values[] = {
        "\"nan\"",       "\"inf\"",    "\"-inf\"", "\"NaN\"",  "\"Infinity\"",
        "\"-Infinity\"", "\" +inf \"", "NaN",      "Infinity", "-Infinity",
        "nan",           "-nan",       "inf",      "-inf",
    };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char line[96];

        (void)snprintf(line, sizeof line, "{\"note\": \"NaN \\\" inf\", \"acc\": %s, \"loss\": 2}",
                       values[i]);
        cr_assert(eq(sz, read_line(0, line)->count, 1), "%s", line);
        cr_assert(eq(dbl, list.items[0].value, 2));
        cr_assert(eq(u64, list.skipped, 1));
        cr_assert(is_text(list.seen[0], "acc"));
    }
}

Test(metric_line, what_is_no_object_gives_nothing)
{
    static const char *const lines[] = {
        "",
        "   ",
        "epoch 1",
        "{",
        "}",
        "{\"acc\": 0.5",
        "[0.5]",
        "0.5",
        "{acc: 1}",
        "{\"acc\"}",
        "{\"acc\": 1} {\"acc\": 2}",
        "{\"acc\": 0.5, \"acc\": 0.6}",
        "{\"acc\": \"\xff\", \"loss\": 1}",
        "{\"acc\": 1,}",
        "{\"acc\": NaNa}",
        "{\"a\": inf, oops}",
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        cr_assert(eq(sz, read_line(0, lines[i])->count, 0), "%s", lines[i]);
        cr_assert(eq(u64, list.skipped, 0), "%s", lines[i]);
    }
}

Test(metric_line, names_with_escapes_are_compared_as_text)
{
    cr_assert(eq(sz, read_line(6, "{\"gr\\u00f6\\u00dfe\": \"1.5\"}")->count, 1));
    cr_assert(eq(dbl, list.items[0].value, 1.5));
}

Test(metric_line, steps_are_whole_and_not_negative)
{
    static const struct {
        const char *text;
        int64_t step;
    } cases[] = { { "5", 5 },
                  { "5.0", 5 },
                  { "5.9", 5 },
                  { "\"5\"", 5 },
                  { "\"5.0\"", 5 },
                  { "-3", 0 },
                  { "\"-3\"", 0 },
                  { "true", 0 },
                  { "null", 0 },
                  { "\"many\"", 0 },
                  { "1e300", INT64_MAX },
                  { "\"9007199254740993\"", INT64_C(9007199254740993) } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[96];

        (void)snprintf(line, sizeof line, "{\"acc\": 1, \"global_step\": %s}", cases[i].text);
        cr_assert(eq(i64, read_line(0, line)->items[0].step, cases[i].step), "%s", line);
        (void)snprintf(line, sizeof line, "{\"acc\": 1, \"step\": %s}", cases[i].text);
        cr_assert(eq(i64, read_line(0, line)->items[0].step, cases[i].step), "%s", line);
    }
    cr_assert(eq(i64, read_line(0, "{\"acc\":1,\"step\":4,\"global_step\":7}")->items[0].step, 7));
}

/* All microseconds around a second of today, as Python prints them. */
Test(metric_line, timestamps_are_exact_to_the_microsecond)
{
    for (int64_t micro = 0; micro < 1000000; micro += 997) {
        char line[96];

        (void)snprintf(line, sizeof line, "{\"acc\": 1, \"timestamp\": 1714557600.%06d}",
                       (int)micro);
        cr_assert(eq(i64, read_line(0, line)->items[0].elapsed_us, INT64_C(600000000) + micro));
        cr_assert(eq(i64, metric_line_stamp(line, strlen(line)), START_US + 600000000 + micro));
    }
}

Test(metric_line, a_timestamp_before_the_start_is_the_start_and_a_wrong_one_is_now)
{
    cr_assert(eq(i64, read_line(0, "{\"acc\":1,\"timestamp\":5}")->items[0].elapsed_us, 0));
    cr_assert(eq(i64, read_line(0, "{\"acc\":1,\"timestamp\":-5}")->items[0].elapsed_us, 77));
    cr_assert(
        eq(i64, read_line(0, "{\"acc\":1,\"timestamp\":1714557600123}")->items[0].elapsed_us, 77));
    cr_assert(eq(i64, read_line(0, "{\"acc\":1,\"timestamp\":NaN}")->items[0].elapsed_us, 77));
    cr_assert(eq(i64, read_line(0, "{\"acc\":1,\"timestamp\":true}")->items[0].elapsed_us, 77));
    cr_assert(eq(i64,
                 read_line(0, "{\"acc\":1,\"timestamp\":\"1714557600.5\"}")->items[0].elapsed_us,
                 600500000));
}

Test(metric_line, fixed_keys_of_hypertune_keep_their_meaning)
{
    const char *other = "{\"acc\": \"0.5\", \"checkpoint_path\": \"4\", \"global_step\": \"3\", "
                        "\"timestamp\": 1714557600.5, \"trial\": \"7\"}";

    for (size_t metric = 2; metric <= 5; metric++)
        cr_assert(eq(sz, read_line(metric, other)->count, 0), "%s", ids[metric]);
    /* The tag overwrites the key … */
    cr_assert(eq(sz,
                 read_line(3, "{\"checkpoint_path\": \"\", \"global_step\": \"3\", "
                              "\"timestamp\": \"0.25\", \"trial\": \"7\"}")
                     ->count,
                 1));
    cr_assert(eq(dbl, list.items[0].value, 0.25));
    cr_assert(eq(i64, list.items[0].elapsed_us, 77));
    cr_assert(eq(sz,
                 read_line(4, "{\"checkpoint_path\": \"\", \"global_step\": \"3\", "
                              "\"timestamp\": 1714557600.5, \"trial\": \"0.25\"}")
                     ->count,
                 1));
    cr_assert(eq(dbl, list.items[0].value, 0.25));
    /* … and "step", which hypertune does not have, belongs to the metric of that name. */
    cr_assert(eq(sz, read_line(7, "{\"step\": 4}")->count, 1));
    cr_assert(eq(i64, list.items[0].step, 0));
}

Test(metric_line, seen_names_are_unique_and_limited)
{
    struct metric_spec spec = { .id = ids[0] };
    struct metric_line_context context = { .specs = &spec, .metric_count = 1 };
    struct assay_error err = { 0 };
    char line[512];

    for (int i = 0; i < 2 * METRIC_SEEN_MAX; i++) {
        (void)snprintf(line, sizeof line, "{\"n%d\": 1, \"n0\": 2, \"trial\": \"3\"}", i + 1);
        cr_assert(metric_line_read(&context, line, strlen(line), &list, &err));
    }
    cr_assert(eq(sz, list.seen_count, METRIC_SEEN_MAX));
    cr_assert(is_text(list.seen[0], "n1"));
    cr_assert(is_text(list.seen[1], "n0"));
    cr_assert(is_text(list.seen[2], "n2"));
    report_list_clear(&list);
    (void)snprintf(line, sizeof line, "{\"%0*d\": 1}", METRIC_NAME_MAX, 7);
    cr_assert(metric_line_read(&context, line, strlen(line), &list, &err));
    cr_assert(eq(sz, list.seen_count, 0));
}

Test(metric_line, a_value_ends_where_its_text_ends)
{
    double value = 0;

    cr_assert(eq(int, metric_value_read(" 1\t", 3, &value), VALUE_NUMBER));
    cr_assert(eq(dbl, value, 1));
    cr_assert(eq(int, metric_value_read("1\0002", 3, &value), VALUE_NONE));
    cr_assert(eq(int, metric_value_read("", 0, &value), VALUE_NONE));
    cr_assert(eq(int, metric_value_read("-", 1, &value), VALUE_NONE));
    cr_assert(eq(int, metric_value_read("nano", 4, &value), VALUE_NONE));
}

Test(metric_line, only_a_number_is_a_stamp)
{
    static const char text[] = "{\"timestamp\": \"0.5\", \"acc\": 1}";
    static const char cut[] = "{\"timestamp\": 12";
    static const char none[] = "{\"acc\": 1}";

    cr_assert(eq(i64, metric_line_stamp(text, sizeof text - 1), 0));
    cr_assert(eq(i64, metric_line_stamp(cut, sizeof cut - 1), 12000000));
    cr_assert(eq(i64, metric_line_stamp(cut, sizeof cut - 3), 0));
    cr_assert(eq(i64, metric_line_stamp(none, sizeof none - 1), 0));
    cr_assert(eq(i64, metric_line_stamp("", 0), 0));
}
