#include "tests/faults/test_vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The real file's record follows ours, in the room that SQLite gives. */
struct test_file {
    sqlite3_file base;
    const char *path; /* SQLite keeps it as long as the file is open */
};

/* One VFS per process: SQLite's registry is global, and so is what watches it. */
static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *plain;
    vfs_watch_fn watch;
    void *context;
} shared;

static sqlite3_file *real_file(sqlite3_file *file)
{
    return (sqlite3_file *)((struct test_file *)file + 1);
}

static int ask(const struct vfs_call *call)
{
    return shared.watch && call->path ? shared.watch(shared.context, call) : SQLITE_OK;
}

static int ask_file(sqlite3_file *file, struct vfs_call call)
{
    call.path = ((struct test_file *)file)->path;
    return ask(&call);
}

static int file_close(sqlite3_file *file)
{
    return real_file(file)->pMethods->xClose(real_file(file));
}

static int file_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
    int code = ask_file(file, (struct vfs_call){ .kind = VFS_READ, .size = size });

    return code ? code : real_file(file)->pMethods->xRead(real_file(file), data, size, offset);
}

static int file_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    int code = ask_file(
        file, (struct vfs_call){ .kind = VFS_WRITE, .data = data, .size = size, .offset = offset });

    return code ? code : real_file(file)->pMethods->xWrite(real_file(file), data, size, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = ask_file(file, (struct vfs_call){ .kind = VFS_TRUNCATE, .offset = size });

    return code ? code : real_file(file)->pMethods->xTruncate(real_file(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    int code = ask_file(file, (struct vfs_call){ .kind = VFS_SYNC });

    return code ? code : real_file(file)->pMethods->xSync(real_file(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_file(file)->pMethods->xFileSize(real_file(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real_file(file)->pMethods->xLock(real_file(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real_file(file)->pMethods->xUnlock(real_file(file), level);
}

static int file_check_lock(sqlite3_file *file, int *is_locked)
{
    return real_file(file)->pMethods->xCheckReservedLock(real_file(file), is_locked);
}

static int file_control(sqlite3_file *file, int what, void *argument)
{
    return real_file(file)->pMethods->xFileControl(real_file(file), what, argument);
}

static int file_sector_size(sqlite3_file *file)
{
    return real_file(file)->pMethods->xSectorSize(real_file(file));
}

static int file_traits(sqlite3_file *file)
{
    return real_file(file)->pMethods->xDeviceCharacteristics(real_file(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int is_write, void volatile **at)
{
    return real_file(file)->pMethods->xShmMap(real_file(file), page, size, is_write, at);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_file(file)->pMethods->xShmLock(real_file(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    real_file(file)->pMethods->xShmBarrier(real_file(file));
}

static int file_shm_unmap(sqlite3_file *file, int is_delete)
{
    return real_file(file)->pMethods->xShmUnmap(real_file(file), is_delete);
}

/* Version 2: with shared memory, without the mapped reads of version 3, which nobody could watch.
 */
static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                    int *out_flags)
{
    struct test_file *ours = (struct test_file *)file;
    struct vfs_call call = { .kind = VFS_OPEN, .path = path };
    int code = ask(&call);

    (void)vfs;
    ours->base.pMethods = NULL;
    ours->path = path;
    if (!code)
        code = shared.plain->xOpen(shared.plain, path, real_file(file), flags, out_flags);
    if (!code)
        ours->base.pMethods = &file_methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int syncs_folder)
{
    struct vfs_call call = { .kind = VFS_DELETE, .path = path, .is_durable = syncs_folder != 0 };
    int code = ask(&call);

    (void)vfs;
    return code ? code : shared.plain->xDelete(shared.plain, path, syncs_folder);
}

void test_vfs_watch(vfs_watch_fn watch, void *context)
{
    shared.watch = watch;
    shared.context = context;
    if (shared.plain)
        return;
    shared.plain = sqlite3_vfs_find("unix");
    if (!shared.plain)
        abort();
    shared.vfs = *shared.plain; /* what is not replaced is the plain VFS's own */
    shared.vfs.zName = "test";
    shared.vfs.szOsFile += (int)sizeof(struct test_file);
    shared.vfs.xOpen = vfs_open;
    shared.vfs.xDelete = vfs_delete;
    if (sqlite3_vfs_register(&shared.vfs, 1) != SQLITE_OK)
        abort();
}

bool test_vfs_is_intact(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    bool is_intact = false;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, "unix") == SQLITE_OK &&
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        is_intact = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return is_intact;
}
