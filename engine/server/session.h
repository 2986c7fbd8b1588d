/*
 * engine/server/session.h - the cookie of a browser that has shown the token once.
 *
 * Nothing is stored of it: it says until when it holds, and whoever has the token can compute
 * whether the server has written it. The token cannot be had from it. Where the user at the other
 * end is known it holds for that user only: browsers send a cookie to every port of a host, and on
 * a shared machine the next port may be anybody's.
 *
 * Plain functions; any thread.
 */
#ifndef ENGINE_SERVER_SESSION_H
#define ENGINE_SERVER_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { SESSION_SECONDS = 30 * 24 * 60 * 60, SESSION_TEXT_MAX = 256 };

/* To whom it is given. */
struct session_holder {
    bool is_known; /* a user of this machine … */
    uid_t user;    /* … and which */
};

/* The value of a header Set-Cookie, from now_s (seconds since 1970) on. */
void session_write(const char *token, const struct session_holder *holder, int64_t now_s,
                   bool is_tls, char text[SESSION_TEXT_MAX]);

/* The same, for the browser to forget it. */
void session_write_end(const char *token, bool is_tls, char text[SESSION_TEXT_MAX]);

/* Among the cookies of a header Cookie is one that session_write() gave this holder, and it is not
 * too old. cookies may be NULL. */
bool session_is_valid(const char *token, const struct session_holder *holder, int64_t now_s,
                      const char *cookies);

#endif
