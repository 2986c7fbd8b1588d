#include "launcher/shim/shim.h"

#include "launcher/shim/claim.h"
#include "launcher/shim/exit_record.h"
#include "launcher/shim/log_cap.h"
#include "launcher/shim/memory_cgroup.h"
#include "launcher/shim/record_file.h"
#include "launcher/shim/trial_process.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * COURTESY_US: what outlives the main process by itself, a `tee` at the end of a pipe, may finish
 * its last lines. KILL_AGAIN_US: killed processes leave us their children, which are then killed in
 * turn. RECORD_TRIES of RECORD_PAUSE_NS: a full disk may have room again in five seconds.
 * FULL_BYTES: with less than that a disk is full.
 */
enum {
    COURTESY_US = 200 * 1000,
    KILL_AGAIN_US = 50 * 1000,
    RECORD_TRIES = 25,
    RECORD_PAUSE_NS = 200 * 1000 * 1000,
    US_PER_S = 1000000,
    FULL_BYTES = 1024 * 1024,
};

enum stage {
    STAGE_RUNNING,   /* until the timeout, if any */
    STAGE_LEFTOVERS, /* the main process has ended by itself; others have until the deadline */
    STAGE_STOPPING,  /* SIGTERM was sent; SIGKILL at the deadline */
    STAGE_KILLING,   /* SIGKILL, and again at each deadline */
};

struct shim {
    struct shim_request request;
    struct claim claim;
    struct trial_limits limits;
    struct ending ending;
    pid_t main_pid;
    int main_status; /* as waitpid() has it */
    bool is_main_ended;
    bool has_children;
    bool is_stopped;
    bool is_timed_out;
    enum stage stage;
    int64_t deadline_us; /* on the monotonic clock */
    struct log_cap log_cap;
    int64_t look_us; /* likewise: when to look at the logs next */
};

/* The shim is a program by itself: no engine hands it a clock. */
static int64_t now_us(clockid_t clock)
{
    struct timespec now = { 0 };

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

static void set_deadline(struct shim *shim, int64_t from_now_us)
{
    if (__builtin_add_overflow(now_us(CLOCK_MONOTONIC), from_now_us, &shim->deadline_us))
        shim->deadline_us = INT64_MAX;
}

/*
 * Signals every child of ours, adopted ones too, with its process group, except for the group
 * `spared`. All their sessions began in this one, so that no stranger's group is hit.
 */
static void signal_children(int signal_number, pid_t spared)
{
    DIR *dir = opendir("/proc");
    pid_t self = getpid();

    if (!dir)
        return;
    for (pid_t pid = 0; (pid = process_next(dir));) {
        struct process_stat stat = { 0 };

        if (!process_stat_read(pid, &stat) || stat.parent != self || stat.group == spared)
            continue;
        if (stat.group > 1 && stat.group != getpgrp())
            (void)kill(-stat.group, signal_number);
        (void)kill(pid, signal_number);
    }
    (void)closedir(dir);
}

/* The group is ours for sure only while its first process is not reaped. */
static void signal_main(const struct shim *shim, int signal_number)
{
    if (shim->is_main_ended)
        return;
    (void)kill(-shim->main_pid, signal_number);
    (void)kill(shim->main_pid, signal_number);
}

static void kill_all(struct shim *shim)
{
    shim->stage = STAGE_KILLING;
    signal_main(shim, SIGKILL);
    memory_cgroup_kill(shim->claim.cgroup);
    signal_children(SIGKILL, 0);
    set_deadline(shim, KILL_AGAIN_US);
}

static void terminate(struct shim *shim)
{
    shim->stage = STAGE_STOPPING;
    set_deadline(shim, shim->request.grace_us);
    signal_main(shim, SIGTERM);
}

static void stop(struct shim *shim, bool is_gentle)
{
    if (!shim->is_main_ended)
        shim->is_stopped = true;
    if (!is_gentle)
        kill_all(shim);
    else if (shim->stage == STAGE_RUNNING)
        terminate(shim);
}

static void escalate(struct shim *shim)
{
    if (shim->stage == STAGE_RUNNING) {
        shim->is_timed_out = true;
        terminate(shim);
    } else {
        kill_all(shim);
    }
}

static void main_ended(struct shim *shim, int status)
{
    shim->main_status = status;
    shim->is_main_ended = true;
}

/* The main process has gone and others are left. */
static void face_leftovers(struct shim *shim)
{
    switch (shim->stage) {
    case STAGE_RUNNING:
        shim->stage = STAGE_LEFTOVERS;
        set_deadline(shim, COURTESY_US);
        break;
    case STAGE_STOPPING:
        /* Its group knows already and has its grace; what left the group hears of it now. */
        signal_children(SIGTERM, shim->main_pid);
        break;
    case STAGE_KILLING:
        kill_all(shim);
        break;
    case STAGE_LEFTOVERS:
        break;
    }
}

static void reap(struct shim *shim)
{
    bool was_main_ended = shim->is_main_ended;
    pid_t pid = 0;
    int status = 0;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == shim->main_pid && !shim->is_main_ended)
            main_ended(shim, status);
    }
    shim->has_children = pid == 0;
    if (shim->has_children && shim->is_main_ended &&
        (!was_main_ended || shim->stage == STAGE_KILLING))
        face_leftovers(shim);
}

