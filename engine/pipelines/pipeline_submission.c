#include "engine/pipelines/pipeline_submission.h"

#include "engine/datasets/input_config.h"
#include "engine/datasets/pipeline_input.h"
#include "engine/models/model_upload.h"
#include "engine/pipelines/pipeline_runner.h"
#include "engine/spec/fields.h"
#include "engine/store/pipeline_rows.h"
#include "launcher/storage.h"

#include <stdlib.h>
#include <string.h>

/* Ten digits, as jobs have. */
#define PIPELINE_ID_MIN INT64_C(1000000000)
#define PIPELINE_ID_COUNT INT64_C(9000000000)

/* Where a fault's path leads to, for a person. */
static int line_of(const cJSON *document, const char *field)
{
    const cJSON *node = NULL;
    char path[1024];

    (void)snprintf(path, sizeof path, ".%s", field);
    node = fields_locate(document, path);
    return node == document ? 0 : json_line(node);
}

static void add_fault(struct pipeline_submission *s, const char *field, const char *message)
{
    assay_faults_add(&s->faults, line_of(s->document, field), field, "%s", message);
}

/* The other's faults are told as ours, by our paths. */
static void take_job_faults(struct pipeline_submission *s)
{
    for (size_t i = 0; i < s->job.faults.stored; i++) {
        const struct assay_fault *fault = &s->job.faults.items[i];
        char field[1024];

        add_fault(s, pipeline_job_field(s->spec, fault->field, field, sizeof field),
                  fault->message);
    }
    s->faults.is_short_of_memory = s->faults.is_short_of_memory || s->job.faults.is_short_of_memory;
}

bool pipeline_submission_job(const cJSON *document, const struct pipeline_spec *spec,
                             const struct pipeline_job_facts *facts,
                             const struct submission_text *like, const struct launch_place *place,
                             struct submission *job, char **text, struct assay_error *err)
{
    cJSON *tree = pipeline_job_document(document, spec, facts);
    struct submission_text job_text = { .format = DOCUMENT_JSON,
                                        .dir = like->dir,
                                        .is_emulated = like->is_emulated };

    *text = tree ? json_text(tree, 2) : NULL;
    cJSON_Delete(tree);
    if (!*text)
        return assay_fail_memory(err);
    job_text.document = *text;
    return submission_read(job, &job_text, place, err);
}

/* Stands for the folder of the data, whose name is not known before there is a pipeline. */
static char *data_outline(const cJSON *config)
{
    const cJSON *destination = fields_member(config, "gcsDestination");
    const char *prefix = fields_member_text(destination, "outputUriPrefix");
    const char *id = fields_member_text(config, "datasetId");
    char *text = NULL;
    size_t size = prefix ? strlen(prefix) : 0;

    if (!prefix || !id)
        return NULL;
    if (asprintf(&text, "%s%sdataset-%s", prefix, size && prefix[size - 1] == '/' ? "" : "/", id) <
        0)
        text = NULL;
    return text;
}

static bool read_job(struct pipeline_submission *s, const struct launch_place *place,
                     struct assay_error *err)
{
    char *outline = data_outline(s->spec->data_config);
    struct pipeline_job_facts facts = { .data_format = outline ? "csv" : NULL,
                                        .data_uri = outline };
    bool is_read = pipeline_submission_job(s->document, s->spec, &facts, &s->text, place, &s->job,
                                           &s->job_text, err);

    free(outline);
    if (is_read)
        take_job_faults(s);
    return is_read;
}

/* Whether the job names a folder for what it leaves; member is its part of the inputs, NULL for all
 * of them. Without a job, because of other faults, the document tells. */
static bool has_output(const struct pipeline_submission *s, const char *member)
{
    const cJSON *part = member ? fields_member(s->spec->inputs, member) : s->spec->inputs;

    if (!s->spec->has_task || (member && !part))
        return true; /* that is the fault */
    return s->job.spec ? s->job.spec->run.output_uri != NULL
                       : fields_member(part, "baseOutputDirectory") != NULL;
}

/* Where the model's files are to come from. */
static void check_source(struct pipeline_submission *s, const struct launch_place *place)
{
    char buckets[PATH_TEXT];
    struct assay_error why = { 0 };
    char *path = NULL;

    if (s->spec->kind == JOB_TUNING && !has_output(s, "trialJobSpec"))
        add_fault(s, "training_task_inputs.trial_job_spec.base_output_directory",
                  "is required: the model of a tuning task is that of its best trial, below this "
                  "folder");
    if (s->spec->kind == JOB_CUSTOM && s->spec->model && !s->spec->artifact_uri &&
        !has_output(s, NULL))
        add_fault(s, "training_task_inputs.base_output_directory",
                  "is required, since model_to_upload has no artifact_uri: one of the two tells "
                  "where the model will be");
    if (!s->spec->artifact_uri)
        return;
    (void)snprintf(buckets, sizeof buckets, "%s/buckets", place->state_dir);
    path = storage_path(s->spec->artifact_uri->valuestring, buckets, s->text.dir, &why);
    if (path && place->is_guarded && !storage_below(path, buckets))
        (void)assay_fail(&why, ASSAY_INVALID, NULL,
                         "this server reads models for others from buckets only (gs://…)");
    if (why.code != ASSAY_OK)
        add_fault(s, "model_to_upload.artifact_uri", why.message);
    free(path);
}

