/*
 * engine/cli/command.h - the one table of commands and options.
 *
 * Parsing, help, the man page and shell completion all read it, so they cannot drift apart. To add
 * a command: a row in commands.c and its function.
 */
#ifndef ENGINE_CLI_COMMAND_H
#define ENGINE_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_id {
    OPTION_STATE,
    OPTION_SEED,
    OPTION_ON_HOST,
    OPTION_SET,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_FORMAT,
    OPTION_FOLLOW,
    OPTION_STDERR,
    OPTION_REPLICA,
    OPTION_VERIFY,
    OPTION_ENDPOINT,
    OPTION_TOKEN_FILE,
    OPTION_TLS_CA,
    OPTION_LISTEN,
    OPTION_NO_AUTH,
    OPTION_ALLOW_HOST,
    OPTION_MAX_CONNECTIONS,
    OPTION_TLS_CERT,
    OPTION_TLS_KEY,
    OPTION_EMULATE,
    OPTION_SCRIPT,
    OPTION_MAX_SIZE,
    OPTION_OLDER_THAN,
    OPTION_ALL,
    OPTION_DRY_RUN,
    OPTION_CONFIG,
    OPTION_PLACES,
    OPTION_STRICT_PLACES,
    OPTION_LAUNCHER,
    OPTION_CONTAINER_ENGINE,
    OPTION_CONTAINER_REUSE,
    OPTION_NETWORK,
    OPTION_SLURM_PARTITION,
    OPTION_SLURM_ACCOUNT,
    OPTION_SLURM_QOS,
    OPTION_SLURM_TIME,
    OPTION_SLURM_OPTION,
    OPTION_SLURM_AHEAD,
    OPTION_SLURM_ALLOCATION,
    OPTION_KEEP,
    OPTION_MAX_DISK,
    OPTION_NOTIFY_COMMAND,
    OPTION_NOTIFY_WEBHOOK,
    OPTION_LOG_MAX,
    OPTION_NICE,
    OPTION_NAME,
    OPTION_KIND,
    OPTION_SCHEMA,
    OPTION_MAN,
    OPTION_COMPLETION,
    OPTION_RECURSIVE,
    OPTION_LONG,
    OPTION_WEB,
    OPTION_HTML,
    OPTION_OUTPUT,
    OPTION_TRIALS,
    OPTION_PARALLEL,
    OPTION_FAILED,
    OPTION_HELP,
    OPTION_COUNT,
};

#define OPTION_BIT(option) (UINT64_C(1) << (option))

struct option_spec {
    const char *name;     /* without the dashes */
    char letter;          /* of the short form; '\0' for none */
    const char *argument; /* what the help calls its value; NULL for an option without */
    bool is_optional;     /* the value may be left out: --name, or --name=VALUE */
    bool is_repeatable;   /* each use counts, else the last one */
    const char *words;    /* for completion: "table json csv"; "@file" or "@dir" for paths */
    const char *help;     /* one sentence without the full stop */
};

struct arguments;

struct command {
    const char *name;
    const char *operands; /* "FILE", "[ID]" */
    int min_operands, max_operands;
    uint64_t options;    /* OPTION_BIT of each that it takes; OPTION_HELP goes without saying */
    const char *summary; /* one line */
    const char *details; /* paragraphs, lines of at most 78 columns, for help and man page */
    int (*run)(const struct arguments *arguments); /* returns the exit status */
};

/* Indexed by enum option_id. */
extern const struct option_spec command_options[OPTION_COUNT];

/* The help of an option, which for some commands is another than the table's. */
const char *command_option_help(const struct command *command, enum option_id option);

/* In the order of the help. */
extern const struct command commands[];
extern const size_t command_count;

/* Exit statuses, with what each means; ends with a NULL text. */
struct exit_status {
    int status;
    const char *meaning;
};
extern const struct exit_status exit_statuses[];

/* NULL when there is none of that name; *nearest is then one that may have been meant, or NULL. */
const struct command *command_find(const char *name, const char **nearest);

/* The commands' functions: command_run.c, command_jobs.c, command_trials.c, command_search.c,
 * command_serve.c, command_status.c, command_exec.c, command_emulate.c, command_env.c,
 * command_models.c, command_datasets.c, command_report.c, suggest.c, help.c */
int command_run(const struct arguments *arguments);
int command_resume(const struct arguments *arguments);
int command_extend(const struct arguments *arguments);
int command_retry(const struct arguments *arguments);
int command_check(const struct arguments *arguments);
int command_list(const struct arguments *arguments);
int command_show(const struct arguments *arguments);
int command_best(const struct arguments *arguments);
int command_wait(const struct arguments *arguments);
int command_cancel(const struct arguments *arguments);
int command_stop(const struct arguments *arguments);
int command_delete(const struct arguments *arguments);
int command_trials(const struct arguments *arguments);
int command_logs(const struct arguments *arguments);
int command_report(const struct arguments *arguments);
int command_suggest(const struct arguments *arguments);
int command_explain(const struct arguments *arguments);
int command_replay(const struct arguments *arguments);
int command_serve(const struct arguments *arguments);
int command_emulate(const struct arguments *arguments);
int command_status(const struct arguments *arguments);
int command_exec(const struct arguments *arguments);
int command_env(const struct arguments *arguments);
int command_datasets(const struct arguments *arguments);
int command_models(const struct arguments *arguments);
int command_cp(const struct arguments *arguments);
int command_ls(const struct arguments *arguments);
int command_cat(const struct arguments *arguments);
int command_rm(const struct arguments *arguments);
int command_help(const struct arguments *arguments);
int command_version(const struct arguments *arguments);

#endif
