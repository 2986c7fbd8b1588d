/*
 * launcher/slurm/slurm_clerks.h - threads that run Slurm's commands, each with a deadline, for one
 * that may not wait.
 */
#ifndef LAUNCHER_SLURM_SLURM_CLERKS_H
#define LAUNCHER_SLURM_SLURM_CLERKS_H

#include "launcher/slurm/slurm_command.h"
#include "launcher/subprocess.h"

#include <sys/queue.h>

enum errand_kind { ERRAND_SUBMIT, ERRAND_CANCEL, ERRAND_LOOK, ERRAND_ALLOCATE };

struct errand {
    STAILQ_ENTRY(errand) in_list;
    enum errand_kind kind;
    char *tag; /* owned; whose job it is about, "" for all */
    struct word_list words;
    /* Filled by the clerk. */
    int64_t begun_us; /* monotonic */
    bool has_run;     /* to its end: result is whole */
    struct subprocess_result result;
    struct assay_error err; /* when it has not */
};

STAILQ_HEAD(errand_list, errand);

struct slurm_clerks; /* opaque */

/* Borrows env and the NULL-terminated environment of the commands. */
struct slurm_clerks *slurm_clerks_new(const struct assay_env *env, char *const *environment,
                                      struct assay_error *err);

/* Ends what is still running. NULL is fine. */
void slurm_clerks_free(struct slurm_clerks *clerks);

/* NULL for lack of memory. */
struct errand *errand_new(enum errand_kind kind, const char *tag);
void errand_free(struct errand *errand);

void slurm_clerks_send(struct slurm_clerks *clerks, struct errand *errand); /* takes */

/* Readable when there is something to collect. */
int slurm_clerks_wake(const struct slurm_clerks *clerks);

/* The next that is done, the caller's; NULL without one. */
struct errand *slurm_clerks_collect(struct slurm_clerks *clerks);

#endif
