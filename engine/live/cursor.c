#include "engine/live/cursor.h"

#include "assay/value.h"
#include "engine/spec/job_spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char end_word[] = "end";

/* So many of a job's trials are looked at in one step, in which nobody else can read. */
enum { TRIALS_A_STEP = 2000 };

/* What an id says. */
struct place {
    uint64_t epoch;
    uint64_t change;
    bool is_end;
    int64_t end_order;
};

static bool read_place(const char *text, struct place *place)
{
    char epoch[17], change[21], end_order[21], tail = '\0';
    int64_t number = 0;

    *place = (struct place){ 0 };
    if (assay_integer_parse(text, &place->end_order))
        return place->end_order >= 0;
    if (sscanf(text, "%16[0-9a-f]-%20[0-9end]-%20[0-9]%c", epoch, change, end_order, &tail) != 3 ||
        sscanf(epoch, "%" SCNx64, &place->epoch) != 1)
        return false;
    place->is_end = strcmp(change, end_word) == 0;
    if (!place->is_end && (!assay_integer_parse(change, &number) || number < 0))
        return false;
    place->change = (uint64_t)number;
    return assay_integer_parse(end_order, &place->end_order) && place->end_order >= 0;
}

void cursor_id(const struct cursor *cursor, const struct live *live, char id[CURSOR_ID_SIZE])
{
    uint64_t change = cursor->phase == CURSOR_LIVE ? cursor->change : 0;

    if (cursor->phase == CURSOR_OVER)
        (void)snprintf(id, CURSOR_ID_SIZE, "%016" PRIx64 "-%s-%" PRId64, live_epoch(live), end_word,
                       cursor->end_order);
    else
        (void)snprintf(id, CURSOR_ID_SIZE, "%016" PRIx64 "-%" PRIu64 "-%" PRId64, live_epoch(live),
                       change, cursor->end_order);
}

/* Whether trials of a job that has ended go on: only a study's do. */
enum unended { UNENDED_NONE, UNENDED_SOME, UNENDED_UNKNOWN };

/* One step of the search, which goes on where the last one stopped: what has ended stays so. */
static bool look_for_unended(struct cursor *cursor, struct store *store, enum unended *found,
                             struct assay_error *err)
{
    struct trial_query query = { .job = cursor->job,
                                 .after = cursor->ended_up_to,
                                 .until = cursor->ended_up_to + TRIALS_A_STEP,
                                 .limit = 1,
                                 .only_unended = true };
    struct trial_row row = { 0 };
    int64_t last = 0;

    *found = UNENDED_NONE;
    if (!cursor->is_study)
        return true;
    if (!store_last_number(store, cursor->job, &last, err) ||
        !store_trial_first(store, &query, &row, err))
        return false;
    if (row.number > 0) {
        *found = UNENDED_SOME;
        cursor->ended_up_to = row.number - 1;
    } else if (query.until < last) {
        *found = UNENDED_UNKNOWN;
        cursor->ended_up_to = query.until;
    } else {
        cursor->ended_up_to = last > cursor->ended_up_to ? last : cursor->ended_up_to;
    }
    return true;
}

/* *is_gone: there is no such job any more. */
static bool read_job(struct cursor *cursor, struct store *store, bool *is_gone,
                     struct assay_error *err)
{
    struct job_row row = { 0 };
    bool is_read = store_job_get(store, cursor->job, &row, err);

    *is_gone = !is_read && err->code == ASSAY_NOT_FOUND;
    cursor->is_job_ended = is_read && job_state_is_terminal(row.state);
    cursor->is_study = is_read && row.kind == JOB_STUDY;
    job_row_clear(&row);
    return is_read || *is_gone;
}

/* What is committed until now is read from the store, what comes later is taken from the ring. */
static void catch_up(struct cursor *cursor, struct live *live)
{
    cursor->phase = CURSOR_JOB;
    cursor->change = live_newest(live);
}

