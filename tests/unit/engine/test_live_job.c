#include "engine/life/live_job.h"

#include "engine/controller/controller_private.h"
#include "support.h"
#include "tests/simulation/world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { STUDIES = 400 };

#define JOB INT64_C(1234567890)

static bool is_same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void compare_life(const struct tuning_job *loaded, const struct tuning_job *live)
{
    const struct stopping_config *stopping = &live->spec->study.stopping;

    cr_assert(eq(int, (int)loaded->state, (int)live->state));
    cr_assert(eq(int, (int)loaded->closing, (int)live->closing));
    cr_assert(eq(i64, loaded->create_us, live->create_us));
    cr_assert(eq(i64, loaded->created, live->created));
    cr_assert(eq(i64, loaded->waiting, live->waiting));
    cr_assert(eq(i64, loaded->running, live->running));
    cr_assert(eq(i64, loaded->ended, live->ended));
    cr_assert(eq(i64, loaded->succeeded, live->succeeded));
    cr_assert(eq(i64, loaded->failed, live->failed));
    cr_assert(eq(int, loaded->has_first_ended_failed, live->has_first_ended_failed));
    cr_assert(eq(i64, loaded->best_trial, live->best_trial));
    cr_assert(is_same_number(loaded->best_value, live->best_value));
    if (!stopping->has_max_num_trials_no_progress && !stopping->has_max_duration_no_progress)
        return; /* nobody asks for the rest */
    cr_assert(eq(i64, loaded->ended_at_best, live->ended_at_best));
    cr_assert(eq(i64, loaded->progress_us, live->progress_us));
}

static void compare_series(const struct live_job *job, const struct series *loaded,
                           const struct series *live)
{
    cr_assert(eq(sz, series_count(loaded), series_count(live)));
    for (size_t i = 0; i < series_count(live); i++) {
        struct measurement a = series_get(loaded, i);
        struct measurement b = series_get(live, i);

        cr_assert(eq(i64, a.step, b.step));
        cr_assert(eq(i64, a.elapsed_us, b.elapsed_us));
        for (size_t m = 0; m < live_job_metric_count(job); m++)
            cr_assert(is_same_number(a.values[m], b.values[m]));
    }
}

static void compare_trial(const struct live_job *job, const struct live_trial *loaded,
                          const struct live_trial *live)
{
    cr_assert(eq(int, loaded->attempt, live->attempt));
    cr_assert(eq(int, (int)loaded->state, (int)live->state));
    cr_assert(eq(i64, loaded->start_us, live->start_us));
    cr_assert(eq(int, loaded->has_mark, live->has_mark));
    cr_assert(eq(sz, loaded->stored_measurements, live->stored_measurements));
    cr_assert(eq(int, loaded->series == NULL, live->series == NULL));
    for (size_t i = 0; i < live_job_param_count(job); i++)
        cr_assert(is_same_number(loaded->point[i], live->point[i]));
    if (live->series)
        compare_series(job, loaded->series, live->series);
}

static void compare_jobs(struct live_job *loaded, struct live_job *live)
{
    cr_assert(eq(i64, loaded->row.best_trial, live->row.best_trial));
    cr_assert(eq(i64, loaded->row.start_us, live->row.start_us));
    cr_assert(eq(u64, loaded->row.seed, live->row.seed));
    cr_assert(eq(i64, loaded->last_number, live->last_number));
    cr_assert(eq(i64, loaded->last_end_order, live->last_end_order));
    compare_life(&loaded->life, &live->life);
    cr_assert(eq(sz, loaded->trial_count, live->trial_count));
    for (size_t i = 0; i < live->trial_count; i++) {
        struct live_trial *twin = live_job_find_trial(loaded, live->trials[i].number);

        cr_assert(twin != NULL);
        compare_trial(live, twin, &live->trials[i]);
    }
}

/* Whatever happened: what a new engine would load is what this one has in memory. */
static int compare_all_along(uint64_t seed, const char *folder)
{
    struct scenario scenario;
    struct world *world = NULL;
    struct assay_error err = { 0 };
    int compared = 0;

    scenario_draw(&scenario, seed);
    scenario.faults.crash = 0; /* the live one shall have lived long */
    world = world_new(&scenario, folder, NULL);
    while (world_step(world)) {
        struct live_job *live = controller_find_job(world->controller, world->job);
        struct live_job *loaded = NULL;

        if (!live)
            continue;
        loaded = live_job_load(world->store, world->job, &err);
        cr_assert(loaded != NULL, "%s", err.message);
        compare_jobs(loaded, live);
        live_job_free(loaded);
        compared++;
    }
    cr_assert(not(world->fault[0]), "%s", world->fault);
    world_free(world);
    return compared;
}

