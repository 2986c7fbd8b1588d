/*
 * Every read, write, sync, truncation, deletion and opening of the store's files fails in turn: the
 * 1st, the 2nd, … until a whole study needs no more of them. Each time the engine must go on, or
 * break with an error that everybody who waits is told; the next engine finishes the study.
 *
 *   ASSAY_FAULT_STEP=N   only every n-th (default 3)
 *   ASSAY_FAULT_FIRST=N  beginning with this one (default: another one each time)
 */

#include "engine/store/store.h"
#include "tests/faults/fault_study.h"
#include "tests/faults/test_vfs.h"
#include "tests/simulation/folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

enum { STUDIES = 3 * FAULT_KINDS };

struct faulty_disk {
    uint64_t calls;
    uint64_t failing;  /* the call that fails */
    bool stays_broken; /* and all after it */
    bool is_full;
    int armed; /* depth of calls into the engine: what the test itself reads never fails */
};

static int fail_nth(void *context, const struct vfs_call *call)
{
    static const int codes[] = {
        [VFS_OPEN] = SQLITE_CANTOPEN,     [VFS_READ] = SQLITE_IOERR_READ,
        [VFS_WRITE] = SQLITE_IOERR_WRITE, [VFS_TRUNCATE] = SQLITE_IOERR_TRUNCATE,
        [VFS_SYNC] = SQLITE_IOERR_FSYNC,  [VFS_DELETE] = SQLITE_IOERR_DELETE,
    };
    struct faulty_disk *disk = context;

    if (!disk->armed)
        return SQLITE_OK;
    disk->calls++;
    if (disk->stays_broken ? disk->calls < disk->failing : disk->calls != disk->failing)
        return SQLITE_OK;
    /* A full disk still reads. */
    if (disk->is_full && call->kind != VFS_WRITE && call->kind != VFS_SYNC)
        return SQLITE_OK;
    return disk->is_full ? SQLITE_FULL : codes[call->kind];
}

static void arm(void *context)
{
    ((struct faulty_disk *)context)->armed++;
}

static void disarm(void *context)
{
    ((struct faulty_disk *)context)->armed--;
}

/* The tables are made by the first study with faults, by the others before: it is the same again.
 */
static void make_tables(const char *folder)
{
    struct assay_error err = { 0 };
    struct store *store = store_open(folder, STORE_WRITE, &err);

    cr_assert(store != NULL, "%s", err.message);
    store_close(store);
}

/* False when no call was left to fail. *refusals counts the runs that did not go on. */
static bool run_with_fault(int index, struct faulty_disk *disk, int *refusals)
{
    struct world_guard guard = { .enter = arm, .leave = disarm, .context = disk };
    struct scenario scenario;
    struct world *world = NULL;
    char folder[FOLDER_PATH];
    bool is_recovered = false;

    fault_study(&scenario, index);
    (void)folder_make(folder);
    if (index > 0)
        make_tables(folder);
    world = world_new(&scenario, folder, &guard);
    world->does_checkpoints = true;
    test_vfs_watch(fail_nth, disk);
    if (!world_run(world) && !world->fault[0]) {
        cr_assert(ne(int, (int)world->why.code, ASSAY_OK),
                  "a failure without a word, call %" PRIu64, disk->failing);
        ++*refusals;
    }
    test_vfs_watch(NULL, NULL);
    is_recovered = fault_recover(world);
    cr_assert(is_recovered, "study %d, call %" PRIu64 ", %s, %s", index, disk->failing,
              disk->stays_broken ? "for good" : "once", disk->is_full ? "full" : "broken");
    world_free(world);
    folder_remove(folder);
    return disk->calls >= disk->failing;
}

static void fail_each_call(bool stays_broken, bool is_full)
{
    uint64_t step = fault_setting("ASSAY_FAULT_STEP", 3);
    uint64_t first = fault_setting("ASSAY_FAULT_FIRST", 1 + (uint64_t)getpid() % step);

    for (int index = 0; index < STUDIES; index++) {
        uint64_t n = first;
        int refusals = 0;
        bool is_left = true;

        for (; is_left; n += step) {
            struct faulty_disk disk = { .failing = n,
                                        .stays_broken = stays_broken,
                                        .is_full = is_full };

            is_left = run_with_fault(index, &disk, &refusals);
        }
        (void)fprintf(stderr, "study %d from call %" PRIu64 " to %" PRIu64 ", %d refusals\n", index,
                      first, n, refusals);
        cr_assert(lt(int, 3, refusals)); /* else nothing was tried */
    }
}

Test(store_faults, an_input_output_error_at_any_call_loses_nothing)
{
    fail_each_call(false, false);
}

Test(store_faults, a_disk_that_dies_at_any_call_loses_nothing)
{
    fail_each_call(true, false);
}

Test(store_faults, a_disk_that_is_full_for_one_call_loses_nothing)
{
    fail_each_call(false, true);
}

Test(store_faults, a_disk_that_fills_up_at_any_call_loses_nothing)
{
    fail_each_call(true, true);
}
