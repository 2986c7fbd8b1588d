/*
 * engine/api/vertex/vertex_long_operations.h - the methods of google.longrunning.Operations on what
 * engine/operations/ keeps: …/models/7/operations/ID, …/locations/l/operations/ID.
 */
#ifndef ENGINE_API_VERTEX_VERTEX_LONG_OPERATIONS_H
#define ENGINE_API_VERTEX_VERTEX_LONG_OPERATIONS_H

#include "engine/api/api_private.h"
#include "engine/store/long_operation_rows.h"

/* Whether the path's {operation} is one of these: by its number. */
bool vertex_is_long_operation(const struct api_call *call);

/* Whether it is of what the path names before "/operations"; a location has all. */
bool vertex_is_asked_for(const struct api_call *call, const struct long_operation_row *row);

bool vertex_write_long_operation(struct api_call *call, const struct long_operation_row *row,
                                 struct assay_error *err);

/* Handlers. A list is of what stands before /operations; of a location it is
 * vertex_list_operations() that lists. */
bool vertex_get_long_operation(struct api_call *call, struct assay_error *err);
bool vertex_wait_for_long_operation(struct api_call *call, struct assay_error *err);
bool vertex_cancel_long_operation(struct api_call *call, struct assay_error *err);
bool vertex_delete_long_operation(struct api_call *call, struct assay_error *err);
bool vertex_list_long_operations(struct api_call *call, struct assay_error *err);

#endif
