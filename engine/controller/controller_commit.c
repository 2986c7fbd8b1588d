/* The end of a batch: it is committed, then the deeds that were noted are done, then who waits is
 * answered. */

#include "engine/array.h"
#include "engine/controller/controller_private.h"

#include <stdio.h>

bool controller_add_deed(struct controller *c, struct deed deed)
{
    void *items = c->deeds;
    bool has_room = array_make_room(&items, c->deed_count, &c->deed_capacity, sizeof deed);

    c->deeds = items;
    if (!has_room)
        return controller_break_memory(c);
    c->deeds[c->deed_count++] = deed;
    return true;
}

/* Takes what event points to: to be handled with the next batch. */
static void add_own_event(struct controller *c, const struct event *event)
{
    void *items = c->own_events;
    bool has_room =
        array_make_room(&items, c->own_event_count, &c->own_event_capacity, sizeof *event);

    c->own_events = items;
    if (has_room)
        c->own_events[c->own_event_count++] = *event;
    else
        (void)controller_break_memory(c);
}

/* An attempt that could not be launched or adopted ends like one that the machine lost. */
static void add_own_end(struct controller *c, const struct deed *deed,
                        const struct assay_error *why)
{
    struct event event = {
        .kind = EVENT_ENDED,
        .ending = { .key = deed->key, .kind = ENDING_NOT_STARTED, .end_us = c->now_us }
    };

    /* A command that can never be built is the document's fault, not the machine's. */
    if (why->code == ASSAY_INVALID)
        event.ending.kind = ENDING_NOT_FOUND;
    (void)snprintf(event.ending.detail, sizeof event.ending.detail, "%.*s",
                   (int)sizeof event.ending.detail - 1, why->message);
    add_own_event(c, &event);
}

static void do_trial_deed(struct controller *c, const struct deed *deed)
{
    struct assay_error err = { 0 };
    struct live_job *job = controller_find_job(c, deed->job);
    struct live_trial *trial =
        job ? live_job_find_trial(job, deed->key.trial % STORE_TRIALS_MAX) : NULL;

    if (!trial || trial->attempt != deed->key.attempt)
        return;
    if (deed->kind == DEED_LAUNCH ? !c->outlet.launch(c->outlet.context, job, trial, &err)
                                  : !c->outlet.adopt(c->outlet.context, job, trial, &err))
        add_own_end(c, deed, &err);
}

static void do_deed(struct controller *c, struct deed *deed)
{
    struct live_job *job = NULL;

    switch (deed->kind) {
    case DEED_LAUNCH:
    case DEED_ADOPT:
        do_trial_deed(c, deed);
        break;
    case DEED_STOP:
        c->outlet.stop(c->outlet.context, deed->key, deed->manner);
        break;
    case DEED_SEARCH:
        if (c->outlet.search(c->outlet.context, deed->task))
            deed->task = NULL;
        else
            add_own_event(c, &(struct event){ .kind = EVENT_OUT_OF_MEMORY });
        break;
    case DEED_PUBLISH:
        job = controller_find_job(c, deed->job);
        if (job && !c->outlet.publish(c->outlet.context, job, deed->trial))
            add_own_event(c, &(struct event){ .kind = EVENT_PUBLISHED,
                                              .job = deed->job,
                                              .published = PUBLISHED_FAILED });
        break;
    case DEED_FORGET:
        c->outlet.forget(c->outlet.context, deed->job);
        break;
    }
}

static void answer_requests(struct controller *c, struct event_queue *queue)
{
    struct request *request = NULL;
    struct request *next = NULL;
    struct assay_error ending = { .code = ASSAY_UNAVAILABLE };

    (void)snprintf(ending.message, sizeof ending.message, "the engine is ending");
    if (c->is_broken || c->is_stopped)
        controller_refuse_waiting(c, NULL, &ending);
    request = c->first_request;

    c->first_request = c->last_request = NULL;
    for (; request; request = next) {
        next = request->next; /* the request is gone once it is answered */
        if (c->is_broken) {
            request->is_ok = false;
            request->err = c->why_broken;
        }
        if (queue)
            event_queue_answer(request);
        else
            request->is_answered = true;
    }
}

/* A study is kept for those who ask for it, or whose trials go on after its end. */
static bool is_finished(const struct live_job *job)
{
    bool has_ended =
        job_state_is_terminal((int)job->life.state) || job->life.state == JOB_STATE_PAUSED;

    return has_ended && (job->spec->kind != JOB_STUDY || job->trial_count == 0);
}

/* Of many studies those that nobody asks for any more are left. */
static void drop_idle_studies(struct controller *c)
{
    size_t count = 0;

    for (size_t i = 0; i < c->job_count; i++)
        count += c->jobs[i]->spec->kind == JOB_STUDY;
    for (; count > LIVE_STUDIES_MAX; count--) {
        const struct live_job *idle = NULL;

        for (size_t i = 0; i < c->job_count; i++) {
            const struct live_job *job = c->jobs[i];

            if (job->spec->kind == JOB_STUDY && !job->first_waiting && job->task_count == 0 &&
                (!idle || job->last_use < idle->last_use))
                idle = job;
        }
        if (idle)
            controller_drop_job(c, idle->row.id);
    }
}

/* Jobs that ended, were paused or deleted need no memory any more. */
static void drop_finished_jobs(struct controller *c)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->job_count; i++) {
        struct live_job *job = c->jobs[i];

        if (is_finished(job))
            controller_leave_job(c, job);
        else
            c->jobs[kept++] = job;
    }
    c->job_count = kept;
}

bool controller_commit(struct controller *c, struct event_queue *queue, struct assay_error *why)
{
    struct assay_error err = { 0 };

    if (!c->is_broken && !store_commit(c->store, &err))
        (void)controller_break(c, &err);
    if (c->is_broken)
        store_rollback(c->store);
    for (size_t i = 0; i < c->deed_count && !c->is_broken; i++)
        do_deed(c, &c->deeds[i]);
    for (size_t i = 0; i < c->deed_count; i++)
        search_task_free(c->deeds[i].task);
    drop_finished_jobs(c);
    drop_idle_studies(c);
    /* What was not committed is not shown either. */
    if (c->outlet.changed && !c->is_broken)
        c->outlet.changed(c->outlet.context);
    answer_requests(c, queue);
    c->deed_count = 0;
    if (c->is_broken)
        *why = c->why_broken;
    return !c->is_broken;
}
