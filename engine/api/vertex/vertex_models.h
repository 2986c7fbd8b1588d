/*
 * engine/api/vertex/vertex_models.h - ModelService, and what the files that answer for it share.
 */
#ifndef ENGINE_API_VERTEX_VERTEX_MODELS_H
#define ENGINE_API_VERTEX_VERTEX_MODELS_H

#include "engine/api/api_private.h"
#include "engine/models/model_view.h"
#include "engine/operations/long_operation.h"

/* vertex_models.c */
bool vertex_get_model(struct api_call *call, struct assay_error *err);
bool vertex_patch_model(struct api_call *call, struct assay_error *err);
bool vertex_delete_model(struct api_call *call, struct assay_error *err);
bool vertex_delete_model_version(struct api_call *call, struct assay_error *err);
bool vertex_merge_model_aliases(struct api_call *call, struct assay_error *err);
bool vertex_copy_model(struct api_call *call, struct assay_error *err);
bool vertex_list_model_checkpoints(struct api_call *call, struct assay_error *err);
bool vertex_list_model_evaluations(struct api_call *call, struct assay_error *err);

/* vertex_model_list.c */
bool vertex_list_models(struct api_call *call, struct assay_error *err);
bool vertex_list_model_versions(struct api_call *call, struct assay_error *err);

/* vertex_model_files.c: what takes long */
bool vertex_upload_model(struct api_call *call, struct assay_error *err);
bool vertex_export_model(struct api_call *call, struct assay_error *err);
extern const struct long_operation_kind vertex_model_upload_kind;
extern const struct long_operation_kind vertex_model_export_kind;

/* api/api_models.c: what the command line asks beyond it */
bool api_show_model(struct api_call *call, struct assay_error *err);
bool api_verify_models(struct api_call *call, struct assay_error *err);
bool api_unpack_model(struct api_call *call, struct assay_error *err);
bool api_register_job(struct api_call *call, struct assay_error *err); /* api_register.c */
bool api_push_models(struct api_call *call, struct assay_error *err);

/* What the path's {model} means, where the path's location has it; clear it after failure too.
 * ASSAY_NOT_FOUND. */
bool vertex_read_model(const struct api_call *call, struct model_name *name,
                       struct model_view *view, struct assay_error *err);

/* The request's body by its table, into record (NULL: its shape only). Faults go to the call. */
bool vertex_read_body(struct api_call *call, const struct message *message, void *record,
                      struct assay_error *err);

/* The text of an object whose members are texts: names and values, NULL at the end. The caller
 * frees it; NULL for lack of memory. */
char *vertex_object_text(const char *const *pairs);

/* "projects/…/locations/…" of the path. */
enum { VERTEX_PARENT_SIZE = 2 * ROUTE_WORD_SIZE + 32 };
char *vertex_path_parent(const struct api_call *call, char parent[VERTEX_PARENT_SIZE]);

#endif
