#include "engine/server/server.h"

#include "engine/server/body.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOGETHER = 16 };

static pthread_barrier_t barrier;
static atomic_int entered;

/* The engine's part: answers with what it was asked. */
bool assay_call(struct assay *assay, const struct assay_request *request,
                struct assay_response *response, struct assay_error *err)
{
    int size = 0;

    (void)assay;
    (void)err;
    if (strcmp(request->path, "/together") == 0)
        (void)pthread_barrier_wait(&barrier);
    if (strcmp(request->path, "/slow") == 0) {
        (void)atomic_fetch_add(&entered, 1);
        (void)usleep(200 * 1000);
    }
    *response = (struct assay_response){ .status = 200, .content_type = "text/plain" };
    size = asprintf(&response->body, "%s %s:%zu:%.10s", request->method, request->path,
                    request->body_size, request->body ? request->body : "");
    response->size = size > 0 ? (size_t)size : 0;
    return size > 0;
}

/* Folder of one test, and the server in it. */
static char folder[64];
static struct server *server;

static void start_at(const char *listen, bool has_no_auth)
{
    struct listen_address address;
    struct server_options options = { .state_dir = folder,
                                      .listen = &address,
                                      .has_no_auth = has_no_auth };
    struct assay_error err = { 0 };

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)snprintf(folder, sizeof folder, "/tmp/assay-test-XXXXXX");
    cr_assert(not(zero(ptr, mkdtemp(folder))));
    cr_assert(listen_address_parse(listen, &address, &err));
    server = server_start(NULL, &options, &err);
    cr_assert(not(zero(ptr, (void *)server)), "%s", err.message);
}

static void start(void)
{
    start_at("127.0.0.1:0", false);
}

static void start_far(void)
{
    start_at("0.0.0.0:0", false);
}

static void start_open(void)
{
    start_at("0.0.0.0:0", true);
}

static void stop(void)
{
    char path[128];

    server_stop(server);
    (void)snprintf(path, sizeof path, "%s/token", folder);
    (void)unlink(path);
    cr_assert(zero(int, rmdir(folder)), "something is left behind");
}

struct reply {
    long status;
    char text[4096];
    char head[4096];
    size_t size;
    size_t head_size;
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

static size_t on_header(char *bytes, size_t one, size_t size, void *context)
{
    struct reply *reply = context;

    (void)one;
    if (reply->head_size + size >= sizeof reply->head)
        return 0;
    memcpy(reply->head + reply->head_size, bytes, size);
    reply->head_size += size;
    return size;
}

/* One request on a connection that is kept, if curl is; header may be NULL. */
static void ask_with(CURL *curl, const char *method, const char *target, const char *body,
                     const char *header, struct reply *reply)
{
    struct curl_slist *headers = curl_slist_append(NULL, header ? header : "X-Nothing: 1");
    char url[256];

    *reply = (struct reply){ 0 };
    curl_easy_reset(curl);
    (void)snprintf(url, sizeof url, "%s%s", server_url(server), target);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (strcmp(method, "HEAD") == 0)
        (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, reply);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (body)
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    cr_assert(eq(int, (int)curl_easy_perform(curl), CURLE_OK), "%s %s", method, target);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_slist_free_all(headers);
}

static void ask(const char *method, const char *target, const char *body, const char *header,
                struct reply *reply)
{
    CURL *curl = curl_easy_init();

