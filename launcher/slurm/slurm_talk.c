/* What is sent to Slurm, and what comes of its answers. */

#include "launcher/slurm/slurm_private.h"

#include "launcher/slurm/slurm_debts.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * While something is about to change a look is taken each second, else ever more seldom. A command
 * that fails is tried again after PAUSE_FIRST_US, then after twice as long, and so on. A new
 * allocation is looked for eagerly, since all wait for it, but not for long: it may wait for days.
 * UNWATCHED_S: how long an allocation waits for the next engine, where slurmLease does not say it.
 */
enum {
    LOOK_EAGER_US = 250 * 1000,
    EAGER_FOR_US = 10 * 1000 * 1000,
    LOOK_QUICK_US = 1000 * 1000,
    LOOK_SLOW_US = 30 * 1000 * 1000,
    LOOK_HOLDING_US = 5 * 1000 * 1000,
    PAUSE_FIRST_US = 1000 * 1000,
    PAUSE_LONGEST_US = 30 * 1000 * 1000,
    CANCEL_AGAIN_US = 10 * 1000 * 1000,
    GIVE_BACK_US = 5 * 1000 * 1000,
    SRUN_ENDS_US = 2 * 1000 * 1000,
    USE_LOOK_MS = 20,
    UNWATCHED_S = 1800,
};

static struct errand *new_errand(const struct slurm *slurm, enum errand_kind kind, const char *tag)
{
    struct errand *errand = errand_new(kind, tag);

    if (!errand)
        assay_log(slurm->options.env, ASSAY_LOG_ERROR, "out of memory for a command of Slurm's");
    return errand;
}

/* The last line of what a command complained of, or why it could not be run. */
static void say_why(const struct errand *errand, char why[SLURM_WHY_TEXT])
{
    char line[SLURM_WHY_TEXT - 16];

    if (!errand->has_run)
        (void)snprintf(line, sizeof line, "%.*s", (int)sizeof line - 1, errand->err.message);
    else
        (void)subprocess_last_line(errand->result.errors, line, sizeof line);
    (void)snprintf(why, SLURM_WHY_TEXT, "Slurm: %s", line);
}

static bool has_succeeded(const struct errand *errand)
{
    return errand->has_run && errand->result.status == 0;
}

static int64_t longer(int64_t pause_us)
{
    if (pause_us == 0)
        return PAUSE_FIRST_US;
    return pause_us * 2 < PAUSE_LONGEST_US ? pause_us * 2 : PAUSE_LONGEST_US;
}

void slurm_send_submission(struct slurm *slurm, struct slurm_gang *gang)
{
    struct errand *errand = NULL;
    int error = 0;

    if (!slurm_turn_take(&slurm->gangs, slurm->queue_begun_us ? &slurm->queue : NULL, gang)) {
        (void)snprintf(gang->why, sizeof gang->why, "waits for the trials before it");
        return;
    }
    gang->pause_us = longer(gang->pause_us);
    gang->submit_us = slurm_now_us(slurm) + gang->pause_us;
    error = slurm_turn_write(gang);
    if (error) {
        (void)snprintf(gang->why, sizeof gang->why, "its folder cannot be written: %s",
                       strerrordesc_np(error));
        return;
    }
    errand = new_errand(slurm, ERRAND_SUBMIT, gang->tag);
    if (!errand)
        return;
    slurm_command_submit_after(&gang->words, gang->after, &errand->words);
    gang->id[0] = '\0';
    gang->stage = GANG_SUBMITTING;
    gang->is_sent = true;
    slurm_clerks_send(slurm->clerks, errand);
}

static void note_debt(const struct slurm *slurm, const char *tag)
{
    int error = slurm_debts_note(slurm->debts_dir, tag);

    if (error)
        assay_log(slurm->options.env, ASSAY_LOG_WARNING,
                  "that the job assay-%s is to be cancelled is not noted: %s", tag,
                  strerrordesc_np(error));
}

void slurm_send_cancellation(struct slurm *slurm, const char *tag)
{
    struct errand *errand = new_errand(slurm, ERRAND_CANCEL, tag);

    note_debt(slurm, tag);
    if (!errand)
        return;
    slurm->owed_count++;
    slurm_command_cancel(slurm->user, tag, &errand->words);
    slurm_clerks_send(slurm->clerks, errand);
}

void slurm_send_cancellation_later(struct slurm *slurm, const char *tag)
{
    note_debt(slurm, tag);
    slurm->owed_count++;
}

