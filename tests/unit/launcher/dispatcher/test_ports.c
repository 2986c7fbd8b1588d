#include "launcher/dispatcher/ports.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LEASES = 64 };

/* A socket that listens on the port, or -1. */
static int listen_on(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

Test(ports, leased_ports_differ_and_are_free_for_nobody_else)
{
    struct port_lease leases[LEASES] = { { 0 } };
    struct assay_error err = { 0 };

    for (int i = 0; i < LEASES; i++) {
        cr_assert(port_lease_take(&leases[i], assay_env_system(), &err), "%s", err.message);
        for (int j = 0; j < i; j++)
            cr_assert(ne(int, leases[i].port, leases[j].port));
        cr_assert(eq(int, listen_on(leases[i].port), -1));
    }
    for (int i = 0; i < LEASES; i++)
        port_lease_end(&leases[i]);
}

Test(ports, an_opened_port_can_be_bound_by_its_replica)
{
    struct port_lease lease = { 0 };
    struct assay_error err = { 0 };
    int fd = -1;

    cr_assert(port_lease_take(&lease, assay_env_system(), &err));
    port_lease_open(&lease);
    fd = listen_on(lease.port);
    cr_assert(ge(int, fd, 0));
    (void)close(fd);
    port_lease_end(&lease);
    port_lease_end(&lease);
}

static void assert_range(const char *text, int first, int count)
{
    const struct port_range range = port_range_outside(text);

    cr_expect(eq(int, range.first, first), "%s", text);
    cr_expect(eq(int, range.count, count), "%s", text);
}

Test(ports, they_lie_outside_of_what_the_kernel_gives_out)
{
    assert_range("32768\t60999\n", 20768, 12000);
    assert_range("16000 60999", 10000, 6000);
    assert_range("1024 60999", 61000, 4536);
    assert_range("1024 65535", 20768, 12000); /* there is no such place */
    assert_range("", 20768, 12000);
    assert_range("9 8", 20768, 12000);
}

static bool draw_the_same(void *context, void *buffer, size_t size)
{
    (void)context;
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)buffer)[i] = 3;
    return true;
}

Test(ports, a_port_that_is_taken_is_passed_over)
{
    struct assay_env env = *assay_env_system();
    struct port_lease first = { 0 };
    struct port_lease second = { 0 };
    struct assay_error err = { 0 };
    int taken = 0;
    int fd = -1;

    env.entropy = draw_the_same; /* each search begins with the same port */
    cr_assert(port_lease_take(&first, &env, &err));
    /* Opened, it is still nobody else's: another engine looks at the name. */
    port_lease_open(&first);
    cr_assert(port_lease_take(&second, &env, &err));
    cr_assert(ne(int, first.port, second.port));
    port_lease_end(&second);
    /* A stranger knows no names, but listens. */
    taken = first.port;
    fd = listen_on(taken);
    cr_assert(ge(int, fd, 0));
    port_lease_end(&first);
    cr_assert(port_lease_take(&second, &env, &err));
    cr_assert(ne(int, second.port, taken));
    port_lease_end(&second);
    (void)close(fd);
}
