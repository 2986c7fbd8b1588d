#include "bench/bench_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool bench_folder_make(const char *parent, const char *name, char path[PATH_MAX],
                       struct assay_error *err)
{
    char *real = realpath(parent, NULL);
    bool is_made = false;

    path[0] = '\0';
    if (!real)
        return assay_fail_errno(err, errno, "%s", parent);
    (void)snprintf(path, PATH_MAX, "%.*s/%s-XXXXXX", PATH_MAX / 2, real, name);
    free(real);
    is_made = mkdtemp(path) != NULL;
    if (!is_made) {
        (void)assay_fail_errno(err, errno, "make %s", path);
        path[0] = '\0';
    }
    return is_made;
}

bool bench_program(const char *name, char path[PATH_MAX], struct assay_error *err)
{
    char self[PATH_MAX] = "";
    char *slash = NULL;

    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        return assay_fail_errno(err, errno, "/proc/self/exe");
    slash = strrchr(self, '/');
    (void)snprintf(path, PATH_MAX, "%.*s/%s", slash ? (int)(slash - self) : 0, self, name);
    return access(path, X_OK) == 0 || assay_fail_errno(err, errno, "%s", path);
}
