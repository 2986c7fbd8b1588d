/* The C library's door: assay.h on top of the engine and the API's functions. */

#include "assay/buckets.h"
#include "engine/api/api.h"
#include "engine/assay_private.h"
#include "engine/reserved.h"
#include "launcher/storage.h"

#include <stdlib.h>
#include <unistd.h>

const char *assay_version(void)
{
    return ASSAY_VERSION;
}

/* As the options say; NULL and *err. */
static struct launcher_config *load_config(const struct assay_options *options,
                                           struct assay_error *err)
{
    static const struct assay_configuration nothing;
    const struct assay_configuration *from =
        options->configuration ? options->configuration : &nothing;
    struct launcher_config_source source = { .state_dir = options->state_dir, .path = from->path };
    struct document_override *overrides = NULL;
    struct launcher_config *config = NULL;

    if (!reserved_check(from->reserved, sizeof from->reserved / sizeof from->reserved[0], err))
        return NULL;
    overrides = calloc(from->setting_count + 1, sizeof *overrides);
    if (!overrides) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    for (size_t i = 0; i < from->setting_count; i++)
        overrides[i] = (struct document_override){ .path = from->settings[i].name,
                                                   .value = from->settings[i].value };
    source.overrides = overrides;
    source.override_count = from->setting_count;
    config = launcher_config_load(&source, err);
    free(overrides);
    return config;
}

static bool check_reserved(const struct assay_options *options, struct assay_error *err)
{
    const struct assay_emulation *emulation = options->emulation;

    return reserved_check(options->reserved, sizeof options->reserved / sizeof options->reserved[0],
                          err) &&
           (!emulation ||
            reserved_check(emulation->reserved,
                           sizeof emulation->reserved / sizeof emulation->reserved[0], err));
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

    if (!check_reserved(options, err))
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
    } else if (!options->is_reader) {
        assay->config = load_config(options, err);
        engine_options.config = assay->config;
    }
    if (assay->config || options->emulation || options->is_reader)
        assay->engine = engine_open(&engine_options, err);
    if (assay->engine)
        return assay;
    assay_close(assay);
    return NULL;
}

void assay_close(struct assay *assay)
{
    if (!assay)
        return;
    engine_close(assay->engine);
    launcher_config_free(assay->config);
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

bool assay_check_with(const struct assay_options *options, const char *body, size_t body_size,
                      struct assay_response *response, struct assay_error *err)
{
    struct launcher_config *config = NULL;
    struct launch_facts_options facts = { .environment = environ, .env = assay_env_system() };
    struct launch_place place = { .is_guarded = options->forbids_host };
    char *clean = NULL; /* with neither "." nor "..", as it would be opened */
    bool is_answered = false;

    *response = (struct assay_response){ 0 };
    if (options->state_dir[0] == '/')
        clean = storage_path(options->state_dir, NULL, NULL, err);
    place.state_dir = clean ? clean : options->state_dir;
    if (check_reserved(options, err))
        config = load_config(options, err);
    place.config = config;
    facts.config = config;
    if (config)
        place.facts = launch_facts_new(&facts, err);
    if (place.facts)
        is_answered = api_check(&place, body, body_size, response, err);
    launch_facts_free(place.facts);
    launcher_config_free(config);
    free(clean);
    return is_answered;
}

bool assay_check(const char *state_dir, const char *body, size_t body_size,
                 struct assay_response *response, struct assay_error *err)
{
    const struct assay_options options = { .state_dir = state_dir };

    return assay_check_with(&options, body, body_size, response, err);
}

bool assay_python_environments(const char *state_dir, const char *body, size_t body_size,
                               struct assay_response *response, struct assay_error *err)
{
    return api_python_environments(state_dir, body, body_size, response, err);
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

void assay_announce_storage(struct assay *assay, const char *url)
{
    engine_announce_storage(assay->engine, url);
}

void assay_reopen_log(struct assay *assay)
{
    engine_reopen_log(assay->engine);
}
