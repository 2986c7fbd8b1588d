#include "engine/server/server.h"

#include "engine/server/exchange.h"
#include "engine/server/socket_path.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The engine's part: answers with what it was asked. */
bool assay_call(struct assay *assay, const struct assay_request *request,
                struct assay_response *response, struct assay_error *err)
{
    int size = 0;

    (void)assay;
    (void)err;
    *response = (struct assay_response){ .status = 404, .content_type = "text/plain" };
    size = asprintf(&response->body, "%s %s?%s:%zu:%.10s", request->method, request->path,
                    request->query ? request->query : "", request->body_size,
                    request->body ? request->body : "");
    response->size = size > 0 ? (size_t)size : 0;
    return size > 0;
}

/* Folder of one test, and the server in it. */
static char root[64];
static char folder[512];
static struct server *server;

static void start_in(const char *name)
{
    struct server_options options = { .state_dir = folder };
    struct assay_error err = { 0 };

    (void)snprintf(root, sizeof root, "/tmp/assay-test-XXXXXX");
    cr_assert(not(zero(ptr, mkdtemp(root))));
    (void)snprintf(folder, sizeof folder, "%s/%s", root, name);
    cr_assert(zero(int, mkdir(folder, 0700)));
    server = server_start(NULL, &options, &err);
    cr_assert(not(zero(ptr, (void *)server)), "%s", err.message);
}

static void start(void)
{
    start_in("state");
}

static void stop(void)
{
    server_stop(server);
    cr_assert(zero(int, rmdir(folder)), "the socket is left behind");
    cr_assert(zero(int, rmdir(root)));
}

struct reply {
    long status;
    char text[4096];
    size_t size;
};

static size_t on_bytes(char *bytes, size_t one, size_t size, void *context)
{
    struct reply *reply = context;

    (void)one;
    if (reply->size + size >= sizeof reply->text)
        return 0;
    memcpy(reply->text + reply->size, bytes, size);
    reply->size += size;
    return size;
}

static CURLcode ask(const char *method, const char *target, const char *body, size_t body_size,
                    struct reply *reply)
{
    CURL *curl = curl_easy_init();
    struct socket_path path;
    struct assay_error err = { 0 };
    char url[256];
    CURLcode code = CURLE_OK;

    *reply = (struct reply){ 0 };
    cr_assert(socket_path_init(&path, folder, &err));
    (void)snprintf(url, sizeof url, "http://assay%s", target);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, path.address.sun_path);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
    if (body) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_size);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_easy_cleanup(curl);
    socket_path_clear(&path);
    return code;
}

static void check(const char *method, const char *target, const char *body, const char *expected)
{
    struct reply reply;

    cr_assert(eq(int, (int)ask(method, target, body, body ? strlen(body) : 0, &reply), CURLE_OK));
    cr_assert(eq(long, reply.status, 404));
    cr_assert(eq(str, reply.text, (char *)expected));
}

Test(server, a_request_arrives_as_it_was_sent, .init = start, .fini = stop)
{
    check("GET", "/assay/v1/jobs?a=%20b", NULL, "GET /assay/v1/jobs?a=%20b:0:");
    check("POST", "/x:check", "{\"a\":1}", "POST /x:check?:7:{\"a\":1}");
    check("DELETE", "/x%20y", NULL, "DELETE /x y?:0:");
}

Test(server, only_the_owner_can_connect, .init = start, .fini = stop)
{
    char path[600];
    struct stat info;

    (void)snprintf(path, sizeof path, "%s/socket", folder);
    cr_assert(zero(int, stat(path, &info)));
    cr_assert(eq(int, (int)(info.st_mode & S_IFMT), S_IFSOCK));
    cr_assert(eq(int, (int)(info.st_mode & 0777), 0600));
}

Test(server, a_large_body_arrives_whole_and_a_larger_one_is_refused, .init = start, .fini = stop)
{
    struct reply reply;
    size_t size = BODY_MAX;
    char *body = malloc(size + 1);
    char expected[64];

    cr_assert(not(zero(ptr, body)));
    memset(body, 'x', size + 1);
    cr_assert(eq(int, (int)ask("POST", "/p", body, size, &reply), CURLE_OK));
    (void)snprintf(expected, sizeof expected, "POST /p?:%zu:xxxxxxxxxx", size);
    cr_assert(eq(str, reply.text, expected));
    /* The server may close while the body is still being sent: then there is a status all the same.
     */
    (void)ask("POST", "/p", body, size + 1, &reply);
    cr_assert(eq(long, reply.status, 413));
    free(body);
}

static void *ask_often(void *context)
{
    long *failures = context;

    for (int i = 0; i < 50; i++) {
        struct reply reply;

        *failures +=
            ask("GET", "/p", NULL, 0, &reply) != CURLE_OK || strcmp(reply.text, "GET /p?:0:") != 0;
    }
    return NULL;
}

Test(server, many_callers_at_once_are_all_answered, .init = start, .fini = stop)
{
    enum { CALLERS = 8 };
    pthread_t threads[CALLERS];
    long failures[CALLERS] = { 0 };

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    for (int i = 0; i < CALLERS; i++)
        cr_assert(zero(int, pthread_create(&threads[i], NULL, ask_often, &failures[i])));
    for (int i = 0; i < CALLERS; i++) {
        (void)pthread_join(threads[i], NULL);
        cr_assert(zero(long, failures[i]));
    }
}

static void start_deep(void)
{
    char name[201];

    memset(name, 'd', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    start_in(name);
}

Test(server, a_path_longer_than_an_address_works_too, .init = start_deep, .fini = stop)
{
    check("GET", "/p", NULL, "GET /p?:0:");
}

Test(server, the_socket_of_a_dead_engine_is_replaced, .init = start, .fini = stop)
{
    struct server_options options = { .state_dir = folder };
    struct assay_error err = { 0 };
    struct server *second = server_start(NULL, &options, &err);

    /* The first one's file is gone now, as if it had been killed. */
    cr_assert(not(zero(ptr, (void *)second)), "%s", err.message);
    check("GET", "/p", NULL, "GET /p?:0:");
    server_stop(second);
}

Test(server, a_folder_that_cannot_hold_a_socket_is_unavailable)
{
    struct server_options options = { .state_dir = "/proc/nowhere" };
    struct assay_error err = { 0 };

    cr_assert(zero(ptr, (void *)server_start(NULL, &options, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_UNAVAILABLE));
}
