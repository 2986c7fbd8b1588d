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
#include "engine/server/body.h"

struct exchange;

/* target: as on the request line, "/path?query" or "http://host/path?query", still percent-encoded.
 * NULL for lack of memory. */
struct exchange *exchange_new(const char *target);
void exchange_free(struct exchange *exchange); /* NULL is fine */

/* Decoded, as far as it could be, but for %25, %2F and %3A. */
const char *exchange_path(const struct exchange *exchange);
/* Of an absolute target, which then stands for the header Host; else NULL. */
const char *exchange_host(const struct exchange *exchange);
/* Encoded; NULL where there is none. */
const char *exchange_query(const struct exchange *exchange);

/* By which scheme and Host it has come, for links in answers: "http", "127.0.0.1:8080". Nothing
 * is noted of a host that is no plain one, or NULL. */
void exchange_note_origin(struct exchange *exchange, const char *scheme, const char *host);

/* The answer will be this error, and nothing is kept of the body. The first refusal stands. */
void exchange_refuse(struct exchange *exchange, int status, enum assay_code code,
                     const char *message);
bool exchange_is_refused(const struct exchange *exchange);

/* Of a body of announced size too large nothing is kept; the answer will be 413. */
void exchange_expect(struct exchange *exchange, size_t body_size);

/* The body's Content-Encoding: gzip and deflate are undone, others refused with 415. */
void exchange_expect_encoding(struct exchange *exchange, const char *encoding);

/* What is beyond BODY_MAX, or cannot be kept, is dropped, and the answer says so. */
void exchange_add(struct exchange *exchange, const char *bytes, size_t size);

size_t exchange_body_size(const struct exchange *exchange); /* of what has come, unpacked */

/* All of the body, unpacked, as long as the exchange; NULL while empty. False: it is refused. */
bool exchange_body(struct exchange *exchange, const char **body, size_t *size);

/* False: there is no answer (no memory); the transport then closes the connection. */
bool exchange_answer(struct exchange *exchange, const char *method, struct assay *assay,
                     struct assay_response *response);

/* The same without waiting: see assay_call_begin(). False: there will be no answer. */
bool exchange_begin(struct exchange *exchange, const char *method, struct assay *assay,
                    assay_answer_fn done, void *context);

#endif
