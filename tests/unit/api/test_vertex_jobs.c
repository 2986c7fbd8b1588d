/* Jobs as Vertex AI's clients read them: of a folder that is open for reading. */

#include "assay/json.h"
#include "engine/api/api.h"
#include "tests/unit/engine/controller_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARENT "/v1/projects/demo/locations/local"

enum { JOBS = 5 };

struct scene {
    struct bench bench;
    struct engine *engine;
    int64_t ids[JOBS];
};

/* Tuning jobs of two trials: the first has ended well, the second failed. Each is older than the
 * next; every other one has a label. */
static void scene_init(struct scene *scene)
{
    struct engine_options options = { .is_reader = true };
    struct assay_error err = { 0 };

    bench_init(&scene->bench);
    for (int i = 0; i < JOBS; i++) {
        char more[160];
        char *document = NULL;

        (void)snprintf(more, sizeof more,
                       "\"maxTrialCount\":2,\"parallelTrialCount\":2,\"maxFailedTrialCount\":2,%s",
                       i % 2 ? "\"labels\":{\"team\":\"vision\"}," : "");
        document = make_document("", more);
        scene->ids[i] = bench_submit(&scene->bench, document);
        bench_end(&scene->bench, scene->ids[i], 1, 0.5);
        bench_put_ending(&scene->bench, scene->ids[i], 2, 1, ENDING_EXITED, 1, NULL, 0);
        bench_commit(&scene->bench);
        free(document);
    }
    options.state_dir = scene->bench.base.folder;
    scene->engine = engine_open(&options, &err);
    cr_assert(scene->engine != NULL, "%s", err.message);
}

static void scene_clear(struct scene *scene)
{
    engine_close(scene->engine);
    bench_clear(&scene->bench);
}

static cJSON *get(const struct scene *scene, int expected, const char *path, const char *query)
{
    struct assay_request request = { .method = "GET", .path = path, .query = query };
    struct assay_response response = { 0 };
    struct assay_error err = { 0 };
    cJSON *answer = NULL;

    cr_assert(api_call(scene->engine, &request, &response, &err), "%s", err.message);
    cr_assert(eq(int, response.status, expected), "%s: %s", path, response.body);
    answer = json_read(response.body, response.size, &err);
    cr_assert(answer != NULL);
    free(response.body);
    return answer;
}

static const char *path_of(int64_t id, const char *collection, char text[256])
{
    (void)snprintf(text, 256, PARENT "/%s/%" PRId64, collection, id);
    return text;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *member = json_get(object, key);

    return cJSON_IsString(member) ? member->valuestring : "";
}

Test(vertex_jobs, a_job_is_read_with_its_trials)
{
    struct scene scene;
    char path[256];
    cJSON *job = NULL;

    scene_init(&scene);
    job = get(&scene, 200, path_of(scene.ids[0], "hyperparameterTuningJobs", path), NULL);
    cr_assert(zero(int, strcmp(text_of(job, "displayName"), "a job")));
    cr_assert(zero(int, strcmp(text_of(json_get(job, "studySpec"), "algorithm"), "RANDOM_SEARCH")));
    cr_assert(eq(int, cJSON_GetArraySize(json_get(job, "trials")), 2));
    cr_assert(json_get(job, "assay") == NULL, "what is ours is no field of the API");
    cJSON_Delete(job);
    scene_clear(&scene);
}

Test(vertex_jobs, enums_are_numbers_where_a_client_asks_for_them)
{
    struct scene scene;
    char path[256];
    cJSON *job = NULL;
    const cJSON *study = NULL, *metric = NULL;

    scene_init(&scene);
    job = get(&scene, 200, path_of(scene.ids[0], "hyperparameterTuningJobs", path),
              "%24alt=json%3Benum-encoding%3Dint");
    study = json_get(job, "studySpec");
    metric = cJSON_GetArrayItem(json_get(study, "metrics"), 0);
    cr_assert(eq(dbl, json_get(study, "algorithm")->valuedouble, 3));
    cr_assert(eq(dbl, json_get(metric, "goal")->valuedouble, 1));
    cr_assert(cJSON_IsNumber(json_get(job, "state")));
    cr_assert(cJSON_IsNumber(json_get(cJSON_GetArrayItem(json_get(job, "trials"), 0), "state")));
    cJSON_Delete(job);
    scene_clear(&scene);
}

Test(vertex_jobs, a_trial_is_a_custom_job)
{
    struct scene scene;
    char path[256];
    cJSON *job = NULL;

    scene_init(&scene);
    job = get(&scene, 200, path_of(store_trial_id(scene.ids[1], 2), "customJobs", path), NULL);
    cr_assert(zero(int, strcmp(text_of(job, "state"), "JOB_STATE_FAILED")));
    cr_assert(eq(dbl, json_get(json_get(job, "error"), "code")->valuedouble, ASSAY_INVALID));
    cr_assert(json_get(json_get(job, "jobSpec"), "workerPoolSpecs") != NULL);
    cJSON_Delete(job);
    job = get(&scene, 200, path_of(store_trial_id(scene.ids[1], 1), "customJobs", path), NULL);
    cr_assert(zero(int, strcmp(text_of(job, "state"), "JOB_STATE_SUCCEEDED")));
    cJSON_Delete(job);
    scene_clear(&scene);
}

