/*
 * engine/config/launcher_config.h - how this engine runs trials: where, with what, in how many
 * places.
 *
 * Read once, when an engine is opened: the file that is named, else config.yaml in the state folder
 * where there is one, else the defaults; then the overrides, which are the options of the command
 * line. docs/launchers.md lists the fields. Immutable once read.
 */
#ifndef ENGINE_CONFIG_LAUNCHER_CONFIG_H
#define ENGINE_CONFIG_LAUNCHER_CONFIG_H

#include "engine/notify/notify_hook.h"
#include "engine/spec/job_document.h"
#include "engine/spec/launch_settings.h"
#include "launcher/places/machine.h"

#define LAUNCHER_CONFIG_NAME "config.yaml" /* in the state folder */

enum launcher_kind { LAUNCHER_HOST, LAUNCHER_SLURM };

/* What stands in for the images that Python packages name; the first one that matches counts. */
struct executor {
    char *image;  /* a pattern, as of fnmatch(3) */
    char *target; /* an interpreter, or "image:NAME" */
};

struct launcher_config {
    struct launch_settings settings; /* of jobs whose documents do not say it; first, as
                                        launch_message wants it */
    struct machine places;           /* what is known of it: the rest is what the machine has */
    bool is_strict;                  /* a machineType larger than the machine is refused */
    enum launcher_kind launcher;
    bool has_launcher;      /* it was said, so that a job may change its launcher */
    char *container_engine; /* podman, docker or a path; NULL: what there is */
    int32_t slurm_nodes;    /* of the allocation that is held; 0: a Slurm job for each attempt */
    int64_t slurm_lease_us; /* attempts on Slurm that saw no engine for so long stop; 0: never */
    int64_t max_disk_bytes; /* of the state folder; 0: no limit */
    char *models_push;      /* where rclone takes model versions; NULL: nowhere */
    struct executor *executors; /* that come before the usual ones (launcher/python/executors.h) */
    size_t executor_count;
    struct notify_hook *hooks; /* who is told of changes */
    size_t hook_count;
    char *notify_command, *notify_webhook; /* short for one more hook each; NULL: none */
};

struct launcher_config_source {
    const char *state_dir; /* NULL: there is none yet */
    const char *path;      /* NULL: the state folder's */
    const struct document_override *overrides;
    size_t override_count;
};

/*
 * The caller owns the result: launcher_config_free(). NULL and *err: ASSAY_NOT_FOUND for a named
 * file that is not there, ASSAY_INVALID with every fault (FILE:LINE: FIELD: MESSAGE; no line for
 * what an override says).
 */
struct launcher_config *launcher_config_load(const struct launcher_config_source *source,
                                             struct assay_error *err);
void launcher_config_free(struct launcher_config *config);

#endif
