#include "assay/json.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static cJSON *read_text(const char *text, struct assay_error *err)
{
    *err = (struct assay_error){ 0 };
    return json_read(text, strlen(text), err);
}

static void assert_number(const char *text, double number)
{
    struct assay_error err;
    cJSON *node = read_text(text, &err);

    cr_assert(node != NULL, "%s: %s", text, err.message);
    cr_assert(cJSON_IsNumber(node), "%s", text);
    cr_assert(memcmp(&node->valuedouble, &number, sizeof number) == 0, "%s is %.17g", text,
              node->valuedouble);
    cJSON_Delete(node);
}

static void assert_string(const char *text, const char *string)
{
    struct assay_error err;
    cJSON *node = read_text(text, &err);

    cr_assert(node != NULL, "%s: %s", text, err.message);
    cr_assert(eq(str, node->valuestring, (char *)string));
    cJSON_Delete(node);
}

/* The message must say where, and contain the words. */
static void assert_refused(const char *text, const char *where, const char *words)
{
    struct assay_error err;
    cJSON *node = read_text(text, &err);

    cr_assert(node == NULL, "accepted: %s", text);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(strncmp(err.message, where, strlen(where)) == 0, "%s: %s", text, err.message);
    cr_assert(strstr(err.message, words) != NULL, "%s: %s", text, err.message);
}

Test(json, numbers_are_read_to_the_nearest_double)
{
    assert_number("0", 0.0);
    assert_number("-0", -0.0);
    assert_number("128", 128);
    assert_number("0.1", 0.1);
    assert_number("1e-5", 1e-5);
    assert_number("123456789012345", 123456789012345.0);
    assert_number("0.000000000000001", 1e-15);
    assert_number("9007199254740993", 9007199254740992.0);
    assert_number("1.7976931348623157e308", 1.7976931348623157e308);
    assert_number("4.9e-324", 4.9e-324);
    assert_number("1e-400", 0.0);
    assert_number("-1E+2", -100.0);
    assert_number("0.30000000000000004", 0.30000000000000004);
    assert_number("2.00000000000000000000000000000000000001", 2.0);
}

Test(json, fast_numbers_agree_with_the_c_library)
{
    const char *text = getenv("ASSAY_TEST_SEED");
    uint64_t state = text ? strtoull(text, NULL, 10) : 88172645463325252U;

    (void)fprintf(stderr, "ASSAY_TEST_SEED=%llu\n", (unsigned long long)state);
    for (int i = 0; i < 20000; i++) {
        char number[64];
        int digits = 0;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        digits = 1 + (int)(state % 17);
        (void)snprintf(number, sizeof number, "%s%llu.%0*llu", state & 64 ? "-" : "",
                       (unsigned long long)(state >> 40), digits,
                       (unsigned long long)(state >> 20 & 0xfffff));
        assert_number(number, strtod(number, NULL));
    }
}

Test(json, numbers_that_only_other_readers_take_are_refused)
{
    assert_refused("01", "line 1, column 1: ", "does not begin with 0");
    assert_refused("-01", "line 1, column 2: ", "does not begin with 0");
    assert_refused("+1", "line 1, column 1: ", "expected a value, found '+'");
    assert_refused(".5", "line 1, column 1: ", "expected a value, found '.'");
    assert_refused("1.", "line 1, column 3: ", "expected a digit, found the end");
    assert_refused("1e", "line 1, column 3: ", "expected a digit");
    assert_refused("1e+", "line 1, column 4: ", "expected a digit");
    assert_refused("-", "line 1, column 2: ", "expected a digit");
    assert_refused("0x10", "line 1, column 2: ", "expected the end of the text, found 'x'");
    assert_refused("1-2", "line 1, column 2: ", "expected the end of the text, found '-'");
    assert_refused("NaN", "line 1, column 1: ", "expected a value, found 'N'");
    assert_refused("[Infinity]", "line 1, column 2: ", "expected a value, found 'I'");
    assert_refused("1e999", "line 1, column 1: ", "too large");
    assert_refused("[1,\n -1e400]", "line 2, column 2: ", "too large");
}

