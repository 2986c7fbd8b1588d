#include "engine/models/registry.h"

#include "assay/value.h"
#include "engine/array.h"
#include "engine/models/model_document.h"
#include "engine/models/model_push.h"
#include "engine/thread.h"
#include "launcher/artifact_unpack.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* RETRY_US: how soon is looked again whether nobody adds; LONGEST_US: at most so long is waited. */
enum { RETRY_US = 1000 * 1000, LONGEST_US = 600 * 1000 * 1000 };

struct model_registry {
    struct engine *engine;
    pthread_rwlock_t adding; /* for reading: who adds blobs; for writing: who removes them */
    struct subprocess_cancel cancel;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex; /* guards is_noted, has_removed, is_ending */
    pthread_cond_t is_woken;
    bool is_noted;
    bool has_removed; /* since the last sweep */
    bool is_ending;
};

struct artifact_blobs model_registry_blobs(const struct engine *engine, char dir[PATH_TEXT])
{
    (void)snprintf(dir, PATH_TEXT, "%s/registry/blobs", engine_state_dir(engine));
    return (struct artifact_blobs){ .dir = dir };
}

char *model_registry_path(const char *state_dir, const char *id, int64_t version,
                          char path[PATH_TEXT])
{
    (void)snprintf(path, PATH_TEXT, "%s/registry/models/%s/%" PRId64, state_dir, id, version);
    return path;
}

bool model_registry_show(const struct engine *engine, const char *id,
                         const struct model_version_row *version, bool is_new,
                         struct assay_error *err)
{
    char dir[PATH_TEXT];
    char path[PATH_TEXT];
    struct artifact_blobs blobs = model_registry_blobs(engine, dir);
    struct artifact_tree tree = { .fd = -1 };
    bool is_ok = false;

    (void)model_registry_path(engine_state_dir(engine), id, version->version, path);
    if (!*version->artifact || (!is_new && access(path, F_OK) == 0))
        return true;
    is_ok = artifact_blobs_read(&blobs, version->artifact, &tree, err) &&
            artifact_show(&blobs, &tree, path, err);
    artifact_tree_clear(&tree);
    return is_ok;
}

static void warn(const struct model_registry *r, const char *what, const struct assay_error *err)
{
    assay_log(engine_env(r->engine), ASSAY_LOG_WARNING, "%s: %s", what, err->message);
}

/* A version that is looked after: what is needed of its row. */
struct item {
    int64_t model;
    int64_t version;
    char digest[SHA256_TEXT];
    int64_t push_due_us;
    char id[MODEL_ID_SIZE];
};

static void fill_item(struct item *item, const struct model_files_row *row)
{
    *item = (struct item){ .model = row->model,
                           .version = row->version,
                           .push_due_us = row->push_due_us };
    (void)snprintf(item->digest, sizeof item->digest, "%s", row->artifact);
    (void)snprintf(item->id, sizeof item->id, "%s", row->id);
}

/* By id, then version. */
struct items {
    struct item *items;
    size_t count, capacity;
    bool is_short_of_memory;
};

static bool take_version(void *context, const struct model_files_row *row)
{
    struct items *list = context;
    void *items = list->items;

    list->is_short_of_memory =
        !array_make_room(&items, list->count, &list->capacity, sizeof *list->items);
    list->items = items;
    if (list->is_short_of_memory)
        return false;
    fill_item(&list->items[list->count++], row);
    return true;
}

/* All versions, of one moment. */
static bool read_items(const struct model_registry *r, struct items *list, struct assay_error *err)
{
    bool is_read = store_model_files_each(engine_read_begin(r->engine), take_version, list, err);

    engine_read_end(r->engine);
    return is_read && (!list->is_short_of_memory || assay_fail_memory(err));
}

