#include "launcher/dispatcher/gang.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool gang_init(struct gang *gang, const struct launch *launch)
{
    *gang =
        (struct gang){ .count = launch->replica_count, .restarts_alone = launch->restarts_alone };
    gang->members = calloc(launch->replica_count, sizeof *gang->members);
    if (!gang->members)
        return false;
    for (size_t i = 0; i < gang->count; i++) {
        gang->members[i].role = launch->replicas[i].role;
        gang->members[i].index = launch->replicas[i].index;
    }
    return true;
}

void gang_clear(struct gang *gang)
{
    free(gang->members);
    *gang = (struct gang){ 0 };
}

static bool has_exited_well(const struct gang_member *member)
{
    return member->has_ended && member->ending.kind == ENDING_EXITED && member->ending.status == 0;
}

static bool has_role_that_decides(const struct gang_member *member)
{
    return member->role == ROLE_PRIMARY || member->role == ROLE_WORKER;
}

static bool have_all_succeeded(const struct gang *gang)
{
    for (size_t i = 0; i < gang->count; i++) {
        if (has_role_that_decides(&gang->members[i]) && !has_exited_well(&gang->members[i]))
            return false;
    }
    return true;
}

/* Never the primary: what it has learnt so far is the attempt's. */
static bool is_to_restart(const struct gang *gang, const struct gang_member *member,
                          bool is_stopping)
{
    return gang->restarts_alone && !is_stopping && !gang->is_decided &&
           member->ending.kind == ENDING_LOST && member->role != ROLE_PRIMARY &&
           member->restarts < GANG_RESTARTS_MAX;
}

enum gang_action gang_note_end(struct gang *gang, const struct ending *ending, bool is_stopping)
{
    struct gang_member *member = &gang->members[ending->key.replica];
    bool was_decided = gang->is_decided;

    assert((size_t)ending->key.replica < gang->count && !member->has_ended);
    member->ending = *ending;
    if (is_to_restart(gang, member, is_stopping)) {
        member->restarts++;
        return GANG_RESTART;
    }
    member->has_ended = true;
    gang->ended_count++;
    if (!was_decided && !has_exited_well(member)) {
        gang->is_decided = true;
        gang->decider = (size_t)(member - gang->members);
    } else if (!was_decided && have_all_succeeded(gang)) {
        gang->is_decided = true;
        gang->has_succeeded = true;
    }
    if (gang->ended_count == gang->count)
        return GANG_OVER;
    return gang->is_decided && !was_decided ? GANG_STOP_REST : GANG_WAIT;
}

/* Once one has failed the others are stopped, so that a kind of failure tells who did not need to
 * be. */
static bool has_failed_too(const struct gang *gang, size_t i)
{
    const struct gang_member *member = &gang->members[i];

    return i != gang->decider && !has_exited_well(member) &&
           member->ending.kind != ENDING_STOPPED && member->ending.kind != ENDING_NOT_STARTED;
}

/* "…; workerpool1-1: exit_status 3": what other replicas came to. */
static void add_others(const struct gang *gang, struct ending *ending)
{
    for (size_t i = 0; i < gang->count; i++) {
        size_t used = strlen(ending->detail);
        char name[REPLICA_NAME_TEXT];
        char how[sizeof ending->detail];

        if (!has_failed_too(gang, i))
            continue;
        ending_describe(&gang->members[i].ending, how, sizeof how);
        (void)snprintf(ending->detail + used, sizeof ending->detail - used, "%s%s: %s",
                       used ? "; " : "",
                       replica_name(gang->members[i].role, gang->members[i].index, name), how);
    }
}

static void add_up(const struct gang *gang, struct ending *ending)
{
    ending->start_us = ending->end_us = ending->cpu_us = ending->peak_memory_bytes = 0;
    for (size_t i = 0; i < gang->count; i++) {
        const struct ending *one = &gang->members[i].ending;

        if (one->start_us && (!ending->start_us || one->start_us < ending->start_us))
            ending->start_us = one->start_us;
        if (one->end_us > ending->end_us)
            ending->end_us = one->end_us;
        if (one->peak_memory_bytes > ending->peak_memory_bytes)
            ending->peak_memory_bytes = one->peak_memory_bytes;
        ending->cpu_us += one->cpu_us;
    }
}

void gang_ending(const struct gang *gang, struct ending *ending)
{
    size_t decider = gang->has_succeeded ? 0 : gang->decider;

    *ending = gang->members[decider].ending;
    ending->key.replica = 0;
    ending->role = gang->members[decider].role;
    ending->index = gang->members[decider].index;
    if (gang->count == 1)
        return;
    add_up(gang, ending);
    if (!gang->has_succeeded)
        add_others(gang, ending);
    /* Others have run: this is not an attempt that never was. */
    if (ending->kind == ENDING_NOT_STARTED && ending->start_us)
        ending->kind = ENDING_LOST;
}
