#include "engine/buckets/buckets_private.h"

#include "assay/plain_file.h"
#include "assay/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Names are listed by the bytes of the whole name, while folders are trees: sorted with a slash
 * behind the names of folders, a walk through the tree meets all names in that order.
 */
struct walk {
    struct buckets *buckets;
    const struct object_query *query;
    struct object_list *list;
    struct assay_error *err;
    int bucket_fd;
    size_t prefix_size;
    char name[OBJECT_NAME_MAX + 1]; /* where the walk is: "" or a folder with its slash */
    bool is_ended;                  /* the page is full, or the query's end was met */
    bool is_failed;
};

struct entry {
    char name[257]; /* of a folder with a slash */
    bool is_folder;
};

static void fail_memory(struct walk *walk)
{
    (void)assay_fail_memory(walk->err);
    walk->is_failed = true;
    walk->is_ended = true;
}

/* A folder that cannot be read: what is in it would be left out without a word. One that is gone,
 * or has become something else, is no folder any more. */
static void note_unread(struct walk *walk, int error)
{
    if (error == ENOENT || error == ENOTDIR || error == ELOOP)
        return;
    (void)assay_fail_errno(walk->err, error, "read the folder %s of the bucket",
                           walk->name[0] ? walk->name : "at the top");
    walk->is_failed = true;
    walk->is_ended = true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static bool is_text(const char *name)
{
    size_t size = strlen(name);

    for (size_t at = 0, step = 0; at < size; at += step) {
        step = utf8_size(name + at, size - at);
        if (step == 0 || name[at] == '\n' || name[at] == '\r')
            return false;
    }
    return true;
}

/* No name below the folder can be one that is asked for. */
static bool is_passed_by(const struct walk *walk, const char *name, size_t size)
{
    const struct object_query *query = walk->query;
    size_t common = size < walk->prefix_size ? size : walk->prefix_size;

    return memcmp(name, query->prefix, common) != 0 || strncmp(name, query->after, size) < 0 ||
           (query->start && strncmp(name, query->start, size) < 0);
}

/* What earlier pages had need not be put in order again. */
static bool is_behind(struct walk *walk, const struct entry *entry)
{
    size_t folder = strlen(walk->name);
    size_t size = folder + strlen(entry->name);
    bool is_behind = false;

    memcpy(walk->name + folder, entry->name, size - folder + 1);
    is_behind = entry->is_folder ? is_passed_by(walk, walk->name, size)
                                 : strcmp(walk->name, walk->query->after) <= 0;
    walk->name[folder] = '\0';
    return is_behind;
}

/* Only what can be an object, or lead to one. */
static bool read_entry(const struct walk *walk, int folder_fd, const struct dirent *found,
                       struct entry *entry)
{
    size_t size = strlen(found->d_name);
    unsigned char type = found->d_type;
    struct stat file;

    if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0 ||
        (walk->name[0] == '\0' && strcmp(found->d_name, BUCKETS_UPLOADS) == 0) ||
        strlen(walk->name) + size + 1 > OBJECT_NAME_MAX || !is_text(found->d_name))
        return false;
    if (type == DT_UNKNOWN && fstatat(folder_fd, found->d_name, &file, AT_SYMLINK_NOFOLLOW) == 0)
        type = S_ISDIR(file.st_mode) ? DT_DIR : (S_ISREG(file.st_mode) ? DT_REG : DT_UNKNOWN);
    if (type != DT_DIR && type != DT_REG)
        return false;
    entry->is_folder = type == DT_DIR;
    memcpy(entry->name, found->d_name, size + 1);
    if (entry->is_folder)
        memcpy(entry->name + size, "/", 2);
    return true;
}

/* The folder's entries in their order; the caller frees them. NULL with *count 0: none, or no
 * memory, which is noted. */
static struct entry *read_folder(struct walk *walk, int folder_fd, size_t *count)
{
    int fd = fcntl(folder_fd, F_DUPFD_CLOEXEC, 0);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *found = NULL;
    struct entry *entries = NULL;
    size_t capacity = 0;

