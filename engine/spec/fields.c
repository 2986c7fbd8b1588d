#include "engine/spec/fields.h"

#include "assay/value.h"
#include "engine/spec/field_values.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_SIZE = 128, KNOWN_LIST_MAX = 8 };

char *fields_snake(const char *camel, char *text, size_t size)
{
    size_t used = 0;

    for (; *camel && used + 2 < size; camel++) {
        if (isupper((unsigned char)*camel))
            text[used++] = '_';
        text[used++] = (char)tolower((unsigned char)*camel);
    }
    text[used] = '\0';
    return text;
}

char *fields_camel(const char *snake, char *text, size_t size)
{
    size_t used = 0;

    for (; *snake && used + 1 < size; snake++) {
        if (snake[0] == '_' && islower((unsigned char)snake[1]) && used > 0)
            text[used++] = (char)toupper((unsigned char)*++snake);
        else
            text[used++] = *snake;
    }
    text[used] = '\0';
    return text;
}

/* Is key this camelCase name, in either spelling? */
static bool is_named(const char *key, const char *name)
{
    char snake[NAME_MAX_SIZE];

    return strcmp(key, name) == 0 || strcmp(key, fields_snake(name, snake, sizeof snake)) == 0;
}

static size_t enter(struct fields *fields, const char *before, const char *name, const char *after)
{
    size_t path_size = fields->path_size;
    size_t left = sizeof fields->path - path_size;
    int size = snprintf(fields->path + path_size, left, "%s%s%s", before, name, after);

    fields->path_size += size < 0 ? 0 : ((size_t)size < left ? (size_t)size : left - 1);
    return path_size;
}

size_t fields_enter_key(struct fields *fields, const char *key)
{
    return enter(fields, fields->path_size ? "." : "", key, "");
}

size_t fields_enter(struct fields *fields, const char *name)
{
    char snake[NAME_MAX_SIZE];

    return fields_enter_key(fields, fields_snake(name, snake, sizeof snake));
}

size_t fields_enter_item(struct fields *fields, size_t index)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%zu", index);
    return enter(fields, "[", text, "]");
}

void fields_leave(struct fields *fields, size_t path_size)
{
    fields->path_size = path_size;
    fields->path[path_size] = '\0';
}

const cJSON *fields_member(const cJSON *object, const char *name)
{
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, object)
    {
        if (member->string && !cJSON_IsNull(member) && is_named(member->string, name))
            return member;
    }
    return NULL;
}

const char *fields_member_text(const cJSON *object, const char *name)
{
    const cJSON *member = fields_member(object, name);

    return cJSON_IsString(member) ? member->valuestring : NULL;
}

const cJSON *fields_locate(const cJSON *node, const char *path)
{
    while (*path) {
        char snake[NAME_MAX_SIZE];
        char camel[NAME_MAX_SIZE];
        size_t size = strcspn(path + 1, ".[]");
        const cJSON *next = NULL;

        (void)snprintf(snake, sizeof snake, "%.*s", (int)size, path + 1);
        if (*path == '[')
            next = cJSON_GetArrayItem(node, (int)strtol(snake, NULL, 10));
        else
            next = fields_member(node, fields_camel(snake, camel, sizeof camel));
        if (!next)
            break;
        node = next;
        path += 1 + size;
        path += *path == ']';
    }
    return node;
}

void fields_fault(struct fields *fields, const cJSON *node, const char *name, const char *fmt, ...)
{
    char message[1024];
    const cJSON *member = name ? fields_member(node, name) : NULL;
    size_t here = name ? fields_enter(fields, name) : fields->path_size;
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    assay_faults_add(fields->faults, json_line(member ? member : node), fields->path, "%s",
                     message);
    fields_leave(fields, here);
}

void fields_require(struct fields *fields, const cJSON *node, const char *name)
{
    const cJSON *member = fields_member(node, name);

    if (!member || (cJSON_IsString(member) && !*member->valuestring))
        fields_fault(fields, node, name, "is required");
}

