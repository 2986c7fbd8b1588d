#include "metrics/metric_follower.h"

#include "metrics/metric_line.h"

#include <string.h>

enum {
    WINDOW_MAX = 8 * 1024 * 1024,    /* of a rewritten file; a hundred of the longest lines */
    BACK_SIZE = 2 * METRIC_LINE_MAX, /* looked at before the offset after a restart */
    LONG_LINE_END = 256,             /* what an over-long line is known by */
    SETTLE_US = 1000000,             /* a file that was changed less long ago may be half written */
};

enum step {
    STEP_DONE,
    STEP_AGAIN,
    STEP_FULL, /* the sink takes no more */
    STEP_TORN,
    STEP_MISFIT, /* the file does not go on where it was left */
    STEP_FAILED
};

/* What one call of metric_follower_read() is about. */
struct reading {
    int fd;
    uint64_t size;
    bool is_settled; /* nobody is writing right now */
    bool is_final;
    const struct line_sink *sink;
};

/* FNV-1a (Fowler, Noll, Vo), 64 bits; never 0. A line is the same with blanks at its end. */
static uint64_t line_hash(const char *line, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    if (size > METRIC_LINE_MAX) {
        line += size - LONG_LINE_END;
        size = LONG_LINE_END;
    }
    while (size > 0 && (unsigned char)line[size - 1] <= ' ')
        size--;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)line[i]) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

static void memory_add(struct line_memory *memory, uint64_t hash)
{
    if (memory->count == sizeof memory->hashes / sizeof hash) {
        memmove(memory->hashes, &memory->hashes[LINE_MEMORY], sizeof memory->hashes / 2);
        memory->count = LINE_MEMORY;
        memory->is_partial = true;
    }
    memory->hashes[memory->count++] = hash;
}

static void memory_empty(struct line_memory *memory)
{
    memory->count = 0;
    memory->is_partial = false;
}

static bool memory_has(const struct line_memory *memory, uint64_t hash)
{
    for (size_t i = memory->count; i > 0; i--) {
        if (memory->hashes[i - 1] == hash)
            return true;
    }
    return false;
}

void metric_follower_init(struct metric_follower *follower, const struct metric_mark *mark)
{
    memset(follower, 0, sizeof *follower);
    if (mark->line_hash) {
        follower->offset = mark->file_offset;
        follower->newest = mark->line_hash;
        follower->newest_us = mark->newest_us;
        follower->known_us = mark->newest_us;
    }
    follower->is_anchored = follower->newest == 0;
}

static void note_line(struct metric_follower *follower, const char *line, size_t size)
{
    uint64_t hash = line_hash(line, size);
    int64_t stamp_us = size > METRIC_LINE_MAX ? 0 : metric_line_stamp(line, size);

    follower->line_count++;
    follower->newest = hash;
    memory_add(&follower->view, hash);
    if (stamp_us) {
        memory_add(&follower->stamped, hash);
        if (stamp_us > follower->newest_us)
            follower->newest_us = stamp_us;
    }
}

/* Moves the offset to piece->bytes + at and keeps what stands there at both ends. */
static void move_to(struct metric_follower *follower, const struct line_piece *piece, size_t at)
{
    size_t tail = at < FOLLOWER_TAIL ? at : FOLLOWER_TAIL;

    follower->offset = piece->start + at;
    follower->scan = 0;
    follower->tail_size = tail;
    memcpy(follower->tail, piece->bytes + at - tail, tail);
    if (follower->head_size < FOLLOWER_HEAD && follower->head_size < follower->offset &&
        piece->start <= follower->head_size) {
        uint64_t head = follower->offset < FOLLOWER_HEAD ? follower->offset : FOLLOWER_HEAD;

        memcpy(follower->head + follower->head_size,
               piece->bytes + (follower->head_size - piece->start),
               (size_t)head - follower->head_size);
        follower->head_size = (size_t)head;
    }
}

