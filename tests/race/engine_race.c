/*
 * Many threads at one engine: readers, watchers, a canceller and a pauser beside jobs that run,
 * while the controller, follower, supervisor, offload and search threads do their work. For
 * ThreadSanitizer, under which Criterion does not run: a plain program, status 0 when every answer
 * was sane.
 */

#include "assay.h"
#include "assay/json.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READERS = 4, WATCHERS = 3, JOBS = 3, DOCUMENT = 2048 };

static const char study[] =
    "maxTrialCount: 40\n"
    "parallelTrialCount: 4\n"
    "studySpec:\n"
    "  metrics: [{metricId: y, goal: MINIMIZE}]\n"
    "  parameters: [{parameterId: x, doubleValueSpec: {minValue: 0, maxValue: 1}}]\n"
    "trialJobSpec:\n"
    "  workerPoolSpecs:\n"
    "  - containerSpec:\n"
    "      imageUri: 'host:'\n"
    "      command: [/bin/sh, -c, 'echo y=0.5; mkdir -p \"$AIP_MODEL_DIR\"; "
    "echo m > \"$AIP_MODEL_DIR/m\"']\n"
    "assay: {seed: 1, algorithm: %s, metricRegex: {y: 'y=([0-9.]+)'}}\n";

struct shared {
    struct assay *assay;
    atomic_bool is_over;
    atomic_int faults;
};

static int call(struct shared *shared, const char *method, const char *path, const char *query,
                const char *body, char **answer)
{
    struct assay_error err = { 0 };
    struct assay_response response = { 0 };
    struct assay_request request = { .method = method,
                                     .path = path,
                                     .query = query,
                                     .body = body,
                                     .body_size = body ? strlen(body) : 0 };
    int status = 0;

    if (assay_call(shared->assay, &request, &response, &err))
        status = response.status;
    if (answer)
        *answer = response.body;
    else
        assay_response_clear(&response);
    return status;
}

static void *read_all(void *context)
{
    static const char *const paths[] = { "/assay/v1/jobs", "/assay/v1/jobs/last",
                                         "/assay/v1/jobs/last/trials",
                                         "/assay/v1/jobs/last/trials/1/logs",
                                         "/assay/v1/jobs/last/resource" };
    struct shared *shared = context;
    uint64_t seen = 0;

    while (!atomic_load(&shared->is_over)) {
        for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
            int status = call(shared, "GET", paths[i], "order=end", NULL, NULL);

            if (status != 200 && status != 404)
                atomic_fetch_add(&shared->faults, 1);
        }
        (void)assay_wait(shared->assay, &seen, 50);
    }
    return NULL;
}

/* Says that it was told. */
static void note_ready(void *context)
{
    atomic_store((atomic_bool *)context, true);
}

/* Follows the newest job, with its logs, and comes back now and then where it was. */
static void watch_once(struct shared *shared, char id[128])
{
    atomic_bool is_ready = false;
    struct assay_error err = { 0 };
    struct assay_event event;
    struct assay_watch_options options = { .path = "/assay/v1/jobs/last:watch",
                                           .query = "logs=true",
                                           .after = id[0] ? id : NULL,
                                           .on_ready = note_ready,
                                           .context = &is_ready };
    struct assay_watch *watch = assay_watch_open(shared->assay, &options, &err);
    enum assay_watch_result result = ASSAY_WATCH_EVENT;
    uint64_t seen = 0;

    for (int i = 0; watch && i < 200 && result <= ASSAY_WATCH_EVENT; i++) {
        result = assay_watch_next(watch, &event, &err);
        if (result == ASSAY_WATCH_EVENT)
            (void)snprintf(id, 128, "%s", event.id);
        else if (result == ASSAY_WATCH_NOTHING && !atomic_exchange(&is_ready, false))
            (void)assay_wait(shared->assay, &seen, 10);
        if (result == ASSAY_WATCH_FAILED)
            atomic_fetch_add(&shared->faults, 1);
    }
    if (result == ASSAY_WATCH_END)
        id[0] = '\0'; /* another job comes */
    if (!watch && err.code != ASSAY_NOT_FOUND)
        atomic_fetch_add(&shared->faults, 1);
    if (!watch)
        (void)assay_wait(shared->assay, &seen, 10);
    assay_watch_close(watch);
}

