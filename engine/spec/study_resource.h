/*
 * engine/spec/study_resource.h - a Study of VizierService: JSON in, typed spec out.
 */
#ifndef ENGINE_SPEC_STUDY_RESOURCE_H
#define ENGINE_SPEC_STUDY_RESOURCE_H

#include "assay/json.h"
#include "engine/spec/job_spec.h"

/*
 * A Study as a job_spec of the kind JOB_STUDY: no run, no limit of trials but those of
 * studyStoppingConfig. An `assay:` block may stand beside. Faults are as those of
 * job_spec_from_json(), their paths begin with "study.".
 */
struct job_spec *study_resource_from_json(const cJSON *root, struct assay_faults *faults,
                                          struct assay_error *err);

#endif
