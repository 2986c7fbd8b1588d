#include "engine/paths.h"

#include "launcher/storage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

char *path_of_job(const char *state_dir, int64_t job, char path[PATH_TEXT])
{
    (void)snprintf(path, PATH_TEXT, "%s/jobs/%" PRId64, state_dir, job);
    return path;
}

char *path_of_attempt(const char *state_dir, int64_t job, int64_t trial, int attempt,
                      char path[PATH_TEXT])
{
    (void)snprintf(path, PATH_TEXT, "%s/jobs/%" PRId64 "/trials/%" PRId64 "/%d", state_dir, job,
                   trial, attempt);
    return path;
}

char *path_of_model(const char *state_dir, int64_t job, char path[PATH_TEXT])
{
    (void)snprintf(path, PATH_TEXT, "%s/models/%" PRId64, state_dir, job);
    return path;
}

bool path_of_output(const char *state_dir, const struct job_spec *spec, const char *source_dir,
                    int64_t job, int64_t trial, char path[PATH_TEXT], struct assay_error *err)
{
    char buckets[PATH_TEXT];
    char job_dir[PATH_TEXT];
    char *base = NULL;
    int size = 0;

    (void)snprintf(buckets, sizeof buckets, "%s/buckets", state_dir);
    if (spec->run.output_uri)
        base = storage_path(spec->run.output_uri, buckets, source_dir, err);
    else if (asprintf(&base, "%s/output", path_of_job(state_dir, job, job_dir)) < 0)
        base = NULL;
    if (!base)
        return spec->run.output_uri ? false : assay_fail_memory(err);
    size = trial ? snprintf(path, PATH_TEXT, "%s/%" PRId64, base, trial)
                 : snprintf(path, PATH_TEXT, "%s", base);
    free(base);
    if (size < PATH_TEXT)
        return true;
    return assay_fail(err, ASSAY_INVALID, "base_output_directory.output_uri_prefix",
                      "the path is longer than %d bytes", PATH_TEXT);
}
