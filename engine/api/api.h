/*
 * engine/api/api.h - the API as functions: method, path, query and body in, status and body out.
 *
 * One table of routes (api.c); HTTP, the command line and the C library are doors to it. Any
 * thread may call.
 */
#ifndef ENGINE_API_API_H
#define ENGINE_API_API_H

#include "assay.h"
#include "engine/engine.h"

/* False and *err only when there is no answer at all. */
bool api_call(struct engine *engine, const struct assay_request *request,
              struct assay_response *response, struct assay_error *err);

/* The same without waiting: see assay_call_begin() in assay.h. */
bool api_begin(struct engine *engine, const struct assay_request *request, assay_answer_fn done,
               void *context, struct assay_error *err);

/* Checks a document without an engine: see POST /assay/v1/jobs:check. */
bool api_check(const struct launch_place *place, const char *body, size_t body_size,
               struct assay_response *response, struct assay_error *err);

/* Lists and prunes, without opening the state folder: see assay_python_environments(). */
bool api_python_environments(const char *state_dir, const char *body, size_t body_size,
                             struct assay_response *response, struct assay_error *err);

#endif
