/*
 * A study whose models are learnt beside the thread that talks to it: tells that come while a model
 * is learnt, asks that wait for one and asks that do not, a journal, and closing at any moment. For
 * ThreadSanitizer, as engine_race.c. Status 0 when every answer was sane.
 */

#include "assay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 12, LINE = 256 };

static const char document[] =
    "seed: 1\n"
    "studySpec:\n"
    "  metrics: [{metricId: y, goal: MINIMIZE}]\n"
    "  parameters: [{parameterId: x, doubleValueSpec: {minValue: 0, maxValue: 1}}]\n";

static int say(struct assay_study *study, const char *line)
{
    struct assay_error err = { 0 };
    struct assay_response response = { 0 };
    bool is_answered = assay_study_line(study, line, strlen(line), &response, &err);
    int fault = !is_answered || response.status != 200;

    if (fault)
        (void)fprintf(stderr, "%s: %s\n", line, is_answered ? response.body : err.message);
    assay_response_clear(&response);
    return fault;
}

/* Trials first to first + 2: the models of all but the last are learnt while the lines go on. */
static int talk(struct assay_study *study, int first)
{
    char line[LINE];
    int faults = say(study, "{\"ask\":3}");

    for (int i = 0; i < 3; i++) {
        (void)snprintf(line, sizeof line, "{\"tell\":[{\"id\":\"%d\",\"metrics\":{\"y\":%d}}]%s}",
                       first + i, (first + i) * 7 % 13, i == 1 ? ",\"ask\":1" : "");
        faults += say(study, line);
    }
    (void)snprintf(line, sizeof line, "{\"tell\":[{\"id\":\"%d\",\"infeasible\":\"no\"}]}",
                   first + 3);
    return faults + say(study, "{\"best\":true}") + say(study, line);
}

int main(int argc, char **argv)
{
    struct assay_study_options options = { .document = document,
                                           .document_size = sizeof document - 1,
                                           .state_dir = argc > 1 ? argv[1] : NULL };
    int faults = 0;

    for (int i = 0; i < ROUNDS && faults == 0; i++) {
        struct assay_error err = { 0 };
        struct assay_study *study = assay_study_open(&options, &err);

        options.is_verifying = i % 4 == 1;
        if (!study) {
            (void)fprintf(stderr, "%s\n", err.message);
            return EXIT_FAILURE;
        }
        faults += talk(study, 4 * i + 1);
        assay_study_close(study);
    }
    return faults ? EXIT_FAILURE : EXIT_SUCCESS;
}
