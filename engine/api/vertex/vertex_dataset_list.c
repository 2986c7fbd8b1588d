/* Lists of datasets: filter, order, pages, readMask. They are few: all are looked at. */

#include "engine/api/list/field_mask.h"
#include "engine/api/list/filter.h"
#include "engine/api/vertex/vertex_datasets.h"
#include "engine/array.h"

#include <stdlib.h>
#include <string.h>

enum list_field { LIST_NAME, LIST_SCHEMA, LIST_LABELS, LIST_CREATED, LIST_UPDATED };

static const struct filter_field list_fields[] = {
    { "display_name", FILTER_TEXT, FILTER_SAME | FILTER_HAS, LIST_NAME, .words = NULL },
    { "metadata_schema_uri", FILTER_TEXT, FILTER_SAME | FILTER_HAS, LIST_SCHEMA, .words = NULL },
    { "labels", FILTER_MAP, FILTER_SAME | FILTER_HAS, LIST_LABELS, .words = NULL },
    { "create_time", FILTER_TIME, FILTER_ORDER, LIST_CREATED, .words = NULL },
    { "update_time", FILTER_TIME, FILTER_ORDER, LIST_UPDATED, .words = NULL },
};

enum dataset_order { ORDER_CREATED, ORDER_UPDATED, ORDER_NAME };

/* A dataset that is in the list. */
struct found {
    int64_t id;
    int64_t time_us; /* create or update */
    char *name;
};

struct dataset_list {
    struct api_call *call;
    struct api_page page;
    struct filter *filter;
    struct field_mask *mask;
    enum dataset_order order;
    bool is_descending;
    struct found *found;
    size_t count, capacity;
    bool is_short_of_memory;
};

/* A row as the filter sees it. */
struct candidate {
    const struct dataset_row *row;
    cJSON *labels;
};

static bool get_value(const void *context, int id, const char *key, struct filter_value *value)
{
    const struct candidate *candidate = context;
    const struct dataset_row *row = candidate->row;
    const cJSON *label = NULL;

    switch ((enum list_field)id) {
    case LIST_NAME:
        value->text = row->display_name;
        return true;
    case LIST_SCHEMA:
        value->text = row->schema_uri;
        return true;
    case LIST_LABELS:
        label = json_get(candidate->labels, key);
        value->text = cJSON_IsString(label) ? label->valuestring : "";
        return label != NULL;
    case LIST_CREATED:
        value->number = row->create_us;
        return true;
    case LIST_UPDATED:
        value->number = row->update_us;
        return true;
    }
    return false;
}

static bool take_row(void *context, const struct dataset_row *row)
{
    struct dataset_list *list = context;
    struct assay_error ignored = { 0 };
    struct candidate candidate = { .row = row };
    void *items = list->found;
    bool is_match = false;

    if (!vertex_has_dataset(list->call, row->parent))
        return true;
    candidate.labels = json_read(row->labels, strlen(row->labels), &ignored);
    is_match = filter_matches(list->filter, get_value, &candidate);
    cJSON_Delete(candidate.labels);
    if (!is_match)
        return true;
    if (array_make_room(&items, list->count, &list->capacity, sizeof *list->found)) {
        list->found = items;
        list->found[list->count] = (struct found){
            .id = row->id,
            .time_us = list->order == ORDER_UPDATED ? row->update_us : row->create_us,
            .name = strdup(list->order == ORDER_NAME ? row->display_name : ""),
        };
        list->is_short_of_memory = !list->found[list->count++].name;
    } else {
        list->is_short_of_memory = true;
    }
    return !list->is_short_of_memory;
}

/* Ties by id. */
static int ascending(const void *left, const void *right)
{
    const struct found *a = left;
    const struct found *b = right;
    int names = strcmp(a->name, b->name);

    if (names != 0)
        return names;
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static int descending(const void *left, const void *right)
{
    return ascending(right, left);
}

/* "display_name", "create_time desc": the first key counts; ties are by id. */
static bool read_order(struct dataset_list *list, const char *text, struct assay_error *err)
{
    static const char *const names[][2] = {
        [ORDER_CREATED] = { "create_time", "createTime" },
        [ORDER_UPDATED] = { "update_time", "updateTime" },
        [ORDER_NAME] = { "display_name", "displayName" },
    };
    char name[32] = "";
    char direction[8] = "";
    int end = 0;

    list->is_descending = true; /* the newest first */
    if (!*text)
        return true;
    list->is_descending = false;
    if (sscanf(text, " %31[A-Za-z_] %n", name, &end) == 1 && text[end] != ',')
        (void)sscanf(text + end, "%7[a-z] %n", direction, &end);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i][0]) == 0 || strcmp(name, names[i][1]) == 0) {
            list->order = (enum dataset_order)i;
            list->is_descending = strcmp(direction, "desc") == 0;
            if (!*direction || list->is_descending || strcmp(direction, "asc") == 0)
                return true;
        }
    return assay_fail(err, ASSAY_INVALID, "order_by",
                      "\"%.100s\": expected display_name, create_time or update_time, and desc "
                      "behind it for the other direction",
                      text);
}

