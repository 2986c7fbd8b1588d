#include "engine/live/live.h"

#include "engine/live/folders.h"
#include "engine/live/ring.h"
#include "engine/thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TOPIC_BUCKETS = 256 };

struct live_topic {
    int64_t job;
    uint64_t noted, newest;         /* numbers of its changes: the last one written, published */
    uint64_t noted_job, newest_job; /* … of those of the job itself */
    struct subscriber *first;
    struct live_topic *next;         /* of the same bucket */
    struct live_topic *next_touched; /* of those with changes that are not published yet */
    bool is_touched;
};

struct live_queue {
    struct subscriber *first, *last;
};

struct live {
    uint64_t epoch;
    pthread_mutex_t mutex; /* guards all below but folders */
    struct ring *ring;
    struct live_topic *topics[TOPIC_BUCKETS];
    struct live_topic *first_touched;
    struct live_queue ready;       /* to be told now … */
    struct live_queue gathering;   /* … and the patient ones, all of them … */
    int64_t gathered_us;           /* … then, by the clock of poll() */
    const struct subscriber *told; /* whose on_ready is being called */
    pthread_cond_t is_told;
    int impatient;           /* subscribers that are … */
    int64_t soon_us;         /* … and when they are told */
    struct folders *folders; /* NULL where there can be none; stays as long as the thread */
    pthread_t thread;
    bool has_thread;
    bool is_ended;
    int bell; /* eventfd: somebody is ready, or it is over; -1 before there is a thread */
};

struct live *live_new(const struct assay_env *env, size_t capacity, struct assay_error *err)
{
    struct live *live = calloc(1, sizeof *live);

    if (!live) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    live->bell = -1;
    (void)pthread_mutex_init(&live->mutex, NULL);
    (void)pthread_cond_init(&live->is_told, NULL);
    live->ring = ring_new(capacity);
    if (!live->ring)
        (void)assay_fail_memory(err);
    else if (!env->entropy(env->context, &live->epoch, sizeof live->epoch))
        (void)assay_fail(err, ASSAY_INTERNAL, NULL, "the system gives no random numbers");
    else
        return live;
    live_free(live);
    return NULL;
}

static void ring_bell(const struct live *live)
{
    uint64_t one = 1;

    (void)!write(live->bell, &one, sizeof one);
}

void live_free(struct live *live)
{
    if (!live)
        return;
    if (live->has_thread) {
        (void)pthread_mutex_lock(&live->mutex);
        live->is_ended = true;
        (void)pthread_mutex_unlock(&live->mutex);
        ring_bell(live);
        (void)pthread_join(live->thread, NULL);
    }
    if (live->bell >= 0)
        (void)close(live->bell);
    folders_free(live->folders);
    ring_free(live->ring);
    (void)pthread_cond_destroy(&live->is_told);
    (void)pthread_mutex_destroy(&live->mutex);
    free(live);
}

uint64_t live_epoch(const struct live *live)
{
    return live->epoch;
}

static struct live_topic **bucket_of(struct live *live, int64_t job)
{
    return &live->topics[(uint64_t)job % TOPIC_BUCKETS];
}

static struct live_topic *find_topic(struct live *live, int64_t job)
{
    struct live_topic *topic = *bucket_of(live, job);

    while (topic && topic->job != job)
        topic = topic->next;
    return topic;
}

static void push(struct live_queue *queue, struct subscriber *subscriber)
{
    subscriber->queue = queue;
    subscriber->previous_queued = queue->last;
    subscriber->next_queued = NULL;
    if (queue->last)
        queue->last->next_queued = subscriber;
    else
        queue->first = subscriber;
    queue->last = subscriber;
}

static void drop(struct subscriber *subscriber)
{
    struct live_queue *queue = subscriber->queue;

    if (!queue)
        return;
    subscriber->queue = NULL;
    if (subscriber->previous_queued)
        subscriber->previous_queued->next_queued = subscriber->next_queued;
    else
        queue->first = subscriber->next_queued;
    if (subscriber->next_queued)
        subscriber->next_queued->previous_queued = subscriber->previous_queued;
    else
        queue->last = subscriber->previous_queued;
}

static int64_t now_us(void)
{
    return assay_mono_us(assay_env_system());
}

static int64_t from_now_us(int ms)
{
    return now_us() + ms * INT64_C(1000);
}

/* The topic has, or may have, changes that are not published yet. */
static void await_commit(struct live *live, struct live_topic *topic)
{
    if (topic->is_touched)
        return;
    topic->is_touched = true;
    topic->next_touched = live->first_touched;
    live->first_touched = topic;
}

static void touch(struct live *live, const struct change *change, uint64_t number)
{
    struct live_topic *topic = find_topic(live, change->job);

    if (!topic)
        return;
    topic->noted = number;
    if (change->kind == CHANGE_JOB)
        topic->noted_job = number;
    await_commit(live, topic);
}

void live_note(struct live *live, const struct change *change)
{
    (void)pthread_mutex_lock(&live->mutex);
    touch(live, change, ring_add(live->ring, change));
    (void)pthread_mutex_unlock(&live->mutex);
}

