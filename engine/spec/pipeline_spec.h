/*
 * engine/spec/pipeline_spec.h - a TrainingPipeline as a document: what is its own, and the job
 * inside it, as a document of its own.
 *
 * trainingTaskInputs is an untyped value: of the custom task a CustomJobSpec, of the tuning task
 * the content of a HyperparameterTuningJob, in either spelling, with floats for whole numbers and
 * nulls, as clients send it. It becomes the document of an ordinary job (pipeline_job_document()),
 * whose faults are then told by the paths that they have in the pipeline.
 */
#ifndef ENGINE_SPEC_PIPELINE_SPEC_H
#define ENGINE_SPEC_PIPELINE_SPEC_H

#include "assay/json.h"
#include "engine/spec/job_spec.h"

/* The literal URIs of trainingTaskDefinition. */
#define PIPELINE_CUSTOM_TASK                                                                       \
    "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml"
#define PIPELINE_TUNING_TASK                                                                       \
    "gs://google-cloud-aiplatform/schema/trainingjob/definition/"                                  \
    "hyperparameter_tuning_task_1.0.0.yaml"

struct pipeline_spec {
    bool has_task;      /* its definition is known and its inputs are there: there is a job in it */
    enum job_kind kind; /* of the backing job: JOB_CUSTOM or JOB_TUNING */
    char *display_name; /* never NULL */
    char *definition;   /* NULL where absent */
    char *model_id;     /* NULL where absent */
    char *parent_model; /* NULL where absent */

    /* Borrowed from the document; NULL where absent. */
    const cJSON *inputs;       /* trainingTaskInputs: an object */
    const cJSON *data_config;  /* inputDataConfig */
    const cJSON *model;        /* modelToUpload */
    const cJSON *artifact_uri; /* of that: a text that is not empty */
};

/* Whether a document is one, by what its first level has. */
bool pipeline_spec_is(const cJSON *root);

/*
 * Every fault is added to *faults, but for those of the job, the data and the model, which others
 * look for. must_be_named: displayName is required, as over REST; else it becomes
 * "training-pipeline". Also where there are faults, what could be read is returned, so that others
 * find theirs; NULL for lack of memory only.
 */
struct pipeline_spec *pipeline_spec_read(const cJSON *root, bool must_be_named,
                                         struct assay_faults *faults);
void pipeline_spec_free(struct pipeline_spec *spec); /* NULL is fine */

/* What the backing job is told beyond its own document. */
struct pipeline_job_facts {
    const uint64_t *seed;    /* of the job, unless the document has one; NULL: none */
    const char *data_format; /* "csv"; NULL: there is no data set */
    const char *data_uri;
};

/*
 * The backing job: a CustomJob or a HyperparameterTuningJob with the pipeline's name, encryption
 * and assay: block, of a tuning job the labels among the inputs. The caller owns it; NULL for lack
 * of memory.
 */
cJSON *pipeline_job_document(const cJSON *root, const struct pipeline_spec *spec,
                             const struct pipeline_job_facts *facts);

/* A field of the backing job by its path in the pipeline:
 * "training_task_inputs.worker_pool_specs[0].replica_count". Cut at size; returns text. */
char *pipeline_job_field(const struct pipeline_spec *spec, const char *field, char *text,
                         size_t size);

#endif
