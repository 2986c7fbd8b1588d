#include "launcher/shim/node.h"

#include "launcher/shim/exit_record.h"
#include "launcher/shim/node_environment.h"
#include "launcher/shim/node_order.h"
#include "launcher/shim/node_where.h"
#include "launcher/shim/pulse.h"
#include "launcher/shim/record_file.h"
#include "launcher/shim/rendezvous.h"
#include "launcher/shim/shim.h"
#include "launcher/shim/shim_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How often it is asked whether the pulse has gone silent; so long that we have not run between. */
enum { ASK_MS = 1000, STALL_US = 10 * 1000 * 1000 };

struct node {
    const char *dir;
    struct node_order order;
    char *bytes; /* the request as it lies in its file */
    struct shim_request request;
    struct rendezvous rendezvous;
    char **argv; /* with late words filled in */
    char **filled;
    char **envp; /* of entries of filled and of our own environment */
    struct pulse pulse;
    int signals; /* a signalfd */
    pid_t shim;
};

/* Standard error is the job's log, which the launcher quotes when nothing else tells. */
static bool complain(const struct node *node, const char *what, int error)
{
    char reason[128];

    (void)fprintf(stderr, "assay: %s: %s: %s\n", node->dir, what,
                  strerror_r(error, reason, sizeof reason));
    return false;
}

static int read_all(int fd, char *bytes, size_t size)
{
    while (size) {
        ssize_t count = read(fd, bytes, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? errno : EBADMSG;
        bytes += count;
        size -= (size_t)count;
    }
    return 0;
}

static int read_request_file(struct node *node, int fd)
{
    struct shim_head head = { 0 };
    int error = read_all(fd, (char *)&head, sizeof head);

    if (!error && !shim_head_is_valid(&head))
        error = EBADMSG;
    if (error)
        return error;
    node->bytes = malloc(head.body_size);
    if (!node->bytes)
        return ENOMEM;
    error = read_all(fd, node->bytes, head.body_size);
    return error ? error : shim_request_decode(node->bytes, head.body_size, &node->request);
}

static int read_request(struct node *node)
{
    char path[PATH_MAX];
    int error = record_path(path, sizeof path, node->dir, NODE_REQUEST_NAME);
    int fd = error ? -1 : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return error ? error : errno;
    error = read_request_file(node, fd);
    (void)close(fd);
    return error;
}

/* A job that Slurm runs again under an id or a folder that became another's has another tag. */
static bool read_orders(struct node *node, const char *tag)
{
    int error = node_order_read(node->dir, &node->order);

    if (error)
        return complain(node, "no order of assay's", error);
    error = read_request(node);
    if (error)
        return complain(node, "request", error);
    if (strcmp(node->order.tag, tag) != 0 || strcmp(node->request.tag, tag) != 0)
        return complain(node, "not run: the folder is another job's", EPERM);
    return true;
}

/* All replicas of a gang take part, also one that asks for nobody's address. */
static bool meet_others(struct node *node)
{
    int error = 0;

    if (node->order.count == 1 && !late_words_are_in(node->request.argv) &&
        !late_words_are_in(node->request.envp))
        return true;
    error = rendezvous_meet(&node->rendezvous, &node->order);
    return error ? complain(node, "the replicas did not find each other", error) : true;
}

static bool complete_request(struct node *node)
{
    size_t count = node->rendezvous.addresses ? (size_t)node->order.count : 0;

    node->argv = late_words_fill(node->request.argv, node->rendezvous.addresses, count);
    node->filled = late_words_fill(node->request.envp, node->rendezvous.addresses, count);
    node->envp = node->filled ? node_environment(node->filled, environ) : NULL;
    if (!node->argv || !node->envp)
        return complain(node, "request", ENOMEM);
    return true;
}

static void run_shim(const struct node *node)
{
    struct shim_request request = node->request;
    char boot_id[BOOT_ID_TEXT];
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (null >= 0)
        (void)dup2(null, STDIN_FILENO);
    (void)close(node->signals);
    (void)close(node->pulse.words);
    request.argv = node->argv;
    request.envp = node->envp;
    process_boot_id(boot_id);
    _exit(shim_run_request(&request, boot_id));
}

static bool begin(struct node *node)
{
    sigset_t orders;
    pid_t self = getpid();
    int error = 0;

    (void)sigemptyset(&orders);
    (void)sigaddset(&orders, SIGCHLD);
    (void)sigaddset(&orders, SIGTERM);
    (void)sigaddset(&orders, SIGINT);
    node->signals = signalfd(-1, &orders, SFD_CLOEXEC | SFD_NONBLOCK);
    if (node->signals < 0)
        return complain(node, "signals", errno);
    rendezvous_let_go(&node->rendezvous);
    error = pulse_start(&node->pulse, node->dir, &node->order);
    if (error)
        return complain(node, "new process", error);
    /* Without it nobody gets in, and all else goes on. */
    error = node_where_write(node->dir);
    if (error)
        (void)complain(node, NODE_WHERE_NAME, error);
    node->shim = fork();
    if (node->shim == 0) {
        /* Nobody would tell of its trial any more. */
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != self)
            _exit(1);
        run_shim(node);
    }
    return node->shim > 0 ? true : complain(node, "new process", errno);
}

