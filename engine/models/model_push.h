/*
 * engine/models/model_push.h - takes a version's files to a remote store, by rclone.
 *
 * The files go to REMOTE/ID/VERSION/, after them the manifest to REMOTE/ID/VERSION.json: where that
 * is, the version is complete. What is there already is not sent again.
 */
#ifndef ENGINE_MODELS_MODEL_PUSH_H
#define ENGINE_MODELS_MODEL_PUSH_H

#include "engine/engine.h"
#include "engine/store/registry_rows.h"
#include "launcher/subprocess.h"

/* Blocks; for a thread that may. The files are held against their hashes before. ASSAY_NOT_FOUND:
 * there is no rclone; ASSAY_DATA_LOSS: a file is damaged here; ASSAY_CANCELLED. */
bool model_push(struct engine *engine, const char *remote, const char *id,
                const struct model_version_row *version, struct subprocess_cancel *cancel,
                struct assay_error *err);

/* How long to wait after so many tries that failed, from 1: 10 s, doubled up to an hour. */
int64_t model_push_pause_us(int tries);

#endif
