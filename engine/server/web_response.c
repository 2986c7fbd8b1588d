#include "engine/server/web_response.h"

#include "engine/server/http_headers.h"

#include <microhttpd.h>

struct MHD_Response *web_response(const struct web_answer *answer)
{
    /* libmicrohttpd's parameter is not const; it only reads. */
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->size, (void *)(uintptr_t)answer->bytes, MHD_RESPMEM_PERSISTENT);
    bool is_ok = response != NULL;

    for (size_t i = 0; response && i < answer->header_count; i++)
        is_ok = http_add_header(response, is_ok, answer->headers[i].name, answer->headers[i].value);
    if (response && !is_ok) { /* never without what keeps others out */
        MHD_destroy_response(response);
        return NULL;
    }
    return response;
}
