/* Trials: list, show, logs. */

#include "assay/value.h"
#include "engine/api/api_private.h"
#include "engine/life/early_stops.h"
#include "engine/life/optimal.h"
#include "engine/life/retries.h"
#include "engine/log_file.h"
#include "engine/paths.h"
#include "engine/trial_command.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A page is held in memory as text: 1,000 trials of 20 parameters are about a megabyte. */
enum { TRIALS_PAGE_DEFAULT = 1000, TRIALS_PAGE_MAX = 10000, LOG_CHUNK = 64 * 1024 };

struct listing {
    struct api_call *call;
    const struct job_row *job;
    const struct job_spec *spec;
    struct store *store; /* to read measurements from; NULL to leave them out */
    struct early_stops stops;
    struct retries retries;
};

static void write_early_stop(struct json_writer *w, const struct early_stop *stop)
{
    json_key(w, "earlyStop");
    json_begin_object(w);
    if (!isnan(stop->progress)) {
        json_key(w, "progress");
        json_number(w, stop->progress);
    }
    if (stop->why) {
        json_key(w, "why");
        json_string(w, stop->why);
    }
    json_end_object(w);
}

/* {"trial": the API's Trial, and beside it what the API has no field for} */
static bool list_trial(void *context, const struct trial_row *row)
{
    struct listing *listing = context;
    struct json_writer *w = &listing->call->json;
    const struct early_stop *stop = early_stops_find(&listing->stops, row->number);
    int64_t original = retries_original(&listing->retries, row->number);

    json_begin_object(w);
    json_key(w, "parameters");
    resource_write_assignment(w, listing->spec, row);
    json_key(w, "metrics");
    resource_write_values(w, listing->spec, row);
    json_key(w, "attempt");
    json_int(w, row->attempt);
    json_key(w, "endOrder");
    json_int(w, row->end_order);
    json_key(w, "failure");
    json_string(w, trial_state_is_terminal(row->state) ? failure_class_name(row->failure) : "");
    if (original) {
        json_key(w, "retryOf");
        json_int64(w, original);
    }
    if (stop)
        write_early_stop(w, stop);
    json_key(w, "trial"); /* last: reading its measurements takes the row's memory */
    resource_write_trial(w, listing->job, listing->spec, row, listing->store);
    json_end_object(w);
    return true;
}

static bool read_query(const struct api_call *call, int64_t job, struct trial_query *query,
                       struct assay_error *err)
{
    char order[16] = "";

    query->job = job;
    (void)api_query(call, "order", order, sizeof order);
    query->order = strcmp(order, "end") == 0 ? TRIALS_BY_END : TRIALS_BY_NUMBER;
    if (!api_query_integer(call, "after", 0, &query->after, err) ||
        !api_query_integer(call, "limit", TRIALS_PAGE_DEFAULT, &query->limit, err))
        return false;
    if (query->limit == 0 || query->limit > TRIALS_PAGE_MAX)
        query->limit = TRIALS_PAGE_MAX;
    return true;
}

/* Before the walk over the trials, in which nothing else can be read: what stands beside those from
 * first to last. */
static bool read_beside(struct listing *listing, struct store *store, int64_t first, int64_t last,
                        bool with_why, struct assay_error *err)
{
    int64_t job = listing->job->id;

    return (listing->spec->study.stopping_rule == STOPPING_NONE ||
            early_stops_read(&listing->stops, store, job, first, last, with_why, err)) &&
           retries_read(&listing->retries, store, job, first, last, err);
}

static void clear_beside(struct listing *listing)
{
    early_stops_clear(&listing->stops);
    retries_clear(&listing->retries);
}

static bool list_page(struct listing *listing, const struct trial_query *query,
                      struct assay_error *err)
{
    struct store *store = engine_read_begin(listing->call->engine);
    /* after may be the largest number there is. */
    int64_t first =
        query->order == TRIALS_BY_NUMBER && query->after < STORE_TRIALS_MAX ? query->after + 1 : 1;
    bool is_ok = read_beside(listing, store, first, STORE_TRIALS_MAX - 1, false, err) &&
                 store_trial_each(store, query, list_trial, listing, err);

    engine_read_end(listing->call->engine);
    clear_beside(listing);
    return is_ok;
}

bool api_list_trials(struct api_call *call, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    struct trial_query query = { 0 };
    struct listing listing = { .call = call };
    bool is_ok = api_read_job(call, &row, &spec, err);

    if (!is_ok)
        return false;
    listing.job = &row;
    listing.spec = spec;
    is_ok = read_query(call, row.id, &query, err);
    json_begin_object(&call->json);
    json_key(&call->json, "trials");
    json_begin_array(&call->json);
    is_ok = is_ok && list_page(&listing, &query, err);
    json_end_array(&call->json);
    json_end_object(&call->json);
    job_spec_free(spec);
    job_row_clear(&row);
    return is_ok;
}

bool api_find_trial(const struct api_call *call, int64_t job, int64_t *number,
                    struct trial_row *row, struct assay_error *err)
{
    struct trial_query query = { .job = job, .limit = 1 };
    bool is_read = false;

