#include "launcher/container/container_owner.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "1000" or "1000:100"; a user's group is root's unless it is said, as the engines have it. */
static bool parse_user(const char *text, uid_t *uid, gid_t *gid)
{
    char *end = NULL;
    unsigned long number = 0;

    if (*text < '0' || *text > '9')
        return false;
    number = strtoul(text, &end, 10);
    *uid = (uid_t)number;
    *gid = 0;
    if (*end == '\0')
        return number <= INT_MAX;
    if (*end != ':' || end[1] < '0' || end[1] > '9')
        return false;
    text = end + 1;
    *gid = (gid_t)strtoul(text, &end, 10);
    return *end == '\0' && number <= INT_MAX;
}

static int hand_over(const char *dir, const char *name, uid_t uid, gid_t gid)
{
    char path[PATH_MAX];
    int error = record_path(path, sizeof path, dir, name);

    if (!error)
        error = record_make_dirs(path);
    return error == 0 && lchown(path, uid, gid) < 0 ? errno : error;
}

/* The first half of a mount of the state folder's own. */
static int hand_over_mount(const char *mount, uid_t uid, gid_t gid)
{
    char path[PATH_MAX];

    if ((size_t)snprintf(path, sizeof path, "%.*s", (int)strcspn(mount, ":"), mount) >= sizeof path)
        return ENAMETOOLONG;
    return lchown(path, uid, gid) < 0 ? errno : 0;
}

bool container_hand_over(const struct container_run *run, struct assay_error *err)
{
    static const char *const names[] = { ".", "work", "metrics" };
    const struct container_launch *container = run->replica->container;
    uid_t uid = 0;
    gid_t gid = 0;
    int error = 0;

    if (run->traits->kind != CONTAINER_DOCKER || geteuid() != 0 ||
        !parse_user(container_user(run), &uid, &gid) || uid == 0)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !error; i++)
        error = hand_over(run->replica->dir, names[i], uid, gid);
    for (size_t i = 0; i < container->mount_count && !error; i++) {
        if (container_mount_is_own(container->mounts[i], run->state_dir))
            error = hand_over_mount(container->mounts[i], uid, gid);
    }
    return error == 0 || assay_fail_errno(err, error, "hand over %s", run->replica->dir);
}
