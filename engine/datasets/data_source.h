/*
 * engine/datasets/data_source.h - what the URIs of datasets lead to on this machine, opened.
 *
 * gs:// is the folder of the buckets, where trials and clients write: there no link is followed, as
 * launcher/storage.h has it. Plain paths and file:// are for whoever owns this machine: an engine
 * that takes documents from elsewhere refuses them. Any thread.
 */
#ifndef ENGINE_DATASETS_DATA_SOURCE_H
#define ENGINE_DATASETS_DATA_SOURCE_H

#include "engine/data/table_split.h"
#include "engine/engine.h"
#include "engine/paths.h"

struct data_place {
    char buckets_dir[PATH_TEXT];
    const char *source_dir; /* where relative plain paths begin; NULL: there are none; borrowed */
    bool is_guarded;
};

void data_place_init(struct data_place *place, const struct engine *engine, const char *source_dir);

/* Whether a URI can lead anywhere here; nothing is opened. */
bool data_place_check(const struct data_place *place, const char *uri, struct assay_error *err);

/* A regular file, to be read. -1 and *err, which names the uri. */
int data_source_open(const struct data_place *place, const char *uri, struct assay_error *err);

/* The folder, for export_folder.h; with what is missing above it, if it is to be made. -1 and *err.
 */
int data_folder_open(const struct data_place *place, const char *uri, bool is_to_be_made,
                     struct assay_error *err);

/* More files of one dataset are refused: they are all open at once. */
enum { DATA_FILES_MAX = 500 };

/* Files that stay open. */
struct data_files {
    struct table_file *items; /* names are URIs, owned */
    size_t count, capacity;
};

/* Adds what the URI means: a file, or all that match a * or ? in its last part, of which there must
 * be one at least. */
bool data_files_add(struct data_files *files, const struct data_place *place, const char *uri,
                    struct assay_error *err);
void data_files_clear(struct data_files *files);

#endif
