/* A window of a job's trials: the numbers from a kept order, the rows as they are now. */

#include "engine/api/job_view.h"
#include "engine/api/window/ranking_cache.h"
#include "engine/api/window/windows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct trial_window {
    struct api_call *call;
    const struct job_view *view;
    struct trial_fields *fields;
    struct window_query query;
    size_t count;           /* of all that the filter lets through */
    int64_t last_end_order; /* that was counted */
    size_t size;            /* of the window */
    int64_t numbers[WINDOW_LIMIT_MAX];
};

/* By number, and all of them: then there is nothing to look for. */
static bool is_plain(const struct window_query *query)
{
    return (query->order.count == 0 || trial_field_is_number(query->order.keys[0].field->id)) &&
           filter_is_empty(query->filter);
}

/* False also where some were deleted. */
static bool count_plain(struct trial_window *w, bool *is_counted, struct assay_error *err)
{
    struct trial_moment moment;
    const struct window_query *query = &w->query;
    bool is_falling = query->order.count > 0 && query->order.keys[0].is_descending;
    bool is_read =
        trial_moment_read(engine_read_begin(w->call->engine), w->view->row.id, &moment, err);

    engine_read_end(w->call->engine);
    *is_counted = is_read && moment.deleted_count == 0;
    if (!*is_counted)
        return is_read;
    w->count = (size_t)moment.last_number;
    w->last_end_order = moment.last_end_order;
    for (int64_t i = query->offset; i < moment.last_number && w->size < (size_t)query->limit; i++)
        w->numbers[w->size++] = is_falling ? moment.last_number - i : i + 1;
    return true;
}

static const struct trial_ranking *
make_order(struct trial_window *w, const struct trial_ranking *old, struct assay_error *err)
{
    struct trial_question question = { .job = w->view->row.id,
                                       .fields = w->fields,
                                       .filter = w->query.filter,
                                       .order = w->query.order };
    const struct trial_ranking *order =
        trial_ranking_make(&question, old, engine_read_begin(w->call->engine), err);

    engine_read_end(w->call->engine);
    return order;
}

/* The order that was kept, or a new one, which is kept. */
static const struct trial_ranking *find_order(struct trial_window *w, struct assay_error *err)
{
    struct engine *engine = w->call->engine;
    struct ranking_cache *cache = engine_ranking_cache(engine);
    const struct assay_env *env = engine_env(engine);
    struct ranking_wish wish = { .job = w->view->row.id,
                                 .is_exact = engine_is_emulated(engine),
                                 .now_us = assay_mono_us(env) };
    const struct trial_ranking *order = NULL;
    const struct trial_ranking *old = NULL;
    char *text = NULL;

    /* The time tells jobs apart that have had the same id, one after the other. */
    if (asprintf(&text, "%" PRId64 "\n%s\n%s", w->view->row.create_us, w->query.order_text,
                 w->query.filter_text) < 0) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    wish.text = text;
    wish.has_stamp = engine_job_stamp(engine, JOB_STAMP_TRIALS, wish.job, &wish.stamp);
    order = ranking_cache_begin(cache, &wish, &old);
    if (!order) {
        /* An emulation that was reset may have the same job again, and other trials in it. */
        order = make_order(w, wish.is_exact ? NULL : old, err);
        ranking_cache_end(cache, &wish, assay_mono_us(env), order);
    }
    trial_ranking_release(old);
    free(text);
    return order;
}

static bool count_ordered(struct trial_window *w, struct assay_error *err)
{
    const struct trial_ranking *order = find_order(w, err);

    if (!order)
        return false;
    w->count = trial_ranking_count(order);
    w->last_end_order = trial_ranking_moment(order).last_end_order;
    w->size =
        trial_ranking_copy(order, (size_t)w->query.offset, (size_t)w->query.limit, w->numbers);
    trial_ranking_release(order);
    return true;
}

static bool find_numbers(struct trial_window *w, struct assay_error *err)
{
    bool is_counted = false;

    if (is_plain(&w->query) && !count_plain(w, &is_counted, err))
        return false;
    return is_counted || count_ordered(w, err);
}

static bool write_window(struct trial_window *w, struct assay_error *err)
{
    struct json_writer *json = &w->call->json;
    bool is_ok = false;

    json_begin_object(json);
    json_key(json, "count");
    json_int(json, (int64_t)w->count);
    json_key(json, "offset");
    json_int(json, w->query.offset);
    json_key(json, "version");
    json_int64(json, w->last_end_order);
    json_key(json, "trials");
    json_begin_array(json);
    is_ok = api_write_trials(w->call, &w->view->row, w->view->spec, w->numbers, w->size, err);
    json_end_array(json);
    json_end_object(json);
    return is_ok;
}

bool api_window_trials(struct api_call *call, struct assay_error *err)
{
    struct trial_window *w = calloc(1, sizeof *w);
    int64_t job = 0;
    bool is_ok = false;

    if (!w)
        return assay_fail_memory(err);
    w->call = call;
    is_ok = api_find_job(call, &job, err);
    w->view = is_ok ? job_view_get(call->engine, job, err) : NULL;
    w->fields = w->view ? trial_fields_new(w->view->spec) : NULL;
    if (w->view && !w->fields)
        (void)assay_fail_memory(err);
    is_ok = w->fields &&
            window_query_read(call, w->fields->items, w->fields->count, &w->query, err) &&
            find_numbers(w, err) && write_window(w, err);
    window_query_clear(&w->query);
    trial_fields_free(w->fields);
    job_view_release(w->view);
    free(w);
    return is_ok;
}
