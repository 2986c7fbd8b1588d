/*
 * Operations of deletions. They are done when they are answered; what is left of a deleted job is a
 * word that it is gone.
 */
#include "engine/api/vertex/vertex_jobs.h"
#include "engine/api/vertex/vertex_long_operations.h"

#include "assay/value.h"
#include "engine/array.h"

#include <inttypes.h>
#include <stdlib.h>
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
    bool is_ok = false;

    if (vertex_is_long_operation(call))
        return vertex_get_long_operation(call, err);
    is_ok = find(call, &row, err);
    if (is_ok)
        write_deletion(call, &row);
    operation_row_clear(&row);
    return is_ok;
}

/*
 * One page of a list, which is merged from two that both begin with the newest: words of deletions,
 * and long operations. Of each no more than a page is looked at.
 */
struct operations {
    struct api_call *call;
    struct api_page page;
    struct listed_operation *items; /* deletions, then long ones; each of them newest first */
    size_t count, capacity;
    size_t of_kind; /* so many of the list that is being read */
    bool is_short;
};

struct listed_operation {
    int64_t create_us, id;
    bool is_long;
};

/* Whether it is older than what the page begins after, by time and number. */
static bool is_after(const struct page_position *position, int64_t create_us, int64_t id)
{
    return create_us < position->key || (create_us == position->key && id < position->id);
}

/* False ends the walk: the page, and one more that tells whether there is another, are full. */
static bool list_operation(struct operations *list, int64_t create_us, int64_t id, bool is_long)
{
    void *items = list->items;

    if (list->of_kind > (size_t)list->page.size)
        return false;
    list->is_short = !array_make_room(&items, list->count, &list->capacity, sizeof *list->items);
    list->items = items;
    if (list->is_short)
        return false;
    list->items[list->count++] = (struct listed_operation){ create_us, id, is_long };
    list->of_kind++;
    return true;
}

static bool list_deletion(void *context, const struct operation_row *row)
{
    struct operations *list = context;

    return !vertex_is_parent(list->call, row->client) ||
           list_operation(list, row->start_us, row->job, false);
}

static bool list_long(void *context, const struct long_operation_row *row)
{
    struct operations *list = context;

    return !is_after(&list->page.position, row->create_us, row->id) ||
           !vertex_is_asked_for(list->call, row) ||
           list_operation(list, row->create_us, row->id, true);
}

static int newest_first(const void *a, const void *b)
{
    const struct listed_operation *x = a, *y = b;

    if (x->create_us != y->create_us)
        return x->create_us < y->create_us ? 1 : -1;
    return x->id < y->id ? 1 : -1;
}

static bool write_listed(struct api_call *call, struct store *store,
                         const struct listed_operation *item, struct assay_error *err)
{
    struct long_operation_row work = { 0 };
    struct operation_row deletion = { 0 };
    bool is_ok = false;

    if (item->is_long) {
        is_ok = store_long_operation_get(store, item->id, &work, err) &&
                vertex_write_long_operation(call, &work, err);
        long_operation_row_clear(&work);
        return is_ok;
    }
    is_ok = store_operation_get(store, item->id, 0, &deletion, err);
    if (is_ok)
        write_deletion(call, &deletion);
    operation_row_clear(&deletion);
    return is_ok;
}

static bool write_page(struct operations *list, struct store *store, struct assay_error *err)
{
    struct api_call *call = list->call;
    size_t size = (size_t)list->page.size;
    size_t count = list->count < size ? list->count : size;
    bool is_ok = true;

    json_begin_object(&call->json);
    if (count > 0) {
        json_key(&call->json, "operations");
        json_begin_array(&call->json);
        for (size_t i = 0; is_ok && i < count; i++)
            is_ok = write_listed(call, store, &list->items[i], err);
        json_end_array(&call->json);
    }
    if (count < list->count) {
        struct page_position last = { .key = list->items[count - 1].create_us,
                                      .id = list->items[count - 1].id };

        api_page_write_next(call, &list->page, &last);
    }
    json_end_object(&call->json);
    return is_ok;
}

static bool list_all(struct operations *list, struct store *store, struct assay_error *err)
{
    bool is_ok = store_deletion_each(store, list->page.position.key, list->page.position.id,
                                     list_deletion, list, err);

    list->of_kind = 0;
    is_ok = is_ok && store_long_operation_each(store, INT64_MAX, list_long, list, err);
    if (is_ok && list->is_short)
        is_ok = assay_fail_memory(err);
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, newest_first);
    return is_ok && write_page(list, store, err);
}

bool vertex_list_operations(struct api_call *call, struct assay_error *err)
{
    struct operations list = {
        .call = call,
        .page = { .request = { .collection = "operations",
                               .parent = call->match->words[ROUTE_LOCATION] },
                  .position = { .key = INT64_MAX, .id = INT64_MAX } },
    };
    struct store *store = NULL;
    bool is_ok = api_page_read(call, PAGE_SIZE_DEFAULT, &list.page, err);

    if (!is_ok)
        return false;
    store = engine_read_begin(call->engine);
    store_snapshot_begin(store);
    is_ok = list_all(&list, store, err);
    store_snapshot_end(store);
    engine_read_end(call->engine);
    free(list.items);
    return is_ok;
}

bool vertex_wait_for_operation(struct api_call *call, struct assay_error *err)
{
    if (vertex_is_long_operation(call))
        return vertex_wait_for_long_operation(call, err);
    return vertex_check_arguments(call, "timeout", err) && vertex_get_operation(call, err);
}

bool vertex_cancel_operation(struct api_call *call, struct assay_error *err)
{
    struct operation_row row = { 0 };
    bool is_ok = false;

    if (vertex_is_long_operation(call))
        return vertex_cancel_long_operation(call, err);
    is_ok = vertex_check_arguments(call, "", err) && find(call, &row, err) &&
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
    bool is_ok = false;

    if (vertex_is_long_operation(call))
        return vertex_delete_long_operation(call, err);
    is_ok = find(call, &row, err);
    request.job = row.job;
    is_ok = is_ok && engine_ask(call->engine, &request, err);
    operation_row_clear(&row);
    return is_ok && api_write_empty(call);
}
