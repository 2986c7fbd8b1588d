#include "engine/cli/client.h"

#include "assay/env.h"
#include "engine/server/socket_path.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* An answer that takes longer than this comes from an engine that hangs; one that is larger (a
 * resource of about ten million trials) would not fit this process either. */
enum { CONNECT_SECONDS = 5, ANSWER_SECONDS = 300, TARGET_MAX = 512, URL_MAX = 2048 };
/* How long a server may be away that has answered before, and how often it is tried then. */
enum { AWAY_SECONDS = 20, RETRY_MS = 250 };
static const size_t answer_max = (size_t)4 * 1024 * 1024 * 1024;

struct client {
    char *state_dir;
    struct assay *assay;  /* borrowed: the engine is this process */
    struct assay *reader; /* owned: the folder, opened for reading */
    CURL *curl;
    struct endpoint endpoint;  /* its url NULL: the folder's engine is asked */
    bool has_answered;         /* the endpoint's server */
    bool trusts_own;           /* and no other user's engine */
    int socket;                /* curl's, where it trusts_own */
    bool met_stranger;         /* who listens on the folder's socket */
    char why[CURL_ERROR_SIZE]; /* the last transfer failed; "" where curl does not say */
};

struct client *client_new(const char *state_dir, struct assay *assay, struct assay_error *err)
{
    struct client *client = calloc(1, sizeof *client);

    if (client) {
        client->assay = assay;
        client->state_dir = strdup(state_dir);
        client->curl = curl_easy_init();
    }
    if (client && client->state_dir && client->curl)
        return client;
    client_free(client);
    (void)assay_fail_memory(err);
    return NULL;
}

void client_free(struct client *client)
{
    if (!client)
        return;
    assay_close(client->reader);
    curl_easy_cleanup(client->curl);
    endpoint_clear(&client->endpoint);
    free(client->state_dir);
    free(client);
}

struct client *client_open(const struct arguments *arguments, struct state_dir *dir,
                           struct assay_error *err)
{
    struct endpoint endpoint = { 0 };
    struct client *client = NULL;

    if (!endpoint_choose(arguments, &endpoint, err))
        goto out;
    if (endpoint.url) {
        dir->is_remote = true;
        dir->token_file = arguments->values[OPTION_TOKEN_FILE];
        dir->tls_ca = arguments->values[OPTION_TLS_CA];
    }
    if (endpoint.url && endpoint.is_given) {
        dir->endpoint = strdup(endpoint.url);
        if (!dir->endpoint) {
            (void)assay_fail_memory(err);
            goto out;
        }
    }
    client = client_new(dir->path, NULL, err);
    if (client) {
        client->endpoint = endpoint;
        return client;
    }
out:
    endpoint_clear(&endpoint);
    return NULL;
}

bool client_is_remote(const struct client *client)
{
    return client->endpoint.url != NULL;
}

void client_trust_own(struct client *client)
{
    client->trusts_own = true;
}

bool client_is_engine_home(struct client *client)
{
    struct assay_error err = { 0 };
    struct socket_path path;
    bool is_home = false;
    int fd = -1;

    if (client->assay || client_is_remote(client))
        return true;
    if (!socket_path_init(&path, client->state_dir, &err))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        is_home = connect(fd, (const struct sockaddr *)&path.address, sizeof path.address) == 0;
        (void)close(fd);
    }
    socket_path_clear(&path);
    return is_home;
}

static size_t on_bytes(char *bytes, size_t one, size_t size, void *context)
{
    FILE *out = context;
    long at = ftell(out);

    (void)one; /* always 1 */
    if (at < 0 || (size_t)at + size > answer_max)
        return 0;
    return fwrite(bytes, 1, size, out);
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct client *client = context;

    (void)purpose;
    client->socket = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return client->socket;
}

