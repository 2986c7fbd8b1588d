/* Suggestions of stored studies, computed anew; and explained through the API. */

#include "engine/replay.h"

#include "assay/json.h"
#include "controller_bench.h"
#include "engine/api/api.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 12 };

static int64_t run_study(struct bench *bench, const char *algorithm)
{
    char *document = make_document("", "\"maxTrialCount\":12,\"parallelTrialCount\":3,"
                                       "\"maxFailedTrialCount\":12,");
    char *own = NULL;
    int64_t job = 0;

    document[strlen(document) - 2] = '\0';
    cr_assert(lt(int, 0, asprintf(&own, "%s,\"algorithm\":\"%s\"}}", document, algorithm)));
    bench_init(bench);
    job = bench_submit(bench, own);
    for (int64_t trial = 1; trial <= TRIALS; trial++) {
        if (trial % 5 == 0)
            bench_put_ending(bench, job, trial, 1, ENDING_EXITED, 1, NULL, 0);
        else
            bench_end(bench, job, trial, (double)(trial % 4));
        bench_commit(bench);
    }
    free(own);
    free(document);
    return job;
}

static struct engine *open_reader(const struct bench *bench)
{
    struct engine_options options = { .state_dir = bench->base.folder, .is_reader = true };
    struct assay_error err = { 0 };
    struct engine *engine = engine_open(&options, &err);

    cr_assert(engine != NULL, "%s", err.message);
    return engine;
}

/* To the end, or a difference. Returns how many were the same. */
static int64_t replay_from(struct engine *engine, int64_t job, int64_t after,
                           struct replay_progress *progress)
{
    struct assay_error err = { 0 };
    int64_t checked = 0;

    do {
        cr_assert(replay_some(engine, job, after, progress, &err), "%s", err.message);
        checked += progress->checked;
        after = progress->last;
    } while (!progress->is_done);
    return checked;
}

static int64_t replay_all(const struct bench *bench, int64_t job, struct replay_progress *progress)
{
    struct engine *engine = open_reader(bench);
    int64_t checked = replay_from(engine, job, 0, progress);

    engine_close(engine);
    return checked;
}

static void run_sql(const struct bench *bench, const char *sql)
{
    char path[FOLDER_PATH + 16];
    sqlite3 *db = NULL;

    (void)snprintf(path, sizeof path, "%s/assay.db", bench->base.folder);
    cr_assert(eq(int, sqlite3_open(path, &db), SQLITE_OK));
    cr_assert(eq(int, sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK));
    (void)sqlite3_close(db);
}

static const char *const algorithms[] = { "default", "random", "sobol", "grid",
                                          "tpe",     "cmaes",  "nsga2" };

Test(replay, every_algorithm_gives_the_same_points_again)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        struct bench bench;
        struct replay_progress progress;
        int64_t job = 0;

        if (!sampler_is_known(algorithms[i]))
            continue;
        job = run_study(&bench, algorithms[i]);
        cr_assert(eq(i64, replay_all(&bench, job, &progress), TRIALS), "%s: %s", algorithms[i],
                  progress.difference.message);
        cr_assert(not(progress.has_difference), "%s", algorithms[i]);
        bench_clear(&bench);
    }
}

Test(replay, the_first_difference_is_told_with_both_values)
{
    static const char *const samples[] = { "default", "random" };

    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        int64_t job = run_study(&bench, samples[i]);
        struct replay_progress progress;

        /* Trial 7 has p = 64. */
        run_sql(&bench, "UPDATE trial SET point = x'0000000000005040' WHERE id % 100000000 = 7");
        cr_assert(eq(i64, replay_all(&bench, job, &progress), 6), "%s", samples[i]);
        cr_assert(progress.has_difference);
        cr_assert(eq(i64, progress.difference.trial, 7));
        cr_assert(strcmp(progress.difference.param, "p") == 0);
        cr_assert(strcmp(progress.difference.stored, "64") == 0);
        cr_assert(strcmp(progress.difference.recomputed, "64") != 0);
        bench_clear(&bench);
    }
}

