#include "launcher/python/python_prune.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void python_env_list_clear(struct python_env_list *list)
{
    free(list->items);
    *list = (struct python_env_list){ 0 };
}

static bool is_hash(const char *name)
{
    return strlen(name) == PYTHON_HASH_TEXT - 1 &&
           strspn(name, "0123456789abcdef") == PYTHON_HASH_TEXT - 1;
}

/* Whoever asks has the lock for no longer than this. */
static bool is_locked(const struct python_folder *folder)
{
    int lock = python_folder_lock(folder, PYTHON_LOCK_EXCLUSIVE);

    if (lock < 0)
        return errno == EWOULDBLOCK;
    (void)close(lock);
    return false;
}

static bool add(struct python_env_list *list, const char *store_dir, const char *hash,
                struct assay_error *err)
{
    struct python_env_info *items = reallocarray(list->items, list->count + 1, sizeof *list->items);
    struct python_env_info *info = NULL;

    if (!items)
        return assay_fail_memory(err);
    list->items = items;
    info = &items[list->count];
    *info = (struct python_env_info){ 0 };
    if (python_folder_init(&info->folder, store_dir, hash) != 0)
        return true;
    info->is_ready = python_folder_read(&info->folder, &info->ready);
    info->size_bytes =
        info->is_ready ? info->ready.size_bytes : python_folder_size(info->folder.path);
    info->is_in_use = is_locked(&info->folder);
    list->count++;
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct python_env_info *one = a;
    const struct python_env_info *other = b;

    if (one->ready.used_us != other->ready.used_us)
        return one->ready.used_us < other->ready.used_us ? -1 : 1;
    return strcmp(one->folder.hash, other->folder.hash);
}

bool python_env_list_read(struct python_env_list *list, const char *store_dir,
                          struct assay_error *err)
{
    DIR *dir = opendir(store_dir);
    const struct dirent *item = NULL;
    bool is_ok = true;

    *list = (struct python_env_list){ 0 };
    if (!dir && errno == ENOENT)
        return true;
    if (!dir)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s: %s", store_dir,
                          strerrordesc_np(errno));
    while (is_ok && (item = readdir(dir))) /* NOLINT(concurrency-mt-unsafe): our own DIR */
        if (is_hash(item->d_name))
            is_ok = add(list, store_dir, item->d_name, err);
    (void)closedir(dir);
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare);
    if (!is_ok)
        python_env_list_clear(list);
    return is_ok;
}

static bool is_wanted_gone(const struct python_env_info *info, const struct python_prune *prune,
                           int64_t kept_bytes)
{
    return !info->is_ready || prune->is_all ||
           (prune->has_used_before && info->ready.used_us < prune->used_before_us) ||
           (prune->has_max_bytes && kept_bytes > prune->max_bytes);
}

/* Under its lock: what has begun to use it since keeps it. */
static bool remove_one(struct python_env_info *info, bool is_dry, struct assay_error *err)
{
    int lock = python_folder_lock(&info->folder, PYTHON_LOCK_EXCLUSIVE);
    bool is_ok = true;

    info->is_in_use = lock < 0;
    if (lock < 0)
        return errno == EWOULDBLOCK || assay_fail_errno(err, errno, "%s", info->folder.lock_path);
    is_ok = is_dry || python_folder_remove(&info->folder, true, err);
    info->is_removed = is_ok;
    (void)close(lock);
    return is_ok;
}

bool python_env_prune(struct python_env_list *list, const struct python_prune *prune,
                      struct assay_error *err)
{
    int64_t kept_bytes = 0;
    bool is_ok = true;

    for (size_t i = 0; i < list->count; i++)
        kept_bytes += list->items[i].size_bytes;
    for (size_t i = 0; i < list->count; i++) {
        struct python_env_info *info = &list->items[i];
        struct assay_error failure = { 0 };

        if (!is_wanted_gone(info, prune, kept_bytes))
            continue;
        if (!remove_one(info, prune->is_dry, &failure)) {
            *err = failure;
            is_ok = false;
        }
        if (info->is_removed)
            kept_bytes -= info->size_bytes;
    }
    return is_ok;
}
