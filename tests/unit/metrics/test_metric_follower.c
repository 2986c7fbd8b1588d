#include "metrics/metric_follower.h"

#include "metric_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

TestSuite(metric_follower, .init = begin_test, .fini = end_test);

static void expect_values(const char *values)
{
    char *text = fixture_values(&fixture);

    cr_assert(is_text(text, values));
    free(text);
}

/* The reports so far must be 0, 1, 2, … up to count - 1. */
static void expect_first(size_t count)
{
    cr_assert(eq(sz, fixture.count, count));
    for (size_t i = 0; i < count; i++)
        cr_assert(eq(dbl, fixture.reports[i].value, (double)i));
}

enum { TEXT_MAX = 512 * 1024, LINE_TEXT_MAX = 160 };

/* What a file would hold, in one buffer. */
struct text {
    size_t size;
    char bytes[TEXT_MAX];
};

static struct text text;

/* The line that hypertune writes for report number `number`: the value tells which it is. */
static size_t print_report(char *to, size_t number)
{
    return (size_t)snprintf(to, LINE_TEXT_MAX,
                            "{\"acc\": \"%zu.0\", \"checkpoint_path\": \"\", "
                            "\"global_step\": \"%zu\", \"timestamp\": %zu.%06zu, "
                            "\"trial\": \"7\"}\n",
                            number, number, 1100 + number / 7, number % 7 * 100000 + 5);
}

/* The same from a program that gives no timestamps. */
static size_t print_plain(char *to, size_t number)
{
    return (size_t)snprintf(to, LINE_TEXT_MAX, "{\"acc\": %zu, \"step\": %zu}\n", number, number);
}

/* What prints the lines of window(). */
static size_t (*print_line)(char *to, size_t number) = print_report;

/* Reports first .. end - 1, as hypertune writes its queue. */
static const struct text *window(size_t first, size_t end)
{
    text.size = 0;
    for (size_t i = first; i < end; i++)
        text.size += print_line(text.bytes + text.size, i);
    return &text;
}

static const struct text *queue_after(size_t reports, size_t length)
{
    return window(reports > length ? reports - length : 0, reports);
}

static void put_text(const struct text *content)
{
    file_write(fixture.metric_path, content->bytes, content->size);
}

Test(metric_follower, a_hypertune_file_read_after_each_report_gives_each_line_once)
{
    for (size_t i = 1; i <= 260; i++) {
        put_text(queue_after(i, 100));
        fixture_read(&fixture);
        cr_assert(eq(sz, fixture.count, i));
    }
    expect_first(260);
    cr_assert(eq(i64, fixture.reports[259].step, 259));
}

Test(metric_follower, up_to_a_hundred_reports_may_pass_between_two_reads)
{
    static const size_t steps[] = { 1, 99, 100, 37, 100, 100, 2, 100 };
    size_t reports = 0;

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        reports += steps[i];
        put_text(queue_after(reports, 100));
        fixture_read(&fixture);
        fixture_read(&fixture);
    }
    expect_first(reports);
}

Test(metric_follower, of_more_reports_between_two_reads_those_still_there_are_taken)
{
    put_text(queue_after(100, 100));
    fixture_read(&fixture);
    put_text(queue_after(250, 100));
    fixture_read(&fixture);
    cr_assert(eq(sz, fixture.count, 200));
    cr_assert(eq(dbl, fixture.reports[100].value, 150));
}

/*
 * The file after `before` reports has been read; then it is caught at every `stride`-th moment of
 * its rewriting after `after` reports, and once more when complete.
 */