/* Offers the lines of the piece from `from` on. */
static enum step take_lines(struct metric_follower *follower, const struct reading *reading,
                            const struct line_piece *piece, size_t from, struct assay_error *err)
{
    struct line_cursor cursor = { .bytes = piece->bytes,
                                  .size = piece->size,
                                  .at = from,
                                  .is_last_line = reading->is_final && piece->is_end };
    struct line_span line;
    enum line_verdict verdict = LINE_TAKEN;
    size_t at = from;

    while (line_cursor_next(&cursor, &line)) {
        const char *text = piece->bytes + line.start;

        if (!line_is_blank(text, line.size)) {
            if (line.size <= METRIC_LINE_MAX)
                verdict = reading->sink->take(reading->sink->context, text, line.size, err);
            if (verdict != LINE_TAKEN)
                break;
            note_line(follower, text, line.size);
        }
        at = line.next;
    }
    if (at > from)
        move_to(follower, piece, at);
    if (verdict != LINE_TAKEN)
        return verdict == LINE_FAILED ? STEP_FAILED : STEP_FULL;
    if (piece->size - at > METRIC_LINE_MAX) {
        follower->scan = piece->start + piece->size;
        return STEP_AGAIN;
    }
    return piece->is_end ? STEP_DONE : STEP_AGAIN;
}

/* Whether piece, read at offset - tail_size, begins with what stood there. */
static bool has_tail(const struct metric_follower *follower, const struct line_piece *piece)
{
    return piece->size >= follower->tail_size &&
           memcmp(piece->bytes, follower->tail, follower->tail_size) == 0;
}

/* Searches on for the end of an over-long line and moves past it, without offering it. */
static enum step skip_long_line(struct metric_follower *follower, const struct reading *reading,
                                struct line_piece *piece, struct assay_error *err)
{
    uint64_t before = follower->scan;
    uint64_t end = 0;

    if (!line_piece_read_stable(piece, reading->fd, follower->offset - follower->tail_size,
                                follower->tail_size, err))
        return STEP_FAILED;
    if (piece->is_torn)
        return STEP_TORN;
    if (!has_tail(follower, piece) || reading->size < follower->scan) {
        follower->scan = 0;
        return STEP_MISFIT;
    }
    if (!line_skip_long(reading->fd, false, &follower->scan, &end, err))
        return STEP_FAILED;
    if (end == 0)
        return follower->scan > before ? STEP_AGAIN : STEP_DONE;
    if (!line_piece_read(piece, reading->fd, end - FOLLOWER_TAIL, FOLLOWER_TAIL, err))
        return STEP_FAILED;
    if (piece->size < FOLLOWER_TAIL)
        return STEP_TORN;
    follower->line_count++;
    follower->newest = line_hash(piece->bytes + FOLLOWER_TAIL - 1 - LONG_LINE_END, LONG_LINE_END);
    memory_add(&follower->view, follower->newest);
    move_to(follower, piece, FOLLOWER_TAIL);
    return STEP_AGAIN;
}

/* The file as one that has grown; STEP_MISFIT when it is not the file it was. */
static enum step read_grown(struct metric_follower *follower, const struct reading *reading,
                            struct line_piece *piece, struct assay_error *err)
{
    if (follower->scan > follower->offset)
        return skip_long_line(follower, reading, piece, err);
    if (!line_piece_read_stable(piece, reading->fd, follower->offset - follower->tail_size,
                                LINE_CHUNK + follower->tail_size, err))
        return STEP_FAILED;
    if (piece->is_torn)
        return STEP_TORN;
    if (!has_tail(follower, piece))
        return STEP_MISFIT;
    return take_lines(follower, reading, piece, follower->tail_size, err);
}

/* Where the lines known at the start of a window end. */
struct known_part {
    size_t end;        /* 0: no line is known */
    bool is_to_newest; /* the newest line known is the last of them */
    bool is_all;       /* nothing comes after */
};

/* By the newest line alone: it tells all where lines differ. */
static bool find_newest(const struct metric_follower *follower, struct line_cursor cursor,
                        struct known_part *known)
{
    struct line_span line;

