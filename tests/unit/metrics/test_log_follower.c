#include "metrics/log_follower.h"

#include "metric_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Takes lines into one text, each ended by '|'; refuses one after `room` lines, if not 0. */
struct basket {
    FILE *out;
    size_t room;
    size_t count;
};

static enum line_verdict take(void *context, const char *line, size_t size, struct assay_error *err)
{
    struct basket *basket = context;

    (void)err;
    if (basket->room && basket->count == basket->room)
        return LINE_LATER;
    basket->count++;
    (void)fwrite(line, 1, size, basket->out);
    (void)fputc('|', basket->out);
    return LINE_TAKEN;
}

/* The lines that one read gives, as text; the caller frees it. */
static char *read_log(struct log_follower *follower, const char *path, bool is_final, size_t room,
                      bool *has_more)
{
    char *text = NULL;
    size_t size = 0;
    struct basket basket = { .out = open_memstream(&text, &size), .room = room };
    struct line_sink sink = { .context = &basket, .take = take };
    struct assay_error err = { 0 };

    cr_assert(log_follower_read(follower, path, is_final, &sink, has_more, &err), "%s",
              err.message);
    (void)fclose(basket.out);
    return text;
}

static void expect(struct log_follower *follower, const char *path, bool is_final,
                   const char *lines)
{
    bool has_more = true;
    char *text = read_log(follower, path, is_final, 0, &has_more);

    cr_assert(is_text(text, lines));
    cr_assert(not(has_more));
    free(text);
}

Test(log_follower, lines_are_taken_once_they_have_ended)
{
    struct fixture fixture;
    struct log_follower follower = { 0 };

    fixture_init(&fixture);
    expect(&follower, fixture.stdout_path, false, "");
    file_put(fixture.stdout_path, "one\ntw");
    expect(&follower, fixture.stdout_path, false, "one|");
    expect(&follower, fixture.stdout_path, false, "");
    file_add(fixture.stdout_path, "o\nthree\n");
    expect(&follower, fixture.stdout_path, false, "two|three|");
    file_add(fixture.stdout_path, "four");
    expect(&follower, fixture.stdout_path, true, "four|");
    expect(&follower, fixture.stdout_path, true, "");
    fixture_clear(&fixture);
}

Test(log_follower, carriage_returns_end_lines_too)
{
    struct fixture fixture;
    struct log_follower follower = { 0 };

    fixture_init(&fixture);
    file_put(fixture.stdout_path, "10%\r20%\r\n\r30%");
    expect(&follower, fixture.stdout_path, false, "10%|20%|||");
    expect(&follower, fixture.stdout_path, true, "30%|");
    fixture_clear(&fixture);
}

Test(log_follower, a_line_that_is_refused_comes_again)
{
    struct fixture fixture;
    struct log_follower follower = { 0 };
    bool has_more = false;
    char *text = NULL;

    fixture_init(&fixture);
    file_put(fixture.stdout_path, "a\nb\nc\n");
    text = read_log(&follower, fixture.stdout_path, false, 2, &has_more);
    cr_assert(is_text(text, "a|b|"));
    cr_assert(has_more);
    free(text);
    expect(&follower, fixture.stdout_path, false, "c|");
    fixture_clear(&fixture);
}

/* The line reaches over many chunks and ends later; what surrounds it must come. */
Test(log_follower, an_over_long_line_is_passed_over_as_it_grows)
{
    struct fixture fixture;
    struct log_follower follower = { 0 };
    size_t size = 300000;
    char *dots = malloc(size);

    memset(dots, '.', size);
    fixture_init(&fixture);
    file_put(fixture.stdout_path, "before\n");
    for (int i = 0; i < 12; i++) {
        file_append(fixture.stdout_path, dots, size);
        expect(&follower, fixture.stdout_path, false, i ? "" : "before|");
    }
    cr_assert(eq(u64, follower.offset, 7));
    file_add(fixture.stdout_path, "\nafter\nlast");
    expect(&follower, fixture.stdout_path, false, "after|");
    expect(&follower, fixture.stdout_path, true, "last|");
    free(dots);
    fixture_clear(&fixture);
}

/* Larger than any disk could be read in the time. */
Test(log_follower, what_was_left_out_costs_nothing_and_the_lines_it_cut_are_passed_over,
     .timeout = 20)
{
    struct fixture fixture;
    struct log_follower follower = { 0 };
    const long long gap = 1LL << 37;

    fixture_init(&fixture);
    file_put(fixture.stdout_path, "acc=1\nacc=0.");
    cr_assert(eq(int, truncate(fixture.stdout_path, (off_t)gap), 0));
    file_add(fixture.stdout_path, "25\nacc=3\n");
    expect(&follower, fixture.stdout_path, false, "acc=1|acc=3|");
    cr_assert(eq(u64, follower.offset, (uint64_t)gap + 9));
    fixture_clear(&fixture);
}

Test(log_follower, the_longest_line_is_taken_and_one_byte_more_is_not)
{
    struct fixture fixture;
    struct log_follower follower = { 0 };
    char *text = calloc(1, METRIC_LINE_MAX + 3);
    bool has_more = true;
    char *got = NULL;

    fixture_init(&fixture);
    memset(text, 'x', METRIC_LINE_MAX);
    text[METRIC_LINE_MAX] = '\n';
    file_put(fixture.stdout_path, text);
    got = read_log(&follower, fixture.stdout_path, false, 0, &has_more);
    cr_assert(eq(sz, strlen(got), METRIC_LINE_MAX + 1));
    free(got);
    text[METRIC_LINE_MAX] = 'x';
    text[METRIC_LINE_MAX + 1] = '\n';
    file_add(fixture.stdout_path, text);
    expect(&follower, fixture.stdout_path, false, "");
    free(text);
    fixture_clear(&fixture);
}

/* Random bytes, random appends and restarts from the offset; the twin splits the whole text. */
Test(log_follower, random_logs_give_the_lines_that_a_naive_split_gives)
{
    static const char alphabet[] = "ab\n\r\nc\xff";
    uint64_t state = random_seed(21);

    for (int round = 0; round < 200; round++) {
        struct fixture fixture;
        struct log_follower follower = { 0 };
        char whole[4096];
        char expected[2 * sizeof whole] = "";
        size_t size = 0;
        size_t used = 0;
        char *got = NULL;
        size_t got_size = 0;
        FILE *out = open_memstream(&got, &got_size);

        fixture_init(&fixture);
        for (int i = 0; i < 10; i++) {
            size_t more = random_below(&state, 200);
            bool has_more = false;
            char *text = NULL;

            for (size_t k = 0; k < more; k++)
                whole[size + k] = alphabet[random_below(&state, sizeof alphabet - 1)];
            file_append(fixture.stdout_path, whole + size, more);
            size += more;
            text = read_log(&follower, fixture.stdout_path, i == 9, 0, &has_more);
            (void)fputs(text, out);
            free(text);
            if (random_below(&state, 3) == 0)
                follower = (struct log_follower){ .offset = follower.offset };
        }
        (void)fclose(out);
        for (size_t i = 0; i < size; i++)
            expected[used++] = (char)(whole[i] == '\n' || whole[i] == '\r' ? '|' : whole[i]);
        if (used && expected[used - 1] != '|')
            expected[used++] = '|';
        expected[used] = '\0';
        cr_assert(is_text(got, expected));
        free(got);
        fixture_clear(&fixture);
    }
}
