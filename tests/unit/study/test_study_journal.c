#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char journal[] = "suggest.jsonl";

enum { SYNCED_MAX = 16 };

/* What was synced: the linker hands calls of fsync() to this file. */
static ino_t synced[SYNCED_MAX];
static size_t synced_count;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
    struct stat info;

    cr_assert(fstat(fd, &info) == 0);
    if (synced_count < SYNCED_MAX)
        synced[synced_count++] = info.st_ino;
    return __real_fsync(fd);
}

static bool was_synced(const char *path)
{
    struct stat info;
    size_t i = 0;

    cr_assert(stat(path, &info) == 0);
    while (i < synced_count && synced[i] != info.st_ino)
        i++;
    return i < synced_count;
}

static struct assay_study *try_open(const char *document, const char *folder, bool is_verifying,
                                    struct assay_error *err)
{
    struct assay_study_options options = { .document = document,
                                           .document_size = strlen(document),
                                           .state_dir = folder,
                                           .is_verifying = is_verifying };

    *err = (struct assay_error){ 0 };
    return assay_study_open(&options, err);
}

/* Some of everything: 3 asks, a measurement, ends of each kind, a trial that was added. */
static const char *const events[] = {
    "{\"ask\":3}",
    "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"loss\":0.30000000000000004}}]}",
    "{\"measure\":{\"id\":\"1\",\"step\":3,\"elapsedDuration\":\"2.5s\",\"metrics\":{\"loss\":2}}}",
    ("{\"tell\":[{\"parameters\":{\"lr\":0.01,\"opt\":\"adam\",\"units\":3,\"batch\":16},"
     "\"metrics\":{\"loss\":1e-300}},{\"id\":\"3\",\"infeasible\":\"broke \\\"down\\\"\\n\"}]}"),
    "{\"tell\":[{\"id\":\"1\"}],\"ask\":2}",
};

enum { EVENT_COUNT = sizeof events / sizeof events[0] };

/* What can be seen of a study, and what it suggests next. The caller frees it. */
static char *view(struct assay_study *study)
{
    static const char *const questions[] = { "{\"pending\":true}",  "{\"best\":true}",
                                             "{\"explain\":\"1\"}", "{\"explain\":\"3\"}",
                                             "{\"explain\":\"4\"}", "{\"explain\":\"6\"}",
                                             "{\"ask\":2}" };
    char *text = calloc(1, 16384);

    for (size_t i = 0; text && i < sizeof questions / sizeof questions[0]; i++) {
        size_t used = strlen(text);

        (void)snprintf(text + used, 16384 - used, "%s\n", study_answer(study, "%s", questions[i]));
    }
    return text;
}

Test(study_journal, a_study_goes_on_after_every_event_as_if_nothing_had_been)
{
    for (size_t i = 0; i < study_algorithm_count; i++) {
        char *document = study_text(MIXED_SPEC, study_algorithms[i], "");

        for (int stop = 0; stop <= EVENT_COUNT; stop++) {
            struct assay_study *study = NULL;
            struct assay_study *twin = study_start(document, NULL);
            char folder[64];
            char *got = NULL;
            char *wanted = NULL;

            folder_make(folder);
            study = study_start(document, folder);
            for (int k = 0; k < stop; k++) {
                char *answer = strdup(study_answer(twin, "%s", events[k]));

                cr_assert(strcmp(answer, study_answer(study, "%s", events[k])) == 0);
                cr_assert(strncmp(answer, "{\"error\"", 8) != 0, "%s", answer);
                free(answer);
            }
            assay_study_close(study);
            study = study_start(document, folder);
            cr_assert(assay_study_note(study) == NULL);
            wanted = view(twin);
            got = view(study);
            cr_assert(strcmp(got, wanted) == 0, "%s, %d events:\n%s\n%s", study_algorithms[i], stop,
                      got, wanted);
            free(got);
            free(wanted);
            assay_study_close(study);
            assay_study_close(twin);
            folder_remove(folder);
        }
        free(document);
    }
}

