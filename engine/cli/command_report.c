/* report: the result of a job, in words or as one HTML file. */

#include "engine/cli/arguments.h"
#include "engine/cli/html_report.h"
#include "engine/cli/pipelines.h"
#include "engine/cli/report.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct reporting {
    const struct arguments *arguments;
    struct state_dir dir;
    struct client *client;
    cJSON *job; /* or pipeline */
};

static bool reporting_begin(struct reporting *r, struct assay_error *err)
{
    const char *id = NULL;

    if (!arguments_job(r->arguments, 0, &id, err) ||
        !state_dir_choose(r->arguments->values[OPTION_STATE], &r->dir, err))
        return false;
    r->client = client_open(r->arguments, &r->dir, err);
    if (r->client)
        r->job = pipeline_or_job(r->client, id, err);
    if (r->job && r->arguments->is_given[OPTION_HTML])
        r->job = pipeline_backing_job(r->client, id, r->job, err);
    return r->job != NULL;
}

static void reporting_end(struct reporting *r)
{
    cJSON_Delete(r->job);
    client_free(r->client);
    state_dir_clear(&r->dir);
}

/* The mode that a new file has by the umask; only mkostemp() is stricter. */
static void give_usual_mode(int fd)
{
    mode_t mask = umask(0); /* this command has no other thread yet */

    (void)umask(mask);
    (void)fchmod(fd, 0666 & ~mask);
}

/* Appears whole, or not at all. */
static bool write_file(struct reporting *r, const char *path, struct assay_error *err)
{
    char temporary[PATH_MAX];
    FILE *out = NULL;
    bool is_ok = false;
    int fd = -1;

    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
        return assay_fail(err, ASSAY_INVALID, NULL, "the path is too long: %.80s…", path);
    fd = mkostemp(temporary, O_CLOEXEC);
    out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!out) {
        (void)assay_fail_errno(err, errno, "write %s", path);
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    give_usual_mode(fd);
    is_ok = html_report_write(out, r->client, r->job, err);
    is_ok = is_ok && !ferror(out);
    if (fclose(out) != 0)
        is_ok = false;
    is_ok = is_ok && rename(temporary, path) == 0;
    if (!is_ok && err->code == ASSAY_OK)
        (void)assay_fail_errno(err, errno, "write %s", path);
    if (!is_ok)
        (void)unlink(temporary);
    return is_ok;
}

static bool write_html(struct reporting *r, struct assay_error *err)
{
    const char *path = r->arguments->values[OPTION_OUTPUT];
    char name[64];

    if (path && strcmp(path, "-") == 0)
        return html_report_write(stdout, r->client, r->job, err);
    if (!path) {
        (void)snprintf(name, sizeof name, "report-%.40s.html", view_text(r->job, "id"));
        path = name;
    }
    if (!write_file(r, path, err))
        return false;
    if (!r->arguments->is_given[OPTION_QUIET]) {
        text_write_safe(stdout, path);
        (void)putchar('\n');
    }
    return true;
}

static bool write_words(struct reporting *r, struct assay_error *err)
{
    if (r->arguments->is_given[OPTION_OUTPUT])
        return assay_fail(err, ASSAY_INVALID, NULL, "--output goes with --html");
    if (pipeline_is(r->job))
        report_pipeline(r->job, &r->dir);
    else
        report_result(r->job, &r->dir);
    return true;
}

int command_report(const struct arguments *arguments)
{
    struct reporting r = { .arguments = arguments };
    struct assay_error err = { 0 };
    bool is_ok = reporting_begin(&r, &err) &&
                 (arguments->is_given[OPTION_HTML] ? write_html(&r, &err) : write_words(&r, &err));

    reporting_end(&r);
    return is_ok ? report_end(0) : report_error(&err);
}
