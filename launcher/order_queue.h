/*
 * launcher/order_queue.h - what any thread wants of the supervisor, in the order in which it was
 * asked for. put and close may be called by any thread, take by one.
 */
#ifndef LAUNCHER_ORDER_QUEUE_H
#define LAUNCHER_ORDER_QUEUE_H

#include "launcher/attempt_table.h"

#include <pthread.h>

/* Start or adopt attempt; without one, stop what key names. */
struct order {
    struct attempt *attempt;
    struct attempt_key key;
    enum stop_manner manner;
};

struct order_list {
    struct order *items;
    size_t count;
    size_t capacity;
};

struct order_queue {
    int wake; /* an eventfd: readable when there is something to take, or the queue is closed */
    struct order_list taken; /* the taker's */
    pthread_mutex_t mutex;   /* guards waiting and is_closed */
    struct order_list waiting;
    bool is_closed;
};

bool order_queue_init(struct order_queue *queue, struct assay_error *err);
void order_queue_clear(struct order_queue *queue); /* with wake -1 for what was never inited */

/* Takes the order's attempt on success only. */
bool order_queue_put(struct order_queue *queue, const struct order *order, struct assay_error *err);
void order_queue_close(struct order_queue *queue);

/* All that wait, valid until the next take; attempts are the caller's. False when closed. */
bool order_queue_take(struct order_queue *queue, struct order **orders, size_t *count);

#endif
