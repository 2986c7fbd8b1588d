/*
 * engine/pipelines/pipeline_submission.h - a TrainingPipeline on its way into the store: read,
 * checked whole, its backing job, data and model too, handed in.
 *
 * One thread at a time.
 */
#ifndef ENGINE_PIPELINES_PIPELINE_SUBMISSION_H
#define ENGINE_PIPELINES_PIPELINE_SUBMISSION_H

#include "engine/api/submission.h"
#include "engine/spec/pipeline_spec.h"

struct pipeline_submission {
    struct submission_text text;
    cJSON *document;
    struct pipeline_spec *spec; /* NULL where the document cannot be read */
    struct submission job;      /* the backing job, as it would be handed in now; its spec may be
                                   NULL */
    char *job_text;             /* what that borrows */
    struct assay_faults faults; /* all of them, by their paths in the pipeline */
    bool is_unmet;              /* all faults are of the place: the document is right */
};

/* What a document is checked against. */
struct pipeline_place {
    const struct launch_place *launch;
    struct engine *engine; /* with the datasets and models; NULL: they are not looked up */
    const char *parent;    /* "projects/…/locations/…" */
    bool must_be_named;    /* as over REST */
};

/* The document's faults are collected in submission->faults; false and *err are for the rest, and
 * for what is not implemented. Clear it in either case. */
bool pipeline_submission_read(struct pipeline_submission *submission,
                              const struct submission_text *text,
                              const struct pipeline_place *place, struct assay_error *err);
void pipeline_submission_clear(struct pipeline_submission *submission);

/* Has it stored, and worked on from now on: *id is its id. A submission without faults. */
bool pipeline_submission_hand_in(struct pipeline_submission *submission, struct engine *engine,
                                 const char *parent, int64_t *id, struct assay_error *err);

/*
 * The backing job of a pipeline's document, ready to be handed in: what *text, which the caller
 * frees after clearing *job, becomes when it is read. Faults are left in job->faults.
 */
bool pipeline_submission_job(const cJSON *document, const struct pipeline_spec *spec,
                             const struct pipeline_job_facts *facts,
                             const struct submission_text *like, const struct launch_place *place,
                             struct submission *job, char **text, struct assay_error *err);

#endif
