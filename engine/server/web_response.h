/*
 * engine/server/web_response.h - an answer of web_pages.h as libmicrohttpd sends it.
 */
#ifndef ENGINE_SERVER_WEB_RESPONSE_H
#define ENGINE_SERVER_WEB_RESPONSE_H

#include "engine/server/web_pages.h"

struct MHD_Response;

/* Borrows the answer, which must outlive the response. NULL for lack of memory. */
struct MHD_Response *web_response(const struct web_answer *answer);

#endif
