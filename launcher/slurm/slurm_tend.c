/* One attempt: from what its folders and Slurm tell to what is done about it. */

#include "launcher/slurm/slurm_private.h"
#include "launcher/slurm/slurm_step.h"
#include "launcher/slurm/slurm_verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/*
 * SUBMIT_MAX: a job that Slurm forgets again and again is told as never started. STOP_PATIENCE_US:
 * past the grace, before Slurm is asked to end what was told to stop. ADOPTED_STEP_US: a step that
 * another engine asked for begins within that, or is asked for again.
 */
enum {
    SUBMIT_MAX = 4,
    STOP_PATIENCE_US = 20 * 1000 * 1000,
    ADOPTED_STEP_US = 30 * 1000 * 1000,
    HURRY_FROM_US = 3 * 1000 * 1000,
    HURRY_TO_US = 60 * 1000 * 1000,
    LOG_TAIL = 512,
    STEP_EVENTS = 64,
    STEP_LEAVES_US = 1000 * 1000,
};

/* How often folders are looked at: a young attempt may end any moment. */
enum {
    YOUNG_US = 10 * 1000 * 1000,
    OLD_US = 600 * 1000 * 1000,
    PACE_YOUNG_US = 20 * 1000,
    PACE_US = 200 * 1000,
    PACE_OLD_US = 1000 * 1000,
    PACE_EACH_US = 500, /* and not more often than so for each attempt in hand */
};

static void add_log_line(const struct slurm_gang *gang, struct ending *ending)
{
    char path[PATH_MAX];
    char tail[LOG_TAIL];
    char line[128];
    size_t used = strlen(ending->detail);
    ssize_t size = 0;
    int fd = -1;

    if (snprintf(path, sizeof path, "%s/" SLURM_LOG_NAME, gang->launch.replicas[0].dir) >=
        (int)sizeof path)
        return;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    if (lseek(fd, -(LOG_TAIL - 1), SEEK_END) < 0)
        (void)lseek(fd, 0, SEEK_SET);
    size = read(fd, tail, sizeof tail - 1);
    (void)close(fd);
    tail[size > 0 ? size : 0] = '\0';
    if (subprocess_last_line(tail, line, sizeof line)[0])
        (void)snprintf(ending->detail + used, sizeof ending->detail - used, "%s%s",
                       used ? "; " : "", line);
}

static void tell(struct slurm *slurm, struct slurm_gang *gang, size_t index,
                 const struct ending *ending)
{
    struct slurm_ended *ended = calloc(1, sizeof *ended);
    struct slurm_replica *replica = &gang->replicas[index];

    if (!ended)
        return; /* looked at again */
    ended->ending = *ending;
    ended->ending.key = gang->launch.key;
    ended->ending.key.replica = (int32_t)index;
    ended->ending.role = gang->launch.replicas[index].role;
    ended->ending.index = gang->launch.replicas[index].index;
    if (!replica->has_record) {
        gang->is_cut_short = true;
        if (replica->claim == CLAIM_NODE) /* should its node come back with it */
            slurm_gang_stop(gang, index, STOP_NOW);
        ended->ending.start_us = slurm_gang_begin_us(gang, index);
        ended->ending.end_us = assay_wall_us(slurm->options.env);
        if (ending->kind == ENDING_NOT_STARTED ||
            (ending->kind == ENDING_STOPPED && replica->claim != CLAIM_NODE))
            ended->ending.start_us = 0;
    }
    if (ended->ending.kind == ENDING_NOT_STARTED && !replica->has_record)
        add_log_line(gang, &ended->ending);
    STAILQ_INSERT_TAIL(&slurm->outbox, ended, in_outbox);
    replica->is_told = true;
    gang->untold_count--;
}

static void finish(struct slurm *slurm, struct slurm_gang *gang)
{
    if (gang->stage == GANG_SUBMITTING)
        slurm_send_cancellation_later(slurm, gang->tag);
    else if (gang->is_cut_short && gang->is_sent && !gang->is_step)
        slurm_send_cancellation(slurm, gang->tag);
    TAILQ_REMOVE(&slurm->gangs, gang, in_list);
    slurm->gang_count--;
    if (!slurm_step_is_alive(gang)) {
        slurm_gang_free(gang);
        return;
    }
    if (gang->is_cut_short)
        (void)kill(gang->step, SIGTERM);
    gang->told_us = slurm_now_us(slurm);
    TAILQ_INSERT_TAIL(&slurm->leaving, gang, in_list);
}

void slurm_see_off(struct slurm *slurm)
{
    struct slurm_gang *gang = TAILQ_FIRST(&slurm->leaving);

    while (gang) {
        struct slurm_gang *next = TAILQ_NEXT(gang, in_list);

        if (!slurm_step_is_alive(gang)) {
            TAILQ_REMOVE(&slurm->leaving, gang, in_list);
            slurm_gang_free(gang);
        }
        gang = next;
    }
}

