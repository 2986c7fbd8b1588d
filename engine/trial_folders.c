/* Folders of a trial: where its replicas have theirs, and those that are the engine's to make. */

#include "engine/trial_replica.h"
#include "launcher/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With what is missing above it. */
static bool make_dirs(const char *path, struct assay_error *err)
{
    char text[PATH_TEXT];
    int error = 0;

    (void)snprintf(text, sizeof text, "%s", path);
    for (char *at = strchr(text + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)mkdir(text, 0777); /* what cannot be made shows below */
        *at = '/';
    }
    error = mkdir(text, 0777) == 0 ? 0 : errno;
    return error == 0 || error == EEXIST ||
           assay_fail_errno(err, error, "make the folder %s", path);
}

/* In the cloud whatever user an image names may write its outputs. Others of this machine are kept
 * out by the state folder. */
static bool open_to_all(const struct trial_launch *trial, const char *buckets_dir,
                        enum storage_links links, struct assay_error *err)
{
    struct stat info;
    int fd = storage_open(trial->output_dir, buckets_dir, links, O_RDONLY | O_DIRECTORY, err);
    bool is_own = fd >= 0 && fstat(fd, &info) == 0 && info.st_uid == geteuid();

    if (is_own)
        (void)fchmod(fd, 0777);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

static bool make_output_dir(const struct trial_launch *trial, const char *buckets_dir,
                            struct assay_error *err)
{
    enum storage_links links = trial->is_guarded ? STORAGE_NO_LINKS : STORAGE_LINKED_BUCKETS;

    if (!storage_below(trial->output_dir, buckets_dir))
        return make_dirs(trial->output_dir, err);
    return storage_make_dirs(trial->output_dir, buckets_dir, links, err) &&
           open_to_all(trial, buckets_dir, links, err);
}

static bool make_replicas_dir(const char *attempt_dir, struct assay_error *err)
{
    char path[PATH_TEXT];

    (void)snprintf(path, sizeof path, "%s/" REPLICAS_NAME, attempt_dir);
    return make_dirs(path, err);
}

bool trial_launch_make_dirs(const struct trial_launch *trial, struct assay_error *err)
{
    static const char buckets[] = ":" GCS_DIR;
    bool is_made = true;

    for (size_t i = 0; i < trial->count && is_made; i++) {
        const struct text_list *mounts = &trial->items[i].mounts;
        char path[PATH_TEXT];
        size_t size = 0;

        if (mounts->count == 0)
            continue;
        size = strlen(mounts->items[0]) - (sizeof buckets - 1); /* the first one is the buckets' */
        (void)snprintf(path, sizeof path, "%.*s", (int)size, mounts->items[0]);
        /* A container that is reused has the job's folder, which begins with this trial's. */
        is_made = make_dirs(path, err) && make_output_dir(trial, path, err) &&
                  (!trial->settings.container.is_reused || make_dirs(trial->items[0].dir, err)) &&
                  (trial->count < 2 || make_replicas_dir(trial->items[0].dir, err));
    }
    return is_made;
}

char *trial_replica_dir(const char *attempt_dir, enum replica_role role, int32_t index,
                        char path[PATH_TEXT])
{
    char name[REPLICA_NAME_TEXT];

    if (role == ROLE_PRIMARY)
        (void)snprintf(path, PATH_TEXT, "%s", attempt_dir);
    else
        (void)snprintf(path, PATH_TEXT, "%.*s/" REPLICAS_NAME "/%s",
                       PATH_TEXT - (int)sizeof REPLICAS_NAME - REPLICA_NAME_TEXT - 2, attempt_dir,
                       replica_name(role, index, name));
    return path;
}
