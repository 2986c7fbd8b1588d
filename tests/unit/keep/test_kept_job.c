#include "engine/keep/kept_job.h"

#include "engine/keep/keep_record.h"
#include "engine/keep/tree_use.h"
#include "engine/paths.h"
#include "launcher/artifact.h"
#include "launcher/shim/record_file.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOB INT64_C(1234567890)

enum { FILE_SIZE = 16 * 1024 };

/* Two outputs and a work folder. */
static const char *const outputs[] = { "output/%lld/model", "output/%lld/checkpoints",
                                       "trials/%lld/1/work" };
static const char *const others[] = { "output/%lld/logs", "trials/%lld/1/metrics" };

static struct bench_store bench;
static struct readers *readers;
static struct launch_settings settings;
static struct kept_place place;
static int64_t last_order;

static void open_bench(void)
{
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    readers = readers_open(bench.folder, &err);
    cr_assert(readers != NULL, "%s", err.message);
    settings = (struct launch_settings){ .keep = KEEP_BEST, .keep_count = 2 };
    place = (struct kept_place){ .env = assay_env_system(),
                                 .state_dir = bench.folder,
                                 .readers = readers,
                                 .settings = &settings };
    last_order = 0;
}

static void close_bench(void)
{
    struct assay_error err = { 0 };

    readers_close(readers);
    store_close(bench.store);
    cr_assert(artifact_remove(bench.folder, &err), "%s", err.message);
}

TestSuite(kept_job, .init = open_bench, .fini = close_bench);

static void put_document(const char *document)
{
    struct job_row row = make_row(JOB, document);
    struct assay_error err = { 0 };

    row.state = JOB_STATE_RUNNING;
    row.create_us = INT64_C(1700000000000000);
    begin(bench.store);
    cr_assert(store_job_insert(bench.store, &row, &err), "%s", err.message);
    commit(bench.store);
    job_row_clear(&row);
}

static void put_job(void)
{
    char *document = make_document("", "");

    put_document(document);
    free(document);
}

static void set_job(int state, int64_t best)
{
    struct assay_error err = { 0 };
    struct job_row row = { 0 };

    cr_assert(store_job_get(bench.store, JOB, &row, &err));
    row.state = state;
    row.best_trial = best;
    begin(bench.store);
    cr_assert(store_job_update(bench.store, &row, &err), "%s", err.message);
    commit(bench.store);
    job_row_clear(&row);
}

