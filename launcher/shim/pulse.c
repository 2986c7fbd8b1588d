#include "launcher/shim/pulse.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Words to stop are looked for at each look, the heart beats at every LOOKS_PER_BEAT-th. */
enum { LOOK_US = 250 * 1000, LOOKS_PER_BEAT = NODE_BEAT_US / LOOK_US };

struct beater {
    const char *dir;
    const struct node_order *order;
    int words;
    struct timespec lease_seen; /* when the lease was last touched, by the file server's clock */
    int64_t lease_age_us;       /* for how long that has been so, by our count */
};

static bool say(const struct beater *beater, char word)
{
    return write(beater->words, &word, 1) == 1;
}

static bool beat(const struct beater *beater)
{
    char path[PATH_MAX];
    int fd = -1;
    bool is_done = false;

    if (record_path(path, sizeof path, beater->dir, NODE_HEARTBEAT_NAME) != 0)
        return true;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    is_done = fd >= 0 && futimens(fd, NULL) == 0;
    if (fd >= 0)
        (void)close(fd);
    return !is_done || say(beater, PULSE_BEAT);
}

static bool look_for_stop(const struct beater *beater)
{
    int dir = open(beater->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_said = true;

    if (dir < 0)
        return true;
    if (faccessat(dir, NODE_STOP_NOW_NAME, F_OK, 0) == 0)
        is_said = say(beater, PULSE_STOP_NOW);
    else if (faccessat(dir, NODE_STOP_GENTLY_NAME, F_OK, 0) == 0)
        is_said = say(beater, PULSE_STOP_GENTLY);
    (void)close(dir);
    return is_said;
}

/* The age is counted, not read from two clocks of two machines. */
static bool look_at_lease(struct beater *beater)
{
    struct stat info = { 0 };

    if (beater->order->lease_us <= 0)
        return true;
    beater->lease_age_us += NODE_BEAT_US;
    if (stat(beater->order->lease_path, &info) == 0 &&
        (info.st_mtim.tv_sec != beater->lease_seen.tv_sec ||
         info.st_mtim.tv_nsec != beater->lease_seen.tv_nsec)) {
        beater->lease_seen = info.st_mtim;
        beater->lease_age_us = 0;
    }
    return beater->lease_age_us < beater->order->lease_us || say(beater, PULSE_LEASE_ENDED);
}

static void run(struct beater *beater)
{
    static const struct timespec pause = { .tv_nsec = LOOK_US * 1000L };

    for (unsigned look = 0;; look++) {
        if (look % LOOKS_PER_BEAT == 0 && (!beat(beater) || !look_at_lease(beater)))
            return;
        if (!look_for_stop(beater))
            return;
        (void)nanosleep(&pause, NULL);
    }
}

int pulse_start(struct pulse *pulse, const char *dir, const struct node_order *order)
{
    struct beater beater = { .dir = dir, .order = order };
    pid_t parent = getpid();
    int ends[2] = { -1, -1 };

    if (pipe2(ends, O_CLOEXEC) < 0)
        return errno;
    pulse->pid = fork();
    if (pulse->pid == 0) {
        (void)close(ends[0]);
        beater.words = ends[1];
        (void)prctl(PR_SET_NAME, "assay-pulse");
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
            run(&beater);
        _exit(0);
    }
    (void)close(ends[1]);
    pulse->words = ends[0];
    if (pulse->pid > 0)
        return fcntl(pulse->words, F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
    (void)close(pulse->words);
    *pulse = (struct pulse){ 0 };
    return EAGAIN;
}

void pulse_stop(struct pulse *pulse)
{
    if (pulse->pid <= 0)
        return;
    (void)kill(pulse->pid, SIGKILL);
    /* Not waited for: what hangs in a file server's call dies only with that. */
    (void)waitpid(pulse->pid, NULL, WNOHANG);
    (void)close(pulse->words);
    *pulse = (struct pulse){ 0 };
}
