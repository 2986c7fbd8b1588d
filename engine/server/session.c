#include "engine/server/session.h"

#include "assay/value.h"
#include "engine/server/access.h"

#include <inttypes.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <string.h>

enum { HEX_TEXT = 2 * SHA256_DIGEST_SIZE + 1, NAME_DIGITS = 16, SIGNED_TEXT = 64 };

struct names {
    char cookie[32]; /* two servers on one host must not overwrite each other's */
    uint8_t key[SHA256_DIGEST_SIZE];
};

static void sign(const uint8_t *key, size_t key_size, const char *text, uint8_t *digest)
{
    struct hmac_sha256_ctx hmac;

    hmac_sha256_set_key(&hmac, key_size, key);
    hmac_sha256_update(&hmac, strlen(text), (const uint8_t *)text);
    hmac_sha256_digest(&hmac, SHA256_DIGEST_SIZE, digest);
}

static void write_hex(const uint8_t *digest, char text[HEX_TEXT])
{
    for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* The token itself signs nothing but what keys are made from. */
static void derive(const char *token, struct names *names)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    char hex[HEX_TEXT];

    sign((const uint8_t *)token, strlen(token), "assay session key", names->key);
    sign((const uint8_t *)token, strlen(token), "assay session name", digest);
    write_hex(digest, hex);
    (void)snprintf(names->cookie, sizeof names->cookie, "assay_%.*s", NAME_DIGITS, hex);
}

/* "EXPIRY.SIGNATURE" */
static void make_value(const struct names *names, const struct session_holder *holder,
                       int64_t expiry_s, char text[SIGNED_TEXT + HEX_TEXT])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    char claim[SIGNED_TEXT];
    char hex[HEX_TEXT];

    if (holder->is_known)
        (void)snprintf(claim, sizeof claim, "%" PRId64 ".%ju", expiry_s, (uintmax_t)holder->user);
    else
        (void)snprintf(claim, sizeof claim, "%" PRId64 ".", expiry_s);
    sign(names->key, sizeof names->key, claim, digest);
    write_hex(digest, hex);
    (void)snprintf(text, SIGNED_TEXT + HEX_TEXT, "%" PRId64 ".%s", expiry_s, hex);
}

static void write_cookie(const struct names *names, const char *value, int age_s, bool is_tls,
                         char text[SESSION_TEXT_MAX])
{
    (void)snprintf(text, SESSION_TEXT_MAX, "%s=%s; Max-Age=%d; Path=/; HttpOnly; SameSite=Strict%s",
                   names->cookie, value, age_s, is_tls ? "; Secure" : "");
}

void session_write(const char *token, const struct session_holder *holder, int64_t now_s,
                   bool is_tls, char text[SESSION_TEXT_MAX])
{
    char value[SIGNED_TEXT + HEX_TEXT];
    struct names names;

    derive(token, &names);
    make_value(&names, holder, now_s + SESSION_SECONDS, value);
    write_cookie(&names, value, SESSION_SECONDS, is_tls, text);
}

void session_write_end(const char *token, bool is_tls, char text[SESSION_TEXT_MAX])
{
    struct names names;

    derive(token, &names);
    write_cookie(&names, "", 0, is_tls, text);
}

/* value: size bytes of the header. */
static bool check_value(const struct names *names, const struct session_holder *holder,
                        int64_t now_s, const char *value, size_t size)
{
    char given[SIGNED_TEXT + HEX_TEXT];
    char right[SIGNED_TEXT + HEX_TEXT];
    char digits[SIGNED_TEXT];
    int64_t expiry_s = 0;

    if (size >= sizeof given)
        return false;
    memcpy(given, value, size);
    given[size] = '\0';
    size = strcspn(given, ".");
    if (size >= sizeof digits)
        return false;
    memcpy(digits, given, size);
    digits[size] = '\0';
    if (!assay_integer_parse(digits, &expiry_s) || expiry_s <= now_s)
        return false;
    make_value(names, holder, expiry_s, right);
    return access_token_equals(right, given);
}

bool session_is_valid(const char *token, const struct session_holder *holder, int64_t now_s,
                      const char *cookies)
{
    struct names names;
    size_t name_size = 0;

    if (!cookies)
        return false;
    derive(token, &names);
    name_size = strlen(names.cookie);
    for (const char *at = cookies; *at; at += strspn(at, "; ")) {
        size_t size = strcspn(at, ";");

        if (size > name_size && strncmp(at, names.cookie, name_size) == 0 && at[name_size] == '=' &&
            check_value(&names, holder, now_s, at + name_size + 1, size - name_size - 1))
            return true;
        at += size;
    }
    return false;
}