/* The first item that is not before this version; NULL where all are. */
static const struct item *find_from(const struct items *list, const char *id, int64_t version)
{
    size_t low = 0;
    size_t high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct item *item = &list->items[middle];
        int order = strcmp(item->id, id);

        if (order < 0 || (order == 0 && item->version < version))
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count ? &list->items[low] : NULL;
}

/* Hashes that are needed, sorted. */
struct needed {
    char (*hashes)[SHA256_TEXT];
    size_t count, capacity;
};

static int compare_hashes(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool is_needed(void *context, const char *sha256)
{
    const struct needed *needed = context;

    return needed->count > 0 && bsearch(sha256, needed->hashes, needed->count,
                                        sizeof needed->hashes[0], compare_hashes) != NULL;
}

static bool need(struct needed *needed, const char *sha256, struct assay_error *err)
{
    void *hashes = needed->hashes;
    bool has_room =
        array_make_room(&hashes, needed->count, &needed->capacity, sizeof needed->hashes[0]);

    needed->hashes = hashes;
    if (!has_room)
        return assay_fail_memory(err);
    (void)snprintf(needed->hashes[needed->count++], SHA256_TEXT, "%s", sha256);
    return true;
}

/* A version whose manifest cannot be read may need anything: then nothing is removed. */
static bool collect_needed(const struct artifact_blobs *blobs, const struct items *list,
                           struct needed *needed, struct assay_error *err)
{
    bool is_ok = true;

    for (size_t i = 0; i < list->count && is_ok; i++) {
        struct artifact_tree tree = { .fd = -1 };

        if (!list->items[i].digest[0])
            continue;
        is_ok = need(needed, list->items[i].digest, err) &&
                artifact_blobs_read(blobs, list->items[i].digest, &tree, err);
        for (size_t j = 0; j < tree.count && is_ok; j++)
            is_ok = need(needed, tree.entries[j].sha256, err);
        artifact_tree_clear(&tree);
    }
    if (is_ok && needed->count)
        qsort(needed->hashes, needed->count, sizeof needed->hashes[0], compare_hashes);
    return is_ok;
}

/* version: NULL for any. */
static bool is_version(const struct items *list, const char *id, const char *version)
{
    const struct item *item = NULL;
    int64_t number = 0;

    if (version && !assay_integer_parse(version, &number))
        return false;
    item = find_from(list, id, number);
    return item && strcmp(item->id, id) == 0 &&
           (!version || (item->version == number && item->digest[0]));
}

/* Removes folders below path that no row knows; id: of whose versions they are, NULL: of models. */
static void sweep_shown(const struct model_registry *r, const struct items *list, const char *path,
                        const char *id)
{
    DIR *dir = opendir(path);
    const struct dirent *item = NULL;

    while (dir && (item = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
        char below[PATH_TEXT + NAME_MAX + 2];
        struct assay_error err = { 0 };

        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
            continue;
        (void)snprintf(below, sizeof below, "%s/%s", path, item->d_name);
        if (!is_version(list, id ? id : item->d_name, id ? item->d_name : NULL)) {
            if (!artifact_remove(below, &err))
                warn(r, "files of a deleted model are left behind", &err);
        } else if (!id) {
            sweep_shown(r, list, below, item->d_name);
        }
    }
    if (dir)
        (void)closedir(dir);
}

static bool remove_unneeded(const struct model_registry *r, struct assay_error *err)
{
    char dir[PATH_TEXT];
    char shown[PATH_TEXT];
    struct artifact_blobs blobs = model_registry_blobs(r->engine, dir);
    struct items list = { 0 };
    struct needed needed = { 0 };
    uint64_t freed_bytes = 0;
    bool is_ok = read_items(r, &list, err);

    if (is_ok) {
        (void)snprintf(shown, sizeof shown, "%s/registry/models", engine_state_dir(r->engine));
        sweep_shown(r, &list, shown, NULL);
    }
    is_ok = is_ok && collect_needed(&blobs, &list, &needed, err) &&
            artifact_blobs_sweep(&blobs, is_needed, &needed, &freed_bytes, err);
    if (freed_bytes > 0)
        assay_log(engine_env(r->engine), ASSAY_LOG_INFO,
                  "files of deleted models removed bytes=%" PRIu64, freed_bytes);
    free(needed.hashes);
    free(list.items);
    return is_ok;
}

/* False: somebody adds, so that it is to be tried again. */
static bool sweep(struct model_registry *r)
{
    struct assay_error err = { 0 };

    if (pthread_rwlock_trywrlock(&r->adding) != 0)
        return false;
    if (!remove_unneeded(r, &err))
        warn(r, "unneeded files of models are not removed", &err);
    (void)pthread_rwlock_unlock(&r->adding);
    return true;
}

static void show_missing(struct model_registry *r)
{
    struct items list = { 0 };
    struct assay_error err = { 0 };

    if (!read_items(r, &list, &err))
        warn(r, "models are not shown", &err);
    for (size_t i = 0; i < list.count; i++) {
        struct model_version_row row = { .version = list.items[i].version,
                                         .artifact = list.items[i].digest };
        struct assay_error why = { 0 };

        model_registry_begin(r);
        if (!model_registry_show(r->engine, list.items[i].id, &row, false, &why))
            warn(r, "a model's files are not shown", &why);
        model_registry_end(r);
    }
    free(list.items);
}

/* What came of a try. */
struct pushed {
    struct item *item;
    const struct assay_error *why; /* NULL: it is there */
};

static bool apply_pushed(void *context, struct store *store, int64_t now_us, int64_t job,
                         struct assay_error *err)
{
    const struct pushed *pushed = context;
    struct model_version_row row = { 0 };
    char *error = NULL;
    bool is_ok =
        store_model_version_get(store, pushed->item->model, pushed->item->version, &row, err);

    (void)job;
    if (!is_ok) /* deleted meanwhile */
        return err->code == ASSAY_NOT_FOUND;
    error = strdup(pushed->why ? pushed->why->message : "");
    if (error) {
        free(row.push_error);
        row.push_error = error;
        row.push_tries++;
        row.push_state = pushed->why ? MODEL_PUSH_WAITING : MODEL_PUSH_DONE;
        row.push_due_us = now_us + (pushed->why ? model_push_pause_us(row.push_tries) : 0);
        is_ok = store_model_version_put(store, &row, err);
    } else {
        is_ok = assay_fail_memory(err);
    }
    model_version_row_clear(&row);
    return is_ok;
}

static void push(struct model_registry *r, const char *remote, struct item *item)
{
    struct model_version_row row = { .version = item->version, .artifact = item->digest };
    struct assay_error why = { 0 };
    struct assay_error err = { 0 };
    struct pushed pushed = { .item = item };
    const struct edit edit = { .apply = apply_pushed, .context = &pushed };

    if (!model_push(r->engine, remote, item->id, &row, &r->cancel, &why)) {
        if (why.code == ASSAY_CANCELLED)
            return; /* the engine ends; the next one goes on */
        pushed.why = &why;
        assay_log(engine_env(r->engine), ASSAY_LOG_WARNING,
                  "model=%s version=%" PRId64 " is not pushed: %s", item->id, item->version,
                  why.message);
    }
    if (!engine_edit(r->engine, &edit, &err))
        warn(r, "that a model was pushed is not stored", &err);
}

static bool take_next(void *context, const struct model_files_row *row)
{
    fill_item(context, row);
    return true;
}

/* Pushes the one that is due first; when to look again. */
static int64_t push_next(struct model_registry *r)
{
    const char *remote = engine_models_remote(r->engine);
    int64_t now_us = assay_wall_us(engine_env(r->engine));
    struct item next = { .model = 0 };
    struct assay_error err = { 0 };

    if (!remote)
        return LONGEST_US;
    if (!store_model_files_to_push(engine_read_begin(r->engine), take_next, &next, &err))
        warn(r, "models are not pushed", &err);
    engine_read_end(r->engine);
    if (!next.id[0])
        return LONGEST_US;
    if (next.push_due_us > now_us)
        return next.push_due_us - now_us < LONGEST_US ? next.push_due_us - now_us : LONGEST_US;
    push(r, remote, &next);
    return 0;
}

/* False at the end. *has_removed: rows are gone, and so are files to be. */
static bool wait_for(struct model_registry *r, int64_t pause_us, bool *has_removed)
{
    int64_t due_us = assay_mono_us(engine_env(r->engine)) + pause_us;
    struct timespec until = { .tv_sec = (time_t)(due_us / 1000000),
                              .tv_nsec = (long)(due_us % 1000000) * 1000 };
    bool is_ending = false;
    int code = 0;

    (void)pthread_mutex_lock(&r->mutex);
    while (!r->is_ending && !r->is_noted && code == 0 && pause_us > 0)
        code = pthread_cond_timedwait(&r->is_woken, &r->mutex, &until);
    *has_removed = r->has_removed;
    r->has_removed = false;
    r->is_noted = false;
    is_ending = r->is_ending;
    (void)pthread_mutex_unlock(&r->mutex);
    return !is_ending;
}

static void *registry_thread(void *context)
{
    struct model_registry *r = context;
    bool has_removed = false;
    bool is_unswept = true; /* a crash may have left what is not needed */
    int64_t pause_us = 0;

    show_missing(r);
    do {
        is_unswept = is_unswept || has_removed;
        if (is_unswept)
            is_unswept = !sweep(r);
        pause_us = push_next(r);
        if (is_unswept && pause_us > RETRY_US)
            pause_us = RETRY_US;
    } while (wait_for(r, pause_us, &has_removed));
    return NULL;
}

struct model_registry *model_registry_new(struct engine *engine, struct assay_error *err)
{
    struct model_registry *r = calloc(1, sizeof *r);
    pthread_condattr_t monotonic;

    if (!r) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    r->engine = engine;
    if (!subprocess_cancel_init(&r->cancel, err)) {
        free(r);
        return NULL;
    }
    (void)pthread_rwlock_init(&r->adding, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&r->mutex, NULL);
    (void)pthread_cond_init(&r->is_woken, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return r;
}

bool model_registry_start(struct model_registry *r, struct assay_error *err)
{
    int code = thread_start(&r->thread, registry_thread, r);

    if (code)
        return assay_fail_errno(err, code, "start the model registry's thread");
    r->has_thread = true;
    return true;
}

void model_registry_stop(struct model_registry *r)
{
    if (!r || !r->has_thread)
        return;
    (void)pthread_mutex_lock(&r->mutex);
    r->is_ending = true;
    (void)pthread_cond_signal(&r->is_woken);
    (void)pthread_mutex_unlock(&r->mutex);
    subprocess_cancel_set(&r->cancel);
    (void)pthread_join(r->thread, NULL);
    r->has_thread = false;
}

void model_registry_free(struct model_registry *r)
{
    if (!r)
        return;
    model_registry_stop(r);
    subprocess_cancel_clear(&r->cancel);
    (void)pthread_rwlock_destroy(&r->adding);
    (void)pthread_cond_destroy(&r->is_woken);
    (void)pthread_mutex_destroy(&r->mutex);
    free(r);
}

void model_registry_note(struct model_registry *r, bool has_removed)
{
    (void)pthread_mutex_lock(&r->mutex);
    r->is_noted = true;
    r->has_removed = r->has_removed || has_removed;
    (void)pthread_cond_signal(&r->is_woken);
    (void)pthread_mutex_unlock(&r->mutex);
}

void model_registry_begin(struct model_registry *r)
{
    (void)pthread_rwlock_rdlock(&r->adding);
}

void model_registry_end(struct model_registry *r)
{
    (void)pthread_rwlock_unlock(&r->adding);
}
