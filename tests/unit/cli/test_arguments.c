#include "engine/cli/arguments.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 16 };

/* Parses words parted by blanks; the texts live as long as the static copy. */
static bool parse(const char *line, struct arguments *arguments, struct assay_error *err)
{
    static char copy[512];
    static char *argv[WORDS_MAX + 1];
    char *rest = copy;
    int argc = 0;

    *err = (struct assay_error){ 0 };
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strsep(&rest, " "); word && argc < WORDS_MAX; word = strsep(&rest, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return arguments_parse(argc, argv, arguments, err);
}

static char *message_of(const char *line)
{
    static struct assay_error err;
    struct arguments arguments;

    cr_assert(not(parse(line, &arguments, &err)), "%s", line);
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    return err.message;
}

Test(arguments, options_may_stand_before_and_behind_operands)
{
    struct arguments a;
    struct assay_error err;

    cr_assert(parse("assay run --seed 3 study.yaml --state=x -q", &a, &err), "%s", err.message);
    cr_assert(eq(str, (char *)a.command->name, "run"));
    cr_assert(eq(str, (char *)a.values[OPTION_SEED], "3"));
    cr_assert(eq(str, (char *)a.values[OPTION_STATE], "x"));
    cr_assert(a.is_given[OPTION_QUIET]);
    cr_assert(not(a.is_given[OPTION_JSON]));
    cr_assert(eq(int, a.operand_count, 1));
    cr_assert(eq(str, a.operands[0], "study.yaml"));
}

Test(arguments, a_lone_dash_is_a_file_and_what_follows_two_dashes_is_no_option)
{
    struct arguments a;
    struct assay_error err;

    cr_assert(parse("assay run -", &a, &err));
    cr_assert(eq(str, a.operands[0], "-"));
    cr_assert(parse("assay check -- --odd.yaml", &a, &err));
    cr_assert(eq(str, a.operands[0], "--odd.yaml"));
}

Test(arguments, each_set_is_kept_in_order)
{
    struct arguments a;
    struct assay_error err;

    cr_assert(parse("assay run f --set a=1 --set b.c=x=y", &a, &err));
    cr_assert(eq(sz, a.set_count, 2));
    cr_assert(eq(str, (char *)a.sets[0], "a=1"));
    cr_assert(eq(str, (char *)a.sets[1], "b.c=x=y"));
}

Test(arguments, a_command_that_does_not_exist_is_told_with_the_nearest)
{
    cr_assert(eq(str, message_of("assay rum"), "there is no command rum; did you mean run?"));
    cr_assert(eq(str, message_of("assay frobnicate"), "there is no command frobnicate"));
    cr_assert(eq(str, message_of("assay"), "which command?"));
    cr_assert(not(zero(ptr, strstr(message_of("assay --state x list"), "options come after"))));
}

Test(arguments, an_option_that_does_not_exist_is_told_with_the_nearest_of_that_command)
{
    cr_assert(eq(str, message_of("assay run f --sed 3"),
                 "run does not know the option --sed; did you mean --seed?"));
    cr_assert(eq(str, message_of("assay list --seed 3"), "list does not know the option --seed"));
    cr_assert(eq(str, message_of("assay list -x"), "list does not know the option -x"));
}

Test(arguments, values_that_are_missing_or_too_much_are_told)
{
    cr_assert(eq(str, message_of("assay run f --seed"), "the option --seed needs a value"));
    cr_assert(eq(str, message_of("assay run f --json=yes"), "the option --json takes no value"));
    cr_assert(
        eq(str, message_of("assay run"), "something is missing: the usage is assay run FILE"));
    cr_assert(eq(str, message_of("assay show 1 2 3"),
                 "\"3\" is too much: the usage is assay show [ID [TRIAL]]"));
}

Test(arguments, a_command_behind_dashes_is_there_or_the_dashes_are_not)
{
    struct arguments a;
    struct assay_error err;

    cr_assert(eq(str, message_of("assay emulate --"), "COMMAND is missing behind --"));
    cr_assert(eq(str, message_of("assay emulate --seed 3 --"), "COMMAND is missing behind --"));
    cr_assert(parse("assay emulate", &a, &err));
    cr_assert(parse("assay emulate --seed 3", &a, &err));
    cr_assert(parse("assay list --", &a, &err));
    cr_assert(parse("assay emulate -- true --", &a, &err));
    cr_assert(eq(int, a.operand_count, 2));
}

Test(arguments, help_needs_no_operands)
{
    struct arguments a;
    struct assay_error err;

    cr_assert(parse("assay run --help", &a, &err));
    cr_assert(a.is_given[OPTION_HELP]);
    cr_assert(parse("assay -h", &a, &err));
    cr_assert(eq(str, (char *)a.command->name, "help"));
    cr_assert(parse("assay --version", &a, &err));
    cr_assert(eq(str, (char *)a.command->name, "version"));
}

Test(arguments, a_job_is_a_number_some_of_its_digits_or_last)
{
    struct arguments a;
    struct assay_error err;
    const char *id = NULL;

    cr_assert(parse("assay show 12", &a, &err));
    cr_assert(arguments_job(&a, 0, &id, &err));
    cr_assert(eq(str, (char *)id, "12"));
    cr_assert(parse("assay show", &a, &err));
    cr_assert(arguments_job(&a, 0, &id, &err));
    cr_assert(eq(str, (char *)id, "last"));
    for (size_t i = 0; i < 4; i++) {
        static const char *const bad[] = { "assay show 1a", "assay show ../x", "assay show 1?a=b",
                                           "assay show 12345678901234567890" };

        cr_assert(parse(bad[i], &a, &err));
        cr_assert(not(arguments_job(&a, 0, &id, &err)), "%s", bad[i]);
        cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    }
}
