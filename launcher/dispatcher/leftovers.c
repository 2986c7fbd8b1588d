#include "launcher/dispatcher/leftovers.h"

#include "launcher/adoption.h"
#include "launcher/dispatcher/place_record.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct leftover {
    struct attempt_key key;
    char *dir;           /* owned */
    struct grant *grant; /* owned */
    LIST_ENTRY(leftover) in_list;
};

/* False: it has ended, nothing of it is left, and it can never begin. */
static bool folder_runs(const char *dir, struct attempt_key key)
{
    struct ending ending;
    int pidfd = -1;
    enum adoption found = adoption_look(dir, key, 0, &ending, &pidfd);

    if (pidfd >= 0)
        (void)close(pidfd);
    return found != ADOPTION_ENDED;
}

/* Any of its replicas. */
static bool runs(const char *dir, struct attempt_key key)
{
    char replicas[PATH_MAX];
    char path[PATH_MAX + NAME_MAX + 2];
    const struct dirent *entry = NULL;
    bool is_alive = folder_runs(dir, key);
    DIR *folder = NULL;

    if (is_alive ||
        (size_t)snprintf(replicas, sizeof replicas, "%s/replicas", dir) >= sizeof replicas)
        return is_alive;
    folder = opendir(replicas);
    while (folder && !is_alive && (entry = readdir(folder))) {
        (void)snprintf(path, sizeof path, "%s/%s", replicas, entry->d_name);
        /* Not what was put aside, whose tag is that of the replica in its place. */
        is_alive = !strchr(entry->d_name, '.') && folder_runs(path, key);
    }
    if (folder)
        (void)closedir(folder);
    return is_alive;
}

/* What the record says, as requests: which replica has which CPUs is of no use any more. */
static struct grant *hold(struct places *places, struct attempt_key key, int64_t job,
                          const struct place_record *record, struct assay_error *err)
{
    size_t count = record->replica_count;
    struct resources *requests = calloc(count, sizeof *requests);
    const char **gpus = calloc(count, sizeof *gpus);
    struct grant *grant = NULL;
    char text[RECORD_TEXT_MAX];

    if (requests && gpus) {
        place_record_gpus(record, count, text, gpus);
        requests[0] = record->sum;
        for (size_t i = 0; i < count; i++) {
            requests[i].gpus = gpus[i] != NULL;
            requests[i].gpu_share = record->sum.gpu_share;
        }
        grant = grant_new_held(places, key, job, requests, gpus, count, err);
    } else {
        (void)assay_fail_memory(err);
    }
    free(requests);
    free(gpus);
    return grant;
}

static void leftover_free(struct leftover *leftover)
{
    grant_free(leftover->grant);
    free(leftover->dir);
    free(leftover);
}

bool leftovers_note(struct leftover_list *list, struct places *places, struct attempt_key key,
                    int64_t job, const char *dir, struct assay_error *err)
{
    struct place_record record;
    struct leftover *leftover = NULL;

    if (!place_record_read(dir, &record) || !runs(dir, key))
        return true;
    leftover = calloc(1, sizeof *leftover);
    if (!leftover)
        return assay_fail_memory(err);
    leftover->key = key;
    leftover->dir = strdup(dir);
    if (!leftover->dir)
        (void)assay_fail_memory(err);
    else
        leftover->grant = hold(places, key, job, &record, err);
    if (!leftover->grant) {
        leftover_free(leftover);
        return false;
    }
    LIST_INSERT_HEAD(list, leftover, in_list);
    return true;
}

static void remove_one(struct leftover *leftover)
{
    LIST_REMOVE(leftover, in_list);
    leftover_free(leftover);
}

void leftovers_drop(struct leftover_list *list, struct attempt_key key)
{
    for (struct leftover *at = LIST_FIRST(list), *next = NULL; at; at = next) {
        next = LIST_NEXT(at, in_list);
        if (at->key.trial == key.trial && at->key.attempt == key.attempt)
            remove_one(at);
    }
}

void leftovers_check(struct leftover_list *list)
{
    for (struct leftover *at = LIST_FIRST(list), *next = NULL; at; at = next) {
        next = LIST_NEXT(at, in_list);
        if (!runs(at->dir, at->key))
            remove_one(at);
    }
}

void leftovers_report(const struct leftover_list *list, launcher_report_fn fn, void *context)
{
    const struct leftover *leftover = NULL;

    LIST_FOREACH(leftover, list, in_list)
    {
        char gpus[512];
        const struct launch_report report = {
            .key = leftover->key,
            .job = grant_job(leftover->grant),
            .stage = LAUNCH_RUNNING,
            .resources = grant_resources(leftover->grant),
            .gpus = grant_all_gpus(leftover->grant, gpus, sizeof gpus),
            .why = "",
        };

        fn(context, &report);
    }
}

void leftovers_clear(struct leftover_list *list)
{
    while (!LIST_EMPTY(list))
        remove_one(LIST_FIRST(list));
}