static void send_debt(void *context, const char *tag)
{
    slurm_send_cancellation(context, tag);
}

void slurm_send_debts(struct slurm *slurm)
{
    slurm_debts_each(slurm->debts_dir, send_debt, slurm);
}

void slurm_send_look(struct slurm *slurm)
{
    struct errand *errand = new_errand(slurm, ERRAND_LOOK, "");

    slurm->look_us = slurm_now_us(slurm) + LOOK_QUICK_US;
    if (!errand)
        return;
    slurm_command_look(slurm->user, &errand->words);
    slurm->is_looking = true;
    slurm_clerks_send(slurm->clerks, errand);
}

void slurm_send_allocation(struct slurm *slurm)
{
    char tag[SLURM_TAG_TEXT];
    const struct slurm_allocation allocation = {
        .wishes = &slurm->wishes,
        .nodes = slurm->options.allocation_nodes,
        .tag = tag,
        .lease_path = slurm->lease_path,
        .idle_s = slurm->options.lease_us > 0 ? slurm->options.lease_us / 1000000 : UNWATCHED_S,
    };
    uint64_t nonce = 0;
    int error = 0;
    struct errand *errand = NULL;

    slurm->allocate_us = slurm_now_us(slurm) + PAUSE_LONGEST_US;
    if (!slurm->options.env->entropy(slurm->options.env->context, &nonce, sizeof nonce))
        return;
    (void)snprintf(tag, sizeof tag, "%s%08x", slurm->holding.prefix, (unsigned)nonce);
    errand = new_errand(slurm, ERRAND_ALLOCATE, tag);
    if (!errand)
        return;
    slurm_command_allocate(&allocation, &errand->words);
    error = slurm_use_begin(&slurm->wanted, slurm->use_dir, tag);
    if (error) {
        (void)snprintf(slurm->allocate_why, sizeof slurm->allocate_why,
                       "the state folder cannot be written: %s", strerrordesc_np(error));
        errand_free(errand);
        return;
    }
    slurm->is_allocating = true;
    slurm_clerks_send(slurm->clerks, errand);
}

static struct slurm_gang *find_by_tag(const struct slurm *slurm, const char *tag)
{
    struct slurm_gang *gang = NULL;

    TAILQ_FOREACH(gang, &slurm->gangs, in_list)
    {
        if (strcmp(gang->tag, tag) == 0)
            break;
    }
    return gang;
}

/* A command that was cut short may have been heard all the same: the queue tells. */
static bool may_have_succeeded(const struct errand *errand)
{
    return has_succeeded(errand) || (!errand->has_run && errand->err.code == ASSAY_DEADLINE);
}

static void hear_submission(struct slurm *slurm, const struct errand *errand)
{
    struct slurm_gang *gang = find_by_tag(slurm, errand->tag);

    if (!gang) { /* it was stopped meanwhile */
        slurm->owed_count--;
        slurm_send_cancellation(slurm, errand->tag);
        return;
    }
    if (may_have_succeeded(errand)) {
        gang->stage = GANG_SUBMITTED;
        gang->seen_us = slurm_now_us(slurm);
        gang->missed_us = 0;
        gang->submit_count++;
        gang->why[0] = '\0';
        if (errand->has_run) {
            gang->pause_us = 0;
            (void)snprintf(gang->id, sizeof gang->id, "%.*s",
                           (int)strcspn(errand->result.output, ";\n"), errand->result.output);
        }
        return;
    }
    say_why(errand, gang->why);
    gang->stage = GANG_WANTED;
    if (!errand->has_run || !slurm_command_is_refused(errand->result.errors) ||
        !slurm_end_gang(slurm, gang, ENDING_NOT_FOUND, gang->why))
        assay_log(slurm->options.env, ASSAY_LOG_WARNING,
                  "not submitted, to be tried again trial=%lld attempt=%d: %s",
                  (long long)gang->launch.key.trial, gang->launch.key.attempt, gang->why);
}

static bool is_eager(const struct slurm *slurm)
{
    return !slurm->is_blind && slurm->allocated_us && !slurm->holding.tag[0] &&
           slurm_now_us(slurm) - slurm->allocated_us < EAGER_FOR_US;
}

