/*
 * bench/study_text.h - the words of the ask and tell protocol: JSON lines, as `assay suggest` and
 * the scripts in bench/rivals/ speak it.
 */
#ifndef BENCH_STUDY_TEXT_H
#define BENCH_STUDY_TEXT_H

#include "bench/arm.h"

#include <cjson/cJSON.h>

/* The one metric there is; it is minimized. */
#define STUDY_METRIC "loss"

/* Each writes one line, newline included; the caller frees. NULL for lack of memory. */
char *study_text_study(const struct arm_study *study, const char *algorithm, size_t *size);
char *study_text_ask(size_t count, size_t *size);
char *study_text_tell(const char *id, const struct problem_outcome *outcome, size_t *size);

/* An answer read; NULL and *err: no JSON, or {"error":…}, whose message it is (ASSAY_UNKNOWN).
 * The caller owns it: cJSON_Delete(). */
cJSON *study_text_answer(const char *line, struct assay_error *err);

/*
 * Fills point from {"id":…,"parameters":{…}} and returns the id, which is trial's. NULL and *err:
 * a value is missing or not legal, and which.
 */
const char *study_text_trial(const cJSON *trial, const struct search_space *space, double *point,
                             struct assay_error *err);

#endif
