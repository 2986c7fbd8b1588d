#include "launcher/slurm/slurm_use.h"

#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <unistd.h>

static char folder[256];
static struct slurm_use use;
static struct slurm_use other;

static void set_up(void)
{
    support_folder_make(folder);
    use = (struct slurm_use){ .fd = -1 };
    other = (struct slurm_use){ .fd = -1 };
}

static void tear_down(void)
{
    slurm_use_leave(&use);
    slurm_use_leave(&other);
    support_folder_remove(folder);
}

TestSuite(slurm_use, .init = set_up, .fini = tear_down);

Test(slurm_use, an_allocation_is_in_use_until_all_have_left_it)
{
    cr_assert(eq(int, slurm_use_begin(&use, folder, "hold-1"), 0));
    cr_assert(eq(int, slurm_use_join(&other, folder, "hold-1"), 0));
    cr_assert(not(slurm_use_is_over(folder, "hold-1")));
    slurm_use_leave(&use);
    cr_assert(not(slurm_use_is_over(folder, "hold-1")));
    slurm_use_leave(&other);
    cr_assert(slurm_use_is_over(folder, "hold-1"));
}

Test(slurm_use, one_that_was_given_back_is_joined_by_nobody)
{
    cr_assert(eq(int, slurm_use_begin(&use, folder, "hold-1"), 0));
    slurm_use_leave(&use);
    cr_assert(slurm_use_is_over(folder, "hold-1"));
    cr_assert(eq(int, slurm_use_join(&other, folder, "hold-1"), ENOENT));
    cr_assert(eq(int, other.fd, -1));
    cr_assert(slurm_use_is_over(folder, "hold-1"));
}

Test(slurm_use, a_copy_of_the_descriptor_in_another_process_is_use_too)
{
    int copy = -1;

    cr_assert(eq(int, slurm_use_begin(&use, folder, "hold-1"), 0));
    copy = dup(use.fd); /* what an srun has of it */
    slurm_use_leave(&use);
    cr_assert(not(slurm_use_is_over(folder, "hold-1")));
    (void)close(copy);
    cr_assert(slurm_use_is_over(folder, "hold-1"));
}

Test(slurm_use, who_joins_another_allocation_leaves_the_one_before)
{
    cr_assert(eq(int, slurm_use_begin(&use, folder, "hold-1"), 0));
    cr_assert(eq(int, slurm_use_begin(&other, folder, "hold-2"), 0));
    cr_assert(eq(int, slurm_use_join(&use, folder, "hold-2"), 0));
    cr_assert(eq(str, (char *)use.tag, "hold-2"));
    cr_assert(slurm_use_is_over(folder, "hold-1"));
    cr_assert(not(slurm_use_is_over(folder, "hold-2")));
}
