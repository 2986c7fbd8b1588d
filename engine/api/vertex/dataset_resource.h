/*
 * engine/api/vertex/dataset_resource.h - rows of datasets as the API's resources: Dataset,
 * DataItem, Annotation, AnnotationSpec, SavedQuery.
 */
#ifndef ENGINE_API_VERTEX_DATASET_RESOURCE_H
#define ENGINE_API_VERTEX_DATASET_RESOURCE_H

#include "assay/json.h"
#include "engine/store/dataset_rows.h"

/* Each is an object. parent: the dataset's; spec_count: of the dataset. */
void dataset_resource_write(struct json_writer *w, const struct dataset_row *row);
void data_item_resource_write(struct json_writer *w, const char *parent,
                              const struct data_item_row *row);
void annotation_resource_write(struct json_writer *w, const char *parent,
                               const struct annotation_row *row);
void annotation_spec_resource_write(struct json_writer *w, const char *parent,
                                    const struct annotation_spec_row *row);
void saved_query_resource_write(struct json_writer *w, const char *parent, int64_t spec_count,
                                const struct saved_query_row *row);

/* The same as a tree, or as text, which the caller owns; NULL for lack of memory. */
cJSON *dataset_resource_tree(const struct dataset_row *row);
char *dataset_resource_text(const struct dataset_row *row);

#endif
