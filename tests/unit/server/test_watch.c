#include "engine/server/watch.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

Test(watch, what_is_late_is_closed_and_what_is_not_stays)
{
    struct assay_error err = { 0 };
    struct watch *watch = watch_new(&err);
    struct watched late;
    struct watched punctual;
    int late_ends[2];
    int punctual_ends[2];
    struct pollfd poll_late = { .events = POLLIN };
    struct pollfd poll_punctual = { .events = POLLIN };

    cr_assert(not(zero(ptr, (void *)watch)), "%s", err.message);
    cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, late_ends)));
    cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, punctual_ends)));
    watch_add(watch, &late, late_ends[0]);
    watch_add(watch, &punctual, punctual_ends[0]);
    atomic_store(&late.due_us, 1); /* long ago */
    poll_late.fd = late_ends[1];
    poll_punctual.fd = punctual_ends[1];
    cr_assert(eq(int, poll(&poll_late, 1, 20 * 1000), 1));
    cr_assert(zero(int, poll(&poll_punctual, 1, 0)));
    watch_remove(watch, &late);
    watch_remove(watch, &punctual);
    watch_free(watch);
}

Test(watch, a_body_earns_time_with_what_comes)
{
    struct watched watched = { 0 };
    long long before = 0;

    watch_expect_body(&watched);
    before = atomic_load(&watched.due_us);
    watch_note_bytes(&watched, 10 * WATCH_BYTES_PER_SECOND);
    cr_assert(eq(llong, atomic_load(&watched.due_us) - before, 10 * 1000000LL));
    watch_expect_nothing(&watched);
    cr_assert(eq(llong, atomic_load(&watched.due_us), LLONG_MAX));
}