static void forget_impatience(struct live *live, struct subscriber *subscriber)
{
    live->impatient -= subscriber->is_impatient;
    subscriber->is_impatient = false;
}

/* True: the thread has to know, now. */
static bool wake(struct live *live, struct subscriber *subscriber)
{
    bool is_first = !live->gathering.first;

    if (!subscriber->is_asleep)
        return false;
    subscriber->is_asleep = false;
    forget_impatience(live, subscriber);
    if (subscriber->queue) /* it has looked before it was told */
        return false;
    push(subscriber->is_patient ? &live->gathering : &live->ready, subscriber);
    if (!subscriber->is_patient)
        return true;
    if (is_first)
        live->gathered_us = from_now_us(LIVE_GATHER_MS);
    return is_first;
}

void live_publish(struct live *live)
{
    bool is_news = false;

    (void)pthread_mutex_lock(&live->mutex);
    ring_publish(live->ring);
    for (struct live_topic *topic = live->first_touched; topic; topic = topic->next_touched) {
        topic->is_touched = false;
        topic->newest = topic->noted;
        topic->newest_job = topic->noted_job;
        for (struct subscriber *at = topic->first; at; at = at->next)
            is_news |= wake(live, at);
    }
    live->first_touched = NULL;
    (void)pthread_mutex_unlock(&live->mutex);
    if (is_news)
        ring_bell(live);
}

/* The folder's owner sleeps until it has looked. Here two locks are held: see live.h. */
static void wake_owner(void *context, void *owner)
{
    struct live *live = context;

    (void)pthread_mutex_lock(&live->mutex);
    (void)wake(live, owner);
    (void)pthread_mutex_unlock(&live->mutex);
}

static void tell_ready(struct live *live)
{
    struct subscriber *subscriber = NULL;

    while ((subscriber = live->ready.first)) {
        drop(subscriber);
        live->told = subscriber;
        (void)pthread_mutex_unlock(&live->mutex);
        if (subscriber->on_ready)
            subscriber->on_ready(subscriber->context);
        (void)pthread_mutex_lock(&live->mutex);
        live->told = NULL;
        (void)pthread_cond_broadcast(&live->is_told);
    }
}

/* At their time, however often others ring until then. Who is not asleep yet has another turn. */
static void wake_impatient(struct live *live)
{
    if (live->impatient == 0 || now_us() < live->soon_us)
        return;
    for (size_t i = 0; i < TOPIC_BUCKETS; i++)
        for (struct live_topic *topic = live->topics[i]; topic; topic = topic->next)
            for (struct subscriber *at = topic->first; at; at = at->next)
                if (at->is_impatient)
                    (void)wake(live, at);
    live->soon_us = from_now_us(LIVE_SOON_MS);
}

static void wake_patient(struct live *live)
{
    struct subscriber *subscriber = live->gathering.first;

    if (!subscriber || now_us() < live->gathered_us)
        return;
    while ((subscriber = live->gathering.first)) {
        drop(subscriber);
        push(&live->ready, subscriber);
    }
}

/* For poll(); -1: nobody waits for a time. */
static int until_next_ms(const struct live *live)
{
    int64_t next_us = INT64_MAX;
    int64_t left_us = 0;

    if (live->impatient > 0)
        next_us = live->soon_us;
    if (live->gathering.first && live->gathered_us < next_us)
        next_us = live->gathered_us;
    if (next_us == INT64_MAX)
        return -1;
    left_us = next_us - now_us();
    return left_us > 0 ? (int)((left_us + 999) / 1000) : 0;
}

static void *live_thread(void *context)
{
    struct live *live = context;
    int timeout_ms = -1;
    struct pollfd polled[2] = {
        { .fd = live->bell, .events = POLLIN },
        { .fd = live->folders ? folders_fd(live->folders) : -1, .events = POLLIN },
    };
    uint64_t count = 0;

    (void)pthread_mutex_lock(&live->mutex);
    while (!live->is_ended) {
        timeout_ms = until_next_ms(live);
        (void)pthread_mutex_unlock(&live->mutex);
        polled[1].revents = 0;
        (void)poll(polled, 2, timeout_ms);
        (void)!read(live->bell, &count, sizeof count);
        if (polled[1].revents & POLLIN)
            folders_take(live->folders, wake_owner, live);
        (void)pthread_mutex_lock(&live->mutex);
        wake_impatient(live);
        wake_patient(live);
        tell_ready(live);
    }
    (void)pthread_mutex_unlock(&live->mutex);
    return NULL;
}

/* The thread that tells, as soon as there is somebody to be told. */
static bool start_thread(struct live *live, struct assay_error *err)
{
    int code = 0;

    if (live->has_thread)
        return true;
    if (live->bell < 0)
        live->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (live->bell < 0)
        return assay_fail_errno(err, errno, "follow a job");
    if (!live->folders)
        live->folders = folders_new();
    code = thread_start(&live->thread, live_thread, live);
    live->has_thread = code == 0;
    return live->has_thread || assay_fail_errno(err, code, "start the thread that tells of news");
}

