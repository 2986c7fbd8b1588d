/*
 * Documents: submitted, or only checked.
 *
 * The body of both: {"source": the document's text, "format": "yaml" or "json" (absent: guessed),
 * "sourceDir": its folder, "overrides": [{"path": …, "value": …}]}.
 */

#include "engine/api/api_private.h"
#include "engine/api/launch_plan.h"
#include "engine/api/pipelines.h"
#include "engine/api/submission.h"
#include "engine/fault_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *get_text(const cJSON *object, const char *key)
{
    const cJSON *member = json_get(object, key);

    return cJSON_IsString(member) ? member->valuestring : NULL;
}

/* "yaml" or "json", where the caller knows; YAML too may begin with a brace. */
static enum document_format format_of(const cJSON *body)
{
    const char *format = get_text(body, "format");

    if (!format)
        return DOCUMENT_GUESS;
    return strcmp(format, "yaml") == 0 ? DOCUMENT_YAML : DOCUMENT_JSON;
}

/* *body is the request's, which *text borrows from: cJSON_Delete() it last, also after false. */
static bool read_text(const struct api_call *call, cJSON **body, struct submission_text *text,
                      struct assay_error *err)
{
    *body =
        json_read(call->request->body ? call->request->body : "", call->request->body_size, err);
    if (!*body)
        return assay_error_add(err, "the request's body");
    text->document = get_text(*body, "source");
    text->dir = get_text(*body, "sourceDir");
    text->format = format_of(*body);
    text->overrides = json_get(*body, "overrides");
    text->is_emulated = call->engine && engine_is_emulated(call->engine);
    return (text->document && text->dir) ||
           assay_fail(err, ASSAY_INVALID, NULL,
                      "the request's body needs \"source\", the document's text, and "
                      "\"sourceDir\", the folder where relative paths begin");
}

static bool is_pipeline(const struct submission_text *text)
{
    struct assay_error none = { 0 }; /* what cannot be read is told as a job's fault */
    cJSON *document = document_read(text->document, strlen(text->document), text->format, &none);
    bool is_one = pipeline_spec_is(document);

    cJSON_Delete(document);
    return is_one;
}

bool api_hand_in(struct api_call *call, struct submission *s, const char *parent, int64_t *job,
                 struct assay_error *err)
{
    if (assay_faults_check(&s->faults, err))
        return submission_hand_in(s, call->engine, parent, NULL, job, err);
    if (s->is_unmet && err->code == ASSAY_INVALID)
        err->code = ASSAY_PRECONDITION;
    /* The details are written after the handler has returned. */
    call->faults = s->faults;
    s->faults = (struct assay_faults){ 0 };
    return false;
}

static bool submit_job(struct api_call *call, const struct submission_text *text,
                       const struct launch_place *place, struct assay_error *err)
{
    struct submission s = { 0 };
    int64_t job = 0;
    char id[32];
    bool is_ok = submission_read(&s, text, place, err) && api_hand_in(call, &s, NULL, &job, err);

    if (is_ok) {
        (void)snprintf(id, sizeof id, "%" PRId64, job);
        call->job_word = id;
        is_ok = api_get_job(call, err);
        call->job_word = "";
    }
    submission_clear(&s);
    return is_ok;
}

static bool submit_pipeline(struct api_call *call, const struct submission_text *text,
                            const struct launch_place *launch, struct assay_error *err)
{
    struct pipeline_submission s = { 0 };
    const struct pipeline_place place = { .launch = launch,
                                          .engine = call->engine,
                                          .parent = STORE_PARENT_LOCAL };
    int64_t id = 0;
    bool is_ok = pipeline_submission_read(&s, text, &place, err) &&
                 api_hand_in_pipeline(call, &s, NULL, &id, err) &&
                 api_write_pipeline(call, id, err);

    pipeline_submission_clear(&s);
    return is_ok;
}

