/*
 * engine/api/submission.h - a document on its way to a job: read, checked whole, handed in.
 *
 * One thread at a time.
 */
#ifndef ENGINE_API_SUBMISSION_H
#define ENGINE_API_SUBMISSION_H

#include "engine/engine.h"
#include "engine/spec/job_document.h"
#include "engine/trial_command.h"

/* As it was received; all borrowed. */
struct submission_text {
    const char *document;
    enum document_format format;
    const char *dir;        /* where relative paths in it begin */
    const cJSON *overrides; /* a list of {"path": …, "value": …}; may be NULL */
    bool is_emulated;       /* what nobody here can run is taken, too */
};

struct submission {
    struct submission_text text;
    cJSON *document;
    struct job_spec *spec; /* NULL where there are faults */
    struct assay_faults faults;
    struct assay_faults notes; /* what is no fault, and still not what one may expect */
    bool is_unmet;             /* all faults are of the place: the document is right */
};

/* The document with its overrides; what is wrong with it is added to *faults. The caller owns it;
 * NULL where it cannot be read. */
cJSON *submission_document(const struct submission_text *text, struct assay_faults *faults);

/*
 * Text to typed spec, with all that can be known of a run in that place. The document's faults are
 * collected in submission->faults; false and *err are for the rest (no memory). Clear it in
 * either case.
 */
bool submission_read(struct submission *submission, const struct submission_text *text,
                     const struct launch_place *place, struct assay_error *err);
/* The place and the document, as a trial's command is made from them; without a point. */
struct trial_command_input submission_command_input(const struct submission *submission,
                                                    const struct launch_place *place);
/* The same of a Study, which runs nothing here. */
bool submission_read_study(struct submission *submission, const struct submission_text *text,
                           struct assay_error *err);
void submission_clear(struct submission *submission);

/*
 * Has it stored and run: *job is its id. parent ("projects/…/locations/…") may be NULL: this
 * machine's. edit, which may be NULL, is of the same moment: refused, there is no job either. A
 * submission without faults.
 */
bool submission_hand_in(struct submission *submission, struct engine *engine, const char *parent,
                        const struct edit *edit, int64_t *job, struct assay_error *err);
/* A seed for whoever was given none: 53 bits, so that it survives every JSON reader. */
bool submission_seed(const struct assay_env *env, uint64_t *seed, struct assay_error *err);

#endif
