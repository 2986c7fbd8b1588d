#include "launcher/slurm/slurm_debts.h"

#include "launcher/shim/record_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

int slurm_debts_note(const char *dir, const char *tag)
{
    char path[PATH_MAX];
    int error = record_make_dirs(dir);
    int fd = -1;

    if (!error)
        error = record_path(path, sizeof path, dir, tag);
    if (error)
        return error;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    return fd < 0 || close(fd) < 0 ? errno : 0;
}

void slurm_debts_settle(const char *dir, const char *tag)
{
    char path[PATH_MAX];

    if (record_path(path, sizeof path, dir, tag) == 0)
        (void)unlink(path);
}

void slurm_debts_each(const char *dir, slurm_debt_fn fn, void *context)
{
    DIR *notes = opendir(dir);
    const struct dirent *note = NULL;

    while (notes && (note = readdir(notes))) {
        if (note->d_name[0] != '.')
            fn(context, note->d_name);
    }
    if (notes)
        (void)closedir(notes);
}
