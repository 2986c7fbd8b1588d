/*
 * engine/spec/messages.h - the tables of a job's messages, for job_message.c to begin with.
 *
 * Each family of messages has its own file: study_message.c, parameter_message.c, run_message.c,
 * pool_message.c, assay_message.c, launch_message.c. What a table reads goes into the records of
 * job_spec.h.
 */
#ifndef ENGINE_SPEC_MESSAGES_H
#define ENGINE_SPEC_MESSAGES_H

#include "engine/spec/fields.h"
#include "engine/spec/job_spec.h"

enum { DISPLAY_NAME_MAX = 128, ENV_MAX = 100, ARGS_TEXT_MAX = 100000, POOLS_MAX = 4 };

#define US_PER_SECOND INT64_C(1000000)
#define TIMEOUT_DEFAULT_US (INT64_C(7) * 24 * 3600 * US_PER_SECOND)
#define GRACE_DEFAULT_US (10 * US_PER_SECOND)

extern const struct message study_message;     /* StudySpec → struct study_spec */
extern const struct message parameter_message; /* ParameterSpec; records of its file's own */
extern const struct message run_message;       /* CustomJobSpec → struct job_spec, its run */
extern const struct message pool_message;      /* WorkerPoolSpec → struct worker_pool_spec */
extern const struct message env_message;       /* EnvVar → struct env_var */
extern const struct message assay_message;     /* the assay: block → struct assay_block */

/*
 * What a document's assay: block and the configuration both have, → struct launch_settings: for the
 * `also` of messages whose records begin with one.
 */
extern const struct message launch_message;

/* What stands beside a job's own content: displayName, labels, assay, … */
extern const struct message resource_message; /* → struct job_spec */

/* Of those: what a TrainingPipeline has as well. Labels stay in the document. */
void labels_read(struct fields *fields, const cJSON *node, void *record);
extern const struct message encryption_message;

/* How a document is to be read, by what its first level has; NULL when that is no job. */
struct job_shape {
    const char *name; /* of the member that tells */
    enum job_kind kind;
    const struct message *message; /* of the document; NULL: a CustomJobSpec beside the resource */
};

const struct job_shape *job_shape_find(const cJSON *root);

/* A document as a typed spec, by what reads its members into a record of defaults; as
 * job_spec_from_json(). */
typedef void (*job_spec_reader)(struct fields *fields, const cJSON *root, struct job_spec *spec);
struct job_spec *job_spec_read(const cJSON *root, job_spec_reader read, struct assay_faults *faults,
                               struct assay_error *err);

/*
 * A number of bytes, or a text such as "512M" or "2G" (powers of 1024), of at least 1. False after
 * a fault.
 */
bool size_read(struct fields *fields, const cJSON *node, int64_t *bytes);

/* Reads StudySpec.parameters into the search space of record, a struct study_spec. */
void parameters_read(struct fields *fields, const cJSON *node, void *record);

/* A fault unless name can be an environment variable's: [A-Za-z_][A-Za-z0-9_]*. */
void env_name_check(struct fields *fields, const cJSON *node, const char *member, const char *name);

/* Faults where the rule's max_step_count and min_step_count (of node) cannot be. */
void stopping_steps_check(struct fields *fields, const cJSON *node,
                          const struct stopping_rule_spec *rule);

/* A grid has no points on a DOUBLE's range. node is the job's, or the study's. */
void grid_check(struct fields *fields, const cJSON *node, const struct job_spec *spec);

/* What the assay: block (node, which may be NULL) says of things elsewhere in the job. */
void assay_block_check(struct fields *fields, const cJSON *node, struct job_spec *spec);

/* Frees what the records own. */
void env_clear(struct env_var *env, size_t count);

#endif
