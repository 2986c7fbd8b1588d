#include "engine/live/folders.h"

#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

struct interest {
    int word; /* inotify's watch descriptor, which is never used again for another folder */
    void *owner;
};

struct folders {
    int fd;
    struct interest *items;
    size_t count, capacity;
};

struct folders *folders_new(void)
{
    struct folders *folders = calloc(1, sizeof *folders);

    if (!folders)
        return NULL;
    folders->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (folders->fd >= 0)
        return folders;
    free(folders);
    return NULL;
}

void folders_free(struct folders *folders)
{
    if (!folders)
        return;
    (void)close(folders->fd);
    free(folders->items);
    free(folders);
}

int folders_fd(const struct folders *folders)
{
    return folders->fd;
}

static bool has(const struct folders *folders, int word, const void *owner)
{
    for (size_t i = 0; i < folders->count; i++)
        if (folders->items[i].word == word && (!owner || folders->items[i].owner == owner))
            return true;
    return false;
}

static bool make_room(struct folders *folders)
{
    size_t capacity = folders->capacity ? folders->capacity * 2 : 16;
    struct interest *grown = NULL;

    if (folders->count < folders->capacity)
        return true;
    grown = realloc(folders->items, capacity * sizeof *grown);
    if (!grown)
        return false;
    folders->items = grown;
    folders->capacity = capacity;
    return true;
}

int folders_add(struct folders *folders, const char *path, void *owner)
{
    int word = -1;

    if (!make_room(folders))
        return -1;
    word = inotify_add_watch(folders->fd, path, IN_MODIFY | IN_CREATE | IN_ONLYDIR);
    if (word >= 0 && !has(folders, word, owner))
        folders->items[folders->count++] = (struct interest){ .word = word, .owner = owner };
    return word;
}

void folders_remove(struct folders *folders, int word, const void *owner)
{
    for (size_t i = folders->count; i > 0; i--) {
        struct interest item = folders->items[i - 1];

        if (item.owner != owner || (word != -1 && item.word != word))
            continue;
        folders->items[i - 1] = folders->items[--folders->count];
        if (!has(folders, item.word, NULL))
            (void)inotify_rm_watch(folders->fd, item.word);
    }
}

void folders_take(struct folders *folders, folders_tell tell, void *context)
{
    union {
        struct inotify_event event;
        char bytes[16 * 1024];
    } buffer;
    ssize_t size = read(folders->fd, &buffer, sizeof buffer);

    for (ssize_t at = 0; at < size;) {
        const struct inotify_event *event = (const void *)(buffer.bytes + at);

        /* Of an overflow nobody knows whom it was for. */
        for (size_t i = 0; i < folders->count; i++)
            if (folders->items[i].word == event->wd || (event->mask & IN_Q_OVERFLOW))
                tell(context, folders->items[i].owner);
        at += (ssize_t)(sizeof *event + event->len);
    }
}
