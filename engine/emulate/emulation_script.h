/*
 * engine/emulate/emulation_script.h - what happens in emulate mode, as a document tells it.
 *
 * JSON or YAML; docs/emulator.md describes every field. Three lists of rules, for jobs, trials and
 * requests: of each the first rule that matches counts, so special cases stand before general ones.
 * What no rule says is the plain case: everything starts at once, ends well at once, and is
 * measured by a sphere.
 *
 * A script is immutable once read. Who counts how often a rule was used has an array of its own,
 * by the rules' indexes.
 */
#ifndef ENGINE_EMULATE_EMULATION_SCRIPT_H
#define ENGINE_EMULATE_EMULATION_SCRIPT_H

#include "assay/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCRIPT_RULES_MAX = 1000,
    SCRIPT_STEPS_MAX = 10000, /* of one trial, which is what a series keeps */
    SCRIPT_ROWS_MAX = 100000,
};

/* The longest real time that a request is held back. */
#define SCRIPT_DELAY_MAX_US INT64_C(30000000)

enum occasion_kind { OCCASION_NOW, OCCASION_AFTER_TIME, OCCASION_AFTER_READS, OCCASION_NEVER };

/* When something happens: a time of the virtual clock later, or after so many GETs of the job. */
struct occasion {
    enum occasion_kind kind;
    int64_t after_us;
    int64_t reads;
};

/* What a rule is for. A text is a glob as of fnmatch(3), NULL for any; a number 0 is any. */
struct job_match {
    char *display_name;
    char *collection; /* "hyperparameterTuningJobs", "customJobs" */
    int64_t trial;    /* trials only, as is attempt */
    int64_t attempt;
};

/* How often a rule acts: the first so many times, or each so many-th; both 0: always. */
struct turns {
    int64_t first;
    int64_t every;
};

/* The turn of the number `use` (from 1): does the rule act? */
bool turns_is_on(const struct turns *turns, int64_t use);

struct script_refusal {
    bool is_set;
    int code; /* enum assay_code */
    char *message;
    struct turns turns;
};

struct script_failure {
    bool is_set;
    int code; /* enum assay_code */
    char *message;
    struct occasion when; /* since the job began to run */
};

struct job_rule {
    struct job_match match;
    struct script_refusal refuse; /* its creation */
    struct occasion queued;       /* how long it is QUEUED */
    struct occasion pending;      /* and then PENDING */
    struct script_failure fail;
};

enum objective_function {
    OBJECTIVE_SPHERE,
    OBJECTIVE_BRANIN,
    OBJECTIVE_ROSENBROCK,
    OBJECTIVE_RASTRIGIN,
    OBJECTIVE_CONSTANT,
    OBJECTIVE_NONE, /* the metric is not reported */
};

struct objective_rule {
    char *metric; /* a glob; NULL for any */
    enum objective_function function;
    bool is_raw;  /* of the parameters' own numbers, not of the unit cube */
    double value; /* CONSTANT */
    double noise; /* standard deviation of what is added */
    bool has_start;
    double start; /* where the learning curve begins */
};

enum table_lookup { LOOKUP_EXACT, LOOKUP_NEAREST };

/* Points into the script's document. */
struct table_row {
    const cJSON *parameters; /* an object of numbers and texts, or NULL */
    const cJSON *metrics;    /* an object of numbers, and lists of them */
};

struct recorded_table {
    enum table_lookup lookup;
    struct table_row *rows;
    size_t row_count;
};

enum trial_outcome {
    OUTCOME_EXITED,
    OUTCOME_KILLED,
    OUTCOME_LOST,
    OUTCOME_TIMED_OUT,
    OUTCOME_OUT_OF_MEMORY,
    OUTCOME_NOT_FOUND,
};

struct trial_rule {
    struct job_match match;
    struct occasion ends;
    enum trial_outcome outcome;
    int32_t exit_status;               /* OUTCOME_EXITED */
    char *message;                     /* its last words on standard error; NULL for none */
    int64_t steps;                     /* measurements on the way, at least 1 */
    int64_t interval_us;               /* between two; 0: evenly until the end */
    int64_t stop_after_us;             /* how long it takes to end once it is told to stop */
    struct objective_rule *objectives; /* the first that matches counts */
    size_t objective_count;
    bool has_table;
    struct recorded_table table;
};

struct request_rule {
    char *method; /* a glob; NULL for any */
    char *path;   /* a glob, in which * also stands for slashes; NULL for any */
    struct turns turns;
    int code; /* enum assay_code; ASSAY_OK: it is answered */
    char *message;
    int64_t delay_us;  /* of real time */
    int64_t page_size; /* the most items of a page; 0: as asked */
};

struct emulation_script {
    bool has_seed;
    uint64_t seed;
    int64_t start_us;       /* the clock's, at the beginning */
    int64_t per_request_us; /* by so much a request moves it */
    struct job_rule *jobs;
    size_t job_count;
    struct trial_rule *trials;
    size_t trial_count;
    struct request_rule *requests;
    size_t request_count;
    cJSON *document; /* as it was read */
};

/*
 * The caller owns the script. text NULL: the empty one. NULL, and either faults (each with its line
 * and field path) or *err: ASSAY_INVALID for what is no document at all, or for lack of memory.
 */
struct emulation_script *emulation_script_read(const char *text, size_t size,
                                               struct assay_faults *faults,
                                               struct assay_error *err);
void emulation_script_free(struct emulation_script *script); /* NULL is fine */

/* The first rule that matches: its index, or the count where there is none. */
size_t emulation_script_job_rule(const struct emulation_script *script, const char *display_name,
                                 const char *collection);
size_t emulation_script_trial_rule(const struct emulation_script *script, const char *display_name,
                                   const char *collection, int64_t trial, int attempt);

bool emulation_script_is_match(const char *glob, const char *text);

#endif
