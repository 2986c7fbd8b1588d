/*
 * engine/study/study_values.h - parameters and metrics of a trial, between JSON objects by name and
 * arrays of numbers.
 */
#ifndef ENGINE_STUDY_STUDY_VALUES_H
#define ENGINE_STUDY_STUDY_VALUES_H

#include "engine/spec/fields.h"
#include "engine/spec/job_spec.h"

/* {"lr": 0.1, "opt": "adam"}; inactive parameters are left out. */
void study_write_parameters(struct json_writer *writer, const struct search_space *space,
                            const double *point);

/* {"loss": 0.25}; metrics that are NaN are left out. */
void study_write_metrics(struct json_writer *writer, const struct study_spec *study,
                         const double *values);

/*
 * The other way; the path of fields stands at the entry around node. Faults: a name that the study
 * does not have, a value that is not legal, one that is missing (of metrics: unless is_partial) or
 * of a parameter that is inactive. What is at fault is NaN.
 */
void study_read_parameters(struct fields *fields, const cJSON *node,
                           const struct search_space *space, double *point);
void study_read_metrics(struct fields *fields, const cJSON *node, const struct study_spec *study,
                        bool is_partial, double *values);

#endif
