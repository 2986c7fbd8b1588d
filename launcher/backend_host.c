#include "launcher/adoption.h"
#include "launcher/attempt_table.h"
#include "launcher/nursery.h"
#include "launcher/order_queue.h"
#include "launcher/quiet_thread.h"

#include "launcher/shim/process.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * SEND_TRIES: a nursery that dies over a request may not take the next one along for ever.
 * FRUITLESS_MAX: so many nurseries in a row that started nothing mean that none can.
 * LOOK_FIRST_US: how soon to look again for attempts that could not be looked at or forbidden, for
 * lack of descriptors or of a disk that can be written; twice as long each time, up to
 * LOOK_LONGEST_US.
 */
enum {
    SEND_TRIES = 2,
    FRUITLESS_MAX = 3,
    LOOK_FIRST_US = 200 * 1000,
    LOOK_LONGEST_US = 2 * 1000 * 1000,
    EVENTS_MAX = 64
};

/* All but orders belongs to the supervisor thread. */
struct host {
    struct launcher launcher;
    char *shim_path;
    struct host_options options; /* shim_path points to the copy above */
    struct order_queue orders;
    pthread_t supervisor;
    int epoll;
    struct nursery nursery;
    int fruitless_count; /* nurseries started since one last replied */
    bool is_full;        /* the socket to the nursery takes no more for now */
    struct attempt_table attempts;
    struct attempt_list outbox;   /* no reply yet: those sent, then those to be sent */
    struct attempt *next_to_send; /* in outbox; NULL when all are sent */
    size_t sent_bytes;            /* of next_to_send */
    size_t unwatched_count;
    int64_t look_us; /* monotonic: when to look for those next */
    int64_t look_pause_us;
};

static void tell(struct host *host, const struct ending *ending)
{
    host->options.on_ended(host->options.context, ending);
}

static void forget(struct host *host, struct attempt *attempt)
{
    host->unwatched_count -= attempt->is_unwatched;
    attempt_table_remove(&host->attempts, attempt);
    attempt_free(attempt);
}

static void signal_shim(const struct attempt *attempt)
{
    int number = attempt->stop_manner == STOP_NOW ? SIGINT : SIGTERM;

    /* It may just have ended, which its descriptor tells in a moment. */
    (void)syscall(SYS_pidfd_send_signal, attempt->pidfd, number, NULL, 0);
}

/* Not later than was planned for others. */
static void look_soon(struct host *host)
{
    int64_t soon_us = assay_mono_us(host->options.env) + LOOK_FIRST_US;

    if (host->unwatched_count == 0 || soon_us < host->look_us)
        host->look_us = soon_us;
    host->look_pause_us = LOOK_FIRST_US;
}

static void watch(struct host *host, struct attempt *attempt, int pidfd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = attempt };
    bool is_watched = pidfd >= 0 && epoll_ctl(host->epoll, EPOLL_CTL_ADD, pidfd, &event) == 0;

    if (!is_watched && pidfd >= 0)
        (void)close(pidfd);
    if (!is_watched && !attempt->is_unwatched)
        look_soon(host);
    host->unwatched_count += (size_t)!is_watched - (size_t)attempt->is_unwatched;
    attempt->is_unwatched = !is_watched;
    attempt->pidfd = is_watched ? pidfd : -1;
    if (is_watched && attempt->is_stop_wanted)
        signal_shim(attempt);
}

static void say_unclaimed(struct host *host, const struct attempt *attempt, const char *why)
{
    if (!attempt->is_unwatched)
        assay_log(host->options.env, ASSAY_LOG_WARNING,
                  "not begun, but it cannot be forbidden to begin yet trial=%lld attempt=%d: %s",
                  (long long)attempt->key.trial, attempt->key.attempt, why);
}

/* Finds out what became of it. reason: why it was not started, if it was not; NULL for none. */
static void settle(struct host *host, struct attempt *attempt, const char *reason)
{
    struct ending ending = { 0 };
    int pidfd = -1;
    int64_t now_us = assay_wall_us(host->options.env);
    enum adoption found = adoption_look(attempt->dir, attempt->key, now_us, &ending, &pidfd);

    if (found == ADOPTION_UNCLAIMED && attempt->is_shimless)
        found = ADOPTION_ENDED;
    switch (found) {
    case ADOPTION_ENDED:
        if (reason && ending.kind == ENDING_NOT_STARTED && ending.detail[0] == '\0')
            (void)snprintf(ending.detail, sizeof ending.detail, "%s", reason);
        forget(host, attempt);
        tell(host, &ending);
        return;
    case ADOPTION_UNCLAIMED:
        say_unclaimed(host, attempt, ending.detail);
        watch(host, attempt, -1);
        return;
    case ADOPTION_RUNNING:
    case ADOPTION_UNKNOWN:
        watch(host, attempt, pidfd);
        return;
    }
}

