/*
 * Operations of deletions. They are done when they are answered; what is left of a deleted job is a
 * word that it is gone.
 */
#include "engine/api/vertex/vertex_jobs.h"

#include "assay/value.h"

#include <inttypes.h>
#include <string.h>

void vertex_begin_message(struct api_call *call, const char *key, const char *message)
{
    bool is_beta = strncmp(call->request->path, "/v1beta1/", strlen("/v1beta1/")) == 0;
    char type[128];

    (void)snprintf(type, sizeof type, "type.googleapis.com/google.cloud.aiplatform.%s.%s",
                   is_beta ? "v1beta1" : "v1", message);
    json_key(&call->json, key);
    json_begin_object(&call->json);
    json_key(&call->json, "@type");
    json_string(&call->json, type);
}

static void write_deletion(struct api_call *call, const struct operation_row *row)
{
    struct json_writer *w = &call->json;
    char name[RESOURCE_NAME_SIZE];

    (void)snprintf(name, sizeof name, "%s/operations/%" PRId64, row->client, row->job);
    json_begin_object(w);
    json_key(w, "name");
    json_string(w, name);
    vertex_begin_message(call, "metadata", "DeleteOperationMetadata");
    json_key(w, "genericMetadata");
    json_begin_object(w);
    resource_write_time(w, "createTime", row->start_us);
    resource_write_time(w, "updateTime", row->end_us);
    json_end_object(w);
    json_end_object(w);
    json_key(w, "done");
    json_bool(w, true);
    json_key(w, "response");
    json_begin_object(w);
    json_key(w, "@type");
    json_string(w, "type.googleapis.com/google.protobuf.Empty");
    json_end_object(w);
    json_end_object(w);
}

bool vertex_answer_deletion(struct api_call *call, int64_t job, struct assay_error *err)
{
    struct operation_row row = { 0 };
    bool is_ok = store_operation_get(engine_read_begin(call->engine), job, 0, &row, err);

    engine_read_end(call->engine);
    if (is_ok)
        write_deletion(call, &row);
    operation_row_clear(&row);
    return is_ok;
}

/* Clear *row, also after false. */
static bool find(const struct api_call *call, struct operation_row *row, struct assay_error *err)
{
    const char *word = call->match->words[ROUTE_OPERATION];
    int64_t job = 0;
    bool is_found =
        assay_integer_parse(word, &job) && job > 0 && job < INT64_MAX / STORE_TRIALS_MAX;

    if (is_found) {
        is_found = store_operation_get(engine_read_begin(call->engine), job, 0, row, err);
        engine_read_end(call->engine);
        if (!is_found && err->code != ASSAY_NOT_FOUND)
            return false;
    }
    if (is_found && row->kind == OPERATION_DELETION && vertex_is_parent(call, row->client))
        return true;
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Operation %s does not exist", word);
}

bool vertex_get_operation(struct api_call *call, struct assay_error *err)
{
    struct operation_row row = { 0 };
    bool is_ok = find(call, &row, err);

    if (is_ok)
        write_deletion(call, &row);
    operation_row_clear(&row);
    return is_ok;
}

/* One page of a list. */
struct deletions {
    struct api_call *call;
    struct api_page page; /* its position moves on */
    int count;
    bool has_more;
};

static bool take_row(void *context, const struct operation_row *row)
{
    struct deletions *list = context;

    if (!vertex_is_parent(list->call, row->client))
        return true;
    if (list->count == list->page.size) {
        list->has_more = true;
        return false;
    }
    if (list->count++ == 0) {
        json_key(&list->call->json, "operations");
        json_begin_array(&list->call->json);
    }
    write_deletion(list->call, row);
    list->page.position = (struct page_position){ .key = row->start_us, .id = row->job };
    return true;
}

bool vertex_list_operations(struct api_call *call, struct assay_error *err)
{
    struct deletions list = {
        .call = call,
        .page = { .request = { .collection = "operations",
                               .parent = call->match->words[ROUTE_LOCATION] },
                  .position = { .key = INT64_MAX, .id = INT64_MAX } },
    };
    bool is_ok = api_page_read(call, PAGE_SIZE_DEFAULT, &list.page, err);

    if (!is_ok)
        return false;
    json_begin_object(&call->json);
    is_ok = store_deletion_each(engine_read_begin(call->engine), list.page.position.key,
                                list.page.position.id, take_row, &list, err);
    engine_read_end(call->engine);
    if (list.count > 0)
        json_end_array(&call->json);
    if (list.has_more)
        api_page_write_next(call, &list.page, &list.page.position);
    json_end_object(&call->json);
    return is_ok;
}

bool vertex_wait_for_operation(struct api_call *call, struct assay_error *err)
{
    return vertex_check_arguments(call, "timeout", err) && vertex_get_operation(call, err);
}

bool vertex_cancel_operation(struct api_call *call, struct assay_error *err)
{
    struct operation_row row = { 0 };
    bool is_ok = vertex_check_arguments(call, "", err) && find(call, &row, err) &&
                 assay_fail(err, ASSAY_PRECONDITION, NULL,
                            "Operation %s is not cancellable: it is done already",
                            call->match->words[ROUTE_OPERATION]);

    operation_row_clear(&row);
    return is_ok;
}

bool vertex_delete_operation(struct api_call *call, struct assay_error *err)
{
    struct operation_row row = { 0 };
    struct study_request ask = { 0 };
    struct request request = { .kind = REQUEST_OPERATION_DELETE, .study = &ask };
    bool is_ok = find(call, &row, err);

    request.job = row.job;
    is_ok = is_ok && engine_ask(call->engine, &request, err);
    operation_row_clear(&row);
    return is_ok && api_write_empty(call);
}
