#include "engine/server/storage_multipart.h"
#include "engine/server/storage_objects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* As many as the service takes in one. */
enum { CALLS_MAX = 100, CALL_BYTES_MAX = 1024 * 1024 };

static const char boundary[] = "batch_assay_9f3c1e";

/* A part of a batch is a whole request: line, headers, body. */
struct batch {
    const struct storage_request *outer;
    FILE *out;
    char *call; /* the part that is being read */
    size_t call_size;
    int number;
    char id[256]; /* Content-ID of the part */
    bool is_failed;
};

static void write_answer(struct batch *batch, const struct storage_answer *answer)
{
    (void)fprintf(batch->out, "--%s\r\nContent-Type: application/http\r\n", boundary);
    if (batch->id[0])
        (void)fprintf(batch->out, "Content-ID: <response-%s>\r\n", batch->id);
    (void)fprintf(batch->out, "\r\nHTTP/1.1 %d %s\r\n", answer->status,
                  answer->status < 400 ? "OK" : "Error");
    if (answer->content_type)
        (void)fprintf(batch->out, "Content-Type: %s\r\n", answer->content_type);
    (void)fprintf(batch->out, "Content-Length: %zu\r\n\r\n", answer->size);
    if (answer->size > 0)
        (void)fwrite(answer->body, 1, answer->size, batch->out);
    (void)fputs("\r\n", batch->out);
}

/* The path of "http://host/path", too. */
static char *path_of(char *target)
{
    char *scheme = strstr(target, "://");

    return scheme && scheme < target + 6 ? strchrnul(scheme + 3, '/') : target;
}

static void answer_call(struct batch *batch, const char *method, char *target, const char *body)
{
    char *path = path_of(target);
    char *query = strchr(path, '?');
    struct storage_request request = *batch->outer;
    struct storage_route route = { 0 };
    struct storage_answer answer;
    struct assay_error err = { 0 };

    if (query)
        *query++ = '\0';
    storage_answer_init(&answer);
    request.method = method;
    request.route = &route;
    request.query = query;
    request.body = body;
    request.body_size = strlen(body);
    request.range = NULL;
    if (!storage_query_check(query, &err) || !storage_route_read(path, method, &route, &err))
        storage_answer_error(&answer, &err);
    else
        storage_objects_answer(&request, &answer);
    if (answer.fd >= 0) {
        (void)assay_fail(&err, ASSAY_INVALID, NULL, "a batch has no downloads");
        storage_answer_error(&answer, &err);
    }
    write_answer(batch, &answer);
    storage_answer_clear(&answer);
    storage_route_clear(&route);
}

/* Takes the part apart in place, once all of it is there. */
static void end_call(struct batch *batch)
{
    char *method = batch->call;
    char *target = method ? strchr(method, ' ') : NULL;
    char *end = target ? strpbrk(target + 1, " \r\n") : NULL;
    char *headers = end ? strstr(end + 1, "\n") : NULL;
    char *body = NULL;

    if (!method)
        return;
    if (headers) {
        body = strstr(headers, "\r\n\r\n");
        body = body ? body + 4 : (char *)strchr(headers, '\0');
        *target++ = '\0';
        *end = '\0';
        answer_call(batch, method, target, body);
    } else {
        batch->is_failed = true;
    }
    free(batch->call);
    batch->call = NULL;
    batch->call_size = 0;
}

static bool on_part(void *context, int number, const char *headers)
{
    struct batch *batch = context;
    const char *value = NULL;
    size_t size = 0;

    end_call(batch);
    size = multipart_header(headers, "Content-ID", &value);
    if (size >= 2 && value[0] == '<' && value[size - 1] == '>') {
        value++;
        size -= 2;
    }
    batch->id[0] = '\0';
    if (size > 0 && size < sizeof batch->id) {
        memcpy(batch->id, value, size);
        batch->id[size] = '\0';
    }
    batch->call = calloc(1, 1);
    return batch->call && number < CALLS_MAX && !batch->is_failed;
}

static bool on_bytes(void *context, int number, const char *bytes, size_t size)
{
    struct batch *batch = context;
    char *grown = NULL;

    (void)number;
    if (size > CALL_BYTES_MAX - batch->call_size || memchr(bytes, '\0', size))
        return false;
    grown = realloc(batch->call, batch->call_size + size + 1);
    if (!grown)
        return false;
    memcpy(grown + batch->call_size, bytes, size);
    batch->call = grown;
    batch->call_size += size;
    grown[batch->call_size] = '\0';
    return true;
}

/* Python's client ends lines by a line feed alone. The caller frees the copy. */
static char *with_line_ends(const char *body, size_t *size)
{
    char *copy = malloc(2 * *size + 1);
    char *to = copy;

    for (size_t at = 0; copy && at < *size; at++) {
        if (body[at] == '\n' && (at == 0 || body[at - 1] != '\r'))
            *to++ = '\r';
        *to++ = body[at];
    }
    if (copy)
        *size = (size_t)(to - copy);
    return copy;
}

void storage_batch_answer(const struct storage_request *request, const char *content_type,
                          struct storage_answer *answer)
{
    struct batch batch = { .outer = request };
    const struct multipart_reader reader = { .on_part = on_part,
                                             .on_bytes = on_bytes,
                                             .context = &batch };
    struct multipart *multipart = multipart_new(content_type ? content_type : "", &reader);
    struct assay_error err = { 0 };
    size_t size = request->body_size;
    char *body = request->body ? with_line_ends(request->body, &size) : NULL;
    bool is_ok = false;

    batch.out = open_memstream(&answer->body, &answer->size);
    if (multipart && batch.out && body) {
        is_ok = multipart_add(multipart, body, size) && multipart_is_whole(multipart);
        if (is_ok)
            end_call(&batch);
        (void)fprintf(batch.out, "--%s--\r\n", boundary);
        is_ok = is_ok && !batch.is_failed;
    }
    if (batch.out && fclose(batch.out) != 0)
        is_ok = false;
    multipart_free(multipart);
    free(batch.call);
    free(body);
    if (!is_ok) {
        (void)assay_fail(&err, ASSAY_INVALID, NULL,
                         "a batch is multipart/mixed with at most %d requests", (int)CALLS_MAX);
        storage_answer_error(answer, &err);
        return;
    }
    answer->status = 200;
    storage_answer_header(answer, "Content-Type", "multipart/mixed; boundary=%s", boundary);
}
