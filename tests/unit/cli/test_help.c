#include "engine/cli/help.h"

#include "tests/unit/cli/capture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path)
{
    struct capture capture = { 0 };
    FILE *out = capture_begin(&capture);
    FILE *in = fopen(path, "re");

    cr_assert(not(zero(ptr, in)), "%s", path);
    for (int c = fgetc(in); c != EOF; c = fgetc(in))
        (void)fputc(c, out);
    (void)fclose(in);
    return capture_end(&capture);
}

Test(help, the_man_page_in_docs_is_the_one_that_the_program_prints)
{
    struct capture capture = { 0 };
    char *checked_in = read_file(TEST_MAN_PAGE);

    help_write_man(capture_begin(&capture));
    cr_assert(eq(str, capture_end(&capture), checked_in),
              "docs/assay.1 is out of date: assay help --man > docs/assay.1");
    capture_clear(&capture);
    free(checked_in);
}

static void check_mentions(const char *text, const char *word, const char *what)
{
    cr_assert(not(zero(ptr, strstr(text, word))), "%s does not mention %s", what, word);
}

Test(help, help_man_page_and_completion_know_every_command)
{
    struct capture overview = { 0 };
    struct capture man = { 0 };
    struct capture completion = { 0 };

    help_write_overview(capture_begin(&overview));
    help_write_man(capture_begin(&man));
    help_write_bash_completion(capture_begin(&completion));
    (void)capture_end(&overview);
    (void)capture_end(&man);
    (void)capture_end(&completion);
    for (size_t i = 0; i < command_count; i++) {
        char entry[64];

        check_mentions(overview.text, commands[i].summary, "the overview");
        check_mentions(man.text, commands[i].name, "the man page");
        (void)snprintf(entry, sizeof entry, "    %s) options=", commands[i].name);
        check_mentions(completion.text, entry, "the completion");
    }
    capture_clear(&overview);
    capture_clear(&man);
    capture_clear(&completion);
}

/* Its name ends with a blank, or with what may follow. */
static bool lists_option(const char *list, const char *option, char end)
{
    char name[64];

    (void)snprintf(name, sizeof name, "--%s%c", option, end);
    return strstr(list, name) != NULL;
}

Test(help, the_help_of_a_command_explains_each_of_its_options_and_no_other)
{
    for (size_t i = 0; i < command_count; i++) {
        struct capture capture = { 0 };

        help_write_command(capture_begin(&capture), &commands[i]);
        (void)capture_end(&capture);
        for (int option = 0; option < OPTION_COUNT; option++) {
            bool takes = option == OPTION_HELP || (commands[i].options & OPTION_BIT(option));
            bool is_listed = false;
            char *list = strstr(capture.text, "\noptions\n");

            cr_assert(not(zero(ptr, list)));
            is_listed = lists_option(list, command_options[option].name, ' ') ||
                        lists_option(list, command_options[option].name, '[');
            cr_assert(eq(int, is_listed, takes), "%s and --%s", commands[i].name,
                      command_options[option].name);
        }
        capture_clear(&capture);
    }
}

static void check_help(const char *name, enum option_id option, const char *part, bool has_part)
{
    const char *nearest = NULL;
    const char *help = command_option_help(command_find(name, &nearest), option);

    cr_assert(eq(int, strstr(help, part) != NULL, has_part), "%s: %s", name, help);
}

Test(help, an_option_that_means_another_thing_to_a_command_is_explained_so)
{
    check_help("emulate", OPTION_LISTEN, "free port of", true);
    check_help("emulate", OPTION_LISTEN, "8080", false);
    check_help("serve", OPTION_LISTEN, "127.0.0.1:8080 unless told", true);
    check_help("serve", OPTION_SEED, "with --emulate", true);
    check_help("serve", OPTION_SCRIPT, "with --emulate", true);
    check_help("emulate", OPTION_SEED, "study", false);
    check_help("run", OPTION_SEED, "assay.seed", true);
}

Test(help, every_row_of_the_table_is_complete)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &commands[i];
        const char *nearest = NULL;

        cr_assert(command->run != NULL);
        cr_assert(le(int, command->min_operands, command->max_operands));
        cr_assert(command_find(command->name, &nearest) == command);
        cr_assert(ge(chr, command->summary[0], 'a'));
    }
    for (int i = 0; i < OPTION_COUNT; i++)
        cr_assert(command_options[i].name && command_options[i].help);
}

Test(help, no_line_is_wider_than_a_terminal)
{
    struct capture capture = { 0 };
    FILE *out = capture_begin(&capture);
    size_t width = 0;

    help_write_overview(out);
    for (size_t i = 0; i < command_count; i++)
        help_write_command(out, &commands[i]);
    for (const char *at = capture_end(&capture); *at; at += width + (at[width] == '\n')) {
        width = strcspn(at, "\n");
        cr_assert(le(sz, width, 84), "%.*s", (int)width, at);
    }
    capture_clear(&capture);
}
