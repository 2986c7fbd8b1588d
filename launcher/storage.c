#include "launcher/storage.h"

#include "assay/plain_file.h"
#include "launcher/shim/record_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

const char *storage_below(const char *path, const char *dir)
{
    size_t size = strlen(dir);

    return strncmp(path, dir, size) == 0 && path[size] == '/' && path[size + 1] ? path + size + 1
                                                                                : NULL;
}

/* False and *err, in words for what may be in the way. */
static bool fail_open(const char *path, int error, struct assay_error *err)
{
    if (error == ENOENT || error == ENOTDIR)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no %s", path);
    if (error == ELOOP)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "there is a symbolic link in %s, which is not followed", path);
    return assay_fail_errno(err, error, "%s", path);
}

/* Opens the folder from which on no link is followed, and cuts *rest to what is below it; *rest is
 * "." for that folder itself. */
static int open_root(const char *dir, enum storage_links links, const char **rest)
{
    char bucket[NAME_MAX + 1];
    size_t size = strcspn(*rest, "/");
    int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = -1;
    int error = 0;

    if (root < 0 || links == STORAGE_NO_LINKS)
        return root;
    if (size > NAME_MAX) {
        (void)close(root);
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(bucket, *rest, size);
    bucket[size] = '\0';
    fd = openat(root, bucket, O_PATH | O_DIRECTORY | O_CLOEXEC);
    error = errno;
    (void)close(root);
    *rest += size + strspn(*rest + size, "/");
    if (!**rest)
        *rest = ".";
    errno = error;
    return fd;
}

int storage_open(const char *path, const char *dir, enum storage_links links, int flags,
                 struct assay_error *err)
{
    const char *rest = storage_below(path, dir);
    int root = -1;
    int fd = -1;
    int error = 0;

    if (!rest) {
        (void)assay_fail(err, ASSAY_INVALID, NULL, "%s is not below %s", path, dir);
        return -1;
    }
    root = open_root(dir, links, &rest);
    fd = root < 0 ? -1 : plain_open_below(root, rest, flags, 0666);
    error = errno;
    if (root >= 0)
        (void)close(root);
    if (fd < 0)
        (void)fail_open(path, error, err);
    return fd;
}

/* Makes the first part of the path where it is missing, opens it, moves on to the rest. */
static int make_part(int folder, const char **path, bool may_be_link)
{
    char name[NAME_MAX + 1];
    size_t size = strcspn(*path, "/");

    if (size > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, *path, size);
    name[size] = '\0';
    *path += size + strspn(*path + size, "/");
    if (mkdirat(folder, name, 0777) < 0 && errno != EEXIST)
        return -1;
    return may_be_link ? openat(folder, name, O_PATH | O_DIRECTORY | O_CLOEXEC)
                       : plain_open_below(folder, name, O_PATH | O_DIRECTORY, 0);
}

bool storage_make_dirs(const char *path, const char *dir, enum storage_links links,
                       struct assay_error *err)
{
    const char *rest = storage_below(path, dir);
    bool may_be_link = links == STORAGE_LINKED_BUCKETS;
    int error = rest ? record_make_dirs(dir) : EINVAL;
    int folder = error ? -1 : open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (!error && folder < 0)
        error = errno;
    while (!error && *rest) {
        int next = make_part(folder, &rest, may_be_link);

        error = next < 0 ? errno : 0;
        (void)close(folder);
        folder = next;
        may_be_link = false;
    }
    if (folder >= 0)
        (void)close(folder);
    if (!error)
        return true;
    return error == ELOOP ? fail_open(path, error, err)
                          : assay_fail_errno(err, error, "make the folder %s", path);
}
