#include "engine/spec/document_yaml.h"

#include "assay/utf8.h"
#include "engine/spec/yaml_scalar.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* A list or an object that is still open. */
struct frame {
    cJSON *node;
    char *key; /* of the member to come; owned, from cJSON's allocator */
    int key_line;
};

struct anchor {
    char *name;        /* owned */
    const cJSON *node; /* in the tree */
};

struct loader {
    yaml_parser_t parser;
    yaml_mark_t mark; /* where the event in hand begins */
    const char *text;
    size_t size;
    cJSON *root;
    struct frame frames[JSON_DEPTH_MAX];
    int depth;
    struct anchor *anchors;
    size_t anchor_count;
    size_t alias_weight;
    struct assay_error *err;
};

/* Returns false. */
static bool fail_at(struct loader *loader, yaml_mark_t mark, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail_at(struct loader *loader, yaml_mark_t mark, const char *fmt, ...)
{
    char message[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return assay_fail(loader->err, ASSAY_INVALID, NULL, "line %zu, column %zu: %s", mark.line + 1,
                      mark.column + 1, message);
}

static int line_of(const struct loader *loader)
{
    return loader->mark.line < INT32_MAX ? (int)loader->mark.line + 1 : 0;
}

/* Does the character at this place of the text begin with c? Only newlines are asked for lines. */
static bool has_char_at(const struct loader *loader, yaml_mark_t mark, char c)
{
    const char *at = loader->text;
    const char *end = loader->text + loader->size;

    for (size_t line = 0; at && line < mark.line; line++) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    for (size_t column = 0; at && at < end && column < mark.column; column++) {
        size_t size = utf8_size(at, (size_t)(end - at));

        at += size ? size : 1;
    }
    return at && at < end && *at == c;
}

/* Turns libyaml's complaint into ours. Returns false. */
static bool fail_parser(struct loader *loader)
{
    const yaml_parser_t *parser = &loader->parser;
    yaml_mark_t mark = parser->problem_mark;
    const char *problem = parser->problem ? parser->problem : "not YAML";

    if (parser->error == YAML_MEMORY_ERROR)
        return assay_fail_memory(loader->err);
    if (parser->error == YAML_READER_ERROR) { /* it knows the offset only */
        size_t offset =
            parser->problem_offset < loader->size ? parser->problem_offset : loader->size;
        size_t start = offset;

        mark = (yaml_mark_t){ 0 };
        for (size_t i = 0; i < offset; i++)
            mark.line += loader->text[i] == '\n';
        while (start > 0 && loader->text[start - 1] != '\n')
            start--;
        mark.column = utf8_count(loader->text + start, offset - start);
    } else if (has_char_at(loader, mark, '\t')) {
        return fail_at(loader, mark, "a tab where YAML allows spaces only (%s)", problem);
    }
    return fail_at(loader, mark, "%s%s%s", problem, parser->context ? ", " : "",
                   parser->context ? parser->context : "");
}

static struct frame *top(struct loader *loader)
{
    return loader->depth > 0 ? &loader->frames[loader->depth - 1] : NULL;
}

static bool is_key_wanted(struct loader *loader)
{
    const struct frame *frame = top(loader);

    return frame && cJSON_IsObject(frame->node) && !frame->key;
}

/* Puts node in its place; from here on the tree owns it. */
static void attach(struct loader *loader, cJSON *node)
{
    struct frame *frame = top(loader);

    json_set_line(node, line_of(loader));
    if (!frame) {
        loader->root = node;
        return;
    }
    if (frame->key) {
        json_set_line(node, frame->key_line);
        node->string = frame->key;
        frame->key = NULL;
    }
    (void)cJSON_AddItemToArray(frame->node, node); /* links it; cannot fail */
}

static bool add_anchor(struct loader *loader, const yaml_char_t *name, const cJSON *node)
{
    struct anchor *anchors = NULL;

    if (!name)
        return true;
    if (loader->anchor_count == YAML_ANCHORS_MAX)
        return fail_at(loader, loader->mark, "more than %d anchors", YAML_ANCHORS_MAX);
    anchors = realloc(loader->anchors, (loader->anchor_count + 1) * sizeof *anchors);
    if (!anchors)
        return assay_fail_memory(loader->err);
    loader->anchors = anchors;
    anchors[loader->anchor_count].node = node;
    anchors[loader->anchor_count].name = strdup((const char *)name);
    if (!anchors[loader->anchor_count].name)
        return assay_fail_memory(loader->err);
    loader->anchor_count++;
    return true;
}

/* Adds the tree's weight to *weight, and gives its height; stops where the weight is too much. */
static int measure(const cJSON *node, size_t *weight)
{
    const cJSON *child = NULL;
    int height = 0;

    *weight += sizeof *node + (node->string ? strlen(node->string) : 0) +
               (node->valuestring ? strlen(node->valuestring) : 0);
    cJSON_ArrayForEach(child, node)
    {
        int below = 0;

        if (*weight > YAML_ALIAS_WEIGHT_MAX)
            break;
        below = measure(child, weight);
        height = below > height ? below : height;
    }
    return height + (cJSON_IsArray(node) || cJSON_IsObject(node));
}

/* The newest anchor of that name: YAML lets a name be given again. NULL and *err: none. */
static const cJSON *find_anchor(struct loader *loader, const char *name)
{
    const cJSON *node = NULL;

    for (size_t i = loader->anchor_count; i > 0 && !node; i--) {
        if (strcmp(loader->anchors[i - 1].name, name) == 0)
            node = loader->anchors[i - 1].node;
    }
    if (!node)
        (void)fail_at(loader, loader->mark, "the alias *%.60s has no anchor above it", name);
    for (int i = 0; node && i < loader->depth; i++) {
        if (loader->frames[i].node == node) {
            (void)fail_at(loader, loader->mark, "the alias *%.60s stands inside its own anchor",
                          name);
            node = NULL;
        }
    }
    return node;
}

static bool on_alias(struct loader *loader, const yaml_event_t *event)
{
    const cJSON *node = NULL;
    cJSON *copy = NULL;
    int height = 0;

    if (is_key_wanted(loader))
        return fail_at(loader, loader->mark, "an alias cannot be a key; write the key out");
    node = find_anchor(loader, (const char *)event->data.alias.anchor);
    if (!node)
        return false;
    height = measure(node, &loader->alias_weight);
    if (loader->alias_weight > YAML_ALIAS_WEIGHT_MAX)
        return fail_at(loader, loader->mark, "aliases expand to more than %d MiB",
                       YAML_ALIAS_WEIGHT_MAX >> 20);
    if (loader->depth + height > JSON_DEPTH_MAX)
        return fail_at(loader, loader->mark, "more than %d levels of nesting", JSON_DEPTH_MAX);
    copy = cJSON_Duplicate(node, true);
    if (!copy)
        return assay_fail_memory(loader->err);
    cJSON_free(copy->string); /* the key it had at its anchor */
    copy->string = NULL;
    attach(loader, copy);
    return true;
}

static bool set_key(struct loader *loader, const yaml_event_t *event)
{
    struct frame *frame = top(loader);
    size_t size = event->data.scalar.length;

    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
        strcmp((const char *)event->data.scalar.value, "<<") == 0)
        return fail_at(loader, loader->mark,
                       "merge keys (<<) are not supported; repeat the fields, or use an alias for "
                       "a whole value");
    frame->key = cJSON_malloc(size + 1);
    if (!frame->key)
        return assay_fail_memory(loader->err);
    memcpy(frame->key, event->data.scalar.value, size + 1);
    frame->key_line = line_of(loader);
    return true;
}

static bool on_scalar(struct loader *loader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    struct assay_error reason;
    cJSON *node = NULL;

    if (strlen(text) != event->data.scalar.length)
        return fail_at(loader, loader->mark, "\\0 is not allowed in a text");
    if (is_key_wanted(loader))
        return set_key(loader, event);
    node = yaml_scalar(text, tag,
                       event->data.scalar.plain_implicit &&
                           event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
                       &reason);
    if (!node && reason.code == ASSAY_EXHAUSTED)
        return assay_fail_memory(loader->err);
    if (!node)
        return fail_at(loader, loader->mark, "%s", reason.message);
    attach(loader, node);
    return add_anchor(loader, event->data.scalar.anchor, node);
}

static bool begin(struct loader *loader, cJSON *node, const yaml_char_t *anchor,
                  const yaml_char_t *tag)
{
    bool is_key = is_key_wanted(loader);

    if (!node)
        return assay_fail_memory(loader->err);
    if (is_key || tag || loader->depth == JSON_DEPTH_MAX) {
        cJSON_Delete(node);
        if (is_key)
            return fail_at(loader, loader->mark, "a key must be text, not a list or an object");
        if (tag)
            return fail_at(loader, loader->mark, "the tag %.80s is not supported here", tag);
        return fail_at(loader, loader->mark, "more than %d levels of nesting", JSON_DEPTH_MAX);
    }
    attach(loader, node);
    loader->frames[loader->depth++] = (struct frame){ .node = node };
    return add_anchor(loader, anchor, node);
}

struct member {
    const cJSON *node;
};

static int key_order(const void *left, const void *right)
{
    const cJSON *a = ((const struct member *)left)->node;
    const cJSON *b = ((const struct member *)right)->node;
    int order = strcmp(a->string, b->string);

    return order ? order : (json_line(a) > json_line(b)) - (json_line(a) < json_line(b));
}

/* Sorted, so that a large object takes n log n. */
static bool check_keys(struct loader *loader, const cJSON *object)
{
    size_t count = (size_t)cJSON_GetArraySize(object);
    struct member *members = count > 1 ? calloc(count, sizeof *members) : NULL;
    const cJSON *duplicate = NULL;
    const cJSON *node = NULL;
    size_t used = 0;

    if (!members)
        return count < 2 || assay_fail_memory(loader->err);
    cJSON_ArrayForEach(node, object)
    {
        members[used++].node = node;
    }
    qsort(members, used, sizeof *members, key_order);
    for (size_t i = 1; i < used; i++) {
        node = members[i].node;
        if (strcmp(node->string, members[i - 1].node->string) == 0 &&
            (!duplicate || json_line(node) < json_line(duplicate)))
            duplicate = node;
    }
    free(members);
    if (duplicate)
        return assay_fail(loader->err, ASSAY_INVALID, NULL,
                          "line %d: the key \"%.100s\" stands here a second time",
                          json_line(duplicate), duplicate->string);
    return true;
}

static bool end(struct loader *loader)
{
    const cJSON *node = top(loader)->node;

    loader->depth--;
    return !cJSON_IsObject(node) || check_keys(loader, node);
}

static bool on_event(struct loader *loader, const yaml_event_t *event)
{
    loader->mark = event->start_mark;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (loader->root)
            return fail_at(loader, loader->mark, "a second document; one is allowed");
        return true;
    case YAML_ALIAS_EVENT:
        return on_alias(loader, event);
    case YAML_SCALAR_EVENT:
        return on_scalar(loader, event);
    case YAML_SEQUENCE_START_EVENT:
        return begin(loader, cJSON_CreateArray(), event->data.sequence_start.anchor,
                     event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return begin(loader, cJSON_CreateObject(), event->data.mapping_start.anchor,
                     event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end(loader);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return true;
}

static bool load(struct loader *loader)
{
    yaml_event_t event;
    bool is_done = false;
    bool is_good = true;

    yaml_parser_set_encoding(&loader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&loader->parser, (const unsigned char *)loader->text,
                                 loader->size);
    while (is_good && !is_done) {
        if (!yaml_parser_parse(&loader->parser, &event))
            return fail_parser(loader);
        is_done = event.type == YAML_STREAM_END_EVENT;
        is_good = on_event(loader, &event);
        yaml_event_delete(&event);
    }
    if (is_good && !loader->root) {
        loader->root = cJSON_CreateNull();
        is_good = loader->root || assay_fail_memory(loader->err);
    }
    return is_good;
}

cJSON *yaml_read(const char *text, size_t size, struct assay_error *err)
{
    struct loader *loader = NULL; /* the frames make it large for a thread's stack */
    cJSON *root = NULL;

    if (size > JSON_TEXT_MAX) {
        (void)assay_fail(err, ASSAY_INVALID, NULL, "a text of %zu bytes; %d are the most", size,
                         JSON_TEXT_MAX);
        return NULL;
    }
    loader = calloc(1, sizeof *loader);
    if (!loader || !yaml_parser_initialize(&loader->parser)) {
        free(loader);
        (void)assay_fail_memory(err);
        return NULL;
    }
    loader->text = text;
    loader->size = size;
    loader->err = err;
    if (load(loader)) {
        root = loader->root;
        loader->root = NULL;
    }
    cJSON_Delete(loader->root);
    for (int i = 0; i < loader->depth; i++)
        cJSON_free(loader->frames[i].key);
    for (size_t i = 0; i < loader->anchor_count; i++)
        free(loader->anchors[i].name);
    free(loader->anchors);
    yaml_parser_delete(&loader->parser);
    free(loader);
    return root;
}
