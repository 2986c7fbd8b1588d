#include "metric_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture fixture;

static void begin_test(void)
{
    fixture_init(&fixture);
}

static void end_test(void)
{
    fixture_clear(&fixture);
}

TestSuite(metric_reader, .init = begin_test, .fini = end_test);

static void expect_values(const char *values)
{
    char *text = fixture_values(&fixture);

    cr_assert(is_text(text, values));
    free(text);
}

Test(metric_reader, no_source_has_to_exist)
{
    fixture.regexes[0] = "acc=([0-9.]+)";
    fixture_read(&fixture);
    fixture_read_final(&fixture);
    cr_assert(eq(sz, fixture.count, 0));
}

Test(metric_reader, sources_may_be_absent_altogether)
{
    fixture.source.metric_path = NULL;
    fixture.source.stdout_path = NULL;
    fixture.source.stderr_path = NULL;
    fixture.regexes[0] = "acc=([0-9.]+)";
    fixture_read_final(&fixture);
    cr_assert(eq(sz, fixture.count, 0));
}

Test(metric_reader, reads_the_metric_file_and_both_logs)
{
    fixture.regexes[0] = "acc=([0-9.]+)";
    file_put(fixture.metric_path, "{\"loss\": 3, \"step\": 2}\n");
    file_put(fixture.stdout_path, "epoch 1 acc=0.5\n");
    file_put(fixture.stderr_path, "acc=0.25\racc=0.125");
    fixture_read(&fixture);
    expect_values("3 0.5 0.25");
    cr_assert(eq(sz, fixture.reports[0].metric, 1));
    cr_assert(eq(i64, fixture.reports[0].elapsed_us, FIXTURE_NOW_US - FIXTURE_START_US));
    fixture_read_final(&fixture);
    expect_values("3 0.5 0.25 0.125");
}

Test(metric_reader, logs_are_left_alone_without_a_regex)
{
    file_put(fixture.stdout_path, "{\"acc\": 1}\nacc=1\n");
    fixture_read_final(&fixture);
    cr_assert(eq(sz, fixture.count, 0));
    cr_assert(eq(u64, metric_reader_mark(fixture.reader).stdout_offset, 0));
}

