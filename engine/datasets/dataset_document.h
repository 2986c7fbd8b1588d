/*
 * engine/datasets/dataset_document.h - a Dataset as a client sends it: to be made, or with changes.
 * Pure, but for the memory it takes.
 */
#ifndef ENGINE_DATASETS_DATASET_DOCUMENT_H
#define ENGINE_DATASETS_DATASET_DOCUMENT_H

#include "engine/datasets/data_source.h"
#include "engine/datasets/dataset_kind.h"
#include "engine/spec/fields.h"

/* Owns its strings and trees, which are NULL where absent. */
struct dataset_document {
    char *display_name;
    char *description;
    char *schema_uri;
    char *etag;
    cJSON *metadata;
    cJSON *labels; /* the user's: those of the system are the system's */
    cJSON *encryption;
    bool has_query; /* the one saved query that a new dataset may have */
    char *query_name, *query_problem;
};

/*
 * Reads the shape; faults have paths below "dataset". What a new dataset must have is asked for
 * only if is_new. The caller clears *document, also after faults.
 */
void dataset_document_read(const cJSON *node, bool is_new, struct dataset_document *document,
                           struct assay_faults *faults);
void dataset_document_clear(struct dataset_document *document);

/* Whether its table can be read here: faults for URIs that lead nowhere, whatever is there. False
 * and *err: ASSAY_UNIMPLEMENTED, it is in BigQuery. */
bool dataset_document_check_source(const struct dataset_document *document,
                                   const struct data_place *place, struct assay_faults *faults,
                                   struct assay_error *err);

#endif
