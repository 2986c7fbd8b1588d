/* Completion for bash: a function with the table's words in it. */

#include "engine/cli/help.h"

static void write_options(FILE *out, const struct command *command)
{
    const char *space = "";

    for (int i = 0; i < OPTION_COUNT; i++) {
        if (i != OPTION_HELP && !(command->options & OPTION_BIT(i)))
            continue;
        (void)fprintf(out, "%s--%s", space, command_options[i].name);
        space = " ";
    }
}

/* What may follow an option that takes a value. */
static void write_values(FILE *out)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_spec *spec = &command_options[i];

        if (!spec->argument || spec->is_optional)
            continue;
        (void)fprintf(out, "    --%s) ", spec->name);
        if (spec->words && spec->words[0] == '@')
            (void)fputs("COMPREPLY=($(compgen -d -- \"$word\")); return ;;\n", out);
        else if (spec->words)
            (void)fprintf(out, "COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n",
                          spec->words);
        else
            (void)fputs("return ;;\n", out);
    }
}

static void write_command_names(FILE *out)
{
    for (size_t i = 0; i < command_count; i++)
        (void)fprintf(out, "%s%s", i ? " " : "", commands[i].name);
}

/* Files for those commands that take one, nothing to offer for ids. */
static void write_commands(FILE *out)
{
    for (size_t i = 0; i < command_count; i++) {
        (void)fprintf(out, "    %s) options='", commands[i].name);
        write_options(out, &commands[i]);
        (void)fprintf(out, "'; operands=%s ;;\n",
                      commands[i].operands[0] == 'F'                        ? "files"
                      : commands[i].options & OPTION_BIT(OPTION_COMPLETION) ? "commands"
                                                                            : "none");
    }
}

void help_write_bash_completion(FILE *out)
{
    (void)fputs("# bash completion for assay: source it, or put it into\n"
                "# ~/.local/share/bash-completion/completions/assay\n"
                "_assay() {\n"
                "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                "  local options= operands=none commands='",
                out);
    write_command_names(out);
    (void)fputs("'\n"
                "  COMPREPLY=()\n"
                "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                "    COMPREPLY=($(compgen -W \"$commands\" -- \"$word\"))\n"
                "    return\n"
                "  fi\n"
                "  case $before in\n",
                out);
    write_values(out);
    (void)fputs("  esac\n"
                "  case ${COMP_WORDS[1]} in\n",
                out);
    write_commands(out);
    (void)fputs("  esac\n"
                "  case $word in\n"
                "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")); return ;;\n"
                "  esac\n"
                "  case $operands in\n"
                "    files) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
                "    commands) COMPREPLY=($(compgen -W \"$commands\" -- \"$word\")) ;;\n"
                "  esac\n"
                "}\n"
                "complete -o filenames -F _assay assay\n",
                out);
}
