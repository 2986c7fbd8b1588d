#include "engine/api/watch.h"

#include "engine/api/api_private.h"
#include "engine/api/telling.h"
#include "engine/paths.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of a log that is there already, events have the end; the rest can be asked for. */
enum { LOG_BEFORE = 64 * 1024 };

struct watch {
    struct engine *engine;
    struct live *live;
    struct subscriber subscriber;
    struct cursor cursor;
    char id[CURSOR_ID_SIZE];
    struct teller teller;

    struct log_piece *piece; /* NULL: without logs */
    struct log_tail *tails;  /* of trials that run */
    size_t tail_count, tail_capacity;
    size_t turn;          /* which tail is looked at first */
    struct news held;     /* TRIAL: it has ended, and is told after its log; else NONE */
    struct cursor before; /* where the cursor stood before that */
    bool is_log;          /* it is the log of one trial: tails[0], and nothing else */
    int stream;           /* of that */
    int only_attempt;     /* of that; 0: all, one after the other */
    char
        replica[REPLICA_NAME_TEXT + sizeof "/replicas/"]; /* of that: its folder in the attempt's */
    uint64_t log_change;                                  /* changes up to this one were seen */
};

bool api_note_watched(struct api_call *call, int64_t job, struct assay_error *err)
{
    if (!call->watched)
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "this is a stream of events: HTTP has it, and assay_watch_open() of the "
                          "library");
    *call->watched = job;
    return true;
}

bool api_watch_job(struct api_call *call, struct assay_error *err)
{
    int64_t job = 0;

    return api_find_job(call, &job, err) && api_note_watched(call, job, err);
}

static enum assay_watch_result give(struct watch *w, const char *type, enum telling telling,
                                    struct assay_event *event)
{
    if (telling != TOLD)
        return telling == CANNOT_TELL ? ASSAY_WATCH_FAILED : ASSAY_WATCH_NOTHING;
    *event = (struct assay_event){
        .id = watch_id(w), .type = type, .data = w->teller.text, .size = w->teller.size
    };
    return ASSAY_WATCH_EVENT;
}

static struct log_tail *find_tail(struct watch *w, int64_t trial)
{
    for (size_t i = 0; i < w->tail_count; i++)
        if (w->tails[i].trial == trial)
            return &w->tails[i];
    return NULL;
}

static struct log_tail *add_tail(struct watch *w, int64_t trial, struct assay_error *err)
{
    if (w->tail_count == w->tail_capacity) {
        size_t capacity = w->tail_capacity ? w->tail_capacity * 2 : 4;
        struct log_tail *grown = realloc(w->tails, capacity * sizeof *grown);

        if (!grown) {
            (void)assay_fail_memory(err);
            return NULL;
        }
        w->tails = grown;
        w->tail_capacity = capacity;
    }
    w->tails[w->tail_count] = (struct log_tail){ .trial = trial };
    return &w->tails[w->tail_count++];
}

static void begin_attempt(struct watch *w, struct log_tail *tail, int attempt)
{
    if (tail->attempt != 0)
        live_ignore_folder(w->live, &w->subscriber, tail->word);
    tail->attempt = attempt;
    tail->word = -1;
    tail->next_try_us = 0;
    for (int i = 0; i < LOG_STREAMS; i++)
        tail->offsets[i] = -1;
}

/* The trial runs, or has just ended: its log is told from now on. */
static bool follow_trial(struct watch *w, const struct news *news, struct assay_error *err)
{
    struct log_tail *tail = find_tail(w, news->trial);

    if (news->attempt == 0 || (tail && tail->attempt == news->attempt))
        return true;
    tail = tail ? tail : add_tail(w, news->trial, err);
    if (tail)
        begin_attempt(w, tail, news->attempt);
    return tail != NULL;
}

/* NULL is fine. */
static void drop_tail(struct watch *w, struct log_tail *tail)
{
    if (!tail)
        return;
    live_ignore_folder(w->live, &w->subscriber, tail->word);
    *tail = w->tails[--w->tail_count];
}

/*
 * Sees that on_ready is called when the attempt writes, or else soon: its folder is made a moment
 * after the attempt is stored, and the kernel may have no watch left for it.
 */
