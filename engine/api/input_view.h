/*
 * engine/api/input_view.h - which dataset a training pipeline gets its data from, and how it is
 * split: what its inputDataConfig says, in one form whatever its spelling. Pure.
 */
#ifndef ENGINE_API_INPUT_VIEW_H
#define ENGINE_API_INPUT_VIEW_H

#include "assay/error.h"
#include "assay/json.h"

/* The members `dataset` and `split` of the object that is being written; nothing where the pipeline
 * has no data. document: a pipeline's, as it is stored. */
bool input_view_write(struct json_writer *w, const char *document, struct assay_error *err);

/* Whether the pipeline's data is of this dataset, by its id. */
bool input_view_is_of(const char *document, const char *dataset, bool *is_of,
                      struct assay_error *err);

#endif
