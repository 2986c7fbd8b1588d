/* Ask and tell by plain structs, beside its twin by lines. */

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char journal[] = "suggest.jsonl";
static const char median_rule[] = ",\"medianAutomatedStoppingSpec\":{}}";

/* The same study twice: one is spoken to by lines, the other by structs. */
struct twins {
    struct assay_study *lines, *structs;
    char folders[2][64];
    char *document;
    int stop_count;
};

static struct twins twins_start(const char *spec, const char *algorithm)
{
    struct twins twins = { .document = study_text(spec, algorithm, ",\"maxTrialCount\":60") };

    folder_make(twins.folders[0]);
    folder_make(twins.folders[1]);
    twins.lines = study_start(twins.document, twins.folders[0]);
    twins.structs = study_start(twins.document, twins.folders[1]);
    return twins;
}

/* The trials as the lines have them. */
static void expect_trials(const struct assay_trials *trials, const char *answer)
{
    struct assay_error err;
    cJSON *root = json_read(answer, strlen(answer), &err);
    const cJSON *list = json_get(root, "trials");

    cr_assert(eq(sz, (size_t)cJSON_GetArraySize(list), trials->count), "%s", answer);
    cr_assert(eq(int, cJSON_IsTrue(json_get(root, "done")), trials->is_done), "%s", answer);
    for (size_t i = 0; i < trials->count; i++) {
        const struct assay_trial *trial = &trials->items[i];
        const cJSON *item = cJSON_GetArrayItem(list, (int)i);
        const cJSON *parameters = json_get(item, "parameters");

        cr_assert(eq(long, strtol(cJSON_GetStringValue(json_get(item, "id")), NULL, 10),
                     (long)trial->id));
        cr_assert(eq(sz, (size_t)cJSON_GetArraySize(parameters), trial->parameter_count));
        for (size_t k = 0; k < trial->parameter_count; k++) {
            const struct assay_parameter *parameter = &trial->parameters[k];
            const cJSON *value = json_get(parameters, parameter->id);

            cr_assert(eq(int, cJSON_IsString(value), parameter->type == ASSAY_CATEGORICAL));
            if (parameter->text)
                cr_assert(strcmp(parameter->text, value->valuestring) == 0);
            else
                cr_assert(eq(dbl, parameter->number, value->valuedouble));
        }
        if (trial->values)
            cr_assert(eq(dbl, trial->values[0],
                         json_get(json_get(item, "metrics"), "loss")->valuedouble));
    }
    cJSON_Delete(root);
}

static void both_ask(struct twins *twins, size_t count)
{
    struct assay_trials trials;
    struct assay_error err = { 0 };

    cr_assert(assay_study_ask(twins->structs, count, &trials, &err), "%s", err.message);
    expect_trials(&trials, study_answer(twins->lines, "{\"ask\":%zu}", count));
    for (size_t i = 0; i < trials.count; i++)
        cr_assert(eq(int, trials.items[i].state, ASSAY_TRIAL_ACTIVE));
    assay_trials_clear(&trials);
}

static void both_tell(struct twins *twins, int64_t id, double value)
{
    struct assay_error err = { 0 };

    cr_assert(assay_study_tell(twins->structs, id, &value, &err), "%s", err.message);
    (void)study_answer(twins->lines, "{\"tell\":[{\"id\":\"%d\",\"metrics\":{\"loss\":%.17g}}]}",
                       (int)id, value);
}

static void both_fail(struct twins *twins, int64_t id, const char *why)
{
    struct assay_error err = { 0 };

    cr_assert(assay_study_tell_infeasible(twins->structs, id, why, &err), "%s", err.message);
    (void)study_answer(twins->lines, "{\"tell\":[{\"id\":%d,\"infeasible\":\"%s\"}]}", (int)id,
                       why ? why : "");
}

