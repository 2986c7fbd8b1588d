/*
 * assay-fill-study STATE_DIR [--trials N] [--measurements M] [--objectives K] [--seed S]
 *
 * Fills a state folder with a tuning job that has ended, its trials and their measurements, without
 * running anything, and prints the job's id: what a study of a million trials looks like to whoever
 * only reads. Nobody else may be at work in the folder.
 */

#include "assay/value.h"
#include "engine/spec/job_spec.h"
#include "engine/store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A_COMMIT: rows are many, syncs few. BLOCK: trials end in another order than they began, as they
 * do when so many run at once. */
enum { A_COMMIT = 5000, BLOCK = 16, PARAMETERS = 6, OBJECTIVES_MAX = 2 };

static const int64_t start_us = INT64_C(1700000000000000);
static const int64_t trial_us = 2500000;

static const char document_begin[] =
    "{\"displayName\": \"filled\", \"parallelTrialCount\": 16,"
    "\"studySpec\": {\"algorithm\": \"RANDOM_SEARCH\", \"metrics\": ["
    "{\"metricId\": \"loss\", \"goal\": \"MINIMIZE\"}%s],"
    "\"parameters\": ["
    "{\"parameterId\": \"rate\", \"scaleType\": \"UNIT_LOG_SCALE\","
    " \"doubleValueSpec\": {\"minValue\": 1e-5, \"maxValue\": 1}},"
    "{\"parameterId\": \"momentum\", \"doubleValueSpec\": {\"minValue\": 0, \"maxValue\": 1}},"
    "{\"parameterId\": \"dropout\", \"doubleValueSpec\": {\"minValue\": 0, \"maxValue\": 0.5}},"
    "{\"parameterId\": \"layers\", \"integerValueSpec\": {\"minValue\": 1, \"maxValue\": 100}},"
    "{\"parameterId\": \"width\", \"discreteValueSpec\": {\"values\": [16, 32, 64, 128]}},"
    "{\"parameterId\": \"activation\","
    " \"categoricalValueSpec\": {\"values\": [\"relu\", \"tanh\", \"gelu\"]}}]},"
    "\"trialJobSpec\": {\"workerPoolSpecs\": [{\"replicaCount\": 1, \"containerSpec\": {"
    "\"imageUri\": \"host:\", \"command\": [\"true\"]}}]},"
    "\"assay\": {\"seed\": 1}, \"maxTrialCount\": %" PRId64 "}";

struct plan {
    const char *folder;
    int64_t trials, measurements, objectives, seed;
};

/* splitmix64 (Steele, Lea, Flood 2014): a number of its own for each index. */
static double draw(const struct plan *plan, int64_t trial, int64_t index)
{
    uint64_t value = (uint64_t)plan->seed * 1000003 + (uint64_t)trial * 64 + (uint64_t)index;

    value = (value + 1) * UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((value ^ (value >> 31)) >> 11) * 0x1p-53;
}

static void make_point(const struct plan *plan, int64_t trial, double *point)
{
    static const double widths[] = { 16, 32, 64, 128 };

    point[0] = pow(10, -5 * draw(plan, trial, 0));
    point[1] = draw(plan, trial, 1);
    point[2] = draw(plan, trial, 2) / 2;
    point[3] = 1 + floor(draw(plan, trial, 3) * 100);
    point[4] = widths[(int)(draw(plan, trial, 4) * 4)];
    point[5] = floor(draw(plan, trial, 5) * 3);
}

/* The rate counts most, then the layers; a little of the rest is chance. */
static void make_values(const struct plan *plan, int64_t trial, const double *point, double *values)
{
    double rate = log10(point[0]) + 2.5;

    values[0] = 0.05 + rate * rate / 10 + point[2] * 0.1 + fabs(point[3] - 40) / 400 +
                (point[5] == 1 ? 0.03 : 0) + draw(plan, trial, 6) * 0.05;
    values[1] = point[3] * point[4] * (1 + draw(plan, trial, 7));
}

