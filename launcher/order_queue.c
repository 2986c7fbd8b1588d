#include "launcher/order_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool order_queue_init(struct order_queue *queue, struct assay_error *err)
{
    *queue = (struct order_queue){ .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    if (queue->wake < 0)
        return assay_fail_errno(err, errno, "eventfd");
    (void)pthread_mutex_init(&queue->mutex, NULL); /* a plain one cannot fail on Linux */
    return true;
}

void order_queue_clear(struct order_queue *queue)
{
    if (!queue || queue->wake < 0)
        return;
    for (size_t i = 0; i < queue->waiting.count; i++)
        attempt_free(queue->waiting.items[i].attempt);
    free(queue->waiting.items);
    free(queue->taken.items);
    (void)pthread_mutex_destroy(&queue->mutex);
    (void)close(queue->wake);
    *queue = (struct order_queue){ .wake = -1 };
}

static bool append(struct order_list *list, const struct order *order)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct order *items = realloc(list->items, capacity * sizeof *items);

        if (!items)
            return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *order;
    return true;
}

/* Only the first of a batch wakes the taker. */
static void wake_taker(const struct order_queue *queue)
{
    const uint64_t one = 1;

    (void)!write(queue->wake, &one, sizeof one); /* fails only when it is readable already */
}

bool order_queue_put(struct order_queue *queue, const struct order *order, struct assay_error *err)
{
    bool is_put = false;
    bool is_first = false;

    (void)pthread_mutex_lock(&queue->mutex);
    is_first = queue->waiting.count == 0;
    is_put = append(&queue->waiting, order);
    (void)pthread_mutex_unlock(&queue->mutex);
    if (!is_put)
        return assay_fail_memory(err);
    if (is_first)
        wake_taker(queue);
    return true;
}

void order_queue_close(struct order_queue *queue)
{
    (void)pthread_mutex_lock(&queue->mutex);
    queue->is_closed = true;
    (void)pthread_mutex_unlock(&queue->mutex);
    wake_taker(queue);
}

bool order_queue_take(struct order_queue *queue, struct order **orders, size_t *count)
{
    struct order_list waiting;
    uint64_t woken = 0;
    bool is_closed = false;

    (void)!read(queue->wake, &woken, sizeof woken);
    (void)pthread_mutex_lock(&queue->mutex);
    waiting = queue->waiting;
    queue->waiting = queue->taken;
    queue->waiting.count = 0;
    is_closed = queue->is_closed;
    (void)pthread_mutex_unlock(&queue->mutex);
    queue->taken = waiting;
    *orders = waiting.items;
    *count = waiting.count;
    return !is_closed;
}
