#include "launcher/slurm/slurm_clerks.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * More at once gain little: all wait for one slurmctld. COMMAND_US: commands wait 10 s for a
 * controller that does not answer, and some twice.
 */
enum { CLERK_COUNT = 6, COMMAND_US = 60 * 1000 * 1000, OUTPUT_MAX = 32 * 1024 * 1024 };

struct slurm_clerks {
    const struct assay_env *env;
    char *const *environment;
    struct subprocess_cancel cancel;
    int wake;
    pthread_t threads[CLERK_COUNT];
    int thread_count;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t work;
    struct errand_list waiting;
    struct errand_list done;
    bool is_closed;
};

struct errand *errand_new(enum errand_kind kind, const char *tag)
{
    struct errand *errand = calloc(1, sizeof *errand);

    if (!errand)
        return NULL;
    errand->kind = kind;
    errand->tag = strdup(tag);
    if (errand->tag)
        return errand;
    free(errand);
    return NULL;
}

void errand_free(struct errand *errand)
{
    if (!errand)
        return;
    subprocess_result_clear(&errand->result);
    word_list_clear(&errand->words);
    free(errand->tag);
    free(errand);
}

static void run(struct slurm_clerks *clerks, struct errand *errand)
{
    struct subprocess_spec spec = {
        .env = clerks->env,
        .argv = (const char *const *)errand->words.words,
        .envp = (const char *const *)clerks->environment,
        .cwd = "/",
        .timeout_us = COMMAND_US,
        .output_max = OUTPUT_MAX,
        .cancel = &clerks->cancel,
    };

    errand->begun_us = assay_mono_us(clerks->env);
    if (errand->words.is_short_of_memory)
        (void)assay_fail_memory(&errand->err);
    else
        errand->has_run = subprocess_run(&spec, &errand->result, &errand->err);
}

static void *clerk_main(void *context)
{
    static const uint64_t one = 1;
    struct slurm_clerks *clerks = context;

    (void)pthread_mutex_lock(&clerks->mutex);
    for (;;) {
        struct errand *errand = NULL;

        while (!clerks->is_closed && STAILQ_EMPTY(&clerks->waiting))
            (void)pthread_cond_wait(&clerks->work, &clerks->mutex);
        if (clerks->is_closed)
            break;
        errand = STAILQ_FIRST(&clerks->waiting);
        STAILQ_REMOVE_HEAD(&clerks->waiting, in_list);
        (void)pthread_mutex_unlock(&clerks->mutex);
        run(clerks, errand);
        (void)pthread_mutex_lock(&clerks->mutex);
        STAILQ_INSERT_TAIL(&clerks->done, errand, in_list);
        (void)!write(clerks->wake, &one, sizeof one);
    }
    (void)pthread_mutex_unlock(&clerks->mutex);
    return NULL;
}

static bool start_threads(struct slurm_clerks *clerks, struct assay_error *err)
{
    sigset_t all;
    sigset_t before;
    int error = 0;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (!error && clerks->thread_count < CLERK_COUNT) {
        error = pthread_create(&clerks->threads[clerks->thread_count], NULL, clerk_main, clerks);
        clerks->thread_count += error == 0;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error ? assay_fail_errno(err, error, "launcher's threads") : true;
}

struct slurm_clerks *slurm_clerks_new(const struct assay_env *env, char *const *environment,
                                      struct assay_error *err)
{
    struct slurm_clerks *clerks = calloc(1, sizeof *clerks);

    if (!clerks) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    clerks->env = env;
    clerks->environment = environment;
    STAILQ_INIT(&clerks->waiting);
    STAILQ_INIT(&clerks->done);
    (void)pthread_mutex_init(&clerks->mutex, NULL);
    (void)pthread_cond_init(&clerks->work, NULL);
    clerks->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (clerks->wake < 0) {
        (void)assay_fail_errno(err, errno, "eventfd");
        free(clerks);
        return NULL;
    }
    if (subprocess_cancel_init(&clerks->cancel, err) && start_threads(clerks, err))
        return clerks;
    slurm_clerks_free(clerks);
    return NULL;
}

static void free_list(struct errand_list *list)
{
    struct errand *errand = NULL;

    while ((errand = STAILQ_FIRST(list))) {
        STAILQ_REMOVE_HEAD(list, in_list);
        errand_free(errand);
    }
}

void slurm_clerks_free(struct slurm_clerks *clerks)
{
    if (!clerks)
        return;
    (void)pthread_mutex_lock(&clerks->mutex);
    clerks->is_closed = true;
    (void)pthread_cond_broadcast(&clerks->work);
    (void)pthread_mutex_unlock(&clerks->mutex);
    if (clerks->thread_count)
        subprocess_cancel_set(&clerks->cancel);
    for (int i = 0; i < clerks->thread_count; i++)
        (void)pthread_join(clerks->threads[i], NULL);
    subprocess_cancel_clear(&clerks->cancel);
    free_list(&clerks->waiting);
    free_list(&clerks->done);
    (void)pthread_cond_destroy(&clerks->work);
    (void)pthread_mutex_destroy(&clerks->mutex);
    (void)close(clerks->wake);
    free(clerks);
}

void slurm_clerks_send(struct slurm_clerks *clerks, struct errand *errand)
{
    (void)pthread_mutex_lock(&clerks->mutex);
    STAILQ_INSERT_TAIL(&clerks->waiting, errand, in_list);
    (void)pthread_cond_signal(&clerks->work);
    (void)pthread_mutex_unlock(&clerks->mutex);
}

int slurm_clerks_wake(const struct slurm_clerks *clerks)
{
    return clerks->wake;
}

struct errand *slurm_clerks_collect(struct slurm_clerks *clerks)
{
    struct errand *errand = NULL;
    uint64_t count = 0;

    (void)!read(clerks->wake, &count, sizeof count);
    (void)pthread_mutex_lock(&clerks->mutex);
    errand = STAILQ_FIRST(&clerks->done);
    if (errand)
        STAILQ_REMOVE_HEAD(&clerks->done, in_list);
    (void)pthread_mutex_unlock(&clerks->mutex);
    return errand;
}
