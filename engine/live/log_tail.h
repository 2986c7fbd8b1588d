/*
 * engine/live/log_tail.h - how much of what an attempt writes somebody has been told.
 *
 * The files are the trial's, and are only read. One thread at a time.
 */
#ifndef ENGINE_LIVE_LOG_TAIL_H
#define ENGINE_LIVE_LOG_TAIL_H

#include "assay/error.h"

#include <stddef.h>
#include <stdint.h>

enum { LOG_STREAMS = 2, LOG_PIECE = 16 * 1024 };

extern const char *const log_stream_names[LOG_STREAMS]; /* "stdout", "stderr" */

struct log_tail {
    int64_t trial;
    int attempt;
    int64_t offsets[LOG_STREAMS]; /* bytes that were told; -1: nothing was looked at yet */
    int word;                     /* live_watch_folder()'s; -1: none yet */
    int64_t next_try_us;          /* … and when one is asked for again, on the monotonic clock */
};

struct log_piece {
    int stream;
    int64_t offset;
    size_t size; /* 0: there is nothing (yet) */
    char bytes[LOG_PIECE + 1];
};

/*
 * What comes next of a stream of the attempt in dir, cut between characters unless is_last; where
 * its middle was left out, a line that says so, which is no part of the offsets. Of a
 * long file that nobody has begun to read it begins with the first line in the last max_before
 * bytes. False and *err for a file that cannot be read.
 */
bool log_tail_read(struct log_tail *tail, const char *dir, int stream, int64_t max_before,
                   bool is_last, struct log_piece *piece, struct assay_error *err);

#endif