    ask_with(curl, method, target, body, header, reply);
    curl_easy_cleanup(curl);
}

static void check(const char *method, const char *target, const char *body, const char *header,
                  const char *expected)
{
    struct reply reply;

    ask(method, target, body, header, &reply);
    cr_assert(eq(long, reply.status, 200), "%s", reply.text);
    cr_assert(eq(str, reply.text, (char *)expected));
}

static void check_status(const char *method, const char *target, const char *header, long status)
{
    struct reply reply;

    ask(method, target, NULL, header, &reply);
    cr_assert(eq(long, reply.status, status), "%s %s %s: %s", method, target, header ? header : "",
              reply.text);
}

Test(tcp_server, every_method_arrives_with_its_body, .init = start, .fini = stop)
{
    check("GET", "/x", NULL, NULL, "GET /x:0:");
    check("GET", "/x/7", NULL, NULL, "GET /x/7:0:");
    check("POST", "/x:check", "{\"a\":1}", NULL, "POST /x:check:7:{\"a\":1}");
    check("PATCH", "/x", "abc", NULL, "PATCH /x:3:abc");
    check("PUT", "/x", "abc", NULL, "PUT /x:3:abc");
    check("DELETE", "/x", "abc", NULL, "DELETE /x:3:abc");
    check("POST", "/x", "abc", "Transfer-Encoding: chunked", "POST /x:3:abc");
    check("POST", "/x", "abc", "Expect: 100-continue", "POST /x:3:abc");
    check("POST", "/x", "abc", "X-HTTP-Method-Override: PATCH", "PATCH /x:3:abc");
    check("POST", "/x", "abc", "X-HTTP-Method-Override: TRACE", "POST /x:3:abc");
}

Test(tcp_server, head_is_get_without_the_body, .init = start, .fini = stop)
{
    struct reply reply;

    ask("HEAD", "/x", NULL, NULL, &reply);
    cr_assert(eq(long, reply.status, 200));
    cr_assert(zero(sz, reply.size));
    cr_assert(not(zero(ptr, strstr(reply.head, "Content-Length: 9"))), "%s", reply.head);
}

Test(tcp_server, a_browser_is_told_what_its_pages_may_do, .init = start, .fini = stop)
{
    struct reply reply;

    ask("OPTIONS", "/x", NULL, "Origin: http://localhost:3000", &reply);
    cr_assert(eq(long, reply.status, 204));
    cr_assert(not(zero(ptr, strstr(reply.head, "Allow-Origin: http://localhost:3000"))));
    check_status("OPTIONS", "/x", "Origin: http://evil.example", 403);
    check_status("POST", "/x", "Origin: http://evil.example", 403);
    check_status("POST", "/x", "Host: evil.example", 403);
}

Test(tcp_server, a_connection_is_kept_for_the_next_request, .init = start, .fini = stop)
{
    CURL *curl = curl_easy_init();
    struct reply reply;
    long connects = 0;

    for (int i = 0; i < 20; i++) {
        ask_with(curl, i % 2 ? "POST" : "GET", i % 3 ? "/x" : "/x/1", i % 2 ? "b" : NULL, NULL,
                 &reply);
        cr_assert(eq(long, reply.status, 200));
        (void)curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connects);
        cr_assert(eq(long, connects, i == 0 ? 1 : 0), "request %d", i);
    }
    curl_easy_cleanup(curl);
}

Test(tcp_server, elsewhere_the_token_is_asked_for, .init = start_far, .fini = stop)
{
    char path[128];
    char token[300] = "";
    char header[400];
    FILE *file = NULL;

    check_status("GET", "/x", NULL, 403);
    check_status("GET", "/x", "Authorization: Bearer wrong", 403);
    check_status("GET", "/healthz", NULL, 200);
    (void)snprintf(path, sizeof path, "%s/token", folder);
    file = fopen(path, "re");
    cr_assert(not(zero(ptr, file)));
    cr_assert(not(zero(ptr, fgets(token, sizeof token, file))));
    (void)fclose(file);
    token[strcspn(token, "\n")] = '\0';
    (void)snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    check("GET", "/x", NULL, header, "GET /x:0:");
}

Test(tcp_server, without_authentication_everybody_may, .init = start_open, .fini = stop)
{
    check("GET", "/x", NULL, "Host: any.name", "GET /x:0:");
}

static void *ask_together(void *context)
{
    struct reply reply;

    (void)context;
    ask("POST", "/together", "", NULL, &reply);
    return NULL;
}

Test(tcp_server, many_requests_wait_for_the_engine_at_the_same_time, .init = start, .fini = stop)
{
    pthread_t threads[TOGETHER];

    /* Nobody passes the barrier before all have come to the engine. */
    cr_assert(zero(int, pthread_barrier_init(&barrier, NULL, TOGETHER)));
    for (int i = 0; i < TOGETHER; i++)
        cr_assert(zero(int, pthread_create(&threads[i], NULL, ask_together, NULL)));
    for (int i = 0; i < TOGETHER; i++)
        (void)pthread_join(threads[i], NULL);
    (void)pthread_barrier_destroy(&barrier);
}

static void *ask_slowly(void *context)
{
    struct reply *reply = context;

    ask("POST", "/slow", "", NULL, reply);
    return NULL;
}

Test(tcp_server, what_is_under_way_at_the_end_is_answered, .init = start)
{
    pthread_t thread;
    struct reply reply;

    cr_assert(zero(int, pthread_create(&thread, NULL, ask_slowly, &reply)));
    while (atomic_load(&entered) == 0)
        (void)usleep(1000);
    stop();
    (void)pthread_join(thread, NULL);
    cr_assert(eq(long, reply.status, 200));
    cr_assert(eq(str, reply.text, "POST /slow:0:"));
}

Test(tcp_server, monitors_are_answered, .init = start, .fini = stop)
{
    struct reply reply;

    ask("GET", "/healthz", NULL, NULL, &reply);
    cr_assert(eq(str, reply.text, "{\"status\":\"ok\"}\n"));
    check_status("GET", "/a%zz", NULL, 400);
    ask("GET", "/metrics", NULL, NULL, &reply);
    cr_assert(eq(long, reply.status, 200));
    cr_assert(not(zero(ptr, strstr(reply.text, "\nassay_up 1\n"))), "%s", reply.text);
    cr_assert(not(zero(ptr, strstr(reply.text, "{code=\"400\"} 1\n"))), "%s", reply.text);
}
