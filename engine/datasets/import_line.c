#include "engine/datasets/import_line.h"

#include "assay/value.h"
#include "engine/datasets/item_filter.h"
#include "engine/spec/fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void import_item_clear(struct import_item *item)
{
    free(item->uri);
    free(item->text);
    cJSON_Delete(item->labels);
    for (size_t i = 0; i < item->annotation_count; i++) {
        cJSON_Delete(item->annotations[i].payload);
        cJSON_Delete(item->annotations[i].labels);
    }
    free(item->annotations);
    *item = (struct import_item){ 0 };
}

const char *import_mime_type(const char *uri)
{
    static const char *const types[][2] = {
        { ".jpg", "image/jpeg" },
        { ".jpeg", "image/jpeg" },
        { ".png", "image/png" },
        { ".gif", "image/gif" },
        { ".webp", "image/webp" },
        { ".bmp", "image/bmp" },
        { ".tif", "image/tiff" },
        { ".tiff", "image/tiff" },
        { ".ico", "image/vnd.microsoft.icon" },
        { ".txt", "text/plain" },
        { ".pdf", "application/pdf" },
    };
    const char *dot = strrchr(uri, '.');

    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (strcasecmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "";
}

/* Takes both. */
static bool add_annotation(struct import_item *item, cJSON *payload, cJSON *labels,
                           struct assay_error *err)
{
    struct import_annotation *more = NULL;

    if (payload && item->annotation_count < IMPORT_LABELS_MAX)
        more = realloc(item->annotations, (item->annotation_count + 1) * sizeof *more);
    if (more) {
        item->annotations = more;
        more[item->annotation_count++] =
            (struct import_annotation){ .payload = payload, .labels = labels };
        return true;
    }
    cJSON_Delete(payload);
    cJSON_Delete(labels);
    if (item->annotation_count >= IMPORT_LABELS_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL, "more than %d annotations", IMPORT_LABELS_MAX);
    return assay_fail_memory(err);
}

/* A copy of a map of texts; NULL and *err for anything else. */
static cJSON *copy_labels(const cJSON *node, const char *name, struct assay_error *err)
{
    const cJSON *label = NULL;
    cJSON *copy = NULL;

    if (!cJSON_IsObject(node)) {
        (void)assay_fail(err, ASSAY_INVALID, NULL, "%s: expected an object of texts", name);
        return NULL;
    }
    cJSON_ArrayForEach(label, node)
    {
        if (cJSON_IsString(label))
            continue;
        (void)assay_fail(err, ASSAY_INVALID, NULL, "%s: the value of \"%.60s\" is no text", name,
                         label->string);
        return NULL;
    }
    copy = cJSON_Duplicate(node, true);
    if (!copy)
        (void)assay_fail_memory(err);
    return copy;
}

/* Documents write the corners of boxes as texts; the payload has numbers. */
static void make_numbers(cJSON *payload)
{
    static const char *const corners[] = { "xMin", "yMin", "xMax", "yMax" };

    for (size_t i = 0; i < sizeof corners / sizeof corners[0]; i++) {
        cJSON *corner = cJSON_GetObjectItemCaseSensitive(payload, corners[i]);
        double number = 0;
        cJSON *node = NULL;

        if (!cJSON_IsString(corner) || !assay_number_parse(corner->valuestring, &number))
            continue;
        node = cJSON_CreateNumber(number);
        if (node)
            (void)cJSON_ReplaceItemInObjectCaseSensitive(payload, corners[i], node);
    }
}

static bool read_annotation(const struct import_form *form, const cJSON *node,
                            struct import_item *item, struct assay_error *err)
{
    const char *member = form->schema->member;
    const cJSON *name = fields_member(node, "displayName");
    const cJSON *labels = fields_member(node, "annotationResourceLabels");
    bool needs_name = strcmp(member, "sentimentAnnotation") != 0;
    cJSON *payload = NULL;
    cJSON *copy = NULL;

    if (!cJSON_IsObject(node))
        return assay_fail(err, ASSAY_INVALID, NULL, "%s: expected an object", member);
    if (needs_name && (!cJSON_IsString(name) || !*name->valuestring))
        return assay_fail(err, ASSAY_INVALID, NULL, "%s: displayName is required", member);
    if (labels) {
        copy = copy_labels(labels, "annotationResourceLabels", err);
        if (!copy)
            return false;
    }
    if (form->schema->is_classification) {
        payload = cJSON_CreateObject();
        if (payload && !cJSON_AddStringToObject(payload, "displayName", name->valuestring)) {
            cJSON_Delete(payload);
            payload = NULL;
        }
    } else {
        payload = cJSON_Duplicate(node, true);
        cJSON_DeleteItemFromObjectCaseSensitive(payload, "annotationResourceLabels");
        make_numbers(payload);
    }
    return add_annotation(item, payload, copy, err);
}

/* Whether key is the schema's member, or its list. */
static bool is_annotation_member(const struct import_schema *schema, const char *key, bool *is_list)
{
    size_t size = strlen(schema->member);

    *is_list = strcmp(key + strnlen(key, size), "s") == 0;
    return strncmp(key, schema->member, size) == 0 && (key[size] == '\0' || *is_list);
}

static bool read_annotations(const struct import_form *form, const cJSON *member, bool is_list,
                             struct import_item *item, struct assay_error *err)
{
    const cJSON *node = NULL;

    if (!is_list)
        return read_annotation(form, member, item, err);
    if (!cJSON_IsArray(member))
        return assay_fail(err, ASSAY_INVALID, NULL, "%s: expected a list", member->string);
    cJSON_ArrayForEach(node, member)
    {
        if (!read_annotation(form, node, item, err))
            return false;
    }
    return true;
}

/* Where the item's content is: its file, or the text itself. */
static bool read_content(const cJSON *member, char **text, struct assay_error *err)
{
    if (!cJSON_IsString(member) || !*member->valuestring)
        return assay_fail(err, ASSAY_INVALID, NULL, "%s: expected text", member->string);
    free(*text);
    *text = strdup(member->valuestring);
    return *text || assay_fail_memory(err);
}

static bool read_member(const struct import_form *form, const cJSON *member,
                        struct import_item *item, struct assay_error *err)
{
    char key[64];
    bool is_list = false;

    (void)fields_camel(member->string, key, sizeof key);
    if (cJSON_IsNull(member))
        return true;
    if (form->kind->uri_member && strcmp(key, form->kind->uri_member) == 0)
        return read_content(member, &item->uri, err);
    if (strcmp(form->kind->name, "text") == 0 && strcmp(key, "textContent") == 0)
        return read_content(member, &item->text, err);
    if (strcmp(key, "dataItemResourceLabels") == 0) {
        cJSON_Delete(item->labels);
        item->labels = copy_labels(member, "dataItemResourceLabels", err);
        return item->labels != NULL;
    }
    if (is_annotation_member(form->schema, key, &is_list))
        return read_annotations(form, member, is_list, item, err);
    return assay_fail(err, ASSAY_INVALID, NULL,
                      "\"%.60s\" is not of this schema, whose lines have %s%s, %s and "
                      "dataItemResourceLabels",
                      member->string, form->kind->uri_member,
                      strcmp(form->kind->name, "text") == 0 ? " or textContent" : "",
                      form->schema->member);
}

static bool read_json(const struct import_form *form, const char *line, size_t size,
                      struct import_item *item, struct assay_error *err)
{
    cJSON *root = json_read(line, size, err);
    const cJSON *member = NULL;
    bool is_ok = root != NULL;

    if (is_ok && !cJSON_IsObject(root))
        is_ok = assay_fail(err, ASSAY_INVALID, NULL, "expected an object");
    cJSON_ArrayForEach(member, root)
    {
        is_ok = is_ok && read_member(form, member, item, err);
    }
    cJSON_Delete(root);
    return is_ok;
}

/* The next field of a CSV line, unquoted, which the caller frees; *at moves behind its comma, or to
 * NULL at the end. NULL and *err. */
static char *next_field(const char **at, const char *end, struct assay_error *err)
{
    const char *from = *at;
    char *field = malloc((size_t)(end - from) + 1);
    size_t size = 0;
    bool is_quoted = from < end && *from == '"';

    if (!field) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    from += is_quoted;
    while (from < end && (is_quoted || *from != ',')) {
        bool is_quote = is_quoted && *from == '"';

        if (is_quote && !(from + 1 < end && from[1] == '"'))
            break;
        from += is_quote;
        field[size++] = *from++;
    }
    field[size] = '\0';
    if (is_quoted && (from == end || (from + 1 < end && from[1] != ','))) {
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         from == end ? "a quote is not closed" : "text behind a closing quote");
        free(field);
        return NULL;
    }
    from += is_quoted;
    *at = from < end ? from + 1 : NULL;
    return field;
}

