#include "engine/api/list/field_mask.h"

#include "assay/utf8.h"
#include "engine/spec/fields.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_TEXT = 1024 };

struct field_mask {
    size_t count;
    const char *paths[FIELD_MASK_PATHS_MAX]; /* into text; names with dots between */
    char text[];                             /* the request's, cut into paths */
};

/* What is left of paths below some member. */
struct rests {
    size_t count;
    const char *items[FIELD_MASK_PATHS_MAX + 1]; /* one for `name` */
};

/* A name that is no text of its own. */
struct name {
    const char *text;
    size_t size;
};

/* Up to the first dot. */
static struct name first_name(const char *path)
{
    return (struct name){ path, strcspn(path, ".") };
}

/* What follows the name, "" at the end of the path. */
static const char *path_after(struct name name)
{
    const char *end = name.text + name.size;

    return *end ? end + 1 : end;
}

/* Takes the next character off a name, as camelCase has it; NUL at its end. */
static char next_camel(struct name *name)
{
    size_t taken = 1;
    char c = '\0';

    if (name->size == 0)
        return '\0';
    c = name->text[0];
    if (c == '_' && name->size > 1 && islower((unsigned char)name->text[1])) {
        c = (char)toupper((unsigned char)name->text[1]);
        taken = 2;
    }
    name->text += taken;
    name->size -= taken;
    return c;
}

/* Is it the same name, in whichever spelling, or is it named by a star? */
static bool is_named_by(struct name wanted, struct name name)
{
    char c = '\0';

    if (wanted.size == 1 && *wanted.text == '*')
        return true;
    do {
        c = next_camel(&wanted);
        if (c != next_camel(&name))
            return false;
    } while (c);
    return true;
}

