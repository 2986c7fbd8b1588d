/*
 * engine/spec/job_spec.h - a job document as typed records.
 *
 * One struct job_spec stands for any kind of job: a HyperparameterTuningJob (a study over trials),
 * a CustomJob (one run: no study, no parameters) or a Study (no run). Owns all it points to;
 * immutable once read, so any thread may read it.
 */
#ifndef ENGINE_SPEC_JOB_SPEC_H
#define ENGINE_SPEC_JOB_SPEC_H

#include "assay/error.h"
#include "engine/spec/launch_settings.h"
#include "metrics/measurement.h"
#include "metrics/series.h"
#include "search/search_space.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The most trials of a job: a trial's row id (store/store.h) has eight digits for its number; and
 * the most at a time, far above the processes that a machine can hold.
 */
enum { JOB_TRIALS_MAX = 99999999, JOB_PARALLEL_MAX = 100000 };

/* Stored by number: only append. JOB_STUDY: its trials run elsewhere, at its clients. */
enum job_kind { JOB_TUNING, JOB_CUSTOM, JOB_STUDY };

enum algorithm { ALGORITHM_DEFAULT = 0, ALGORITHM_GRID = 2, ALGORITHM_RANDOM = 3 };

/* Which trials are stopped early; search/stopper.h has the rules. The last one is ours. */
enum stopping_rule {
    STOPPING_NONE,
    STOPPING_DECAY_CURVE,
    STOPPING_MEDIAN,
    STOPPING_CONVEX,
    STOPPING_HALVING,
};

struct env_var {
    char *name;
    char *value;
};

/* StudyTimeConstraint: 0 where that member is absent. */
struct time_constraint {
    bool is_set;
    int64_t max_duration_us;
    int64_t end_time_us; /* wall clock */
};

/* studyStoppingConfig; has_ members tell presence. */
struct stopping_config {
    bool is_set;
    bool has_should_stop_asap, should_stop_asap;
    struct time_constraint minimum_runtime;
    struct time_constraint maximum_runtime;
    bool has_min_num_trials, has_max_num_trials, has_max_num_trials_no_progress;
    int32_t min_num_trials, max_num_trials, max_num_trials_no_progress;
    bool has_max_duration_no_progress;
    int64_t max_duration_no_progress_us;
};

/*
 * What a stopping rule goes by; members that its message lacks are 0. Where use_elapsed_duration is
 * set, step counts are seconds.
 */
struct stopping_rule_spec {
    bool use_elapsed_duration;
    int64_t max_step_count; /* convex, halving: 0 where it is to be learnt */
    int64_t min_step_count; /* convex: 0 for a tenth of the former; halving: the first rung, 0: 1 */
    int64_t min_measurement_count;      /* convex: 0 for 5 */
    char *learning_rate_parameter_name; /* convex: NULL for none; it may name no parameter */
    bool has_update_all_stopped_trials, update_all_stopped_trials; /* convex */
    double eta;                                                    /* halving: 0 for 3 */
};

struct study_spec {
    struct metric_spec *metrics;
    size_t metric_count;
    struct search_space *space;
    enum algorithm algorithm;
    enum measurement_selection selection;
    int observation_noise;            /* the API's number */
    enum stopping_rule stopping_rule; /* of the study's message, else of the assay: block */
    struct stopping_rule_spec stopping_rule_spec;
    struct stopping_config stopping;
};

struct container_spec {
    char *image_uri;
    struct text_list command;
    struct text_list args;
    struct env_var *env;
    size_t env_count;
};

struct package_spec { /* PythonPackageSpec */
    char *executor_image_uri;
    struct text_list package_uris;
    char *python_module;
    struct text_list args;
    struct env_var *env;
    size_t env_count;
};

enum accelerator { ACCELERATOR_NONE, ACCELERATOR_GPU, ACCELERATOR_TPU };

struct machine_spec {
    char *machine_type; /* NULL where absent */
    enum accelerator accelerator;
    int32_t accelerator_count;
};

struct worker_pool_spec {
    bool is_empty; /* a skipped pool: {} */
    bool has_container;
    struct container_spec container;
    bool has_python_package;
    struct package_spec package;
    struct machine_spec machine;
    int64_t replica_count; /* at least 1; 0 in a skipped pool */
};

struct run_spec { /* CustomJobSpec: jobSpec of a custom job, trialJobSpec of a tuning job */
    struct worker_pool_spec *pools;
    size_t pool_count;
    char *output_uri;   /* baseOutputDirectory.outputUriPrefix as written, NULL where absent */
    int64_t timeout_us; /* the default of 7 days filled in */
    bool disable_retries;
    bool has_web_access;             /* enableWebAccess */
    bool restarts_on_worker_restart; /* all replicas, when one was; never with disable_retries */
};

/* The `assay:` block: ours. */
struct assay_block {
    struct launch_settings launch; /* first, as launch_message wants it */
    bool has_seed;
    uint64_t seed;
    bool on_host;
    char *algorithm; /* NULL: by study_spec.algorithm */
    struct env_var *env;
    size_t env_count;
    char **metric_regex;              /* per metric of the study, NULL for none; or NULL */
    int64_t memory_bytes;             /* 0: no limit */
    int64_t grace_us;                 /* default 10 s */
    enum stopping_rule stopping_rule; /* as in the study, which has it too */
    struct stopping_rule_spec stopping_rule_spec;
    double gpu_share; /* of each GPU that a replica asks for, above 0 and at most 1; 0: all of it */
    char *data_format; /* "csv", "jsonl": what trials are told of their data; NULL: there is none */
    char *data_uri;    /* the folder of training-*.csv and so on; NULL together with the format */
};

struct job_spec {
    enum job_kind kind;
    char *display_name;      /* never NULL */
    struct study_spec study; /* not of JOB_CUSTOM */
    int64_t max_trial_count; /* 1 for a custom job; 0 for a study: no limit */
    int64_t parallel_trial_count;
    int64_t max_failed_trial_count;
    /* What the first two were when the job was submitted, where a budget was changed since: what
     * its sampler is made for. 0: as they are. */
    int64_t first_trial_count, first_parallel_count;
    struct run_spec run;
    struct assay_block assay;
};

void job_spec_free(struct job_spec *spec);

/* The name by which search/sampler.h knows the job's algorithm. */
const char *job_spec_algorithm(const struct job_spec *spec);

#endif
