/*
 * engine/study/study_document.h - the document of a study for ask and tell, read.
 *
 * {"study": {…}} or the study alone: studySpec, maxTrialCount, parallelTrialCount, seed, algorithm,
 * and whatever else a HyperparameterTuningJob may have, which is checked and means nothing here. So
 * the file that `assay run` takes will do. JSON or YAML.
 */
#ifndef ENGINE_STUDY_STUDY_DOCUMENT_H
#define ENGINE_STUDY_STUDY_DOCUMENT_H

#include "assay/json.h"
#include "engine/spec/job_spec.h"

struct study_document {
    struct job_spec *spec; /* owned. kind is JOB_TUNING, there is no run; a count that was not given
                              is 0; seed and algorithm are those of spec->assay */
    cJSON *canonical;      /* owned: what decides about suggestions, in one form, a study document
                              itself; its seed is added by study_document_set_seed() */
};

/*
 * False and *err: every fault is in *faults with its line and path (ASSAY_INVALID), or the text is
 * neither JSON nor YAML, or memory is short. Clear the document either way.
 */
bool study_document_read(const char *text, size_t size, struct study_document *document,
                         struct assay_faults *faults, struct assay_error *err);

/* The same of a tree that is there; root is the study itself or {"study": …}. */
bool study_document_from_json(const cJSON *root, struct study_document *document,
                              struct assay_faults *faults, struct assay_error *err);

void study_document_clear(struct study_document *document); /* a zeroed one is fine */

/* For a document without a seed. False for lack of memory. */
bool study_document_set_seed(struct study_document *document, uint64_t seed);

/*
 * Is the study the one that was stored? ASSAY_PRECONDITION names the first field that differs, with
 * both values. A document that has no seed of its own takes the stored one's first.
 */
bool study_document_match(struct study_document *document, const struct study_document *stored,
                          struct assay_error *err);

#endif
