#include "engine/cli/show_trial.h"

#include "engine/cli/pipelines.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A pipeline's trials are its job's. */
static const char *job_of(const cJSON *job)
{
    return view_text(job, pipeline_is(job) ? "job" : "id");
}

static void write_label(const char *label)
{
    (void)printf("%-11s", label);
}

static void print_text(const char *label, const char *text)
{
    if (!text[0])
        return;
    write_label(label);
    text_write_lines(stdout, text, "           ");
    (void)fputc('\n', stdout);
}

/* "INFEASIBLE, user_error" */
static void print_state(const cJSON *item)
{
    const char *failure = view_text(item, "failure");

    write_label("state");
    text_write_safe(stdout, view_text(json_get(item, "trial"), "state"));
    if (failure[0]) {
        (void)fputs(", ", stdout);
        text_write_safe(stdout, failure);
    }
    (void)fputc('\n', stdout);
}

/* "2026-01-31 10:00:00Z, ended 2026-01-31 10:05:00Z (5m00s)" */
static void print_times(const cJSON *trial)
{
    int64_t duration_us = view_duration_us(trial);

    if (!view_text(trial, "startTime")[0])
        return;
    write_label("started");
    view_write_time(stdout, view_text(trial, "startTime"));
    if (duration_us >= 0) {
        (void)fputs(", ended ", stdout);
        view_write_time(stdout, view_text(trial, "endTime"));
        (void)fputs(" (", stdout);
        text_write_duration(stdout, duration_us);
        (void)fputs(")", stdout);
    }
    (void)fputc('\n', stdout);
}

static void print_members(const char *label, const cJSON *object)
{
    if (!object || !object->child)
        return;
    write_label(label);
    view_write_members(stdout, object, "=", false);
    (void)fputc('\n', stdout);
}

static void print_trial(const cJSON *item, const cJSON *job)
{
    const cJSON *trial = json_get(item, "trial");

    write_label("trial");
    text_write_safe(stdout, view_text(trial, "id"));
    (void)fputs(" of job ", stdout);
    text_write_safe(stdout, job_of(job));
    (void)fputs(" ", stdout);
    text_write_safe(stdout, view_text(job, "displayName"));
    (void)fputc('\n', stdout);
    print_state(item);
    print_text("why", view_text(trial, "infeasibleReason"));
    print_text("retry of", view_text(item, "retryOf"));
    print_text("stopped", view_text(json_get(item, "earlyStop"), "why"));
    print_times(trial);
    print_members("metrics", json_get(item, "metrics"));
    print_members("parameters", json_get(item, "parameters"));
}

/* Of one that has not ended, where it runs. */
static void write_end(FILE *out, const cJSON *replica)
{
    const cJSON *end = json_get(replica, "exit");
    const char *place = view_text(replica, "place");

    if (end) {
        text_write_first_line(out, view_text(end, "text"));
    } else if (strcmp(place, "host") == 0) {
        (void)fprintf(out, "runs, pid %" PRId64, view_integer(replica, "pid"));
    } else if (place[0]) {
        (void)fputs("runs, ", out);
        text_write_safe(out, view_text(replica, "container"));
        text_write_safe(out, view_text(replica, "node"));
    } else {
        (void)fputs("no record", out);
    }
}

static void write_amounts(struct table *table, const cJSON *end)
{
    const cJSON *cpu = json_get(end, "cpuSeconds");
    int64_t peak = view_integer(end, "peakMemoryBytes");
    FILE *out = table_cell(table);

    if (cJSON_IsNumber(cpu))
        text_write_duration(out, (int64_t)(cpu->valuedouble * 1e6));
    out = table_cell(table);
    if (peak > 0)
        view_write_size(out, peak);
}

static bool fill(struct table *table, const cJSON *replicas)
{
    const cJSON *replica = NULL;
    bool is_ok = true;

    cJSON_ArrayForEach(replica, replicas)
    {
        const cJSON *end = json_get(replica, "exit");
        int64_t duration_us = end ? view_duration_us(end) : -1;
        FILE *out = NULL;

        table_begin_row(table);
        (void)fprintf(table_cell(table), "%" PRId64, view_integer(replica, "attempt"));
        text_write_safe(table_cell(table), view_text(replica, "replica"));
        view_write_time(table_cell(table), view_text(end ? end : replica, "startTime"));
        out = table_cell(table);
        if (duration_us >= 0)
            text_write_duration(out, duration_us);
        write_amounts(table, end);
        write_end(table_cell(table), replica);
        is_ok = table_end_row(table) && is_ok;
    }
    return is_ok;
}

static bool print_replicas(const cJSON *replicas)
{
    static const char *const columns[] = { "ATTEMPT",  "REPLICA",     "STARTED", "LASTED",
                                           "CPU TIME", "PEAK MEMORY", "END" };
    struct table *table = NULL;
    bool is_ok = true;

    if (!replicas || !replicas->child)
        return true;
    (void)fputc('\n', stdout);
    table = table_new(columns, sizeof columns / sizeof columns[0]);
    is_ok = table && fill(table, replicas) && table_print(table);
    table_free(table);
    return is_ok;
}

/* The folder of the newest attempt, and how to read what it wrote. */
static void print_ways(const cJSON *replicas, const cJSON *job, const char *trial,
                       const struct state_dir *dir)
{
    const cJSON *last = cJSON_GetArrayItem(replicas, cJSON_GetArraySize(replicas) - 1);

    if (!last)
        return;
    (void)fputc('\n', stdout);
    print_text("folder", view_text(last, "directory"));
    write_label("logs");
    (void)printf("assay logs %s %s", job_of(job), trial);
    state_dir_write_place(stdout, dir);
    (void)fputs(" [--stderr] [--replica NAME]\n", stdout);
}

static bool print_json(cJSON *item, cJSON **replicas, struct assay_error *err)
{
    struct json_writer w;

    if (!cJSON_AddItemToObject(item, "replicas", *replicas))
        return assay_fail_memory(err);
    *replicas = NULL;
    json_writer_init(&w, stdout, 2);
    json_node(&w, item);
    (void)putchar('\n');
    return json_writer_finish(&w) || assay_fail_memory(err);
}

bool show_trial(struct client *client, const cJSON *job, const struct arguments *arguments,
                const struct state_dir *dir, struct assay_error *err)
{
    const char *trial = arguments->operands[1];
    cJSON *item = NULL;
    cJSON *answer = NULL;
    cJSON *replicas = NULL;
    bool is_ok = trial[0] && trial[strspn(trial, "0123456789")] == '\0';

    if (!is_ok)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "\"%s\" is no trial's number; they count from 1", trial);
    item = client_get(client, err, "/assay/v1/jobs/%s/trials/%s", job_of(job), trial);
    if (item)
        answer =
            client_get(client, err, "/assay/v1/jobs/%s/trials/%s/replicas", job_of(job), trial);
    replicas = cJSON_DetachItemFromObject(answer, "replicas");
    is_ok = item && answer;
    if (is_ok && arguments->is_given[OPTION_JSON]) {
        is_ok = print_json(item, &replicas, err);
    } else if (is_ok) {
        print_trial(item, job);
        is_ok = print_replicas(replicas) || assay_fail_memory(err);
        print_ways(replicas, job, trial, dir);
    }
    cJSON_Delete(replicas);
    cJSON_Delete(answer);
    cJSON_Delete(item);
    return is_ok;
}
