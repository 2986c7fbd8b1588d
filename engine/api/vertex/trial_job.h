/*
 * engine/api/vertex/trial_job.h - the CustomJob that a trial of a tuning job is.
 */
#ifndef ENGINE_API_VERTEX_TRIAL_JOB_H
#define ENGINE_API_VERTEX_TRIAL_JOB_H

#include "engine/api/resource.h"

/* Its number in customJobs/ID to that of the tuning job and the trial; false: it is no trial's. */
bool trial_job_find(int64_t id, int64_t *job, int64_t *trial);

/*
 * The resource: the tuning job's trialJobSpec, its output directory that of the trial, and the
 * trial's state in the words of a job.
 */
bool trial_job_write(struct json_writer *writer, const struct job_row *job,
                     const struct trial_row *trial, struct assay_error *err);

#endif
