/*
 * engine/api/vertex/vertex_jobs.h - what the files that answer for Vertex AI's jobs share.
 */
#ifndef ENGINE_API_VERTEX_VERTEX_JOBS_H
#define ENGINE_API_VERTEX_VERTEX_JOBS_H

#include "engine/api/api_private.h"

/*
 * Whether "projects/…/locations/…" is what the path means. A project's number stands for any id,
 * since only the cloud knows which is whose; "-" stands for all.
 */
bool vertex_is_parent(const struct api_call *call, const char *parent);

/* The body of a method without arguments of note: nothing, "" or an object with at most a name and
 * the one argument ("": none). */
bool vertex_check_arguments(const struct api_call *call, const char *argument,
                            struct assay_error *err);

/* The resource that a row is, with its trials where it has some and they are wanted. */
bool vertex_write_job(struct api_call *call, struct json_writer *writer, const struct job_row *row,
                      bool has_trials, struct assay_error *err);
/* The same, as the answer, of a job that the store is asked for: ASSAY_NOT_FOUND. */
bool vertex_write_stored_job(struct api_call *call, int64_t job, bool has_trials,
                             struct assay_error *err);

/* Begins a member that is a google.protobuf.Any of this message, in the version of the path. */
void vertex_begin_message(struct api_call *call, const char *key, const char *message);

bool vertex_list_jobs(struct api_call *call, enum job_kind kind, struct assay_error *err);

#endif
