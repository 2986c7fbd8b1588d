/* What was imported into datasets, read: data items, annotations, annotation specs, saved queries.
 */

#include "assay/value.h"
#include "engine/api/list/field_mask.h"
#include "engine/api/vertex/dataset_resource.h"
#include "engine/api/vertex/vertex_datasets.h"
#include "engine/datasets/item_filter.h"
#include "engine/operations/long_operation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SEARCH_PAGE_MAX = 100, ANNOTATIONS_DEFAULT = 1000 };

/* One page of things of a dataset while it is found and written, in the order of their ids. */
struct item_page {
    struct api_call *call;
    struct store *store; /* held during the walk */
    struct dataset_row dataset;
    struct api_page page; /* its position moves on */
    char *texts;          /* the request's words, which page.request borrows */
    struct item_filter *filter;
    struct field_mask *mask;
    const char *member; /* of the answer: "dataItems" */
    int count;
    bool has_more;
    /* searchDataItems: */
    struct item_filter *annotations; /* which are shown */
    struct item_filter *query;       /* of a saved query: items without such are passed over */
    bool has_query;
    int64_t annotations_limit;
    int64_t item; /* whose annotations are listed */
    bool has_failed;
    struct assay_error *err;
};

/* An id of the path; 0: it names nothing. */
static int64_t path_id(const struct api_call *call, enum route_word word)
{
    const char *text = call->match->words[word];
    int64_t id = 0;

    return *text >= '1' && *text <= '9' && assay_integer_parse(text, &id) ? id : 0;
}

/* orderBy of what has one order only: that of its ids. */
static bool check_order(const char *text, struct assay_error *err)
{
    return !*text || strcmp(text, "name") == 0 ||
           assay_fail(err, ASSAY_UNIMPLEMENTED, "order_by",
                      "\"%.100s\": items and annotations are listed by their ids only", text);
}

/* The words of the request; filter_name: what it calls the filter. Each text has its own room. */
static bool page_begin(struct item_page *page, const char *filter_name, enum item_filter_of of,
                       struct assay_error *err)
{
    struct api_call *call = page->call;
    size_t size = (call->request->query ? strlen(call->request->query) : 0) + 1;
    bool is_ok = vertex_find_dataset(call, &page->dataset, err);

    page->err = err;
    page->texts = is_ok ? calloc(2, size) : NULL;
    if (is_ok && !page->texts)
        is_ok = assay_fail_memory(err);
    if (!is_ok)
        return false;
    (void)api_query(call, filter_name, page->texts, size);
    (void)api_query(call, "orderBy", page->texts + size, size);
    page->filter = item_filter_parse(page->texts, of, err);
    page->page.request = (struct page_request){
        .collection = page->member,
        .parent = call->request->path,
        .filter = page->texts,
        .order_by = page->texts + size,
    };
    return page->filter && check_order(page->texts + size, err) &&
           vertex_read_dataset_mask(call, "readMask", NULL, 0, &page->mask, err) &&
           api_page_read(call, PAGE_SIZE_DEFAULT, &page->page, err);
}

static void page_clear(struct item_page *page)
{
    dataset_row_clear(&page->dataset);
    free(page->texts);
    item_filter_free(page->filter);
    item_filter_free(page->annotations);
    item_filter_free(page->query);
    field_mask_free(page->mask);
}

/* Before each thing that matches: false where the page is full. */
static bool page_take(struct item_page *page, int64_t id)
{
    struct json_writer *w = &page->call->json;

    if (page->count == page->page.size) {
        page->has_more = true;
        return false;
    }
    if (page->count++ == 0) {
        json_key(w, page->member);
        json_begin_array(w);
    }
    page->page.position.id = id;
    return true;
}

static void page_end(struct item_page *page)
{
    struct json_writer *w = &page->call->json;

    if (page->count > 0)
        json_end_array(w);
    if (page->has_more)
        api_page_write_next(page->call, &page->page, &page->page.position);
    json_end_object(w);
}

typedef void (*write_fn)(struct json_writer *w, const struct item_page *page, const void *row);

/* As it is, or as the mask has it. */
static bool write_masked(struct item_page *page, write_fn write, const void *row)
{
    char *text = NULL;
    size_t size = 0;
    struct json_writer w;
    FILE *out = NULL;
    cJSON *tree = NULL;
    bool is_ok = false;

    if (!page->mask) {
        write(&page->call->json, page, row);
        return true;
    }
    out = open_memstream(&text, &size);
    if (out) {
        json_writer_init(&w, out, 0);
        write(&w, page, row);
        is_ok = json_writer_finish(&w);
        is_ok = fclose(out) == 0 && is_ok;
        tree = is_ok ? json_read(text, size, page->err) : NULL;
    }
    free(text);
    page->has_failed = !tree;
    if (!tree)
        return assay_fail_memory(page->err);
    field_mask_apply(page->mask, tree);
    json_node(&page->call->json, tree);
    cJSON_Delete(tree);
    return true;
}

