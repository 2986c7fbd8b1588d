/* TrainingPipelines as documents, and the jobs inside them. */

#include "engine/spec/fields.h"
#include "engine/spec/pipeline_spec.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUSTOM "trainingTaskDefinition: " PIPELINE_CUSTOM_TASK "\n"
#define TUNING "trainingTaskDefinition: " PIPELINE_TUNING_TASK "\n"
#define POOLS "workerPoolSpecs: [{containerSpec: {imageUri: 'host:', command: [x]}}]"

/* A pipeline with the document it borrows from. */
struct reading {
    cJSON *root;
    struct assay_faults faults;
    struct pipeline_spec *spec;
};

static struct reading read_as(const char *text, bool must_be_named)
{
    struct reading r = { .root = document_of(text) };

    r.spec = pipeline_spec_read(r.root, must_be_named, &r.faults);
    cr_assert(r.spec != NULL);
    return r;
}

static struct reading read_text(const char *text)
{
    return read_as(text, false);
}

static void reading_clear(struct reading *r)
{
    pipeline_spec_free(r->spec);
    assay_faults_clear(&r->faults);
    cJSON_Delete(r->root);
}

/* The one fault of a text. */
static void assert_refused(const char *text, const char *field, const char *words)
{
    struct reading r = read_text(text);

    cr_assert(eq(sz, r.faults.count, 1), "%zu faults in %s", r.faults.count, text);
    cr_assert_str_eq(r.faults.items[0].field, field);
    cr_assert(strstr(r.faults.items[0].message, words) != NULL, "%s", r.faults.items[0].message);
    reading_clear(&r);
}

/* The backing job's document as JSON; the caller frees it. */
static char *job_text(const struct reading *r, const struct pipeline_job_facts *facts)
{
    cJSON *job = pipeline_job_document(r->root, r->spec, facts);
    char *text = json_text(job, 0);

    cJSON_Delete(job);
    cr_assert(text != NULL);
    return text;
}

Test(pipeline_spec, a_document_is_one_by_its_task)
{
    cJSON *job = document_of(STUDY RUN);
    cJSON *null_inputs = document_of("trainingTaskInputs: null");
    struct reading r = read_text(CUSTOM "training_task_inputs: {" POOLS "}");

    cr_assert(pipeline_spec_is(r.root));
    cr_assert(pipeline_spec_is(null_inputs));
    cr_assert(not(pipeline_spec_is(job)));
    cr_assert(not(pipeline_spec_is(NULL)));
    cJSON_Delete(null_inputs);
    cJSON_Delete(job);
    reading_clear(&r);
}

Test(pipeline_spec, the_inputs_of_a_custom_task_become_a_custom_job)
{
    struct reading r = read_text(CUSTOM "displayName: p\nlabels: {a: b}\n"
                                        "trainingTaskInputs: {worker_pool_specs: [{replica_count: "
                                        "1.0, machine_spec: null}]}");
    const struct pipeline_job_facts none = { 0 };
    char *text = job_text(&r, &none);

    cr_assert(eq(sz, r.faults.count, 0));
    cr_assert(r.spec->has_task);
    cr_assert_str_eq(text, "{\"displayName\":\"p\",\"jobSpec\":{\"worker_pool_specs\":[{"
                           "\"replica_count\":1,\"machine_spec\":null}]}}");
    free(text);
    reading_clear(&r);
}

Test(pipeline_spec, the_inputs_of_a_tuning_task_become_a_tuning_job_with_their_labels)
{
    struct reading r = read_text(
        TUNING "trainingTaskInputs: {max_trial_count: 3, labels: {x: y}, study_spec: {}}\n"
               "assay: {onHost: true}");
    uint64_t seed = UINT64_C(18446744073709551615);
    const struct pipeline_job_facts facts = { .seed = &seed,
                                              .data_format = "csv",
                                              .data_uri = "gs://b/d" };
    char *text = job_text(&r, &facts);

    cr_assert(eq(sz, r.faults.count, 0));
    cr_assert_str_eq(text, "{\"displayName\":\"training-pipeline\",\"max_trial_count\":3,"
                           "\"labels\":{\"x\":\"y\"},\"study_spec\":{},\"assay\":{\"onHost\":true,"
                           "\"data\":{\"format\":\"csv\",\"uri\":\"gs://b/d\"},"
                           "\"seed\":\"18446744073709551615\"}}");
    free(text);
    reading_clear(&r);
}

