#include "engine/server/peer.h"

#include "engine/server/listen_address.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/socket.h>
#include <unistd.h>

/* A connection over an address: ours to ask about, and the other end. */
struct pair {
    int listener, ours, theirs;
};

static struct pair connect_over(const char *text)
{
    struct listen_address address;
    struct assay_error err = { 0 };
    struct pair pair = { -1, -1, -1 };

    cr_assert(listen_address_parse(text, &address, &err));
    pair.listener = listen_address_open(&address, &err);
    cr_assert(ge(int, pair.listener, 0), "%s", err.message);
    pair.theirs = socket(address.address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(zero(int, connect(pair.theirs, &address.address.any, address.size)));
    pair.ours = accept4(pair.listener, NULL, NULL, SOCK_CLOEXEC);
    cr_assert(ge(int, pair.ours, 0));
    return pair;
}

static void pair_close(struct pair *pair)
{
    (void)close(pair->ours);
    (void)close(pair->theirs);
    (void)close(pair->listener);
}

Test(peer, the_owner_of_the_other_end_is_found)
{
    static const char *const addresses[] = { "127.0.0.1:0", "127.4.5.6:0", "[::1]:0" };

    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct pair pair = connect_over(addresses[i]);
        uid_t uid = (uid_t)-1;

        cr_assert(peer_uid(pair.ours, &uid), "%s", addresses[i]);
        cr_assert(eq(int, (int)uid, (int)geteuid()));
        pair_close(&pair);
    }
}

Test(peer, an_end_that_only_has_finished_sending_is_still_its_owners)
{
    struct pair pair = connect_over("127.0.0.1:0");
    uid_t uid = (uid_t)-1;

    (void)shutdown(pair.theirs, SHUT_WR);
    cr_assert(peer_uid(pair.ours, &uid));
    cr_assert(eq(int, (int)uid, (int)geteuid()));
    pair_close(&pair);
}

Test(peer, an_end_that_was_closed_is_nobodys)
{
    struct pair pair = connect_over("127.0.0.1:0");
    uid_t uid = (uid_t)-1;

    (void)close(pair.theirs); /* the kernel would say root */
    pair.theirs = -1;
    cr_assert(not(peer_uid(pair.ours, &uid)));
    pair_close(&pair);
}

Test(peer, what_is_no_connection_is_nobodys)
{
    struct pair pair = connect_over("127.0.0.1:0");
    uid_t uid = (uid_t)-1;

    cr_assert(not(peer_uid(pair.listener, &uid)));
    cr_assert(not(peer_uid(-1, &uid)));
    pair_close(&pair);
}
