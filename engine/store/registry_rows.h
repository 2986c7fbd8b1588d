/*
 * engine/store/registry_rows.h - the model registry: models, their versions, the aliases of these.
 *
 * Each model has at least one version, and exactly one of them the alias "default": who writes
 * keeps it so within his edit. Strings are never NULL in what is read, and owned there; in what is
 * put they are borrowed, and NULL is "".
 */
#ifndef ENGINE_STORE_REGISTRY_ROWS_H
#define ENGINE_STORE_REGISTRY_ROWS_H

#include "engine/store/store.h"

#define MODEL_ALIAS_DEFAULT "default"

struct model_row {
    int64_t number; /* ours, 0: put chooses one */
    char *id;       /* the last part of its name; unique in the folder */
    char *parent;   /* "projects/…/locations/…" */
    char *display_name;
    char *description;
    char *labels; /* JSON object, or "" */
    int64_t create_us, update_us;
    int64_t revision;     /* counts changes of its own fields */
    int64_t last_version; /* the highest that was ever given */
};

enum model_push_state { MODEL_PUSH_NONE, MODEL_PUSH_WAITING = 1, MODEL_PUSH_DONE };

struct model_version_row {
    int64_t model; /* model_row's number */
    int64_t version;
    char *description;
    char *labels;       /* JSON object, or "" */
    char *document;     /* of the Model as received: what never changes; JSON object */
    char *artifact_uri; /* where its files came from, or "" */
    char *pipeline;     /* name of the training pipeline, or "" */
    char *source;       /* of a copy: the name of what was copied, with @version */
    char *lineage;      /* what made it: JSON object, or "" */
    char *artifact;     /* digest of the manifest, or "" */
    int64_t file_count, size_bytes;
    int64_t create_us, update_us;
    int push_state; /* enum model_push_state */
    int push_tries;
    int64_t push_due_us; /* wall clock; of MODEL_PUSH_DONE when it was */
    char *push_error;    /* of the last try, or "" */
};

void model_row_clear(struct model_row *row);
void model_version_row_clear(struct model_version_row *row);

/* Within an edit: a new row (number 0, then set) or all of an old one. */
bool store_model_row_put(struct store *store, struct model_row *row, struct assay_error *err);
/* Fills *row (clear it); ASSAY_NOT_FOUND. */
bool store_model_row_get(struct store *store, const char *id, struct model_row *row,
                         struct assay_error *err);
/* Within an edit: with its versions and aliases. */
bool store_model_row_delete(struct store *store, int64_t number, struct assay_error *err);
/* In any order; row is valid during the call; false ends the walk. */
typedef bool (*model_row_fn)(void *context, const struct model_row *row);
bool store_model_row_each(struct store *store, model_row_fn fn, void *context,
                          struct assay_error *err);

/* Within an edit: a new row or all of an old one. */
bool store_model_version_put(struct store *store, const struct model_version_row *row,
                             struct assay_error *err);
bool store_model_version_get(struct store *store, int64_t model, int64_t version,
                             struct model_version_row *row, struct assay_error *err);
/* Within an edit: with its aliases. */
bool store_model_version_delete(struct store *store, int64_t model, int64_t version,
                                struct assay_error *err);
/* Of a model (0: of all), the newest first. */
typedef bool (*model_version_row_fn)(void *context, const struct model_version_row *row);
bool store_model_version_each(struct store *store, int64_t model, model_version_row_fn fn,
                              void *context, struct assay_error *err);

/* What it takes to look after the files of a version. */
struct model_files_row {
    const char *id; /* of its model */
    int64_t model, version;
    const char *artifact; /* as in model_version_row */
    int64_t push_due_us;
};

typedef bool (*model_files_fn)(void *context, const struct model_files_row *row);
/* Of all models, by id (as strcmp() has them), then version; row is valid during the call; false
 * ends the walk. */
bool store_model_files_each(struct store *store, model_files_fn fn, void *context,
                            struct assay_error *err);
/* The same of the one version that is to be pushed first; no call where none is. */
bool store_model_files_to_push(struct store *store, model_files_fn fn, void *context,
                               struct assay_error *err);

bool store_model_version_count(struct store *store, int64_t model, int64_t *count,
                               struct assay_error *err);

/* Within an edit: moved here, if another version has it. */
bool store_model_alias_put(struct store *store, int64_t model, const char *alias, int64_t version,
                           struct assay_error *err);
/* Within an edit: fine when there is none. */
bool store_model_alias_delete(struct store *store, int64_t model, const char *alias,
                              struct assay_error *err);
/* *version: 0 for none. */
bool store_model_alias_get(struct store *store, int64_t model, const char *alias, int64_t *version,
                           struct assay_error *err);
/* Those of a version, sorted. */
typedef bool (*model_alias_fn)(void *context, const char *alias);
bool store_model_alias_each(struct store *store, int64_t model, int64_t version, model_alias_fn fn,
                            void *context, struct assay_error *err);

#endif