/* Opens what is left of a journal; checks that its lines are a beginning of those that were. */
static void check_cut(const char *document, const char *whole, size_t size)
{
    struct assay_study *study = NULL;
    size_t line_end = size;
    size_t left = 0;
    char folder[64];
    char *text = NULL;

    while (line_end > 0 && whole[line_end - 1] != '\n')
        line_end--;
    folder_make(folder);
    file_write(folder, journal, whole, size);
    study = study_start(document, folder);
    cr_assert(eq(int, !assay_study_note(study), line_end == size));
    if (line_end < size)
        cr_assert(strstr(assay_study_note(study), "unfinished last line") != NULL);
    text = file_text(folder, journal, &left);
    if (line_end > 0)
        cr_assert(left == line_end && memcmp(text, whole, line_end) == 0);
    free(text);
    assay_study_close(study);
    study = study_start(document, folder);
    cr_assert(assay_study_note(study) == NULL);
    assay_study_close(study);
    folder_remove(folder);
}

Test(study_journal, a_sampler_that_only_counts_has_no_reasons_to_store)
{
    for (int learns = 0; learns < 2; learns++) {
        char *document = study_text(SMALL_SPEC, learns ? "gp" : "random", "");
        struct assay_study *study = NULL;
        char *text = NULL;
        size_t size = 0;
        char folder[64];

        folder_make(folder);
        study = study_start(document, folder);
        (void)study_answer(study, "{\"ask\":2}");
        assay_study_close(study);
        text = file_text(folder, journal, &size);
        cr_assert(eq(int, strstr(text, "\"why\"") != NULL, learns), "%s", text);
        folder_remove(folder);
        free(text);
        free(document);
    }
}

Test(study_journal, an_unfinished_last_line_is_cut_off_wherever_it_ends)
{
    char *document = study_text(MIXED_SPEC, "random", "");
    struct assay_study *study = NULL;
    size_t size = 0;
    char folder[64];
    char *whole = NULL;

    folder_make(folder);
    study = study_start(document, folder);
    for (int i = 0; i < EVENT_COUNT; i++)
        (void)study_answer(study, "%s", events[i]);
    assay_study_close(study);
    whole = file_text(folder, journal, &size);
    for (size_t i = 0; i <= size; i++) /* around the ends of lines each, else every 11th */
        if (i % 11 == 0 || i == size || memchr(whole + i - 1, '\n', 3))
            check_cut(document, whole, i);
    folder_remove(folder);
    free(whole);
    free(document);
}

/* The file had been grown, but the bytes never came. */
Test(study_journal, zero_bytes_at_the_end_are_cut_off)
{
    static const char zeros[] = "{\"ask\":[{\0\0\0\0\0\0\0\"}]}\n";
    char *document = study_text(SMALL_SPEC, "grid", "");
    struct assay_study *study = NULL;
    char folder[64];
    char *text = NULL;
    size_t size = 0;

    folder_make(folder);
    study = study_start(document, folder);
    (void)study_answer(study, "{\"ask\":1}");
    assay_study_close(study);
    text = file_text(folder, journal, &size);
    memcpy(text + size, zeros, sizeof zeros - 1);
    file_write(folder, journal, text, size + sizeof zeros - 1);
    study = study_start(document, folder);
    cr_assert(strstr(assay_study_note(study), "unfinished last line of 21 bytes") != NULL, "%s",
              assay_study_note(study));
    cr_assert(strstr(study_answer(study, "{\"pending\":true}"), "\"id\":\"1\"") != NULL);
    assay_study_close(study);
    free(text);
    folder_remove(folder);
    free(document);
}

Test(study_journal, a_study_that_is_open_is_not_opened_by_another)
{
    char *document = study_text(SMALL_SPEC, "grid", "");
    struct assay_study *study = NULL;
    struct assay_error err;
    char folder[64];

    folder_make(folder);
    study = study_start(document, folder);
    cr_assert(try_open(document, folder, false, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_UNAVAILABLE));
    cr_assert(strstr(err.message, "is in use by process ") != NULL, "%s", err.message);
    assay_study_close(study);
    study = study_start(document, folder);
    assay_study_close(study);
    folder_remove(folder);
    free(document);
}

