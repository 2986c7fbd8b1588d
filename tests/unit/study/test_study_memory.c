/*
 * Every allocation of a study fails in turn, ours and cJSON's: each line, and each call by structs,
 * is then refused, and says why, or done; what a refused line was to do can be done afterwards, or,
 * where memory fell behind the journal, after opening the study again. No thread can be had here:
 * what is learnt is learnt where it is asked for, always at the same allocations.
 */
#include "support.h"

#include "tests/faults/failing_memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context)
{
    (void)thread;
    (void)attributes;
    (void)run;
    (void)context;
    return EAGAIN;
}

TestSuite(study_memory, .init = failing_memory_install);

static const char *const lines[] = {
    "{\"ask\":3}",
    "{\"tell\":[{\"id\":\"2\",\"metrics\":{\"loss\":0.5}}]}",
    "{\"measure\":{\"id\":\"1\",\"step\":3,\"metrics\":{\"loss\":2}}}",
    ("{\"tell\":[{\"parameters\":{\"lr\":0.01,\"opt\":\"adam\",\"units\":3,\"batch\":16},"
     "\"metrics\":{\"loss\":0.25}},{\"id\":\"3\",\"infeasible\":\"x\"}]}"),
    "{\"tell\":[{\"id\":\"1\"}]}",
    "{\"best\":true}",
    "{\"explain\":\"3\"}",
};

enum { LINE_COUNT = sizeof lines / sizeof lines[0] };

/* One line with memory that may fail. True when it was done. */
static bool say(struct assay_study *study, const char *line, struct failing_memory *memory,
                bool *is_broken)
{
    struct assay_response response = { 0 };
    struct assay_error err = { 0 };
    bool is_answered = false;
    bool is_done = false;

    memory->armed++;
    is_answered = assay_study_line(study, line, strlen(line), &response, &err);
    memory->armed--;
    is_done = is_answered && response.status == 200;
    if (!is_answered)
        cr_assert(eq(int, (int)err.code, ASSAY_EXHAUSTED));
    else if (!is_done)
        cr_assert(strstr(response.body, "out of memory") != NULL ||
                      strstr(response.body, "opened again") != NULL ||
                      strstr(response.body, "told already") != NULL,
                  "%s", response.body);
    *is_broken = is_answered && !is_done && strstr(response.body, "opened again") != NULL;
    assay_response_clear(&response);
    return is_done;
}

static struct assay_study *open_with(const char *document, const char *folder,
                                     struct failing_memory *memory)
{
    struct assay_study_options options = { .document = document,
                                           .document_size = strlen(document),
                                           .state_dir = folder };
    struct assay_error err = { 0 };
    struct assay_study *study = NULL;

    memory->armed++;
    study = assay_study_open(&options, &err);
    memory->armed--;
    if (!study)
        cr_assert(eq(int, (int)err.code, ASSAY_EXHAUSTED), "%s", err.message);
    return study ? study : study_start(document, folder);
}

/* The suggestions may have been taken although the memory for the answer was not there. */
static bool was_asked(struct assay_study *study, const char *line)
{
    return strncmp(line, "{\"ask\"", 6) == 0 &&
           strcmp(study_answer(study, "{\"pending\":true}"), "{\"trials\":[]}") != 0;
}

/* All lines with the n-th allocation failing; what was refused is said again. False when there
 * were not so many. */
static bool run(const char *document, const char *folder, uint64_t failing, const char *wanted)
{
    struct failing_memory memory = { .failing = failing };
    struct assay_study *study = NULL;
    const char *got = NULL;

    failing_memory_use(&memory);
    study = open_with(document, folder, &memory);
    for (int i = 0; i < LINE_COUNT; i++) {
        bool is_broken = false;

        if (say(study, lines[i], &memory, &is_broken) || was_asked(study, lines[i]))
            continue;
        if (is_broken) {
            assay_study_close(study);
            study = open_with(document, folder, &memory);
        }
        (void)say(study, lines[i], &memory, &is_broken);
    }
    failing_memory_use(NULL);
    got = study_answer(study, "{\"best\":true}");
    cr_assert(strcmp(got, wanted) == 0, "allocation %d: %s", (int)failing, got);
    got = study_answer(study, "{\"pending\":true}");
    cr_assert(strcmp(got, "{\"trials\":[]}") == 0, "allocation %d: %s", (int)failing, got);
    assay_study_close(study);
    return memory.calls >= failing;
}

