/*
 * engine/datasets/item_line.h - a data item as one line of JSON, as trainings find it:
 * {"imageGcsUri": …, "classificationAnnotation": {"displayName": …}, "dataItemResourceLabels": …}.
 *
 * Pure.
 */
#ifndef ENGINE_DATASETS_ITEM_LINE_H
#define ENGINE_DATASETS_ITEM_LINE_H

#include "engine/datasets/dataset_kind.h"
#include "engine/datasets/item_batch.h"

#include <stdio.h>

/*
 * Writes the line with its end. Annotations that is_wanted (one for each of the item's) does not
 * name are left out; is_multiple: those of the rest are lists, also where there is one.
 */
bool item_line_write(FILE *out, const struct dataset_kind *kind, const struct batched_item *item,
                     const bool *is_wanted, bool is_multiple, struct assay_error *err);

#endif
