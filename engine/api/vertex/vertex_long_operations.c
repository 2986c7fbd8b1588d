/*
 * Operations of models, datasets and pipelines: those that take long, and those that were done when
 * they were answered.
 */
#include "engine/api/vertex/vertex_jobs.h"

#include "assay/value.h"
#include "engine/api/vertex/vertex_long_operations.h"
#include "engine/operations/long_operation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_DEFAULT_US = 10 * 1000 * 1000, WAIT_MAX_US = 60 * 1000 * 1000 };

/* A member of metadata that the generic part has: what went wrong and was no failure of all. */
#define PARTIAL_FAILURES "partialFailures"

/* The members of a stored object, within the one that is being written. */
static bool write_members(struct json_writer *w, const char *text, struct assay_error *err)
{
    const cJSON *member = NULL;
    cJSON *object = NULL;

    if (!*text)
        return true;
    object = json_read(text, strlen(text), err);
    if (!object)
        return false;
    cJSON_ArrayForEach(member, object)
    {
        if (strcmp(member->string, PARTIAL_FAILURES) == 0)
            continue;
        json_key(w, member->string);
        json_node(w, member);
    }
    cJSON_Delete(object);
    return true;
}

static void write_partial_failures(struct json_writer *w, const char *text)
{
    struct assay_error ignored = { 0 };
    cJSON *object = *text ? json_read(text, strlen(text), &ignored) : NULL;
    const cJSON *failures = json_get(object, PARTIAL_FAILURES);

    if (failures) {
        json_key(w, PARTIAL_FAILURES);
        json_node(w, failures);
    }
    cJSON_Delete(object);
}

static void write_failure(struct json_writer *w, const struct long_operation_row *row)
{
    json_key(w, "error");
    json_begin_object(w);
    json_key(w, "code");
    json_int(w, row->error_code);
    json_key(w, "message");
    json_string(w, row->error_message);
    json_end_object(w);
}

static bool write_response(struct api_call *call, const struct long_operation_row *row,
                           struct assay_error *err)
{
    struct json_writer *w = &call->json;
    bool is_ok = true;

    if (*row->response_type) {
        vertex_begin_message(call, "response", row->response_type);
        is_ok = write_members(w, row->response, err);
    } else {
        json_key(w, "response");
        json_begin_object(w);
        json_key(w, "@type");
        json_string(w, "type.googleapis.com/google.protobuf.Empty");
    }
    json_end_object(w);
    return is_ok;
}

bool vertex_write_long_operation(struct api_call *call, const struct long_operation_row *row,
                                 struct assay_error *err)
{
    struct json_writer *w = &call->json;
    char name[RESOURCE_NAME_SIZE + 64];
    bool is_ok = true;

    (void)snprintf(name, sizeof name, "%s/operations/%" PRId64, row->parent, row->id);
    json_begin_object(w);
    json_key(w, "name");
    json_string(w, name);
    vertex_begin_message(call, "metadata", row->metadata_type);
    json_key(w, "genericMetadata");
    json_begin_object(w);
    resource_write_time(w, "createTime", row->create_us);
    resource_write_time(w, "updateTime", row->update_us);
    write_partial_failures(w, row->metadata);
    json_end_object(w);
    is_ok = write_members(w, row->metadata, err);
    json_end_object(w);
    if (row->is_done) {
        json_key(w, "done");
        json_bool(w, true);
    }
    if (row->is_done && row->error_code != ASSAY_OK)
        write_failure(w, row);
    else if (row->is_done)
        is_ok = is_ok && write_response(call, row, err);
    json_end_object(w);
    return is_ok;
}

/* What stands in a name behind its location: "/models/7", "". */
static const char *below_location(const char *name)
{
    const char *at = strstr(name, "/locations/");

    return at + strlen("/locations/") + strcspn(at + strlen("/locations/"), "/");
}

/* Whether the row is of the project and location of the path. */
static bool is_of_location(const struct api_call *call, const struct long_operation_row *row)
{
    size_t size = (size_t)(below_location(row->parent) - row->parent);
    char parent[RESOURCE_NAME_SIZE];

    if (size >= sizeof parent)
        return false;
    (void)snprintf(parent, sizeof parent, "%.*s", (int)size, row->parent);
    return vertex_is_parent(call, parent);
}

bool vertex_is_asked_for(const struct api_call *call, const struct long_operation_row *row)
{
    const char *asked = below_location(call->request->path);
    const char *end = strstr(asked, "/operations");
    const char *own = below_location(row->parent);
    size_t size = end ? (size_t)(end - asked) : 0;

    return is_of_location(call, row) &&
           (size == 0 || (strlen(own) == size && strncmp(own, asked, size) == 0));
}

bool vertex_is_long_operation(const struct api_call *call)
{
    int64_t id = 0;

    return assay_integer_parse(call->match->words[ROUTE_OPERATION], &id) &&
           id >= LONG_OPERATION_FIRST;
}

/* Clear *row, also after false. */
static bool find(const struct api_call *call, struct long_operation_row *row,
                 struct assay_error *err)
{
    const char *word = call->match->words[ROUTE_OPERATION];
    int64_t id = 0;
    bool is_found = assay_integer_parse(word, &id);

