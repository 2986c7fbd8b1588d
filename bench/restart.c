#include "bench/restart.h"

#include "bench/client.h"
#include "bench/isolate.h"
#include "bench/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* QUIET_MS: after so long without a byte, no trial of an earlier engine is on its way any more. */
enum { LAUNCH_TIMEOUT_MS = 60000, QUIET_MS = 500 };

/* Only clean pages can be dropped, and this needs no privilege. What the disk itself or a virtual
 * machine's host keeps is beyond reach. */
static bool drop_from_cache(const char *folder, const char *name, struct assay_error *err)
{
    char path[PATH_MAX];
    int fd = -1;
    bool is_dropped = false;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || assay_fail_errno(err, errno, "%s", path);
    is_dropped = fsync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0;
    (void)close(fd);
    return is_dropped || assay_fail_errno(err, errno, "%s", path);
}

static void await_quiet(int fifo)
{
    struct pollfd source = { .fd = fifo, .events = POLLIN };
    char bytes[256];

    while (poll(&source, 1, QUIET_MS) != 0)
        (void)!read(fifo, bytes, sizeof bytes);
}

static bool await_launch(int fifo, struct assay_error *err)
{
    struct pollfd source = { .fd = fifo, .events = POLLIN };
    int ready = -1;

    do
        ready = poll(&source, 1, LAUNCH_TIMEOUT_MS);
    while (ready < 0 && errno == EINTR);
    return ready > 0 || assay_fail(err, ASSAY_DEADLINE, NULL, "no trial was launched");
}

static bool restart(const void *context, void *result, struct assay_error *err)
{
    const struct restart_plan *plan = context;
    struct restart_figures *figures = result;
    struct assay_options options = { .state_dir = plan->folder };
    struct assay *assay = NULL;
    double start_s = 0;
    /* Also open for writing, so that it never reads as ended. */
    int fifo = open(plan->started_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    bool is_ok = fifo >= 0 || assay_fail_errno(err, errno, "%s", plan->started_path);

    if (is_ok)
        await_quiet(fifo);
    if (is_ok && plan->is_cold)
        is_ok = drop_from_cache(plan->folder, "assay.db", err) &&
                drop_from_cache(plan->folder, "assay.db-wal", err);
    if (!is_ok)
        return false;
    start_s = moment_now().wall_s;
    assay = assay_open(&options, err);
    is_ok = assay && client_resume(assay, err);
    figures->answer_s = moment_now().wall_s - start_s;
    is_ok = is_ok && await_launch(fifo, err);
    figures->launch_s = moment_now().wall_s - start_s;
    (void)close(fifo);
    if (plan->is_clean)
        assay_close(assay);
    return is_ok;
}

bool restart_run(const struct restart_plan *plan, struct restart_figures *figures,
                 struct assay_error *err)
{
    return isolate_run(restart, plan, figures, sizeof *figures, err);
}
