/*
 * engine/datasets/dataset.h - a managed dataset as the rest of the engine meets it: found by its
 * id, and, where it is a table, its files opened.
 */
#ifndef ENGINE_DATASETS_DATASET_H
#define ENGINE_DATASETS_DATASET_H

#include "assay/json.h"
#include "engine/datasets/data_source.h"
#include "engine/datasets/dataset_kind.h"
#include "engine/store/dataset_rows.h"

/*
 * Of this project and location; a dataset of this machine's own (STORE_PARENT_LOCAL) is of all. A
 * project's number stands for any id. Clear *row in any case. ASSAY_NOT_FOUND.
 */
bool dataset_find(struct engine *engine, const char *parent, const char *id,
                  struct dataset_row *row, struct assay_error *err);

/* Whether what is of the parent row may be seen from the parent asked. */
bool dataset_is_of(const char *row, const char *asked);

/* The files of a tabular dataset, opened. Clear *files in any case. ASSAY_UNIMPLEMENTED: they are
 * in BigQuery; ASSAY_PRECONDITION: there are none. */
bool dataset_open_table(const struct dataset_row *row, const struct data_place *place,
                        struct data_files *files, struct assay_error *err);

#endif
