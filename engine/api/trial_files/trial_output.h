/*
 * engine/api/trial_files/trial_output.h - the folder that a trial leaves its outputs in, opened for
 * who wants to see them. The trial itself may have put anything there.
 */
#ifndef ENGINE_API_TRIAL_FILES_TRIAL_OUTPUT_H
#define ENGINE_API_TRIAL_FILES_TRIAL_OUTPUT_H

#include "engine/api/job_view.h"

/*
 * A descriptor of the folder. -1 and *err; ASSAY_NOT_FOUND: there is none, or none on this machine;
 * ASSAY_DENIED: it lies where a server for others shows nothing.
 */
int trial_output_open(const struct engine *engine, const struct job_view *view, int64_t number,
                      struct assay_error *err);

#endif
