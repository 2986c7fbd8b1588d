#include "engine/replay.h"

#include "assay/value.h"
#include "engine/engine_private.h"
#include "engine/life/early_stops.h"
#include "engine/life/job_budget.h"
#include "engine/life/retries.h"
#include "engine/life/study_sampler.h"
#include "engine/life/suggestion.h"
#include "search/model_chain.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A call takes about so long; and so many trials are read at once. */
enum { CALL_US = 500 * 1000, TRIALS_AT_ONCE = 2000 };

struct stored_trial {
    int64_t end_order; /* 0: not ended */
    bool is_given;     /* by a study's client, not suggested */
    bool is_suggested;
    struct suggestion suggestion;
};

/* A suggestion that was not simply the next. */
struct made_trial {
    int64_t number, ordinal;
    char *fixed; /* which parameters its client had fixed: indexes */
};

struct replay {
    int64_t job;
    struct job_spec *spec;
    struct sampler *sampler;
    size_t width; /* params of a point */
    int64_t trial_count;
    int64_t next;            /* the number of the trial to be looked at */
    double *point;           /* room for one */
    double *fixed;           /* and for what was fixed of it */
    struct made_trial *made; /* by number */
    size_t made_count, made_capacity;
    struct retries retries; /* trials that were not suggested, but are others run again */

    /* Of a sampler that learns: all trials, by number - 1. */
    struct history *history;
    int64_t *past_orders; /* end order of each trial in the history */
    struct model_chain *chain;
    struct stored_trial *trials;
    double *points;  /* trial_count x width */
    double *pending; /* room for as many */
};

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    model_chain_free(replay->chain);
    history_free(replay->history);
    sampler_free(replay->sampler);
    job_spec_free(replay->spec);
    free(replay->past_orders);
    free(replay->trials);
    free(replay->points);
    free(replay->pending);
    free(replay->point);
    for (size_t i = 0; i < replay->made_count; i++)
        free(replay->made[i].fixed);
    free(replay->made);
    retries_clear(&replay->retries);
    free(replay);
}

/* What the walks over the stored study fill. */
struct reading {
    struct replay *replay;
    struct early_stops stops;
    struct assay_error *err;
    bool is_ok;
};

/* Samplers read points of the study's own space; categories are shown by their names. */
static bool is_fit(const struct replay *replay, const struct trial_row *row)
{
    return row->point_count == replay->width &&
           search_space_is_legal(replay->spec->study.space, row->point);
}

static bool fail_unfit(struct reading *reading, int64_t number)
{
    reading->is_ok = assay_fail(reading->err, ASSAY_DATA_LOSS, NULL,
                                "the point of trial %" PRId64 " does not fit its study", number);
    return false;
}

/* No sampler has made it. */
static bool is_given(const struct replay *replay, const struct trial_row *row)
{
    return row->attempt == 0 || retries_original(&replay->retries, row->number) != 0;
}

static bool read_trial(void *context, const struct trial_row *row)
{
    struct reading *reading = context;
    struct replay *replay = reading->replay;

    /* Trials that were made since the count was taken are left for another time. */
    if (row->number > replay->trial_count)
        return false;
    if (!is_fit(replay, row))
        return fail_unfit(reading, row->number);
    replay->trials[row->number - 1].end_order = row->end_order;
    replay->trials[row->number - 1].is_given = is_given(replay, row);
    memcpy(replay->points + (size_t)(row->number - 1) * replay->width, row->point,
           replay->width * sizeof(double));
    return true;
}

static bool read_past(void *context, const struct trial_row *row)
{
    struct reading *reading = context;
    struct replay *replay = reading->replay;
    const struct early_stop *stop = early_stops_find(&reading->stops, row->number);
    struct past_trial past;

    if (row->number > replay->trial_count ||
        !suggestion_past(row, stop ? stop->progress : 0, &past))
        return true;
    if (!is_fit(replay, row))
        return fail_unfit(reading, row->number);
    replay->past_orders[history_count(replay->history)] = row->end_order;
    reading->is_ok = history_append(replay->history, &past) || assay_fail_memory(reading->err);
    return reading->is_ok;
}

static bool read_suggestion(void *context, int64_t number, const double *numbers, size_t count)
{
    struct reading *reading = context;
    struct stored_trial *trial = &reading->replay->trials[number - 1];

    trial->is_suggested = suggestion_decode(numbers, count, &trial->suggestion);
    return true;
}

