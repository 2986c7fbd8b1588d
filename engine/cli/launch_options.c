#include "engine/cli/launch_options.h"

#include "engine/cli/override.h"
#include "engine/cli/text.h"

#include <stdlib.h>
#include <string.h>

/* How a value is written as YAML. */
enum value_kind {
    VALUE_PLAIN, /* as it was given: a number, a size */
    VALUE_TEXT,  /* in quotes, since a name may look like a number */
    VALUE_TRUE,  /* the option has none */
    VALUE_LIST,  /* of all its uses */
};

static const struct launch_option {
    enum option_id option;
    bool is_of_job;
    enum value_kind kind;
    const char *field; /* of the configuration; in a document, below assay */
} launch_options[] = {
    { OPTION_PLACES, false, VALUE_TEXT, "places" },
    { OPTION_STRICT_PLACES, false, VALUE_TRUE, "strictPlaces" },
    { OPTION_LAUNCHER, false, VALUE_TEXT, "launcher" },
    { OPTION_CONTAINER_ENGINE, false, VALUE_TEXT, "containerEngine" },
    { OPTION_SLURM_ALLOCATION, false, VALUE_PLAIN, "slurmAllocation" },
    { OPTION_MAX_DISK, false, VALUE_PLAIN, "maxDisk" },
    { OPTION_NOTIFY_COMMAND, false, VALUE_TEXT, "notifyCommand" },
    { OPTION_NOTIFY_WEBHOOK, false, VALUE_TEXT, "notifyWebhook" },
    { OPTION_CONTAINER_REUSE, true, VALUE_TRUE, "container.reuse" },
    { OPTION_NETWORK, true, VALUE_TEXT, "container.network" },
    { OPTION_KEEP, true, VALUE_PLAIN, "keep" },
    { OPTION_LOG_MAX, true, VALUE_PLAIN, "logMax" },
    { OPTION_NICE, true, VALUE_PLAIN, "nice" },
    { OPTION_SLURM_PARTITION, true, VALUE_TEXT, "slurm.partition" },
    { OPTION_SLURM_ACCOUNT, true, VALUE_TEXT, "slurm.account" },
    { OPTION_SLURM_QOS, true, VALUE_TEXT, "slurm.qos" },
    { OPTION_SLURM_TIME, true, VALUE_TEXT, "slurm.time" },
    { OPTION_SLURM_OPTION, true, VALUE_LIST, "slurm.options" },
    { OPTION_SLURM_AHEAD, true, VALUE_PLAIN, "slurm.ahead" },
};

enum { OPTIONS = sizeof launch_options / sizeof launch_options[0], FIELD_TEXT = 64 };

/* In a document. */
static const char *document_field(const struct launch_option *option, char text[FIELD_TEXT])
{
    (void)snprintf(text, FIELD_TEXT, "assay.%s", option->field);
    return text;
}

static void write_value(struct json_writer *w, const struct arguments *arguments,
                        const struct launch_option *option)
{
    if (option->kind == VALUE_TEXT) {
        json_string(w, arguments->values[option->option]);
        return;
    }
    json_begin_array(w);
    for (size_t i = 0; i < arguments->slurm_option_count; i++)
        json_string(w, arguments->slurm_options[i]);
    json_end_array(w);
}

/* The option's value as YAML, of which JSON is a part. The caller frees it; NULL: no memory. */
static char *make_value(const struct arguments *arguments, const struct launch_option *option)
{
    struct json_writer writer;
    char *text = NULL;
    size_t size = 0;
    FILE *out = NULL;
    bool is_whole = false;

    if (option->kind == VALUE_PLAIN)
        return strdup(arguments->values[option->option]);
    if (option->kind == VALUE_TRUE)
        return strdup("true");
    out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    json_writer_init(&writer, out, 0);
    write_value(&writer, arguments, option);
    is_whole = json_writer_finish(&writer);
    if (fclose(out) == 0 && is_whole)
        return text;
    free(text);
    return NULL;
}

/* Where the document is read, its own options go there. */
static bool takes_document(const struct arguments *arguments)
{
    return (arguments->command->options & OPTION_BIT(OPTION_SET)) != 0;
}

