/*
 * engine/spec/launch_settings.h - how the replicas of a job are run, as far as it can be chosen.
 *
 * The same words in two places: the `assay:` block of a document, for that job, and the
 * configuration (engine/config/launcher_config.h), for all jobs whose documents do not say it.
 */
#ifndef ENGINE_SPEC_LAUNCH_SETTINGS_H
#define ENGINE_SPEC_LAUNCH_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_list {
    char **items;
    size_t count;
};

struct container_settings {
    char *network; /* NULL: the host's */
    char *user;    /* NULL: as the image says */
    bool has_read_only, is_read_only;
    bool has_reuse, is_reused;
    struct text_list mounts; /* "SOURCE:TARGET" or "SOURCE:TARGET:ro", both absolute */
};

struct slurm_settings {
    char *partition, *account, *qos; /* NULL: Slurm's own choice */
    char *time;                      /* as sbatch takes it; NULL: from the job's timeout */
    struct text_list options;        /* further words for sbatch, "--constraint=a100" */
    bool has_ahead;
    int32_t ahead; /* trials submitted beyond parallelTrialCount, to wait for their predecessors */
};

/* Whose outputs and work folders stay, of the trials that have ended. */
enum keep_kind { KEEP_UNSAID, KEEP_ALL, KEEP_BEST };

enum io_class { IO_CLASS_UNSAID, IO_CLASS_BEST_EFFORT, IO_CLASS_IDLE };

#define LOG_MAX_DEFAULT_BYTES (INT64_C(256) * 1024 * 1024)
#define LOG_MAX_LEAST_BYTES (INT64_C(1024) * 1024)

/* What was not said is NULL, 0, or without its has_ member. */
struct launch_settings {
    struct container_settings container;
    struct slurm_settings slurm;
    bool has_nice;
    int32_t nice; /* 0 .. 19 */
    enum io_class io_class;
    int32_t io_level; /* of IO_CLASS_BEST_EFFORT: 0 (first) .. 7 */
    bool has_log_max;
    int64_t log_max_bytes; /* of each log; 0: no limit */
    enum keep_kind keep;
    int64_t keep_count; /* of KEEP_BEST: how many */
};

void text_list_clear(struct text_list *list);
void launch_settings_clear(struct launch_settings *settings);

/*
 * What counts for a job: the document's word, else the configuration's (which may be NULL), else
 * the default. The result borrows from both and is not cleared.
 */
struct launch_settings launch_settings_choose(const struct launch_settings *document,
                                              const struct launch_settings *configured);

#endif