static void catch_rewriting(size_t length, size_t before, size_t after, size_t stride,
                            bool is_restarting)
{
    const struct text *content = queue_after(after, length);
    size_t gone = before > length ? before - length : 0; /* before the first read */

    for (size_t size = 0; size <= content->size; size += stride) {
        put_text(queue_after(before, length));
        fixture_read(&fixture);
        content = queue_after(after, length);
        file_write(fixture.metric_path, content->bytes, size);
        if (is_restarting)
            fixture_restart(&fixture);
        fixture_read(&fixture);
        cr_assert(le(sz, fixture.count, after - gone), "at %zu of %zu", size, content->size);
        put_text(content);
        fixture_read(&fixture);
        cr_assert(eq(sz, fixture.count, after - gone), "after %zu of %zu", size, content->size);
        for (size_t i = 0; i < fixture.count; i++)
            cr_assert(eq(dbl, fixture.reports[i].value, (double)(gone + i)));
        fixture_clear(&fixture);
        fixture_init(&fixture);
    }
}

Test(metric_follower, a_half_rewritten_file_confuses_nothing_while_the_queue_grows)
{
    catch_rewriting(100, 4, 5, 1, false);
    catch_rewriting(100, 4, 7, 1, false);
}

Test(metric_follower, a_half_rewritten_file_confuses_nothing_when_the_queue_is_full)
{
    catch_rewriting(5, 8, 9, 1, false);
    catch_rewriting(5, 8, 13, 1, false);
    catch_rewriting(100, 120, 121, 41, false);
    catch_rewriting(100, 120, 150, 41, false);
}

Test(metric_follower, nor_does_it_right_after_a_restart)
{
    catch_rewriting(100, 4, 5, 1, true);
    catch_rewriting(5, 8, 9, 1, true);
    catch_rewriting(5, 8, 13, 1, true);
    catch_rewriting(100, 120, 131, 41, true);
}

Test(metric_follower, nor_does_it_in_a_window_without_timestamps)
{
    print_line = print_plain;
    catch_rewriting(100, 4, 5, 1, false);
    catch_rewriting(5, 8, 9, 1, false);
    catch_rewriting(5, 8, 13, 1, false);
    catch_rewriting(5, 8, 9, 1, true);
}

Test(metric_follower, an_endless_line_that_comes_and_goes_repeats_nothing)
{
    char *dots = calloc(1, 200001);

    memset(dots, '.', 200000);
    put_text(window(0, 3));
    fixture_read(&fixture);
    file_put(fixture.metric_path, dots);
    fixture_read(&fixture);
    fixture_read(&fixture);
    put_text(window(0, 4));
    fixture_read(&fixture);
    expect_first(4);
    free(dots);
}

Test(metric_follower, a_trainer_killed_while_it_rewrites_repeats_nothing_at_the_end)
{
    const struct text *content = queue_after(131, 100);

    for (size_t size = 0; size <= content->size; size += 53) {
        put_text(queue_after(130, 100));
        fixture_read(&fixture);
        content = queue_after(131, 100);
        file_write(fixture.metric_path, content->bytes, size);
        fixture_read_final(&fixture);
        cr_assert(eq(sz, fixture.count, size + 1 >= content->size ? 101 : 100));
        fixture_clear(&fixture);
        fixture_init(&fixture);
    }
}

/* How many complete lines of the queue stand in its first `size` bytes. */
static size_t complete_lines(const struct text *content, size_t size)
{
    size_t lines = 0;

    for (size_t i = 0; i < size; i++)
        lines += content->bytes[i] == '\n';
    return lines;
}

/*
 * Random numbers of reports between reads, reads in the middle of a rewriting, restarts at any
 * read: what comes is what ever was visible at a read, each once, in order.
 */
