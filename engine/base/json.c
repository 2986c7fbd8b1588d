#include "assay/json.h"

#include "assay/utf8.h"
#include "assay/value.h"

#include <stdlib.h>
#include <string.h>

enum {
    SMALL_OBJECT = 16,      /* up to here, comparing all pairs of keys beats sorting them */
    NUMBER_TEXT_MAX = 2048, /* the longest exact decimal of a double has 1,077 characters */
    EXACT_DIGITS = 15,      /* any integer of so many digits is a double of its own … */
    EXACT_POWER = 22,       /* … and so is 10 to this power */
};

/* Keys of the objects that are still open, innermost last; the text is the node's. */
struct key_entry {
    const char *key;
    size_t offset;
};

struct reader {
    const char *text;
    size_t size;
    size_t at;
    int line; /* of at: newlines stand only between tokens, so only skip_blanks() counts */
    int depth;
    struct key_entry *keys;
    size_t key_count;
    size_t key_capacity;
    struct assay_error *err;
};

static cJSON *read_value(struct reader *reader);

/* "line 3, column 7: <message>"; offset need not be where the reader stands. Returns false. */
static bool fail_at(struct reader *reader, size_t offset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail_at(struct reader *reader, size_t offset, const char *fmt, ...)
{
    size_t line_start = offset;
    int line = 1;
    char message[512];
    va_list args;

    for (size_t i = 0; i < offset; i++)
        line += reader->text[i] == '\n';
    while (line_start > 0 && reader->text[line_start - 1] != '\n')
        line_start--;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return assay_fail(reader->err, ASSAY_INVALID, NULL, "line %d, column %zu: %s", line,
                      utf8_count(reader->text + line_start, offset - line_start) + 1, message);
}

static bool fail_expected(struct reader *reader, const char *what)
{
    const char *at = reader->text + reader->at;
    size_t left = reader->size - reader->at;
    size_t size = utf8_size(at, left);

    if (left == 0)
        return fail_at(reader, reader->at, "expected %s, found the end of the text", what);
    if (size == 0 || (unsigned char)*at < ' ' || *at == 0x7f)
        return fail_at(reader, reader->at, "expected %s, found the byte 0x%02x", what,
                       (unsigned)(unsigned char)*at);
    return fail_at(reader, reader->at, "expected %s, found '%.*s'", what, (int)size, at);
}

static void skip_blanks(struct reader *reader)
{
    for (; reader->at < reader->size; reader->at++) {
        char c = reader->text[reader->at];

        if (c == '\n')
            reader->line++;
        else if (c != ' ' && c != '\t' && c != '\r')
            return;
    }
}

/* The character at the reader's place; at the end NUL, which no token begins with. */
static char peek(const struct reader *reader)
{
    if (reader->at == reader->size)
        return '\0';
    return reader->text[reader->at];
}

/* Every node begins here, so that every node has a line and no integer copy of its number. */
static cJSON *node_new(struct reader *reader, int type)
{
    cJSON *node = cJSON_CreateNull();

    if (!node) {
        (void)assay_fail_memory(reader->err);
        return NULL;
    }
    node->type = type;
    node->valueint = reader->line;
    return node;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Reads \uXXXX at offset, before end. */
static bool read_unit(const struct reader *reader, size_t offset, size_t end, uint32_t *unit)
{
    const char *at = reader->text + offset;

    *unit = 0;
    if (end - offset < 6 || at[0] != '\\' || at[1] != 'u')
        return false;
    for (int i = 2; i < 6; i++) {
        if (!is_hex(at[i]))
            return false;
        *unit = *unit * 16 + (uint32_t)(at[i] <= '9' ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
    }
    return true;
}

/* The \u escape at *offset (a pair of them for a surrogate pair): moves *offset and *to. */
static bool read_unicode(struct reader *reader, size_t *offset, size_t end, char **to)
{
    uint32_t code = 0;
    uint32_t low = 0;

    if (!read_unit(reader, *offset, end, &code))
        return fail_at(reader, *offset, "expected four hexadecimal digits after \\u");
    if (code == 0)
        return fail_at(reader, *offset, "\\u0000 is not allowed in a text");
    if (code >= 0xd800 && code <= 0xdfff) {
        if (code > 0xdbff || !read_unit(reader, *offset + 6, end, &low) || low < 0xdc00 ||
            low > 0xdfff)
            return fail_at(reader, *offset, "half of a surrogate pair; write both or neither");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        *offset += 6;
    }
    *offset += 6;
    *to += utf8_put(*to, code);
    return true;
}

static bool read_escape(struct reader *reader, size_t *offset, size_t end, char **to)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char escape = reader->text[*offset + 1];
    const char *found = NULL;

    if (escape == 'u')
        return read_unicode(reader, offset, end, to);
    found = escape ? strchr(escapes, escape) : NULL;
    if (!found)
        return fail_at(reader, *offset, "no such escape in a string; a backslash is written \\\\");
    *(*to)++ = meanings[found - escapes];
    *offset += 2;
    return true;
}

/* Where the string that begins after the quote at start ends; the closing quote's offset. */
static bool find_quote(struct reader *reader, size_t start, size_t *end)
{
    size_t at = start + 1;

    for (; at < reader->size && reader->text[at] != '"'; at++) {
        if ((unsigned char)reader->text[at] < ' ')
            return fail_at(reader, at,
                           "a control character (0x%02x) in a string; close the string or "
                           "write an escape such as \\n",
                           (unsigned)(unsigned char)reader->text[at]);
        if (reader->text[at] == '\\' && at + 1 < reader->size &&
            (unsigned char)reader->text[at + 1] >= ' ')
            at++;
    }
    if (at >= reader->size)
        return fail_at(reader, start, "a string that begins here is never closed");
    *end = at;
    return true;
}

static bool decode(struct reader *reader, size_t offset, size_t end, char *to)
{
    while (offset < end) {
        unsigned char c = (unsigned char)reader->text[offset];

        if (c == '\\') {
            if (!read_escape(reader, &offset, end, &to))
                return false;
        } else if (c < 0x80) {
            *to++ = (char)c;
            offset++;
        } else {
            size_t size = utf8_size(reader->text + offset, end - offset);

            if (size == 0)
                return fail_at(reader, offset, "the byte 0x%02x is not UTF-8 here", (unsigned)c);
            memcpy(to, reader->text + offset, size);
            to += size;
            offset += size;
        }
    }
    *to = '\0';
    return true;
}

/* A string as text, from cJSON's allocator because a node is to own it. */
static char *read_text(struct reader *reader)
{
    size_t end = 0;
    char *text = NULL;

    if (!find_quote(reader, reader->at, &end))
        return NULL;
    text = cJSON_malloc(end - reader->at); /* no escape is shorter than what it stands for */
    if (!text) {
        (void)assay_fail_memory(reader->err);
    } else if (decode(reader, reader->at + 1, end, text)) {
        reader->at = end + 1;
    } else {
        cJSON_free(text);
        text = NULL;
    }
    return text;
}

static cJSON *read_string(struct reader *reader)
{
    cJSON *node = NULL;
    char *text = read_text(reader);

    if (!text)
        return NULL;
    node = node_new(reader, cJSON_String);
    if (node)
        node->valuestring = text;
    else
        cJSON_free(text);
    return node;
}

static cJSON *read_word(struct reader *reader, const char *word, int type)
{
    size_t size = strlen(word);

    if (reader->size - reader->at < size || memcmp(reader->text + reader->at, word, size) != 0) {
        (void)fail_expected(reader, "a value");
        return NULL;
    }
    reader->at += size;
    return node_new(reader, type);
}

/* What the number's text is made of; digits leaves leading zeros out. */
struct number_parts {
    bool is_negative;
    bool is_plain; /* no exponent, few enough digits for fast_number() */
    int digits;
    int fraction; /* digits after the point */
    uint64_t mantissa;
};

/* Moves past digits, at least one, and counts them into *parts. */
static bool scan_digits(struct reader *reader, struct number_parts *parts)
{
    size_t start = reader->at;

    for (; peek(reader) >= '0' && peek(reader) <= '9'; reader->at++) {
        if (parts->digits > 0 || peek(reader) != '0')
            parts->digits++;
        if (parts->digits <= EXACT_DIGITS)
            parts->mantissa = parts->mantissa * 10 + (uint64_t)(peek(reader) - '0');
    }
    if (reader->at == start)
        return fail_expected(reader, "a digit");
    return true;
}

static bool scan_number(struct reader *reader, struct number_parts *parts)
{
    struct number_parts exponent = { 0 };
    size_t start = 0;

    parts->is_negative = peek(reader) == '-';
    reader->at += parts->is_negative;
    start = reader->at;
    if (!scan_digits(reader, parts))
        return false;
    if (reader->text[start] == '0' && reader->at - start > 1)
        return fail_at(reader, start, "a number does not begin with 0");
    if (peek(reader) == '.') {
        reader->at++;
        start = reader->at;
        if (!scan_digits(reader, parts))
            return false;
        parts->fraction =
            reader->at - start > EXACT_POWER ? EXACT_POWER + 1 : (int)(reader->at - start);
    }
    parts->is_plain = parts->digits <= EXACT_DIGITS && parts->fraction <= EXACT_POWER;
    if (peek(reader) != 'e' && peek(reader) != 'E')
        return true;
    parts->is_plain = false;
    reader->at++;
    reader->at += peek(reader) == '-' || peek(reader) == '+';
    return scan_digits(reader, &exponent);
}

/*
 * Both operands are exact, so one division rounds once and correctly (Clinger 1990, "How to read
 * floating point numbers accurately"). Three times faster than strtod() on common numbers.
 */
static double fast_number(const struct number_parts *parts)
{
    static const double powers[EXACT_POWER + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    double number = (double)parts->mantissa / powers[parts->fraction];

    return parts->is_negative ? -number : number;
}

static bool slow_number(struct reader *reader, size_t start, double *number)
{
    char text[NUMBER_TEXT_MAX];
    size_t size = reader->at - start;

    if (size >= sizeof text)
        return fail_at(reader, start, "a number of %zu characters; %d are the most", size,
                       NUMBER_TEXT_MAX - 1);
    memcpy(text, reader->text + start, size);
    text[size] = '\0';
    if (!assay_number_parse(text, number))
        return fail_at(reader, start, "the number %.40s is too large for a double", text);
    return true;
}

static cJSON *read_number(struct reader *reader)
{
    struct number_parts parts = { 0 };
    size_t start = reader->at;
    double number = 0;
    cJSON *node = NULL;

    if (!scan_number(reader, &parts))
        return NULL;
    if (parts.is_plain)
        number = fast_number(&parts);
    else if (!slow_number(reader, start, &number))
        return NULL;
    node = node_new(reader, cJSON_Number);
    if (node)
        node->valuedouble = number;
    return node;
}

static bool enter(struct reader *reader)
{
    if (reader->depth == JSON_DEPTH_MAX)
        return fail_at(reader, reader->at, "more than %d levels of nesting", JSON_DEPTH_MAX);
    reader->depth++;
    reader->at++;
    return true;
}

/* After an item: moves past a comma (*is_last false) or past close (*is_last true). */
static bool read_separator(struct reader *reader, char close, bool *is_last)
{
    skip_blanks(reader);
    *is_last = peek(reader) == close;
    if (!*is_last && peek(reader) != ',')
        return fail_expected(reader, close == ']' ? "',' or ']'" : "',' or '}'");
    reader->at++;
    if (!*is_last)
        skip_blanks(reader);
    if (!*is_last && peek(reader) == close)
        return fail_at(reader, reader->at, "a comma stands before '%c'; remove it", close);
    return true;
}

static bool read_items(struct reader *reader, cJSON *array)
{
    bool is_last = false;

    skip_blanks(reader);
    if (peek(reader) == ']') {
        reader->at++;
        return true;
    }
    while (!is_last) {
        cJSON *item = read_value(reader);

        if (!item)
            return false;
        (void)cJSON_AddItemToArray(array, item); /* links it; cannot fail */
        if (!read_separator(reader, ']', &is_last))
            return false;
    }
    return true;
}

static cJSON *read_array(struct reader *reader)
{
    cJSON *array = node_new(reader, cJSON_Array);

    if (array && enter(reader) && read_items(reader, array)) {
        reader->depth--;
        return array;
    }
    cJSON_Delete(array);
    return NULL;
}

static bool push_key(struct reader *reader, const char *key, size_t offset)
{
    if (reader->key_count == reader->key_capacity) {
        size_t capacity = reader->key_capacity ? reader->key_capacity * 2 : 64;
        struct key_entry *keys = realloc(reader->keys, capacity * sizeof *keys);

        if (!keys)
            return assay_fail_memory(reader->err);
        reader->keys = keys;
        reader->key_capacity = capacity;
    }
    reader->keys[reader->key_count++] = (struct key_entry){ key, offset };
    return true;
}

static bool read_member(struct reader *reader, cJSON *object)
{
    size_t offset = reader->at;
    char *key = NULL;
    cJSON *item = NULL;

    if (peek(reader) != '"')
        return fail_expected(reader, "a key in double quotes");
    key = read_text(reader);
    if (!key)
        return false;
    skip_blanks(reader);
    if (peek(reader) != ':') {
        (void)fail_expected(reader, "':' after the key");
        goto fail;
    }
    reader->at++;
    skip_blanks(reader);
    item = read_value(reader);
    if (!item)
        goto fail;
    /* cJSON_AddItemToObject() would copy the key; a member is but an array item with a name. */
    item->string = key;
    (void)cJSON_AddItemToArray(object, item);
    return push_key(reader, key, offset);
fail:
    cJSON_free(key);
    return false;
}

static int key_order(const void *left, const void *right)
{
    const struct key_entry *a = left;
    const struct key_entry *b = right;
    int order = strcmp(a->key, b->key);

    return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

/* The first key of the object that stands twice, as its second entry; NULL when none does. */
static const struct key_entry *find_duplicate(struct key_entry *keys, size_t count)
{
    const struct key_entry *first = NULL;

    if (count > SMALL_OBJECT) {
        qsort(keys, count, sizeof *keys, key_order);
        for (size_t i = 1; i < count; i++) {
            if (strcmp(keys[i].key, keys[i - 1].key) == 0 &&
                (!first || keys[i].offset < first->offset))
                first = &keys[i];
        }
        return first;
    }
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(keys[i].key, keys[j].key) == 0)
                return &keys[i];
        }
    }
    return NULL;
}

static bool read_members(struct reader *reader, cJSON *object)
{
    size_t first_key = reader->key_count;
    const struct key_entry *duplicate = NULL;
    bool is_last = false;

    skip_blanks(reader);
    if (peek(reader) == '}') {
        reader->at++;
        return true;
    }
    while (!is_last) {
        if (!read_member(reader, object) || !read_separator(reader, '}', &is_last))
            return false;
    }
    duplicate = find_duplicate(reader->keys + first_key, reader->key_count - first_key);
    if (duplicate)
        return fail_at(reader, duplicate->offset, "the key \"%.100s\" stands here a second time",
                       duplicate->key);
    reader->key_count = first_key;
    return true;
}

static cJSON *read_object(struct reader *reader)
{
    cJSON *object = node_new(reader, cJSON_Object);

    if (object && enter(reader) && read_members(reader, object)) {
        reader->depth--;
        return object;
    }
    cJSON_Delete(object);
    return NULL;
}

/* Recursive, but enter() ends it at JSON_DEPTH_MAX. */
static cJSON *read_value(struct reader *reader)
{
    switch (peek(reader)) {
    case '{':
        return read_object(reader);
    case '[':
        return read_array(reader);
    case '"':
        return read_string(reader);
    case 't':
        return read_word(reader, "true", cJSON_True);
    case 'f':
        return read_word(reader, "false", cJSON_False);
    case 'n':
        return read_word(reader, "null", cJSON_NULL);
    default:
        if (peek(reader) == '-' || (peek(reader) >= '0' && peek(reader) <= '9'))
            return read_number(reader);
        (void)fail_expected(reader, "a value");
        return NULL;
    }
}

cJSON *json_read(const char *text, size_t size, struct assay_error *err)
{
    struct reader reader = { .text = text, .size = size, .line = 1, .err = err };
    cJSON *root = NULL;

    if (size > JSON_TEXT_MAX) {
        (void)assay_fail(err, ASSAY_INVALID, NULL, "a text of %zu bytes; %d are the most", size,
                         JSON_TEXT_MAX);
        return NULL;
    }
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        (void)fail_at(&reader, 0, "the text begins with a byte order mark; save it without one");
        return NULL;
    }
    skip_blanks(&reader);
    root = read_value(&reader);
    if (root) {
        skip_blanks(&reader);
        if (reader.at < size) {
            (void)fail_expected(&reader, "the end of the text");
            cJSON_Delete(root);
            root = NULL;
        }
    }
    free(reader.keys);
    return root;
}

int json_line(const cJSON *node)
{
    return node ? node->valueint : 0;
}

void json_set_line(cJSON *node, int line)
{
    node->valueint = line;
}

const cJSON *json_get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}
