#include "launcher/shim/shim_protocol.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20000 };

static char first[] = "program";
static char second[] = "--text=a b\n\"c\"";
static char empty[] = "";
static char entry[] = "NAME=value";

static char *encode(size_t *size)
{
    char *argv[] = { first, second, empty, NULL };
    char *envp[] = { entry, NULL };
    struct replica_launch replica = { .argv = argv, .envp = envp, .dir = "/some/where" };
    struct launch launch = {
        .key = { INT64_MAX, INT32_MAX, 7 },
        .replicas = &replica,
        .replica_count = 1,
        .memory_bytes = 1,
        .timeout_us = 2,
        .grace_us = 3,
        .log_max_bytes = 4,
        .nice = 5,
        .io_class = 6,
    };
    struct assay_error err = { 0 };
    char *bytes = shim_request_encode(&launch, "tag", size, &err);

    cr_assert(bytes != NULL);
    return bytes;
}

Test(shim_protocol, a_request_arrives_as_it_was_sent)
{
    size_t size = 0;
    char *bytes = encode(&size);
    struct shim_head head;
    struct shim_request request;

    memcpy(&head, bytes, sizeof head);
    cr_assert(shim_head_is_valid(&head));
    cr_assert(eq(u64, head.body_size, size - sizeof head));
    cr_assert(eq(int, shim_request_decode(bytes + sizeof head, head.body_size, &request), 0));
    cr_assert(eq(i64, request.key.trial, INT64_MAX));
    cr_assert(eq(int, request.key.attempt, INT32_MAX));
    cr_assert(eq(int, request.key.replica, 7));
    cr_assert(eq(i64, request.memory_bytes, 1));
    cr_assert(eq(i64, request.timeout_us, 2));
    cr_assert(eq(i64, request.grace_us, 3));
    cr_assert(eq(i64, request.log_max_bytes, 4));
    cr_assert(eq(int, request.nice, 5));
    cr_assert(eq(int, request.io_class, 6));
    cr_assert(eq(str, (char *)request.dir, "/some/where"));
    cr_assert(eq(str, (char *)request.tag, "tag"));
    cr_assert(eq(str, request.argv[0], first));
    cr_assert(eq(str, request.argv[1], second));
    cr_assert(eq(str, request.argv[2], ""));
    cr_assert(request.argv[3] == NULL);
    cr_assert(eq(str, request.envp[0], entry));
    cr_assert(request.envp[1] == NULL);
    shim_request_clear(&request);
    free(bytes);
}

Test(shim_protocol, a_body_of_any_other_length_is_refused)
{
    size_t size = 0;
    char *bytes = encode(&size);
    struct shim_request request;

    size -= sizeof(struct shim_head);
    for (size_t short_size = 0; short_size < size; short_size++) {
        char *copy = malloc(short_size ? short_size : 1); /* so that a sanitizer sees its end */

        cr_assert(copy != NULL);
        memcpy(copy, bytes + sizeof(struct shim_head), short_size);
        cr_assert(eq(int, shim_request_decode(copy, short_size, &request), EBADMSG));
        free(copy);
    }
    free(bytes);
}

static unsigned seed_from_environment(void)
{
    const char *text = getenv("ASSAY_TEST_SEED"); /* NOLINT(concurrency-mt-unsafe) */
    unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : 20260131u;

    (void)fprintf(stderr, "ASSAY_TEST_SEED=%u\n", seed);
    return seed;
}

/* xorshift32 (Marsaglia 2003). */
static unsigned next_random(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

Test(shim_protocol, damaged_bodies_are_refused_or_read_inside_their_bounds)
{
    unsigned state = seed_from_environment();
    size_t size = 0;
    char *bytes = encode(&size);
    size_t body_size = size - sizeof(struct shim_head);
    char *body = malloc(body_size);

    cr_assert(body != NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct shim_request request;
        unsigned damages = next_random(&state) % 4 + 1;

        memcpy(body, bytes + sizeof(struct shim_head), body_size);
        for (unsigned j = 0; j < damages; j++)
            body[next_random(&state) % body_size] = (char)next_random(&state);
        if (shim_request_decode(body, body_size, &request) == 0) {
            size_t length = strlen(request.dir) + strlen(request.tag);

            for (char **at = request.argv; *at; at++)
                length += strlen(*at);
            for (char **at = request.envp; *at; at++)
                length += strlen(*at);
            cr_assert(length < body_size);
            shim_request_clear(&request);
        }
    }
    free(body);
    free(bytes);
}

Test(shim_protocol, too_much_for_any_system_is_refused_before_it_is_sent)
{
    size_t large_size = SHIM_REQUEST_MAX;
    char *large = malloc(large_size + 1);
    char *argv[] = { first, large, NULL };
    char *envp[] = { NULL };
    struct replica_launch replica = { .argv = argv, .envp = envp, .dir = "/x" };
    struct launch launch = { .replicas = &replica, .replica_count = 1 };
    struct assay_error err = { 0 };
    size_t size = 0;

    cr_assert(large != NULL);
    memset(large, 'x', large_size);
    large[large_size] = '\0';
    cr_assert(shim_request_encode(&launch, "", &size, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    free(large);
}

Test(shim_protocol, another_version_is_refused)
{
    struct shim_head head;
    struct shim_reply reply;

    shim_head_init(&head, 1000);
    cr_assert(shim_head_is_valid(&head));
    head.version++;
    cr_assert(not(shim_head_is_valid(&head)));
    shim_head_init(&head, (uint64_t)SHIM_REQUEST_MAX + 1);
    cr_assert(not(shim_head_is_valid(&head)));
    shim_head_init(&head, 0);
    cr_assert(not(shim_head_is_valid(&head)));
    shim_reply_init(&reply, SHIM_STARTED, (struct attempt_key){ 1, 2, 0 });
    cr_assert(shim_reply_is_valid(&reply));
    reply.version++;
    cr_assert(not(shim_reply_is_valid(&reply)));
    shim_reply_init(&reply, SHIM_STARTED, (struct attempt_key){ 1, 2, 0 });
    reply.magic++;
    cr_assert(not(shim_reply_is_valid(&reply)));
}