static const char best[] =
    "{\"trials\":[{\"id\":\"4\",\"parameters\":{\"lr\":0.01,\"opt\":\"adam\","
    "\"units\":3,\"batch\":16},\"metrics\":{\"loss\":0.25}}]}";

Test(study_memory, a_durable_study_survives_the_failure_of_every_allocation)
{
    char *document = study_text(MIXED_SPEC, "gp", "");
    bool is_left = true;
    uint64_t failing = 1;

    for (; is_left; failing++) {
        char folder[64];

        folder_make(folder);
        is_left = run(document, folder, failing, best);
        folder_remove(folder);
    }
    cr_assert(lt(u64, 100, failing)); /* else nothing was tried */
    free(document);
}

/* The same by structs: what the lines say. */
static bool ask_three(struct assay_study *study, struct assay_error *err)
{
    struct assay_trials trials;
    bool is_done = assay_study_ask(study, 3, &trials, err);

    cr_assert(eq(sz, trials.count, is_done ? 3 : 0));
    assay_trials_clear(&trials);
    return is_done;
}

static bool tell_second(struct assay_study *study, struct assay_error *err)
{
    double value = 0.5;

    return assay_study_tell(study, 2, &value, err);
}

static bool measure_first(struct assay_study *study, struct assay_error *err)
{
    double value = 2;
    bool should_stop = false;

    return assay_study_measure(study, 1, 3, 0, &value, &should_stop, err);
}

static bool tell_many(struct assay_study *study, struct assay_error *err)
{
    static const struct assay_parameter given[] = { { .id = "lr", .number = 0.01 },
                                                    { .id = "opt", .text = "adam" },
                                                    { .id = "units", .number = 3 },
                                                    { .id = "batch", .number = 16 } };
    double value = 0.25;
    struct assay_told told[] = { { .parameters = given, .parameter_count = 4, .values = &value },
                                 { .id = 3, .infeasible = "x" } };

    return assay_study_tell_all(study, told, 2, err);
}

static bool tell_first(struct assay_study *study, struct assay_error *err)
{
    return assay_study_tell(study, 1, NULL, err);
}

static bool look(struct assay_study *study, struct assay_error *err)
{
    struct assay_trials trials = { 0 };
    bool is_done = assay_study_best(study, &trials, err);

    assay_trials_clear(&trials);
    is_done = is_done && assay_study_trial(study, 3, &trials, err);
    assay_trials_clear(&trials);
    return is_done;
}

typedef bool (*deed_fn)(struct assay_study *study, struct assay_error *err);

static const deed_fn deeds[] = {
    ask_three, tell_second, measure_first, tell_many, tell_first, look
};

/* A deed with memory that may fail, again where it was refused. The study, opened again if need be.
 */
static struct assay_study *deed(struct assay_study *study, deed_fn fn, const char *document,
                                const char *folder, struct failing_memory *memory)
{
    struct assay_error err = { 0 };
    bool is_done = false;

    memory->armed++;
    is_done = fn(study, &err);
    memory->armed--;
    if (is_done)
        return study;
    if (err.code != ASSAY_EXHAUSTED) {
        cr_assert(strstr(err.message, "opened again") != NULL, "%s", err.message);
        cr_assert(eq(int, (int)err.code, ASSAY_UNAVAILABLE), "%s", err.message);
        cr_assert(not(fn(study, &err)));
        cr_assert(eq(int, (int)err.code, ASSAY_UNAVAILABLE), "%s", err.message);
        assay_study_close(study);
        study = study_start(document, folder);
    }
    if (!fn(study, &err)) /* it was in the journal when memory fell behind */
        cr_assert(strstr(err.message, "told already") != NULL, "%s", err.message);
    return study;
}