char *fields_copy(struct fields *fields, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        fields->is_short_of_memory = true;
    return copy;
}

const char *fields_describe(const cJSON *node, char text[FIELDS_TEXT_MAX])
{
    char number[ASSAY_NUMBER_TEXT];

    if (cJSON_IsString(node))
        (void)snprintf(text, FIELDS_TEXT_MAX, "the text \"%.40s%s\"", node->valuestring,
                       strlen(node->valuestring) > 40 ? "…" : "");
    else if (cJSON_IsNumber(node))
        (void)snprintf(text, FIELDS_TEXT_MAX, "the number %s",
                       assay_number_text(node->valuedouble, number));
    else if (cJSON_IsBool(node))
        (void)snprintf(text, FIELDS_TEXT_MAX, "%s", cJSON_IsTrue(node) ? "true" : "false");
    else
        (void)snprintf(text, FIELDS_TEXT_MAX, "%s",
                       cJSON_IsArray(node) ? "a list"
                                           : (cJSON_IsObject(node) ? "an object" : "null"));
    return text;
}

const char *fields_suggest(const char *word, const char *const *words, size_t count,
                           char text[FIELDS_TEXT_MAX])
{
    const char *nearest = assay_nearest_word(word, words, count);

    text[0] = '\0';
    if (nearest)
        (void)snprintf(text, FIELDS_TEXT_MAX, "; did you mean \"%.60s\"?", nearest);
    return text;
}

bool fields_expect_object(struct fields *fields, const cJSON *node)
{
    char found[FIELDS_TEXT_MAX];

    if (!cJSON_IsObject(node))
        fields_fault(fields, node, NULL, "expected an object, found %s",
                     fields_describe(node, found));
    return cJSON_IsObject(node);
}

bool fields_expect_list(struct fields *fields, const cJSON *node)
{
    char found[FIELDS_TEXT_MAX];

    if (!cJSON_IsArray(node))
        fields_fault(fields, node, NULL, "expected a list, found %s", fields_describe(node, found));
    return cJSON_IsArray(node);
}

/* "; known here: a, b" for small messages, where no name is near. */
static void list_known(const char *const *names, size_t count, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count && count <= KNOWN_LIST_MAX && used < size; i++) {
        int more =
            snprintf(text + used, size - used, "%s%s", i ? ", " : "; known here: ", names[i]);

        used += more < 0 ? 0 : (size_t)more;
    }
}

static size_t field_total(const struct message *message)
{
    return message->field_count + (message->also ? message->also->field_count : 0);
}

static const struct field *field_at(const struct message *message, size_t index)
{
    return index < message->field_count ? &message->fields[index]
                                        : &message->also->fields[index - message->field_count];
}

static void fault_unknown(struct fields *fields, const cJSON *node, const struct message *message)
{
    const char *names[FIELDS_PER_MESSAGE_MAX];
    char camel[NAME_MAX_SIZE];
    char hint[512];
    size_t count = 0;

    if (fields->faults->stored == ASSAY_FAULTS_MAX) { /* it is only counted: no hint is needed */
        fields_fault(fields, node, NULL, "unknown field");
        return;
    }
    for (size_t i = 0; i < field_total(message); i++) {
        if (field_at(message, i)->kind != FIELD_IGNORED)
            names[count++] = field_at(message, i)->name;
    }
    (void)fields_camel(node->string, camel, sizeof camel);
    if (!*fields_suggest(camel, names, count, hint))
        list_known(names, count, hint, sizeof hint);
    fields_fault(fields, node, NULL, "unknown field \"%.100s\"%s", node->string, hint);
}

/* The index of the field with that key; field_total() when there is none. */
static size_t find_field(const struct message *message, const char *key)
{
    size_t index = 0;

    while (index < field_total(message) && !is_named(key, field_at(message, index)->name))
        index++;
    return index;
}

