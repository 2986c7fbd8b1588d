/*
 * engine/cli/trial_csv.h - trials as CSV (RFC 4180): a column for each metric and parameter.
 *
 * id,state,failure,attempt,<metrics>,<parameters>,start,end, in lines that end as those of other
 * text files here do (readers take either kind). A parameter that a trial does not have
 * (its parent's value does not select it) is an empty field.
 */
#ifndef ENGINE_CLI_TRIAL_CSV_H
#define ENGINE_CLI_TRIAL_CSV_H

#include "assay/json.h"

#include <stdio.h>

struct trial_csv {
    const char **columns; /* metrics, then parameters; borrowed from the job */
    size_t metric_count;
    size_t count;
    bool is_safe; /* set it for a terminal: see text_write_csv() */
};

/* job, the answer of GET jobs/ID, must live as long as csv. False for lack of memory. */
bool trial_csv_init(struct trial_csv *csv, const cJSON *job);
void trial_csv_clear(struct trial_csv *csv);

void trial_csv_write_header(const struct trial_csv *csv, FILE *out);
/* One item of a list of trials. */
void trial_csv_write(const struct trial_csv *csv, const cJSON *item, FILE *out);

#endif
