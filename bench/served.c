#include "bench/served.h"

#include "bench/http_load.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char listening_on[] = "listening on http://127.0.0.1:";

/* Its line about where it listens. */
static bool read_port(struct served *served, struct assay_error *err)
{
    char text[512];
    size_t size = 0;
    ssize_t got = 0;

    while ((got = read(served->output, text + size, sizeof text - 1 - size)) > 0) {
        const char *at = NULL;

        size += (size_t)got;
        text[size] = '\0';
        at = strstr(text, listening_on);
        if (at && strchr(at, '\n')) {
            served->port = (int)strtol(at + strlen(listening_on), NULL, 10);
            return true;
        }
    }
    return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "assay serve did not start");
}

static bool spawn(struct served *served, const char *program, const char *folder, int output,
                  struct assay_error *err)
{
    const char *const words[] = { program,   "serve", "--listen", "127.0.0.1:0",
                                  "--state", folder,  "--quiet",  NULL };
    char *argv[sizeof words / sizeof words[0]];
    posix_spawn_file_actions_t actions;
    int code = 0;

    memcpy(argv, words, sizeof argv); /* posix_spawn() changes none of them */
    code = posix_spawn_file_actions_init(&actions);
    if (code != 0)
        return assay_fail_errno(err, code, "start %s", program);
    code = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (code == 0)
        code = posix_spawn(&served->pid, program, &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return code == 0 || assay_fail_errno(err, code, "start %s", program);
}

bool served_start(struct served *served, const char *program, const char *folder,
                  struct assay_error *err)
{
    int ends[2];

    *served = (struct served){ .output = -1 };
    if (pipe2(ends, O_CLOEXEC) != 0)
        return assay_fail_errno(err, errno, "pipe");
    served->output = ends[0];
    if (!spawn(served, program, folder, ends[1], err))
        served->pid = 0;
    (void)close(ends[1]);
    if (served->pid > 0 && read_port(served, err))
        return true;
    served_stop(served);
    return false;
}

void served_stop(struct served *served)
{
    int status = 0;

    if (served->pid > 0) {
        (void)kill(served->pid, SIGTERM);
        while (waitpid(served->pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    if (served->output >= 0)
        (void)close(served->output);
    *served = (struct served){ .output = -1 };
}

double served_cpu_s(const struct served *served)
{
    clockid_t clock = 0;
    struct timespec used = { 0 };

    if (clock_getcpuclockid(served->pid, &clock) == 0)
        (void)clock_gettime(clock, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

double served_written_bytes(const struct served *served)
{
    char path[64];
    char line[128];
    double bytes = 0;
    FILE *file = NULL;

    (void)snprintf(path, sizeof path, "/proc/%ld/io", (long)served->pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "wchar:", 6) == 0)
            bytes = strtod(line + 6, NULL);
    if (file)
        (void)fclose(file);
    return bytes;
}

struct asking {
    const char *method, *path, *body;
    int status;
    char *answer;
};

static size_t ask_once(void *context, int connection, const struct http_answer *answer, char *text)
{
    struct asking *asking = context;

    (void)connection;
    if (!answer)
        return http_request_text(text, asking->method, asking->path, asking->body);
    asking->status = answer->status;
    asking->answer = strndup(answer->body, answer->size);
    return 0;
}

bool served_ask(const struct served *served, const char *method, const char *path,
                const char *request_body, char **body, struct assay_error *err)
{
    struct asking asking = { .method = method, .path = path, .body = request_body };
    struct http_load_plan plan = {
        .port = served->port, .connections = 1, .script = ask_once, .context = &asking
    };

    *body = NULL;
    if (!http_load_run(&plan, err))
        return false;
    if (asking.answer && asking.status == 200) {
        *body = asking.answer;
        return true;
    }
    (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s %s was answered %d: %.500s", method, path,
                     asking.status, asking.answer ? asking.answer : "");
    free(asking.answer);
    return false;
}

bool served_commits(const struct served *served, double *commits, struct assay_error *err)
{
    static const char name[] = "\nassay_commits_total ";
    char *text = NULL;
    const char *at = NULL;

    if (!served_ask(served, "GET", "/metrics", NULL, &text, err))
        return false;
    at = strstr(text, name);
    *commits = at ? strtod(at + strlen(name), NULL) : 0;
    free(text);
    return at || assay_fail(err, ASSAY_INTERNAL, NULL, "/metrics does not tell the commits");
}
