#include "engine/cli/work.h"

bool work_open(struct work *work, const char *state_dir, bool is_verbose, struct assay_error *err)
{
    struct assay_options options = { .state_dir = state_dir, .is_verbose = is_verbose };
    struct server_options serving = { .state_dir = state_dir };

    work->assay = assay_open(&options, err);
    if (work->assay)
        work->server = server_start(work->assay, &serving, err);
    if (work->server)
        work->client = client_new(state_dir, work->assay, err);
    if (work->client)
        return true;
    work_close(work);
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