static void watch_folder(struct watch *w, struct log_tail *tail, const char *dir)
{
    int64_t now_us = assay_mono_us(assay_env_system());

    if (tail->word >= 0 || tail->attempt == 0)
        return;
    if (now_us >= tail->next_try_us) {
        tail->next_try_us = now_us + LIVE_SOON_MS * INT64_C(1000);
        tail->word = live_watch_folder(w->live, &w->subscriber, dir);
    }
    if (tail->word < 0)
        live_call_soon(w->live, &w->subscriber);
}

static bool read_tail(struct watch *w, struct log_tail *tail, int stream, bool is_last,
                      struct assay_error *err)
{
    char dir[PATH_TEXT];

    (void)path_of_attempt(engine_state_dir(w->engine), w->cursor.job, tail->trial, tail->attempt,
                          dir);
    (void)strncat(dir, w->replica, sizeof dir - strlen(dir) - 1);
    /* First the watch, then the look: what is written in between is not missed. */
    if (!is_last)
        watch_folder(w, tail, dir);
    return log_tail_read(tail, dir, stream, w->is_log ? INT64_MAX : LOG_BEFORE, is_last, w->piece,
                         err);
}

/* A piece of the tail's log, of either stream; NOTHING_TO_TELL where there is none. */
static enum telling look_at_tail(struct watch *w, struct log_tail *tail, bool is_last,
                                 struct assay_error *err)
{
    for (int i = 0; i < LOG_STREAMS; i++) {
        if (!read_tail(w, tail, i, is_last, err))
            return CANNOT_TELL;
        if (w->piece->size > 0)
            return teller_log(&w->teller, tail, w->piece, err);
    }
    return NOTHING_TO_TELL;
}

static enum telling look_at_logs(struct watch *w, struct assay_error *err)
{
    enum telling telling = NOTHING_TO_TELL;

    for (size_t i = 0; i < w->tail_count && telling == NOTHING_TO_TELL; i++) {
        if (w->turn >= w->tail_count)
            w->turn = 0;
        telling = look_at_tail(w, &w->tails[w->turn++], false, err);
    }
    return telling;
}

/* A trial that has ended, after what is left of its log. */
static enum assay_watch_result give_held(struct watch *w, struct assay_event *event,
                                         struct assay_error *err)
{
    struct log_tail *tail = find_tail(w, w->held.trial);
    enum telling telling = tail ? look_at_tail(w, tail, true, err) : NOTHING_TO_TELL;

    if (telling != NOTHING_TO_TELL)
        return give(w, "log", telling, event);
    drop_tail(w, tail);
    w->held.kind = NEWS_NONE;
    return give(w, "trial", teller_trial(&w->teller, &w->held, err), event);
}

/* NOTHING: of this piece of news there is nothing to tell. */
static enum assay_watch_result give_news(struct watch *w, const struct news *news,
                                         struct assay_event *event, struct assay_error *err)
{
    switch (news->kind) {
    case NEWS_JOB:
        return give(w, "job", teller_job(&w->teller, err), event);
    case NEWS_MEASUREMENT:
        return give(w, "measurement", teller_measurement(&w->teller, news, err), event);
    case NEWS_TRIAL_GONE:
        drop_tail(w, find_tail(w, news->trial));
        return give(w, "deleted", teller_gone(&w->teller, news->trial, err), event);
    case NEWS_JOB_GONE:
        return give(w, "deleted", teller_gone(&w->teller, news->trial, err), event);
    case NEWS_END:
        return ASSAY_WATCH_END;
    case NEWS_TRIAL:
        break;
    case NEWS_AGAIN:
    case NEWS_NONE:
        return ASSAY_WATCH_NOTHING;
    }
    if (w->piece && (!news->is_ended || news->is_new) && !follow_trial(w, news, err))
        return ASSAY_WATCH_FAILED;
    if (!w->piece || !news->is_ended)
        return give(w, "trial", teller_trial(&w->teller, news, err), event);
    w->held = *news;
    return give_held(w, event, err);
}

static enum assay_watch_result next_event(struct watch *w, struct assay_event *event,
                                          struct assay_error *err)
{
    enum assay_watch_result result = ASSAY_WATCH_NOTHING;