static struct live_topic *make_topic(struct live *live, int64_t job)
{
    struct live_topic *topic = calloc(1, sizeof *topic);
    struct live_topic **bucket = bucket_of(live, job);

    if (!topic)
        return NULL;
    topic->job = job;
    /* What came before it was followed has to be looked for. */
    topic->newest = ring_newest(live->ring);
    topic->noted = ring_added(live->ring);
    topic->next = *bucket;
    *bucket = topic;
    /* Nobody knows any more whose changes the commit under way has. */
    if (topic->noted > topic->newest)
        await_commit(live, topic);
    return topic;
}

static void drop_topic(struct live *live, struct live_topic *topic)
{
    struct live_topic **at = bucket_of(live, topic->job);
    struct live_topic **touched = &live->first_touched;

    while (*at != topic)
        at = &(*at)->next;
    *at = topic->next;
    while (topic->is_touched && *touched != topic)
        touched = &(*touched)->next_touched;
    if (topic->is_touched)
        *touched = topic->next_touched;
    free(topic);
}

bool live_join(struct live *live, struct subscriber *subscriber, int64_t job,
               struct assay_error *err)
{
    struct live_topic *topic = NULL;
    bool is_ok = false;

    (void)pthread_mutex_lock(&live->mutex);
    is_ok = start_thread(live, err);
    if (is_ok) {
        topic = find_topic(live, job);
        topic = topic ? topic : make_topic(live, job);
        is_ok = topic || assay_fail_memory(err);
    }
    if (is_ok) {
        subscriber->topic = topic;
        subscriber->previous = NULL;
        subscriber->next = topic->first;
        if (topic->first)
            topic->first->previous = subscriber;
        topic->first = subscriber;
    }
    (void)pthread_mutex_unlock(&live->mutex);
    return is_ok;
}

void live_leave(struct live *live, struct subscriber *subscriber)
{
    struct live_topic *topic = subscriber->topic;

    if (!topic)
        return;
    if (live->folders)
        folders_remove(live->folders, -1, subscriber);
    (void)pthread_mutex_lock(&live->mutex);
    drop(subscriber);
    subscriber->is_asleep = false; /* so that it does not come back while we wait */
    forget_impatience(live, subscriber);
    while (live->told == subscriber)
        (void)pthread_cond_wait(&live->is_told, &live->mutex);
    if (subscriber->previous)
        subscriber->previous->next = subscriber->next;
    else
        topic->first = subscriber->next;
    if (subscriber->next)
        subscriber->next->previous = subscriber->previous;
    subscriber->topic = NULL;
    if (!topic->first)
        drop_topic(live, topic);
    (void)pthread_mutex_unlock(&live->mutex);
}

uint64_t live_newest(struct live *live)
{
    uint64_t newest = 0;

    (void)pthread_mutex_lock(&live->mutex);
    newest = ring_newest(live->ring);
    (void)pthread_mutex_unlock(&live->mutex);
    return newest;
}

bool live_reaches_back(struct live *live, uint64_t number)
{
    bool is_there = false;

    (void)pthread_mutex_lock(&live->mutex);
    is_there = ring_reaches_back(live->ring, number);
    (void)pthread_mutex_unlock(&live->mutex);
    return is_there;
}

static enum live_result take(const struct live *live, const struct live_topic *topic,
                             uint64_t *number, struct change *change)
{
    if (topic->newest > *number && !ring_reaches_back(live->ring, *number))
        return LIVE_LOST;
    while (topic->newest > *number &&
           ring_find(live->ring, topic->job, number, topic->newest, change))
        if (change->kind != CHANGE_JOB || *number >= topic->newest_job)
            return LIVE_CHANGE;
    *number = ring_newest(live->ring);
    return LIVE_NOTHING;
}

enum live_result live_take(struct live *live, struct subscriber *subscriber, uint64_t *number,
                           struct change *change)
{
    enum live_result result = LIVE_NOTHING;

    (void)pthread_mutex_lock(&live->mutex);
    result = take(live, subscriber->topic, number, change);
    subscriber->is_asleep = result == LIVE_NOTHING;
    (void)pthread_mutex_unlock(&live->mutex);
    return result;
}

int live_watch_folder(struct live *live, struct subscriber *subscriber, const char *path)
{
    return live->folders ? folders_add(live->folders, path, subscriber) : -1;
}

void live_ignore_folder(struct live *live, struct subscriber *subscriber, int word)
{
    if (live->folders && word >= 0)
        folders_remove(live->folders, word, subscriber);
}

void live_call_soon(struct live *live, struct subscriber *subscriber)
{
    bool is_first = false;

    (void)pthread_mutex_lock(&live->mutex);
    is_first = live->impatient == 0;
    if (is_first)
        live->soon_us = from_now_us(LIVE_SOON_MS);
    live->impatient += !subscriber->is_impatient;
    subscriber->is_impatient = true;
    (void)pthread_mutex_unlock(&live->mutex);
    if (is_first) /* the thread may wait without an end */
        ring_bell(live);
}
