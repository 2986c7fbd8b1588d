#include "engine/cli/override.h"

#include "engine/cli/launch_options.h"
#include "engine/cli/text.h"

#include <ctype.h>
#include <string.h>

/* Past what reads the same in camelCase and snake_case. */
static void skip_common(const char **left, const char *left_end, const char **right)
{
    for (;;) {
        while (*left < left_end && **left == '_')
            (*left)++;
        while (**right == '_')
            (*right)++;
        if (*left == left_end || !**right ||
            tolower((unsigned char)**left) != tolower((unsigned char)**right))
            return;
        (*left)++;
        (*right)++;
    }
}

/* Is the field what was set, below that, or right above it? A fault of two fields that do not fit
 * is one of what has both. */
static bool is_about(const char *path, const char *path_end, const char *field)
{
    const char *rest = path;
    const char *field_rest = field;

    skip_common(&rest, path_end, &field_rest);
    if (rest == path_end)
        return *field_rest == '\0' || *field_rest == '.' || *field_rest == '[';
    if (*field_rest || field_rest == field || (*rest != '.' && *rest != '['))
        return false;
    rest++;
    while (rest < path_end && *rest != '.' && *rest != '[')
        rest++;
    return rest == path_end;
}

bool override_is_about(const char *path, const char *field)
{
    return is_about(path, path + strlen(path), field);
}

/* The last one that set it, which counts. */
static const char *find_set(const struct arguments *arguments, const char *field)
{
    for (size_t i = arguments->set_count; i > 0; i--) {
        const char *set = arguments->sets[i - 1];

        if (is_about(set, set + strcspn(set, "="), field))
            return set;
    }
    return NULL;
}

bool override_write_cause(FILE *out, const struct arguments *arguments, const char *field)
{
    const char *set = *field ? find_set(arguments, field) : NULL;

    if (set) {
        (void)fputs("--set ", out);
        text_write_safe(out, set);
    } else if (arguments->is_given[OPTION_SEED] && override_is_about("assay.seed", field)) {
        (void)fputs("--seed ", out);
        text_write_safe(out, arguments->values[OPTION_SEED]);
    } else if (arguments->is_given[OPTION_ON_HOST] && override_is_about("assay.onHost", field)) {
        (void)fputs("--on-host", out);
    } else if (*field && launch_options_cause(arguments, field) != OPTION_COUNT) {
        (void)fprintf(out, "--%s", command_options[launch_options_cause(arguments, field)].name);
    } else {
        return false;
    }
    return true;
}

void override_write_all(FILE *out, const struct arguments *arguments)
{
    if (arguments->is_given[OPTION_SEED]) {
        (void)fputs(" --seed ", out);
        text_write_shell(out, arguments->values[OPTION_SEED]);
    }
    if (arguments->is_given[OPTION_ON_HOST])
        (void)fputs(" --on-host", out);
    launch_options_write_all(out, arguments);
    for (size_t i = 0; i < arguments->set_count; i++) {
        (void)fputs(" --set ", out);
        text_write_shell(out, arguments->sets[i]);
    }
}
