#include "engine/spec/document_yaml.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static void assert_json(const char *yaml, const char *json)
{
    struct assay_error err;
    cJSON *root = yaml_read(yaml, strlen(yaml), &err);
    char *text = NULL;

    cr_assert(root != NULL, "%s: %s", yaml, err.message);
    text = json_text(root, 0);
    cr_assert(eq(str, text, (char *)json));
    free(text);
    cJSON_Delete(root);
}

static void assert_refused(const char *yaml, const char *where, const char *words)
{
    struct assay_error err;
    cJSON *root = yaml_read(yaml, strlen(yaml), &err);

    cr_assert(root == NULL, "accepted: %s", yaml);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(strncmp(err.message, where, strlen(where)) == 0, "%s: %s", yaml, err.message);
    cr_assert(strstr(err.message, words) != NULL, "%s: %s", yaml, err.message);
}

Test(document_yaml, blocks_and_flows_become_the_same_tree)
{
    assert_json(
        "a: 1\nb:\n- x\n- y: [1, 2]\n  z: {}\nc: |\n  two\n  lines\nd: 'no'\n",
        "{\"a\":1,\"b\":[\"x\",{\"y\":[1,2],\"z\":{}}],\"c\":\"two\\nlines\\n\",\"d\":\"no\"}");
    assert_json(
        "{a: 1, b: [x, {y: [1, 2], z: {}}], c: \"two\\nlines\\n\", d: \"no\"}",
        "{\"a\":1,\"b\":[\"x\",{\"y\":[1,2],\"z\":{}}],\"c\":\"two\\nlines\\n\",\"d\":\"no\"}");
}

Test(document_yaml, text_without_content_is_null)
{
    assert_json("", "null");
    assert_json("# a comment\n", "null");
    assert_json("---\n...\n", "null");
}

Test(document_yaml, keys_are_text_whatever_they_look_like)
{
    assert_json("1: a\ntrue: b\n? c\n: d\n'': e\n~: f\n",
                "{\"1\":\"a\",\"true\":\"b\",\"c\":\"d\",\"\":\"e\",\"~\":\"f\"}");
}

Test(document_yaml, a_byte_order_mark_is_fine_in_yaml)
{
    assert_json("\xef\xbb\xbf"
                "a: é\n",
                "{\"a\":\"é\"}");
}

Test(document_yaml, aliases_copy_the_anchored_value)
{
    assert_json("a: &x {k: [1]}\nb: *x\nc: [*x, *x]\n",
                "{\"a\":{\"k\":[1]},\"b\":{\"k\":[1]},\"c\":[{\"k\":[1]},{\"k\":[1]}]}");
    assert_json("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "{\"a\":1,\"b\":1,\"c\":2,\"d\":2}");
    assert_json("- &x {k: v}\n- m: *x\n", "[{\"k\":\"v\"},{\"m\":{\"k\":\"v\"}}]");
}

Test(document_yaml, aliases_that_lead_nowhere_are_refused)
{
    assert_refused("a: *x\n", "line 1, column 4: ", "*x has no anchor");
    assert_refused("a: &x\n  b: *x\n", "line 2, column 6: ", "inside its own anchor");
    assert_refused("a: &x [*x]\n", "line 1, column 8: ", "inside its own anchor");
    assert_refused("a: &x k\n*x : 1\n", "line 2, column 1: ", "an alias cannot be a key");
}

Test(document_yaml, a_billion_laughs_are_refused_at_once)
{
    static const char laughs[] = "a: &a [x, x, x, x, x, x, x, x, x]\n"
                                 "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                                 "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                                 "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
                                 "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\n"
                                 "f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]\n"
                                 "g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]\n"
                                 "h: &h [*g, *g, *g, *g, *g, *g, *g, *g, *g]\n"
                                 "i: &i [*h, *h, *h, *h, *h, *h, *h, *h, *h]\n";

    assert_refused(laughs, "line ", "aliases expand to more than 4 MiB");
}

Test(document_yaml, many_aliases_of_one_long_text_are_refused)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)fprintf(out, "- &x a%0100000d\n", 1);
    for (int i = 0; i < 50; i++)
        (void)fprintf(out, "- *x\n");
    (void)fclose(out);
    assert_refused(text, "line ", "aliases expand");
    free(text);
}

Test(document_yaml, too_many_anchors_are_refused)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (int i = 0; i <= YAML_ANCHORS_MAX; i++)
        (void)fprintf(out, "- &x%d y\n", i);
    (void)fclose(out);
    assert_refused(text, "line 1001, column 3: ", "more than 1000 anchors");
    free(text);
}

