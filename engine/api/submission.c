#include "engine/api/submission.h"

#include "engine/life/study_sampler.h"
#include "engine/spec/fields.h"
#include "engine/spec/study_resource.h"
#include "launcher/storage.h"
#include "search/sampler.h"

#include <stdlib.h>
#include <string.h>

void submission_clear(struct submission *submission)
{
    cJSON_Delete(submission->document);
    job_spec_free(submission->spec);
    assay_faults_clear(&submission->faults);
    assay_faults_clear(&submission->notes);
    *submission = (struct submission){ 0 };
}

static const char *get_text(const cJSON *object, const char *key)
{
    const cJSON *member = json_get(object, key);

    return cJSON_IsString(member) ? member->valuestring : NULL;
}

cJSON *submission_document(const struct submission_text *text, struct assay_faults *faults)
{
    struct assay_error why = { 0 };
    const cJSON *item = NULL;
    cJSON *document = document_read(text->document, strlen(text->document), text->format, &why);

    if (!document) { /* which is its only fault */
        assay_faults_add(faults, 0, why.field, "%s", why.message);
        return NULL;
    }
    cJSON_ArrayForEach(item, text->overrides)
    {
        struct document_override override = { .path = get_text(item, "path"),
                                              .value = get_text(item, "value") };

        if (!override.path || !override.value)
            assay_faults_add(faults, 0, "overrides", "each needs \"path\" and \"value\"");
        else if (!document_override(document, &override, &why))
            assay_faults_add(faults, 0, override.path, "%s", why.message);
    }
    return document;
}

struct trial_command_input submission_command_input(const struct submission *submission,
                                                    const struct launch_place *place)
{
    return (struct trial_command_input){ .state_dir = place->state_dir,
                                         .source_dir = submission->text.dir,
                                         .spec = submission->spec,
                                         .config = place->config,
                                         .is_guarded = place->is_guarded,
                                         .number = 1,
                                         .attempt = 1,
                                         .tag = "0-1" };
}

/* What cannot be run here, with the lines where it stands. */
static void check_command(struct submission *submission, const struct launch_place *place,
                          struct assay_faults *faults)
{
    struct trial_command_input input = submission_command_input(submission, place);
    struct launcher_facts facts = { 0 };
    size_t before = faults->stored;

    if (place->facts)
        facts = launch_facts_view(place->facts);
    submission->is_unmet =
        trial_command_check(&input, &facts, faults, &submission->notes) == ASSAY_PRECONDITION;
    for (size_t i = before; i < faults->stored; i++) {
        const cJSON *node = NULL;
        char path[256];

        (void)snprintf(path, sizeof path, ".%s", faults->items[i].field);
        node = fields_locate(submission->document, path);
        if (node != submission->document)
            faults->items[i].line = json_line(node);
    }
}

static void check_output(struct submission *submission, const char *state_dir,
                         struct assay_faults *faults)
{
    struct assay_error why = { 0 };
    char path[PATH_TEXT];

    if (path_of_output(state_dir, submission->spec, submission->text.dir, 1, 1, path, &why))
        return;
    submission->is_unmet = false;
    assay_faults_add(faults, 0,
                     submission->spec->kind == JOB_TUNING
                         ? "trial_job_spec.base_output_directory.output_uri_prefix"
                         : "job_spec.base_output_directory.output_uri_prefix",
                     "%s", why.message);
}

/* A data set's folder, as a document names it itself. */
static void check_data(struct submission *submission, const char *state_dir,
                       struct assay_faults *faults)
{
    struct assay_error why = { 0 };
    char buckets[PATH_TEXT];
    char *path = NULL;

    if (!submission->spec->assay.data_uri)
        return;
    (void)snprintf(buckets, sizeof buckets, "%s/buckets", state_dir);
    path = storage_path(submission->spec->assay.data_uri, buckets, submission->text.dir, &why);
    if (!path) {
        submission->is_unmet = false;
        assay_faults_add(faults, 0, "assay.data.uri", "%s", why.message);
    }
    free(path);
}

