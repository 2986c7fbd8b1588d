#include "launcher/adoption.h"

#include "launcher/shim/claim.h"
#include "launcher/shim/exit_record.h"
#include "launcher/shim/record_file.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

int __real_symlink(const char *text, const char *path);
int __wrap_symlink(const char *text, const char *path);

static struct workshop shop;
static atomic_int claim_error; /* what making a claim fails with; 0: it does not */
static sem_t claim_failed;     /* posted each time */

int __wrap_symlink(const char *text, const char *path)
{
    int error = atomic_load(&claim_error);

    if (!error)
        return __real_symlink(text, path);
    (void)sem_post(&claim_failed);
    errno = error;
    return -1;
}

static void open_shop(void)
{
    cr_assert(sem_init(&claim_failed, 0, 0) == 0);
    workshop_open(&shop);
}

static void close_shop(void)
{
    workshop_close(&shop);
    (void)sem_destroy(&claim_failed);
}

TestSuite(adoption, .init = open_shop, .fini = close_shop, .timeout = 120);

static void make_dir(int64_t trial, char dir[512])
{
    cr_assert(record_make_dirs(workshop_dir(&shop, trial, dir)) == 0);
}

/* A claim of a process that is gone, on this boot unless boot_id says otherwise. */
static void claim_dead(const char *dir, const char *tag, const char *boot_id)
{
    struct claim claim = { .pid = getpid(), .start_ticks = 1 }; /* pid reused by another */

    process_boot_id(claim.boot_id);
    if (boot_id)
        (void)snprintf(claim.boot_id, sizeof claim.boot_id, "%s", boot_id);
    (void)snprintf(claim.tag, sizeof claim.tag, "%s", tag);
    cr_assert(claim_make(dir, &claim) == 0);
}

Test(adoption, what_runs_is_watched_by_the_next_launcher)
{
    struct ending ending;
    pid_t held = 0;

    workshop_start(&shop, 1, WORDS("exit-on-term"), NULL);
    held = workshop_ready(&shop);
    workshop_restart(&shop);
    cr_assert(kill(held, 0) == 0);
    workshop_adopt(&shop, 1);
    cr_assert(kill(held, SIGTERM) == 0);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 7));
}

Test(adoption, what_runs_can_be_stopped_by_the_next_launcher)
{
    struct ending ending;

    workshop_start(&shop, 1, WORDS("exit-on-term"), NULL);
    (void)workshop_ready(&shop);
    workshop_restart(&shop);
    workshop_adopt(&shop, 1);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_GENTLY);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
    cr_assert(eq(int, ending.status, 7));
}

Test(adoption, what_ended_meanwhile_is_told_from_its_record)
{
    struct ending before;
    struct ending ending;

    workshop_start(&shop, 1, WORDS("exit", "3"), NULL);
    before = workshop_wait(&shop, 1);
    shop.ended_count = 0;
    workshop_restart(&shop);
    workshop_adopt(&shop, 1);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 3));
    cr_assert(eq(i64, ending.start_us, before.start_us));
    cr_assert(eq(i64, ending.end_us, before.end_us));
    cr_assert(eq(i64, ending.key.trial, 1));
}

Test(adoption, what_never_began_is_forbidden_to_begin_and_told_so_again)
{
    char dir[512];

    workshop_adopt(&shop, 1);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_NOT_STARTED));
    /* A shim that comes late finds the claim. */
    shop.ended_count = 0;
    workshop_start(&shop, 1, WORDS("exit", "0"), NULL);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_NOT_STARTED));
    cr_assert(not(support_exists(workshop_dir(&shop, 1, dir), "stdout.log")));
    shop.ended_count = 0;
    workshop_restart(&shop);
    workshop_adopt(&shop, 1);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_NOT_STARTED));
}

Test(adoption, what_its_shim_left_running_is_killed_and_lost)
{
    char dir[512];
    char tag[600];
    struct ending ending;
    pid_t held = 0;

    /* A stray process with the attempt's mark: started under another attempt's shim. */
    workshop_start(&shop, 2, WORDS("ignore-term"), NULL);
    held = workshop_ready(&shop);
    make_dir(1, dir);
    (void)snprintf(tag, sizeof tag, "%s#2", shop.folder);
    claim_dead(dir, tag, NULL);
    workshop_adopt(&shop, 1);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_LOST));
    cr_assert(ending.start_us > 0);
    support_wait_gone(held);
    cr_assert(eq(int, workshop_wait(&shop, 2).kind, ENDING_SIGNALED));
}

Test(adoption, after_a_restart_of_the_machine_nothing_is_looked_for)
{
    char dir[512];
    char tag[600];
    struct ending ending;
    pid_t held = 0;

    workshop_start(&shop, 2, WORDS("exit-on-term"), NULL);
    held = workshop_ready(&shop);
    make_dir(1, dir);
    (void)snprintf(tag, sizeof tag, "%s#2", shop.folder);
    claim_dead(dir, tag, "00000000-0000-0000-0000-000000000000");
    workshop_adopt(&shop, 1);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_LOST));
    cr_assert(strstr(ending.detail, "restarted") != NULL);
    cr_assert(kill(held, SIGTERM) == 0); /* it still runs */
    cr_assert(eq(int, workshop_wait(&shop, 2).status, 7));
}

