/* The C library's door: assay.h on top of the engine and the API's functions. */

#include "engine/api/api.h"
#include "engine/assay_private.h"
#include "engine/reserved.h"

#include <stdlib.h>
#include <unistd.h>

const char *assay_version(void)
{
    return ASSAY_VERSION;
}

struct assay *assay_open(const struct assay_options *options, struct assay_error *err)
{
    struct assay *assay = NULL;
    struct engine_options engine_options = { .state_dir = options->state_dir,
                                             .shim_path = options->shim_path,
                                             .environment = environ,
                                             .is_reader = options->is_reader,
                                             .is_verbose = options->is_verbose,
                                             .forbids_host = options->forbids_host };
    struct engine_emulation emulation = { 0 };

    if (!reserved_check(options->reserved, sizeof options->reserved / sizeof options->reserved[0],
                        err))
        return NULL;
    if (options->emulation &&
        !reserved_check(options->emulation->reserved,
                        sizeof options->emulation->reserved / sizeof(void *), err))
        return NULL;
    assay = calloc(1, sizeof *assay);
    if (!assay) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    if (options->emulation) {
        emulation.script = options->emulation->script;
        emulation.script_size = options->emulation->script_size;
        emulation.has_seed = options->emulation->has_seed;
        emulation.seed = options->emulation->seed;
        engine_options.emulation = &emulation;
    }
    assay->engine = engine_open(&engine_options, err);
    if (assay->engine)
        return assay;
    free(assay);
    return NULL;
}

void assay_close(struct assay *assay)
{
    if (!assay)
        return;
    engine_close(assay->engine);
    free(assay);
}

const char *assay_state_dir(const struct assay *assay)
{
    return engine_state_dir(assay->engine);
}

bool assay_call(struct assay *assay, const struct assay_request *request,
                struct assay_response *response, struct assay_error *err)
{
    return api_call(assay->engine, request, response, err);
}

bool assay_call_begin(struct assay *assay, const struct assay_request *request,
                      assay_answer_fn done, void *context, struct assay_error *err)
{
    return api_begin(assay->engine, request, done, context, err);
}

bool assay_check(const char *state_dir, const char *body, size_t body_size,
                 struct assay_response *response, struct assay_error *err)
{
    return api_check(state_dir, body, body_size, response, err);
}

void assay_response_clear(struct assay_response *response)
{
    if (!response)
        return;
    free(response->body);
    *response = (struct assay_response){ 0 };
}

bool assay_wait(struct assay *assay, uint64_t *seen, int timeout_ms)
{
    return engine_wait(assay->engine, seen, timeout_ms);
}

uint64_t assay_commit_count(const struct assay *assay)
{
    return engine_commit_count(assay->engine);
}

bool assay_is_working(struct assay *assay, struct assay_error *err)
{
    return engine_is_working(assay->engine, err);
}

void assay_reopen_log(struct assay *assay)
{
    engine_reopen_log(assay->engine);
}
