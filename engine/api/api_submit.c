/*
 * Documents: submitted, or only checked.
 *
 * The body of both: {"source": the document's text, "format": "yaml" or "json" (absent: guessed),
 * "sourceDir": its folder, "overrides": [{"path": …, "value": …}]}.
 */

#include "engine/api/api_private.h"
#include "engine/fault_json.h"
#include "engine/life/study_sampler.h"
#include "engine/spec/job_document.h"
#include "engine/trial_command.h"
#include "search/sampler.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A document on its way to a job. */
struct submission {
    cJSON *body;
    const char *source;     /* in body */
    const char *source_dir; /* in body */
    cJSON *document;
    struct job_spec *spec;
    struct assay_faults faults;
};

static void submission_clear(struct submission *s)
{
    cJSON_Delete(s->body);
    cJSON_Delete(s->document);
    job_spec_free(s->spec);
    assay_faults_clear(&s->faults);
}

static const char *get_text(const cJSON *object, const char *key)
{
    const cJSON *member = json_get(object, key);

    return cJSON_IsString(member) ? member->valuestring : NULL;
}

static bool read_body(const struct api_call *call, struct submission *s, struct assay_error *err)
{
    s->body =
        json_read(call->request->body ? call->request->body : "", call->request->body_size, err);
    if (!s->body)
        return assay_error_add(err, "the request's body");
    s->source = get_text(s->body, "source");
    s->source_dir = get_text(s->body, "sourceDir");
    if (!s->source || !s->source_dir)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "the request's body needs \"source\", the document's text, and "
                          "\"sourceDir\", the folder where relative paths begin");
    return true;
}

/* "yaml" or "json", where the caller knows; YAML too may begin with a brace. */
static enum document_format format_of(const cJSON *body)
{
    const char *format = get_text(body, "format");

    if (!format)
        return DOCUMENT_GUESS;
    return strcmp(format, "yaml") == 0 ? DOCUMENT_YAML : DOCUMENT_JSON;
}

/* A document that cannot be read has one fault, its own. */
static void read_document(struct submission *s)
{
    struct assay_error why = { 0 };
    const cJSON *item = NULL;

    s->document = document_read(s->source, strlen(s->source), format_of(s->body), &why);
    if (!s->document) {
        assay_faults_add(&s->faults, 0, why.field, "%s", why.message);
        return;
    }
    cJSON_ArrayForEach(item, json_get(s->body, "overrides"))
    {
        struct document_override override = { .path = get_text(item, "path"),
                                              .value = get_text(item, "value") };

        if (!override.path || !override.value)
            assay_faults_add(&s->faults, 0, "overrides", "each needs \"path\" and \"value\"");
        else if (!document_override(s->document, &override, &why))
            assay_faults_add(&s->faults, 0, override.path, "%s", why.message);
    }
}

static void check_output(const struct submission *s, const char *state_dir,
                         struct assay_faults *faults)
{
    struct assay_error why = { 0 };
    char path[PATH_TEXT];

    if (!path_of_output(state_dir, s->spec, s->source_dir, 1, 1, path, &why))
        assay_faults_add(faults, 0,
                         s->spec->kind == JOB_TUNING
                             ? "trial_job_spec.base_output_directory.output_uri_prefix"
                             : "job_spec.base_output_directory.output_uri_prefix",
                         "%s", why.message);
}

static void check_sampler(const struct submission *s, struct assay_faults *faults)
{
    struct assay_error why = { 0 };
    struct sampler *sampler = NULL;

    if (s->spec->kind != JOB_TUNING)
        return;
    sampler = study_sampler_new(s->spec, 0, &why);
    if (!sampler)
        assay_faults_add(faults, 0, why.field, "%s", why.message);
    sampler_free(sampler);
}

/* Body to typed spec; the document's faults are collected in s->faults, *err is for the rest. */
static bool read_submission(const struct api_call *call, const char *state_dir,
                            struct submission *s, struct assay_error *err)
{
    if (!read_body(call, s, err))
        return false;
    read_document(s);
    if (s->document && s->faults.count == 0) {
        err->code = ASSAY_OK;
        s->spec = job_spec_from_json(s->document, &s->faults, err);
        if (!s->spec && s->faults.count == 0)
            return false;
    }
    if (s->spec) {
        trial_command_check(s->spec, &s->faults);
        check_output(s, state_dir, &s->faults);
        check_sampler(s, &s->faults);
    }
    return !s->faults.is_short_of_memory || assay_fail_memory(err);
}

/* 53 bits, so that a seed survives every JSON reader. */
static bool choose_seed(const struct job_spec *spec, uint64_t *seed, struct assay_error *err)
{
    const struct assay_env *env = assay_env_system();

    *seed = spec->assay.seed;
    if (spec->assay.has_seed)
        return true;
    if (!env->entropy(env->context, seed, sizeof *seed))
        return assay_fail(err, ASSAY_INTERNAL, NULL, "the system gives no random numbers");
    *seed >>= 11;
    return true;
}

static bool fill_row(const struct submission *s, struct job_row *row, struct assay_error *err)
{
    *row = (struct job_row){ .kind = s->spec->kind };
    if (!choose_seed(s->spec, &row->seed, err))
        return false;
    row->display_name = strdup(s->spec->display_name);
    row->source = strdup(s->source);
    row->document = json_text(s->document, 0);
    row->source_dir = strdup(s->source_dir);
    row->error_message = strdup("");
    row->model_dir = strdup("");
    row->note = strdup("");
    if (row->display_name && row->source && row->document && row->source_dir &&
        row->error_message && row->model_dir && row->note)
        return true;
    job_row_clear(row);
    return assay_fail_memory(err);
}

