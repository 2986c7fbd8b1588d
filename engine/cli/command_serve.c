/* serve: to be the engine of a state folder for whoever asks, until a signal ends it. */

#include "assay/buckets.h"
#include "engine/cli/arguments.h"
#include "engine/cli/emulating.h"
#include "engine/cli/interrupts.h"
#include "engine/cli/launch_options.h"
#include "engine/cli/report.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"
#include "engine/cli/work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { PEM_MAX = 1024 * 1024, SILENCE_MS = 1000 };
enum { CONNECTIONS_LEAST = 8, CONNECTIONS_MOST = 100000, OTHER_FILES = 1024 };

struct serving {
    const struct arguments *arguments;
    struct state_dir dir;
    struct interrupts interrupts;
    struct listen_address address;
    int64_t connections_max;  /* 0: as usual */
    char *tls_cert, *tls_key; /* PEM text, or NULL */
    struct emulating emulating;
    struct work work;
};

static void serving_clear(struct serving *s)
{
    work_close(&s->work);
    state_dir_clear(&s->dir);
    emulating_clear(&s->emulating);
    free(s->tls_cert);
    free(s->tls_key);
}

static bool is_emulating(const struct serving *s)
{
    return s->arguments->is_given[OPTION_EMULATE];
}

static bool is_loud(const struct serving *s)
{
    return !s->arguments->is_given[OPTION_QUIET];
}

/* A whole small file; the caller frees it. NULL and *err. */
static char *read_pem(const char *path, struct assay_error *err)
{
    char *text = calloc(1, PEM_MAX + 1);
    FILE *file = text ? fopen(path, "re") : NULL;
    bool is_read = false;

    if (!text)
        (void)assay_fail_memory(err);
    else if (!file || (fread(text, 1, PEM_MAX, file) < PEM_MAX && ferror(file)))
        (void)assay_fail_errno(err, errno, "read %s", path);
    else if (!strstr(text, "-----BEGIN "))
        (void)assay_fail(err, ASSAY_INVALID, NULL, "%s is no PEM file", path);
    else
        is_read = true;
    if (file)
        (void)fclose(file);
    if (is_read)
        return text;
    free(text);
    return NULL;
}

static bool read_tls(struct serving *s, struct assay_error *err)
{
    const char *cert = s->arguments->values[OPTION_TLS_CERT];
    const char *key = s->arguments->values[OPTION_TLS_KEY];

    if (!cert && !key)
        return true;
    if (!cert || !key)
        return assay_fail(err, ASSAY_INVALID, NULL, "--tls-cert and --tls-key go together");
    s->tls_cert = read_pem(cert, err);
    if (s->tls_cert)
        s->tls_key = read_pem(key, err);
    return s->tls_key != NULL;
}

static bool read_connections(struct serving *s, struct assay_error *err)
{
    const char *text = s->arguments->values[OPTION_MAX_CONNECTIONS];

    if (!text ||
        (assay_integer_parse(text, &s->connections_max) &&
         s->connections_max >= CONNECTIONS_LEAST && s->connections_max <= CONNECTIONS_MOST))
        return true;
    return assay_fail(err, ASSAY_INVALID, NULL, "--max-connections is a number from %d to %d",
                      CONNECTIONS_LEAST, CONNECTIONS_MOST);
}

/* Emulate mode has no folder of its own accord: it would not be told from one of real jobs. */
static bool read_place(struct serving *s, struct assay_error *err)
{
    const char *state = s->arguments->values[OPTION_STATE];

    if (is_emulating(s))
        return emulating_read(s->arguments, &s->emulating, err) &&
               (!state || state_dir_choose(state, &s->dir, err));
    if (s->arguments->values[OPTION_SCRIPT] || s->arguments->values[OPTION_SEED])
        return assay_fail(err, ASSAY_INVALID, NULL, "--script and --seed go with --emulate");
    return state_dir_choose(state, &s->dir, err);
}

static bool read_arguments(struct serving *s, struct assay_error *err)
{
    const char *listen = s->arguments->values[OPTION_LISTEN];

    return read_place(s, err) &&
           listen_address_parse(listen ? listen : "127.0.0.1:8080", &s->address, err) &&
           read_connections(s, err) && read_tls(s, err);
}

/* A descriptor for each connection. Trials keep the limit that this program was started with: what
 * starts them is there already. */
