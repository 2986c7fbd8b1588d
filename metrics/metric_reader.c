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

enum source { SOURCE_FILE, SOURCE_STDOUT, SOURCE_STDERR, SOURCE_COUNT };

struct metric_reader {
    struct metric_line_context context;
    char *paths[SOURCE_COUNT];      /* owned; NULL for none */
    bool is_told[SOURCE_COUNT];     /* that it cannot be read */
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
    if (!copy_path(&reader->paths[SOURCE_FILE], source->metric_path, err))
        goto fail;
    if (!has_regex(source))
        return reader;
    if (!copy_path(&reader->paths[SOURCE_STDOUT], source->stdout_path, err) ||
        !copy_path(&reader->paths[SOURCE_STDERR], source->stderr_path, err))
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
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        free(reader->paths[i]);
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

static bool read_source(struct metric_reader *reader, enum source source, bool is_final,
                        bool *has_more, struct assay_error *err)
{
    struct line_sink metric_sink = { .context = reader, .take = take_metric_line };
    struct line_sink log_sink = { .context = reader, .take = take_log_line };
    struct log_follower *log = source == SOURCE_STDOUT ? &reader->stdout_log : &reader->stderr_log;

    if (!reader->paths[source])
        return true;
    if (source == SOURCE_FILE)
        return metric_follower_read(&reader->metric_file, reader->paths[source],
                                    reader->context.now_us, is_final, &metric_sink, has_more, err);
    return log_follower_read(log, reader->paths[source], is_final, &log_sink, has_more, err);
}

/* Once is enough for what the trial itself left there; what the machine lacks may cost reports. */
static bool is_to_tell(const struct metric_reader *reader, enum source source, bool is_final,
                       const struct assay_error *err)
{
    bool is_by_trial = err->code == ASSAY_PRECONDITION || err->code == ASSAY_DENIED;

    return !reader->is_told[source] || (is_final && !is_by_trial);
}

/*
 * One after the other while there is room, also past one that cannot be read. The first that failed
 * and is to be told of, or SOURCE_COUNT.
 */
static enum source read_sources(struct metric_reader *reader, bool is_final, bool *has_more,
                                struct assay_error *err)
{
    enum source failed = SOURCE_COUNT;

    *has_more = false;
    for (enum source i = SOURCE_FILE; i < SOURCE_COUNT && !*has_more; i++) {
        struct assay_error why = { 0 };

        if (read_source(reader, i, is_final, has_more, &why)) {
            reader->is_told[i] = false;
        } else if (failed == SOURCE_COUNT && is_to_tell(reader, i, is_final, &why)) {
            failed = i;
            *err = why;
        }
    }
    return failed;
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
    bool is_window = reader->paths[SOURCE_FILE] && (file->is_rewritten || !file->view.is_partial);
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
    enum source failed = SOURCE_COUNT;

    reader->context.now_us = now_us;
    reader->reports.count = 0;
    failed = read_sources(reader, is_final, has_more, err);
    set_wait(reader, &before, lines_before);
    *reports = reader->reports.items;
    *report_count = reader->reports.count;
    if (failed == SOURCE_COUNT)
        return true;
    /* What the others gave is consumed and must not be lost; the failure will come again. */
    if (reader->reports.count > 0 || *has_more) {
        *has_more = true;
        return true;
    }
    reader->is_told[failed] = true;
    return false;
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