static void check_sampler(struct submission *submission, struct assay_faults *faults)
{
    struct assay_error why = { 0 };
    struct sampler *sampler = NULL;

    if (submission->spec->kind == JOB_CUSTOM)
        return;
    sampler = study_sampler_new(submission->spec, 0, &why);
    if (!sampler) {
        submission->is_unmet = false;
        assay_faults_add(faults, 0, why.field, "%s", why.message);
    }
    sampler_free(sampler);
}

bool submission_read(struct submission *submission, const struct submission_text *text,
                     const struct launch_place *place, struct assay_error *err)
{
    struct assay_faults *faults = &submission->faults;

    submission->text = *text;
    submission->document = submission_document(text, faults);
    if (submission->document && faults->count == 0) {
        err->code = ASSAY_OK;
        submission->spec = job_spec_from_json(submission->document, faults, err);
        if (!submission->spec && faults->count == 0)
            return false;
    }
    if (submission->spec) {
        if (!text->is_emulated)
            check_command(submission, place, faults);
        check_output(submission, place->state_dir, faults);
        check_data(submission, place->state_dir, faults);
        check_sampler(submission, faults);
    }
    if (submission->spec && submission->spec->study.stopping_rule_spec.update_all_stopped_trials)
        assay_faults_add(&submission->notes, 0, NULL,
                         "updateAllStoppedTrials has no effect: a trial that is stopped keeps what "
                         "it measured, and nothing predicted is added to it");
    return !(faults->is_short_of_memory || submission->notes.is_short_of_memory) ||
           assay_fail_memory(err);
}

bool submission_read_study(struct submission *submission, const struct submission_text *text,
                           struct assay_error *err)
{
    struct assay_faults *faults = &submission->faults;

    submission->text = *text;
    submission->document = submission_document(text, faults);
    if (submission->document && faults->count == 0) {
        err->code = ASSAY_OK;
        submission->spec = study_resource_from_json(submission->document, faults, err);
        if (!submission->spec && faults->count == 0)
            return false;
    }
    if (submission->spec)
        check_sampler(submission, faults);
    return !faults->is_short_of_memory || assay_fail_memory(err);
}

bool submission_seed(const struct assay_env *env, uint64_t *seed, struct assay_error *err)
{
    if (!env->entropy(env->context, seed, sizeof *seed))
        return assay_fail(err, ASSAY_INTERNAL, NULL, "the system gives no random numbers");
    *seed >>= 11;
    return true;
}

static bool fill_row(const struct submission *submission, const struct assay_env *env,
                     const char *parent, struct job_row *row, struct assay_error *err)
{
    const struct assay_block *block = &submission->spec->assay;

    *row = (struct job_row){ .kind = submission->spec->kind, .seed = block->seed };
    if (!block->has_seed && !submission_seed(env, &row->seed, err))
        return false;
    row->display_name = strdup(submission->spec->display_name);
    row->source = strdup(submission->text.document);
    row->document = json_text(submission->document, 0);
    row->source_dir = strdup(submission->text.dir);
    row->error_message = strdup("");
    row->model_dir = strdup("");
    row->note = strdup("");
    row->parent = strdup(parent ? parent : STORE_PARENT_LOCAL);
    if (row->display_name && row->source && row->document && row->source_dir &&
        row->error_message && row->model_dir && row->note && row->parent)
        return true;
    job_row_clear(row);
    return assay_fail_memory(err);
}

bool submission_hand_in(struct submission *submission, struct engine *engine, const char *parent,
                        const struct edit *edit, int64_t *job, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct request request = { .kind = REQUEST_SUBMIT, .row = &row, .edit = edit };
    bool is_ok = fill_row(submission, engine_env(engine), parent, &row, err);

    if (!is_ok)
        return false;
    request.spec = submission->spec;
    submission->spec = NULL;
    is_ok = engine_ask(engine, &request, err);
    job_row_clear(&row);
    *job = request.job;
    return is_ok;
}
