/* status: what runs, where and how long; what is next and why it waits. */

#include "engine/cli/arguments.h"
#include "engine/cli/client.h"
#include "engine/cli/report.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of so many jobs that have not ended each is asked for; the others are in `assay list`. */
enum { JOBS_SHOWN = 50 };

/* What there is to show. Owned. */
struct page {
    cJSON *places;    /* GET /assay/v1/places */
    cJSON *jobs;      /* an array: those that have not ended, newest first */
    cJSON *pipelines; /* likewise */
    int64_t now_us;   /* by the clock of who was asked */
    size_t left_out;  /* jobs */
};

static double number_of(const cJSON *object, const char *key)
{
    const cJSON *item = json_get(object, key);

    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static bool is_in_state(const cJSON *item, const char *state)
{
    return strcmp(view_text(item, "state"), state) == 0;
}

static void write_gpus(FILE *out, const cJSON *gpus, const char *between)
{
    const cJSON *gpu = NULL;
    const char *before = "";

    cJSON_ArrayForEach(gpu, gpus)
    {
        (void)fputs(before, out);
        text_write_safe(out, cJSON_IsString(gpu) ? gpu->valuestring : "");
        before = between;
    }
}

/* "machine  8 CPUs, 24 GiB of memory, 3 GPUs (0, 1, 3)" */
static void print_amounts(const char *what, const cJSON *amounts)
{
    const cJSON *gpus = json_get(amounts, "gpus");
    double cpus = number_of(amounts, "cpus");
    int count = cJSON_GetArraySize(gpus);

    (void)printf("%-9s%g CPU%s, ", what, cpus, fabs(cpus - 1) > 0 ? "s" : "");
    view_write_size(stdout, view_integer(amounts, "memoryBytes"));
    (void)printf(" of memory, %d GPU%s", count, count == 1 ? "" : "s");
    if (count > 0) {
        (void)fputs(" (", stdout);
        write_gpus(stdout, gpus, ", ");
        (void)fputs(")", stdout);
    }
    (void)fputs("\n", stdout);
}

static void print_disk(const cJSON *disk)
{
    if (!disk)
        return;
    (void)printf("%-9s", "disk");
    view_write_size(stdout, view_integer(disk, "freeBytes"));
    (void)fputs(" of ", stdout);
    view_write_size(stdout, view_integer(disk, "totalBytes"));
    (void)fputs(" free for ", stdout);
    text_write_safe(stdout, view_text(disk, "stateDir"));
    (void)fputs("\n", stdout);
}

/* From that time of the item until now; nothing where it has none. */
static void write_since(FILE *out, const struct page *page, const cJSON *item, const char *key)
{
    int64_t start_us = 0;

    if (assay_time_parse(view_text(item, key), &start_us))
        text_write_duration(out, page->now_us > start_us ? page->now_us - start_us : 0);
}

/* Those that it holds, "0,3"; while it waits, how many it wants; " x 0.5" of a share. */
static void write_gpu_cell(FILE *out, const cJSON *attempt)
{
    const cJSON *gpus = json_get(attempt, "gpus");
    int64_t count = view_integer(attempt, "gpuCount");
    double share = number_of(attempt, "gpuShare");

    if (cJSON_GetArraySize(gpus) > 0)
        write_gpus(out, gpus, ",");
    else if (count > 0)
        (void)fprintf(out, "any %lld", (long long)count);
    else
        (void)fputs("-", out);
    if (count > 0 && share > 0 && share < 1)
        (void)fprintf(out, " x %g", share);
}

static void write_trial(FILE *out, const cJSON *attempt)
{
    text_write_safe(out, view_text(attempt, "trial"));
    if (view_integer(attempt, "replica") > 0) {
        (void)fputc(' ', out);
        text_write_safe(out, view_text(attempt, "replicaName"));
    }
    if (view_integer(attempt, "attempt") > 1)
        (void)fprintf(out, " (attempt %" PRId64 ")", view_integer(attempt, "attempt"));
}

/* "pid 4242", "container assay-…", "Slurm job 17 on node1" */
static void write_where(FILE *out, const cJSON *attempt)
{
    const char *place = view_text(attempt, "place");

    if (strcmp(place, "slurm") == 0) {
        (void)fputs("Slurm job ", out);
        text_write_safe(out, view_text(attempt, "slurmJob"));
        (void)fputs(" on ", out);
        text_write_safe(out, view_text(attempt, "node"));
    } else if (strcmp(place, "container") == 0) {
        text_write_safe(out, view_text(attempt, "container"));
    } else if (strcmp(place, "host") == 0) {
        (void)fprintf(out, "pid %" PRId64, view_integer(attempt, "pid"));
    } else {
        (void)fputs("is being started", out);
    }
}

static void write_amount_cells(struct table *table, const cJSON *attempt)
{
    double cpus = number_of(attempt, "cpus");
    int64_t memory = view_integer(attempt, "memoryBytes");
    FILE *out = table_cell(table);

    (void)(cpus > 0 ? fprintf(out, "%g", cpus) : fputs("-", out));
    out = table_cell(table);
    if (memory > 0)
        view_write_size(out, memory);
    else
        (void)fputs("-", out);
    write_gpu_cell(table_cell(table), attempt);
}

typedef bool (*fill_fn)(struct table *table, const struct page *page);

/* A table under its heading, where it has rows. */
static bool print_table(const char *heading, const char *const *columns, size_t count,
                        bool has_rows, fill_fn fill, const struct page *page)
{
    struct table *table = NULL;
    bool is_ok = true;

    if (!has_rows)
        return true;
    (void)printf("\n%s\n", heading);
    table = table_new(columns, count);
    is_ok = table && fill(table, page) && table_print(table);
    table_free(table);
    return is_ok;
}

#define COLUMNS(names) names, sizeof(names) / sizeof(names)[0]

static bool fill_running(struct table *table, const struct page *page)
{
    const cJSON *attempt = NULL;
    bool is_ok = true;

    cJSON_ArrayForEach(attempt, json_get(page->places, "attempts"))
    {
        if (!is_in_state(attempt, "RUNNING"))
            continue;
        table_begin_row(table);
        text_write_safe(table_cell(table), view_text(attempt, "job"));
        write_trial(table_cell(table), attempt);
        write_since(table_cell(table), page, attempt, "startTime");
        write_amount_cells(table, attempt);
        write_where(table_cell(table), attempt);
        is_ok = table_end_row(table) && is_ok;
    }
    return is_ok;
}

static bool fill_next(struct table *table, const struct page *page)
{
    const cJSON *attempt = NULL;
    bool is_ok = true;

    cJSON_ArrayForEach(attempt, json_get(page->places, "attempts"))
    {
        if (is_in_state(attempt, "RUNNING"))
            continue;
        table_begin_row(table);
        text_write_safe(table_cell(table), view_text(attempt, "job"));
        write_trial(table_cell(table), attempt);
        write_amount_cells(table, attempt);
        text_write_safe(table_cell(table), view_text(attempt, "why"));
        is_ok = table_end_row(table) && is_ok;
    }
    return is_ok;
}

/* "3 of 20, 2 run" */
static void write_counts(FILE *out, const cJSON *job)
{
    const cJSON *counts = json_get(job, "trialCounts");
    int64_t running = view_integer(counts, "running");

    (void)fprintf(out, "%" PRId64, view_integer(counts, "ended"));
    if (view_integer(job, "maxTrialCount") > 0)
        (void)fprintf(out, " of %" PRId64, view_integer(job, "maxTrialCount"));
    if (running > 0)
        (void)fprintf(out, ", %" PRId64 " at work", running);
    if (view_integer(counts, "failed") > 0)
        (void)fprintf(out, ", %" PRId64 " failed", view_integer(counts, "failed"));
}

/* "loss 0.31 (trial 7)" */
static void write_best(FILE *out, const cJSON *job)
{
    const cJSON *best = json_get(job, "bestTrial");
    const cJSON *value = view_objective(json_get(best, "metrics"), job);

    if (!value)
        return;
    text_write_safe(out, view_text(json_get(job, "objective"), "metricId"));
    (void)fputc(' ', out);
    view_write_short(out, value);
    (void)fprintf(out, " (trial %" PRId64 ")", view_integer(best, "id"));
}

static bool fill_jobs(struct table *table, const struct page *page)
{
    const cJSON *job = NULL;
    bool is_ok = true;

    cJSON_ArrayForEach(job, page->jobs)
    {
        table_begin_row(table);
        text_write_safe(table_cell(table), view_text(job, "id"));
        text_write_safe(table_cell(table), view_text(job, "displayName"));
        text_write_safe(table_cell(table),
                        view_job_is_interrupted(job) ? "interrupted" : view_job_state(job));
        write_since(table_cell(table), page, job, "startTime");
        write_counts(table_cell(table), job);
        write_best(table_cell(table), job);
        is_ok = table_end_row(table) && is_ok;
    }
    return is_ok;
}

static bool fill_pipelines(struct table *table, const struct page *page)
{
    const cJSON *pipeline = NULL;
    bool is_ok = true;

    cJSON_ArrayForEach(pipeline, page->pipelines)
    {
        const char *state = view_text(pipeline, "state");
        const char *prefix = "PIPELINE_STATE_";

        if (strncmp(state, prefix, strlen(prefix)) == 0)
            state += strlen(prefix);
        table_begin_row(table);
        text_write_safe(table_cell(table), view_text(pipeline, "id"));
        text_write_safe(table_cell(table), view_text(pipeline, "displayName"));
        text_write_safe(table_cell(table), state);
        write_since(table_cell(table), page, pipeline, "startTime");
        text_write_safe(table_cell(table), view_text(pipeline, "step"));
        text_write_safe(table_cell(table), view_text(pipeline, "job"));
        is_ok = table_end_row(table) && is_ok;
    }
    return is_ok;
}

static bool has_attempts(const struct page *page, bool is_running)
{
    const cJSON *attempt = NULL;

    cJSON_ArrayForEach(attempt, json_get(page->places, "attempts"))
    {
        if (is_in_state(attempt, "RUNNING") == is_running)
            return true;
    }
    return false;
}

static bool print_tables(const struct page *page)
{
    static const char *const pipelines[] = { "ID", "NAME", "STATE", "FOR", "STEP", "JOB" };
    static const char *const jobs[] = { "ID", "NAME", "STATE", "FOR", "TRIALS", "BEST" };
    static const char *const running[] = {
        "JOB", "TRIAL", "FOR", "CPUS", "MEMORY", "GPUS", "WHERE"
    };
    static const char *const next[] = { "JOB", "TRIAL", "CPUS", "MEMORY", "GPUS", "WAITS FOR" };

    return print_table("PIPELINES", COLUMNS(pipelines), page->pipelines->child != NULL,
                       fill_pipelines, page) &&
           print_table("JOBS", COLUMNS(jobs), page->jobs->child != NULL, fill_jobs, page) &&
           print_table("RUNNING", COLUMNS(running), has_attempts(page, true), fill_running, page) &&
           print_table("NEXT", COLUMNS(next), has_attempts(page, false), fill_next, page);
}

/* Nobody works, or nothing is to be done. */
static void print_rest(const struct page *page)
{
    bool has_work = page->jobs->child || page->pipelines->child;

    if (page->left_out > 0)
        (void)printf("and %zu jobs more: assay list\n", page->left_out);
    if (!json_get(page->places, "machine"))
        (void)fprintf(stderr, "%s\n",
                      has_work ? "nobody runs jobs here now: assay resume ID goes on with one"
                               : "nobody runs jobs here now");
    else if (!has_work)
        (void)fputs("\nno job is unfinished\n", stdout);
}

static bool show(const struct page *page, struct assay_error *err)
{
    const cJSON *machine = json_get(page->places, "machine");
    bool is_ok = false;

    if (machine) {
        print_amounts("machine", machine);
        print_amounts("free", json_get(page->places, "free"));
        print_disk(json_get(page->places, "disk"));
    }
    is_ok = print_tables(page) || assay_fail_memory(err);
    print_rest(page);
    return is_ok;
}

/* For programs: what places says, with the rest of the page. */
static bool print_json(struct page *page, struct assay_error *err)
{
    struct json_writer w;

    if (!cJSON_AddItemToObject(page->places, "jobs", page->jobs))
        return assay_fail_memory(err);
    page->jobs = NULL;
    if (!cJSON_AddItemToObject(page->places, "pipelines", page->pipelines))
        return assay_fail_memory(err);
    page->pipelines = NULL;
    json_writer_init(&w, stdout, 2);
    json_node(&w, page->places);
    (void)putchar('\n');
    return json_writer_finish(&w) || assay_fail_memory(err);
}

/* The job with its counts; one that was deleted in between is no fault. */
static bool add_job(struct page *page, struct client *client, const cJSON *item,
                    struct assay_error *err)
{
    cJSON *job = NULL;

    if (cJSON_GetArraySize(page->jobs) >= JOBS_SHOWN) {
        page->left_out++;
        return true;
    }
    job = client_get(client, err, "/assay/v1/jobs/%s", view_text(item, "id"));
    if (job)
        return cJSON_AddItemToArray(page->jobs, job) || assay_fail_memory(err);
    return err->code == ASSAY_NOT_FOUND;
}

static bool read_jobs(struct page *page, struct client *client, struct assay_error *err)
{
    cJSON *answer = client_get(client, err, "/assay/v1/jobs");
    const cJSON *item = NULL;
    bool is_ok = answer != NULL;

    cJSON_ArrayForEach(item, json_get(answer, "jobs"))
    {
        /* A study's trials are its clients'. */
        if (is_ok && !view_job_has_ended(item) && strcmp(view_text(item, "kind"), "Study") != 0)
            is_ok = add_job(page, client, item, err);
    }
    cJSON_Delete(answer);
    return is_ok;
}

static bool read_pipelines(struct page *page, struct client *client, struct assay_error *err)
{
    cJSON *answer = client_get(client, err, "/assay/v1/pipelines");
    cJSON *list = cJSON_DetachItemFromObject(answer, "pipelines");
    bool is_ok = answer != NULL;

    while (is_ok && list && list->child) {
        cJSON *item = cJSON_DetachItemFromArray(list, 0);

        if (*view_text(item, "endTime"))
            cJSON_Delete(item);
        else
            is_ok = cJSON_AddItemToArray(page->pipelines, item) || assay_fail_memory(err);
    }
    cJSON_Delete(list);
    cJSON_Delete(answer);
    return is_ok;
}

static bool page_read(struct page *page, struct client *client, struct assay_error *err)
{
    page->jobs = cJSON_CreateArray();
    page->pipelines = cJSON_CreateArray();
    if (!page->jobs || !page->pipelines)
        return assay_fail_memory(err);
    page->places = client_get(client, err, "/assay/v1/places");
    return page->places && assay_time_parse(view_text(page->places, "time"), &page->now_us) &&
           read_jobs(page, client, err) && read_pipelines(page, client, err);
}

static void page_clear(struct page *page)
{
    cJSON_Delete(page->places);
    cJSON_Delete(page->jobs);
    cJSON_Delete(page->pipelines);
}

int command_status(const struct arguments *arguments)
{
    struct state_dir dir = { 0 };
    struct client *client = NULL;
    struct assay_error err = { 0 };
    struct page page = { 0 };
    bool is_ok = state_dir_choose(arguments->values[OPTION_STATE], &dir, &err);

    if (is_ok)
        client = client_open(arguments, &dir, &err);
    is_ok = client && page_read(&page, client, &err) &&
            (arguments->is_given[OPTION_JSON] ? print_json(&page, &err) : show(&page, &err));
    page_clear(&page);
    client_free(client);
    state_dir_clear(&dir);
    return is_ok ? report_end(0) : report_error(&err);
}