Test(adoption, a_torn_record_counts_as_none)
{
    char dir[512];

    make_dir(1, dir);
    claim_dead(dir, "", NULL);
    support_write(dir, EXIT_RECORD_NAME, "assay-exit 1\nkind exited\nstatus 0\n", 0644);
    workshop_adopt(&shop, 1);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_LOST));
    make_dir(2, dir);
    claim_dead(dir, "", NULL);
    support_write(dir, EXIT_RECORD_NAME, "", 0644);
    workshop_adopt(&shop, 2);
    cr_assert(eq(int, workshop_wait(&shop, 2).kind, ENDING_LOST));
}

Test(adoption, something_else_in_the_claims_place_is_lost_not_started)
{
    char dir[512];

    make_dir(1, dir);
    support_write(dir, CLAIM_NAME, "", 0644);
    workshop_adopt(&shop, 1);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_LOST));
}

Test(adoption, a_running_trial_that_removed_its_folder_never_runs_twice)
{
    pid_t held = 0;

    workshop_start(&shop, 1, WORDS("remove-folder", "and-hold"), NULL);
    held = workshop_ready(&shop);
    workshop_restart(&shop);
    workshop_adopt(&shop, 1);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_LOST));
    support_wait_gone(held);
}

Test(adoption, asked_twice_it_is_told_once)
{
    workshop_start(&shop, 1, WORDS("exit-on-term"), NULL);
    (void)workshop_ready(&shop);
    workshop_adopt(&shop, 1);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_GENTLY);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_STOPPED));
}

Test(adoption, without_descriptors_the_answer_is_to_ask_again)
{
    char dir[512];
    struct ending ending;
    struct rlimit before;
    struct rlimit none;
    int pidfd = -1;
    enum adoption found = ADOPTION_ENDED;

    make_dir(1, dir);
    claim_dead(dir, "", NULL);
    cr_assert(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = before;
    none.rlim_cur = 0;
    cr_assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
    found = adoption_look(dir, (struct attempt_key){ 1, 1, 0 }, 0, &ending, &pidfd);
    cr_assert(setrlimit(RLIMIT_NOFILE, &before) == 0);
    cr_assert(eq(int, found, ADOPTION_UNKNOWN));
}

Test(adoption, what_cannot_be_forbidden_may_still_begin_and_is_asked_for_again)
{
    static const int errors[] = { ENOSPC, EACCES, EROFS };
    const struct attempt_key key = { 1, 1, 0 };
    struct claim claim;
    struct ending ending;
    char dir[512];
    int pidfd = -1;

    make_dir(1, dir);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        atomic_store(&claim_error, errors[i]);
        cr_assert(eq(int, adoption_look(dir, key, 0, &ending, &pidfd), ADOPTION_UNCLAIMED));
        cr_assert(eq(int, ending.status, errors[i]));
        cr_assert(eq(int, claim_read(dir, &claim), ENOENT));
    }
    atomic_store(&claim_error, 0);
    cr_assert(eq(int, adoption_look(dir, key, 0, &ending, &pidfd), ADOPTION_ENDED));
    cr_assert(eq(int, ending.kind, ENDING_NOT_STARTED));
    cr_assert(eq(int, ending.status, 0));
}

/* Orders for others come in all the time: they must not put the second look off. */
Test(adoption, on_a_full_disk_nothing_is_told_until_it_can_be_forbidden)
{
    size_t ended_count = 0;

    atomic_store(&claim_error, ENOSPC);
    workshop_adopt(&shop, 1);
    for (int i = 0; i < 2; i++)
        while (sem_trywait(&claim_failed) < 0)
            launcher_stop(shop.launcher, (struct attempt_key){ 2, 1, 0 }, STOP_NOW);
    (void)pthread_mutex_lock(&shop.mutex);
    ended_count = shop.ended_count;
    (void)pthread_mutex_unlock(&shop.mutex);
    cr_assert(eq(sz, ended_count, 0));
    atomic_store(&claim_error, 0);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_NOT_STARTED));
}

Test(adoption, many_at_once_after_a_crash_are_each_told_once)
{
    enum { COUNT = 60 };

    for (int64_t i = 1; i <= COUNT; i++)
        workshop_start(&shop, i, WORDS("exit", "0"), NULL);
    /* Some have ended, some run, some are in the socket, some were never sent. */
    launcher_free(shop.launcher);
    shop.launcher = NULL;
    shop.ended_count = 0;
    workshop_restart(&shop);
    for (int64_t i = 1; i <= COUNT; i++)
        workshop_adopt(&shop, i);
    for (int64_t i = 1; i <= COUNT; i++) {
        struct ending ending = workshop_wait(&shop, i);

        if (ending.kind != ENDING_NOT_STARTED)
            cr_assert(eq(int, ending.kind, ENDING_EXITED), "%s", ending.detail);
    }
}
