/* run, resume, extend and retry: to be the engine of a job until it ends or is interrupted. */

#include "assay/value.h"
#include "engine/cli/arguments.h"
#include "engine/cli/document_file.h"
#include "engine/cli/follow.h"
#include "engine/cli/launch_options.h"
#include "engine/cli/override.h"
#include "engine/cli/pipelines.h"
#include "engine/cli/plan.h"
#include "engine/cli/report.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"
#include "engine/cli/work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What run and resume have in common. */
struct running {
    const struct arguments *arguments;
    struct state_dir dir;
    struct interrupts interrupts;
    struct progress progress;
    struct client *outside; /* asks the server, or the folder until this process works in it */
    struct work work;       /* stays empty where a server works */
    struct document_file file;
    cJSON *since; /* the job as submitted, or as it was before it was resumed */
};

static void running_clear(struct running *r)
{
    cJSON_Delete(r->since);
    document_file_clear(&r->file);
    client_free(r->outside);
    work_close(&r->work);
    state_dir_clear(&r->dir);
}

static bool choose_place(struct running *r, struct assay_error *err)
{
    if (state_dir_choose(r->arguments->values[OPTION_STATE], &r->dir, err))
        r->outside = client_open(r->arguments, &r->dir, err);
    return r->outside != NULL;
}

static struct client *client_of(const struct running *r)
{
    return r->outside ? r->outside : r->work.client;
}

static bool open_work(struct running *r, struct assay_error *err)
{
    progress_init(&r->progress, r->arguments->is_given[OPTION_QUIET]);
    if (client_is_remote(r->outside))
        return work_check_remote(r->arguments, err);
    client_free(r->outside); /* it may have the folder open for reading */
    r->outside = NULL;
    /* Before there are threads, which inherit what is blocked. */
    interrupts_begin(&r->interrupts);
    return work_open(&r->work, r->dir.path, r->arguments->is_given[OPTION_VERBOSE], r->arguments,
                     err);
}

/* A server goes on with the job, so that Ctrl-C is no loss. */
static void write_way_back(FILE *out, const struct running *r)
{
    char *command = state_dir_command(&r->dir, "wait", view_text(r->since, "id"));

    (void)fprintf(out, "; it goes on there without this command; back to it: %s",
                  command ? command : "assay wait");
    free(command);
}

static void write_announcement(FILE *out, const struct running *r, const char *verb)
{
    const cJSON *job = r->since;
    const char *name = view_text(job, "displayName");

    (void)fprintf(out, "%s %s %s%s", verb, pipeline_is(job) ? "pipeline" : "job",
                  view_text(job, "id"), *name ? " " : "");
    text_write_safe(out, name);
    if (view_integer(job, "maxTrialCount") > 1)
        (void)fprintf(out, ": at most %" PRId64 " trials, %" PRId64 " at a time",
                      view_integer(job, "maxTrialCount"), view_integer(job, "parallelTrialCount"));
    if (r->outside) {
        write_way_back(out, r);
        return;
    }
    (void)fputs("; state folder ", out);
    text_write_safe(out, view_text(job, "stateDir"));
}

static void announce(struct running *r, const char *verb)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return;
    write_announcement(out, r, verb);
    if (fclose(out) == 0 && !r->arguments->is_given[OPTION_QUIET])
        progress_say(&r->progress, "%s", text);
    free(text);
    /* Said in any case: who asks for the page has to find it. */
    if (r->work.server && *server_url(r->work.server))
        progress_say(&r->progress, "page: %s/web/%s/%s", server_url(r->work.server),
                     pipeline_is(r->since) ? "pipelines" : "jobs", view_text(r->since, "id"));
}

