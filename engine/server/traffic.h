/*
 * engine/server/traffic.h - what goes through the doors, counted. Any thread.
 */
#ifndef ENGINE_SERVER_TRAFFIC_H
#define ENGINE_SERVER_TRAFFIC_H

#include <stdatomic.h>
#include <stdint.h>

enum { TRAFFIC_STATUS_MAX = 600 };

/* Zero it to start. */
struct traffic {
    int64_t start_us;                            /* on the monotonic clock */
    atomic_ullong by_status[TRAFFIC_STATUS_MAX]; /* answers */
    atomic_int connections;                      /* open now */
};

static inline void traffic_count(struct traffic *traffic, int status)
{
    if (status >= 0 && status < TRAFFIC_STATUS_MAX)
        (void)atomic_fetch_add_explicit(&traffic->by_status[status], 1, memory_order_relaxed);
}

#endif
