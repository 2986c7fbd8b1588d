/*
 * engine/server/http_headers.h - what a request's headers say, as libmicrohttpd has them.
 *
 * Texts live as long as the request. The thread that serves the connection.
 */
#ifndef ENGINE_SERVER_HTTP_HEADERS_H
#define ENGINE_SERVER_HTTP_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

struct MHD_Connection;
struct MHD_Response;

/* NULL: there is none of that name. */
const char *http_header(struct MHD_Connection *connection, const char *name);

/* Of the body; 0 where it is not said. */
size_t http_announced_size(struct MHD_Connection *connection);
bool http_has_body(struct MHD_Connection *connection);

/* HEAD asks for what GET does, and Google's clients tunnel methods that a proxy may not know. */
const char *http_effective_method(struct MHD_Connection *connection, const char *method);

/* False for lack of memory, or a value that is no text of a header; and where it was false before.
 */
bool http_add_header(struct MHD_Response *response, bool is_ok, const char *name,
                     const char *value);

/* Which methods there are, and that a page of another origin may use them. NULL for lack of memory.
 */
struct MHD_Response *http_options(struct MHD_Connection *connection);

#endif
