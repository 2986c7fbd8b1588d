/* trials and logs. */

#include "assay/value.h"
#include "engine/cli/arguments.h"
#include "engine/cli/pipelines.h"
#include "engine/cli/report.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"
#include "engine/cli/trial_csv.h"
#include "engine/cli/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A page of the engine's answers: as much as is held in memory, of however many trials. */
enum { PAGE = 1000 };

struct listing {
    struct state_dir dir;
    struct client *client;
    cJSON *job;
    const char *id;
};

static bool listing_begin(struct listing *l, const struct arguments *arguments, const char *id,
                          struct assay_error *err)
{
    if (!state_dir_choose(arguments->values[OPTION_STATE], &l->dir, err))
        return false;
    l->client = client_open(arguments, &l->dir, err);
    if (l->client)
        l->job = pipeline_backing_job(l->client, id, pipeline_or_job(l->client, id, err), err);
    l->id = view_text(l->job, "id");
    return l->job != NULL;
}

static void listing_end(struct listing *l)
{
    cJSON_Delete(l->job);
    client_free(l->client);
    state_dir_clear(&l->dir);
}

/* A way to show all trials of a job. */
struct format {
    const char *name;
    bool (*show)(struct listing *l, struct assay_error *err);
};

/* Pages of a job's trials, by number. page is NULL at first; NULL again at the end, or with *err.
 */
static cJSON *next_page(struct listing *l, cJSON *page, struct assay_error *err)
{
    const cJSON *trials = json_get(page, "trials");
    int count = cJSON_GetArraySize(trials);
    const cJSON *last = count ? cJSON_GetArrayItem(trials, count - 1) : NULL;
    int64_t after = 0;

    if (page && count < PAGE) {
        cJSON_Delete(page);
        return NULL;
    }
    (void)assay_integer_parse(view_text(json_get(last, "trial"), "id"), &after);
    cJSON_Delete(page);
    return client_get(l->client, err, "/assay/v1/jobs/%s/trials?after=%" PRId64 "&limit=%d", l->id,
                      after, PAGE);
}

static struct table *make_table(const cJSON *metric_ids)
{
    static const char *const before[] = { "TRIAL", "STATE", "CLASS", "ATTEMPT" };
    static const char *const behind[] = { "DURATION", "PARAMETERS" };
    size_t metrics = (size_t)cJSON_GetArraySize(metric_ids);
    const char **columns = calloc(metrics + 6, sizeof *columns);
    const cJSON *id = NULL;
    struct table *table = NULL;
    size_t count = 0;

    if (!columns)
        return NULL;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        columns[count++] = before[i];
    cJSON_ArrayForEach(id, metric_ids)
    {
        columns[count++] = cJSON_IsString(id) ? id->valuestring : "?";
    }
    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++)
        columns[count++] = behind[i];
    table = table_new(columns, count);
    free(columns);
    return table;
}

static bool add_row(struct table *table, const cJSON *item, const cJSON *metric_ids)
{
    const cJSON *trial = json_get(item, "trial");
    const cJSON *id = NULL;
    int64_t duration_us = view_duration_us(trial);

    table_begin_row(table);
    text_write_safe(table_cell(table), view_text(trial, "id"));
    text_write_safe(table_cell(table), view_text(trial, "state"));
    text_write_safe(table_cell(table), json_get(item, "earlyStop") && !*view_text(item, "failure")
                                           ? "stopped early"
                                           : view_text(item, "failure"));
    (void)fprintf(table_cell(table), "%" PRId64, view_integer(item, "attempt"));
    cJSON_ArrayForEach(id, metric_ids)
    {
        const cJSON *value =
            json_get(json_get(item, "metrics"), cJSON_IsString(id) ? id->valuestring : "");
        FILE *cell = table_cell(table);

        if (value)
            view_write_short(cell, value);
    }
    if (duration_us >= 0)
        text_write_duration(table_cell(table), duration_us);
    else
        (void)table_cell(table);
    view_write_members(table_cell(table), json_get(item, "parameters"), "=", true);
    return table_end_row(table);
}