/* Connected, and nothing is asked yet: does this user listen there, or root? */
static int check_peer(void *context, char *ip, char *local_ip, int port, int local_port)
{
    struct client *client = context;
    struct ucred peer = { 0 };
    socklen_t size = sizeof peer;
    bool is_known = getsockopt(client->socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;

    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    client->met_stranger = !is_known || (peer.uid != geteuid() && peer.uid != 0);
    return client->met_stranger ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* Where it goes: the folder's socket, or the server with what it wants. */
static void prepare_place(struct client *client, const char *socket)
{
    (void)curl_easy_setopt(client->curl, CURLOPT_PROXY, ""); /* whatever $http_proxy says */
    if (socket) {
        (void)curl_easy_setopt(client->curl, CURLOPT_UNIX_SOCKET_PATH, socket);
        (void)curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, "http");
        if (client->trusts_own) {
            (void)curl_easy_setopt(client->curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
            (void)curl_easy_setopt(client->curl, CURLOPT_OPENSOCKETDATA, client);
            (void)curl_easy_setopt(client->curl, CURLOPT_PREREQFUNCTION, check_peer);
            (void)curl_easy_setopt(client->curl, CURLOPT_PREREQDATA, client);
        }
        return;
    }
    (void)curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (client->endpoint.ca_file)
        (void)curl_easy_setopt(client->curl, CURLOPT_CAINFO, client->endpoint.ca_file);
    if (client->endpoint.token) {
        (void)curl_easy_setopt(client->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        (void)curl_easy_setopt(client->curl, CURLOPT_XOAUTH2_BEARER, client->endpoint.token);
    }
}

static void prepare(CURL *curl, const struct assay_request *request, FILE *out,
                    struct curl_slist *headers)
{
    bool is_post = strcmp(request->method, "POST") == 0;

    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ANSWER_SECONDS);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (is_post || request->body_size > 0) {
        (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body ? request->body : "");
    }
    if (!is_post && strcmp(request->method, "GET") != 0)
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

/* One request over the socket, or to the server where socket is NULL. The body so far stands in
 * response, whatever comes of it. */
static CURLcode transfer(struct client *client, const struct assay_request *request,
                         const char *socket, struct assay_response *response)
{
    char url[URL_MAX];
    struct curl_slist *headers =
        curl_slist_append(NULL, "Content-Type: application/json; charset=UTF-8");
    FILE *out = open_memstream(&response->body, &response->size);
    CURLcode code = CURLE_OUT_OF_MEMORY;
    long status = 0;

    if (out && headers) {
        (void)snprintf(url, sizeof url, "%s%s%s%s", socket ? "http://assay" : client->endpoint.url,
                       request->path, request->query ? "?" : "",
                       request->query ? request->query : "");
        curl_easy_reset(client->curl);
        prepare_place(client, socket);
        prepare(client->curl, request, out, headers);
        (void)curl_easy_setopt(client->curl, CURLOPT_URL, url);
        client->why[0] = '\0';
        (void)curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, client->why);
        code = curl_easy_perform(client->curl);
        (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    }
    if (out && fclose(out) != 0)
        code = CURLE_OUT_OF_MEMORY;
    curl_slist_free_all(headers);
    response->status = (int)status;
    response->content_type = "";
    return code;
}

/* False with ASSAY_OK in *err: nobody is home. */
static bool call_socket(struct client *client, const struct assay_request *request,
                        struct assay_response *response, struct assay_error *err)
{
    struct socket_path path;
    CURLcode code = CURLE_OK;

    *err = (struct assay_error){ 0 };
    if (!socket_path_init(&path, client->state_dir, err)) {
        err->code = ASSAY_OK;
        return false;
    }
    code = transfer(client, request, path.address.sun_path, response);
    socket_path_clear(&path);
    if (code == CURLE_OK)
        return true;
    assay_response_clear(response);
    if (client->met_stranger)
        return assay_fail(err, ASSAY_DENIED, NULL,
                          "the engine of state folder %s is another user's, whose word for what to "
                          "start is not taken: type this as that user",
                          client->state_dir);
    if (code == CURLE_OUT_OF_MEMORY)
        return assay_fail_memory(err);
    /* An engine that ended while it was asked is not home either; but what was to be changed may
     * have been. */
    if (code == CURLE_COULDNT_CONNECT || strcmp(request->method, "GET") == 0)
        return false;
    return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                      "the engine of state folder %s did not answer: %s", client->state_dir,
                      curl_easy_strerror(code));
}

/* What is only read may be asked for again. */
static bool may_try_again(const struct client *client, const struct assay_request *request,
                          int64_t since_us)
{
    const struct timespec between = { .tv_nsec = RETRY_MS * 1000000L };

    if (!client->has_answered || strcmp(request->method, "GET") != 0 ||
        assay_mono_us(assay_env_system()) - since_us > AWAY_SECONDS * (int64_t)1000000)
        return false;
    (void)nanosleep(&between, NULL);
    return true;
}

/* What may be meant by a server that does not answer. */
static const char *hint_at_url(const struct client *client, CURLcode code)
{
    bool is_tls = strncasecmp(client->endpoint.url, "https:", 6) == 0;

    if (code == CURLE_COULDNT_CONNECT)
        return "; `assay serve` starts one";
    if (code == CURLE_SSL_CONNECT_ERROR && is_tls)
        return "; if it has no certificate, its URL begins with http://";
    if ((code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR) && !is_tls)
        return "; if it has a certificate, its URL begins with https://";
    return "";
}

static bool fail_unanswered(const struct client *client, CURLcode code, struct assay_error *err)
{
    const struct endpoint *endpoint = &client->endpoint;

    if (code == CURLE_OUT_OF_MEMORY)
        return assay_fail_memory(err);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                          "the certificate of the server %s is not trusted (%s)%s", endpoint->url,
                          client->why[0] ? client->why : curl_easy_strerror(code),
                          endpoint->ca_file ? "" : "; --tls-ca FILE names the one that is");
    return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "the server %s did not answer: %s%s",
                      endpoint->url, curl_easy_strerror(code), hint_at_url(client, code));
}

