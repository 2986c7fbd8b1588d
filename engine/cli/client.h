/*
 * engine/cli/client.h - how a command reaches the engine of a state folder, or a server elsewhere.
 *
 * Where an engine runs, its socket answers; where none does, the folder is opened for reading.
 * Each call looks anew, so a command that goes on for hours (`wait`, `logs -f`) sees engines come
 * and go. A server that has answered once and is being started anew is asked again for a while. A
 * client belongs to one thread.
 */
#ifndef ENGINE_CLI_CLIENT_H
#define ENGINE_CLI_CLIENT_H

#include "assay.h"
#include "assay/json.h"
#include "engine/cli/endpoint.h"
#include "engine/cli/state_dir.h"

struct client;

/*
 * With assay, which is borrowed, every call goes there: for the process that is the engine itself.
 * Else assay is NULL and nothing is opened before the first call. state_dir is copied.
 */
struct client *client_new(const char *state_dir, struct assay *assay, struct assay_error *err);
void client_free(struct client *client); /* NULL is fine */

/* As the arguments say: of the server that they name, which dir then notes, else of the folder. */
struct client *client_open(const struct arguments *arguments, struct state_dir *dir,
                           struct assay_error *err);

/* It asks a server, not a folder. */
bool client_is_remote(const struct client *client);

/* From now on only an engine of this user, or root's, is asked over the folder's socket: for who
 * does what it answers. */
void client_trust_own(struct client *client);

/* Somebody listens on the folder's socket; of a server, it is taken for granted. */
bool client_is_engine_home(struct client *client);

/*
 * The answer as it is. False and *err when nobody could be asked, and, with what the answer says,
 * for a status of 400 and above.
 */
bool client_call(struct client *client, const struct assay_request *request,
                 struct assay_response *response, struct assay_error *err);

/* Of an answer with a status of 400 and above, takes what it says as the error and clears it. True
 * for any other. */
bool client_check(struct assay_response *response, struct assay_error *err);

/* GET and POST (without body) of a JSON answer, which the caller owns; target is "path?query",
 * nothing in it encoded. NULL and *err as of client_call(). */
cJSON *client_get(struct client *client, struct assay_error *err, const char *target, ...)
    __attribute__((format(printf, 3, 4)));
cJSON *client_post(struct client *client, struct assay_error *err, const char *target, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with any method, as a response that the caller clears. */
bool client_ask(struct client *client, const char *method, const char *target,
                struct assay_response *response, struct assay_error *err);

#endif
