#include "assay/json.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state;

static void random_start(void)
{
    const char *text = getenv("ASSAY_TEST_SEED");

    random_state = text ? strtoull(text, NULL, 10) : 1181783497276652981U;
    (void)fprintf(stderr, "ASSAY_TEST_SEED=%llu\n", (unsigned long long)random_state);
}

/* xorshift64*, Vigna 2016 */
static uint64_t random_bits(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 2685821657736338717U;
}

/* What write() writes, and whether the writer is content. */
static char *written(void (*write)(struct json_writer *writer), int indent, bool *is_good)
{
    struct json_writer writer;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    json_writer_init(&writer, out, indent);
    write(&writer);
    *is_good = json_writer_finish(&writer);
    (void)fclose(out);
    return text;
}

static void write_sample(struct json_writer *writer)
{
    json_begin_object(writer);
    json_key(writer, "numbers");
    json_begin_array(writer);
    json_number(writer, 0.1);
    json_number(writer, 128);
    json_number(writer, (double)NAN);
    json_number(writer, (double)-INFINITY);
    json_int64(writer, INT64_MIN);
    json_int(writer, INT64_MAX);
    json_end_array(writer);
    json_key(writer, "empty");
    json_begin_object(writer);
    json_end_object(writer);
    json_key(writer, "none");
    json_begin_array(writer);
    json_end_array(writer);
    json_key(writer, "text");
    json_string(writer, "a\"b");
    json_key(writer, "absent");
    json_string(writer, NULL);
    json_key(writer, "flags");
    json_begin_array(writer);
    json_bool(writer, true);
    json_bool(writer, false);
    json_null(writer);
    json_end_array(writer);
    json_end_object(writer);
}

Test(json_writer, one_line_has_no_blanks)
{
    bool is_good = false;
    char *text = written(write_sample, 0, &is_good);

    cr_assert(is_good);
    cr_assert(eq(str, text,
                 "{\"numbers\":[0.1,128,\"NaN\",\"-Infinity\",\"-9223372036854775808\","
                 "9223372036854775807],\"empty\":{},\"none\":[],\"text\":\"a\\\"b\","
                 "\"absent\":null,\"flags\":[true,false,null]}"));
    free(text);
}

Test(json_writer, indented_text_has_one_item_a_line)
{
    bool is_good = false;
    char *text = written(write_sample, 2, &is_good);

    cr_assert(is_good);
    cr_assert(eq(str, text,
                 "{\n  \"numbers\": [\n    0.1,\n    128,\n    \"NaN\",\n    \"-Infinity\",\n"
                 "    \"-9223372036854775808\",\n    9223372036854775807\n  ],\n  \"empty\": {},\n"
                 "  \"none\": [],\n  \"text\": \"a\\\"b\",\n  \"absent\": null,\n  \"flags\": [\n"
                 "    true,\n    false,\n    null\n  ]\n}"));
    free(text);
}

static void write_two_values(struct json_writer *writer)
{
    json_int(writer, 1);
    json_int(writer, 2);
}

static void write_nothing(struct json_writer *writer)
{
    (void)writer;
}

static void write_unclosed(struct json_writer *writer)
{
    json_begin_array(writer);
}

static void write_wrong_end(struct json_writer *writer)
{
    json_begin_array(writer);
    json_end_object(writer);
    json_end_array(writer);
}

static void write_end_alone(struct json_writer *writer)
{
    json_end_array(writer);
}

static void write_value_without_key(struct json_writer *writer)
{
    json_begin_object(writer);
    json_int(writer, 1);
    json_end_object(writer);
}

static void write_key_without_value(struct json_writer *writer)
{
    json_begin_object(writer);
    json_key(writer, "a");
    json_end_object(writer);
}

static void write_key_in_array(struct json_writer *writer)
{
    json_begin_array(writer);
    json_key(writer, "a");
    json_int(writer, 1);
    json_end_array(writer);
}

static void write_two_keys(struct json_writer *writer)
{
    json_begin_object(writer);
    json_key(writer, "a");
    json_key(writer, "b");
    json_int(writer, 1);
    json_end_object(writer);
}

static void write_too_deep(struct json_writer *writer)
{
    for (int i = 0; i < JSON_WRITER_DEPTH_MAX + 1; i++)
        json_begin_array(writer);
    for (int i = 0; i < JSON_WRITER_DEPTH_MAX + 1; i++)
        json_end_array(writer);
}

Test(json_writer, wrong_nesting_shows_at_the_end)
{
    void (*const wrong[])(struct json_writer *) = {
        write_two_values, write_nothing,           write_unclosed,          write_wrong_end,
        write_end_alone,  write_value_without_key, write_key_without_value, write_key_in_array,
        write_two_keys,   write_too_deep,
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        bool is_good = true;

        free(written(wrong[i], 0, &is_good));
        cr_assert(not(is_good), "case %zu", i);
    }
}

static void write_deepest(struct json_writer *writer)
{
    for (int i = 0; i < JSON_WRITER_DEPTH_MAX; i++)
        json_begin_array(writer);
    for (int i = 0; i < JSON_WRITER_DEPTH_MAX; i++)
        json_end_array(writer);
}

Test(json_writer, an_answer_may_nest_deeper_than_a_document)
{
    bool is_good = false;
    char *text = written(write_deepest, 0, &is_good);

    cr_assert(is_good);
    cr_assert(eq(sz, strlen(text), 2 * (size_t)JSON_WRITER_DEPTH_MAX));
    free(text);
}

