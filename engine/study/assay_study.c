/* The C library's door to a study: its life, its specs, and its lines (ask_tell.c: its structs). */

#include "engine/fault_json.h"
#include "engine/numerics.h"
#include "engine/reserved.h"
#include "engine/spec/job_document.h"
#include "engine/study/not_finite.h"
#include "engine/study/study_private.h"

#include <stdlib.h>
#include <string.h>

void study_begin_call(struct assay_study *s)
{
    (void)pthread_mutex_lock(&s->mutex);
    assay_faults_clear(&s->faults);
    s->fields.faults = &s->faults;
    s->fields.is_short_of_memory = false;
    fields_leave(&s->fields, 0);
}

void study_end_call(struct assay_study *s)
{
    (void)pthread_mutex_unlock(&s->mutex);
}

static struct assay_study *open_empty(const struct assay_study_options *options,
                                      struct assay_error *err)
{
    struct assay_study *s = NULL;
    bool is_open = false;

    if (!reserved_check(options->reserved, sizeof options->reserved / sizeof options->reserved[0],
                        err))
        return NULL;
    s = calloc(1, sizeof *s);
    if (!s) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&s->mutex, NULL);
    numerics_set_up();
    is_open = text_stream_open(&s->answer) && text_stream_open(&s->event);
    if (is_open && options->state_dir) {
        s->state_dir = strdup(options->state_dir);
        is_open = s->state_dir != NULL;
    }
    if (is_open) {
        s->is_verifying = options->is_verifying;
        s->fields.faults = &s->faults;
        return s;
    }
    (void)assay_fail_memory(err);
    assay_study_close(s);
    return NULL;
}

struct assay_study *assay_study_open(const struct assay_study_options *options,
                                     struct assay_error *err)
{
    struct assay_study *s = open_empty(options, err);

    if (!s || !options->document)
        return s;
    if (study_document_read(options->document, options->document_size, &s->document, &s->faults,
                            err) &&
        study_begin(s, err))
        return s;
    assay_study_close(s);
    return NULL;
}

void assay_study_close(struct assay_study *s)
{
    if (!s)
        return;
    if (s->journal && !s->is_broken) {
        study_learner_stop(study_get_learner(s->study));
        study_store_models(s);
    }
    study_free(s->study);
    study_journal_close(s->journal);
    study_document_clear(&s->document);
    assay_faults_clear(&s->faults);
    text_stream_close(&s->answer);
    text_stream_close(&s->event);
    study_specs_free(s->specs);
    free(s->state_dir);
    free(s->point);
    free(s->values);
    (void)pthread_mutex_destroy(&s->mutex);
    free(s);
}

bool assay_study_has_begun(struct assay_study *s)
{
    bool has_begun = false;

    study_begin_call(s);
    has_begun = s->study != NULL;
    study_end_call(s);
    return has_begun;
}

const char *assay_study_note(struct assay_study *s)
{
    const char *note = NULL;

    study_begin_call(s);
    if (s->study && s->note[0])
        note = s->note;
    study_end_call(s);
    return note;
}

size_t assay_study_parameter_count(struct assay_study *s)
{
    return assay_study_has_begun(s) ? s->document.spec->study.space->param_count : 0;
}

const struct assay_parameter_spec *assay_study_parameter(struct assay_study *s, size_t index)
{
    return index < assay_study_parameter_count(s) ? &s->specs->parameters[index] : NULL;
}

size_t assay_study_metric_count(struct assay_study *s)
{
    return assay_study_has_begun(s) ? s->document.spec->study.metric_count : 0;
}

const struct assay_metric_spec *assay_study_metric(struct assay_study *s, size_t index)
{
    return index < assay_study_metric_count(s) ? &s->specs->metrics[index] : NULL;
}

/* {"ok":true,"name":"assay","version":"…","algorithm":"gp","seed":"…","pending":[…]} */
static void write_greeting(struct assay_study *s)
{
    struct json_writer *w = &s->answer.json;
    const cJSON *seed = json_get(s->document.canonical, "seed");

    json_begin_object(w);
    json_key(w, "ok");
    json_bool(w, true);
    json_key(w, "name");
    json_string(w, "assay");
    json_key(w, "version");
    json_string(w, ASSAY_VERSION);
    json_key(w, "algorithm");
    json_string(w, study_algorithm(s->study));
    json_key(w, "seed");
    json_string(w, seed->valuestring);
    if (study_next_active(s->study, 0)) {
        json_key(w, "pending");
        study_write_pending(s, w);
    }
    json_end_object(w);
}

bool study_check_usable(const struct assay_study *s, struct assay_error *err)
{
    return !s->is_broken ||
           assay_fail(err, ASSAY_UNAVAILABLE, NULL, "the study must be opened again");
}

