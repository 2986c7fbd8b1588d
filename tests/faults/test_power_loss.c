/*
 * The power is cut at every write, sync, truncation and deletion of the store's files in turn. Of
 * what was not synced any part may be on the disk. Whatever is: the file is whole, and the job
 * stands as it did at the last acknowledged commit, or at the one that was under way.
 *
 *   ASSAY_POWER_ROUNDS=N   disks per cut (default 1)
 *   ASSAY_TEST_SEED=N      of the dice that choose them
 */

#include "tests/faults/fault_study.h"
#include "tests/faults/power_disk.h"
#include "tests/simulation/dump.h"
#include "tests/simulation/folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { VARIANTS = 3 };

/* The rows after each commit of an undisturbed run. */
struct reference {
    char **dumps; /* by commit count; [0] is "" */
    size_t count;
};

static void keep_dump(struct reference *reference, const struct world *world)
{
    while (reference->count <= (size_t)world->commit_count) {
        reference->dumps =
            realloc(reference->dumps, (reference->count + 1) * sizeof *reference->dumps);
        cr_assert(reference->dumps != NULL);
        reference->dumps[reference->count++] =
            world->store && world->job ? dump_job(world->store, world->job) : strdup("");
    }
}

static void reference_clear(struct reference *reference)
{
    for (size_t i = 0; i < reference->count; i++)
        free(reference->dumps[i]);
    free(reference->dumps);
}

/* Only commits of an engine that lives on are compared: the study must not kill it by itself. */
static void draw_study(struct scenario *scenario, int index)
{
    fault_study(scenario, index);
    scenario->faults.crash = 0;
}

static void make_reference(int index, struct reference *reference)
{
    struct scenario scenario;
    struct world *world = NULL;
    char folder[FOLDER_PATH];

    draw_study(&scenario, index);
    world = world_new(&scenario, folder_make(folder), NULL);
    world->does_checkpoints = true;
    keep_dump(reference, world);
    while (world_step(world))
        keep_dump(reference, world);
    keep_dump(reference, world);
    cr_assert(eq(int, (int)world->phase, WORLD_ENDED), "%s", world->fault);
    world_free(world);
    folder_remove(folder);
}

static bool is_as_acknowledged(struct world *world, const struct reference *reference)
{
    struct assay_error err = { 0 };
    struct store *store = store_open(world->folder, STORE_WRITE, &err);
    size_t acknowledged = (size_t)world->commit_count;
    char *found = NULL;
    bool is_known = false;

    cr_assert(store != NULL, "%s", err.message);
    found = world->job ? dump_job(store, world->job) : strdup("");
    for (size_t i = acknowledged; i <= acknowledged + 1 && i < reference->count; i++)
        is_known = is_known || strcmp(found, reference->dumps[i]) == 0;
    if (!is_known)
        (void)fprintf(stderr, "after %zu commits:\n%s---- found:\n%s", acknowledged,
                      reference->dumps[acknowledged], found);
    store_close(store);
    free(found);
    return is_known;
}

/* False when the study ended before the cut. */
static bool run_with_cut(int index, uint64_t cut_at, const struct reference *reference,
                         struct dice *dice)
{
    struct scenario scenario;
    struct world *world = NULL;
    struct power_disk disk = { .cut_at = cut_at };
    char folder[FOLDER_PATH];
    bool is_cut = false;
    bool is_good = true;

    draw_study(&scenario, index);
    world = world_new(&scenario, folder_make(folder), NULL);
    world->does_checkpoints = true;
    test_vfs_watch(power_disk_watch, &disk);
    while (!disk.is_cut && world_step(world)) {
    }
    is_cut = disk.is_cut;
    if (is_cut) {
        if (world->store)
            world_kill(world);
        test_vfs_watch(NULL, NULL);
        power_disk_restore(&disk, folder, dice);
        is_good = is_as_acknowledged(world, reference) && fault_recover(world);
    }
    test_vfs_watch(NULL, NULL);
    cr_assert(is_good, "study %d, cut at call %" PRIu64, index, cut_at);
    cr_assert(not(world->fault[0]), "%s", world->fault);
    power_disk_clear(&disk);
    world_free(world);
    folder_remove(folder);
    return is_cut;
}

static void cut_study(int index, uint64_t seed)
{
    uint64_t rounds = fault_setting("ASSAY_POWER_ROUNDS", 1);
    struct reference reference = { 0 };
    uint64_t cut_at = 1;

    make_reference(index, &reference);
    for (bool goes_on = true; goes_on; cut_at++) {
        for (uint64_t round = 0; goes_on && round < rounds; round++) {
            struct dice dice = dice_for(seed, cut_at, round);

            goes_on = run_with_cut(index, cut_at, &reference, &dice);
        }
    }
    cr_assert(lt(u64, 20, cut_at)); /* else nothing was tried */
    reference_clear(&reference);
}

static void cut_everywhere(int kind)
{
    uint64_t seed = 1;

    if (getrandom(&seed, sizeof seed, 0) < 0)
        perror("getrandom");
    seed = fault_setting("ASSAY_TEST_SEED", seed >> 24);
    (void)fprintf(stderr, "ASSAY_TEST_SEED=%" PRIu64 "\n", seed);
    for (int variant = 0; variant < VARIANTS; variant++)
        cut_study(kind + variant * FAULT_KINDS, seed);
}

Test(power_loss, a_cut_at_any_call_of_a_grid_search_loses_nothing)
{
    cut_everywhere(0);
}

Test(power_loss, a_cut_at_any_call_of_a_paused_study_loses_nothing)
{
    cut_everywhere(1);
}

Test(power_loss, a_cut_at_any_call_of_a_failing_study_loses_nothing)
{
    cut_everywhere(2);
}

Test(power_loss, a_cut_at_any_call_of_a_custom_job_loses_nothing)
{
    cut_everywhere(3);
}