static bool show_table(struct listing *l, struct assay_error *err)
{
    const cJSON *metric_ids = json_get(l->job, "metricIds");
    struct table *table = make_table(metric_ids);
    cJSON *page = NULL;
    bool is_ok = table != NULL;

    while (is_ok && !ferror(stdout) && (page = next_page(l, page, err))) {
        const cJSON *item = NULL;

        cJSON_ArrayForEach(item, json_get(page, "trials")) is_ok =
            add_row(table, item, metric_ids) && is_ok;
        is_ok = is_ok && table_print(table);
    }
    cJSON_Delete(page);
    table_free(table);
    return is_ok ? err->code == ASSAY_OK : assay_fail_memory(err);
}

static bool show_csv(struct listing *l, struct assay_error *err)
{
    struct trial_csv csv = { 0 };
    cJSON *page = NULL;

    if (!trial_csv_init(&csv, l->job))
        return assay_fail_memory(err);
    csv.is_safe = isatty(STDOUT_FILENO);
    trial_csv_write_header(&csv, stdout);
    while (!ferror(stdout) && (page = next_page(l, page, err))) {
        const cJSON *item = NULL;

        cJSON_ArrayForEach(item, json_get(page, "trials")) trial_csv_write(&csv, item, stdout);
    }
    cJSON_Delete(page);
    trial_csv_clear(&csv);
    return err->code == ASSAY_OK;
}

static bool show_json(struct listing *l, struct assay_error *err)
{
    struct json_writer w;
    cJSON *page = NULL;

    json_writer_init(&w, stdout, 2);
    json_begin_array(&w);
    while (!ferror(stdout) && (page = next_page(l, page, err))) {
        const cJSON *item = NULL;

        cJSON_ArrayForEach(item, json_get(page, "trials")) json_node(&w, json_get(item, "trial"));
    }
    cJSON_Delete(page);
    json_end_array(&w);
    (void)json_writer_finish(&w);
    (void)putchar('\n');
    return err->code == ASSAY_OK;
}

static const struct format *find_format(const char *name, struct assay_error *err)
{
    static const struct format formats[] = {
        { "table", show_table },
        { "json", show_json },
        { "csv", show_csv },
    };
    static const char *const names[] = { "table", "json", "csv" };
    const char *nearest = NULL;

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (!name || strcmp(name, formats[i].name) == 0)
            return &formats[i];
    nearest = assay_nearest_word(name, names, sizeof names / sizeof names[0]);
    (void)assay_fail(err, ASSAY_INVALID, NULL, "--format %s: it takes table, json or csv%s%s%s",
                     name, nearest ? "; did you mean " : "", nearest ? nearest : "",
                     nearest ? "?" : "");
    return NULL;
}

int command_trials(const struct arguments *arguments)
{
    struct listing l = { 0 };
    struct assay_error err = { 0 };
    const struct format *format = find_format(arguments->values[OPTION_FORMAT], &err);
    const char *id = NULL;
    bool is_ok = format && arguments_job(arguments, 0, &id, &err) &&
                 listing_begin(&l, arguments, id, &err) && format->show(&l, &err);

    listing_end(&l);
    return is_ok ? report_end(0) : report_error(&err);
}

/* A trial's log on its way to standard output. */
struct log_reading {
    struct listing *listing;
    const char *trial;
    const char *stream;
    const char *replica;
    int64_t attempt;
    int64_t offset;
    bool has_ended;
};

/* Which attempt there is now, and whether the trial has ended. */
static bool look_at_trial(struct log_reading *log, struct assay_error *err)
{
    cJSON *item = client_get(log->listing->client, err, "/assay/v1/jobs/%s/trials/%s",
                             log->listing->id, log->trial);
    const char *state = view_text(json_get(item, "trial"), "state");
    int64_t attempt = view_integer(item, "attempt");

    if (!item)
        return false;
    if (log->attempt && attempt != log->attempt) {
        (void)fflush(stdout);
        (void)fprintf(stderr, "attempt %" PRId64 " of trial %s begins\n", attempt, log->trial);
        log->offset = 0;
    }
    log->attempt = attempt;
    log->has_ended = strcmp(state, "SUCCEEDED") == 0 || strcmp(state, "INFEASIBLE") == 0;
    cJSON_Delete(item);
    return true;
}

