/*
 * engine/models/registry.h - the files of the model registry, and the thread that looks after them.
 *
 *   registry/blobs/ab/…          every file of every version under its SHA-256
 *   registry/models/ID/VERSION/  a version's files, as hard links, to look at
 *
 * Rows tell what there is; files follow. The thread removes what no row needs any more, makes what
 * is missing, and takes versions to the configured remote (engine/models/model_push.h).
 */
#ifndef ENGINE_MODELS_REGISTRY_H
#define ENGINE_MODELS_REGISTRY_H

#include "engine/engine.h"
#include "engine/paths.h"
#include "engine/store/registry_rows.h"
#include "launcher/artifact_blobs.h"

struct model_registry;

/* Without a thread until it is started. Borrows the engine. NULL and *err. */
struct model_registry *model_registry_new(struct engine *engine, struct assay_error *err);
bool model_registry_start(struct model_registry *registry, struct assay_error *err);
/* Ends the thread; what it is at is done by the next engine. NULL is fine. */
void model_registry_stop(struct model_registry *registry);
void model_registry_free(struct model_registry *registry);

/* There are versions to be pushed, or (has_removed) some are gone. Any thread. */
void model_registry_note(struct model_registry *registry, bool has_removed);

/* Around the addition of blobs and the edit that makes them needed: nothing is removed meanwhile.
 * Any number of threads. */
void model_registry_begin(struct model_registry *registry);
void model_registry_end(struct model_registry *registry);

/* Of an engine's state folder. dir: room for the path, as long as the result is used. */
struct artifact_blobs model_registry_blobs(const struct engine *engine, char dir[PATH_TEXT]);
/* Where a version's files are shown. Returns path. */
char *model_registry_path(const char *state_dir, const char *id, int64_t version,
                          char path[PATH_TEXT]);

/* Shows the version's files: is_new: whatever is shown there, else unless something is. */
bool model_registry_show(const struct engine *engine, const char *id,
                         const struct model_version_row *version, bool is_new,
                         struct assay_error *err);

#endif
