#include "launcher/slurm/slurm_shim.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a of the whole file. */
static int hash_file(int fd, uint64_t *hash)
{
    unsigned char piece[16384];
    off_t at = 0;
    ssize_t size = 0;

    *hash = UINT64_C(14695981039346656037);
    while ((size = pread(fd, piece, sizeof piece, at)) > 0) {
        for (ssize_t i = 0; i < size; i++)
            *hash = (*hash ^ piece[i]) * UINT64_C(1099511628211);
        at += size;
    }
    return size < 0 ? errno : 0;
}

static int copy_file(int from, int to)
{
    ssize_t count = 1;

    while (count > 0)
        count = sendfile(to, from, NULL, 1 << 20);
    return count < 0 || fchmod(to, 0755) < 0 ? errno : 0;
}

/* Appears whole or not at all; of two engines at once the second wins, with the same bytes. */
static int install(int from, const char *path)
{
    char partial[PATH_MAX + 8];
    int to = -1;
    int error = 0;

    (void)snprintf(partial, sizeof partial, "%s.XXXXXX", path);
    to = mkostemp(partial, O_CLOEXEC);
    if (to < 0)
        return errno;
    error = copy_file(from, to);
    if (close(to) < 0 && !error)
        error = errno;
    if (!error && rename(partial, path) < 0)
        error = errno;
    if (error)
        (void)unlink(partial);
    return error;
}

int slurm_shim_install(const char *source, const char *state_dir, char path[PATH_MAX])
{
    char bin[PATH_MAX];
    char name[64];
    uint64_t hash = 0;
    int fd = open(source, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : hash_file(fd, &hash);

    (void)snprintf(name, sizeof name, "assay-shim-%016" PRIx64, hash);
    if (!error)
        error = record_path(bin, sizeof bin, state_dir, "bin");
    if (!error)
        error = record_path(path, PATH_MAX, bin, name);
    if (!error)
        error = record_make_dirs(bin);
    if (!error && access(path, X_OK) < 0)
        error = install(fd, path);
    if (fd >= 0)
        (void)close(fd);
    return error;
}
