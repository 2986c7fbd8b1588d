#include "engine/server/access.h"

#include "engine/server/session.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum { ME = 1000, OTHER = 1001, THIRD = 1002, NOW = 1790000000 };

static const struct access_rules near = {
    .token = "0123456789abcdef", .host = "127.0.0.2", .is_loopback = true, .owner = ME
};
static const struct access_rules far = {
    .token = "0123456789abcdef", .host = "192.0.2.7", .is_loopback = false, .owner = ME
};

static bool may(const struct access_rules *rules, struct access_claim claim)
{
    struct assay_error err = { 0 };
    bool is_ok = access_check(rules, &claim, &err);

    cr_assert(is_ok || err.code == ASSAY_DENIED);
    return is_ok;
}

static struct access_claim mine(void)
{
    return (struct access_claim){ .host = "127.0.0.1:80", .is_peer_known = true, .peer = ME };
}

Test(access, on_loopback_the_same_user_needs_no_token_and_others_do)
{
    struct access_claim claim = mine();

    cr_assert(may(&near, claim));
    claim.peer = OTHER;
    cr_assert(not(may(&near, claim)));
    claim.authorization = "Bearer 0123456789abcdef";
    cr_assert(may(&near, claim));
    claim = mine();
    claim.is_peer_known = false;
    cr_assert(not(may(&near, claim)));
    claim.is_public = true;
    cr_assert(may(&near, claim));
}

Test(access, root_is_another_user)
{
    struct access_claim claim = mine();

    claim.peer = 0;
    cr_assert(not(may(&near, claim)));
}

Test(access, elsewhere_everybody_needs_the_token)
{
    struct access_claim claim = mine();

    cr_assert(not(may(&far, claim)));
    claim.authorization = "Bearer 0123456789abcdef";
    cr_assert(may(&far, claim));
    claim.host = "any.name";
    cr_assert(may(&far, claim));
    claim.authorization = "bearer   0123456789abcdef";
    cr_assert(may(&far, claim));
    claim.authorization = "Basic 0123456789abcdef";
    cr_assert(not(may(&far, claim)));
    claim.authorization = "0123456789abcdef";
    cr_assert(not(may(&far, claim)));
    claim.authorization = "Bearer ";
    cr_assert(not(may(&far, claim)));
}

Test(access, without_a_token_whoever_connects_may_but_not_any_page)
{
    struct access_rules open = near;
    struct access_claim claim = { .host = "localhost" };

    open.token = NULL;
    cr_assert(may(&open, claim));
    claim.origin = "http://evil.example";
    cr_assert(not(may(&open, claim)));
}

Test(access, a_name_that_somebody_pointed_here_is_not_ours)
{
    struct access_claim claim = mine();

    claim.host = "evil.example:80";
    cr_assert(not(may(&near, claim)));
    claim.authorization = "Bearer 0123456789abcdef";
    cr_assert(not(may(&near, claim)));
    claim.host = NULL; /* HTTP/1.0 */
    cr_assert(may(&near, claim));
}