bool launch_configuration_read(const struct arguments *arguments,
                               struct launch_configuration *configuration, struct assay_error *err)
{
    struct assay_configuration *to = &configuration->configuration;

    *configuration = (struct launch_configuration){ 0 };
    to->settings = configuration->settings;
    if (!arguments)
        return true;
    to->path = arguments->values[OPTION_CONFIG];
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct launch_option *option = &launch_options[i];
        char **value = &configuration->values[to->setting_count];

        if (!arguments->is_given[option->option] ||
            (option->is_of_job && takes_document(arguments)))
            continue;
        *value = make_value(arguments, option);
        if (!*value)
            return assay_fail_memory(err);
        configuration->settings[to->setting_count++] =
            (struct assay_setting){ .name = option->field, .value = *value };
    }
    return true;
}

void launch_configuration_clear(struct launch_configuration *configuration)
{
    if (!configuration)
        return;
    for (size_t i = 0; i < LAUNCH_OPTIONS_MAX; i++)
        free(configuration->values[i]);
    *configuration = (struct launch_configuration){ 0 };
}

bool launch_options_write_overrides(struct json_writer *w, const struct arguments *arguments,
                                    struct assay_error *err)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct launch_option *option = &launch_options[i];
        char field[FIELD_TEXT];
        char *value = NULL;

        if (!option->is_of_job || !arguments->is_given[option->option])
            continue;
        value = make_value(arguments, option);
        if (!value)
            return assay_fail_memory(err);
        json_begin_object(w);
        json_key(w, "path");
        json_string(w, document_field(option, field));
        json_key(w, "value");
        json_string(w, value);
        json_end_object(w);
        free(value);
    }
    return true;
}

enum option_id launch_options_cause(const struct arguments *arguments, const char *field)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct launch_option *option = &launch_options[i];
        char own[FIELD_TEXT];

        if (option->is_of_job && arguments->is_given[option->option] &&
            override_is_about(document_field(option, own), field))
            return option->option;
    }
    return OPTION_COUNT;
}

static void write_config(FILE *out, const struct arguments *arguments)
{
    if (!arguments->is_given[OPTION_CONFIG])
        return;
    (void)fputs(" --config ", out);
    text_write_shell(out, arguments->values[OPTION_CONFIG]);
}

/* As it was typed, after a space; nothing where it was not given. */
static void write_option(FILE *out, const struct arguments *arguments,
                         const struct launch_option *option)
{
    const char *name = command_options[option->option].name;

    if (!arguments->is_given[option->option])
        return;
    if (option->kind == VALUE_LIST) {
        for (size_t use = 0; use < arguments->slurm_option_count; use++) {
            (void)fprintf(out, " --%s=", name);
            text_write_shell(out, arguments->slurm_options[use]);
        }
        return;
    }
    (void)fprintf(out, " --%s", name);
    if (option->kind == VALUE_TRUE)
        return;
    (void)fputc(' ', out);
    text_write_shell(out, arguments->values[option->option]);
}

void launch_options_write_all(FILE *out, const struct arguments *arguments)
{
    write_config(out, arguments);
    for (size_t i = 0; i < OPTIONS; i++)
        write_option(out, arguments, &launch_options[i]);
}

void launch_options_write_engine(FILE *out, const struct arguments *arguments)
{
    write_config(out, arguments);
    for (size_t i = 0; i < OPTIONS; i++) {
        if (!launch_options[i].is_of_job)
            write_option(out, arguments, &launch_options[i]);
    }
}

bool launch_options_check_remote(const struct arguments *arguments, struct assay_error *err)
{
    const char *name = arguments->is_given[OPTION_CONFIG] ? "config" : NULL;

    for (size_t i = 0; i < OPTIONS && !name; i++) {
        if (!launch_options[i].is_of_job && arguments->is_given[launch_options[i].option])
            name = command_options[launch_options[i].option].name;
    }
    if (!name)
        return true;
    return assay_fail(err, ASSAY_INVALID, NULL,
                      "--%s is for who runs the jobs, and a server does that already: give it to "
                      "assay serve",
                      name);
}
