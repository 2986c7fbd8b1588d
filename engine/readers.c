#include "engine/readers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct store *store; /* NULL: not opened yet */
    bool is_taken;
    pthread_t owner; /* whose it is, while it is taken */
};

struct readers {
    char *state_dir;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t is_changed;
    struct reader items[READERS_MAX];
    int taken;
    bool is_paused;
};

struct readers *readers_open(const char *state_dir, struct assay_error *err)
{
    struct readers *readers = calloc(1, sizeof *readers);

    if (!readers) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&readers->mutex, NULL);
    (void)pthread_cond_init(&readers->is_changed, NULL);
    readers->state_dir = strdup(state_dir);
    if (!readers->state_dir)
        (void)assay_fail_memory(err);
    else
        readers->items[0].store = store_open(state_dir, STORE_READ, err);
    if (readers->items[0].store)
        return readers;
    readers_close(readers);
    return NULL;
}

void readers_close(struct readers *readers)
{
    if (!readers)
        return;
    for (int i = 0; i < READERS_MAX; i++)
        store_close(readers->items[i].store);
    (void)pthread_cond_destroy(&readers->is_changed);
    (void)pthread_mutex_destroy(&readers->mutex);
    free(readers->state_dir);
    free(readers);
}

/* One that is free; a new one where all that are open are taken. NULL: there is none now. */
static struct reader *find_free(struct readers *readers)
{
    struct assay_error ignored = { 0 };

    for (int i = 0; !readers->is_paused && i < READERS_MAX; i++) {
        struct reader *reader = &readers->items[i];

        if (reader->is_taken)
            continue;
        /* One that cannot be opened is not needed: another will be free. */
        if (!reader->store)
            reader->store = store_open(readers->state_dir, STORE_READ, &ignored);
        return reader->store ? reader : NULL;
    }
    return NULL;
}

struct store *readers_begin(struct readers *readers)
{
    struct reader *reader = NULL;

    (void)pthread_mutex_lock(&readers->mutex);
    while (!(reader = find_free(readers)))
        (void)pthread_cond_wait(&readers->is_changed, &readers->mutex);
    reader->is_taken = true;
    reader->owner = pthread_self();
    readers->taken++;
    (void)pthread_mutex_unlock(&readers->mutex);
    return reader->store;
}

void readers_end(struct readers *readers)
{
    int i = 0;

    (void)pthread_mutex_lock(&readers->mutex);
    while (!readers->items[i].is_taken || !pthread_equal(readers->items[i].owner, pthread_self()))
        i++;
    readers->items[i].is_taken = false;
    readers->taken--;
    (void)pthread_cond_broadcast(&readers->is_changed);
    (void)pthread_mutex_unlock(&readers->mutex);
}

bool readers_pause(struct readers *readers, bool is_patient)
{
    bool is_paused = false;

    (void)pthread_mutex_lock(&readers->mutex);
    if (is_patient || readers->taken == 0) {
        readers->is_paused = true;
        while (readers->taken > 0)
            (void)pthread_cond_wait(&readers->is_changed, &readers->mutex);
    }
    is_paused = readers->is_paused;
    (void)pthread_mutex_unlock(&readers->mutex);
    return is_paused;
}

void readers_resume(struct readers *readers)
{
    (void)pthread_mutex_lock(&readers->mutex);
    readers->is_paused = false;
    (void)pthread_cond_broadcast(&readers->is_changed);
    (void)pthread_mutex_unlock(&readers->mutex);
}
