/*
 * engine/server/token.h - the secret that callers show who are not the server's own user: the file
 * token in the state folder, readable for its owner only, made when it is not there.
 */
#ifndef ENGINE_SERVER_TOKEN_H
#define ENGINE_SERVER_TOKEN_H

#include "assay/error.h"

enum { TOKEN_BYTES = 32, TOKEN_TEXT_MAX = 256 };

/*
 * Fills text. False and *err: ASSAY_UNAVAILABLE when it can be neither read nor made,
 * ASSAY_PRECONDITION for one that others may read or that is no word of 16 to 255 letters.
 */
bool token_load(const char *state_dir, char text[TOKEN_TEXT_MAX], struct assay_error *err);

#endif
