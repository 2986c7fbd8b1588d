/* A window of the list of all jobs: a line of each is sorted, those that are shown are read. */

#include "engine/api/window/job_tally.h"
#include "engine/api/window/windows.h"
#include "engine/array.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum line_field {
    LINE_ID,
    LINE_NAME,
    LINE_STATE,
    LINE_KIND,
    LINE_CREATED,
    LINE_STARTED,
    LINE_ENDED
};

/* What is sorted of a job. */
struct job_line {
    int64_t id;
    int64_t create_us, start_us, end_us;
    int state, kind;
    char *name; /* owned */
};

struct job_window {
    struct api_call *call;
    struct window_query query;
    struct job_progress live[ENGINE_LIVE_JOBS_MAX];
    size_t live_count;
    struct job_line *lines;
    size_t count, capacity;
    bool has_memory;
};

static const struct enum_word states[] = {
    { "JOB_STATE_QUEUED", 1, JOB_STATE_QUEUED },
    { "JOB_STATE_PENDING", 2, JOB_STATE_PENDING },
    { "JOB_STATE_RUNNING", 3, JOB_STATE_RUNNING },
    { "JOB_STATE_SUCCEEDED", 4, JOB_STATE_SUCCEEDED },
    { "JOB_STATE_FAILED", 5, JOB_STATE_FAILED },
    { "JOB_STATE_CANCELLING", 6, JOB_STATE_CANCELLING },
    { "JOB_STATE_CANCELLED", 7, JOB_STATE_CANCELLED },
    { "JOB_STATE_PAUSED", 8, JOB_STATE_PAUSED },
};

static const struct enum_word kinds[] = {
    { "HyperparameterTuningJob", 0, JOB_TUNING },
    { "CustomJob", 0, JOB_CUSTOM },
    { "Study", 0, JOB_STUDY },
};

static const struct filter_field line_fields[] = {
    { "id", FILTER_TEXT, FILTER_SAME | FILTER_HAS, LINE_ID, .words = NULL },
    { "display_name", FILTER_NAME, FILTER_SAME | FILTER_HAS, LINE_NAME, .words = NULL },
    { "state", FILTER_ENUM, FILTER_SAME, LINE_STATE, FIELD_WORDS(states) },
    { "kind", FILTER_ENUM, FILTER_SAME, LINE_KIND, FIELD_WORDS(kinds) },
    { "create_time", FILTER_TIME, FILTER_ORDER, LINE_CREATED, .words = NULL },
    { "start_time", FILTER_TIME, FILTER_ORDER, LINE_STARTED, .words = NULL },
    { "end_time", FILTER_TIME, FILTER_ORDER, LINE_ENDED, .words = NULL },
};

/* A time that has come, an enum, an id. */
static int64_t number_of(const struct job_line *line, int id)
{
    switch ((enum line_field)id) {
    case LINE_STATE:
        return line->state;
    case LINE_KIND:
        return line->kind;
    case LINE_CREATED:
        return line->create_us;
    case LINE_STARTED:
        return line->start_us;
    case LINE_ENDED:
        return line->end_us;
    case LINE_ID:
    case LINE_NAME:
        break;
    }
    return line->id;
}

/* Asked of a filter: the text of an id is made on the way. */
struct asked {
    const struct job_line *line;
    char id[32];
};

static bool get_value(const void *row, int id, const char *key, struct filter_value *value)
{
    const struct asked *asked = row;

    (void)key; /* there are no maps */
    value->text = id == LINE_ID ? asked->id : asked->line->name;
    value->number = number_of(asked->line, id);
    return id < LINE_CREATED || value->number > 0;
}

static const struct job_progress *find_live(const struct job_window *w, int64_t job)
{
    for (size_t i = 0; i < w->live_count; i++)
        if (w->live[i].job == job)
            return &w->live[i];
    return NULL;
}

static bool take_row(void *context, const struct job_row *row)
{
    struct job_window *w = context;
    const struct job_progress *live = find_live(w, row->id);
    struct job_line line = { .id = row->id,
                             .create_us = row->create_us,
                             .start_us = row->start_us,
                             .end_us = row->end_us,
                             .state = live ? (int)live->state : row->state,
                             .kind = row->kind,
                             .name = row->display_name };
    struct asked asked = { .line = &line };

    (void)snprintf(asked.id, sizeof asked.id, "%" PRId64, line.id);
    if (!filter_matches(w->query.filter, get_value, &asked))
        return true;
    line.name = strdup(row->display_name);
    w->has_memory =
        line.name && array_make_room((void **)&w->lines, w->count, &w->capacity, sizeof *w->lines);
    if (w->has_memory)
        w->lines[w->count++] = line;
    else
        free(line.name);
    return w->has_memory;
}