    *count = 0;
    if (!folder)
        note_unread(walk, errno);
    while (folder && !walk->is_failed && (errno = 0, found = readdir(folder)) != NULL) {
        if (*count == capacity) {
            struct entry *grown =
                realloc(entries, (capacity ? capacity * 2 : 64) * sizeof *entries);

            if (!grown) {
                fail_memory(walk);
                break;
            }
            entries = grown;
            capacity = capacity ? capacity * 2 : 64;
        }
        *count += read_entry(walk, folder_fd, found, &entries[*count]) &&
                  !is_behind(walk, &entries[*count]);
    }
    if (folder && !found && errno)
        note_unread(walk, errno);
    if (folder)
        (void)closedir(folder);
    else if (fd >= 0)
        (void)close(fd);
    if (*count > 0)
        qsort(entries, *count, sizeof *entries, by_name);
    return entries;
}

/* Is there room for one more? If not, the page ends with what it has. */
static bool has_room(struct walk *walk)
{
    struct object_list *list = walk->list;
    const char *last_item = list->count ? list->items[list->count - 1].name : "";
    const char *last_prefix = list->prefix_count ? list->prefixes[list->prefix_count - 1] : "";

    if (list->count + list->prefix_count < (size_t)walk->query->max)
        return true;
    list->next = strdup(strcmp(last_item, last_prefix) > 0 ? last_item : last_prefix);
    if (!list->next)
        fail_memory(walk);
    walk->is_ended = true;
    return false;
}

static void add_prefix(struct walk *walk, const char *name, size_t size)
{
    struct object_list *list = walk->list;
    const char *last = list->prefix_count ? list->prefixes[list->prefix_count - 1] : NULL;
    char *prefix = NULL;

    if (last && strlen(last) == size && memcmp(last, name, size) == 0)
        return;
    if (!has_room(walk))
        return;
    prefix = strndup(name, size);
    if (!prefix)
        fail_memory(walk);
    else
        list->prefixes[list->prefix_count++] = prefix;
}

/* The object whose file is this one, unless it is gone by now. */
static void add_item(struct walk *walk, const char *name)
{
    struct object_list *list = walk->list;
    struct object_info info = { 0 };
    bool is_there = false;
    bool is_ok = false;

    if (!has_room(walk) || !buckets_lock(walk->buckets, walk->err)) {
        walk->is_failed = walk->is_failed || !walk->list->next;
        walk->is_ended = true;
        return;
    }
    is_ok = object_look(walk->buckets, walk->bucket_fd, walk->query->bucket, name, &info, &is_there,
                        walk->err);
    (void)pthread_mutex_unlock(&walk->buckets->mutex);
    if (!is_ok)
        walk->is_failed = walk->is_ended = true;
    else if (is_there)
        list->items[list->count++] = info;
}

/* Where the name is one of a group: the size of the group's prefix, else 0. */
static size_t group_size(const struct walk *walk, const char *name)
{
    const char *delimiter = walk->query->delimiter;
    const char *found = delimiter ? strstr(name + walk->prefix_size, delimiter) : NULL;

    return found ? (size_t)(found - name) + strlen(delimiter) : 0;
}

static bool is_before(const char *name, size_t size, const char *bound)
{
    int order = strncmp(name, bound, size);

    return order < 0 || (order == 0 && strlen(bound) > size);
}

static void visit_object(struct walk *walk, const char *name)
{
    const struct object_query *query = walk->query;
    size_t group = 0;

    if (strlen(name) < walk->prefix_size || memcmp(name, query->prefix, walk->prefix_size) != 0 ||
        (query->start && strcmp(name, query->start) < 0))
        return;
    if (query->end && strcmp(name, query->end) >= 0) {
        walk->is_ended = true;
        return;
    }
    group = group_size(walk, name);
    if (group > 0) {
        if (!is_before(name, group, query->after) &&
            !(strlen(query->after) == group && memcmp(name, query->after, group) == 0))
            add_prefix(walk, name, group);
        if (!(query->has_folders_as_items && group == strlen(name)))
            return;
    }
    if (!walk->is_ended && strcmp(name, query->after) > 0)
        add_item(walk, name);
}

struct marker_search {
    const struct walk *walk;
    bool is_found;
};

static bool on_marker(void *context, const char *name)
{
    struct marker_search *search = context;
    struct assay_error ignored = { 0 };
    struct stat file;
    int fd = object_file_open(search->walk->bucket_fd, name, O_PATH, &file, &ignored);

    search->is_found = fd >= 0;
    if (fd >= 0)
        (void)close(fd);
    return !search->is_found;
}

