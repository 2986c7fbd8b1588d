/*
 * engine/trial_command.h - a trial as a command: job spec and point in, argv and environment out.
 * Pure but for reading no more than its arguments; `assay check` shows the same.
 */
#ifndef ENGINE_TRIAL_COMMAND_H
#define ENGINE_TRIAL_COMMAND_H

#include "engine/paths.h"
#include "engine/store/store.h"
#include "launcher/command.h"

/* All borrowed. */
struct trial_command_input {
    const char *state_dir;
    const char *source_dir;
    const struct job_spec *spec;
    int64_t job;
    int64_t number;
    int attempt;
    const double *point;
    const struct command_pair *inherited;
    size_t inherited_count;
    const char *tag; /* ASSAY_ATTEMPT */
};

/* Clear *command afterwards, also on failure. */
bool trial_command_build(const struct trial_command_input *input, struct command *command,
                         struct assay_error *err);

/*
 * What this version cannot run, as faults: images without a container engine, a host run without a
 * command.
 */
void trial_command_check(const struct job_spec *spec, struct assay_faults *faults);

#endif