static void hear_look(struct slurm *slurm, const struct errand *errand)
{
    struct slurm_queue queue = { 0 };
    struct assay_error err = { 0 };
    char why[SLURM_WHY_TEXT];
    int64_t longest_us = slurm->holding.tag[0] ? LOOK_HOLDING_US : LOOK_SLOW_US;

    slurm->is_looking = false;
    slurm->look_pause_us = slurm->look_pause_us * 3 / 2;
    slurm->is_blind = !has_succeeded(errand) || errand->result.is_cut ||
                      !slurm_queue_parse(errand->result.output, &queue, &err);
    if (!slurm->is_blind) {
        slurm_queue_clear(&slurm->queue);
        slurm->queue = queue;
        slurm->queue_begun_us = errand->begun_us;
        if (slurm->is_hurried)
            slurm->look_pause_us = LOOK_QUICK_US;
        slurm->is_hurried = false;
    } else {
        say_why(errand, why);
        assay_log(slurm->options.env, ASSAY_LOG_WARNING, "the queue cannot be seen: %s", why);
    }
    if (slurm->look_pause_us < LOOK_QUICK_US)
        slurm->look_pause_us = LOOK_QUICK_US;
    if (slurm->look_pause_us > longest_us)
        slurm->look_pause_us = longest_us;
    slurm->look_us = slurm_now_us(slurm) + slurm->look_pause_us;
    if (is_eager(slurm))
        slurm->look_us = slurm_now_us(slurm) + LOOK_EAGER_US;
}

/* A job that cannot be cancelled now is not forgotten: it would wait for a node in vain. */
static void hear_cancellation(struct slurm *slurm, struct errand *errand)
{
    struct errand *again = NULL;
    char why[SLURM_WHY_TEXT];

    slurm->owed_count--;
    if (has_succeeded(errand) ||
        (errand->has_run && strstr(errand->result.errors, "Invalid job"))) {
        slurm_debts_settle(slurm->debts_dir, errand->tag);
        return;
    }
    say_why(errand, why);
    assay_log(slurm->options.env, ASSAY_LOG_WARNING,
              "not cancelled, to be tried again job=assay-%s: %s", errand->tag, why);
    again = new_errand(slurm, ERRAND_CANCEL, errand->tag);
    if (!again)
        return;
    slurm_command_cancel(slurm->user, errand->tag, &again->words);
    if (STAILQ_EMPTY(&slurm->later))
        slurm->later_us = slurm_now_us(slurm) + CANCEL_AGAIN_US;
    STAILQ_INSERT_TAIL(&slurm->later, again, in_list);
}

void slurm_send_again(struct slurm *slurm)
{
    struct errand *errand = NULL;

    if (slurm_now_us(slurm) < slurm->later_us)
        return;
    while ((errand = STAILQ_FIRST(&slurm->later))) {
        STAILQ_REMOVE_HEAD(&slurm->later, in_list);
        slurm->owed_count++;
        slurm_clerks_send(slurm->clerks, errand);
    }
}

const struct slurm_job *slurm_use_allocation(struct slurm *slurm)
{
    const struct slurm_job *job = NULL;

    while ((job = slurm_holding_choose(&slurm->holding, &slurm->queue))) {
        if (strcmp(job->tag, slurm->used.tag) == 0)
            return job;
        if (slurm_use_join(&slurm->used, slurm->use_dir, job->tag) == 0)
            break;
        /* It is about to be cancelled: until the next look it is as good as gone. */
        slurm->queue.jobs[job - slurm->queue.jobs].state = SLURM_CANCELLED;
    }
    if (!job)
        slurm_use_leave(&slurm->used);
    else if (strcmp(slurm->wanted.tag, slurm->used.tag) == 0)
        slurm_use_leave(&slurm->wanted);
    return job;
}

static void refuse_steps(struct slurm *slurm)
{
    struct slurm_gang *gang = TAILQ_FIRST(&slurm->gangs);

    while (gang) {
        struct slurm_gang *next = TAILQ_NEXT(gang, in_list);

        if (gang->is_step && gang->stage <= GANG_WANTED)
            (void)slurm_end_gang(slurm, gang, ENDING_NOT_FOUND, slurm->allocate_why);
        gang = next;
    }
}

/* It was never given. */
static void forget_wanted(struct slurm *slurm)
{
    struct slurm_use wanted = slurm->wanted;

    slurm_use_leave(&slurm->wanted);
    if (wanted.tag[0])
        (void)slurm_use_is_over(slurm->use_dir, wanted.tag);
}

