#include "launcher/storage.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKET_MIN = 3, BUCKET_PART_MAX = 63, BUCKET_MAX = 222 };

/* "gs" of "gs://…": the length of the scheme, 0 for a plain path. */
static size_t scheme_size(const char *uri)
{
    size_t size = 0;

    while (isalnum((unsigned char)uri[size]) || (size && uri[size] && strchr("+-.", uri[size])))
        size++;
    return strncmp(uri + size, "://", 3) == 0 && isalpha((unsigned char)uri[0]) ? size : 0;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/*
 * The storage service's rules for names: 3 to 63 lower-case letters, digits, '-', '_'; with dots up
 * to 222, each part at most 63; a letter or digit at both ends.
 */
static bool is_bucket_name(const char *name, size_t size)
{
    size_t part = 0;
    bool has_dot = memchr(name, '.', size) != NULL;

    if (size < BUCKET_MIN || size > (has_dot ? BUCKET_MAX : BUCKET_PART_MAX) ||
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

/* A path being built: absolute, without trailing slash; "" is the root. */
struct path {
    char *text;
    size_t size;
    size_t fence; /* ".." does not go above this size */
};

/* Appends rest part by part. False when ".." met the fence, where it has no effect. */
static bool append(struct path *path, const char *rest)
{
    bool is_inside = true;

    while (*rest) {
        size_t part = strcspn(rest, "/");

        if (part == 2 && memcmp(rest, "..", 2) == 0) {
            is_inside = is_inside && path->size > path->fence;
            while (path->size > path->fence && path->text[--path->size] != '/')
                continue;
        } else if (part && !(part == 1 && *rest == '.')) {
            path->text[path->size++] = '/';
            memcpy(path->text + path->size, rest, part);
            path->size += part;
        }
        rest += part;
        rest += strspn(rest, "/");
    }
    path->text[path->size] = '\0';
    return is_inside;
}

/* base and rest joined; ".." in rest must stay below base when is_fenced. */
static char *join(const char *base, const char *rest, bool is_fenced, struct assay_error *err)
{
    struct path path = { .text = malloc(strlen(base) + strlen(rest) + 3) };

    if (!path.text) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    (void)append(&path, base); /* above the root is the root, as the kernel has it */
    path.fence = is_fenced ? path.size : 0;
    if (!append(&path, rest) && is_fenced) {
        free(path.text);
        (void)assay_fail(err, ASSAY_INVALID, NULL, "the path leaves its bucket");
        return NULL;
    }
    if (path.size == 0)
        memcpy(path.text, "/", 2);
    return path.text;
}

static char *bucket_path(const char *rest, const char *buckets_dir, struct assay_error *err)
{
    size_t size = strcspn(rest, "/");
    char bucket[BUCKET_MAX + 1];
    char *base = NULL;
    char *path = NULL;

    if (!is_bucket_name(rest, size)) {
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "\"%.*s\" is no bucket name: 3 to 63 lower-case letters, digits, - and _",
                         (int)(size < BUCKET_MAX ? size : BUCKET_MAX), rest);
        return NULL;
    }
    if (!buckets_dir) {
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL, "there is no folder for buckets");
        return NULL;
    }
    memcpy(bucket, rest, size);
    bucket[size] = '\0';
    base = join(buckets_dir, bucket, true, err);
    if (base)
        path = join(base, rest + size, true, err);
    free(base);
    return path;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* A file URI's path is percent-encoded, as pathlib's as_uri() writes it. In place; false: bad. */
static bool decode(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        if (*from == '%') {
            int high = hex_digit(from[1]);
            int low = high < 0 ? -1 : hex_digit(from[2]);

            if (low < 0 || (high == 0 && low == 0))
                return false;
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return true;
}

static char *file_path(const char *rest, struct assay_error *err)
{
    static const char localhost[] = "localhost/";
    char *text = NULL;
    char *path = NULL;

    if (strncmp(rest, localhost, sizeof localhost - 1) == 0)
        rest += sizeof localhost - 2;
    if (rest[0] != '/') {
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "a file URI names no host: file:///absolute/path");
        return NULL;
    }
    text = strdup(rest);
    if (!text)
        (void)assay_fail_memory(err);
    else if (!decode(text))
        (void)assay_fail(err, ASSAY_INVALID, NULL, "a %% in a file URI needs two hex digits");
    else
        path = join("", text, false, err);
    free(text);
    return path;
}

static char *locate(const char *uri, const char *buckets_dir, const char *source_dir,
                    struct assay_error *err)
{
    size_t scheme = scheme_size(uri);

    if (uri[0] == '\0')
        (void)assay_fail(err, ASSAY_INVALID, NULL, "the path is empty");
    else if (scheme == 2 && memcmp(uri, "gs", 2) == 0)
        return bucket_path(uri + 5, buckets_dir, err);
    else if (scheme == 4 && memcmp(uri, "file", 4) == 0)
        return file_path(uri + 7, err);
    else if (scheme)
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "scheme \"%.*s\" is not known; use gs://, file:// or a path",
                         (int)(scheme < 32 ? scheme : 32), uri);
    else if (uri[0] == '/')
        return join("", uri, false, err);
    else if (source_dir)
        return join(source_dir, uri, false, err);
    else
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "the path must be absolute: the document is in no folder");
    return NULL;
}

char *storage_path(const char *uri, const char *buckets_dir, const char *source_dir,
                   struct assay_error *err)
{
    char *path = locate(uri, buckets_dir, source_dir, err);

    if (!path && err->code != ASSAY_EXHAUSTED)
        (void)assay_error_add(err, "%.300s", uri);
    return path;
}
