#include "metrics/metric_reader.h"

#include "metrics/log_follower.h"
#include "metrics/metric_follower.h"
#include "metrics/metric_line.h"
#include "metrics/metric_regex.h"

#include <stdlib.h>
#include <string.h>

enum {
    /*
     * The file changes but shows nothing new: caught while it is rewritten. A trainer that reports
     * without pause leaves it empty or half full most of the time, because closing it costs more
     * than all else; only many looks find it whole before a hundred reports have passed.
     */
    WAIT_REWRITING_MS = 2,
    WAIT_BURST_MS = 5, /* a window is turning over quickly */
    WAIT_SHORT_MS = 20,
    WAIT_WINDOW_MS = 200, /* of a hundred reports in that time, the first would be lost */
    WAIT_LONG_MS = 1000,
    BURST_LINES = 10, /* in one read, of the hundred that hypertune keeps */
};

struct metric_reader {
    struct metric_line_context context;
    char *metric_path; /* owned, like the other two; NULL for none */
    char *stdout_path;
    char *stderr_path;
    struct metric_regexes *regexes; /* owned; NULL for none */
    struct metric_follower metric_file;
    struct log_follower stdout_log;
    struct log_follower stderr_log;
    struct report_list reports;
    const char *seen[METRIC_SEEN_MAX];
    int wait_ms;
};

static bool has_regex(const struct metric_source *source)
{
    for (size_t i = 0; source->regexes && i < source->metric_count; i++) {
        if (source->regexes[i])
            return true;
    }
    return false;
}

static bool copy_path(char **copy, const char *path, struct assay_error *err)
{
    if (!path)
        return true;
    *copy = strdup(path);
    return *copy ? true : assay_fail_memory(err);
}

struct metric_reader *metric_reader_new(const struct metric_source *source,
                                        const struct metric_mark *mark, struct assay_error *err)
{
    static const struct metric_mark beginning;
    struct metric_reader *reader = calloc(1, sizeof *reader);

    if (!reader) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    if (!mark)
        mark = &beginning;
    reader->context = (struct metric_line_context){ .specs = source->specs,
                                                    .metric_count = source->metric_count,
                                                    .start_us = source->start_us };
    metric_follower_init(&reader->metric_file, mark);
    reader->stdout_log.offset = mark->stdout_offset;
    reader->stderr_log.offset = mark->stderr_offset;
    for (size_t i = 0; i < METRIC_SEEN_MAX; i++)
        reader->seen[i] = reader->reports.seen[i];
    reader->wait_ms = WAIT_SHORT_MS;
    if (!copy_path(&reader->metric_path, source->metric_path, err))
        goto fail;
    if (!has_regex(source))
        return reader;
    if (!copy_path(&reader->stdout_path, source->stdout_path, err) ||
        !copy_path(&reader->stderr_path, source->stderr_path, err))
        goto fail;
    reader->regexes = metric_regexes_new(source->regexes, source->metric_count, err);
    if (!reader->regexes)
        goto fail;
    return reader;
fail:
    metric_reader_free(reader);
    return NULL;
}

void metric_reader_free(struct metric_reader *reader)
{
    if (!reader)
        return;
    metric_regexes_free(reader->regexes);
    report_list_clear(&reader->reports);
    free(reader->metric_path);
    free(reader->stdout_path);
    free(reader->stderr_path);
    free(reader);
}

/* Whether the reports that one more line may give would still fit in this call's answer. */
static bool has_room(const struct metric_reader *reader)
{
    return reader->reports.count == 0 ||
           reader->reports.count + reader->context.metric_count <= METRIC_REPORTS_MAX;
}

static enum line_verdict take_metric_line(void *context, const char *line, size_t size,
                                          struct assay_error *err)
{
    struct metric_reader *reader = context;

    if (!has_room(reader))
        return LINE_LATER;
    return metric_line_read(&reader->context, line, size, &reader->reports, err) ? LINE_TAKEN
                                                                                 : LINE_FAILED;
}

