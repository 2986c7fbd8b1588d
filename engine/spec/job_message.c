#include "assay/utf8.h"
#include "engine/spec/job_document.h"
#include "engine/spec/messages.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 64, LABEL_TEXT_MAX = 64 };

/* Lowercase letters, digits, _ and -; a letter of another script is taken as it is. */
static bool is_label_text(const char *text, bool is_key)
{
    bool is_good = utf8_count(text, strlen(text)) <= LABEL_TEXT_MAX;

    if (is_key)
        is_good = is_good && ((*text >= 'a' && *text <= 'z') || (unsigned char)*text >= 0x80);
    for (; is_good && *text; text++)
        is_good = (*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9') ||
                  *text == '_' || *text == '-' || (unsigned char)*text >= 0x80;
    return is_good;
}

void labels_read(struct fields *fields, const cJSON *node, void *record)
{
    const cJSON *label = NULL;

    (void)record; /* they stay in the document */
    if (!fields_expect_object(fields, node))
        return;
    if (cJSON_GetArraySize(node) > LABELS_MAX)
        fields_fault(fields, node, NULL, "%d labels; %d are the most", cJSON_GetArraySize(node),
                     LABELS_MAX);
    cJSON_ArrayForEach(label, node)
    {
        size_t here = fields_enter_key(fields, label->string);
        const char *value = fields_text(fields, label); /* in a map, null is no value */

        if (!is_label_text(label->string, true))
            fields_fault(fields, label, NULL,
                         "a label's key is a lowercase letter, then lowercase letters, digits, _ "
                         "and -, at most %d in all",
                         LABEL_TEXT_MAX);
        if (value && !is_label_text(value, false))
            fields_fault(fields, label, NULL,
                         "a label's value is lowercase letters, digits, _ and -, at most %d",
                         LABEL_TEXT_MAX);
        fields_leave(fields, here);
    }
}

static const struct field encryption_fields[] = {
    { .name = "kmsKeyName", .kind = FIELD_TEXT },
};

const struct message encryption_message = { MESSAGE_FIELDS(encryption_fields) };

/* What stands beside the job's own content, whatever its kind. The rest is output only. */
static const struct field resource_fields[] = {
    { .name = "displayName", .kind = FIELD_TEXT, .at = FIELD_AT(struct job_spec, display_name) },
    { .name = "labels", .kind = FIELD_CUSTOM, .read = labels_read },
    { .name = "encryptionSpec", .kind = FIELD_MESSAGE, .message = &encryption_message },
    { .name = "assay",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct job_spec, assay),
      .message = &assay_message },
    { .name = "name", .kind = FIELD_IGNORED },
    { .name = "state", .kind = FIELD_IGNORED },
    { .name = "createTime", .kind = FIELD_IGNORED },
    { .name = "startTime", .kind = FIELD_IGNORED },
    { .name = "endTime", .kind = FIELD_IGNORED },
    { .name = "updateTime", .kind = FIELD_IGNORED },
    { .name = "error", .kind = FIELD_IGNORED },
    { .name = "trials", .kind = FIELD_IGNORED },
    { .name = "webAccessUris", .kind = FIELD_IGNORED },
    { .name = "satisfiesPzs", .kind = FIELD_IGNORED },
    { .name = "satisfiesPzi", .kind = FIELD_IGNORED },
};

static void resource_check(struct fields *fields, const cJSON *node, void *record)
{
    struct job_spec *spec = record;
    const char *name = spec->display_name;

    if (name && utf8_count(name, strlen(name)) > DISPLAY_NAME_MAX)
        fields_fault(fields, node, "displayName", "has more than %d characters", DISPLAY_NAME_MAX);
    if (!name || !*name) { /* gcloud gives it on its command line */
        free(spec->display_name);
        spec->display_name =
            fields_copy(fields, spec->kind == JOB_TUNING ? "tuning-job" : "custom-job");
    }
    assay_block_check(fields, fields_member(node, "assay"), spec);
}

const struct message resource_message = { MESSAGE_FIELDS(resource_fields),
                                          .check = resource_check };

static const struct field tuning_fields[] = {
    { .name = "studySpec",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct job_spec, study),
      .message = &study_message },
    { .name = "maxTrialCount",
      .kind = FIELD_COUNT,
      .at = FIELD_AT(struct job_spec, max_trial_count) },
    { .name = "parallelTrialCount",
      .kind = FIELD_COUNT,
      .at = FIELD_AT(struct job_spec, parallel_trial_count) },
    { .name = "maxFailedTrialCount",
      .kind = FIELD_COUNT,
      .at = FIELD_AT(struct job_spec, max_failed_trial_count) },
    { .name = "trialJobSpec", .kind = FIELD_MESSAGE, .at = FIELD_HERE, .message = &run_message },
};

static void count_check(struct fields *fields, const cJSON *node, const char *name, int64_t count,
                        int64_t most)
{
    if (count < 0)
        fields_fault(fields, node, name, "must be at least 1");
    if (count > most)
        fields_fault(fields, node, name, "%lld is too many; %lld are the most", (long long)count,
                     (long long)most);
}

