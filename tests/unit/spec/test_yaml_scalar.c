#include "engine/spec/yaml_scalar.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define TAG "tag:yaml.org,2002:"

static cJSON *plain(const char *text)
{
    struct assay_error err;
    cJSON *node = yaml_scalar(text, NULL, true, &err);

    cr_assert(node != NULL, "%s: %s", text, err.message);
    cr_assert(eq(int, json_line(node), 0));
    return node;
}

static void assert_number(const char *text, double number)
{
    cJSON *node = plain(text);

    cr_assert(cJSON_IsNumber(node), "%s", text);
    cr_assert(node->valuedouble == number, "%s is %.17g", text, node->valuedouble);
    cJSON_Delete(node);
}

static void assert_text(const char *text, const char *expected)
{
    cJSON *node = plain(text);

    cr_assert(cJSON_IsString(node), "%s", text);
    cr_assert(eq(str, node->valuestring, (char *)expected));
    cJSON_Delete(node);
}

Test(yaml_scalar, numbers_of_the_core_schema_are_numbers)
{
    assert_number("0", 0);
    assert_number("-12", -12);
    assert_number("+7", 7);
    assert_number("007", 7);
    assert_number("0o17", 15);
    assert_number("0xff", 255);
    assert_number("1e-5", 1e-5);
    assert_number("1E3", 1000);
    assert_number(".5", 0.5);
    assert_number("-.5e1", -5);
    assert_number("5.", 5);
    assert_number("9007199254740991", 9007199254740991.0);
}

Test(yaml_scalar, what_only_yaml_1_1_took_for_something_else_is_text)
{
    static const char *const texts[] = { "no",    "yes",        "on",   "off", "y",     "12:30:45",
                                         "1_000", "0b101",      "0o8",  "0xg", "-0x1",  "1e",
                                         "e5",    ".",          "-",    "+",   "1.2.3", "nan",
                                         "inf",   "2026-01-31", "tRue", "nUll" };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_text(texts[i], texts[i]);
}

Test(yaml_scalar, words_of_the_core_schema_are_null_and_booleans)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
    static const char *const trues[] = { "true", "True", "TRUE" };

    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
        cJSON *node = plain(nulls[i]);

        cr_assert(cJSON_IsNull(node), "%s", nulls[i]);
        cJSON_Delete(node);
    }
    for (size_t i = 0; i < sizeof trues / sizeof trues[0]; i++) {
        cJSON *node = plain(trues[i]);

        cr_assert(cJSON_IsTrue(node), "%s", trues[i]);
        cJSON_Delete(node);
    }
}

Test(yaml_scalar, integers_that_a_double_would_round_are_kept_as_text)
{
    assert_text("9007199254740993", "9007199254740993");
    assert_text("+9007199254740992", "9007199254740992");
    assert_text("-9223372036854775808", "-9223372036854775808");
    assert_text("0xffffffffffffffff", "18446744073709551615");
    assert_text("0o1777777777777777777777", "18446744073709551615");
}

Test(yaml_scalar, infinity_and_nan_are_the_texts_of_protojson)
{
    assert_text(".inf", "Infinity");
    assert_text("-.INF", "-Infinity");
    assert_text("+.Inf", "Infinity");
    assert_text(".NaN", "NaN");
}

Test(yaml_scalar, quoted_scalars_are_text)
{
    struct assay_error err;
    cJSON *node = yaml_scalar("12", NULL, false, &err);

    cr_assert(eq(str, node->valuestring, "12"));
    cJSON_Delete(node);
}

Test(yaml_scalar, a_tag_decides)
{
    struct assay_error err;
    cJSON *node = yaml_scalar("12", TAG "str", true, &err);

    cr_assert(eq(str, node->valuestring, "12"));
    cJSON_Delete(node);
    node = yaml_scalar("12", TAG "int", false, &err);
    cr_assert(eq(dbl, node->valuedouble, 12));
    cJSON_Delete(node);
    node = yaml_scalar("12", TAG "float", true, &err);
    cr_assert(eq(dbl, node->valuedouble, 12));
    cJSON_Delete(node);
    node = yaml_scalar("true", TAG "bool", false, &err);
    cr_assert(cJSON_IsTrue(node));
    cJSON_Delete(node);
    node = yaml_scalar("", TAG "null", false, &err);
    cr_assert(cJSON_IsNull(node));
    cJSON_Delete(node);
}

static void assert_refused(const char *text, const char *tag, const char *words)
{
    struct assay_error err;

    cr_assert(yaml_scalar(text, tag, true, &err) == NULL, "%s", text);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(strstr(err.message, words) != NULL, "%s", err.message);
}

Test(yaml_scalar, wrong_tags_and_sizes_are_refused)
{
    assert_refused("1.5", TAG "int", "\"1.5\" is not what its tag !!int says");
    assert_refused("x", TAG "bool", "!!bool");
    assert_refused("x", TAG "binary", "not supported");
    assert_refused("x", "!mine", "!mine is not supported");
    assert_refused("x", "str", "not supported");
    assert_refused("1e999", NULL, "too large for a double");
    assert_refused("0x1ffffffffffffffff", NULL, "larger than 64 bits");
}