/* Its shim is gone, or it was never sent. */
static void settle_shimless(struct host *host, struct attempt *attempt, const char *reason)
{
    attempt->is_shimless = attempt->has_one_shim;
    settle(host, attempt, reason);
}

static void leave_outbox(struct host *host, struct attempt *attempt)
{
    if (host->next_to_send == attempt) {
        host->next_to_send = TAILQ_NEXT(attempt, in_outbox);
        host->sent_bytes = 0;
    }
    TAILQ_REMOVE(&host->outbox, attempt, in_outbox);
    attempt->is_in_outbox = false;
    free(attempt->request);
    attempt->request = NULL;
}

/* No nursery can be had: nothing in the outbox will start. */
static void give_up_outbox(struct host *host, const char *reason)
{
    struct attempt *attempt = NULL;

    assay_log(host->options.env, ASSAY_LOG_ERROR, "attempts cannot be started reason=\"%s\"",
              reason);
    while ((attempt = TAILQ_FIRST(&host->outbox))) {
        leave_outbox(host, attempt);
        settle_shimless(host, attempt, reason);
    }
    host->fruitless_count = 0;
}

/*
 * What had been sent without a reply is sent again to the next nursery: should the old one have
 * started it after all, the claim keeps the second shim from doing so too.
 */
static void nursery_lost(struct host *host)
{
    struct attempt *attempt = TAILQ_FIRST(&host->outbox);
    struct attempt *unsent = host->next_to_send;

    (void)epoll_ctl(host->epoll, EPOLL_CTL_DEL, host->nursery.socket, NULL);
    nursery_stop(&host->nursery);
    host->is_full = false;
    while (attempt && attempt != unsent) {
        struct attempt *next = TAILQ_NEXT(attempt, in_outbox);

        attempt->has_one_shim = false;
        if (++attempt->send_count >= SEND_TRIES) {
            leave_outbox(host, attempt);
            settle(host, attempt, "the process that starts attempts died twice over it");
        }
        attempt = next;
    }
    host->next_to_send = TAILQ_FIRST(&host->outbox);
    host->sent_bytes = 0;
}

static bool need_nursery(struct host *host)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = &host->nursery };
    struct assay_error err = { 0 };

    if (host->nursery.socket >= 0)
        return true;
    if (host->fruitless_count++ >= FRUITLESS_MAX) {
        give_up_outbox(host, "the process that starts attempts dies again and again");
        return false;
    }
    if (!nursery_start(&host->nursery, host->shim_path, &err)) {
        give_up_outbox(host, err.message);
        return false;
    }
    if (epoll_ctl(host->epoll, EPOLL_CTL_ADD, host->nursery.socket, &event) == 0)
        return true;
    nursery_stop(&host->nursery);
    give_up_outbox(host, "the process that starts attempts cannot be watched");
    return false;
}

static void wait_for_room(struct host *host, bool is_full)
{
    struct epoll_event event = { .events = EPOLLIN | (is_full ? (uint32_t)EPOLLOUT : 0),
                                 .data.ptr = &host->nursery };

    if (host->is_full != is_full &&
        epoll_ctl(host->epoll, EPOLL_CTL_MOD, host->nursery.socket, &event) == 0)
        host->is_full = is_full;
}

static void send_outbox(struct host *host)
{
    while (host->next_to_send && need_nursery(host) && host->next_to_send) {
        const struct attempt *attempt = host->next_to_send;

        switch (nursery_send(&host->nursery, attempt->request, attempt->request_size,
                             &host->sent_bytes)) {
        case NURSERY_DONE:
            host->next_to_send = TAILQ_NEXT(attempt, in_outbox);
            host->sent_bytes = 0;
            break;
        case NURSERY_AGAIN:
            wait_for_room(host, true);
            return;
        case NURSERY_DEAD:
            nursery_lost(host);
            break;
        }
    }
    if (host->nursery.socket >= 0)
        wait_for_room(host, false);
}

static void take_reply(struct host *host, const struct shim_reply *reply, int pidfd)
{
    struct attempt_key key = { reply->trial, reply->attempt, reply->replica };
    struct attempt *attempt = attempt_table_find(&host->attempts, key);
    char reason[128];

    host->fruitless_count = 0;
    if (!attempt || !attempt->is_in_outbox) {
        if (pidfd >= 0)
            (void)close(pidfd);
        return;
    }
    leave_outbox(host, attempt);
    if (reply->kind == SHIM_REFUSED)
        settle_shimless(host, attempt, strerror_r(reply->error, reason, sizeof reason));
    else if (pidfd >= 0)
        watch(host, attempt, pidfd);
    else /* no descriptor was left for it, and its shim may have ended already */
        settle(host, attempt, "no file descriptor is left to watch it with");
}