static bool make_room(struct replay *replay)
{
    size_t count = (size_t)replay->trial_count + 1;

    replay->history = history_new(replay->width, replay->spec->study.metric_count);
    replay->chain = model_chain_new(replay->sampler);
    replay->past_orders = calloc(count, sizeof *replay->past_orders);
    replay->trials = calloc(count, sizeof *replay->trials);
    replay->points = calloc(count, (replay->width + 1) * sizeof(double));
    replay->pending = calloc(count, (replay->width + 1) * sizeof(double));
    return replay->history && replay->chain && replay->past_orders && replay->trials &&
           replay->points && replay->pending;
}

/* All that suggestions may have been made from. */
static bool read_study(struct replay *replay, struct store *store, struct assay_error *err)
{
    struct reading reading = { .replay = replay, .err = err, .is_ok = true };
    struct trial_query by_number = { .job = replay->job };
    struct trial_query by_end = { .job = replay->job, .order = TRIALS_BY_END };

    int64_t last_deleted = 0;
    bool is_read = false;

    if (!store_deleted_last(store, replay->job, &last_deleted, err))
        return false;
    if (last_deleted > 0)
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "trials of study %" PRId64 " were deleted, so what its suggestions were "
                          "made from is not known any more",
                          replay->job);
    if (!make_room(replay))
        return assay_fail_memory(err);
    is_read =
        early_stops_read(&reading.stops, store, replay->job, 1, STORE_TRIALS_MAX - 1, false, err) &&
        store_trial_each(store, &by_number, read_trial, &reading, err) && reading.is_ok &&
        store_trial_each(store, &by_end, read_past, &reading, err) && reading.is_ok &&
        store_suggestion_each(store, replay->job, 1, replay->trial_count, read_suggestion, &reading,
                              err);
    early_stops_clear(&reading.stops);
    return is_read;
}

static bool read_made_row(void *context, int64_t number, int64_t ordinal, const char *fixed)
{
    struct reading *reading = context;
    struct replay *replay = reading->replay;
    struct made_trial made = { .number = number, .ordinal = ordinal };

    if (replay->made_count == replay->made_capacity) {
        size_t capacity = replay->made_capacity ? replay->made_capacity * 2 : 16;
        struct made_trial *grown = realloc(replay->made, capacity * sizeof *grown);

        if (!grown)
            return reading->is_ok = assay_fail_memory(reading->err);
        replay->made = grown;
        replay->made_capacity = capacity;
    }
    made.fixed = strdup(fixed);
    if (!made.fixed)
        return reading->is_ok = assay_fail_memory(reading->err);
    replay->made[replay->made_count++] = made;
    return true;
}

static bool read_made(struct replay *replay, struct store *store, struct assay_error *err)
{
    struct reading reading = { .replay = replay, .err = err, .is_ok = true };

    return retries_read(&replay->retries, store, replay->job, 1, STORE_TRIALS_MAX - 1, err) &&
           store_made_each(store, replay->job, read_made_row, &reading, err) && reading.is_ok;
}

static int compare_made(const void *key, const void *item)
{
    const int64_t *number = key;
    const struct made_trial *made = item;

    return (*number > made->number) - (*number < made->number);
}

/* How the trial with this point was asked for: the number under which its sampler counted it where
 * it counts by itself, and what its client had fixed. */
static void find_made(struct replay *replay, int64_t number, const double *point,
                      struct sampler_query *query, bool is_counted)
{
    const struct made_trial *made = NULL;

    if (replay->made_count > 0)
        made =
            bsearch(&number, replay->made, replay->made_count, sizeof *replay->made, compare_made);
    query->trial_number = (uint64_t)(made && is_counted ? made->ordinal : number);
    query->fixed = NULL;
    if (!made || !*made->fixed)
        return;
    for (size_t i = 0; i < replay->width; i++)
        replay->fixed[i] = (double)NAN;
    for (char *next = made->fixed; *next;) {
        unsigned long long index = strtoull(next, &next, 10);

        if (index < replay->width)
            replay->fixed[index] = point[index];
        next += *next != '\0';
    }
    query->fixed = replay->fixed;
}

