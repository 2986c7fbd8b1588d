/*
 * Thousands of clients on one study: many threads ask an engine for suggestions, each for many
 * client ids, in studies over a continuous, an integer and a small space. No two clients may get
 * the same trial or the same point, a client that asks again must get what it has, and a space that
 * is used up must answer with no trials and a completed study. Then trials are measured, judged,
 * completed, made and deleted from all threads.
 *
 *     study_clients FOLDER CLIENTS THREADS
 *
 * A plain program, so that ThreadSanitizer can watch it. Status 0 when every answer was sane.
 */

#include "assay.h"
#include "assay/json.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 256, TEXT = 512, BODY = 1024, SMALL_SPACE = 60 };

#define PARENT "/v1/projects/p/locations/l"

struct kind {
    const char *name, *algorithm, *parameters;
    int size; /* points of the space; 0: more than there are clients */
};

static const struct kind kinds[] = {
    { "continuous", "ALGORITHM_UNSPECIFIED",
      "{\"parameterId\":\"x\",\"doubleValueSpec\":{\"minValue\":0,\"maxValue\":1}}", 0 },
    { "random", "RANDOM_SEARCH",
      "{\"parameterId\":\"x\",\"doubleValueSpec\":{\"minValue\":0,\"maxValue\":1}}", 0 },
    { "integer", "ALGORITHM_UNSPECIFIED",
      "{\"parameterId\":\"n\",\"integerValueSpec\":{\"minValue\":1,\"maxValue\":\"1000000\"}}", 0 },
    { "small", "ALGORITHM_UNSPECIFIED",
      "{\"parameterId\":\"n\",\"integerValueSpec\":{\"minValue\":1,\"maxValue\":20}},"
      "{\"parameterId\":\"c\",\"categoricalValueSpec\":{\"values\":[\"a\",\"b\",\"c\"]}}",
      SMALL_SPACE },
    { "grid", "GRID_SEARCH",
      "{\"parameterId\":\"n\",\"integerValueSpec\":{\"minValue\":1,\"maxValue\":20}},"
      "{\"parameterId\":\"c\",\"categoricalValueSpec\":{\"values\":[\"a\",\"b\",\"c\"]}}",
      SMALL_SPACE },
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* What a client got; "" for nothing. */
struct given {
    char id[32];
    char point[TEXT];
};

struct shared {
    struct assay *assay;
    int clients, threads;
    char studies[KINDS][TEXT]; /* their paths */
    struct given *given;       /* KINDS x clients; each is one thread's */
    atomic_int faults;
};

struct worker {
    struct shared *shared;
    int index;
};

static void fault(struct shared *shared, const char *what, const char *detail)
{
    if (atomic_fetch_add(&shared->faults, 1) < 10)
        (void)fprintf(stderr, "%s: %.400s\n", what, detail);
}

/* The answer's tree, NULL where the status is not as expected; the caller deletes it. */
static cJSON *ask(struct shared *shared, const char *method, const char *path, const char *body,
                  int expected)
{
    struct assay_error err = { 0 };
    struct assay_response response = { 0 };
    struct assay_request request = {
        .method = method, .path = path, .body = body, .body_size = body ? strlen(body) : 0
    };
    cJSON *answer = NULL;

    if (!assay_call(shared->assay, &request, &response, &err)) {
        fault(shared, path, err.message);
        return NULL;
    }
    if (response.status == expected)
        answer = cJSON_Parse(response.body);
    else
        fault(shared, path, response.body);
    assay_response_clear(&response);
    return answer;
}

static void ask_and_forget(struct shared *shared, const char *method, const char *path,
                           const char *body)
{
    cJSON_Delete(ask(shared, method, path, body, 200));
}

static void make_study(struct shared *shared, size_t kind)
{
    char body[BODY];
    cJSON *answer = NULL;

    (void)snprintf(body, sizeof body,
                   "{\"displayName\":\"%s\",\"studySpec\":{\"metrics\":[{\"metricId\":\"m\"}],"
                   "\"algorithm\":\"%s\",\"medianAutomatedStoppingSpec\":{},\"parameters\":[%s]}}",
                   kinds[kind].name, kinds[kind].algorithm, kinds[kind].parameters);
    answer = ask(shared, "POST", PARENT "/studies", body, 200);
    if (answer)
        (void)snprintf(shared->studies[kind], TEXT, "/v1/%s",
                       json_get(answer, "name")->valuestring);
    cJSON_Delete(answer);
}

/* The client's trial, from the operation that answers. False: it has none, and the study is done.
 */
static bool read_given(struct shared *shared, const cJSON *operation, struct given *given)
{
    const cJSON *response = json_get(operation, "response");
    const cJSON *trial = cJSON_GetArrayItem(json_get(response, "trials"), 0);
    const cJSON *state = json_get(response, "studyState");
    char *point = NULL;

    *given = (struct given){ 0 };
    if (!trial) {
        if (!cJSON_IsString(state) || strcmp(state->valuestring, "COMPLETED") != 0)
            fault(shared, "no trial", "and the study is not completed");
        return false;
    }
    point = cJSON_PrintUnformatted(json_get(trial, "parameters"));
    (void)snprintf(given->id, sizeof given->id, "%s", json_get(trial, "id")->valuestring);
    (void)snprintf(given->point, sizeof given->point, "%s", point ? point : "");
    cJSON_free(point);
    return true;
}

static bool suggest(struct shared *shared, size_t kind, int client, struct given *given)
{
    char path[TEXT + 32], body[BODY];
    cJSON *answer = NULL;
    bool is_given = false;

    (void)snprintf(path, sizeof path, "%s/trials:suggest", shared->studies[kind]);
    (void)snprintf(body, sizeof body, "{\"suggestionCount\":1,\"clientId\":\"client %d\"}", client);
    answer = ask(shared, "POST", path, body, 200);
    is_given = answer && read_given(shared, answer, given);
    cJSON_Delete(answer);
    return is_given;
}

static void *suggest_all(void *context)
{
    const struct worker *worker = context;
    struct shared *shared = worker->shared;

    for (int client = worker->index; client < shared->clients; client += shared->threads)
        for (size_t kind = 0; kind < KINDS; kind++)
            (void)suggest(shared, kind, client, &shared->given[kind * shared->clients + client]);
    return NULL;
}

/* Asks again, then works on the trial. */
static void work(struct shared *shared, size_t kind, int client)
{
    const struct given *given = &shared->given[kind * shared->clients + client];
    struct given again;
    char path[TEXT + 64], trial[TEXT + 32];

    if (!given->id[0])
        return;
    if (!suggest(shared, kind, client, &again) || strcmp(given->id, again.id) != 0 ||
        strcmp(given->point, again.point) != 0)
        fault(shared, "a client does not get its own trial again", given->id);
    (void)snprintf(trial, sizeof trial, "%s/trials/%s", shared->studies[kind], given->id);
    (void)snprintf(path, sizeof path, "%s:addTrialMeasurement", trial);
    ask_and_forget(shared, "POST", path,
                   "{\"measurement\":{\"stepCount\":\"1\",\"metrics\":[{\"metricId\":\"m\","
                   "\"value\":1}]}}");
    (void)snprintf(path, sizeof path, "%s:checkTrialEarlyStoppingState", trial);
    ask_and_forget(shared, "POST", path, "{}");
    if (client % 3 == 0) {
        ask_and_forget(shared, "DELETE", trial, NULL);
        return;
    }
    (void)snprintf(path, sizeof path, "%s:complete", trial);
    ask_and_forget(shared, "POST", path, client % 3 == 1 ? "{}" : "{\"trialInfeasible\":true}");
    ask_and_forget(shared, "GET", trial, NULL);
}

static void *work_on_some(void *context)
{
    const struct worker *worker = context;
    struct shared *shared = worker->shared;
    char path[TEXT + 64];

    /* The first few clients of each thread, in every study. */
    for (int i = 0; i < 3; i++) {
        int client = worker->index + i * shared->threads;

        for (size_t kind = 0; kind < KINDS && client < shared->clients; kind++)
            work(shared, kind, client);
    }
    (void)snprintf(path, sizeof path, "%s/trials", shared->studies[0]);
    ask_and_forget(shared, "POST", path,
                   "{\"parameters\":[{\"parameterId\":\"x\",\"value\":0.5}]}");
    ask_and_forget(shared, "GET", path, NULL);
    (void)snprintf(path, sizeof path, "%s/trials:listOptimalTrials", shared->studies[0]);
    ask_and_forget(shared, "POST", path, "{}");
    return NULL;
}

static void run_threads(struct shared *shared, void *(*run)(void *))
{
    pthread_t threads[THREADS_MAX];
    struct worker workers[THREADS_MAX];

    for (int i = 0; i < shared->threads; i++) {
        workers[i] = (struct worker){ shared, i };
        if (pthread_create(&threads[i], NULL, run, &workers[i]) != 0)
            abort();
    }
    for (int i = 0; i < shared->threads; i++)
        (void)pthread_join(threads[i], NULL);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many are there; two that are equal are a fault. */
static int count_distinct(struct shared *shared, const char **texts, int count, const char *what)
{
    qsort(texts, (size_t)count, sizeof *texts, compare_texts);
    for (int i = 1; i < count; i++)
        if (strcmp(texts[i - 1], texts[i]) == 0)
            fault(shared, what, texts[i]);
    return count;
}

static void judge(struct shared *shared, size_t kind)
{
    const char **texts = calloc((size_t)shared->clients + 1, sizeof *texts);
    int wanted = shared->clients;
    int count = 0;

    if (!texts)
        abort();
    for (int i = 0; i < shared->clients; i++)
        if (shared->given[kind * shared->clients + i].id[0])
            texts[count++] = shared->given[kind * shared->clients + i].id;
    (void)count_distinct(shared, texts, count, "a trial that two clients got");
    count = 0;
    for (int i = 0; i < shared->clients; i++)
        if (shared->given[kind * shared->clients + i].id[0])
            texts[count++] = shared->given[kind * shared->clients + i].point;
    (void)count_distinct(shared, texts, count, "a point that two clients got");
    if (kinds[kind].size && wanted > kinds[kind].size)
        wanted = kinds[kind].size;
    (void)printf("%s: %d clients, %d trials\n", kinds[kind].name, shared->clients, count);
    if (count != wanted)
        fault(shared, "as many trials as clients or points", kinds[kind].name);
    free(texts);
}

int main(int argc, char **argv)
{
    struct assay_error err = { 0 };
    struct assay_options options = { .state_dir = argc > 3 ? argv[1] : NULL };
    struct shared shared = { 0 };

    if (argc > 3) {
        shared.clients = (int)strtol(argv[2], NULL, 10);
        shared.threads = (int)strtol(argv[3], NULL, 10);
    }
    if (shared.clients < 1 || shared.threads < 1 || shared.threads > THREADS_MAX) {
        (void)fprintf(stderr, "usage: study_clients FOLDER CLIENTS THREADS\n");
        return EXIT_FAILURE;
    }
    shared.given = calloc(KINDS * (size_t)shared.clients, sizeof *shared.given);
    shared.assay = shared.given ? assay_open(&options, &err) : NULL;
    if (!shared.assay) {
        (void)fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    for (size_t kind = 0; kind < KINDS; kind++)
        make_study(&shared, kind);
    run_threads(&shared, suggest_all);
    for (size_t kind = 0; kind < KINDS; kind++)
        judge(&shared, kind);
    run_threads(&shared, work_on_some);
    assay_close(shared.assay);
    free(shared.given);
    (void)printf("study clients: %s\n", atomic_load(&shared.faults) ? "FAILED" : "ok");
    return atomic_load(&shared.faults) ? EXIT_FAILURE : EXIT_SUCCESS;
}
