/*
 * engine/server/exchange.h - one HTTP request as it comes in, and its answer: what every transport
 * has in common.
 *
 * A transport makes an exchange from the request line, adds the body piece by piece and asks for
 * the answer once all is there. An exchange belongs to one thread at a time.
 */
#ifndef ENGINE_SERVER_EXCHANGE_H
#define ENGINE_SERVER_EXCHANGE_H

#include "assay.h"

/* The largest document, as a JSON string in an object: quotes and line breaks are escaped. */
#define EXCHANGE_BODY_MAX ((size_t)64 * 1024 * 1024 + (size_t)1024 * 1024)

struct exchange;

/* target: as on the request line, "/path?query", still percent-encoded. NULL for lack of memory. */
struct exchange *exchange_new(const char *target);
void exchange_free(struct exchange *exchange); /* NULL is fine */

/* False the first time, true from then on: transports call once before the body comes. */
bool exchange_has_begun(struct exchange *exchange);

/* Of a body of announced size too large nothing is kept; the answer will be 413. Returns whether
 * the size is acceptable. */
bool exchange_expect(struct exchange *exchange, size_t body_size);

/* What is beyond EXCHANGE_BODY_MAX, or cannot be kept, is dropped, and the answer says so. */
void exchange_add(struct exchange *exchange, const char *bytes, size_t size);

/* False: there is no answer (no memory); the transport then closes the connection. */
bool exchange_answer(struct exchange *exchange, const char *method, struct assay *assay,
                     struct assay_response *response);

#endif
