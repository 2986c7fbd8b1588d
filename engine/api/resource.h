/*
 * engine/api/resource.h - rows as the API's resources: Trial, HyperparameterTuningJob, CustomJob,
 * Study.
 *
 * Fields as the service writes them: lowerCamelCase, times with Z, int64 as strings, enums by name
 * or number as the writer is told, no nulls. Of output fields zeros are left out.
 */
#ifndef ENGINE_API_RESOURCE_H
#define ENGINE_API_RESOURCE_H

#include "assay/json.h"
#include "engine/life/live_job.h"
#include "engine/spec/canonical.h"
#include "engine/spec/job_spec.h"

/*
 * An object, without its measurements unless store is given. They are read from it last, which ends
 * the life of row's arrays; where that fails, the writer fails.
 */
void resource_write_trial(struct json_writer *writer, const struct job_row *job,
                          const struct job_spec *spec, const struct trial_row *row,
                          struct store *store);

/* Members of a Trial's `parameters` as one object: {"lr": 0.1, "opt": "adam"}. */
void resource_write_assignment(struct json_writer *writer, const struct job_spec *spec,
                               const struct trial_row *row);

/* A Measurement; values: one per metric, NaN where absent. */
void resource_write_measurement(struct json_writer *writer, const struct job_spec *spec,
                                int64_t step, int64_t elapsed_us, const double *values);

/* {"accuracy": 0.9}: the final measurement, or {} where there is none. */
void resource_write_values(struct json_writer *writer, const struct job_spec *spec,
                           const struct trial_row *row);

/*
 * The whole job: the document in its canonical form, the output fields, and for a tuning job its
 * trials (one walk of store; NULL: none), without their measurements.
 */
bool resource_write_job(struct json_writer *writer, const struct job_row *row,
                        const struct job_spec *spec, struct store *store, struct assay_error *err);

enum { RESOURCE_NAME_SIZE = 384 }; /* of names with any parent that a path can have */

/* "hyperparameterTuningJobs", "customJobs" or "studies", by enum job_kind. */
const char *resource_collection(int kind);

/* "projects/…/hyperparameterTuningJobs/ID", "…/customJobs/ID" or "…/studies/ID". */
void resource_job_name(const struct job_row *row, char *text, size_t size);

/* The form in which a writer wants documents. */
static inline enum canonical_form canonical_form(const struct json_writer *writer)
{
    return writer->has_enum_numbers ? CANONICAL_WIRE_NUMBERS : CANONICAL_WIRE_NAMES;
}

/* The number and name of Study.State for a study's row. */
int resource_study_state(int state, const char **name);

void resource_write_time(struct json_writer *writer, const char *key, int64_t time_us);

#endif
