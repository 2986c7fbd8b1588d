#include "launcher/dispatcher/dispatcher_private.h"
#include "launcher/dispatcher/launch_copy.h"
#include "launcher/dispatcher/place_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool entry_needs_preparation(const struct launch *launch)
{
    for (size_t i = 0; i < launch->replica_count; i++) {
        if (launch->replicas[i].container || launch->replicas[i].python)
            return true;
    }
    return false;
}

static bool asks_for_a_place(const struct launch *launch)
{
    for (size_t i = 0; i < launch->replica_count; i++) {
        const struct resources *wish = &launch->replicas[i].resources;

        if (wish->cpus > 0 || wish->memory_bytes > 0 || wish->gpus > 0)
            return true;
    }
    return false;
}

/* gpus: those that it holds already, each replica's; NULL: it waits for its place. */
/* By replica; the caller frees it. NULL for lack of memory. */
static struct resources *requests_of(const struct launch *launch)
{
    struct resources *requests = calloc(launch->replica_count, sizeof *requests);

    for (size_t i = 0; requests && i < launch->replica_count; i++)
        requests[i] = launch->replicas[i].resources;
    return requests;
}

struct entry *entry_new(struct dispatcher *d, const struct launch *launch, struct assay_error *err)
{
    struct entry *entry = calloc(1, sizeof *entry);

    if (!entry) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    entry->key = launch->key;
    entry->job = launch->job;
    entry->is_contained = calloc(launch->replica_count, sizeof *entry->is_contained);
    if (!entry->is_contained || !gang_init(&entry->gang, launch)) {
        (void)assay_fail_memory(err);
        entry_free(d, entry);
        return NULL;
    }
    for (size_t i = 0; i < launch->replica_count; i++)
        entry->is_contained[i] = launch->replicas[i].container != NULL;
    return entry;
}

static void free_interpreters(struct dispatcher *d, struct entry *entry)
{
    for (size_t i = 0; entry->interpreters && i < entry->gang.count; i++) {
        if (entry->interpreters[i])
            python_env_release(d->pythons, entry->interpreters[i]);
        free(entry->interpreters[i]);
    }
    free(entry->interpreters);
}

void entry_free(struct dispatcher *d, struct entry *entry)
{
    if (!entry)
        return;
    free_interpreters(d, entry);
    grant_free(entry->grant);
    for (size_t i = 0; entry->leases && i < entry->gang.count * 2; i++)
        port_lease_end(&entry->leases[i]);
    free(entry->leases);
    free(entry->granted);
    free(entry->addresses);
    free(entry->is_contained);
    launch_copy_free(entry->launch);
    if (entry->has_cancel)
        subprocess_cancel_clear(&entry->cancel);
    gang_clear(&entry->gang);
    free(entry);
}

bool entry_make_grant(struct dispatcher *d, struct entry *entry, const struct launch *launch,
                      struct assay_error *err)
{
    struct resources *requests = NULL;

    if (entry->is_on_slurm || !asks_for_a_place(launch))
        return true;
    requests = requests_of(launch);
    if (!requests)
        return assay_fail_memory(err);
    if (!d->options.is_strict)
        (void)places_clamp(places_machine(d->places), requests, launch->replica_count, NULL, 0);
    entry->grant =
        grant_new(d->places, launch->key, launch->job, requests, launch->replica_count, err);
    entry->granted = requests;
    return entry->grant != NULL;
}

bool entry_take_ports(struct dispatcher *d, struct entry *entry, struct assay_error *err)
{
    size_t count = entry->gang.count;

    entry->leases = calloc(count * 2, sizeof *entry->leases);
    entry->addresses = calloc(count, sizeof *entry->addresses);
    if (!entry->leases || !entry->addresses)
        return assay_fail_memory(err);
    for (size_t i = 0; i < count * 2; i++) {
        if (!port_lease_take(&entry->leases[i], d->options.env, err))
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(entry->addresses[i].host, sizeof entry->addresses[i].host, "127.0.0.1");
        entry->addresses[i].port = entry->leases[i * 2].port;
        entry->addresses[i].open_port = entry->leases[i * 2 + 1].port;
    }
    return true;
}

bool entry_write_place(const struct entry *entry, const struct launch *launch,
                       struct assay_error *err)
{
    return !entry->grant ||
           place_record_write(launch->replicas[0].dir, entry->grant, entry->gang.count, err);
}

bool entry_retake(struct dispatcher *d, struct entry *entry, const struct launch *launch,
                  struct assay_error *err)
{
    struct place_record record;
    char text[RECORD_TEXT_MAX];
    struct resources *requests = NULL;
    const char **gpus = NULL;

    if (!asks_for_a_place(launch))
        return true;
    requests = requests_of(launch);
    gpus = calloc(launch->replica_count, sizeof *gpus);
    if (requests && gpus) {
        if (place_record_read(launch->replicas[0].dir, &record))
            place_record_gpus(&record, launch->replica_count, text, gpus);
        entry->grant = grant_new_held(d->places, launch->key, launch->job, requests, gpus,
                                      launch->replica_count, err);
    } else {
        (void)assay_fail_memory(err);
    }
    free(requests);
    free(gpus);
    return entry->grant != NULL;
}
