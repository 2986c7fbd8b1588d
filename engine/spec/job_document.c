#include "engine/spec/job_document.h"

#include "assay/value.h"
#include "engine/spec/document_yaml.h"
#include "engine/spec/fields.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE_MAX = 128 };

/* JSON when the first character that is no blank is `{`; a byte order mark is looked through. */
static enum document_format guess_format(const char *text, size_t size)
{
    size_t at = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < size && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')))
        at++;
    return at < size && text[at] == '{' ? DOCUMENT_JSON : DOCUMENT_YAML;
}

cJSON *document_read(const char *text, size_t size, enum document_format format,
                     struct assay_error *err)
{
    if (format == DOCUMENT_GUESS)
        format = guess_format(text, size);
    return format == DOCUMENT_JSON ? json_read(text, size, err) : yaml_read(text, size, err);
}

/* One step of an override's path: a member, or an item of a list. */
struct step {
    bool is_item;
    bool is_map_key;          /* of an object whose keys are the user's own */
    size_t index;             /* of an item */
    char name[NAME_SIZE_MAX]; /* of a member */
    size_t end;               /* bytes of the path up to here, for messages */
};

/* Objects whose keys are names of the user's, in one spelling only. */
static bool is_map(const char *name)
{
    static const char *const maps[] = { "labels", "env", "metricRegex", "metric_regex" };

    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        if (strcmp(name, maps[i]) == 0)
            return true;
    }
    return false;
}

static bool fail_path(struct assay_error *err, const char *path)
{
    return assay_fail(err, ASSAY_INVALID, path,
                      "not a path; write it like study_spec.parameters[0].parameter_id");
}

/* "[12]" at path + *at. */
static bool read_index(const char *path, size_t *at, struct step *step)
{
    size_t digits = strspn(path + *at + 1, "0123456789");

    if (digits == 0 || digits > 9 || path[*at + 1 + digits] != ']')
        return false;
    step->is_item = true;
    step->index = strtoul(path + *at + 1, NULL, 10);
    *at += digits + 2;
    return true;
}

static bool read_name(const char *path, size_t *at, struct step *step)
{
    size_t size = 0;

    *at += *at > 0 && path[*at] == '.';
    size = strcspn(path + *at, ".[]");
    if (size == 0 || size >= sizeof step->name)
        return false;
    memcpy(step->name, path + *at, size);
    step->name[size] = '\0';
    *at += size;
    return true;
}

/* steps: JSON_DEPTH_MAX of them. */
static bool read_path(const char *path, struct step *steps, size_t *count, struct assay_error *err)
{
    size_t at = 0;

    *count = 0;
    do {
        struct step *step = &steps[*count];
        bool is_good = false;

        if (*count == JSON_DEPTH_MAX)
            return assay_fail(err, ASSAY_INVALID, path, "more than %d steps in the path",
                              JSON_DEPTH_MAX);
        *step = (struct step){ 0 };
        step->is_map_key = *count > 0 && !step[-1].is_item && is_map(step[-1].name);
        is_good = *count > 0 && path[at] == '[' ? read_index(path, &at, step)
                                                : read_name(path, &at, step);
        if (!is_good || (path[at] != '.' && path[at] != '[' && path[at] != '\0'))
            return fail_path(err, path);
        step->end = at;
        ++*count;
    } while (path[at]);
    return true;
}

/* The member with this very key, else, unless it is a map's, with its other spelling. */
static cJSON *find_member(cJSON *object, const struct step *step)
{
    char wanted[NAME_SIZE_MAX];
    char camel[NAME_SIZE_MAX];
    cJSON *exact = cJSON_GetObjectItemCaseSensitive(object, step->name);
    cJSON *member = NULL;

    if (exact || step->is_map_key)
        return exact;
    (void)fields_camel(step->name, wanted, sizeof wanted);
    cJSON_ArrayForEach(member, object)
    {
        if (strcmp(fields_camel(member->string, camel, sizeof camel), wanted) == 0)
            return member;
    }
    return NULL;
}

/* Puts a new node where the step leads to; takes it. NULL for lack of memory. */
static cJSON *add_child(cJSON *parent, const struct step *step, cJSON *child)
{
    cJSON_bool is_added = false;

    if (child && step->is_item)
        is_added = cJSON_AddItemToArray(parent, child);
    else if (child)
        is_added = cJSON_AddItemToObject(parent, step->name, child);
    if (is_added)
        return child;
    cJSON_Delete(child);
    return NULL;
}

