/*
 * engine/cli/view.h - what the engine answers, read for showing it to a person.
 *
 * The answers are docs/api.md's; a member that is missing reads as "", 0 or false, so that an
 * engine of another version does no harm. Pure functions; text goes out safe (engine/cli/text.h).
 */
#ifndef ENGINE_CLI_VIEW_H
#define ENGINE_CLI_VIEW_H

#include "assay/json.h"
#include "assay/value.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

const char *view_text(const cJSON *object, const char *key);
int64_t view_integer(const cJSON *object, const char *key);
bool view_is_true(const cJSON *object, const char *key);

/* Without the API's prefix, that of a job or of a pipeline: "RUNNING". So with the next four, but
 * that a pipeline is never paused. */
const char *view_job_state(const cJSON *job);
bool view_job_has_ended(const cJSON *job);
/* Not ended, not paused, and no engine works on it. */
bool view_job_is_interrupted(const cJSON *job);
/* Of emulate mode: nothing of it is in a folder. */
bool view_job_is_emulated(const cJSON *job);
/* What a command exits with that waited for the job: 0, 1, or 130 when it can be resumed. */
int view_job_exit_status(const cJSON *job);

/* A number, or a text as a shell would need it: 0.1, adam, 'two words'. */
void view_write_value(FILE *out, const cJSON *value);
/* The same as a field of CSV; is_safe as of text_write_csv(). */
void view_write_csv_value(FILE *out, const cJSON *value, bool is_safe);
/* A number for a quick look: six digits at the most. Returns text. */
char *view_short_number(double number, char text[ASSAY_NUMBER_TEXT]);
/* The same as view_write_value(), but numbers so. */
void view_write_short(FILE *out, const cJSON *value);
/* "lr=0.1 opt=adam"; sep between a name and its value; is_short: numbers as above. */
void view_write_members(FILE *out, const cJSON *object, const char *sep, bool is_short);

/* From startTime to endTime of a trial; -1 until both are there. */
int64_t view_duration_us(const cJSON *trial);
/* "512 B", "1.5 GiB", "24 GiB" */
void view_write_size(FILE *out, int64_t bytes);
/* "2026-01-31 10:00:00Z" of an RFC 3339 time; "" stays "". */
void view_write_time(FILE *out, const char *time);

/* What a trial reported last, where its measurements were asked for; or NULL. */
const cJSON *view_last_measurement(const cJSON *trial);
/* " at step 7"; where steps are not counted, nothing. */
void view_write_step(FILE *out, const cJSON *measurement);

/* Of the metrics of one of the job's trials, the one that it is judged by; NULL where absent. */
const cJSON *view_objective(const cJSON *metrics, const cJSON *job);

#endif
