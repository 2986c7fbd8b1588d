#include "launcher/slurm/slurm_private.h"

#include "launcher/shim/node_order.h"
#include "launcher/shim/record_file.h"
#include "launcher/slurm/slurm_shim.h"
#include "launcher/slurm/slurm_step.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * NAP_US: the longest that the supervisor sleeps, whatever it has reckoned. PARTING_US: how long
 * the end waits for cancellations.
 */
enum {
    NAP_US = 1000 * 1000,
    CHECK_US = 20 * 1000 * 1000,
    LOOK_HURRIED_US = 1000 * 1000,
    PARTING_US = 5 * 1000 * 1000,
};

static void wake(const struct slurm *slurm)
{
    const uint64_t one = 1;

    (void)!write(slurm->wake, &one, sizeof one);
}

static bool put_order(struct slurm *slurm, const struct slurm_order *order, struct assay_error *err)
{
    struct slurm_order *copy = calloc(1, sizeof *copy);

    if (!copy)
        return assay_fail_memory(err);
    *copy = *order;
    (void)pthread_mutex_lock(&slurm->inbox_mutex);
    STAILQ_INSERT_TAIL(&slurm->inbox, copy, in_inbox);
    (void)pthread_mutex_unlock(&slurm->inbox_mutex);
    wake(slurm);
    return true;
}

static bool put_gang(struct slurm *slurm, struct slurm_gang *gang, struct assay_error *err)
{
    const struct slurm_order order = { .gang = gang };

    if (gang && put_order(slurm, &order, err))
        return true;
    slurm_gang_free(gang);
    return false;
}

static struct launch with_wishes(const struct slurm *slurm, const struct launch *launch)
{
    struct launch wished = *launch;

    if (!wished.slurm)
        wished.slurm = slurm->options.defaults;
    return wished;
}

static bool slurm_start(struct launcher *launcher, const struct launch *launch,
                        struct assay_error *err)
{
    struct slurm *slurm = (struct slurm *)launcher;
    struct launch wished = with_wishes(slurm, launch);
    struct slurm_gang *gang = slurm_gang_new(&wished, slurm->shim, err);

    /* Several replicas are one job, also where there is an allocation. */
    if (gang)
        gang->is_step = slurm->options.allocation_nodes > 0 && launch->replica_count == 1;
    return put_gang(slurm, gang, err);
}

static bool slurm_adopt(struct launcher *launcher, const struct launch *launch,
                        struct assay_error *err)
{
    struct slurm *slurm = (struct slurm *)launcher;
    struct launch wished = with_wishes(slurm, launch);

    return put_gang(slurm, slurm_gang_adopt(&wished, slurm->shim, err), err);
}

static void slurm_stop(struct launcher *launcher, struct attempt_key key, enum stop_manner manner)
{
    struct slurm *slurm = (struct slurm *)launcher;
    const struct slurm_order order = { .key = key, .manner = manner };
    struct assay_error err = { 0 };

    if (!put_order(slurm, &order, &err))
        assay_log(slurm->options.env, ASSAY_LOG_ERROR,
                  "an attempt is not stopped trial=%lld attempt=%d reason=\"%s\"",
                  (long long)key.trial, key.attempt, err.message);
}

static void slurm_report(struct launcher *launcher, launcher_report_fn fn, void *context)
{
    struct slurm *slurm = (struct slurm *)launcher;
    const struct slurm_gang *gang = NULL;

    (void)pthread_mutex_lock(&slurm->mutex);
    TAILQ_FOREACH(gang, &slurm->gangs, in_list)
    {
        for (size_t i = 0; i < gang->launch.replica_count; i++) {
            bool is_running = gang->replicas[i].claim == CLAIM_NODE;
            struct launch_report report = {
                .key = gang->launch.key,
                .job = gang->launch.job,
                .is_elsewhere = true,
                .stage = is_running ? LAUNCH_RUNNING : LAUNCH_WAITING,
                .resources = gang->launch.replicas[i].resources,
                .gpus = "",
                .why = is_running ? "" : gang->why,
            };

            report.key.replica = (int32_t)i;
            if (!gang->replicas[i].is_told)
                fn(context, &report);
        }
    }
    (void)pthread_mutex_unlock(&slurm->mutex);
}

static struct slurm_gang *find(const struct slurm *slurm, struct attempt_key key)
{
    struct slurm_gang *gang = NULL;

    TAILQ_FOREACH(gang, &slurm->gangs, in_list)
    {
        if (gang->launch.key.trial == key.trial && gang->launch.key.attempt == key.attempt)
            break;
    }
    return gang;
}