static void hear_nursery(struct host *host)
{
    for (;;) {
        struct shim_reply reply = { 0 };
        int pidfd = -1;

        switch (nursery_receive(&host->nursery, &reply, &pidfd)) {
        case NURSERY_DONE:
            take_reply(host, &reply, pidfd);
            break;
        case NURSERY_AGAIN:
            return;
        case NURSERY_DEAD:
            assay_log(host->options.env, ASSAY_LOG_WARNING,
                      "the process that starts attempts has died pid=%ld", (long)host->nursery.pid);
            nursery_lost(host);
            return;
        }
    }
}

static void shim_ended(struct host *host, struct attempt *attempt)
{
    /* Closing alone is not enough: the nursery may not have closed its copy yet. */
    (void)epoll_ctl(host->epoll, EPOLL_CTL_DEL, attempt->pidfd, NULL);
    (void)close(attempt->pidfd);
    attempt->pidfd = -1;
    settle_shimless(host, attempt, "its shim could not begin");
}

static void obey_start(struct host *host, struct attempt *attempt)
{
    if (attempt_table_find(&host->attempts, attempt->key)) {
        assay_log(host->options.env, ASSAY_LOG_WARNING,
                  "started or adopted twice, the second is ignored trial=%lld attempt=%d",
                  (long long)attempt->key.trial, attempt->key.attempt);
        attempt_free(attempt);
        return;
    }
    attempt_table_add(&host->attempts, attempt);
    if (!attempt->request) {
        settle(host, attempt, NULL);
        return;
    }
    attempt->has_one_shim = true;
    attempt->is_in_outbox = true;
    TAILQ_INSERT_TAIL(&host->outbox, attempt, in_outbox);
    if (!host->next_to_send)
        host->next_to_send = attempt;
}

static void obey_stop(struct host *host, const struct order *order)
{
    struct attempt *attempt = attempt_table_find(&host->attempts, order->key);

    if (!attempt || (attempt->is_stop_wanted && attempt->stop_manner == STOP_NOW))
        return;
    attempt->is_stop_wanted = true;
    attempt->stop_manner = order->manner;
    if (attempt->pidfd >= 0)
        signal_shim(attempt);
}

/* False once the queue is closed: then what was asked to stop is stopped, and nothing started. */
static bool obey_orders(struct host *host)
{
    struct order *orders = NULL;
    size_t count = 0;
    bool is_open = order_queue_take(&host->orders, &orders, &count);

    for (size_t i = 0; i < count; i++) {
        if (!orders[i].attempt)
            obey_stop(host, &orders[i]);
        else if (is_open)
            obey_start(host, orders[i].attempt);
        else
            attempt_free(orders[i].attempt);
    }
    return is_open;
}

/* Until the next look, in what epoll_wait() counts: -1 when there is nothing to look for. */
static int look_wait_ms(const struct host *host)
{
    int64_t left_us = host->look_us - assay_mono_us(host->options.env);

    if (host->unwatched_count == 0)
        return -1;
    return left_us > 0 ? (int)((left_us + 999) / 1000) : 0;
}

static void look_again(struct host *host)
{
    struct attempt *next = NULL;

    host->look_pause_us *= host->look_pause_us * 2 <= LOOK_LONGEST_US ? 2 : 1;
    host->look_us = assay_mono_us(host->options.env) + host->look_pause_us;
    for (struct attempt *attempt = attempt_table_first(&host->attempts); attempt; attempt = next) {
        next = attempt_table_next(&host->attempts, attempt);
        if (attempt->is_unwatched)
            settle(host, attempt, NULL);
    }
}

/* The only place that waits. */
static void *supervise(void *context)
{
    struct host *host = context;
    struct epoll_event events[EVENTS_MAX];
    bool is_open = true;

    while (is_open) {
        int count = epoll_wait(host->epoll, events, EVENTS_MAX, look_wait_ms(host));

        for (int i = 0; i < count && is_open; i++) {
            void *source = events[i].data.ptr;

            if (source == &host->orders)
                is_open = obey_orders(host);
            else if (source != &host->nursery)
                shim_ended(host, source);
            else if (host->nursery.socket >= 0)
                hear_nursery(host);
        }
        if (look_wait_ms(host) == 0)
            look_again(host);
        if (is_open)
            send_outbox(host);
    }
    return NULL;
}

