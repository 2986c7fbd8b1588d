/*
 * Minimises a function of this program: ask-tell [TRIALS [STATE_DIR]].
 *
 *     cc ask_tell.c $(pkg-config --cflags --libs assay) -lm -o ask-tell
 *
 * or with the CMakeLists.txt beside it. With a STATE_DIR the study is kept there, and goes on when
 * the program is started again; without, it is in memory only. No engine runs and no process is
 * started: the loop, and what a trial is, are yours. docs/library.md has the rest.
 */
#include <assay.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char document[] =
    "seed: 1\n"
    "studySpec:\n"
    "  metrics: [{metricId: loss, goal: MINIMIZE}]\n"
    "  parameters:\n"
    "  - {parameterId: x, doubleValueSpec: {minValue: -5, maxValue: 10}}\n"
    "  - {parameterId: y, doubleValueSpec: {minValue: 0, maxValue: 15}}\n"
    "  - {parameterId: shape, categoricalValueSpec: {values: [branin, bowl]}}\n";

/* What is to be minimised: Branin's function, or a bowl whose floor is higher. */
static double loss(const struct assay_trial *trial)
{
    const double pi = 3.14159265358979323846;
    double x = trial->parameters[0].number;
    double y = trial->parameters[1].number;
    double valley = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;

    if (strcmp(trial->parameters[2].text, "bowl") == 0)
        return x * x + y * y + 2;
    return valley * valley + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10;
}

static void print_best(struct assay_study *study, struct assay_error *err)
{
    struct assay_trials best;

    if (!assay_study_best(study, &best, err)) {
        (void)fprintf(stderr, "ask-tell: %s\n", err->message);
        return;
    }
    for (size_t i = 0; i < best.count; i++) {
        const struct assay_trial *trial = &best.items[i];

        (void)printf("trial %lld: loss %.4f at", (long long)trial->id, trial->values[0]);
        for (size_t k = 0; k < trial->parameter_count; k++) {
            const struct assay_parameter *parameter = &trial->parameters[k];

            if (parameter->text)
                (void)printf(" %s=%s", parameter->id, parameter->text);
            else
                (void)printf(" %s=%.3f", parameter->id, parameter->number);
        }
        (void)printf("\n");
    }
    assay_trials_clear(&best);
}

int main(int argc, char **argv)
{
    struct assay_study_options options = { .document = document,
                                           .document_size = strlen(document),
                                           .state_dir = argc > 2 ? argv[2] : NULL };
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 60;
    struct assay_error err;
    struct assay_study *study = assay_study_open(&options, &err);
    bool is_good = study != NULL;

    for (long i = 0; is_good && i < count; i++) {
        struct assay_trials trials = { 0 };

        is_good = assay_study_ask(study, 1, &trials, &err);
        if (is_good && trials.count == 1) {
            double value = loss(&trials.items[0]);

            is_good = assay_study_tell(study, trials.items[0].id, &value, &err);
        }
        assay_trials_clear(&trials);
    }
    if (is_good)
        print_best(study, &err);
    else
        (void)fprintf(stderr, "ask-tell: %s\n", err.message);
    assay_study_close(study);
    return is_good ? 0 : 1;
}
