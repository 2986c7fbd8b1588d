#include "assay/json.h"

#include "assay/utf8.h"
#include "assay/value.h"

#include <stdlib.h>
#include <string.h>

/*
 * The unlocked calls of stdio: a number is a handful of bytes, and taking the stream's lock for
 * each handful costs more than writing it.
 */
static void put(struct json_writer *writer, const char *text, size_t size)
{
    if (!writer->is_failed && fwrite_unlocked(text, 1, size, writer->out) != size)
        writer->is_failed = true;
}

static void put_char(struct json_writer *writer, char c)
{
    if (!writer->is_failed && fputc_unlocked(c, writer->out) == EOF)
        writer->is_failed = true;
}

static void new_line(struct json_writer *writer)
{
    static const char blanks[] = "\n                                ";
    enum { BLANKS = sizeof blanks - 2 };
    int count = writer->indent * writer->depth;

    if (writer->indent <= 0)
        return;
    /* At once as a rule: half of an answer's lines are short. */
    put(writer, blanks, 1 + (size_t)(count < BLANKS ? count : BLANKS));
    for (int i = BLANKS; i < count; i++)
        put_char(writer, ' ');
}

/* The comma and the line break before an item of the current level. */
static void begin_item(struct json_writer *writer)
{
    if (writer->has_items[writer->depth])
        put_char(writer, ',');
    writer->has_items[writer->depth] = true;
    if (writer->depth > 0)
        new_line(writer);
}

/* What stands before a value: nothing after a key, else the item's beginning. */
static void begin_value(struct json_writer *writer)
{
    if (writer->is_after_key) {
        writer->is_after_key = false;
        return;
    }
    /* A second value beside the first, or a value in an object without a key. */
    if (writer->is_object[writer->depth] || (writer->depth == 0 && writer->has_items[0]))
        writer->is_failed = true;
    begin_item(writer);
}

void json_writer_init(struct json_writer *writer, FILE *out, int indent)
{
    *writer = (struct json_writer){ .out = out, .indent = indent };
}

bool json_writer_finish(struct json_writer *writer)
{
    if (writer->depth > 0 || writer->is_after_key || !writer->has_items[0])
        writer->is_failed = true;
    if (fflush(writer->out) != 0 || ferror(writer->out))
        writer->is_failed = true;
    return !writer->is_failed;
}

static void begin(struct json_writer *writer, bool is_object)
{
    begin_value(writer);
    if (writer->depth == JSON_WRITER_DEPTH_MAX)
        writer->is_failed = true;
    if (writer->is_failed)
        return;
    put_char(writer, is_object ? '{' : '[');
    writer->depth++;
    writer->has_items[writer->depth] = false;
    writer->is_object[writer->depth] = is_object;
}

static void end(struct json_writer *writer, bool is_object)
{
    bool has_items = writer->has_items[writer->depth];

    if (writer->depth == 0 || writer->is_object[writer->depth] != is_object || writer->is_after_key)
        writer->is_failed = true;
    if (writer->is_failed)
        return;
    writer->depth--;
    if (has_items)
        new_line(writer);
    put_char(writer, is_object ? '}' : ']');
}

void json_begin_object(struct json_writer *writer)
{
    begin(writer, true);
}

void json_end_object(struct json_writer *writer)
{
    end(writer, true);
}

void json_begin_array(struct json_writer *writer)
{
    begin(writer, false);
}

void json_end_array(struct json_writer *writer)
{
    end(writer, false);
}

static void put_escape(struct json_writer *writer, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = "btn\0fr"; /* for 8 .. 13; 11 has none */
    char text[6] = { '\\', 'u', '0', '0', '0', '0' };

    if (c == '"' || c == '\\') {
        text[1] = (char)c;
        put(writer, text, 2);
    } else if (c >= '\b' && c <= '\r' && letters[c - '\b']) {
        text[1] = letters[c - '\b'];
        put(writer, text, 2);
    } else {
        text[4] = digits[c >> 4];
        text[5] = digits[c & 15];
        put(writer, text, sizeof text);
    }
}

