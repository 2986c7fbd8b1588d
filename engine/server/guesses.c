#include "engine/server/guesses.h"

#include <netinet/in.h>
#include <stddef.h>

enum { NETWORK_BYTES = 8 };

static const int64_t interval_us = (int64_t)GUESSES_INTERVAL_SECONDS * 1000 * 1000;

void guesses_init(struct guesses *guesses)
{
    *guesses = (struct guesses){ 0 };
    (void)pthread_mutex_init(&guesses->mutex, NULL);
}

void guesses_clear(struct guesses *guesses)
{
    (void)pthread_mutex_destroy(&guesses->mutex);
}

/* FNV-1a, of Fowler, Noll and Vo. */
static uint64_t hash(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t value = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < size; i++)
        value = (value ^ at[i]) * UINT64_C(0x100000001b3);
    return value;
}

uint64_t guesses_of_address(const struct sockaddr *address)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;

    if (address && address->sa_family == AF_INET)
        return hash(&v4->sin_addr, sizeof v4->sin_addr);
    if (!address || address->sa_family != AF_INET6)
        return 0;
    /* IPv4 in IPv6's clothes: the network is the same for all of them. */
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        return hash(v6->sin6_addr.s6_addr + 12, 4);
    return hash(&v6->sin6_addr, NETWORK_BYTES);
}

uint64_t guesses_of_user(uid_t user)
{
    return hash(&user, sizeof user);
}

bool guesses_take(struct guesses *guesses, uint64_t who, int64_t now_us)
{
    int64_t *free_at_us = &guesses->free_at_us[who % GUESSES_SLOTS];
    bool is_left = false;

    (void)pthread_mutex_lock(&guesses->mutex);
    if (*free_at_us < now_us)
        *free_at_us = now_us;
    is_left = *free_at_us + interval_us <= now_us + GUESSES_AT_ONCE * interval_us;
    if (is_left)
        *free_at_us += interval_us;
    (void)pthread_mutex_unlock(&guesses->mutex);
    return is_left;
}

void guesses_give_back(struct guesses *guesses, uint64_t who)
{
    (void)pthread_mutex_lock(&guesses->mutex);
    guesses->free_at_us[who % GUESSES_SLOTS] -= interval_us;
    (void)pthread_mutex_unlock(&guesses->mutex);
}