bool api_submit_job(struct api_call *call, struct assay_error *err)
{
    struct submission s = { 0 };
    struct job_row row = { 0 };
    struct request request = { .kind = REQUEST_SUBMIT, .row = &row };
    char id[32];
    bool is_ok = false;

    if (!read_submission(call, engine_state_dir(call->engine), &s, err))
        goto out;
    if (!assay_faults_check(&s.faults, err)) {
        /* The details are written after this function has returned. */
        call->faults = s.faults;
        s.faults = (struct assay_faults){ 0 };
        goto out;
    }
    if (!fill_row(&s, &row, err))
        goto out;
    request.spec = s.spec;
    s.spec = NULL;
    is_ok = engine_ask(call->engine, &request, err);
    job_row_clear(&row);
    if (is_ok) {
        (void)snprintf(id, sizeof id, "%" PRId64, request.job);
        call->job_word = id;
        is_ok = api_get_job(call, err);
        call->job_word = "";
    }
out:
    submission_clear(&s);
    return is_ok;
}

static void write_strings(struct json_writer *w, const char *key, char *const *items)
{
    json_key(w, key);
    json_begin_array(w);
    for (; *items; items++)
        json_string(w, *items);
    json_end_array(w);
}

static void write_command(struct json_writer *w, const struct command *command,
                          const struct submission *s, const char *state_dir)
{
    char path[PATH_TEXT];
    struct assay_error err = { 0 };

    write_strings(w, "argv", command->argv);
    write_strings(w, "environment", command->envp);
    json_key(w, "workDir");
    json_string(w, path_of_attempt(state_dir, 0, 1, 1, path));
    if (path_of_output(state_dir, s->spec, s->source_dir, 0, s->spec->kind == JOB_TUNING, path,
                       &err)) {
        json_key(w, "outputDir");
        json_string(w, path);
    }
}

/* What would choose a study's points, and which of its trials it would stop. */
static void write_search(struct json_writer *w, const struct job_spec *spec)
{
    static const char *const rules[] = { [STOPPING_DECAY_CURVE] = "decay curve",
                                         [STOPPING_MEDIAN] = "median",
                                         [STOPPING_CONVEX] = "convex",
                                         [STOPPING_HALVING] = "asha" };
    char seed[32];

    if (spec->kind != JOB_TUNING)
        return;
    json_key(w, "algorithm");
    json_string(w, job_spec_algorithm(spec));
    if (spec->study.stopping_rule != STOPPING_NONE) {
        json_key(w, "stopping");
        json_string(w, rules[spec->study.stopping_rule]);
    }
    if (spec->assay.has_seed) {
        (void)snprintf(seed, sizeof seed, "%" PRIu64, spec->assay.seed);
        json_key(w, "seed");
        json_string(w, seed);
    }
}

/* What the first trial would run, for a job whose id is not known yet (0). */
static bool write_plan(struct api_call *call, const struct submission *s, const char *state_dir,
                       struct assay_error *err)
{
    size_t count = s->spec->kind == JOB_TUNING ? s->spec->study.space->param_count : 0;
    double *point = calloc(count + 1, sizeof *point);
    struct command command = { 0 };
    struct trial_command_input input = { .state_dir = state_dir,
                                         .source_dir = s->source_dir,
                                         .spec = s->spec,
                                         .number = 1,
                                         .attempt = 1,
                                         .point = point,
                                         .tag = "0-1" };
    struct json_writer *w = &call->json;
    bool is_ok = point != NULL;

    if (!point)
        return assay_fail_memory(err);
    if (count)
        search_space_first_point(s->spec->study.space, point);
    is_ok = trial_command_build(&input, &command, err);
    if (is_ok) {
        json_key(w, "plan");
        json_begin_object(w);
        json_key(w, "maxTrialCount");
        json_int(w, s->spec->max_trial_count);
        json_key(w, "parallelTrialCount");
        json_int(w, s->spec->parallel_trial_count);
        write_search(w, s->spec);
        write_command(w, &command, s, state_dir);
        json_end_object(w);
    }
    command_clear(&command);
    free(point);
    return is_ok;
}

/* What is no fault, and still not what one may expect. */
static void write_notes(struct json_writer *w, const struct job_spec *spec)
{
    json_key(w, "notes");
    json_begin_array(w);
    if (spec && spec->study.stopping_rule_spec.update_all_stopped_trials)
        json_string(w, "updateAllStoppedTrials has no effect: a trial that is stopped keeps what "
                       "it measured, and nothing predicted is added to it");
    json_end_array(w);
}

bool api_check_job(struct api_call *call, struct assay_error *err)
{
    struct submission s = { 0 };
    const char *state_dir = call->engine ? engine_state_dir(call->engine) : call->state_dir;
    bool is_ok = read_submission(call, state_dir, &s, err);

    if (is_ok) {
        json_begin_object(&call->json);
        fault_json_write(&call->json, &s.faults);
        write_notes(&call->json, s.spec);
        if (s.spec && s.faults.count == 0)
            is_ok = write_plan(call, &s, state_dir, err);
        json_end_object(&call->json);
    }
    submission_clear(&s);
    return is_ok;
}
