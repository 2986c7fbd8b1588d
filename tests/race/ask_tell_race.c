/*
 * Many threads at one study by plain structs, and one that speaks in lines: each asks, measures,
 * tells and looks around at its own pace. For ThreadSanitizer, as engine_race.c: ask_tell_race
 * FOLDER. Status 0 when every trial was given to one thread, once, and the study found again is the
 * same.
 */
#include "assay.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, TRIALS = 160, LINE = 128 };

static const char document[] =
    "seed: 1\n"
    "maxTrialCount: 160\n"
    "studySpec:\n"
    "  metrics: [{metricId: y, goal: MINIMIZE}]\n"
    "  medianAutomatedStoppingSpec: {}\n"
    "  parameters:\n"
    "  - {parameterId: x, doubleValueSpec: {minValue: 0, maxValue: 1}}\n"
    "  - {parameterId: kind, categoricalValueSpec: {values: [one, other]}}\n";

static atomic_int given[TRIALS + 1];
static atomic_int faults;

static void fault(const char *what, const struct assay_error *err)
{
    (void)fprintf(stderr, "%s: %s\n", what, err->message);
    atomic_fetch_add(&faults, 1);
}

static void finish(struct assay_study *study, const struct assay_trial *trial)
{
    double value = trial->parameters[0].number + (double)(trial->id % 7);
    struct assay_error err;
    bool should_stop = false;

    atomic_fetch_add(&given[trial->id], 1);
    for (int step = 1; step <= 2 && !should_stop; step++)
        if (!assay_study_measure(study, trial->id, step, 0, &value, &should_stop, &err))
            fault("measure", &err);
    if (trial->id % 5 == 0 ? !assay_study_tell_infeasible(study, trial->id, "five", &err)
                           : !assay_study_tell(study, trial->id, &value, &err))
        fault("tell", &err);
}

static void look(struct assay_study *study, int64_t id)
{
    struct assay_trials trials;
    struct assay_error err;

    if (!assay_study_best(study, &trials, &err) || trials.count > 1)
        fault("best", &err);
    assay_trials_clear(&trials);
    if (!assay_study_pending(study, &trials, &err))
        fault("pending", &err);
    assay_trials_clear(&trials);
    if (!assay_study_trial(study, id, &trials, &err) ||
        strcmp(trials.items[0].parameters[1].id, assay_study_parameter(study, 1)->id) != 0)
        fault("trial", &err);
    assay_trials_clear(&trials);
}

static void *work(void *context)
{
    struct assay_study *study = context;
    bool is_done = false;

    while (!is_done) {
        struct assay_trials trials;
        struct assay_error err;

        if (!assay_study_ask(study, 2, &trials, &err)) {
            fault("ask", &err);
            return NULL;
        }
        is_done = trials.is_done;
        for (size_t i = 0; i < trials.count; i++) {
            finish(study, &trials.items[i]);
            look(study, trials.items[i].id);
        }
        assay_trials_clear(&trials);
    }
    return NULL;
}

static void *speak(void *context)
{
    static const char *const lines[] = { "{\"best\":true}", "{\"pending\":true}",
                                         "{\"explain\":1}" };
    struct assay_study *study = context;

    for (int i = 0; i < TRIALS; i++) {
        const char *line = lines[i % 3];
        struct assay_response response;
        struct assay_error err;

        if (!assay_study_line(study, line, strlen(line), &response, &err))
            fault("line", &err);
        assay_response_clear(&response);
        if (!assay_study_has_begun(study) || assay_study_note(study))
            atomic_fetch_add(&faults, 1);
    }
    return NULL;
}

static void run_threads(struct assay_study *study)
{
    pthread_t threads[THREADS + 1];

    for (int i = 0; i <= THREADS; i++)
        if (pthread_create(&threads[i], NULL, i < THREADS ? work : speak, study) != 0)
            abort();
    for (int i = 0; i <= THREADS; i++)
        (void)pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    struct assay_study_options options = { .document = document,
                                           .document_size = sizeof document - 1,
                                           .state_dir = argc > 1 ? argv[1] : NULL };
    struct assay_error err;
    struct assay_study *study = assay_study_open(&options, &err);

    if (!study) {
        fault("open", &err);
        return EXIT_FAILURE;
    }
    run_threads(study);
    assay_study_close(study);
    for (int i = 1; i <= TRIALS; i++)
        if (atomic_load(&given[i]) != 1) {
            (void)fprintf(stderr, "trial %d was given %d times\n", i, atomic_load(&given[i]));
            atomic_fetch_add(&faults, 1);
        }
    options.is_verifying = true;
    study = assay_study_open(&options, &err);
    if (!study)
        fault("open again", &err);
    assay_study_close(study);
    return atomic_load(&faults) ? EXIT_FAILURE : EXIT_SUCCESS;
}