    if (w->held.kind == NEWS_TRIAL)
        result = give_held(w, event, err);
    while (result == ASSAY_WATCH_NOTHING) {
        struct news news;
        bool is_read = false;

        w->before = w->cursor;
        is_read = cursor_next(&w->cursor, w->live, &w->subscriber, engine_read_begin(w->engine),
                              &news, err);

        engine_read_end(w->engine);
        if (!is_read)
            return ASSAY_WATCH_FAILED;
        if (news.kind == NEWS_NONE)
            return w->piece ? give(w, "log", look_at_logs(w, err), event) : ASSAY_WATCH_NOTHING;
        result = give_news(w, &news, event, err);
    }
    return result;
}

/* Sees that on_ready is called for what changes from now on. */
static void fall_asleep(struct watch *w)
{
    struct change change;
    enum live_result result = LIVE_CHANGE;

    while (result != LIVE_NOTHING) {
        result = live_take(w->live, &w->subscriber, &w->log_change, &change);
        if (result == LIVE_LOST)
            w->log_change = live_newest(w->live);
    }
}

/* Bytes of the attempt's log, else the next attempt's, until the trial has ended. */
static enum assay_watch_result next_bytes(struct watch *w, struct assay_event *event,
                                          struct assay_error *err)
{
    struct log_tail *tail = &w->tails[0];
    struct trial_query query = { .job = w->cursor.job, .after = tail->trial - 1, .limit = 1 };

    for (;;) {
        struct trial_row row = { 0 };
        bool is_last = false;
        bool is_read = false;

        fall_asleep(w);
        is_read = store_trial_first(engine_read_begin(w->engine), &query, &row, err);
        engine_read_end(w->engine);
        if (is_read && row.number != tail->trial)
            return ASSAY_WATCH_END;
        is_last = trial_state_is_terminal(row.state) || row.attempt > tail->attempt;
        if (!is_read || !read_tail(w, tail, w->stream, is_last, err))
            return ASSAY_WATCH_FAILED;
        if (w->piece->size > 0) {
            *event = (struct assay_event){
                .id = watch_id(w), .type = "log", .data = w->piece->bytes, .size = w->piece->size
            };
            return ASSAY_WATCH_EVENT;
        }
        if (!is_last)
            return ASSAY_WATCH_NOTHING;
        if (w->only_attempt || row.attempt <= tail->attempt)
            return ASSAY_WATCH_END;
        begin_attempt(w, tail, tail->attempt + 1);
    }
}

enum assay_watch_result watch_next(struct watch *w, struct assay_event *event,
                                   struct assay_error *err)
{
    enum assay_watch_result result =
        w->is_log ? next_bytes(w, event, err) : next_event(w, event, err);

    if (result == ASSAY_WATCH_EVENT)
        return result;
    /* While it is quiet, nothing is kept. */
    teller_rest(&w->teller);
    return result;
}

const char *watch_id(struct watch *w)
{
    if (w->is_log)
        (void)snprintf(w->id, sizeof w->id, "%d-%" PRId64, w->tails[0].attempt,
                       w->tails[0].offsets[w->stream]);
    else
        cursor_id(w->held.kind == NEWS_TRIAL ? &w->before : &w->cursor, w->live, w->id);
    return w->id;
}

const char *watch_content_type(const struct watch *w)
{
    return w->is_log ? "text/plain; charset=UTF-8" : "text/event-stream";
}

static bool open_log(struct watch *w, const struct api_call *call, struct assay_error *err)
{
    struct trial_row row = { 0 };
    const char *stream = NULL;
    int64_t job = 0, trial = 0, offset = 0, attempt = 0;
    struct log_tail *tail = NULL;
    char folder[PATH_TEXT] = "";

    if (!api_find_job(call, &job, err) || !api_find_trial(call, job, &trial, &row, err) ||
        !api_query_stream(call, &stream, err) ||
        !api_query_integer(call, "offset", 0, &offset, err) ||
        !api_query_integer(call, "attempt", 0, &attempt, err) ||
        !live_join(w->live, &w->subscriber, job, err))
        return false;
    if (!api_query_replica(call, job, folder, err))
        return false;
    w->is_log = true;
    (void)snprintf(w->replica, sizeof w->replica, "%.*s", (int)sizeof w->replica - 1, folder);
    w->cursor.job = job;
    w->stream = strcmp(stream, log_stream_names[0]) != 0;
    w->only_attempt = (int)attempt;
    tail = add_tail(w, trial, err);
    if (!tail)
        return false;
    begin_attempt(w, tail, attempt ? (int)attempt : row.attempt);
    tail->offsets[w->stream] = offset;
    return true;
}

