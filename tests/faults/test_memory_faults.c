/*
 * Every allocation of the engine, and of SQLite and cJSON on its behalf, fails in turn: the 1st,
 * the 2nd, … until a whole study needs no more of them. Each time the engine must go on, or refuse
 * or break with an error; nothing leaks, and the next engine finishes the study.
 *
 *   ASSAY_MEMORY_STEP=N    only every n-th (default 9)
 *   ASSAY_MEMORY_FIRST=N   beginning with this one (default: another one each time)
 */

#include "tests/faults/failing_memory.h"
#include "tests/faults/fault_study.h"
#include "tests/faults/test_vfs.h"
#include "tests/simulation/folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

TestSuite(memory_faults, .init = failing_memory_install);

/* False when no allocation was left to fail. *refusals counts the runs that did not go on. */
static bool run_with_fault(int index, struct failing_memory *memory, int *refusals)
{
    struct scenario scenario;
    struct world_guard guard = failing_memory_guard(memory);
    struct world *world = NULL;
    char folder[FOLDER_PATH];
    bool is_recovered = false;

    fault_study(&scenario, index);
    world = world_new(&scenario, folder_make(folder), &guard);
    failing_memory_use(memory);
    if (!world_run(world) && !world->fault[0]) {
        cr_assert(ne(int, (int)world->why.code, ASSAY_OK),
                  "a failure without a word, allocation %" PRIu64, memory->failing);
        ++*refusals;
    }
    failing_memory_use(NULL);
    is_recovered = fault_recover(world);
    cr_assert(is_recovered, "study %d, allocation %" PRIu64 ", %s", index, memory->failing,
              memory->stays_broken ? "for good" : "once");
    world_free(world);
    folder_remove(folder);
    return memory->calls >= memory->failing;
}

static void fail_each_allocation(int index, bool stays_broken)
{
    uint64_t step = fault_setting("ASSAY_MEMORY_STEP", 9);
    uint64_t first = fault_setting("ASSAY_MEMORY_FIRST", 1 + (uint64_t)getpid() % step);
    uint64_t n = first;
    int refusals = 0;
    bool is_left = true;

    (void)fprintf(stderr, "ASSAY_MEMORY_STEP=%" PRIu64 " ASSAY_MEMORY_FIRST=%" PRIu64 "\n", step,
                  first);
    for (; is_left; n += step) {
        struct failing_memory memory = { .failing = n, .stays_broken = stays_broken };

        is_left = run_with_fault(index, &memory, &refusals);
    }
    (void)fprintf(stderr, "%" PRIu64 " allocations, %d refusals\n", n, refusals);
    cr_assert(lt(int, 10, refusals)); /* else nothing was tried */
}

Test(memory_faults, one_failed_allocation_in_a_grid_search_loses_nothing)
{
    fail_each_allocation(0, false);
}

Test(memory_faults, one_failed_allocation_in_a_paused_study_loses_nothing)
{
    fail_each_allocation(1, false);
}

Test(memory_faults, one_failed_allocation_in_a_failing_study_loses_nothing)
{
    fail_each_allocation(2, false);
}

Test(memory_faults, one_failed_allocation_in_a_custom_job_loses_nothing)
{
    fail_each_allocation(3, false);
}

Test(memory_faults, each_allocation_of_a_study_that_learns_may_fail)
{
    fail_each_allocation(4, false);
}

Test(memory_faults, memory_that_runs_out_in_a_grid_search_loses_nothing)
{
    fail_each_allocation(0, true);
}

Test(memory_faults, memory_that_runs_out_in_a_paused_study_loses_nothing)
{
    fail_each_allocation(1, true);
}
