/*
 * engine/api/vizier/vizier_studies.h - what the files that answer for VizierService share.
 */
#ifndef ENGINE_API_VIZIER_VIZIER_STUDIES_H
#define ENGINE_API_VIZIER_VIZIER_STUDIES_H

#include "engine/api/api_private.h"
#include "engine/api/job_view.h"

/* A study that a path names; borrowed from its view. */
struct study {
    const struct job_view *view;
    struct job_row row;
    const struct job_spec *spec;
};

/* ASSAY_NOT_FOUND. Clear it, also after false. */
bool study_read(const struct api_call *call, struct study *study, struct assay_error *err);
void study_clear(struct study *study);

/* The request's body; NULL where it is empty, with err->code ASSAY_OK, or no JSON. */
cJSON *study_read_body(const struct api_call *call, struct assay_error *err);

/* A number of a path: a trial's, an operation's. 0 where it is none. */
int64_t study_path_number(const struct api_call *call, enum route_word word);

/* The trial of this number; *is_found: there is one. Within engine_read_begin(). */
bool study_write_trial(struct api_call *call, const struct study *study, struct store *store,
                       int64_t number, bool *is_found, struct assay_error *err);

/* An operation of the study, as it was answered; ASSAY_NOT_FOUND. */
bool study_write_operation(struct api_call *call, const struct study *study, int64_t number,
                           struct assay_error *err);

#endif