Test(study_journal, another_study_is_refused_and_the_first_difference_named)
{
    static const struct {
        const char *spec, *algorithm, *more, *field, *words;
    } cases[] = {
        { SMALL_SPEC, "random", "", "algorithm", "the text \"grid\" there" },
        { SMALL_SPEC, "grid", ",\"maxTrialCount\":3", "max_trial_count", "nothing there" },
        { MIXED_SPEC, "random", "", "study_spec.metrics[0].metric_id", "\"gain\" there" },
        { "{\"metrics\":[{\"metricId\":\"gain\",\"goal\":\"MAXIMIZE\"}],\"parameters\":["
          "{\"parameterId\":\"a\",\"integerValueSpec\":{\"minValue\":\"1\",\"maxValue\":\"3\"}}]}",
          "grid", "", "study_spec.parameters[1]", "an object there and nothing here" },
        { "{\"metrics\":[{\"metricId\":\"gain\",\"goal\":\"MAXIMIZE\"}],\"parameters\":["
          "{\"parameterId\":\"a\",\"integerValueSpec\":{\"minValue\":\"1\",\"maxValue\":\"4\"}},"
          "{\"parameterId\":\"b\",\"categoricalValueSpec\":{\"values\":[\"x\",\"y\"]}}]}",
          "grid", "", "study_spec.parameters[0].integer_value_spec.max_value",
          "the text \"3\" there and the text \"4\" here" },
    };
    char *document = study_text(SMALL_SPEC, "grid", "");
    struct assay_error err;
    char folder[64];

    folder_make(folder);
    assay_study_close(study_start(document, folder));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *other = study_text(cases[i].spec, cases[i].algorithm, cases[i].more);

        cr_assert(try_open(other, folder, false, &err) == NULL);
        cr_expect(eq(int, err.code, ASSAY_PRECONDITION));
        cr_expect(strcmp(err.field, cases[i].field) == 0, "%s", err.field);
        cr_expect(strstr(err.message, cases[i].words) != NULL, "%s", err.message);
        free(other);
    }
    folder_remove(folder);
    free(document);
}

/* Numbers as text, snake_case, YAML, the job around it: the same study for all that. */
Test(study_journal, the_same_study_in_other_words_goes_on)
{
    static const char other[] =
        "display_name: other\nseed: \"7\"\nassay: {algorithm: grid}\n"
        "study_spec:\n  parameters:\n"
        "  - {integer_value_spec: {max_value: 3, min_value: 1}, parameter_id: a}\n"
        "  - {parameter_id: b, categorical_value_spec: {values: [x, 'y']}}\n"
        "  metrics: [{metric_id: gain, goal: 1}]\n";
    char *document = study_text(SMALL_SPEC, "grid", "");
    struct assay_study *study = NULL;
    char folder[64];

    folder_make(folder);
    assay_study_close(study_start(document, folder));
    study = study_start(other, folder);
    assay_study_close(study);
    folder_remove(folder);
    free(document);
}

Test(study_journal, a_document_without_a_seed_goes_on_with_the_stored_one)
{
    static const char document[] = "{\"studySpec\":" MIXED_SPEC ",\"algorithm\":\"random\"}";
    static const char other[] =
        "{\"studySpec\":" MIXED_SPEC ",\"algorithm\":\"random\",\"seed\":\"18446744073709551615\"}";
    struct assay_study *study = NULL;
    struct assay_error err;
    char folder[64];
    char first[512];

    folder_make(folder);
    study = study_start(document, folder);
    (void)snprintf(first, sizeof first, "%s", study_answer(study, "{\"ask\":1}"));
    assay_study_close(study);
    study = study_start(document, folder);
    cr_assert(strcmp(first, study_answer(study, "{\"pending\":true}")) == 0);
    assay_study_close(study);
    cr_assert(try_open(other, folder, false, &err) == NULL);
    cr_assert(strcmp(err.field, "seed") == 0);
    folder_remove(folder);
}