/* One that another engine handed over, or was about to. */
static void begin_adopted(struct slurm *slurm, struct slurm_gang *gang)
{
    char allocation[SLURM_TAG_TEXT];

    gang->seen_us = slurm_now_us(slurm);
    slurm->look_us = 0;
    if (gang->tag[0] == '\0') {
        (void)slurm_end_gang(slurm, gang, ENDING_NOT_STARTED, "it was not submitted yet");
        return;
    }
    slurm_turn_read(gang);
    gang->is_step = slurm_step_read(gang, allocation);
    if (gang->is_step)
        (void)snprintf(gang->allocation, sizeof gang->allocation, "%s", allocation);
}

static void obey_start(struct slurm *slurm, struct slurm_gang *gang)
{
    if (find(slurm, gang->launch.key)) {
        assay_log(slurm->options.env, ASSAY_LOG_WARNING,
                  "started or adopted twice, the second is ignored trial=%lld attempt=%d",
                  (long long)gang->launch.key.trial, gang->launch.key.attempt);
        slurm_gang_free(gang);
        return;
    }
    gang->begun_us = slurm_now_us(slurm);
    TAILQ_INSERT_TAIL(&slurm->gangs, gang, in_list);
    slurm->gang_count++;
    word_list_clear(&slurm->wishes);
    word_list_copy(&slurm->wishes, &gang->wishes);
    if (gang->stage == GANG_SUBMITTED)
        begin_adopted(slurm, gang);
}

static void obey_stop(struct slurm *slurm, const struct slurm_order *order)
{
    struct slurm_gang *gang = find(slurm, order->key);

    if (gang && order->key.replica >= 0 && (size_t)order->key.replica < gang->launch.replica_count)
        slurm_stop_replica(slurm, gang, (size_t)order->key.replica, order->manner);
}

/* False once closed: then what was asked to stop is stopped, and nothing started. */
static bool obey_orders(struct slurm *slurm)
{
    struct slurm_inbox orders = STAILQ_HEAD_INITIALIZER(orders);
    struct slurm_order *order = NULL;
    uint64_t count = 0;
    bool is_open = true;

    (void)!read(slurm->wake, &count, sizeof count);
    (void)pthread_mutex_lock(&slurm->inbox_mutex);
    STAILQ_CONCAT(&orders, &slurm->inbox);
    is_open = !slurm->is_closed;
    (void)pthread_mutex_unlock(&slurm->inbox_mutex);
    while ((order = STAILQ_FIRST(&orders))) {
        STAILQ_REMOVE_HEAD(&orders, in_inbox);
        if (!order->gang)
            obey_stop(slurm, order);
        else if (is_open)
            obey_start(slurm, order->gang);
        else
            slurm_gang_free(order->gang);
        free(order);
    }
    return is_open;
}

/* Also for attempts that got their lease from an engine with other options, and for allocations,
 * which end without it. */
static void beat_lease(struct slurm *slurm)
{
    int fd = -1;

    bool is_needed = slurm->options.lease_us > 0 || !TAILQ_EMPTY(&slurm->gangs) ||
                     slurm->used.tag[0] || slurm->wanted.tag[0];

    if (!is_needed || slurm_now_us(slurm) < slurm->lease_us)
        return;
    slurm->lease_us = slurm_now_us(slurm) + NODE_LEASE_BEAT_US;
    fd = open(slurm->lease_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0 || futimens(fd, NULL) < 0)
        assay_log(slurm->options.env, ASSAY_LOG_WARNING, "the lease %s cannot be renewed",
                  slurm->lease_path);
    if (fd >= 0)
        (void)close(fd);
}

static bool is_used_here(const struct slurm *slurm, const char *tag)
{
    const struct slurm_gang *gang = NULL;

    TAILQ_FOREACH(gang, &slurm->gangs, in_list)
    {
        if (strcmp(gang->allocation, tag) == 0)
            return true;
    }
    return strcmp(slurm->used.tag, tag) == 0 || strcmp(slurm->wanted.tag, tag) == 0;
}

/* Allocations that nobody uses any more. */
static void give_back_old(struct slurm *slurm)
{
    for (size_t i = 0; i < slurm->queue.count; i++) {
        struct slurm_job *job = &slurm->queue.jobs[i];

        if (slurm_holding_has(&slurm->holding, job) && !is_used_here(slurm, job->tag) &&
            slurm_use_is_over(slurm->use_dir, job->tag)) {
            job->state = SLURM_CANCELLED; /* until the next look: once is enough */
            slurm_send_cancellation(slurm, job->tag);
        }
    }
}

