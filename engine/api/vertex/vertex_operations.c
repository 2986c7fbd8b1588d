/*
 * Operations of deletions. They are done when they are answered; what is left of a deleted job is a
 * word that it is gone.
 */
#include "engine/api/vertex/vertex_jobs.h"

#include "assay/value.h"
#include "engine/api/list/page_token.h"

#include <inttypes.h>
#include <string.h>

#define TYPE_PREFIX "type.googleapis.com/"

static void write_type(struct json_writer *w, const char *key, const char *type)
{
    json_key(w, key);
    json_begin_object(w);
    json_key(w, "@type");
    json_string(w, type);
}

static void write_deletion(struct api_call *call, const struct operation_row *row)
{
    struct json_writer *w = &call->json;
    bool is_beta = strncmp(call->request->path, "/v1beta1/", strlen("/v1beta1/")) == 0;
    char name[RESOURCE_NAME_SIZE];

    (void)snprintf(name, sizeof name, "%s/operations/%" PRId64, row->client, row->job);
    json_begin_object(w);
    json_key(w, "name");
    json_string(w, name);
    write_type(w, "metadata",
               is_beta ? TYPE_PREFIX "google.cloud.aiplatform.v1beta1.DeleteOperationMetadata"
                       : TYPE_PREFIX "google.cloud.aiplatform.v1.DeleteOperationMetadata");
    json_key(w, "genericMetadata");
    json_begin_object(w);
    resource_write_time(w, "createTime", row->start_us);
    resource_write_time(w, "updateTime", row->end_us);
    json_end_object(w);
    json_end_object(w);
    json_key(w, "done");
    json_bool(w, true);
    write_type(w, "response", TYPE_PREFIX "google.protobuf.Empty");
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
struct page {
    struct api_call *call;
    struct page_request request;
    struct page_position position;
    int size, count;
    bool has_more;
};

static bool take_row(void *context, const struct operation_row *row)
{
    struct page *page = context;

    if (!vertex_is_parent(page->call, row->client))
        return true;
    if (page->count == page->size) {
        page->has_more = true;
        return false;
    }
    if (page->count++ == 0) {
        json_key(&page->call->json, "operations");
        json_begin_array(&page->call->json);
    }
    write_deletion(page->call, row);
    page->position.key = row->job;
    return true;
}

static bool read_page(struct page *page, struct assay_error *err)
{
    char word[PAGE_TOKEN_TEXT + 16] = "";

    (void)api_query(page->call, "pageSize", word, sizeof word);
    if (!page_size_read(word, PAGE_SIZE_DEFAULT, &page->size, err))
        return false;
    word[0] = '\0';
    (void)api_query(page->call, "pageToken", word, sizeof word);
    return page_token_read(word, &page->request, &page->position, err);
}

bool vertex_list_operations(struct api_call *call, struct assay_error *err)
{
    struct page page = { .call = call,
                         .request = { .collection = "operations",
                                      .parent = call->match->words[ROUTE_LOCATION] },
                         .position = { .key = INT64_MAX } };
    char token[PAGE_TOKEN_TEXT];
    bool is_ok = read_page(&page, err);

    if (!is_ok)
        return false;
    json_begin_object(&call->json);
    is_ok = store_deletion_each(engine_read_begin(call->engine), page.position.key, take_row, &page,
                                err);
    engine_read_end(call->engine);
    if (page.count > 0)
        json_end_array(&call->json);
    if (page.has_more) {
        json_key(&call->json, "nextPageToken");
        json_string(&call->json, page_token_write(&page.request, &page.position, token));
    }
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
    bool is_ok =
        find(call, &row, err) && assay_fail(err, ASSAY_PRECONDITION, NULL,
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
    json_begin_object(&call->json);
    json_end_object(&call->json);
    return is_ok;
}
