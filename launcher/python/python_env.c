#include "launcher/python/python_env.h"

#include "launcher/artifact.h"
#include "launcher/python/package_digests.h"
#include "launcher/python/python_build.h"
#include "launcher/python/python_folder.h"
#include "launcher/python/python_interpreter.h"
#include "launcher/sha256_text.h"
#include "launcher/shim/record_file.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* LOCK_WAIT_MS: between two looks at a lock that another has. MAKES_MAX: how often somebody may
 * have removed it between its making and its use. */
enum { LOCK_WAIT_MS = 100, MAKES_MAX = 10 };

/* An environment that someone of this process uses, or several do. */
struct hold {
    char hash[PYTHON_HASH_TEXT];
    char interpreter[PATH_MAX];
    int lock;
    int count;
    struct hold *next;
};

/* What an interpreter answered, by the name it was asked by. */
struct answer {
    char *program;
    struct python_interpreter interpreter;
    struct answer *next;
};

struct python_env_store {
    char *dir;
    char *const *envp;
    const struct assay_env *env;
    struct package_digests *digests;
    pthread_mutex_t mutex; /* guards holds, answers */
    struct hold *holds;
    struct answer *answers;
};

struct python_env_store *python_env_store_new(const struct python_env_options *options,
                                              struct assay_error *err)
{
    struct python_env_store *store = calloc(1, sizeof *store);

    if (!store) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    store->envp = options->envp;
    store->env = options->env;
    store->dir = strdup(options->dir);
    store->digests = store->dir ? package_digests_new(err) : NULL;
    if (!store->digests || pthread_mutex_init(&store->mutex, NULL) != 0) {
        package_digests_free(store->digests);
        free(store->dir);
        free(store);
        (void)assay_fail_memory(err);
        return NULL;
    }
    return store;
}

static void free_hold(struct hold *hold)
{
    (void)close(hold->lock);
    free(hold);
}

static void free_answer(struct answer *answer)
{
    python_interpreter_clear(&answer->interpreter);
    free(answer->program);
    free(answer);
}

void python_env_store_free(struct python_env_store *store)
{
    if (!store)
        return;
    while (store->holds) {
        struct hold *hold = store->holds;

        store->holds = hold->next;
        free_hold(hold);
    }
    while (store->answers) {
        struct answer *answer = store->answers;

        store->answers = answer->next;
        free_answer(answer);
    }
    (void)pthread_mutex_destroy(&store->mutex);
    package_digests_free(store->digests);
    free(store->dir);
    free(store);
}

/* What the machine did wrong, whatever the errno: it may go better another time. */
static bool fail_machine(struct assay_error *err, int error, const char *path)
{
    return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s: %s", path, strerrordesc_np(error));
}

