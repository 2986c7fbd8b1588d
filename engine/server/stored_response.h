/*
 * engine/server/stored_response.h - an answer of the storage API as libmicrohttpd sends it: an
 * object's bytes go from its file to the connection.
 */
#ifndef ENGINE_SERVER_STORED_RESPONSE_H
#define ENGINE_SERVER_STORED_RESPONSE_H

#include "engine/server/storage_answer.h"

struct MHD_Response;

/* Takes the answer's body or file. NULL for lack of memory. */
struct MHD_Response *stored_response(struct storage_answer *stored);

#endif
