#include "bench/report_files.h"

#include "bench/html.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

typedef bool (*report_fn)(FILE *out, const struct report_source *source, struct assay_error *err);

/* The whole file; "" where there is none. The caller frees; NULL for lack of memory. */
static char *read_commands(const char *folder)
{
    char path[PATH_SIZE];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    FILE *in = NULL;
    int c = 0;

    if (!out)
        return NULL;
    (void)snprintf(path, sizeof path, "%s/commands.txt", folder);
    in = fopen(path, "re");
    while (in && (c = fgetc(in)) != EOF)
        (void)fputc(c, out);
    if (in)
        (void)fclose(in);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static bool append_command(const char *folder, const char *line, struct assay_error *err)
{
    char path[PATH_SIZE];
    FILE *out = NULL;

    (void)snprintf(path, sizeof path, "%s/commands.txt", folder);
    out = fopen(path, "ae");
    if (!out)
        return assay_fail_errno(err, errno, "%s", path);
    (void)fputs(line, out);
    return fclose(out) == 0 || assay_fail_errno(err, errno, "%s", path);
}

char *report_command_line(int argc, char *const *argv)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);

    if (!out)
        return NULL;
    (void)fputs("assay-bench", out);
    for (int i = 1; i < argc; i++)
        (void)fprintf(out, " %s", argv[i]);
    (void)fputc('\n', out);
    if (fclose(out) != 0) {
        free(line);
        return NULL;
    }
    return line;
}

bool report_note_command(const char *folder, const char *line, struct assay_error *err)
{
    char *known = read_commands(folder);
    bool is_done = false;

    if (!known)
        return assay_fail_memory(err);
    is_done = strstr(known, line) || append_command(folder, line, err);
    free(known);
    return is_done;
}

/* Under a new name first: a reader never meets half a report. */
static bool write_one(const char *folder, const char *name, report_fn report,
                      const struct report_source *source, struct assay_error *err)
{
    char path[PATH_SIZE];
    char part[PATH_SIZE];
    FILE *out = NULL;
    bool is_done = false;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)snprintf(part, sizeof part, "%s/%s.part", folder, name);
    out = fopen(part, "we");
    if (!out)
        return assay_fail_errno(err, errno, "%s", part);
    is_done = report(out, source, err);
    if (is_done && ferror(out))
        is_done = assay_fail_errno(err, errno, "%s", part);
    if (fclose(out) != 0 && is_done)
        is_done = assay_fail_errno(err, errno, "%s", part);
    if (is_done && rename(part, path) != 0)
        is_done = assay_fail_errno(err, errno, "%s", path);
    if (!is_done)
        (void)unlink(part);
    return is_done;
}

bool report_write(const char *folder, const char *baseline, struct assay_error *err)
{
    struct results results = { 0 };
    char *commands = read_commands(folder);
    struct report_source source = { .results = &results,
                                    .baseline = baseline,
                                    .commands = commands };
    char unread[RESULTS_UNREAD_TEXT];
    bool is_done = false;

    if (!commands)
        (void)assay_fail_memory(err);
    else
        is_done = results_read(folder, &results, err) &&
                  (results.count > 0 || assay_fail(err, ASSAY_NOT_FOUND, NULL,
                                                   "%.2000s: there are no results", folder)) &&
                  write_one(folder, "report.md", markdown_report, &source, err) &&
                  write_one(folder, "report.html", html_report, &source, err);
    if (results.unread_count > 0)
        (void)fprintf(stderr, "assay-bench: %s/%s\n", folder,
                      results_unread_text(&results, unread));
    results_clear(&results);
    free(commands);
    return is_done;
}
