#include "engine/notify/notifier.h"

#include "engine/edit.h"
#include "engine/engine.h"
#include "engine/notify/notify_delivery.h"
#include "engine/thread.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * PAUSE_US: between two looks at the outbox, however much is committed. FIRST_WAIT_US: before the
 * second try, doubled with each further one up to LONGEST_WAIT_US; twelve tries are a quarter of an
 * hour. PARTING_US: how long the engine's end waits. PASSED_MAX: as many notices are kept for a
 * hook that wants none of them.
 */
enum {
    PAUSE_US = 50 * 1000,
    FIRST_WAIT_US = 1000 * 1000,
    LONGEST_WAIT_US = 120 * 1000 * 1000,
    PARTING_US = 10 * 1000 * 1000,
    PASSED_MAX = 1000,
};

struct teller {
    struct notifier *notifier;
    const struct notify_hook *hook;
    char *key;
    pthread_t thread;
    bool has_thread;
    bool has_ended; /* guarded by the notifier's mutex */
    /* The thread's own: */
    uint64_t seen;  /* commits, when it last looked */
    int64_t done;   /* the last notice that it has told, or that is none of its hook's */
    int64_t passed; /* how many of the latter were not noted yet */
};

struct notifier {
    struct engine *engine;
    struct subprocess_cancel cancel;
    bool has_cancel;
    pthread_mutex_t mutex; /* guards all below, and what is said above */
    pthread_cond_t is_woken;
    uint64_t commits;
    bool is_ending;
    size_t teller_count;
    struct teller tellers[];
};

static int64_t now_us(const struct notifier *n)
{
    return assay_mono_us(engine_env(n->engine));
}

/* Until the moment, or the end. False at the end. */
static bool wait_until(struct notifier *n, int64_t due_us)
{
    struct timespec until = { .tv_sec = (time_t)(due_us / 1000000),
                              .tv_nsec = (long)(due_us % 1000000) * 1000 };
    bool is_ending = false;
    int code = 0;

    (void)pthread_mutex_lock(&n->mutex);
    while (!n->is_ending && code == 0)
        code = pthread_cond_timedwait(&n->is_woken, &n->mutex, &until);
    is_ending = n->is_ending;
    (void)pthread_mutex_unlock(&n->mutex);
    return !is_ending;
}

/* Until something was committed since the last look. False at the end. */
static bool wait_for_news(struct teller *t)
{
    struct notifier *n = t->notifier;
    bool is_ending = false;

    (void)pthread_mutex_lock(&n->mutex);
    while (!n->is_ending && n->commits == t->seen)
        (void)pthread_cond_wait(&n->is_woken, &n->mutex);
    is_ending = n->is_ending;
    t->seen = n->commits;
    (void)pthread_mutex_unlock(&n->mutex);
    return !is_ending;
}

static bool apply_done(void *context, struct store *store, int64_t at_us, int64_t job,
                       struct assay_error *err)
{
    const struct teller *t = context;

    (void)at_us;
    (void)job;
    return store_notice_put_hook(store, t->key, t->done, err);
}

/* False: there is no store to write to any more. */
static bool note_done(struct teller *t, int64_t done)
{
    const struct edit edit = { .apply = apply_done, .context = t };
    struct assay_error err = { 0 };

    t->done = done;
    t->passed = 0;
    if (engine_edit(t->notifier->engine, &edit, &err))
        return true;
    assay_log(engine_env(t->notifier->engine), ASSAY_LOG_WARNING,
              "told, but not noted: it may be told again notice=%" PRId64 ": %s", done,
              err.message);
    return false;
}

/* Passes over what it is too far behind with, and what it does not want. id 0: nothing is left, or
 * it is time to note how much was passed over. */
