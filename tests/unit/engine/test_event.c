#include "engine/event.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Of the monotonic clock, long ago: what is not there at once is not waited for. */
#define NO_WAIT 1

static struct event numbered(int64_t number)
{
    return (struct event){ .kind = EVENT_PUBLISHED, .job = number, .text = strdup("text") };
}

static void put(struct event_queue *queue, int64_t number)
{
    struct event event = numbered(number);

    event_queue_put(queue, &event);
    cr_assert(event.text == NULL); /* it was taken */
}

Test(event, events_come_out_in_the_order_in_which_they_went_in)
{
    struct event_queue *queue = event_queue_new(3);
    struct event events[3];
    int64_t next_in = 0;
    int64_t next_out = 0;

    for (int round = 0; round < 5; round++) { /* past the end of the ring */
        put(queue, next_in++);
        put(queue, next_in++);
        cr_assert(eq(sz, event_queue_take(queue, NO_WAIT, events, 3), 2));
        for (int i = 0; i < 2; i++) {
            cr_assert(eq(i64, events[i].job, next_out++));
            event_clear(&events[i]);
        }
    }
    event_queue_free(queue);
}

Test(event, no_more_is_taken_than_there_is_room_for)
{
    struct event_queue *queue = event_queue_new(4);
    struct event events[4];

    for (int i = 0; i < 4; i++)
        put(queue, i);
    cr_assert(eq(sz, event_queue_take(queue, INT64_MAX, events, 3), 3));
    cr_assert(eq(sz, event_queue_take(queue, INT64_MAX, events + 3, 3), 1));
    for (int i = 0; i < 4; i++) {
        cr_assert(eq(i64, events[i].job, i));
        event_clear(&events[i]);
    }
    event_queue_free(queue);
}

Test(event, an_empty_queue_is_left_at_the_deadline)
{
    struct event_queue *queue = event_queue_new(1);
    struct event event;

    cr_assert(eq(sz, event_queue_take(queue, NO_WAIT, &event, 1), 0));
    cr_assert(eq(sz, event_queue_take(queue, -1, &event, 1), 0));
    event_queue_free(queue);
}

Test(event, what_was_never_taken_is_freed_with_the_queue)
{
    struct event_queue *queue = event_queue_new(2);
    struct event event = { .kind = EVENT_ENDED, .stderr_tail = strdup("tail") };

    event.reports.items = calloc(1, sizeof *event.reports.items);
    event.reports.seen.items = calloc(1, sizeof(char *));
    event.reports.seen.items[0] = strdup("name");
    event.reports.seen.count = 1;
    event_queue_put(queue, &event);
    event_queue_free(queue);
    event_clear(&event); /* zeroed */
    event_clear(NULL);
}

static void *put_many(void *context)
{
    for (int64_t i = 0; i < 1000; i++)
        put(context, i);
    return NULL;
}

Test(event, a_full_queue_holds_back_who_puts_in)
{
    struct event_queue *queue = event_queue_new(2);
    struct event events[8];
    pthread_t thread;
    int64_t next = 0;

    cr_assert(eq(int, pthread_create(&thread, NULL, put_many, queue), 0));
    while (next < 1000) {
        size_t count = event_queue_take(queue, INT64_MAX, events, 8);

        cr_assert(le(sz, count, 2));
        for (size_t i = 0; i < count; i++) {
            cr_assert(eq(i64, events[i].job, next++));
            event_clear(&events[i]);
        }
    }
    (void)pthread_join(thread, NULL);
    event_queue_free(queue);
}

struct asking {
    struct event_queue *queue;
    struct request request;
    struct assay_error err;
    bool answer;
};

static void *ask(void *context)
{
    struct asking *asking = context;

    asking->answer = event_queue_ask(asking->queue, &asking->request, &asking->err);
    return NULL;
}

Test(event, who_asks_waits_for_the_answer_and_gets_the_error)
{
    struct asking asking = { .queue = event_queue_new(1), .request = { .kind = REQUEST_CANCEL } };
    struct event event;
    pthread_t thread;

    cr_assert(eq(int, pthread_create(&thread, NULL, ask, &asking), 0));
    cr_assert(eq(sz, event_queue_take(asking.queue, INT64_MAX, &event, 1), 1));
    cr_assert(event.request == &asking.request);
    cr_assert(not(event.request->is_answered));
    event.request->is_ok =
        assay_fail(&event.request->err, ASSAY_NOT_FOUND, NULL, "there is no such job");
    event_queue_answer(event.request);
    (void)pthread_join(thread, NULL);
    cr_assert(not(asking.answer));
    cr_assert(eq(int, (int)asking.err.code, ASSAY_NOT_FOUND));
    event_queue_free(asking.queue);
}

static void count_answer(struct request *request)
{
    (*(int *)request->asker)++;
}

Test(event, who_does_not_wait_is_told_once_by_whoever_answers)
{
    struct event_queue *queue = event_queue_new(2);
    int answers = 0;
    struct request first = { .kind = REQUEST_CANCEL,
                             .on_answered = count_answer,
                             .asker = &answers };
    struct request second = first;
    struct event event;

    event_queue_tell(queue, &first);
    event_queue_tell(queue, &second);
    cr_assert(eq(sz, event_queue_take(queue, INT64_MAX, &event, 1), 1));
    cr_assert(zero(int, answers));
    event_queue_answer(event.request);
    cr_assert(first.is_answered);
    cr_assert(eq(int, answers, 1));
    event_queue_close(queue);
    cr_assert(eq(int, answers, 2), "also who is refused");
    cr_assert(eq(int, (int)second.err.code, ASSAY_UNAVAILABLE));
    event_queue_free(queue);
}

Test(event, a_closed_queue_refuses_what_lies_in_it_and_what_comes)
{
    struct asking asking = { .queue = event_queue_new(1), .request = { .kind = REQUEST_STOP } };
    struct event lying = { .kind = EVENT_REQUEST, .request = &asking.request };
    struct event coming = numbered(1);
    struct event taken;

    event_queue_put(asking.queue, &lying);
    event_queue_close(asking.queue);
    cr_assert(asking.request.is_answered);
    cr_assert(not(asking.request.is_ok));
    cr_assert(eq(int, (int)asking.request.err.code, ASSAY_UNAVAILABLE));
    event_queue_put(asking.queue, &coming);
    cr_assert(coming.text == NULL);
    cr_assert(eq(sz, event_queue_take(asking.queue, NO_WAIT, &taken, 1), 0));
    asking.request.is_answered = false;
    (void)ask(&asking);
    cr_assert(not(asking.answer));
    event_queue_free(asking.queue);
}

/* A submission owns a spec, which nobody else frees when it is refused. */
Test(event, a_refused_submission_is_freed)
{
    struct event_queue *queue = event_queue_new(1);
    struct request request = { .kind = REQUEST_SUBMIT };
    struct assay_error err = { 0 };

    request.spec = calloc(1, sizeof *request.spec);
    cr_assert(request.spec != NULL);
    event_queue_close(queue);
    cr_assert(not(event_queue_ask(queue, &request, &err)));
    cr_assert(request.spec == NULL);
    event_queue_free(queue);
}

Test(event, closing_lets_go_of_those_who_wait_for_room)
{
    struct event_queue *queue = event_queue_new(1);
    pthread_t thread;
    struct event event;

    cr_assert(eq(int, pthread_create(&thread, NULL, put_many, queue), 0));
    cr_assert(eq(sz, event_queue_take(queue, INT64_MAX, &event, 1), 1));
    event_clear(&event);
    event_queue_close(queue);
    (void)pthread_join(thread, NULL);
    event_queue_free(queue);
}
