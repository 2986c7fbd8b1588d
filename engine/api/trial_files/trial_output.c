#include "engine/api/trial_files/trial_output.h"

#include "assay/plain_file.h"
#include "engine/paths.h"
#include "launcher/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { FOLDER_FLAGS = O_RDONLY | O_DIRECTORY };

static int fail_absent(int64_t number, struct assay_error *err)
{
    (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "trial %" PRId64 " has left no files", number);
    return -1;
}

/* Of a trial's folder below the job's only the last part is the trial's; the way to it is the
 * machine owner's, who may have links there. "": the job's folder is the trial's. */
static int open_last(const char *base, const char *last, int64_t number, struct assay_error *err)
{
    int folder = open(base, (*last ? O_PATH | O_DIRECTORY : FOLDER_FLAGS) | O_CLOEXEC);
    int fd = folder;
    int error = errno;

    if (folder >= 0 && *last) {
        fd = plain_open_below(folder, last, FOLDER_FLAGS, 0);
        error = errno;
        (void)close(folder);
    }
    if (fd >= 0)
        return fd;
    if (error == ENOENT || error == ENOTDIR)
        return fail_absent(number, err);
    if (error == ELOOP)
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "there is a symbolic link in place of the output folder of trial %" PRId64
                         ", which is not followed",
                         number);
    else
        (void)assay_fail_errno(err, error, "open the output folder of trial %" PRId64, number);
    return -1;
}

/* In gs://: below the folder of all buckets. */
static int open_in_bucket(const char *path, const char *buckets, bool is_guarded, int64_t number,
                          struct assay_error *err)
{
    int fd = storage_open(path, buckets, is_guarded ? STORAGE_NO_LINKS : STORAGE_LINKED_BUCKETS,
                          FOLDER_FLAGS, err);

    return fd < 0 && err->code == ASSAY_NOT_FOUND ? fail_absent(number, err) : fd;
}

int trial_output_open(const struct engine *engine, const struct job_view *view, int64_t number,
                      struct assay_error *err)
{
    const struct job_spec *spec = view->spec;
    const char *state_dir = engine_state_dir(engine);
    bool is_guarded = engine_place(engine).is_guarded;
    char last[32] = "";
    char base[PATH_TEXT];
    char buckets[PATH_TEXT];
    char path[PATH_TEXT + sizeof last];

    /* Trials of an emulation, and those of clients, have written nothing, wherever their documents
     * say that they would. */
    if (engine_is_emulated(engine) || spec->kind == JOB_STUDY)
        return fail_absent(number, err);
    if (!path_of_output(state_dir, spec, view->row.source_dir, view->row.id, 0, base, err))
        return -1;
    if (spec->kind != JOB_CUSTOM)
        (void)snprintf(last, sizeof last, "%" PRId64, number);
    if (snprintf(buckets, sizeof buckets, "%s/buckets", state_dir) >= (int)sizeof buckets)
        return fail_absent(number, err);
    (void)snprintf(path, sizeof path, "%s%s%s", base, *last ? "/" : "", last);
    if (storage_below(path, buckets))
        return open_in_bucket(path, buckets, is_guarded, number, err);
    if (!is_guarded || !spec->run.output_uri)
        return open_last(base, last, number, err);
    (void)assay_fail(err, ASSAY_DENIED, NULL,
                     "the outputs lie in %s; this server shows what lies in buckets only", base);
    return -1;
}