static void write_item(struct json_writer *w, const struct item_page *page, const void *row)
{
    data_item_resource_write(w, page->dataset.parent, row);
}

static bool take_item(void *context, const struct data_item_row *row)
{
    struct item_page *page = context;

    if (!item_filter_has_item(page->filter, row))
        return true;
    return page_take(page, row->id) && write_masked(page, write_item, row);
}

static bool write_items(struct item_page *page, data_item_row_fn fn, struct assay_error *err)
{
    bool is_ok = false;

    json_begin_object(&page->call->json);
    page->store = engine_read_begin(page->call->engine);
    is_ok =
        store_data_item_each(page->store, page->dataset.id, page->page.position.id, fn, page, err);
    engine_read_end(page->call->engine);
    page_end(page);
    return is_ok && !page->has_failed;
}

bool vertex_list_data_items(struct api_call *call, struct assay_error *err)
{
    struct item_page page = { .call = call, .member = "dataItems" };
    bool is_ok =
        page_begin(&page, "filter", FILTER_OF_ITEMS, err) && write_items(&page, take_item, err);

    page_clear(&page);
    return is_ok;
}

static void write_annotation(struct json_writer *w, const struct item_page *page, const void *row)
{
    annotation_resource_write(w, page->dataset.parent, row);
}

static bool take_annotation(void *context, const struct annotation_row *row)
{
    struct item_page *page = context;

    if (!item_filter_has_annotation(page->filter, row))
        return true;
    return page_take(page, row->id) && write_masked(page, write_annotation, row);
}

/* The item of the path must be there. */
static bool find_item(struct item_page *page, struct assay_error *err)
{
    const struct api_call *call = page->call;
    struct data_item_row row = { 0 };
    bool is_found = false;

    page->item = path_id(call, ROUTE_ITEM);
    is_found = store_data_item_get(engine_read_begin(call->engine), page->dataset.id, page->item,
                                   &row, err);
    engine_read_end(call->engine);
    data_item_row_clear(&row);
    return is_found;
}

bool vertex_list_annotations(struct api_call *call, struct assay_error *err)
{
    struct item_page page = { .call = call, .member = "annotations" };
    bool is_ok = page_begin(&page, "filter", FILTER_OF_ANNOTATIONS, err) && find_item(&page, err);

    if (is_ok) {
        json_begin_object(&call->json);
        is_ok = store_annotation_each(engine_read_begin(call->engine), page.dataset.id, page.item,
                                      page.page.position.id, take_annotation, &page, err) &&
                !page.has_failed;
        engine_read_end(call->engine);
        page_end(&page);
    }
    page_clear(&page);
    return is_ok;
}

/* The annotations of a view: those that are to be shown, up to the limit. */
struct view {
    struct item_page *page;
    int64_t count;   /* shown */
    bool is_cut;     /* there are more */
    bool is_written; /* else only looked at: does the item have what the saved query wants? */
    bool is_wanted;
};

static bool take_view_annotation(void *context, const struct annotation_row *row)
{
    struct view *view = context;
    struct item_page *page = view->page;

    if (!item_filter_has_annotation(page->annotations, row) ||
        !item_filter_has_annotation(page->query, row))
        return true;
    view->is_wanted = true;
    if (!view->is_written)
        return false;
    view->is_cut = view->count == page->annotations_limit;
    if (view->is_cut)
        return false;
    if (view->count++ == 0) {
        json_key(&page->call->json, "annotations");
        json_begin_array(&page->call->json);
    }
    annotation_resource_write(&page->call->json, page->dataset.parent, row);
    return true;
}

static bool each_view_annotation(struct view *view, int64_t item)
{
    struct item_page *page = view->page;

    page->has_failed = !store_annotation_each(page->store, page->dataset.id, item, 0,
                                              take_view_annotation, view, page->err);
    return !page->has_failed;
}

static bool take_view(void *context, const struct data_item_row *row)
{
    struct item_page *page = context;
    struct json_writer *w = &page->call->json;
    struct view view = { .page = page };

    if (!item_filter_has_item(page->filter, row))
        return true;
    if (page->has_query && (!each_view_annotation(&view, row->id) || !view.is_wanted))
        return !page->has_failed;
    if (!page_take(page, row->id))
        return false;
    view.is_written = true;
    json_begin_object(w);
    json_key(w, "dataItem");
    data_item_resource_write(w, page->dataset.parent, row);
    (void)each_view_annotation(&view, row->id);
    if (view.count > 0)
        json_end_array(w);
    if (view.is_cut) {
        json_key(w, "hasTruncatedAnnotations");
        json_bool(w, true);
    }
    json_end_object(w);
    return !page->has_failed;
}