/* The next order, or 0 at the deadline. */
static int wait_signal(int64_t deadline_us)
{
    sigset_t orders;
    struct timespec rest = { 0 };
    int64_t rest_us = deadline_us - now_us(CLOCK_MONOTONIC);
    int signal_number = -1;

    (void)sigemptyset(&orders);
    (void)sigaddset(&orders, SIGCHLD);
    (void)sigaddset(&orders, SIGTERM);
    (void)sigaddset(&orders, SIGINT);
    if (rest_us > 0) {
        rest.tv_sec = (time_t)(rest_us / US_PER_S);
        rest.tv_nsec = (long)(rest_us % US_PER_S) * 1000;
    }
    do
        signal_number = sigtimedwait(&orders, NULL, &rest);
    while (signal_number < 0 && errno == EINTR);
    return signal_number < 0 ? 0 : signal_number;
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

static void look_at_logs(struct shim *shim)
{
    int64_t pause_us = log_cap_look(&shim->log_cap);

    shim->look_us = pause_us == INT64_MAX ? INT64_MAX : now_us(CLOCK_MONOTONIC) + pause_us;
}

/* No order has come until the next moment at which something was to be done. */
static void act_on_time(struct shim *shim)
{
    int64_t now = now_us(CLOCK_MONOTONIC);

    if (now >= shim->look_us)
        look_at_logs(shim);
    if (now >= shim->deadline_us)
        escalate(shim);
}

static void begin_clocks(struct shim *shim)
{
    int64_t log_max = shim->request.log_max_bytes;

    if (shim->request.timeout_us > 0)
        set_deadline(shim, shim->request.timeout_us);
    else
        shim->deadline_us = INT64_MAX;
    shim->log_cap = (struct log_cap){ .dir = shim->request.dir, .max_bytes = log_max };
    shim->look_us = INT64_MAX;
    if (log_max > 0)
        look_at_logs(shim);
}

static void supervise(struct shim *shim)
{
    begin_clocks(shim);
    while (shim->has_children) {
        switch (wait_signal(earlier(shim->look_us, shim->deadline_us))) {
        case SIGCHLD:
            reap(shim);
            break;
        case SIGTERM:
            stop(shim, true);
            break;
        case SIGINT:
            stop(shim, false);
            break;
        default:
            act_on_time(shim);
            break;
        }
    }
    if (shim->request.log_max_bytes > 0)
        (void)log_cap_look(&shim->log_cap);
}

/*
 * Nobody can tell by the status alone that a trial failed because it could write no more, and then
 * it most often cannot say so. A file system without a size has none to be full.
 */
static bool is_disk_full(const char *dir)
{
    struct statvfs disk = { 0 };
    fsblkcnt_t left = 0;

    if (statvfs(dir, &disk) < 0 || disk.f_blocks == 0)
        return false;
    left = geteuid() == 0 ? disk.f_bfree : disk.f_bavail; /* some is kept back for root */
    return left * disk.f_frsize < FULL_BYTES || (disk.f_files > 0 && disk.f_ffree == 0);
}

/* Not the trial's fault, whatever it was: it is to be run again. */
static void lose_to_disk(struct ending *ending)
{
    (void)snprintf(ending->detail, sizeof ending->detail,
                   "it ended with %s %d while its disk was full",
                   ending->kind == ENDING_SIGNALED ? "signal" : "status", ending->status);
    ending->kind = ENDING_LOST;
}

static void describe_end(struct shim *shim)
{
    struct ending *ending = &shim->ending;
    bool is_signaled = WIFSIGNALED(shim->main_status);
    int value = is_signaled ? WTERMSIG(shim->main_status) : WEXITSTATUS(shim->main_status);
    bool is_clean = !is_signaled && value == 0;

    ending->kind = is_signaled ? ENDING_SIGNALED : ENDING_EXITED;
    ending->status = value;
    if (!is_clean && shim->limits.address_space_bytes)
        (void)snprintf(ending->detail, sizeof ending->detail,
                       "address space was limited to %lld bytes, as no memory cgroup can be made "
                       "here",
                       (long long)shim->limits.address_space_bytes);
    else if (shim->log_cap.is_powerless)
        (void)snprintf(ending->detail, sizeof ending->detail,
                       "a log is longer than logMax: this file system cannot give back the middle "
                       "of a file");
    if (shim->is_stopped)
        ending->kind = ENDING_STOPPED;
    else if (shim->is_timed_out)
        ending->kind = ENDING_TIMEOUT;
    else if (!is_clean && memory_cgroup_oom_kills(shim->claim.cgroup) > 0)
        ending->kind = ENDING_OUT_OF_MEMORY;
    else if (!is_clean && is_disk_full(shim->request.dir))
        lose_to_disk(ending);
    else
        return;
    ending->status = is_signaled ? 128 + value : value;
}

static void measure(struct ending *ending)
{
    struct rusage usage = { 0 };

    (void)getrusage(RUSAGE_CHILDREN, &usage);
    ending->end_us = now_us(CLOCK_REALTIME);
    ending->cpu_us = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * US_PER_S +
                     usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    ending->peak_memory_bytes = (int64_t)usage.ru_maxrss * 1024;
}

/* The record lands also when the trial has removed its own folder. */
static int write_record(const struct shim *shim)
{
    static const struct timespec pause = { .tv_nsec = RECORD_PAUSE_NS };
    const char *dir = shim->request.dir;
    int error = exit_record_write(dir, &shim->ending);

    for (int i = 0; error && i < RECORD_TRIES; i++) {
        if (error != ENOENT || record_make_dirs(dir) != 0)
            (void)nanosleep(&pause, NULL);
        error = exit_record_write(dir, &shim->ending);
    }
    return error;
}

static int claim_attempt(struct shim *shim, const char *boot_id)
{
    struct process_stat self = { 0 };
    int error = record_make_dirs(shim->request.dir);

    if (error || !process_stat_read(0, &self))
        return error ? error : ESRCH;
    shim->claim.pid = getpid();
    shim->claim.start_ticks = self.start_ticks;
    (void)snprintf(shim->claim.boot_id, sizeof shim->claim.boot_id, "%s", boot_id);
    (void)snprintf(shim->claim.tag, sizeof shim->claim.tag, "%s", shim->request.tag);
    if (shim->request.memory_bytes > 0 &&
        !memory_cgroup_make(shim->request.memory_bytes, shim->claim.cgroup))
        shim->limits.address_space_bytes = shim->request.memory_bytes;
    shim->limits.cgroup = shim->claim.cgroup;
    error = claim_make(shim->request.dir, &shim->claim);
    if (error)
        memory_cgroup_remove(shim->claim.cgroup);
    return error;
}

static int make_folder(const char *attempt_dir, const char *name)
{
    char path[PATH_MAX];
    int error = record_path(path, sizeof path, attempt_dir, name);

    return error ? error : record_make_dirs(path);
}

static void run_trial(struct shim *shim)
{
    const char *dir = shim->request.dir;
    char reason[128];
    int error = make_folder(dir, TRIAL_WORK_NAME);

    if (!error)
        error = make_folder(dir, TRIAL_METRICS_NAME);
    if (error) {
        shim->ending.kind = ENDING_NOT_STARTED;
        shim->ending.status = error;
        (void)snprintf(shim->ending.detail, sizeof shim->ending.detail, "%.160s: %s", dir,
                       strerror_r(error, reason, sizeof reason));
        return;
    }
    shim->ending.start_us = now_us(CLOCK_REALTIME);
    shim->main_pid = trial_process_start(&shim->request, &shim->limits, &shim->ending);
    if (shim->main_pid < 0) {
        shim->ending.start_us = 0;
        return;
    }
    shim->has_children = true;
    supervise(shim);
    describe_end(shim);
}

int shim_run_request(const struct shim_request *request, const char *boot_id)
{
    struct shim shim = { .request = *request, .limits = { .cgroup = "" } };
    int error = 0;

    (void)setsid();
    (void)prctl(PR_SET_NAME, "assay-shim");
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        error = errno;
    if (!error)
        error = claim_attempt(&shim, boot_id);
    if (!error) {
        run_trial(&shim);
        measure(&shim.ending);
        memory_cgroup_remove(shim.claim.cgroup);
        error = write_record(&shim);
    }
    return error ? 1 : 0;
}

int shim_run(char *body, size_t size, const char *boot_id)
{
    struct shim_request request = { 0 };
    int status = 1;

    if (shim_request_decode(body, size, &request) == 0)
        status = shim_run_request(&request, boot_id);
    shim_request_clear(&request);
    return status;
}
