#include "engine/keep/trial_outputs.h"

#include "engine/keep/tree_use.h"
#include "launcher/artifact.h"

#include <dirent.h>
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

static bool is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    return strncmp(path, folder, size) == 0 && path[size] == '/';
}

/* is_inside: the job's folder, which counts. Goes on after a failure, whose word stays. */
static void remove_folder(struct removal *removal, const char *path, bool is_inside)
{
    struct tree_use use = { 0 };
    struct assay_error why = { 0 };

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
    char path[PATH_TEXT + NAME_ROOM];
    const struct dirent *entry = NULL;
    DIR *dir = NULL;

    (void)snprintf(folder, sizeof folder, "%.*s/replicas", PATH_TEXT - NAME_ROOM, attempt_dir);
    dir = opendir(folder);
    if (!dir)
        return;
    while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s/work", folder, entry->d_name);
        remove_folder(removal, path, true);
    }
    (void)closedir(dir);
}

bool trial_outputs_remove(const struct outputs_owner *owner, const struct keep_trial *trial,
                          struct outputs_freed *freed, struct assay_error *err)
{
    struct removal removal = { .owner = owner, .freed = freed, .err = err, .is_ok = true };
    char folder[PATH_TEXT];
    char path[PATH_TEXT + NAME_ROOM];

    for (int attempt = 1; attempt <= trial->attempts; attempt++) {
        (void)path_of_attempt(owner->state_dir, owner->job, trial->number, attempt, folder);
        (void)snprintf(path, sizeof path, "%s/work", folder);
        remove_folder(&removal, path, true);
        remove_replicas(&removal, folder);
    }
    if (path_of_output(owner->state_dir, owner->spec, owner->source_dir, owner->job, trial->number,
                       folder, err)) {
        for (size_t i = 0; i < OUTPUT_NAMES; i++) {
            (void)snprintf(path, sizeof path, "%s/%s", folder, output_names[i]);
            remove_folder(&removal, path, are_ours(owner));
        }
        (void)rmdir(folder); /* where nothing is left in it */
    } else {
        removal.is_ok = false;
    }
    return removal.is_ok;
}
