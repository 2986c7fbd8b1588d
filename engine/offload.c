#include "engine/offload.h"

#include "engine/thread.h"

#include <pthread.h>
#include <stdlib.h>

struct task {
    offload_fn fn;
    void *context;
    struct task *next;
};

struct offload {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards first, last, is_ending */
    pthread_cond_t is_filled;
    struct task *first;
    struct task *last;
    bool is_ending;
};

static struct task *take_task(struct offload *offload, bool *is_ending)
{
    struct task *task = NULL;

    (void)pthread_mutex_lock(&offload->mutex);
    while (!offload->first && !offload->is_ending)
        (void)pthread_cond_wait(&offload->is_filled, &offload->mutex);
    *is_ending = offload->is_ending;
    task = offload->first;
    if (task)
        offload->first = task->next;
    (void)pthread_mutex_unlock(&offload->mutex);
    return task;
}

static void *offload_thread(void *context)
{
    struct offload *offload = context;
    bool is_ending = false;
    struct task *task = NULL;

    while ((task = take_task(offload, &is_ending))) {
        task->fn(task->context, is_ending);
        free(task);
    }
    return NULL;
}

struct offload *offload_new(struct assay_error *err)
{
    struct offload *offload = calloc(1, sizeof *offload);
    int code = 0;

    if (!offload) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&offload->mutex, NULL);
    (void)pthread_cond_init(&offload->is_filled, NULL);
    code = thread_start(&offload->thread, offload_thread, offload);
    if (code == 0)
        return offload;
    (void)assay_fail_errno(err, code, "start the offload thread");
    (void)pthread_cond_destroy(&offload->is_filled);
    (void)pthread_mutex_destroy(&offload->mutex);
    free(offload);
    return NULL;
}

void offload_free(struct offload *offload)
{
    if (!offload)
        return;
    (void)pthread_mutex_lock(&offload->mutex);
    offload->is_ending = true;
    (void)pthread_cond_signal(&offload->is_filled);
    (void)pthread_mutex_unlock(&offload->mutex);
    (void)pthread_join(offload->thread, NULL);
    (void)pthread_cond_destroy(&offload->is_filled);
    (void)pthread_mutex_destroy(&offload->mutex);
    free(offload);
}

bool offload_submit(struct offload *offload, offload_fn fn, void *context)
{
    struct task *task = calloc(1, sizeof *task);

    if (!task)
        return false;
    task->fn = fn;
    task->context = context;
    (void)pthread_mutex_lock(&offload->mutex);
    if (offload->first)
        offload->last->next = task;
    else
        offload->first = task;
    offload->last = task;
    (void)pthread_cond_signal(&offload->is_filled);
    (void)pthread_mutex_unlock(&offload->mutex);
    return true;
}
