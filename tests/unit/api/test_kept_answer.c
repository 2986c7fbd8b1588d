/* Answers that are kept, beside those of a reader of the same folder, which keeps none. */

#include "assay/json.h"
#include "engine/api/api.h"
#include "engine/api/kept_answer.h"
#include "tests/unit/engine/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCATION "/v1/projects/p/locations/l"

/* A trial takes a while, so that a job has many moments. */
static const char script[] = "trials: [{ends: 20s}]";

static const char tuning_document[] =
    "{\"displayName\":\"kept\",\"maxTrialCount\":40,\"parallelTrialCount\":2,\"studySpec\":{"
    "\"algorithm\":\"RANDOM_SEARCH\",\"metrics\":[{\"metricId\":\"loss\",\"goal\":\"MINIMIZE\"}],"
    "\"parameters\":[{\"parameterId\":\"x\",\"doubleValueSpec\":{\"minValue\":0,\"maxValue\":1}}]},"
    "\"trialJobSpec\":{\"workerPoolSpecs\":[{\"containerSpec\":{\"imageUri\":\"image\"}}]}}";
static const char custom_document[] =
    "{\"displayName\":\"kept\",\"jobSpec\":{\"workerPoolSpecs\":[{\"containerSpec\":{"
    "\"imageUri\":\"image\"}}]}}";

/* QUERIES: the forms in which a job can be asked for. */
enum { JOBS_MAX = 64, QUERIES = 4, STEPS = 400 };

static const char *const queries[QUERIES] = { NULL, "$alt=json;enum-encoding=int",
                                              "prettyPrint=false",
                                              "$alt=json;enum-encoding=int&prettyPrint=false" };

struct scene {
    char folder[FOLDER_PATH];
    struct engine *engine; /* emulated: time goes on when it is told */
    struct engine *reader;
    char *paths[JOBS_MAX];
    size_t count;
};

static struct assay_response call(struct engine *engine, const char *method, const char *path,
                                  const char *query, const char *body)
{
    struct assay_request request = { .method = method,
                                     .path = path,
                                     .query = query,
                                     .body = body,
                                     .body_size = body ? strlen(body) : 0 };
    struct assay_response response = { 0 };
    struct assay_error err = { 0 };

    cr_assert(api_call(engine, &request, &response, &err), "%s", err.message);
    return response;
}

static void say(struct engine *engine, const char *method, const char *path, const char *body)
{
    struct assay_response response = call(engine, method, path, NULL, body);

    cr_assert(lt(int, response.status, 500), "%s %s: %s", method, path, response.body);
    free(response.body);
}

static void scene_init(struct scene *scene)
{
    struct engine_emulation emulation = {
        .script = script, .script_size = sizeof script - 1, .has_seed = true, .seed = 3
    };
    struct engine_options options = { .emulation = &emulation };
    struct assay_error err = { 0 };

    *scene = (struct scene){ 0 };
    folder_make(scene->folder);
    options.state_dir = scene->folder;
    scene->engine = engine_open(&options, &err);
    cr_assert(scene->engine != NULL, "%s", err.message);
    options.emulation = NULL;
    options.is_reader = true;
    scene->reader = engine_open(&options, &err);
    cr_assert(scene->reader != NULL, "%s", err.message);
}

static void scene_clear(struct scene *scene)
{
    for (size_t i = 0; i < scene->count; i++)
        free(scene->paths[i]);
    engine_close(scene->reader);
    engine_close(scene->engine);
    folder_remove(scene->folder);
}

/* "/v1/" and the name of a new job, which the scene has from then on. */
static const char *make_job(struct scene *scene, bool is_custom)
{
    struct assay_response response =
        call(scene->engine, "POST",
             is_custom ? LOCATION "/customJobs" : LOCATION "/hyperparameterTuningJobs", NULL,
             is_custom ? custom_document : tuning_document);
    struct assay_error err = { 0 };
    cJSON *job = json_read(response.body, response.size, &err);
    char *path = NULL;

    cr_assert(eq(int, response.status, 200), "%s", response.body);
    cr_assert(asprintf(&path, "/v1/%s", cJSON_GetStringValue(json_get(job, "name"))) > 0);
    cJSON_Delete(job);
    free(response.body);
    scene->paths[scene->count++] = path;
    return path;
}

/* The engine says what the reader finds, the first time and when it may have it ready. */
static void compare(const struct scene *scene, const char *path, const char *query, int step)
{
    struct assay_response read = call(scene->reader, "GET", path, query, NULL);

    for (int i = 0; i < 2; i++) {
        struct assay_response said = call(scene->engine, "GET", path, query, NULL);

        cr_assert(eq(int, said.status, read.status), "step %d, %s", step, path);
        cr_assert(eq(sz, said.size, read.size), "step %d, %s", step, path);
        cr_assert(zero(int, memcmp(said.body, read.body, read.size)), "step %d, %s", step, path);
        free(said.body);
    }
    free(read.body);
}

