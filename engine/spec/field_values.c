#include "engine/spec/field_values.h"

#include "assay/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_TEXT_MAX = 400 };

/* Where a member lies; NULL for one that has no place. The tables make sure of its type. */
static void *place(void *record, size_t at)
{
    return record && at ? (char *)record + at - 1 : NULL;
}

static void store(void *to, const void *value, size_t size)
{
    if (to)
        memcpy(to, value, size);
}

static void fault_type(struct fields *fields, const cJSON *node, const char *expected)
{
    char found[FIELDS_TEXT_MAX];

    fields_fault(fields, node, NULL, "expected %s, found %s", expected,
                 fields_describe(node, found));
}

const char *fields_text(struct fields *fields, const cJSON *node)
{
    char found[FIELDS_TEXT_MAX];
    char number[ASSAY_NUMBER_TEXT];

    if (cJSON_IsString(node))
        return node->valuestring;
    if (cJSON_IsNumber(node))
        fields_fault(fields, node, NULL, "expected text, found %s; write \"%s\" in quotes",
                     fields_describe(node, found), assay_number_text(node->valuedouble, number));
    else if (cJSON_IsBool(node))
        fields_fault(fields, node, NULL, "expected text, found %s; write it in quotes",
                     fields_describe(node, found));
    else
        fault_type(fields, node, "text");
    return NULL;
}

static void read_text(struct fields *fields, const cJSON *node, void *to)
{
    const char *text = fields_text(fields, node);
    char *copy = NULL;

    if (!text || !to)
        return;
    copy = fields_copy(fields, text);
    store(to, &copy, sizeof copy);
}

static void read_bool(struct fields *fields, const cJSON *node, void *to)
{
    bool value = cJSON_IsTrue(node);

    if (cJSON_IsBool(node))
        store(to, &value, sizeof value);
    else
        fault_type(fields, node, "true or false");
}

/*
 * A bare 2^53 is refused too: a reader of doubles cannot tell it from 2^53 + 1. Returns false after
 * a fault.
 */
static bool read_whole(struct fields *fields, const cJSON *node, int64_t *value)
{
    char found[FIELDS_TEXT_MAX];

    if (cJSON_IsString(node) && assay_integer_parse(node->valuestring, value))
        return true;
    if (!cJSON_IsNumber(node) || node->valuedouble != floor(node->valuedouble)) {
        fault_type(fields, node, "a whole number");
        return false;
    }
    if (fabs(node->valuedouble) >= ASSAY_INTEGER_MAX) {
        fields_fault(fields, node, NULL,
                     "%s is beyond 2^53, where bare numbers are rounded; write it in quotes",
                     fields_describe(node, found));
        return false;
    }
    *value = (int64_t)node->valuedouble;
    return true;
}

static void read_int64(struct fields *fields, const cJSON *node, void *to)
{
    int64_t value = 0;

    if (read_whole(fields, node, &value))
        store(to, &value, sizeof value);
}

static void read_int32(struct fields *fields, const cJSON *node, enum field_kind kind, void *to)
{
    int64_t value = 0;
    int32_t narrow = 0;

    if (!read_whole(fields, node, &value))
        return;
    if (value < INT32_MIN || value > INT32_MAX) {
        fault_type(fields, node, "a number of 32 bits");
        return;
    }
    narrow = (int32_t)value;
    if (kind == FIELD_COUNT)
        store(to, &value, sizeof value);
    else
        store(to, &narrow, sizeof narrow);
}

static bool read_double(struct fields *fields, const cJSON *node, double *value)
{
    if (cJSON_IsNumber(node) && isfinite(node->valuedouble)) {
        *value = node->valuedouble;
        return true;
    }
    if (cJSON_IsString(node) && assay_number_parse(node->valuestring, value))
        return true;
    fault_type(fields, node, "a finite number");
    return false;
}

/* An int64 that goes on as a double; -2^53 .. 2^53, written as text at the ends. */
static bool read_exact(struct fields *fields, const cJSON *node, double *value)
{
    int64_t whole = 0;

    if (!read_whole(fields, node, &whole))
        return false;
    if (whole > (int64_t)ASSAY_INTEGER_MAX || whole < -(int64_t)ASSAY_INTEGER_MAX) {
        fault_type(fields, node, "a whole number between -2^53 and 2^53");
        return false;
    }
    *value = (double)whole;
    return true;
}

static void read_time(struct fields *fields, const cJSON *node, enum field_kind kind, void *to)
{
    char text[ASSAY_NUMBER_TEXT];
    int64_t value = 0;

    if (kind == FIELD_TIME) {
        if (cJSON_IsString(node) && assay_time_parse(node->valuestring, &value))
            store(to, &value, sizeof value);
        else
            fault_type(fields, node, "a time such as \"2026-01-31T10:00:00Z\"");
        return;
    }
    if (cJSON_IsString(node) && assay_duration_parse(node->valuestring, &value)) {
        if (value >= 0)
            store(to, &value, sizeof value);
        else
            fault_type(fields, node, "a duration of at least 0");
    } else if (cJSON_IsNumber(node)) {
        fields_fault(fields, node, NULL, "expected a duration; write \"%ss\" for seconds",
                     assay_number_text(node->valuedouble, text));
    } else {
        fault_type(fields, node, "a duration such as \"3600s\"");
    }
}

