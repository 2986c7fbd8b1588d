/*
 * engine/datasets/dataset_export.h - ExportData: a dataset's data as files in a folder that appears
 * whole or not at all.
 */
#ifndef ENGINE_DATASETS_DATASET_EXPORT_H
#define ENGINE_DATASETS_DATASET_EXPORT_H

#include "engine/datasets/data_source.h"
#include "engine/operations/long_operation.h"
#include "engine/store/dataset_rows.h"

/* "ExportDataOperationMetadata": its request is dataset_export_request(). */
extern const struct long_operation_kind dataset_export_kind;

/* What an ExportDataRequest comes to; owns its texts, NULL where they are not known. */
struct dataset_export_plan {
    char *request;  /* what the operation keeps */
    char *metadata; /* of the operation: {"gcsOutputDirectory"} */
};

/* Checks the request and makes the folder, which is named by now_us or, where that is taken, some
 * milliseconds later: faults with paths below
 * "export_config". False and *err for what is no fault of it. Clear *plan in any case. */
bool dataset_export_plan(const cJSON *body, const struct dataset_row *dataset,
                         const struct data_place *place, int64_t now_us,
                         struct dataset_export_plan *plan, struct assay_faults *faults,
                         struct assay_error *err);
void dataset_export_plan_clear(struct dataset_export_plan *plan);

#endif