static void advance(const struct scene *scene, const char *duration)
{
    char body[64];

    (void)snprintf(body, sizeof body, "{\"duration\":\"%s\"}", duration);
    say(scene->engine, "POST", "/assay/v1/clock:advance", body);
}

static void do_to(const struct scene *scene, const char *path, uint64_t dice)
{
    char verb[300];

    (void)snprintf(verb, sizeof verb, "%s:cancel", path);
    if (dice == 0)
        say(scene->engine, "DELETE", path, NULL);
    else if (dice == 1)
        say(scene->engine, "POST", verb, "{}");
    else
        advance(scene, dice < 6 ? "3s" : "11s");
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

Test(kept_answer, whatever_happens_the_answer_is_what_the_rows_say)
{
    struct scene scene;
    uint64_t state = 11;

    scene_init(&scene);
    for (int step = 0; step < STEPS; step++) {
        if (scene.count < JOBS_MAX && draw(&state) % 6 == 0)
            (void)make_job(&scene, draw(&state) % 3 == 0);
        if (scene.count == 0)
            continue;
        do_to(&scene, scene.paths[draw(&state) % scene.count], draw(&state) % 12);
        for (int i = 0; i < 4; i++)
            compare(&scene, scene.paths[draw(&state) % scene.count],
                    queries[draw(&state) % QUERIES], step);
    }
    cr_assert(lt(sz, 20, scene.count));
    scene_clear(&scene);
}

/* Whether the next GET of the path will be given what is there already. */
static bool is_kept(const struct scene *scene, const char *path)
{
    int64_t job = strtoll(strrchr(path, '/') + 1, NULL, 10);
    uint64_t stamp = 0;
    struct job_cached *found = NULL;

    cr_assert(engine_job_stamp(scene->engine, JOB_STAMP_TRIALS, job, &stamp));
    for (int form = 0; form < QUERIES && !found; form++)
        found = job_cache_find(engine_job_cache(scene->engine),
                               (enum job_cache_kind)(JOB_CACHE_ANSWER + form), job, stamp);
    job_cached_release(found);
    return found != NULL;
}

Test(kept_answer, a_job_is_written_once_until_it_changes)
{
    struct scene scene;
    const char *path = NULL;

    scene_init(&scene);
    path = make_job(&scene, false);
    cr_assert(not(is_kept(&scene, path)));
    say(scene.engine, "GET", path, NULL);
    cr_assert(is_kept(&scene, path));
    say(scene.engine, "POST", LOCATION "/customJobs", custom_document);
    cr_assert(is_kept(&scene, path), "another job's news is none of this one's");
    advance(&scene, "20s");
    cr_assert(not(is_kept(&scene, path)));
    scene_clear(&scene);
}

Test(kept_answer, it_is_given_to_nobody_who_asks_elsewhere)
{
    static const char *const others[] = { "/v1/projects/p/locations/elsewhere/customJobs/",
                                          "/v1/projects/q/locations/l/customJobs/",
                                          LOCATION "/hyperparameterTuningJobs/" };
    struct scene scene;
    const char *path = NULL;

    scene_init(&scene);
    path = make_job(&scene, true);
    say(scene.engine, "GET", path, NULL);
    cr_assert(is_kept(&scene, path));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char other[300];
        struct assay_response response = { 0 };

        (void)snprintf(other, sizeof other, "%s%s", others[i], strrchr(path, '/') + 1);
        response = call(scene.engine, "GET", other, NULL, NULL);
        cr_assert(eq(int, response.status, 404), "%s", other);
        free(response.body);
    }
    scene_clear(&scene);
}

/* assay_call_begin(), where nobody can answer later: at once. */
static void take(void *context, struct assay_response *response)
{
    *(struct assay_response *)context = *response;
}

Test(kept_answer, who_does_not_wait_gets_the_same_answer)
{
    struct scene scene;
    struct assay_request request = { .method = "GET" };
    struct assay_response waited = { 0 };
    struct assay_response begun = { 0 };
    struct assay_error err = { 0 };

    scene_init(&scene);
    request.path = make_job(&scene, false);
    waited = call(scene.engine, "GET", request.path, NULL, NULL);
    cr_assert(api_begin(scene.engine, &request, take, &begun, &err), "%s", err.message);
    cr_assert(eq(int, begun.status, 200));
    cr_assert(eq(sz, begun.size, waited.size));
    cr_assert(zero(int, memcmp(begun.body, waited.body, waited.size)));
    free(waited.body);
    free(begun.body);
    scene_clear(&scene);
}