Test(json_writer, a_full_disk_shows_at_the_end)
{
    struct json_writer writer;
    FILE *out = fopen("/dev/full", "we");

    cr_assert(out != NULL);
    json_writer_init(&writer, out, 0);
    json_begin_array(&writer);
    for (int i = 0; i < 10000; i++)
        json_int(&writer, i);
    json_end_array(&writer);
    cr_assert(not(json_writer_finish(&writer)));
    (void)fclose(out);
}

static void write_texts(struct json_writer *writer)
{
    json_begin_array(writer);
    json_string(writer, "\b\t\n\v\f\r\x01\x1f\x7f/\\\"");
    json_string(writer, "é€😀");
    json_string(writer, "a\x80z\xf0\x9f\x98");
    json_string(writer, "");
    json_end_array(writer);
}

Test(json_writer, any_bytes_become_valid_json)
{
    bool is_good = false;
    char *text = written(write_texts, 0, &is_good);
    struct assay_error err;
    cJSON *node = NULL;

    cr_assert(is_good);
    cr_assert(eq(str, text,
                 "[\"\\b\\t\\n\\u000b\\f\\r\\u0001\\u001f\x7f/\\\\\\\"\",\"é€😀\","
                 "\"a\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"\"]"));
    node = json_read(text, strlen(text), &err);
    cr_assert(node != NULL, "%s", err.message);
    cr_assert(eq(str, node->child->valuestring, "\b\t\n\v\f\r\x01\x1f\x7f/\\\""));
    cJSON_Delete(node);
    free(text);
}

Test(json_writer, nodes_that_others_made_are_written_too)
{
    cJSON *list = cJSON_CreateArray();
    char *text = NULL;

    (void)cJSON_AddItemToArray(list, cJSON_CreateRaw("1e3"));
    (void)cJSON_AddItemToArray(list, cJSON_CreateNumber(9007199254740993.0));
    (void)cJSON_AddItemToArray(list, cJSON_CreateStringReference("borrowed"));
    (void)cJSON_AddItemToArray(list, cJSON_CreateNumber((double)INFINITY));
    text = json_text(list, 0);
    cr_assert(eq(str, text, "[1e3,9007199254740992,\"borrowed\",\"Infinity\"]"));
    free(text);
    list->child->type = cJSON_Invalid;
    cr_assert(json_text(list, 0) == NULL);
    cJSON_Delete(list);
}

Test(json_writer, every_double_survives_bit_for_bit)
{
    random_start();
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = random_bits();
        double number = 0;
        cJSON *node = NULL;
        cJSON *back = NULL;
        char *text = NULL;
        struct assay_error err;

        memcpy(&number, &bits, sizeof number);
        if (i % 4 == 0)
            number = (double)(bits >> 11) * 0x1p-53;
        if (i % 4 == 1)
            number = (double)(int64_t)bits / 1000;
        if (!isfinite(number) || number == 0)
            continue;
        node = cJSON_CreateNumber(number);
        text = json_text(node, 0);
        back = json_read(text, strlen(text), &err);
        cr_assert(back != NULL, "%s: %s", text, err.message);
        cr_assert(memcmp(&number, &back->valuedouble, sizeof number) == 0, "%.17g: %s", number,
                  text);
        cJSON_Delete(node);
        cJSON_Delete(back);
        free(text);
    }
}

static cJSON *random_text(void)
{
    static const char *const pieces[] = { "a", "\"", "\\", "\n", "é", "😀", "\x01", "/", "€", " " };
    char text[64] = "";
    size_t used = 0;

    for (uint64_t left = random_bits() % 8; left > 0; left--)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s",
                                 pieces[random_bits() % (sizeof pieces / sizeof pieces[0])]);
    return cJSON_CreateString(text);
}

static cJSON *random_tree(int depth)
{
    cJSON *node = NULL;
    uint64_t kind = random_bits() % (depth > 0 ? 7 : 5);

    if (kind == 0)
        return cJSON_CreateBool(random_bits() % 2);
    if (kind == 1)
        return cJSON_CreateNull();
    if (kind == 2)
        return cJSON_CreateNumber((double)(random_bits() >> 11) * 0x1p-60);
    if (kind < 5)
        return random_text();
    node = kind == 5 ? cJSON_CreateArray() : cJSON_CreateObject();
    for (uint64_t left = random_bits() % 30; left > 0; left--) {
        char key[32];

        (void)snprintf(key, sizeof key, "k%llu é", (unsigned long long)left);
        if (kind == 5)
            (void)cJSON_AddItemToArray(node, random_tree(depth - 1));
        else
            (void)cJSON_AddItemToObject(node, key, random_tree(depth - 1));
    }
    return node;
}

Test(json_writer, random_trees_survive)
{
    random_start();
    for (int i = 0; i < 200; i++) {
        cJSON *tree = random_tree(4);
        char *text = json_text(tree, i % 2 ? 2 : 0);
        struct assay_error err;
        cJSON *back = json_read(text, strlen(text), &err);
        char *again = NULL;

        cr_assert(back != NULL, "%s in %s", err.message, text);
        cr_assert(cJSON_Compare(tree, back, true), "%s", text);
        again = json_text(back, i % 2 ? 2 : 0);
        cr_assert(eq(str, text, again));
        free(text);
        free(again);
        cJSON_Delete(tree);
        cJSON_Delete(back);
    }
}