    *known = (struct known_part){ .is_all = true };
    while (line_cursor_next(&cursor, &line)) {
        if (line_is_blank(cursor.bytes + line.start, line.size))
            continue;
        known->is_all = false;
        if (line_hash(cursor.bytes + line.start, line.size) != follower->newest)
            continue;
        *known = (struct known_part){ .end = line.next, .is_to_newest = true, .is_all = true };
    }
    return known->is_to_newest;
}

/*
 * By the last line that is remembered, or else by time where memory does not reach. *is_unclear:
 * neither could tell, because the lines have no timestamp.
 */
static void find_remembered(const struct metric_follower *follower, struct line_cursor cursor,
                            struct known_part *known, bool *is_unclear)
{
    bool is_forgetful = !follower->is_anchored || follower->view.is_partial;
    int64_t known_us = is_forgetful ? follower->newest_us : follower->known_us;
    bool has_stamp = false;
    struct line_span line;

    *known = (struct known_part){ .is_all = true };
    while (line_cursor_next(&cursor, &line)) {
        const char *text = cursor.bytes + line.start;
        uint64_t hash = 0;
        int64_t stamp_us = 0;

        if (line_is_blank(text, line.size))
            continue;
        known->is_all = false;
        hash = line_hash(text, line.size);
        stamp_us = line.size <= METRIC_LINE_MAX ? metric_line_stamp(text, line.size) : 0;
        has_stamp = has_stamp || stamp_us;
        if (memory_has(&follower->view, hash) || memory_has(&follower->stamped, hash) ||
            (stamp_us && stamp_us <= known_us))
            *known = (struct known_part){ .end = line.next, .is_all = true };
    }
    *is_unclear = is_forgetful && !has_stamp && known->end == 0;
}

/* Makes the first `end` bytes of the window what is known of the file. */
static void adopt(struct metric_follower *follower, const struct line_piece *piece, size_t end)
{
    struct line_cursor cursor = { .bytes = piece->bytes, .size = end, .is_last_line = true };
    struct line_span line;

    memory_empty(&follower->view);
    while (line_cursor_next(&cursor, &line)) {
        const char *text = piece->bytes + line.start;
        uint64_t hash = 0;

        if (line_is_blank(text, line.size))
            continue;
        hash = line_hash(text, line.size);
        memory_add(&follower->view, hash);
        if (!follower->is_anchored && line.size <= METRIC_LINE_MAX &&
            metric_line_stamp(text, line.size))
            memory_add(&follower->stamped, hash);
    }
    follower->head_size = 0;
    move_to(follower, piece, end);
    follower->is_anchored = true;
}

/* The file shrank, and what there is of it is how it began before: it is on its way back. */
static bool is_growing_back(const struct metric_follower *follower, const struct line_piece *piece)
{
    size_t size = piece->size < follower->head_size ? piece->size : follower->head_size;

    return follower->is_anchored && piece->size < follower->offset &&
           memcmp(piece->bytes, follower->head, size) == 0;
}

/* The file as a new window of lines. */
static enum step read_window(struct metric_follower *follower, const struct reading *reading,
                             struct line_piece *piece, struct assay_error *err)
{
    struct metric_follower before = *follower;
    struct line_cursor cursor = { 0 };
    struct known_part known = { 0 };
    bool is_unclear = false;
    enum step step = STEP_DONE;

    if (!line_piece_read_stable(piece, reading->fd, 0, WINDOW_MAX, err))
        return STEP_FAILED;
    if (piece->is_torn)
        return STEP_TORN;
    if (piece->is_end && is_growing_back(follower, piece))
        return STEP_DONE;
    cursor = (struct line_cursor){ .bytes = piece->bytes,
                                   .size = piece->size,
                                   .is_last_line = reading->is_final && piece->is_end };
    if (!find_newest(follower, cursor, &known))
        find_remembered(follower, cursor, &known, &is_unclear);
    if (known.is_all && !known.is_to_newest)
        return STEP_DONE;
    if (is_unclear && piece->size < follower->offset && !reading->is_settled)
        return STEP_DONE;
    adopt(follower, piece, known.end);
    follower->is_rewritten = true;
    if (known.is_all)
        return piece->is_end ? STEP_DONE : STEP_AGAIN;
    step = take_lines(follower, reading, piece, known.end, err);
    /* The offset and the newest line must tell the same place: both move, or none. */
    if (follower->line_count == before.line_count) {
        *follower = before;
        step = step == STEP_AGAIN ? STEP_DONE : step;
    }
    return step;
}