static void counts_check(struct fields *fields, const cJSON *node, struct job_spec *spec)
{
    count_check(fields, node, "maxTrialCount", spec->max_trial_count, JOB_TRIALS_MAX);
    count_check(fields, node, "parallelTrialCount", spec->parallel_trial_count, JOB_PARALLEL_MAX);
    /* Proto3 drops zeros, so 0 is absence; and gcloud takes absence as 1. */
    if (spec->max_trial_count == 0)
        spec->max_trial_count = 1;
    if (spec->parallel_trial_count == 0)
        spec->parallel_trial_count = 1;
    if (spec->max_failed_trial_count < 0)
        fields_fault(fields, node, "maxFailedTrialCount", "must be at least 0");
    else if (spec->max_trial_count > 0 && spec->max_failed_trial_count > spec->max_trial_count)
        fields_fault(fields, node, "maxFailedTrialCount", "%lld is above max_trial_count, %lld",
                     (long long)spec->max_failed_trial_count, (long long)spec->max_trial_count);
}

void grid_check(struct fields *fields, const cJSON *node, const struct job_spec *spec)
{
    bool is_ours = spec->assay.algorithm != NULL;
    const cJSON *block = fields_member(node, is_ours ? "assay" : "studySpec");
    const struct search_space *space = spec->study.space;
    size_t here = 0;
    size_t i = 0;

    if (!space || strcmp(job_spec_algorithm(spec), "grid") != 0)
        return;
    while (i < space->param_count && space->params[i].type != PARAM_DOUBLE)
        i++;
    if (i == space->param_count)
        return;
    here = fields_enter(fields, is_ours ? "assay" : "studySpec");
    fields_fault(fields, block, "algorithm",
                 "a grid search cannot enumerate the DOUBLE parameter \"%.100s\": list its values "
                 "in a discrete_value_spec, or choose another algorithm",
                 space->params[i].id);
    fields_leave(fields, here);
}

static void tuning_check(struct fields *fields, const cJSON *node, void *record)
{
    struct job_spec *spec = record;

    fields_require(fields, node, "studySpec");
    fields_require(fields, node, "trialJobSpec");
    counts_check(fields, node, spec);
    grid_check(fields, node, spec);
}

static const struct field custom_fields[] = {
    { .name = "jobSpec", .kind = FIELD_MESSAGE, .at = FIELD_HERE, .message = &run_message },
};

static const struct message tuning_message = { MESSAGE_FIELDS(tuning_fields),
                                               .also = &resource_message, .check = tuning_check };
static const struct message custom_message = { MESSAGE_FIELDS(custom_fields),
                                               .also = &resource_message };

static const struct job_shape shapes[] = {
    { "studySpec", JOB_TUNING, &tuning_message },
    { "trialJobSpec", JOB_TUNING, &tuning_message },
    { "maxTrialCount", JOB_TUNING, &tuning_message },
    { "jobSpec", JOB_CUSTOM, &custom_message },
    { "workerPoolSpecs", JOB_CUSTOM, NULL },
};

enum { SHAPE_COUNT = sizeof shapes / sizeof shapes[0] };

/* None of the shapes: one fault that names them, at the key that looks like one of theirs. */
static void fault_shape(struct fields *fields, const cJSON *root)
{
    const char *names[SHAPE_COUNT];
    const cJSON *member = NULL;
    const cJSON *culprit = root;
    char camel[128];
    char hint[FIELDS_TEXT_MAX] = "";

    for (size_t i = 0; i < SHAPE_COUNT; i++)
        names[i] = shapes[i].name;
    cJSON_ArrayForEach(member, root)
    {
        if (*hint || !cJSON_IsObject(root))
            break;
        culprit = member;
        (void)fields_suggest(fields_camel(member->string, camel, sizeof camel), names, SHAPE_COUNT,
                             hint);
    }
    fields_fault(fields, *hint ? culprit : root, NULL,
                 "expected a HyperparameterTuningJob (studySpec, trialJobSpec), a CustomJob "
                 "(jobSpec), a CustomJobSpec (workerPoolSpecs) or a TrainingPipeline "
                 "(trainingTaskDefinition)%s%s%s%s",
                 *hint ? "; it has \"" : "", *hint ? culprit->string : "", *hint ? "\"" : "", hint);
}

const struct job_shape *job_shape_find(const cJSON *root)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        if (cJSON_IsObject(root) && fields_member(root, shapes[i].name))
            return &shapes[i];
    }
    return NULL;
}

static void read_job(struct fields *fields, const cJSON *root, struct job_spec *spec)
{
    const struct message bare = { .fields = run_message.fields,
                                  .field_count = run_message.field_count,
                                  .check = run_message.check,
                                  .also = &resource_message };
    const struct job_shape *shape = job_shape_find(root);

    if (!shape) {
        fault_shape(fields, root);
        return;
    }
    spec->kind = shape->kind;
    spec->run.timeout_us = TIMEOUT_DEFAULT_US;
    fields_read(fields, root, shape->message ? shape->message : &bare, spec);
    if (spec->kind == JOB_CUSTOM) {
        spec->max_trial_count = 1;
        spec->parallel_trial_count = 1;
    }
}

struct job_spec *job_spec_read(const cJSON *root, job_spec_reader read, struct assay_faults *faults,
                               struct assay_error *err)
{
    struct fields *fields = calloc(1, sizeof *fields);
    struct job_spec *spec = calloc(1, sizeof *spec);
    bool is_good = false;

    if (!fields || !spec) {
        (void)assay_fail_memory(err);
        goto out;
    }
    fields->faults = faults;
    spec->assay.grace_us = GRACE_DEFAULT_US;
    read(fields, root, spec);
    is_good = assay_faults_check(faults, err);
    if (fields->is_short_of_memory)
        is_good = assay_fail_memory(err);
out:
    free(fields);
    if (is_good)
        return spec;
    job_spec_free(spec);
    return NULL;
}

struct job_spec *job_spec_from_json(const cJSON *root, struct assay_faults *faults,
                                    struct assay_error *err)
{
    return job_spec_read(root, read_job, faults, err);
}
