#include "launcher/shim/rendezvous.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define ADDRESS_FORMAT "assay-address 1"

enum { LOOK_NS = 50 * 1000 * 1000, LOOKS_MAX = 12000, RUN_TEXT = 128 };

static int take_port(struct port_lease *lease, struct port_range range)
{
    uint32_t chance = 0;

    /* Where none can be had, the search just begins with the first. */
    (void)!getrandom(&chance, sizeof chance, GRND_NONBLOCK);
    return port_lease_find(lease, range, chance);
}

static int take_ports(struct rendezvous *rendezvous, struct replica_address *own)
{
    const struct port_range range = port_range_here();
    int error = 0;

    if (gethostname(own->host, sizeof own->host) < 0)
        return errno;
    own->host[sizeof own->host - 1] = '\0';
    for (int i = 0; !error && i < RENDEZVOUS_PORTS; i++)
        error = take_port(&rendezvous->ports[i], range);
    own->port = rendezvous->ports[0].port;
    own->open_port = rendezvous->ports[1].port;
    return error;
}

/* Which of the jobs of this tag we are in, by the script of the job; "-": it has only one. */
static const char *own_run(void)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    const char *run = getenv(NODE_RUN_VARIABLE);

    return run && run[0] ? run : "-";
}

static int write_address(const char *dir, const struct node_order *order,
                         const struct replica_address *address)
{
    char name[32];
    char text[RECORD_TEXT_MAX];
    int size = snprintf(text, sizeof text,
                        ADDRESS_FORMAT "\ntag %s\nrun %s\nhost %s\nport %d\nopen_port %d\nend\n",
                        order->tag, own_run(), address->host, address->port, address->open_port);

    (void)snprintf(name, sizeof name, "%" PRId64, order->index);
    if (size < 0 || (size_t)size >= sizeof text)
        return EMSGSIZE;
    return record_file_write(dir, name, text, (size_t)size, false);
}

/* ENOENT while it has not come: what an earlier job of the attempt has left is not of ours. */
static int read_address(const char *dir, const struct node_order *order, int64_t index,
                        struct replica_address *address)
{
    char name[32];
    char text[RECORD_TEXT_MAX];
    char tag[PROCESS_TAG_TEXT];
    char run[RUN_TEXT];
    int64_t port = 0;
    int64_t open_port = 0;
    int error = 0;

    (void)snprintf(name, sizeof name, "%" PRId64, index);
    error = record_file_read(dir, name, ADDRESS_FORMAT, text);
    if (error)
        return error;
    if (!record_file_text(text, "tag", tag, sizeof tag) || strcmp(tag, order->tag) != 0 ||
        !record_file_text(text, "run", run, sizeof run) || strcmp(run, own_run()) != 0)
        return ENOENT;
    if (!record_file_text(text, "host", address->host, sizeof address->host) ||
        !record_file_number(text, "port", &port) ||
        !record_file_number(text, "open_port", &open_port))
        return EBADMSG;
    address->port = (int)port;
    address->open_port = (int)open_port;
    return 0;
}

static bool was_told_to_stop(void)
{
    static const struct timespec pause = { .tv_nsec = LOOK_NS };
    sigset_t orders;

    (void)sigemptyset(&orders);
    (void)sigaddset(&orders, SIGTERM);
    (void)sigaddset(&orders, SIGINT);
    return sigtimedwait(&orders, NULL, &pause) > 0;
}

static int await_others(const char *dir, const struct node_order *order,
                        struct replica_address *addresses)
{
    int64_t found = 0;

    for (int look = 0; look < LOOKS_MAX; look++) {
        node_refresh(dir);
        while (found < order->count && read_address(dir, order, found, &addresses[found]) == 0)
            found++;
        if (found == order->count)
            return 0;
        if (was_told_to_stop())
            return ECANCELED;
    }
    return ETIMEDOUT;
}

/* What is on one machine needs no name of it, and not every machine knows its own. */
static void shorten_hosts(struct replica_address *addresses, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        if (strcmp(addresses[i].host, addresses[0].host) != 0)
            return;
    }
    for (int64_t i = 0; i < count; i++)
        (void)snprintf(addresses[i].host, sizeof addresses[i].host, "127.0.0.1");
}

int rendezvous_meet(struct rendezvous *rendezvous, const struct node_order *order)
{
    char dir[PATH_MAX];
    int error = record_path(dir, sizeof dir, order->gang_dir, NODE_ADDRESSES_NAME);

    rendezvous->addresses = calloc((size_t)order->count, sizeof *rendezvous->addresses);
    if (!rendezvous->addresses)
        return ENOMEM;
    if (!error)
        error = take_ports(rendezvous, &rendezvous->addresses[order->index]);
    if (!error)
        error = record_make_dirs(dir);
    if (!error)
        error = write_address(dir, order, &rendezvous->addresses[order->index]);
    if (!error)
        error = await_others(dir, order, rendezvous->addresses);
    if (!error)
        shorten_hosts(rendezvous->addresses, order->count);
    return error;
}

void rendezvous_let_go(struct rendezvous *rendezvous)
{
    for (int i = 0; i < RENDEZVOUS_PORTS; i++)
        port_lease_open(&rendezvous->ports[i]);
}

void rendezvous_clear(struct rendezvous *rendezvous)
{
    for (int i = 0; i < RENDEZVOUS_PORTS; i++)
        port_lease_end(&rendezvous->ports[i]);
    free(rendezvous->addresses);
    rendezvous->addresses = NULL;
}
