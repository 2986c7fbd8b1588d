/*
 * engine/launch_facts.h - what is known of the machine that jobs are to run on, looked at when
 * somebody first needs to know, since looking can take seconds.
 *
 * Any thread may ask; one looks, the others wait.
 */
#ifndef ENGINE_LAUNCH_FACTS_H
#define ENGINE_LAUNCH_FACTS_H

#include "engine/trial_command.h"
#include "launcher/places/machine.h"

struct launch_facts; /* opaque: launch_facts.c */

/* All borrowed. */
struct launch_facts_options {
    const struct launcher_config *config; /* NULL: the defaults */
    const struct machine *machine;        /* what it shares out; NULL: to be looked at */
    char *const *environment;             /* of the engine, for what is looked at */
    const struct assay_env *env;
};

/* NULL and *err for lack of memory. */
struct launch_facts *launch_facts_new(const struct launch_facts_options *options,
                                      struct assay_error *err);
void launch_facts_free(struct launch_facts *facts); /* NULL is fine */

/* What this machine shares out: as configured (NULL: nothing is), and where that does not say, as
 * found. Can take seconds. */
void launch_facts_look(const struct launcher_config *config, char *const *environment,
                       const struct assay_env *env, struct machine *machine);

/* Where jobs are to run. All borrowed. */
struct launch_place {
    const char *state_dir;                /* absolute; it need not exist */
    const struct launcher_config *config; /* NULL: the defaults */
    struct launch_facts *facts;           /* NULL: nothing is known, so that anything may run */
    bool is_guarded;                      /* as of struct trial_command_input */
};

/* For trial_command_check(). */
struct launcher_facts launch_facts_view(struct launch_facts *facts);

#endif
