#include "launcher/slurm/slurm_debts.h"

#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static char found[64];
static int count;

static void find(void *context, const char *tag)
{
    (void)context;
    (void)snprintf(found, sizeof found, "%s", tag);
    count++;
}

Test(slurm_debts, what_is_noted_is_found_until_it_is_settled)
{
    char folder[256];
    char dir[300];

    support_folder_make(folder);
    (void)snprintf(dir, sizeof dir, "%s/to-cancel", folder);
    slurm_debts_each(dir, find, NULL);
    cr_assert(eq(int, count, 0));
    cr_assert(eq(int, slurm_debts_note(dir, "3-1-ab"), 0));
    cr_assert(eq(int, slurm_debts_note(dir, "3-1-ab"), 0));
    cr_assert(eq(int, slurm_debts_note(dir, "4-1-cd"), 0));
    slurm_debts_settle(dir, "4-1-cd");
    slurm_debts_each(dir, find, NULL);
    cr_assert(eq(int, count, 1));
    cr_assert(eq(str, found, "3-1-ab"));
    support_folder_remove(folder);
}
