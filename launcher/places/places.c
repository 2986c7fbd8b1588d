#include "launcher/places/place_queue.h"
#include "launcher/places/places_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct places *places_new(const struct machine *machine, struct assay_error *err)
{
    struct places *places = calloc(1, sizeof *places);

    if (!places) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    places->machine = *machine;
    places->total = place_total(machine);
    LIST_INIT(&places->accounts);
    return places;
}

void places_free(struct places *places)
{
    assert(!places || LIST_EMPTY(&places->accounts));
    free(places);
}

const struct machine *places_machine(const struct places *places)
{
    return &places->machine;
}

struct resources places_free_now(const struct places *places)
{
    struct resources left = {
        .cpus = (double)(places->total.cpus - places->held.cpus) / (double)PLACE_UNIT,
        .memory_bytes = places->total.memory - places->held.memory,
    };

    for (int i = 0; i < places->machine.gpu_count; i++)
        left.gpus += places->used[i] == 0;
    return left;
}

static struct account *account_open(struct places *places, int64_t job)
{
    struct account *account = NULL;

    LIST_FOREACH(account, &places->accounts, in_places)
    if (account->job == job)
        break;
    if (!account) {
        account = calloc(1, sizeof *account);
        if (!account)
            return NULL;
        account->job = job;
        TAILQ_INIT(&account->waiting);
        LIST_INSERT_HEAD(&places->accounts, account, in_places);
    }
    account->grant_count++;
    return account;
}

static void account_close(struct account *account)
{
    if (--account->grant_count > 0)
        return;
    LIST_REMOVE(account, in_places);
    free(account);
}

