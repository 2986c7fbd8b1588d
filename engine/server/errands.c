#include "engine/server/errands.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct errands {
    pthread_mutex_t mutex; /* guards all below, but for max */
    pthread_cond_t has_work;
    struct errand *first, *last;
    unsigned int waiting; /* errands in the list */
    unsigned int idle;    /* threads that wait for one */
    unsigned int count;   /* threads */
    unsigned int max;
    bool is_ended;
    pthread_t threads[];
};

static struct errand *take(struct errands *errands)
{
    struct errand *errand = errands->first;

    if (errand) {
        errands->first = errand->next;
        errands->waiting--;
    }
    return errand;
}

static void *errand_thread(void *context)
{
    struct errands *errands = context;

    (void)pthread_mutex_lock(&errands->mutex);
    for (;;) {
        struct errand *errand = take(errands);

        if (errand) {
            (void)pthread_mutex_unlock(&errands->mutex);
            errand->run(errand);
            (void)pthread_mutex_lock(&errands->mutex);
        } else if (errands->is_ended) {
            break;
        } else {
            errands->idle++;
            (void)pthread_cond_wait(&errands->has_work, &errands->mutex);
            errands->idle--;
        }
    }
    (void)pthread_mutex_unlock(&errands->mutex);
    return NULL;
}

struct errands *errands_new(unsigned int threads_max)
{
    struct errands *errands = calloc(1, sizeof *errands + threads_max * sizeof errands->threads[0]);

    if (!errands)
        return NULL;
    errands->max = threads_max;
    (void)pthread_mutex_init(&errands->mutex, NULL);
    (void)pthread_cond_init(&errands->has_work, NULL);
    return errands;
}

void errands_free(struct errands *errands)
{
    if (!errands)
        return;
    (void)pthread_mutex_lock(&errands->mutex);
    errands->is_ended = true;
    (void)pthread_cond_broadcast(&errands->has_work);
    (void)pthread_mutex_unlock(&errands->mutex);
    for (unsigned int i = 0; i < errands->count; i++)
        (void)pthread_join(errands->threads[i], NULL);
    (void)pthread_cond_destroy(&errands->has_work);
    (void)pthread_mutex_destroy(&errands->mutex);
    free(errands);
}

void errands_add(struct errands *errands, struct errand *errand)
{
    bool has_threads = false;

    (void)pthread_mutex_lock(&errands->mutex);
    if (errands->waiting >= errands->idle && errands->count < errands->max &&
        pthread_create(&errands->threads[errands->count], NULL, errand_thread, errands) == 0)
        errands->count++;
    has_threads = errands->count > 0;
    if (has_threads) {
        errand->next = NULL;
        if (errands->first)
            errands->last->next = errand;
        else
            errands->first = errand;
        errands->last = errand;
        errands->waiting++;
        (void)pthread_cond_signal(&errands->has_work);
    }
    (void)pthread_mutex_unlock(&errands->mutex);
    if (!has_threads)
        errand->run(errand);
}