/* The value of ASSAY_ATTEMPT, "" without one. */
static const char *find_tag(char *const *envp)
{
    static const char name[] = "ASSAY_ATTEMPT=";

    for (; *envp; envp++) {
        if (strncmp(*envp, name, sizeof name - 1) == 0)
            return *envp + sizeof name - 1;
    }
    return "";
}

static bool check_launch(const struct launch *launch, const char *tag, struct assay_error *err)
{
    assert(launch->replica_count == 1);
    if (launch->replicas[0].dir[0] != '/')
        return assay_fail(err, ASSAY_INVALID, NULL, "attempt's folder %s is not absolute",
                          launch->replicas[0].dir);
    if (strlen(tag) >= PROCESS_TAG_TEXT || strpbrk(tag, "\r\n"))
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "ASSAY_ATTEMPT must be one line of less than %d bytes", PROCESS_TAG_TEXT);
    return true;
}

static bool host_start(struct launcher *launcher, const struct launch *launch,
                       struct assay_error *err)
{
    struct host *host = (struct host *)launcher;
    const char *tag = find_tag(launch->replicas[0].envp);
    struct order order = { 0 };

    if (!check_launch(launch, tag, err))
        return false;
    order.attempt = attempt_new(launch->key, launch->replicas[0].dir, err);
    if (!order.attempt)
        return false;
    order.attempt->request = shim_request_encode(launch, tag, &order.attempt->request_size, err);
    if (order.attempt->request && order_queue_put(&host->orders, &order, err))
        return true;
    attempt_free(order.attempt);
    return false;
}

static bool host_adopt(struct launcher *launcher, const struct launch *launch,
                       struct assay_error *err)
{
    struct host *host = (struct host *)launcher;
    struct order order = { .attempt = attempt_new(launch->key, launch->replicas[0].dir, err) };

    if (order.attempt && order_queue_put(&host->orders, &order, err))
        return true;
    attempt_free(order.attempt);
    return false;
}

static void host_stop(struct launcher *launcher, struct attempt_key key, enum stop_manner manner)
{
    struct host *host = (struct host *)launcher;
    struct order order = { .key = key, .manner = manner };
    struct assay_error err = { 0 };

    if (!order_queue_put(&host->orders, &order, &err))
        assay_log(host->options.env, ASSAY_LOG_ERROR,
                  "an attempt is not stopped trial=%lld attempt=%d reason=\"%s\"",
                  (long long)key.trial, key.attempt, err.message);
}

static void host_dispose(struct host *host)
{
    nursery_stop(&host->nursery);
    attempt_table_clear(&host->attempts);
    order_queue_clear(&host->orders);
    if (host->epoll >= 0)
        (void)close(host->epoll);
    free(host->shim_path);
    free(host);
}

static void host_free(struct launcher *launcher)
{
    struct host *host = (struct host *)launcher;

    order_queue_close(&host->orders);
    (void)pthread_join(host->supervisor, NULL);
    host_dispose(host);
}

static const struct launcher_ops host_ops = {
    .start = host_start,
    .adopt = host_adopt,
    .stop = host_stop,
    .free = host_free,
};

static bool start_supervisor(struct host *host, struct assay_error *err)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = &host->orders };
    int error = 0;

    if (epoll_ctl(host->epoll, EPOLL_CTL_ADD, host->orders.wake, &event) < 0)
        return assay_fail_errno(err, errno, "launcher");
    event.data.ptr = &host->nursery;
    if (epoll_ctl(host->epoll, EPOLL_CTL_ADD, host->nursery.socket, &event) < 0)
        return assay_fail_errno(err, errno, "launcher");
    error = quiet_thread_start(&host->supervisor, supervise, host);
    return error ? assay_fail_errno(err, error, "launcher's thread") : true;
}

struct launcher *launcher_host_new(const struct host_options *options, struct assay_error *err)
{
    struct host *host = calloc(1, sizeof *host);

    if (!host) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    host->launcher.ops = &host_ops;
    host->options = *options;
    host->nursery.socket = -1;
    host->orders.wake = -1;
    TAILQ_INIT(&host->outbox);
    host->epoll = epoll_create1(EPOLL_CLOEXEC);
    host->shim_path = strdup(options->shim_path);
    host->options.shim_path = host->shim_path;
    if (host->epoll < 0)
        (void)assay_fail_errno(err, errno, "launcher");
    else if (!host->shim_path)
        (void)assay_fail_memory(err);
    else if (order_queue_init(&host->orders, err) &&
             nursery_start(&host->nursery, host->shim_path, err) && start_supervisor(host, err))
        return &host->launcher;
    host_dispose(host);
    return NULL;
}
