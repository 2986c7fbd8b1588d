/* explain and replay: suggestions, looked at afterwards. */

#include "assay/value.h"
#include "engine/cli/arguments.h"
#include "engine/cli/pipelines.h"
#include "engine/cli/report.h"
#include "engine/cli/terminal.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A command at work on one job of a folder. */
struct looking {
    struct state_dir dir;
    struct client *client;
    const char *id;
    cJSON *job; /* that has it; of a pipeline, the job that it runs */
};

static bool looking_begin(struct looking *l, const struct arguments *arguments,
                          struct assay_error *err)
{
    if (!state_dir_choose(arguments->values[OPTION_STATE], &l->dir, err))
        return false;
    l->client = client_open(arguments, &l->dir, err);
    return l->client != NULL;
}

/* From the word for a job or a pipeline to the job. */
static bool find_job(struct looking *l, struct assay_error *err)
{
    l->job = pipeline_backing_job(l->client, l->id, pipeline_or_job(l->client, l->id, err), err);
    l->id = view_text(l->job, "id");
    return l->job != NULL;
}

static void looking_end(struct looking *l)
{
    cJSON_Delete(l->job);
    client_free(l->client);
    state_dir_clear(&l->dir);
}

/* False for lack of memory. */
static bool print_sentence(const char *sentence)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool is_made = false;

    if (!out)
        return false;
    text_write_lines(out, sentence, "");
    is_made = fclose(out) == 0;
    if (is_made) {
        (void)fputs("  ", stdout);
        text_write_wrapped(stdout, text, terminal_is(stdout) ? terminal_columns(stdout) : SIZE_MAX,
                           2, "    ");
        (void)putchar('\n');
    }
    free(text);
    return is_made;
}

static bool print_explanation(struct looking *l, const char *trial, struct assay_error *err)
{
    cJSON *answer = client_get(l->client, err, "/assay/v1/jobs/%s/trials/%s:explain", l->id, trial);
    const cJSON *sentence = NULL;
    bool is_ok = true;

    if (!answer)
        return false;
    (void)fputs("trial ", stdout);
    text_write_safe(stdout, view_text(answer, "id"));
    (void)fputs(" (", stdout);
    text_write_safe(stdout, view_text(answer, "state"));
    (void)fputs(")\n", stdout);
    cJSON_ArrayForEach(sentence, json_get(answer, "sentences"))
    {
        is_ok = print_sentence(cJSON_IsString(sentence) ? sentence->valuestring : "") && is_ok;
    }
    cJSON_Delete(answer);
    return is_ok || assay_fail_memory(err);
}

static bool explain(struct looking *l, const struct arguments *arguments, struct assay_error *err)
{
    const char *trial = arguments->operands[arguments->operand_count - 1];
    char target[256];
    int64_t number = 0;

    if (!assay_integer_parse(trial, &number) || number < 1)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "\"%s\" is no trial's number; they count from 1", trial);
    l->id = "last";
    if ((arguments->operand_count == 2 && !arguments_job(arguments, 0, &l->id, err)) ||
        !find_job(l, err))
        return false;
    if (!arguments->is_given[OPTION_JSON])
        return print_explanation(l, trial, err);
    (void)snprintf(target, sizeof target, "/assay/v1/jobs/%s/trials/%" PRId64 ":explain", l->id,
                   number);
    return report_json(l->client, target, err);
}

int command_explain(const struct arguments *arguments)
{
    struct looking l = { 0 };
    struct assay_error err = { 0 };
    bool is_ok = looking_begin(&l, arguments, &err) && explain(&l, arguments, &err);

    looking_end(&l);
    return is_ok ? report_end(0) : report_error(&err);
}

/* A replay under way. */
struct replaying {
    struct looking *looking;
    bool is_quiet, is_json;
    int64_t checked;
    cJSON *last; /* the last answer */
};

static void show_progress(const struct replaying *r, bool is_end)
{
    if (r->is_quiet || !isatty(STDERR_FILENO))
        return;
    if (is_end)
        (void)fputs("\r\033[K", stderr);
    else
        (void)fprintf(stderr, "\r\033[K%" PRId64 " of %" PRId64 " suggestions recomputed",
                      r->checked, view_integer(r->last, "trialCount"));
    (void)fflush(stderr);
}

static bool replay_all(struct replaying *r, struct assay_error *err)
{
    int64_t after = 0;

    do {
        cJSON_Delete(r->last);
        r->last = client_get(r->looking->client, err, "/assay/v1/jobs/%s:replay?after=%" PRId64,
                             r->looking->id, after);
        if (!r->last)
            return false;
        r->checked += view_integer(r->last, "checked");
        after = view_integer(r->last, "last");
        if (!view_is_true(r->last, "isDone"))
            show_progress(r, false);
    } while (!view_is_true(r->last, "isDone"));
    show_progress(r, true);
    return true;
}

static void print_replay_json(const struct replaying *r)
{
    const cJSON *difference = json_get(r->last, "difference");
    struct json_writer w;

    json_writer_init(&w, stdout, 2);
    json_begin_object(&w);
    json_key(&w, "checked");
    json_int(&w, r->checked);
    if (difference) {
        json_key(&w, "difference");
        json_node(&w, difference);
    }
    json_end_object(&w);
    (void)json_writer_finish(&w);
    (void)putchar('\n');
}

static void print_replay(const struct replaying *r)
{
    const cJSON *difference = json_get(r->last, "difference");

    if (!difference) {
        (void)printf("%" PRId64 " suggestion%s recomputed, all the same\n", r->checked,
                     r->checked == 1 ? "" : "s");
        return;
    }
    (void)fputs("trial ", stdout);
    text_write_safe(stdout, view_text(difference, "trial"));
    (void)fputs(" differs: ", stdout);
    text_write_safe(stdout, view_text(difference, "message"));
    (void)printf(" (%" PRId64 " before it are the same)\n", r->checked);
}

int command_replay(const struct arguments *arguments)
{
    struct looking l = { 0 };
    struct assay_error err = { 0 };
    struct replaying r = { .looking = &l,
                           .is_quiet = arguments->is_given[OPTION_QUIET],
                           .is_json = arguments->is_given[OPTION_JSON] };
    bool is_ok = arguments_job(arguments, 0, &l.id, &err) && looking_begin(&l, arguments, &err) &&
                 find_job(&l, &err) && replay_all(&r, &err);
    int status = 0;

    if (is_ok && r.is_json)
        print_replay_json(&r);
    else if (is_ok)
        print_replay(&r);
    status = is_ok ? report_end(json_get(r.last, "difference") ? 1 : 0) : report_error(&err);
    cJSON_Delete(r.last);
    looking_end(&l);
    return status;
}
