/*
 * engine/api/api_steering.h - what people change about a tuning job while it runs, or after.
 */
#ifndef ENGINE_API_API_STEERING_H
#define ENGINE_API_API_STEERING_H

#include "engine/api/api_private.h"

/* POST …/jobs/{job}/trials/{trial}:stop */
bool api_stop_trial(struct api_call *call, struct assay_error *err);
/* POST …/jobs/{job}:retry */
bool api_retry_job(struct api_call *call, struct assay_error *err);
/* PATCH …/jobs/{job} */
bool api_change_job(struct api_call *call, struct assay_error *err);

#endif