/* The request's words. text: room for the longest, size bytes; half for the filter. */
static bool read_request(struct dataset_list *list, char *text, size_t size,
                         struct assay_error *err)
{
    char *order = text + size;

    (void)api_query(list->call, "filter", text, size);
    (void)api_query(list->call, "orderBy", order, size);
    list->filter = filter_parse(text, list_fields, sizeof list_fields / sizeof list_fields[0], err);
    list->page.request = (struct page_request){
        .collection = "datasets",
        .parent = list->call->match->words[ROUTE_LOCATION],
        .filter = text,
        .order_by = order,
    };
    return list->filter && read_order(list, order, err) &&
           vertex_read_dataset_mask(list->call, "readMask", vertex_dataset_fields,
                                    vertex_dataset_field_count, &list->mask, err) &&
           api_page_read(list->call, PAGE_SIZE_DEFAULT, &list->page, err);
}

/* Where the page begins: behind the last one's last item; where that is gone, at its place then. */
static size_t find_begin(const struct dataset_list *list)
{
    const struct page_position *after = &list->page.position;

    if (after->id == 0)
        return 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->found[i].id == after->id)
            return i + 1;
    return (size_t)after->key < list->count ? (size_t)after->key : list->count;
}

/* A dataset that was deleted since the walk is passed over. */
static bool write_item(struct dataset_list *list, int64_t id, struct assay_error *err)
{
    struct dataset_row row = { 0 };
    bool is_ok = store_dataset_get(engine_read_begin(list->call->engine), id, &row, err);

    engine_read_end(list->call->engine);
    is_ok = is_ok ? vertex_write_dataset(list->call, &row, list->mask, err)
                  : err->code == ASSAY_NOT_FOUND;
    dataset_row_clear(&row);
    return is_ok;
}

static bool write_page(struct dataset_list *list, struct assay_error *err)
{
    struct json_writer *w = &list->call->json;
    size_t at = find_begin(list);
    size_t end =
        list->count - at > (size_t)list->page.size ? at + (size_t)list->page.size : list->count;
    bool is_ok = true;

    json_begin_object(w);
    if (at < end) {
        json_key(w, "datasets");
        json_begin_array(w);
        for (; at < end && is_ok; at++)
            is_ok = write_item(list, list->found[at].id, err);
        json_end_array(w);
    }
    if (end < list->count) {
        const struct page_position position = { .key = (int64_t)end,
                                                .id = list->found[end - 1].id };

        api_page_write_next(list->call, &list->page, &position);
    }
    json_end_object(w);
    return is_ok;
}

static bool answer(struct dataset_list *list, struct assay_error *err)
{
    bool is_ok = store_dataset_each(engine_read_begin(list->call->engine), take_row, list, err);

    engine_read_end(list->call->engine);
    if (is_ok && list->is_short_of_memory)
        is_ok = assay_fail_memory(err);
    if (is_ok && list->count > 0)
        qsort(list->found, list->count, sizeof *list->found,
              list->is_descending ? descending : ascending);
    return is_ok && write_page(list, err);
}

bool vertex_list_datasets(struct api_call *call, struct assay_error *err)
{
    struct dataset_list list = { .call = call };
    size_t size = (call->request->query ? strlen(call->request->query) : 0) + 1;
    char *text = calloc(2, size);
    bool is_ok = text != NULL;

    if (!is_ok)
        return assay_fail_memory(err);
    is_ok = read_request(&list, text, size, err) && answer(&list, err);
    for (size_t i = 0; i < list.count; i++)
        free(list.found[i].name);
    free(list.found);
    filter_free(list.filter);
    field_mask_free(list.mask);
    free(text);
    return is_ok;
}