/* The program is what it was. */
static bool is_unchanged(const struct python_interpreter *interpreter)
{
    struct stat info;

    return stat(interpreter->real, &info) == 0 &&
           (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec ==
               interpreter->mtime_ns;
}

/* The newest answer; none is changed or freed before the store is. NULL: it has to be asked. */
static const struct python_interpreter *recall(struct python_env_store *store, const char *program)
{
    const struct answer *answer = NULL;

    (void)pthread_mutex_lock(&store->mutex);
    for (answer = store->answers; answer && strcmp(answer->program, program) != 0;)
        answer = answer->next;
    (void)pthread_mutex_unlock(&store->mutex);
    return answer && is_unchanged(&answer->interpreter) ? &answer->interpreter : NULL;
}

/* Borrowed from the store. */
static const struct python_interpreter *find_interpreter(struct python_env_store *store,
                                                         const struct python_env_request *request,
                                                         struct assay_error *err)
{
    const char *program = request->python->interpreter;
    const struct python_interpreter *known = recall(store, program);
    struct answer *answer = NULL;

    if (known)
        return known;
    answer = calloc(1, sizeof *answer);
    if (answer)
        answer->program = strdup(program);
    if (!answer || !answer->program) {
        free(answer);
        (void)assay_fail_memory(err);
        return NULL;
    }
    if (!python_interpreter_ask(program, store->env, (const char *const *)store->envp,
                                request->cancel, &answer->interpreter, err)) {
        free_answer(answer);
        return NULL;
    }
    (void)pthread_mutex_lock(&store->mutex);
    answer->next = store->answers;
    store->answers = answer;
    (void)pthread_mutex_unlock(&store->mutex);
    return &answer->interpreter;
}

static void hash_line(struct sha256_ctx *hash, const char *text)
{
    sha256_update(hash, strlen(text) + 1, (const uint8_t *)text);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* All that the environment depends on but the packages that pip finds elsewhere. */
static bool hash_request(struct python_env_store *store, const struct python_env_request *request,
                         const struct python_interpreter *interpreter, char text[PYTHON_HASH_TEXT],
                         struct assay_error *err)
{
    const struct python_launch *python = request->python;
    struct sha256_ctx hash;
    char line[64];
    char digest[PACKAGE_DIGEST_TEXT];

    sha256_init(&hash);
    (void)snprintf(line, sizeof line, "%d %" PRId64, PYTHON_RECIPE, interpreter->mtime_ns);
    hash_line(&hash, line);
    hash_line(&hash, interpreter->real);
    hash_line(&hash, interpreter->prefix);
    hash_line(&hash, interpreter->version);
    for (size_t i = 0; i < python->package_count; i++) {
        if (!package_digests_find(store->digests, python->packages[i], digest, err))
            return false;
        hash_line(&hash, base_name(python->packages[i]));
        hash_line(&hash, digest);
    }
    sha256_text(&hash, digest);
    (void)snprintf(text, PYTHON_HASH_TEXT, "%.*s", PYTHON_HASH_TEXT - 1, digest);
    return true;
}

static void name_log(const struct python_folder *folder, struct python_env *env)
{
    if (record_path(env->log, sizeof env->log, folder->path, PYTHON_LOG_NAME) != 0)
        env->log[0] = '\0';
}

/* The store's mutex is held. */
static struct hold *find_hold(const struct python_env_store *store, const char *hash)
{
    struct hold *hold = store->holds;

    while (hold && strcmp(hold->hash, hash) != 0)
        hold = hold->next;
    return hold;
}

/* One user more of what is held already. */
static bool join_hold(struct python_env_store *store, const struct python_folder *folder,
                      struct python_env *env)
{
    struct hold *hold = NULL;

    (void)pthread_mutex_lock(&store->mutex);
    hold = find_hold(store, folder->hash);
    if (hold) {
        hold->count++;
        memcpy(env->interpreter, hold->interpreter, sizeof env->interpreter);
    }
    (void)pthread_mutex_unlock(&store->mutex);
    return hold != NULL;
}

/* Takes the lock, also on failure. */
static bool begin_hold(struct python_env_store *store, const struct python_folder *folder, int lock,
                       struct python_env *env, struct assay_error *err)
{
    struct hold *hold = NULL;

    if (join_hold(store, folder, env)) {
        (void)close(lock);
        return true;
    }
    hold = calloc(1, sizeof *hold);
    if (!hold) {
        (void)close(lock);
        return assay_fail_memory(err);
    }
    memcpy(hold->hash, folder->hash, sizeof hold->hash);
    memcpy(hold->interpreter, env->interpreter, sizeof hold->interpreter);
    hold->lock = lock;
    hold->count = 1;
    (void)pthread_mutex_lock(&store->mutex);
    hold->next = store->holds;
    store->holds = hold;
    (void)pthread_mutex_unlock(&store->mutex);
    return true;
}

void python_env_release(struct python_env_store *store, const char *interpreter)
{
    struct hold *ended = NULL;

    (void)pthread_mutex_lock(&store->mutex);
    for (struct hold **at = &store->holds; *at; at = &(*at)->next) {
        if (strcmp((*at)->interpreter, interpreter) != 0)
            continue;
        if (--(*at)->count == 0) {
            ended = *at;
            *at = ended->next;
        }
        break;
    }
    (void)pthread_mutex_unlock(&store->mutex);
    if (ended)
        free_hold(ended);
}

enum attempt { ATTEMPT_DONE, ATTEMPT_IN_VAIN, ATTEMPT_FAILED };

/* In vain: another has it. */
static enum attempt try_lock(const struct python_folder *folder, enum python_lock kind, int *lock,
                             struct assay_error *err)
{
    *lock = python_folder_lock(folder, kind);
    if (*lock >= 0)
        return ATTEMPT_DONE;
    if (errno == EWOULDBLOCK)
        return ATTEMPT_IN_VAIN;
    (void)fail_machine(err, errno, folder->lock_path);
    return ATTEMPT_FAILED;
}

/* A while, for what another does. False and *err when it is cancelled. */
static bool wait_a_while(const struct python_env_request *request, bool *has_said,
                         struct assay_error *err)
{
    struct pollfd cancelled = { .fd = request->cancel ? request->cancel->event : -1,
                                .events = POLLIN };

    if (!*has_said && request->progress)
        request->progress(request->context, "waiting for whoever installs the same packages");
    *has_said = true;
    return poll(&cancelled, 1, LOCK_WAIT_MS) <= 0 ||
           assay_fail(err, ASSAY_CANCELLED, NULL, "cancelled");
}

/* A new name each time: what a killed engine's pip still writes to is no place to build in. */
static bool choose_env_dir(const struct python_env_store *store, const struct python_folder *folder,
                           char dir[PATH_MAX], struct assay_error *err)
{
    uint64_t nonce = 0;

    if (!store->env->entropy(store->env->context, &nonce, sizeof nonce))
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "there is no entropy");
    if ((size_t)snprintf(dir, PATH_MAX, "%s/env-%08" PRIx32, folder->path, (uint32_t)nonce) >=
        PATH_MAX)
        return fail_machine(err, ENAMETOOLONG, folder->path);
    return true;
}

static void list_packages(const struct python_launch *python, char text[PYTHON_PACKAGES_TEXT])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < python->package_count && used < PYTHON_PACKAGES_TEXT - 1; i++)
        used += (size_t)snprintf(text + used, PYTHON_PACKAGES_TEXT - used, "%s%s", i ? " " : "",
                                 base_name(python->packages[i]));
    /* A record's lines end where a name's would. */
    for (char *at = text; (at = strchr(at, '\n')) != NULL;)
        *at = '?';
}

