/*
 * metrics/metric_reader.h - follows what one attempt of a trial writes and turns it into reports.
 *
 * Sources: the metric file (CLOUD_ML_HP_METRIC_FILE), which Google's cloudml-hypertune rewrites in
 * place with at most its 100 newest lines and other trainers append JSON lines to; and, for metrics
 * with a regex, the attempt's stdout and stderr logs. A line is read only once it ends in a
 * newline (at the final read also without). No source has to exist.
 *
 * A metric line is a JSON object. Keys that are metric ids give reports, numbers or strings that
 * read as numbers; "global_step" or "step", number or string; "timestamp", seconds since 1970.
 * Values that are not finite are skipped and counted, also where they stand bare (NaN, Infinity),
 * which is no JSON but what Python writes. Other keys with a numeric value are remembered as seen
 * names (up to METRIC_SEEN_MAX). metric_line.h has the details.
 *
 * A line of a log ends in a newline or a carriage return and gives one report per metric at most,
 * at step 0: that of the first match of the metric's regex (metric_regex.h). Lines longer than
 * METRIC_LINE_MAX are passed over, in every source.
 *
 * The reader's position is a metric_mark, a plain record that the engine stores together with the
 * measurements; a reader made from it goes on after the last line that was stored, so that a crash
 * neither loses nor repeats a line. What can and cannot be told about a rewritten file stands in
 * metric_follower.h. One thread at a time; different readers are independent.
 */
#ifndef METRICS_METRIC_READER_H
#define METRICS_METRIC_READER_H

#include "assay/error.h"
#include "metrics/measurement.h"

enum { METRIC_SEEN_MAX = 16, METRIC_LINE_MAX = 64 * 1024 };

/* Fixed size, no pointers: stored as it is. All zero is the beginning. */
struct metric_mark {
    uint64_t file_offset;   /* bytes of the metric file consumed */
    uint64_t line_hash;     /* of the newest metric line consumed, 0 for none */
    int64_t newest_us;      /* the latest timestamp in a metric line consumed, 0 for none */
    uint64_t stdout_offset; /* bytes of the stdout log consumed */
    uint64_t stderr_offset;
};

struct metric_source {
    const char *metric_path; /* may be NULL */
    const char *stdout_path; /* read only when a regex is there; may be NULL */
    const char *stderr_path;
    const struct metric_spec *specs;
    const char *const *regexes; /* per metric, NULL for none; or NULL. POSIX extended; the first
                                   group that is a number, or the whole match, is the value */
    size_t metric_count;
    int64_t start_us; /* wall clock at the attempt's start, for elapsed time */
};

struct metric_reader;

/* Copies what it needs from source but borrows specs. mark may be NULL. */
struct metric_reader *metric_reader_new(const struct metric_source *source,
                                        const struct metric_mark *mark, struct assay_error *err);
void metric_reader_free(struct metric_reader *reader);

/*
 * Reads what is new and points *reports at it (valid until the next call). At most
 * METRIC_REPORTS_MAX a call: *has_more tells to call again at once. now_us (wall clock) dates lines
 * without timestamp. is_final: the attempt has ended; take an unterminated last line too.
 * A missing or torn file is not an error; false only for lack of memory or an I/O error (a source
 * that is no regular file is one), after all other sources have been read. Nothing is lost then:
 * the next call reads again, but tells of that source only after it could be read in between, or
 * when it is the final read and the fault is the machine's.
 */
enum { METRIC_REPORTS_MAX = 4096 };
bool metric_reader_read(struct metric_reader *reader, int64_t now_us, bool is_final,
                        const struct metric_report **reports, size_t *report_count, bool *has_more,
                        struct assay_error *err);

/* Where the reader stands now, to be stored with what the last read returned. */
struct metric_mark metric_reader_mark(const struct metric_reader *reader);

/*
 * How long to wait before the next read: short while lines pour in, up to a second when quiet, or a
 * fifth of one while the metric file may be hypertune's, which keeps only its newest reports.
 */
int metric_reader_wait_ms(const struct metric_reader *reader);

/*
 * Names with numeric values that are no metric of the study, and metrics of which a value was
 * skipped; borrowed from the reader, the list until the next read.
 */
const char *const *metric_reader_seen(const struct metric_reader *reader, size_t *count);

/* Values skipped because they were not finite. */
uint64_t metric_reader_skipped(const struct metric_reader *reader);

/*
 * Compiles a regex only to learn what is wrong with it; for checking a document. Refuses also what
 * other dialects have and POSIX has not (\d, (?:…), lazy repetitions), which would never match.
 */
bool metric_regex_check(const char *regex, struct assay_error *err);

#endif
