/*
 * Models in the journal: with them a study that is opened again learns nothing, without them it
 * learns the same. The linker hands calls of sampler_learn() to this file, which counts them.
 */
#include "support.h"

#include "search/sampler.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char journal[] = "suggest.jsonl";
static const char model_line[] = "{\"model\":";
static atomic_int learnt_count;

struct sampler_model *__real_sampler_learn(const struct sampler *sampler,
                                           const struct history *history, size_t count,
                                           const struct sampler_model *previous,
                                           struct assay_error *err);
struct sampler_model *__wrap_sampler_learn(const struct sampler *sampler,
                                           const struct history *history, size_t count,
                                           const struct sampler_model *previous,
                                           struct assay_error *err);

struct sampler_model *__wrap_sampler_learn(const struct sampler *sampler,
                                           const struct history *history, size_t count,
                                           const struct sampler_model *previous,
                                           struct assay_error *err)
{
    atomic_fetch_add(&learnt_count, 1);
    return __real_sampler_learn(sampler, history, count, previous, err);
}

enum { ROUNDS = 14 };

/* Two ended trials and a pending one more a round; the last word is an ask. */
static void talk(struct assay_study *study, int rounds)
{
    (void)study_answer(study, "{\"ask\":2}");
    for (int i = 0; i < rounds; i++)
        (void)study_answer(study,
                           "{\"tell\":[{\"id\":\"%d\",\"metrics\":{\"loss\":%d}}],\"ask\":1}",
                           i + 1, i * i % 7);
}

/* The next suggestions; the caller frees them. */
static char *next_words(struct assay_study *study)
{
    char *text = NULL;
    char *first = strdup(study_answer(study, "{\"ask\":1}"));

    if (asprintf(&text, "%s\n%s", first,
                 study_answer(study, "{\"tell\":[{\"id\":\"%d\",\"infeasible\":\"x\"}],\"ask\":2}",
                              ROUNDS + 1)) < 0)
        abort();
    free(first);
    return text;
}

static int count_lines(const char *text)
{
    int count = 0;

    for (const char *at = strstr(text, model_line); at; at = strstr(at + 1, model_line))
        count++;
    return count;
}

/* A journal of one study, and what comes after it without having been closed. */
struct story {
    char *document, *text, *next;
};

static struct story tell_story(void)
{
    struct story story = { .document = study_text(MIXED_SPEC, "gp", "") };
    struct assay_study *study = study_start(story.document, NULL);
    size_t size = 0;
    char folder[64];

    talk(study, ROUNDS);
    story.next = next_words(study);
    assay_study_close(study);
    folder_make(folder);
    study = study_start(story.document, folder);
    talk(study, ROUNDS);
    assay_study_close(study);
    story.text = file_text(folder, journal, &size);
    folder_remove(folder);
    cr_assert(eq(int, count_lines(story.text), ROUNDS - 3)); /* the first is that of 4 trials */
    return story;
}

static void story_clear(struct story *story)
{
    free(story->document);
    free(story->text);
    free(story->next);
}

/* Opens text as the study's journal: it must go on as if it had never been closed. How many models
 * were learnt for that. */
static int go_on(const struct story *story, const char *text, bool is_verifying)
{
    struct assay_study_options options = { .document = story->document,
                                           .document_size = strlen(story->document),
                                           .is_verifying = is_verifying };
    struct assay_error err = { 0 };
    struct assay_study *study = NULL;
    char folder[64];
    char *got = NULL;

    folder_make(folder);
    file_write(folder, journal, text, strlen(text));
    options.state_dir = folder;
    atomic_store(&learnt_count, 0);
    study = assay_study_open(&options, &err);
    cr_assert(study != NULL, "%s", err.message);
    got = next_words(study);
    cr_expect(strcmp(got, story->next) == 0, "%s\n%s", got, story->next);
    free(got);
    assay_study_close(study);
    folder_remove(folder);
    return atomic_load(&learnt_count);
}

/* The text without those of its model lines whose bits are set in mask, counted from the last. */
static char *without(const char *text, unsigned mask)
{
    char *made = calloc(1, strlen(text) + 1);
    int left = count_lines(text);

    while (*text) {
        size_t size = strcspn(text, "\n") + 1;
        bool is_model = strncmp(text, model_line, sizeof model_line - 1) == 0;

        left -= is_model;
        if (!is_model || !(mask >> left & 1))
            (void)strncat(made, text, size);
        text += size;
    }
    return made;
}

Test(study_models, with_the_models_nothing_is_learnt_again_and_without_them_the_same)
{
    struct story story = tell_story();
    char *bare = without(story.text, ~0u);

    cr_assert(eq(int, count_lines(bare), 0));
    cr_assert(eq(int, go_on(&story, story.text, false), 1)); /* that of the trial told since */
    cr_assert(eq(int, go_on(&story, bare, false), ROUNDS - 3 + 1));
    free(bare);
    story_clear(&story);
}

Test(study_models, any_of_the_lines_may_be_missing)
{
    struct story story = tell_story();
    static const struct {
        unsigned mask;
        int learnt;
    } cases[] = { { 1, 1 + 1 },   { 2, 0 + 1 },   { 3, 2 + 1 },         { 5, 1 + 1 },
                  { ~1u, 0 + 1 }, { ~2u, 1 + 1 }, { ~(1u << 5), 5 + 1 } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = without(story.text, cases[i].mask);

        cr_expect(eq(int, go_on(&story, text, false), cases[i].learnt), "case %zu", i);
        free(text);
    }
    story_clear(&story);
}

