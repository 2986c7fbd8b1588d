/*
 * engine/cli/endpoint.h - the server that a command asks in place of a state folder, and what it
 * shows there.
 */
#ifndef ENGINE_CLI_ENDPOINT_H
#define ENGINE_CLI_ENDPOINT_H

#include "engine/cli/arguments.h"

struct endpoint {
    char *url;           /* without a slash at its end; NULL: there is none, a folder is meant */
    char *token;         /* NULL: none is shown */
    const char *ca_file; /* borrowed; NULL: the certificates that the system trusts */
    bool is_given;       /* by --endpoint: then it belongs into the commands that we suggest */
};

/*
 * What --endpoint says, else, where the command takes that and --state is not given,
 * $ASSAY_ENDPOINT; the token from --token-file, else $ASSAY_TOKEN. ASSAY_INVALID for --endpoint
 * beside --state, what is no URL of a server, and a token of more than one word; --tls-ca's file
 * must be there.
 */
bool endpoint_choose(const struct arguments *arguments, struct endpoint *endpoint,
                     struct assay_error *err);
void endpoint_clear(struct endpoint *endpoint);

#endif
