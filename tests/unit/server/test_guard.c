#include "engine/server/guard.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

Test(guard, what_is_late_is_closed_and_what_is_not_stays)
{
    struct assay_error err = { 0 };
    struct guard *guard = guard_new(&err);
    struct guarded late;
    struct guarded punctual;
    int late_ends[2];
    int punctual_ends[2];
    struct pollfd poll_late = { .events = POLLIN };
    struct pollfd poll_punctual = { .events = POLLIN };

    cr_assert(not(zero(ptr, (void *)guard)), "%s", err.message);
    cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, late_ends)));
    cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, punctual_ends)));
    guard_add(guard, &late, late_ends[0]);
    guard_add(guard, &punctual, punctual_ends[0]);
    atomic_store(&late.due_us, 1); /* long ago */
    poll_late.fd = late_ends[1];
    poll_punctual.fd = punctual_ends[1];
    cr_assert(eq(int, poll(&poll_late, 1, 20 * 1000), 1));
    cr_assert(zero(int, poll(&poll_punctual, 1, 0)));
    guard_remove(guard, &late);
    guard_remove(guard, &punctual);
    guard_free(guard);
}

Test(guard, a_body_earns_time_with_what_comes)
{
    struct guarded guarded = { 0 };
    long long before = 0;

    guard_expect_body(&guarded);
    before = atomic_load(&guarded.due_us);
    guard_note_bytes(&guarded, 10 * GUARD_BYTES_PER_SECOND);
    cr_assert(eq(llong, atomic_load(&guarded.due_us) - before, 10 * 1000000LL));
    guard_expect_nothing(&guarded);
    cr_assert(eq(llong, atomic_load(&guarded.due_us), LLONG_MAX));
}

Test(guard, a_body_whose_sender_has_gone_is_not_waited_for)
{
    struct assay_error err = { 0 };
    struct guard *guard = guard_new(&err);
    struct guarded gone;
    struct guarded answered;
    int gone_ends[2];
    int answered_ends[2];
    struct pollfd polled = { .events = POLLHUP };

    cr_assert(not(zero(ptr, (void *)guard)), "%s", err.message);
    cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, gone_ends)));
    cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, answered_ends)));
    guard_add(guard, &gone, gone_ends[0]);
    guard_add(guard, &answered, answered_ends[0]);
    guard_expect_body(&gone);
    guard_expect_body(&answered);
    guard_expect_nothing(&answered); /* its body is there: who has sent it may well say no more */
    cr_assert(zero(int, shutdown(gone_ends[1], SHUT_WR)));
    cr_assert(zero(int, shutdown(answered_ends[1], SHUT_WR)));
    polled.fd = gone_ends[1];
    cr_assert(eq(int, poll(&polled, 1, 20 * 1000), 1)); /* long before its body is late */
    polled.fd = answered_ends[1];
    cr_assert(zero(int, poll(&polled, 1, 0)));
    guard_remove(guard, &gone);
    guard_remove(guard, &answered);
    guard_free(guard);
}

static atomic_int pulses;

static void count_pulse(struct guarded *guarded)
{
    (void)guarded;
    atomic_fetch_add(&pulses, 1);
}

Test(guard, a_silent_stream_is_given_a_pulse_and_stays)
{
    struct assay_error err = { 0 };
    struct guard *guard = guard_new(&err);
    struct guarded stream;
    int ends[2];
    struct pollfd polled = { .events = POLLIN };

    cr_assert(not(zero(ptr, (void *)guard)), "%s", err.message);
    cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, ends)));
    polled.fd = ends[1];
    guard_add(guard, &stream, ends[0]);
    guard_set_pulse(guard, &stream, count_pulse);
    guard_expect_silence(&stream);
    cr_assert(lt(llong, atomic_load(&stream.due_us), 0));
    atomic_store(&stream.due_us, -1); /* long ago */
    guard_expect_silence(&stream);
    while (atomic_load(&pulses) == 0)
        cr_assert(zero(int, poll(&polled, 1, 10)));
    cr_assert(lt(llong, atomic_load(&stream.due_us), -1), "the next pulse is not due yet");
    guard_end_streams(guard);
    cr_assert(eq(int, atomic_load(&pulses), 2));
    cr_assert(lt(llong, 0, atomic_load(&stream.due_us)), "it ends soon, read or not");
    guard_set_pulse(guard, &stream, NULL);
    guard_end_streams(guard);
    cr_assert(eq(int, atomic_load(&pulses), 2));
    guard_remove(guard, &stream);
    guard_free(guard);
}