struct wishes {
    size_t steps;   /* who want to run in an allocation */
    size_t waiting; /* beside it, for nodes that it may hold */
    size_t inside;  /* steps in the one in use */
    size_t short_of_time;
    int64_t need_us; /* the largest of steps */
};

static struct wishes count_wishes(const struct slurm *slurm)
{
    const struct slurm_gang *gang = NULL;
    struct wishes wishes = { 0 };

    TAILQ_FOREACH(gang, &slurm->gangs, in_list)
    {
        int64_t need_us =
            slurm_holding_need_us(&slurm->holding, slurm_command_timeout_us(&gang->launch));

        if (!gang->is_step) {
            wishes.waiting += gang->replicas[0].claim == CLAIM_NONE;
            continue;
        }
        wishes.steps++;
        if (need_us > wishes.need_us)
            wishes.need_us = need_us;
        if (gang->stage == GANG_SUBMITTED)
            wishes.inside += strcmp(gang->allocation, slurm->holding.tag) == 0;
        else
            wishes.short_of_time += gang->is_short_of_time;
    }
    return wishes;
}

/* It may hold the very nodes that the next one waits for. */
static void leave_exhausted(struct slurm *slurm, const struct wishes *wishes)
{
    if (wishes->short_of_time == 0 || wishes->short_of_time < wishes->steps || wishes->inside > 0 ||
        !slurm_holding_is_awaited(&slurm->holding, &slurm->queue))
        return;
    slurm->holding.tag[0] = '\0';
    slurm_use_leave(&slurm->used);
    give_back_old(slurm);
}

/* Allocations are asked for when there is something to run in them. */
static void tend_holding(struct slurm *slurm)
{
    struct wishes wishes;

    if (slurm->queue_begun_us == 0)
        return;
    wishes = count_wishes(slurm);
    if (slurm->options.allocation_nodes > 0 && wishes.steps > 0) {
        (void)slurm_use_allocation(slurm);
        if (!slurm->is_allocating && slurm_now_us(slurm) >= slurm->allocate_us &&
            slurm_holding_wants_more(&slurm->holding, &slurm->queue, wishes.need_us,
                                     wishes.short_of_time > 0))
            slurm_send_allocation(slurm);
        leave_exhausted(slurm, &wishes);
    } else if (wishes.waiting > 0 && !slurm->is_allocating) {
        slurm->holding.tag[0] = '\0';
        slurm_use_leave(&slurm->used);
        slurm_use_leave(&slurm->wanted);
        give_back_old(slurm);
    }
    /* Another engine may have left some to one that wants none. */
    if (slurm->holding.tag[0] || slurm->options.allocation_nodes == 0)
        give_back_old(slurm);
}

static void tend_all(struct slurm *slurm)
{
    struct slurm_gang *gang = TAILQ_FIRST(&slurm->gangs);
    int64_t now_us = slurm_now_us(slurm);

    slurm_see_off(slurm);
    while (gang) {
        struct slurm_gang *next = TAILQ_NEXT(gang, in_list);

        if (now_us >= gang->look_us)
            slurm_tend(slurm, gang);
        gang = next;
    }
    tend_holding(slurm);
    if (slurm->is_hurried && !slurm->is_blind && slurm->look_us > now_us + LOOK_HURRIED_US)
        slurm->look_us = now_us + LOOK_HURRIED_US;
    if (!slurm->is_looking && !TAILQ_EMPTY(&slurm->gangs) && now_us >= slurm->look_us)
        slurm_send_look(slurm);
    slurm_send_again(slurm);
    beat_lease(slurm);
}

static bool is_to_stop(const struct slurm_gang *gang)
{
    for (size_t i = 0; i < gang->launch.replica_count; i++) {
        if (gang->replicas[i].is_stop_wanted && !gang->replicas[i].is_told)
            return true;
    }
    return false;
}

/* At the end: what is to stop and has not begun never will. */
static void tend_stopping(struct slurm *slurm)
{
    struct slurm_gang *gang = TAILQ_FIRST(&slurm->gangs);

    while (gang) {
        struct slurm_gang *next = TAILQ_NEXT(gang, in_list);

        if (is_to_stop(gang))
            slurm_tend(slurm, gang);
        gang = next;
    }
}

static void tell_ended(struct slurm *slurm)
{
    struct slurm_ended *ended = NULL;

    while ((ended = STAILQ_FIRST(&slurm->outbox))) {
        STAILQ_REMOVE_HEAD(&slurm->outbox, in_outbox);
        slurm->options.on_ended(slurm->options.context, &ended->ending);
        free(ended);
    }
}