bool cursor_begin(struct cursor *cursor, struct live *live, struct store *store, int64_t job,
                  const char *after, struct assay_error *err)
{
    struct place place = { 0 };
    int64_t last = 0;
    bool is_gone = false;
    bool goes_on = false;

    *cursor = (struct cursor){ .job = job };
    if (after && !read_place(after, &place))
        return assay_fail(err, ASSAY_INVALID, "lastEventId",
                          "\"%.64s\" is neither an event's id nor an end order", after);
    catch_up(cursor, live);
    if (!store_last_end_order(store, job, &last, err) || !read_job(cursor, store, &is_gone, err))
        return false;
    cursor->end_order = !after || place.end_order > last ? last : place.end_order;
    if (!after || is_gone)
        return true;
    goes_on = place.epoch == live_epoch(live) && place.change > 0 &&
              live_reaches_back(live, place.change);
    if (place.is_end && cursor->is_job_ended) {
        cursor->phase = CURSOR_CLOSING;
        cursor->is_end_known = true;
    } else if (goes_on) {
        cursor->phase = CURSOR_LIVE;
        cursor->change = place.change;
    }
    return true;
}

/* Trials that end some time, or have ended and were not told. */
static bool look_for_more_trials(struct cursor *cursor, struct store *store, enum unended *found,
                                 struct assay_error *err)
{
    int64_t last = 0;

    if (!store_last_end_order(store, cursor->job, &last, err))
        return false;
    *found = UNENDED_SOME;
    return last > cursor->end_order || look_for_unended(cursor, store, found, err);
}

static bool tell_job(struct cursor *cursor, struct store *store, struct news *news,
                     struct assay_error *err)
{
    bool is_gone = false;
    enum unended more = UNENDED_SOME;

    if (!read_job(cursor, store, &is_gone, err) ||
        (cursor->is_job_ended && !look_for_more_trials(cursor, store, &more, err)))
        return false;
    if (more == UNENDED_UNKNOWN)
        return true;
    cursor->phase = is_gone || more == UNENDED_NONE ? CURSOR_OVER : CURSOR_ENDED;
    news->kind = is_gone ? NEWS_JOB_GONE : NEWS_JOB;
    return true;
}

/* A trial that ended and was not told yet, or none. */
static bool tell_ended(struct cursor *cursor, struct store *store, struct news *news,
                       struct assay_error *err)
{
    struct trial_query query = {
        .job = cursor->job, .order = TRIALS_BY_END, .after = cursor->end_order, .limit = 1
    };
    struct trial_row row;

    if (!store_trial_first(store, &query, &row, err))
        return false;
    if (row.number == 0)
        return true;
    cursor->end_order = row.end_order;
    cursor->is_end_known = false;
    *news = (struct news){
        .kind = NEWS_TRIAL, .trial = row.number, .is_ended = true, .attempt = row.attempt
    };
    return true;
}

static bool begin_running(struct cursor *cursor, struct store *store, struct assay_error *err)
{
    cursor->phase = CURSOR_RUNNING;
    cursor->trial = 0;
    return store_last_number(store, cursor->job, &cursor->last_trial, err);
}

static bool tell_running(struct cursor *cursor, struct store *store, struct news *news,
                         struct assay_error *err)
{
    struct trial_query query = { .job = cursor->job,
                                 .after = cursor->trial,
                                 .until = cursor->trial + TRIALS_A_STEP,
                                 .limit = 1,
                                 .only_unended = true };
    struct trial_row row;

    if (!store_trial_first(store, &query, &row, err))
        return false;
    cursor->trial = row.number ? row.number : query.until;
    if (row.number == 0)
        return true;
    *news = (struct news){ .kind = NEWS_TRIAL, .trial = row.number, .attempt = row.attempt };
    return true;
}

/* A change of a trial that runs: as it is now. Its end is a change of its own. Of one that is gone
 * by now that is all there is to tell. */
static bool tell_trial(struct cursor *cursor, struct store *store, const struct change *change,
                       struct news *news, struct assay_error *err)
{
    struct trial_query query = { .job = cursor->job, .after = change->trial - 1, .limit = 1 };
    bool is_end = change->kind == CHANGE_TRIAL_ENDED;
    struct trial_row row;

    if (is_end && change->value <= cursor->end_order)
        return true;
    if (!store_trial_first(store, &query, &row, err))
        return false;
    if (row.number == change->trial && trial_state_is_terminal(row.state) == is_end)
        *news = (struct news){ .kind = NEWS_TRIAL,
                               .trial = row.number,
                               .is_ended = is_end,
                               .attempt = row.attempt,
                               .is_new = true };
    if (is_end)
        cursor->end_order = change->value;
    return true;
}

