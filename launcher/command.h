/*
 * launcher/command.h - from a job's spec and a suggestion to what exec needs, for one replica: argv
 * and environment. Pure: reads no clock, environment or file.
 */
#ifndef LAUNCHER_COMMAND_H
#define LAUNCHER_COMMAND_H

#include "launcher/cluster.h"

/* The metric file's place in an attempt's folder. */
#define COMMAND_METRIC_FILE "metrics/output.metrics"

struct command_pair {
    const char *name;
    const char *value;
};

/* All borrowed. Strings that may be absent are NULL. */
struct command_input {
    const char *const *command; /* containerSpec.command; its first word is the program */
    size_t command_count;
    bool has_entry_point; /* there is a program without a command: argv are its arguments */
    const char *const *args;
    size_t arg_count;
    const struct command_pair *parameters; /* active ones, appended as --name=value */
    size_t parameter_count;
    const struct command_pair *env; /* the document's, in order; later ones see earlier ones */
    size_t env_count;
    const struct command_pair *inherited; /* the engine's own environment: lowest precedence */
    size_t inherited_count;
    struct cluster cluster; /* its trial is trial_id */

    const char *job_id;      /* CLOUD_ML_JOB_ID: of the trial's custom job */
    const char *trial_id;    /* "7"; NULL for a plain custom job */
    const char *project;     /* CLOUD_ML_PROJECT_ID */
    const char *region;      /* CLOUD_ML_REGION */
    const char *metric_tag;  /* CLOUD_ML_HP_METRIC_TAG: the objective's id */
    const char *storage_url; /* STORAGE_EMULATOR_HOST and its kin, where inherited says nothing of
                                them; NULL sets none */
    const char *source_dir;  /* ASSAY_SOURCE_DIR: the folder of the document */
    const char *output_dir;  /* absolute, without trailing slash: AIP_MODEL_DIR is
                                <output_dir>/model/ and so on; NULL sets none of them */
    const char *data_format; /* AIP_DATA_FORMAT: "csv"; NULL: there is no data set */
    const char *data_dir;    /* absolute: AIP_TRAINING_DATA_URI is
                                <data_dir>/training-*.<data_format>, and so on */
    const char *attempt_dir; /* the replica's own, absolute: metric file, logs and work/ */
    const char *attempt_tag; /* ASSAY_ATTEMPT: unique in time and on this machine */
};

/* Owns its strings: command_clear(). */
struct command {
    char **argv; /* NULL-terminated */
    char **envp; /* NULL-terminated, names unique */
};

/*
 * The environment is the inherited one without what only a service sets and an outer job may have
 * left there (CLOUD_ML_JOB_ID, AIP_MODEL_DIR, CLUSTER_SPEC, …: command.c lists them), then the
 * service's variables, then the document's in their order. The document cannot set
 * CLOUD_ML_HP_METRIC_FILE, ASSAY_ATTEMPT and ASSAY_ATTEMPT_DIR, which must differ from trial to
 * trial: such entries are passed over. PYTHONUNBUFFERED is 1 unless set.
 *
 * $(NAME) in command, args and env values is replaced from the environment built so far, $$(NAME)
 * stays as the text $(NAME), an unknown name stays as it is. CLUSTER_SPEC is always there; a
 * replica that is not alone also has TF_CONFIG, MASTER_ADDR and MASTER_PORT, and if it trains RANK,
 * WORLD_SIZE and LOCAL_RANK (which is 0: each replica is a machine of its own). Late words stay in
 * them. ASSAY_INVALID without a command or an entry point.
 */
bool command_build(const struct command_input *input, struct command *command,
                   struct assay_error *err);
void command_clear(struct command *command);

#endif
