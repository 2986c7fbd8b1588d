#include "engine/server/access.h"

#include "engine/server/session.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool access_token_equals(const char *token, const char *given)
{
    size_t size = strlen(token);
    size_t given_size = strlen(given);
    unsigned char difference = size == given_size ? 0 : 1;

    /* As many steps as what was given has: that, the sender knows already. */
    for (size_t i = 0; i < given_size; i++)
        difference |= (unsigned char)(given[i] ^ token[size ? i % size : 0]);
    return difference == 0 && size > 0;
}

/* How much of "name:port" or "[::1]:port" is the name; 0 for what is neither. */
static size_t host_size(const char *host)
{
    size_t size = *host == '[' ? strcspn(host, "]") : strcspn(host, ":");

    if (*host == '[')
        size += host[size] == ']';
    if (host[size] != '\0' && host[size] != ':')
        return 0;
    if (host[size] == ':' && strspn(host + size + 1, "0123456789") != strlen(host + size + 1))
        return 0;
    return size;
}

static bool is_name(const char *host, size_t size, const char *name)
{
    return size == strlen(name) && strncasecmp(host, name, size) == 0;
}

bool access_host_is_ours(const struct access_rules *rules, const char *host)
{
    size_t size = host_size(host);

    return size > 0 && (is_name(host, size, "localhost") || is_name(host, size, "127.0.0.1") ||
                        is_name(host, size, "[::1]") || is_name(host, size, rules->host));
}

/* Behind "http://" or "https://"; NULL for another scheme and for "null". */
static const char *origin_host(const char *origin)
{
    if (strncasecmp(origin, "http://", 7) == 0)
        return origin + 7;
    return strncasecmp(origin, "https://", 8) == 0 ? origin + 8 : NULL;
}

static bool is_same_origin(const char *origin, const char *host)
{
    const char *name = origin_host(origin);

    return name && host && strcasecmp(name, host) == 0;
}

bool access_origin_is_near(const struct access_rules *rules, const char *origin, const char *host)
{
    const char *name = origin_host(origin);

    return name && (is_same_origin(origin, host) || access_host_is_ours(rules, name));
}

static bool has_token(const struct access_rules *rules, const struct access_claim *claim)
{
    const char *text = claim->authorization;

    if (!text || strncasecmp(text, "Bearer ", 7) != 0)
        return false;
    text += 7;
    return access_token_equals(rules->token, text + strspn(text, " "));
}

static bool has_session(const struct access_rules *rules, const struct access_claim *claim)
{
    const struct session_holder holder = { .is_known = claim->is_peer_known, .user = claim->peer };

    return session_is_valid(rules->token, &holder, claim->now_s, claim->cookie);
}

bool access_is_signed_in(const struct access_rules *rules, const struct access_claim *claim)
{
    return rules->token && (has_token(rules, claim) || has_session(rules, claim));
}

bool access_is_from_another_page(const struct access_claim *claim)
{
    if (claim->origin)
        return !is_same_origin(claim->origin, claim->host);
    return claim->fetch_site && (strcasecmp(claim->fetch_site, "cross-site") == 0 ||
                                 strcasecmp(claim->fetch_site, "same-site") == 0);
}

/* Every browser sends one of the two with what its page changes. */
static bool is_proven_own_page(const struct access_claim *claim)
{
    return claim->origin ||
           (claim->fetch_site && strcasecmp(claim->fetch_site, "same-origin") == 0);
}

bool access_check(const struct access_rules *rules, const struct access_claim *claim,
                  struct assay_error *err)
{
    /* HTTP/1.0 has no Host; every browser sends one. */
    if (rules->is_loopback && claim->host && !access_host_is_ours(rules, claim->host))
        return assay_fail(err, ASSAY_DENIED, NULL,
                          "this server answers to localhost, 127.0.0.1, [::1] and %s, not to "
                          "\"%.100s\"",
                          rules->host, claim->host);
    if (claim->origin && !access_origin_is_near(rules, claim->origin, claim->host))
        return assay_fail(err, ASSAY_DENIED, NULL, "no page of %.100s may ask here", claim->origin);
    if (!rules->token || claim->is_public || has_token(rules, claim))
        return true;
    if (has_session(rules, claim) && !access_is_from_another_page(claim))
        return !claim->is_unsafe || is_proven_own_page(claim) ||
               assay_fail(err, ASSAY_DENIED, NULL,
                          "with a cookie only the server's own page may ask for this: its requests "
                          "have an Origin");
    if (!rules->is_loopback)
        return assay_fail(err, ASSAY_DENIED, NULL,
                          "this server wants \"Authorization: Bearer TOKEN\"; the token is in the "
                          "file token of its state folder");
    if (access_is_from_another_page(claim))
        return assay_fail(err, ASSAY_DENIED, NULL,
                          "a page of another server wants \"Authorization: Bearer TOKEN\"; the "
                          "token is in the file token of the state folder");
    if (claim->is_peer_known && claim->peer == rules->owner)
        return true;
    return assay_fail(err, ASSAY_DENIED, NULL,
                      "this server is another user's: it wants \"Authorization: Bearer TOKEN\"; "
                      "the token is in the file token of its state folder");
}