/* Has the folder, whose name with its slash is given, any object in or below it? */
static bool has_objects(struct walk *walk, int parent_fd, const struct entry *entry,
                        const char *name)
{
    struct marker_search search = { .walk = walk };
    char last[257];

    (void)memcpy(last, entry->name, sizeof last);
    last[strlen(last) - 1] = '\0';
    if (object_tree_has_files(parent_fd, last))
        return true;
    if (!buckets_lock(walk->buckets, walk->err)) {
        walk->is_failed = walk->is_ended = true;
        return false;
    }
    walk->is_failed =
        !side_each_folder(walk->buckets, walk->query->bucket, name, on_marker, &search, walk->err);
    (void)pthread_mutex_unlock(&walk->buckets->mutex);
    walk->is_ended = walk->is_ended || walk->is_failed;
    return search.is_found;
}

static void walk_folder(struct walk *walk, int folder_fd);

/* walk->name is the folder's. */
static void visit_folder(struct walk *walk, int parent_fd, const struct entry *entry)
{
    const struct object_query *query = walk->query;
    size_t size = strlen(walk->name);
    char last[257];
    int fd = -1;

    if (is_passed_by(walk, walk->name, size))
        return;
    if (query->end && size >= walk->prefix_size && strcmp(walk->name, query->end) >= 0) {
        walk->is_ended = true;
        return;
    }
    /* A whole tree that becomes one prefix need not be walked through. */
    if (query->delimiter && strcmp(query->delimiter, "/") == 0 && size > walk->prefix_size &&
        !query->has_folders_as_items && !query->start && !query->end) {
        if (strcmp(walk->name, query->after) > 0 && has_objects(walk, parent_fd, entry, walk->name))
            add_prefix(walk, walk->name, size);
        return;
    }
    (void)memcpy(last, entry->name, sizeof last);
    last[strlen(last) - 1] = '\0';
    fd = plain_open_below(parent_fd, last, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) {
        note_unread(walk, errno);
        return;
    }
    walk_folder(walk, fd);
    (void)close(fd);
}

/* walk->name is the folder's own, and is so again at the end. */
static void walk_folder(struct walk *walk, int folder_fd)
{
    size_t size = strlen(walk->name);
    size_t count = 0;
    struct entry *entries = NULL;

    if (size > 0)
        visit_object(walk, walk->name);
    entries = walk->is_ended ? NULL : read_folder(walk, folder_fd, &count);
    for (size_t i = 0; i < count && !walk->is_ended; i++) {
        memcpy(walk->name + size, entries[i].name, strlen(entries[i].name) + 1);
        if (entries[i].is_folder)
            visit_folder(walk, folder_fd, &entries[i]);
        else
            visit_object(walk, walk->name);
    }
    walk->name[size] = '\0';
    free(entries);
}

/* The walk begins in the folder that the prefix names. */
static void walk_from_prefix(struct walk *walk)
{
    const char *slash = strrchr(walk->query->prefix, '/');
    struct assay_error ignored = { 0 };
    int fd = -1;

    if (slash) {
        size_t size = (size_t)(slash - walk->query->prefix) + 1;

        memcpy(walk->name, walk->query->prefix, size);
        walk->name[size] = '\0';
        if (!object_name_check(walk->name, &ignored))
            return; /* no object can have such a name */
        fd = plain_open_below(walk->bucket_fd, walk->name, O_RDONLY | O_DIRECTORY, 0);
    } else {
        fd = openat(walk->bucket_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (fd < 0) {
        note_unread(walk, errno);
        return;
    }
    walk_folder(walk, fd);
    (void)close(fd);
}

bool object_list_read(struct buckets *buckets, const struct object_query *query,
                      struct object_list *list, struct assay_error *err)
{
    struct walk walk = { .buckets = buckets, .query = query, .list = list, .err = err };

    *list = (struct object_list){ 0 };
    walk.prefix_size = strlen(query->prefix);
    walk.bucket_fd = bucket_open(buckets, query->bucket, err);
    if (walk.bucket_fd < 0)
        return false;
    list->items = calloc((size_t)query->max, sizeof *list->items);
    list->prefixes = calloc((size_t)query->max, sizeof *list->prefixes);
    if (!list->items || !list->prefixes)
        fail_memory(&walk);
    else if (walk.prefix_size <= OBJECT_NAME_MAX)
        walk_from_prefix(&walk);
    (void)close(walk.bucket_fd);
    if (!walk.is_failed)
        return true;
    object_list_clear(list);
    return false;
}

void object_list_clear(struct object_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        object_info_clear(&list->items[i]);
    for (size_t i = 0; i < list->prefix_count; i++)
        free(list->prefixes[i]);
    free(list->items);
    free(list->prefixes);
    free(list->next);
    *list = (struct object_list){ 0 };
}