Test(access, hosts_of_this_machine_are_known_with_any_port)
{
    static const char *const ours[] = { "localhost",  "LocalHost:1", "127.0.0.1", "127.0.0.1:8080",
                                        "[::1]:8080", "[::1]",       "127.0.0.2", "127.0.0.2:1" };
    static const char *const others[] = { "",          "localhost.evil",  "127.0.0.1.evil",
                                          "127.0.0.3", "localhost:80.x",  "[::1]evil",
                                          "[::1",      "localhost:80:80", "x@localhost",
                                          ":80",       "localhost/",      "[::2]" };

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        cr_assert(access_host_is_ours(&near, ours[i]), "%s", ours[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert(not(access_host_is_ours(&near, others[i])), "%s", others[i]);
}

Test(access, a_page_is_trusted_only_when_it_is_the_servers_own)
{
    struct access_claim claim = mine();

    claim.origin = "http://127.0.0.1:80";
    cr_assert(may(&near, claim));
    claim.origin = "http://localhost:3000";
    cr_assert(not(may(&near, claim)));
    claim.authorization = "Bearer 0123456789abcdef";
    cr_assert(may(&near, claim));
    claim.origin = "null";
    cr_assert(not(may(&near, claim)));
    claim.origin = "http://evil.example";
    cr_assert(not(may(&near, claim)));
    claim = mine();
    claim.fetch_site = "cross-site";
    cr_assert(not(may(&near, claim)));
    claim.fetch_site = "same-origin";
    cr_assert(may(&near, claim));
    claim.fetch_site = "none"; /* typed into the browser */
    cr_assert(may(&near, claim));
}

Test(access, only_the_whole_token_is_the_token)
{
    const char *token = "0123456789abcdef";

    cr_assert(access_token_equals(token, "0123456789abcdef"));
    cr_assert(not(access_token_equals(token, "")));
    cr_assert(not(access_token_equals(token, "0123456789abcde")));
    cr_assert(not(access_token_equals(token, "0123456789abcdeF")));
    cr_assert(not(access_token_equals(token, "1123456789abcdef")));
    cr_assert(not(access_token_equals(token, "0123456789abcdef0123456789abcdef")));
    cr_assert(not(access_token_equals("", "")));
}

/* What a browser sends that was given the cookie by a server with these rules. */
static const char *cookie_of(const struct access_rules *rules, struct session_holder holder)
{
    static char cookie[SESSION_TEXT_MAX];

    session_write(rules->token, &holder, NOW, false, cookie);
    cookie[strcspn(cookie, ";")] = '\0';
    return cookie;
}

static struct access_claim from_page(void)
{
    return (struct access_claim){ .host = "host.example:8080",
                                  .cookie = cookie_of(&far, (struct session_holder){ 0 }),
                                  .fetch_site = "same-origin",
                                  .now_s = NOW };
}

Test(access, a_cookie_is_as_good_as_the_token_for_the_servers_own_page)
{
    struct access_claim claim = from_page();

    cr_assert(may(&far, claim));
    cr_assert(access_is_signed_in(&far, &claim));
    claim.fetch_site = NULL; /* a read of a browser that does not say */
    cr_assert(may(&far, claim));
    claim = from_page();
    claim.is_unsafe = true;
    cr_assert(may(&far, claim));
    claim.fetch_site = NULL;
    claim.origin = "https://host.example:8080";
    cr_assert(may(&far, claim));
}

Test(access, with_a_cookie_other_pages_may_neither_read_nor_change)
{
    struct access_claim claim = from_page();

    claim.origin = "http://localhost:8080"; /* which has CORS headers, and the token may */
    cr_assert(not(may(&far, claim)));
    claim.is_unsafe = true;
    cr_assert(not(may(&far, claim)));
    claim.authorization = "Bearer 0123456789abcdef";
    cr_assert(may(&far, claim));
    claim = from_page();
    claim.origin = "http://evil.example";
    cr_assert(not(may(&far, claim)));
    claim = from_page();
    claim.fetch_site = "same-site"; /* another port of the host: the cookie is sent there, too */
    cr_assert(not(may(&far, claim)));
    claim.fetch_site = "cross-site";
    cr_assert(not(may(&far, claim)));
}

Test(access, with_a_cookie_a_change_has_to_prove_where_it_comes_from)
{
    struct access_claim claim = from_page();

    claim.is_unsafe = true;
    claim.fetch_site = NULL;
    cr_assert(not(may(&far, claim)));
    claim.fetch_site = "none";
    cr_assert(not(may(&far, claim)));
}

Test(access, a_cookie_that_is_old_or_of_another_token_is_none)
{
    struct access_rules renewed = far;
    struct access_claim claim = from_page();

    renewed.token = "abcdef0123456789";
    cr_assert(not(may(&renewed, claim)));
    claim.now_s = NOW + SESSION_SECONDS;
    cr_assert(not(may(&far, claim)));
    cr_assert(not(access_is_signed_in(&far, &claim)));
    claim = from_page();
    claim.cookie = "assay=1790000001.00";
    cr_assert(not(may(&far, claim)));
}

Test(access, on_a_shared_machine_a_cookie_is_of_no_use_to_another_user)
{
    struct access_claim claim = mine();

    claim.peer = OTHER;
    claim.now_s = NOW;
    claim.cookie = cookie_of(&near, (struct session_holder){ .is_known = true, .user = OTHER });
    cr_assert(may(&near, claim));
    claim.peer = THIRD;
    cr_assert(not(may(&near, claim)));
}
