#include "engine/server/monitor.h"

#include "assay/env.h"
#include "assay/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is counted of the jobs. A state that none is in is counted too: a series must not vanish. */
static const char *const job_states[] = { "QUEUED",     "PENDING",   "RUNNING", "PAUSED",
                                          "CANCELLING", "SUCCEEDED", "FAILED",  "CANCELLED" };
enum { JOB_STATES = sizeof job_states / sizeof job_states[0] };
static const char *const trial_states[] = { "running", "succeeded", "failed" };
enum { TRIAL_STATES = sizeof trial_states / sizeof trial_states[0] };

struct census {
    int64_t jobs[JOB_STATES];
    int64_t trials[TRIAL_STATES]; /* of the jobs that are worked on */
};

bool monitor_is_public(const char *path)
{
    return strcmp(path, "/healthz") == 0;
}

static cJSON *ask(struct assay *assay, const char *path)
{
    struct assay_request request = { .method = "GET", .path = path };
    struct assay_response response = { 0 };
    struct assay_error err = { 0 };
    cJSON *answer = NULL;

    if (assay_call(assay, &request, &response, &err) && response.status == 200)
        answer = json_read(response.body ? response.body : "", response.size, &err);
    assay_response_clear(&response);
    return answer;
}

static int64_t count_of(const cJSON *counts, const char *name)
{
    const cJSON *count = json_get(counts, name);

    return cJSON_IsNumber(count) ? (int64_t)count->valuedouble : 0;
}

static bool take_census(struct assay *assay, struct census *census)
{
    cJSON *answer = ask(assay, "/assay/v1/jobs:count");
    bool is_taken = answer != NULL;

    for (int i = 0; i < JOB_STATES; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "JOB_STATE_%s", job_states[i]);
        census->jobs[i] = count_of(json_get(answer, "jobs"), name);
    }
    for (int i = 0; i < TRIAL_STATES; i++)
        census->trials[i] = count_of(json_get(answer, "trials"), trial_states[i]);
    cJSON_Delete(answer);
    return is_taken;
}

static void write_head(FILE *out, const char *name, const char *type, const char *help)
{
    (void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_census(FILE *out, const struct census *census)
{
    write_head(out, "assay_jobs", "gauge", "Jobs in the state folder.");
    for (int i = 0; i < JOB_STATES; i++)
        (void)fprintf(out, "assay_jobs{state=\"%s\"} %" PRId64 "\n", job_states[i],
                      census->jobs[i]);
    write_head(out, "assay_trials", "gauge", "Trials of the jobs that are worked on now.");
    for (int i = 0; i < TRIAL_STATES; i++)
        (void)fprintf(out, "assay_trials{state=\"%s\"} %" PRId64 "\n", trial_states[i],
                      census->trials[i]);
}

static void write_traffic(FILE *out, struct traffic *traffic)
{
    int64_t up_us = assay_mono_us(assay_env_system()) - traffic->start_us;

    write_head(out, "assay_uptime_seconds", "gauge", "Since the server was started.");
    (void)fprintf(out, "assay_uptime_seconds %" PRId64 ".%06" PRId64 "\n", up_us / 1000000,
                  up_us % 1000000);
    write_head(out, "assay_connections", "gauge", "Open now, the one that asks included.");
    (void)fprintf(out, "assay_connections %d\n", atomic_load(&traffic->connections));
    write_head(out, "assay_http_requests_total", "counter", "Answers by HTTP status.");
    for (int i = 0; i < TRAFFIC_STATUS_MAX; i++) {
        unsigned long long count = atomic_load(&traffic->by_status[i]);

        if (count > 0)
            (void)fprintf(out, "assay_http_requests_total{code=\"%d\"} %llu\n", i, count);
    }
    write_head(out, "assay_build_info", "gauge", "Which version this is.");
    (void)fprintf(out, "assay_build_info{version=\"%s\"} 1\n", ASSAY_VERSION);
}

static void write_commits(FILE *out, const struct assay *assay)
{
    write_head(out, "assay_commits_total", "counter",
               "Commits of the store, each of which may carry many changes.");
    (void)fprintf(out, "assay_commits_total %" PRIu64 "\n", assay_commit_count(assay));
}

static void write_metrics(struct assay *assay, struct traffic *traffic, FILE *out)
{
    struct assay_error err = { 0 };
    struct census census;

    write_head(out, "assay_up", "gauge", "1 while the engine can work, 0 when it had to stop.");
    (void)fprintf(out, "assay_up %d\n", assay_is_working(assay, &err) ? 1 : 0);
    if (take_census(assay, &census))
        write_census(out, &census);
    write_commits(out, assay);
    write_traffic(out, traffic);
}

static void write_health(FILE *out, bool is_working, const struct assay_error *err)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_begin_object(&w);
    json_key(&w, "status");
    json_string(&w, is_working ? "ok" : "broken");
    if (!is_working) {
        json_key(&w, "message");
        json_string(&w, err->message);
    }
    json_end_object(&w);
    (void)json_writer_finish(&w);
    (void)fputc('\n', out);
}

bool monitor_answer(struct assay *assay, struct traffic *traffic, const char *method,
                    const char *path, struct assay_response *response)
{
    bool is_health = strcmp(path, "/healthz") == 0;
    struct assay_error err = { 0 };
    bool is_working = true;
    FILE *out = NULL;

    if (strcmp(method, "GET") != 0 || (!is_health && strcmp(path, "/metrics") != 0))
        return false;
    *response = (struct assay_response){ .status = 200 };
    out = open_memstream(&response->body, &response->size);
    if (!out)
        return true;
    if (is_health) {
        is_working = assay_is_working(assay, &err);
        write_health(out, is_working, &err);
        response->status = is_working ? 200 : 503;
        response->content_type = "application/json; charset=UTF-8";
    } else {
        write_metrics(assay, traffic, out);
        response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    }
    if (fclose(out) != 0)
        assay_response_clear(response);
    return true;
}
