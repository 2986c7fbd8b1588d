/*
 * engine/api/web_access.h - webAccessUris: where to look on at what runs (docs/monitoring.md).
 *
 * The hosted service gives a shell in the browser there; here it is what the replica prints, as a
 * stream of text that goes on until it ends, from whom the resource was asked for. Nobody who asked
 * over a socket file or from within the process gets any: there is no address to give.
 */
#ifndef ENGINE_API_WEB_ACCESS_H
#define ENGINE_API_WEB_ACCESS_H

#include "assay/json.h"
#include "engine/spec/job_spec.h"

/* Of a trial that runs, where its job has enableWebAccess: the member webAccessUris. */
void web_access_write(struct json_writer *w, const struct run_spec *run, int64_t job,
                      int64_t trial);

/* The same, of a canonical jobSpec or trialJobSpec; NULL: nothing. */
void web_access_write_document(struct json_writer *w, const cJSON *run, int64_t job, int64_t trial);

#endif