static bool write_ready(const struct python_env_store *store, const struct python_folder *folder,
                        const struct python_build *build, struct assay_error *err)
{
    struct python_ready ready = { .built_us = assay_wall_us(store->env),
                                  .size_bytes = python_folder_size(folder->path) };
    int error = 0;

    (void)snprintf(ready.env, sizeof ready.env, "%s", build->env_dir);
    (void)snprintf(ready.interpreter, sizeof ready.interpreter, "%s", build->interpreter->program);
    (void)snprintf(ready.version, sizeof ready.version, "%s", build->interpreter->number);
    list_packages(build->request->python, ready.packages);
    error = python_folder_write(folder, &ready);
    return error ? fail_machine(err, error, folder->path) : true;
}

/* A package that was replaced while pip read it may be in the environment of another hash. */
static bool check_unchanged(struct python_env_store *store, const struct python_build *build,
                            const struct python_folder *folder, struct assay_error *err)
{
    char hash[PYTHON_HASH_TEXT];

    if (!hash_request(store, build->request, build->interpreter, hash, err))
        return false;
    return strcmp(hash, folder->hash) == 0 ||
           assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                      "a package was replaced by another file while it was installed");
}

/* The folder is locked exclusively. What is in it without a record is of no use. */
static bool make(struct python_env_store *store, const struct python_folder *folder,
                 const struct python_interpreter *interpreter,
                 const struct python_env_request *request, struct python_env *env,
                 struct assay_error *err)
{
    char dir[PATH_MAX];
    struct assay_error ignored = { 0 };
    struct python_build build = { .env = store->env,
                                  .envp = store->envp,
                                  .interpreter = interpreter,
                                  .request = request,
                                  .env_dir = dir,
                                  .log_path = env->log };
    int error = 0;