Test(json, a_number_of_endless_digits_is_refused)
{
    char text[4096];

    (void)memset(text, '1', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_refused(text, "line 1, column 1: ", "2047 are the most");
    text[2047] = '\0';
    assert_refused(text, "line 1, column 1: ", "too large");
}

Test(json, escapes_become_what_they_stand_for)
{
    assert_string("\"\"", "");
    assert_string("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a\"\\/\b\f\n\r\t");
    assert_string("\"\\u0041\\u00e9\\u20AC\"", "Aé€");
    assert_string("\"\\ud83d\\ude00\"", "😀");
    assert_string("\"é€😀\x7f\"", "é€😀\x7f");
}

Test(json, strings_that_are_no_text_are_refused)
{
    assert_refused("\"abc", "line 1, column 1: ", "never closed");
    assert_refused("\"abc\\\"", "line 1, column 1: ", "never closed");
    assert_refused("\"a\nb\"", "line 1, column 3: ", "control character (0x0a)");
    assert_refused("\"a\\\nb\"", "line 1, column 4: ", "control character (0x0a)");
    assert_refused("\"\\u0000\"", "line 1, column 2: ", "\\u0000");
    assert_refused("\"\\ud800\"", "line 1, column 2: ", "surrogate");
    assert_refused("\"\\ud800\\u0041\"", "line 1, column 2: ", "surrogate");
    assert_refused("\"\\udc00\\ud800\"", "line 1, column 2: ", "surrogate");
    assert_refused("\"\\u12g4\"", "line 1, column 2: ", "four hexadecimal digits");
    assert_refused("\"\\u12\"", "line 1, column 2: ", "four hexadecimal digits");
    assert_refused("\"\\x41\"", "line 1, column 2: ", "no such escape");
    assert_refused("'a'", "line 1, column 1: ", "expected a value, found '''");
}

Test(json, bytes_that_are_no_utf8_are_refused)
{
    assert_refused("\"\x80\"", "line 1, column 2: ", "0x80 is not UTF-8");
    assert_refused("\"é\xc0\x80\"", "line 1, column 3: ", "0xc0");        /* overlong */
    assert_refused("\"\xe0\x80\x80\"", "line 1, column 2: ", "0xe0");     /* overlong */
    assert_refused("\"\xed\xa0\x80\"", "line 1, column 2: ", "0xed");     /* a surrogate */
    assert_refused("\"\xf4\x90\x80\x80\"", "line 1, column 2: ", "0xf4"); /* above U+10FFFF */
    assert_refused("\"\xf0\x9f\x98\"", "line 1, column 2: ", "0xf0");     /* cut */
    assert_refused("[\xff]", "line 1, column 2: ", "found the byte 0xff");
}

Test(json, text_around_the_value_is_refused)
{
    assert_refused("", "line 1, column 1: ", "expected a value, found the end of the text");
    assert_refused(" \n\t ", "line 2, column 3: ", "found the end of the text");
    assert_refused("\xef\xbb\xbf{}", "line 1, column 1: ", "byte order mark");
    assert_refused("{} {}", "line 1, column 4: ", "expected the end of the text, found '{'");
    assert_refused("truex", "line 1, column 5: ", "expected the end of the text");
    assert_refused("tru", "line 1, column 1: ", "expected a value");
    assert_refused("{} // no comments", "line 1, column 4: ", "found '/'");
}

Test(json, broken_containers_say_what_was_expected)
{
    assert_refused("[1,]", "line 1, column 4: ", "a comma stands before ']'");
    assert_refused("{\"a\":1,}", "line 1, column 8: ", "a comma stands before '}'");
    assert_refused("[1 2]", "line 1, column 4: ", "expected ',' or ']', found '2'");
    assert_refused("[", "line 1, column 2: ", "expected a value, found the end");
    assert_refused("{\"a\" 1}", "line 1, column 6: ", "expected ':' after the key, found '1'");
    assert_refused("{\n  a: 1}", "line 2, column 3: ", "a key in double quotes, found 'a'");
    assert_refused("{\"a\":}", "line 1, column 6: ", "expected a value, found '}'");
    assert_refused("[1}", "line 1, column 3: ", "expected ',' or ']', found '}'");
}

Test(json, a_text_that_is_not_terminated_is_read_to_its_size)
{
    struct assay_error err;
    char text[] = { '1', '2', '3' };
    cJSON *node = json_read(text, 2, &err);

    cr_assert(eq(dbl, node->valuedouble, 12));
    cJSON_Delete(node);
    node = json_read("[tru", 4, &err);
    cr_assert(node == NULL);
    node = json_read("1\0", 2, &err);
    cr_assert(node == NULL, "a NUL is no blank");
}

Test(json, nesting_ends_at_the_limit)
{
    char text[2 * (JSON_DEPTH_MAX + 1) + 1];
    struct assay_error err;
    cJSON *node = NULL;

    (void)memset(text, '[', JSON_DEPTH_MAX);
    (void)memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    node = json_read(text, 2 * (size_t)JSON_DEPTH_MAX, &err);
    cr_assert(node != NULL, "%s", err.message);
    cJSON_Delete(node);
    (void)memset(text, '[', JSON_DEPTH_MAX + 1);
    (void)memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    text[sizeof text - 1] = '\0';
    assert_refused(text, "line 1, column 65: ", "more than 64 levels");
}

Test(json, a_text_that_is_too_large_is_refused_unread)
{
    struct assay_error err;

    cr_assert(json_read("", (size_t)JSON_TEXT_MAX + 1, &err) == NULL);
    cr_assert(strstr(err.message, "67108865 bytes") != NULL, "%s", err.message);
}

Test(json, a_key_that_stands_twice_is_refused_where_it_stands_again)
{
    assert_refused("{\"a\":1,\n \"b\":{\"a\":2},\n  \"a\":3}", "line 3, column 3: ", "\"a\"");
    assert_refused("{\"a\":1,\"\\u0061\":2}", "line 1, column 8: ", "\"a\"");
    assert_refused("{\"b\":1,\"b\":{\"c\":1,\"c\":1}}", "line 1, column 19: ", "\"c\"");
}

Test(json, keys_that_differ_in_case_are_different)
{
    struct assay_error err;
    cJSON *node = read_text("{\"Name\":1,\"name\":2}", &err);

    cr_assert(eq(dbl, json_get(node, "name")->valuedouble, 2));
    cr_assert(json_get(node, "NAME") == NULL);
    cJSON_Delete(node);
}

/* One object of count keys; the key twice of them, if any, stands at the end again. */
static char *large_object(size_t count, size_t twice)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)fputc('{', out);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "\"key%zu\":%zu,\n", i, i);
    (void)fprintf(out, "\"key%zu\":0}", twice);
    (void)fclose(out);
    return text;
}