/* A job's end is told when there is nothing left to be told but that. */
static bool tell_job_change(struct cursor *cursor, struct store *store, const struct change *change,
                            struct news *news, struct assay_error *err)
{
    enum unended found = UNENDED_SOME;

    cursor->is_job_ended = job_state_is_terminal((int)change->value);
    if (cursor->is_job_ended && !look_for_unended(cursor, store, &found, err))
        return false;
    if (found == UNENDED_SOME)
        news->kind = NEWS_JOB;
    else if (found == UNENDED_UNKNOWN)
        cursor->change--; /* the next step takes the same change again */
    return true;
}

/* news stays as it is where there is nothing to be told of the change. */
static bool tell_change(struct cursor *cursor, struct store *store, const struct change *change,
                        struct news *news, struct assay_error *err)
{
    switch (change->kind) {
    case CHANGE_JOB:
        return tell_job_change(cursor, store, change, news, err);
    case CHANGE_JOB_GONE:
        cursor->phase = CURSOR_OVER;
        news->kind = NEWS_JOB_GONE;
        return true;
    case CHANGE_TRIAL:
    case CHANGE_TRIAL_ENDED:
        return tell_trial(cursor, store, change, news, err);
    case CHANGE_TRIAL_GONE:
        *news = (struct news){ .kind = NEWS_TRIAL_GONE, .trial = change->trial };
        return true;
    case CHANGE_MEASURED:
        *news = (struct news){ .kind = NEWS_MEASUREMENT,
                               .trial = change->trial,
                               .index = change->value };
        return true;
    }
    return true;
}

/* One step of those that have caught up. */
static bool step_live(struct cursor *cursor, struct live *live, struct subscriber *subscriber,
                      struct store *store, struct news *news, struct assay_error *err)
{
    struct change change;
    enum unended found = UNENDED_SOME;

    switch (live_take(live, subscriber, &cursor->change, &change)) {
    case LIVE_LOST:
        catch_up(cursor, live);
        return true;
    case LIVE_CHANGE:
        return tell_change(cursor, store, &change, news, err);
    case LIVE_NOTHING:
        break;
    }
    if (cursor->is_job_ended && !look_for_unended(cursor, store, &found, err))
        return false;
    if (found == UNENDED_SOME)
        news->kind = NEWS_NONE;
    else if (found == UNENDED_NONE)
        cursor->phase = CURSOR_CLOSING;
    return true;
}

static bool step_closing(struct cursor *cursor, struct live *live, struct store *store,
                         struct news *news, struct assay_error *err)
{
    bool is_gone = false;

    if (!tell_ended(cursor, store, news, err))
        return false;
    if (news->kind != NEWS_AGAIN)
        return true;
    if (!read_job(cursor, store, &is_gone, err))
        return false;
    if (!cursor->is_job_ended && !is_gone) { /* it was given a larger budget, and goes on */
        cursor->is_end_known = false;
        catch_up(cursor, live);
        return true;
    }
    cursor->phase = CURSOR_OVER;
    if (is_gone)
        news->kind = NEWS_JOB_GONE;
    else if (!cursor->is_end_known)
        news->kind = NEWS_JOB;
    return true;
}

bool cursor_next(struct cursor *cursor, struct live *live, struct subscriber *subscriber,
                 struct store *store, struct news *news, struct assay_error *err)
{
    bool is_ok = true;

    *news = (struct news){ .kind = NEWS_AGAIN };
    switch (cursor->phase) {
    case CURSOR_JOB:
        return tell_job(cursor, store, news, err);
    case CURSOR_ENDED:
        is_ok = tell_ended(cursor, store, news, err);
        if (is_ok && news->kind == NEWS_AGAIN)
            is_ok = begin_running(cursor, store, err);
        return is_ok;
    case CURSOR_RUNNING:
        is_ok = tell_running(cursor, store, news, err);
        if (is_ok && news->kind == NEWS_AGAIN && cursor->trial >= cursor->last_trial)
            cursor->phase = CURSOR_LIVE;
        return is_ok;
    case CURSOR_LIVE:
        return step_live(cursor, live, subscriber, store, news, err);
    case CURSOR_CLOSING:
        return step_closing(cursor, live, store, news, err);
    case CURSOR_OVER:
        news->kind = NEWS_END;
        return true;
    }
    return true;
}
