#include "bench/study_text.h"

#include "assay/json.h"
#include "bench/child.h"
#include "bench_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

Test(study_text, a_space_is_written_as_the_api_words_it)
{
    struct search_space *space = branched_space();
    struct arm_study study = {
        .space = space, .is_noisy = true, .seed = 7, .budget = 100, .parallel = 8
    };
    size_t size = 0;
    char *text = study_text_study(&study, "gp", &size);

    cr_assert(text != NULL);
    cr_assert(eq(sz, strlen(text), size));
    cr_assert(
        eq(str, text,
           (char *)"{\"study\":{\"studySpec\":{\"metrics\":[{\"metricId\":\"loss\",\"goal\":"
                   "\"MINIMIZE\"}],\"parameters\":[{\"parameterId\":\"kind\","
                   "\"categoricalValueSpec\":{\"values\":[\"sgd\",\"adam\"]},"
                   "\"conditionalParameterSpecs\":[{\"parentCategoricalValues\":{\"values\":"
                   "[\"sgd\"]},\"parameterSpec\":{\"parameterId\":\"depth\",\"integerValueSpec\":"
                   "{\"minValue\":\"1\",\"maxValue\":\"3\"},\"scaleType\":\"UNIT_LINEAR_SCALE\","
                   "\"conditionalParameterSpecs\":[{\"parentIntValues\":{\"values\":[\"2\",\"3\"]},"
                   "\"parameterSpec\":{\"parameterId\":\"drop\",\"doubleValueSpec\":{\"minValue\":"
                   "0.25,\"maxValue\":0.5},\"scaleType\":\"UNIT_REVERSE_LOG_SCALE\"}}]}},"
                   "{\"parentCategoricalValues\":{\"values\":[\"adam\"]},\"parameterSpec\":"
                   "{\"parameterId\":\"drop\",\"doubleValueSpec\":{\"minValue\":1,\"maxValue\":2},"
                   "\"scaleType\":\"UNIT_LOG_SCALE\"}}]},{\"parameterId\":\"rate\","
                   "\"discreteValueSpec\":{\"values\":[0.1,10]},\"conditionalParameterSpecs\":"
                   "[{\"parentDiscreteValues\":{\"values\":[0.1]},\"parameterSpec\":"
                   "{\"parameterId\":\"decay\",\"doubleValueSpec\":{\"minValue\":0,\"maxValue\":1}"
                   "}}]}],\"observationNoise\":\"HIGH\"},\"maxTrialCount\":100,"
                   "\"parallelTrialCount\":8,\"seed\":7,\"algorithm\":\"gp\"}}\n"));
    free(text);
    search_space_free(space);
}

static const char *read_trial(const char *text, const struct search_space *space, double *point,
                              struct assay_error *err)
{
    cJSON *trial = json_read(text, strlen(text), err);
    static char id[16];
    const char *found = NULL;

    cr_assert(trial != NULL, "%s", err->message);
    found = study_text_trial(trial, space, point, err);
    if (found)
        (void)snprintf(id, sizeof id, "%s", found);
    cJSON_Delete(trial);
    return found ? id : NULL;
}

Test(study_text, a_trial_is_read_into_a_point_that_is_legal)
{
    struct search_space *space = branched_space();
    struct assay_error err = { 0 };
    double point[6];
    const char *id =
        read_trial("{\"id\":\"9\",\"parameters\":{\"kind\":\"sgd\",\"depth\":2,\"drop\":0.3,"
                   "\"rate\":10}}",
                   space, point, &err);

    cr_assert(id && strcmp(id, "9") == 0, "%s", err.message);
    cr_assert(search_space_is_legal(space, point));
    cr_assert(fabs(point[2] - 0.3) < 1e-15);
    cr_assert(isnan(point[4]) && isnan(point[5]));
    (void)read_trial("{\"id\":\"9\",\"parameters\":{\"kind\":\"adam\",\"drop\":1.5,\"rate\":0.1,"
                     "\"decay\":0}}",
                     space, point, &err);
    cr_assert(search_space_is_legal(space, point));
    cr_assert(isnan(point[2]) && fabs(point[4] - 1.5) < 1e-15);
    search_space_free(space);
}