/* "training" in any case, as older documents have it; NULL for another word. */
static const char *find_use(const char *word)
{
    static const char *const uses[][2] = {
        { "training", "training" },   { "train", "training" }, { "validation", "validation" },
        { "validate", "validation" }, { "test", "test" },
    };

    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        if (strcasecmp(word, uses[i][0]) == 0)
            return uses[i][1];
    return NULL;
}

static bool set_use(struct import_item *item, const char *use, struct assay_error *err)
{
    item->labels = cJSON_CreateObject();
    return (item->labels && cJSON_AddStringToObject(item->labels, LABEL_ML_USE, use)) ||
           assay_fail_memory(err);
}

/* Takes field. */
static bool take_field(const struct import_form *form, char *field, size_t index,
                       struct import_item *item, struct assay_error *err)
{
    bool is_text = strcmp(form->kind->name, "text") == 0 && strncmp(field, "gs://", 5) != 0;
    cJSON *payload = NULL;

    if (index == 0 && find_use(field)) {
        bool is_ok = set_use(item, find_use(field), err);

        free(field);
        return is_ok;
    }
    if (!item->uri && !item->text) {
        *(is_text ? &item->text : &item->uri) = field;
        return *field || assay_fail(err, ASSAY_INVALID, NULL, "the item is empty");
    }
    payload = *field ? cJSON_CreateObject() : NULL;
    if (!*field || (payload && !cJSON_AddStringToObject(payload, "displayName", field))) {
        bool is_empty = !*field;

        cJSON_Delete(payload);
        free(field);
        return is_empty || assay_fail_memory(err); /* "a,," has no word more than "a" */
    }
    free(field);
    return add_annotation(item, payload, NULL, err);
}

