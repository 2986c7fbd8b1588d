#include "launcher/adoption.h"

#include "launcher/shim/claim.h"
#include "launcher/shim/exit_record.h"
#include "launcher/shim/memory_cgroup.h"
#include "launcher/shim/record_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* When the attempt began, as well as can be known without a record: when it was claimed. */
static int64_t claim_time_us(const char *attempt_dir)
{
    char path[PATH_MAX];
    struct stat info;

    if (record_path(path, sizeof path, attempt_dir, CLAIM_NAME) != 0 || lstat(path, &info) < 0)
        return 0;
    return (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
}

/* By both marks: a trial may have changed one of them in what it started. */
static size_t kill_remains(const char *attempt_dir, const char *tag)
{
    char by_tag[PROCESS_TAG_TEXT + 32];
    char by_dir[PATH_MAX + 32];

    (void)snprintf(by_tag, sizeof by_tag, "ASSAY_ATTEMPT=%s", tag);
    (void)snprintf(by_dir, sizeof by_dir, "ASSAY_ATTEMPT_DIR=%s", attempt_dir);
    return process_kill_marked(tag[0] ? by_tag : NULL, by_dir);
}

static void tell_lost(const char *attempt_dir, int64_t now_us, const char *detail,
                      struct ending *ending)
{
    ending->kind = ENDING_LOST;
    ending->start_us = claim_time_us(attempt_dir);
    ending->end_us = now_us;
    (void)snprintf(ending->detail, sizeof ending->detail, "%s", detail);
}

static void tell_not_started(int64_t now_us, int error, struct ending *ending)
{
    char reason[128];

    ending->kind = ENDING_NOT_STARTED;
    ending->status = error;
    ending->end_us = now_us;
    if (error)
        (void)snprintf(ending->detail, sizeof ending->detail, "attempt's folder: %s",
                       strerror_r(error, reason, sizeof reason));
}

static bool is_short_of_descriptors(int error)
{
    return error == EMFILE || error == ENFILE;
}

/* Nobody has claimed it. An errno: EEXIST when somebody just did. *ending is set unless it is that.
 */
static int forbid(const char *attempt_dir, int64_t now_us, struct ending *ending)
{
    const struct claim never = { .pid = 0 };
    int error = record_make_dirs(attempt_dir);

    if (!error)
        error = claim_make(attempt_dir, &never);
    if (error == EEXIST)
        return error;
    /* A trial can remove its own folder, claim and all. */
    if (kill_remains(attempt_dir, "") > 0)
        tell_lost(attempt_dir, now_us, "it had removed its own folder; its processes were killed",
                  ending);
    else
        tell_not_started(now_us, error, ending);
    return error;
}

static void bury(const char *attempt_dir, const struct claim *claim, int64_t now_us,
                 struct ending *ending)
{
    char boot_id[BOOT_ID_TEXT];

    process_boot_id(boot_id);
    if (claim->boot_id[0] && strcmp(claim->boot_id, boot_id) != 0) {
        tell_lost(attempt_dir, now_us, "the machine was restarted while it ran", ending);
        return;
    }
    (void)kill_remains(attempt_dir, claim->tag);
    memory_cgroup_remove(claim->cgroup);
    tell_lost(attempt_dir, now_us, "its shim was killed, so that its end is not known", ending);
}

static enum adoption watch(const struct claim *claim, int *pidfd)
{
    *pidfd = (int)syscall(SYS_pidfd_open, claim->pid, 0);
    if (*pidfd < 0)
        return errno == ESRCH || errno == EINVAL ? ADOPTION_ENDED : ADOPTION_UNKNOWN;
    if (process_is_alive(claim->pid, claim->start_ticks)) /* so the descriptor is of the same one */
        return ADOPTION_RUNNING;
    (void)close(*pidfd);
    *pidfd = -1;
    return ADOPTION_ENDED;
}

/* There is a claim and was no record. */
static enum adoption look_at_claim(const char *attempt_dir, const struct claim *claim,
                                   int64_t now_us, struct ending *ending, int *pidfd)
{
    struct attempt_key key = ending->key;

    if (claim_is_alive(claim)) {
        enum adoption found = watch(claim, pidfd);

        if (found != ADOPTION_ENDED)
            return found;
    }
    /* It may have written its record and ended since we looked for that. */
    if (exit_record_read(attempt_dir, ending) == 0)
        return ADOPTION_ENDED;
    *ending = (struct ending){ .key = key };
    bury(attempt_dir, claim, now_us, ending);
    return ADOPTION_ENDED;
}

enum adoption adoption_look(const char *attempt_dir, struct attempt_key key, int64_t now_us,
                            struct ending *ending, int *pidfd)
{
    struct claim claim;
    int error = 0;

    *pidfd = -1;
    do {
        *ending = (struct ending){ .key = key };
        error = exit_record_read(attempt_dir, ending);
        if (error == 0)
            return ADOPTION_ENDED;
        *ending = (struct ending){ .key = key };
        if (!is_short_of_descriptors(error))
            error = claim_read(attempt_dir, &claim);
        if (error == ENOENT) {
            error = forbid(attempt_dir, now_us, ending);
            if (error != EEXIST)
                return error ? ADOPTION_UNCLAIMED : ADOPTION_ENDED;
        }
        if (is_short_of_descriptors(error))
            return ADOPTION_UNKNOWN;
    } while (error == EEXIST);
    if (error == 0 && claim.pid == 0) {
        tell_not_started(now_us, 0, ending);
        return ADOPTION_ENDED;
    }
    return look_at_claim(attempt_dir, &claim, now_us, ending, pidfd);
}