Test(live_job, a_loaded_job_equals_the_one_that_lived_all_along)
{
    const char *text = getenv("ASSAY_TEST_SEED");
    char folder[FOLDER_PATH];
    uint64_t seed = 1;
    int compared = 0;

    if (getrandom(&seed, sizeof seed, 0) < 0)
        perror("getrandom");
    seed = text ? strtoull(text, NULL, 10) : seed >> 24;
    (void)fprintf(stderr, "ASSAY_TEST_SEED=%" PRIu64 "\n", seed);
    (void)folder_make(folder);
    for (int i = 0; i < STUDIES; i++)
        compared += compare_all_along(seed + (uint64_t)i, folder);
    cr_assert(lt(int, STUDIES, compared));
    folder_remove(folder);
}

static struct live_job *new_job(const char *document)
{
    struct job_row row = make_row(JOB, document);
    struct assay_error err = { 0 };
    struct live_job *job = live_job_new(&row, make_spec(document), &err);

    cr_assert(job != NULL, "%s", err.message);
    cr_assert(row.document == NULL); /* taken */
    return job;
}

Test(live_job, trials_are_found_by_number_and_the_lowest_waiting_one_first)
{
    char *document = make_document("", "");
    struct live_job *job = new_job(document);

    for (int64_t number = 40; number >= 1; number--) {
        struct live_trial *trial = live_job_add_trial(job, number);

        cr_assert(trial != NULL);
        cr_assert(eq(int, (int)trial->state, TRIAL_REQUESTED));
        trial->point[0] = (double)number;
    }
    cr_assert(eq(i64, live_job_waiting_trial(job)->number, 1));
    live_job_find_trial(job, 1)->state = TRIAL_ACTIVE;
    cr_assert(eq(i64, live_job_waiting_trial(job)->number, 2));
    live_job_remove_trial(job, live_job_find_trial(job, 2));
    cr_assert(live_job_find_trial(job, 2) == NULL);
    for (int64_t number = 3; number <= 40; number++)
        cr_assert(eq(dbl, live_job_find_trial(job, number)->point[0], (double)number));
    live_job_free(job);
    live_job_free(NULL);
    free(document);
}

static void store_row(struct store *store, const struct job_row *row)
{
    struct assay_error err = { 0 };

    begin(store);
    cr_assert(store_job_insert(store, row, &err), "%s", err.message);
    commit(store);
}

Test(live_job, an_unknown_job_is_not_found)
{
    struct bench_store bench;
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    cr_assert(live_job_load(bench.store, JOB, &err) == NULL);
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    bench_store_clear(&bench);
}

Test(live_job, a_stored_document_that_is_none_is_an_error_that_names_the_job)
{
    static const char *const documents[] = { "{\"maxTrialCount\": 1", "{}", "" };
    struct bench_store bench;

    bench_store_init(&bench);
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct job_row row = make_row(JOB + (int64_t)i, documents[i]);
        struct assay_error err = { 0 };
        char id[32];

        store_row(bench.store, &row);
        cr_assert(live_job_load(bench.store, row.id, &err) == NULL);
        (void)snprintf(id, sizeof id, "%" PRId64, row.id);
        cr_assert(strstr(err.message, id) != NULL, "%s", err.message);
        job_row_clear(&row);
    }
    bench_store_clear(&bench);
}

Test(live_job, rows_that_do_not_fit_their_study_are_data_loss)
{
    char *document = make_document("", "");
    double point[2] = { 1, 2 };

    for (int wrong = 0; wrong < 2; wrong++) {
        struct bench_store bench;
        struct job_row row = make_row(JOB, document);
        struct trial_row trial = { .job = JOB,
                                   .number = 1,
                                   .state = TRIAL_ACTIVE,
                                   .attempt = 1,
                                   .point = point,
                                   .point_count = wrong == 0 ? 2 : 1 };
        struct measurement_row measurement = { .trial_id = store_trial_id(JOB, 1),
                                               .values = point,
                                               .value_count = 2 };
        struct assay_error err = { 0 };

        bench_store_init(&bench);
        store_row(bench.store, &row);
        begin(bench.store);
        cr_assert(store_trial_insert(bench.store, &trial, &err));
        cr_assert(store_measurement_put(bench.store, &measurement, &err));
        commit(bench.store);
        cr_assert(live_job_load(bench.store, JOB, &err) == NULL);
        cr_assert(eq(int, (int)err.code, ASSAY_DATA_LOSS), "%s", err.message);
        job_row_clear(&row);
        bench_store_clear(&bench);
    }
    free(document);
}