static bool run_deeds(const char *document, const char *folder, uint64_t failing)
{
    struct failing_memory memory = { .failing = failing };
    struct assay_study *study = NULL;
    const char *got = NULL;

    failing_memory_use(&memory);
    study = open_with(document, folder, &memory);
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
        study = deed(study, deeds[i], document, folder, &memory);
    failing_memory_use(NULL);
    got = study_answer(study, "{\"best\":true}");
    cr_assert(strcmp(got, best) == 0, "allocation %d: %s", (int)failing, got);
    got = study_answer(study, "{\"pending\":true}");
    cr_assert(strcmp(got, "{\"trials\":[]}") == 0, "allocation %d: %s", (int)failing, got);
    assay_study_close(study);
    return memory.calls >= failing;
}

Test(study_memory, by_structs_nothing_is_lost_and_nothing_done_twice)
{
    char *document = study_text(MIXED_SPEC, "gp", "");
    bool is_left = true;
    uint64_t failing = 1;

    for (; is_left; failing++) {
        char folder[64];

        folder_make(folder);
        is_left = run_deeds(document, folder, failing);
        folder_remove(folder);
    }
    cr_assert(lt(u64, 100, failing)); /* else nothing was tried */
    free(document);
}

/* The journal of five ended trials, with the model of four: the next ask learns one more. */
static char *prepare(const char *document, size_t *size)
{
    struct assay_study *study = NULL;
    char *text = NULL;
    char folder[64];

    folder_make(folder);
    study = study_start(document, folder);
    (void)study_answer(study, "{\"ask\":6}");
    for (int i = 1; i <= 5; i++)
        (void)study_answer(study, "{\"tell\":[{\"id\":\"%d\",\"metrics\":{\"loss\":%d}}]%s}", i,
                           i * i % 5, i == 4 ? ",\"ask\":1" : "");
    assay_study_close(study);
    text = file_text(folder, "suggest.jsonl", size);
    folder_remove(folder);
    return text;
}

/* Opens and asks with the n-th allocation failing, and again where it was refused. False as above.
 */
static bool ask(const char *document, const char *text, size_t size, uint64_t failing,
                const char *wanted)
{
    struct failing_memory memory = { .failing = failing };
    struct assay_study *study = NULL;
    bool is_broken = false;
    const char *got = NULL;
    char folder[64];

    folder_make(folder);
    file_write(folder, "suggest.jsonl", text, size);
    failing_memory_use(&memory);
    study = open_with(document, folder, &memory);
    if (!say(study, "{\"ask\":1}", &memory, &is_broken) &&
        !strstr(study_answer(study, "{\"pending\":true}"), "\"id\":\"8\""))
        (void)study_answer(study, "{\"ask\":1}");
    failing_memory_use(NULL);
    assay_study_close(study);
    study = study_start(document, folder);
    got = study_answer(study, "{\"pending\":true}");
    cr_assert(strcmp(got, wanted) == 0, "allocation %d: %s", (int)failing, got);
    assay_study_close(study);
    folder_remove(folder);
    return memory.calls >= failing;
}

Test(study_memory, learning_survives_the_failure_of_every_allocation)
{
    char *document = study_text(MIXED_SPEC, "gp", "");
    size_t size = 0;
    char *text = prepare(document, &size);
    struct assay_study *twin = NULL;
    char *wanted = NULL;
    uint64_t failing = 1;
    char folder[64];

    cr_assert(strstr(text, "{\"model\":") != NULL);
    folder_make(folder);
    file_write(folder, "suggest.jsonl", text, size);
    twin = study_start(document, folder);
    (void)study_answer(twin, "{\"ask\":1}");
    wanted = strdup(study_answer(twin, "{\"pending\":true}"));
    assay_study_close(twin);
    folder_remove(folder);
    while (ask(document, text, size, failing, wanted))
        failing++;
    cr_assert(lt(u64, 100, failing)); /* else nothing was tried */
    free(wanted);
    free(text);
    free(document);
}
