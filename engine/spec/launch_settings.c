#include "engine/spec/launch_settings.h"

#include <stdlib.h>

void text_list_clear(struct text_list *list)
{
    for (size_t i = 0; list->items && i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct text_list){ 0 };
}

void launch_settings_clear(struct launch_settings *settings)
{
    if (!settings)
        return;
    free(settings->container.network);
    free(settings->container.user);
    text_list_clear(&settings->container.mounts);
    free(settings->slurm.partition);
    free(settings->slurm.account);
    free(settings->slurm.qos);
    free(settings->slurm.time);
    text_list_clear(&settings->slurm.options);
    *settings = (struct launch_settings){ 0 };
}

static void choose_container(struct container_settings *chosen,
                             const struct container_settings *configured)
{
    if (!chosen->network)
        chosen->network = configured->network;
    if (!chosen->user)
        chosen->user = configured->user;
    if (!chosen->has_read_only)
        chosen->is_read_only = configured->is_read_only;
    if (!chosen->has_reuse)
        chosen->is_reused = configured->is_reused;
    if (chosen->mounts.count == 0)
        chosen->mounts = configured->mounts;
}

static void choose_slurm(struct slurm_settings *chosen, const struct slurm_settings *configured)
{
    if (!chosen->partition)
        chosen->partition = configured->partition;
    if (!chosen->account)
        chosen->account = configured->account;
    if (!chosen->qos)
        chosen->qos = configured->qos;
    if (!chosen->time)
        chosen->time = configured->time;
    if (chosen->options.count == 0)
        chosen->options = configured->options;
    if (!chosen->has_ahead)
        chosen->ahead = configured->ahead;
}

struct launch_settings launch_settings_choose(const struct launch_settings *document,
                                              const struct launch_settings *configured)
{
    static const struct launch_settings nothing;
    struct launch_settings chosen = *document;

    if (!configured)
        configured = &nothing;
    choose_container(&chosen.container, &configured->container);
    choose_slurm(&chosen.slurm, &configured->slurm);
    if (!chosen.has_nice)
        chosen.nice = configured->nice;
    if (chosen.io_class == IO_CLASS_UNSAID) {
        chosen.io_class = configured->io_class;
        chosen.io_level = configured->io_level;
    }
    if (!chosen.has_log_max)
        chosen.log_max_bytes =
            configured->has_log_max ? configured->log_max_bytes : LOG_MAX_DEFAULT_BYTES;
    if (chosen.keep == KEEP_UNSAID) {
        chosen.keep = configured->keep == KEEP_UNSAID ? KEEP_ALL : configured->keep;
        chosen.keep_count = configured->keep_count;
    }
    return chosen;
}
