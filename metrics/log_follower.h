/*
 * metrics/log_follower.h - follows a log that only grows: stdout and stderr of an attempt.
 *
 * A line ends in a newline or a carriage return (progress bars). Lines over METRIC_LINE_MAX are
 * passed over. One thread at a time.
 */
#ifndef METRICS_LOG_FOLLOWER_H
#define METRICS_LOG_FOLLOWER_H

#include "metrics/line_file.h"

/* Zero it to start, or with the offset of an earlier one. Owns nothing. */
struct log_follower {
    uint64_t offset; /* bytes consumed: always the start of a line */
    uint64_t scan;   /* how far an over-long line has been searched for its end */
};

/*
 * Offers all new lines to the sink. is_final: an unterminated last line too. *has_more: there is
 * more to read at once. False for an I/O error or what the sink failed with; what was taken before
 * that stays taken.
 */
bool log_follower_read(struct log_follower *follower, const char *path, bool is_final,
                       const struct line_sink *sink, bool *has_more, struct assay_error *err);

#endif