static void play_hypertune(uint64_t *state)
{
    size_t length = 1 + random_below(state, 12);
    size_t burst = 1 + random_below(state, length + 4);
    size_t reports = 0;
    size_t seen_end = 0; /* reports below this number were visible or are gone */
    size_t expected = 0;

    for (int i = 0; i < 40; i++) {
        const struct text *content = NULL;
        size_t first = 0;
        size_t size = 0;
        size_t visible_end = 0;

        reports += random_below(state, burst + 1);
        first = reports > length ? reports - length : 0;
        content = window(first, reports);
        size = random_below(state, 3) ? content->size : random_below(state, content->size + 1);
        file_write(fixture.metric_path, content->bytes, size);
        if (random_below(state, 4) == 0)
            fixture_restart(&fixture);
        fixture_read(&fixture);
        visible_end = first + complete_lines(content, size);
        if (visible_end > first && visible_end > seen_end) {
            expected += visible_end - (first > seen_end ? first : seen_end);
            seen_end = visible_end;
        }
        cr_assert(eq(sz, fixture.count, expected), "read %d", i);
        cr_assert(expected == 0 || fixture.reports[expected - 1].value == (double)(seen_end - 1),
                  "read %d: %g and not %zu last", i, fixture.reports[expected - 1].value,
                  seen_end - 1);
    }
    for (size_t i = 1; i < fixture.count; i++)
        cr_assert(lt(dbl, fixture.reports[i - 1].value, fixture.reports[i].value));
}

Test(metric_follower, whatever_was_visible_at_some_read_comes_exactly_once)
{
    uint64_t state = random_seed(31);

    for (int round = 0; round < 200; round++) {
        play_hypertune(&state);
        fixture_clear(&fixture);
        fixture_init(&fixture);
    }
}

/* No timestamps, few values, so many equal lines; lines in pieces; restarts at any read. */
Test(metric_follower, an_appended_file_gives_each_line_once_whatever_the_restarts)
{
    uint64_t state = random_seed(32);

    for (int round = 0; round < 100; round++) {
        size_t done = 0;

        text.size = 0;
        for (int i = 0; i < 300; i++)
            text.size += (size_t)snprintf(text.bytes + text.size, LINE_TEXT_MAX, "{\"acc\": %d}\n",
                                          (int)random_below(&state, 3));
        while (done < text.size) {
            size_t more = 1 + random_below(&state, 400);

            if (more > text.size - done)
                more = text.size - done;
            file_append(fixture.metric_path, text.bytes + done, more);
            done += more;
            if (random_below(&state, 3) == 0)
                fixture_restart(&fixture);
            fixture_read(&fixture);
            cr_assert(eq(sz, fixture.count, complete_lines(&text, done)));
        }
        for (size_t i = 0; i < fixture.count; i++)
            cr_assert(fixture.reports[i].value == (double)(text.bytes[i * 11 + 8] - '0'));
        fixture_clear(&fixture);
        fixture_init(&fixture);
    }
}

Test(metric_follower, a_long_appended_file_is_followed_over_restarts)
{
    size_t number = 0;

    for (int round = 0; round < 8; round++) {
        text.size = 0;
        for (int i = 0; i < 700; i++)
            text.size += print_report(text.bytes + text.size, number++);
        file_append(fixture.metric_path, text.bytes, text.size);
        if (round % 3 == 2)
            fixture_restart(&fixture);
        fixture_read(&fixture);
    }
    expect_first(5600);
}

enum { HISTORY = 3000 }; /* more lines than are remembered */

/* Some programs write all they know again at each report, without timestamps. */
Test(metric_follower, a_whole_history_that_is_rewritten_again_and_again_is_one_that_grows)
{
    uint64_t state = random_seed(33);
    static size_t ends[HISTORY + 1];
    size_t read_end = 0;

    text.size = 0;
    for (int i = 0; i < HISTORY; i++) {
        text.size += (size_t)snprintf(text.bytes + text.size, LINE_TEXT_MAX,
                                      "{\"acc\": %d, \"note\": \"%0*d\"}\n", i, 40 + i % 7, i);
        ends[i + 1] = text.size;
    }
    for (size_t i = 1; i <= HISTORY; i += 1 + random_below(&state, 30)) {
        size_t size = random_below(&state, 2) ? ends[i] : random_below(&state, ends[i] + 1);

        file_write(fixture.metric_path, text.bytes, size);
        fixture_read(&fixture);
        while (read_end < HISTORY && ends[read_end + 1] <= size)
            read_end++;
        expect_first(read_end);
    }
}