/* Puts child in the place of old, under its key; takes child. */
static cJSON *replace_child(cJSON *parent, cJSON *old, cJSON *child)
{
    if (!child)
        return NULL;
    child->string = old->string;
    old->string = NULL;
    (void)cJSON_ReplaceItemViaPointer(parent, old, child); /* fails on NULL only */
    return child;
}

/* Checks that the step can be made from node, and finds what it leads to; NULL: nothing there. */
static bool find_child(cJSON *node, const struct step *step, const char *path, cJSON **child,
                       struct assay_error *err)
{
    char found[FIELDS_TEXT_MAX];
    size_t count = 0;

    if (step->is_item ? !cJSON_IsArray(node) : !cJSON_IsObject(node))
        return assay_fail(err, ASSAY_INVALID, path, "cannot set %.*s: it would be in %s",
                          (int)step->end, path, fields_describe(node, found));
    if (!step->is_item) {
        *child = find_member(node, step);
        return true;
    }
    count = (size_t)cJSON_GetArraySize(node);
    if (step->index > count)
        return assay_fail(err, ASSAY_INVALID, path,
                          "cannot set %.*s: the list has %zu items; [%zu] would add one",
                          (int)step->end, path, count, count);
    *child = step->index < count ? cJSON_GetArrayItem(node, (int)step->index) : NULL;
    return true;
}

/* Walks all steps but the last, making objects and lists where there is nothing (or null). */
static cJSON *walk(cJSON *root, const struct step *steps, size_t count, const char *path,
                   struct assay_error *err)
{
    cJSON *node = root;

    for (size_t i = 0; i + 1 < count; i++) {
        cJSON *child = NULL;

        if (!find_child(node, &steps[i], path, &child, err))
            return NULL;
        if (!child || cJSON_IsNull(child)) {
            cJSON *made = steps[i + 1].is_item ? cJSON_CreateArray() : cJSON_CreateObject();

            child = child ? replace_child(node, child, made) : add_child(node, &steps[i], made);
        }
        if (!child) {
            (void)assay_fail_memory(err);
            return NULL;
        }
        node = child;
    }
    return node;
}

static int height(const cJSON *node)
{
    const cJSON *child = NULL;
    int highest = 0;

    cJSON_ArrayForEach(child, node)
    {
        int below = height(child);

        highest = below > highest ? below : highest;
    }
    return highest + (cJSON_IsArray(node) || cJSON_IsObject(node));
}

/* The value's lines are those of the command line, not of the document. */
static void forget_lines(cJSON *node)
{
    cJSON *child = NULL;

    json_set_line(node, 0);
    cJSON_ArrayForEach(child, node)
    {
        forget_lines(child);
    }
}

bool document_override(cJSON *root, const struct document_override *override,
                       struct assay_error *err)
{
    const char *path = override->path;
    struct step *steps = NULL;
    size_t count = 0;
    cJSON *parent = NULL;
    cJSON *old = NULL;
    bool is_done = false;
    cJSON *value = yaml_read(override->value, strlen(override->value), err);

    if (!value) {
        (void)assay_error_add(err, "the value for %.200s", path);
        goto out;
    }
    steps = calloc(JSON_DEPTH_MAX + 1, sizeof *steps);
    if (!steps) {
        (void)assay_fail_memory(err);
        goto out;
    }
    if (!read_path(path, steps, &count, err))
        goto out;
    if (height(value) + (int)count > JSON_DEPTH_MAX) {
        (void)assay_fail(err, ASSAY_INVALID, path, "more than %d levels of nesting",
                         JSON_DEPTH_MAX);
        goto out;
    }
    forget_lines(value);
    parent = walk(root, steps, count, path, err);
    if (!parent || !find_child(parent, &steps[count - 1], path, &old, err))
        goto out;
    if (old)
        is_done = replace_child(parent, old, value) != NULL;
    else
        is_done = add_child(parent, &steps[count - 1], value) != NULL;
    value = NULL;
    if (!is_done)
        (void)assay_fail_memory(err);
out:
    free(steps);
    cJSON_Delete(value);
    return is_done;
}
