/*
 * Lists of models and of a model's versions: filter, order, pages, readMask. They are few: all are
 * looked at.
 */

#include "engine/api/list/filter.h"
#include "engine/api/list/masked.h"
#include "engine/api/vertex/vertex_jobs.h"
#include "engine/api/vertex/vertex_models.h"
#include "engine/array.h"
#include "engine/spec/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum list_field {
    LIST_MODEL,
    LIST_NAME,
    LIST_LABELS,
    LIST_CREATED,
    LIST_UPDATED,
    LIST_BASE,
};

static const struct filter_field model_fields[] = {
    { "model", FILTER_TEXT, FILTER_SAME, LIST_MODEL, .words = NULL },
    { "display_name", FILTER_TEXT, FILTER_SAME | FILTER_HAS, LIST_NAME, .words = NULL },
    { "labels", FILTER_MAP, FILTER_SAME | FILTER_HAS, LIST_LABELS, .words = NULL },
    { "create_time", FILTER_TIME, FILTER_ORDER, LIST_CREATED, .words = NULL },
    { "update_time", FILTER_TIME, FILTER_ORDER, LIST_UPDATED, .words = NULL },
    { "base_model_name", FILTER_TEXT, FILTER_EQUAL, LIST_BASE, .words = NULL },
};
static const struct filter_field version_fields[] = {
    { "labels", FILTER_MAP, FILTER_SAME | FILTER_HAS, LIST_LABELS, .words = NULL },
};

/* What a readMask may name. */
static const char *const mask_fields[] = {
    "name",
    "version_id",
    "version_aliases",
    "version_create_time",
    "version_update_time",
    "display_name",
    "description",
    "version_description",
    "default_checkpoint_id",
    "predict_schemata",
    "metadata_schema_uri",
    "metadata",
    "supported_export_formats",
    "training_pipeline",
    "pipeline_job",
    "container_spec",
    "artifact_uri",
    "supported_deployment_resources_types",
    "supported_input_storage_formats",
    "supported_output_storage_formats",
    "create_time",
    "update_time",
    "deployed_models",
    "explanation_spec",
    "etag",
    "labels",
    "data_stats",
    "encryption_spec",
    "model_source_info",
    "original_model_info",
    "metadata_artifact",
    "base_model_source",
    "checkpoints",
    "satisfies_pzs",
    "satisfies_pzi",
};

enum model_order { ORDER_CREATED, ORDER_UPDATED, ORDER_NAME };

static const struct {
    const char *name;
    enum model_order order;
} orders[] = {
    { "create_time", ORDER_CREATED },
    { "update_time", ORDER_UPDATED },
    { "display_name", ORDER_NAME }, /* not of versions */
};

/* An item of the list, before it is looked at closely. */
struct found {
    int64_t id;      /* tells those of the same key apart: what came later has the higher one */
    int64_t time_us; /* create or update */
    char *name;      /* the display name */
    struct model_name version;
};

struct model_list {
    struct api_call *call;
    bool is_of_versions;
    struct model_name model;           /* of versions: whose */
    struct store *store;               /* held while the page is made */
    char text[3][FILTER_TEXT_MAX + 2]; /* filter, order, mask */
    struct api_page page;
    struct filter *filter;
    struct field_mask *mask;
    enum model_order order;
    bool is_ascending;
    struct found *found;
    size_t count, capacity;
    bool is_short_of_memory;
};

/* A version as the filter sees it. */
struct candidate {
    const struct model_view *view;
    const cJSON *labels;
};

static bool get_value(const void *context, int id, const char *key, struct filter_value *value)
{
    const struct candidate *candidate = context;
    const cJSON *label = NULL;

    switch ((enum list_field)id) {
    case LIST_MODEL:
        value->text = candidate->view->model.id;
        return true;
    case LIST_NAME:
        value->text = candidate->view->model.display_name;
        return true;
    case LIST_LABELS:
        label = cJSON_GetObjectItemCaseSensitive(candidate->labels, key);
        value->text = cJSON_IsString(label) ? label->valuestring : "";
        return label != NULL;
    case LIST_CREATED:
        value->number = candidate->view->model.create_us;
        return true;
    case LIST_UPDATED:
        value->number = candidate->view->model.update_us;
        return true;
    case LIST_BASE:
        break;
    }
    return false;
}

static struct found *add_found(struct model_list *list, const char *name)
{
    void *items = list->found;
    char *copy = strdup(name);
    bool has_room =
        copy && array_make_room(&items, list->count, &list->capacity, sizeof *list->found);

