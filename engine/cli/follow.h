/*
 * engine/cli/follow.h - to stay with a job until it ends, is paused, or is left.
 */
#ifndef ENGINE_CLI_FOLLOW_H
#define ENGINE_CLI_FOLLOW_H

#include "engine/cli/client.h"
#include "engine/cli/interrupts.h"
#include "engine/cli/progress.h"

struct follow {
    struct client *client;
    struct assay *assay; /* the engine, where it is this process; else NULL */
    const char *job;     /* its whole id */
    struct progress *progress;
    const struct interrupts *interrupts; /* NULL: signals have their usual effect */
    bool shows_trials;
    const cJSON *since; /* the job as it was before: what had ended then is not printed; or NULL */
};

/*
 * Prints trials and status on the way. Returns the job as it stands in the end, which the caller
 * owns: ended, paused, worked on by nobody, or, after a third interruption, as it was left. NULL
 * and *err when it cannot be asked for any more, or when our engine had to stop.
 */
cJSON *follow_job(const struct follow *follow, struct assay_error *err);

#endif
