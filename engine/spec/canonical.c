#include "engine/spec/canonical.h"

#include "assay/value.h"
#include "engine/spec/messages.h"

#include <string.h>

/* All functions here that make a node return NULL for lack of memory. */

static cJSON *write_message(const cJSON *node, const struct message *message,
                            enum canonical_form form);

static cJSON *make_number(double number)
{
    cJSON *node = cJSON_CreateNumber(number);

    if (node)
        json_set_line(node, 0); /* where cJSON keeps its integer copy */
    return node;
}

/* Puts child under key, or at the end of a list (NULL); takes it. */
static bool add(cJSON *parent, const char *key, cJSON *child)
{
    bool is_added = false;

    if (child)
        is_added =
            key ? cJSON_AddItemToObject(parent, key, child) : cJSON_AddItemToArray(parent, child);
    if (!is_added)
        cJSON_Delete(child);
    return is_added;
}

/* As it is, but for members that are null. */
static cJSON *copy(const cJSON *node)
{
    bool is_object = cJSON_IsObject(node);
    cJSON *made = cJSON_Duplicate(node, false);
    const cJSON *child = NULL;

    cJSON_ArrayForEach(child, node)
    {
        if (made && !(is_object && cJSON_IsNull(child)) &&
            !add(made, is_object ? child->string : NULL, copy(child))) {
            cJSON_Delete(made);
            made = NULL;
        }
    }
    return made;
}

/* An int64 as text, an int32 as a number; either may be written as the other. */
static cJSON *write_whole(const cJSON *node, bool is_text)
{
    char text[ASSAY_NUMBER_TEXT];
    double number = 0;

    if (cJSON_IsNumber(node))
        return is_text ? cJSON_CreateString(assay_number_text(node->valuedouble, text))
                       : copy(node);
    if (!is_text && cJSON_IsString(node) && assay_number_parse(node->valuestring, &number))
        return make_number(number);
    return copy(node);
}

static cJSON *write_double(const cJSON *node)
{
    double number = 0;

    return cJSON_IsString(node) && assay_number_parse(node->valuestring, &number)
               ? make_number(number)
               : copy(node);
}

static cJSON *write_enum(const cJSON *node, const struct field *field, enum canonical_form form)
{
    for (size_t i = 0; i < field->word_count; i++) {
        const struct enum_word *word = &field->words[i];

        if ((cJSON_IsNumber(node) && node->valuedouble == word->number) ||
            (cJSON_IsString(node) && strcmp(node->valuestring, word->name) == 0))
            return form == CANONICAL_WIRE_NUMBERS ? make_number(word->number)
                                                  : cJSON_CreateString(word->name);
    }
    return copy(node);
}

static cJSON *write_time(const cJSON *node, enum field_kind kind)
{
    char text[ASSAY_TIME_TEXT];
    int64_t time_us = 0;

    if (!cJSON_IsString(node))
        return copy(node);
    if (kind == FIELD_TIME && assay_time_parse(node->valuestring, &time_us))
        return cJSON_CreateString(assay_time_text(time_us, text));
    if (kind == FIELD_DURATION && assay_duration_parse(node->valuestring, &time_us))
        return cJSON_CreateString(assay_duration_text(time_us, text));
    return copy(node);
}

/* A value, or an item of a list. */
static cJSON *write_value(const cJSON *node, const struct field *field, enum canonical_form form)
{
    switch (field->kind) {
    case FIELD_INT32:
    case FIELD_COUNT:
        return write_whole(node, false);
    case FIELD_INT64:
    case FIELD_EXACT:
    case FIELD_INT64S:
        return write_whole(node, true);
    case FIELD_DOUBLE:
    case FIELD_DOUBLES:
        return write_double(node);
    case FIELD_ENUM:
        return write_enum(node, field, form);
    case FIELD_DURATION:
    case FIELD_TIME:
        return write_time(node, field->kind);
    case FIELD_MESSAGE:
    case FIELD_MESSAGES:
    case FIELD_CUSTOM:
        return field->message ? write_message(node, field->message, form) : copy(node);
    case FIELD_IGNORED:
    case FIELD_ANY:
    case FIELD_BOOL:
    case FIELD_TEXT:
    case FIELD_TEXTS:
        break;
    }
    return copy(node);
}

static cJSON *write_field(const cJSON *node, const struct field *field, enum canonical_form form)
{
    cJSON *list = NULL;
    const cJSON *item = NULL;

    if (!cJSON_IsArray(node))
        return write_value(node, field, form);
    list = cJSON_CreateArray();
    cJSON_ArrayForEach(item, node)
    {
        if (list && !add(list, NULL, write_value(item, field, form))) {
            cJSON_Delete(list);
            list = NULL;
        }
    }
    return list;
}

/* What proto3 leaves out: zeros and what is empty, unless being there means something. */
static bool is_left_out(const cJSON *node, const struct field *field)
{
    double number = 0;

    if (field->oneof || field->has_at)
        return false;
    if (cJSON_IsArray(node))
        return cJSON_GetArraySize(node) == 0;
    if (cJSON_IsObject(node)) /* a map; an empty message is one */
        return !field->message && field->kind == FIELD_CUSTOM && !node->child;
    if (cJSON_IsString(node) && field->kind == FIELD_INT64)
        return assay_number_parse(node->valuestring, &number) && number == 0;
    if (cJSON_IsString(node) && field->kind == FIELD_ENUM)
        return field->word_count > 0 && strcmp(node->valuestring, field->words[0].name) == 0 &&
               field->words[0].number == 0;
    return cJSON_IsFalse(node) || (cJSON_IsNumber(node) && node->valuedouble == 0) ||
           (cJSON_IsString(node) && node->valuestring[0] == '\0');
}

/* Adds what the message knows of node's members to an object. */
static bool write_members(cJSON *object, const cJSON *node, const struct message *message,
                          enum canonical_form form)
{
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, node)
    {
        const struct field *field = fields_find(message, member->string);

        if (!field || field->kind == FIELD_IGNORED || cJSON_IsNull(member) ||
            (form != CANONICAL_FULL && is_left_out(member, field)))
            continue;
        if (!add(object, field->name, write_field(member, field, form)))
            return false;
    }
    return true;
}

/* Recursive; ended by the depth of the document. */
static cJSON *write_message(const cJSON *node, const struct message *message,
                            enum canonical_form form)
{
    cJSON *object = NULL;

    if (!cJSON_IsObject(node))
        return copy(node);
    object = cJSON_CreateObject();
    if (object && write_members(object, node, message, form))
        return object;
    cJSON_Delete(object);
    return NULL;
}

/* A CustomJobSpec and what stands beside it, as a CustomJob. */
cJSON *canonical_message(const cJSON *node, const struct message *message, enum canonical_form form)
{
    return write_message(node, message, form);
}

static cJSON *write_bare(const cJSON *root, enum canonical_form form)
{
    cJSON *object = write_message(root, &resource_message, form);

    if (object && add(object, "jobSpec", write_message(root, &run_message, form)))
        return object;
    cJSON_Delete(object);
    return NULL;
}

cJSON *job_document_canonical(const cJSON *root, enum canonical_form form, struct assay_error *err)
{
    const struct job_shape *shape = job_shape_find(root);
    cJSON *canonical = NULL;

    if (!shape) {
        (void)assay_fail(err, ASSAY_INVALID, NULL, "the document is no job");
        return NULL;
    }
    canonical = shape->message ? write_message(root, shape->message, form) : write_bare(root, form);
    if (!canonical)
        (void)assay_fail_memory(err);
    return canonical;
}
