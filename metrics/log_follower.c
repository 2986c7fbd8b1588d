#include "metrics/log_follower.h"

#include "metrics/metric_reader.h"

enum step { STEP_DONE, STEP_AGAIN, STEP_FULL, STEP_FAILED };

/* Goes on past a line without end in sight. */
static enum step skip_long_line(struct log_follower *follower, int fd, struct assay_error *err)
{
    uint64_t before = follower->scan;
    uint64_t end = 0;

    if (!line_skip_long(fd, true, &follower->scan, &end, err))
        return STEP_FAILED;
    if (end == 0)
        return follower->scan > before ? STEP_AGAIN : STEP_DONE;
    follower->offset = end;
    follower->scan = 0;
    return STEP_AGAIN;
}

static enum step take_lines(struct log_follower *follower, const struct line_piece *piece,
                            bool is_final, const struct line_sink *sink, struct assay_error *err)
{
    struct line_cursor cursor = { .bytes = piece->bytes,
                                  .size = piece->size,
                                  .is_cr_end = true,
                                  .is_last_line = is_final && piece->is_end };
    struct line_span line;

    while (line_cursor_next(&cursor, &line)) {
        enum line_verdict verdict = LINE_TAKEN;

        if (line.size <= METRIC_LINE_MAX)
            verdict = sink->take(sink->context, piece->bytes + line.start, line.size, err);
        if (verdict != LINE_TAKEN)
            return verdict == LINE_FAILED ? STEP_FAILED : STEP_FULL;
        follower->offset = piece->start + line.next;
    }
    if (piece->size - cursor.at > METRIC_LINE_MAX) {
        follower->scan = piece->start + piece->size;
        return STEP_AGAIN;
    }
    return piece->is_end ? STEP_DONE : STEP_AGAIN;
}

bool log_follower_read(struct log_follower *follower, const char *path, bool is_final,
                       const struct line_sink *sink, bool *has_more, struct assay_error *err)
{
    struct line_piece piece = { 0 };
    struct line_file file;
    enum step step = STEP_AGAIN;

    *has_more = false;
    if (!line_file_open(&file, path, err))
        return false;
    if (file.fd < 0)
        return true;
    for (int i = 0; i < LINE_ROUNDS_MAX && step == STEP_AGAIN; i++) {
        if (follower->scan > follower->offset)
            step = skip_long_line(follower, file.fd, err);
        else if (!line_piece_read(&piece, file.fd, follower->offset, LINE_CHUNK, err))
            step = STEP_FAILED;
        else
            step = take_lines(follower, &piece, is_final, sink, err);
    }
    *has_more = step == STEP_AGAIN || step == STEP_FULL;
    line_piece_clear(&piece);
    line_file_close(&file);
    return step != STEP_FAILED;
}