static void both_measure(struct twins *twins, int64_t id, int step, double value)
{
    struct assay_error err = { 0 };
    bool should_stop = true;

    cr_assert(
        assay_study_measure(twins->structs, id, step, 500000 * step, &value, &should_stop, &err),
        "%s", err.message);
    cr_assert(strcmp(study_answer(twins->lines,
                                  "{\"measure\":{\"id\":\"%d\",\"step\":%d,\"elapsedDuration\":"
                                  "\"%g%ss\",\"metrics\":{\"loss\":%.17g}}}",
                                  (int)id, step, 0.5 * step, "", value),
                     should_stop ? "{\"stop\":true}" : "{\"stop\":false}") == 0);
    twins->stop_count += should_stop;
}

/* Measured to its end, or to where it is stopped, and told by its measurements. */
static void both_follow(struct twins *twins, int64_t id, double level)
{
    struct assay_error err = { 0 };

    for (int step = 1; step <= 4; step++)
        both_measure(twins, id, step, level - 0.01 * step);
    cr_assert(assay_study_tell(twins->structs, id, NULL, &err), "%s", err.message);
    (void)study_answer(twins->lines, "{\"tell\":[{\"id\":\"%d\"}]}", (int)id);
}

/* One that nobody asked for, and one that was, at once. */
static void both_add(struct twins *twins, int64_t id, double value)
{
    struct assay_parameter given[] = { { .id = "opt", .text = "sgd" },
                                       { .id = "lr", .number = 0.01 },
                                       { .id = "batch", .number = 32 },
                                       { .id = "momentum", .number = value / 100 },
                                       { .id = "units", .number = 7 } };
    struct assay_told told[] = { { .parameters = given, .parameter_count = 5, .values = &value },
                                 { .id = id, .infeasible = "no \"luck\"\n" } };
    struct assay_error err = { 0 };
    const char *got = NULL;
    char wanted[64];

    cr_assert(assay_study_tell_all(twins->structs, told, 2, &err), "%s", err.message);
    got = study_answer(twins->lines,
                       "{\"tell\":[{\"parameters\":{\"opt\":\"sgd\",\"lr\":0.01,\"batch\":32,"
                       "\"momentum\":%.17g,\"units\":7},\"metrics\":{\"loss\":%.17g}},"
                       "{\"id\":\"%d\",\"infeasible\":\"no \\\"luck\\\"\\n\"}]}",
                       value / 100, value, (int)id);
    (void)snprintf(wanted, sizeof wanted, "{\"ok\":true,\"ids\":[\"%d\"]}", (int)told[0].id);
    cr_assert(strcmp(got, wanted) == 0, "%s", got);
    cr_assert(eq(long, (long)told[1].id, (long)id));
}

static void both_look(struct twins *twins)
{
    struct assay_trials trials;
    struct assay_error err = { 0 };

    cr_assert(assay_study_best(twins->structs, &trials, &err));
    expect_trials(&trials, study_answer(twins->lines, "{\"best\":true}"));
    assay_trials_clear(&trials);
    cr_assert(assay_study_pending(twins->structs, &trials, &err));
    expect_trials(&trials, study_answer(twins->lines, "{\"pending\":true}"));
    assay_trials_clear(&trials);
}

static int line_order(const void *left, const void *right)
{
    const char *const *a = left;
    const char *const *b = right;

    return strcmp(*a, *b);
}

/* Takes the lines of models out of text and gives them sorted, as one text; the caller frees it.
 * Where they stand among the others is a matter of threads. */
static char *take_models(char *text)
{
    char *lines[1000];
    size_t count = 0;
    char *models = calloc(1, strlen(text) + 1);
    char *rest = calloc(1, strlen(text) + 1);
    char *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "{\"model\":", 9) == 0)
            lines[count++] = line;
        else
            (void)snprintf(rest + strlen(rest), strlen(line) + 2, "%s\n", line);
    }
    qsort(lines, count, sizeof lines[0], line_order);
    for (size_t i = 0; i < count; i++)
        (void)snprintf(models + strlen(models), strlen(lines[i]) + 2, "%s\n", lines[i]);
    memcpy(text, rest, strlen(rest) + 1);
    free(rest);
    return models;
}

