/*
 * engine/api/vizier/vizier_body.h - the bodies of requests about the trials of a study, as typed
 * records.
 *
 * The rules of documents (job_document.h) hold here too: both spellings, enums by name or number,
 * output-only fields ignored, every fault with the path that the API has for it.
 */
#ifndef ENGINE_API_VIZIER_VIZIER_BODY_H
#define ENGINE_API_VIZIER_VIZIER_BODY_H

#include "assay/json.h"
#include "engine/spec/job_spec.h"

enum { CLIENT_ID_MAX = 1024, SUGGESTIONS_MAX = 1000 };

enum vizier_method {
    VIZIER_SUGGEST,  /* suggestion_count, client_id, contexts */
    VIZIER_CREATE,   /* a Trial: point, state, final, measurements */
    VIZIER_MEASURE,  /* the measurement, in final */
    VIZIER_COMPLETE, /* final, is_infeasible, reason */
};

struct vizier_metric {
    char *id;
    double value;
};

struct vizier_measurement {
    int64_t step, elapsed_us;
    struct vizier_metric *metrics;
    size_t metric_count; /* 0: there is no measurement */
    double *values;      /* one per metric of the study, NaN where absent; NULL where all are */
};

struct vizier_body {
    int32_t suggestion_count;
    char *client_id;
    size_t context_count;
    bool is_infeasible;
    char *reason; /* may be NULL */
    int state;
    struct vizier_measurement final;
    struct vizier_measurement *measurements; /* strictly rising in (step, elapsed) */
    size_t measurement_count;
    double *point;             /* of VIZIER_CREATE: legal in the study's space */
    double *contexts;          /* of VIZIER_SUGGEST, for each: what it fixes, NaN elsewhere; NULL:
                                  there are none */
    const cJSON *context_list; /* while it is read */
};

/*
 * False: *faults says what is wrong, or memory is short. Clear the body in either case. Null and ""
 * stand for an empty message.
 */
bool vizier_body_read(enum vizier_method method, const cJSON *root, const struct study_spec *study,
                      struct vizier_body *body, struct assay_faults *faults,
                      struct assay_error *err);
void vizier_body_clear(struct vizier_body *body); /* a zeroed one is fine */

/* By which a trial's measurements are ordered: step, then elapsed time; like strcmp. */
int measurement_compare(int64_t step, int64_t elapsed_us, int64_t other_step,
                        int64_t other_elapsed_us);

#endif