Test(vertex_jobs, what_is_not_there_is_not_found)
{
    struct scene scene;
    char path[256];

    scene_init(&scene);
    cJSON_Delete(get(&scene, 404, PARENT "/hyperparameterTuningJobs/77", NULL));
    cJSON_Delete(get(&scene, 404, PARENT "/hyperparameterTuningJobs/last", NULL));
    cJSON_Delete(get(&scene, 404, path_of(scene.ids[0], "customJobs", path), NULL));
    cJSON_Delete(
        get(&scene, 404, path_of(store_trial_id(scene.ids[0], 3), "customJobs", path), NULL));
    (void)snprintf(path, sizeof path,
                   "/v1/projects/demo/locations/us-central1/hyperparameterTuningJobs/%" PRId64,
                   scene.ids[0]);
    cJSON_Delete(get(&scene, 404, path, NULL));
    scene_clear(&scene);
}

/* Pages of two, from the newest to the oldest; each job once. */
Test(vertex_jobs, pages_make_up_the_whole_list)
{
    struct scene scene;
    char query[128] = "pageSize=2";
    int seen = 0;

    scene_init(&scene);
    for (int page = 0; page < 3; page++) {
        cJSON *answer = get(&scene, 200, PARENT "/hyperparameterTuningJobs", query);
        const cJSON *item = NULL;

        cJSON_ArrayForEach(item, json_get(answer, "hyperparameterTuningJobs"))
        {
            char expected[32];

            (void)snprintf(expected, sizeof expected, "/%" PRId64, scene.ids[JOBS - 1 - seen++]);
            cr_assert(strstr(text_of(item, "name"), expected) != NULL);
            cr_assert(json_get(item, "trials") == NULL);
        }
        cr_assert(eq(int, json_get(answer, "nextPageToken") != NULL, page < 2));
        (void)snprintf(query, sizeof query, "pageSize=2&pageToken=%s",
                       text_of(answer, "nextPageToken"));
        cJSON_Delete(answer);
    }
    cr_assert(eq(int, seen, JOBS));
    cJSON_Delete(get(&scene, 400, PARENT "/hyperparameterTuningJobs", "pageToken=abc"));
    cJSON_Delete(get(&scene, 400, PARENT "/hyperparameterTuningJobs", "pageSize=-1"));
    scene_clear(&scene);
}

static int count_filtered(const struct scene *scene, const char *query)
{
    cJSON *answer = get(scene, 200, PARENT "/hyperparameterTuningJobs", query);
    int count = cJSON_GetArraySize(json_get(answer, "hyperparameterTuningJobs"));

    cJSON_Delete(answer);
    return count;
}

Test(vertex_jobs, a_filter_chooses_and_a_mask_cuts)
{
    struct scene scene;
    cJSON *answer = NULL;
    const cJSON *item = NULL;

    scene_init(&scene);
    cr_assert(eq(int, count_filtered(&scene, "filter=labels.team%3Dvision"), JOBS / 2));
    cr_assert(eq(int, count_filtered(&scene, "filter=NOT+labels.team:*"), JOBS - JOBS / 2));
    cr_assert(eq(int, count_filtered(&scene, "filter=display_name:\"a*\""), JOBS));
    cr_assert(eq(int, count_filtered(&scene, "filter=state%3D\"JOB_STATE_FAILED\""), 0));
    cJSON_Delete(get(&scene, 400, PARENT "/hyperparameterTuningJobs", "filter=color%3Dred"));
    cJSON_Delete(get(&scene, 400, PARENT "/hyperparameterTuningJobs", "readMask=color"));
    answer = get(&scene, 200, PARENT "/hyperparameterTuningJobs", "readMask=display_name,state");
    item = cJSON_GetArrayItem(json_get(answer, "hyperparameterTuningJobs"), 0);
    cr_assert(eq(int, cJSON_GetArraySize(item), 3)); /* and the name */
    cJSON_Delete(answer);
    scene_clear(&scene);
}

Test(vertex_jobs, errors_name_the_field_in_their_details)
{
    struct scene scene;
    cJSON *answer = NULL;
    const cJSON *details = NULL, *violations = NULL;

    scene_init(&scene);
    answer = get(&scene, 400, PARENT "/hyperparameterTuningJobs", "filter=color%3Dred");
    details = json_get(json_get(answer, "error"), "details");
    violations = json_get(cJSON_GetArrayItem(details, 0), "fieldViolations");
    cr_assert(zero(int, strcmp(text_of(cJSON_GetArrayItem(violations, 0), "field"), "filter")));
    cJSON_Delete(answer);
    scene_clear(&scene);
}
