/* Jobs: list, show, best, wait, cancel, stop, delete; and check, which looks at what may become
 * one. */

#include "engine/cli/arguments.h"
#include "engine/cli/document_file.h"
#include "engine/cli/follow.h"
#include "engine/cli/pipelines.h"
#include "engine/cli/plan.h"
#include "engine/cli/report.h"
#include "engine/cli/show_trial.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"
#include "engine/cli/work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TARGET_TEXT = 96 };

/* A command at work on one job, or pipeline, of a folder. */
struct asking {
    const struct arguments *arguments;
    struct state_dir dir;
    struct client *client;
    const char *id; /* as typed */
    cJSON *job;
};

static bool asking_begin(struct asking *a, struct assay_error *err)
{
    if (!arguments_job(a->arguments, 0, &a->id, err) ||
        !state_dir_choose(a->arguments->values[OPTION_STATE], &a->dir, err))
        return false;
    a->client = client_open(a->arguments, &a->dir, err);
    return a->client != NULL;
}

/* The job, in a->job; asking_end() in any case. */
static bool asking_get_job(struct asking *a, struct assay_error *err)
{
    if (!asking_begin(a, err))
        return false;
    a->job = pipeline_or_job(a->client, a->id, err);
    return a->job != NULL;
}

/* For what is about trials. */
static bool turn_to_backing_job(struct asking *a, struct assay_error *err)
{
    a->job = pipeline_backing_job(a->client, a->id, a->job, err);
    return a->job != NULL;
}

/* The path of the job, or of the pipeline, with what is to follow. Returns text. */
static const char *target_of(const cJSON *job, const char *rest, char text[TARGET_TEXT])
{
    (void)snprintf(text, TARGET_TEXT, "/assay/v1/%s/%s%s", pipeline_is(job) ? "pipelines" : "jobs",
                   view_text(job, "id"), rest);
    return text;
}

static cJSON *follow_either(const struct follow *follow, const cJSON *job, struct assay_error *err)
{
    return pipeline_is(job) ? pipeline_follow(follow, err) : follow_job(follow, err);
}

static void report_either(const cJSON *job, const struct state_dir *dir)
{
    if (pipeline_is(job))
        report_pipeline(job, dir);
    else
        report_result(job, dir);
}

static void asking_end(struct asking *a)
{
    cJSON_Delete(a->job);
    client_free(a->client);
    state_dir_clear(&a->dir);
}

static bool fill_list(struct table *table, const cJSON *items)
{
    const cJSON *job = NULL;
    bool is_ok = true;

    cJSON_ArrayForEach(job, items)
    {
        table_begin_row(table);
        text_write_safe(table_cell(table), view_text(job, "id"));
        text_write_safe(table_cell(table), view_job_state(job));
        text_write_safe(table_cell(table), view_text(job, "kind"));
        text_write_safe(table_cell(table), view_text(job, "displayName"));
        view_write_time(table_cell(table), view_text(job, "createTime"));
        (void)fputs(view_job_is_interrupted(job) ? "interrupted" : "", table_cell(table));
        is_ok = table_end_row(table) && is_ok;
    }
    return is_ok;
}

static void print_json(const cJSON *node)
{
    struct json_writer w;

    json_writer_init(&w, stdout, 2);
    json_node(&w, node);
    (void)json_writer_finish(&w);
    (void)putchar('\n');
}

/* The jobs' answer, with the pipelines as one member more, which it takes with it. Takes both. */
static bool list_json(cJSON *answer, cJSON *pipelines, struct assay_error *err)
{
    cJSON *list = cJSON_DetachItemFromObjectCaseSensitive(pipelines, "pipelines");
    bool is_ok = list && cJSON_AddItemToObject(answer, "pipelines", list);

    if (is_ok)
        print_json(answer);
    else
        (void)assay_fail_memory(err);
    cJSON_Delete(answer);
    cJSON_Delete(pipelines);
    return is_ok;
}