static bool fail_unknown(struct name name, const char *field, const char *const *known,
                         size_t known_count, struct assay_error *err)
{
    char word[FIELDS_TEXT_MAX];
    char list[LIST_TEXT] = "";
    char suggestion[FIELDS_TEXT_MAX];
    size_t used = 0;

    (void)snprintf(word, sizeof word, "%.*s", (int)name.size, name.text);
    for (size_t i = 0; i < known_count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", known[i]);
    return assay_fail(err, ASSAY_INVALID, field, "no field \"%s\"; expected some of %s%s", word,
                      list, fields_suggest(word, known, known_count, suggestion));
}

static bool check_known(const char *path, const char *field, const char *const *known,
                        size_t known_count, struct assay_error *err)
{
    struct name name = first_name(path);

    if (!known)
        return true;
    for (size_t i = 0; i < known_count; i++)
        if (is_named_by(name, (struct name){ known[i], strlen(known[i]) }))
            return true;
    return fail_unknown(name, field, known, known_count, err);
}

/* Each name has at least one character, all of them visible ones. */
static bool check_path(const char *path, const char *field, struct assay_error *err)
{
    size_t size = strlen(path);
    int depth = 1;

    for (size_t at = 0, step = 0; at < size; at += step) {
        step = utf8_size(path + at, size - at);
        if (step == 0 || (unsigned char)path[at] <= ' ')
            return assay_fail(err, ASSAY_INVALID, field,
                              "expected names with commas or dots between, found the byte 0x%02x",
                              (unsigned)(unsigned char)path[at]);
        depth += path[at] == '.';
    }
    if (size == 0 || *path == '.' || path[size - 1] == '.' || strstr(path, ".."))
        return assay_fail(err, ASSAY_INVALID, field, "expected a name, found nothing in \"%.64s\"",
                          path);
    return depth <= FIELD_MASK_DEPTH_MAX ||
           assay_fail(err, ASSAY_INVALID, field, "expected at most %d names with dots between",
                      FIELD_MASK_DEPTH_MAX);
}

/* Ends the path at its last character that is no blank; returns where it begins. */
static char *trim_blanks(char *path)
{
    size_t size = 0;

    path += strspn(path, " ");
    size = strlen(path);
    while (size > 0 && path[size - 1] == ' ')
        size--;
    path[size] = '\0';
    return path;
}

/* Cuts the text into its paths. */
static bool cut(struct field_mask *mask, const char *field, struct assay_error *err)
{
    char *at = mask->text;

    while (at) {
        char *path = at;

        at = strchr(path, ',');
        if (at)
            *at++ = '\0';
        path = trim_blanks(path);
        if (mask->count == FIELD_MASK_PATHS_MAX)
            return assay_fail(err, ASSAY_INVALID, field, "expected at most %d paths",
                              FIELD_MASK_PATHS_MAX);
        if (!check_path(path, field, err))
            return false;
        mask->paths[mask->count++] = path;
    }
    return true;
}

static bool read_mask(struct field_mask *mask, const char *field, const char *const *known,
                      size_t known_count, struct assay_error *err)
{
    if (mask->text[0] && !cut(mask, field, err))
        return false;
    for (size_t i = 0; i < mask->count; i++)
        if (!check_known(mask->paths[i], field, known, known_count, err))
            return false;
    return true;
}

struct field_mask *field_mask_parse(const char *text, const char *field, const char *const *known,
                                    size_t known_count, struct assay_error *err)
{
    size_t size = text ? strlen(text) : 0;
    struct field_mask *mask = NULL;

    if (size > FIELD_MASK_TEXT_MAX) {
        (void)assay_fail(err, ASSAY_INVALID, field, "expected at most %d bytes, found %zu",
                         FIELD_MASK_TEXT_MAX, size);
        return NULL;
    }
    mask = calloc(1, sizeof *mask + size + 1);
    if (!mask) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    if (size > 0)
        memcpy(mask->text, text, size);
    if (read_mask(mask, field, known, known_count, err))
        return mask;
    field_mask_free(mask);
    return NULL;
}

void field_mask_free(struct field_mask *mask)
{
    free(mask);
}

/* False: no path names the member. Else rests is what they name inside it; nothing: all of it. */
static bool find_rests(const struct rests *paths, const char *key, struct rests *rests)
{
    rests->count = 0;
    for (size_t i = 0; i < paths->count; i++) {
        struct name wanted = first_name(paths->items[i]);
        const char *rest = path_after(wanted);

        if (!is_named_by(wanted, (struct name){ key, strlen(key) }))
            continue;
        if (!*rest) {
            rests->count = 0;
            return true;
        }
        rests->items[rests->count++] = rest;
    }
    return rests->count > 0;
}

static void delete_item(cJSON *parent, cJSON *item)
{
    cJSON_Delete(cJSON_DetachItemViaPointer(parent, item));
}

static void trim_object(cJSON *object, const struct rests *paths);

/* False where the node has no members that the paths could name. Lists in lists have none. */
static bool trim_inside(cJSON *node, const struct rests *paths)
{
    cJSON *next = NULL;

    if (cJSON_IsObject(node)) {
        trim_object(node, paths);
        return true;
    }
    if (!cJSON_IsArray(node))
        return false;
    for (cJSON *item = node->child; item; item = next) {
        next = item->next;
        if (cJSON_IsObject(item))
            trim_object(item, paths);
        else
            delete_item(node, item);
    }
    return true;
}

/* Goes as deep as the longest path, not as the tree. */
static void trim_object(cJSON *object, const struct rests *paths)
{
    cJSON *next = NULL;

    for (cJSON *member = object->child; member; member = next) {
        struct rests rests;

        next = member->next;
        if (!find_rests(paths, member->string, &rests) ||
            (rests.count > 0 && !trim_inside(member, &rests)))
            delete_item(object, member);
    }
}

void field_mask_apply(const struct field_mask *mask, cJSON *resource)
{
    struct rests paths = { .count = mask->count };

    if (mask->count == 0)
        return;
    memcpy(paths.items, mask->paths, mask->count * sizeof *mask->paths);
    paths.items[paths.count++] = "name";
    (void)trim_inside(resource, &paths);
}

static enum field_mask_cover path_covers(const char *wanted, const char *path)
{
    while (*wanted && *path) {
        struct name wanted_name = first_name(wanted);
        struct name name = first_name(path);

        if (!is_named_by(wanted_name, name))
            return FIELD_MASK_NOTHING;
        wanted = path_after(wanted_name);
        path = path_after(name);
    }
    return *wanted ? FIELD_MASK_PART : FIELD_MASK_WHOLE;
}

enum field_mask_cover field_mask_covers(const struct field_mask *mask, const char *path)
{
    enum field_mask_cover best = mask->count == 0 ? FIELD_MASK_WHOLE : FIELD_MASK_NOTHING;

    for (size_t i = 0; i < mask->count; i++) {
        enum field_mask_cover cover = path_covers(mask->paths[i], path);

        if (cover > best)
            best = cover;
    }
    return best;
}
