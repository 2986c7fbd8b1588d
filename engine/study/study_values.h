/*
 * engine/study/study_values.h - parameters and metrics of a trial, between JSON objects by name, or
 * the plain structs of assay.h, and arrays of numbers.
 */
#ifndef ENGINE_STUDY_STUDY_VALUES_H
#define ENGINE_STUDY_STUDY_VALUES_H

#include "assay.h"
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
/* One value, as a point has it; NaN after a fault. The path stands at it. */
double study_read_value(struct fields *fields, const cJSON *node, const struct param_spec *param);
void study_read_parameters(struct fields *fields, const cJSON *node,
                           const struct search_space *space, double *point);
void study_read_metrics(struct fields *fields, const cJSON *node, const struct study_spec *study,
                        bool is_partial, double *values);

/* The same of plain structs: count of them; one number per metric. */
void study_take_parameters(struct fields *fields, const struct assay_parameter *given, size_t count,
                           const struct search_space *space, double *point);
void study_take_metrics(struct fields *fields, const double *given, const struct study_spec *study,
                        bool is_partial, double *values);

/* Is any of them not NaN? */
bool study_has_values(const double *values, size_t count);

#endif