static void hear_allocation(struct slurm *slurm, const struct errand *errand)
{
    slurm->is_allocating = false;
    if (has_succeeded(errand)) {
        slurm->allocate_why[0] = '\0';
        slurm->allocated_us = slurm_now_us(slurm);
        slurm->look_us = slurm_now_us(slurm);
        return;
    }
    if (!may_have_succeeded(errand))
        forget_wanted(slurm);
    say_why(errand, slurm->allocate_why);
    assay_log(slurm->options.env, ASSAY_LOG_WARNING, "no allocation: %s", slurm->allocate_why);
    if (errand->has_run && slurm_command_is_refused(errand->result.errors))
        refuse_steps(slurm);
}

void slurm_hear(struct slurm *slurm)
{
    struct errand *errand = NULL;

    while ((errand = slurm_clerks_collect(slurm->clerks))) {
        switch (errand->kind) {
        case ERRAND_SUBMIT:
            hear_submission(slurm, errand);
            break;
        case ERRAND_LOOK:
            hear_look(slurm, errand);
            break;
        case ERRAND_CANCEL:
            hear_cancellation(slurm, errand);
            break;
        case ERRAND_ALLOCATE:
            hear_allocation(slurm, errand);
            break;
        }
        errand_free(errand);
    }
}

/* Blocks, for a few seconds at most. Takes words. */
static bool run_now(const struct slurm *slurm, struct word_list *words,
                    struct subprocess_result *result, struct assay_error *err)
{
    const struct subprocess_spec spec = { .env = slurm->options.env,
                                          .argv = (const char *const *)words->words,
                                          .envp = (const char *const *)slurm->environment.words,
                                          .timeout_us = GIVE_BACK_US };
    bool is_run =
        words->is_short_of_memory ? assay_fail_memory(err) : subprocess_run(&spec, result, err);

    word_list_clear(words);
    return is_run;
}

/* A srun ends some moments after the record of its trial. */
static bool is_over_by(const struct slurm *slurm, const char *tag, int64_t until_us)
{
    while (!slurm_use_is_over(slurm->use_dir, tag)) {
        if (slurm_now_us(slurm) >= until_us)
            return false;
        (void)poll(NULL, 0, USE_LOOK_MS);
    }
    return true;
}

/* It is somebody's, or cancelled, or left to the next engine to cancel. */
static void give_back(const struct slurm *slurm, const char *tag, int64_t until_us)
{
    struct word_list words = { 0 };
    struct subprocess_result result = { 0 };
    struct assay_error err = { 0 };

    if (!is_over_by(slurm, tag, until_us))
        return;
    note_debt(slurm, tag);
    slurm_command_cancel(slurm->user, tag, &words);
    if (run_now(slurm, &words, &result, &err) && result.status == 0)
        slurm_debts_settle(slurm->debts_dir, tag);
    else
        assay_log(slurm->options.env, ASSAY_LOG_WARNING,
                  "an allocation is not given back, the next engine tries job=assay-%s", tag);
    subprocess_result_clear(&result);
}

/* A step of ours that goes on, where its own lock is worth nothing. */
static bool has_step_in(const struct slurm *slurm, const char *tag)
{
    const struct slurm_gang *gang = NULL;

    TAILQ_FOREACH(gang, &slurm->gangs, in_list)
    {
        if (gang->is_step && gang->stage == GANG_SUBMITTED && strcmp(gang->allocation, tag) == 0)
            return true;
    }
    return false;
}

void slurm_give_allocations_back(struct slurm *slurm)
{
    struct slurm_use own[] = { slurm->used, slurm->wanted };
    struct word_list words = { 0 };
    struct subprocess_result result = { 0 };
    struct slurm_queue queue = { 0 };
    struct assay_error err = { 0 };
    int64_t until_us = slurm_now_us(slurm) + SRUN_ENDS_US;
    bool is_seen = false;

    slurm_use_leave(&slurm->used);
    slurm_use_leave(&slurm->wanted);
    slurm_command_look(slurm->user, &words);
    is_seen = run_now(slurm, &words, &result, &err) && result.status == 0 &&
              slurm_queue_parse(result.output, &queue, &err);
    for (size_t i = 0; i < queue.count; i++) {
        if (slurm_holding_has(&slurm->holding, &queue.jobs[i]) &&
            !has_step_in(slurm, queue.jobs[i].tag))
            give_back(slurm, queue.jobs[i].tag, until_us);
    }
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (own[i].tag[0] && !is_seen && !has_step_in(slurm, own[i].tag))
            give_back(slurm, own[i].tag, until_us);
    }
    if (slurm->is_allocating) /* Slurm may still take it, after any cancellation of now */
        note_debt(slurm, own[1].tag);
    slurm_queue_clear(&queue);
    subprocess_result_clear(&result);
}
