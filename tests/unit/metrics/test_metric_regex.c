#include "metrics/metric_regex.h"

#include "metric_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static char acc_id[] = "acc";
static char loss_id[] = "loss";
static struct metric_spec specs[] = { { .id = acc_id }, { .id = loss_id } };
static struct report_list list;

static size_t read_bytes(const char *acc_regex, const char *loss_regex, const char *line,
                         size_t size)
{
    const char *const sources[] = { acc_regex, loss_regex };
    struct assay_error err = { 0 };
    struct metric_regexes *regexes = metric_regexes_new(sources, 2, &err);

    cr_assert(regexes != NULL, "%s", err.message);
    report_list_clear(&list);
    cr_assert(metric_regexes_read(regexes, line, size, 5, specs, &list, &err));
    metric_regexes_free(regexes);
    return list.count;
}

static size_t read_text(const char *acc_regex, const char *line)
{
    return read_bytes(acc_regex, NULL, line, strlen(line));
}

static void end_test(void)
{
    report_list_clear(&list);
}

TestSuite(metric_regex, .fini = end_test);

Test(metric_regex, the_first_group_is_the_value)
{
    cr_assert(
        eq(sz, read_text("acc[a-z]*[=:] *([0-9.e+-]+)", "epoch 3 accuracy: 1e-05 loss 2"), 1));
    cr_assert(eq(dbl, list.items[0].value, 1e-05));
    cr_assert(eq(i64, list.items[0].step, 0));
    cr_assert(eq(i64, list.items[0].elapsed_us, 5));
}

Test(metric_regex, without_a_group_the_whole_match_is_the_value)
{
    cr_assert(eq(sz, read_text("[0-9]+\\.[0-9]+", "epoch 3: 0.75"), 1));
    cr_assert(eq(dbl, list.items[0].value, 0.75));
}

Test(metric_regex, of_alternatives_the_group_that_took_part_is_the_value)
{
    cr_assert(eq(sz, read_text("acc=([0-9.]+)|accuracy ([0-9.]+)", "accuracy 0.5"), 1));
    cr_assert(eq(dbl, list.items[0].value, 0.5));
}

Test(metric_regex, a_group_that_is_no_number_is_not_the_value)
{
    cr_assert(eq(sz, read_text("(train|val)_acc=([0-9.]+)", "val_acc=0.5"), 1));
    cr_assert(eq(dbl, list.items[0].value, 0.5));
}

Test(metric_regex, blanks_around_the_value_are_allowed)
{
    cr_assert(eq(sz, read_text("acc=([^,]*),", "acc= \t0.5 , done"), 1));
    cr_assert(eq(dbl, list.items[0].value, 0.5));
}

Test(metric_regex, a_line_counts_once_per_metric)
{
    const char *line = "acc=0.5 loss=2 acc=0.6 val_loss=3";

    cr_assert(eq(sz, read_bytes("acc=([0-9.]+)", "loss=([0-9.]+)", line, strlen(line)), 2));
    cr_assert(eq(dbl, list.items[0].value, 0.5));
    cr_assert(eq(sz, list.items[1].metric, 1));
    cr_assert(eq(dbl, list.items[1].value, 2));
}

Test(metric_regex, what_is_no_number_is_passed_over_and_what_is_not_finite_counts)
{
    cr_assert(eq(sz, read_text("acc=(.*)", "acc=soon"), 0));
    cr_assert(eq(u64, list.skipped, 0));
    cr_assert(eq(sz, read_text("acc=(.*)", "acc=nan"), 0));
    cr_assert(eq(u64, list.skipped, 1));
    cr_assert(is_text(list.seen[0], "acc"));
}

Test(metric_regex, anchors_mean_the_ends_of_the_line)
{
    static const char text[] = "acc=1\nacc=2";

    cr_assert(eq(sz, read_bytes("^acc=([0-9]+)$", NULL, text, 5), 1));
    cr_assert(eq(sz, read_bytes("^acc=([0-9]+)$", NULL, text + 1, 4), 0));
    cr_assert(eq(dbl, list.count ? 0 : 1, 1));
}

Test(metric_regex, any_bytes_may_stand_around_the_match)
{
    static const char line[] = "\0\xff\xfe\x80 acc=0.5\0\xc3 \x1b[31m";

    cr_assert(eq(sz, read_bytes("acc=([0-9.]+)", NULL, line, sizeof line - 1), 1));
    cr_assert(eq(dbl, list.items[0].value, 0.5));
}

Test(metric_regex, what_would_never_match_is_refused_with_advice)
{
    static const struct {
        const char *regex;
        const char *advice;
    } cases[] = { { "", "empty" },
                  { "acc=(\\d+)", "write [0-9]" },
                  { "acc=([\\d.]+)", "write [0-9]" },
                  { "acc=([^]\\w]+)", "between brackets" },
                  { "acc=(?:a|b)", "plain group" },
                  { "acc=.*?x", "lazy" },
                  { "acc=(", "Unmatched" },
                  { "acc=[0-9", "POSIX extended regular expression" },
                  { "a{2,1}", "POSIX extended regular expression" } };
    struct assay_error err = { 0 };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert(not(metric_regex_check(cases[i].regex, &err)), "%s", cases[i].regex);
        cr_assert(eq(int, err.code, ASSAY_INVALID));
        cr_assert(strstr(err.message, cases[i].advice) != NULL, "%s: %s", cases[i].regex,
                  err.message);
    }
}

Test(metric_regex, good_ones_are_accepted)
{
    static const char *const good[] = { "acc=([0-9.]+)", "[]0-9\\]+",       "loss\\?([0-9]+)",
                                        "a\\(?b",        "\\bacc ([0-9]+)", "[[:digit:]]+",
                                        "(a|b)?c",       "\\\\d",           "[^]]x?" };
    struct assay_error err = { 0 };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_assert(metric_regex_check(good[i], &err), "%s: %s", good[i], err.message);
}

Test(metric_regex, one_that_is_too_long_is_refused)
{
    struct assay_error err = { 0 };
    char *regex = calloc(1, 5000);

    memset(regex, 'a', 4999);
    cr_assert(not(metric_regex_check(regex, &err)));
    free(regex);
}

Test(metric_regex, a_bad_one_among_good_ones_frees_all)
{
    const char *const sources[] = { "acc", "(" };
    struct assay_error err = { 0 };

    cr_assert(metric_regexes_new(sources, 2, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    metric_regexes_free(NULL);
}

Test(metric_regex, a_last_letter_that_may_be_absent_is_not_asked_for)
{
    cr_assert(eq(sz, read_text("accs?=([0-9.]+)", "acc=0.5"), 1));
    cr_assert(eq(sz, read_text("accs*=([0-9.]+)", "accss=0.5"), 1));
    cr_assert(eq(sz, read_text("accs{0,1}=([0-9.]+)", "acc=0.5"), 1));
    cr_assert(eq(sz, read_text("accs+=([0-9.]+)", "acc=0.5"), 0));
    cr_assert(eq(sz, read_text("nothing|acc=([0-9.]+)", "acc=0.5"), 1));
    cr_assert(eq(sz,
                 read_text("a very long beginning of a line that says acc=([0-9.]+)",
                           "a very long beginning of a line that says acc=0.5"),
                 1));
}