    if (!assay_integer_parse(call->match->words[ROUTE_TRIAL], number) || *number < 1)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "\"%s\" is no trial's number; trials count "
                          "from 1",
                          call->match->words[ROUTE_TRIAL]);
    query.after = *number - 1;
    is_read = store_trial_first(engine_read_begin(call->engine), &query, row, err);
    engine_read_end(call->engine);
    if (!is_read)
        return false;
    if (row->number == *number)
        return true;
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "job %" PRId64 " has no trial %" PRId64, job,
                      *number);
}

/* A step of a walk over one trial. */
struct one_trial {
    struct listing listing;
    int64_t number;
    int state; /* 0: it was not found */
};

static bool write_if_it_is(void *context, const struct trial_row *row)
{
    struct one_trial *one = context;

    if (row->number != one->number)
        return false;
    one->state = row->state;
    return list_trial(&one->listing, row);
}

bool api_write_trial(struct api_call *call, const struct job_row *job, const struct job_spec *spec,
                     int64_t number, int *state, struct assay_error *err)
{
    struct one_trial one = { .listing = { .call = call, .job = job, .spec = spec },
                             .number = number };
    struct trial_query query = { .job = job->id, .after = number - 1, .limit = 1 };
    struct store *store = engine_read_begin(call->engine);
    bool is_ok = false;

    one.listing.store = store;
    is_ok = read_beside(&one.listing, store, number, number, true, err) &&
            store_trial_each(store, &query, write_if_it_is, &one, err);
    engine_read_end(call->engine);
    clear_beside(&one.listing);
    *state = one.state;
    return is_ok;
}

bool api_get_trial(struct api_call *call, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    struct trial_row trial = { 0 };
    int64_t number = 0;
    int state = 0;
    bool is_ok = api_read_job(call, &row, &spec, err);

    if (!is_ok)
        return false;
    is_ok = api_find_trial(call, row.id, &number, &trial, err) &&
            api_write_trial(call, &row, spec, number, &state, err);
    if (is_ok && state == 0) /* it was deleted in between */
        is_ok = assay_fail(err, ASSAY_NOT_FOUND, NULL, "job %" PRId64 " has no trial %" PRId64,
                           row.id, number);
    job_spec_free(spec);
    job_row_clear(&row);
    return is_ok;
}

/* What stands beside it, too, is read alone: a large study has much of others. */
static bool list_number(struct listing *listing, struct store *store, int64_t number,
                        struct assay_error *err)
{
    int64_t job = listing->job->id;
    struct trial_query query = { .job = job, .after = number - 1, .until = number, .limit = 1 };
    bool is_ok = read_beside(listing, store, number, number, false, err);

    is_ok = is_ok && store_trial_each(store, &query, list_trial, listing, err);
    clear_beside(listing);
    return is_ok;
}

bool api_write_trials(struct api_call *call, const struct job_row *job, const struct job_spec *spec,
                      const int64_t *numbers, size_t count, struct assay_error *err)
{
    struct listing listing = { .call = call, .job = job, .spec = spec };
    struct store *store = engine_read_begin(call->engine);
    bool is_ok = true;

    store_snapshot_begin(store);
    for (size_t i = 0; is_ok && i < count; i++)
        is_ok = list_number(&listing, store, numbers[i], err);
    store_snapshot_end(store);
    engine_read_end(call->engine);
    return is_ok;
}

/* The best trial, or the Pareto front of several objectives. */
bool api_list_optimal_trials(struct api_call *call, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    struct job_progress live;
    int64_t *numbers = NULL;
    size_t count = 0;
    bool is_ok = api_read_job(call, &row, &spec, err);

    if (!is_ok)
        return false;
    if (engine_progress(call->engine, row.id, &live))
        row.best_trial = live.best_trial;
    is_ok = optimal_trials(&spec->study, engine_read_begin(call->engine), row.id, row.best_trial,
                           &numbers, &count, err);
    engine_read_end(call->engine);
    json_begin_object(&call->json);
    json_key(&call->json, "optimalTrials");
    json_begin_array(&call->json);
    is_ok = is_ok && api_write_trials(call, &row, spec, numbers, count, err);
    json_end_array(&call->json);
    json_end_object(&call->json);
    free(numbers);
    job_spec_free(spec);
    job_row_clear(&row);
    return is_ok;
}

/* What was left out at the offset: "0" where nothing was. */
static bool write_gap(struct api_call *call, int fd, int64_t offset)
{
    char text[LOG_GAP_TEXT] = "";
    int64_t left_out = fd >= 0 ? log_file_left_out(fd, offset) : 0;

    json_begin_object(&call->json);
    json_key(&call->json, "leftOut");
    json_int64(&call->json, left_out);
    json_key(&call->json, "text");
    json_string(&call->json, left_out ? log_file_gap_text(left_out, text) : text);
    json_end_object(&call->json);
    return true;
}

