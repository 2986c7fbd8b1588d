#include "engine/cli/arguments.h"

#include "assay/value.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* getopt's codes for our options: beyond every letter. */
enum { CODE_BASE = 1000 };

/* The letters and long names of one command, as getopt_long() wants them. */
struct getopt_tables {
    struct option longs[OPTION_COUNT + 1];
    char letters[2 * OPTION_COUNT + 2];
    const char *names[OPTION_COUNT];
    size_t count;
};

static bool takes(const struct command *command, enum option_id option)
{
    return option == OPTION_HELP || (command->options & OPTION_BIT(option));
}

static void fill_tables(const struct command *command, struct getopt_tables *tables)
{
    size_t letters = 0;

    *tables = (struct getopt_tables){ 0 };
    tables->letters[letters++] = ':'; /* a missing value is told from an unknown option */
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_spec *spec = &command_options[i];

        if (!takes(command, (enum option_id)i))
            continue;
        tables->names[tables->count] = spec->name;
        tables->longs[tables->count++] =
            (struct option){ .name = spec->name,
                             .has_arg = !spec->argument     ? no_argument
                                        : spec->is_optional ? optional_argument
                                                            : required_argument,
                             .val = CODE_BASE + i };
        if (!spec->letter)
            continue;
        tables->letters[letters++] = spec->letter;
        if (spec->argument)
            tables->letters[letters++] = ':';
    }
}

static int option_of_code(int code)
{
    if (code >= CODE_BASE)
        return code - CODE_BASE;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (command_options[i].letter == code)
            return i;
    return OPTION_COUNT;
}

static bool fail_unknown(const char *word, const struct command *command,
                         const struct getopt_tables *tables, struct assay_error *err)
{
    char name[64];
    const char *nearest = NULL;

    if (word[0] != '-' || word[1] != '-')
        return assay_fail(err, ASSAY_INVALID, NULL, "%s does not know the option -%c",
                          command->name, optopt);
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (size_t i = 0; i < tables->count; i++)
        if (strcmp(name, tables->names[i]) == 0)
            return assay_fail(err, ASSAY_INVALID, NULL, "the option --%s takes no value", name);
    nearest = assay_nearest_word(name, tables->names, tables->count);
    if (nearest)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s does not know the option --%s; did you mean --%s?", command->name,
                          name, nearest);
    return assay_fail(err, ASSAY_INVALID, NULL, "%s does not know the option --%s", command->name,
                      name);
}

/* One more use of an option whose every use counts. */
static bool add_use(int option, const char **items, size_t *count, size_t max,
                    struct assay_error *err)
{
    if (*count == max)
        return assay_fail(err, ASSAY_INVALID, NULL, "more than %zu times --%s", max,
                          command_options[option].name);
    items[(*count)++] = optarg;
    return true;
}

static bool take_option(int code, struct arguments *arguments, struct assay_error *err)
{
    int option = option_of_code(code);

    if (option >= OPTION_COUNT) /* never: getopt_long() gives codes of its tables only */
        return assay_fail(err, ASSAY_INTERNAL, NULL, "an option without a meaning");
    arguments->is_given[option] = true;
    arguments->values[option] = optarg;
    if (option == OPTION_SET)
        return add_use(option, arguments->sets, &arguments->set_count, ARGUMENTS_SETS_MAX, err);
    if (option == OPTION_SLURM_OPTION)
        return add_use(option, arguments->slurm_options, &arguments->slurm_option_count,
                       ARGUMENTS_SLURM_MAX, err);
    return true;
}

/* Of a command that runs what stands behind --: nothing does, say because a variable was empty. */
static bool check_command_behind(char **argv, const struct arguments *arguments,
                                 struct assay_error *err)
{
    if (strncmp(arguments->command->operands, "[--", 3) != 0 || arguments->operand_count > 0 ||
        arguments->is_given[OPTION_HELP] || strcmp(argv[optind - 1], "--") != 0)
        return true;
    return assay_fail(err, ASSAY_INVALID, NULL, "COMMAND is missing behind --");
}

static bool take_options(int argc, char **argv, struct arguments *arguments,
                         struct assay_error *err)
{
    struct getopt_tables tables;
    int code = 0;

    fill_tables(arguments->command, &tables);
    optind = 0; /* GNU's way to begin anew */
    opterr = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread is started */
    while ((code = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
        const char *word = argv[optind - 1];

        if (code == ':')
            return assay_fail(err, ASSAY_INVALID, NULL, "the option %s needs a value", word);
        if (code == '?')
            return fail_unknown(word, arguments->command, &tables, err);
        if (!take_option(code, arguments, err))
            return false;
    }
    arguments->operands = argv + optind;
    arguments->operand_count = argc - optind;
    return check_command_behind(argv, arguments, err);
}

static bool check_operands(const struct arguments *arguments, struct assay_error *err)
{
    const struct command *command = arguments->command;

    if (arguments->is_given[OPTION_HELP] || (arguments->operand_count >= command->min_operands &&
                                             arguments->operand_count <= command->max_operands))
        return true;
    if (arguments->operand_count > command->max_operands)
        return assay_fail(err, ASSAY_INVALID, NULL, "\"%s\" is too much: the usage is assay %s%s%s",
                          arguments->operands[command->max_operands], command->name,
                          *command->operands ? " " : "", command->operands);
    return assay_fail(err, ASSAY_INVALID, NULL, "something is missing: the usage is assay %s %s",
                      command->name, command->operands);
}

static bool find_command(const char *word, struct arguments *arguments, struct assay_error *err)
{
    const char *nearest = NULL;

    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
        word = "help";
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
        word = "version";
    arguments->command = command_find(word, &nearest);
    if (arguments->command)
        return true;
    if (word[0] == '-')
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s stands before the command; options come after it", word);
    if (nearest)
        return assay_fail(err, ASSAY_INVALID, NULL, "there is no command %s; did you mean %s?",
                          word, nearest);
    return assay_fail(err, ASSAY_INVALID, NULL, "there is no command %s", word);
}

bool arguments_parse(int argc, char **argv, struct arguments *arguments, struct assay_error *err)
{
    *arguments = (struct arguments){ 0 };
    if (argc < 2)
        return assay_fail(err, ASSAY_INVALID, NULL, "which command?");
    return find_command(argv[1], arguments, err) &&
           take_options(argc - 1, argv + 1, arguments, err) && check_operands(arguments, err);
}

bool arguments_job(const struct arguments *arguments, int index, const char **id,
                   struct assay_error *err)
{
    enum { DIGITS_MAX = 19 }; /* of an int64 */
    size_t digits = 0;

    *id = index < arguments->operand_count ? arguments->operands[index] : "last";
    if (strcmp(*id, "last") == 0)
        return true;
    digits = strspn(*id, "0123456789");
    if (digits > 0 && digits <= DIGITS_MAX && (*id)[digits] == '\0')
        return true;
    return assay_fail(err, ASSAY_INVALID, NULL,
                      "\"%s\" is no job's id: its number, the first digits of it, or last", *id);
}