static int64_t mono_us(void)
{
    struct timespec now = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What Slurm sends, to us as to all others of the job, goes on to the shim, which knows what it
 * means. */
static void pass_signals_on(const struct node *node)
{
    struct signalfd_siginfo info = { 0 };

    while (read(node->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGCHLD)
            (void)kill(node->shim, (int)info.ssi_signo);
    }
}

/* True when the heart has beaten. */
static bool hear_pulse(const struct node *node)
{
    char words[64];
    ssize_t count = 0;
    bool has_beaten = false;

    while ((count = read(node->pulse.words, words, sizeof words)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            has_beaten = has_beaten || words[i] == PULSE_BEAT;
            if (words[i] == PULSE_STOP_NOW)
                (void)kill(node->shim, SIGINT);
            else if (words[i] == PULSE_STOP_GENTLY || words[i] == PULSE_LEASE_ENDED)
                (void)kill(node->shim, SIGTERM);
        }
    }
    return has_beaten;
}

/*
 * Until the shim has ended. A time in which we did not run either, since the job was suspended, is
 * no silence of the pulse.
 */
static void watch_over(const struct node *node)
{
    struct pollfd sources[] = {
        { .fd = node->signals, .events = POLLIN },
        { .fd = node->pulse.words, .events = POLLIN },
    };
    int64_t now_us = mono_us();
    int64_t beaten_us = now_us;

    while (waitpid(node->shim, NULL, WNOHANG) == 0) {
        int64_t before_us = now_us;

        (void)poll(sources, 2, ASK_MS);
        now_us = mono_us();
        if (now_us - before_us > STALL_US)
            beaten_us += now_us - before_us;
        pass_signals_on(node);
        if (hear_pulse(node))
            beaten_us = now_us;
        else if (now_us - beaten_us > NODE_LOSS_US)
            (void)kill(node->shim, SIGTERM);
        /* A pulse that died would be readable for ever; its silence is heard all the same. */
        if (sources[1].revents & POLLHUP)
            sources[1].fd = -1;
    }
}

static void clear(struct node *node)
{
    if (node->signals >= 0)
        (void)close(node->signals);
    pulse_stop(&node->pulse);
    rendezvous_clear(&node->rendezvous);
    free(node->envp);
    free(node->filled);
    free(node->argv);
    shim_request_clear(&node->request);
    free(node->bytes);
}

int node_main(const char *dir, const char *tag)
{
    struct node node = { .dir = dir, .signals = -1 };
    struct ending ending = { 0 };
    bool is_begun =
        read_orders(&node, tag) && meet_others(&node) && complete_request(&node) && begin(&node);

    if (is_begun)
        watch_over(&node);
    clear(&node);
    if (!is_begun || exit_record_read(dir, &ending) != 0)
        return 1;
    return ending.kind == ENDING_EXITED && ending.status == 0 ? 0 : 1;
}