/* A server speaks of headers, which a command does not have. */
static void explain_token(const struct client *client, struct assay_error *err)
{
    if (err->code != ASSAY_DENIED || !strstr(err->message, "Authorization: Bearer"))
        return;
    (void)assay_fail(err, ASSAY_DENIED, NULL,
                     "the server %s %s; it is in the file token of the server's state folder",
                     client->endpoint.url,
                     client->endpoint.token ? "wants another token"
                                            : "wants a token: --token-file FILE, or $ASSAY_TOKEN");
}

static bool call_server(struct client *client, const struct assay_request *request,
                        struct assay_response *response, struct assay_error *err)
{
    int64_t since_us = assay_mono_us(assay_env_system());
    CURLcode code = transfer(client, request, NULL, response);

    while (code != CURLE_OK && may_try_again(client, request, since_us)) {
        assay_response_clear(response);
        code = transfer(client, request, NULL, response);
    }
    client->has_answered = client->has_answered || code == CURLE_OK;
    if (code == CURLE_OK)
        return true;
    assay_response_clear(response);
    return fail_unanswered(client, code, err);
}

static bool call_reader(struct client *client, const struct assay_request *request,
                        struct assay_response *response, struct assay_error *err)
{
    struct assay_options options = { .state_dir = client->state_dir, .is_reader = true };

    if (!client->reader)
        client->reader = assay_open(&options, err);
    return client->reader && assay_call(client->reader, request, response, err);
}

static enum assay_code code_of_name(const char *name)
{
    for (int code = ASSAY_OK; code <= ASSAY_UNAUTHENTICATED; code++)
        if (strcmp(assay_code_info((enum assay_code)code)->name, name) == 0)
            return (enum assay_code)code;
    return ASSAY_UNKNOWN;
}

/* How the message of an answer begins that is made of a document's faults. */
static const char fault_list[] = "List of found errors:";

/* What is wrong with a document, a line for each fault; the service's one-line list of them is for
 * programs. */