static enum line_verdict take_log_line(void *context, const char *line, size_t size,
                                       struct assay_error *err)
{
    struct metric_reader *reader = context;
    int64_t elapsed_us = reader->context.now_us - reader->context.start_us;

    if (!has_room(reader))
        return LINE_LATER;
    if (!metric_regexes_read(reader->regexes, line, size, elapsed_us > 0 ? elapsed_us : 0,
                             reader->context.specs, &reader->reports, err))
        return LINE_FAILED;
    return LINE_TAKEN;
}

static bool read_sources(struct metric_reader *reader, bool is_final, bool *has_more,
                         struct assay_error *err)
{
    struct line_sink metric_sink = { .context = reader, .take = take_metric_line };
    struct line_sink log_sink = { .context = reader, .take = take_log_line };

    *has_more = false;
    if (reader->metric_path &&
        !metric_follower_read(&reader->metric_file, reader->metric_path, reader->context.now_us,
                              is_final, &metric_sink, has_more, err))
        return false;
    if (!*has_more && reader->stdout_path &&
        !log_follower_read(&reader->stdout_log, reader->stdout_path, is_final, &log_sink, has_more,
                           err))
        return false;
    if (!*has_more && reader->stderr_path &&
        !log_follower_read(&reader->stderr_log, reader->stderr_path, is_final, &log_sink, has_more,
                           err))
        return false;
    return true;
}

/* Half as often each time nothing came, but never rarely while the file may be a window. */
static void set_wait(struct metric_reader *reader, const struct metric_mark *before,
                     uint64_t lines_before)
{
    const struct metric_follower *file = &reader->metric_file;
    struct metric_mark now = metric_reader_mark(reader);
    uint64_t lines = file->line_count - lines_before;
    bool is_log_moving =
        now.stdout_offset != before->stdout_offset || now.stderr_offset != before->stderr_offset;
    bool is_window = reader->metric_path && (file->is_rewritten || !file->view.is_partial);
    int longest = is_window ? WAIT_WINDOW_MS : WAIT_LONG_MS;

    if (is_window && lines >= BURST_LINES)
        reader->wait_ms = WAIT_BURST_MS;
    else if (lines > 0 || is_log_moving)
        reader->wait_ms = WAIT_SHORT_MS;
    else if (file->is_busy)
        reader->wait_ms = WAIT_REWRITING_MS;
    else
        reader->wait_ms = reader->wait_ms * 2 < longest ? reader->wait_ms * 2 : longest;
}

bool metric_reader_read(struct metric_reader *reader, int64_t now_us, bool is_final,
                        const struct metric_report **reports, size_t *report_count, bool *has_more,
                        struct assay_error *err)
{
    struct metric_mark before = metric_reader_mark(reader);
    uint64_t lines_before = reader->metric_file.line_count;
    bool is_read = false;

    reader->context.now_us = now_us;
    reader->reports.count = 0;
    is_read = read_sources(reader, is_final, has_more, err);
    set_wait(reader, &before, lines_before);
    /* What came before a failure is consumed and must not be lost; the failure will come again. */
    if (!is_read)
        *has_more = reader->reports.count > 0;
    *reports = reader->reports.items;
    *report_count = reader->reports.count;
    return is_read || reader->reports.count > 0;
}

struct metric_mark metric_reader_mark(const struct metric_reader *reader)
{
    return (struct metric_mark){ .file_offset = reader->metric_file.offset,
                                 .line_hash = reader->metric_file.newest,
                                 .newest_us = reader->metric_file.newest_us,
                                 .stdout_offset = reader->stdout_log.offset,
                                 .stderr_offset = reader->stderr_log.offset };
}

int metric_reader_wait_ms(const struct metric_reader *reader)
{
    return reader->wait_ms;
}

const char *const *metric_reader_seen(const struct metric_reader *reader, size_t *count)
{
    *count = reader->reports.seen_count;
    return reader->seen;
}

uint64_t metric_reader_skipped(const struct metric_reader *reader)
{
    return reader->reports.skipped;
}
