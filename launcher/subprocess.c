#include "launcher/subprocess.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/*
 * OUTPUT_MAX: more than any tool here says, and little enough to be kept a dozen times over.
 * READS_MAX: of 4 KiB, twice a pipe's 64 KiB: after the end of a child nothing of it is left
 * behind. GRACE_US: for a tool that cleans up after itself at SIGTERM, as podman does after a pull.
 */
enum { OUTPUT_MAX = 1024 * 1024, FIRST_CAPACITY = 4096, LINE_TEXT = 1024, READS_MAX = 32 };
enum { GRACE_US = 2 * 1000 * 1000 };

struct stream {
    int fd; /* not blocking; -1 once it has ended */
    char *text;
    size_t size;
    size_t capacity; /* text has one byte more, for its NUL */
    char line[LINE_TEXT];
    size_t line_size;
};

enum { STREAM_OUTPUT, STREAM_ERRORS, STREAM_COUNT };

struct run {
    const struct subprocess_spec *spec;
    struct stream streams[STREAM_COUNT];
    size_t output_max;
    int input;
    int pidfd;
    pid_t pid;
    bool is_cut;
    bool is_short_of_memory;
};

bool subprocess_cancel_init(struct subprocess_cancel *cancel, struct assay_error *err)
{
    cancel->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return cancel->event >= 0 ? true : assay_fail_errno(err, errno, "eventfd");
}

void subprocess_cancel_clear(struct subprocess_cancel *cancel)
{
    if (cancel->event > 0)
        (void)close(cancel->event);
    cancel->event = -1;
}

void subprocess_cancel_set(const struct subprocess_cancel *cancel)
{
    const uint64_t one = 1;

    /* A full counter says the same. */
    (void)!write(cancel->event, &one, sizeof one);
}

bool subprocess_cancel_is_set(const struct subprocess_cancel *cancel)
{
    struct pollfd source = { .fd = cancel->event, .events = POLLIN };

    return poll(&source, 1, 0) > 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* A file without a name, so that no pipe has to be fed while the child runs. */
static bool open_input(struct run *run, struct assay_error *err)
{
    const char *text = run->spec->input ? run->spec->input : "";
    size_t left = strlen(text);

    run->input =
        left > 0 ? memfd_create("input", MFD_CLOEXEC) : open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (run->input < 0)
        return assay_fail_errno(err, errno, "input for %s", run->spec->argv[0]);
    while (left > 0) {
        ssize_t count = write(run->input, text, left);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return assay_fail_errno(err, errno, "input for %s", run->spec->argv[0]);
        text += count;
        left -= (size_t)count;
    }
    /* /dev/null takes it for what it is: nothing to do. */
    (void)lseek(run->input, 0, SEEK_SET);
    return true;
}

static int add_files(posix_spawn_file_actions_t *files, const struct run *run, const int outputs[])
{
    int error = posix_spawn_file_actions_adddup2(files, run->input, 0);

    for (int i = 0; i < STREAM_COUNT && !error; i++)
        error = posix_spawn_file_actions_adddup2(files, outputs[i], i + 1);
    if (!error && run->spec->cwd)
        error = posix_spawn_file_actions_addchdir_np(files, run->spec->cwd);
    return error ? error : posix_spawn_file_actions_addclosefrom_np(files, STREAM_COUNT + 1);
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all;
    sigset_t none;
    int error = 0;

    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error)
        error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error)
        error = posix_spawnattr_setpgroup(attributes, 0);
    return error ? error
                 : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF |
                                                            POSIX_SPAWN_SETSIGMASK |
                                                            POSIX_SPAWN_SETPGROUP);
}

/* An errno. */
static int spawn(struct run *run, const int outputs[])
{
    const struct subprocess_spec *spec = run->spec;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);

    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        (void)posix_spawn_file_actions_destroy(&files);
        return error;
    }
    error = add_files(&files, run, outputs);
    if (!error)
        error = set_attributes(&attributes);
    /* The strings stay as they are; posix_spawn() only lacks the word const. */
    if (!error)
        error = posix_spawnp(&run->pid, spec->argv[0], &files, &attributes,
                             (char *const *)(uintptr_t)spec->argv,
                             spec->envp ? (char *const *)(uintptr_t)spec->envp : environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    return error;
}