    if (is_found) {
        is_found = store_long_operation_get(engine_read_begin(call->engine), id, row, err);
        engine_read_end(call->engine);
        if (!is_found && err->code != ASSAY_NOT_FOUND)
            return false;
    }
    return (is_found && vertex_is_asked_for(call, row)) ||
           assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Operation %s does not exist", word);
}

bool vertex_get_long_operation(struct api_call *call, struct assay_error *err)
{
    struct long_operation_row row = { 0 };
    bool is_ok = find(call, &row, err) && vertex_write_long_operation(call, &row, err);

    long_operation_row_clear(&row);
    return is_ok;
}

bool long_operation_answer(struct api_call *call, int64_t id, struct assay_error *err)
{
    struct long_operation_row row = { 0 };
    bool is_ok = store_long_operation_get(engine_read_begin(call->engine), id, &row, err);

    engine_read_end(call->engine);
    is_ok = is_ok && vertex_write_long_operation(call, &row, err);
    long_operation_row_clear(&row);
    return is_ok;
}

/* {"timeout": "1.5s"}, checked before. */
static int64_t asked_timeout_us(const struct api_call *call)
{
    struct assay_error err = { 0 };
    cJSON *body = NULL;
    const cJSON *timeout = NULL;
    int64_t us = WAIT_DEFAULT_US;

    if (call->request->body_size == 0)
        return us;
    body = json_read(call->request->body, call->request->body_size, &err);
    timeout = json_get(body, "timeout");
    if (cJSON_IsString(timeout))
        (void)assay_duration_parse(timeout->valuestring, &us);
    cJSON_Delete(body);
    return us < WAIT_MAX_US ? us : WAIT_MAX_US;
}

bool vertex_wait_for_long_operation(struct api_call *call, struct assay_error *err)
{
    struct long_operation_row row = { 0 };
    bool is_ok = vertex_check_arguments(call, "timeout", err) && find(call, &row, err);

    if (is_ok && !row.is_done)
        long_operation_wait(call->engine, row.id, asked_timeout_us(call));
    long_operation_row_clear(&row);
    return is_ok && vertex_get_long_operation(call, err);
}

bool vertex_cancel_long_operation(struct api_call *call, struct assay_error *err)
{
    struct long_operation_row row = { 0 };
    bool is_ok =
        vertex_check_arguments(call, "", err) && find(call, &row, err) &&
        assay_fail(err, ASSAY_PRECONDITION, NULL, "Operation %s is not cancellable%s",
                   call->match->words[ROUTE_OPERATION], row.is_done ? ": it is done already" : "");

    long_operation_row_clear(&row);
    return is_ok;
}

static bool apply_deletion(void *context, struct store *store, int64_t now_us, int64_t job,
                           struct assay_error *err)
{
    const int64_t *id = context;

    (void)now_us;
    (void)job;
    return store_long_operation_delete(store, *id, err);
}

/* It is forgotten; what it does it goes on with. */
bool vertex_delete_long_operation(struct api_call *call, struct assay_error *err)
{
    struct long_operation_row row = { 0 };
    bool is_ok = find(call, &row, err);
    const struct edit edit = { .apply = apply_deletion, .context = &row.id };

    if (is_ok && !row.is_done)
        is_ok = assay_fail(err, ASSAY_PRECONDITION, NULL,
                           "Operation %s is not done: it can be deleted when it is",
                           call->match->words[ROUTE_OPERATION]);
    is_ok = is_ok && engine_edit(call->engine, &edit, err);
    long_operation_row_clear(&row);
    return is_ok && api_write_empty(call);
}

/* One page of a list. */
struct listing {
    struct api_call *call;
    struct api_page page; /* its position moves on */
    int count;
    bool has_more, is_ok;
    struct assay_error *err;
};

static bool take_row(void *context, const struct long_operation_row *row)
{
    struct listing *list = context;

    if (!vertex_is_asked_for(list->call, row))
        return true;
    if (list->count == list->page.size) {
        list->has_more = true;
        return false;
    }
    if (list->count++ == 0) {
        json_key(&list->call->json, "operations");
        json_begin_array(&list->call->json);
    }
    list->is_ok = vertex_write_long_operation(list->call, row, list->err);
    list->page.position.id = row->id;
    return list->is_ok;
}

bool vertex_list_long_operations(struct api_call *call, struct assay_error *err)
{
    struct listing list = {
        .call = call,
        .page = { .request = { .collection = "operations", .parent = call->request->path },
                  .position = { .id = INT64_MAX } },
        .is_ok = true,
        .err = err,
    };
    bool is_ok = api_page_read(call, PAGE_SIZE_DEFAULT, &list.page, err);

    if (!is_ok)
        return false;
    json_begin_object(&call->json);
    is_ok = store_long_operation_each(engine_read_begin(call->engine), list.page.position.id,
                                      take_row, &list, err);
    engine_read_end(call->engine);
    if (list.count > 0)
        json_end_array(&call->json);
    if (list.has_more)
        api_page_write_next(call, &list.page, &list.page.position);
    json_end_object(&call->json);
    return is_ok && list.is_ok;
}
