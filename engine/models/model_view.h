/*
 * engine/models/model_view.h - a version of a model as the API's resource Model.
 */
#ifndef ENGINE_MODELS_MODEL_VIEW_H
#define ENGINE_MODELS_MODEL_VIEW_H

#include "engine/models/model_change.h"

/* Zero it to start; owns all. */
struct model_view {
    struct model_row model;
    struct model_version_row version;
    char **aliases;
    size_t alias_count;
};

/* As model_find(), of one moment. Clear it after failure too. */
bool model_view_read(struct store *store, const struct model_name *name, struct model_view *view,
                     struct assay_error *err);
/* The same where the caller holds a snapshot, for several of one moment. */
bool model_view_fill(struct store *store, const struct model_name *name, struct model_view *view,
                     struct assay_error *err);
void model_view_clear(struct model_view *view);

/* An object. has_version: the name ends in @VERSION, as in lists of versions. */
bool model_view_write(struct json_writer *writer, const struct model_view *view, bool has_version,
                      struct assay_error *err);

/* The value of a label, the version's before the model's; NULL without one. The caller deletes
 * labels, which model_view_labels() makes (NULL for lack of memory): they are merged. */
cJSON *model_view_labels(const struct model_view *view);

#endif