static bool start(struct run *run, struct assay_error *err)
{
    int writers[STREAM_COUNT] = { -1, -1 };
    int error = 0;

    for (int i = 0; i < STREAM_COUNT && !error; i++) {
        int ends[2] = { -1, -1 };

        if (pipe2(ends, O_CLOEXEC) < 0)
            error = errno;
        run->streams[i].fd = ends[0];
        writers[i] = ends[1];
        if (!error && fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
            error = errno;
    }
    if (!error)
        error = spawn(run, writers);
    for (int i = 0; i < STREAM_COUNT; i++)
        close_fd(&writers[i]);
    if (error)
        return assay_fail_errno(err, error, "%s", run->spec->argv[0]);
    run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
    if (run->pidfd >= 0)
        return true;
    error = errno;
    (void)kill(-run->pid, SIGKILL);
    return assay_fail_errno(err, error, "%s cannot be watched", run->spec->argv[0]);
}

static void end_line(const struct run *run, struct stream *stream)
{
    stream->line[stream->line_size] = '\0';
    if (stream->line_size > 0)
        run->spec->on_line(run->spec->context, stream->line);
    stream->line_size = 0;
}

static void pass_lines(const struct run *run, struct stream *stream, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r') {
            end_line(run, stream);
            continue;
        }
        if (stream->line_size == sizeof stream->line - 1)
            end_line(run, stream);
        stream->line[stream->line_size++] = bytes[i];
    }
}

static bool grow(struct stream *stream, size_t size)
{
    size_t capacity = stream->capacity ? stream->capacity : FIRST_CAPACITY;
    char *text = NULL;

    if (size <= stream->capacity)
        return true;
    while (capacity < size)
        capacity *= 2;
    text = realloc(stream->text, capacity + 1);
    if (!text)
        return false;
    stream->text = text;
    stream->capacity = capacity;
    return true;
}

static void keep(struct run *run, struct stream *stream, const char *bytes, size_t size)
{
    size_t room = run->output_max - stream->size;

    if (size > room) {
        run->is_cut = true;
        size = room;
    }
    if (!grow(stream, stream->size + size)) {
        run->is_short_of_memory = true;
        return;
    }
    memcpy(stream->text + stream->size, bytes, size);
    stream->size += size;
}

/* All that is there, but what a tireless writer adds meanwhile. */
static void read_stream(struct run *run, struct stream *stream)
{
    char bytes[4096];

    for (int i = 0; i < READS_MAX && stream->fd >= 0; i++) {
        ssize_t count = read(stream->fd, bytes, sizeof bytes);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN)
            return;
        if (count <= 0) {
            close_fd(&stream->fd);
            return;
        }
        keep(run, stream, bytes, (size_t)count);
        if (run->spec->on_line)
            pass_lines(run, stream, bytes, (size_t)count);
    }
}

static int wait_ms(const struct run *run, int64_t deadline_us)
{
    int64_t left_us = deadline_us - assay_mono_us(run->spec->env);

    if (left_us <= 0)
        return 0;
    return left_us / 1000 < INT32_MAX ? (int)(left_us / 1000) + 1 : INT32_MAX;
}

/*
 * Reads along until it has ended, however long others keep its output open. False at the deadline
 * or when it is cancelled.
 */
static bool follow(struct run *run, int64_t deadline_us, const struct subprocess_cancel *cancel)
{
    for (;;) {
        struct pollfd sources[] = {
            { .fd = run->streams[STREAM_OUTPUT].fd, .events = POLLIN },
            { .fd = run->streams[STREAM_ERRORS].fd, .events = POLLIN },
            { .fd = run->pidfd, .events = POLLIN },
            { .fd = cancel ? cancel->event : -1, .events = POLLIN },
        };
        int wait = wait_ms(run, deadline_us);

        if (poll(sources, sizeof sources / sizeof sources[0], wait) < 0 && errno != EINTR)
            return false;
        for (int i = 0; i < STREAM_COUNT; i++)
            read_stream(run, &run->streams[i]);
        if (sources[STREAM_COUNT].revents)
            return true;
        if (wait == 0 || sources[STREAM_COUNT + 1].revents)
            return false;
    }
}

