/*
 * engine/paths.h - where things lie in a state folder. Relative names are what is stored, so that a
 * folder can be moved.
 *
 *   assay.db  lock  socket  assay.log  emulation (an empty file: nothing here is ever run)
 *   jobs/ID/trials/N/ATTEMPT/   stdout.log stderr.log metrics/ work/ and the shim's records
 *   jobs/ID/output/             AIP_* folders, where the document names no baseOutputDirectory
 *   jobs/ID/keep                how far its ended trials were seen to (keep/keep_record.h)
 *   bin/ lease                  what the nodes of a cluster need: the shim, and a sign of life
 *   models/ID/                  manifest.json and model/ of the winner
 *   registry/                   files of the model registry (models/registry.h)
 *   buckets/BUCKET/…            gs://BUCKET/…
 */
#ifndef ENGINE_PATHS_H
#define ENGINE_PATHS_H

#include "engine/spec/job_spec.h"

enum { PATH_TEXT = 4096 };

/* Each fills path and returns it. */
char *path_of_job(const char *state_dir, int64_t job, char path[PATH_TEXT]);
char *path_of_attempt(const char *state_dir, int64_t job, int64_t trial, int attempt,
                      char path[PATH_TEXT]);
char *path_of_model(const char *state_dir, int64_t job, char path[PATH_TEXT]);

/*
 * The output folder of a trial (trial 0: of a custom job), absolute, without trailing slash:
 * <base>/<trial>. False and *err for a base that cannot be mapped to a folder.
 */
bool path_of_output(const char *state_dir, const struct job_spec *spec, const char *source_dir,
                    int64_t job, int64_t trial, char path[PATH_TEXT], struct assay_error *err);

#endif