/* Replaces the first text in the journal, which must have it. */
static void edit(const char *folder, const char *from, const char *to)
{
    size_t size = 0;
    char *text = file_text(folder, journal, &size);
    char *at = strstr(text, from);
    char *made = NULL;

    cr_assert(at != NULL);
    if (asprintf(&made, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
        abort();
    file_write(folder, journal, made, strlen(made));
    free(made);
    free(text);
}

Test(study_journal, what_was_suggested_stands_and_verifying_tells_what_is_another_now)
{
    char *document = study_text(SMALL_SPEC, "grid", "");
    struct assay_study *study = NULL;
    struct assay_error err;
    char folder[64];

    folder_make(folder);
    study = study_start(document, folder);
    (void)study_answer(study, "{\"ask\":3}");
    assay_study_close(study);
    study = try_open(document, folder, true, &err);
    cr_assert(study != NULL, "%s", err.message);
    cr_assert(strcmp(assay_study_note(study), "3 suggestions computed anew, all the same") == 0);
    assay_study_close(study);
    edit(folder, "\"a\":2", "\"a\":1");
    study = study_start(document, folder);
    cr_assert(strstr(study_answer(study, "{\"pending\":true}"),
                     "{\"id\":\"2\",\"parameters\":{\"a\":1,\"b\":\"x\"}}") != NULL);
    assay_study_close(study);
    cr_assert(try_open(document, folder, true, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_DATA_LOSS));
    cr_assert(strstr(err.message, "line 2: suggestion 2 computed anew is another one: a is 2, and "
                                  "was 1") != NULL,
              "%s", err.message);
    folder_remove(folder);
    free(document);
}

/* The rule's name alone and its numbers as they are without being given are one rule. */
Test(study_journal, a_study_keeps_the_stopping_rule_of_its_assay_block)
{
    static const char *const same[] = {
        ",\"assay\":{\"stopping\":\"asha\"}",
        ",\"assay\":{\"stopping\":{\"rule\":\"asha\",\"eta\":3,\"minStepCount\":\"1\"}}",
        ",\"assay\":{\"stopping\":{\"rule\":1,\"maxStepCount\":0,\"useElapsedDuration\":false}}",
    };
    static const struct {
        const char *more, *field;
    } others[] = {
        { "", "assay" },
        { ",\"assay\":{\"stopping\":{\"rule\":\"asha\",\"eta\":4}}", "assay.stopping.eta" },
        { ",\"assay\":{\"stopping\":{\"rule\":\"asha\",\"minStepCount\":2}}",
          "assay.stopping.min_step_count" },
        { ",\"assay\":{\"stopping\":{\"rule\":\"asha\",\"useElapsedDuration\":true}}",
          "assay.stopping.use_elapsed_duration" },
    };
    struct assay_error err;
    char folder[64];

    folder_make(folder);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        char *document = study_text(SMALL_SPEC, "grid", same[i]);

        assay_study_close(study_start(document, folder));
        free(document);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char *other = study_text(SMALL_SPEC, "grid", others[i].more);

        cr_assert(try_open(other, folder, false, &err) == NULL, "%s", others[i].more);
        cr_expect(eq(int, err.code, ASSAY_PRECONDITION));
        cr_expect(strcmp(err.field, others[i].field) == 0, "%s", err.field);
        free(other);
    }
    folder_remove(folder);
}

Test(study_journal, a_journal_that_makes_no_sense_is_refused_with_its_line)
{
    static const struct {
        const char *from, *to, *words;
    } cases[] = {
        { "\"assay\":\"suggest\"", "\"assay\":\"other\"", "line 1: is no header" },
        { "\"format\":1", "\"format\":2", "line 1: format 2 is that of another version" },
        { "\"format\":1", "\"format\":1,", "line 1: line 1, column" },
        { "{\"ask\":", "{\"aks\":", "line 2" },
        { "\"a\":1", "\"a\":9", "line 2" },
        { "\"id\":\"2\"", "\"id\":\"3\"", "line 2: expected trial 2" },
        { "{\"tell\":[{\"id\":\"1\"", "{\"tell\":[{\"id\":\"7\"", "line 3: trial 7 is not active" },
        { "\"metrics\":{\"gain\":0.5}", "\"metrics\":{}", "line 3" },
        { ",\"metrics\":{\"gain\":0.5}", "", "line 3: a trial without its end" },
    };
    char *document = study_text(SMALL_SPEC, "grid", "");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct assay_study *study = NULL;
        struct assay_error err;
        char folder[64];

        folder_make(folder);
        study = study_start(document, folder);
        (void)study_answer(study, "{\"ask\":2}");
        (void)study_answer(study, "{\"tell\":[{\"id\":\"1\",\"metrics\":{\"gain\":0.5}}]}");
        (void)study_answer(study, "{\"ask\":1}");
        assay_study_close(study);
        edit(folder, cases[i].from, cases[i].to);
        cr_assert(try_open(document, folder, false, &err) == NULL, "%s", cases[i].to);
        cr_expect(eq(int, err.code, ASSAY_DATA_LOSS), "%s: %s", cases[i].to, err.message);
        cr_expect(strstr(err.message, cases[i].words) != NULL, "%s", err.message);
        folder_remove(folder);
    }
    free(document);
}

