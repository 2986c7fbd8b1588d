/*
 * Calls that do not wait, kept answers and kept views, from many threads at one engine: for
 * ThreadSanitizer. What a client was told must be what it reads afterwards.
 *
 *     call_race SHIM FOLDER
 */
#include "assay.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCATION "/v1/projects/p/locations/l"

enum { THREADS = 8, ROUNDS = 60, PATH_TEXT = 300 };

static const char study_document[] =
    "{\"displayName\":\"race\",\"studySpec\":{\"algorithm\":\"RANDOM_SEARCH\",\"metrics\":[{"
    "\"metricId\":\"loss\",\"goal\":\"MINIMIZE\"}],\"parameters\":[{\"parameterId\":\"x\","
    "\"doubleValueSpec\":{\"minValue\":0,\"maxValue\":1}}]}}";
static const char job_document[] =
    "{\"displayName\":\"race\",\"maxTrialCount\":6,\"parallelTrialCount\":2,"
    "\"maxFailedTrialCount\":6,\"studySpec\":{\"algorithm\":\"RANDOM_SEARCH\",\"metrics\":[{"
    "\"metricId\":\"loss\",\"goal\":\"MINIMIZE\"}],\"parameters\":[{\"parameterId\":\"x\","
    "\"doubleValueSpec\":{\"minValue\":0,\"maxValue\":1}}]},\"trialJobSpec\":{\"workerPoolSpecs\":["
    "{"
    "\"replicaCount\":\"1\",\"machineSpec\":{\"machineType\":\"n1-standard-4\"},\"containerSpec\":{"
    "\"imageUri\":\"host:\",\"command\":[\"true\"]}}]}}";

struct shared {
    struct assay *assay;
    char study[PATH_TEXT];
    char job[PATH_TEXT];
    atomic_int faults;
};

struct client {
    struct shared *shared;
    pthread_t thread;
    int number;
};

static void fault(struct shared *shared, const char *what, const char *detail)
{
    (void)atomic_fetch_add(&shared->faults, 1);
    (void)fprintf(stderr, "call_race: %s: %s\n", what, detail);
}

/* An answer that somebody waits for. */
struct waiting {
    struct assay_response response;
    sem_t is_there;
};

static void take(void *context, struct assay_response *response)
{
    struct waiting *waiting = context;

    waiting->response = *response;
    (void)sem_post(&waiting->is_there);
}

/* The answer's body; the caller frees it. NULL where it is not 200. */
static char *call(struct shared *shared, const char *method, const char *path, const char *body)
{
    struct assay_request request = {
        .method = method, .path = path, .body = body, .body_size = body ? strlen(body) : 0
    };
    struct waiting waiting = { 0 };
    struct assay_error err = { 0 };

    (void)sem_init(&waiting.is_there, 0, 0);
    if (!assay_call_begin(shared->assay, &request, take, &waiting, &err)) {
        fault(shared, path, err.message);
        return NULL;
    }
    while (sem_wait(&waiting.is_there) != 0)
        continue;
    (void)sem_destroy(&waiting.is_there);
    if (waiting.response.status == 200)
        return waiting.response.body;
    fault(shared, path, waiting.response.body ? waiting.response.body : "no body");
    assay_response_clear(&waiting.response);
    return NULL;
}

static bool make(struct shared *shared, const char *path, const char *document, char *name)
{
    char *answer = call(shared, "POST", path, document);
    const char *at = answer ? strstr(answer, "projects/") : NULL;

    if (at)
        (void)snprintf(name, PATH_TEXT, "/v1/%.*s", (int)strcspn(at, "\""), at);
    free(answer);
    return at != NULL;
}

/* Said to be complete, so complete to read. */
static void complete(struct shared *shared, long trial)
{
    char path[PATH_TEXT + 64];
    char *answer = NULL;

    (void)snprintf(path, sizeof path, "%s/trials/%ld:complete", shared->study, trial);
    free(call(shared, "POST", path,
              "{\"finalMeasurement\":{\"metrics\":[{\"metricId\":\"loss\",\"value\":1}]}}"));
    *strrchr(path, ':') = '\0';
    answer = call(shared, "GET", path, NULL);
    if (answer && !strstr(answer, "\"SUCCEEDED\""))
        fault(shared, path, answer);
    free(answer);
}

static void round_trip(struct client *client)
{
    struct shared *shared = client->shared;
    char path[PATH_TEXT + 64];
    char body[64];
    char *answer = NULL;
    const char *at = NULL;

    (void)snprintf(path, sizeof path, "%s/trials:suggest", shared->study);
    (void)snprintf(body, sizeof body, "{\"suggestionCount\":1,\"clientId\":\"%d\"}",
                   client->number);
    answer = call(shared, "POST", path, body);
    at = answer ? strstr(answer, "\"trials\"") : NULL;
    at = at ? strstr(at, "/trials/") : NULL;
    if (at)
        complete(shared, strtol(at + strlen("/trials/"), NULL, 10));
    else if (answer)
        fault(shared, path, answer);
    free(answer);
}

static int count_trials(const char *answer)
{
    int count = 0;

    for (const char *at = strstr(answer, "\"parameters\": ["); at;
         at = strstr(at + 1, "\"parameters\": ["))
        count++;
    return count;
}

/* A job's trials never become fewer, whoever's answer is given again. */
static void read_job(struct client *client, int *seen)
{
    char *answer = call(client->shared, "GET", client->shared->job, NULL);
    int count = answer ? count_trials(answer) : *seen;

    if (count < *seen)
        fault(client->shared, "trials are gone", answer);
    *seen = count;
    free(answer);
}

static void *run(void *context)
{
    struct client *client = context;
    int seen = 0;

    for (int i = 0; i < ROUNDS; i++) {
        round_trip(client);
        read_job(client, &seen);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct shared shared = { 0 };
    struct client clients[THREADS];
    struct assay_options options = { 0 };
    struct assay_error err = { 0 };

    if (argc != 3) {
        (void)fprintf(stderr, "usage: call_race SHIM FOLDER\n");
        return EXIT_FAILURE;
    }
    options.shim_path = argv[1];
    options.state_dir = argv[2];
    shared.assay = assay_open(&options, &err);
    if (!shared.assay) {
        (void)fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    if (make(&shared, LOCATION "/studies", study_document, shared.study) &&
        make(&shared, LOCATION "/hyperparameterTuningJobs", job_document, shared.job)) {
        for (int i = 0; i < THREADS; i++) {
            clients[i] = (struct client){ .shared = &shared, .number = i };
            if (pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
                abort();
        }
        for (int i = 0; i < THREADS; i++)
            (void)pthread_join(clients[i].thread, NULL);
    }
    assay_close(shared.assay);
    (void)printf("calls: %s\n", atomic_load(&shared.faults) ? "FAILED" : "ok");
    return atomic_load(&shared.faults) ? EXIT_FAILURE : EXIT_SUCCESS;
}