static void *watch_all(void *context)
{
    struct shared *shared = context;
    char id[128] = "";

    while (!atomic_load(&shared->is_over))
        watch_once(shared, id);
    return NULL;
}

static bool submit(struct shared *shared, const char *algorithm)
{
    cJSON *body = cJSON_CreateObject();
    char document[DOCUMENT];
    char *text = NULL;
    int status = 0;

    (void)snprintf(document, sizeof document, study, algorithm);
    (void)cJSON_AddStringToObject(body, "source", document);
    (void)cJSON_AddStringToObject(body, "sourceDir", "/");
    text = json_text(body, 0);
    status = call(shared, "POST", "/assay/v1/jobs", NULL, text, NULL);
    free(text);
    cJSON_Delete(body);
    return status == 200;
}

/* Waits until the newest job's state is one of the two. */
static bool wait_for(struct shared *shared, const char *state, const char *other)
{
    uint64_t seen = 0;

    for (int i = 0; i < 1200; i++) {
        char *answer = NULL;
        bool is_there = false;

        (void)call(shared, "GET", "/assay/v1/jobs/last", NULL, NULL, &answer);
        is_there = answer && (strstr(answer, state) || strstr(answer, other));
        free(answer);
        if (is_there)
            return true;
        (void)assay_wait(shared->assay, &seen, 100);
    }
    (void)fprintf(stderr, "the job is never %s or %s\n", state, other);
    return false;
}

static bool run_jobs(struct shared *shared, const char *algorithm)
{
    static const char *const done = "JOB_STATE_SUCCEEDED";
    static const char *const gone = "JOB_STATE_CANCELLED";
    bool is_ok = true;

    for (int i = 0; i < JOBS && is_ok; i++)
        is_ok = submit(shared, algorithm) && wait_for(shared, done, done);
    is_ok = is_ok && submit(shared, algorithm) &&
            call(shared, "POST", "/assay/v1:pause", NULL, NULL, NULL) == 200 &&
            wait_for(shared, "JOB_STATE_PAUSED", done) &&
            call(shared, "POST", "/assay/v1/jobs/last:resume", NULL, NULL, NULL) != 0 &&
            wait_for(shared, done, done);
    is_ok = is_ok && submit(shared, algorithm) &&
            call(shared, "POST", "/assay/v1/jobs/last:cancel", NULL, NULL, NULL) == 200 &&
            wait_for(shared, gone, gone) &&
            call(shared, "DELETE", "/assay/v1/jobs/last", NULL, NULL, NULL) == 200;
    return is_ok;
}

int main(int argc, char **argv)
{
    struct assay_error err = { 0 };
    struct assay_options options = { .shim_path = argc > 2 ? argv[1] : NULL,
                                     .state_dir = argc > 2 ? argv[2] : "race-state" };
    struct shared shared = { .assay = assay_open(&options, &err) };
    pthread_t readers[READERS + WATCHERS];
    bool is_ok = false;

    if (!shared.assay) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (int i = 0; i < READERS + WATCHERS; i++)
        (void)pthread_create(&readers[i], NULL, i < READERS ? read_all : watch_all, &shared);
    /* The second learns: its suggestions and models are made on threads of their own. */
    is_ok = run_jobs(&shared, "random") && run_jobs(&shared, "default");
    atomic_store(&shared.is_over, true);
    for (int i = 0; i < READERS + WATCHERS; i++)
        (void)pthread_join(readers[i], NULL);
    assay_close(shared.assay);
    is_ok = is_ok && atomic_load(&shared.faults) == 0;
    (void)printf("race: %s\n", is_ok ? "ok" : "FAILED");
    return is_ok ? 0 : 1;
}