static void raise_file_limit(const struct serving *s)
{
    int64_t connections = s->connections_max ? s->connections_max : SERVER_CONNECTIONS_MAX;
    rlim_t wanted = (rlim_t)connections + OTHER_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static bool open_work(struct serving *s, struct assay_error *err)
{
    bool is_far = !s->address.is_loopback;
    struct launch_configuration launching;
    struct assay_options options = {
        .state_dir = s->dir.path,
        .is_verbose = s->arguments->is_given[OPTION_VERBOSE],
        .forbids_host = is_far && !s->arguments->is_given[OPTION_ALLOW_HOST] && !is_emulating(s),
        .emulation = is_emulating(s) ? &s->emulating.options : NULL,
        .configuration = &launching.configuration,
    };
    struct server_options server = {
        .listen = &s->address,
        .has_no_auth = s->arguments->is_given[OPTION_NO_AUTH],
        .connections_max = (unsigned int)s->connections_max,
        .tls_cert = s->tls_cert,
        .tls_key = s->tls_key,
        .is_emulating = is_emulating(s),
    };

    /* Before there are threads, which inherit what is blocked. */
    interrupts_begin(&s->interrupts);
    if (launch_configuration_read(s->arguments, &launching, err))
        s->work.assay = assay_open(&options, err);
    launch_configuration_clear(&launching);
    raise_file_limit(s);
    if (!s->work.assay)
        return false;
    server.state_dir = assay_state_dir(s->work.assay);
    s->work.server = server_start(s->work.assay, &server, err);
    if (s->work.server && s->address.is_loopback && !s->tls_cert)
        assay_announce_storage(s->work.assay, server_url(s->work.server));
    if (s->work.server)
        s->work.client = client_new(server.state_dir, s->work.assay, err);
    return s->work.client != NULL;
}

static void warn(const struct serving *s)
{
    const struct arguments *arguments = s->arguments;
    bool runs_commands =
        (s->address.is_loopback || arguments->is_given[OPTION_ALLOW_HOST]) && !is_emulating(s);

    if (arguments->is_given[OPTION_NO_AUTH])
        (void)fprintf(stderr,
                      "assay: warning: --no-auth: whoever can connect to %s may read, start and "
                      "delete jobs%s\n",
                      server_url(s->work.server),
                      runs_commands ? ", and so run commands as this user" : "");
    if (is_emulating(s) && is_loud(s))
        (void)fputs("emulate mode: jobs are taken, and nothing is run\n", stderr);
    if (!s->address.is_loopback && !s->tls_cert)
        (void)fputs("assay: warning: without --tls-cert the token and all answers can be read on "
                    "their way\n",
                    stderr);
}

static void say_job(const char *what, const cJSON *job)
{
    const char *name = view_text(job, "displayName");

    (void)fprintf(stderr, "%s job %s%s", what, view_text(job, "id"), *name ? " " : "");
    text_write_safe(stderr, name);
}

/* What ended in the middle goes on; what a person paused waits for that person. */
static void resume_job(struct serving *s, const cJSON *job)
{
    struct assay_error err = { 0 };
    cJSON *answer = NULL;

    if (view_job_is_interrupted(job)) {
        answer =
            client_post(s->work.client, &err, "/assay/v1/jobs/%s:resume", view_text(job, "id"));
        if (!answer) {
            say_job("cannot resume", job);
            (void)fprintf(stderr, ": %s\n", err.message);
        } else if (is_loud(s)) {
            say_job("resuming", job);
            (void)fputc('\n', stderr);
        }
    } else if (strcmp(view_job_state(job), "PAUSED") == 0 && is_loud(s)) {
        say_job("paused:", job);
        (void)fprintf(stderr, "; POST /assay/v1/jobs/%s:resume goes on with it\n",
                      view_text(job, "id"));
    }
    cJSON_Delete(answer);
}

/* Its job goes on with it. */
static void resume_pipeline(struct serving *s, const cJSON *pipeline)
{
    struct assay_error err = { 0 };
    cJSON *answer = NULL;

    if (view_job_has_ended(pipeline))
        return;
    answer = client_post(s->work.client, &err, "/assay/v1/pipelines/%s:resume",
                         view_text(pipeline, "id"));
    if (!answer)
        (void)fprintf(stderr, "cannot resume pipeline %s: %s\n", view_text(pipeline, "id"),
                      err.message);
    else if (is_loud(s))
        (void)fprintf(stderr, "resuming pipeline %s\n", view_text(pipeline, "id"));
    cJSON_Delete(answer);
}

static bool resume_pipelines(struct serving *s, struct assay_error *err)
{
    cJSON *answer = client_get(s->work.client, err, "/assay/v1/pipelines");
    const cJSON *pipeline = NULL;

    cJSON_ArrayForEach(pipeline, json_get(answer, "pipelines")) resume_pipeline(s, pipeline);
    cJSON_Delete(answer);
    return answer != NULL;
}

static bool resume_jobs(struct serving *s, struct assay_error *err)
{
    cJSON *answer = client_get(s->work.client, err, "/assay/v1/jobs");
    const cJSON *job = NULL;

    if (!answer)
        return false;
    cJSON_ArrayForEach(job, json_get(answer, "jobs")) resume_job(s, job);
    cJSON_Delete(answer);
    return true;
}

/* Stays until it is told to go, or the engine cannot go on. */
static bool serve(struct serving *s, struct assay_error *err)
{
    int taken = 0;

    while (taken == 0 || taken == SIGHUP) {
        taken = interrupts_wait(&s->interrupts, SILENCE_MS);
        if (taken == SIGHUP)
            assay_reopen_log(s->work.assay);
        if (!assay_is_working(s->work.assay, err))
            return false;
    }
    return true;
}

int command_serve(const struct arguments *arguments)
{
    struct serving s = { .arguments = arguments };
    struct assay_error err = { 0 };
    bool is_ok = read_arguments(&s, &err) && open_work(&s, &err);

    if (is_ok) {
        warn(&s);
        is_ok = is_emulating(&s) || (resume_jobs(&s, &err) && resume_pipelines(&s, &err));
    }
    if (is_ok) {
        (void)printf("listening on %s\n", server_url(s.work.server));
        (void)fflush(stdout);
        if (is_loud(&s))
            (void)fprintf(stderr, "page: %s/web/\n", server_url(s.work.server));
        is_ok = serve(&s, &err);
        interrupts_end(&s.interrupts); /* a second signal does not wait */
        if (is_ok && is_loud(&s) && !is_emulating(&s))
            (void)fputs("ending: trials that run go on; the next start takes them over\n", stderr);
    }
    serving_clear(&s);
    return is_ok ? report_end(0) : report_error(&err);
}