bool api_submit_job(struct api_call *call, struct assay_error *err)
{
    const struct launch_place place = engine_place(call->engine);
    struct submission_text text = { 0 };
    cJSON *body = NULL;
    bool is_ok = read_text(call, &body, &text, err);

    if (is_ok)
        is_ok = is_pipeline(&text) ? submit_pipeline(call, &text, &place, err)
                                   : submit_job(call, &text, &place, err);
    cJSON_Delete(body);
    return is_ok;
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
static bool write_plan(struct api_call *call, const struct submission *s,
                       const struct launch_place *place, struct assay_error *err)
{
    size_t count = s->spec->kind == JOB_TUNING ? s->spec->study.space->param_count : 0;
    double *point = calloc(count + 1, sizeof *point);
    struct trial_launch launch = { 0 };
    struct trial_command_input input = submission_command_input(s, place);
    struct json_writer *w = &call->json;
    bool is_ok = point != NULL;

    if (!point)
        return assay_fail_memory(err);
    if (count)
        search_space_first_point(s->spec->study.space, point);
    input.point = point;
    is_ok = trial_launch_build(&input, &launch, err);
    if (is_ok) {
        json_key(w, "plan");
        json_begin_object(w);
        json_key(w, "maxTrialCount");
        json_int(w, s->spec->max_trial_count);
        json_key(w, "parallelTrialCount");
        json_int(w, s->spec->parallel_trial_count);
        write_search(w, s->spec);
        launch_plan_write(w, &launch, place->config);
        json_end_object(w);
    }
    trial_launch_clear(&launch);
    free(point);
    return is_ok;
}

static void write_notes(struct json_writer *w, const struct assay_faults *notes)
{
    json_key(w, "notes");
    json_begin_array(w);
    for (size_t i = 0; i < notes->stored; i++)
        json_string(w, notes->items[i].message);
    json_end_array(w);
}

/* The answer to a check of a job, or of a pipeline, whose job it then is. */
static bool write_check(struct api_call *call, const struct submission *job,
                        const struct assay_faults *faults, const struct launch_place *place,
                        bool is_looked_up_later, struct assay_error *err)
{
    bool is_ok = true;

    json_begin_object(&call->json);
    fault_json_write(&call->json, faults);
    write_notes(&call->json, &job->notes);
    if (is_looked_up_later) { /* what only an engine knows */
        json_key(&call->json, "isLookedUpLater");
        json_bool(&call->json, true);
    }
    if (job->spec && faults->count == 0 && !job->text.is_emulated)
        is_ok = write_plan(call, job, place, err);
    json_end_object(&call->json);
    return is_ok;
}

/* The datasets and models of a state folder that nobody here works in; NULL where there are none to
 * be read, which is no fault of a document. */
static struct engine *open_registry(const char *state_dir)
{
    const struct engine_options options = { .state_dir = state_dir, .is_reader = true };
    struct assay_error none = { 0 };

    return engine_open(&options, &none);
}

static bool check_pipeline(struct api_call *call, const struct submission_text *text,
                           const struct launch_place *launch, struct assay_error *err)
{
    struct pipeline_submission s = { 0 };
    struct engine *reader = call->engine ? NULL : open_registry(launch->state_dir);
    const struct pipeline_place place = { .launch = launch,
                                          .engine = call->engine ? call->engine : reader,
                                          .parent = STORE_PARENT_LOCAL };
    bool is_ok = pipeline_submission_read(&s, text, &place, err);
    bool is_later = false;

    is_later = !place.engine && s.spec && (s.spec->data_config || s.spec->model);
    is_ok = is_ok && write_check(call, &s.job, &s.faults, launch, is_later, err);
    pipeline_submission_clear(&s);
    engine_close(reader);
    return is_ok;
}

bool api_check_job(struct api_call *call, struct assay_error *err)
{
    struct submission s = { 0 };
    const struct launch_place place = call->engine ? engine_place(call->engine) : *call->place;
    struct submission_text text = { 0 };
    cJSON *body = NULL;
    bool is_ok = read_text(call, &body, &text, err);

    if (is_ok && is_pipeline(&text))
        is_ok = check_pipeline(call, &text, &place, err);
    else if (is_ok)
        is_ok = submission_read(&s, &text, &place, err) &&
                write_check(call, &s, &s.faults, &place, false, err);
    submission_clear(&s);
    cJSON_Delete(body);
    return is_ok;
}
