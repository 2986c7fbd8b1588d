#include "launcher/python/package_path.h"

#include "launcher/storage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_package_name(const char *path)
{
    static const char *const endings[] = {
        ".tar.gz", ".whl", ".zip", ".tgz", ".tar.bz2", ".tar.xz"
    };
    size_t size = strlen(path);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i]);

        if (size > ending && strcmp(path + size - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool check(const char *uri, const char *path, struct assay_error *err)
{
    struct stat info;

    if (stat(path, &info) < 0 && (errno == ENOENT || errno == ENOTDIR))
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no package %.300s: no file %.1000s",
                          uri, path);
    if (access(path, R_OK) < 0)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the package %.1000s cannot be read: %s",
                          path, strerrordesc_np(errno));
    if (S_ISDIR(info.st_mode))
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%.1000s is a folder; a package is a file, which python3 -m build or "
                          "setup.py sdist makes of it",
                          path);
    if (!has_package_name(path))
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%.1000s is no package by its name, which ends in .tar.gz, .zip or .whl",
                          path);
    return true;
}

char *package_path(const char *uri, const char *buckets_dir, const char *source_dir,
                   struct assay_error *err)
{
    char *path = storage_path(uri, buckets_dir, source_dir, err);

    if (!path || check(uri, path, err))
        return path;
    free(path);
    return NULL;
}
