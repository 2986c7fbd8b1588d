#include "engine/spec/pipeline_spec.h"

#include "assay/utf8.h"
#include "assay/value.h"
#include "engine/spec/messages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct field pipeline_fields[] = {
    { .name = "displayName",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct pipeline_spec, display_name) },
    { .name = "inputDataConfig", .kind = FIELD_ANY },
    { .name = "trainingTaskDefinition",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct pipeline_spec, definition) },
    { .name = "trainingTaskInputs", .kind = FIELD_ANY },
    { .name = "modelToUpload", .kind = FIELD_ANY },
    { .name = "modelId", .kind = FIELD_TEXT, .at = FIELD_AT(struct pipeline_spec, model_id) },
    { .name = "parentModel",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct pipeline_spec, parent_model) },
    { .name = "labels", .kind = FIELD_CUSTOM, .read = labels_read },
    { .name = "encryptionSpec", .kind = FIELD_MESSAGE, .message = &encryption_message },
    { .name = "assay", .kind = FIELD_ANY },
    { .name = "trainingTaskMetadata", .kind = FIELD_IGNORED },
    { .name = "name", .kind = FIELD_IGNORED },
    { .name = "state", .kind = FIELD_IGNORED },
    { .name = "createTime", .kind = FIELD_IGNORED },
    { .name = "startTime", .kind = FIELD_IGNORED },
    { .name = "endTime", .kind = FIELD_IGNORED },
    { .name = "updateTime", .kind = FIELD_IGNORED },
    { .name = "error", .kind = FIELD_IGNORED },
};

static const struct message pipeline_message = { MESSAGE_FIELDS(pipeline_fields) };

/* Of the tuning task; what else a HyperparameterTuningJob has is the pipeline's. */
static const char *const tuning_inputs[] = { "studySpec",           "trialJobSpec",
                                             "maxTrialCount",       "parallelTrialCount",
                                             "maxFailedTrialCount", "labels" };

enum { TUNING_INPUTS = sizeof tuning_inputs / sizeof tuning_inputs[0], KEY_SIZE = 128 };

bool pipeline_spec_is(const cJSON *root)
{
    return cJSON_IsObject(root) && (fields_member(root, "trainingTaskDefinition") ||
                                    cJSON_GetObjectItemCaseSensitive(root, "trainingTaskInputs") ||
                                    fields_member(root, "trainingTaskInputs"));
}

static bool is_tuning_input(const char *key)
{
    char camel[KEY_SIZE];

    (void)fields_camel(key, camel, sizeof camel);
    for (size_t i = 0; i < TUNING_INPUTS; i++)
        if (strcmp(camel, tuning_inputs[i]) == 0)
            return true;
    return false;
}

static void check_tuning_inputs(struct fields *fields, const cJSON *inputs)
{
    const cJSON *member = NULL;
    char hint[FIELDS_TEXT_MAX];
    char camel[KEY_SIZE];

    cJSON_ArrayForEach(member, inputs)
    {
        size_t here = 0;

        if (is_tuning_input(member->string))
            continue;
        here = fields_enter_key(fields, member->string);
        (void)fields_suggest(fields_camel(member->string, camel, sizeof camel), tuning_inputs,
                             TUNING_INPUTS, hint);
        fields_fault(fields, member, NULL, "unknown field%s", hint);
        fields_leave(fields, here);
    }
}

/* Whether it is one that runs here. */
static bool read_definition(struct fields *fields, const cJSON *root, struct pipeline_spec *spec)
{
    const char *definition = spec->definition;

    fields_require(fields, root, "trainingTaskDefinition");
    if (!definition || !*definition)
        return false;
    spec->kind = strcmp(definition, PIPELINE_TUNING_TASK) == 0 ? JOB_TUNING : JOB_CUSTOM;
    if (spec->kind == JOB_TUNING || strcmp(definition, PIPELINE_CUSTOM_TASK) == 0)
        return true;
    fields_fault(fields, root, "trainingTaskDefinition",
                 "\"%.200s\" is not a task that runs here: there are \"%s\" and \"%s\"", definition,
                 PIPELINE_CUSTOM_TASK, PIPELINE_TUNING_TASK);
    return false;
}

/* Whether they are an object. is_known: whose inputs they are. */
static bool read_inputs(struct fields *fields, const cJSON *root, bool is_known,
                        struct pipeline_spec *spec)
{
    size_t here = fields_enter(fields, "trainingTaskInputs");
    bool is_object = false;