Test(study_text, a_value_that_is_missing_or_not_legal_is_named)
{
    static const char *const wrong[] = {
        "{\"id\":\"9\",\"parameters\":{\"kind\":\"sgd\",\"depth\":1}}",
        "{\"id\":\"9\",\"parameters\":{\"kind\":\"sgd\",\"depth\":1,\"rate\":0.2}}",
        "{\"id\":\"9\",\"parameters\":{\"kind\":\"sgd\",\"depth\":1,\"rate\":\"10\"}}",
    };
    struct search_space *space = branched_space();

    for (size_t i = 0; i < 3; i++) {
        struct assay_error err = { 0 };
        double point[6];

        cr_assert(read_trial(wrong[i], space, point, &err) == NULL);
        cr_assert(strstr(err.message, "rate") != NULL, "%s", err.message);
    }
    search_space_free(space);
}

Test(study_text, what_was_measured_or_failed_is_told)
{
    struct problem_outcome good = { .value = 0.25 };
    struct problem_outcome bad = { .is_infeasible = true };
    size_t size = 0;
    char *told = study_text_tell("7", &good, &size);
    char *failed = study_text_tell("8", &bad, &size);

    cr_assert(eq(str, told, (char *)"{\"tell\":[{\"id\":\"7\",\"metrics\":{\"loss\":0.25}}]}\n"));
    cr_assert(eq(str, failed,
                 (char *)"{\"tell\":[{\"id\":\"8\",\"infeasible\":\"the trial failed\"}]}\n"));
    free(told);
    free(failed);
}

Test(study_text, a_refusal_is_told_apart_from_what_is_no_answer)
{
    struct assay_error err = { 0 };

    cr_assert(study_text_answer("{\"error\":{\"message\":\"no conditions\"}}", &err) == NULL);
    cr_assert(eq(int, (int)err.code, (int)ASSAY_UNKNOWN));
    cr_assert(strcmp(err.message, "no conditions") == 0);
    cr_assert(study_text_answer("Traceback", &err) == NULL);
    cr_assert(eq(int, (int)err.code, (int)ASSAY_INVALID));
}

/* The long-suffering shell, asked to do something. */
static struct child *start_shell(const char *what)
{
    char *command = strdup(what);
    char shell[] = "/bin/sh";
    char option[] = "-c";
    char *argv[] = { shell, option, command, NULL };
    struct assay_error err = { 0 };
    struct child *child = NULL;

    (void)signal(SIGPIPE, SIG_IGN);
    child = child_start(argv, &err);
    cr_assert(child != NULL, "%s", err.message);
    free(command);
    return child;
}

Test(child, lines_go_there_and_back_whole_and_in_order)
{
    struct child *child = start_shell("exec cat");
    struct assay_error err = { 0 };
    char long_line[20001];

    memset(long_line, 'x', 20000);
    long_line[19999] = '\n';
    cr_assert(child_say(child, "one\ntwo\n", 8, &err));
    cr_assert(child_say(child, long_line, 20000, &err));
    cr_assert(strcmp(child_hear(child, 60, &err), "one") == 0);
    cr_assert(strcmp(child_hear(child, 60, &err), "two") == 0);
    cr_assert(eq(sz, strlen(child_hear(child, 60, &err)), 19999));
    cr_assert(child_cpu_s(child) >= 0);
    child_free(child);
}

Test(child, the_last_words_of_one_that_dies_are_the_reason)
{
    struct child *child = start_shell("echo 'first line' >&2; echo 'no memory' >&2; exit 1");
    struct assay_error err = { 0 };

    cr_assert(child_hear(child, 60, &err) == NULL);
    cr_assert(eq(int, (int)err.code, (int)ASSAY_UNAVAILABLE));
    cr_assert(strstr(err.message, "no memory") != NULL, "%s", err.message);
    cr_assert(strstr(err.message, "first line") == NULL);
    child_free(child);
}

Test(child, one_that_says_nothing_is_given_up_and_killed)
{
    struct child *child = start_shell("trap '' TERM; exec >&2; while :; do sleep 1000; done");
    struct assay_error err = { 0 };

    while (child_hear(child, 0, &err))
        ;
    cr_assert(err.code == ASSAY_DEADLINE || err.code == ASSAY_UNAVAILABLE);
    child_free(child);
}

Test(child, a_program_that_is_not_there_is_named)
{
    char path[] = "/nonexistent/rival";
    char *argv[] = { path, NULL };
    struct assay_error err = { 0 };
    struct child *child = child_start(argv, &err);

    cr_assert(child != NULL);
    cr_assert(child_hear(child, 60, &err) == NULL);
    cr_assert(strstr(err.message, "/nonexistent/rival") != NULL, "%s", err.message);
    child_free(child);
}