static bool list(struct asking *a, struct assay_error *err)
{
    static const char *const columns[] = { "ID", "STATE", "KIND", "NAME", "CREATED", "NOTE" };
    cJSON *answer = NULL;
    cJSON *pipelines = NULL;
    struct table *table = NULL;
    bool is_ok = false;

    answer = client_get(a->client, err, "/assay/v1/jobs");
    pipelines = answer ? client_get(a->client, err, "/assay/v1/pipelines") : NULL;
    if (!pipelines) {
        cJSON_Delete(answer);
        return false;
    }
    if (a->arguments->is_given[OPTION_JSON])
        return list_json(answer, pipelines, err);
    if (!json_get(answer, "jobs")->child && !json_get(pipelines, "pipelines")->child)
        (void)fputs("no jobs yet\n", stderr);
    table = table_new(columns, sizeof columns / sizeof columns[0]);
    is_ok = table && fill_list(table, json_get(pipelines, "pipelines")) &&
            fill_list(table, json_get(answer, "jobs")) && table_print(table);
    table_free(table);
    cJSON_Delete(pipelines);
    cJSON_Delete(answer);
    return is_ok || assay_fail_memory(err);
}

/* A folder of `assay suggest` has no jobs either, but somebody looks for something. */
static void hint_at_study(const struct asking *a, struct assay_error *err)
{
    char *journal = NULL;
    char *command = NULL;

    if (!a->client || client_is_remote(a->client) || err->code != ASSAY_NOT_FOUND ||
        asprintf(&journal, "%s/suggest.jsonl", a->dir.path) < 0)
        return;
    if (access(journal, F_OK) == 0)
        command = state_dir_command(&a->dir, "suggest", "STUDY");
    if (command)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL,
                         "no jobs in %s, but a study whose trials you run; go on with: %s",
                         a->dir.path, command);
    free(command);
    free(journal);
}

int command_list(const struct arguments *arguments)
{
    struct asking a = { .arguments = arguments };
    struct assay_error err = { 0 };
    bool is_ok = asking_begin(&a, &err) && list(&a, &err);

    if (!is_ok)
        hint_at_study(&a, &err);

    asking_end(&a);
    return is_ok ? report_end(0) : report_error(&err);
}

/* One that runs, with what it has measured. */
static bool show_running_trial(struct asking *a, const cJSON *item, bool is_first,
                               struct assay_error *err)
{
    cJSON *whole = client_get(a->client, err, "/assay/v1/jobs/%s/trials/%s",
                              view_text(a->job, "id"), view_text(json_get(item, "trial"), "id"));

    if (whole)
        report_running(whole, is_first);
    cJSON_Delete(whole);
    return whole != NULL;
}

/* Trials that have not ended, as they are now. The newest PAGE trials have them all, unless one of
 * the others runs for very long. */
static bool show_running(struct asking *a, struct assay_error *err)
{
    enum { PAGE = 1000, SHOWN_MAX = 20 };
    int64_t created = view_integer(json_get(a->job, "trialCounts"), "created");
    cJSON *page = client_get(a->client, err, "/assay/v1/jobs/%s/trials?after=%" PRId64 "&limit=%d",
                             view_text(a->job, "id"), created > PAGE ? created - PAGE : 0, PAGE);
    const cJSON *item = NULL;
    int count = 0;
    bool is_ok = page != NULL;

    cJSON_ArrayForEach(item, json_get(page, "trials"))
    {
        if (view_integer(item, "endOrder") > 0)
            continue;
        if (is_ok && count < SHOWN_MAX)
            is_ok = show_running_trial(a, item, count == 0, err);
        count++;
    }
    if (is_ok && count > SHOWN_MAX)
        report_more_running(count - SHOWN_MAX);
    cJSON_Delete(page);
    return is_ok;
}

