/*
 * engine/server/web_pages.h - the page's files below /web/, and who signs in there.
 *
 * GET /web/FILE is the file, any other /web/… the page, which knows by its path what to show.
 * POST /web/login and /web/logout give and take the cookie of session.h; GET /web/session says
 * whether there is need of one. None of these needs a token. Any thread.
 */
#ifndef ENGINE_SERVER_WEB_PAGES_H
#define ENGINE_SERVER_WEB_PAGES_H

#include "engine/server/access.h"
#include "engine/server/guesses.h"
#include "engine/server/session.h"

#include <stddef.h>

enum { WEB_HEADERS_MAX = 12 };

/* What the answers depend on beside the request. Borrowed. */
struct web_door {
    const struct access_rules *access; /* NULL: whoever can connect may ask */
    struct guesses *guesses;
    bool is_tls;
    bool is_emulating;
};

/* A request for a path of ours; texts may be NULL. */
struct web_question {
    const char *method; /* GET for HEAD, too */
    const char *path;
    const char *if_none_match;
    const char *accept_encoding;
    const char *body;
    size_t body_size;
    struct access_claim claim;
    uint64_t who;   /* for guesses.h */
    int64_t now_us; /* on the monotonic clock */
};

/* Zero it to start. */
struct web_answer {
    int status;
    const char *content_type; /* static; NULL: none */
    const void *bytes;        /* the program's own, or in text */
    size_t size;
    char text[256];
    char cookie[SESSION_TEXT_MAX]; /* for one of the headers */
    struct {
        const char *name, *value; /* static, or in the answer */
    } headers[WEB_HEADERS_MAX];
    size_t header_count;
};

/* "/", "/web" and all below. */
bool web_pages_is_path(const char *path);

/* False and *err for what is to be answered with an error: a wrong token (ASSAY_DENIED), too many
 * of them (ASSAY_EXHAUSTED), a method that is none (ASSAY_UNIMPLEMENTED), and others. */
bool web_pages_answer(const struct web_door *door, const struct web_question *question,
                      struct web_answer *answer, struct assay_error *err);

#endif
