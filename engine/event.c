#include "engine/event.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct event_queue {
    pthread_mutex_t mutex; /* guards items, first, count, is_closed */
    pthread_cond_t is_filled;
    pthread_cond_t is_drained;
    struct event *items; /* a ring */
    size_t capacity, first, count;
    bool is_closed;
};

void event_clear(struct event *event)
{
    if (!event)
        return;
    free(event->reports.items);
    for (size_t i = 0; i < event->reports.seen.count; i++)
        free(event->reports.seen.items[i]);
    free(event->reports.seen.items);
    free(event->stderr_tail);
    free(event->text);
    search_task_free(event->task);
    *event = (struct event){ 0 };
}

void request_drop_spec(struct request *request)
{
    job_spec_free(request->spec);
    request->spec = NULL;
}

struct event_queue *event_queue_new(size_t capacity)
{
    struct event_queue *queue = calloc(1, sizeof *queue);
    pthread_condattr_t monotonic;

    if (!queue)
        return NULL;
    queue->items = calloc(capacity, sizeof *queue->items);
    if (!queue->items) {
        free(queue);
        return NULL;
    }
    queue->capacity = capacity;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&queue->mutex, NULL);
    (void)pthread_cond_init(&queue->is_filled, &monotonic);
    (void)pthread_cond_init(&queue->is_drained, NULL);
    (void)pthread_condattr_destroy(&monotonic);
    return queue;
}

void event_queue_free(struct event_queue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->count; i++)
        event_clear(&queue->items[(queue->first + i) % queue->capacity]);
    (void)pthread_cond_destroy(&queue->is_drained);
    (void)pthread_cond_destroy(&queue->is_filled);
    (void)pthread_mutex_destroy(&queue->mutex);
    free(queue->items);
    free(queue);
}

/* Nobody will look at it. */
static void event_refuse(struct event *event)
{
    if (event->kind == EVENT_REQUEST) {
        request_drop_spec(event->request);
        event->request->is_ok =
            assay_fail(&event->request->err, ASSAY_UNAVAILABLE, NULL, "the engine is ending");
        event_queue_answer(event->request);
    }
    event_clear(event);
}

void event_queue_put(struct event_queue *queue, struct event *event)
{
    bool is_refused = false;

    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->count == queue->capacity && !queue->is_closed)
        (void)pthread_cond_wait(&queue->is_drained, &queue->mutex);
    is_refused = queue->is_closed;
    if (!is_refused)
        queue->items[(queue->first + queue->count++) % queue->capacity] = *event;
    (void)pthread_cond_signal(&queue->is_filled);
    (void)pthread_mutex_unlock(&queue->mutex);
    if (is_refused)
        event_refuse(event);
    else
        *event = (struct event){ 0 };
}

/* One at a time, since nobody is woken under the lock. */
static bool take_one(struct event_queue *queue, struct event *event)
{
    bool is_taken = false;

    (void)pthread_mutex_lock(&queue->mutex);
    is_taken = queue->count > 0;
    if (is_taken) {
        *event = queue->items[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
    }
    (void)pthread_mutex_unlock(&queue->mutex);
    return is_taken;
}

void event_queue_close(struct event_queue *queue)
{
    struct event event;

    (void)pthread_mutex_lock(&queue->mutex);
    queue->is_closed = true;
    (void)pthread_cond_broadcast(&queue->is_drained);
    (void)pthread_mutex_unlock(&queue->mutex);
    while (take_one(queue, &event))
        event_refuse(&event);
}

size_t event_queue_take(struct event_queue *queue, int64_t deadline_us, struct event *events,
                        size_t max)
{
    int64_t due = deadline_us > 0 ? deadline_us : 0;
    struct timespec until = { .tv_sec = (time_t)(due / 1000000),
                              .tv_nsec = (long)(due % 1000000) * 1000 };
    size_t taken = 0;
    int code = 0;

    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0 && code == 0)
        code = deadline_us == INT64_MAX
                   ? pthread_cond_wait(&queue->is_filled, &queue->mutex)
                   : pthread_cond_timedwait(&queue->is_filled, &queue->mutex, &until);
    for (; taken < max && queue->count > 0; taken++, queue->count--) {
        events[taken] = queue->items[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
    }
    (void)pthread_cond_broadcast(&queue->is_drained);
    (void)pthread_mutex_unlock(&queue->mutex);
    return taken;
}

void event_queue_tell(struct event_queue *queue, struct request *request)
{
    struct event event = { .kind = EVENT_REQUEST, .request = request };

    event_queue_put(queue, &event);
}

bool event_queue_ask(struct event_queue *queue, struct request *request, struct assay_error *err)
{
    (void)sem_init(&request->answered, 0, 0);
    event_queue_tell(queue, request);
    while (sem_wait(&request->answered) != 0)
        continue; /* a signal was handled */
    (void)sem_destroy(&request->answered);
    if (!request->is_ok)
        *err = request->err;
    return request->is_ok;
}

void event_queue_answer(struct request *request)
{
    request->is_answered = true;
    if (request->on_answered)
        request->on_answered(request);
    else
        (void)sem_post(&request->answered); /* from here on the request may be gone */
}
