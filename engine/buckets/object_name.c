#include "engine/buckets/buckets_private.h"

#include "assay/utf8.h"

#include <limits.h>
#include <string.h>

enum { BUCKET_MIN = 3, BUCKET_PART_MAX = 63, BUCKET_MAX = 222 };

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* As launcher/storage.c has it, from where trials are given their gs:// paths. */
static bool is_bucket_name(const char *name)
{
    size_t size = strlen(name);
    size_t part = 0;
    bool has_dot = strchr(name, '.') != NULL;

    if (size < BUCKET_MIN || size > (size_t)(has_dot ? BUCKET_MAX : BUCKET_PART_MAX) ||
        !is_letter_or_digit(name[0]) || !is_letter_or_digit(name[size - 1]))
        return false;
    for (size_t i = 0; i < size; i++) {
        part = name[i] == '.' ? 0 : part + 1;
        if (part > BUCKET_PART_MAX || (name[i] == '.' && name[i - 1] == '.') ||
            (!is_letter_or_digit(name[i]) && !strchr("-_.", name[i])))
            return false;
    }
    return true;
}

bool bucket_name_check(const char *name, struct assay_error *err)
{
    return is_bucket_name(name) ||
           assay_fail(err, ASSAY_INVALID, NULL,
                      "\"%.80s\" is no bucket name: 3 to 63 lower-case letters, digits, - and _",
                      name);
}

static bool check_text(const char *name, size_t size, struct assay_error *err)
{
    for (size_t at = 0, step = 0; at < size; at += step) {
        step = utf8_size(name + at, size - at);
        if (step == 0)
            return assay_fail(err, ASSAY_INVALID, NULL, "the object's name is not UTF-8");
        if (name[at] == '\n' || name[at] == '\r')
            return assay_fail(err, ASSAY_INVALID, NULL, "the object's name has a line break in it");
    }
    return true;
}

static bool check_part(const char *part, size_t size, struct assay_error *err)
{
    if (size == 0)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "the object's name has an empty part (// or a leading /), which no "
                          "file can have");
    if ((size == 1 && part[0] == '.') || (size == 2 && part[0] == '.' && part[1] == '.'))
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "a part of the object's name is . or .., which no file can have");
    if (size > NAME_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "a part of the object's name, between slashes, is %zu bytes long; a "
                          "file's name has at most %d",
                          size, NAME_MAX);
    return true;
}

bool object_name_check(const char *name, struct assay_error *err)
{
    static const char reserved[] = BUCKETS_UPLOADS "/";
    size_t size = strlen(name);
    const char *part = name;

    if (size == 0)
        return assay_fail(err, ASSAY_INVALID, NULL, "the object has no name");
    if (size > OBJECT_NAME_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "the object's name is %zu bytes long; it may be %d", size,
                          (int)OBJECT_NAME_MAX);
    if (!check_text(name, size, err))
        return false;
    while (*part) {
        size_t length = strcspn(part, "/");

        if (!check_part(part, length, err))
            return false;
        part += length + (part[length] == '/');
    }
    if (strncmp(name, reserved, sizeof reserved - 1) == 0 || strcmp(name, BUCKETS_UPLOADS) == 0)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "names in " BUCKETS_UPLOADS "/ are those of uploads under way");
    return true;
}

bool object_is_folder(const char *name)
{
    size_t size = strlen(name);

    return size > 0 && name[size - 1] == '/';
}