bool slurm_end_gang(struct slurm *slurm, struct slurm_gang *gang, enum ending_kind kind,
                    const char *detail)
{
    struct ending ending = { .kind = kind };

    (void)snprintf(ending.detail, sizeof ending.detail, "%s", detail);
    for (size_t i = 0; i < gang->launch.replica_count; i++) {
        if (!gang->replicas[i].is_told && slurm_gang_forbid(gang, i) != EEXIST)
            tell(slurm, gang, i, &ending);
    }
    if (gang->untold_count > 0)
        return false;
    finish(slurm, gang);
    return true;
}

/* What is left now, of which a look told. */
static int64_t left_us(const struct slurm *slurm, const struct slurm_job *allocation)
{
    int64_t since_us = slurm_now_us(slurm) - slurm->queue_begun_us;

    return allocation->left_us == INT64_MAX ? INT64_MAX : allocation->left_us - since_us;
}

static bool lacks_time(const struct slurm *slurm, const struct slurm_gang *gang,
                       const struct slurm_job *allocation)
{
    return left_us(slurm, allocation) <
           slurm_holding_need_us(&slurm->holding, slurm_command_timeout_us(&gang->launch));
}

/*
 * A trial's record is there some moments before its step has ended for Slurm: a step that is asked
 * for between them is refused, and its srun asks again and again. So of those that wait as many
 * are held back as such steps there are; but not for long, since a srun may hang.
 */
static bool is_room_to_come(const struct slurm *slurm)
{
    const struct slurm_gang *gang = NULL;
    int64_t now_us = slurm_now_us(slurm);
    size_t leaving = 0;
    size_t waiting = 0;

    TAILQ_FOREACH(gang, &slurm->leaving, in_list)
    leaving += now_us - gang->told_us < STEP_LEAVES_US;
    TAILQ_FOREACH(gang, &slurm->gangs, in_list)
    waiting += gang->is_step && gang->stage <= GANG_WANTED;
    return waiting <= leaving;
}

static void start_step(struct slurm *slurm, struct slurm_gang *gang)
{
    struct assay_error err = { 0 };
    const struct slurm_job *allocation = slurm_use_allocation(slurm);

    gang->is_short_of_time = allocation && lacks_time(slurm, gang, allocation);
    if (!allocation || gang->is_short_of_time || is_room_to_come(slurm))
        return;
    gang->stage = GANG_SUBMITTED;
    gang->submit_count++;
    gang->step_ends = slurm->ends;
    if (!slurm_step_start(gang, allocation, slurm->used.fd, slurm->environment.words, &err))
        (void)slurm_end_gang(slurm, gang, ENDING_NOT_STARTED, err.message);
    else if (gang->step_fd >= 0 &&
             epoll_ctl(slurm->ends, EPOLL_CTL_ADD, gang->step_fd,
                       &(struct epoll_event){ .events = EPOLLIN, .data.ptr = gang }) < 0)
        slurm_gang_close_step(gang);
}

void slurm_note_step_ends(struct slurm *slurm)
{
    struct epoll_event events[STEP_EVENTS];
    struct slurm_gang *gang = NULL;
    int count = epoll_wait(slurm->ends, events, STEP_EVENTS, 0);

    for (int i = 0; i < count; i++)
        ((struct slurm_gang *)events[i].data.ptr)->look_us = 0;
    TAILQ_FOREACH(gang, &slurm->gangs, in_list)
    {
        if (count > 0 && gang->is_step && gang->stage <= GANG_WANTED)
            gang->look_us = 0;
    }
}

static void submit(struct slurm *slurm, struct slurm_gang *gang)
{
    struct assay_error err = { 0 };

    if (gang->stage == GANG_NEW) {
        if (!slurm_gang_write(gang, slurm->lease_path, slurm->options.lease_us, &err)) {
            (void)slurm_end_gang(slurm, gang, ENDING_NOT_STARTED, err.message);
            return;
        }
        gang->stage = GANG_WANTED;
    }
    if (gang->is_step)
        start_step(slurm, gang);
    else if (slurm_now_us(slurm) >= gang->submit_us)
        slurm_send_submission(slurm, gang);
}

/*
 * A step as if it were a job. Ours lasts as long as its srun; that of another engine as its
 * allocation, for all that can be known.
 */
static const struct slurm_job *step_as_job(const struct slurm *slurm, struct slurm_gang *gang,
                                           struct slurm_job *job)
{
    const struct slurm_job *allocation = slurm_queue_find(&slurm->queue, gang->allocation, 0);
    bool is_over = allocation && allocation->state >= SLURM_COMPLETED;

