/*
 * engine/cli/report.h - what a command says at its end: results on standard output, errors on
 * standard error, the exit status.
 */
#ifndef ENGINE_CLI_REPORT_H
#define ENGINE_CLI_REPORT_H

#include "assay/json.h"
#include "engine/cli/arguments.h"
#include "engine/cli/client.h"
#include "engine/cli/state_dir.h"

#include <stdio.h>

/* Prints "assay: MESSAGE" and returns the exit status that belongs to the error. */
int report_error(const struct assay_error *err);

/* To "BEGIN… does not exist", what to type for those that do: "assay COLLECTION list". */
void report_hint(struct assay_error *err, const char *begin, const struct state_dir *dir,
                 const char *collection);

/* The status, unless standard output could not be written (a full disk): then says so, returns 1.
 */
int report_end(int status);

/* The result of a job in words: state, best trial with parameters, model or why there is none. */
void report_result(const cJSON *job, const struct state_dir *dir);

/* All that there is to tell of a pipeline: state, data, job, model. */
void report_pipeline(const cJSON *pipeline, const struct state_dir *dir);

/* How to go on with a job, or a pipeline, that has not ended, with the engine's options that were
 * given here, on standard error. */
void report_resume(const cJSON *job, const struct state_dir *dir,
                   const struct arguments *arguments);

/* All that is known of a job. */
void report_job(const cJSON *job, const struct state_dir *dir);

/* A line on a trial that runs, with its measurements: "trial 5  loss=0.31 at step 7". */
void report_running(const cJSON *item, bool is_first);
/* How many more there are than were shown. */
void report_more_running(int count);

/* The best trial of a job that has one. */
void report_best(const cJSON *job, const struct state_dir *dir);

/* A failed job's errorMessage, its further lines indented, and the next command made complete: as
 * it can be typed here. An emulated job has no logs to look at, and so no next command. */
void report_write_error(FILE *out, const cJSON *job, const struct state_dir *dir,
                        const char *indent);

/* The folder of the copied model, or a note why there is none. */
void report_model(const cJSON *job);

/* A JSON answer of the engine as it is, to standard output. False and *err. */
bool report_json(struct client *client, const char *target, struct assay_error *err);

/* Each fault of an answer of POST jobs:check as a line "FILE:LINE: FIELD: MESSAGE"; of what an
 * option of the arguments set, that option takes the file's place. */
void report_faults(FILE *out, const char *file, const struct arguments *arguments,
                   const cJSON *answer);

#endif
