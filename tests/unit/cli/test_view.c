#include "engine/cli/view.h"

#include "tests/unit/cli/capture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* What a command that waits exits with, and whether the job counts as interrupted. */
static void check_job(const char *text, int status, bool is_interrupted)
{
    cJSON *job = capture_json(text);

    cr_assert(eq(int, view_job_exit_status(job), status), "%s", text);
    cr_assert(eq(int, view_job_is_interrupted(job), is_interrupted), "%s", text);
    cJSON_Delete(job);
}

Test(view, the_state_of_a_job_gives_the_exit_status)
{
    check_job("{'state': 'JOB_STATE_SUCCEEDED'}", 0, false);
    check_job("{'state': 'JOB_STATE_FAILED'}", 1, false);
    check_job("{'state': 'JOB_STATE_CANCELLED'}", 1, false);
    check_job("{'state': 'JOB_STATE_PAUSED'}", 130, false);
    check_job("{'state': 'JOB_STATE_RUNNING', 'isWorkedOn': true}", 130, false);
    check_job("{'state': 'JOB_STATE_RUNNING', 'isWorkedOn': false}", 130, true);
    check_job("{'state': 'JOB_STATE_CANCELLING'}", 130, true);
}

Test(view, missing_members_read_as_nothing)
{
    cJSON *empty = capture_json("{}");

    cr_assert(eq(str, (char *)view_text(empty, "a"), ""));
    cr_assert(eq(str, (char *)view_text(NULL, "a"), ""));
    cr_assert(eq(i64, view_integer(empty, "a"), 0));
    cr_assert(not(view_is_true(NULL, "a")));
    cr_assert(eq(i64, view_duration_us(empty), -1));
    cJSON_Delete(empty);
}

Test(view, integers_may_be_texts_as_the_api_writes_those_of_64_bits)
{
    cJSON *sizes =
        capture_json("{'a': '1212', 'b': 7, 'c': '9007199254740993', 'd': '12 B', 'e': '-3'}");

    cr_assert(eq(i64, view_integer(sizes, "a"), 1212));
    cr_assert(eq(i64, view_integer(sizes, "b"), 7));
    cr_assert(eq(i64, view_integer(sizes, "c"), INT64_C(9007199254740993)));
    cr_assert(eq(i64, view_integer(sizes, "d"), 0));
    cr_assert(eq(i64, view_integer(sizes, "e"), -3));
    cJSON_Delete(sizes);
}

Test(view, durations_need_both_ends_in_order)
{
    cJSON *trial = capture_json("{'startTime': '2026-01-31T10:00:00.5Z',"
                                "'endTime': '2026-01-31T11:00:01+01:00'}");
    cJSON *backwards = capture_json("{'startTime': '2026-01-31T10:00:02Z',"
                                    "'endTime': '2026-01-31T10:00:01Z'}");

    cr_assert(eq(i64, view_duration_us(trial), 500000));
    cr_assert(eq(i64, view_duration_us(backwards), -1));
    cJSON_Delete(trial);
    cJSON_Delete(backwards);
}

Test(view, values_are_written_as_they_could_be_typed)
{
    struct capture captured = { 0 };
    cJSON *values = capture_json("{'lr': 0.1, 'n': 128, 'opt': 'a b', 'odd': null}");

    view_write_members(capture_begin(&captured), values, "=", false);
    cr_assert(eq(str, capture_end(&captured), "lr=0.1 n=128 opt='a b' odd=?"));
    view_write_time(capture_begin(&captured), "2026-01-31T10:00:00.250Z");
    cr_assert(eq(str, capture_end(&captured), "2026-01-31 10:00:00Z"));
    capture_clear(&captured);
    cJSON_Delete(values);
}

Test(view, a_short_number_keeps_six_digits_and_never_grows)
{
    char text[ASSAY_NUMBER_TEXT];

    cr_assert(eq(str, view_short_number(0.9840865433222121, text), "0.984087"));
    cr_assert(eq(str, view_short_number(388.00361670069395, text), "388.004"));
    cr_assert(eq(str, view_short_number(1000000, text), "1000000"));
    cr_assert(eq(str, view_short_number(0.5, text), "0.5"));
    cr_assert(eq(str, view_short_number(1e-5, text), "1e-05"));
}
