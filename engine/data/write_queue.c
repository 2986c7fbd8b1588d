#include "engine/data/write_queue.h"

#include "engine/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* So much is written before the disk is told to begin: the sync at the end is short then, and what
 * is told at once is long enough for it. */
enum { AHEAD = 8 * 1024 * 1024 };

/* One block on its way. */
struct write_task {
    int file;
    const char *name;
    char *block;
    size_t size;
    bool is_last;
};

struct write_queue {
    pthread_t thread;
    /* guards tasks, first, count, blocks, free_count, error, failed_name, is_ending */
    pthread_mutex_t mutex;
    pthread_cond_t is_filled;
    pthread_cond_t is_written;
    struct write_task tasks[WRITE_BLOCKS]; /* a ring; the first is the one that is being written */
    int first;
    int count;
    char *blocks[WRITE_BLOCKS]; /* that are free */
    int free_count;
    int error; /* 0, or what the first failure was */
    const char *failed_name;
    bool is_ending;

    size_t unsent; /* the thread's: what was written since the disk was told to begin */
    char memory[WRITE_BLOCKS][WRITE_BLOCK];
};

/* Returns 0 or the error. */
static int write_all(int file, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t done = write(file, text, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        text += done;
        size -= (size_t)done;
    }
    return 0;
}

static int do_task(struct write_queue *queue, const struct write_task *task, bool is_wanted)
{
    int error = is_wanted ? write_all(task->file, task->block, task->size) : 0;

    queue->unsent += task->size;
    if (is_wanted && !task->is_last && queue->unsent >= AHEAD) {
        (void)sync_file_range(task->file, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint; the sync tells */
        queue->unsent = 0;
    }
    if (is_wanted && task->is_last && !error && fdatasync(task->file) != 0)
        error = errno;
    if (task->is_last && close(task->file) != 0 && !error)
        error = errno;
    return error;
}

/* The first task; false: there will be none. *is_wanted: it is to be written. */
static bool take_task(struct write_queue *queue, struct write_task *task, bool *is_wanted)
{
    bool is_taken = false;

    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0 && !queue->is_ending)
        (void)pthread_cond_wait(&queue->is_filled, &queue->mutex);
    is_taken = queue->count > 0;
    if (is_taken)
        *task = queue->tasks[queue->first];
    *is_wanted = !queue->is_ending && !queue->error;
    (void)pthread_mutex_unlock(&queue->mutex);
    return is_taken;
}

static void end_task(struct write_queue *queue, const struct write_task *task, int error)
{
    (void)pthread_mutex_lock(&queue->mutex);
    queue->first = (queue->first + 1) % WRITE_BLOCKS;
    queue->count--;
    queue->blocks[queue->free_count++] = task->block;
    if (error && !queue->error) {
        queue->error = error;
        queue->failed_name = task->name;
    }
    (void)pthread_cond_signal(&queue->is_written);
    (void)pthread_mutex_unlock(&queue->mutex);
}

static void *write_thread(void *context)
{
    struct write_queue *queue = context;
    struct write_task task;
    bool is_wanted = false;

    while (take_task(queue, &task, &is_wanted))
        end_task(queue, &task, do_task(queue, &task, is_wanted));
    return NULL;
}

static void init(struct write_queue *queue)
{
    (void)pthread_mutex_init(&queue->mutex, NULL);
    (void)pthread_cond_init(&queue->is_filled, NULL);
    (void)pthread_cond_init(&queue->is_written, NULL);
    queue->first = 0;
    queue->count = 0;
    queue->free_count = 0;
    while (queue->free_count < WRITE_BLOCKS) {
        queue->blocks[queue->free_count] = queue->memory[queue->free_count];
        queue->free_count++;
    }
    queue->error = 0;
    queue->failed_name = NULL;
    queue->is_ending = false;
    queue->unsent = 0;
}

static void clear(struct write_queue *queue)
{
    (void)pthread_cond_destroy(&queue->is_written);
    (void)pthread_cond_destroy(&queue->is_filled);
    (void)pthread_mutex_destroy(&queue->mutex);
    free(queue);
}

struct write_queue *write_queue_new(struct assay_error *err)
{
    struct write_queue *queue = malloc(sizeof *queue); /* the blocks need not be cleared */
    int code = 0;

    if (!queue) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    init(queue);
    code = thread_start(&queue->thread, write_thread, queue);
    if (code == 0)
        return queue;
    (void)assay_fail_errno(err, code, "start a thread that writes");
    clear(queue);
    return NULL;
}

void write_queue_free(struct write_queue *queue)
{
    if (!queue)
        return;
    (void)pthread_mutex_lock(&queue->mutex);
    queue->is_ending = true;
    (void)pthread_cond_signal(&queue->is_filled);
    (void)pthread_mutex_unlock(&queue->mutex);
    (void)pthread_join(queue->thread, NULL);
    clear(queue);
}

/* With the mutex held, which it releases. */
static bool unlock_and_tell(struct write_queue *queue, struct assay_error *err)
{
    int error = queue->error;
    const char *name = queue->failed_name;

    (void)pthread_mutex_unlock(&queue->mutex);
    return error == 0 || assay_fail_errno(err, error, "writing %s data", name);
}

char *write_queue_block(struct write_queue *queue, struct assay_error *err)
{
    char *block = NULL;

    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->free_count == 0)
        (void)pthread_cond_wait(&queue->is_written, &queue->mutex);
    if (!queue->error)
        block = queue->blocks[--queue->free_count];
    return unlock_and_tell(queue, err) ? block : NULL;
}

void write_queue_put(struct write_queue *queue, int file, const char *name, char *block,
                     size_t size, bool is_last)
{
    struct write_task *task = NULL;

    (void)pthread_mutex_lock(&queue->mutex);
    task = &queue->tasks[(queue->first + queue->count++) % WRITE_BLOCKS];
    task->file = file;
    task->name = name;
    task->block = block;
    task->size = size;
    task->is_last = is_last;
    (void)pthread_cond_signal(&queue->is_filled);
    (void)pthread_mutex_unlock(&queue->mutex);
}

bool write_queue_drain(struct write_queue *queue, struct assay_error *err)
{
    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->count > 0)
        (void)pthread_cond_wait(&queue->is_written, &queue->mutex);
    return unlock_and_tell(queue, err);
}