static bool put_measurements(struct store *store, const struct plan *plan,
                             const struct trial_row *row, struct assay_error *err)
{
    bool is_ok = true;

    for (int64_t i = 0; is_ok && i < plan->measurements; i++) {
        double values[OBJECTIVES_MAX] = { row->values[0] * (1 + exp(-(double)i) +
                                                            draw(plan, row->number, 8 + i) * 0.02),
                                          row->values[1] };
        struct measurement_row measured = { .trial_id = store_trial_id(row->job, row->number),
                                            .index = i,
                                            .step = i + 1,
                                            .elapsed_us = (i + 1) * trial_us / plan->measurements,
                                            .values = values,
                                            .value_count = (size_t)plan->objectives };

        if (i == plan->measurements - 1)
            values[0] = row->values[0];
        is_ok = store_measurement_put(store, &measured, err);
    }
    return is_ok;
}

/* Within each full block the order of ends is turned round; one trial in fifty fails. */
static int64_t end_order_of(const struct plan *plan, int64_t number)
{
    int64_t block = (number - 1) / BLOCK * BLOCK;

    return block + BLOCK > plan->trials ? number : block + BLOCK - (number - 1 - block);
}

static bool put_trial(struct store *store, const struct plan *plan, int64_t job, int64_t number,
                      struct assay_error *err)
{
    double point[PARAMETERS], values[OBJECTIVES_MAX];
    bool has_failed = number % 50 == 0;
    int64_t order = end_order_of(plan, number);
    struct trial_row row = { .job = job,
                             .number = number,
                             .state = has_failed ? TRIAL_INFEASIBLE : TRIAL_SUCCEEDED,
                             .attempt = 1,
                             .failure = has_failed ? FAILURE_USER_ERROR : FAILURE_NONE,
                             .start_us = start_us + (number - 1) / BLOCK * trial_us,
                             .end_us = start_us + order / BLOCK * trial_us + trial_us,
                             .end_order = order,
                             .point = point,
                             .point_count = PARAMETERS,
                             .values = values,
                             .value_count = (size_t)plan->objectives,
                             .step = plan->measurements,
                             .elapsed_us = trial_us };

    make_point(plan, number, point);
    make_values(plan, number, point, values);
    if (!store_trial_insert(store, &row, err) ||
        (!has_failed && !put_measurements(store, plan, &row, err)))
        return false;
    if (has_failed) {
        row.values = NULL;
        row.value_count = 0;
        row.reason = "the trainer ended with exit status 1";
    }
    return store_trial_end(store, &row, err);
}

static bool put_job(struct store *store, const struct plan *plan, int64_t job,
                    struct assay_error *err)
{
    char document[2048];
    char none[] = "", name[] = "filled", folder[] = "/";
    int64_t end_us = start_us + (plan->trials / BLOCK + 1) * trial_us;
    struct job_row row = { .id = job,
                           .kind = JOB_TUNING,
                           .state = JOB_STATE_SUCCEEDED,
                           .seed = 1,
                           .create_us = start_us,
                           .start_us = start_us,
                           .end_us = end_us,
                           .update_us = end_us,
                           .display_name = name,
                           .source = document,
                           .document = document,
                           .source_dir = folder,
                           .error_message = none,
                           .model_dir = none,
                           .note = none };

    (void)snprintf(document, sizeof document, document_begin,
                   plan->objectives > 1 ? ", {\"metricId\": \"size\", \"goal\": \"MINIMIZE\"}" : "",
                   plan->trials);
    return store_job_insert(store, &row, err) && store_job_update(store, &row, err);
}

struct best {
    int64_t number;
    double loss;
};

