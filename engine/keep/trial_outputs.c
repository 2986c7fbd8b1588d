#include "engine/keep/trial_outputs.h"

#include "engine/keep/tree_use.h"
#include "launcher/artifact.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static bool is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    return strncmp(path, folder, size) == 0 && path[size] == '/';
}

/*
 * A trial may have put a link in the place of what it can write to, and a container must not have
 * removed what it cannot even see.
 */
static bool is_in_place(const struct outputs_owner *owner, const char *folder)
{
    char buckets[PATH_TEXT + NAME_ROOM];
    char *real = realpath(folder, NULL);
    char *root = NULL;
    struct stat info = { 0 };
    bool is_so = false;

    (void)snprintf(buckets, sizeof buckets, "%s/buckets", owner->state_dir);
    if (!real)
        return false;
    if (is_below(folder, buckets)) {
        root = realpath(buckets, NULL); /* which may be elsewhere, if its owner wants it so */
        is_so = root && is_below(real, root);
    } else if (is_below(folder, owner->state_dir)) {
        is_so = strcmp(real, folder) == 0;
    } else {
        is_so = lstat(folder, &info) == 0 && S_ISDIR(info.st_mode);
    }
    free(root);
    free(real);
    return is_so;
}

/* is_inside: of the job's folder, which counts. Goes on after a failure, whose word stays. */
static void remove_from(struct removal *removal, const char *folder, const char *name,
                        bool is_inside)
{
    struct tree_use use = { 0 };
    struct assay_error why = { 0 };
    char path[PATH_TEXT + NAME_ROOM];

    if (!is_in_place(removal->owner, folder))
        return;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    tree_use_add(&use, path);
    if (use.bytes == 0 || (!is_inside && use.newest_us < removal->owner->create_us))
        return;
    if (artifact_remove(path, &why)) {
        if (is_inside)
            removal->freed->job_bytes += use.bytes;
        else if (is_below(path, removal->owner->state_dir))
            removal->freed->other_bytes += use.bytes;
    } else {
        removal->is_ok = false;
        *removal->err = why;
    }
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
