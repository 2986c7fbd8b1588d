#include "engine/spec/job_document.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static void assert_set(const char *document, const char *path, const char *value,
                       const char *expected)
{
    struct document_override override = { path, value };
    struct assay_error err;
    cJSON *root = document_of(document);
    char *text = NULL;

    cr_assert(document_override(root, &override, &err), "%s", err.message);
    text = json_text(root, 0);
    cr_assert(eq(str, text, (char *)expected));
    free(text);
    cJSON_Delete(root);
}

static void assert_not_set(const char *document, const char *path, const char *value,
                           const char *words)
{
    struct document_override override = { path, value };
    struct assay_error err;
    cJSON *root = document_of(document);

    cr_assert(not(document_override(root, &override, &err)), "%s", path);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(strstr(err.message, words) != NULL, "%s", err.message);
    cJSON_Delete(root);
}

Test(job_document, a_brace_makes_it_json)
{
    struct assay_error err;

    assert_unreadable(" \n{a: 1}", "expected a key in double quotes");
    assert_unreadable("\xef\xbb\xbf{\"a\": 1}", "byte order mark");
    cJSON_Delete(document_of("[a, b]"));
    cJSON_Delete(document_of("a: 1"));
    cr_assert(document_read("a: 1", 4, DOCUMENT_JSON, &err) == NULL);
    cJSON_Delete(document_read("{a: 1}", 6, DOCUMENT_YAML, &err));
}

Test(job_document, an_override_replaces_what_is_there)
{
    assert_set("a: {b: [1, {c: 2}, 3]}\nz: 1", "a.b[1].c", "0.5",
               "{\"a\":{\"b\":[1,{\"c\":0.5},3]},\"z\":1}");
    assert_set("a: [1, 2, 3]", "a[0]", "x", "{\"a\":[\"x\",2,3]}");
    assert_set("a: [1, 2, 3]", "a[2]", "x", "{\"a\":[1,2,\"x\"]}");
    assert_set("a: [1]", "a[0]", "[[2]]", "{\"a\":[[[2]]]}");
    assert_set("a: 1", "a", "{b: c}", "{\"a\":{\"b\":\"c\"}}");
    assert_set("a: 1", "a", "", "{\"a\":null}");
    assert_set("a: 1", "a", "\"5\"", "{\"a\":\"5\"}");
}

Test(job_document, an_override_makes_what_is_missing)
{
    assert_set("{}", "aB.c[0].d", "x", "{\"aB\":{\"c\":[{\"d\":\"x\"}]}}");
    assert_set("a: [1]", "a[1]", "2", "{\"a\":[1,2]}");
    assert_set("a: ~", "a.b", "2", "{\"a\":{\"b\":2}}");
    assert_set("a: [~]", "a[0][0]", "2", "{\"a\":[[2]]}");
}

Test(job_document, an_override_finds_a_member_by_either_spelling)
{
    assert_set("studySpec: {maxTrialCount: 1}", "study_spec.max_trial_count", "2",
               "{\"studySpec\":{\"maxTrialCount\":2}}");
    assert_set("study_spec: {max_trial_count: 1}", "studySpec.maxTrialCount", "2",
               "{\"study_spec\":{\"max_trial_count\":2}}");
    assert_set("{}", "study_spec", "2", "{\"study_spec\":2}");
}

Test(job_document, names_of_the_users_own_have_one_spelling)
{
    assert_set("labels: {a_b: x}", "labels.aB", "y", "{\"labels\":{\"a_b\":\"x\",\"aB\":\"y\"}}");
    assert_set("labels: {a_b: x}", "labels.a_b", "y", "{\"labels\":{\"a_b\":\"y\"}}");
}

Test(job_document, a_path_that_leads_nowhere_is_refused)
{
    assert_not_set("a: [1]", "a[2]", "x", "the list has 1 items; [1] would add one");
    assert_not_set("{}", "a[1].b", "x", "the list has 0 items");
    assert_not_set("a: 1", "a.b", "x", "cannot set a.b: it would be in the number 1");
    assert_not_set("a: {b: 1}", "a[0]", "x", "cannot set a[0]: it would be in an object");
    assert_not_set("a: x", "a.b.c", "x", "cannot set a.b: it would be in the text \"x\"");
    assert_not_set("[]", "a", "x", "it would be in a list");
}

Test(job_document, a_broken_path_is_refused)
{
    static const char *const paths[] = {
        "",      ".a",  "a.",    "a..b", "[0]",           "a[",   "a[]", "a[x]",
        "a[-1]", "a[0", "a[0]b", "a]",   "a[1234567890]", "a.[0]"
    };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_not_set("{}", paths[i], "x", "not a path");
}

Test(job_document, a_broken_value_is_refused)
{
    assert_not_set("{}", "a", "[1", "the value for a: line 2, column 1: ");
    assert_not_set("{}", "a", "{b: 1, b: 2}", "a second time");
}

Test(job_document, an_override_stays_within_the_depth)
{
    char path[256] = "a";
    char value[256];

    for (int i = 1; i < JSON_DEPTH_MAX; i++)
        (void)snprintf(path + strlen(path), sizeof path - strlen(path), ".a");
    assert_not_set("{}", path, "[]", "more than 64 levels");
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), ".a");
    assert_not_set("{}", path, "1", "more than 64 steps");
    (void)memset(value, '[', JSON_DEPTH_MAX);
    (void)memset(value + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    value[2 * JSON_DEPTH_MAX] = '\0';
    assert_not_set("{}", "a", value, "more than 64 levels");
}

Test(job_document, what_an_override_set_has_no_line)
{
    struct document_override override = { "a.b", "{c: [1]}" };
    struct assay_error err;
    cJSON *root = document_of("\nx: 1");

    cr_assert(document_override(root, &override, &err));
    cr_assert(eq(int, json_line(json_get(root, "a")), 0));
    cr_assert(eq(int, json_line(json_get(json_get(root, "a"), "b")->child->child), 0));
    cr_assert(eq(int, json_line(json_get(root, "x")), 2));
    cJSON_Delete(root);
}
