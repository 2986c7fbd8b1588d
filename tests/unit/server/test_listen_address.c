#include "engine/server/listen_address.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void check(const char *text, const char *host, int port, bool is_loopback)
{
    struct listen_address address;
    struct assay_error err = { 0 };

    cr_assert(listen_address_parse(text, &address, &err), "%s", err.message);
    cr_assert(eq(str, address.host, (char *)host), "%s", text);
    cr_assert(eq(int, listen_address_port(&address), port), "%s", text);
    cr_assert(eq(int, address.is_loopback, is_loopback), "%s", text);
}

Test(listen_address, numbers_and_localhost_are_understood)
{
    check("127.0.0.1:8080", "127.0.0.1", 8080, true);
    check("127.8.9.1:1", "127.8.9.1", 1, true);
    check("localhost:0", "127.0.0.1", 0, true);
    check("8080", "127.0.0.1", 8080, true);
    check("[::1]:65535", "[::1]", 65535, true);
    check("[0:0::1]:80", "[::1]", 80, true);
    check("0.0.0.0:80", "0.0.0.0", 80, false);
    check("[::]:80", "[::]", 80, false);
    check("192.0.2.7:80", "192.0.2.7", 80, false);
    check("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]", 80, false);
}

Test(listen_address, anything_else_is_refused_with_an_example)
{
    static const char *const texts[] = {
        "",
        ":",
        ":8080",
        "127.0.0.1",
        "127.0.0.1:",
        "::1",
        "[::1]",
        "[::1]8080",
        "[::1:8080",
        "example.com:80",
        "127.0.0.1",
        "127.1:80",
        "127.0.0.1:-1",
        "1.2.3.4:65536",
        "127.0.0.1:8x",
        "[]:80",
        "http://a:80",
        "localhosts:1",
        "[1.2.3.4]:80",
        "127.0.0.1 :80",
        "000000000000000000000000000000000000000000000000000000000000000001:80",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct listen_address address;
        struct assay_error err = { 0 };

        cr_assert(not(listen_address_parse(texts[i], &address, &err)), "%s", texts[i]);
        cr_assert(eq(int, (int)err.code, ASSAY_INVALID), "%s", texts[i]);
        cr_assert(not(zero(ptr, strstr(err.message, "127.0.0.1:8080"))), "%s", err.message);
    }
}

Test(listen_address, a_free_port_is_found_and_a_taken_one_is_unavailable)
{
    struct listen_address first;
    struct listen_address second;
    struct assay_error err = { 0 };
    int fd = -1;

    cr_assert(listen_address_parse("127.0.0.1:0", &first, &err));
    fd = listen_address_open(&first, &err);
    cr_assert(ge(int, fd, 0), "%s", err.message);
    cr_assert(lt(int, 0, listen_address_port(&first)));
    second = first;
    cr_assert(eq(int, listen_address_open(&second, &err), -1));
    cr_assert(eq(int, (int)err.code, ASSAY_UNAVAILABLE));
    (void)close(fd);
}