Test(metric_reader, a_bad_regex_is_refused)
{
    struct assay_error err = { 0 };

    fixture.regexes[0] = "acc=(";
    cr_assert(metric_reader_new(&fixture.source, NULL, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
}

Test(metric_reader, a_line_without_newline_is_taken_at_the_end_only)
{
    file_put(fixture.metric_path, "{\"acc\": 1}\n{\"acc\": 2}");
    fixture_read(&fixture);
    expect_values("1");
    fixture_read_final(&fixture);
    expect_values("1 2");
    fixture_read_final(&fixture);
    file_add(fixture.metric_path, "\n");
    fixture_read_final(&fixture);
    expect_values("1 2");
}

Test(metric_reader, equal_lines_that_are_appended_are_distinct_reports)
{
    file_put(fixture.metric_path, "{\"acc\": 1}\n");
    for (int i = 0; i < 3; i++) {
        fixture_read(&fixture);
        file_add(fixture.metric_path, "{\"acc\": 1}\n{\"acc\": 1}\n");
    }
    fixture_read(&fixture);
    fixture_restart(&fixture);
    fixture_read(&fixture);
    expect_values("1 1 1 1 1 1 1");
}

Test(metric_reader, foreign_lines_and_blank_lines_do_no_harm)
{
    file_put(fixture.metric_path, "\n\r\n# metrics\n{\"acc\": 1}\r\n\n{\"acc\"\n\n");
    fixture_read(&fixture);
    fixture_restart(&fixture);
    fixture_read(&fixture);
    file_add(fixture.metric_path, "\n\n{\"acc\": 2}\n");
    fixture_read(&fixture);
    expect_values("1 2");
}

Test(metric_reader, names_of_other_metrics_are_remembered)
{
    size_t count = 0;
    const char *const *seen = NULL;

    file_put(fixture.metric_path, "{\"accuracy\": 1, \"lr\": \"0.1\", \"host\": \"a\"}\n"
                                  "{\"loss\": NaN, \"acc\": 2}\n");
    fixture_read(&fixture);
    seen = metric_reader_seen(fixture.reader, &count);
    cr_assert(eq(sz, count, 3));
    cr_assert(is_text(seen[0], "accuracy"));
    cr_assert(is_text(seen[1], "lr"));
    cr_assert(is_text(seen[2], "loss"));
    cr_assert(eq(u64, metric_reader_skipped(fixture.reader), 1));
    expect_values("2");
}

Test(metric_reader, many_reports_come_in_several_calls)
{
    const struct metric_report *reports = NULL;
    size_t count = 0;
    bool has_more = false;
    struct assay_error err = { 0 };
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (int i = 0; i < METRIC_REPORTS_MAX; i++)
        (void)fprintf(out, "{\"acc\": %d, \"loss\": %d}\n", i, -i);
    (void)fclose(out);
    file_write(fixture.metric_path, text, size);
    fixture.reader = metric_reader_new(&fixture.source, NULL, &err);
    cr_assert(metric_reader_read(fixture.reader, 0, false, &reports, &count, &has_more, &err));
    cr_assert(eq(sz, count, METRIC_REPORTS_MAX));
    cr_assert(has_more);
    cr_assert(metric_reader_read(fixture.reader, 0, false, &reports, &count, &has_more, &err));
    cr_assert(eq(sz, count, METRIC_REPORTS_MAX));
    cr_assert(eq(dbl, reports[0].value, (double)(METRIC_REPORTS_MAX >> 1)));
    cr_assert(metric_reader_read(fixture.reader, 0, false, &reports, &count, &has_more, &err));
    cr_assert(eq(sz, count, 0));
    cr_assert(not(has_more));
    free(text);
}

Test(metric_reader, a_folder_or_fifo_in_place_of_a_file_is_an_error_that_is_told_once)
{
    const struct metric_report *reports = NULL;
    size_t count = 0;
    bool has_more = true;
    struct assay_error err = { 0 };

    fixture.reader = metric_reader_new(&fixture.source, NULL, &err);
    cr_assert(eq(int, mkdir(fixture.metric_path, 0700), 0));
    cr_assert(not(metric_reader_read(fixture.reader, 0, false, &reports, &count, &has_more, &err)));
    cr_assert(not(has_more));
    cr_assert(strstr(err.message, "is not a regular file") != NULL);
    cr_assert(metric_reader_read(fixture.reader, 0, false, &reports, &count, &has_more, &err));
    cr_assert(metric_reader_read(fixture.reader, 0, true, &reports, &count, &has_more, &err));
    (void)rmdir(fixture.metric_path);
    file_put(fixture.metric_path, "{\"acc\": 1}\n");
    cr_assert(metric_reader_read(fixture.reader, 0, false, &reports, &count, &has_more, &err));
    cr_assert(eq(sz, count, 1));
    (void)unlink(fixture.metric_path);
    cr_assert(eq(int, mkfifo(fixture.metric_path, 0600), 0));
    cr_assert(not(metric_reader_read(fixture.reader, 0, false, &reports, &count, &has_more, &err)));
}

Test(metric_reader, a_link_is_not_read)
{
    const struct metric_report *reports = NULL;
    size_t count = 0;
    bool has_more = true;
    struct assay_error err = { 0 };

    fixture.reader = metric_reader_new(&fixture.source, NULL, &err);
    file_put(fixture.stdout_path, "{\"acc\": 1}\n");
    cr_assert(eq(int, symlink(fixture.stdout_path, fixture.metric_path), 0));
    cr_assert(not(metric_reader_read(fixture.reader, 0, true, &reports, &count, &has_more, &err)));
    cr_assert(strstr(err.message, "is not a regular file") != NULL);
    cr_assert(eq(sz, count, 0));
}

Test(metric_reader, a_source_that_cannot_be_read_hides_no_other)
{
    const struct metric_report *reports = NULL;
    size_t count = 0;
    bool has_more = false;
    struct assay_error err = { 0 };

    fixture.regexes[0] = "acc=([0-9.]+)";
    cr_assert(eq(int, mkdir(fixture.metric_path, 0700), 0));
    cr_assert(eq(int, mkdir(fixture.stdout_path, 0700), 0));
    file_put(fixture.stderr_path, "acc=0.5\n");
    fixture.reader = metric_reader_new(&fixture.source, NULL, &err);
    cr_assert(metric_reader_read(fixture.reader, 0, true, &reports, &count, &has_more, &err));
    cr_assert(eq(sz, count, 1));
    cr_assert(eq(dbl, reports[0].value, 0.5));
    cr_assert(has_more);
    /* Then each of the two is told. */
    cr_assert(not(metric_reader_read(fixture.reader, 0, true, &reports, &count, &has_more, &err)));
    cr_assert(strstr(err.message, fixture.metric_path) != NULL);
    cr_assert(not(metric_reader_read(fixture.reader, 0, true, &reports, &count, &has_more, &err)));
    cr_assert(strstr(err.message, fixture.stdout_path) != NULL);
    cr_assert(metric_reader_read(fixture.reader, 0, true, &reports, &count, &has_more, &err));
    cr_assert(not(has_more));
    (void)rmdir(fixture.metric_path);
    (void)rmdir(fixture.stdout_path);
}

Test(metric_reader, waits_shortly_while_lines_pour_in_and_longer_when_quiet)
{
    int busy = 0;

    file_put(fixture.metric_path, "{\"acc\": 1}\n");
    fixture_read(&fixture);
    busy = metric_reader_wait_ms(fixture.reader);
    cr_assert(le(int, busy, 20));
    for (int i = 0; i < 20; i++)
        fixture_read(&fixture);
    cr_assert(lt(int, busy, metric_reader_wait_ms(fixture.reader)));
    cr_assert(le(int, metric_reader_wait_ms(fixture.reader), 1000));
    file_add(fixture.metric_path, "{\"acc\": 1}\n");
    fixture_read(&fixture);
    cr_assert(le(int, metric_reader_wait_ms(fixture.reader), 20));
}

Test(metric_reader, looks_again_at_once_when_it_found_the_file_half_written)
{
    file_put(fixture.metric_path, "{\"acc\": 1}\n");
    fixture_read(&fixture);
    file_put(fixture.metric_path, "");
    fixture_read(&fixture);
    cr_assert(le(int, metric_reader_wait_ms(fixture.reader), 2));
    for (int i = 0; i < 20; i++)
        fixture_read(&fixture);
    cr_assert(ge(int, metric_reader_wait_ms(fixture.reader), 100));
}

Test(metric_reader, a_restart_goes_on_in_the_logs_where_it_was)
{
    fixture.regexes[0] = "acc=([0-9.]+)";
    file_put(fixture.stdout_path, "acc=1\nacc=2\nacc=");
    fixture_read(&fixture);
    fixture_restart(&fixture);
    file_add(fixture.stdout_path, "3\n");
    fixture_read(&fixture);
    expect_values("1 2 3");
}

Test(metric_reader, freeing_nothing_is_fine)
{
    metric_reader_free(NULL);
}