static void check_model(struct pipeline_submission *s, const struct pipeline_place *place)
{
    struct model_upload upload = { .parent = place->parent,
                                   .model = s->spec->model,
                                   .model_id = s->spec->model_id,
                                   .parent_model = s->spec->parent_model,
                                   .is_guarded = place->launch->is_guarded };

    if (s->spec->model && place->engine)
        model_upload_check(place->engine, &upload, "model_to_upload", &s->faults);
    else if (s->spec->model)
        model_upload_check_document(&upload, "model_to_upload", &s->faults);
}

static bool check_data(struct pipeline_submission *s, const struct pipeline_place *place,
                       struct assay_error *err)
{
    struct pipeline_input input = { .parent = place->parent,
                                    .config = s->spec->data_config,
                                    .source_dir = s->text.dir };

    if (!s->spec->data_config)
        return true;
    return place->engine ? pipeline_input_check(place->engine, &input, &s->faults, err)
                         : pipeline_input_check_config(s->spec->data_config, &s->faults, err);
}

/* Of faults that those who look things up have found, which know no text. */
static void find_lines(struct pipeline_submission *s)
{
    for (size_t i = 0; i < s->faults.stored; i++)
        if (s->faults.items[i].line == 0)
            s->faults.items[i].line = line_of(s->document, s->faults.items[i].field);
}

static bool is_out_of_memory(const struct assay_faults *faults, struct assay_error *err)
{
    return faults->is_short_of_memory && !assay_fail_memory(err);
}

bool pipeline_submission_read(struct pipeline_submission *s, const struct submission_text *text,
                              const struct pipeline_place *place, struct assay_error *err)
{
    s->text = *text;
    s->document = submission_document(text, &s->faults);
    if (!s->document)
        return !is_out_of_memory(&s->faults, err);
    /* The tree is ours; who looks a member up is only told of it as const. */
    if (!input_config_settle((cJSON *)(uintptr_t)fields_member(s->document, "inputDataConfig")))
        return assay_fail_memory(err);
    s->spec = pipeline_spec_read(s->document, place->must_be_named, &s->faults);
    if (!s->spec)
        return assay_fail_memory(err);
    if (s->spec->has_task && !read_job(s, place->launch, err))
        return false;
    check_source(s, place->launch);
    check_model(s, place);
    if (!check_data(s, place, err))
        return false;
    find_lines(s);
    s->is_unmet = s->job.is_unmet && s->faults.count == s->job.faults.count;
    return !is_out_of_memory(&s->faults, err) && !is_out_of_memory(&s->job.notes, err);
}

void pipeline_submission_clear(struct pipeline_submission *s)
{
    submission_clear(&s->job);
    pipeline_spec_free(s->spec);
    cJSON_Delete(s->document);
    free(s->job_text);
    assay_faults_clear(&s->faults);
    *s = (struct pipeline_submission){ 0 };
}

static bool insert(void *context, struct store *store, int64_t now_us, int64_t job,
                   struct assay_error *err)
{
    struct pipeline_row *row = context;

    (void)job;
    if (!store_pipeline_free_time(store, &now_us, err))
        return false;
    row->create_us = row->update_us = now_us;
    return store_pipeline_insert(store, row, err);
}

/* Until an id is found that nothing has. */
static bool store_row(struct engine *engine, struct pipeline_row *row, struct assay_error *err)
{
    const struct assay_env *env = engine_env(engine);
    const struct edit edit = { .apply = insert, .context = row };
    uint64_t random = 0;

    for (;;) {
        if (!env->entropy(env->context, &random, sizeof random))
            return assay_fail(err, ASSAY_INTERNAL, NULL, "the system gives no random numbers");
        row->id = PIPELINE_ID_MIN + (int64_t)(random % (uint64_t)PIPELINE_ID_COUNT);
        if (engine_edit(engine, &edit, err))
            return true;
        if (err->code != ASSAY_EXISTS)
            return false;
    }
}

/* What a job would be refused for by the engine is refused before anything is exported. */
static bool check_host(const struct pipeline_submission *s, struct engine *engine,
                       struct assay_error *err)
{
    const struct launch_place place = engine_place(engine);

    return !place.is_guarded || !trial_command_is_on_host(s->job.spec, place.config) ||
           assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "this server runs no commands straight on its machine for others; it would "
                      "when started with --allow-host");
}

bool pipeline_submission_hand_in(struct pipeline_submission *s, struct engine *engine,
                                 const char *parent, int64_t *id, struct assay_error *err)
{
    char *document = NULL;
    /* Borrowed, all of it: never to be cleared. */
    struct pipeline_row row = { .state = JOB_STATE_PENDING,
                                .seed = s->job.spec->assay.seed,
                                .display_name = s->spec->display_name,
                                .definition = s->spec->definition };
    bool is_ok =
        check_host(s, engine, err) &&
        (s->job.spec->assay.has_seed || submission_seed(engine_env(engine), &row.seed, err));
    char *owner = strdup(parent ? parent : STORE_PARENT_LOCAL);
    char *dir = strdup(s->text.dir);

    document = json_text(s->document, 0);
    row.parent = owner;
    row.source_dir = dir;
    row.document = document;
    if (is_ok)
        is_ok = (owner && dir && document) ? store_row(engine, &row, err) : assay_fail_memory(err);
    if (is_ok) {
        *id = row.id;
        pipeline_runner_watch(engine_pipelines(engine), row.id);
    }
    free(owner);
    free(dir);
    free(document);
    return is_ok;
}
