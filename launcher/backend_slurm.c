#include "launcher/slurm/slurm_private.h"

#include "launcher/shim/node_order.h"
#include "launcher/shim/record_file.h"
#include "launcher/slurm/slurm_step.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* NAP_US: the longest that the supervisor sleeps, whatever it has reckoned. */
enum { NAP_US = 1000 * 1000, CHECK_US = 20 * 1000 * 1000, LOOK_HURRIED_US = 1000 * 1000 };

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

static void beat_lease(struct slurm *slurm)
{
    int fd = -1;

    if (slurm->options.lease_us <= 0 || slurm_now_us(slurm) < slurm->lease_us)
        return;
    slurm->lease_us = slurm_now_us(slurm) + NODE_LEASE_BEAT_US;
    fd = open(slurm->lease_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0 || futimens(fd, NULL) < 0)
        assay_log(slurm->options.env, ASSAY_LOG_WARNING, "the lease %s cannot be renewed",
                  slurm->lease_path);
    if (fd >= 0)
        (void)close(fd);
}

/* An allocation that is not in use any more, and in which nothing of ours runs. */
static void give_back_old(struct slurm *slurm)
{
    for (size_t i = 0; i < slurm->queue.count; i++) {
        struct slurm_job *job = &slurm->queue.jobs[i];
        const struct slurm_gang *gang = NULL;

        if (!slurm_holding_has(&slurm->holding, job) || job->state != SLURM_RUNNING ||
            strcmp(job->tag, slurm->holding.tag) == 0)
            continue;
        TAILQ_FOREACH(gang, &slurm->gangs, in_list)
        {
            if (strcmp(gang->allocation, job->tag) == 0)
                break;
        }
        if (!gang) {
            job->state = SLURM_COMPLETED; /* until the next look: once is enough */
            slurm_send_cancellation(slurm, job->tag);
        }
    }
}

/* Allocations are asked for when there is something to run in them. */
static void tend_holding(struct slurm *slurm)
{
    bool is_wanted = slurm->options.allocation_nodes > 0 && !TAILQ_EMPTY(&slurm->gangs);

    if (slurm->queue_begun_us == 0)
        return;
    if (is_wanted) {
        (void)slurm_holding_choose(&slurm->holding, &slurm->queue);
        if (!slurm->is_allocating && slurm_now_us(slurm) >= slurm->allocate_us &&
            slurm_holding_wants_more(&slurm->holding, &slurm->queue))
            slurm_send_allocation(slurm);
    }
    /* Another engine may have left some to one that wants none. */
    if (slurm->holding.tag[0] || slurm->options.allocation_nodes == 0)
        give_back_old(slurm);
}

static void tend_all(struct slurm *slurm)
{
    struct slurm_gang *gang = TAILQ_FIRST(&slurm->gangs);
    int64_t now_us = slurm_now_us(slurm);

    while (gang) {
        struct slurm_gang *next = TAILQ_NEXT(gang, in_list);

        if (now_us >= gang->look_us)
            slurm_tend(slurm, gang);
        gang = next;
    }
    slurm_see_off(slurm);
    tend_holding(slurm);
    if (slurm->is_hurried && slurm->look_us > now_us + LOOK_HURRIED_US)
        slurm->look_us = now_us + LOOK_HURRIED_US;
    if (!slurm->is_looking && !TAILQ_EMPTY(&slurm->gangs) && now_us >= slurm->look_us)
        slurm_send_look(slurm);
    slurm_send_again(slurm);
    beat_lease(slurm);
}