const struct field *fields_find(const struct message *message, const char *key)
{
    size_t index = find_field(message, key);

    return index < field_total(message) ? field_at(message, index) : NULL;
}

/* A fault when the field, or another of its oneof, is among the fields seen before (a bit each). */
static bool is_first(struct fields *fields, const cJSON *node, const struct message *message,
                     size_t index, uint64_t seen)
{
    const struct field *field = field_at(message, index);
    char snake[NAME_MAX_SIZE];

    if (seen >> index & 1) {
        fields_fault(fields, node, NULL, "given twice, as \"%s\" and as \"%s\"", field->name,
                     fields_snake(field->name, snake, sizeof snake));
        return false;
    }
    for (size_t i = 0; field->oneof && i < field_total(message); i++) {
        const struct field *other = field_at(message, i);

        if (other->oneof && strcmp(other->oneof, field->oneof) == 0 && seen >> i & 1) {
            fields_fault(fields, node, NULL,
                         "oneof field \"%s\" is already set by \"%s\"; give one of the two",
                         field->oneof, other->name);
            return false;
        }
    }
    return true;
}

static void read_member(struct fields *fields, const cJSON *node, const struct field *field,
                        void *record)
{
    bool *has = record && field->has_at ? (bool *)((char *)record + field->has_at - 1) : NULL;

    if (has)
        *has = true;
    if (field->kind == FIELD_CUSTOM)
        field->read(fields, node, record);
    else
        field_value_read(fields, node, field, record);
}

void fields_read(struct fields *fields, const cJSON *node, const struct message *message,
                 void *record)
{
    const cJSON *member = NULL;
    uint64_t seen = 0;

    assert(field_total(message) <= FIELDS_PER_MESSAGE_MAX);
    if (record && message->init)
        message->init(record);
    if (!fields_expect_object(fields, node))
        return;
    cJSON_ArrayForEach(member, node)
    {
        size_t index = find_field(message, member->string);
        bool is_known = index < field_total(message);
        size_t here = is_known ? fields_enter(fields, field_at(message, index)->name)
                               : fields_enter_key(fields, member->string);

        if (!is_known) {
            fault_unknown(fields, member, message);
        } else if (!cJSON_IsNull(member) && is_first(fields, member, message, index, seen)) {
            seen |= UINT64_C(1) << index;
            read_member(fields, member, field_at(message, index), record);
        }
        fields_leave(fields, here);
    }
    if (message->also && message->also->check)
        message->also->check(fields, node, record);
    if (message->check)
        message->check(fields, node, record);
}

struct text_place {
    const char *text;
    size_t index;
    const cJSON *node;
};

static int text_order(const void *left, const void *right)
{
    const struct text_place *a = left;
    const struct text_place *b = right;
    int order = strcmp(a->text, b->text);

    return order ? order : (a->index > b->index) - (a->index < b->index);
}

void fields_check_unique(struct fields *fields, const cJSON *list, const char *name)
{
    size_t size = (size_t)cJSON_GetArraySize(list);
    struct text_place *places = size ? calloc(size, sizeof *places) : NULL;
    const cJSON *item = NULL;
    size_t index = 0;
    size_t count = 0;

    if (!places) {
        fields->is_short_of_memory |= size > 0;
        return;
    }
    cJSON_ArrayForEach(item, list)
    {
        const char *text = fields_member_text(item, name);

        if (text && *text)
            places[count++] = (struct text_place){ text, index, item };
        index++;
    }
    qsort(places, count, sizeof *places, text_order);
    for (size_t i = 1; i < count; i++) {
        size_t here = 0;

        if (strcmp(places[i].text, places[i - 1].text) != 0)
            continue;
        here = fields_enter_item(fields, places[i].index);
        fields_fault(fields, places[i].node, name, "\"%.100s\" stands in item %zu already",
                     places[i].text, places[i - 1].index);
        fields_leave(fields, here);
    }
    free(places);
}