/* After a restart: fills the memory from the file if it is still the one of the mark. */
static enum step restore(struct metric_follower *follower, const struct reading *reading,
                         struct line_piece *piece, struct assay_error *err)
{
    uint64_t start = follower->offset > BACK_SIZE ? follower->offset - BACK_SIZE : 0;
    size_t size = (size_t)(follower->offset - start);
    struct line_cursor cursor = { 0 };
    struct line_span line;
    uint64_t last = 0;

    if (reading->size < follower->offset)
        return STEP_MISFIT;
    if (!line_piece_read_stable(piece, reading->fd, start, size, err))
        return STEP_FAILED;
    if (piece->is_torn)
        return STEP_TORN;
    cursor =
        (struct line_cursor){ .bytes = piece->bytes, .size = piece->size, .is_last_line = true };
    while (line_cursor_next(&cursor, &line)) {
        if (!line_is_blank(piece->bytes + line.start, line.size))
            last = line_hash(piece->bytes + line.start, line.size);
    }
    if (piece->size < size || last != follower->newest)
        return STEP_MISFIT;
    adopt(follower, piece, piece->size);
    follower->view.is_partial = follower->view.is_partial || start > 0;
    if (start == 0)
        return STEP_AGAIN;
    /* The head is needed to know a rewriting when it happens; read at another moment, it will do.
     */
    if (!line_piece_read_stable(piece, reading->fd, 0, FOLLOWER_HEAD, err))
        return STEP_FAILED;
    memcpy(follower->head, piece->bytes, piece->size);
    follower->head_size = piece->size;
    return STEP_AGAIN;
}

static enum step read_once(struct metric_follower *follower, const struct reading *reading,
                           struct line_piece *piece, struct assay_error *err)
{
    enum step step = STEP_AGAIN;

    if (!follower->is_anchored)
        step = restore(follower, reading, piece, err);
    if (step == STEP_AGAIN)
        step = read_grown(follower, reading, piece, err);
    if (step == STEP_MISFIT)
        step = read_window(follower, reading, piece, err);
    return step;
}

bool metric_follower_read(struct metric_follower *follower, const char *path, int64_t now_us,
                          bool is_final, const struct line_sink *sink, bool *has_more,
                          struct assay_error *err)
{
    struct reading reading = { .is_final = is_final, .sink = sink };
    struct line_piece piece = { 0 };
    struct line_file file;
    enum step step = STEP_AGAIN;

    *has_more = false;
    follower->is_busy = false;
    if (!line_file_open(&file, path, err))
        return false;
    if (file.fd < 0)
        return true;
    reading.fd = file.fd;
    reading.size = file.size;
    reading.is_settled = is_final || now_us - file.mtime_us > SETTLE_US;
    for (int i = 0; i < LINE_ROUNDS_MAX; i++) {
        step = read_once(follower, &reading, &piece, err);
        /* A torn piece is left for the next call, unless none will come. */
        if (step != STEP_AGAIN && !(step == STEP_TORN && is_final))
            break;
    }
    *has_more = step == STEP_AGAIN || step == STEP_FULL;
    follower->is_busy = step == STEP_TORN || follower->seen_size != file.size ||
                        follower->seen_mtime_us != file.mtime_us;
    follower->seen_size = file.size;
    follower->seen_mtime_us = file.mtime_us;
    line_piece_clear(&piece);
    line_file_close(&file);
    return step != STEP_FAILED;
}
