/*
 * engine/api/vertex/vertex_datasets.h - Vertex AI's DatasetService: the handlers of its paths, and
 * what the files that answer them share.
 */
#ifndef ENGINE_API_VERTEX_VERTEX_DATASETS_H
#define ENGINE_API_VERTEX_VERTEX_DATASETS_H

#include "engine/api/api_private.h"
#include "engine/store/dataset_rows.h"

/* vertex_datasets.c */
bool vertex_create_dataset(struct api_call *call, struct assay_error *err);
bool vertex_get_dataset(struct api_call *call, struct assay_error *err);
bool vertex_patch_dataset(struct api_call *call, struct assay_error *err);
bool vertex_delete_dataset(struct api_call *call, struct assay_error *err);

/* vertex_dataset_list.c */
bool vertex_list_datasets(struct api_call *call, struct assay_error *err);

/* vertex_dataset_data.c */
bool vertex_import_data(struct api_call *call, struct assay_error *err);
bool vertex_export_data(struct api_call *call, struct assay_error *err);

/* vertex_data_items.c */
bool vertex_list_data_items(struct api_call *call, struct assay_error *err);
bool vertex_search_data_items(struct api_call *call, struct assay_error *err);
bool vertex_list_annotations(struct api_call *call, struct assay_error *err);
bool vertex_get_annotation_spec(struct api_call *call, struct assay_error *err);
bool vertex_list_saved_queries(struct api_call *call, struct assay_error *err);
bool vertex_delete_saved_query(struct api_call *call, struct assay_error *err);

/* Versions of datasets, which are not implemented: says so. */
bool vertex_refuse_dataset_version(struct api_call *call, struct assay_error *err);

/* The dataset that the path means, also where it is none of a project. Clear *row in any case;
 * ASSAY_NOT_FOUND. */
bool vertex_find_dataset(const struct api_call *call, struct dataset_row *row,
                         struct assay_error *err);
/* The same of any parent, for paths that name none. */
bool vertex_find_any_dataset(const struct api_call *call, struct dataset_row *row,
                             struct assay_error *err);
/* Whether a dataset of this parent is one of the path's. */
bool vertex_has_dataset(const struct api_call *call, const char *parent);

/* The body, which must be there; the caller owns it. NULL and *err. */
cJSON *vertex_dataset_body(const struct api_call *call, struct assay_error *err);

struct field_mask;

/* The readMask of the request; NULL: everything. False and *err. */
bool vertex_read_dataset_mask(const struct api_call *call, const char *query,
                              const char *const *known, size_t count, struct field_mask **mask,
                              struct assay_error *err);

/* What a Dataset's mask may name, in snake_case. */
extern const char *const vertex_dataset_fields[];
extern const size_t vertex_dataset_field_count;

/* One dataset, as an item or as the answer, as the mask has it (NULL: whole). */
bool vertex_write_dataset(struct api_call *call, const struct dataset_row *row,
                          const struct field_mask *mask, struct assay_error *err);

#endif
