#include "engine/server/session.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { NOW = 1790000000 };

static const char token[] = "0123456789abcdef";
static const struct session_holder me = { .is_known = true, .user = 1000 };
static const struct session_holder other = { .is_known = true, .user = 1001 };
static const struct session_holder nobody;

/* As the browser sends it back. */
static void get_cookie(const struct session_holder *holder, char cookie[SESSION_TEXT_MAX])
{
    session_write(token, holder, NOW, false, cookie);
    cookie[strcspn(cookie, ";")] = '\0';
}

Test(session, a_cookie_is_valid_for_thirty_days_and_for_whom_it_was_given_to)
{
    char cookie[SESSION_TEXT_MAX];

    get_cookie(&me, cookie);
    cr_assert(session_is_valid(token, &me, NOW, cookie));
    cr_assert(session_is_valid(token, &me, NOW + SESSION_SECONDS - 1, cookie));
    cr_assert(not(session_is_valid(token, &me, NOW + SESSION_SECONDS, cookie)));
    cr_assert(not(session_is_valid(token, &other, NOW, cookie)));
    cr_assert(not(session_is_valid(token, &nobody, NOW, cookie)));
    cr_assert(not(session_is_valid("0123456789abcdeF", &me, NOW, cookie)));
    get_cookie(&nobody, cookie);
    cr_assert(session_is_valid(token, &nobody, NOW, cookie));
    cr_assert(not(session_is_valid(token, &me, NOW, cookie)));
}

Test(session, a_cookie_with_any_letter_changed_is_none)
{
    char cookie[SESSION_TEXT_MAX];

    get_cookie(&me, cookie);
    for (size_t i = 0; cookie[i]; i++) {
        char before = cookie[i];

        cookie[i] = before == '1' ? '2' : '1';
        cr_assert(not(session_is_valid(token, &me, NOW, cookie)), "letter %zu", i);
        cookie[i] = '\0';
        cr_assert(not(session_is_valid(token, &me, NOW, cookie)), "%zu letters", i);
        cookie[i] = before;
    }
    cr_assert(session_is_valid(token, &me, NOW, cookie));
}

Test(session, it_is_found_among_other_cookies)
{
    char cookie[SESSION_TEXT_MAX];
    char header[1024];

    get_cookie(&me, cookie);
    (void)snprintf(header, sizeof header, "a=b; %s; c=d", cookie);
    cr_assert(session_is_valid(token, &me, NOW, header));
    (void)snprintf(header, sizeof header, "a=%s", cookie);
    cr_assert(not(session_is_valid(token, &me, NOW, header)));
    cr_assert(not(session_is_valid(token, &me, NOW, NULL)));
    cr_assert(not(session_is_valid(token, &me, NOW, "")));
    cr_assert(not(session_is_valid(token, &me, NOW, "; ;=;;")));
    memset(header, '9', sizeof header - 1);
    header[sizeof header - 1] = '\0';
    memcpy(header, cookie, strcspn(cookie, "=") + 1);
    cr_assert(not(session_is_valid(token, &me, NOW, header)));
}

Test(session, scripts_and_other_sites_do_not_get_it_and_it_does_not_hold_the_token)
{
    char cookie[SESSION_TEXT_MAX];

    session_write(token, &me, NOW, true, cookie);
    cr_assert(not(zero(ptr, strstr(cookie, "; HttpOnly"))));
    cr_assert(not(zero(ptr, strstr(cookie, "; SameSite=Strict"))));
    cr_assert(not(zero(ptr, strstr(cookie, "; Secure"))));
    cr_assert(not(zero(ptr, strstr(cookie, "; Max-Age=2592000"))));
    cr_assert(zero(ptr, strstr(cookie, token)));
    session_write_end(token, false, cookie);
    cr_assert(not(zero(ptr, strstr(cookie, "=; Max-Age=0"))));
    cr_assert(zero(ptr, strstr(cookie, "Secure")));
}
