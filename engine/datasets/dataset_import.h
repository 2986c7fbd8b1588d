/*
 * engine/datasets/dataset_import.h - ImportData: files of JSON Lines or CSV become data items with
 * annotations, a batch of lines per edit.
 *
 * The same content is the same item, whose labels are merged: so an import that was cut short is
 * done again from its beginning. A line that is wrong is left out and told of.
 */
#ifndef ENGINE_DATASETS_DATASET_IMPORT_H
#define ENGINE_DATASETS_DATASET_IMPORT_H

#include "engine/datasets/data_source.h"
#include "engine/datasets/dataset_kind.h"
#include "engine/operations/long_operation.h"
#include "engine/store/dataset_rows.h"

/* "ImportDataOperationMetadata": its request is dataset_import_request(). */
extern const struct long_operation_kind dataset_import_kind;

/*
 * Checks an ImportDataRequest for a dataset, as far as can be told before files are read: faults
 * with paths below "import_configs". False and *err: ASSAY_UNIMPLEMENTED for a schema that is not
 * imported, ASSAY_PRECONDITION for a dataset without items.
 */
bool dataset_import_check(const cJSON *body, const struct dataset_row *dataset,
                          const struct data_place *place, struct assay_faults *faults,
                          struct assay_error *err);

/* What the operation keeps of it; the caller frees it. NULL for lack of memory. */
char *dataset_import_request(const cJSON *body, int64_t dataset);

/* More bad lines are only counted. */
enum { IMPORT_FAILURES_MAX = 20 };

#endif
