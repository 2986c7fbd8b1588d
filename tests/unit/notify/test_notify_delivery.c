#include "engine/notify/notify_delivery.h"

#include "engine/life/states.h"
#include "engine/spec/job_spec.h"
#include "engine/store/store.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static char parent[] = "projects/p/locations/l";
static char name[] = "a \"name\"";
static char reason[] = "why\nindeed";
static char no_reason[] = "";

static void assert_payload(const struct notice_row *notice, const char *wanted)
{
    char *payload = notify_payload(notice);

    cr_assert(payload != NULL);
    cr_expect(strcmp(payload, wanted) == 0, "%s", payload);
    free(payload);
}

/* RFC 4231, test cases 2 and 6: a key shorter, and one longer than a block. */
Test(notify_delivery, a_signature_is_the_hmac_of_the_body)
{
    char text[NOTIFY_SIGNATURE_TEXT];
    char key[132];

    cr_expect(strcmp(notify_signature("Jefe", "what do ya want for nothing?", text),
                     "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843") ==
              0);
    memset(key, 0xaa, 131);
    key[131] = '\0';
    cr_expect(strcmp(notify_signature(key, "Test Using Larger Than Block-Size Key - Hash Key First",
                                      text),
                     "sha256=60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54") ==
              0);
}

Test(notify_delivery, a_job_that_failed_is_told_with_its_error_on_one_line)
{
    const struct notice_row notice = { .id = 7,
                                       .kind = NOTICE_JOB,
                                       .resource = 1234567890,
                                       .job_kind = JOB_CUSTOM,
                                       .state = JOB_STATE_FAILED,
                                       .old_state = JOB_STATE_RUNNING,
                                       .time_us = 1500000,
                                       .error_code = 3,
                                       .parent = parent,
                                       .display_name = name,
                                       .error_message = reason };

    assert_payload(&notice,
                   "{\"notice\":\"7\",\"kind\":\"job\",\"resource\":\"projects/p/locations/l/"
                   "customJobs/1234567890\",\"id\":\"1234567890\",\"displayName\":\"a "
                   "\\\"name\\\"\",\"state\":\"JOB_STATE_FAILED\",\"oldState\":\"JOB_STATE_"
                   "RUNNING\",\"time\":\"1970-01-01T00:00:01.500Z\",\"error\":{\"code\":3,"
                   "\"message\":\"why\\nindeed\"}}\n");
}

Test(notify_delivery, a_new_trial_has_no_old_state_and_its_jobs_name)
{
    const struct notice_row notice = { .id = 8,
                                       .kind = NOTICE_TRIAL,
                                       .resource = store_trial_id(1234567890, 3),
                                       .job_kind = JOB_TUNING,
                                       .state = TRIAL_ACTIVE,
                                       .time_us = 1000000,
                                       .parent = parent,
                                       .display_name = name,
                                       .error_message = no_reason };

    assert_payload(&notice,
                   "{\"notice\":\"8\",\"kind\":\"trial\",\"resource\":\"projects/p/locations/l/"
                   "hyperparameterTuningJobs/1234567890/trials/3\",\"id\":\"1234567890\","
                   "\"trial\":\"3\",\"displayName\":\"a \\\"name\\\"\",\"state\":\"ACTIVE\","
                   "\"time\":\"1970-01-01T00:00:01Z\"}\n");
}

static void assert_key(const char *url, const char *wanted)
{
    struct notify_hook hook = { 0 };
    char *key = NULL;

    cr_assert(notify_hook_set_webhook(&hook, url));
    key = notify_hook_key(&hook);
    cr_expect(key && strcmp(key, wanted) == 0, "%s", key);
    free(key);
    notify_hook_clear(&hook);
}

/* Else one would go on where the other has come to. */
Test(notify_delivery, hooks_of_one_command_for_different_kinds_are_not_the_same)
{
    struct notify_hook hook = { 0 };
    char *usual = NULL;
    char *trials = NULL;

    cr_assert(notify_hook_set_command(&hook, "tell"));
    usual = notify_hook_key(&hook);
    hook.kinds = NOTICE_TRIAL;
    trials = notify_hook_key(&hook);
    cr_expect(usual && strcmp(usual, "[\"tell\"]") == 0, "%s", usual);
    cr_expect(trials && strcmp(trials, "[4,\"tell\"]") == 0, "%s", trials);
    free(usual);
    free(trials);
    notify_hook_clear(&hook);
}

/* The digits are sha256sum's of the whole address. */
Test(notify_delivery, a_web_address_is_known_without_what_may_be_a_secret_in_it)
{
    assert_key("https://h:8443/a@b", "[\"https://h:8443/a@b\"]");
    assert_key("https://h/hook?token=s3cret", "[\"https://h/hook#f7beb5a9\"]");
    assert_key("https://h/hook?token=another", "[\"https://h/hook#902f13ab\"]");
    assert_key("http://me:p@ss@h", "[\"http://h#a5424a27\"]");
    assert_key("http://h?a@b", "[\"http://h#4ba390db\"]");
}

Test(notify_delivery, a_command_that_fails_is_to_be_tried_again_and_told_why)
{
    char *argv[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" },
                     (char[]){ "cat >/dev/null; echo no good >&2; exit 3" } };
    const struct notify_hook hook = { .command = argv, .command_count = 3 };
    const struct notice_row notice = { .id = 1,
                                       .kind = NOTICE_JOB,
                                       .parent = parent,
                                       .display_name = name,
                                       .error_message = no_reason };
    struct assay_error err = { 0 };

    cr_assert(eq(int, (int)notify_deliver(&hook, &notice, assay_env_system(), NULL, &err),
                 (int)NOTIFY_AGAIN));
    cr_assert(strcmp(err.message, "status 3: no good") == 0, "%s", err.message);
}
