#include "engine/server/guesses.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <netinet/in.h>

static const int64_t second_us = 1000 * 1000;

Test(guesses, ten_may_be_wrong_at_once_and_then_one_in_six_seconds)
{
    struct guesses guesses;
    int64_t now_us = 5 * second_us;

    guesses_init(&guesses);
    for (int i = 0; i < GUESSES_AT_ONCE; i++)
        cr_assert(guesses_take(&guesses, 7, now_us), "try %d", i);
    cr_assert(not(guesses_take(&guesses, 7, now_us)));
    cr_assert(guesses_take(&guesses, 8, now_us));
    now_us += GUESSES_INTERVAL_SECONDS * second_us;
    cr_assert(guesses_take(&guesses, 7, now_us));
    cr_assert(not(guesses_take(&guesses, 7, now_us)));
    now_us += 3600 * second_us;
    for (int i = 0; i < GUESSES_AT_ONCE; i++)
        cr_assert(guesses_take(&guesses, 7, now_us), "try %d", i);
    cr_assert(not(guesses_take(&guesses, 7, now_us)));
    guesses_clear(&guesses);
}

Test(guesses, a_right_one_costs_nothing)
{
    struct guesses guesses;

    guesses_init(&guesses);
    for (int i = 0; i < 5 * GUESSES_AT_ONCE; i++) {
        cr_assert(guesses_take(&guesses, 7, second_us), "try %d", i);
        guesses_give_back(&guesses, 7);
    }
    guesses_clear(&guesses);
}

static uint64_t who_v6(const char *text)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6 };

    cr_assert(eq(int, inet_pton(AF_INET6, text, &address.sin6_addr), 1));
    return guesses_of_address((struct sockaddr *)&address);
}

static uint64_t who_v4(const char *text)
{
    struct sockaddr_in address = { .sin_family = AF_INET };

    cr_assert(eq(int, inet_pton(AF_INET, text, &address.sin_addr), 1));
    return guesses_of_address((struct sockaddr *)&address);
}

Test(guesses, an_address_a_network_and_a_user_each_have_their_own)
{
    cr_assert(not(eq(u64, who_v4("192.0.2.1"), who_v4("192.0.2.2"))));
    cr_assert(eq(u64, who_v4("192.0.2.1"), who_v6("::ffff:192.0.2.1")));
    cr_assert(eq(u64, who_v6("2001:db8::1"), who_v6("2001:db8::2")));
    cr_assert(not(eq(u64, who_v6("2001:db8::1"), who_v6("2001:db8:1::1"))));
    cr_assert(not(eq(u64, guesses_of_user(1000), guesses_of_user(1001))));
    cr_assert(zero(u64, guesses_of_address(NULL)));
}