    list->found = items;
    list->is_short_of_memory = !has_room;
    if (!has_room) {
        free(copy);
        return NULL;
    }
    list->found[list->count] = (struct found){ .name = copy };
    return &list->found[list->count++];
}

static bool take_model(void *context, const struct model_row *row)
{
    struct model_list *list = context;
    struct found *found = NULL;

    if (!vertex_is_parent(list->call, row->parent))
        return true;
    found = add_found(list, row->display_name);
    if (!found)
        return false;
    found->id = row->number;
    found->time_us = list->order == ORDER_UPDATED ? row->update_us : row->create_us;
    (void)snprintf(found->version.id, sizeof found->version.id, "%s", row->id);
    return true;
}

static bool take_version(void *context, const struct model_version_row *row)
{
    struct model_list *list = context;
    struct found *found = add_found(list, "");

    if (!found)
        return false;
    found->id = row->version;
    found->time_us = list->order == ORDER_UPDATED ? row->update_us : row->create_us;
    found->version = list->model;
    (void)snprintf(found->version.version, sizeof found->version.version, "%" PRId64, row->version);
    return true;
}

static int compare(const struct found *a, const struct found *b, const struct model_list *list)
{
    int order = list->order == ORDER_NAME ? strcmp(a->name, b->name)
                                          : (a->time_us > b->time_us) - (a->time_us < b->time_us);

    if (order == 0)
        order = (a->id > b->id) - (a->id < b->id);
    return list->is_ascending ? order : -order;
}

static int compare_found(const void *a, const void *b, void *context)
{
    return compare(a, b, context);
}

static bool collect(struct model_list *list, struct assay_error *err)
{
    struct model_row model = { 0 };
    bool is_ok = true;

    if (list->is_of_versions)
        is_ok = model_find(list->store, &list->model, &model, NULL, err) &&
                store_model_version_each(list->store, model.number, take_version, list, err);
    else
        is_ok = store_model_row_each(list->store, take_model, list, err);
    model_row_clear(&model);
    if (is_ok && list->is_short_of_memory)
        is_ok = assay_fail_memory(err);
    if (is_ok && list->count)
        qsort_r(list->found, list->count, sizeof *list->found, compare_found, list);
    return is_ok;
}

/* A number in the order of the names, as far as their beginnings tell. */
static int64_t name_key(const char *name)
{
    uint64_t key = 0;

    for (int i = 0; i < 7; i++) {
        key = key << 8 | (unsigned char)*name;
        name += *name != '\0';
    }
    return (int64_t)key;
}

static int64_t key_of(const struct model_list *list, const struct found *found)
{
    return list->order == ORDER_NAME ? name_key(found->name) : found->time_us;
}

/* The first one after the page before. Where the last of that is gone, its key tells. */
static size_t find_begin(const struct model_list *list)
{
    const struct page_position *position = &list->page.position;
    size_t begin = 0;

    if (position->id == 0)
        return 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct found *found = &list->found[i];
        int64_t key = key_of(list, found);
        bool is_before = list->is_ascending ? key < position->key : key > position->key;

        if (found->id == position->id && key == position->key)
            return i + 1;
        if (is_before)
            begin = i + 1;
    }
    return begin;
}

static bool write_view(struct json_writer *writer, const void *item, struct assay_error *err)
{
    return model_view_write(writer, item, false, err);
}

static bool write_version_view(struct json_writer *writer, const void *item,
                               struct assay_error *err)
{
    return model_view_write(writer, item, true, err);
}

/* Whether it is in the list; then it is written, if there is room on the page. */
static bool look_at(struct model_list *list, const struct found *found, int *count, bool *has_more,
                    struct assay_error *err)
{
    struct model_view view;
    struct candidate candidate = { .view = &view };
    cJSON *labels = NULL;
    bool is_ok = model_view_fill(list->store, &found->version, &view, err);

    if (is_ok) {
        candidate.labels = labels = model_view_labels(&view);
        is_ok = labels || assay_fail_memory(err);
    }
    if (is_ok && filter_matches(list->filter, get_value, &candidate)) {
        *has_more = *count == list->page.size;
        if (!*has_more) {
            if ((*count)++ == 0) {
                json_key(&list->call->json, "models");
                json_begin_array(&list->call->json);
            }
            is_ok =
                masked_write(&list->call->json, list->mask,
                             list->is_of_versions ? write_version_view : write_view, &view, err);
            list->page.position =
                (struct page_position){ .key = key_of(list, found), .id = found->id };
        }
    }
    cJSON_Delete(labels);
    model_view_clear(&view);
    return is_ok;
}

