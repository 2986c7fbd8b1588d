#include "engine/life/explain.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 8192 };

/* All sentences, one after the other. */
struct text {
    char all[TEXT_MAX];
    int count;
};

static void add(void *context, const char *sentence)
{
    struct text *text = context;
    size_t used = strlen(text->all);
    size_t size = strlen(sentence);

    cr_assert(lt(sz, 0, size));
    text->count++;
    (void)snprintf(text->all + used, TEXT_MAX - used, "%s ", sentence);
}

static struct text explain(const struct explain_facts *facts)
{
    struct text text = { .count = 0 };

    explain_trial(facts, add, &text);
    return text;
}

static void has(const struct text *text, const char *words)
{
    cr_assert(strstr(text->all, words) != NULL, "no \"%s\" in: %s", words, text->all);
}

/* The study: "m0", maximised. */
static struct job_spec *spec_of(const char *study)
{
    char *document = make_document(study, "");
    struct job_spec *spec = make_spec(document);

    free(document);
    return spec;
}

static struct suggestion model_suggestion(void)
{
    return (struct suggestion){ .provenance = { .stage = STAGE_MODEL,
                                                .acquisition = ACQUISITION_LOG_EI,
                                                .past_count = 12,
                                                .pending_count = 3,
                                                .mean = 0.75,
                                                .deviation = 0.05,
                                                .nearest = { 4, 9 },
                                                .similarity = { 0.93, 0.5 } } };
}

Test(explain, a_models_suggestion_is_told_with_its_numbers_and_what_came_of_it)
{
    struct job_spec *spec = spec_of("");
    double value = 0.85;
    struct trial_row row = {
        .number = 16, .state = TRIAL_SUCCEEDED, .values = &value, .value_count = 1
    };
    struct suggestion suggestion = model_suggestion();
    struct explain_facts facts = { .spec = spec,
                                   .row = &row,
                                   .suggestion = &suggestion,
                                   .nearest = { { 4, 0.7 }, { 9, (double)NAN } } };
    struct text text = explain(&facts);

    has(&text, "12 trials that had ended");
    has(&text, "expected improvement");
    has(&text, "expected m0 = 0.75 ± 0.05; the trial measured 0.85, 2.0 deviations better");
    has(&text, "trial 4 (similarity 0.93, m0 0.7), trial 9 (similarity 0.50)");
    has(&text, "3 other trials were under way");
    value = 0.7;
    text = explain(&facts);
    has(&text, "1.0 deviations worse");
    job_spec_free(spec);
}

Test(explain, what_has_not_ended_or_has_failed_is_told_so)
{
    struct job_spec *spec = spec_of("");
    struct trial_row row = { .number = 16, .state = TRIAL_ACTIVE };
    struct suggestion suggestion = model_suggestion();
    struct explain_facts facts = { .spec = spec, .row = &row, .suggestion = &suggestion };
    struct text text = explain(&facts);

    has(&text, "expected m0 = 0.75 ± 0.05.");
    has(&text, "has not ended");
    row.state = TRIAL_INFEASIBLE;
    row.failure = FAILURE_USER_ERROR;
    row.reason = "exit status 3";
    text = explain(&facts);
    has(&text, "failed (user_error): exit status 3");
    job_spec_free(spec);
}

Test(explain, why_a_trial_was_stopped_is_told)
{
    struct job_spec *spec = spec_of("");
    double value = 0.85;
    struct trial_row row = {
        .number = 3, .state = TRIAL_SUCCEEDED, .values = &value, .value_count = 1
    };
    struct explain_facts facts = {
        .spec = spec, .row = &row, .why_stopped = "it was hopeless", .progress = 0.3
    };
    struct text text = explain(&facts);

    has(&text, "stopped early, at 30 % of the way: it was hopeless.");
    facts.progress = (double)NAN;
    text = explain(&facts);
    has(&text, "stopped early: it was hopeless.");
    job_spec_free(spec);
}

Test(explain, plain_samplers_say_that_no_other_trial_mattered)
{
    struct job_spec *spec = spec_of("");
    struct trial_row row = { .number = 3, .state = TRIAL_ACTIVE };
    struct explain_facts facts = { .spec = spec, .row = &row };
    struct text text = explain(&facts);

    has(&text, "independent draws");
    has(&text, "no part");
    facts.ordinal = 2; /* an earlier one was run again */
    text = explain(&facts);
    has(&text, "number 2 of the seed");
    facts.retry_of = 1;
    text = explain(&facts);
    has(&text, "trial 1 run again, with the same parameters");
    job_spec_free(spec);
}

Test(explain, every_stage_and_fallback_has_a_sentence_of_its_own)
{
    struct job_spec *spec = spec_of("");
    struct trial_row row = { .number = 3, .state = TRIAL_ACTIVE };
    struct suggestion suggestion = { .provenance = { .mean = (double)NAN } };
    struct explain_facts facts = { .spec = spec, .row = &row, .suggestion = &suggestion };
    char before[TEXT_MAX] = "";

    for (int stage = STAGE_PLAIN; stage <= STAGE_FALLBACK + 1; stage++) {
        struct text text;

        suggestion.provenance.stage = (enum stage)stage;
        suggestion.provenance.past_count = (uint64_t)stage;
        text = explain(&facts);
        cr_assert(strcmp(text.all, before) != 0, "stage %d", stage);
        memcpy(before, text.all, sizeof before);
    }
    for (int fallback = FALLBACK_PRIOR; fallback <= FALLBACK_SOBOL; fallback++) {
        struct text text;

        suggestion.provenance.fallback = (enum fallback)fallback;
        text = explain(&facts);
        cr_assert(strcmp(text.all, before) != 0, "fallback %d", fallback);
        memcpy(before, text.all, sizeof before);
    }
    job_spec_free(spec);
}
