/* The C library's door: assay.h on top of the engine and the API's functions. */

#include "assay.h"

#include "engine/api/api.h"

#include <stdlib.h>
#include <unistd.h>

struct assay {
    struct engine *engine;
};

struct assay *assay_open(const struct assay_options *options, struct assay_error *err)
{
    struct assay *assay = calloc(1, sizeof *assay);
    struct engine_options engine_options = { .state_dir = options->state_dir,
                                             .shim_path = options->shim_path,
                                             .environment = environ,
                                             .is_reader = options->is_reader,
                                             .is_verbose = options->is_verbose,
                                             .forbids_host = options->forbids_host };

    if (!assay) {
        (void)assay_fail_memory(err);
        return NULL;
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

bool assay_call(struct assay *assay, const struct assay_request *request,
                struct assay_response *response, struct assay_error *err)
{
    return api_call(assay->engine, request, response, err);
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

bool assay_is_working(struct assay *assay, struct assay_error *err)
{
    return engine_is_working(assay->engine, err);
}

void assay_reopen_log(struct assay *assay)
{
    engine_reopen_log(assay->engine);
}