/* At most LOG_CHUNK bytes from offset on; nothing where there is no file yet. */
static bool copy_log(struct api_call *call, int fd, int64_t offset, struct assay_error *err)
{
    char *chunk = malloc(LOG_CHUNK);
    ssize_t size = 0;

    call->content_type = "text/plain; charset=UTF-8";
    if (!chunk)
        return assay_fail_memory(err);
    if (fd >= 0)
        size = log_file_read(fd, offset, chunk, LOG_CHUNK);
    if (size > 0)
        (void)fwrite(chunk, 1, (size_t)size, call->out);
    free(chunk);
    return true;
}

bool api_query_stream(const struct api_call *call, const char **name, struct assay_error *err)
{
    char word[16] = "stdout";

    (void)api_query(call, "stream", word, sizeof word);
    *name = strcmp(word, "stderr") == 0 ? "stderr" : "stdout";
    return strcmp(word, *name) == 0 ||
           assay_fail(err, ASSAY_INVALID, "stream", "\"%s\" is neither stdout nor stderr", word);
}

/* "workerpool0-0, workerpool1-0 to workerpool1-2"; returns text. */
static const char *list_replicas(const struct run_spec *run, char *text, size_t size)
{
    char name[REPLICA_NAME_TEXT];
    size_t used = 0;

    *text = '\0';
    for (size_t i = 0; i < run->pool_count && used < size; i++) {
        int32_t last = (int32_t)run->pools[i].replica_count - 1;

        if (last >= 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     replica_name((enum replica_role)i, 0, name));
        if (last > 0 && used < size)
            used += (size_t)snprintf(text + used, size - used, " to %s",
                                     replica_name((enum replica_role)i, last, name));
    }
    return text;
}

static bool find_replica(const struct run_spec *run, const char *word, enum replica_role *role,
                         int32_t *index)
{
    char name[REPLICA_NAME_TEXT];

    for (size_t i = 0; i < run->pool_count; i++) {
        *role = (enum replica_role)i;
        for (*index = 0; *index < run->pools[i].replica_count; ++*index) {
            if (strcmp(word, replica_name(*role, *index, name)) == 0)
                return true;
        }
    }
    return false;
}

/* Of replicas beyond the primary, which every job has and most have alone. */
static bool enter_replica(const struct api_call *call, int64_t job, const char *word,
                          char dir[PATH_TEXT], struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    char attempt_dir[PATH_TEXT];
    char names[256];
    enum replica_role role = ROLE_PRIMARY;
    int32_t index = 0;
    bool is_found = store_job_get(engine_read_begin(call->engine), job, &row, err);

    engine_read_end(call->engine);
    if (is_found)
        spec = job_row_spec(&row, err);
    is_found = spec && find_replica(&spec->run, word, &role, &index);
    if (is_found) {
        (void)snprintf(attempt_dir, sizeof attempt_dir, "%s", dir);
        (void)trial_replica_dir(attempt_dir, role, index, dir);
    } else if (spec) {
        (void)assay_fail(err, ASSAY_NOT_FOUND, "replica",
                         "job %" PRId64 " has no replica %.64s; there is %s", job, word,
                         list_replicas(&spec->run, names, sizeof names));
    }
    job_spec_free(spec);
    job_row_clear(&row);
    return is_found;
}

bool api_query_replica(const struct api_call *call, int64_t job, char dir[PATH_TEXT],
                       struct assay_error *err)
{
    char primary[REPLICA_NAME_TEXT];
    char word[128] = "";

    return !api_query(call, "replica", word, sizeof word) ||
           strcmp(word, replica_name(ROLE_PRIMARY, 0, primary)) == 0 ||
           enter_replica(call, job, word, dir, err);
}

bool api_open_log(const struct api_call *call, int *fd, struct assay_error *err)
{
    int64_t job = 0;
    int64_t number = 0;
    int64_t attempt = 0;
    struct trial_row trial = { 0 };
    const char *stream = NULL;
    char dir[PATH_TEXT];

    if (!api_find_job(call, &job, err) || !api_find_trial(call, job, &number, &trial, err) ||
        !api_query_integer(call, "attempt", trial.attempt, &attempt, err) ||
        !api_query_stream(call, &stream, err))
        return false;
    (void)path_of_attempt(engine_state_dir(call->engine), job, number, (int)attempt, dir);
    if (!api_query_replica(call, job, dir, err))
        return false;
    *fd = log_file_open(dir, stream);
    return *fd >= 0 || errno == ENOENT || errno == ELOOP ||
           assay_fail_errno(err, errno, "read %s/%s.log", dir, stream);
}

/*
 * ?stream=stdout|stderr&offset=N&attempt=K&replica=workerpool1-0: bytes as the trial wrote them,
 * from N on, up to where the log's middle was left out; &gap=true: how much of it is missing there.
 */
bool api_get_logs(struct api_call *call, struct assay_error *err)
{
    int64_t offset = 0;
    int fd = -1;
    bool is_ok = false;

    if (!api_query_integer(call, "offset", 0, &offset, err) || !api_open_log(call, &fd, err))
        return false;
    is_ok =
        api_query_word(call, "gap") ? write_gap(call, fd, offset) : copy_log(call, fd, offset, err);
    if (fd >= 0)
        (void)close(fd);
    return is_ok;
}