static bool read_next(struct teller *t, struct notice_row *notice, struct assay_error *err)
{
    struct store *store = engine_read_begin(t->notifier->engine);
    int64_t behind = 0;
    int64_t last = 0;
    bool is_read = store_notice_last(store, &last, err);

    if (is_read && last - t->done > NOTIFY_BACKLOG_MAX) {
        behind = last - NOTIFY_BACKLOG_MAX - t->done;
        t->done += behind;
    }
    is_read = is_read && store_notice_next(store, t->done, notice, err);
    while (is_read && notice->id > 0 && !(notice->kind & t->hook->kinds)) {
        t->done = notice->id;
        t->passed++;
        notice_row_clear(notice);
        is_read = t->passed == PASSED_MAX || store_notice_next(store, t->done, notice, err);
    }
    engine_read_end(t->notifier->engine);
    if (behind > 0)
        assay_log(engine_env(t->notifier->engine), ASSAY_LOG_ERROR,
                  "a hook is too slow: not told hook=%s count=%" PRId64, t->key, behind);
    return is_read;
}

static int64_t wait_before(int try_number)
{
    int64_t wait_us = FIRST_WAIT_US;

    for (int i = 1; i < try_number && wait_us < LONGEST_WAIT_US; i++)
        wait_us *= 2;
    return wait_us < LONGEST_WAIT_US ? wait_us : LONGEST_WAIT_US;
}

/* Until it is told, or given up. False at the end, with the notice still to be told. */
static bool tell(struct teller *t, const struct notice_row *notice)
{
    struct notifier *n = t->notifier;
    const struct assay_env *env = engine_env(n->engine);

    for (int try_number = 1;; try_number++) {
        struct assay_error err = { 0 };
        enum notify_outcome outcome = notify_deliver(t->hook, notice, env, &n->cancel, &err);

        if (outcome == NOTIFY_DONE)
            return true;
        if (outcome == NOTIFY_REFUSED || try_number == NOTIFY_TRIES_MAX) {
            assay_log(env, ASSAY_LOG_ERROR,
                      "a hook was not told and will not be hook=%s notice=%" PRId64 " tries=%d: %s",
                      t->key, notice->id, try_number, err.message);
            return true;
        }
        assay_log(env, ASSAY_LOG_WARNING,
                  "a hook was not told, to be tried again hook=%s notice=%" PRId64 " try=%d: %s",
                  t->key, notice->id, try_number, err.message);
        if (!wait_until(n, now_us(n) + wait_before(try_number)))
            return false;
    }
}

/* All there is, or as much as can be read and noted, and until nobody waits any longer. False at
 * the end. */
static bool tell_all(struct teller *t)
{
    struct notice_row notice = { 0 };
    struct assay_error err = { 0 };
    bool goes_on = true;

    while (goes_on && !subprocess_cancel_is_set(&t->notifier->cancel) &&
           (goes_on = read_next(t, &notice, &err)) && (notice.id > 0 || t->passed == PASSED_MAX)) {
        goes_on = (notice.id == 0 || tell(t, &notice)) &&
                  note_done(t, notice.id > 0 ? notice.id : t->done);
        notice_row_clear(&notice);
    }
    if (err.code != ASSAY_OK)
        assay_log(engine_env(t->notifier->engine), ASSAY_LOG_WARNING,
                  "what is to be told cannot be read: %s", err.message);
    return goes_on;
}

static bool read_done(struct teller *t, struct assay_error *err)
{
    bool is_read = store_notice_hook(engine_read_begin(t->notifier->engine), t->key, &t->done, err);

    engine_read_end(t->notifier->engine);
    return is_read;
}

static void *teller_thread(void *context)
{
    struct teller *t = context;
    struct notifier *n = t->notifier;
    bool is_ok = tell_all(t);

    /* What could not be read or noted can be, perhaps, with the next change. */
    while (wait_until(n, now_us(n) + PAUSE_US) && wait_for_news(t))
        is_ok = tell_all(t);
    if (is_ok)
        (void)tell_all(t); /* what the end brought */
    (void)pthread_mutex_lock(&n->mutex);
    t->has_ended = true;
    (void)pthread_cond_broadcast(&n->is_woken);
    (void)pthread_mutex_unlock(&n->mutex);
    return NULL;
}

static unsigned all_kinds(const struct notify_hook *hooks, size_t count)
{
    unsigned kinds = 0;

    for (size_t i = 0; i < count; i++)
        kinds |= hooks[i].kinds;
    return kinds;
}