Test(replay, a_point_that_is_none_of_its_study_is_data_loss)
{
    static const char *const samples[] = { "default", "random" };
    /* p = 0.5, which no INTEGER is; p = 101, beyond its range; nothing; two parameters. */
    static const char *const points[] = { "x'000000000000e03f'", "x'0000000000405940'", "x''",
                                          "zeroblob(16)" };

    for (size_t i = 0; i < 8; i++) {
        struct bench bench;
        struct replay_progress progress;
        struct assay_error err = { 0 };
        struct engine *engine = NULL;
        int64_t job = run_study(&bench, samples[i % 2]);
        char sql[128];

        (void)snprintf(sql, sizeof sql, "UPDATE trial SET point = %s WHERE id %% 100000000 = 7",
                       points[i / 2]);
        run_sql(&bench, sql);
        engine = open_reader(&bench);
        cr_assert(not(replay_some(engine, job, 0, &progress, &err)), "%s", sql);
        cr_assert(eq(int, (int)err.code, ASSAY_DATA_LOSS), "%s: %s", sql, err.message);
        engine_close(engine);
        bench_clear(&bench);
    }
}

Test(replay, begins_where_it_is_told_to)
{
    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        int64_t job = run_study(&bench, i ? "default" : "random");
        struct engine *engine = open_reader(&bench);
        struct replay_progress progress;

        cr_assert(eq(i64, replay_from(engine, job, 8, &progress), TRIALS - 8));
        cr_assert(eq(i64, progress.last, TRIALS));
        cr_assert(eq(i64, progress.trial_count, TRIALS));
        cr_assert(eq(i64, replay_from(engine, job, 99, &progress), 0));
        cr_assert(eq(i64, replay_from(engine, job, INT64_MAX, &progress), 0));
        cr_assert(eq(i64, replay_from(engine, job, 11, &progress), 1)); /* it goes on */
        engine_close(engine);
        bench_clear(&bench);
    }
}

Test(replay, a_suggestion_without_its_record_cannot_be_replayed)
{
    struct bench bench;
    int64_t job = run_study(&bench, "default");
    struct engine *engine = NULL;
    struct replay_progress progress;
    struct assay_error err = { 0 };

    run_sql(&bench, "DELETE FROM suggestion");
    engine = open_reader(&bench);
    cr_assert(not(replay_some(engine, job, 0, &progress, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_PRECONDITION));
    cr_assert(not(replay_some(engine, 1, 0, &progress, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    engine_close(engine);
    bench_clear(&bench);
}

static cJSON *get(struct engine *engine, int expected, const char *path)
{
    struct assay_request request = { .method = "GET", .path = path };
    struct assay_response response = { 0 };
    struct assay_error err = { 0 };
    cJSON *answer = NULL;

    cr_assert(api_call(engine, &request, &response, &err), "%s", err.message);
    cr_assert(eq(int, response.status, expected), "%s", response.body);
    answer = json_read(response.body, response.size, &err);
    cr_assert(answer != NULL);
    free(response.body);
    return answer;
}

Test(replay, the_api_explains_and_replays)
{
    struct bench bench;
    int64_t job = run_study(&bench, "default");
    struct engine *engine = NULL;
    cJSON *answer = NULL;

    (void)job;
    engine = open_reader(&bench);
    answer = get(engine, 200, "/assay/v1/jobs/last/trials/9:explain");
    cr_assert(strcmp(json_get(answer, "id")->valuestring, "9") == 0);
    cr_assert(json_get(json_get(answer, "suggestion"), "stage") != NULL);
    cr_assert(lt(int, 1, cJSON_GetArraySize(json_get(answer, "sentences"))));
    cJSON_Delete(answer);
    cJSON_Delete(get(engine, 404, "/assay/v1/jobs/last/trials/99:explain"));
    cJSON_Delete(get(engine, 400, "/assay/v1/jobs/last/trials/x:explain"));
    answer = get(engine, 200, "/assay/v1/jobs/last:replay");
    cr_assert(
        lt(dbl, 0, json_get(answer, "checked")->valuedouble)); /* as many as half a second has */
    cr_assert(eq(dbl, json_get(answer, "trialCount")->valuedouble, TRIALS));
    cr_assert(json_get(answer, "difference") == NULL);
    cJSON_Delete(answer);
    answer = get(engine, 200, "/assay/v1/jobs/last/optimalTrials");
    cr_assert(eq(int, cJSON_GetArraySize(json_get(answer, "optimalTrials")), 1));
    cJSON_Delete(answer);
    engine_close(engine);
    bench_clear(&bench);
}
