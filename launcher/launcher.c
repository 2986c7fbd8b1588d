#include "launcher/launcher.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

bool launcher_start(struct launcher *launcher, const struct launch *launch, struct assay_error *err)
{
    assert(launch->replica_count > 0);
    for (size_t i = 0; i < launch->replica_count; i++) {
        const struct replica_launch *replica = &launch->replicas[i];

        assert(replica->argv && replica->envp && replica->dir);
        /* An image has a command of its own. */
        if (!replica->argv[0] && !replica->container)
            return assay_fail(err, ASSAY_INVALID, NULL, "there is no command to start");
    }
    return launcher->ops->start(launcher, launch, err);
}

bool launcher_adopt(struct launcher *launcher, const struct launch *launch, struct assay_error *err)
{
    assert(launch->replica_count > 0);
    return launcher->ops->adopt(launcher, launch, err);
}

void launcher_report(struct launcher *launcher, launcher_report_fn fn, void *context)
{
    if (launcher->ops->report)
        launcher->ops->report(launcher, fn, context);
}

void launcher_stop(struct launcher *launcher, struct attempt_key key, enum stop_manner manner)
{
    launcher->ops->stop(launcher, key, manner);
}

void launcher_free(struct launcher *launcher)
{
    if (launcher)
        launcher->ops->free(launcher);
}

const char *replica_name(enum replica_role role, int32_t index, char text[REPLICA_NAME_TEXT])
{
    (void)snprintf(text, REPLICA_NAME_TEXT, "workerpool%d-%d", (int)role, (int)index);
    return text;
}

/* "killed by SIGSEGV", or its number where the C library knows no name. */
static void describe_signal(int signal_number, char *text, size_t text_size)
{
    const char *name = sigabbrev_np(signal_number);

    if (name)
        (void)snprintf(text, text_size, "killed by SIG%s", name);
    else
        (void)snprintf(text, text_size, "killed by signal %d", signal_number);
}

static void describe_kind(const struct ending *ending, char *text, size_t text_size)
{
    switch (ending->kind) {
    case ENDING_EXITED:
        (void)snprintf(text, text_size, "exit_status %d", ending->status);
        return;
    case ENDING_SIGNALED:
        describe_signal(ending->status, text, text_size);
        return;
    case ENDING_TIMEOUT:
        (void)snprintf(text, text_size, "stopped at its timeout");
        return;
    case ENDING_OUT_OF_MEMORY:
        (void)snprintf(text, text_size, "killed for exceeding its memory limit");
        return;
    case ENDING_STOPPED:
        (void)snprintf(text, text_size, "stopped on request");
        return;
    case ENDING_NOT_FOUND:
        (void)snprintf(text, text_size, "the command cannot be run");
        return;
    case ENDING_NOT_STARTED:
        (void)snprintf(text, text_size, "never started");
        return;
    case ENDING_LOST:
        (void)snprintf(text, text_size, "lost");
        return;
    }
    (void)snprintf(text, text_size, "ended in an unknown way");
}

void ending_describe(const struct ending *ending, char *text, size_t text_size)
{
    size_t used = 0;

    describe_kind(ending, text, text_size);
    used = strlen(text);
    if (ending->detail[0])
        (void)snprintf(text + used, text_size - used, ": %s", ending->detail);
}
