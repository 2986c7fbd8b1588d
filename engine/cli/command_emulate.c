/* emulate: an emulator for as long as a command runs that is tested against it. */

#include "engine/cli/emulating.h"
#include "engine/cli/interrupts.h"
#include "engine/cli/report.h"
#include "engine/cli/work.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SILENCE_MS = 1000 };

/* What a shell answers for a command that it cannot run. */
enum { STATUS_NOT_RUN = 126, STATUS_NOT_FOUND = 127, STATUS_SIGNAL = 128 };

struct session {
    const struct arguments *arguments;
    struct emulating emulating;
    struct interrupts interrupts;
    struct listen_address address;
    struct work work;
    pid_t child;
    int child_fd;   /* readable once it has ended */
    int signals_fd; /* readable when a signal waits */
};

static bool open_session(struct session *s, struct assay_error *err)
{
    const char *listen = s->arguments->values[OPTION_LISTEN];
    struct assay_options options = { .state_dir = s->arguments->values[OPTION_STATE],
                                     .is_verbose = s->arguments->is_given[OPTION_VERBOSE],
                                     .emulation = &s->emulating.options };
    struct server_options server = { .listen = &s->address, .is_emulating = true };

    if (!listen_address_parse(listen ? listen : "127.0.0.1:0", &s->address, err) ||
        !emulating_read(s->arguments, &s->emulating, err))
        return false;
    /* Before there are threads, which inherit what is blocked. */
    interrupts_begin(&s->interrupts);
    s->work.assay = assay_open(&options, err);
    if (!s->work.assay)
        return false;
    server.state_dir = assay_state_dir(s->work.assay);
    s->work.server = server_start(s->work.assay, &server, err);
    return s->work.server != NULL;
}

static void close_session(struct session *s)
{
    work_close(&s->work);
    emulating_clear(&s->emulating);
    if (s->child_fd >= 0)
        (void)close(s->child_fd);
    if (s->signals_fd >= 0)
        (void)close(s->signals_fd);
}

/* As if nobody stood between it and the shell: no signal is blocked or ignored because of us. */
static int spawn(struct session *s, char *const *environment)
{
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t reset = s->interrupts.set;
    int code = 0;

    (void)sigemptyset(&none);
    (void)sigaddset(&reset, SIGPIPE);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &reset);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    code = posix_spawnp(&s->child, s->arguments->operands[0], NULL, &attributes,
                        s->arguments->operands, environment);
    (void)posix_spawnattr_destroy(&attributes);
    return code;
}

/* 0, or the exit status that says why not, after a word on standard error. */
static int start_command(struct session *s)
{
    char **environment = emulating_environment(server_url(s->work.server));
    struct assay_error err = { 0 };
    int code = 0;

    if (!environment) {
        (void)assay_fail_memory(&err);
        return report_error(&err);
    }
    code = spawn(s, environment);
    emulating_free_environment(environment);
    if (code == 0)
        return 0;
    (void)assay_fail_errno(&err, code, "run %s", s->arguments->operands[0]);
    (void)report_error(&err);
    return code == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN;
}

/* Ctrl-C reaches all that the terminal has in its foreground: the command has it already. */
static bool has_it_from_terminal(int signal_number)
{
    int terminal = -1;
    bool is_foreground = false;

    if (signal_number != SIGINT)
        return false;
    terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC);
    is_foreground = terminal >= 0 && tcgetpgrp(terminal) == getpgrp();
    if (terminal >= 0)
        (void)close(terminal);
    return is_foreground;
}

static void pass_on_signals(const struct session *s)
{
    struct signalfd_siginfo info;

    while (read(s->signals_fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (!has_it_from_terminal((int)info.ssi_signo))
            (void)kill(s->child, (int)info.ssi_signo);
}

static bool open_waiting(struct session *s, struct assay_error *err)
{
    s->signals_fd = signalfd(-1, &s->interrupts.set, SFD_CLOEXEC | SFD_NONBLOCK);
    s->child_fd = (int)syscall(SYS_pidfd_open, s->child, 0);
    return (s->signals_fd >= 0 && s->child_fd >= 0) ||
           assay_fail_errno(err, errno, "wait for the command");
}

/* The command's exit status. */
static int wait_for_command(struct session *s)
{
    struct pollfd polled[] = { { .fd = s->child_fd, .events = POLLIN },
                               { .fd = s->signals_fd, .events = POLLIN } };
    int status = 0;

    while (!(polled[0].revents & POLLIN)) {
        if (poll(polled, 2, -1) < 0 && errno != EINTR)
            break;
        pass_on_signals(s);
    }
    while (waitpid(s->child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_command(struct session *s)
{
    struct assay_error err = { 0 };
    int status = start_command(s);

    if (status != 0)
        return status;
    if (open_waiting(s, &err))
        return wait_for_command(s);
    (void)kill(s->child, SIGTERM);
    (void)waitpid(s->child, NULL, 0);
    return report_error(&err);
}

/* Stays until it is told to go, or the engine cannot go on. */
static int serve(struct session *s)
{
    struct assay_error err = { 0 };
    int taken = 0;

    (void)printf("listening on %s\n", server_url(s->work.server));
    (void)fflush(stdout);
    while (taken == 0 || taken == SIGHUP) {
        taken = interrupts_wait(&s->interrupts, SILENCE_MS);
        if (taken == SIGHUP)
            assay_reopen_log(s->work.assay);
        if (!assay_is_working(s->work.assay, &err))
            return report_error(&err);
    }
    interrupts_end(&s->interrupts); /* a second signal does not wait */
    return 0;
}

int command_emulate(const struct arguments *arguments)
{
    struct session s = { .arguments = arguments, .child_fd = -1, .signals_fd = -1 };
    struct assay_error err = { 0 };
    bool is_open = open_session(&s, &err);
    int status = 0;

    if (is_open)
        status = arguments->operand_count ? run_command(&s) : serve(&s);
    close_session(&s);
    return is_open ? report_end(status) : report_error(&err);
}
