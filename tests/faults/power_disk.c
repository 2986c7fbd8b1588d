#include "tests/faults/power_disk.h"

#include "tests/simulation/folder.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512 };

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* A file's bytes under way. */
struct image {
    unsigned char *data;
    size_t size, capacity;
};

static void image_resize(struct image *image, size_t size)
{
    if (size > image->capacity) {
        image->capacity = size * 2;
        image->data = must(realloc(image->data, image->capacity));
    }
    if (size > image->size)
        memset(image->data + image->size, 0, size - image->size);
    image->size = size;
}

static void image_write(struct image *image, int64_t offset, const unsigned char *data, size_t size)
{
    if ((size_t)offset + size > image->size)
        image_resize(image, (size_t)offset + size);
    memcpy(image->data + offset, data, size);
}

/* The sectors of a write reach the disk one by one, in any order. */
static void apply_write(struct image *image, const struct pending_write *write, int percent,
                        struct dice *dice)
{
    size_t done = 0;

    if (write->size == 0) {
        if (dice_chance(dice, percent))
            image_resize(image, (size_t)write->offset);
        return;
    }
    while (done < write->size) {
        size_t at = (size_t)write->offset + done;
        size_t part = SECTOR - at % SECTOR;

        if (part > write->size - done)
            part = write->size - done;
        if (dice_chance(dice, percent))
            image_write(image, (int64_t)at, write->data + done, part);
        done += part;
    }
}

static struct image image_of(const struct power_file *file, size_t pending, int percent,
                             struct dice *dice)
{
    struct image image = { .capacity = file->synced_size + 1 };

    image.data = must(malloc(image.capacity));
    if (file->synced_size)
        image_write(&image, 0, file->synced, file->synced_size);
    for (size_t i = 0; i < pending; i++)
        apply_write(&image, &file->pending[i], percent, dice);
    return image;
}

static void drop_pending(struct power_file *file)
{
    for (size_t i = 0; i < file->pending_count; i++)
        free(file->pending[i].data);
    free(file->pending);
    file->pending = NULL;
    file->pending_count = 0;
}

static void forget_content(struct power_file *file)
{
    drop_pending(file);
    free(file->synced);
    file->synced = NULL;
    file->synced_size = 0;
    file->is_durable = false;
}

static struct power_file *find_file(struct power_disk *disk, const char *path)
{
    for (size_t i = 0; i < disk->file_count; i++)
        if (strcmp(disk->files[i].path, path) == 0)
            return &disk->files[i];
    if (disk->file_count == POWER_FILES_MAX)
        abort();
    disk->files[disk->file_count].path = must(strdup(path));
    return &disk->files[disk->file_count++];
}

static void add_pending(struct power_file *file, const struct vfs_call *call)
{
    struct pending_write *write = NULL;

    if (file->is_deleted) { /* made anew under its old name */
        forget_content(file);
        file->is_deleted = false;
    }
    file->pending = must(realloc(file->pending, (file->pending_count + 1) * sizeof *file->pending));
    write = &file->pending[file->pending_count++];
    *write = (struct pending_write){ .offset = call->offset };
    if (call->kind != VFS_WRITE)
        return;
    write->size = (size_t)call->size;
    write->data = must(malloc(write->size));
    memcpy(write->data, call->data, write->size);
}

/* The first sync of a journal or log is one of its folder too: of all names there, and of all that
 * are gone. */
static void sync_folder(struct power_disk *disk)
{
    for (size_t i = 0; i < disk->file_count; i++) {
        if (disk->files[i].is_deleted)
            forget_content(&disk->files[i]);
        else
            disk->files[i].is_durable = true;
    }
}

static void sync_file(struct power_disk *disk, struct power_file *file)
{
    struct dice unused = { 0 };
    struct image image = image_of(file, file->pending_count, 100, &unused);

    drop_pending(file);
    free(file->synced);
    file->synced = image.data;
    file->synced_size = image.size;
    if (!file->is_durable && strchr(strrchr(file->path, '/'), '-'))
        sync_folder(disk);
    file->is_durable = true;
}

static void delete_file(struct power_file *file, bool is_durable)
{
    file->is_deleted = true;
    if (is_durable)
        forget_content(file);
}

int power_disk_watch(void *context, const struct vfs_call *call)
{
    struct power_disk *disk = context;
    struct power_file *file = NULL;

    if (disk->is_cut)
        return SQLITE_IOERR;
    if (call->kind == VFS_READ || call->kind == VFS_OPEN)
        return SQLITE_OK;
    disk->is_cut = ++disk->calls == disk->cut_at;
    file = find_file(disk, call->path);
    /* A sync that the cut falls into has done nothing for sure; a write may have happened. */
    if (call->kind == VFS_WRITE || call->kind == VFS_TRUNCATE)
        add_pending(file, call);
    else if (call->kind == VFS_SYNC && !disk->is_cut)
        sync_file(disk, file);
    else if (call->kind == VFS_DELETE)
        delete_file(file, call->is_durable && !disk->is_cut);
    return disk->is_cut ? SQLITE_IOERR : SQLITE_OK;
}

static void remove_all(const char *folder)
{
    DIR *dir = must(opendir(folder));
    struct dirent *entry = NULL;

    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.' && unlinkat(dirfd(dir), entry->d_name, 0) != 0)
            abort();
    (void)closedir(dir);
}

void power_disk_restore(const struct power_disk *disk, const char *folder, struct dice *dice)
{
    /* All that was written, nothing of it, or any part; and of that, a beginning or anything. */
    static const int percents[] = { 0, 100, 50, 90, 10 };
    int percent = percents[dice_below(dice, sizeof percents / sizeof percents[0])];
    bool is_prefix = dice_chance(dice, 30);

    remove_all(folder);
    for (size_t i = 0; i < disk->file_count; i++) {
        const struct power_file *file = &disk->files[i];
        size_t pending = file->pending_count;
        struct image image;

        if (file->is_deleted && (!file->is_durable || dice_chance(dice, 50)))
            continue;
        if (!file->is_durable && dice_chance(dice, 30))
            continue;
        if (is_prefix)
            pending = (size_t)dice_below(dice, (int)pending + 1);
        image = image_of(file, pending, is_prefix ? 100 : percent, dice);
        file_write(file->path, image.data, image.size);
        free(image.data);
    }
}

void power_disk_clear(struct power_disk *disk)
{
    for (size_t i = 0; i < disk->file_count; i++) {
        forget_content(&disk->files[i]);
        free(disk->files[i].path);
    }
    *disk = (struct power_disk){ 0 };
}
