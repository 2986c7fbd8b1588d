#include "engine/datasets/item_identity.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

/* The first 63 bits; among a million items two are alike with a chance of 5e-8. */
static int64_t finish(struct sha256_ctx *hash)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    uint64_t bits = 0;

    sha256_digest(hash, sizeof digest, digest);
    for (size_t i = 0; i < sizeof bits; i++)
        bits = bits << 8 | digest[i];
    bits &= INT64_MAX;
    return bits ? (int64_t)bits : 1;
}

int64_t identity_of_texts(const char *const *texts, size_t count)
{
    struct sha256_ctx hash;

    sha256_init(&hash);
    for (size_t i = 0; i < count; i++) /* with its zero, which no text has inside */
        sha256_update(&hash, strlen(texts[i]) + 1, (const uint8_t *)texts[i]);
    return finish(&hash);
}

bool identity_of_file(int fd, int64_t max_bytes, int64_t *id, struct assay_error *err)
{
    struct sha256_ctx hash;
    uint8_t buffer[READ_SIZE];
    int64_t total = 0;
    ssize_t size = 0;

    sha256_init(&hash);
    while ((size = read(fd, buffer, sizeof buffer)) != 0) {
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return assay_fail_errno(err, errno, "read");
        total += size;
        if (total > max_bytes)
            return assay_fail(err, ASSAY_INVALID, NULL, "has more than %lld bytes",
                              (long long)max_bytes);
        sha256_update(&hash, (size_t)size, buffer);
    }
    *id = finish(&hash);
    return true;
}
