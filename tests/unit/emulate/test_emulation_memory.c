#include "assay.h"
#include "engine/emulate/emulation.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The number of the allocation that fails, counted down; 0: none does. */
static int failing;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
int __real_vasprintf(char **text, const char *fmt, va_list args);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **text, const char *fmt, va_list args);

static bool fails(void)
{
    return failing > 0 && --failing == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

int __wrap_vasprintf(char **text, const char *fmt, va_list args)
{
    return fails() ? -1 : __real_vasprintf(text, fmt, args);
}

static const char script_text[] =
    "jobs: [{match: {displayName: a}, refuse: {code: 429, message: m}}]\n"
    "trials: [{message: x, table: {rows: [{metrics: {l: 1}}]}, objectives: [{metric: a, function: "
    "sphere}]}]\n"
    "requests: [{match: {path: p}, code: 500}]\n";

/* The n-th allocation of reading a script and making a world of it fails, for each n. */
Test(emulation_memory, without_memory_there_is_an_error_and_no_leak)
{
    bool is_done = false;

    for (int n = 1; !is_done && n < 10000; n++) {
        struct assay_faults faults = { 0 };
        struct assay_error err = { 0 };
        struct emulation_script *script = NULL;
        struct emulation *emulation = NULL;

        failing = n;
        script = emulation_script_read(script_text, strlen(script_text), &faults, &err);
        if (script)
            emulation = emulation_new(script, NULL, &err);
        is_done = failing > 0;
        failing = 0;
        cr_assert(emulation || err.code == ASSAY_EXHAUSTED, "allocation %d: %s", n, err.message);
        cr_assert(emulation || !is_done);
        assay_faults_clear(&faults);
        emulation_free(emulation);
    }
    cr_assert(is_done);
}

Test(emulation_memory, a_world_that_cannot_change_stays_as_it_is)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };
    struct emulation_script *script =
        emulation_script_read(script_text, strlen(script_text), &faults, &err);
    struct emulation *emulation = emulation_new(script, NULL, &err);
    const struct emulation_script *before = emulation_get_script(emulation);
    struct emulation_script *next = emulation_script_read(NULL, 0, &faults, &err);

    failing = 2;
    cr_assert(not(emulation_take_script(emulation, next, &err)));
    cr_assert(
        eq(ptr, (void *)(uintptr_t)before, (void *)(uintptr_t)emulation_get_script(emulation)));
    failing = 1;
    cr_assert(not(emulation_reset(emulation, NULL, &err)));
    failing = 0;
    cr_assert(emulation_reset(emulation, NULL, &err));
    emulation_free(emulation);
}

/* Asks; what is answered does not matter, as long as it is an answer or ASSAY_EXHAUSTED. */
static void try_to_ask(struct assay *assay, const char *method, const char *path, const char *body)
{
    struct assay_request request = {
        .method = method, .path = path, .body = body, .body_size = body ? strlen(body) : 0
    };
    struct assay_response response = { 0 };
    struct assay_error err = { 0 };

    if (!assay_call(assay, &request, &response, &err))
        cr_assert(eq(int, (int)err.code, ASSAY_EXHAUSTED), "%s", err.message);
    assay_response_clear(&response);
}

static const char job_text[] =
    "{\"displayName\":\"j\",\"maxTrialCount\":2,\"parallelTrialCount\":1,\"studySpec\":{"
    "\"algorithm\":"
    "\"RANDOM_SEARCH\",\"metrics\":[{\"metricId\":\"l\"}],\"parameters\":[{\"parameterId\":\"x\","
    "\"doubleValueSpec\":{\"maxValue\":1}}]},\"trialJobSpec\":{\"workerPoolSpecs\":[{"
    "\"containerSpec\":{\"imageUri\":\"i\"}}]}}";

/* A whole job, from its creation to its end; the n-th allocation on the way fails, for each n. */
Test(emulation_memory, a_job_that_runs_out_of_memory_harms_nobody, .timeout = 240)
{
    const char *script = "jobs: [{pending: 1s, fail: {code: 13, when: 60s}}]\n"
                         "trials: [{ends: 5s, steps: 2, message: m}]\n"
                         "requests: [{match: {method: GET}, pageSize: 1}]";
    struct assay_emulation emulation = { .script = script, .script_size = strlen(script) };
    struct assay_options options = { .emulation = &emulation };
    bool is_done = false;

    for (int n = 1; !is_done; n++) {
        struct assay_error err = { 0 };
        struct assay *assay = assay_open(&options, &err);

        cr_assert(assay != NULL, "%s", err.message);
        failing = n;
        try_to_ask(assay, "POST", "/v1/projects/p/locations/l/hyperparameterTuningJobs", job_text);
        try_to_ask(assay, "POST", "/assay/v1/clock:advance", "{\"duration\":\"100s\"}");
        try_to_ask(assay, "GET", "/v1/projects/p/locations/l/hyperparameterTuningJobs", NULL);
        try_to_ask(assay, "POST", "/assay/v1:reset", NULL);
        is_done = failing > 0;
        failing = 0;
        assay_close(assay);
    }
}
