#include "engine/keep/trial_outputs.h"

#include "engine/keep/tree_use.h"
#include "launcher/artifact.h"
#include "launcher/storage.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* AIP_TENSORBOARD_LOG_DIR, logs/, is what people look at afterwards. */
static const char *const output_names[] = { "model", "checkpoints" };

enum { OUTPUT_NAMES = sizeof output_names / sizeof output_names[0], NAME_ROOM = 300 };

/* Of a document that names no folder for them: below the job's own. */
static bool are_ours(const struct outputs_owner *owner)
{
    return !owner->spec->run.output_uri;
}

static char *path_of_trial(const struct outputs_owner *owner, int64_t number, char path[PATH_TEXT])
{
    char job[PATH_TEXT];

    (void)snprintf(path, PATH_TEXT, "%.*s/trials/%" PRId64, PATH_TEXT - NAME_ROOM,
                   path_of_job(owner->state_dir, owner->job, job), number);
    return path;
}

int64_t trial_outputs_use(const struct outputs_owner *owner, int64_t number)
{
    struct tree_use use = { 0 };
    struct assay_error err = { 0 };
    char path[PATH_TEXT];

    tree_use_add(&use, path_of_trial(owner, number, path));
    if (are_ours(owner) && path_of_output(owner->state_dir, owner->spec, owner->source_dir,
                                          owner->job, number, path, &err))
        tree_use_add(&use, path);
    return use.bytes;
}

/* A removal under way. */
struct removal {
    const struct outputs_owner *owner;
    struct outputs_freed *freed;
    struct assay_error *err;
    bool is_ok;
};

/*
 * A trial may have put a link in the place of what it can write to, and a container must not have
 * removed what it cannot even see: the folder, opened without following any, or -1.
 */
static int open_in_place(const struct outputs_owner *owner, const char *folder)
{
    char buckets[PATH_TEXT + NAME_ROOM];
    struct assay_error ignored = { 0 };
    const int flags = O_RDONLY | O_DIRECTORY;

    (void)snprintf(buckets, sizeof buckets, "%s/buckets", owner->state_dir);
    if (storage_below(folder, buckets))
        return storage_open(folder, buckets, STORAGE_NO_LINKS, flags, &ignored);
    if (storage_below(folder, owner->state_dir))
        return storage_open(folder, owner->state_dir, STORAGE_NO_LINKS, flags, &ignored);
    return open(folder, flags | O_NOFOLLOW | O_CLOEXEC);
}

/* is_inside: of the job's folder, which counts. Goes on after a failure, whose word stays. */
static void remove_from(struct removal *removal, const char *folder, const char *name,
                        bool is_inside)
{
    struct tree_use use = { 0 };
    struct assay_error why = { 0 };
    char path[NAME_ROOM];
    int fd = open_in_place(removal->owner, folder);

    if (fd < 0)
        return;
    /* The folder that was opened, whatever its name leads to by now. */
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", fd, name);
    tree_use_add(&use, path);
    if (use.bytes == 0 || (!is_inside && use.newest_us < removal->owner->create_us))
        goto out;
    if (artifact_remove(path, &why)) {
        if (is_inside)
            removal->freed->job_bytes += use.bytes;
        else if (storage_below(folder, removal->owner->state_dir))
            removal->freed->other_bytes += use.bytes;
    } else {
        removal->is_ok = false;
        (void)assay_error_add(&why, "%.300s", folder);
        *removal->err = why;
    }
out:
    (void)close(fd);
}

/* The work folders of an attempt's further replicas. */
static void remove_replicas(struct removal *removal, const char *attempt_dir)
{
    char folder[PATH_TEXT];
    char replica[PATH_TEXT];
    const struct dirent *entry = NULL;
    DIR *dir = NULL;

    (void)snprintf(folder, sizeof folder, "%.*s/replicas", PATH_TEXT - NAME_ROOM, attempt_dir);
    dir = opendir(folder);
    if (!dir)
        return;
    while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
        if (entry->d_name[0] == '.' || snprintf(replica, sizeof replica, "%s/%s", folder,
                                                entry->d_name) >= (int)sizeof replica)
            continue;
        remove_from(removal, replica, "work", true);
    }
    (void)closedir(dir);
}

bool trial_outputs_remove(const struct outputs_owner *owner, const struct keep_trial *trial,
                          struct outputs_freed *freed, struct assay_error *err)
{
    struct removal removal = { .owner = owner, .freed = freed, .err = err, .is_ok = true };
    char folder[PATH_TEXT];

    for (int attempt = 1; attempt <= trial->attempts; attempt++) {
        (void)path_of_attempt(owner->state_dir, owner->job, trial->number, attempt, folder);
        remove_from(&removal, folder, "work", true);
        remove_replicas(&removal, folder);
    }
    if (!path_of_output(owner->state_dir, owner->spec, owner->source_dir, owner->job, trial->number,
                        folder, err))
        return false;
    for (size_t i = 0; i < OUTPUT_NAMES; i++)
        remove_from(&removal, folder, output_names[i], are_ours(owner));
    (void)rmdir(folder); /* where nothing is left in it */
    return removal.is_ok;
}
