#include "launcher/container/container_end.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Of the client, or of an init that could not even write its record. */
enum { STATUS_ENGINE_FAULT = 125, STATUS_NO_EXEC = 126, STATUS_NO_PROGRAM = 127 };

bool container_end_is_clean(const struct ending *ending, const struct container_record *record)
{
    return ending->kind == ENDING_EXITED && container_record_is_final(record);
}

/* What the document or the machine's owner has to mend: trying again would end the same way. */
static bool is_final(const char *complaint)
{
    static const char *const words[] = {
        "Permission denied",
        "image not known",
        "No such image",
        "no such image",
        "no matching entries",
        "unable to find user",
        "unable to find group",
        "statfs",
        "no such file or directory",
        "network not found",
        "unresolvable CDI",
        "could not select device driver",
        "invalid mount",
        "invalid reference",
        "bind source path does not exist",
        "invalid argument",
        "duplicate mount",
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strstr(complaint, words[i]))
            return true;
    }
    return false;
}

bool container_end_lacks_image(const char *complaint)
{
    return strstr(complaint, "image not known") || strcasestr(complaint, "no such image");
}

/* Nothing of the program ran: the client's own words tell why. */
static void judge_not_begun(const struct container_evidence *evidence, struct ending *ending)
{
    const char *complaint = evidence->complaint;
    int status = ending->status;

    if (strncmp(complaint, "Error: ", 7) == 0)
        complaint += 7;
    ending->status = EIO;
    ending->kind = ENDING_NOT_STARTED;
    if (container_end_lacks_image(complaint)) {
        ending->kind = ENDING_NOT_FOUND;
        ending->status = ENOENT;
        (void)snprintf(ending->detail, sizeof ending->detail,
                       "image %.160s is no longer on this machine", evidence->image);
        return;
    }
    if (is_final(complaint)) {
        ending->kind = ENDING_NOT_FOUND;
        ending->status = ENOENT;
    }
    (void)snprintf(ending->detail, sizeof ending->detail,
                   "%s could not start it (status %d): %.180s", evidence->client, status,
                   complaint);
}

/* The program ran, and its end was not seen by its own init: the whole container was ended. */
static void judge_cut_short(const struct container_evidence *evidence, struct ending *ending)
{
    if (evidence->has_oom_mark) {
        ending->kind = ENDING_OUT_OF_MEMORY;
        return;
    }
    if (ending->status == 128 + SIGKILL) {
        ending->kind = ENDING_SIGNALED;
        ending->status = SIGKILL;
        (void)snprintf(ending->detail, sizeof ending->detail,
                       "its container was killed from outside");
        return;
    }
    ending->kind = ENDING_LOST;
    (void)snprintf(ending->detail, sizeof ending->detail,
                   "%s lost its container (status %d): %.180s", evidence->client, ending->status,
                   evidence->complaint);
}

static void judge_exited(const struct container_evidence *evidence, struct ending *ending)
{
    const struct container_record *record = evidence->record;
    bool is_success = record->stage == CONTAINER_EXITED && record->status == 0;

    switch (record->stage) {
    case CONTAINER_NOT_BEGUN:
        judge_not_begun(evidence, ending);
        return;
    case CONTAINER_BEGUN:
        judge_cut_short(evidence, ending);
        return;
    case CONTAINER_NO_EXEC:
        ending->kind = ENDING_NOT_FOUND;
        ending->status = record->status;
        (void)snprintf(ending->detail, sizeof ending->detail, "%s", record->detail);
        return;
    case CONTAINER_EXITED:
    case CONTAINER_SIGNALED:
        break;
    }
    if (!is_success && record->oom_kills > 0) {
        ending->kind = ENDING_OUT_OF_MEMORY;
        ending->status =
            record->stage == CONTAINER_SIGNALED ? 128 + record->status : record->status;
        return;
    }
    ending->kind = record->stage == CONTAINER_SIGNALED ? ENDING_SIGNALED : ENDING_EXITED;
    ending->status = record->status;
}

/* The client was killed, by hand or for lack of memory: the machine's doing, not the trial's. */
static void judge_client_killed(const struct container_evidence *evidence, struct ending *ending)
{
    int number = ending->status;

    if (container_record_is_final(evidence->record)) {
        judge_exited(evidence, ending);
        return;
    }
    ending->kind = ENDING_LOST;
    (void)snprintf(ending->detail, sizeof ending->detail, "its %s client was killed by signal %d",
                   evidence->client, number);
}

void container_end_judge(const struct container_evidence *evidence, struct ending *ending)
{
    if (container_record_is_final(evidence->record)) {
        ending->cpu_us = evidence->record->cpu_us;
        ending->peak_memory_bytes = evidence->record->peak_memory_bytes;
    }
    switch (ending->kind) {
    case ENDING_EXITED:
        judge_exited(evidence, ending);
        return;
    case ENDING_SIGNALED:
        judge_client_killed(evidence, ending);
        return;
    case ENDING_TIMEOUT:
    case ENDING_OUT_OF_MEMORY:
    case ENDING_STOPPED:
    case ENDING_NOT_FOUND:
    case ENDING_NOT_STARTED:
    case ENDING_LOST:
        return;
    }
}
