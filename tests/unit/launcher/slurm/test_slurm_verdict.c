#include "launcher/slurm/slurm_verdict.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>

enum { SECOND_US = 1000 * 1000 };

static const struct slurm_job *job_in(enum slurm_state state)
{
    static struct slurm_job jobs[SLURM_NODE_LOST + 1];

    jobs[state] = (struct slurm_job){ .id = "17", .state = state, .state_name = "SO" };
    return &jobs[state];
}

static void check_told(const struct slurm_facts *facts, enum ending_kind kind)
{
    struct ending ending = { 0 };

    cr_assert(eq(int, slurm_judge(facts, &ending), DEED_TELL));
    cr_assert(eq(int, ending.kind, kind));
}

static void check_deed(const struct slurm_facts *facts, enum slurm_deed deed)
{
    struct ending ending = { 0 };

    cr_assert(eq(int, slurm_judge(facts, &ending), deed));
}

Test(slurm_verdict, a_record_is_told_as_it_is_whatever_slurm_says)
{
    const struct ending record = { .kind = ENDING_EXITED, .status = 3 };
    struct slurm_facts facts = { .record = &record, .job = job_in(SLURM_RUNNING) };
    struct ending ending = { 0 };

    cr_assert(eq(int, slurm_judge(&facts, &ending), DEED_TELL));
    cr_assert(eq(int, ending.status, 3));
    facts.job = job_in(SLURM_NODE_LOST);
    check_told(&facts, ENDING_EXITED);
    facts.job = NULL;
    check_told(&facts, ENDING_EXITED);
}

Test(slurm_verdict, a_signal_of_which_nobody_knows_the_sender_waits_for_slurms_word)
{
    const struct ending record = { .kind = ENDING_SIGNALED, .status = SIGTERM };
    struct slurm_facts facts = { .record = &record, .job = job_in(SLURM_RUNNING) };

    check_deed(&facts, DEED_WAIT);
    cr_assert(slurm_is_in_doubt(&facts));
    facts.settled_us = 6 * SECOND_US;
    check_told(&facts, ENDING_SIGNALED);
}

Test(slurm_verdict, what_slurm_ended_by_a_signal_has_slurms_class)
{
    static const struct {
        enum slurm_state state;
        enum ending_kind kind;
    } rows[] = {
        { SLURM_TIMEOUT, ENDING_TIMEOUT }, { SLURM_OUT_OF_MEMORY, ENDING_OUT_OF_MEMORY },
        { SLURM_CANCELLED, ENDING_LOST },  { SLURM_NODE_LOST, ENDING_LOST },
        { SLURM_FAILED, ENDING_SIGNALED },
    };
    const struct ending record = { .kind = ENDING_SIGNALED, .status = SIGKILL };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct slurm_facts facts = { .record = &record, .job = job_in(rows[i].state) };

        check_told(&facts, rows[i].kind);
    }
}

Test(slurm_verdict, a_stop_that_nobody_here_asked_for_is_a_loss)
{
    const struct ending record = { .kind = ENDING_STOPPED };
    struct slurm_facts facts = { .record = &record, .job = job_in(SLURM_CANCELLED) };

    check_told(&facts, ENDING_LOST);
    facts.job = job_in(SLURM_TIMEOUT);
    check_told(&facts, ENDING_TIMEOUT);
    facts.is_stop_wanted = true;
    check_told(&facts, ENDING_STOPPED);
}

Test(slurm_verdict, what_was_begun_is_lost_only_when_its_heart_stands_still)
{
    struct slurm_facts facts = { .claim = CLAIM_NODE,
                                 .job = job_in(SLURM_NODE_LOST),
                                 .settled_us = 6 * SECOND_US,
                                 .silent_us = SECOND_US };

    check_deed(&facts, DEED_STOP_NOW);
    facts.silent_us = 20 * SECOND_US;
    check_told(&facts, ENDING_LOST);
}

Test(slurm_verdict, a_job_that_runs_and_is_silent_is_a_ghost_after_its_shim_must_have_ended)
{
    struct slurm_facts facts = { .claim = CLAIM_NODE,
                                 .job = job_in(SLURM_RUNNING),
                                 .silent_us = 61 * SECOND_US,
                                 .grace_us = 30 * SECOND_US };

    check_deed(&facts, DEED_WAIT);
    facts.silent_us = 151 * SECOND_US;
    check_told(&facts, ENDING_LOST);
}

Test(slurm_verdict, a_suspended_job_may_be_silent_for_days)
{
    const struct slurm_facts facts = { .claim = CLAIM_NODE,
                                       .job = job_in(SLURM_SUSPENDED),
                                       .silent_us = INT64_C(86400) * SECOND_US };

    check_deed(&facts, DEED_WAIT);
}

Test(slurm_verdict, a_controller_that_does_not_answer_changes_nothing)
{
    struct slurm_facts facts = { .claim = CLAIM_NODE, .is_submitted = true };

    check_deed(&facts, DEED_WAIT);
    facts.claim = CLAIM_NONE;
    check_deed(&facts, DEED_WAIT);
}

Test(slurm_verdict, what_slurm_has_forgotten_is_submitted_again_and_at_last_given_up)
{
    struct slurm_facts facts = { .is_submitted = true,
                                 .can_submit = true,
                                 .unseen_us = 11 * SECOND_US };
    struct ending ending = { 0 };

    check_deed(&facts, DEED_SUBMIT);
    facts.can_submit = false;
    cr_assert(eq(int, slurm_judge(&facts, &ending), DEED_FORBID));
    cr_assert(eq(int, ending.kind, ENDING_NOT_STARTED));
}

Test(slurm_verdict, a_job_that_ended_before_it_began_anything_is_forbidden_and_explained)
{
    struct slurm_facts facts = { .is_submitted = true, .job = job_in(SLURM_FAILED) };
    struct ending ending = { 0 };

    check_deed(&facts, DEED_WAIT); /* its files may be on their way */
    facts.settled_us = 6 * SECOND_US;
    cr_assert(eq(int, slurm_judge(&facts, &ending), DEED_FORBID));
    cr_assert(eq(int, ending.kind, ENDING_NOT_STARTED));
    cr_assert(eq(str, ending.detail, "it was never begun: Slurm's job 17 is SO"));
}

Test(slurm_verdict, what_only_waits_is_stopped_by_never_beginning)
{
    const struct slurm_facts facts = { .is_submitted = true,
                                       .job = job_in(SLURM_PENDING),
                                       .is_stop_wanted = true };
    struct ending ending = { 0 };

    cr_assert(eq(int, slurm_judge(&facts, &ending), DEED_FORBID));
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
}

Test(slurm_verdict, what_was_forbidden_never_started)
{
    const struct slurm_facts facts = { .claim = CLAIM_FORBIDDEN, .job = job_in(SLURM_PENDING) };

    check_told(&facts, ENDING_NOT_STARTED);
}