static char *path_below(const char *format, int64_t number, char path[PATH_TEXT])
{
    char name[128];

    /* The formats are the tables above. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(name, sizeof name, format, (long long)number);
    (void)snprintf(path, PATH_TEXT, "%s/jobs/%" PRId64 "/%s", bench.folder, JOB, name);
    return path;
}

static void fill(const char *dir)
{
    static char bytes[FILE_SIZE];
    char path[PATH_TEXT + 8];

    cr_assert(eq(int, record_make_dirs(dir), 0));
    (void)snprintf(path, sizeof path, "%s/file", dir);
    file_write(path, bytes, sizeof bytes);
}

/* A trial with all that it leaves behind; NaN: it failed, 0 for is_ended: it runs. */
static void put_trial(int64_t number, double value, bool is_ended)
{
    double point = 1;
    struct trial_row row = { .job = JOB,
                             .number = number,
                             .state = TRIAL_ACTIVE,
                             .attempt = 1,
                             .point = &point,
                             .point_count = 1 };
    struct assay_error err = { 0 };
    char path[PATH_TEXT];

    begin(bench.store);
    cr_assert(store_trial_insert(bench.store, &row, &err), "%s", err.message);
    if (is_ended) {
        row.state = isnan(value) ? TRIAL_INFEASIBLE : TRIAL_SUCCEEDED;
        row.end_order = ++last_order;
        row.values = isnan(value) ? NULL : &value;
        row.value_count = 1;
        cr_assert(store_trial_end(bench.store, &row, &err), "%s", err.message);
    }
    commit(bench.store);
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
        fill(path_below(outputs[i], number, path));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        fill(path_below(others[i], number, path));
}

static bool has(const char *format, int64_t number)
{
    char path[PATH_TEXT];

    return access(path_below(format, number, path), F_OK) == 0;
}

/* "1 4": whose outputs are all there; a trial that has lost only some fails the test. */
static void expect_outputs(int64_t count, const char *wanted)
{
    char text[256] = "";

    for (int64_t n = 1; n <= count; n++) {
        bool is_there = has(outputs[0], n);
        size_t size = strlen(text);

        for (size_t i = 1; i < sizeof outputs / sizeof outputs[0]; i++)
            cr_assert(eq(int, has(outputs[i], n), is_there), "%s of %lld", outputs[i],
                      (long long)n);
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            cr_assert(has(others[i], n), "%s of %lld", others[i], (long long)n);
        if (is_there)
            (void)snprintf(text + size, sizeof text - size, "%s%lld", size ? " " : "",
                           (long long)n);
    }
    cr_assert(zero(int, strcmp(text, wanted)), "outputs of %s, not of %s", text, wanted);
}

static struct kept_job *open_kept(void)
{
    struct assay_error err = { 0 };
    struct kept_job *kept = kept_job_open(&place, JOB, &err);

    cr_assert(kept != NULL, "%s", err.message);
    return kept;
}

static void sweep(struct kept_job *kept)
{
    struct assay_error err = { 0 };

    for (bool is_all = false; !is_all;)
        cr_assert(kept_job_sweep(kept, &is_all, &err), "%s", err.message);
}

static void sweep_anew(void)
{
    struct kept_job *kept = open_kept();

    sweep(kept);
    kept_job_free(kept);
}

Test(kept_job, outputs_of_all_but_the_best_go_and_logs_metrics_and_running_trials_stay)
{
    struct kept_job *kept = NULL;

    put_job();
    kept = open_kept();
    put_trial(1, 1, true);
    put_trial(2, 3, true);
    put_trial(3, 9, false);
    put_trial(4, 2, true);
    put_trial(5, (double)NAN, true);
    sweep(kept);
    expect_outputs(5, "2 3 4");
    put_trial(6, 4, true);
    sweep(kept);
    expect_outputs(6, "2 3 6");
    cr_assert(not(kept_job_is_over(kept)));
    set_job(JOB_STATE_SUCCEEDED, 6);
    sweep(kept);
    cr_assert(kept_job_is_over(kept));
    kept_job_free(kept);
}

Test(kept_job, a_job_that_goes_on_after_its_end_is_seen_to_again)
{
    struct assay_error err = { 0 };
    struct kept_job *kept = NULL;

    put_job();
    put_trial(1, 1, true);
    put_trial(2, 2, true);
    put_trial(3, 3, true);
    set_job(JOB_STATE_SUCCEEDED, 3);
    sweep_anew();
    kept = open_kept();
    cr_assert(kept_job_wake(kept, &err));
    cr_assert(kept_job_is_over(kept)); /* it has ended, still */
    set_job(JOB_STATE_RUNNING, 3);
    cr_assert(kept_job_wake(kept, &err));
    cr_assert(not(kept_job_is_over(kept)));
    put_trial(4, 4, true);
    sweep(kept);
    expect_outputs(4, "3 4");
    set_job(JOB_STATE_SUCCEEDED, 4);
    sweep(kept);
    cr_assert(kept_job_is_over(kept));
    kept_job_free(kept);
}

Test(kept_job, what_an_engine_that_was_killed_left_undone_is_done_by_the_next)
{
    struct assay_error err = { 0 };
    char path[PATH_TEXT];

    put_job();
    put_trial(1, 1, true);
    put_trial(2, 2, true);
    put_trial(3, 3, true);
    sweep_anew();
    expect_outputs(3, "2 3");
    /* Begun to be removed. */
    cr_assert(artifact_remove(path_below(outputs[0], 2, path), &err));
    put_trial(4, 4, true);
    sweep_anew();
    expect_outputs(4, "3 4");
    (void)unlink(path_below(KEEP_RECORD_NAME, 0, path));
    put_trial(5, 0, true);
    sweep_anew();
    expect_outputs(5, "3 4");
}

Test(kept_job, a_smaller_number_to_keep_looks_at_all_trials_again)
{
    put_job();
    for (int64_t n = 1; n <= 4; n++)
        put_trial(n, (double)n, true);
    sweep_anew();
    expect_outputs(4, "3 4");
    settings.keep_count = 1;
    sweep_anew();
    expect_outputs(4, "4");
}

Test(kept_job, the_jobs_best_trial_stays_whatever_the_order_says)
{
    put_job();
    for (int64_t n = 1; n <= 4; n++)
        put_trial(n, (double)n, true);
    set_job(JOB_STATE_RUNNING, 1);
    sweep_anew();
    expect_outputs(4, "1 3 4");
}

Test(kept_job, what_the_documents_own_folder_held_before_the_job_is_anothers)
{
    char path[PATH_TEXT];
    char document[PATH_TEXT];
    char old[PATH_TEXT + 64];
    struct timespec times[2] = { { .tv_sec = 1600000000 }, { .tv_sec = 1600000000 } };

    (void)snprintf(path, sizeof path, "%s/own/1/model", bench.folder);
    fill(path);
    (void)snprintf(path, sizeof path, "%s/own/2/model", bench.folder);
    fill(path);
    (void)snprintf(old, sizeof old, "%s/file", path);
    cr_assert(eq(int, utimensat(AT_FDCWD, old, times, 0), 0));
    (void)snprintf(document, sizeof document,
                   "{\"studySpec\":{\"metrics\":[{\"metricId\":\"m0\",\"goal\":\"MAXIMIZE\"}],"
                   "\"parameters\":[{\"parameterId\":\"p\",\"integerValueSpec\":{\"minValue\":1,"
                   "\"maxValue\":100}}]},\"trialJobSpec\":{\"workerPoolSpecs\":[{\"containerSpec\":"
                   "{\"imageUri\":\"host:\",\"command\":[\"true\"]}}],\"baseOutputDirectory\":"
                   "{\"outputUriPrefix\":\"%s/own\"}}}",
                   bench.folder);
    put_document(document);
    for (int64_t n = 1; n <= 4; n++)
        put_trial(n, (double)n, true);
    sweep_anew();
    cr_assert(eq(int, access(old, F_OK), 0));
    (void)snprintf(path, sizeof path, "%s/own/1/model", bench.folder);
    cr_assert(eq(int, access(path, F_OK), -1));
}

/* In the place of what a container's trial can write to. */
Test(kept_job, what_a_trial_has_put_links_to_stays)
{
    static const char *const links[] = { "trials/1/1/replicas", "trials/2/1/replicas/x",
                                         "output/1" };
    char precious[PATH_TEXT];
    char target[PATH_TEXT];
    char path[PATH_TEXT];
    struct assay_error err = { 0 };

    (void)snprintf(target, sizeof target, "%s/precious", bench.folder);
    (void)snprintf(precious, sizeof precious, "%s/precious/x/work", bench.folder);
    fill(precious);
    (void)snprintf(precious, sizeof precious, "%s/precious/work", bench.folder);
    fill(precious);
    (void)snprintf(precious, sizeof precious, "%s/precious/model", bench.folder);
    fill(precious);
    put_job();
    for (int64_t n = 1; n <= 4; n++)
        put_trial(n, (double)n, true);
    cr_assert(eq(int, record_make_dirs(path_below("trials/2/1/replicas", 0, path)), 0));
    cr_assert(artifact_remove(path_below("output/1", 0, path), &err));
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        cr_assert(eq(int, symlink(target, path_below(links[i], 0, path)), 0));
    sweep_anew();
    cr_assert(not(has(outputs[2], 1)));
    cr_assert(not(has(outputs[0], 2)));
    cr_assert(eq(int, access(precious, F_OK), 0));
    (void)snprintf(precious, sizeof precious, "%s/precious/work/file", bench.folder);
    cr_assert(eq(int, access(precious, F_OK), 0));
    (void)snprintf(precious, sizeof precious, "%s/precious/x/work/file", bench.folder);
    cr_assert(eq(int, access(precious, F_OK), 0));
}

Test(kept_job, what_the_trials_hold_is_added_up_as_they_end)
{
    struct assay_error err = { 0 };
    struct kept_job *kept = NULL;
    struct tree_use use = { 0 };
    char path[PATH_TEXT];
    int64_t bytes = 0;

    place.is_measuring = true;
    put_job();
    kept = open_kept();
    for (int64_t n = 1; n <= 6; n++) {
        put_trial(n, (double)(n % 4), n != 3);
        if (n % 2 == 0)
            sweep(kept);
    }
    cr_assert(kept_job_use(kept, &bytes, &err));
    for (int64_t n = 1; n <= 6; n++) {
        tree_use_add(&use, path_below("trials/%lld", n, path));
        tree_use_add(&use, path_below("output/%lld", n, path));
    }
    cr_assert(lt(i64, 0, use.bytes));
    cr_assert(eq(i64, bytes, use.bytes));
    kept_job_free(kept);
    kept = open_kept();
    cr_assert(kept_job_use(kept, &bytes, &err));
    cr_assert(eq(i64, bytes, use.bytes));
    kept_job_free(kept);
}

Test(kept_job, for_lack_of_room_the_worst_go_first_and_the_best_never)
{
    struct assay_error err = { 0 };
    struct kept_job *kept = NULL;
    int64_t freed = 0;

    place.is_measuring = true;
    settings.keep = KEEP_ALL;
    put_job();
    kept = open_kept();
    put_trial(1, 5, true);
    put_trial(2, 1, true);
    put_trial(3, (double)NAN, true);
    put_trial(4, 9, true);
    put_trial(5, 8, false);
    set_job(JOB_STATE_RUNNING, 4);
    sweep(kept);
    expect_outputs(5, "1 2 3 4 5");
    cr_assert(kept_job_evict(kept, 4 * FILE_SIZE, &freed, &err));
    expect_outputs(5, "1 4 5");
    cr_assert(ge(i64, freed, 4 * FILE_SIZE));
    cr_assert(kept_job_evict(kept, INT64_MAX, &freed, &err));
    expect_outputs(5, "4 5");
    cr_assert(kept_job_evict(kept, INT64_MAX, &freed, &err));
    cr_assert(eq(i64, freed, 0));
    kept_job_free(kept);
}
