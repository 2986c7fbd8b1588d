#include "engine/server/storage_visit.h"

#include "engine/server/storage_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASE_TEXT = 300 };

struct storage_visit {
    struct buckets *buckets;
    char *path; /* owns it and the query */
    const char *query;
    const char *method;
    struct storage_headers headers;
    struct storage_route route;
    struct assay_error err; /* the path cannot be read */
    struct storage_upload *upload;
    bool takes_bytes;
    char base[BASE_TEXT];
};

const char *storage_visit_path(const char *target)
{
    const char *scheme = *target == '/' ? NULL : strstr(target, "://");

    return scheme ? strchrnul(scheme + 3, '/') : target;
}

struct storage_visit *storage_visit_new(struct buckets *buckets, const char *target)
{
    struct storage_visit *visit = calloc(1, sizeof *visit);
    char *mark = NULL;

    if (visit)
        visit->path = strdup(storage_visit_path(target));
    if (!visit || !visit->path) {
        free(visit);
        return NULL;
    }
    visit->buckets = buckets;
    mark = strchr(visit->path, '?');
    if (mark) {
        *mark = '\0';
        visit->query = mark + 1;
    }
    return visit;
}

void storage_visit_free(struct storage_visit *visit)
{
    if (!visit)
        return;
    storage_upload_free(visit->upload);
    storage_route_clear(&visit->route);
    free(visit->path);
    free(visit);
}

static struct storage_upload_request upload_request(const struct storage_visit *visit)
{
    return (struct storage_upload_request){ .buckets = visit->buckets,
                                            .method = visit->method,
                                            .route = &visit->route,
                                            .query = visit->query,
                                            .headers = &visit->headers,
                                            .base = visit->base };
}

void storage_visit_begin(struct storage_visit *visit, const char *method,
                         const struct storage_headers *headers, bool is_tls, const char *host)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    struct storage_upload_request request;

    visit->method = method;
    visit->headers = *headers;
    /* The client comes back to where it has called. */
    if (host && *host && !host[strspn(host, plain)])
        (void)snprintf(visit->base, sizeof visit->base, "http%s://%.255s", is_tls ? "s" : "", host);
    if (!storage_query_check(visit->query, &visit->err) ||
        !storage_route_read(visit->path, method, &visit->route, &visit->err))
        return;
    request = upload_request(visit);
    visit->takes_bytes = storage_upload_is_wanted(&request);
    if (!visit->takes_bytes)
        return;
    visit->upload = storage_upload_new(&request);
    if (!visit->upload)
        (void)assay_fail_memory(&visit->err);
}

bool storage_visit_takes_bytes(const struct storage_visit *visit)
{
    return visit->takes_bytes;
}

void storage_visit_add(struct storage_visit *visit, const char *bytes, size_t size)
{
    if (visit->upload)
        storage_upload_add(visit->upload, bytes, size);
}

/* The other requests of an upload: it begins, or is given up. */
static bool answer_session(const struct storage_visit *visit, const char *body, size_t size,
                           struct storage_answer *answer)
{
    struct storage_upload_request request = upload_request(visit);

    if (!visit->route.is_upload || visit->route.target != STORAGE_OBJECTS)
        return false;
    if (strcmp(visit->method, "POST") == 0)
        storage_session_begin(&request, body, size, answer);
    else if (strcmp(visit->method, "DELETE") == 0)
        storage_session_cancel(&request, answer);
    else
        return false;
    return true;
}

void storage_visit_answer(struct storage_visit *visit, const char *body, size_t size,
                          struct storage_answer *answer)
{
    struct storage_request request = { .buckets = visit->buckets,
                                       .method = visit->method,
                                       .route = &visit->route,
                                       .query = visit->query,
                                       .body = body,
                                       .body_size = size,
                                       .range = visit->headers.range,
                                       .base = visit->base };

    if (visit->err.code != ASSAY_OK)
        storage_answer_error(answer, &visit->err);
    else if (visit->upload)
        storage_upload_answer(visit->upload, answer);
    else if (visit->route.target == STORAGE_BATCH && strcmp(visit->method, "POST") == 0)
        storage_batch_answer(&request, visit->headers.content_type, answer);
    else if (!answer_session(visit, body ? body : "", size, answer))
        storage_objects_answer(&request, answer);
}