static bool read_csv(const struct import_form *form, const char *line, size_t size,
                     struct import_item *item, struct assay_error *err)
{
    const char *at = line;
    size_t index = 0;

    if (!form->schema->is_classification)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s is imported as JSON Lines; CSV is for classification",
                          form->schema->name);
    while (at) {
        char *field = next_field(&at, line + size, err);

        if (!field || !take_field(form, field, index++, item, err))
            return false;
    }
    return true;
}

bool import_line_read(const struct import_form *form, const char *line, size_t size,
                      struct import_item *item, struct assay_error *err)
{
    *item = (struct import_item){ 0 };
    if (memchr(line, '\0', size))
        return assay_fail(err, ASSAY_INVALID, NULL, "a zero byte");
    if (!(form->is_csv ? read_csv : read_json)(form, line, size, item, err))
        return false;
    if (!item->uri == !item->text)
        return assay_fail(err, ASSAY_INVALID, NULL, "%s is required%s", form->kind->uri_member,
                          item->uri ? ", or textContent, not both" : "");
    if (item->text && strlen(item->text) > IMPORT_TEXT_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL, "the text has more than %d bytes",
                          IMPORT_TEXT_MAX);
    if (!form->schema->is_multiple && item->annotation_count > 1)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%zu annotations; %s has one per item (see the multi_label schema)",
                          item->annotation_count, form->schema->name);
    return true;
}