    spec->inputs = fields_member(root, "trainingTaskInputs");
    if (!spec->inputs)
        fields_fault(fields, root, NULL, "is required");
    else
        is_object = fields_expect_object(fields, spec->inputs);
    if (is_object && is_known && spec->kind == JOB_TUNING)
        check_tuning_inputs(fields, spec->inputs);
    fields_leave(fields, here);
    return is_object;
}

static const cJSON *read_object(struct fields *fields, const cJSON *root, const char *name)
{
    const cJSON *member = fields_member(root, name);
    size_t here = fields_enter(fields, name);
    bool is_object = !member || fields_expect_object(fields, member);

    fields_leave(fields, here);
    return is_object ? member : NULL;
}

static void read_model(struct fields *fields, const cJSON *root, struct pipeline_spec *spec)
{
    const cJSON *uri = NULL;

    spec->model = read_object(fields, root, "modelToUpload");
    uri = fields_member(spec->model, "artifactUri");
    if (cJSON_IsString(uri) && *uri->valuestring)
        spec->artifact_uri = uri;
    if (!spec->model && spec->model_id && *spec->model_id)
        fields_fault(fields, root, "modelId", "is the id of a model_to_upload, and there is none");
    if (!spec->model && spec->parent_model && *spec->parent_model)
        fields_fault(fields, root, "parentModel",
                     "is the parent of a model_to_upload, and there is none");
}

static void read_name(struct fields *fields, const cJSON *root, bool must_be_named,
                      struct pipeline_spec *spec)
{
    const char *name = spec->display_name;

    if (must_be_named)
        fields_require(fields, root, "displayName");
    if (name && utf8_count(name, strlen(name)) > DISPLAY_NAME_MAX)
        fields_fault(fields, root, "displayName", "has more than %d characters", DISPLAY_NAME_MAX);
    if (name && *name)
        return;
    free(spec->display_name);
    spec->display_name = fields_copy(fields, "training-pipeline");
}

/* What proto3 drops is absence. */
static void drop_empty(char **text)
{
    if (*text && !**text) {
        free(*text);
        *text = NULL;
    }
}

static void read_members(struct fields *fields, const cJSON *root, bool must_be_named,
                         struct pipeline_spec *spec)
{
    bool is_known = false;

    read_name(fields, root, must_be_named, spec);
    is_known = read_definition(fields, root, spec);
    spec->has_task = read_inputs(fields, root, is_known, spec) && is_known;
    spec->data_config = read_object(fields, root, "inputDataConfig");
    (void)read_object(fields, root, "assay");
    read_model(fields, root, spec);
    drop_empty(&spec->model_id);
    drop_empty(&spec->parent_model);
}

struct pipeline_spec *pipeline_spec_read(const cJSON *root, bool must_be_named,
                                         struct assay_faults *faults)
{
    struct fields *fields = calloc(1, sizeof *fields);
    struct pipeline_spec *spec = calloc(1, sizeof *spec);
    /* As some clients send a resource without members. */
    bool is_nothing = cJSON_IsString(root) && !*root->valuestring;
    bool is_read = fields && spec;

    if (is_read) {
        fields->faults = faults;
        if (!is_nothing)
            fields_read(fields, root, &pipeline_message, spec);
        if (is_nothing || cJSON_IsObject(root))
            read_members(fields, root, must_be_named, spec);
        is_read = !fields->is_short_of_memory;
    }
    free(fields);
    if (is_read)
        return spec;
    pipeline_spec_free(spec);
    return NULL;
}

void pipeline_spec_free(struct pipeline_spec *spec)
{
    if (!spec)
        return;
    free(spec->display_name);
    free(spec->definition);
    free(spec->model_id);
    free(spec->parent_model);
    free(spec);
}

/* Puts child under key; takes it. False for lack of memory. */
static bool add(cJSON *parent, const char *key, cJSON *child)
{
    bool is_added = child && cJSON_AddItemToObject(parent, key, child);

    if (!is_added)
        cJSON_Delete(child);
    return is_added;
}

/* A copy of the member, where there is one. */
static bool add_member(cJSON *parent, const char *key, const cJSON *root)
{
    const cJSON *member = fields_member(root, key);

    return !member || add(parent, key, cJSON_Duplicate(member, true));
}