/* The line of the study: its beginning, or, once it has begun, the question whether it is this. */
static bool act_on_study(struct assay_study *s, const cJSON *root, struct assay_error *err)
{
    struct study_document document = { 0 };
    bool is_done = study_document_from_json(root, &document, &s->faults, err);

    if (is_done && s->study) {
        is_done = study_is_same(s, &document, err);
    } else if (is_done) {
        s->document = document;
        document = (struct study_document){ 0 };
        is_done = study_begin(s, err);
        if (!is_done)
            study_document_clear(&s->document);
    }
    study_document_clear(&document);
    if (is_done)
        write_greeting(s);
    return is_done;
}

static bool act(struct assay_study *s, const cJSON *root, struct assay_error *err)
{
    struct study_line line = { 0 };
    bool is_done = false;

    if (!study_line_read(&s->fields, root, &line))
        (void)(s->fields.is_short_of_memory ? assay_fail_memory(err)
                                            : assay_faults_check(&s->faults, err));
    else if (line.study)
        is_done = act_on_study(s, root, err); /* it may have nothing beside the study */
    else if (!s->study)
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL, "the first line must be {\"study\": …}");
    else
        is_done = study_check_usable(s, err) && study_act(s, &line, err);
    study_line_clear(&line);
    return is_done;
}

static bool read_and_act(struct assay_study *s, const char *text, size_t size,
                         struct assay_error *err)
{
    cJSON *root = NULL;
    bool is_done = false;

    if (size > ASSAY_STUDY_LINE_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL, "a line of more than %d MiB",
                          ASSAY_STUDY_LINE_MAX / 1024 / 1024);
    root = json_read(text, size, err);
    if (root) {
        is_done = act(s, root, err);
    } else if (err->code == ASSAY_INVALID) {
        not_finite_faults(&s->fields, text, size);
        (void)assay_faults_check(&s->faults, err);
    }
    cJSON_Delete(root);
    return is_done;
}

/* The API's google.rpc.Status, with the field at its front where there is one. */
static void write_error(struct assay_study *s, const struct assay_error *why)
{
    struct json_writer *w = &s->answer.json;
    const struct assay_code_info *info = assay_code_info(why->code);
    bool is_single = why->code == ASSAY_INVALID && s->faults.stored == 1;

    json_begin_object(w);
    json_key(w, "error");
    json_begin_object(w);
    json_key(w, "code");
    json_int(w, info->http_status);
    json_key(w, "message");
    json_string(w, is_single ? s->faults.items[0].message : why->message);
    json_key(w, "status");
    json_string(w, info->name);
    if (why->field[0]) {
        json_key(w, "field");
        json_string(w, why->field);
    }
    if (why->code == ASSAY_INVALID && s->faults.stored > 1)
        fault_json_write_details(w, &s->faults, why);
    json_end_object(w);
    json_end_object(w);
}

/* A copy of the answer, which the caller frees. */
static bool give(struct assay_study *s, struct assay_response *response, struct assay_error *err)
{
    if (!text_stream_end(&s->answer))
        return assay_fail_memory(err);
    response->body = malloc(s->answer.size + 1);
    if (!response->body)
        return assay_fail_memory(err);
    memcpy(response->body, s->answer.text, s->answer.size);
    response->body[s->answer.size] = '\0';
    response->size = s->answer.size;
    response->content_type = "application/json; charset=UTF-8";
    return true;
}

bool assay_study_line(struct assay_study *s, const char *line, size_t size,
                      struct assay_response *response, struct assay_error *err)
{
    struct assay_error why;
    bool is_given = false;

    why.code = ASSAY_OK; /* the rest of it is large, and written where it is needed */
    why.field[0] = '\0';
    *response = (struct assay_response){ .status = 200 };
    study_begin_call(s);
    text_stream_begin(&s->answer);
    if (!read_and_act(s, line, size, &why)) {
        text_stream_begin(&s->answer);
        write_error(s, &why);
        response->status = assay_code_info(why.code)->http_status;
    }
    is_given = give(s, response, err);
    study_end_call(s);
    return is_given;
}

bool assay_study_check(const char *document, size_t size, struct assay_response *response,
                       struct assay_error *err)
{
    struct assay_study_options options = { 0 };
    struct assay_study *s = open_empty(&options, err);
    struct assay_error why = { 0 };
    bool is_answered = false;

    *response = (struct assay_response){ .status = 200 };
    if (!s)
        return false;
    if (!study_document_read(document, size, &s->document, &s->faults, &why) &&
        s->faults.count == 0)
        assay_faults_add(&s->faults, 0, why.field, "%s", why.message); /* no JSON, no YAML */
    if (why.code == ASSAY_EXHAUSTED) {
        *err = why;
    } else {
        text_stream_begin(&s->answer);
        json_begin_object(&s->answer.json);
        fault_json_write(&s->answer.json, &s->faults);
        json_end_object(&s->answer.json);
        is_answered = give(s, response, err);
    }
    assay_study_close(s);
    return is_answered;
}
