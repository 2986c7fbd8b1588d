/*
 * engine/study/study_specs.h - what a study searches and measures, in the words of assay.h.
 *
 * Immutable; any thread may read it.
 */
#ifndef ENGINE_STUDY_STUDY_SPECS_H
#define ENGINE_STUDY_STUDY_SPECS_H

#include "assay.h"
#include "engine/spec/job_spec.h"

struct study_specs {
    struct assay_parameter_spec *parameters; /* as many as the study has, in the same order */
    struct assay_metric_spec *metrics;
};

/* Borrows study, which must outlive it. NULL for lack of memory. */
struct study_specs *study_specs_new(const struct study_spec *study);
void study_specs_free(struct study_specs *specs); /* NULL is fine */

#endif