/* With room for so many GPUs and for the text of their ids. */
static struct grant *grant_make(struct places *places, struct attempt_key key, int64_t job,
                                const struct resources *requests, size_t count, size_t gpu_count,
                                size_t text_size)
{
    struct grant *grant = calloc(1, sizeof *grant);

    if (!grant)
        return NULL;
    grant->places = places;
    grant->key = key;
    grant->count = count;
    grant->passed_at_us = -1;
    grant->wanted = place_wanted(requests, count);
    grant->requests = calloc(count + 1, sizeof *grant->requests);
    grant->gpus = calloc(count + 1, sizeof *grant->gpus);
    grant->chosen = calloc(gpu_count + 1, sizeof *grant->chosen);
    grant->text = calloc(text_size + 1, 1);
    grant->account = account_open(places, job);
    if (!grant->requests || !grant->gpus || !grant->chosen || !grant->text || !grant->account) {
        grant_free(grant);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        grant->requests[i] = requests[i];
    return grant;
}

void grant_free(struct grant *grant)
{
    if (!grant)
        return;
    if (grant->queue)
        place_queue_remove(grant->queue, grant);
    grant_return(grant);
    if (grant->account)
        account_close(grant->account);
    free(grant->requests);
    free(grant->gpus);
    free(grant->chosen);
    free(grant->text);
    free(grant);
}

struct grant *grant_new(struct places *places, struct attempt_key key, int64_t job,
                        const struct resources *requests, size_t count, struct assay_error *err)
{
    struct grant *grant = NULL;
    size_t gpu_count = 0;
    char *text = NULL;

    if (!places_fits_ever(&places->machine, requests, count, NULL, err))
        return NULL;
    for (size_t i = 0; i < count; i++)
        gpu_count += requests[i].gpus > 0 ? (size_t)requests[i].gpus : 0;
    grant = grant_make(places, key, job, requests, count, gpu_count, gpu_count * MACHINE_GPU_TEXT);
    if (!grant) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    gpu_count = 0;
    text = grant->text;
    for (size_t i = 0; i < count; i++) {
        size_t wanted = requests[i].gpus > 0 ? (size_t)requests[i].gpus : 0;

        if (wanted == 0)
            continue;
        grant->gpus[i] =
            (struct replica_gpus){ gpu_count, wanted, place_share(&requests[i]), text };
        gpu_count += wanted;
        text += wanted * MACHINE_GPU_TEXT;
    }
    return grant;
}

static void count_in(struct amount *sum, const struct amount *amount, int sign)
{
    sum->cpus += sign * amount->cpus;
    sum->memory += sign * amount->memory;
    sum->gpus += sign * amount->gpus;
}

/* All but the GPUs' use, which comes first. */
static void hold(struct grant *grant)
{
    grant->is_held = true;
    count_in(&grant->places->held, &grant->wanted, 1);
    count_in(&grant->account->held, &grant->wanted, 1);
}

/* text has MACHINE_GPU_TEXT for each GPU. */
static void write_ids(const struct grant *grant, struct replica_gpus *gpus)
{
    size_t used = 0;

    for (size_t i = 0; i < gpus->count; i++)
        used += (size_t)snprintf(gpus->text + used, MACHINE_GPU_TEXT, "%s%s", i > 0 ? "," : "",
                                 grant->places->machine.gpus[grant->chosen[gpus->first + i]]);
}

int place_lacks(const struct grant *grant)
{
    const struct places *places = grant->places;
    const struct amount *wanted = &grant->wanted;
    int64_t used[MACHINE_GPUS_MAX];
    int lacks = 0;

    if (wanted->cpus > 0 && wanted->cpus > places->total.cpus - places->held.cpus)
        lacks |= LACKS_CPUS;
    if (wanted->memory > 0 && wanted->memory > places->total.memory - places->held.memory)
        lacks |= LACKS_MEMORY;
    memcpy(used, places->used, sizeof used);
    if (wanted->gpus > 0 &&
        !place_gpus(grant->requests, grant->count, used, places->machine.gpu_count, NULL))
        lacks |= LACKS_GPUS;
    return lacks;
}

bool grant_take(struct grant *grant)
{
    struct places *places = grant->places;
    bool is_found = false;

    if (grant->is_held)
        return true;
    if (place_lacks(grant) != 0)
        return false;
    is_found = place_gpus(grant->requests, grant->count, places->used, places->machine.gpu_count,
                          grant->chosen);
    assert(is_found);
    (void)is_found;
    for (size_t i = 0; i < grant->count; i++)
        write_ids(grant, &grant->gpus[i]);
    hold(grant);
    return true;
}

/* How many ids a list names. */
static size_t id_count(const char *ids)
{
    size_t count = 0;

    for (; ids && *ids; ids += strcspn(ids, ","), ids += *ids == ',')
        count++;
    return count;
}

/* The GPU's number; -1: the machine has none of that id. */
static int gpu_find(const struct machine *machine, const char *id, size_t size)
{
    for (int i = 0; i < machine->gpu_count; i++)
        if (strlen(machine->gpus[i]) == size && memcmp(machine->gpus[i], id, size) == 0)
            return i;
    return -1;
}

/* Those of the list that the machine has, each once. */
static void hold_ids(struct grant *grant, struct replica_gpus *gpus, const char *ids)
{
    struct places *places = grant->places;
    unsigned char *chosen = grant->chosen + gpus->first;

    while (*ids) {
        size_t size = strcspn(ids, ",");
        int gpu = gpu_find(&places->machine, ids, size);

        ids += size + (ids[size] == ',');
        if (gpu < 0 || memchr(chosen, gpu, gpus->count))
            continue;
        chosen[gpus->count++] = (unsigned char)gpu;
        places->used[gpu] += gpus->share;
        grant->wanted.gpus += gpus->share;
    }
}

struct grant *grant_new_held(struct places *places, struct attempt_key key, int64_t job,
                             const struct resources *requests, const char *const *gpus,
                             size_t count, struct assay_error *err)
{
    struct grant *grant = NULL;
    size_t ids = 0;
    size_t text_size = 0;
    char *text = NULL;

    for (size_t i = 0; gpus && i < count; i++) {
        ids += id_count(gpus[i]);
        text_size += gpus[i] ? strlen(gpus[i]) + 1 : 0;
    }
    grant = grant_make(places, key, job, requests, count, ids, text_size);
    if (!grant) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    grant->wanted.gpus = 0;
    text = grant->text;
    ids = 0;
    for (size_t i = 0; gpus && i < count; i++) {
        int64_t share = place_share(&requests[i]);
        size_t size = gpus[i] ? strlen(gpus[i]) : 0;

        if (size == 0)
            continue;
        grant->gpus[i] = (struct replica_gpus){ ids, 0, share > 0 ? share : PLACE_UNIT, text };
        memcpy(text, gpus[i], size + 1);
        text += size + 1;
        hold_ids(grant, &grant->gpus[i], gpus[i]);
        ids += id_count(gpus[i]);
    }
    hold(grant);
    return grant;
}

void grant_return(struct grant *grant)
{
    struct places *places = grant->places;

    if (!grant->is_held)
        return;
    grant->is_held = false;
    count_in(&places->held, &grant->wanted, -1);
    count_in(&grant->account->held, &grant->wanted, -1);
    for (size_t i = 0; i < grant->count; i++)
        for (size_t j = 0; j < grant->gpus[i].count; j++)
            places->used[grant->chosen[grant->gpus[i].first + j]] -= grant->gpus[i].share;
}

bool grant_is_held(const struct grant *grant)
{
    return grant->is_held;
}

struct attempt_key grant_key(const struct grant *grant)
{
    return grant->key;
}

int64_t grant_job(const struct grant *grant)
{
    return grant->account->job;
}

struct resources grant_resources(const struct grant *grant)
{
    struct resources sum = {
        .cpus = (double)grant->wanted.cpus / (double)PLACE_UNIT,
        .memory_bytes = grant->wanted.memory,
    };

    for (size_t i = 0; i < grant->count; i++) {
        if (grant->requests[i].gpus <= 0)
            continue;
        if (sum.gpus == 0)
            sum.gpu_share = grant->requests[i].gpu_share;
        sum.gpus += grant->requests[i].gpus;
    }
    return sum;
}

const char *grant_gpus(const struct grant *grant, size_t replica)
{
    const char *text = replica < grant->count ? grant->gpus[replica].text : NULL;

    return grant->is_held ? text : NULL;
}

const char *grant_all_gpus(const struct grant *grant, char *text, size_t size)
{
    bool is_given[MACHINE_GPUS_MAX] = { false };
    size_t used = 0;

    text[0] = '\0';
    if (!grant->is_held)
        return text;
    for (size_t i = 0; i < grant->count; i++)
        for (size_t j = 0; j < grant->gpus[i].count; j++)
            is_given[grant->chosen[grant->gpus[i].first + j]] = true;
    for (int i = 0; i < MACHINE_GPUS_MAX && used < size; i++)
        if (is_given[i])
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? "," : "",
                                     grant->places->machine.gpus[i]);
    return text;
}