static bool show(struct asking *a, struct assay_error *err)
{
    if (pipeline_is(a->job)) {
        report_pipeline(a->job, &a->dir);
        return true;
    }
    report_job(a->job, &a->dir);
    return !view_is_true(a->job, "isWorkedOn") ||
           view_integer(json_get(a->job, "trialCounts"), "running") == 0 || show_running(a, err);
}

int command_show(const struct arguments *arguments)
{
    struct asking a = { .arguments = arguments };
    struct assay_error err = { 0 };
    bool is_ok = asking_get_job(&a, &err);
    char target[TARGET_TEXT];

    if (is_ok && arguments->operand_count == 2)
        is_ok =
            turn_to_backing_job(&a, &err) && show_trial(a.client, a.job, arguments, &a.dir, &err);
    else if (is_ok && arguments->is_given[OPTION_JSON])
        is_ok = report_json(a.client, target_of(a.job, "", target), &err);
    else if (is_ok)
        is_ok = show(&a, &err);
    asking_end(&a);
    return is_ok ? report_end(0) : report_error(&err);
}

static bool print_best_json(const cJSON *job, struct assay_error *err)
{
    struct json_writer w;
    const cJSON *member = NULL;

    json_writer_init(&w, stdout, 2);
    json_begin_object(&w);
    cJSON_ArrayForEach(member, json_get(job, "bestTrial"))
    {
        json_key(&w, member->string);
        json_node(&w, member);
    }
    if (*view_text(job, "modelDir")) {
        json_key(&w, "modelDir");
        json_string(&w, view_text(job, "modelDir"));
    }
    json_end_object(&w);
    if (!json_writer_finish(&w))
        return assay_fail_memory(err);
    (void)putchar('\n');
    return true;
}

/* One row for each trial of the Pareto front. */
static bool fill_front(struct table *table, const cJSON *answer, const cJSON *objectives)
{
    const cJSON *item = NULL;
    bool is_ok = true;

    cJSON_ArrayForEach(item, json_get(answer, "optimalTrials"))
    {
        const cJSON *objective = NULL;

        table_begin_row(table);
        text_write_safe(table_cell(table), view_text(json_get(item, "trial"), "id"));
        cJSON_ArrayForEach(objective, objectives)
        {
            const cJSON *value =
                json_get(json_get(item, "metrics"), view_text(objective, "metricId"));
            FILE *cell = table_cell(table);

            if (value)
                view_write_short(cell, value);
        }
        view_write_members(table_cell(table), json_get(item, "parameters"), "=", true);
        is_ok = table_end_row(table) && is_ok;
    }
    return is_ok;
}

static struct table *make_front_table(const cJSON *objectives)
{
    const char **columns = calloc((size_t)cJSON_GetArraySize(objectives) + 2, sizeof *columns);
    const cJSON *objective = NULL;
    struct table *table = NULL;
    size_t count = 0;

    if (!columns)
        return NULL;
    columns[count++] = "TRIAL";
    cJSON_ArrayForEach(objective, objectives) columns[count++] = view_text(objective, "metricId");
    columns[count++] = "PARAMETERS";
    table = table_new(columns, count);
    free(columns);
    return table;
}

/* Of several objectives: all trials that no other is better than in everything. */
static bool print_front(const struct asking *a, struct assay_error *err)
{
    const cJSON *objectives = json_get(a->job, "objectives");
    char target[64];
    cJSON *answer = NULL;
    struct table *table = NULL;
    bool is_ok = false;

    (void)snprintf(target, sizeof target, "/assay/v1/jobs/%s/optimalTrials",
                   view_text(a->job, "id"));
    if (a->arguments->is_given[OPTION_JSON])
        return report_json(a->client, target, err);
    answer = client_get(a->client, err, "%s", target);
    if (!answer)
        return false;
    table = make_front_table(objectives);
    is_ok = table && fill_front(table, answer, objectives) && table_print(table);
    table_free(table);
    cJSON_Delete(answer);
    return is_ok || assay_fail_memory(err);
}

