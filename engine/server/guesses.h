/*
 * engine/server/guesses.h - how often somebody may try a token: ten times at once, then once in six
 * seconds. A right one costs nothing.
 *
 * Who shares an address shares its tries, and a few addresses share those of others: what is kept
 * has a fixed size. Any thread.
 */
#ifndef ENGINE_SERVER_GUESSES_H
#define ENGINE_SERVER_GUESSES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { GUESSES_AT_ONCE = 10, GUESSES_INTERVAL_SECONDS = 6, GUESSES_SLOTS = 256 };

struct guesses {
    pthread_mutex_t mutex; /* guards free_at_us */
    /* When all tries will be there again, on the monotonic clock. */
    int64_t free_at_us[GUESSES_SLOTS];
};

void guesses_init(struct guesses *guesses);
void guesses_clear(struct guesses *guesses);

/* Whose tries they are: of an IPv6 network, which one machine may have all of; any number for an
 * address of another family. */
uint64_t guesses_of_address(const struct sockaddr *address);
uint64_t guesses_of_user(uid_t user);

/* Takes one try. False: there is none left. */
bool guesses_take(struct guesses *guesses, uint64_t who, int64_t now_us);
/* It was right: gives the try back. */
void guesses_give_back(struct guesses *guesses, uint64_t who);

#endif
