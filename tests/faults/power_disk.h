/*
 * tests/faults/power_disk.h - what a disk may hold when the power is cut.
 *
 * Watches the VFS. Of each file it keeps what is surely on the disk (as of the last sync) and, in
 * order, what was written since. When the power goes at a given call, nothing reaches any file any
 * more, and power_disk_restore() lays down one of the folders that may be found afterwards: of what
 * was not synced, each 512-byte sector of each write is there or not. The model is harsh in one
 * more way: a file that was deleted without a sync of its folder may be back.
 */
#ifndef TESTS_FAULTS_POWER_DISK_H
#define TESTS_FAULTS_POWER_DISK_H

#include "tests/faults/test_vfs.h"
#include "tests/simulation/dice.h"

#include <stddef.h>

enum { POWER_FILES_MAX = 8 };

struct pending_write {
    int64_t offset;
    size_t size; /* 0: the file is cut to offset bytes */
    unsigned char *data;
};

struct power_file {
    char *path;
    unsigned char *synced;
    size_t synced_size;
    bool is_durable; /* its name is surely in the folder */
    bool is_deleted; /* perhaps */
    struct pending_write *pending;
    size_t pending_count;
};

struct power_disk {
    struct power_file files[POWER_FILES_MAX];
    size_t file_count;
    uint64_t calls;
    uint64_t cut_at; /* 0: never */
    bool is_cut;
};

/* A vfs_watch_fn; context is the disk. */
int power_disk_watch(void *context, const struct vfs_call *call);

/* Replaces the files in folder, which must not be open, by what the dice left of them. */
void power_disk_restore(const struct power_disk *disk, const char *folder, struct dice *dice);

void power_disk_clear(struct power_disk *disk);

#endif