/* Closes both; their journals are the same, byte for byte. */
static void twins_end(struct twins *twins)
{
    char *texts[2];
    char *models[2];
    size_t sizes[2];

    assay_study_close(twins->lines);
    assay_study_close(twins->structs);
    for (int i = 0; i < 2; i++) {
        texts[i] = file_text(twins->folders[i], journal, &sizes[i]);
        models[i] = take_models(texts[i]);
        folder_remove(twins->folders[i]);
    }
    cr_assert(eq(sz, sizes[0], sizes[1]));
    cr_assert(strcmp(texts[0], texts[1]) == 0, "%s\n%s", texts[0], texts[1]);
    cr_assert(strcmp(models[0], models[1]) == 0, "%s\n%s", models[0], models[1]);
    for (int i = 0; i < 2; i++) {
        free(texts[i]);
        free(models[i]);
    }
    free(twins->document);
}

/* A value that depends on the trial in no simple way. */
static double value_of(int64_t id)
{
    return (double)(id * 7919 % 101) / 7;
}

static void twins_talk(struct twins *twins)
{
    int64_t next = 1;

    for (int round = 0; round < 7; round++) {
        both_ask(twins, 6);
        both_tell(twins, next, value_of(next));
        both_fail(twins, next + 1, round % 2 ? NULL : "diverged");
        both_follow(twins, next + 2, value_of(next + 2));
        both_follow(twins, next + 3, round > 2 ? 100 : 1);
        both_add(twins, next + 4, value_of(next + 4));
        both_look(twins);
        next += 7; /* one stays active, one was added */
    }
    both_ask(twins, 100);
}

Test(ask_tell, by_structs_and_by_lines_the_suggestions_and_the_journals_are_the_same)
{
    char *spec = NULL;

    cr_assert(asprintf(&spec, "%.*s%s", (int)strlen(MIXED_SPEC) - 1, MIXED_SPEC, median_rule) > 0);
    for (size_t i = 0; i < study_algorithm_count; i++) {
        struct twins twins = twins_start(spec, study_algorithms[i]);

        twins_talk(&twins);
        cr_assert(lt(int, 3, twins.stop_count)); /* else no stop was compared */
        assay_study_close(twins.structs);        /* found again, it goes on alike */
        twins.structs = study_start(twins.document, twins.folders[1]);
        both_look(&twins);
        twins_end(&twins);
    }
    free(spec);
}

static struct assay_study *start(const char *spec)
{
    char *text = study_text(spec, "random", "");
    struct assay_study *study = study_start(text, NULL);

    free(text);
    return study;
}

Test(ask_tell, a_study_says_what_it_searches_and_measures)
{
    struct assay_study *study = start(MIXED_SPEC);
    const struct assay_parameter_spec *spec = assay_study_parameter(study, 0);

    cr_assert(eq(sz, assay_study_parameter_count(study), 5));
    cr_assert(strcmp(spec->id, "lr") == 0);
    cr_assert(eq(int, spec->type, ASSAY_DOUBLE));
    cr_assert(eq(int, spec->scale, ASSAY_SCALE_LOG));
    cr_assert(eq(dbl, spec->min, 1e-5));
    cr_assert(eq(dbl, spec->max, 0.1));
    cr_assert(eq(int, spec->parent, -1));
    spec = assay_study_parameter(study, 1);
    cr_assert(eq(int, spec->type, ASSAY_CATEGORICAL));
    cr_assert(eq(sz, spec->value_count, 2));
    cr_assert(strcmp(spec->categories[0], "adam") == 0 && strcmp(spec->categories[1], "sgd") == 0);
    spec = assay_study_parameter(study, 2);
    cr_assert(strcmp(spec->id, "momentum") == 0);
    cr_assert(eq(int, spec->parent, 1));
    cr_assert(eq(sz, spec->condition_count, 1));
    cr_assert(eq(dbl, spec->conditions[0], 1));
    spec = assay_study_parameter(study, 3);
    cr_assert(eq(int, spec->type, ASSAY_INTEGER));
    cr_assert(eq(dbl, spec->max, 64));
    cr_assert(eq(sz, spec->value_count, 0));
    spec = assay_study_parameter(study, 4);
    cr_assert(eq(int, spec->type, ASSAY_DISCRETE));
    cr_assert(eq(sz, spec->value_count, 3));
    cr_assert(eq(dbl, spec->numbers[1], 32));
    cr_assert(eq(dbl, spec->min, 16));
    cr_assert(eq(dbl, spec->max, 64));
    cr_assert(assay_study_parameter(study, 5) == NULL);
    cr_assert(eq(sz, assay_study_metric_count(study), 1));
    cr_assert(strcmp(assay_study_metric(study, 0)->id, "loss") == 0);
    cr_assert(eq(int, assay_study_metric(study, 0)->goal, ASSAY_MINIMIZE));
    cr_assert(assay_study_metric(study, 1) == NULL);
    assay_study_close(study);
}