static bool look_at_best(const struct plan *plan, int64_t number, struct best *best)
{
    double point[PARAMETERS], values[OBJECTIVES_MAX];

    make_point(plan, number, point);
    make_values(plan, number, point, values);
    if (number % 50 != 0 && (best->number == 0 || values[0] < best->loss))
        *best = (struct best){ .number = number, .loss = values[0] };
    return true;
}

static bool put_best(struct store *store, int64_t job, const struct best *best,
                     struct assay_error *err)
{
    struct job_row row = { 0 };
    bool is_ok = store_job_get(store, job, &row, err);

    row.best_trial = best->number;
    is_ok = is_ok && store_begin(store, err) && store_job_update(store, &row, err) &&
            store_commit(store, err);
    job_row_clear(&row);
    return is_ok;
}

static bool put_trials(struct store *store, const struct plan *plan, int64_t job, struct best *best,
                       struct assay_error *err)
{
    for (int64_t number = 1; number <= plan->trials;) {
        int64_t last = number + A_COMMIT;

        if (!store_begin(store, err))
            return false;
        for (; number < last && number <= plan->trials; number++)
            if (!look_at_best(plan, number, best) || !put_trial(store, plan, job, number, err))
                return false;
        if (!store_commit(store, err))
            return false;
        if (store_needs_checkpoint(store))
            store_checkpoint(store);
    }
    return true;
}

/* The first id that is free, so that a folder can be filled more than once. */
static bool find_id(struct store *store, int64_t *job, struct assay_error *err)
{
    struct job_row row = { 0 };

    *job = INT64_C(1000000000);
    while (store_job_get(store, *job, &row, err)) {
        job_row_clear(&row);
        ++*job;
    }
    return err->code == ASSAY_NOT_FOUND;
}

static bool fill(const struct plan *plan, int64_t *job, struct assay_error *err)
{
    struct store *store = store_open(plan->folder, STORE_WRITE, err);
    struct best best = { 0 };
    bool is_ok = false;

    if (!store)
        return false;
    store_relax(store);
    is_ok = find_id(store, job, err) && store_begin(store, err) &&
            put_job(store, plan, *job, err) && store_commit(store, err) &&
            put_trials(store, plan, *job, &best, err) && put_best(store, *job, &best, err);
    store_close(store);
    return is_ok;
}

static bool read_option(struct plan *plan, const char *name, const char *text)
{
    const struct {
        const char *name;
        int64_t *value;
        int64_t least, most;
    } options[] = {
        { "--trials", &plan->trials, 0, STORE_TRIALS_MAX - 1 },
        { "--measurements", &plan->measurements, 0, 1000000 },
        { "--objectives", &plan->objectives, 1, OBJECTIVES_MAX },
        { "--seed", &plan->seed, 0, INT32_MAX },
    };

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strcmp(options[i].name, name) == 0)
            return assay_integer_parse(text, options[i].value) &&
                   *options[i].value >= options[i].least && *options[i].value <= options[i].most;
    return false;
}

int main(int argc, char **argv)
{
    struct plan plan = { .trials = 1000, .measurements = 10, .objectives = 1 };
    struct assay_error err = { 0 };
    int64_t job = 0;
    bool is_ok = argc >= 2 && argc % 2 == 0;

    for (int i = 2; is_ok && i < argc; i += 2)
        is_ok = read_option(&plan, argv[i], argv[i + 1]);
    if (!is_ok) {
        (void)fprintf(stderr, "usage: assay-fill-study STATE_DIR [--trials N] [--measurements M]"
                              " [--objectives 1|2] [--seed S]\n");
        return 2;
    }
    plan.folder = argv[1];
    if ((mkdir(plan.folder, 0700) != 0 && errno != EEXIST) || !fill(&plan, &job, &err)) {
        (void)fprintf(stderr, "assay-fill-study: %s: %s\n", plan.folder,
                      err.code ? err.message : strerror(errno));
        return 1;
    }
    (void)printf("%" PRId64 "\n", job);
    return 0;
}