/* Standard output's part: the resource, or the result in words. */
static bool report(struct running *r, const cJSON *job, struct assay_error *err)
{
    char target[64];

    if (!r->arguments->is_given[OPTION_JSON]) {
        if (pipeline_is(job))
            report_pipeline(job, &r->dir);
        else
            report_result(job, &r->dir);
        return true;
    }
    if (*view_text(job, "errorMessage")) {
        (void)fputs("assay: ", stderr);
        report_write_error(stderr, job, &r->dir, "  ");
        (void)fputc('\n', stderr);
    }
    (void)snprintf(target, sizeof target, "/assay/v1/%s/%s/resource",
                   pipeline_is(job) ? "pipelines" : "jobs", view_text(job, "id"));
    return report_json(client_of(r), target, err);
}

/* Our engine had to stop: the reason has a code of its own, but the folder is what is broken. */
static int report_broken(struct running *r, const struct assay_error *err)
{
    struct assay_error why = { 0 };
    int status = report_error(err);

    report_resume(r->since, &r->dir, r->arguments);
    return !r->work.assay || assay_is_working(r->work.assay, &why)
               ? status
               : assay_code_info(ASSAY_UNAVAILABLE)->exit_status;
}

/* Stays with the job to its end. before: what had ended when it was resumed; NULL for a new one. */
static int follow_to_end(struct running *r, const cJSON *before)
{
    struct assay_error err = { 0 };
    struct follow follow = { .client = client_of(r),
                             .assay = r->work.assay,
                             .job = view_text(r->since, "id"),
                             .progress = &r->progress,
                             .interrupts = r->work.assay ? &r->interrupts : NULL,
                             .shows_trials = !r->arguments->is_given[OPTION_QUIET],
                             .since = before };
    cJSON *job = pipeline_is(r->since) ? pipeline_follow(&follow, &err) : follow_job(&follow, &err);
    int status = 0;

    if (!job)
        return report_broken(r, &err);
    status = view_job_exit_status(job);
    if (!report(r, job, &err))
        status = report_error(&err);
    if (!view_job_has_ended(job))
        report_resume(job, &r->dir, r->arguments);
    cJSON_Delete(job);
    return report_end(status);
}

static bool submit(struct running *r, const char *body, size_t size, struct assay_error *err)
{
    struct assay_request request = {
        .method = "POST", .path = "/assay/v1/jobs", .body = body, .body_size = size
    };
    struct assay_response response;

    if (!client_call(client_of(r), &request, &response, err))
        return false;
    r->since = json_read(response.body, response.size, err);
    assay_response_clear(&response);
    return r->since != NULL;
}

/* What to type next has the options, too: with them the document is another one. */
static bool fail_check(const struct running *r, int64_t count, struct assay_error *err)
{
    const struct arguments *arguments = r->arguments;
    char *words = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&words, &size);

    if (!out)
        return assay_fail_memory(err);
    text_write_shell(out, arguments->operands[0]);
    override_write_all(out, arguments);
    state_dir_write_place(out, &r->dir);
    if (fclose(out) == 0)
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "%" PRId64
                         " fault%s; nothing was started. Once mended, try: assay check %s",
                         count, count == 1 ? "" : "s", words);
    else
        (void)assay_fail_memory(err);
    free(words);
    return false;
}

/* False, with the faults printed and *err for what is to be said below them. */
static bool check(struct running *r, const char *body, size_t size, struct assay_error *err)
{
    cJSON *plan = plan_make(r->outside, &r->dir, r->arguments, body, size, err);
    int64_t count = view_integer(plan, "faultCount");

    if (plan && count > 0) {
        report_faults(stderr, r->arguments->operands[0], r->arguments, plan);
        (void)fail_check(r, count, err);
    } else if (plan && !r->arguments->is_given[OPTION_QUIET]) {
        plan_print_notes(stderr, r->arguments->operands[0], plan);
    }
    cJSON_Delete(plan);
    return plan && count == 0;
}

