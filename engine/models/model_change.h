/*
 * engine/models/model_change.h - what can be done to models: the rules, on rows, within an edit.
 *
 * Whatever is done, a model has at least one version, exactly one of them is "default", and a
 * version's number is never given twice. All fail before they write, or the edit is undone.
 */
#ifndef ENGINE_MODELS_MODEL_CHANGE_H
#define ENGINE_MODELS_MODEL_CHANGE_H

#include "engine/models/model_document.h"
#include "engine/store/registry_rows.h"

/* A version that is to be. All borrowed. */
struct model_new {
    const char *parent; /* "projects/…/locations/…" */
    const char *id;     /* of the new model, or of the one that gets a version */
    bool is_version;
    const struct model_document *document;
    const char *artifact_uri, *pipeline, *source, *lineage; /* as of model_version_row */
    const char *artifact;
    int64_t file_count, size_bytes;
    bool is_pushed; /* to the configured remote */
};

/* ASSAY_EXISTS: the id is used; ASSAY_NOT_FOUND: there is no such model to give a version to. */
bool model_create(struct store *store, const struct model_new *made, int64_t now_us,
                  int64_t *version, struct assay_error *err);

/*
 * The model, and the version that the name means: "" and "-" the default one, a number, or an
 * alias. Clear both, also after failure. ASSAY_NOT_FOUND. version may be NULL.
 */
bool model_find(struct store *store, const struct model_name *name, struct model_row *model,
                struct model_version_row *version, struct assay_error *err);

/* A set of what a patch is about. */
enum model_patch_part {
    MODEL_PATCH_DISPLAY_NAME = 1,
    MODEL_PATCH_DESCRIPTION = 2,
    MODEL_PATCH_VERSION_DESCRIPTION = 4,
    MODEL_PATCH_LABELS = 8,
};

/*
 * A name without a version is about the model, one with a version about that. ASSAY_PRECONDITION:
 * a part of the other level; ASSAY_ABORTED: the etag is an older one; ASSAY_INVALID.
 */
bool model_patch(struct store *store, const struct model_name *name, unsigned parts,
                 const struct model_document *document, int64_t now_us, struct assay_error *err);

/* "golden" is added or moved here, "-golden" removed. ASSAY_INVALID: no alias, "-default". */
bool model_merge_aliases(struct store *store, const struct model_name *name,
                         const char *const *aliases, size_t count, int64_t now_us,
                         struct assay_error *err);

bool model_delete(struct store *store, const struct model_name *name, struct assay_error *err);
/* ASSAY_PRECONDITION: it is the only one, or the default; ASSAY_INVALID: no number. */
bool model_delete_version(struct store *store, const struct model_name *name, int64_t now_us,
                          struct assay_error *err);

enum { MODEL_ETAG_SIZE = 80 };
/* What changes with each change of the model's own fields, or of the version's. A patch of the one
 * minds no change of the other: clients keep what they read for long. Returns text. */
char *model_etag(const struct model_row *model, const struct model_version_row *version,
                 char text[MODEL_ETAG_SIZE]);

#endif