    if (gang->step == 0 && !allocation)
        return NULL;
    *job = allocation ? *allocation : (struct slurm_job){ .id = "?" };
    if (gang->step == 0 && !is_over)
        return job;
    if (slurm_step_is_alive(gang)) {
        job->state = SLURM_RUNNING;
        return job;
    }
    if (!is_over)
        (void)snprintf(job->state_name, sizeof job->state_name, "left by its step");
    /* When an allocation's time is over, its trials' is not. */
    job->state = is_over ? SLURM_NODE_LOST : SLURM_FAILED;
    return job;
}

/* For how long looks have not shown its job, which one alone never tells. */
static int64_t note_look(const struct slurm *slurm, struct slurm_gang *gang,
                         const struct slurm_job *job)
{
    if (job) {
        gang->seen_us = slurm->queue_begun_us;
        gang->missed_us = 0;
    } else if (!gang->missed_us && slurm->queue_begun_us > gang->seen_us) {
        gang->missed_us = slurm->queue_begun_us;
    }
    return gang->missed_us ? slurm->queue_begun_us - gang->missed_us : 0;
}

static void gather(struct slurm *slurm, struct slurm_gang *gang, size_t index,
                   struct slurm_job *step_job, struct slurm_facts *facts)
{
    struct slurm_replica *replica = &gang->replicas[index];
    int64_t now_us = slurm_now_us(slurm);
    int64_t since_us = 0;

    slurm_gang_look(gang, index, now_us);
    *facts = (struct slurm_facts){
        .record = replica->has_record ? &replica->record : NULL,
        .claim = replica->claim,
        .job = gang->is_step ? step_as_job(slurm, gang, step_job)
                             : slurm_queue_find(&slurm->queue, gang->tag,
                                                gang->is_heterogeneous ? (int)index : 0),
        .is_submitted = gang->stage == GANG_SUBMITTED,
        .is_stop_wanted = replica->is_stop_wanted,
        .can_submit = gang->submit_count < SUBMIT_MAX,
        .silent_us = replica->beat_us ? now_us - replica->beat_us : 0,
        .grace_us = gang->launch.grace_us,
    };
    /* What was seen before it was submitted once more is not of that. */
    if (facts->job && slurm->queue_begun_us < gang->seen_us && !gang->is_step)
        facts->job = NULL;
    facts->unseen_us = note_look(slurm, gang, facts->job);
    if (facts->job && facts->job->state >= SLURM_COMPLETED && !replica->job_ended_us)
        replica->job_ended_us = now_us;
    /* Slurm had so long to tell of it in a look; while it does not answer, no time passes. */
    if (replica->has_record)
        since_us = slurm->queue_begun_us - replica->record_us;
    else if (replica->job_ended_us)
        since_us = now_us - replica->job_ended_us;
    facts->settled_us = since_us > 0 ? since_us : 0;
}

static void forbid(struct slurm *slurm, struct slurm_gang *gang, size_t index,
                   const struct ending *ending)
{
    int error = slurm_gang_forbid(gang, index);

    if (error == 0)
        tell(slurm, gang, index, ending);
    else if (error != EEXIST) /* else it has just begun, or was forbidden before */
        (void)snprintf(gang->why, sizeof gang->why, "its folder cannot be written");
}

static void hurry_stop(struct slurm *slurm, struct slurm_gang *gang, size_t index)
{
    const struct slurm_replica *replica = &gang->replicas[index];
    int64_t patience_us = gang->launch.grace_us + STOP_PATIENCE_US;

    if (!replica->is_stop_wanted || gang->is_cancelled || replica->claim != CLAIM_NODE ||
        slurm_now_us(slurm) - replica->stop_us < patience_us)
        return;
    gang->is_cancelled = true;
    if (!gang->is_step)
        slurm_send_cancellation(slurm, gang->tag);
    else if (slurm_step_is_alive(gang))
        (void)kill(gang->step, SIGTERM);
}

/* A step that another engine asked for, of which nobody knows whether its srun lives. */
static bool is_step_overdue(const struct slurm *slurm, const struct slurm_gang *gang)
{
    return gang->is_step && gang->step == 0 && gang->replicas[0].claim == CLAIM_NONE &&
           slurm_now_us(slurm) - gang->begun_us > ADOPTED_STEP_US;
}

/* By another engine it may have been submitted as a step, and now as a job, or the other way. */
static void submit_again(const struct slurm *slurm, struct slurm_gang *gang)
{
    gang->stage = GANG_NEW;
    gang->is_step = slurm->options.allocation_nodes > 0 && gang->launch.replica_count == 1;
    gang->begun_us = slurm_now_us(slurm);
}