static int nap_ms(const struct slurm *slurm)
{
    const struct slurm_gang *gang = NULL;
    int64_t now_us = slurm_now_us(slurm);
    int64_t nap_us = NAP_US;

    TAILQ_FOREACH(gang, &slurm->gangs, in_list)
    {
        if (gang->look_us - now_us < nap_us)
            nap_us = gang->look_us - now_us;
    }
    return nap_us > 0 ? (int)((nap_us + 999) / 1000) : 0;
}

/*
 * At the end: cancellations are Slurm's before we go, and so is what turns into one. For a
 * controller that does not answer nobody waits long: they are noted for the next engine.
 */
static void part(struct slurm *slurm)
{
    struct pollfd source = { .fd = slurm_clerks_wake(slurm->clerks), .events = POLLIN };
    int64_t until_us = slurm_now_us(slurm) + PARTING_US;
    int64_t left_us = PARTING_US;

    while ((slurm->owed_count > 0 || slurm->is_allocating) && left_us > 0) {
        (void)poll(&source, 1, (int)(left_us / 1000) + 1);
        (void)pthread_mutex_lock(&slurm->mutex);
        slurm_hear(slurm);
        (void)pthread_mutex_unlock(&slurm->mutex);
        tell_ended(slurm);
        left_us = until_us - slurm_now_us(slurm);
    }
    if (slurm->owed_count > 0 || !STAILQ_EMPTY(&slurm->later))
        assay_log(slurm->options.env, ASSAY_LOG_WARNING,
                  "Slurm has not cancelled what was stopped: the next engine with this state "
                  "folder goes on with that");
}

/* Reports are given while it sleeps or tells, not while it changes things. */
static void *supervise(void *context)
{
    struct slurm *slurm = context;
    struct pollfd sources[] = {
        { .fd = slurm->wake, .events = POLLIN },
        { .fd = slurm_clerks_wake(slurm->clerks), .events = POLLIN },
        { .fd = slurm->ends, .events = POLLIN },
    };
    bool is_open = true;

    slurm_send_debts(slurm);
    while (is_open) {
        (void)poll(sources, sizeof sources / sizeof sources[0], nap_ms(slurm));
        (void)pthread_mutex_lock(&slurm->mutex);
        slurm_note_step_ends(slurm);
        is_open = obey_orders(slurm);
        slurm_hear(slurm);
        if (is_open)
            tend_all(slurm);
        else
            tend_stopping(slurm);
        (void)pthread_mutex_unlock(&slurm->mutex);
        tell_ended(slurm);
    }
    part(slurm);
    return NULL;
}

static void free_gangs(struct slurm_gang_list *list)
{
    struct slurm_gang *gang = NULL;

    while ((gang = TAILQ_FIRST(list))) {
        TAILQ_REMOVE(list, gang, in_list);
        slurm_gang_free(gang);
    }
}

static void dispose(struct slurm *slurm)
{
    struct errand *errand = NULL;

    slurm_clerks_free(slurm->clerks);
    while ((errand = STAILQ_FIRST(&slurm->later))) {
        STAILQ_REMOVE_HEAD(&slurm->later, in_list);
        errand_free(errand);
    }
    free_gangs(&slurm->gangs);
    free_gangs(&slurm->leaving);
    slurm_queue_clear(&slurm->queue);
    word_list_clear(&slurm->environment);
    word_list_clear(&slurm->wishes);
    slurm_use_leave(&slurm->used);
    slurm_use_leave(&slurm->wanted);
    (void)pthread_mutex_destroy(&slurm->inbox_mutex);
    (void)pthread_mutex_destroy(&slurm->mutex);
    if (slurm->wake >= 0)
        (void)close(slurm->wake);
    if (slurm->ends >= 0)
        (void)close(slurm->ends);
    free(slurm);
}

/* Ours, or some that an earlier engine has left. */
static bool has_seen_allocations(const struct slurm *slurm)
{
    bool has_seen = slurm->options.allocation_nodes > 0;

    for (size_t i = 0; i < slurm->queue.count; i++)
        has_seen = has_seen || slurm_holding_has(&slurm->holding, &slurm->queue.jobs[i]);
    return has_seen;
}

