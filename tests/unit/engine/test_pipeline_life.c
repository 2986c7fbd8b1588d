/* What a pipeline does next, alone and over a whole life in which the engine is lost at any step.
 */

#include "engine/pipelines/pipeline_life.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* Criterion has no way to compare enums but as numbers. */
static int step_of(struct pipeline_facts facts)
{
    return (int)pipeline_next(&facts).step;
}

static int end_of(struct pipeline_facts facts)
{
    struct pipeline_decision next = pipeline_next(&facts);

    cr_assert(eq(int, (int)next.step, PIPELINE_END));
    return (int)next.end;
}

Test(pipeline_life, begins_with_the_export_where_there_is_data)
{
    struct pipeline_facts facts = { .state = JOB_STATE_PENDING };

    cr_assert(eq(int, step_of(facts), PIPELINE_SUBMIT));
    facts.has_data = true;
    cr_assert(eq(int, step_of(facts), PIPELINE_EXPORT));
    facts.is_exported = true;
    cr_assert(eq(int, step_of(facts), PIPELINE_SUBMIT));
}

Test(pipeline_life, waits_for_its_job_also_while_that_is_paused)
{
    static const int states[] = { JOB_STATE_QUEUED, JOB_STATE_PENDING, JOB_STATE_RUNNING,
                                  JOB_STATE_CANCELLING, JOB_STATE_PAUSED };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct pipeline_facts facts = {
            .state = JOB_STATE_RUNNING, .has_job = true, .job_state = states[i], .has_model = true
        };

        cr_assert(eq(int, step_of(facts), PIPELINE_WAIT));
    }
}

Test(pipeline_life, ends_as_its_job_did)
{
    struct pipeline_facts facts = { .state = JOB_STATE_RUNNING, .has_job = true };

    facts.job_state = JOB_STATE_SUCCEEDED;
    cr_assert(eq(int, end_of(facts), JOB_STATE_SUCCEEDED));
    facts.job_state = JOB_STATE_FAILED;
    cr_assert(eq(int, end_of(facts), JOB_STATE_FAILED));
    facts.job_state = JOB_STATE_CANCELLED;
    cr_assert(eq(int, end_of(facts), JOB_STATE_CANCELLED));
    facts.is_job_gone = true;
    cr_assert(eq(int, end_of(facts), JOB_STATE_FAILED));
}

Test(pipeline_life, uploads_only_what_a_successful_job_left)
{
    struct pipeline_facts facts = { .state = JOB_STATE_RUNNING,
                                    .has_job = true,
                                    .job_state = JOB_STATE_SUCCEEDED,
                                    .has_model = true };

    cr_assert(eq(int, step_of(facts), PIPELINE_UPLOAD));
    facts.job_state = JOB_STATE_FAILED;
    cr_assert(eq(int, end_of(facts), JOB_STATE_FAILED));
}

Test(pipeline_life, that_is_cancelled_cancels_its_job_once_and_waits_for_it)
{
    struct pipeline_facts facts = { .state = JOB_STATE_CANCELLING, .has_data = true };

    cr_assert(eq(int, end_of(facts), JOB_STATE_CANCELLED));
    facts.has_job = true;
    facts.job_state = JOB_STATE_RUNNING;
    cr_assert(eq(int, step_of(facts), PIPELINE_CANCEL_JOB));
    facts.job_state = JOB_STATE_CANCELLING;
    cr_assert(eq(int, step_of(facts), PIPELINE_WAIT));
    facts.job_state = JOB_STATE_SUCCEEDED;
    facts.has_model = true;
    cr_assert(eq(int, end_of(facts), JOB_STATE_CANCELLED));
}

Test(pipeline_life, that_has_ended_needs_nothing)
{
    static const int states[] = { JOB_STATE_SUCCEEDED, JOB_STATE_FAILED, JOB_STATE_CANCELLED };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct pipeline_facts facts = { .state = states[i], .has_data = true, .has_model = true };

        cr_assert(eq(int, step_of(facts), PIPELINE_NOTHING));
    }
}

/* What a life has done so far. */
struct deeds {
    int exports, jobs, models;
};

/*
 * Does the step to the facts, as the edits do; lost: the deed was done, but the engine died before
 * it could note it. Exports may be found again; a job and a model are stored with their note, so
 * nothing of them is there then.
 */
static void take(struct pipeline_facts *facts, struct pipeline_decision next, bool is_lost,
                 struct deeds *deeds)
{
    switch (next.step) {
    case PIPELINE_EXPORT:
        deeds->exports++;
        facts->is_exported = !is_lost;
        break;
    case PIPELINE_SUBMIT:
        if (is_lost)
            break;
        deeds->jobs++;
        facts->has_job = true;
        facts->state = facts->job_state = JOB_STATE_RUNNING;
        break;
    case PIPELINE_WAIT:
        facts->job_state =
            facts->job_state == JOB_STATE_CANCELLING ? JOB_STATE_CANCELLED : JOB_STATE_SUCCEEDED;
        break;
    case PIPELINE_CANCEL_JOB:
        if (!is_lost)
            facts->job_state = JOB_STATE_CANCELLING;
        break;
    case PIPELINE_UPLOAD:
        if (is_lost)
            break;
        deeds->models++;
        facts->state = JOB_STATE_SUCCEEDED;
        break;
    case PIPELINE_END:
        facts->state = is_lost ? facts->state : (int)next.end;
        break;
    case PIPELINE_NOTHING:
        break;
    }
}

Test(pipeline_life, makes_one_job_and_one_model_whatever_is_lost_and_when_it_is_cancelled)
{
    enum { STEPS = 12 };

    /* Bit i of lost: the i-th step is; cancelled before step c; STEPS: never. */
    for (unsigned lost = 0; lost < 1u << 6; lost++) {
        for (int c = 0; c <= STEPS; c++) {
            struct pipeline_facts facts = { .state = JOB_STATE_PENDING,
                                            .has_data = true,
                                            .has_model = true };
            struct deeds deeds = { 0 };

            for (int i = 0; i < STEPS && !job_state_is_terminal(facts.state); i++) {
                if (i == c)
                    facts.state = JOB_STATE_CANCELLING;
                take(&facts, pipeline_next(&facts), i < 6 && (lost >> i & 1u), &deeds);
            }
            cr_assert(job_state_is_terminal(facts.state));
            cr_assert(le(int, deeds.jobs, 1));
            cr_assert(eq(int, deeds.models, facts.state == JOB_STATE_SUCCEEDED));
            if (c == STEPS)
                cr_assert(eq(int, facts.state, JOB_STATE_SUCCEEDED));
        }
    }
}

Test(pipeline_life, states_have_the_names_of_the_api)
{
    cr_assert_str_eq(pipeline_state_name(JOB_STATE_CANCELLING), "PIPELINE_STATE_CANCELLING");
    cr_assert_str_eq(pipeline_state_name(99), "PIPELINE_STATE_UNSPECIFIED");
}
