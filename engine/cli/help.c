#include "engine/cli/help.h"

#include "assay.h"
#include "engine/cli/arguments.h"

#include <string.h>

const char help_state_folder[] =
    "All that assay knows and makes is in one folder: what --state says, else ./.assay\n"
    "where that exists, else $XDG_STATE_HOME/assay, else ~/.local/state/assay. One\n"
    "process at a time runs jobs in it; the commands that only read work beside it.\n"
    "The folder can be moved once nobody runs jobs in it.\n";

static void write_indented(FILE *out, const char *text, const char *indent)
{
    while (*text) {
        size_t size = strcspn(text, "\n");

        (void)fprintf(out, "%s%.*s\n", size ? indent : "", (int)size, text);
        text += size + (text[size] == '\n');
    }
}

/* "-f, --follow", "--state DIR" */
static int write_option_name(FILE *out, const struct option_spec *spec)
{
    int size = 0;

    if (spec->letter)
        size += fprintf(out, "-%c, ", spec->letter);
    size += fprintf(out, "--%s", spec->name);
    if (spec->is_optional)
        size += fprintf(out, "[=%s]", spec->argument);
    else if (spec->argument)
        size += fprintf(out, " %s", spec->argument);
    return size;
}

/* The words of text in lines of at most 78 columns, from column indent on; at is where it begins.
 */
static void write_wrapped(FILE *out, const char *text, int indent, int at)
{
    const int columns = 78;

    if (at + 1 > indent)
        at = -1; /* too far right already */
    (void)fprintf(out, at < 0 ? "\n%*s" : "%*s", at < 0 ? indent : indent - at, "");
    at = indent;
    while (*text) {
        int size = (int)strcspn(text, " ");

        if (at > indent && at + 1 + size > columns) {
            (void)fprintf(out, "\n%*s", indent, "");
            at = indent;
        }
        at += fprintf(out, "%s%.*s", at > indent ? " " : "", size, text);
        text += size + (text[size] == ' ');
    }
    (void)fputc('\n', out);
}

static void write_options(FILE *out, const struct command *command)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_spec *spec = &command_options[i];
        int at = 2;

        if (i != OPTION_HELP && !(command->options & OPTION_BIT(i)))
            continue;
        (void)fputs("  ", out);
        at += write_option_name(out, spec);
        write_wrapped(out, command_option_help(command, (enum option_id)i), 22, at);
    }
}

static void write_exit_statuses(FILE *out)
{
    for (const struct exit_status *at = exit_statuses; at->meaning; at++)
        (void)fprintf(out, "  %3d  %s\n", at->status, at->meaning);
}

void help_write_overview(FILE *out)
{
    (void)fputs("assay runs Vertex AI tuning jobs, custom jobs and training pipelines here.\n"
                "\n"
                "usage: assay COMMAND [OPERANDS] [OPTIONS]\n"
                "\n"
                "commands\n",
                out);
    for (size_t i = 0; i < command_count; i++) {
        int at = fprintf(out, "  %s %s", commands[i].name, commands[i].operands);

        write_wrapped(out, commands[i].summary, 22, at);
    }
    (void)fputs(
        "\nID is the id of a job or a pipeline, the first digits of it, or last, the newest,\n"
        "which is meant where it is left out; of trials, those of a pipeline's job.\n"
        "\n"
        "state folder\n",
        out);
    write_indented(out, help_state_folder, "  ");
    (void)fputs("\nexit status\n", out);
    write_exit_statuses(out);
    (void)fputs("\nassay help COMMAND explains a command; so does assay COMMAND --help.\n", out);
}

void help_write_command(FILE *out, const struct command *command)
{
    /* What is behind -- is no option of ours. */
    bool is_last = strncmp(command->operands, "[--", 3) == 0;

    (void)fprintf(out, "assay %s: %s\n\nusage: assay %s%s%s%s%s\n\n", command->name,
                  command->summary, command->name, is_last ? " [OPTIONS]" : "",
                  *command->operands ? " " : "", command->operands, is_last ? "" : " [OPTIONS]");
    if (*command->details) {
        write_indented(out, command->details, "");
        (void)fputc('\n', out);
    }
    (void)fputs("options\n", out);
    write_options(out, command);
    if (!(command->options & OPTION_BIT(OPTION_STATE)))
        return;
    (void)fputs("\nstate folder\n", out);
    write_indented(out, help_state_folder, "  ");
}

static int show_man_or_completion(const struct arguments *arguments)
{
    const char *shell = arguments->values[OPTION_COMPLETION];

    if (arguments->is_given[OPTION_MAN]) {
        help_write_man(stdout);
        return 0;
    }
    if (strcmp(shell, "bash") == 0) {
        help_write_bash_completion(stdout);
        return 0;
    }
    (void)fprintf(stderr, "assay: there is completion for bash only, not for %s\n", shell);
    return 2;
}

int command_help(const struct arguments *arguments)
{
    const char *nearest = NULL;
    const struct command *command = NULL;

    if (arguments->is_given[OPTION_MAN] || arguments->is_given[OPTION_COMPLETION])
        return show_man_or_completion(arguments);
    if (arguments->operand_count == 0) {
        help_write_overview(stdout);
        return 0;
    }
    command = command_find(arguments->operands[0], &nearest);
    if (command) {
        help_write_command(stdout, command);
        return 0;
    }
    (void)fprintf(stderr, "assay: there is no command %s%s%s%s\n", arguments->operands[0],
                  nearest ? "; did you mean " : "; assay help lists them", nearest ? nearest : "",
                  nearest ? "?" : "");
    return 2;
}

int command_version(const struct arguments *arguments)
{
    (void)arguments;
    (void)puts("assay " ASSAY_VERSION);
    return 0;
}