static void judge(struct slurm *slurm, struct slurm_gang *gang, size_t index)
{
    struct slurm_facts facts;
    struct slurm_job step_job;
    struct ending ending;
    enum slurm_deed deed = DEED_WAIT;

    gather(slurm, gang, index, &step_job, &facts);
    slurm->is_hurried = slurm->is_hurried || slurm_is_in_doubt(&facts);
    deed = slurm_judge(&facts, &ending);
    if (deed == DEED_WAIT && is_step_overdue(slurm, gang))
        deed = DEED_SUBMIT;
    switch (deed) {
    case DEED_WAIT:
        hurry_stop(slurm, gang, index);
        break;
    case DEED_STOP_NOW:
        slurm_gang_stop(gang, index, STOP_NOW);
        break;
    case DEED_SUBMIT:
        submit_again(slurm, gang);
        break;
    case DEED_FORBID:
        forbid(slurm, gang, index, &ending);
        break;
    case DEED_TELL:
        tell(slurm, gang, index, &ending);
        break;
    }
}

static void explain(const struct slurm *slurm, struct slurm_gang *gang)
{
    const struct slurm_job *job = slurm_queue_find(&slurm->queue, gang->tag, 0);

    if (gang->replicas[0].claim == CLAIM_NODE)
        gang->why[0] = '\0';
    else if (gang->is_step && gang->stage < GANG_SUBMITTED && slurm->allocate_why[0])
        (void)snprintf(gang->why, sizeof gang->why, "%s", slurm->allocate_why);
    else if (gang->is_step)
        (void)snprintf(gang->why, sizeof gang->why, "%s",
                       gang->stage == GANG_SUBMITTED ? "there is no room in Slurm's allocation"
                       : gang->is_short_of_time
                           ? "Slurm's allocation ends too soon: waits for the next one"
                           : "Slurm gives no allocation yet");
    else if (job && job->state == SLURM_PENDING && gang->after[0] &&
             strcmp(job->reason, "Dependency") == 0)
        (void)snprintf(gang->why, sizeof gang->why,
                       "submitted ahead: Slurm's job %s waits for a trial before it to end",
                       job->id);
    else if (job && job->state == SLURM_PENDING)
        (void)snprintf(gang->why, sizeof gang->why, "Slurm's job %s waits: %s", job->id,
                       job->reason);
    else if (slurm->is_blind && !gang->why[0])
        (void)snprintf(gang->why, sizeof gang->why, "Slurm does not answer");
}

/* It should have begun by now, is told to stop, or is missing in the queue. */
static bool is_about_to_change(const struct slurm *slurm, const struct slurm_gang *gang)
{
    int64_t age_us = slurm_now_us(slurm) - gang->begun_us;

    if (gang->missed_us && gang->stage == GANG_SUBMITTED)
        return true;
    for (size_t i = 0; i < gang->launch.replica_count; i++) {
        if (!gang->replicas[i].is_told && gang->replicas[i].is_stop_wanted)
            return true;
    }
    return gang->replicas[0].claim == CLAIM_NONE && age_us > HURRY_FROM_US && age_us < HURRY_TO_US;
}

static int64_t pace_of(const struct slurm *slurm, const struct slurm_gang *gang)
{
    int64_t age_us = slurm_now_us(slurm) - gang->begun_us;
    int64_t pace_us = age_us < YOUNG_US ? PACE_YOUNG_US : age_us < OLD_US ? PACE_US : PACE_OLD_US;
    int64_t fair_us = (int64_t)slurm->gang_count * PACE_EACH_US;

    return pace_us > fair_us ? pace_us : fair_us;
}

void slurm_tend(struct slurm *slurm, struct slurm_gang *gang)
{
    bool was_begun = gang->replicas[0].claim == CLAIM_NODE;

    for (size_t i = 0; i < gang->launch.replica_count; i++) {
        if (!gang->replicas[i].is_told)
            judge(slurm, gang, i);
    }
    if (gang->untold_count == 0) {
        finish(slurm, gang);
        return;
    }
    if (!was_begun && gang->replicas[0].claim == CLAIM_NODE)
        gang->begun_us = slurm_now_us(slurm);
    slurm->is_hurried = slurm->is_hurried || is_about_to_change(slurm, gang);
    explain(slurm, gang);
    gang->look_us = slurm_now_us(slurm) + pace_of(slurm, gang);
    if (gang->stage <= GANG_WANTED && gang->untold_count == gang->launch.replica_count)
        submit(slurm, gang);
}

void slurm_stop_replica(struct slurm *slurm, struct slurm_gang *gang, size_t index,
                        enum stop_manner manner)
{
    struct slurm_replica *replica = &gang->replicas[index];

    if (replica->is_told || (replica->is_stop_wanted && replica->stop_manner >= manner))
        return;
    if (!replica->is_stop_wanted)
        replica->stop_us = slurm_now_us(slurm);
    replica->is_stop_wanted = true;
    replica->stop_manner = manner;
    gang->look_us = 0;
    if (gang->stage != GANG_NEW)
        slurm_gang_stop(gang, index, manner);
}
