#include "launcher/python/package_digests.h"

#include "launcher/sha256_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the jobs of one engine, those of today; the oldest gives way. */
enum { ENTRY_COUNT = 256, READ_SIZE = 256 * 1024 };

_Static_assert((int)PACKAGE_DIGEST_TEXT == (int)SHA256_TEXT, "a digest is a SHA-256");

struct entry {
    char *path; /* NULL: free */
    struct stat info;
    char text[PACKAGE_DIGEST_TEXT];
};

struct package_digests {
    pthread_mutex_t mutex; /* guards entries, next */
    struct entry entries[ENTRY_COUNT];
    size_t next;
};

struct package_digests *package_digests_new(struct assay_error *err)
{
    struct package_digests *digests = calloc(1, sizeof *digests);

    if (!digests || pthread_mutex_init(&digests->mutex, NULL) != 0) {
        free(digests);
        (void)assay_fail_memory(err);
        return NULL;
    }
    return digests;
}

void package_digests_free(struct package_digests *digests)
{
    if (!digests)
        return;
    for (size_t i = 0; i < ENTRY_COUNT; i++)
        free(digests->entries[i].path);
    (void)pthread_mutex_destroy(&digests->mutex);
    free(digests);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The one of that path; its lock is held. NULL: none. */
static struct entry *find_entry(struct package_digests *digests, const char *path)
{
    for (size_t i = 0; i < ENTRY_COUNT; i++)
        if (digests->entries[i].path && strcmp(digests->entries[i].path, path) == 0)
            return &digests->entries[i];
    return NULL;
}

static bool recall(struct package_digests *digests, const char *path, const struct stat *info,
                   char text[PACKAGE_DIGEST_TEXT])
{
    const struct entry *entry = NULL;
    bool is_known = false;

    (void)pthread_mutex_lock(&digests->mutex);
    entry = find_entry(digests, path);
    is_known = entry && is_same(&entry->info, info);
    if (is_known)
        memcpy(text, entry->text, PACKAGE_DIGEST_TEXT);
    (void)pthread_mutex_unlock(&digests->mutex);
    return is_known;
}

/* For lack of memory it is read once more the next time. */
static void remember(struct package_digests *digests, const char *path, const struct stat *info,
                     const char text[PACKAGE_DIGEST_TEXT])
{
    struct entry *entry = NULL;

    (void)pthread_mutex_lock(&digests->mutex);
    entry = find_entry(digests, path);
    if (!entry) {
        entry = &digests->entries[digests->next];
        digests->next = (digests->next + 1) % ENTRY_COUNT;
        free(entry->path);
        entry->path = strdup(path);
    }
    entry->info = *info;
    memcpy(entry->text, text, PACKAGE_DIGEST_TEXT);
    (void)pthread_mutex_unlock(&digests->mutex);
}

/* An errno. */
static int read_digest(int fd, char text[PACKAGE_DIGEST_TEXT])
{
    struct sha256_ctx hash;
    unsigned char *buffer = malloc(READ_SIZE);
    ssize_t count = 0;
    int error = buffer ? 0 : ENOMEM;

    sha256_init(&hash);
    while (!error && (count = read(fd, buffer, READ_SIZE)) != 0) {
        if (count > 0)
            sha256_update(&hash, (size_t)count, buffer);
        else if (errno != EINTR)
            error = errno;
    }
    sha256_text(&hash, text);
    free(buffer);
    return error;
}

bool package_digests_find(struct package_digests *digests, const char *path,
                          char text[PACKAGE_DIGEST_TEXT], struct assay_error *err)
{
    /* Not blocking: what lies there may be a FIFO. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info = { 0 };
    int error = 0;
    bool is_ok = true;

    if (fd < 0 || fstat(fd, &info) < 0)
        error = errno;
    if (error == ENOENT || error == ENOTDIR)
        is_ok = assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no package %s", path);
    else if (!error && !S_ISREG(info.st_mode))
        is_ok = assay_fail(err, ASSAY_NOT_FOUND, NULL, "the package %s is no file", path);
    else if (!error && !recall(digests, path, &info, text))
        error = read_digest(fd, text);
    if (is_ok && error)
        is_ok = assay_fail(err, ASSAY_NOT_FOUND, NULL, "the package %s cannot be read: %s", path,
                           strerrordesc_np(error));
    else if (is_ok)
        remember(digests, path, &info, text);
    if (fd >= 0)
        (void)close(fd);
    return is_ok;
}
