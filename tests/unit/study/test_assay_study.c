#include "support.h"

#include "assay/value.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct assay_study *start(const char *spec, const char *algorithm, const char *more)
{
    char *text = study_text(spec, algorithm, more);
    struct assay_study *study = study_start(text, NULL);

    free(text);
    return study;
}

static void expect(struct assay_study *study, const char *line, const char *wanted)
{
    const char *got = study_answer(study, "%s", line);

    cr_expect(strcmp(got, wanted) == 0, "%s\n gives %s\n not   %s", line, got, wanted);
}

/* The answer is an error with this status, about this field, and says this. */
static void expect_error(struct assay_study *study, const char *line, const char *status,
                         const char *field, const char *words)
{
    cJSON *root = study_say(study, "%s", line);
    const cJSON *error = json_get(root, "error");
    const cJSON *at = json_get(error, "field");
    const char *message = cJSON_GetStringValue(json_get(error, "message"));

    cr_expect(error && strcmp(cJSON_GetStringValue(json_get(error, "status")), status) == 0,
              "%s: %s", line, study_answer(study, "%s", line));
    cr_expect(message && strstr(message, words) != NULL, "%s: %s", line,
              message ? message : "no error");
    cr_expect(strcmp(at ? at->valuestring : "", field) == 0, "%s: field %s", line,
              at ? at->valuestring : "");
    cJSON_Delete(root);
}

static int count_of(const cJSON *root)
{
    return cJSON_GetArraySize(json_get(root, "trials"));
}

static const char *id_of(const cJSON *root, int index)
{
    return cJSON_GetStringValue(
        json_get(cJSON_GetArrayItem(json_get(root, "trials"), index), "id"));
}

Test(assay_study, a_study_that_comes_by_its_first_line_is_greeted)
{
    struct assay_study_options options = { 0 };
    struct assay_error err = { 0 };
    struct assay_study *study = assay_study_open(&options, &err);
    char *text = study_text(SMALL_SPEC, "default", "");

    expect_error(study, "{\"ask\":1}", "FAILED_PRECONDITION", "", "{\"study\": …}");
    cr_assert(not(assay_study_has_begun(study)));
    cr_assert(strcmp(study_answer(study, "{\"study\":%s}", text),
                     "{\"ok\":true,\"name\":\"assay\",\"version\":\"" ASSAY_VERSION
                     "\",\"algorithm\":\"gp\",\"seed\":\"7\"}") == 0);
    cr_assert(assay_study_has_begun(study));
    cr_assert(assay_study_note(study) == NULL);
    free(text);
    assay_study_close(study);
    assay_study_close(NULL);
}

Test(assay_study, the_same_study_again_is_greeted_and_another_is_refused)
{
    struct assay_study *study = start(SMALL_SPEC, "random", "");
    char *text = study_text(SMALL_SPEC, "random", "");
    char *other = study_text(SMALL_SPEC, "random", ",\"maxTrialCount\":5");
    char line[2048];

    (void)snprintf(line, sizeof line, "{\"study\":%s}", other);
    expect_error(study, line, "FAILED_PRECONDITION", "max_trial_count", "is nothing there");
    cr_assert(strncmp(study_answer(study, "{\"study\":%s}", text), "{\"ok\":true", 10) == 0);
    free(text);
    free(other);
    assay_study_close(study);
}

Test(assay_study, all_faults_of_a_study_come_in_one_answer)
{
    struct assay_study_options options = { 0 };
    struct assay_error err = { 0 };
    struct assay_study *study = assay_study_open(&options, &err);
    cJSON *root = study_say(study, "{\"study\":{\"studySpec\":{\"metrics\":[],\"parameters\":[]},"
                                   "\"maxTrailCount\":3,\"seed\":-1,\"algorithm\":\"randon\"}}");
    const cJSON *error = json_get(root, "error");
    const cJSON *violations =
        json_get(cJSON_GetArrayItem(json_get(error, "details"), 0), "fieldViolations");

    cr_assert(eq(int, cJSON_GetArraySize(violations), 5));
    cr_assert(strcmp(cJSON_GetStringValue(json_get(cJSON_GetArrayItem(violations, 0), "field")),
                     "study.study_spec.metrics") == 0);
    cJSON_Delete(root);
    cr_assert(not(assay_study_has_begun(study)));
    assay_study_close(study);
}

