#include "engine/server/http_headers.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

const char *http_header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

size_t http_announced_size(struct MHD_Connection *connection)
{
    const char *text = http_header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);

    /* MHD has checked the header; one that does not fit reads as the largest number. */
    return text ? (size_t)strtoull(text, NULL, 10) : 0;
}

bool http_has_body(struct MHD_Connection *connection)
{
    return http_announced_size(connection) > 0 ||
           http_header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

const char *http_effective_method(struct MHD_Connection *connection, const char *method)
{
    static const char *const tunnelled[] = { "GET", "PUT", "PATCH", "DELETE" };
    const char *wanted = http_header(connection, "X-HTTP-Method-Override");

    if (strcmp(method, "HEAD") == 0)
        return "GET";
    for (size_t i = 0; wanted && i < sizeof tunnelled / sizeof tunnelled[0]; i++)
        if (strcmp(method, "POST") == 0 && strcmp(wanted, tunnelled[i]) == 0)
            return tunnelled[i];
    return method;
}

bool http_add_header(struct MHD_Response *response, bool is_ok, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES && is_ok;
}

struct MHD_Response *http_options(struct MHD_Connection *connection)
{
    static const char methods[] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    const char *headers = http_header(connection, MHD_HTTP_HEADER_ACCESS_CONTROL_REQUEST_HEADERS);

    if (!response)
        return NULL;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, methods);
    if (http_header(connection, MHD_HTTP_HEADER_ORIGIN)) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_METHODS,
                                      methods);
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_MAX_AGE, "600");
        if (headers)
            (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_HEADERS,
                                          headers);
    }
    return response;
}