Test(json, a_duplicate_is_found_in_an_object_of_any_size)
{
    static const size_t counts[] = { 2, 15, 16, 17, 18, 100, 200000 };

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char where[64];
        char *twice = large_object(counts[i], counts[i] / 2);
        char *once = large_object(counts[i], counts[i]);
        struct assay_error err;
        cJSON *node = read_text(once, &err);

        cr_assert(node != NULL, "%s", err.message);
        cJSON_Delete(node);
        (void)snprintf(where, sizeof where, "line %zu, column 1: the key \"key%zu\"", counts[i] + 1,
                       counts[i] / 2);
        assert_refused(twice, where, "second time");
        free(once);
        free(twice);
    }
}

Test(json, every_node_knows_its_line)
{
    struct assay_error err;
    cJSON *node = read_text("\n{\"a\":\n [1,\r\n  true, \"x\", {}],\n\"b\": null}", &err);
    const cJSON *list = json_get(node, "a");

    cr_assert(eq(int, json_line(node), 2));
    cr_assert(eq(int, json_line(list), 3));
    cr_assert(eq(int, json_line(list->child), 3));
    cr_assert(eq(int, json_line(list->child->next), 4));
    cr_assert(eq(int, json_line(list->child->next->next), 4));
    cr_assert(eq(int, json_line(list->child->prev), 4));
    cr_assert(eq(int, json_line(json_get(node, "b")), 5));
    cr_assert(eq(int, json_line(NULL), 0));
    cJSON_Delete(node);
}
