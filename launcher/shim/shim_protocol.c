#include "launcher/shim/shim_protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SHIM_MAGIC = 0x59415341 }; /* "ASAY" */

/* The fixed part of a body; the strings follow, each with its NUL: dir, tag, argv, envp. */
struct request_fixed {
    int64_t trial;
    int32_t attempt;
    int32_t replica;
    int64_t memory_bytes;
    int64_t timeout_us;
    int64_t grace_us;
    int64_t log_max_bytes;
    int32_t nice;
    int32_t io_class;
    uint64_t arg_count;
    uint64_t env_count;
};

void shim_head_init(struct shim_head *head, uint64_t body_size)
{
    *head = (struct shim_head){ SHIM_MAGIC, SHIM_VERSION, body_size };
}

bool shim_head_is_valid(const struct shim_head *head)
{
    return head->magic == SHIM_MAGIC && head->version == SHIM_VERSION &&
           head->body_size >= sizeof(struct request_fixed) && head->body_size <= SHIM_REQUEST_MAX;
}

void shim_reply_init(struct shim_reply *reply, enum shim_reply_kind kind, struct attempt_key key)
{
    *reply = (struct shim_reply){
        .magic = SHIM_MAGIC,
        .version = SHIM_VERSION,
        .kind = kind,
        .trial = key.trial,
        .attempt = key.attempt,
        .replica = key.replica,
    };
}

bool shim_reply_is_valid(const struct shim_reply *reply)
{
    return reply->magic == SHIM_MAGIC && reply->version == SHIM_VERSION &&
           reply->kind <= SHIM_REFUSED;
}

static uint64_t measure(char *const *strings, uint64_t *size)
{
    uint64_t count = 0;

    for (; strings[count]; count++)
        *size += strlen(strings[count]) + 1;
    return count;
}

static char *put(char *at, const char *string)
{
    size_t size = strlen(string) + 1;

    memcpy(at, string, size);
    return at + size;
}

void *shim_request_encode(const struct launch *launch, const char *tag, size_t *size,
                          struct assay_error *err)
{
    struct request_fixed fixed = {
        .trial = launch->key.trial,
        .attempt = launch->key.attempt,
        .replica = launch->key.replica,
        .memory_bytes = launch->memory_bytes,
        .timeout_us = launch->timeout_us,
        .grace_us = launch->grace_us,
        .log_max_bytes = launch->log_max_bytes,
        .nice = launch->nice,
        .io_class = launch->io_class,
    };
    const struct replica_launch *replica = &launch->replicas[0];
    struct shim_head head = { 0 };
    uint64_t body_size = sizeof fixed + strlen(replica->dir) + strlen(tag) + 2;
    char *bytes = NULL;
    char *at = NULL;

    fixed.arg_count = measure(replica->argv, &body_size);
    fixed.env_count = measure(replica->envp, &body_size);
    if (body_size > SHIM_REQUEST_MAX) {
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "command line and environment take %llu bytes; at most %d can be passed",
                         (unsigned long long)body_size, SHIM_REQUEST_MAX);
        return NULL;
    }
    bytes = malloc(sizeof head + body_size);
    if (!bytes) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    shim_head_init(&head, body_size);
    memcpy(bytes, &head, sizeof head);
    memcpy(bytes + sizeof head, &fixed, sizeof fixed);
    at = put(bytes + sizeof head + sizeof fixed, replica->dir);
    at = put(at, tag);
    for (char *const *arg = replica->argv; *arg; arg++)
        at = put(at, *arg);
    for (char *const *entry = replica->envp; *entry; entry++)
        at = put(at, *entry);
    *size = sizeof head + body_size;
    return bytes;
}

bool shim_request_key(const void *body, size_t size, struct attempt_key *key)
{
    struct request_fixed fixed = { 0 };

    if (size < sizeof fixed)
        return false;
    memcpy(&fixed, body, sizeof fixed);
    *key = (struct attempt_key){ fixed.trial, fixed.attempt, fixed.replica };
    return true;
}

/* The next of the strings that end at end, or NULL. */
static char *take(char **at, const char *end)
{
    char *string = *at;
    size_t size = strnlen(string, (size_t)(end - string));

    if (string + size >= end)
        return NULL;
    *at = string + size + 1;
    return string;
}

static bool take_many(char **at, const char *end, char **strings, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        strings[i] = take(at, end);
        if (!strings[i])
            return false;
    }
    strings[count] = NULL;
    return true;
}

int shim_request_decode(char *body, size_t size, struct shim_request *request)
{
    struct request_fixed fixed = { 0 };
    char *at = body + sizeof fixed;
    const char *end = body + size;
    char **strings = NULL;

    *request = (struct shim_request){ 0 };
    if (!shim_request_key(body, size, &request->key))
        return EBADMSG;
    memcpy(&fixed, body, sizeof fixed);
    /* Each string takes a byte at least, which also bounds what is allocated. */
    if (fixed.arg_count == 0 || fixed.arg_count > size || fixed.env_count > size)
        return EBADMSG;
    strings = calloc(fixed.arg_count + fixed.env_count + 2, sizeof *strings);
    if (!strings)
        return ENOMEM;
    request->memory_bytes = fixed.memory_bytes;
    request->timeout_us = fixed.timeout_us;
    request->grace_us = fixed.grace_us;
    request->log_max_bytes = fixed.log_max_bytes;
    request->nice = fixed.nice;
    request->io_class = fixed.io_class;
    request->argv = strings;
    request->envp = strings + fixed.arg_count + 1;
    request->dir = take(&at, end);
    request->tag = request->dir ? take(&at, end) : NULL;
    if (!request->tag || !take_many(&at, end, request->argv, fixed.arg_count) ||
        !take_many(&at, end, request->envp, fixed.env_count) || at != end) {
        shim_request_clear(request);
        return EBADMSG;
    }
    return 0;
}

void shim_request_clear(struct shim_request *request)
{
    if (!request)
        return;
    free(request->argv);
    *request = (struct shim_request){ 0 };
}
