/* launcher/sha256_text.h - a SHA-256 as 64 hexadecimal digits. */
#ifndef LAUNCHER_SHA256_TEXT_H
#define LAUNCHER_SHA256_TEXT_H

#include <nettle/sha2.h>
#include <stdio.h>

enum { SHA256_TEXT = 2 * SHA256_DIGEST_SIZE + 1 };

/* Ends the hash. */
static inline void sha256_text(struct sha256_ctx *hash, char text[SHA256_TEXT])
{
    uint8_t digest[SHA256_DIGEST_SIZE];

    sha256_digest(hash, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

#endif
