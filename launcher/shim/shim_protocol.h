/*
 * launcher/shim/shim_protocol.h - what a launcher and its nursery say to each other over one stream
 * socket: requests down, one reply for each, in the same order, with a pidfd of the new shim.
 *
 * Both ends are on one machine, so that numbers travel as they lie in memory. The version grows
 * with every change: a launcher that finds the shim of another release says so at once.
 */
#ifndef LAUNCHER_SHIM_SHIM_PROTOCOL_H
#define LAUNCHER_SHIM_SHIM_PROTOCOL_H

#include "launcher/launcher.h"

/*
 * SHIM_REQUEST_MAX: the kernel takes at most 6 MiB of argv and environment, whatever the stack's
 * limit. What is between the two is refused by exec, with E2BIG and a sentence.
 */
enum { SHIM_VERSION = 2, SHIM_REQUEST_MAX = 16 * 1024 * 1024 };

/* In front of a request's body. */
struct shim_head {
    uint32_t magic;
    uint32_t version;
    uint64_t body_size;
};

enum shim_reply_kind {
    SHIM_HELLO,   /* the nursery is there; sent once, before anything else */
    SHIM_STARTED, /* a shim was forked; its pidfd comes along */
    SHIM_REFUSED, /* it was not: error tells why; nothing of the attempt ran */
};

struct shim_reply {
    uint32_t magic;
    uint32_t version;
    uint32_t kind;
    int32_t error; /* an errno */
    int64_t trial;
    int32_t attempt;
    int32_t replica;
    int32_t pid;
    int32_t unused; /* no padding travels */
};

/* A request as the shim sees it; the strings lie in the body, which must outlive it. */
struct shim_request {
    struct attempt_key key;
    int64_t memory_bytes;
    int64_t timeout_us;
    int64_t grace_us;
    int64_t log_max_bytes;
    int nice;
    int io_class;
    const char *dir; /* the replica's */
    const char *tag;
    char **argv; /* owned, NULL-terminated, as is envp, which lies in the same block */
    char **envp;
};

void shim_head_init(struct shim_head *head, uint64_t body_size);
bool shim_head_is_valid(const struct shim_head *head);
void shim_reply_init(struct shim_reply *reply, enum shim_reply_kind kind, struct attempt_key key);
bool shim_reply_is_valid(const struct shim_reply *reply);

/* Of the launch's first replica: head and body in one block that the caller frees. ASSAY_INVALID
 * when it is too big. */
void *shim_request_encode(const struct launch *launch, const char *tag, size_t *size,
                          struct assay_error *err);

/* The key alone, of a body that need not be whole. False: too short. */
bool shim_request_key(const void *body, size_t size, struct attempt_key *key);

/* body is written to by nobody but may be pointed into. EBADMSG, ENOMEM. */
int shim_request_decode(char *body, size_t size, struct shim_request *request);
void shim_request_clear(struct shim_request *request);

#endif
