#include "engine/cli/work.h"

#include "engine/cli/launch_options.h"

#include <time.h>

bool work_open(struct work *work, const char *state_dir, bool is_verbose,
               const struct arguments *arguments, struct assay_error *err)
{
    struct launch_configuration launching;
    struct assay_options options = { .state_dir = state_dir,
                                     .is_verbose = is_verbose,
                                     .configuration = &launching.configuration };
    struct server_options serving = { .state_dir = state_dir };

    if (launch_configuration_read(arguments, &launching, err))
        work->assay = assay_open(&options, err);
    launch_configuration_clear(&launching);
    if (work->assay)
        work->server = server_start(work->assay, &serving, err);
    if (work->server)
        work->client = client_new(state_dir, work->assay, err);
    if (work->client)
        return true;
    work_close(work);
    return false;
}

bool work_find(struct work *work, struct client *client, const char *state_dir,
               const struct arguments *arguments, struct assay_error *err)
{
    enum { ATTEMPTS = 20, BETWEEN_MS = 100 };
    struct timespec between = { .tv_nsec = BETWEEN_MS * 1000000L };

    for (int i = 0; i < ATTEMPTS; i++) {
        *err = (struct assay_error){ 0 };
        if (client_is_engine_home(client) || work_open(work, state_dir, false, arguments, err))
            return true;
        if (err->code != ASSAY_UNAVAILABLE)
            return false;
        (void)nanosleep(&between, NULL);
    }
    return false;
}

void work_close(struct work *work)
{
    if (!work)
        return;
    client_free(work->client);
    server_stop(work->server);
    assay_close(work->assay);
    *work = (struct work){ 0 };
}