bool notifier_prepare(struct store *store, const struct notify_hook *hooks, size_t count,
                      struct assay_error *err)
{
    char **keys = calloc(count + 1, sizeof *keys);
    bool is_ok = keys != NULL;

    for (size_t i = 0; is_ok && i < count; i++) {
        keys[i] = notify_hook_key(&hooks[i]);
        is_ok = keys[i] != NULL;
    }
    if (!is_ok)
        (void)assay_fail_memory(err);
    is_ok = is_ok && store_notice_keep_hooks(store, (const char *const *)keys, count, err) &&
            store_notice_watch(store, all_kinds(hooks, count), err);
    for (size_t i = 0; is_ok && i < count; i++)
        is_ok = store_notice_begin_hook(store, keys[i], err);
    for (size_t i = 0; keys && i < count; i++)
        free(keys[i]);
    free(keys);
    return is_ok;
}

static bool start_teller(struct notifier *n, const struct notify_hook *hook,
                         struct assay_error *err)
{
    struct teller *t = &n->tellers[n->teller_count++];
    int code = 0;

    *t = (struct teller){ .notifier = n, .hook = hook, .key = notify_hook_key(hook) };
    if (!t->key)
        return assay_fail_memory(err);
    if (!read_done(t, err))
        return false;
    code = thread_start(&t->thread, teller_thread, t);
    t->has_thread = code == 0;
    return code == 0 || assay_fail_errno(err, code, "start a hook's thread");
}

struct notifier *notifier_new(struct engine *engine, const struct notify_hook *hooks, size_t count,
                              struct assay_error *err)
{
    struct notifier *n = calloc(1, sizeof *n + count * sizeof n->tellers[0]);
    pthread_condattr_t monotonic;
    bool is_ok = false;

    if (!n) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    n->engine = engine;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&n->mutex, NULL);
    (void)pthread_cond_init(&n->is_woken, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    is_ok = n->has_cancel = subprocess_cancel_init(&n->cancel, err);
    for (size_t i = 0; is_ok && i < count; i++)
        is_ok = start_teller(n, &hooks[i], err);
    if (is_ok)
        return n;
    notifier_free(n);
    return NULL;
}

/* Those that run, with the mutex held. */
static bool has_all_ended(const struct notifier *n)
{
    for (size_t i = 0; i < n->teller_count; i++)
        if (n->tellers[i].has_thread && !n->tellers[i].has_ended)
            return false;
    return true;
}

/* Each tells what is left, once; after that time a call under way is ended, and no other begun. */
static void part(struct notifier *n)
{
    int64_t due_us = now_us(n) + PARTING_US;
    struct timespec until = { .tv_sec = (time_t)(due_us / 1000000),
                              .tv_nsec = (long)(due_us % 1000000) * 1000 };
    int code = 0;

    (void)pthread_mutex_lock(&n->mutex);
    n->is_ending = true;
    (void)pthread_cond_broadcast(&n->is_woken);
    while (!has_all_ended(n) && code == 0)
        code = pthread_cond_timedwait(&n->is_woken, &n->mutex, &until);
    (void)pthread_mutex_unlock(&n->mutex);
    if (n->has_cancel)
        subprocess_cancel_set(&n->cancel);
}

void notifier_stop(struct notifier *n)
{
    if (!n)
        return;
    part(n);
    for (size_t i = 0; i < n->teller_count; i++) {
        if (n->tellers[i].has_thread)
            (void)pthread_join(n->tellers[i].thread, NULL);
        n->tellers[i].has_thread = false;
    }
}

void notifier_free(struct notifier *n)
{
    if (!n)
        return;
    notifier_stop(n);
    for (size_t i = 0; i < n->teller_count; i++)
        free(n->tellers[i].key);
    if (n->has_cancel)
        subprocess_cancel_clear(&n->cancel);
    (void)pthread_cond_destroy(&n->is_woken);
    (void)pthread_mutex_destroy(&n->mutex);
    free(n);
}

void notifier_note(struct notifier *n)
{
    if (!n)
        return;
    (void)pthread_mutex_lock(&n->mutex);
    n->commits++;
    (void)pthread_cond_broadcast(&n->is_woken);
    (void)pthread_mutex_unlock(&n->mutex);
}