static bool open_study(struct replay *replay, struct store *store, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct trial_totals totals = { 0 };
    bool is_open = false;

    if (!store_job_get(store, replay->job, &row, err))
        return false;
    if (!store_trial_totals(store, replay->job, &totals, err))
        goto out;
    replay->trial_count = totals.last_number;
    replay->spec = job_row_spec(&row, err);
    if (!replay->spec || !job_budget_load_first(store, replay->job, replay->spec, err))
        goto out;
    if (replay->spec->kind == JOB_CUSTOM) {
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL,
                         "job %" PRId64 " is a custom job, which has no suggestions", replay->job);
        goto out;
    }
    replay->width = replay->spec->study.space->param_count;
    replay->sampler = study_sampler_new(replay->spec, row.seed, err);
    if (!replay->sampler)
        goto out;
    replay->point = calloc(2 * replay->width + 1, sizeof *replay->point);
    replay->fixed = replay->point ? replay->point + replay->width : NULL;
    if (!replay->point)
        (void)assay_fail_memory(err);
    else if (read_made(replay, store, err))
        is_open = !sampler_needs_history(replay->sampler) || read_study(replay, store, err);
out:
    job_row_clear(&row);
    return is_open;
}

static struct replay *replay_new(struct engine *engine, int64_t job, int64_t after,
                                 struct assay_error *err)
{
    struct replay *replay = calloc(1, sizeof *replay);
    bool is_open = false;

    if (!replay) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    replay->job = job;
    replay->next = after + 1;
    is_open = open_study(replay, engine_read_begin(engine), err);
    engine_read_end(engine);
    if (is_open)
        return replay;
    replay_free(replay);
    return NULL;
}

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void write_value(const struct param_spec *param, double value, char text[REPLAY_TEXT])
{
    char number[ASSAY_NUMBER_TEXT];

    if (isnan(value))
        (void)snprintf(text, REPLAY_TEXT, "(inactive)");
    else if (param->type == PARAM_CATEGORICAL)
        (void)snprintf(text, REPLAY_TEXT, "%.*s", REPLAY_TEXT - 1,
                       param->categories[(size_t)value]);
    else
        (void)snprintf(text, REPLAY_TEXT, "%s", assay_number_text(value, number));
}

/* Fills progress' difference where stored is not what was recomputed. */
static void compare(const struct replay *replay, int64_t number, const double *stored,
                    enum sampler_answer answer, struct replay_progress *progress)
{
    struct replay_difference *difference = &progress->difference;
    const struct search_space *space = replay->spec->study.space;
    size_t i = 0;

    *difference = (struct replay_difference){ .trial = number };
    if (answer == SAMPLER_EXHAUSTED) {
        progress->has_difference = true;
        (void)snprintf(difference->message, sizeof difference->message,
                       "the sampler has no further point");
        return;
    }
    while (i < replay->width && is_same(stored[i], replay->point[i]))
        i++;
    if (i == replay->width)
        return;
    progress->has_difference = true;
    (void)snprintf(difference->param_text, REPLAY_TEXT, "%.*s", REPLAY_TEXT - 1,
                   space->params[i].id);
    difference->param = difference->param_text;
    write_value(&space->params[i], stored[i], difference->stored);
    write_value(&space->params[i], replay->point[i], difference->recomputed);
    (void)snprintf(difference->message, sizeof difference->message,
                   "parameter %.100s: stored is %.150s, recomputed %.150s", difference->param,
                   difference->stored, difference->recomputed);
}

/* How many of the past had ended by then. */
static size_t count_past(const struct replay *replay, int64_t last_end_order)
{
    size_t low = 0;
    size_t high = history_count(replay->history);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (replay->past_orders[middle] <= last_end_order)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t gather_pending(struct replay *replay, int64_t number, int64_t last_end_order)
{
    size_t count = 0;

    for (int64_t i = 0; i + 1 < number; i++) {
        int64_t end_order = replay->trials[i].end_order;

        if (end_order == 0 || end_order > last_end_order)
            memcpy(replay->pending + count++ * replay->width,
                   replay->points + (size_t)i * replay->width, replay->width * sizeof(double));
    }
    return count;
}

static bool replay_learnt(struct replay *replay, struct replay_progress *progress,
                          struct assay_error *err)
{
    const struct stored_trial *trial = &replay->trials[replay->next - 1];
    const double *stored = replay->points + (size_t)(replay->next - 1) * replay->width;
    int64_t last_end_order = trial->suggestion.last_end_order;
    struct sampler_query query = { .history = replay->history, .pending = replay->pending };
    struct provenance provenance;
    enum sampler_answer answer = SAMPLER_FAILED;

    if (trial->is_given)
        return true;
    if (!trial->is_suggested)
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "trial %" PRId64 " was suggested by another version of assay, which did "
                          "not store what from",
                          replay->next);
    find_made(replay, replay->next, stored, &query, false);
    query.max_trial_count = trial->suggestion.max_trial_count;
    query.past_count = count_past(replay, last_end_order);
    query.pending_count = gather_pending(replay, replay->next, last_end_order);
    answer = model_chain_suggest(replay->chain, &query, replay->point, &provenance, err);
    if (answer == SAMPLER_FAILED)
        return false;
    compare(replay, replay->next, stored, answer, progress);
    return true;
}