static bool print_best(const struct asking *a, struct assay_error *err)
{
    if (!json_get(a->job, "bestTrial"))
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "job %s has no best trial%s: none has %s",
                          view_text(a->job, "id"), view_job_has_ended(a->job) ? "" : " yet",
                          view_integer(json_get(a->job, "trialCounts"), "succeeded")
                              ? "met every safety threshold"
                              : "succeeded");
    if (json_get(a->job, "objectives"))
        return print_front(a, err);
    if (a->arguments->is_given[OPTION_JSON])
        return print_best_json(a->job, err);
    report_best(a->job, &a->dir);
    report_model(a->job);
    return true;
}

int command_best(const struct arguments *arguments)
{
    struct asking a = { .arguments = arguments };
    struct assay_error err = { 0 };
    bool is_ok = asking_get_job(&a, &err) && turn_to_backing_job(&a, &err) && print_best(&a, &err);

    asking_end(&a);
    return is_ok ? report_end(0) : report_error(&err);
}

static bool print_waited(struct asking *a, const cJSON *job, struct assay_error *err)
{
    char target[TARGET_TEXT];

    if (!view_job_has_ended(job))
        report_resume(job, &a->dir, a->arguments);
    if (!a->arguments->is_given[OPTION_JSON]) {
        report_either(job, &a->dir);
        return true;
    }
    return report_json(a->client, target_of(job, "/resource", target), err);
}

int command_wait(const struct arguments *arguments)
{
    struct asking a = { .arguments = arguments };
    struct assay_error err = { 0 };
    struct progress progress;
    struct follow follow = { .progress = &progress };
    cJSON *job = NULL;
    int status = 0;

    progress_init(&progress, arguments->is_given[OPTION_QUIET]);
    if (asking_get_job(&a, &err)) {
        follow.client = a.client;
        follow.job = view_text(a.job, "id");
        follow.since = a.job;
        job = follow_either(&follow, a.job, &err);
    }
    if (job && print_waited(&a, job, &err))
        status = report_end(view_job_exit_status(job));
    else
        status = report_error(&err);
    cJSON_Delete(job);
    asking_end(&a);
    return status;
}

static bool has_ended_already(const struct asking *a)
{
    if (!view_job_has_ended(a->job))
        return false;
    (void)fprintf(stderr, "%s %s has ended already (%s)\n",
                  pipeline_is(a->job) ? "pipeline" : "job", view_text(a->job, "id"),
                  view_job_state(a->job));
    return true;
}

static bool cancel_job(struct asking *a, struct work *work, struct assay_error *err)
{
    struct progress progress;
    struct follow follow = { .progress = &progress, .job = view_text(a->job, "id") };
    const char *what = pipeline_is(a->job) ? "pipeline" : "job";
    char target[TARGET_TEXT];
    cJSON *job = NULL;

    if (!work_find(work, a->client, a->dir.path, a->arguments, err))
        return false;
    follow.client = work->client ? work->client : a->client;
    follow.assay = work->assay;
    progress_init(&progress, a->arguments->is_given[OPTION_QUIET]);
    job = client_post(follow.client, err, "%s", target_of(a->job, ":cancel", target));
    if (!job)
        return false;
    cJSON_Delete(job);
    job = follow_either(&follow, a->job, err);
    if (job && !a->arguments->is_given[OPTION_QUIET])
        (void)fprintf(stderr, "%s %s: %s\n", what, follow.job, view_job_state(job));
    if (job && !view_job_has_ended(job))
        (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                         "the engine that was to cancel %s %s is gone; cancel it again", what,
                         follow.job);
    cJSON_Delete(job);
    return err->code == ASSAY_OK;
}

int command_cancel(const struct arguments *arguments)
{
    struct asking a = { .arguments = arguments };
    struct assay_error err = { 0 };
    struct work work = { 0 };
    bool is_ok = asking_get_job(&a, &err);

    if (is_ok && !has_ended_already(&a)) {
        is_ok = cancel_job(&a, &work, &err);
        work_close(&work);
    }
    asking_end(&a);
    return is_ok ? report_end(0) : report_error(&err);
}