/* In quotes; whole runs of characters that stand for themselves are written at once. */
static void put_text(struct json_writer *writer, const char *text)
{
    size_t size = strlen(text);
    size_t run = 0; /* where the run began */
    size_t at = 0;

    put_char(writer, '"');
    while (at < size) {
        unsigned char c = (unsigned char)text[at];
        size_t step = c < 0x80 ? 1 : utf8_size(text + at, size - at);

        if (step > 0 && c >= ' ' && c != '"' && c != '\\') {
            at += step;
            continue;
        }
        put(writer, text + run, at - run);
        if (step > 0)
            put_escape(writer, c);
        else
            put(writer, "\xef\xbf\xbd", 3);
        at++;
        run = at;
    }
    put(writer, text + run, at - run);
    put_char(writer, '"');
}

void json_key(struct json_writer *writer, const char *key)
{
    if (writer->depth == 0 || !writer->is_object[writer->depth] || writer->is_after_key)
        writer->is_failed = true;
    begin_item(writer);
    put_text(writer, key);
    put(writer, ": ", writer->indent > 0 ? 2 : 1);
    writer->is_after_key = true;
}

static void put_value(struct json_writer *writer, const char *text)
{
    begin_value(writer);
    put(writer, text, strlen(text));
}

void json_string(struct json_writer *writer, const char *text)
{
    if (!text) {
        json_null(writer);
        return;
    }
    begin_value(writer);
    put_text(writer, text);
}

void json_number(struct json_writer *writer, double number)
{
    char text[ASSAY_NUMBER_TEXT];

    (void)assay_number_text(number, text);
    if (number - number == 0) /* finite */
        put_value(writer, text);
    else
        json_string(writer, text);
}

void json_int64(struct json_writer *writer, int64_t number)
{
    char text[ASSAY_NUMBER_TEXT];

    begin_value(writer);
    put_char(writer, '"');
    (void)assay_integer_text(number, text);
    put(writer, text, strlen(text));
    put_char(writer, '"');
}

void json_int(struct json_writer *writer, int64_t number)
{
    char text[ASSAY_NUMBER_TEXT];

    put_value(writer, assay_integer_text(number, text));
}

void json_enum(struct json_writer *writer, int number, const char *name)
{
    if (writer->has_enum_numbers)
        json_int(writer, number);
    else
        json_string(writer, name);
}

void json_bool(struct json_writer *writer, bool value)
{
    put_value(writer, value ? "true" : "false");
}

void json_null(struct json_writer *writer)
{
    put_value(writer, "null");
}

/* Items of an array, or members of an object. Recursive; ended by the writer's depth. */
static void put_children(struct json_writer *writer, const cJSON *node, bool is_object)
{
    const cJSON *child = NULL;

    begin(writer, is_object);
    cJSON_ArrayForEach(child, node)
    {
        if (writer->is_failed)
            return;
        if (is_object)
            json_key(writer, child->string ? child->string : "");
        json_node(writer, child);
    }
    end(writer, is_object);
}

void json_node(struct json_writer *writer, const cJSON *node)
{
    switch (node->type & 0xff) { /* above: cJSON's notes on ownership */
    case cJSON_NULL:
        json_null(writer);
        break;
    case cJSON_False:
    case cJSON_True:
        json_bool(writer, (node->type & 0xff) == cJSON_True);
        break;
    case cJSON_Number:
        json_number(writer, node->valuedouble);
        break;
    case cJSON_String:
        json_string(writer, node->valuestring);
        break;
    case cJSON_Raw:
        put_value(writer, node->valuestring);
        break;
    case cJSON_Array:
    case cJSON_Object:
        put_children(writer, node, (node->type & 0xff) == cJSON_Object);
        break;
    default:
        writer->is_failed = true;
        break;
    }
}

char *json_text(const cJSON *node, int indent)
{
    struct json_writer writer;
    char *text = NULL;
    size_t size = 0;
    bool is_whole = false;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    json_writer_init(&writer, out, indent);
    json_node(&writer, node);
    is_whole = json_writer_finish(&writer);
    if (fclose(out) != 0 || !is_whole) {
        free(text);
        return NULL;
    }
    return text;
}