/* Who comes back with an id is not told anew which trials run; their logs are followed all the
 * same. */
static bool follow_running(struct watch *w, struct assay_error *err)
{
    struct trial_query query = { .job = w->cursor.job, .only_unended = true, .limit = 1 };
    struct trial_row row = { .number = 1 };
    bool is_ok = true;

    while (is_ok && row.number > 0) {
        is_ok = store_trial_first(engine_read_begin(w->engine), &query, &row, err);
        engine_read_end(w->engine);
        query.after = row.number;
        if (is_ok && row.number > 0)
            is_ok =
                follow_trial(w, &(struct news){ .trial = row.number, .attempt = row.attempt }, err);
    }
    return is_ok;
}

static bool open_events(struct watch *w, struct api_call *call, const char *after,
                        struct assay_error *err)
{
    int64_t job = 0;
    char id[CURSOR_ID_SIZE];
    bool is_begun = false;

    call->watched = &job;
    w->subscriber.is_patient = api_query_word(call, "gather");
    if (!call->match->handler(call, err) || !live_join(w->live, &w->subscriber, job, err))
        return false;
    /* Browsers send a header; what has none can say it here. */
    if (!after && api_query(call, "lastEventId", id, sizeof id))
        after = id;
    w->teller.job = job;
    is_begun = cursor_begin(&w->cursor, w->live, engine_read_begin(w->engine), job, after, err);
    engine_read_end(w->engine);
    /* What evaluates a study's trials writes no logs of ours. */
    if (w->cursor.is_study) {
        free(w->piece);
        w->piece = NULL;
    }
    return is_begun && (!w->piece || w->cursor.phase != CURSOR_LIVE || follow_running(w, err));
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);

    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

static bool open_path(struct watch *w, const struct assay_watch_options *options,
                      struct assay_error *err)
{
    struct route_match match;
    struct assay_request request = { .method = "GET",
                                     .path = options->path,
                                     .query = options->query };
    struct api_call call = { .engine = w->engine, .request = &request, .match = &match };
    bool is_log = ends_with(options->path, "/logs") || ends_with(options->path, ":logs");

    if (!route_find(request.method, request.path, &match, err))
        return false;
    call.job_word = match.words[ROUTE_JOB];
    if (!is_log && !ends_with(options->path, ":watch"))
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s is answered at once: what can be watched ends with :watch or /logs",
                          options->path);
    if (is_log || api_query_word(&call, "logs")) {
        w->piece = malloc(sizeof *w->piece);
        if (!w->piece)
            return assay_fail_memory(err);
    }
    return is_log ? open_log(w, &call, err) : open_events(w, &call, options->after, err);
}

struct watch *watch_open(struct engine *engine, const struct assay_watch_options *options,
                         struct assay_error *err)
{
    struct live *live = engine_live(engine);
    struct watch *w = live ? calloc(1, sizeof *w) : NULL;

    if (w && !api_pass_moment(engine, err)) {
        free(w);
        return NULL;
    }
    if (!live) {
        (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                         "the folder was opened for reading only: nothing happens here");
        return NULL;
    }
    if (!w) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    w->engine = engine;
    w->teller.engine = engine;
    w->live = live;
    w->held.kind = NEWS_NONE;
    w->subscriber.on_ready = options->on_ready;
    w->subscriber.context = options->context;
    if (open_path(w, options, err))
        return w;
    watch_close(w);
    return NULL;
}

void watch_close(struct watch *w)
{
    if (!w)
        return;
    live_leave(w->live, &w->subscriber);
    teller_rest(&w->teller);
    free(w->piece);
    free(w->tails);
    free(w);
}
