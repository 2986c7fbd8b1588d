/*
 * engine/cli/arguments.h - argv, read by the table of commands.
 *
 * All text is borrowed from argv. Called once, at the start, by the only thread there is then.
 */
#ifndef ENGINE_CLI_ARGUMENTS_H
#define ENGINE_CLI_ARGUMENTS_H

#include "assay/error.h"
#include "engine/cli/command.h"

enum { ARGUMENTS_SETS_MAX = 256, ARGUMENTS_SLURM_MAX = 64 };

struct arguments {
    const struct command *command;
    bool is_given[OPTION_COUNT];
    const char *values[OPTION_COUNT];     /* of the last use; NULL where not given */
    const char *sets[ARGUMENTS_SETS_MAX]; /* each --set */
    size_t set_count;
    const char *slurm_options[ARGUMENTS_SLURM_MAX]; /* each --slurm-option */
    size_t slurm_option_count;
    int operand_count;
    char *const *operands;
};

/*
 * argv[0] is the program's name; getopt moves operands behind options. `assay`, `assay --help` and
 * `assay --version` read as the commands help and version. False and *err (ASSAY_INVALID) for what
 * the table does not know, with what may have been meant.
 */
bool arguments_parse(int argc, char **argv, struct arguments *arguments, struct assay_error *err);

/* The operand at index, or "last" where there is none: which job is meant. False and *err
 * (ASSAY_INVALID) for what can be no job's id. */
bool arguments_job(const struct arguments *arguments, int index, const char **id,
                   struct assay_error *err);

#endif