static void slurm_free(struct launcher *launcher)
{
    struct slurm *slurm = (struct slurm *)launcher;

    (void)pthread_mutex_lock(&slurm->inbox_mutex);
    slurm->is_closed = true;
    (void)pthread_mutex_unlock(&slurm->inbox_mutex);
    wake(slurm);
    (void)pthread_join(slurm->supervisor, NULL);
    if (has_seen_allocations(slurm))
        slurm_give_allocations_back(slurm);
    dispose(slurm);
}

static const struct launcher_ops slurm_ops = {
    .start = slurm_start,
    .adopt = slurm_adopt,
    .stop = slurm_stop,
    .report = slurm_report,
    .free = slurm_free,
};

static bool prepare_folder(struct slurm *slurm, const struct slurm_options *options,
                           struct assay_error *err)
{
    char own[PATH_MAX];
    int error = slurm_shim_install(options->shim_path, options->state_dir, slurm->shim);

    if (!error)
        error = record_path(slurm->lease_path, sizeof slurm->lease_path, options->state_dir,
                            NODE_LEASE_NAME);
    if (!error)
        error = record_path(own, sizeof own, options->state_dir, "slurm");
    if (!error)
        error = record_path(slurm->debts_dir, sizeof slurm->debts_dir, own, "to-cancel");
    if (!error)
        error = record_path(slurm->use_dir, sizeof slurm->use_dir, own, "allocations");
    return error ? assay_fail_errno(err, error, "the shim for Slurm's nodes, in %s",
                                    options->state_dir)
                 : true;
}

static void make_environment(const struct slurm_options *options, struct word_list *entries)
{
    slurm_command_environment(options->envp ? options->envp : environ, entries);
}

bool launcher_slurm_check(const struct slurm_options *options, struct assay_error *err)
{
    static const char *const argv[] = { "sbatch", "--version", NULL };
    struct word_list environment = { 0 };
    struct subprocess_spec spec = { .env = options->env, .argv = argv, .timeout_us = CHECK_US };
    struct subprocess_result result = { 0 };
    bool is_there = false;
    char line[128] = "";

    make_environment(options, &environment);
    spec.envp = (const char *const *)environment.words;
    is_there = subprocess_run(&spec, &result, err) && result.status == 0;
    if (!is_there && result.errors)
        (void)subprocess_last_line(result.errors, line, sizeof line);
    subprocess_result_clear(&result);
    word_list_clear(&environment);
    if (is_there)
        return true;
    return assay_fail(
        err, ASSAY_PRECONDITION, NULL,
        "the launcher slurm needs Slurm's commands (sbatch, squeue, scancel, srun) in "
        "PATH and a configuration that they find%s%s",
        line[0] ? ": " : "", line);
}

static bool start_supervisor(struct slurm *slurm, struct assay_error *err)
{
    sigset_t all;
    sigset_t before;
    int error = 0;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&slurm->supervisor, NULL, supervise, slurm);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error ? assay_fail_errno(err, error, "launcher's thread") : true;
}

static struct slurm *slurm_alloc(const struct slurm_options *options, struct assay_error *err)
{
    struct slurm *slurm = calloc(1, sizeof *slurm);

    if (!slurm) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    slurm->launcher.ops = &slurm_ops;
    slurm->options = *options;
    slurm->user = (long)getuid();
    STAILQ_INIT(&slurm->inbox);
    STAILQ_INIT(&slurm->outbox);
    STAILQ_INIT(&slurm->later);
    TAILQ_INIT(&slurm->gangs);
    TAILQ_INIT(&slurm->leaving);
    (void)pthread_mutex_init(&slurm->inbox_mutex, NULL);
    (void)pthread_mutex_init(&slurm->mutex, NULL);
    slurm_holding_init(&slurm->holding, options->state_dir);
    make_environment(options, &slurm->environment);
    slurm->used.fd = -1;
    slurm->wanted.fd = -1;
    slurm->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    slurm->ends = epoll_create1(EPOLL_CLOEXEC);
    return slurm;
}

struct launcher *launcher_slurm_new(const struct slurm_options *options, struct assay_error *err)
{
    struct slurm *slurm = slurm_alloc(options, err);

    if (!slurm)
        return NULL;
    if (slurm->wake < 0 || slurm->ends < 0) {
        (void)assay_fail_errno(err, errno, "eventfd");
    } else if (slurm->environment.is_short_of_memory) {
        (void)assay_fail_memory(err);
    } else if (prepare_folder(slurm, options, err)) {
        slurm->clerks = slurm_clerks_new(options->env, slurm->environment.words, err);
        if (slurm->clerks && start_supervisor(slurm, err))
            return &slurm->launcher;
    }
    dispose(slurm);
    return NULL;
}
