/*
 * Requests, one after the other, as a door hands them to the engine: each is a method, a space, a
 * target and, after a line break, a body; a zero byte ends it. In a target, ! stands for the id of
 * a tuning job that has ended, and @ for the last number of the last name that was answered, so
 * that what one request made the next ones find.
 *
 * Every answer is JSON with a status of the API's, an error says which of them in its code, and is
 * never INTERNAL. Commands are not run.
 */
#include "assay.h"
#include "assay/json.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCATION "/v1/projects/p/locations/l"

/* So many requests to one state folder. */
enum { FOLDER_REQUESTS = 5000, TARGET_SIZE = 4096, REQUESTS_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct assay *assay;
static char folder[64];
static char job_id[32];
static char last_id[32];
static int request_count;

static const char job_text[] =
    "{\"displayName\":\"j\",\"maxTrialCount\":2,\"parallelTrialCount\":2,\"studySpec\":{"
    "\"metrics\":"
    "[{\"metricId\":\"loss\",\"goal\":\"MINIMIZE\"}],\"parameters\":[{\"parameterId\":\"x\","
    "\"doubleValueSpec\":{\"minValue\":0,\"maxValue\":1}}]},\"trialJobSpec\":{\"workerPoolSpecs\":["
    "{"
    "\"machineSpec\":{\"machineType\":\"n1\"},\"replicaCount\":\"1\",\"containerSpec\":{"
    "\"imageUri\":"
    "\"host:\",\"command\":[\"true\"]}}]}}";

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void close_folder(void)
{
    assay_close(assay);
    assay = NULL;
    if (folder[0])
        (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    folder[0] = '\0';
}

static void open_engine(bool forbids_host)
{
    struct assay_options options = { .state_dir = folder,
                                     .shim_path = FUZZ_SHIM,
                                     .forbids_host = forbids_host };
    struct assay_error err = { 0 };

    assay = assay_open(&options, &err);
    if (!assay) {
        (void)fprintf(stderr, "%s\n", err.message);
        abort();
    }
}

/* The last number in an answer's name, "" for none. */
static void note_id(const cJSON *answer, char id[32])
{
    const cJSON *name = json_get(answer, "name");
    const char *slash = cJSON_IsString(name) ? strrchr(name->valuestring, '/') : NULL;

    if (slash && strlen(slash + 1) < 32)
        (void)snprintf(id, 32, "%s", slash + 1);
}

static void check_error(const cJSON *answer, int status)
{
    const cJSON *error = json_get(answer, "error");
    const cJSON *message = json_get(error, "message");
    const cJSON *code = json_get(error, "code");

    if (!cJSON_IsString(message) || !message->valuestring[0] || !cJSON_IsNumber(code) ||
        (int)code->valuedouble != status || status == 500)
        abort();
}

static cJSON *call(const char *method, const char *path, const char *query, const char *body)
{
    struct assay_request request = {
        .method = method, .path = path, .query = query, .body = body, .body_size = strlen(body)
    };
    struct assay_response response = { 0 };
    struct assay_error err = { 0 };
    cJSON *answer = NULL;

    if (!assay_call(assay, &request, &response, &err))
        abort();
    if (response.status != 200 && (response.status < 400 || response.status > 503))
        abort();
    if (strncmp(response.content_type, "application/json", strlen("application/json")) == 0) {
        answer = json_read(response.body, response.size, &err);
        if (!answer)
            abort();
        if (response.status != 200)
            check_error(answer, response.status);
    }
    assay_response_clear(&response);
    return answer;
}

/* A tuning job that has ended: it is made by an engine that may run commands. */
static void make_job(void)
{
    cJSON *job = NULL;
    char path[128];
    bool is_over = false;

    open_engine(false);
    job = call("POST", LOCATION "/hyperparameterTuningJobs", NULL, job_text);
    note_id(job, job_id);
    cJSON_Delete(job);
    (void)snprintf(path, sizeof path, LOCATION "/hyperparameterTuningJobs/%s", job_id);
    for (uint64_t seen = 0; !is_over; (void)assay_wait(assay, &seen, 1000)) {
        job = call("GET", path, NULL, "");
        is_over = json_get(job, "endTime") != NULL;
        cJSON_Delete(job);
    }
    assay_close(assay);
}

static void open_folder(void)
{
    (void)snprintf(folder, sizeof folder, "%s/assay-fuzz-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder))
        abort();
    make_job();
    open_engine(true);
    request_count = 0;
}

/* The target with its signs replaced; false where it is too long. */
static bool expand(const char *target, size_t size, char text[TARGET_SIZE])
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        const char *id = target[i] == '!' ? job_id : target[i] == '@' ? last_id : NULL;
        size_t length = id ? strlen(id) : 1;

        if (used + length >= TARGET_SIZE)
            return false;
        memcpy(text + used, id ? id : target + i, length);
        used += length;
    }
    text[used] = '\0';
    return used > 0 && text[0] == '/';
}

/* As a page asks for it: until there is something new, which may be never. */
static bool is_endless(const char *text)
{
    return strstr(text, "watch") || strstr(text, "follow") || strstr(text, ":wait");
}

static void ask(char *text)
{
    static const char *const methods[] = { "GET", "POST", "DELETE", "PATCH" };
    char target[TARGET_SIZE];
    char *end = strchr(text, '\n');
    char *space = strchr(text, ' ');
    char *query = NULL;
    cJSON *answer = NULL;
    size_t method = 0;

    if (!space || (end && space > end))
        return;
    *space = '\0';
    while (method < 4 && strcmp(methods[method], text) != 0)
        method++;
    if (method == 4 ||
        !expand(space + 1, end ? (size_t)(end - space - 1) : strlen(space + 1), target))
        return;
    query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    if (is_endless(target) || (query && is_endless(query)))
        return;
    answer = call(methods[method], target, query, end ? end + 1 : "");
    note_id(answer, last_id);
    cJSON_Delete(answer);
    request_count++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = NULL;
    size_t at = 0;

    if (!assay) {
        (void)atexit(close_folder);
        open_folder();
    }
    if (request_count > FOLDER_REQUESTS) {
        close_folder();
        open_folder();
    }
    text = calloc(1, size + 1);
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    (void)snprintf(last_id, sizeof last_id, "1");
    for (int i = 0; at < size && i < REQUESTS_MAX; i++) {
        size_t length = strlen(text + at);

        ask(text + at);
        at += length + 1;
    }
    free(text);
    return 0;
}