/* Its group's name is its own until it is waited for. */
static void end_group(struct run *run)
{
    (void)kill(-run->pid, SIGTERM);
    (void)follow(run, assay_mono_us(run->spec->env) + GRACE_US, NULL);
    (void)kill(-run->pid, SIGKILL);
}

static int reap(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Says what did not end by its program and its first word: "podman pull". */
static void fail_ended(const struct subprocess_spec *spec, struct assay_error *err)
{
    const char *slash = strrchr(spec->argv[0], '/');
    const char *name = slash ? slash + 1 : spec->argv[0];
    const char *verb = spec->argv[1] ? spec->argv[1] : "";

    if (spec->cancel && subprocess_cancel_is_set(spec->cancel))
        (void)assay_fail(err, ASSAY_CANCELLED, NULL, "%s %s was cancelled", name, verb);
    else
        (void)assay_fail(err, ASSAY_DEADLINE, NULL, "%s %s did not end within %.3g s", name, verb,
                         (double)spec->timeout_us / 1e6);
}

/* The streams' texts become the result's. */
static bool hand_over(struct run *run, struct subprocess_result *result)
{
    for (int i = 0; i < STREAM_COUNT; i++) {
        struct stream *stream = &run->streams[i];

        if (run->spec->on_line)
            end_line(run, stream);
        run->is_short_of_memory = !grow(stream, 1) || run->is_short_of_memory;
        if (stream->text)
            stream->text[stream->size] = '\0';
    }
    *result = (struct subprocess_result){
        .output = run->streams[STREAM_OUTPUT].text,
        .errors = run->streams[STREAM_ERRORS].text,
        .output_size = run->streams[STREAM_OUTPUT].size,
        .errors_size = run->streams[STREAM_ERRORS].size,
        .is_cut = run->is_cut,
    };
    return !run->is_short_of_memory;
}

bool subprocess_run(const struct subprocess_spec *spec, struct subprocess_result *result,
                    struct assay_error *err)
{
    struct run run = {
        .spec = spec,
        .streams = { { .fd = -1 }, { .fd = -1 } },
        .output_max = spec->output_max ? spec->output_max : OUTPUT_MAX,
        .input = -1,
        .pidfd = -1,
    };
    int status = 0;
    bool is_ok = false;

    assert(spec->timeout_us > 0);
    *result = (struct subprocess_result){ 0 };
    if (!open_input(&run, err) || !start(&run, err))
        goto out;
    is_ok = follow(&run, assay_mono_us(spec->env) + spec->timeout_us, spec->cancel);
    if (!is_ok) {
        end_group(&run);
        fail_ended(spec, err);
    }
out:
    if (run.pid > 0)
        status = reap(run.pid);
    if (!hand_over(&run, result) && is_ok)
        is_ok = assay_fail_memory(err);
    result->status = status;
    for (int i = 0; i < STREAM_COUNT; i++)
        close_fd(&run.streams[i].fd);
    close_fd(&run.input);
    close_fd(&run.pidfd);
    return is_ok;
}

void subprocess_result_clear(struct subprocess_result *result)
{
    free(result->output);
    free(result->errors);
    *result = (struct subprocess_result){ 0 };
}

const char *subprocess_last_line(const char *text, char *line, size_t size)
{
    size_t end = text ? strlen(text) : 0;
    size_t begin = 0;

    while (end > 0 && strchr(" \t\r\n", text[end - 1]))
        end--;
    for (begin = end; begin > 0 && !strchr("\r\n", text[begin - 1]);)
        begin--;
    if (end - begin > size - 1)
        end = begin + size - 1;
    if (end > begin)
        memcpy(line, text + begin, end - begin);
    line[end - begin] = '\0';
    return line;
}