struct plain_walk {
    struct replay *replay;
    struct replay_progress *progress;
    struct assay_error *err;
    bool is_ok;
};

static bool replay_row(void *context, const struct trial_row *row)
{
    struct plain_walk *walk = context;
    struct replay *replay = walk->replay;
    struct sampler_query query = { 0 };
    struct provenance provenance;
    enum sampler_answer answer = SAMPLER_FAILED;

    if (!is_fit(replay, row)) {
        walk->is_ok =
            assay_fail(walk->err, ASSAY_DATA_LOSS, NULL,
                       "the point of trial %" PRId64 " does not fit its study", row->number);
        return false;
    }
    if (is_given(replay, row)) {
        replay->next = row->number + 1;
        return true;
    }
    find_made(replay, row->number, row->point, &query, true);
    answer = sampler_suggest(replay->sampler, &query, replay->point, &provenance, walk->err);
    walk->is_ok = answer != SAMPLER_FAILED;
    if (walk->is_ok)
        compare(replay, row->number, row->point, answer, walk->progress);
    if (!walk->is_ok || walk->progress->has_difference)
        return false;
    walk->progress->checked++;
    replay->next = row->number + 1;
    return true;
}

/* Microseconds each, so they are done where they are read. */
static bool replay_plain(struct replay *replay, struct engine *engine,
                         struct replay_progress *progress, struct assay_error *err)
{
    struct plain_walk walk = { .replay = replay, .progress = progress, .err = err, .is_ok = true };
    struct trial_query query = { .job = replay->job,
                                 .after = replay->next - 1,
                                 .limit = TRIALS_AT_ONCE };
    bool is_read = false;

    if (query.limit > replay->trial_count - query.after)
        query.limit = replay->trial_count - query.after;
    is_read = store_trial_each(engine_read_begin(engine), &query, replay_row, &walk, err);
    engine_read_end(engine);
    return is_read && walk.is_ok;
}

static bool replay_next(struct replay *replay, struct engine *engine,
                        struct replay_progress *progress, struct assay_error *err)
{
    if (!replay->history)
        return replay_plain(replay, engine, progress, err);
    if (!replay_learnt(replay, progress, err))
        return false;
    if (progress->has_difference)
        return true;
    progress->checked += !replay->trials[replay->next - 1].is_given;
    replay->next++;
    return true;
}

static bool run(struct replay *replay, struct engine *engine, struct replay_progress *progress,
                struct assay_error *err)
{
    int64_t due = assay_mono_us(&engine->env) + CALL_US;
    int64_t before = 0;
    bool is_ok = true;

    do {
        before = replay->next;
        progress->is_done = replay->next > replay->trial_count;
        if (!progress->is_done)
            is_ok = replay_next(replay, engine, progress, err);
        /* Rows that were deleted meanwhile. */
        progress->is_done = progress->is_done || replay->next == before;
    } while (is_ok && !progress->is_done && assay_mono_us(&engine->env) < due);
    progress->is_done = progress->is_done || replay->next > replay->trial_count;
    progress->last = replay->next - 1;
    progress->trial_count = replay->trial_count;
    return is_ok;
}

bool replay_some(struct engine *engine, int64_t job, int64_t after,
                 struct replay_progress *progress, struct assay_error *err)
{
    struct replay *replay = NULL;
    bool is_ok = false;

    *progress = (struct replay_progress){ 0 };
    if (after > STORE_TRIALS_MAX) /* beyond every trial, and it can still be counted on from */
        after = STORE_TRIALS_MAX;
    (void)pthread_mutex_lock(&engine->replay_mutex);
    replay = engine->replay;
    engine->replay = NULL;
    /* From the first trial on the study is read anew: it may have grown. */
    if (replay && (replay->job != job || replay->next != after + 1 || after == 0)) {
        replay_free(replay);
        replay = NULL;
    }
    if (!replay)
        replay = replay_new(engine, job, after, err);
    is_ok = replay && run(replay, engine, progress, err);
    if (is_ok && !progress->is_done) {
        engine->replay = replay;
        replay = NULL;
    }
    (void)pthread_mutex_unlock(&engine->replay_mutex);
    replay_free(replay);
    return is_ok;
}
