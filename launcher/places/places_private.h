/*
 * launcher/places/places_private.h - what places.c, places_request.c and place_queue.c share.
 *
 * CPUs and shares of a GPU are counted in millionths, as integers, so that what is returned leaves
 * nothing behind.
 */
#ifndef LAUNCHER_PLACES_PLACES_PRIVATE_H
#define LAUNCHER_PLACES_PLACES_PRIVATE_H

#include "launcher/places/places.h"

#include <sys/queue.h>

#define PLACE_UNIT INT64_C(1000000)

/* An amount of all that a machine has. */
struct amount {
    int64_t cpus;
    int64_t memory;
    int64_t gpus; /* GPUs times their share */
};

TAILQ_HEAD(grant_list, grant);
TAILQ_HEAD(account_list, account);

/* One job's: what it holds, and who of it waits. Lives as long as it has grants. */
struct account {
    int64_t job;
    struct amount held;
    size_t grant_count;
    LIST_ENTRY(account) in_places;
    struct grant_list waiting; /* oldest first; place_queue.c's */
    TAILQ_ENTRY(account) in_queue;
};

struct places {
    struct machine machine;
    struct amount total;
    struct amount held;
    int64_t used[MACHINE_GPUS_MAX]; /* of each GPU; above PLACE_UNIT only by adoption */
    LIST_HEAD(, account) accounts;
};

struct place_queue {
    struct places *places;
    struct account_list accounts; /* that have grants waiting; sorted by place_queue_next() */
    struct grant *reserved;       /* who the machine is reserved for; NULL: nobody */
    uint64_t last_number;
    size_t count;
};

/* Which GPUs a replica gets: grant.gpus[first .. first+count-1]. */
struct replica_gpus {
    size_t first;
    size_t count;
    int64_t share; /* of each, in units */
    char *text;    /* "0,3", in grant.text; NULL: it wants none */
};

struct grant {
    struct places *places;
    struct account *account;
    struct attempt_key key;
    size_t count;               /* of replicas; each of the following is owned */
    struct resources *requests; /* count */
    struct replica_gpus *gpus;  /* count */
    unsigned char *chosen;      /* numbers of GPUs, while it is held */
    char *text;
    struct amount wanted;
    bool is_held;

    /* place_queue.c's */
    struct place_queue *queue; /* NULL: does not wait */
    TAILQ_ENTRY(grant) in_account;
    uint64_t number;      /* in the order of place_queue_add() */
    int pass_count;       /* how many went before it */
    int64_t passed_at_us; /* when the first did on its turn; -1: none */
};

/* Millionths, rounded down, so that three thirds fit. Nothing for what is not above 0. */
int64_t place_units(double number);

/* Of each GPU that the request wants, in units; 0 where it wants none. */
int64_t place_share(const struct resources *request);

struct amount place_wanted(const struct resources *requests, size_t count);
struct amount place_total(const struct machine *machine);

/* Kinds of which there is not enough left; a grant that asks for none of a kind never lacks it. */
enum { LACKS_CPUS = 1, LACKS_MEMORY = 2, LACKS_GPUS = 4 };
int place_lacks(const struct grant *grant);

/* Is it this one's turn, and not the other's? Both have grants waiting. */
bool account_goes_before(const struct places *places, const struct account *a,
                         const struct account *b);

/*
 * Finds GPUs for all requests in what is left of used[0 .. gpu_count-1], which is changed also on
 * failure. Whole ones first, then the larger shares and those that want more GPUs; a share goes
 * where the least is left. chosen, which may be NULL, gets each replica's, one after the other's.
 */
bool place_gpus(const struct resources *requests, size_t count, int64_t *used, int gpu_count,
                unsigned char *chosen);

#endif