Test(pipeline_spec, a_seed_of_the_document_stays)
{
    struct reading r = read_text(CUSTOM "trainingTaskInputs: {}\nassay: {seed: 7}");
    uint64_t seed = 8;
    const struct pipeline_job_facts facts = { .seed = &seed };
    char *text = job_text(&r, &facts);

    cr_assert(strstr(text, "\"seed\":7") != NULL);
    free(text);
    reading_clear(&r);
}

Test(pipeline_spec, what_is_required_is_named)
{
    struct reading r = read_as("\"\"", true);

    cr_assert(eq(sz, r.faults.count, 3));
    cr_assert_str_eq(r.faults.items[0].field, "display_name");
    cr_assert_str_eq(r.faults.items[1].field, "training_task_definition");
    cr_assert_str_eq(r.faults.items[2].field, "training_task_inputs");
    reading_clear(&r);
    assert_refused(CUSTOM "trainingTaskInputs: null", "training_task_inputs", "is required");
    assert_refused("trainingTaskInputs: {}", "training_task_definition", "is required");
    /* Whose inputs these are is not known: the fault is one. */
    assert_refused("trainingTaskInputs: {" POOLS "}", "training_task_definition", "is required");
}

Test(pipeline_spec, other_tasks_and_shapes_are_refused)
{
    assert_refused("trainingTaskDefinition: gs://google-cloud-aiplatform/schema/trainingjob/"
                   "definition/automl_tabular_1.0.0.yaml\ntrainingTaskInputs: {}",
                   "training_task_definition", "not a task that runs here");
    assert_refused(CUSTOM "trainingTaskInputs: []", "training_task_inputs", "an object");
    assert_refused(CUSTOM "trainingTaskInputs: {}\nmodelToUpload: x", "model_to_upload",
                   "an object");
    assert_refused(CUSTOM "trainingTaskInputs: {}\ninputDataConfig: [1]", "input_data_config",
                   "an object");
    assert_refused("[1]", "", "an object");
}

Test(pipeline_spec, a_model_id_without_a_model_is_a_fault)
{
    assert_refused(CUSTOM "trainingTaskInputs: {}\nmodelId: m", "model_id", "there is none");
    assert_refused(CUSTOM "trainingTaskInputs: {}\nparentModel: m", "parent_model",
                   "there is none");
}

Test(pipeline_spec, arguments_that_are_numbers_become_text_in_the_job_only)
{
    static const char pools[] = "worker_pool_specs: [{containerSpec: {imageUri: 'host:', "
                                "args: [--n, 3.0, 0.5]}}]";
    struct pipeline_job_facts none = { 0 };
    char text[512];

    for (int is_tuning = 0; is_tuning < 2; is_tuning++) {
        struct reading r = { 0 };
        char *job = NULL;

        (void)snprintf(text, sizeof text, "%strainingTaskInputs: {%s%s%s}",
                       is_tuning ? TUNING : CUSTOM, is_tuning ? "trialJobSpec: {" : "", pools,
                       is_tuning ? "}" : "");
        r = read_text(text);
        job = job_text(&r, &none);
        cr_assert(strstr(job, "[\"--n\",\"3\",\"0.5\"]") != NULL, "%s", job);
        free(job);
        job = json_text(r.root, 0);
        cr_assert(strstr(job, "[\"--n\",3,0.5]") != NULL, "%s", job);
        free(job);
        reading_clear(&r);
    }
}

Test(pipeline_spec, inputs_of_a_tuning_task_have_no_members_of_the_pipeline)
{
    assert_refused(TUNING "trainingTaskInputs: {displayName: x}",
                   "training_task_inputs.displayName", "unknown field");
    assert_refused(TUNING "trainingTaskInputs: {max_trail_count: 2}",
                   "training_task_inputs.max_trail_count", "did you mean");
}

Test(pipeline_spec, faults_of_the_job_are_told_by_their_place_in_the_pipeline)
{
    struct pipeline_spec custom = { .kind = JOB_CUSTOM };
    struct pipeline_spec tuning = { .kind = JOB_TUNING };
    char text[96];

    cr_assert_str_eq(
        pipeline_job_field(&custom, "job_spec.worker_pool_specs[0].x", text, sizeof text),
        "training_task_inputs.worker_pool_specs[0].x");
    cr_assert_str_eq(pipeline_job_field(&tuning, "study_spec.metrics", text, sizeof text),
                     "training_task_inputs.study_spec.metrics");
    cr_assert_str_eq(pipeline_job_field(&tuning, "assay.seed", text, sizeof text), "assay.seed");
    cr_assert_str_eq(pipeline_job_field(&custom, "display_name", text, sizeof text),
                     "display_name");
    cr_assert_str_eq(pipeline_job_field(&custom, "", text, sizeof text), "training_task_inputs");
}
