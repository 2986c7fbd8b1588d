#include "launcher/backend_slurm.h"

#include "assay/env.h"
#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

static char folder[256];
static char *empty_path[] = { "PATH=/nowhere", NULL };
static struct slurm_options options;

static void ignore(void *context, const struct ending *ending)
{
    (void)context;
    (void)ending;
}

static void set_up(void)
{
    support_folder_make(folder);
    options = (struct slurm_options){ .shim_path = SHIM_PATH,
                                      .state_dir = folder,
                                      .envp = empty_path,
                                      .env = assay_env_system(),
                                      .on_ended = ignore };
}

static void tear_down(void)
{
    support_folder_remove(folder);
}

TestSuite(backend_slurm, .init = set_up, .fini = tear_down);

Test(backend_slurm, that_there_is_no_slurm_is_found_by_the_check_and_by_nothing_else)
{
    struct assay_error err = { 0 };
    struct launcher *launcher = launcher_slurm_new(&options, &err);

    cr_assert(launcher != NULL, "%s", err.message);
    launcher_free(launcher);
    cr_assert(not(launcher_slurm_check(&options, &err)));
    cr_assert(eq(int, err.code, ASSAY_PRECONDITION));
}

static ino_t find_shim(void)
{
    char bin[300];
    DIR *dir = NULL;
    const struct dirent *entry = NULL;
    ino_t found = 0;
    int count = 0;

    (void)snprintf(bin, sizeof bin, "%s/bin", folder);
    dir = opendir(bin);
    cr_assert(dir != NULL);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        found = entry->d_ino;
        count++;
    }
    (void)closedir(dir);
    cr_assert(eq(int, count, 1));
    return found;
}

Test(backend_slurm, the_shim_that_nodes_run_is_never_replaced)
{
    struct assay_error err = { 0 };
    ino_t first = 0;

    launcher_free(launcher_slurm_new(&options, &err));
    first = find_shim();
    launcher_free(launcher_slurm_new(&options, &err));
    cr_assert(find_shim() == first);
}
