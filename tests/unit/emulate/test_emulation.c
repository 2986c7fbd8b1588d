#include "assay.h"
#include "assay/json.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCATION "/v1/projects/p/locations/us-central1"

static const char job_document[] =
    "{\"displayName\":\"j\",\"jobSpec\":{\"workerPoolSpecs\":[{\"containerSpec\":{\"imageUri\":"
    "\"image\"}}]}}";

static struct assay *open_with(const char *script, uint64_t seed)
{
    struct assay_emulation emulation = {
        .script = script, .script_size = script ? strlen(script) : 0, .has_seed = true, .seed = seed
    };
    struct assay_options options = { .emulation = &emulation };
    struct assay_error err = { 0 };
    struct assay *assay = assay_open(&options, &err);

    cr_assert(assay != NULL, "%s", err.message);
    return assay;
}

/* The answer's text; the caller frees it. */
static char *ask(struct assay *assay, const char *method, const char *path, const char *body,
                 int status)
{
    struct assay_request request = {
        .method = method, .path = path, .body = body, .body_size = body ? strlen(body) : 0
    };
    struct assay_response response;
    struct assay_error err = { 0 };

    cr_assert(assay_call(assay, &request, &response, &err), "%s", err.message);
    cr_assert(eq(int, response.status, status), "%s %s: %s", method, path, response.body);
    return response.body;
}

static void say(struct assay *assay, const char *method, const char *path, const char *body,
                int status)
{
    free(ask(assay, method, path, body, status));
}

/* A text of the answer's, in the test's own hands for good. */
static char *text_of(char *answer, const char *key)
{
    struct assay_error err = { 0 };
    cJSON *json = json_read(answer, strlen(answer), &err);
    char *text = strdup(cJSON_GetStringValue(json_get(json, key)));

    cr_assert(text != NULL);
    cJSON_Delete(json);
    free(answer);
    return text;
}

/* "/v1/" and the name of a new custom job; the caller frees it. */
static char *make_job(struct assay *assay)
{
    char *name = text_of(ask(assay, "POST", LOCATION "/customJobs", job_document, 200), "name");
    char *path = NULL;

    cr_assert(asprintf(&path, "/v1/%s", name) > 0);
    free(name);
    return path;
}

static void assert_state(struct assay *assay, const char *path, const char *state)
{
    char *found = text_of(ask(assay, "GET", path, NULL, 200), "state");

    cr_assert(eq(str, found, (char *)state));
    free(found);
}

Test(emulation, a_program_has_it_without_threads_or_a_folder)
{
    struct assay *assay = open_with("trials: [{ends: 60s}]", 1);
    char folder[512];
    char *job = make_job(assay);

    (void)snprintf(folder, sizeof folder, "%s", assay_state_dir(assay));
    assert_state(assay, job, "JOB_STATE_RUNNING");
    say(assay, "POST", "/assay/v1/clock:advance", "{\"duration\":\"60s\"}", 200);
    assert_state(assay, job, "JOB_STATE_SUCCEEDED");
    cr_assert(eq(int, access(folder, F_OK), 0));
    free(job);
    assay_close(assay);
    cr_assert(ne(int, access(folder, F_OK), 0));
}

Test(emulation, two_of_one_seed_are_alike_and_those_of_two_are_not)
{
    char *paths[3];

    for (int i = 0; i < 3; i++) {
        struct assay *assay = open_with(NULL, i < 2 ? 5 : 6);

        paths[i] = make_job(assay);
        assay_close(assay);
    }
    cr_assert(eq(str, paths[0], paths[1]));
    cr_assert(ne(str, paths[0], paths[2]));
    for (int i = 0; i < 3; i++)
        free(paths[i]);
}

Test(emulation, several_at_once_know_nothing_of_each_other)
{
    struct assay *first = open_with(NULL, 5);
    struct assay *second = open_with("trials: [{exitStatus: 1}]", 5);
    char *one = make_job(first);
    char *two = make_job(second);

    assert_state(first, one, "JOB_STATE_SUCCEEDED");
    assert_state(second, two, "JOB_STATE_FAILED");
    free(one);
    free(two);
    assay_close(first);
    assay_close(second);
}

Test(emulation, a_script_that_is_none_opens_nothing)
{
    struct assay_emulation emulation = { .script = "trials: 5", .script_size = 9 };
    struct assay_options options = { .emulation = &emulation };
    struct assay_error err = { 0 };

    cr_assert(assay_open(&options, &err) == NULL);
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    cr_assert(strstr(err.message, "line 1, trials: ") != NULL, "%s", err.message);
}

Test(emulation, a_job_that_is_gone_stays_gone_after_a_reset)
{
    struct assay *assay = open_with(NULL, 5);
    char *job = make_job(assay);
    char *again = NULL;

    /* Read more than once, so that what is kept in memory would be seen. */
    for (int i = 0; i < 3; i++)
        assert_state(assay, job, "JOB_STATE_SUCCEEDED");
    say(assay, "POST", "/assay/v1:reset", NULL, 200);
    say(assay, "GET", job, NULL, 404);
    again = make_job(assay);
    cr_assert(eq(str, job, again));
    assert_state(assay, again, "JOB_STATE_SUCCEEDED");
    free(job);
    free(again);
    assay_close(assay);
}

Test(emulation, a_cancelled_job_is_not_moved_by_its_script)
{
    struct assay *assay =
        open_with("jobs: [{queued: 5s, pending: 5s, fail: {code: 13, when: 5s}}]", 5);
    char *job = make_job(assay);
    char *cancel = NULL;

    cr_assert(asprintf(&cancel, "%s:cancel", job) > 0);
    say(assay, "POST", "/assay/v1/clock:advance", "{\"duration\":\"6s\"}", 200);
    assert_state(assay, job, "JOB_STATE_PENDING");
    say(assay, "POST", cancel, "{}", 200);
    say(assay, "POST", "/assay/v1/clock:advance", "{\"duration\":\"60s\"}", 200);
    assert_state(assay, job, "JOB_STATE_CANCELLED");
    free(cancel);
    free(job);
    assay_close(assay);
}

Test(emulation, what_is_next_can_be_asked_for)
{
    struct assay *assay = open_with("trials: [{ends: 60s, steps: 2}]", 5);
    char *none = ask(assay, "GET", "/assay/v1/emulation", NULL, 200);
    char *job = make_job(assay);
    char *next = text_of(ask(assay, "GET", "/assay/v1/emulation", NULL, 200), "next");

    cr_assert(strstr(none, "\"next\"") == NULL);
    cr_assert(eq(str, next, "2026-01-01T00:00:30Z"));
    free(none);
    free(next);
    free(job);
    assay_close(assay);
}
