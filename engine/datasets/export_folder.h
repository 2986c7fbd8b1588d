/*
 * engine/datasets/export_folder.h - a folder that appears whole or not at all: filled under another
 * name, synced, renamed.
 *
 * What an earlier run left half filled is removed by the next one of the same name, and what it
 * finished is replaced: it had no time to tell, so nobody reads it, and the data may have changed
 * since. So whoever gives the name sees to it that it is nobody else's. Any thread; two may not
 * fill the same folder.
 */
#ifndef ENGINE_DATASETS_EXPORT_FOLDER_H
#define ENGINE_DATASETS_EXPORT_FOLDER_H

#include "engine/datasets/data_source.h"

#include <limits.h>

/* Zero it to start; fd is -1 without one. */
struct export_folder {
    int parent_fd;
    int fd;        /* of the folder to be filled */
    bool is_there; /* an earlier run has finished it */
    bool is_finished;
    char name[NAME_MAX + 1];
    char partial[NAME_MAX + 1];
};

/* <prefix>/<name>, below what is made where it is missing. Clear it in any case. */
bool export_folder_begin(struct export_folder *folder, const struct data_place *place,
                         const char *prefix, const char *name, struct assay_error *err);

/* Its files are synced already. Afterwards it is there, and durably so, and fd is open at it. */
bool export_folder_finish(struct export_folder *folder, struct assay_error *err);

/* Removes what was not finished. */
void export_folder_clear(struct export_folder *folder);

enum { EXPORT_STAMP = 32 };

/* "2026-01-31T10:00:00.250Z": always with milliseconds. Returns text. */
char *export_stamp(int64_t time_us, char text[EXPORT_STAMP]);

#endif