    /* A killed engine's pip may still fill it, which is in nobody's way. */
    (void)python_folder_remove(folder, false, &ignored);
    error = record_make_dirs(folder->path);
    if (error)
        return fail_machine(err, error, folder->path);
    name_log(folder, env);
    if (!choose_env_dir(store, folder, dir, err))
        return false;
    if (python_build(&build, err) && check_unchanged(store, &build, folder, err) &&
        write_ready(store, folder, &build, err))
        return true;
    (void)artifact_remove(dir, &ignored);
    return false;
}

/* In vain: it is not there, or another makes or removes it. */
static enum attempt try_to_use(struct python_env_store *store, const struct python_folder *folder,
                               struct python_env *env, struct assay_error *err)
{
    struct python_ready ready;
    int lock = -1;
    enum attempt attempt = try_lock(folder, PYTHON_LOCK_SHARED, &lock, err);

    if (attempt != ATTEMPT_DONE)
        return attempt;
    if (!python_folder_read(folder, &ready)) {
        (void)close(lock);
        return ATTEMPT_IN_VAIN;
    }
    (void)snprintf(env->interpreter, sizeof env->interpreter, "%.*s/bin/python", PATH_MAX - 16,
                   ready.env);
    name_log(folder, env);
    python_folder_touch(folder);
    return begin_hold(store, folder, lock, env, err) ? ATTEMPT_DONE : ATTEMPT_FAILED;
}

/* In vain: others look whether it is there, make it or use it. */
static enum attempt try_to_make(struct python_env_store *store, const struct python_folder *folder,
                                const struct python_interpreter *interpreter,
                                const struct python_env_request *request, struct python_env *env,
                                struct assay_error *err)
{
    struct python_ready ready;
    int lock = -1;
    enum attempt attempt = try_lock(folder, PYTHON_LOCK_EXCLUSIVE, &lock, err);

    if (attempt != ATTEMPT_DONE)
        return attempt;
    if (!python_folder_read(folder, &ready) && !make(store, folder, interpreter, request, env, err))
        attempt = ATTEMPT_FAILED;
    (void)close(lock);
    return attempt;
}

/*
 * Uses the environment that is there, or makes it, whatever others do meanwhile. Who cannot make it
 * looks again whether another has, and does not wait for the lock: its users have that for as long
 * as they run.
 */
static bool find_or_make(struct python_env_store *store, const struct python_folder *folder,
                         const struct python_interpreter *interpreter,
                         const struct python_env_request *request, struct python_env *env,
                         struct assay_error *err)
{
    bool has_said = false;

    for (int made = 0; made < MAKES_MAX;) {
        enum attempt attempt = try_to_use(store, folder, env, err);

        if (attempt != ATTEMPT_IN_VAIN)
            return attempt == ATTEMPT_DONE;
        attempt = try_to_make(store, folder, interpreter, request, env, err);
        if (attempt == ATTEMPT_FAILED ||
            (attempt == ATTEMPT_IN_VAIN && !wait_a_while(request, &has_said, err)))
            return false;
        made += attempt == ATTEMPT_DONE;
    }
    return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s is gone as soon as it is made",
                      folder->path);
}

bool python_env_ensure(struct python_env_store *store, const struct python_env_request *request,
                       struct python_env *env, struct assay_error *err)
{
    const struct python_interpreter *interpreter = find_interpreter(store, request, err);
    struct python_folder folder;
    char hash[PYTHON_HASH_TEXT];
    int error = 0;

    *env = (struct python_env){ 0 };
    if (!interpreter || !hash_request(store, request, interpreter, hash, err))
        return false;
    error = python_folder_init(&folder, store->dir, hash);
    if (!error)
        error = record_make_dirs(store->dir);
    if (error)
        return fail_machine(err, error, store->dir);
    if (!join_hold(store, &folder, env))
        return find_or_make(store, &folder, interpreter, request, env, err);
    name_log(&folder, env);
    python_folder_touch(&folder);
    return true;
}