/* What is part of one name only means that: MAX, LINEAR. */
static void suggest_whole(const char *part, const char *const *names, size_t count,
                          char text[FIELDS_TEXT_MAX])
{
    enum { PART_MIN = 3 };
    const char *whole = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!strcasestr(names[i], part))
            continue;
        if (whole)
            return;
        whole = names[i];
    }
    if (whole && strlen(part) >= PART_MIN)
        (void)fields_suggest(whole, &whole, 1, text);
}

static void fault_enum(struct fields *fields, const cJSON *node, const struct field *field)
{
    const char *names[32];
    char all[NAMES_TEXT_MAX] = "";
    char found[FIELDS_TEXT_MAX];
    char hint[FIELDS_TEXT_MAX] = "";
    size_t count = field->word_count < 32 ? field->word_count : 32;
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        int more = used < sizeof all ? snprintf(all + used, sizeof all - used, "%s%s",
                                                i ? ", " : "", field->words[i].name)
                                     : 0;

        used += more < 0 ? 0 : (size_t)more;
        names[i] = field->words[i].name;
    }
    if (cJSON_IsString(node) && !*fields_suggest(node->valuestring, names, count, hint))
        suggest_whole(node->valuestring, names, count, hint);
    fields_fault(fields, node, NULL, "expected one of %s%s; found %s%s", all,
                 used >= sizeof all ? "…" : "", fields_describe(node, found), hint);
}

static void read_enum(struct fields *fields, const cJSON *node, const struct field *field, void *to)
{
    for (size_t i = 0; i < field->word_count; i++) {
        const struct enum_word *word = &field->words[i];

        if ((cJSON_IsString(node) && strcmp(node->valuestring, word->name) == 0) ||
            (cJSON_IsNumber(node) && node->valuedouble == word->number)) {
            store(to, &word->value, sizeof word->value);
            return;
        }
    }
    fault_enum(fields, node, field);
}

static bool read_number(struct fields *fields, const cJSON *node, enum field_kind kind,
                        double *value)
{
    return kind == FIELD_DOUBLES ? read_double(fields, node, value)
                                 : read_exact(fields, node, value);
}

static size_t item_size(const struct field *field)
{
    if (field->kind == FIELD_MESSAGES)
        return field->message->size;
    return field->kind == FIELD_TEXTS ? sizeof(char *) : sizeof(double);
}

static void read_item(struct fields *fields, const cJSON *node, const struct field *field, void *to)
{
    double number = 0;

    if (field->kind == FIELD_MESSAGES) {
        fields_read(fields, node, field->message, to);
    } else if (field->kind == FIELD_TEXTS) {
        read_text(fields, node, to);
    } else if (read_number(fields, node, field->kind, &number)) {
        store(to, &number, sizeof number);
    }
}

/*
 * One array, of which the record is the owner from the beginning, so that it frees what was read
 * when a later item is at fault.
 */
static void read_list(struct fields *fields, const cJSON *node, const struct field *field,
                      void *record)
{
    size_t count = 0;
    size_t index = 0;
    char *items = NULL;
    const cJSON *item = NULL;

    if (!fields_expect_list(fields, node))
        return;
    count = (size_t)cJSON_GetArraySize(node);
    if (record && field->at && count > 0) {
        items = calloc(count, item_size(field));
        if (!items) {
            fields->is_short_of_memory = true;
            return;
        }
        store(place(record, field->at), &items, sizeof items);
        store(place(record, field->count_at), &count, sizeof count);
    }
    cJSON_ArrayForEach(item, node)
    {
        size_t here = fields_enter_item(fields, index);

        read_item(fields, item, field, items ? items + index * item_size(field) : NULL);
        fields_leave(fields, here);
        index++;
    }
}

void field_value_read(struct fields *fields, const cJSON *node, const struct field *field,
                      void *record)
{
    void *to = place(record, field->at);
    double number = 0;

    switch (field->kind) {
    case FIELD_IGNORED:
    case FIELD_ANY:
    case FIELD_CUSTOM:
        break;
    case FIELD_BOOL:
        read_bool(fields, node, to);
        break;
    case FIELD_INT32:
    case FIELD_COUNT:
        read_int32(fields, node, field->kind, to);
        break;
    case FIELD_INT64:
        read_int64(fields, node, to);
        break;
    case FIELD_EXACT:
        if (read_exact(fields, node, &number))
            store(to, &number, sizeof number);
        break;
    case FIELD_DOUBLE:
        if (read_double(fields, node, &number))
            store(to, &number, sizeof number);
        break;
    case FIELD_TEXT:
        read_text(fields, node, to);
        break;
    case FIELD_ENUM:
        read_enum(fields, node, field, to);
        break;
    case FIELD_DURATION:
    case FIELD_TIME:
        read_time(fields, node, field->kind, to);
        break;
    case FIELD_MESSAGE:
        fields_read(fields, node, field->message, to);
        break;
    case FIELD_TEXTS:
    case FIELD_DOUBLES:
    case FIELD_INT64S:
    case FIELD_MESSAGES:
        read_list(fields, node, field, record);
        break;
    }
}
