#include "launcher/shim/claim.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char folder[256];

static void make_folder(void)
{
    support_folder_make(folder);
}

static void remove_folder(void)
{
    support_folder_remove(folder);
}

TestSuite(claim, .init = make_folder, .fini = remove_folder);

Test(claim, reads_back_what_was_made)
{
    struct claim made = { .pid = 4711, .start_ticks = UINT64_MAX };
    struct claim read;

    (void)snprintf(made.boot_id, sizeof made.boot_id, "%s", "a-b-c");
    (void)snprintf(made.tag, sizeof made.tag, "%s", "study 7/3 - \xc3\xa4");
    (void)snprintf(made.cgroup, sizeof made.cgroup, "%s", "/sys/fs/cgroup/x y");
    cr_assert(eq(int, claim_make(folder, &made), 0));
    cr_assert(eq(int, claim_read(folder, &read), 0));
    cr_assert(eq(int, read.pid, made.pid));
    cr_assert(eq(u64, read.start_ticks, made.start_ticks));
    cr_assert(eq(str, read.boot_id, made.boot_id));
    cr_assert(eq(str, read.tag, made.tag));
    cr_assert(eq(str, read.cgroup, made.cgroup));
}

Test(claim, empty_fields_stay_empty)
{
    struct claim made = { .pid = 0 };
    struct claim read = { .tag = "rubbish" };

    cr_assert(eq(int, claim_make(folder, &made), 0));
    cr_assert(eq(int, claim_read(folder, &read), 0));
    cr_assert(eq(str, read.tag, ""));
    cr_assert(eq(str, read.cgroup, ""));
    cr_assert(eq(str, read.boot_id, ""));
    cr_assert(not(claim_is_alive(&read)));
}

Test(claim, the_second_to_make_it_is_refused)
{
    struct claim claim = { .pid = 1 };

    cr_assert(eq(int, claim_make(folder, &claim), 0));
    cr_assert(eq(int, claim_make(folder, &claim), EEXIST));
}

enum { RIVALS = 8, ROUNDS = 50 };

static void *compete(void *context)
{
    struct claim claim = { .pid = 1 };
    pthread_barrier_t *start = context;

    (void)pthread_barrier_wait(start);
    return claim_make(folder, &claim) == 0 ? context : NULL;
}

Test(claim, of_many_at_once_one_wins)
{
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[RIVALS];
        pthread_barrier_t start;
        char path[300];
        int winners = 0;

        (void)pthread_barrier_init(&start, NULL, RIVALS);
        for (int i = 0; i < RIVALS; i++)
            cr_assert(pthread_create(&threads[i], NULL, compete, &start) == 0);
        for (int i = 0; i < RIVALS; i++) {
            void *won = NULL;

            (void)pthread_join(threads[i], &won);
            winners += won != NULL;
        }
        cr_assert(eq(int, winners, 1));
        (void)pthread_barrier_destroy(&start);
        (void)snprintf(path, sizeof path, "%s/%s", folder, CLAIM_NAME);
        cr_assert(unlink(path) == 0);
    }
}

Test(claim, missing_and_foreign_ones_are_told_apart)
{
    static const char *const foreign[] = {
        "elsewhere",
        "assay-claim-1\n1\n2\nboot\n-",
        "assay-claim-1\n-1\n2\nb\n-\n-",
        "assay-claim-1\n1x\n2\nb\n-\n-",
        "assay-claim-1\n1\n2\nb\n-\n-\nmore",
        "assay-claim-9\n1\n2\nb\n-\n-",
        "assay-claim-1\n99999999999\n2\nb\n-\n-",
    };
    struct claim claim;
    char path[300];

    cr_assert(eq(int, claim_read(folder, &claim), ENOENT));
    (void)snprintf(path, sizeof path, "%s/%s", folder, CLAIM_NAME);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        cr_assert(symlink(foreign[i], path) == 0);
        cr_assert(eq(int, claim_read(folder, &claim), EBADMSG), "%s", foreign[i]);
        cr_assert(unlink(path) == 0);
    }
    support_write(folder, CLAIM_NAME, "text", 0644);
    cr_assert(eq(int, claim_read(folder, &claim), EBADMSG));
}

Test(claim, a_process_is_known_by_its_start_time_too)
{
    struct claim claim = { .pid = getpid() };
    struct process_stat self;

    cr_assert(process_stat_read(0, &self));
    process_boot_id(claim.boot_id);
    claim.start_ticks = self.start_ticks;
    cr_assert(claim_is_alive(&claim));
    claim.start_ticks++;
    cr_assert(not(claim_is_alive(&claim)));
    claim.start_ticks--;
    (void)snprintf(claim.boot_id, sizeof claim.boot_id, "%s", "another");
    cr_assert(not(claim_is_alive(&claim)));
}
