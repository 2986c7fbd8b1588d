#include "metrics/objective.h"

#include "metric_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

static char accuracy_id[] = "accuracy";
static char loss_id[] = "loss";
static char step_id[] = "global_step";
static char quoted_id[] = "top\"1";

static const struct metric_spec two_metrics[] = {
    { .id = accuracy_id, .goal = GOAL_MAXIMIZE },
    { .id = loss_id, .goal = GOAL_MINIMIZE },
};

static const char *explain(const double *values, size_t metric_count, const char *const *seen,
                           size_t seen_count)
{
    static char text[1024];

    objective_explain_missing(two_metrics, metric_count, values, seen, seen_count, text,
                              sizeof text);
    return text;
}

Test(objective, it_is_the_first_metric_that_is_not_for_safety)
{
    struct metric_spec specs[] = { { .is_safety = true }, { .is_safety = true }, { .id = NULL } };

    cr_assert(eq(sz, objective_metric(specs, 3), 2));
    cr_assert(eq(sz, objective_metric(specs, 2), 0));
    cr_assert(eq(sz, objective_metric(NULL, 0), 0));
}

Test(objective, better_is_strict_and_any_number_beats_nan)
{
    double nan = (double)NAN;

    cr_assert(objective_is_better(GOAL_MAXIMIZE, 2, 1));
    cr_assert(not(objective_is_better(GOAL_MAXIMIZE, 1, 1)));
    cr_assert(objective_is_better(GOAL_MINIMIZE, 1, 2));
    cr_assert(not(objective_is_better(GOAL_MINIMIZE, 2, 2)));
    cr_assert(objective_is_better(GOAL_MINIMIZE, 5, nan));
    cr_assert(not(objective_is_better(GOAL_MAXIMIZE, nan, 5)));
    cr_assert(not(objective_is_better(GOAL_MAXIMIZE, nan, nan)));
}

Test(objective, a_trainer_that_reported_nothing_is_told_how_to)
{
    static const double values[] = { (double)NAN };

    cr_assert(
        is_text(explain(values, 1, NULL, 0),
                "the trainer ended without reporting metric \"accuracy\"; it reported no metric "
                "at all; report it with hypertune or a line {\"accuracy\": 0.9} in "
                "$CLOUD_ML_HP_METRIC_FILE, or give assay.metricRegex"));
}

Test(objective, an_abbreviated_name_is_taken_for_what_was_meant)
{
    static const double values[] = { (double)NAN, 0.5 };
    static const char *const seen[] = { "lr", "acc" };

    cr_assert(
        is_text(explain(values, 2, seen, 2),
                "the trainer ended without reporting metric \"accuracy\"; it reported \"loss\", "
                "\"lr\", \"acc\"; if \"acc\" is meant to be \"accuracy\", give it one name "
                "in studySpec.metrics and in the trainer"));
}

Test(objective, a_misspelt_name_is_found)
{
    static const double values[] = { (double)NAN };
    static const char *const seen[] = { "lr", "Acuracy" };

    cr_assert(strstr(explain(values, 1, seen, 2), "; if \"Acuracy\" is meant to be \"accuracy\"") !=
              NULL);
}

Test(objective, a_metric_that_was_never_finite_is_said_to_be_so)
{
    static const double values[] = { 0.5, (double)NAN };
    static const char *const seen[] = { "loss" };

    cr_assert(
        is_text(explain(values, 2, seen, 1),
                "the trainer ended without reporting metric \"loss\"; it reported \"accuracy\", "
                "\"loss\" only as nan or inf"));
}

Test(objective, several_missing_metrics_are_all_named)
{
    static const double values[] = { (double)NAN, (double)NAN };

    cr_assert(strstr(explain(values, 2, NULL, 0), "metrics \"accuracy\" and \"loss\";") != NULL);
}

Test(objective, a_reserved_name_is_explained)
{
    static const struct metric_spec spec = { .id = step_id };
    static const double values[] = { (double)NAN };
    char text[512];

    objective_explain_missing(&spec, 1, values, NULL, 0, text, sizeof text);
    cr_assert(strstr(text, "\"global_step\" is a key that hypertune fills in by itself") != NULL);
}

Test(objective, names_are_quoted_so_that_they_cannot_break_the_line)
{
    static const struct metric_spec spec = { .id = quoted_id };
    static const double values[] = { (double)NAN };
    static const char *const seen[] = { "evil\nname\\" };
    char text[512];

    objective_explain_missing(&spec, 1, values, seen, 1, text, sizeof text);
    cr_assert(strstr(text, "\"evil?name\\\\\"") != NULL);
    cr_assert(strstr(text, "{\"top\\\"1\": 0.9}") != NULL);
}

Test(objective, only_some_of_many_names_are_listed)
{
    static const double values[] = { (double)NAN };
    static const char *const seen[] = {
        "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10"
    };

    cr_assert(strstr(explain(values, 1, seen, 10), "\"n8\" and 2 more; report") != NULL);
}

Test(objective, nothing_missing_is_nothing_to_say)
{
    static const double values[] = { 0.5, 0.5 };

    cr_assert(is_text(explain(values, 2, NULL, 0), ""));
}

/* Cut at every size: always terminated, never within a character. */
Test(objective, a_short_buffer_cuts_the_sentence_between_characters)
{
    static const double values[] = { (double)NAN };
    static const char *const seen[] = { "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" };
    const char *whole = explain(values, 1, seen, 1);
    char text[1024];

    for (size_t size = 1; size < sizeof text; size++) {
        size_t used = 0;

        memset(text, 'x', sizeof text);
        objective_explain_missing(two_metrics, 1, values, seen, 1, text, size);
        used = strlen(text);
        cr_assert(lt(sz, used, size));
        cr_assert(eq(int, memcmp(text, whole, used), 0));
        cr_assert(0x80 != ((unsigned char)whole[used] & 0xC0), "cut within a character at %zu",
                  size);
    }
    objective_explain_missing(two_metrics, 1, values, seen, 1, NULL, 0);
}