/* Goes over what was left out of the log's middle, with a word about it. False: nothing was. */
static bool pass_gap(struct log_reading *log)
{
    struct assay_error unanswered = { 0 };
    cJSON *gap = client_get(log->listing->client, &unanswered,
                            "/assay/v1/jobs/%s/trials/%s/logs?gap=true&stream=%s&replica=%s"
                            "&attempt=%" PRId64 "&offset=%" PRId64,
                            log->listing->id, log->trial, log->stream, log->replica, log->attempt,
                            log->offset);
    int64_t left_out = 0;

    (void)assay_integer_parse(view_text(gap, "leftOut"), &left_out);
    if (left_out > 0)
        (void)fputs(view_text(gap, "text"), stdout);
    log->offset += left_out;
    cJSON_Delete(gap);
    return left_out > 0;
}

/* All there is so far, byte by byte as the trial wrote it. */
static bool print_log(struct log_reading *log, struct assay_error *err)
{
    size_t size = 0;

    do {
        struct assay_response response;
        char target[256];

        (void)snprintf(target, sizeof target,
                       "/assay/v1/jobs/%s/trials/%s/logs?stream=%s&replica=%s&attempt=%" PRId64
                       "&offset=%" PRId64,
                       log->listing->id, log->trial, log->stream, log->replica, log->attempt,
                       log->offset);
        if (!client_ask(log->listing->client, "GET", target, &response, err))
            return false;
        size = response.size;
        (void)fwrite(response.body, 1, size, stdout);
        log->offset += (int64_t)size;
        assay_response_clear(&response);
    } while ((size > 0 || pass_gap(log)) && !ferror(stdout));
    (void)fflush(stdout);
    return true;
}

static bool follow_log(struct log_reading *log, bool is_following, struct assay_error *err)
{
    const struct timespec between = { .tv_nsec = 200 * 1000000L };

    for (;;) {
        /* First the state, then the log: what was written before the end is not missed. */
        if (!look_at_trial(log, err) || !print_log(log, err))
            return false;
        if (!is_following || log->has_ended || ferror(stdout))
            return true;
        if (!client_is_engine_home(log->listing->client)) {
            char *command = state_dir_command(&log->listing->dir, "resume", log->listing->id);

            (void)fprintf(stderr, "no engine works on the job; go on with: %s\n",
                          command ? command : "assay resume");
            free(command);
            return true;
        }
        (void)nanosleep(&between, NULL);
    }
}

static bool check_trial(const char *trial, struct assay_error *err)
{
    int64_t number = 0;

    return (assay_integer_parse(trial, &number) && number > 0) ||
           assay_fail(err, ASSAY_INVALID, NULL, "\"%s\" is no trial's number; they count from 1",
                      trial);
}

int command_logs(const struct arguments *arguments)
{
    struct listing l = { 0 };
    struct assay_error err = { 0 };
    struct log_reading log = {
        .listing = &l,
        .trial = arguments->operands[arguments->operand_count - 1],
        .stream = arguments->is_given[OPTION_STDERR] ? "stderr" : "stdout",
    };
    const char *id = "last";
    bool is_ok = check_trial(log.trial, &err);

    log.replica =
        arguments->is_given[OPTION_REPLICA] ? arguments->values[OPTION_REPLICA] : "workerpool0-0";
    /* It becomes a part of an address. */
    if (is_ok && log.replica[strspn(log.replica, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        is_ok = assay_fail(&err, ASSAY_INVALID, NULL,
                           "--replica %s: replicas are called workerpool0-0, workerpool1-0, …",
                           log.replica);
    if (is_ok && arguments->operand_count == 2)
        is_ok = arguments_job(arguments, 0, &id, &err);
    is_ok = is_ok && listing_begin(&l, arguments, id, &err) &&
            follow_log(&log, arguments->is_given[OPTION_FOLLOW], &err);
    listing_end(&l);
    return is_ok ? report_end(0) : report_error(&err);
}
