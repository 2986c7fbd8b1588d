#include "engine/server/stored_response.h"

#include <microhttpd.h>

/* An object's bytes go from its file to the connection. */
static struct MHD_Response *make(struct storage_answer *stored)
{
    struct MHD_Response *response = NULL;

    if (stored->fd >= 0 && stored->count > 0) {
        response = MHD_create_response_from_fd_at_offset64((uint64_t)stored->count, stored->fd,
                                                           (uint64_t)stored->first);
        if (response)
            stored->fd = -1; /* the response's now */
        return response;
    }
    response = MHD_create_response_from_buffer(
        stored->size, stored->body, stored->body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (response)
        stored->body = NULL;
    return response;
}

struct MHD_Response *stored_response(struct storage_answer *stored)
{
    struct MHD_Response *response = make(stored);

    /* What libmicrohttpd does not take is no text of a header: it is left out. */
    for (size_t i = 0; response && i < stored->header_count; i++)
        (void)MHD_add_response_header(response, stored->headers[i].name, stored->headers[i].value);
    return response;
}
