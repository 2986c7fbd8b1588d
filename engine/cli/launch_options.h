/*
 * engine/cli/launch_options.h - the options that say where and how trials run.
 *
 * Those of the engine (--places, --launcher, …) are settings of its configuration. Those of jobs
 * (--network, --keep, …) become part of the document where one is given, so that they stay with the
 * job, and settings of the configuration of a server, for all jobs that do not say it themselves.
 */
#ifndef ENGINE_CLI_LAUNCH_OPTIONS_H
#define ENGINE_CLI_LAUNCH_OPTIONS_H

#include "assay.h"
#include "assay/json.h"
#include "engine/cli/arguments.h"

enum { LAUNCH_OPTIONS_MAX = 32 };

/* The configuration that the arguments ask for. Owns its values: launch_configuration_clear(). */
struct launch_configuration {
    struct assay_configuration configuration;
    struct assay_setting settings[LAUNCH_OPTIONS_MAX];
    char *values[LAUNCH_OPTIONS_MAX];
};

/* arguments may be NULL: then nothing is set. False for lack of memory; clear it also then. */
bool launch_configuration_read(const struct arguments *arguments,
                               struct launch_configuration *configuration, struct assay_error *err);
void launch_configuration_clear(struct launch_configuration *configuration);

/* The options of jobs as overrides of a document: {"path": …, "value": …} of each. */
bool launch_options_write_overrides(struct json_writer *w, const struct arguments *arguments,
                                    struct assay_error *err);

/* The option of jobs that has set this field of the document, or OPTION_COUNT. */
enum option_id launch_options_cause(const struct arguments *arguments, const char *field);

/* All that were given, as one would type them, each after a space. */
void launch_options_write_all(FILE *out, const struct arguments *arguments);

/* Those of the engine, which do not stay with the job: to be typed again when it is resumed. */
void launch_options_write_engine(FILE *out, const struct arguments *arguments);

/* ASSAY_INVALID where an option of the engine is given to a command that asks a server. */
bool launch_options_check_remote(const struct arguments *arguments, struct assay_error *err);

#endif