static void list_faults(const cJSON *violations, struct assay_error *err)
{
    const cJSON *violation = NULL;
    int count = cJSON_GetArraySize(violations);
    size_t used = 0;

    err->message[0] = '\0';
    if (count > 1)
        (void)snprintf(err->message, sizeof err->message, "%d faults", count);
    cJSON_ArrayForEach(violation, violations)
    {
        const cJSON *field = json_get(violation, "field");
        const cJSON *description = json_get(violation, "description");

        used = strlen(err->message);
        (void)snprintf(err->message + used, sizeof err->message - used, "%s%s%s%s",
                       count > 1 ? "\n" : "", cJSON_IsString(field) ? field->valuestring : "",
                       cJSON_IsString(field) ? ": " : "",
                       cJSON_IsString(description) ? description->valuestring : "");
    }
}

/* {"error": {"message", "status", "details"}} as an error of ours. */
bool client_check(struct assay_response *response, struct assay_error *err)
{
    struct assay_error ignored = { 0 };
    cJSON *body = NULL;
    const cJSON *error = NULL;
    const cJSON *message = NULL;
    const cJSON *status = NULL;
    const cJSON *violations = NULL;

    if (response->status < 400)
        return true;
    body = json_read(response->body ? response->body : "", response->size, &ignored);
    error = json_get(body, "error");
    message = json_get(error, "message");
    status = json_get(error, "status");
    if (cJSON_IsString(message) && cJSON_IsString(status))
        (void)assay_fail(err, code_of_name(status->valuestring), NULL, "%s", message->valuestring);
    else
        (void)assay_fail(err, ASSAY_UNKNOWN, NULL, "the engine answered with status %d",
                         response->status);
    violations = json_get(cJSON_GetArrayItem(json_get(error, "details"), 0), "fieldViolations");
    if (strncmp(err->message, fault_list, strlen(fault_list)) == 0 &&
        cJSON_GetArraySize(violations) > 0)
        list_faults(violations, err);
    cJSON_Delete(body);
    assay_response_clear(response);
    return false;
}

bool client_call(struct client *client, const struct assay_request *request,
                 struct assay_response *response, struct assay_error *err)
{
    bool is_answered = false;

    *response = (struct assay_response){ 0 };
    if (client->assay) {
        is_answered = assay_call(client->assay, request, response, err);
    } else if (client_is_remote(client)) {
        is_answered = call_server(client, request, response, err);
    } else {
        is_answered = call_socket(client, request, response, err);
        if (!is_answered && err->code == ASSAY_OK)
            is_answered = call_reader(client, request, response, err);
    }
    if (!is_answered || client_check(response, err))
        return is_answered;
    if (client_is_remote(client))
        explain_token(client, err);
    return false;
}

bool client_ask(struct client *client, const char *method, const char *target,
                struct assay_response *response, struct assay_error *err)
{
    size_t size = strcspn(target, "?");
    char path[TARGET_MAX];
    struct assay_request request = { .method = method, .path = path };

    (void)snprintf(path, sizeof path, "%.*s", (int)size, target);
    if (target[size])
        request.query = target + size + 1;
    return client_call(client, &request, response, err);
}

static cJSON *ask_json(struct client *client, const char *method, const char *format, va_list args,
                       struct assay_error *err) __attribute__((format(printf, 3, 0)));

static cJSON *ask_json(struct client *client, const char *method, const char *format, va_list args,
                       struct assay_error *err)
{
    char target[TARGET_MAX];
    struct assay_response response;
    cJSON *answer = NULL;

    (void)vsnprintf(target, sizeof target, format, args);
    if (!client_ask(client, method, target, &response, err))
        return NULL;
    answer = json_read(response.body ? response.body : "", response.size, err);
    if (!answer)
        (void)assay_error_add(err, "the engine's answer to %s %s", method, target);
    assay_response_clear(&response);
    return answer;
}

cJSON *client_get(struct client *client, struct assay_error *err, const char *target, ...)
{
    va_list args;
    cJSON *answer = NULL;

    va_start(args, target);
    answer = ask_json(client, "GET", target, args, err);
    va_end(args);
    return answer;
}

cJSON *client_post(struct client *client, struct assay_error *err, const char *target, ...)
{
    va_list args;
    cJSON *answer = NULL;

    va_start(args, target);
    answer = ask_json(client, "POST", target, args, err);
    va_end(args);
    return answer;
}