static bool stop_trial(struct asking *a, struct assay_error *err)
{
    const char *trial = a->arguments->operands[1];
    cJSON *answer = NULL;
    char *command = NULL;

    if (!client_is_remote(a->client) && !client_is_engine_home(a->client)) {
        command = state_dir_command(&a->dir, "resume", view_text(a->job, "id"));
        (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                         "no engine works in %s, so no trial runs that could be stopped; go on "
                         "with: %s",
                         a->dir.path, command ? command : "assay resume");
        free(command);
        return false;
    }
    if (strspn(trial, "0123456789") != strlen(trial) || !*trial)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "\"%s\" is no trial's number; trials count from 1", trial);
    answer = client_post(a->client, err, "/assay/v1/jobs/%s/trials/%s:stop",
                         view_text(a->job, "id"), trial);
    if (answer && !a->arguments->is_given[OPTION_QUIET])
        (void)fprintf(stderr, "trial %s of job %s is to end\n", trial, view_text(a->job, "id"));
    cJSON_Delete(answer);
    return answer != NULL;
}

int command_stop(const struct arguments *arguments)
{
    struct asking a = { .arguments = arguments };
    struct assay_error err = { 0 };
    bool is_ok = asking_get_job(&a, &err) && turn_to_backing_job(&a, &err) && stop_trial(&a, &err);

    asking_end(&a);
    return is_ok ? report_end(0) : report_error(&err);
}

static bool delete_job(struct asking *a, struct work *work, struct assay_error *err)
{
    struct assay_response response;
    char target[TARGET_TEXT];

    if (!work_find(work, a->client, a->dir.path, a->arguments, err))
        return false;
    if (!client_ask(work->client ? work->client : a->client, "DELETE",
                    target_of(a->job, "", target), &response, err))
        return false;
    assay_response_clear(&response);
    if (!a->arguments->is_given[OPTION_QUIET])
        (void)fprintf(stderr, "%s %s is deleted\n", pipeline_is(a->job) ? "pipeline" : "job",
                      view_text(a->job, "id"));
    return true;
}

int command_delete(const struct arguments *arguments)
{
    struct asking a = { .arguments = arguments };
    struct assay_error err = { 0 };
    struct work work = { 0 };
    bool is_ok = asking_get_job(&a, &err) && delete_job(&a, &work, &err);

    work_close(&work);
    asking_end(&a);
    return is_ok ? report_end(0) : report_error(&err);
}

int command_check(const struct arguments *arguments)
{
    struct state_dir dir = { 0 };
    struct client *client = NULL;
    struct document_file file = { 0 };
    struct assay_error err = { 0 };
    const char *name = arguments->operands[0];
    char *body = NULL;
    cJSON *plan = NULL;
    size_t size = 0;
    int status = 0;

    if (state_dir_choose(arguments->values[OPTION_STATE], &dir, &err))
        client = client_open(arguments, &dir, &err);
    if (client && document_file_read(name, &file, &err))
        body = document_file_body(&file, arguments, &size, &err);
    if (body)
        plan = plan_make(client, &dir, arguments, body, size, &err);
    if (!plan)
        status = report_error(&err);
    else if (view_integer(plan, "faultCount") > 0)
        status = assay_code_info(ASSAY_INVALID)->exit_status;
    else
        plan_print_notes(stderr, name, plan);
    if (plan && arguments->is_given[OPTION_JSON])
        print_json(plan);
    else if (plan && status)
        report_faults(stdout, name, arguments, plan);
    else if (plan)
        plan_print(stdout, name, plan);
    cJSON_Delete(plan);
    free(body);
    document_file_clear(&file);
    client_free(client);
    state_dir_clear(&dir);
    return report_end(status);
}
