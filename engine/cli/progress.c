#include "engine/cli/progress.h"

#include "assay/value.h"
#include "engine/cli/terminal.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As long as what a trial can fail of, so that the columns stand below each other. */
enum { STATE_WIDTH = 13 };

#define ERASE_LINE "\r\033[K"

void status_line_write(FILE *out, const struct status_facts *facts)
{
    char number[ASSAY_NUMBER_TEXT];
    int64_t left = facts->max - facts->ended;

    (void)fprintf(out, "%" PRId64 "/%" PRId64 " done, %" PRId64 " running", facts->ended,
                  facts->max, facts->running - facts->waiting);
    if (facts->waiting)
        (void)fprintf(out, ", %" PRId64 " waiting", facts->waiting);
    if (facts->failed)
        (void)fprintf(out, ", %" PRId64 " failed", facts->failed);
    if (facts->best_trial) {
        (void)fputs(" | best ", out);
        text_write_safe(out, facts->metric);
        (void)fprintf(out, " %s (trial %" PRId64 ")", view_short_number(facts->best_value, number),
                      facts->best_trial);
    }
    if (facts->why && *facts->why && facts->running == facts->waiting) {
        (void)fputs(" | ", out);
        text_write_safe(out, facts->why);
    }
    if (facts->is_stopping) {
        (void)fputs(" | stopping", out);
    } else if (facts->ended_since > 0 && left > 0) {
        double pace_us = (double)facts->elapsed_us / (double)facts->ended_since;

        (void)fputs(" | ", out);
        text_write_duration(out, (int64_t)(pace_us * (double)left));
        (void)fputs(" left", out);
    }
}

static void write_state(FILE *out, const cJSON *item)
{
    const char *failure = view_text(item, "failure");
    const cJSON *trial = json_get(item, "trial");

    if (!*failure && json_get(item, "earlyStop"))
        (void)fputs("stopped early", out);
    else
        (void)fprintf(out, "%-*s", STATE_WIDTH, *failure ? failure : view_text(trial, "state"));
    if (!*failure && json_get(item, "earlyStop"))
        view_write_step(out, view_last_measurement(trial));
}

void trial_line_write(FILE *out, const cJSON *item, int number_width)
{
    const cJSON *trial = json_get(item, "trial");
    int64_t duration = view_duration_us(trial);
    const cJSON *metrics = json_get(item, "metrics");
    int64_t attempt = view_integer(item, "attempt");

    (void)fprintf(out, "trial %*s  ", number_width, view_text(trial, "id"));
    write_state(out, item);
    if (cJSON_GetArraySize(metrics) > 0) {
        (void)fputs("  ", out);
        view_write_members(out, metrics, "=", true);
    }
    if (duration >= 0) {
        (void)fputs("  ", out);
        text_write_duration(out, duration);
    }
    if (attempt > 1)
        (void)fprintf(out, "  attempt %" PRId64, attempt);
    if (cJSON_GetArraySize(json_get(item, "parameters")) > 0) {
        (void)fputs("  ", out);
        view_write_members(out, json_get(item, "parameters"), "=", true);
    }
}

void progress_init(struct progress *progress, bool is_quiet)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): nobody changes the environment */
    const char *term = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    /* NOLINTEND(concurrency-mt-unsafe) */

    *progress = (struct progress){ .out = stderr, .is_quiet = is_quiet };
    progress->is_terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
    progress->has_colour = progress->is_terminal && !(no_colour && *no_colour);
}

void progress_clear(struct progress *progress)
{
    if (progress->has_status)
        (void)fputs(ERASE_LINE, progress->out);
    progress->has_status = false;
    progress->last_status[0] = '\0';
}

/* A whole line, cut to the terminal's width there. */
static void print_line(struct progress *progress, const char *line, const char *colour)
{
    bool is_coloured = progress->has_colour && *colour;

    if (is_coloured)
        (void)fputs(colour, progress->out);
    if (progress->is_terminal)
        text_write_fitted(progress->out, line, terminal_columns(progress->out));
    else
        (void)fputs(line, progress->out);
    (void)fputs(is_coloured ? "\033[0m\n" : "\n", progress->out);
}

static void print_trial_line(struct progress *progress, const cJSON *item, int number_width,
                             const char *colour)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);

    if (!out)
        return;
    trial_line_write(out, item, number_width);
    if (fclose(out) == 0)
        print_line(progress, line, colour);
    free(line);
}

/* The first line of why, and the last one: of what a program complains about, that says most. */
static void write_reason(FILE *out, const char *reason)
{
    size_t size = strlen(reason);
    const char *last = NULL;
    char *text = NULL;

    while (size > 0 && reason[size - 1] == '\n')
        size--;
    text = strndup(reason, size);
    if (!text)
        return;
    (void)fputs("      ", out);
    text_write_first_line(out, text);
    last = strrchr(text, '\n');
    if (last) {
        (void)fputs(strchr(text, '\n') == last ? " " : " … ", out);
        text_write_safe(out, last + 1);
    }
    free(text);
}

static void print_reason(struct progress *progress, const char *reason, const char *colour)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);

    if (!out)
        return;
    write_reason(out, reason);
    if (fclose(out) == 0)
        print_line(progress, line, colour);
    free(line);
}

void progress_trial(struct progress *progress, const cJSON *item, int number_width, bool is_best)
{
    const char *reason = view_text(json_get(item, "trial"), "infeasibleReason");
    bool has_failed = *view_text(item, "failure") != '\0';
    const char *colour = has_failed ? "\033[31m" : (is_best ? "\033[1m" : "");

    if (progress->is_quiet)
        return;
    progress_clear(progress);
    print_trial_line(progress, item, number_width, colour);
    if (*reason)
        print_reason(progress, reason, colour);
}

void progress_status(struct progress *progress, const struct status_facts *facts)
{
    char line[sizeof progress->last_status] = "";
    FILE *out = NULL;

    if (progress->is_quiet || !progress->is_terminal)
        return;
    out = fmemopen(line, sizeof line - 1, "w");
    if (!out)
        return;
    status_line_write(out, facts);
    (void)fclose(out);
    if (progress->has_status && strcmp(line, progress->last_status) == 0)
        return;
    if (progress->has_status)
        (void)fputs(ERASE_LINE, progress->out);
    /* One column stays free: in the last one some terminals wrap. */
    text_write_fitted(progress->out, line, terminal_columns(progress->out) - 1);
    (void)fflush(progress->out);
    (void)snprintf(progress->last_status, sizeof progress->last_status, "%s", line);
    progress->has_status = true;
}

void progress_say(struct progress *progress, const char *format, ...)
{
    va_list args;

    progress_clear(progress);
    va_start(args, format);
    (void)vfprintf(progress->out, format, args);
    va_end(args);
    (void)fputc('\n', progress->out);
}