Test(study_journal, a_rule_that_said_stop_is_remembered)
{
    char *document = study_text(SMALL_SPEC, "grid", "");
    struct assay_study *study = NULL;
    char folder[64];

    folder_make(folder);
    study = study_start(document, folder);
    (void)study_answer(study, "{\"ask\":1}");
    (void)study_answer(study, "{\"measure\":{\"id\":\"1\",\"step\":2,\"metrics\":{\"gain\":1}}}");
    assay_study_close(study);
    edit(folder, "\"metrics\":{\"gain\":1}", "\"metrics\":{\"gain\":1},\"stop\":true");
    study = study_start(document, folder);
    cr_assert(strcmp(study_answer(study, "{\"tell\":[{\"id\":\"1\"}]}"), "{\"ok\":true}") == 0);
    cr_assert(strstr(study_answer(study, "{\"explain\":\"1\"}"), "\"STOPPED\"") != NULL);
    assay_study_close(study);
    study = study_start(document, folder);
    cr_assert(strstr(study_answer(study, "{\"explain\":\"1\"}"), "\"STOPPED\"") != NULL);
    assay_study_close(study);
    folder_remove(folder);
    free(document);
}

/* A file that may not grow stands for a disk that is full. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;

    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = size;
    cr_assert(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

Test(study_journal, a_full_disk_is_an_error_and_nothing_has_happened)
{
    char *document = study_text(SMALL_SPEC, "grid", "");
    struct assay_study *study = NULL;
    size_t size = 0;
    size_t after = 0;
    char folder[64];

    folder_make(folder);
    study = study_start(document, folder);
    (void)study_answer(study, "{\"ask\":1}");
    free(file_text(folder, journal, &size));
    limit_files(size + 10);
    cr_assert(strncmp(study_answer(study, "{\"ask\":2}"), "{\"error\"", 8) == 0);
    cr_assert(strncmp(study_answer(study, "{\"tell\":[{\"id\":\"1\",\"metrics\":{\"gain\":1}}]}"),
                      "{\"error\"", 8) == 0);
    limit_files(RLIM_INFINITY);
    free(file_text(folder, journal, &after));
    cr_assert(eq(sz, after, size));
    cr_assert(strcmp(study_answer(study, "{\"tell\":[{\"id\":\"1\",\"metrics\":{\"gain\":1}}],"
                                         "\"ask\":1}"),
                     "{\"ok\":true,\"trials\":[{\"id\":\"2\",\"parameters\":{\"a\":2,"
                     "\"b\":\"x\"}}]}") == 0);
    assay_study_close(study);
    study = study_start(document, folder);
    cr_assert(assay_study_note(study) == NULL);
    cr_assert(strstr(study_answer(study, "{\"pending\":true}"), "\"id\":\"2\"") != NULL);
    assay_study_close(study);
    folder_remove(folder);
    free(document);
}

Test(study_journal, a_folder_that_cannot_be_is_unavailable)
{
    char *document = study_text(SMALL_SPEC, "grid", "");
    struct assay_error err;
    char folder[64];
    char below[128];

    folder_make(folder);
    file_write(folder, "file", "x", 1);
    (void)snprintf(below, sizeof below, "%s/file/below", folder);
    cr_assert(try_open(document, below, false, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_UNAVAILABLE));
    cr_assert(try_open(document, "", false, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    folder_remove(folder);
    free(document);
}

/* Else the power takes the names of the folders, and with them what was answered. */
Test(study_journal, every_folder_in_which_one_was_made_is_synced)
{
    static const char *const parts[] = { "/c", "/b", "/a" };
    char *document = study_text(SMALL_SPEC, "grid", "");
    char folder[64];
    char below[128];

    folder_make(folder);
    (void)snprintf(below, sizeof below, "%s/a/b/c", folder);
    assay_study_close(study_start(document, below));
    cr_expect(was_synced(below));
    folder_remove(below);
    for (size_t i = 0; i < 3; i++) {
        below[strlen(below) - strlen(parts[i])] = '\0';
        cr_expect(was_synced(below), "%s", below);
        cr_expect(rmdir(below) == 0);
    }
    free(document);
}