Test(assay_study, a_document_that_cannot_be_is_refused_with_its_faults)
{
    static const char text[] = "studySpec: {}\nmaxTrialCount: x\n";
    struct assay_study_options options = { .document = text, .document_size = sizeof text - 1 };
    struct assay_error err = { 0 };
    struct assay_response response;
    cJSON *root = NULL;

    cr_assert(assay_study_open(&options, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(assay_study_check(text, sizeof text - 1, &response, &err));
    root = json_read(response.body, response.size, &err);
    cr_assert(eq(dbl, json_get(root, "faultCount")->valuedouble, 3));
    cr_assert(
        eq(dbl, json_get(cJSON_GetArrayItem(json_get(root, "faults"), 2), "line")->valuedouble, 2));
    cJSON_Delete(root);
    assay_response_clear(&response);
    cr_assert(assay_study_check("{", 1, &response, &err));
    cr_assert(strstr(response.body, "\"faultCount\":1") != NULL);
    assay_response_clear(&response);
}

Test(assay_study, the_document_of_a_tuning_job_will_do)
{
    static const char text[] =
        "displayName: digits\nmaxTrialCount: 2\nparallelTrialCount: 2\nmaxFailedTrialCount: 1\n"
        "studySpec:\n  metrics: [{metricId: loss, goal: MINIMIZE}]\n"
        "  parameters: [{parameterId: lr, doubleValueSpec: {minValue: 0, maxValue: 1}}]\n"
        "trialJobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: x}}]}\n"
        "assay: {seed: 3, algorithm: sobol, metricRegex: {loss: 'loss=(.*)'}}\n";
    struct assay_study *study = study_start(text, NULL);
    cJSON *root = study_say(study, "{\"ask\":3}");

    cr_assert(eq(int, count_of(root), 2));
    cr_assert(cJSON_IsTrue(json_get(root, "done")));
    cJSON_Delete(root);
    assay_study_close(study);
}

/* Its parameters, told back as those of a trial that was not asked for, must be legal. */
Test(assay_study, suggestions_of_every_type_are_legal_and_survive_as_text)
{
    for (size_t i = 0; i < study_algorithm_count; i++) {
        struct assay_study *study = start(MIXED_SPEC, study_algorithms[i], "");
        int with_momentum = 0;

        for (int trial = 0; trial < 40; trial++) {
            cJSON *asked = study_say(study, "{\"ask\":1}");
            const cJSON *item = cJSON_GetArrayItem(json_get(asked, "trials"), 0);
            char *parameters = json_text(json_get(item, "parameters"), 0);
            cJSON *added = study_say(
                study, "{\"tell\":[{\"parameters\":%s,\"metrics\":{\"loss\":1}}]}", parameters);
            const cJSON *ids = json_get(added, "ids");
            cJSON *back = NULL;
            char *again = NULL;

            cr_assert(eq(int, cJSON_GetArraySize(ids), 1), "%s: %s", study_algorithms[i],
                      parameters);
            back =
                study_say(study, "{\"explain\":\"%s\"}", cJSON_GetArrayItem(ids, 0)->valuestring);
            again = json_text(json_get(json_get(back, "trial"), "parameters"), 0);
            cr_assert(strcmp(parameters, again) == 0);
            with_momentum += strstr(parameters, "\"sgd\"") != NULL;
            cr_assert(eq(int, !strstr(parameters, "momentum"), !strstr(parameters, "\"sgd\"")));
            cJSON_Delete(asked);
            cJSON_Delete(added);
            cJSON_Delete(back);
            free(parameters);
            free(again);
        }
        cr_assert(with_momentum > 0 && with_momentum < 40);
        assay_study_close(study);
    }
}

static void tell(struct assay_study *study, const char *id, const char *metric, double value)
{
    const char *got = study_answer(study, "{\"tell\":[{\"id\":\"%s\",\"metrics\":{\"%s\":%.17g}}]}",
                                   id, metric, value);

    cr_expect(strcmp(got, "{\"ok\":true}") == 0, "%s", got);
}

/* Tells the count trials of an answer, but for the last one of them. */
static void tell_most(struct assay_study *study, const cJSON *asked, double *value)
{
    for (int i = 0; i + 1 < count_of(asked); i++) {
        *value = *value * 1.3 > 10 ? *value * 0.01 : *value * 1.3;
        tell(study, id_of(asked, i), "loss", *value);
    }
}

Test(assay_study, asking_for_many_is_asking_as_often_for_one)
{
    for (size_t i = 0; i < study_algorithm_count; i++) {
        struct assay_study *many = start(MIXED_SPEC, study_algorithms[i], ",\"maxTrialCount\":40");
        struct assay_study *ones = start(MIXED_SPEC, study_algorithms[i], ",\"maxTrialCount\":40");
        double value = 0.1;

        for (int round = 0; round < 4; round++) {
            double same = value;
            cJSON *asked = study_say(many, "{\"ask\":8}");
            char *text = json_text(json_get(asked, "trials"), 0);
            char joined[8192] = "[";

            for (int k = 0; k < 8; k++) {
                const char *got = study_answer(ones, "{\"ask\":1}");
                size_t used = strlen(joined);

                (void)snprintf(joined + used, sizeof joined - used, "%s%.*s", k ? "," : "",
                               (int)(strlen(got) - strlen("{\"trials\":[]}")),
                               got + strlen("{\"trials\":["));
            }
            (void)snprintf(joined + strlen(joined), 2, "]");
            cr_assert(strcmp(text, joined) == 0, "%s:\n%s\n%s", study_algorithms[i], text, joined);
            tell_most(many, asked, &value);
            tell_most(ones, asked, &same);
            cJSON_Delete(asked);
            free(text);
        }
        assay_study_close(many);
        assay_study_close(ones);
    }
}

Test(assay_study, tell_and_ask_in_one_line_are_both_done)
{
    struct assay_study *study = start(SMALL_SPEC, "grid", "");

    expect(study, "{\"ask\":1}",
           "{\"trials\":[{\"id\":\"1\",\"parameters\":{\"a\":1,\"b\":\"x\"}}]}");
    expect(study, "{\"ask\":1,\"tell\":[{\"id\":\"1\",\"metrics\":{\"gain\":5}}]}",
           "{\"ok\":true,\"trials\":[{\"id\":\"2\",\"parameters\":{\"a\":2,\"b\":\"x\"}}]}");
    expect_error(study, "{\"ask\":1,\"tell\":[{\"id\":\"1\",\"metrics\":{\"gain\":5}}]}",
                 "FAILED_PRECONDITION", "tell[0].id", "trial 1 was told already");
    expect(study, "{\"pending\":true}",
           "{\"trials\":[{\"id\":\"2\",\"parameters\":{\"a\":2,\"b\":\"x\"}}]}");
    assay_study_close(study);
}

Test(assay_study, an_exhausted_grid_is_done)
{
    struct assay_study *study = start(SMALL_SPEC, "grid", "");
    cJSON *root = study_say(study, "{\"ask\":4}");

    cr_assert(eq(int, count_of(root), 4));
    cr_assert(json_get(root, "done") == NULL);
    cJSON_Delete(root);
    root = study_say(study, "{\"ask\":4}");
    cr_assert(eq(int, count_of(root), 2));
    cr_assert(cJSON_IsTrue(json_get(root, "done")));
    cJSON_Delete(root);
    expect(study, "{\"ask\":1}", "{\"trials\":[],\"done\":true}");
    assay_study_close(study);
}

Test(assay_study, trials_that_are_added_take_no_place_of_those_asked_for)
{
    struct assay_study *study = start(SMALL_SPEC, "grid", ",\"maxTrialCount\":2");

    expect(study,
           "{\"tell\":[{\"parameters\":{\"a\":3,\"b\":\"y\"},\"metrics\":{\"gain\":9}},"
           "{\"parameters\":{\"b\":\"x\",\"a\":3},\"infeasible\":\"no\"}]}",
           "{\"ok\":true,\"ids\":[\"1\",\"2\"]}");
    expect(study, "{\"ask\":9}",
           "{\"trials\":[{\"id\":\"3\",\"parameters\":{\"a\":2,\"b\":\"y\"}},"
           "{\"id\":\"4\",\"parameters\":{\"a\":3,\"b\":\"y\"}}],\"done\":true}");
    expect(study, "{\"best\":true}",
           "{\"trials\":[{\"id\":\"1\",\"parameters\":{\"a\":3,\"b\":\"y\"},"
           "\"metrics\":{\"gain\":9}}]}");
    expect(study, "{\"explain\":\"1\"}",
           "{\"trial\":{\"id\":\"1\",\"parameters\":{\"a\":3,\"b\":\"y\"},"
           "\"metrics\":{\"gain\":9},\"state\":\"SUCCEEDED\"}}");
    assay_study_close(study);
}

struct wrong_line {
    const char *line, *status, *field, *words;
};

/* Trial 1 was told, trial 2 is active. */
static const struct wrong_line wrong_lines[] = {
    { "", "INVALID_ARGUMENT", "", "expected a value" },
    { "{", "INVALID_ARGUMENT", "", "column 2" },
    { "{}", "INVALID_ARGUMENT", "", "nothing is asked" },
    { "[]", "INVALID_ARGUMENT", "", "expected an object, found a list" },
    { "null", "INVALID_ARGUMENT", "", "expected an object" },
    { "{\"ask\":1}{\"ask\":1}", "INVALID_ARGUMENT", "", "the end of the text" },
    { "{\"ask\":1,\"ask\":1}", "INVALID_ARGUMENT", "", "second time" },
    { "{\"ask\":0}", "INVALID_ARGUMENT", "ask", "not between 1 and 1000" },
    { "{\"ask\":-1}", "INVALID_ARGUMENT", "ask", "not between 1 and 1000" },
    { "{\"ask\":1001}", "INVALID_ARGUMENT", "ask", "not between 1 and 1000" },
    { "{\"ask\":1.5}", "INVALID_ARGUMENT", "ask", "whole number" },
    { "{\"ask\":\"many\"}", "INVALID_ARGUMENT", "ask", "whole number" },
    { "{\"ask\":1e400}", "INVALID_ARGUMENT", "", "too large" },
    { "{\"askk\":1}", "INVALID_ARGUMENT", "askk", "did you mean \"ask\"" },
    { "{\"ask\":1,\"best\":true}", "INVALID_ARGUMENT", "", "only tell and ask" },
    { "{\"best\":false}", "INVALID_ARGUMENT", "", "nothing is asked" },
    { "{\"best\":1}", "INVALID_ARGUMENT", "best", "true or false" },
    { "{\"tell\":{}}", "INVALID_ARGUMENT", "tell", "expected a list" },
    { "{\"tell\":[1]}", "INVALID_ARGUMENT", "tell[0]", "expected an object" },
    { "{\"tell\":[{}]}", "INVALID_ARGUMENT", "tell[0]", "needs the id" },
    { "{\"tell\":[{\"id\":\"2\",\"metric\":{\"gain\":1}}]}", "INVALID_ARGUMENT", "tell[0].metric",
      "did you mean \"metrics\"" },
    { "{\"tell\":[{\"id\":\"2\",\"metrics\":{}}]}", "INVALID_ARGUMENT", "tell[0].metrics.gain",
      "is required" },
    { "{\"tell\":[{\"id\":\"2\"}]}", "INVALID_ARGUMENT", "tell[0].metrics", "was not measured" },
    { "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"gain\":1,\"gains\":1}}]}", "INVALID_ARGUMENT",
      "tell[0].metrics.gains", "did you mean \"gain\"" },
    { "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"gain\":\"NaN\"}}]}", "INVALID_ARGUMENT",
      "tell[0].metrics.gain", "\"infeasible\"" },
    { "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"gain\":NaN}}]}", "INVALID_ARGUMENT",
      "tell[0].metrics.gain",
      "is NaN, not a finite number; trial 2 is told without it: "
      "{\"tell\":[{\"id\":\"2\",\"infeasible\":\"gain is NaN\"}]}" },
    { "{\"ask\": 1, \"tell\": [{\"id\": 2, \"metrics\": {\"gain\": -Infinity}}]}",
      "INVALID_ARGUMENT", "tell[0].metrics.gain", "{\"id\":\"2\",\"infeasible\":\"gain is -Inf" },
    { "{\"tell\":[{\"parameters\":{\"a\":1,\"b\":\"x\\\"NaN\"},\"metrics\":{\"gain\":Infinity}}]}",
      "INVALID_ARGUMENT", "tell[0].metrics.gain", "this trial with \"infeasible\":\"gain is Inf" },
    { "{\"measure\":{\"id\":\"2\",\"step\":1,\"metrics\":{\"gain\":NaN}}}", "INVALID_ARGUMENT",
      "measure.metrics.gain", "leave it out, or, to end it, trial 2 is told without it" },
    { "{\"tell\":[{\"id\":\"2\\\"\",\"metrics\":{\"gain\":NaN}}]}", "INVALID_ARGUMENT",
      "tell[0].metrics.gain",
      "is NaN, not a finite number; tell this trial with \"infeasible\":\"gain is NaN\" in" },
    { "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"ga\\\"in\":NaN}}]}", "INVALID_ARGUMENT",
      "tell[0].metrics.ga\"in", "{\"tell\":[{\"id\":\"2\",\"infeasible\":\"NaN\"}]}" },
    { "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"g\":\"NaN\\\"x\",\"gain\":NaN}}]}",
      "INVALID_ARGUMENT", "tell[0].metrics.gain", "\"infeasible\":\"gain is NaN\"}]}" },
    { "{\"explain\":NaN}", "INVALID_ARGUMENT", "", "expected a value" },
    { "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"gain\":NaN}}]", "INVALID_ARGUMENT", "",
      "expected a value" },
    { "{\"tell\":[{\"id\":\"2\",\"infeasible\":NaN}]}", "INVALID_ARGUMENT", "",
      "expected a value" },
    { "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"gain\":1},\"infeasible\":\"x\"}]}",
      "INVALID_ARGUMENT", "tell[0].infeasible", "give one of the two" },
    { "{\"tell\":[{\"id\":\"2\",\"infeasible\":true}]}", "INVALID_ARGUMENT", "tell[0].infeasible",
      "expected text" },
    { "{\"tell\":[{\"id\":\"1\",\"metrics\":{\"gain\":1}}]}", "FAILED_PRECONDITION", "tell[0].id",
      "trial 1 was told already" },
    { "{\"tell\":[{\"id\":\"3\",\"metrics\":{\"gain\":1}}]}", "NOT_FOUND", "tell[0].id",
      "there is no trial 3; 2 were made so far" },
    { "{\"tell\":[{\"id\":\"0\",\"metrics\":{\"gain\":1}}]}", "NOT_FOUND", "tell[0].id",
      "no trial 0" },
    { "{\"tell\":[{\"id\":\"-9223372036854775808\",\"metrics\":{\"gain\":1}}]}", "NOT_FOUND",
      "tell[0].id", "there is no trial" },
    { "{\"tell\":[{\"id\":\"two\",\"metrics\":{\"gain\":1}}]}", "INVALID_ARGUMENT", "tell[0].id",
      "whole number" },
    { "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"gain\":1}},{\"id\":\"2\",\"infeasible\":\"x\"}]}",
      "INVALID_ARGUMENT", "tell", "trial 2 is told twice" },
    { "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"gain\":1}},{\"id\":\"7\",\"infeasible\":\"x\"}]}",
      "NOT_FOUND", "tell[1].id", "no trial 7" },
    { "{\"tell\":[{\"id\":\"2\",\"parameters\":{},\"metrics\":{\"gain\":1}}]}", "INVALID_ARGUMENT",
      "tell[0].parameters", "give one of the two" },
    { "{\"tell\":[{\"parameters\":{\"a\":1,\"b\":\"x\"}}]}", "INVALID_ARGUMENT", "tell[0].metrics",
      "is required" },
    { "{\"tell\":[{\"parameters\":{\"a\":1},\"metrics\":{\"gain\":1}}]}", "INVALID_ARGUMENT",
      "tell[0].parameters.b", "is required" },
    { "{\"tell\":[{\"parameters\":{\"a\":4,\"b\":\"x\"},\"metrics\":{\"gain\":1}}]}",
      "INVALID_ARGUMENT", "tell[0].parameters.a", "a whole number from 1 to 3" },
    { "{\"tell\":[{\"parameters\":{\"a\":1.5,\"b\":\"x\"},\"metrics\":{\"gain\":1}}]}",
      "INVALID_ARGUMENT", "tell[0].parameters.a", "found the number 1.5" },
    { "{\"tell\":[{\"parameters\":{\"a\":1,\"b\":\"xx\"},\"metrics\":{\"gain\":1}}]}",
      "INVALID_ARGUMENT", "tell[0].parameters.b", "not among the values" },
    { "{\"tell\":[{\"parameters\":{\"a\":1,\"b\":2},\"metrics\":{\"gain\":1}}]}",
      "INVALID_ARGUMENT", "tell[0].parameters.b", "expected text" },
    { "{\"tell\":[{\"parameters\":{\"a\":1,\"b\":\"x\",\"c\":1},\"metrics\":{\"gain\":1}}]}",
      "INVALID_ARGUMENT", "tell[0].parameters.c", "no parameter \"c\"" },
    { "{\"measure\":{\"id\":\"2\"}}", "INVALID_ARGUMENT", "measure.metrics", "is required" },
    { "{\"measure\":{\"step\":1,\"metrics\":{\"gain\":1}}}", "INVALID_ARGUMENT", "measure.id",
      "is required" },
    { "{\"measure\":{\"id\":\"1\",\"metrics\":{\"gain\":1}}}", "FAILED_PRECONDITION", "measure.id",
      "told already" },
    { "{\"measure\":{\"id\":\"9\",\"metrics\":{\"gain\":1}}}", "NOT_FOUND", "measure.id",
      "no trial 9" },
    { "{\"measure\":{\"id\":\"2\",\"step\":-1,\"metrics\":{\"gain\":1}}}", "INVALID_ARGUMENT",
      "measure.step", "at least 0" },
    { "{\"measure\":{\"id\":\"2\",\"elapsedDuration\":3,\"metrics\":{\"gain\":1}}}",
      "INVALID_ARGUMENT", "measure.elapsed_duration", "write \"3s\"" },
    { "{\"measure\":{\"id\":\"2\",\"metrics\":{}}}", "INVALID_ARGUMENT", "measure.metrics",
      "is required" },
    { "{\"explain\":\"9\"}", "NOT_FOUND", "explain", "no trial 9" },
    { "{\"study\":[]}", "INVALID_ARGUMENT", "study", "expected an object" },
};

Test(assay_study, a_wrong_line_is_answered_with_what_is_wrong_and_changes_nothing)
{
    struct assay_study *study = start(SMALL_SPEC, "gp", "");
    struct assay_study *twin = start(SMALL_SPEC, "gp", "");
    struct assay_study *both[] = { study, twin };
    char *wanted = NULL;

    for (size_t i = 0; i < 2; i++) {
        (void)study_answer(both[i], "{\"ask\":2}");
        tell(both[i], "1", "gain", 0.5);
    }
    for (size_t i = 0; i < sizeof wrong_lines / sizeof wrong_lines[0]; i++)
        expect_error(study, wrong_lines[i].line, wrong_lines[i].status, wrong_lines[i].field,
                     wrong_lines[i].words);
    wanted = strdup(study_answer(twin, "{\"pending\":true}"));
    expect(study, "{\"pending\":true}", wanted);
    free(wanted);
    for (size_t i = 0; i < 2; i++)
        tell(both[i], "2", "gain", 0.7);
    wanted = strdup(study_answer(twin, "{\"ask\":3}"));
    expect(study, "{\"ask\":3}", wanted);
    free(wanted);
    assay_study_close(study);
    assay_study_close(twin);
}

Test(assay_study, a_line_beyond_the_limit_is_not_looked_at)
{
    struct assay_study *study = start(SMALL_SPEC, "grid", "");
    struct assay_response response;
    struct assay_error err = { 0 };

    cr_assert(assay_study_line(study, NULL, (size_t)ASSAY_STUDY_LINE_MAX + 1, &response, &err));
    cr_assert(eq(int, response.status, 400));
    cr_assert(strstr(response.body, "more than 16 MiB") != NULL);
    assay_response_clear(&response);
    assay_study_close(study);
}

Test(assay_study, an_inactive_parameter_is_refused_as_such)
{
    struct assay_study *study = start(MIXED_SPEC, "random", "");

    expect_error(study,
                 "{\"tell\":[{\"parameters\":{\"lr\":0.01,\"opt\":\"adam\",\"momentum\":0.5,"
                 "\"units\":3,\"batch\":16},\"metrics\":{\"loss\":1}}]}",
                 "INVALID_ARGUMENT", "tell[0].parameters.momentum", "is inactive");
    expect(study,
           "{\"tell\":[{\"parameters\":{\"lr\":0.01,\"opt\":\"adam\",\"momentum\":null,"
           "\"units\":3,\"batch\":16.00000000001},\"metrics\":{\"loss\":1}}]}",
           "{\"ok\":true,\"ids\":[\"1\"]}");
    expect(study, "{\"best\":true}",
           "{\"trials\":[{\"id\":\"1\",\"parameters\":{\"lr\":0.01,\"opt\":\"adam\",\"units\":3,"
           "\"batch\":16},\"metrics\":{\"loss\":1}}]}");
    assay_study_close(study);
}

Test(assay_study, the_best_is_the_first_of_equals_and_never_infeasible)
{
    struct assay_study *study = start(SMALL_SPEC, "grid", "");

    expect(study, "{\"best\":true}", "{\"trials\":[]}");
    (void)study_answer(study, "{\"ask\":4}");
    expect(study, "{\"tell\":[{\"id\":\"1\",\"infeasible\":\"\"}]}", "{\"ok\":true}");
    expect(study, "{\"best\":true}", "{\"trials\":[]}");
    tell(study, "3", "gain", 2);
    tell(study, "2", "gain", 2);
    tell(study, "4", "gain", 1);
    expect(study, "{\"best\":true}",
           "{\"trials\":[{\"id\":\"3\",\"parameters\":{\"a\":3,\"b\":\"x\"},"
           "\"metrics\":{\"gain\":2}}]}");
    assay_study_close(study);
}

static const char two_metrics[] =
    "{\"metrics\":[{\"metricId\":\"loss\",\"goal\":\"MINIMIZE\"},"
    "{\"metricId\":\"speed\",\"goal\":\"MAXIMIZE\"},"
    "{\"metricId\":\"heat\",\"goal\":\"MINIMIZE\",\"safetyConfig\":{\"safetyThreshold\":50}}],"
    "\"parameters\":[{\"parameterId\":\"a\",\"integerValueSpec\":{\"minValue\":1,\"maxValue\":9}}]"
    "}";

Test(assay_study, of_several_metrics_the_best_are_the_safe_front)
{
    static const double values[][3] = { { 1, 1, 20 }, { 2, 2, 20 }, { 2, 1, 20 },
                                        { 0, 9, 51 }, { 3, 3, 50 }, { 1, 1, 20 } };
    struct assay_study *study = start(two_metrics, "grid", "");
    cJSON *root = NULL;

    (void)study_answer(study, "{\"ask\":6}");
    for (int i = 0; i < 6; i++)
        cr_assert(strcmp(study_answer(study,
                                      "{\"tell\":[{\"id\":\"%d\",\"metrics\":{\"loss\":%g,"
                                      "\"speed\":%g,\"heat\":%g}}]}",
                                      i + 1, values[i][0], values[i][1], values[i][2]),
                         "{\"ok\":true}") == 0);
    root = study_say(study, "{\"best\":true}");
    cr_assert(eq(int, count_of(root), 4));
    cr_assert(strcmp(id_of(root, 0), "1") == 0 && strcmp(id_of(root, 1), "2") == 0 &&
              strcmp(id_of(root, 2), "5") == 0 && strcmp(id_of(root, 3), "6") == 0);
    cJSON_Delete(root);
    expect_error(study, "{\"tell\":[{\"parameters\":{\"a\":1},\"metrics\":{\"loss\":1}}]}",
                 "INVALID_ARGUMENT", "tell[0].metrics.speed", "is required");
    assay_study_close(study);
}

Test(assay_study, measurements_make_the_end_by_the_documents_choice)
{
    static const char *const choices[] = { "LAST_MEASUREMENT", "BEST_MEASUREMENT" };
    static const char *const wanted[] = { "{\"gain\":3}", "{\"gain\":8}" };

    for (size_t i = 0; i < 2; i++) {
        char spec[512];
        struct assay_study *study = NULL;
        const char *got = NULL;

        (void)snprintf(spec, sizeof spec, "%.*s,\"measurementSelectionType\":\"%s\"}",
                       (int)strlen(SMALL_SPEC) - 1, SMALL_SPEC, choices[i]);
        study = start(spec, "grid", "");
        (void)study_answer(study, "{\"ask\":1}");
        expect(study, "{\"measure\":{\"id\":\"1\",\"step\":1,\"metrics\":{\"gain\":8}}}",
               "{\"stop\":false}");
        expect(study,
               "{\"measure\":{\"id\":1,\"step\":\"2\",\"elapsedDuration\":\"1.5s\","
               "\"metrics\":{\"gain\":3}}}",
               "{\"stop\":false}");
        expect(study, "{\"tell\":[{\"id\":\"1\"}]}", "{\"ok\":true}");
        got = study_answer(study, "{\"explain\":\"1\"}");
        cr_assert(strstr(got, wanted[i]) != NULL, "%s", got);
        assay_study_close(study);
    }
}

/* Eight trials, of which six ended after ten measurements that rise from 101 to 110. */
static void make_past(struct assay_study *study)
{
    (void)study_answer(study, "{\"ask\":8}");
    for (int id = 1; id <= 6; id++) {
        for (int step = 1; step <= 10; step++)
            cr_assert(strcmp(study_answer(study,
                                          "{\"measure\":{\"id\":\"%d\",\"step\":%d,"
                                          "\"metrics\":{\"gain\":%d}}}",
                                          id, step, 100 + step),
                             "{\"stop\":false}") == 0);
        cr_assert(
            strcmp(study_answer(study, "{\"tell\":[{\"id\":\"%d\"}]}", id), "{\"ok\":true}") == 0);
    }
}

Test(assay_study, a_hopeless_trial_is_stopped_by_the_documents_rule)
{
    char spec[512];
    struct assay_study *study = NULL;
    const char *got = NULL;

    (void)snprintf(spec, sizeof spec,
                   "{\"metrics\":[{\"metricId\":\"gain\",\"goal\":\"MAXIMIZE\"}],\"parameters\":["
                   "{\"parameterId\":\"a\",\"integerValueSpec\":{\"minValue\":1,\"maxValue\":9}}],"
                   "\"medianAutomatedStoppingSpec\":{}}");
    study = start(spec, "grid", "");
    make_past(study);
    for (int step = 1; step <= 4; step++)
        got = study_answer(
            study, "{\"measure\":{\"id\":\"7\",\"step\":%d,\"metrics\":{\"gain\":1}}}", step);
    cr_assert(strcmp(got, "{\"stop\":true}") == 0);
    expect(study, "{\"measure\":{\"id\":\"7\",\"step\":5,\"metrics\":{\"gain\":500}}}",
           "{\"stop\":true}");
    expect(study, "{\"measure\":{\"id\":\"8\",\"step\":5,\"metrics\":{\"gain\":500}}}",
           "{\"stop\":false}");
    expect(study, "{\"tell\":[{\"id\":\"7\"},{\"id\":\"8\"}]}", "{\"ok\":true}");
    got = study_answer(study, "{\"explain\":\"7\"}");
    cr_assert(strstr(got, "\"state\":\"STOPPED\"") != NULL, "%s", got);
    got = study_answer(study, "{\"explain\":\"8\"}");
    cr_assert(strstr(got, "\"state\":\"SUCCEEDED\"") != NULL, "%s", got);
    assay_study_close(study);
}

/* Every study without a seed gets one of its own, and tells it. */
Test(assay_study, a_study_without_a_seed_can_be_repeated_with_the_one_it_tells)
{
    struct assay_study_options options = { 0 };
    struct assay_error err = { 0 };
    char text[1024];
    char *seed = NULL;
    char *wanted = NULL;

    for (int i = 0; i < 2; i++) {
        struct assay_study *study = assay_study_open(&options, &err);
        cJSON *root =
            study_say(study, "{\"study\":{\"studySpec\":%s,\"algorithm\":\"random\"%s%s}}",
                      MIXED_SPEC, seed ? ",\"seed\":" : "", seed ? seed : "");
        const char *got = study_answer(study, "{\"ask\":3}");

        if (i == 0) {
            (void)snprintf(text, sizeof text, "\"%s\"",
                           cJSON_GetStringValue(json_get(root, "seed")));
            seed = text;
            wanted = strdup(got);
        }
        cr_assert(strcmp(got, wanted) == 0);
        cJSON_Delete(root);
        assay_study_close(study);
    }
    free(wanted);
}