/* Of a document that is ours to change. */
static cJSON *own_member(cJSON *object, const char *name)
{
    return (cJSON *)(uintptr_t)fields_member(object, name);
}

/* Arguments that are numbers become text: Google's Python library takes numbers, and passes them on
 * among the inputs, which have no type. */
static bool spell_args(cJSON *task)
{
    cJSON *args = own_member(task, "args");
    const cJSON *arg = NULL;
    char text[ASSAY_NUMBER_TEXT];

    for (int i = 0; (arg = cJSON_GetArrayItem(args, i)); i++) {
        cJSON *spelt = NULL;

        if (!cJSON_IsNumber(arg))
            continue;
        spelt = cJSON_CreateString(assay_number_text(arg->valuedouble, text));
        if (!spelt || !cJSON_ReplaceItemInArray(args, i, spelt))
            return false;
    }
    return true;
}

static bool spell_pools(cJSON *run)
{
    cJSON *pool = NULL;

    cJSON_ArrayForEach(pool, own_member(run, "workerPoolSpecs"))
    {
        if (!spell_args(own_member(pool, "containerSpec")) ||
            !spell_args(own_member(pool, "pythonPackageSpec")))
            return false;
    }
    return true;
}

static bool add_inputs(cJSON *job, const struct pipeline_spec *spec)
{
    const cJSON *member = NULL;

    if (spec->kind == JOB_CUSTOM) {
        cJSON *run = cJSON_Duplicate(spec->inputs, true);

        return add(job, "jobSpec", run) && spell_pools(run);
    }
    cJSON_ArrayForEach(member, spec->inputs)
    {
        if (is_tuning_input(member->string) &&
            !add(job, member->string, cJSON_Duplicate(member, true)))
            return false;
    }
    return spell_pools(own_member(job, "trialJobSpec"));
}

static bool add_data(cJSON *block, const struct pipeline_job_facts *facts)
{
    cJSON *data = NULL;

    if (!facts->data_format)
        return true;
    cJSON_DeleteItemFromObjectCaseSensitive(block, "data");
    data = cJSON_AddObjectToObject(block, "data");
    return data && cJSON_AddStringToObject(data, "format", facts->data_format) &&
           cJSON_AddStringToObject(data, "uri", facts->data_uri);
}

/* As text, since a number has not all the digits. */
static bool add_seed(cJSON *block, const uint64_t *seed)
{
    char text[24];

    if (!seed || fields_member(block, "seed"))
        return true;
    cJSON_DeleteItemFromObjectCaseSensitive(block, "seed"); /* a null */
    (void)snprintf(text, sizeof text, "%" PRIu64, *seed);
    return cJSON_AddStringToObject(block, "seed", text) != NULL;
}

static bool add_block(cJSON *job, const cJSON *root, const struct pipeline_job_facts *facts)
{
    const cJSON *own = fields_member(root, "assay");
    cJSON *block = own ? cJSON_Duplicate(own, true) : cJSON_CreateObject();
    bool is_good = block && add_data(block, facts) && add_seed(block, facts->seed);

    if (is_good && block->child)
        return add(job, "assay", block);
    cJSON_Delete(block);
    return is_good;
}

cJSON *pipeline_job_document(const cJSON *root, const struct pipeline_spec *spec,
                             const struct pipeline_job_facts *facts)
{
    cJSON *job = cJSON_CreateObject();

    if (job && cJSON_AddStringToObject(job, "displayName", spec->display_name) &&
        add_inputs(job, spec) && add_member(job, "encryptionSpec", root) &&
        add_block(job, root, facts))
        return job;
    cJSON_Delete(job);
    return NULL;
}

char *pipeline_job_field(const struct pipeline_spec *spec, const char *field, char *text,
                         size_t size)
{
    static const char *const own[] = { "display_name", "encryption_spec", "assay" };
    static const char job_spec[] = "job_spec";

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        size_t length = strlen(own[i]);

        if (strncmp(field, own[i], length) == 0 && (!field[length] || field[length] == '.')) {
            (void)snprintf(text, size, "%s", field);
            return text;
        }
    }
    if (spec->kind == JOB_CUSTOM && strncmp(field, job_spec, strlen(job_spec)) == 0)
        (void)snprintf(text, size, "training_task_inputs%s", field + strlen(job_spec));
    else
        (void)snprintf(text, size, "training_task_inputs%s%s", *field ? "." : "", field);
    return text;
}
