/*
 * metrics/metric_follower.h - follows a file of JSON lines that is appended to or rewritten.
 *
 * cloudml-hypertune truncates its file at every report and writes its newest 100 lines again; most
 * other programs append. The follower takes every line once that was there when it looked, without
 * being told which of the two it has before it:
 *
 *  - What stood before its offset still stands there: the file has grown, take what follows. While
 *    hypertune has less than 100 lines, its rewriting looks the same.
 *  - The file is shorter and so far the same as before: it is being rewritten. Wait.
 *  - Else it is a new window. After the newest line known that is in it, take what follows; the
 *    whole when there is none. A window that ends in a known line gives nothing: it may be half
 *    written, so what is known of the file stays.
 *
 * Lines are known by their hash: all lines of the file as it was last seen (the newest of them,
 * when there are many), and of older ones those that have a timestamp. Without one, the same line
 * may well be a new report. Where hashes cannot tell (after a restart of the engine, or in a window
 * of more lines than are remembered) a line with a timestamp is new when it is later than all
 * before.
 */
#ifndef METRICS_METRIC_FOLLOWER_H
#define METRICS_METRIC_FOLLOWER_H

#include "metrics/line_file.h"
#include "metrics/metric_reader.h"

/* hypertune keeps 100 lines, and several of its objects may write one file in turns. */
enum { LINE_MEMORY = 512, FOLLOWER_TAIL = 512, FOLLOWER_HEAD = 4096 };

/* Remembers at least the newest LINE_MEMORY hashes. */
struct line_memory {
    size_t count;
    bool is_partial; /* older ones were forgotten */
    uint64_t hashes[2 * LINE_MEMORY];
};

struct metric_follower {
    uint64_t offset;    /* bytes consumed: the start of a line */
    uint64_t newest;    /* hash of the newest line consumed, 0 for none */
    int64_t newest_us;  /* the latest timestamp consumed, 0 for none */
    int64_t known_us;   /* lines up to this timestamp were taken before the restart */
    uint64_t scan;      /* how far an over-long line has been searched for its end */
    bool is_anchored;   /* what follows is filled; else only the mark is known */
    bool is_rewritten;  /* a new window has been seen */
    bool is_busy;       /* the file has changed between the last two looks */
    uint64_t seen_size; /* at the last look */
    int64_t seen_mtime_us;
    uint64_t line_count; /* taken by this follower */
    size_t tail_size;
    char tail[FOLLOWER_TAIL]; /* the bytes before offset */
    size_t head_size;
    char head[FOLLOWER_HEAD];   /* the first bytes of the file, at most offset of them */
    struct line_memory view;    /* lines of the file as last seen, up to offset */
    struct line_memory stamped; /* lines with a timestamp, of whatever file */
};

/* All lines are new when mark is all zero. */
void metric_follower_init(struct metric_follower *follower, const struct metric_mark *mark);

/*
 * Offers all new lines to the sink. now_us: wall clock. is_final: an unterminated last line too.
 * *has_more: there is more to read at once. False for an I/O error or what the sink failed with;
 * what was taken before that stays taken.
 */
bool metric_follower_read(struct metric_follower *follower, const char *path, int64_t now_us,
                          bool is_final, const struct line_sink *sink, bool *has_more,
                          struct assay_error *err);

#endif
