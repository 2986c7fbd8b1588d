#include "engine/live/folders.h"

#include "engine/array.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct interest {
    int word; /* inotify's watch descriptor, which is never used again for another folder */
    void *owner;
};

struct folders {
    int fd;
    pthread_mutex_t mutex;  /* guards what follows, and fd's watches */
    struct interest *items; /* by word: those who share a folder are neighbours */
    size_t count, capacity;
};

struct folders *folders_new(void)
{
    struct folders *folders = calloc(1, sizeof *folders);

    if (!folders)
        return NULL;
    folders->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (folders->fd < 0) {
        free(folders);
        return NULL;
    }
    (void)pthread_mutex_init(&folders->mutex, NULL);
    return folders;
}

void folders_free(struct folders *folders)
{
    if (!folders)
        return;
    (void)close(folders->fd);
    (void)pthread_mutex_destroy(&folders->mutex);
    free(folders->items);
    free(folders);
}

int folders_fd(const struct folders *folders)
{
    return folders->fd;
}

/* The first with that word or a greater one. */
static size_t find(const struct folders *folders, int word)
{
    size_t low = 0;
    size_t high = folders->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (folders->items[middle].word < word)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_of(const struct folders *folders, size_t at, int word)
{
    return at < folders->count && folders->items[at].word == word;
}

/* Once, however often it is added. There is room. */
static void insert(struct folders *folders, int word, void *owner)
{
    size_t at = find(folders, word);

    for (; is_of(folders, at, word); at++)
        if (folders->items[at].owner == owner)
            return;
    memmove(&folders->items[at + 1], &folders->items[at],
            (folders->count - at) * sizeof folders->items[0]);
    folders->items[at] = (struct interest){ .word = word, .owner = owner };
    folders->count++;
}

int folders_add(struct folders *folders, const char *path, void *owner)
{
    void *items = NULL;
    int word = -1;

    (void)pthread_mutex_lock(&folders->mutex);
    items = folders->items;
    if (array_make_room(&items, folders->count, &folders->capacity, sizeof folders->items[0]))
        word = inotify_add_watch(folders->fd, path, IN_MODIFY | IN_CREATE | IN_ONLYDIR);
    folders->items = items;
    if (word >= 0)
        insert(folders, word, owner);
    (void)pthread_mutex_unlock(&folders->mutex);
    return word;
}

void folders_remove(struct folders *folders, int word, const void *owner)
{
    size_t kept = 0;

    (void)pthread_mutex_lock(&folders->mutex);
    for (size_t i = 0; i < folders->count; i++) {
        struct interest item = folders->items[i];

        if (item.owner != owner || (word != -1 && item.word != word))
            folders->items[kept++] = item;
        else if (!is_of(folders, i + 1, item.word) &&
                 (kept == 0 || folders->items[kept - 1].word != item.word))
            (void)inotify_rm_watch(folders->fd, item.word); /* it was the last one's */
    }
    folders->count = kept;
    (void)pthread_mutex_unlock(&folders->mutex);
}

/* Of an overflow nobody knows whom it was for. */
static void tell_owners(const struct folders *folders, const struct inotify_event *event,
                        folders_tell tell, void *context)
{
    bool is_for_all = (event->mask & IN_Q_OVERFLOW) != 0;

    for (size_t i = is_for_all ? 0 : find(folders, event->wd);
         i < folders->count && (is_for_all || folders->items[i].word == event->wd); i++)
        tell(context, folders->items[i].owner);
}

void folders_take(struct folders *folders, folders_tell tell, void *context)
{
    union {
        struct inotify_event event;
        char bytes[16 * 1024];
    } buffer;
    ssize_t size = read(folders->fd, &buffer, sizeof buffer);

    (void)pthread_mutex_lock(&folders->mutex);
    for (ssize_t at = 0; at < size;) {
        const struct inotify_event *event = (const void *)(buffer.bytes + at);

        tell_owners(folders, event, tell, context);
        at += (ssize_t)(sizeof *event + event->len);
    }
    (void)pthread_mutex_unlock(&folders->mutex);
}
