/* engine/cli/plan.h - what a document would run, or what is wrong with it. */
#ifndef ENGINE_CLI_PLAN_H
#define ENGINE_CLI_PLAN_H

#include "assay/json.h"
#include "engine/cli/client.h"

#include <stdio.h>

/*
 * The answer of POST jobs:check to a body; the caller owns it. NULL and *err. Of a folder it needs
 * no engine, which would be one of these arguments; a server is asked, for what it can run may be
 * more or less.
 */
cJSON *plan_make(struct client *client, const struct state_dir *dir,
                 const struct arguments *arguments, const char *body, size_t size,
                 struct assay_error *err);

/* A plan without faults in words: of each replica command, what it asks for and folder, then
 * outputs, the primary's environment (sorted), counts; of an emulator,
 * only that there are none. */
void plan_print(FILE *out, const char *file, const cJSON *plan);

/* A line FILE: note: … for each thing that is no fault and still worth knowing. */
void plan_print_notes(FILE *out, const char *file, const cJSON *plan);

#endif