Test(study_models, a_line_that_is_no_model_is_as_if_it_were_missing)
{
    static const char *const lines[] = {
        "{\"model\":",
        "{\"model\":null}",
        "{\"model\":[]}",
        "{\"model\":{\"version\":\"" ASSAY_VERSION "\",\"count\":14,\"numbers\":[]}}",
        "{\"model\":{\"version\":\"" ASSAY_VERSION "\",\"count\":14,\"numbers\":[1,2,3}}",
        "{\"model\":{\"version\":\"" ASSAY_VERSION "\",\"count\":\"x\",\"numbers\":%s}}",
        "{\"model\":{\"version\":\"" ASSAY_VERSION "\",\"count\":-1,\"numbers\":%s}}",
        "{\"model\":{\"version\":\"" ASSAY_VERSION "\",\"count\":1e300,\"numbers\":%s}}",
        "{\"model\":{\"version\":\"" ASSAY_VERSION "\",\"count\":99,\"numbers\":%s}}",
        "{\"model\":{\"version\":\"" ASSAY_VERSION "\",\"count\":2,\"numbers\":%s}}",
        "{\"model\":{\"version\":\"0.0.1\",\"count\":14,\"numbers\":%s}}",
        "{\"model\":{\"count\":14,\"numbers\":%s}}",
        "{\"model\":{\"version\":\"" ASSAY_VERSION "\",\"numbers\":%s}}",
    };
    struct story story = tell_story();
    char *fewer = without(story.text, 1); /* it has no model of 14 */
    const char *last = strstr(story.text, "\"numbers\":") + strlen("\"numbers\":");
    char numbers[4096];

    (void)snprintf(numbers, sizeof numbers, "%.*s", (int)strcspn(last, "}"), last);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *at = strstr(lines[i], "%s");
        char *text = NULL;

        if (asprintf(&text, "%s%.*s%s%s\n", fewer,
                     at ? (int)(at - lines[i]) : (int)strlen(lines[i]), lines[i], at ? numbers : "",
                     at ? at + 2 : "") < 0)
            abort();
        cr_expect(eq(int, go_on(&story, text, false), 1 + 1), "%s", lines[i]);
        free(text);
    }
    free(fewer);
    story_clear(&story);
}

/* It would be no check if it took what is checked for granted. */
Test(study_models, verifying_learns_all_anew)
{
    struct story story = tell_story();

    cr_assert(eq(int, go_on(&story, story.text, true), ROUNDS - 3 + 1));
    story_clear(&story);
}

Test(study_models, verifying_leaves_the_journal_as_it_is_until_the_study_goes_on)
{
    struct story story = tell_story();
    char *bare = without(story.text, ~0u);
    struct assay_study_options options = { .document = story.document,
                                           .document_size = strlen(story.document),
                                           .is_verifying = true };
    struct assay_error err = { 0 };
    struct assay_study *study = NULL;
    char *text = NULL;
    size_t size = 0;
    char folder[64];

    folder_make(folder);
    options.state_dir = folder;
    file_write(folder, journal, bare, strlen(bare));
    for (int round = 0; round < 2; round++) {
        study = assay_study_open(&options, &err);
        cr_assert(study != NULL, "%s", err.message);
        cr_assert(eq(int, strncmp(study_answer(study, "{\"best\":true}"), "{\"trials\"", 9), 0));
        if (round == 1)
            (void)study_answer(study, "{\"tell\":[{\"id\":\"%d\",\"metrics\":{\"loss\":1}}]}",
                               ROUNDS + 1);
        if (round == 1)
            (void)study_answer(study, "{\"ask\":1}");
        assay_study_close(study);
        text = file_text(folder, journal, &size);
        if (round == 0)
            cr_assert(strcmp(text, bare) == 0, "%s", text);
        else
            cr_assert(lt(int, 0, count_lines(text)));
        free(text);
    }
    folder_remove(folder);
    free(bare);
    story_clear(&story);
}

Test(study_models, a_study_that_was_opened_again_stores_the_models_that_were_missing_at_its_end)
{
    struct story story = tell_story();
    char *bare = without(story.text, ~0u);
    struct assay_study *study = NULL;
    char *text = NULL;
    size_t size = 0;
    char folder[64];

    folder_make(folder);
    file_write(folder, journal, bare, strlen(bare));
    study = study_start(story.document, folder);
    (void)study_answer(study, "{\"ask\":1}");
    assay_study_close(study);
    text = file_text(folder, journal, &size);
    cr_assert(eq(int, count_lines(text), ROUNDS - 3));
    folder_remove(folder);
    free(text);
    free(bare);
    story_clear(&story);
}

Test(study_models, a_sampler_that_learns_cheaply_stores_none)
{
    static const char *const algorithms[] = { "tpe", "cmaes", "nsga2", "random" };

    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        char *document = study_text(MIXED_SPEC, algorithms[i], "");
        struct assay_study *study = NULL;
        char *text = NULL;
        size_t size = 0;
        char folder[64];

        folder_make(folder);
        study = study_start(document, folder);
        talk(study, 30);
        assay_study_close(study);
        text = file_text(folder, journal, &size);
        cr_assert(eq(int, count_lines(text), 0));
        folder_remove(folder);
        free(text);
        free(document);
    }
}
