#include "engine/cli/work.h"

#include "engine/cli/launch_options.h"

#include <time.h>

/* A few browsers with a few streams each, within the usual limit of open files. */
enum { PAGE_CONNECTIONS_MAX = 128 };

/* Whoever runs a job by hand shows it to this machine only: what else there is to say of a server
 * is for `assay serve`. listen stays NULL where the page is not asked for. */
static bool read_web(const struct arguments *arguments, struct listen_address *address,
                     const struct listen_address **listen, struct assay_error *err)
{
    const char *text = NULL;

    if (!arguments || !arguments->is_given[OPTION_WEB])
        return true;
    text = arguments->values[OPTION_WEB];
    if (!listen_address_parse(text ? text : "127.0.0.1:0", address, err))
        return false;
    if (!address->is_loopback)
        return assay_fail(
            err, ASSAY_INVALID, NULL,
            "--web listens on this machine only, as on 127.0.0.1; for others there is "
            "assay serve --listen %.100s",
            text);
    *listen = address;
    return true;
}

bool work_check_remote(const struct arguments *arguments, struct assay_error *err)
{
    if (arguments->is_given[OPTION_WEB])
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "--web is for who runs the jobs, and a server does that already: its own "
                          "page shows them");
    return launch_options_check_remote(arguments, err);
}

bool work_open(struct work *work, const char *state_dir, bool is_verbose,
               const struct arguments *arguments, struct assay_error *err)
{
    struct launch_configuration launching;
    struct assay_options options = { .state_dir = state_dir,
                                     .is_verbose = is_verbose,
                                     .configuration = &launching.configuration };
    struct listen_address address;
    struct server_options serving = { .state_dir = state_dir,
                                      .connections_max = PAGE_CONNECTIONS_MAX };

    if (!read_web(arguments, &address, &serving.listen, err))
        return false;
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