int command_run(const struct arguments *arguments)
{
    struct running r = { .arguments = arguments };
    struct assay_error err = { 0 };
    char *body = NULL;
    size_t size = 0;
    int status = 0;

    if (!choose_place(&r, &err) || !document_file_read(arguments->operands[0], &r.file, &err))
        goto out;
    body = document_file_body(&r.file, arguments, &size, &err);
    if (!body || !check(&r, body, size, &err) || !open_work(&r, &err) ||
        !submit(&r, body, size, &err))
        goto out;
    announce(&r, "running");
    status = follow_to_end(&r, NULL);
out:
    if (!r.since)
        status = report_error(&err);
    free(body);
    running_clear(&r);
    return status;
}

/* The job as it is before anything is opened for work: that would make a folder that is not there.
 */
static bool look_before(struct running *r, const char *id, struct assay_error *err)
{
    cJSON *pipeline = NULL;

    r->since = pipeline_or_job(r->outside, id, err);
    /* A job is resumed with the pipeline that waits for it. */
    if (r->since && *view_text(r->since, "pipeline"))
        pipeline =
            client_get(r->outside, err, "/assay/v1/pipelines/%s", view_text(r->since, "pipeline"));
    if (pipeline && !view_job_has_ended(pipeline)) {
        cJSON_Delete(r->since);
        r->since = pipeline;
    } else {
        cJSON_Delete(pipeline);
    }
    return r->since != NULL;
}

/* Nothing to resume: the result is what it was. */
static int report_ended(struct running *r)
{
    struct assay_error err = { 0 };
    int status = view_job_exit_status(r->since);

    (void)fprintf(stderr, "%s %s has ended (%s): there is nothing to resume\n",
                  pipeline_is(r->since) ? "pipeline" : "job", view_text(r->since, "id"),
                  view_job_state(r->since));
    if (!report(r, r->since, &err))
        status = report_error(&err);
    return report_end(status);
}

static int resume(struct running *r)
{
    struct assay_error err = { 0 };
    cJSON *answer = NULL;

    if (!open_work(r, &err))
        return report_error(&err);
    answer = client_post(client_of(r), &err, "/assay/v1/%s/%s:resume",
                         pipeline_is(r->since) ? "pipelines" : "jobs", view_text(r->since, "id"));
    if (!answer)
        return report_error(&err);
    cJSON_Delete(answer);
    announce(r, "resuming");
    return follow_to_end(r, r->since);
}

int command_resume(const struct arguments *arguments)
{
    struct running r = { .arguments = arguments };
    struct assay_error err = { 0 };
    const char *id = NULL;
    int status = 0;

    if (!arguments_job(arguments, 0, &id, &err) || !choose_place(&r, &err) ||
        !look_before(&r, id, &err))
        status = report_error(&err);
    else
        status = view_job_has_ended(r.since) ? report_ended(&r) : resume(&r);
    running_clear(&r);
    return status;
}

/* What is asked about the job, with a body. */
static bool change_job(struct running *r, const char *method, const char *verb, const char *body,
                       struct assay_error *err)
{
    char path[128];
    struct assay_request request = {
        .method = method, .path = path, .body = body, .body_size = strlen(body)
    };
    struct assay_response response;

    (void)snprintf(path, sizeof path, "/assay/v1/jobs/%s%s", view_text(r->since, "id"), verb);
    if (!client_call(client_of(r), &request, &response, err))
        return false;
    cJSON_Delete(r->since);
    r->since = json_read(response.body, response.size, err);
    assay_response_clear(&response);
    return r->since != NULL;
}

/* What the change has come to, where it is not this command that goes on with the job. */
static void report_change(const struct running *r)
{
    const cJSON *job = r->since;

    if (r->arguments->is_given[OPTION_QUIET])
        return;
    (void)fprintf(stderr, "job %s: at most %" PRId64 " trials, %" PRId64 " at a time; ",
                  view_text(job, "id"), view_integer(job, "maxTrialCount"),
                  view_integer(job, "parallelTrialCount"));
    if (view_job_has_ended(job))
        (void)fprintf(stderr, "it stays as it ended (%s): nothing is left to do\n",
                      view_job_state(job));
    else if (view_is_true(job, "isWorkedOn"))
        (void)fputs("it goes on\n", stderr);
    else
        report_resume(job, &r->dir, r->arguments);
}

