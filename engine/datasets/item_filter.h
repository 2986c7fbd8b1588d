/*
 * engine/datasets/item_filter.h - filters of data items and annotations: by labels, those of the
 * system included (labels.aiplatform.googleapis.com/ml_use=training), and by times; annotations
 * also by what they say. "-" matches nothing.
 *
 * As engine/api/list/filter.h, whose grammar it is; never changes once it is made.
 */
#ifndef ENGINE_DATASETS_ITEM_FILTER_H
#define ENGINE_DATASETS_ITEM_FILTER_H

#include "engine/store/dataset_rows.h"

#define LABEL_SYSTEM "aiplatform.googleapis.com/"
#define LABEL_ML_USE LABEL_SYSTEM "ml_use"
#define LABEL_ANNOTATION_SET LABEL_SYSTEM "annotation_set_name"
#define LABEL_PAYLOAD_SCHEMA LABEL_SYSTEM "payload_schema"

enum item_filter_of { FILTER_OF_ITEMS, FILTER_OF_ANNOTATIONS };

struct item_filter; /* opaque: item_filter.c */

/* text: NULL is "", which matches everything. NULL and *err: ASSAY_INVALID. */
struct item_filter *item_filter_parse(const char *text, enum item_filter_of of,
                                      struct assay_error *err);
void item_filter_free(struct item_filter *filter); /* NULL is fine */

bool item_filter_has_item(const struct item_filter *filter, const struct data_item_row *row);
bool item_filter_has_annotation(const struct item_filter *filter, const struct annotation_row *row);

#endif