Test(document_yaml, nesting_ends_at_the_limit_with_or_without_aliases)
{
    char text[1024];
    struct assay_error err;
    cJSON *root = NULL;

    (void)memset(text, '[', JSON_DEPTH_MAX + 1);
    (void)memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    text[2 * (JSON_DEPTH_MAX + 1)] = '\0';
    assert_refused(text, "line 1, column 65: ", "more than 64 levels");
    root = yaml_read(text + 1, 2 * (size_t)JSON_DEPTH_MAX, &err);
    cr_assert(root != NULL, "%s", err.message);
    cJSON_Delete(root);
    assert_refused(
        "- &a [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n- &b [[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]\n"
        "- &c [[[[[[[[[[[[[[[[*b]]]]]]]]]]]]]]]]\n- [[[[[[[[[[[[[[[[*c]]]]]]]]]]]]]]]]\n",
        "line 4, column 19: ", "more than 64 levels");
}

Test(document_yaml, a_key_that_stands_twice_is_refused)
{
    assert_refused("a: 1\nb:\n  c: 1\na: 2\n", "line 4: ", "\"a\" stands here a second time");
    assert_refused("x:\n- {a: 1, b: 2, a: 3}\n", "line 2: ", "\"a\"");
    assert_refused("a: 1\n\"a\": 2\n", "line 2: ", "\"a\"");
}

Test(document_yaml, keys_that_are_no_text_are_refused)
{
    assert_refused("? [a, b]\n: 1\n", "line 1, column 3: ", "a key must be text");
    assert_refused("{a: 1}: 2\n", "line 1, column 1: ", "a key must be text");
    assert_refused("a: &x {b: 1}\nc:\n  <<: *x\n", "line 3, column 3: ", "merge keys");
    assert_refused("\"a\\0b\": 1\n", "line 1, column 1: ", "\\0");
}

Test(document_yaml, foreign_tags_are_refused)
{
    assert_refused("a: !!python/object x\n", "line 1, column 4: ", "not supported");
    assert_refused("a: !!set {x}\n", "line 1, column 4: ", "not supported here");
    assert_refused("a: !!int x\n", "line 1, column 4: ", "!!int");
}

Test(document_yaml, a_second_document_is_refused)
{
    assert_refused("a: 1\n---\nb: 2\n", "line 2, column 1: ", "a second document");
    assert_refused("~\n---\n~\n", "line 2, column 1: ", "a second document");
}

Test(document_yaml, tabs_are_named)
{
    assert_refused("a:\n\tb: 1\n", "line 2, column 1: ", "a tab where YAML allows spaces only");
    assert_refused("é:\n  b: 1\n\tc: 2\n", "line 3, column 1: ", "a tab");
}

Test(document_yaml, broken_yaml_says_where)
{
    assert_refused("a: [1, 2\nb: 3\n", "line 2, column 2: ", "expected ',' or ']'");
    assert_refused("a: 'x\n", "line 2, column 1: ", "unexpected end of stream");
    assert_refused("a: @x\n", "line 1, column 4: ", "cannot start any token");
    assert_refused("a: 1\n b: 2\n", "line 2, column 3: ", "not allowed");
}

Test(document_yaml, bytes_that_are_no_text_are_refused)
{
    struct assay_error err;

    assert_refused("a: 1\nb: \x80\n", "line 2, column 4: ", "invalid leading UTF-8");
    assert_refused("a: \x01\n", "line 1, column 4: ", "control characters");
    assert_refused("a: \"x\\0\"\n", "line 1, column 4: ", "\\0");
    cr_assert(yaml_read("a: \0", 4, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(yaml_read("\xff\xfe"
                        "a\0:\0",
                        6, &err) == NULL,
              "UTF-16");
    cr_assert(eq(int, err.code, ASSAY_INVALID));
}

Test(document_yaml, a_text_that_is_too_large_is_refused_unread)
{
    struct assay_error err;

    cr_assert(yaml_read("", (size_t)JSON_TEXT_MAX + 1, &err) == NULL);
    cr_assert(strstr(err.message, "67108864 are the most") != NULL, "%s", err.message);
}

Test(document_yaml, a_member_has_the_line_of_its_key)
{
    cJSON *root = document_of("a:\n  b:\n    - x\n    -\n      y\nc: 1\n");
    const cJSON *list = json_get(json_get(root, "a"), "b");

    cr_assert(eq(int, json_line(root), 1));
    cr_assert(eq(int, json_line(json_get(root, "a")), 1));
    cr_assert(eq(int, json_line(list), 2));
    cr_assert(eq(int, json_line(list->child), 3));
    cr_assert(eq(int, json_line(list->child->next), 5));
    cr_assert(eq(int, json_line(json_get(root, "c")), 6));
    cJSON_Delete(root);
}
