#include "engine/cli/emulating.h"

#include "assay/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool emulating_read(const struct arguments *arguments, struct emulating *emulating,
                    struct assay_error *err)
{
    const char *seed = arguments->values[OPTION_SEED];
    const char *script = arguments->values[OPTION_SCRIPT];
    int64_t number = 0;

    if (seed && (!assay_integer_parse(seed, &number) || number < 0))
        return assay_fail(err, ASSAY_INVALID, NULL, "--seed is a number from 0 on");
    if (script && !document_file_read(script, &emulating->script, err))
        return false;
    emulating->options = (struct assay_emulation){ .script = emulating->script.text,
                                                   .script_size = emulating->script.size,
                                                   .has_seed = seed != NULL,
                                                   .seed = (uint64_t)number };
    return true;
}

void emulating_clear(struct emulating *emulating)
{
    document_file_clear(&emulating->script);
}

/* The values are url and then what stands here; of those that are no address, what stands here. */
static const struct variable {
    const char *name;
    bool is_address;
    bool is_kept; /* where the user has set it */
    const char *text;
} variables[] = {
    { "ASSAY_ENDPOINT", true, false, "" },
    { "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM", true, false, "/" },
    { "CLOUDSDK_AUTH_DISABLE_CREDENTIALS", false, false, "true" },
    { "GOOGLE_VERTEX_AI_CUSTOM_ENDPOINT", true, false, "/v1/" },
    { "GOOGLE_CLOUD_PROJECT", false, true, "demo" },
    { "GOOGLE_CLOUD_REGION", false, true, "us-central1" },
};

enum { VARIABLE_COUNT = sizeof variables / sizeof variables[0] };

static bool has_name(const char *entry, const char *name)
{
    size_t size = strlen(name);

    return strncmp(entry, name, size) == 0 && entry[size] == '=';
}

/* The entry is replaced by one of ours. */
static bool is_replaced(const char *entry)
{
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        if (!variables[i].is_kept && has_name(entry, variables[i].name))
            return true;
    return false;
}

static bool is_set(char *const *environment, const char *name)
{
    for (; *environment; environment++)
        if (has_name(*environment, name))
            return true;
    return false;
}

void emulating_free_environment(char **environment)
{
    for (char **at = environment; at && *at; at++)
        free(*at);
    free(environment);
}

char **emulating_environment(const char *url)
{
    size_t count = 0;
    size_t used = 0;
    char **environment = NULL;
    bool is_whole = true;

    while (environ[count])
        count++;
    environment = calloc(count + VARIABLE_COUNT + 1, sizeof *environment);
    if (!environment)
        return NULL;
    for (size_t i = 0; i < count && is_whole; i++) {
        if (is_replaced(environ[i]))
            continue;
        environment[used] = strdup(environ[i]);
        is_whole = environment[used++] != NULL;
    }
    for (size_t i = 0; i < VARIABLE_COUNT && is_whole; i++) {
        const struct variable *v = &variables[i];

        if (v->is_kept && is_set(environ, v->name))
            continue;
        if (asprintf(&environment[used], "%s=%s%s", v->name, v->is_address ? url : "", v->text) <
            0) {
            environment[used] = NULL;
            is_whole = false;
        }
        used++;
    }
    if (is_whole)
        return environment;
    emulating_free_environment(environment);
    return NULL;
}