static int compare_names(const struct job_line *a, const struct job_line *b)
{
    int order = strcasecmp(a->name, b->name);

    return order ? order : strcmp(a->name, b->name);
}

/* What has not come yet is last in either direction. */
static int compare_by(const struct order_key *key, const struct job_line *a,
                      const struct job_line *b)
{
    int64_t first = number_of(a, key->field->id);
    int64_t second = number_of(b, key->field->id);
    int order = (first > second) - (first < second);

    if (key->field->id >= LINE_CREATED && (first == 0) != (second == 0))
        return first == 0 ? 1 : -1;
    if (key->field->id == LINE_NAME)
        order = compare_names(a, b);
    return key->is_descending ? -order : order;
}

/* Of those that are the same, the newest comes first. */
static int compare_lines(const void *first, const void *second, void *context)
{
    const struct order_by *order = context;
    const struct job_line *a = first;
    const struct job_line *b = second;

    for (size_t i = 0; i < order->count; i++) {
        int sign = compare_by(&order->keys[i], a, b);

        if (sign)
            return sign;
    }
    if (a->create_us != b->create_us)
        return a->create_us < b->create_us ? 1 : -1;
    return (a->id < b->id) - (a->id > b->id);
}

/* Where the live jobs stand is copied first: no lock is taken while the store's is held. */
static bool collect(struct job_window *w, struct assay_error *err)
{
    bool is_ok = false;

    w->has_memory = true;
    w->live_count = engine_progress_all(w->call->engine, w->live, ENGINE_LIVE_JOBS_MAX);
    is_ok =
        store_job_each(engine_read_begin(w->call->engine), INT64_MAX, INT64_MAX, take_row, w, err);
    engine_read_end(w->call->engine);
    if (is_ok && !w->has_memory)
        return assay_fail_memory(err);
    if (w->count > 0)
        qsort_r(w->lines, w->count, sizeof *w->lines, compare_lines, &w->query.order);
    return is_ok;
}

static bool write_job(struct job_window *w, const struct job_view *view, struct assay_error *err)
{
    struct json_writer *json = &w->call->json;
    const struct study_spec *study = &view->spec->study;
    const struct job_progress *live = find_live(w, view->row.id);
    const struct job_tally *tally = job_tally_get(w->call->engine, view, live, err);

    if (!tally)
        return false;
    api_write_job_summary(w->call, &view->row, live);
    api_write_trial_counts(json, &tally->totals, live, tally->stopped);
    if (study->metric_count > 0) {
        json_key(json, "metricId");
        json_string(json, study->metrics[tally->metric].id);
    }
    if (!isnan(tally->best_value)) {
        json_key(json, "bestValue");
        json_number(json, tally->best_value);
    }
    json_end_object(json);
    job_tally_release(tally);
    return true;
}

/* A job that was deleted since is passed over. */
static bool write_line(struct job_window *w, int64_t job, struct assay_error *err)
{
    const struct job_view *view = job_view_get(w->call->engine, job, err);
    bool is_ok = view ? write_job(w, view, err) : err->code == ASSAY_NOT_FOUND;

    job_view_release(view);
    return is_ok;
}

static bool write_window(struct job_window *w, struct assay_error *err)
{
    struct json_writer *json = &w->call->json;
    size_t begin = w->query.offset < (int64_t)w->count ? (size_t)w->query.offset : w->count;
    size_t left = w->count - begin;
    size_t size = left < (size_t)w->query.limit ? left : (size_t)w->query.limit;
    bool is_ok = true;

    json_begin_object(json);
    json_key(json, "count");
    json_int(json, (int64_t)w->count);
    json_key(json, "offset");
    json_int(json, w->query.offset);
    json_key(json, "jobs");
    json_begin_array(json);
    for (size_t i = 0; is_ok && i < size; i++)
        is_ok = write_line(w, w->lines[begin + i].id, err);
    json_end_array(json);
    json_end_object(json);
    return is_ok;
}

bool api_window_jobs(struct api_call *call, struct assay_error *err)
{
    struct job_window *w = calloc(1, sizeof *w);
    bool is_ok = false;

    if (!w)
        return assay_fail_memory(err);
    w->call = call;
    is_ok = window_query_read(call, line_fields, sizeof line_fields / sizeof line_fields[0],
                              &w->query, err) &&
            collect(w, err) && write_window(w, err);
    for (size_t i = 0; i < w->count; i++)
        free(w->lines[i].name);
    free(w->lines);
    window_query_clear(&w->query);
    free(w);
    return is_ok;
}
