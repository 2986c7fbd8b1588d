/*
 * engine/cli/operation.h - requests that have a body, and operations that take longer than a call.
 */
#ifndef ENGINE_CLI_OPERATION_H
#define ENGINE_CLI_OPERATION_H

#include "engine/cli/client.h"

/* The answer, which the caller owns. body, which may be NULL, is borrowed. NULL and *err. */
cJSON *operation_ask(struct client *client, const char *method, const char *path, const cJSON *body,
                     struct assay_error *err);

/* Waits until the operation is done, and gives its end; takes it, NULL is passed on. NULL and *err,
 * also for what the operation ends with. */
cJSON *operation_await(struct client *client, cJSON *operation, struct assay_error *err);

#endif