/* Has the job changed by the engine that is home, or by this process, which then stays with it. */
static int steer(struct running *r, const char *id, const char *method, const char *verb,
                 const char *body)
{
    struct assay_error err = { 0 };
    bool is_home = false;

    if (!choose_place(r, &err))
        return report_error(&err);
    r->since = pipeline_or_job(r->outside, id, &err);
    if (r->since)
        r->since = pipeline_backing_job(r->outside, id, r->since, &err);
    is_home = r->since && (client_is_remote(r->outside) || client_is_engine_home(r->outside));
    if (!r->since || (!is_home && !open_work(r, &err)) || !change_job(r, method, verb, body, &err))
        return report_error(&err);
    if (is_home || !view_is_true(r->since, "isWorkedOn")) {
        report_change(r);
        return report_end(0);
    }
    announce(r, "going on with");
    return follow_to_end(r, r->since);
}

/* The counts that the options name, as the request's body: NULL and *err. The caller frees it. */
static char *budget_body(const struct arguments *arguments, struct assay_error *err)
{
    static const struct {
        enum option_id option;
        const char *name;
    } counts[] = { { OPTION_TRIALS, "maxTrialCount" },
                   { OPTION_PARALLEL, "parallelTrialCount" },
                   { OPTION_FAILED, "maxFailedTrialCount" } };
    cJSON *body = cJSON_CreateObject();
    bool is_ok = body || assay_fail_memory(err);
    char *text = NULL;

    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && is_ok; i++) {
        const char *value = arguments->values[counts[i].option];
        int64_t count = 0;

        if (value && !assay_integer_parse(value, &count))
            is_ok = assay_fail(err, ASSAY_INVALID, NULL, "--%s: \"%s\" is no whole number",
                               command_options[counts[i].option].name, value);
        else if (value)
            is_ok = cJSON_AddNumberToObject(body, counts[i].name, (double)count) ||
                    assay_fail_memory(err);
    }
    if (is_ok && !body->child)
        is_ok = assay_fail(err, ASSAY_INVALID, NULL,
                           "say what the job may spend: --trials N, --parallel N or --failed N");
    if (is_ok && !(text = json_text(body, 0)))
        (void)assay_fail_memory(err);
    cJSON_Delete(body);
    return text;
}

/* {"trialIds": [the operands behind the job's id]}, or {}. NULL and *err; the caller frees it. */
static char *retry_body(const struct arguments *arguments, struct assay_error *err)
{
    cJSON *body = cJSON_CreateObject();
    cJSON *list =
        body && arguments->operand_count > 1 ? cJSON_AddArrayToObject(body, "trialIds") : NULL;
    bool is_ok = body && (list || arguments->operand_count <= 1);
    char *text = NULL;

    for (int i = 1; i < arguments->operand_count && is_ok; i++) {
        cJSON *item = cJSON_CreateString(arguments->operands[i]);

        is_ok = item && cJSON_AddItemToArray(list, item);
    }
    if (is_ok)
        text = json_text(body, 0);
    if (!text)
        (void)assay_fail_memory(err);
    cJSON_Delete(body);
    return text;
}

/* A command that has the job changed: make_body says what is asked, or fails with *err. */
static int run_change(const struct arguments *arguments, const char *method, const char *verb,
                      char *(*make_body)(const struct arguments *, struct assay_error *))
{
    struct running r = { .arguments = arguments };
    struct assay_error err = { 0 };
    const char *id = NULL;
    char *body = NULL;
    int status = 0;

    if (arguments_job(arguments, 0, &id, &err))
        body = make_body(arguments, &err);
    status = body ? steer(&r, id, method, verb, body) : report_error(&err);
    free(body);
    running_clear(&r);
    return status;
}

int command_extend(const struct arguments *arguments)
{
    return run_change(arguments, "PATCH", "", budget_body);
}

int command_retry(const struct arguments *arguments)
{
    return run_change(arguments, "POST", ":retry", retry_body);
}
