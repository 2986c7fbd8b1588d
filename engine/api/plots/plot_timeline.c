/* When and where trials ran. */

#include "engine/api/plots/plot_call.h"

#include "engine/array.h"
#include "engine/life/early_stops.h"
#include "engine/paths.h"
#include "launcher/container/container_record.h"
#include "launcher/shim/claim.h"
#include "launcher/shim/node_where.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Bars, as many as are seen at once, and as an answer of 300 KB has room for. */
enum { BARS = 500, BARS_MAX = 3000 };

struct bar {
    int64_t number, start_us, end_us;
    int state, attempt;
};

struct bars {
    int64_t from, to;
    struct bar *items;
    size_t count, capacity;
    struct early_stops stops;
    bool has_memory;
};

static bool add_bar(void *context, const struct trial_row *row)
{
    struct bars *bars = context;
    void *items = bars->items;

    bars->has_memory = array_make_room(&items, bars->count, &bars->capacity, sizeof *bars->items);
    bars->items = items;
    if (bars->has_memory)
        bars->items[bars->count++] = (struct bar){ .number = row->number,
                                                   .start_us = row->start_us,
                                                   .end_us = row->end_us,
                                                   .state = row->state,
                                                   .attempt = row->attempt };
    return bars->has_memory;
}

static bool read_range(struct plot_call *plot, int64_t last, struct bars *bars,
                       struct assay_error *err)
{
    if (!api_query_integer(plot->call, "to", last, &bars->to, err))
        return false;
    bars->to = bars->to < last ? bars->to : last;
    if (!api_query_integer(plot->call, "from", bars->to > BARS ? bars->to - BARS + 1 : 1,
                           &bars->from, err))
        return false;
    bars->from = bars->from > 1 ? bars->from : 1;
    if (bars->to - bars->from >= BARS_MAX)
        bars->to = bars->from + BARS_MAX - 1;
    return true;
}

static bool read_bars(struct plot_call *plot, struct bars *bars, struct assay_error *err)
{
    struct store *store = engine_read_begin(plot->call->engine);
    struct trial_query query = { .job = plot->job };
    int64_t last = 0;
    bool is_ok =
        store_last_number(store, plot->job, &last, err) && read_range(plot, last, bars, err);

    query.after = bars->from - 1;
    query.until = bars->to;
    if (is_ok && bars->from <= bars->to)
        is_ok =
            early_stops_read(&bars->stops, store, plot->job, bars->from, bars->to, false, err) &&
            store_trial_each(store, &query, add_bar, bars, err) &&
            (bars->has_memory || assay_fail_memory(err));
    engine_read_end(plot->call->engine);
    return is_ok;
}

static bool is_in(const char *dir, const char *name)
{
    char path[PATH_TEXT + 16];
    struct stat info;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return lstat(path, &info) == 0; /* a claim is a link to nothing */
}

/* Where the newest attempt's first replica runs or ran, as its folder tells; "": it does not. */
static const char *find_place(const struct plot_call *plot, const struct bar *bar,
                              struct node_where *where)
{
    char dir[PATH_TEXT];

    if (bar->attempt < 1 || plot->view->spec->kind == JOB_STUDY ||
        engine_is_emulated(plot->call->engine))
        return "";
    (void)path_of_attempt(engine_state_dir(plot->call->engine), plot->job, bar->number,
                          bar->attempt, dir);
    if (!is_in(dir, CLAIM_NAME))
        return "";
    if (is_in(dir, NODE_WHERE_NAME) && node_where_read(dir, where) == 0)
        return where->node;
    return is_in(dir, CONTAINER_RECORD_NAME) ? "container" : "host";
}

static void write_places(struct plot_call *plot, const struct bars *bars)
{
    struct json_writer *w = &plot->call->json;

    json_key(w, "place");
    json_begin_array(w);
    for (size_t i = 0; i < bars->count; i++) {
        struct node_where where = { 0 };

        json_string(w, find_place(plot, &bars->items[i], &where));
    }
    json_end_array(w);
}

static const char *state_of(const struct bars *bars, const struct bar *bar)
{
    if (bar->state == TRIAL_SUCCEEDED && early_stops_find(&bars->stops, bar->number))
        return plot_state_name(PLOT_STOPPED_EARLY);
    return trial_state_name(bar->state);
}

static void write_time(struct json_writer *w, int64_t time_us)
{
    if (time_us > 0)
        json_int(w, time_us / 1000);
    else
        json_null(w);
}

static void write_columns(struct json_writer *w, const struct bars *bars)
{
    json_key(w, "trial");
    json_begin_array(w);
    for (size_t i = 0; i < bars->count; i++)
        json_int(w, bars->items[i].number);
    json_end_array(w);
    json_key(w, "start");
    json_begin_array(w);
    for (size_t i = 0; i < bars->count; i++)
        write_time(w, bars->items[i].start_us);
    json_end_array(w);
    json_key(w, "end");
    json_begin_array(w);
    for (size_t i = 0; i < bars->count; i++)
        write_time(w, bars->items[i].end_us);
    json_end_array(w);
    json_key(w, "state");
    json_begin_array(w);
    for (size_t i = 0; i < bars->count; i++)
        json_string(w, state_of(bars, &bars->items[i]));
    json_end_array(w);
    json_key(w, "attempt");
    json_begin_array(w);
    for (size_t i = 0; i < bars->count; i++)
        json_int(w, bars->items[i].attempt);
    json_end_array(w);
}

static bool write_timeline(struct plot_call *plot, const struct bars *bars, struct assay_error *err)
{
    struct json_writer *w = &plot->call->json;
    int64_t end_order = 0, last = 0, deleted = 0;
    struct store *store = engine_read_begin(plot->call->engine);
    bool is_ok = store_last_end_order(store, plot->job, &end_order, err) &&
                 store_last_number(store, plot->job, &last, err) &&
                 store_deleted_count(store, plot->job, &deleted, err);

    engine_read_end(plot->call->engine);
    if (!is_ok)
        return false;
    json_begin_object(w);
    json_key(w, "version");
    json_int64(w, end_order);
    plot_write_int(w, "trialCount", last > deleted ? last - deleted : (int64_t)bars->count);
    plot_write_bool(w, "isSampled", (int64_t)bars->count < last - deleted);
    plot_write_int(w, "from", bars->from);
    plot_write_int(w, "to", bars->to);
    write_columns(w, bars);
    write_places(plot, bars);
    json_end_object(w);
    return true;
}

bool api_plot_timeline(struct api_call *call, struct assay_error *err)
{
    struct plot_call plot;
    struct bars bars = { .has_memory = true };
    bool is_ok = plot_begin(&plot, call, PLOT_NEEDS_NOTHING, err) && read_bars(&plot, &bars, err) &&
                 write_timeline(&plot, &bars, err);

    early_stops_clear(&bars.stops);
    free(bars.items);
    plot_end(&plot);
    return is_ok;
}
