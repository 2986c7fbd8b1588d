/*
 * engine/trial_command.h - a trial as what the launcher starts: job spec, configuration and point
 * in, a launch of all its replicas out. Pure but for trial_launch_make_dirs(); `assay check` shows
 * the same.
 */
#ifndef ENGINE_TRIAL_COMMAND_H
#define ENGINE_TRIAL_COMMAND_H

#include "engine/config/launcher_config.h"
#include "engine/paths.h"
#include "engine/store/store.h"
#include "launcher/command.h"
#include "launcher/launcher.h"

/* The most replicas of a trial: each is told of all the others, in one variable. */
enum { TRIAL_REPLICAS_MAX = 256 };

/* All borrowed. */
struct trial_command_input {
    const char *state_dir;
    const char *source_dir;
    const struct job_spec *spec;
    const struct launcher_config *config; /* NULL: the defaults */
    int64_t job;
    int64_t number;
    int attempt;
    const double *point;
    const struct command_pair *inherited;
    size_t inherited_count;
    const char *storage_url; /* of the storage API on this machine's loopback; NULL: none */
    const char *tag;         /* ASSAY_ATTEMPT: of replica 0; the others' begin with it */
    bool
        is_guarded; /* nothing of this machine is shown to containers but the trial's own folders */
};

/* Owns what launch points to: trial_launch_clear(). Not to be copied. */
struct trial_launch {
    struct launch launch;            /* ready for launcher_start() */
    struct launch_settings settings; /* what counts for the job; borrowed from spec and config */
    struct slurm_launch slurm;
    struct trial_replica *items;
    struct replica_launch *replicas;
    size_t count;
    char output_dir[PATH_TEXT]; /* on this machine, absolute, with no slash at its end */
    bool is_guarded;            /* as of the input */
};

/* Clear *out afterwards, also on failure. */
bool trial_launch_build(const struct trial_command_input *input, struct trial_launch *out,
                        struct assay_error *err);

/* The same without argv and envp, which are NULL: for launcher_adopt(). Of the input, point,
 * inherited and tag do not count. */
bool trial_launch_outline(const struct trial_command_input *input, struct trial_launch *out,
                          struct assay_error *err);

/* How many of the job's trials may be started beyond parallelTrialCount: Slurm has them wait. */
int64_t trial_ahead(const struct job_spec *spec, const struct launcher_config *config);

/* What Slurm is told by these settings, which are borrowed. */
struct slurm_launch trial_slurm_launch(const struct slurm_settings *settings);

/* NULL or a zeroed one is fine. */
void trial_launch_clear(struct trial_launch *trial);

/* Makes the folders that are the engine's to make and that its containers mount. */
bool trial_launch_make_dirs(const struct trial_launch *trial, struct assay_error *err);

/* The folder of replica r of an attempt: 0 has the attempt's own. Cut at PATH_TEXT; returns path.
 */
char *trial_replica_dir(const char *attempt_dir, enum replica_role role, int32_t index,
                        char path[PATH_TEXT]);

enum { LAUNCHER_WARNING_TEXT = 512 };

/* What is known of the machine that is to run a job. */
struct launcher_facts {
    /* Is there a container engine? *err tells how to come by one. Called only for jobs that need
     * it; NULL: there is. */
    bool (*has_container_engine)(void *context, struct assay_error *err);
    /* Can replicas that ask for this, all at once, ever be placed? *err says what the machine has;
     * warning, which is "" before, what they get less of. NULL: they can. */
    bool (*fits_ever)(void *context, const struct resources *requests, size_t count,
                      char warning[LAUNCHER_WARNING_TEXT], struct assay_error *err);
    void *context;
};

/*
 * What cannot run here, as faults, and what runs otherwise than one may expect, as notes. ASSAY_OK:
 * nothing; ASSAY_PRECONDITION: the document is right, and asks for what is not here; ASSAY_INVALID:
 * it could not run anywhere.
 */
enum assay_code trial_command_check(const struct trial_command_input *input,
                                    const struct launcher_facts *facts, struct assay_faults *faults,
                                    struct assay_faults *notes);

/* Does any of the job's replicas run straight on the machine, in no container? */
bool trial_command_is_on_host(const struct job_spec *spec, const struct launcher_config *config);

#endif