Test(metric_follower, a_whole_history_cut_off_at_the_end_repeats_nothing)
{
    print_line = print_plain;
    put_text(window(0, HISTORY));
    fixture_read(&fixture);
    put_text(window(0, HISTORY / 3));
    fixture_read_final(&fixture);
    expect_first(HISTORY);
}

/* A sink with room for some lines. */
struct basket {
    size_t room;
    size_t count;
};

static enum line_verdict take(void *context, const char *line, size_t size, struct assay_error *err)
{
    struct basket *basket = context;

    (void)line;
    (void)size;
    (void)err;
    if (basket->count == basket->room)
        return LINE_LATER;
    basket->count++;
    return LINE_TAKEN;
}

/* Writes the window, offers its lines with room for some of them; returns how many were taken. */
static size_t offer(struct metric_follower *follower, size_t first, size_t end, size_t room)
{
    struct basket basket = { .room = room };
    struct line_sink sink = { .context = &basket, .take = take };
    struct assay_error err = { 0 };
    bool has_more = false;

    put_text(window(first, end));
    cr_assert(
        metric_follower_read(follower, fixture.metric_path, 0, false, &sink, &has_more, &err));
    return basket.count;
}

Test(metric_follower, a_new_window_that_is_refused_leaves_what_is_known)
{
    static struct metric_follower follower;
    static const struct metric_mark beginning;

    print_line = print_plain;
    metric_follower_init(&follower, &beginning);
    cr_assert(eq(sz, offer(&follower, 0, 5, 10), 5));
    cr_assert(eq(sz, offer(&follower, 50, 55, 0), 0));
    cr_assert(eq(sz, offer(&follower, 0, 6, 10), 1));
    cr_assert(eq(sz, offer(&follower, 50, 55, 2), 2));
    cr_assert(eq(sz, offer(&follower, 50, 55, 10), 3));
}

Test(metric_follower, a_file_that_shrinks_to_nothing_for_a_moment_repeats_nothing)
{
    put_text(queue_after(3, 100));
    fixture_read(&fixture);
    file_put(fixture.metric_path, "");
    fixture_read(&fixture);
    (void)unlink(fixture.metric_path);
    fixture_read(&fixture);
    put_text(queue_after(3, 100));
    fixture_read(&fixture);
    put_text(queue_after(4, 100));
    fixture_read(&fixture);
    expect_first(4);
}

Test(metric_follower, one_line_written_over_again_counts_each_time_it_changes)
{
    file_put(fixture.metric_path, "{\"acc\": 0.8}\n");
    fixture_read(&fixture);
    fixture_read(&fixture);
    file_put(fixture.metric_path, "{\"acc\": 0.9}\n");
    fixture_read(&fixture);
    file_put(fixture.metric_path, "");
    fixture_read(&fixture);
    file_put(fixture.metric_path, "{\"acc\": 0.8}\n");
    fixture_read(&fixture);
    fixture_read_final(&fixture);
    expect_values("0.8 0.9 0.8");
}

Test(metric_follower, a_shorter_line_written_over_while_the_engine_was_away_comes_at_last)
{
    file_put(fixture.metric_path, "{\"acc\": 0.8125}\n");
    fixture_read(&fixture);
    file_put(fixture.metric_path, "{\"acc\": 0.9}\n");
    fixture_restart(&fixture);
    fixture_read(&fixture); /* it might be half written: the clock says that it is brand new */
    expect_values("0.8125");
    fixture_read_final(&fixture);
    expect_values("0.8125 0.9");
}

Test(metric_follower, a_file_that_another_one_was_renamed_to_is_followed)
{
    char other[128];

    (void)snprintf(other, sizeof other, "%s.new", fixture.metric_path);
    for (size_t i = 1; i <= 30; i++) {
        const struct text *content = queue_after(i, 8);

        file_write(other, content->bytes, content->size);
        cr_assert(eq(int, rename(other, fixture.metric_path), 0));
        fixture_read(&fixture);
    }
    expect_first(30);
}