/* savedQuery=projects/…/savedQueries/7 */
static bool read_saved_query(struct item_page *page, struct assay_error *err)
{
    struct saved_query_row row = { 0 };
    char name[RESOURCE_NAME_SIZE] = "";
    const char *last = NULL;
    int64_t id = 0;
    bool is_ok = true;

    (void)api_query(page->call, "savedQuery", name, sizeof name);
    page->has_query = *name != '\0';
    last = strrchr(name, '/');
    if (page->has_query) {
        (void)assay_integer_parse(last ? last + 1 : name, &id);
        is_ok = store_saved_query_get(engine_read_begin(page->call->engine), page->dataset.id, id,
                                      &row, err);
        engine_read_end(page->call->engine);
    }
    if (is_ok)
        page->query = item_filter_parse(row.annotation_filter, FILTER_OF_ANNOTATIONS, err);
    saved_query_row_clear(&row);
    return page->query != NULL;
}

static bool read_search(struct item_page *page, struct assay_error *err)
{
    char text[4096] = "";

    (void)api_query(page->call, "annotationsFilter", text, sizeof text);
    page->annotations = item_filter_parse(text, FILTER_OF_ANNOTATIONS, err);
    if (page->page.size > SEARCH_PAGE_MAX)
        page->page.size = SEARCH_PAGE_MAX;
    if (!page->annotations ||
        !api_query_integer(page->call, "annotationsLimit", 0, &page->annotations_limit, err))
        return false;
    if (page->annotations_limit <= 0)
        page->annotations_limit = ANNOTATIONS_DEFAULT;
    return read_saved_query(page, err);
}

bool vertex_search_data_items(struct api_call *call, struct assay_error *err)
{
    struct item_page page = { .call = call, .member = "dataItemViews" };
    bool is_ok = page_begin(&page, "dataItemFilter", FILTER_OF_ITEMS, err) &&
                 read_search(&page, err) && write_items(&page, take_view, err);

    page_clear(&page);
    return is_ok;
}

bool vertex_get_annotation_spec(struct api_call *call, struct assay_error *err)
{
    struct dataset_row dataset = { 0 };
    struct annotation_spec_row row = { 0 };
    bool is_ok = vertex_find_dataset(call, &dataset, err);

    if (is_ok) {
        is_ok = store_annotation_spec_get(engine_read_begin(call->engine), dataset.id,
                                          path_id(call, ROUTE_ANNOTATION), &row, err);
        engine_read_end(call->engine);
    }
    if (is_ok)
        annotation_spec_resource_write(&call->json, dataset.parent, &row);
    annotation_spec_row_clear(&row);
    dataset_row_clear(&dataset);
    return is_ok;
}

struct query_list {
    struct item_page page;
    int64_t spec_count;
};

static bool take_query(void *context, const struct saved_query_row *row)
{
    struct query_list *list = context;

    if (row->id <= list->page.page.position.id)
        return true;
    if (!page_take(&list->page, row->id))
        return false;
    saved_query_resource_write(&list->page.call->json, list->page.dataset.parent, list->spec_count,
                               row);
    return true;
}

bool vertex_list_saved_queries(struct api_call *call, struct assay_error *err)
{
    struct query_list list = { .page = { .call = call, .member = "savedQueries" } };
    bool is_ok = page_begin(&list.page, "filter", FILTER_OF_ITEMS, err);

    if (is_ok) {
        struct store *store = engine_read_begin(call->engine);

        json_begin_object(&call->json);
        is_ok = store_annotation_spec_count(store, list.page.dataset.id, &list.spec_count, err) &&
                store_saved_query_each(store, list.page.dataset.id, take_query, &list, err);
        engine_read_end(call->engine);
        page_end(&list.page);
    }
    page_clear(&list.page);
    return is_ok;
}

/* What the deletion of a saved query needs, and leaves. */
struct query_removal {
    const struct dataset_row *dataset;
    int64_t id;
    int64_t operation;
};

static bool apply_query_removal(void *context, struct store *store, int64_t now_us, int64_t job,
                                struct assay_error *err)
{
    struct query_removal *removal = context;
    struct saved_query_row row = { 0 };
    char parent[RESOURCE_NAME_SIZE];
    bool is_ok = store_saved_query_get(store, removal->dataset->id, removal->id, &row, err) &&
                 store_saved_query_delete(store, removal->dataset->id, removal->id, err);

    (void)job;
    saved_query_row_clear(&row);
    (void)snprintf(parent, sizeof parent, "%s/datasets/%" PRId64, removal->dataset->parent,
                   removal->dataset->id);
    return is_ok && long_operation_put_done(store, parent, "DeleteOperationMetadata", "", "",
                                            now_us, &removal->operation, err);
}

bool vertex_delete_saved_query(struct api_call *call, struct assay_error *err)
{
    struct dataset_row dataset = { 0 };
    bool is_ok = vertex_find_dataset(call, &dataset, err);
    struct query_removal removal = { .dataset = &dataset, .id = path_id(call, ROUTE_QUERY) };
    const struct edit edit = { .apply = apply_query_removal, .context = &removal };

    is_ok = is_ok && engine_edit(call->engine, &edit, err) &&
            long_operation_answer(call, removal.operation, err);
    dataset_row_clear(&dataset);
    return is_ok;
}