/* At the end: what is to stop and has not begun never will. */
static void tend_stopping(struct slurm *slurm)
{
    struct slurm_gang *gang = TAILQ_FIRST(&slurm->gangs);

    while (gang) {
        struct slurm_gang *next = TAILQ_NEXT(gang, in_list);

        if (gang->replicas[0].is_stop_wanted && !gang->replicas[0].is_told)
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

/* Reports are given while it sleeps or tells, not while it changes things. */
static void *supervise(void *context)
{
    struct slurm *slurm = context;
    struct pollfd sources[] = {
        { .fd = slurm->wake, .events = POLLIN },
        { .fd = slurm_clerks_wake(slurm->clerks), .events = POLLIN },
    };
    bool is_open = true;

    while (is_open) {
        (void)poll(sources, 2, nap_ms(slurm));
        (void)pthread_mutex_lock(&slurm->mutex);
        is_open = obey_orders(slurm);
        slurm_hear(slurm);
        if (is_open)
            tend_all(slurm);
        else
            tend_stopping(slurm);
        (void)pthread_mutex_unlock(&slurm->mutex);
        tell_ended(slurm);
    }
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
    (void)pthread_mutex_destroy(&slurm->inbox_mutex);
    (void)pthread_mutex_destroy(&slurm->mutex);
    if (slurm->wake >= 0)
        (void)close(slurm->wake);
    free(slurm);
}

static void slurm_free(struct launcher *launcher)
{
    struct slurm *slurm = (struct slurm *)launcher;

    (void)pthread_mutex_lock(&slurm->inbox_mutex);
    slurm->is_closed = true;
    (void)pthread_mutex_unlock(&slurm->inbox_mutex);
    wake(slurm);
    (void)pthread_join(slurm->supervisor, NULL);
    if (slurm->options.allocation_nodes > 0)
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

static int copy_file(int from, int to)
{
    ssize_t count = 1;

    while (count > 0)
        count = sendfile(to, from, NULL, 1 << 20);
    return count < 0 || fchmod(to, 0755) < 0 ? errno : 0;
}

/* Under a new name first: nodes may be running the old one. */
static int install_shim(const struct slurm *slurm, const char *source)
{
    char partial[PATH_MAX + 16];
    int from = open(source, O_RDONLY | O_CLOEXEC);
    int to = -1;
    int error = from < 0 ? errno : 0;

    (void)snprintf(partial, sizeof partial, "%s.new", slurm->shim);
    if (!error) {
        to = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
        error = to < 0 ? errno : copy_file(from, to);
    }
    if (to >= 0 && close(to) < 0 && !error)
        error = errno;
    if (from >= 0)
        (void)close(from);
    if (!error && rename(partial, slurm->shim) < 0)
        error = errno;
    return error;
}

static bool prepare_folder(struct slurm *slurm, const struct slurm_options *options,
                           struct assay_error *err)
{
    char bin[PATH_MAX];
    int error = record_path(bin, sizeof bin, options->state_dir, "bin");

    if (!error)
        error = record_path(slurm->shim, sizeof slurm->shim, bin, "assay-shim");
    if (!error)
        error = record_path(slurm->lease_path, sizeof slurm->lease_path, options->state_dir,
                            NODE_LEASE_NAME);
    if (!error)
        error = record_make_dirs(bin);
    if (!error)
        error = install_shim(slurm, options->shim_path);
    return error ? assay_fail_errno(err, error, "%s", slurm->shim) : true;
}

static bool check_commands(const struct slurm *slurm, struct assay_error *err)
{
    static const char *const argv[] = { "sbatch", "--version", NULL };
    const struct subprocess_spec spec = { .env = slurm->options.env,
                                          .argv = argv,
                                          .envp = (const char *const *)slurm->environment.words,
                                          .timeout_us = CHECK_US };
    struct subprocess_result result = { 0 };
    bool is_there = subprocess_run(&spec, &result, err) && result.status == 0;
    char line[128] = "";

    if (!is_there && result.errors)
        (void)subprocess_last_line(result.errors, line, sizeof line);
    subprocess_result_clear(&result);
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
    slurm_command_environment(options->envp ? options->envp : environ, &slurm->environment);
    slurm->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return slurm;
}

struct launcher *launcher_slurm_new(const struct slurm_options *options, struct assay_error *err)
{
    struct slurm *slurm = slurm_alloc(options, err);

    if (!slurm)
        return NULL;
    if (slurm->wake < 0) {
        (void)assay_fail_errno(err, errno, "eventfd");
    } else if (slurm->environment.is_short_of_memory) {
        (void)assay_fail_memory(err);
    } else if (check_commands(slurm, err) && prepare_folder(slurm, options, err)) {
        slurm->clerks = slurm_clerks_new(options->env, slurm->environment.words, err);
        if (slurm->clerks && start_supervisor(slurm, err))
            return &slurm->launcher;
    }
    dispose(slurm);
    return NULL;
}