Test(ask_tell, a_study_without_a_document_has_not_begun)
{
    struct assay_study_options options = { 0 };
    struct assay_trials trials = { .count = 3 };
    struct assay_error err = { 0 };
    struct assay_study *study = assay_study_open(&options, &err);

    cr_assert(not(assay_study_ask(study, 1, &trials, &err)));
    cr_assert(eq(int, err.code, ASSAY_PRECONDITION));
    cr_assert(eq(sz, trials.count, 0));
    cr_assert(eq(sz, assay_study_parameter_count(study), 0));
    cr_assert(assay_study_parameter(study, 0) == NULL && assay_study_metric(study, 0) == NULL);
    assay_study_close(study);
}

Test(ask_tell, an_option_of_a_later_version_is_refused)
{
    struct assay_study_options options = { .reserved = { NULL, &options } };
    struct assay_error err = { 0 };
    struct assay_study *study = NULL;
    struct assay_told told = { .id = 1, .infeasible = "x", .reserved = { &options } };

    cr_assert(assay_study_open(&options, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(strcmp(err.field, "reserved") == 0);
    study = start(SMALL_SPEC);
    cr_assert(not(assay_study_tell_all(study, &told, 1, &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(strcmp(err.field, "reserved") == 0);
    assay_study_close(study);
}

/* Trial 1 is active, 2 was told. */
static struct assay_study *start_small(void)
{
    struct assay_study *study = start(SMALL_SPEC);

    (void)study_answer(study, "{\"ask\":2}");
    (void)study_answer(study, "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"gain\":1}}]}");
    return study;
}

static void expect_fault(bool is_done, const struct assay_error *err, enum assay_code code,
                         const char *field, const char *words)
{
    cr_expect(not(is_done));
    cr_expect(eq(int, err->code, code), "%s: %s", words, err->message);
    cr_expect(strcmp(err->field, field) == 0, "%s: %s", words, err->field);
    cr_expect(strstr(err->message, words) != NULL, "%s: %s", words, err->message);
}

Test(ask_tell, what_cannot_be_told_is_refused_with_what_is_wrong_and_changes_nothing)
{
    struct assay_study *study = start_small();
    char *before = strdup(study_answer(study, "{\"pending\":true}"));
    double good = 1, nan = (double)NAN, inf = (double)INFINITY;
    struct assay_error err = { 0 };
    struct assay_trials trials;
    bool should_stop = false;

    expect_fault(assay_study_ask(study, 0, &trials, &err), &err, ASSAY_INVALID, "count",
                 "0 is not between 1 and 1000");
    expect_fault(assay_study_ask(study, 1001, &trials, &err), &err, ASSAY_INVALID, "count", "1001");
    expect_fault(assay_study_tell(study, 7, &good, &err), &err, ASSAY_NOT_FOUND, "id",
                 "there is no trial 7; 2 were made");
    expect_fault(assay_study_tell(study, 0, &good, &err), &err, ASSAY_NOT_FOUND, "id", "trial 0");
    expect_fault(assay_study_tell(study, -1, &good, &err), &err, ASSAY_NOT_FOUND, "id", "trial -1");
    expect_fault(assay_study_tell(study, 2, &good, &err), &err, ASSAY_PRECONDITION, "id",
                 "told already");
    expect_fault(assay_study_tell(study, 1, &nan, &err), &err, ASSAY_INVALID, "metrics.gain",
                 "is NaN, not a finite number; tell that the trial is infeasible");
    expect_fault(assay_study_tell(study, 1, NULL, &err), &err, ASSAY_INVALID, "metrics",
                 "trial 1 was not measured");
    expect_fault(assay_study_tell_infeasible(study, 2, NULL, &err), &err, ASSAY_PRECONDITION, "id",
                 "told already");
    expect_fault(assay_study_measure(study, 1, 1, 0, &nan, &should_stop, &err), &err, ASSAY_INVALID,
                 "metrics", "is required");
    expect_fault(assay_study_measure(study, 1, 1, 0, NULL, &should_stop, &err), &err, ASSAY_INVALID,
                 "metrics", "is required");
    expect_fault(assay_study_measure(study, 1, 1, 0, &inf, &should_stop, &err), &err, ASSAY_INVALID,
                 "metrics.gain", "is Infinity");
    expect_fault(assay_study_measure(study, 1, -1, 0, &good, &should_stop, &err), &err,
                 ASSAY_INVALID, "step", "at least 0");
    expect_fault(assay_study_measure(study, 1, 1, -1, &good, &should_stop, &err), &err,
                 ASSAY_INVALID, "elapsed_us", "at least 0");
    expect_fault(assay_study_measure(study, 2, 1, 0, &good, &should_stop, &err), &err,
                 ASSAY_PRECONDITION, "id", "told already");
    expect_fault(assay_study_trial(study, 3, &trials, &err), &err, ASSAY_NOT_FOUND, "id",
                 "no trial 3");
    cr_assert(strcmp(study_answer(study, "{\"pending\":true}"), before) == 0);
    free(before);
    assay_study_close(study);
}

Test(ask_tell, a_trial_that_is_added_needs_its_active_parameters_and_no_other)
{
    static const struct {
        struct assay_parameter given[3];
        size_t count;
        const char *field, *words;
    } cases[] = {
        { { { .id = "a", .number = 1 } }, 1, "parameters.b", "is required" },
        { { { .id = "a", .number = 1.5 }, { .id = "b", .text = "x" } },
          2,
          "parameters.a",
          "expected a whole number from 1 to 3, found 1.5" },
        { { { .id = "a", .number = (double)NAN }, { .id = "b", .text = "x" } },
          2,
          "parameters.a",
          "found NaN" },
        { { { .id = "a", .number = 1 }, { .id = "b", .text = "z" } },
          2,
          "parameters.b",
          "\"z\" is not among" },
        { { { .id = "a", .number = 1 }, { .id = "b", .number = 1 } }, 2, "parameters.b", "a text" },
        { { { .id = "a", .number = 1 }, { .id = "b", .text = "x" }, { .id = "bb", .number = 1 } },
          3,
          "parameters.bb",
          "the study has no parameter \"bb\"" },
        { { { .id = "a", .number = 1 }, { .id = "b", .text = "x" }, { .number = 1 } },
          3,
          "parameters[2].id",
          "is required" },
        { { { .id = "a", .number = 1 }, { .id = "b", .text = "x" }, { .id = "a", .number = 2 } },
          3,
          "parameters.a",
          "is given twice" },
    };
    struct assay_study *study = start(SMALL_SPEC);
    struct assay_error err = { 0 };
    double value = 1;
    int64_t id = 0;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_fault(assay_study_add(study, cases[i].given, cases[i].count, &value, &id, &err),
                     &err, ASSAY_INVALID, cases[i].field, cases[i].words);
    expect_fault(assay_study_add(study, cases[7].given, 2, NULL, &id, &err), &err, ASSAY_INVALID,
                 "metrics", "is required");
    cr_assert(assay_study_add(study, cases[7].given, 2, &value, &id, &err), "%s", err.message);
    cr_assert(assay_study_add(study, cases[7].given, 2, &value, NULL, &err), "%s", err.message);
    cr_assert(eq(long, (long)id, 1));
    assay_study_close(study);
}

Test(ask_tell, all_that_is_told_at_once_counts_or_nothing_does)
{
    struct assay_study *study = start_small();
    struct assay_parameter given[] = { { .id = "a", .number = 1 }, { .id = "b", .text = "x" } };
    double value = 3;
    struct assay_told told[] = { { .parameters = given, .parameter_count = 2, .values = &value },
                                 { .id = 1, .values = &value },
                                 { .id = 2, .values = &value } };
    struct assay_error err = { 0 };
    struct assay_trials trials;

    expect_fault(assay_study_tell_all(study, told, 3, &err), &err, ASSAY_PRECONDITION, "told[2].id",
                 "told already");
    told[2].id = 1;
    expect_fault(assay_study_tell_all(study, told, 3, &err), &err, ASSAY_INVALID, "tell",
                 "trial 1 is told twice");
    told[1].infeasible = "both";
    expect_fault(assay_study_tell_all(study, told, 2, &err), &err, ASSAY_INVALID,
                 "told[1].infeasible", "give one of them");
    told[1].infeasible = NULL;
    cr_assert(eq(long, (long)told[0].id, 0));
    cr_assert(assay_study_tell_all(study, told, 2, &err), "%s", err.message);
    cr_assert(eq(long, (long)told[0].id, 3));
    cr_assert(assay_study_tell_all(study, NULL, 0, &err), "%s", err.message);
    cr_assert(assay_study_trial(study, 3, &trials, &err), "%s", err.message);
    cr_assert(eq(sz, trials.count, 1));
    cr_assert(eq(int, trials.items[0].state, ASSAY_TRIAL_SUCCEEDED));
    cr_assert(not(trials.items[0].is_suggested));
    cr_assert(eq(dbl, trials.items[0].values[0], 3));
    cr_assert(eq(sz, trials.items[0].parameter_count, 2));
    assay_trials_clear(&trials);
    cr_assert(assay_study_pending(study, &trials, &err));
    cr_assert(eq(sz, trials.count, 0));
    assay_trials_clear(&trials);
    assay_trials_clear(NULL);
    assay_study_close(study);
}

Test(ask_tell, an_ask_says_when_there_is_nothing_more)
{
    char *text = study_text(SMALL_SPEC, "grid", "");
    struct assay_study *study = study_start(text, NULL);
    struct assay_error err = { 0 };
    struct assay_trials trials;

    cr_assert(assay_study_ask(study, 4, &trials, &err));
    cr_assert(eq(sz, trials.count, 4));
    cr_assert(not(trials.is_done));
    assay_trials_clear(&trials);
    cr_assert(assay_study_ask(study, 1000, &trials, &err));
    cr_assert(eq(sz, trials.count, 2));
    cr_assert(trials.is_done);
    assay_trials_clear(&trials);
    assay_study_close(study);
    free(text);
}

/* The texts of a trial are the study's, its numbers are copies. */
Test(ask_tell, trials_are_as_they_were_when_they_were_asked_about)
{
    struct assay_study *study = start_small();
    struct assay_error err = { 0 };
    struct assay_trials trials;
    double value = 5;

    cr_assert(assay_study_trial(study, 1, &trials, &err));
    cr_assert(assay_study_tell(study, 1, &value, &err));
    cr_assert(eq(int, trials.items[0].state, ASSAY_TRIAL_ACTIVE));
    cr_assert(trials.items[0].values == NULL);
    cr_assert(trials.items[0].parameters[0].id == assay_study_parameter(study, 0)->id);
    assay_trials_clear(&trials);
    assay_study_close(study);
}