/* Two objects of hypertune have a queue each and write the same file: each erases the other's. */
static void take_turns(bool is_restarting)
{
    size_t queues[2][40];
    size_t counts[2] = { 0, 0 };
    size_t number = 0;

    for (int turn = 0; turn < 80; turn++) {
        size_t who = (size_t)(turn / 3 % 2);

        queues[who][counts[who]++ % 40] = number++;
        text.size = 0;
        for (size_t i = counts[who] > 10 ? counts[who] - 10 : 0; i < counts[who]; i++)
            text.size += print_report(text.bytes + text.size, queues[who][i % 40]);
        put_text(&text);
        if (is_restarting && turn % 5 == 4)
            fixture_restart(&fixture);
        fixture_read(&fixture);
        expect_first(number);
    }
}

Test(metric_follower, two_writers_that_erase_each_other_lose_and_repeat_nothing)
{
    take_turns(false);
}

Test(metric_follower, nor_do_they_over_restarts)
{
    take_turns(true);
}

/* More lines than are remembered: there, time tells. */
Test(metric_follower, a_window_of_thousands_of_lines_is_followed)
{
    size_t reports = 0;

    for (int i = 0; i < 12; i++) {
        const struct text *content = NULL;

        reports += 450;
        content = queue_after(reports, 2000);
        file_write(fixture.metric_path, content->bytes, content->size / 3);
        if (i % 4 == 3)
            fixture_restart(&fixture);
        fixture_read(&fixture);
        put_text(content);
        fixture_read(&fixture);
        expect_first(reports);
    }
}

Test(metric_follower, an_over_long_line_is_passed_over_also_after_a_restart)
{
    size_t size = 700000;
    char *dots = malloc(size);

    memset(dots, '.', size);
    put_text(window(0, 3));
    file_append(fixture.metric_path, dots, size);
    fixture_read(&fixture);
    fixture_restart(&fixture);
    fixture_read(&fixture);
    file_append(fixture.metric_path, dots, size);
    fixture_read(&fixture);
    file_add(fixture.metric_path, "\n");
    fixture_read(&fixture);
    expect_first(3);
    fixture_restart(&fixture);
    fixture_read(&fixture);
    window(3, 5);
    file_append(fixture.metric_path, text.bytes, text.size);
    fixture_read(&fixture);
    expect_first(5);
    free(dots);
}

Test(metric_follower, the_engine_was_away_while_the_window_turned_over)
{
    put_text(queue_after(150, 100));
    fixture_read(&fixture);
    fixture_restart(&fixture);
    put_text(queue_after(230, 100));
    fixture_read(&fixture);
    fixture_restart(&fixture);
    put_text(queue_after(500, 100));
    fixture_read(&fixture);
    cr_assert(eq(sz, fixture.count, 100 + 80 + 100));
    cr_assert(eq(dbl, fixture.reports[180].value, 400));
}

Test(metric_follower, a_trainer_that_starts_over_with_new_lines_is_followed)
{
    size_t before = 0;

    put_text(window(0, 1500));
    fixture_read(&fixture);
    before = fixture.count;
    put_text(window(1500, 1510));
    fixture_read(&fixture);
    cr_assert(eq(sz, fixture.count, before + 10));
    file_put(fixture.metric_path, "{\"acc\": 7}\n");
    fixture_read_final(&fixture);
    cr_assert(eq(dbl, fixture.reports[fixture.count - 1].value, 7));
}

Test(metric_follower, two_metrics_of_a_step_are_two_lines)
{
    file_put(fixture.metric_path,
             "{\"acc\": \"0.5\", \"checkpoint_path\": \"\", \"global_step\": \"3\", "
             "\"timestamp\": 1100.25, \"trial\": \"7\"}\n"
             "{\"checkpoint_path\": \"\", \"global_step\": \"3\", \"loss\": \"2.0\", "
             "\"timestamp\": 1100.5, \"trial\": \"7\"}\n");
    fixture_read(&fixture);
    expect_values("0.5 2");
    cr_assert(eq(i64, fixture.reports[1].step, 3));
    cr_assert(eq(i64, fixture.reports[0].elapsed_us, 100250000));
}