static bool write_page(struct model_list *list, struct assay_error *err)
{
    struct api_call *call = list->call;
    bool has_more = false;
    bool is_ok = true;
    int count = 0;

    json_begin_object(&call->json);
    for (size_t i = find_begin(list); i < list->count && is_ok && !has_more; i++)
        is_ok = look_at(list, &list->found[i], &count, &has_more, err);
    if (count > 0)
        json_end_array(&call->json);
    if (has_more)
        api_page_write_next(call, &list->page, &list->page.position);
    json_end_object(&call->json);
    return is_ok;
}

/* One field, "desc" or "asc" after it. Newest first without. */
static bool read_order(struct model_list *list, const char *text, struct assay_error *err)
{
    size_t count = sizeof orders / sizeof orders[0] - (list->is_of_versions ? 1 : 0);
    char field[64];
    char snake[128];
    size_t size = strcspn(text, " ");
    const char *word = text + size + strspn(text + size, " ");

    if (!*text)
        return true;
    (void)snprintf(field, sizeof field, "%.*s", (int)size, text);
    (void)fields_snake(field, snake, sizeof snake);
    list->is_ascending = !*word || strcmp(word, "asc") == 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(snake, orders[i].name) == 0 &&
            (list->is_ascending || strcmp(word, "desc") == 0)) {
            list->order = orders[i].order;
            return true;
        }
    return assay_fail(
        err, ASSAY_INVALID, "order_by",
        list->is_of_versions
            ? "expected create_time or update_time, and desc if wanted"
            : "expected create_time, update_time or display_name, and desc if wanted");
}

static bool read_request(struct model_list *list, struct assay_error *err)
{
    const struct api_call *call = list->call;
    bool is_of_versions = list->is_of_versions;

    (void)api_query(call, "filter", list->text[0], sizeof list->text[0]);
    (void)api_query(call, "orderBy", list->text[1], sizeof list->text[1]);
    (void)api_query(call, "readMask", list->text[2], sizeof list->text[2]);
    list->page.request =
        (struct page_request){ .collection = is_of_versions ? list->model.id : "models",
                               .parent = call->match->words[ROUTE_LOCATION],
                               .filter = list->text[0],
                               .order_by = list->text[1] };
    list->filter = is_of_versions
                       ? filter_parse(list->text[0], version_fields,
                                      sizeof version_fields / sizeof version_fields[0], err)
                       : filter_parse(list->text[0], model_fields,
                                      sizeof model_fields / sizeof model_fields[0], err);
    if (!list->filter || !read_order(list, list->text[1], err))
        return false;
    list->mask = list->text[2][0]
                     ? field_mask_parse(list->text[2], "read_mask", mask_fields,
                                        sizeof mask_fields / sizeof mask_fields[0], err)
                     : NULL;
    return (list->mask || !list->text[2][0]) &&
           api_page_read(call, PAGE_SIZE_DEFAULT, &list->page, err);
}

/* All of one moment: an alias that moves is on one version of a page. */
static bool answer(struct model_list *list, struct assay_error *err)
{
    bool is_ok = false;

    list->store = engine_read_begin(list->call->engine);
    store_snapshot_begin(list->store);
    is_ok = collect(list, err) && write_page(list, err);
    store_snapshot_end(list->store);
    engine_read_end(list->call->engine);
    return is_ok;
}

static void list_free(struct model_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->found[i].name);
    free(list->found);
    filter_free(list->filter);
    field_mask_free(list->mask);
    free(list);
}

bool vertex_list_models(struct api_call *call, struct assay_error *err)
{
    struct model_list *list = calloc(1, sizeof *list);
    bool is_ok = false;

    if (!list)
        return assay_fail_memory(err);
    list->call = call;
    is_ok = read_request(list, err) && answer(list, err);
    list_free(list);
    return is_ok;
}

bool vertex_list_model_versions(struct api_call *call, struct assay_error *err)
{
    struct model_list *list = calloc(1, sizeof *list);
    struct model_view view = { 0 };
    bool is_ok = false;

    if (!list)
        return assay_fail_memory(err);
    list->call = call;
    list->is_of_versions = true;
    is_ok = vertex_read_model(call, &list->model, &view, err) && read_request(list, err) &&
            answer(list, err);
    model_view_clear(&view);
    list_free(list);
    return is_ok;
}
